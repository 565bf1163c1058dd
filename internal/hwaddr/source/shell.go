// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/shconf"
)

// readRCConf reads rc.bond.conf and rc.inet1.conf without running them: each
// HWADDR[i] is a reservation for IFNAME[i]. One that cannot be read statically
// is said, since it can be any address. Whatever else the file mentions counts
// as a mention, and as less in a comment.
func readRCConf(in *input) error {
	text, err := io.ReadAll(io.LimitReader(in.r, shconf.MaxSize+1))
	if err != nil {
		return err
	}
	f, err := shconf.Parse(bytes.NewReader(text), in.file)
	if err != nil {
		return err
	}
	conf := bondconf.From(f)
	assigned := map[int]bool{} // lines that an assignment to HWADDR explains
	lines := bytes.Split(text, []byte("\n"))
	for _, i := range conf.Interfaces {
		in.hwaddr(&i, lines, assigned)
	}
	for _, a := range conf.Unread {
		if a.Name == "HWADDR" && !assigned[a.Line] {
			in.unreadable(a.Line, fmt.Sprintf("HWADDR: %s", a.Why))
			assigned[a.Line] = true
		}
	}
	for n, line := range lines {
		if in.n, in.line = n+1, bytes.TrimRight(line, "\r"); assigned[in.n] {
			comment := bytes.IndexByte(in.line, '#')
			if comment < 0 {
				continue
			}
			in.line = in.line[comment:]
		}
		in.last = hwaddr.Addr{}
		in.addresses(func(c *Claim) {
			c.Class = Mentioned
			if commented := bytes.TrimLeft(in.line, " \t"); len(commented) > 0 && commented[0] == '#' {
				c.Class = Comment
			}
		})
	}
	return nil
}

func (in *input) hwaddr(i *bondconf.Interface, lines [][]byte, assigned map[int]bool) {
	t := i.HWAddr
	if !t.Set {
		return
	}
	assigned[t.Line] = true
	in.n, in.line = t.Line, nil
	if t.Line >= 1 && t.Line <= len(lines) {
		in.line = lines[t.Line-1]
	}
	if !t.Known {
		in.unreadable(t.Line, fmt.Sprintf("HWADDR[%d] cannot be read without running the file", i.Index))
		return
	}
	if t.Value == "" || t.Value == "auto" {
		return
	}
	a, err := hwaddr.Parse(t.Value)
	if err != nil {
		in.misread(in.line, err.Error())
		return
	}
	if !in.address(a, in.line) {
		return
	}
	c := in.claim(a)
	c.Name = i.Name.Value
	if c.Name == "" {
		c.Name = fmt.Sprintf("interface %d", i.Index)
	}
	c.Note = fmt.Sprintf("HWADDR[%d]", i.Index)
	c.IP, _, _ = strings.Cut(i.IPAddrs.Value, " ")
	c.IP, _, _ = strings.Cut(c.IP, "/")
	in.emit(c)
}

// readScript reads a boot script: a command that sets an address is a
// reservation. Other lines are code, which may compare with addresses that no
// host has.
func readScript(in *input) error {
	sets := in.format
	code := *sets
	code.class, code.observed, code.code = Mentioned, true, true
	for in.next() {
		in.format = &code
		if slices.ContainsFunc(sets.detail, func(d *regexp.Regexp) bool { return d.Match(in.line) }) {
			in.format = sets
		}
		in.addresses(nil)
	}
	return in.failure()
}
