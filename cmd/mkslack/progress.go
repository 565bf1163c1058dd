// SPDX-License-Identifier: MIT

package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/urfave/cli/v2"
)

// progress is a bar on stderr for work that takes over a second; nothing at
// all where stderr is no terminal.
type progress struct {
	c           *cli.Context
	what        string
	start       time.Time
	bar         *progressbar.ProgressBar
	done, total int64
}

func newProgress(c *cli.Context, what string) *progress {
	return &progress{c: c, what: what, start: time.Now()}
}

// set is a callback for the functions of pkgtools. A total of 0 is not known.
// What goes back, or has another total, is the next file.
func (p *progress) set(done, total int64) {
	if p.bar == nil && (!cmdline.IsTerminal(p.c.App.ErrWriter) || time.Since(p.start) < time.Second) {
		return
	}
	if total <= 0 || done > total {
		total = -1
	}
	if p.bar == nil || done < p.done || total != p.total {
		p.finish()
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.c.App.ErrWriter), progressbar.OptionSetDescription(p.what),
			progressbar.OptionShowBytes(true), progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	}
	p.done, p.total = done, total
	p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

// finish takes the bar off the terminal, before anything else is printed.
func (p *progress) finish() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
	}
}
