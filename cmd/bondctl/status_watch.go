// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondlink"
	"github.com/slackbond/slackbond/internal/cmdline"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
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

// watch shows the bonds, then each change, until a signal ends it; the exit
// status is that of the last state. It sleeps until the kernel tells of a
// change.
func (v *viewer) watch(ctx context.Context, w io.Writer, asJSON bool) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, unix.SIGTERM)
	defer stop()
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
	for {
		if err := events.Wait(ctx); err != nil {
			if ctx.Err() != nil {
				return cmdline.Status(before.exitStatus())
			}
			return err
		}
		after, err := v.look()
		if err != nil {
			return err
		}
		if list := transitions(before, after, time.Now()); len(list) > 0 {
			if err := screen.show(after, list); err != nil {
				return err
			}
		}
		before = after
	}
}

// screen prints what watch sees: a terminal gets a tree that stays and the
// last transitions below it, a file or pipe one line for each transition.
type screen struct {
	w      io.Writer
	asJSON bool
	height func() int // of the terminal; nil where w is none
	past   []transition
}

func newScreen(w io.Writer, asJSON bool) *screen {
	s := &screen{w: w, asJSON: asJSON}
	if f, ok := w.(*os.File); ok && !asJSON && cmdline.IsTerminal(w) && os.Getenv("TERM") != "dumb" {
		s.height = func() int {
			_, h, err := term.GetSize(int(f.Fd()))
			if err != nil || h < 1 {
				return 24
			}
			return h
		}
	}
	return s
}

func (s *screen) start(r *statusReport) error {
	switch {
	case s.asJSON:
		return json.NewEncoder(s.w).Encode(r)
	case s.height != nil:
		return s.draw(r)
	}
	return writeTree(s.w, r)
}

func (s *screen) show(r *statusReport, list []transition) error {
	if s.height != nil {
		s.past = append(s.past, list...)
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

// draw clears the terminal and writes the tree and as many of the last
// transitions as there is room for.
func (s *screen) draw(r *statusReport) error {
	if _, err := io.WriteString(s.w, "\x1b[H\x1b[2J"); err != nil {
		return err
	}
	if err := writeTree(s.w, r); err != nil {
		return err
	}
	used := 3 + len(r.Problems)
	for i := range r.Bonds {
		used += 1 + len(r.Bonds[i].Members)
	}
	if room := max(s.height()-used-1, 3); len(s.past) > room {
		s.past = s.past[len(s.past)-room:]
	}
	for i, t := range s.past {
		if i == 0 {
			fmt.Fprintln(s.w)
		}
		if _, err := fmt.Fprintln(s.w, t); err != nil {
			return err
		}
	}
	return nil
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
