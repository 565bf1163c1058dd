// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/urfave/cli/v2"
)

// progress is a bar on stderr for work that takes over a second; nothing at
// all where stderr is no terminal.
type progress struct {
	c           *cli.Context
	terminal    bool
	what        string
	start       time.Time
	mu          sync.Mutex
	bar         *progressbar.ProgressBar
	done, total int64
	turns       *time.Timer // shows something that turns where nothing is told
}

func newProgress(c *cli.Context, what string) *progress {
	return &progress{c: c, terminal: cmdline.IsTerminal(c.App.ErrWriter), what: what, start: time.Now()}
}

// turning is for work of which the last part is not told: xz takes a whole
// block at once, and then compresses it.
func (p *progress) turning() *progress {
	if p.terminal {
		p.turns = time.AfterFunc(time.Second, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.bar == nil && p.turns != nil {
				p.show(-1)
			}
		})
	}
	return p
}

// set is a callback for the functions of pkgtools. A total of 0 is not known.
// What goes back, or has another total, is the next file.
func (p *progress) set(done, total int64) {
	if !p.terminal || time.Since(p.start) < time.Second {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if total <= 0 || done > total || done == total && p.turns != nil {
		total = -1
	}
	if p.bar == nil || done < p.done || total != p.total {
		p.show(total)
	}
	p.done = done
	p.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) show(total int64) {
	p.hide()
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(p.c.App.ErrWriter), progressbar.OptionSetDescription(p.what),
		progressbar.OptionShowBytes(total > 0 || p.turns == nil), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	p.total = total
	p.bar.RenderBlank()
}

func (p *progress) hide() {
	if p.bar != nil {
		p.bar.Finish()
		p.bar = nil
	}
}

// finish takes the bar off the terminal, before anything else is printed.
func (p *progress) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.turns != nil {
		p.turns.Stop()
		p.turns = nil
	}
	p.hide()
}

// clearLine takes a bar off the terminal before something else is printed.
func clearLine(w io.Writer) {
	if cmdline.IsTerminal(w) {
		fmt.Fprint(w, "\r\x1b[K")
	}
}
