// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondlink"
	"github.com/slackbond/slackbond/internal/cmdline"
	"golang.org/x/sys/unix"
)

// transition is one thing that changed; its JSON is documented in bondctl(8).
type transition struct {
	Time   time.Time `json:"time"`
	Bond   string    `json:"bond"`
	Member string    `json:"member,omitempty"`
	What   string    `json:"what"`
	From   string    `json:"from"`
	To     string    `json:"to"`
}

func (t transition) String() string {
	who := t.Bond
	if t.Member != "" {
		who += " " + t.Member
	}
	at := t.Time.Format("15:04:05.000")
	if t.From == "" && t.To == "" {
		return fmt.Sprintf("%s %s: %s", at, who, t.What)
	}
	return fmt.Sprintf("%s %s: %s %s -> %s", at, who, t.What, orNone(t.From), orNone(t.To))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// watch shows the bonds, then each change, until a signal ends it, or whoever
// read from the pipe is gone; the exit status is that of the last state. It
// sleeps until the kernel tells of a change.
func (v *viewer) watch(ctx context.Context, w io.Writer, asJSON bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, unix.SIGTERM)
	defer stop()
	go waitForReader(w, stop)
	events, err := bondlink.Listen()
	if err != nil {
		return err
	}
	defer events.Close()
	before, err := v.look()
	if err != nil {
		return err
	}
	screen := newScreen(w, asJSON)
	if err := screen.start(before); err != nil {
		return err
	}
	changed := make(chan error)
	go func() {
		for {
			err := events.Wait(ctx)
			if ctx.Err() != nil {
				return
			}
			select {
			case changed <- err:
			case <-ctx.Done():
			}
		}
	}()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, unix.SIGWINCH)
	defer signal.Stop(resized)
	for {
		after := before // which a terminal of another size shows otherwise
		select {
		case <-ctx.Done():
			return cmdline.Status(before.exitStatus())
		case <-resized:
		case err := <-changed:
			if err == nil {
				after, err = v.look()
			}
			if err != nil {
				return err
			}
		}
		if err := screen.show(after, transitions(before, after, time.Now())); err != nil {
			return err
		}
		before = after
	}
}

// waitForReader calls gone once nobody reads from the pipe w any more: watch might not
// write to it for days. It returns at once where w is no pipe.
func waitForReader(w io.Writer, gone func()) {
	f, ok := w.(*os.File)
	if !ok {
		return
	}
	if info, err := f.Stat(); err != nil || info.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return
	}
	poll := []unix.PollFd{{Fd: int32(f.Fd())}} // errors and hang-ups are told unasked
	for {
		n, err := unix.Poll(poll, -1)
		if err == unix.EINTR {
			continue
		}
		if err == nil && n > 0 {
			gone()
		}
		return
	}
}

// screen prints what watch sees: a terminal gets a tree that stays and the
// last transitions below it, a file or pipe one line for each transition.
type screen struct {
	w        io.Writer
	asJSON   bool
	terminal bool
	past     []transition
	drawn    string
}

func newScreen(w io.Writer, asJSON bool) *screen {
	return &screen{w: w, asJSON: asJSON, terminal: !asJSON && cmdline.IsTerminal(w) && os.Getenv("TERM") != "dumb"}
}

func (s *screen) start(r *statusReport) error {
	switch {
	case s.asJSON:
		return json.NewEncoder(s.w).Encode(r)
	case s.terminal:
		return s.draw(r)
	}
	return writeTree(s.w, r)
}

func (s *screen) show(r *statusReport, list []transition) error {
	if s.terminal {
		s.past = append(s.past, list...)
		s.past = s.past[max(len(s.past)-maxPast, 0):]
		return s.draw(r)
	}
	for _, t := range list {
		var err error
		if s.asJSON {
			err = json.NewEncoder(s.w).Encode(t)
		} else {
			_, err = fmt.Fprintln(s.w, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxPast is more than any terminal has lines.
const maxPast = 1000

// draw clears the terminal and fills it, where there is something new.
func (s *screen) draw(r *statusReport) error {
	columns, lines := cmdline.Size(s.w)
	text := page(treeText(r, cmdline.Colours(s.w), columns), s.past, columns, lines)
	if text == s.drawn {
		return nil
	}
	s.drawn = text
	_, err := io.WriteString(s.w, "\x1b[H\x1b[2J"+text)
	return err
}

// page is the tree, cut where the terminal is too small for it, and as many of the last
// transitions below it as there is room for, three at least.
func page(tree string, past []transition, columns, lines int) string {
	if columns < 1 || lines < 1 {
		columns, lines = 80, 24
	}
	room := lines - 1 // the cursor's line
	var out strings.Builder
	top := strings.SplitAfter(strings.TrimSuffix(tree, "\n"), "\n")
	if len(past) > 0 {
		room -= 1 + min(len(past), 3) // and a blank line before them
	}
	for i, line := range top {
		if room -= linesOf(line, columns); room < 0 || room == 0 && i < len(top)-1 {
			fmt.Fprintf(&out, "... and %d lines more\n", len(top)-i)
			room = 0
			break
		}
		out.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	}
	if len(past) > 0 {
		out.WriteByte('\n')
	}
	for _, t := range past[max(len(past)-room-3, 0):] {
		fmt.Fprintln(&out, t)
	}
	return out.String()
}

// colour is what Palette puts into a text, and a terminal does not show.
var colour = regexp.MustCompile("\x1b\\[[0-9]*m")

// linesOf is how many lines of a terminal a line of text takes.
func linesOf(text string, columns int) int {
	visible := utf8.RuneCountInString(colour.ReplaceAllString(strings.TrimSuffix(text, "\n"), ""))
	return max((visible+columns-1)/columns, 1)
}

// transitions lists what differs between two looks, the cause before the
// effect: members, then their bond.
func transitions(before, after *statusReport, now time.Time) []transition {
	var list []transition
	old := map[string]*bondReport{}
	for i := range before.Bonds {
		old[before.Bonds[i].Name] = &before.Bonds[i]
	}
	for i := range after.Bonds {
		b := &after.Bonds[i]
		was := old[b.Name]
		delete(old, b.Name)
		if was == nil {
			list = append(list, transition{now, b.Name, "", "appeared", "", b.State})
			was = &bondReport{Status: bond.Status{Name: b.Name, Mode: b.Mode, MAC: b.MAC}, State: b.State}
		}
		list = append(list, memberTransitions(was, b, now)...)
		list = append(list, bondTransitions(was, b, now)...)
	}
	for i := range before.Bonds {
		if name := before.Bonds[i].Name; old[name] != nil {
			list = append(list, transition{now, name, "", "went away", "", ""})
		}
	}
	return list
}

func bondTransitions(was, b *bondReport, now time.Time) []transition {
	var list []transition
	differ := func(what, from, to string) {
		if from != to {
			list = append(list, transition{now, b.Name, "", what, from, to})
		}
	}
	differ("mode", was.Mode, b.Mode)
	differ("active", was.Active, b.Active)
	differ("link", upDown(was.Carrier), upDown(b.Carrier))
	differ("MAC", was.MAC, b.MAC)
	if b.LACP != nil && was.LACP != nil {
		differ("aggregator", strconv.Itoa(was.LACP.Aggregator), strconv.Itoa(b.LACP.Aggregator))
		differ("partner", was.LACP.PartnerMAC, b.LACP.PartnerMAC)
	}
	differ("state", was.State, b.State)
	return list
}

func memberTransitions(was, b *bondReport, now time.Time) []transition {
	var list []transition
	old := map[string]*bond.MemberStatus{}
	for i := range was.Members {
		old[was.Members[i].Name] = &was.Members[i]
	}
	for i := range b.Members {
		m := &b.Members[i]
		say := func(what, from, to string) { list = append(list, transition{now, b.Name, m.Name, what, from, to}) }
		o := old[m.Name]
		delete(old, m.Name)
		if o == nil {
			say("joined", "", "")
			continue
		}
		if o.MII != m.MII {
			say("link", o.MII, m.MII)
		} else if m.Failures > o.Failures {
			say("lost its link in between, failures", strconv.Itoa(o.Failures), strconv.Itoa(m.Failures))
		}
		if o.Speed != m.Speed {
			say("speed", speed(o.Speed), speed(m.Speed))
		}
		if o.MAC != m.MAC {
			say("MAC", o.MAC, m.MAC)
		}
		if o.LACP != nil && m.LACP != nil && o.LACP.Actor != m.LACP.Actor {
			say("LACP state", strconv.Itoa(o.LACP.Actor), strconv.Itoa(m.LACP.Actor))
		}
	}
	for i := range was.Members {
		if name := was.Members[i].Name; old[name] != nil {
			list = append(list, transition{now, b.Name, name, "left", "", ""})
		}
	}
	return list
}
