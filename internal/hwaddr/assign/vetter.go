// SPDX-License-Identifier: MIT

// Package assign finds the hardware address that a bond is to have: it derives
// one, or vets one that is asked for, against everything that this host knows
// and, where it is asked to, on the LAN. [Bonds] is what a start of bonds uses,
// [Vetter] what "bondctl mac" does.
//
// An address that the bond has, or gave up a moment ago ([Remember]), is its
// own, even where another port of this host saw it on the LAN.
package assign

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/probe"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
)

// A Vetter vets addresses against sources, then on the LAN.
type Vetter struct {
	Sources []source.Source
	Own     vet.Own
	// Live says where and how to ask the LAN. Without an Interface nothing is sent.
	Live probe.Options
	// Waiting is told what takes a while; the function that it returns is called
	// when that is over. It may be nil.
	Waiting func(what string) (done func())
}

func (v *Vetter) waiting(what string) func() {
	if v.Waiting == nil {
		return func() {}
	}
	return v.Waiting(what)
}

// Check gives the verdicts. The LAN is not asked about what a source has shown
// to be in use. An error means that the LAN could not be asked.
func (v *Vetter) Check(ctx context.Context, addrs ...hwaddr.Addr) (*vet.Report, error) {
	what := fmt.Sprintf("reading %d sources", len(v.Sources))
	if len(v.Sources) == 1 {
		what = "reading 1 source"
	}
	done := v.waiting(what)
	report := vet.Check(addrs, v.Sources, v.Own)
	done()
	if v.Live.Interface == "" {
		return report, nil
	}
	o := v.Live
	o.Hints = map[hwaddr.Addr][]netip.Addr{}
	var ask []hwaddr.Addr
	index := map[hwaddr.Addr]int{}
	for i, a := range report.Answers {
		if a.Verdict == vet.InUse || a.Addr.Unusable() != "" {
			continue
		}
		index[a.Addr] = i
		ask = append(ask, a.Addr)
		ips := v.Own.IPs()
		for _, c := range a.Claims {
			ips = append(ips, c.IP)
		}
		for _, text := range ips {
			if ip, err := netip.ParseAddr(text); err == nil {
				o.Hints[a.Addr] = append(o.Hints[a.Addr], ip)
			}
		}
	}
	if len(ask) == 0 {
		return report, nil
	}
	done = v.waiting("asking the LAN at " + o.Interface)
	live, err := probe.Run(ctx, o, ask)
	done()
	if err != nil {
		return nil, err
	}
	for _, r := range live.Results {
		answer := &report.Answers[index[r.Addr]]
		answer.Live = &vet.Live{Interface: o.Interface, Seen: r.Seen, Doubt: r.Doubt, Done: liveDone(live, r)}
	}
	report.Decide()
	return report, nil
}

// liveDone says what was done on the LAN.
func liveDone(live *probe.Report, r probe.Result) string {
	if live.Sent == 0 {
		return "nothing was sent"
	}
	text := fmt.Sprintf("%d frames from %s in %.1f s", live.Sent, live.Source, live.Elapsed.Seconds())
	if len(live.Swept) > 0 {
		var nets []string
		for _, n := range live.Swept {
			nets = append(nets, n.String())
		}
		text += ", asking the hosts of " + strings.Join(nets, ", ")
	}
	switch {
	case r.Seen != "":
		return fmt.Sprintf("%s after %.1f ms, in stage %d of 3 (%s)", r.Seen, r.After.Seconds()*1e3, r.Stage, text)
	case live.Control != "":
		return fmt.Sprintf("no answer to %s; for control %s answered", text, live.Control)
	}
	return fmt.Sprintf("no answer to %s; nor did any host answer for control", text)
}

// Candidates vets addresses of our own making one by one.
type Candidates struct {
	*Vetter
	// Taken is told of each candidate that was refused, and why.
	Taken func(a hwaddr.Addr, why string)
	// Doubt is why it could not be told whether the one that was accepted is in
	// use, "" where that is clear.
	Doubt string
	// Err is why the search ended.
	Err error
}

// Accept refuses an address that others have, were it only in a comment: there
// are enough.
func (c *Candidates) Accept(ctx context.Context, a hwaddr.Addr) bool {
	if c.Err != nil {
		return true
	}
	report, err := c.Check(ctx, a)
	if err != nil {
		c.Err = err
		return true
	}
	answer := report.Answers[0]
	for _, claim := range answer.Claims {
		if !claim.Own {
			answer.Verdict = vet.InUse
		}
	}
	switch answer.Verdict {
	case vet.InUse:
		c.Taken(a, answer.Why)
		return false
	case vet.CannotTell:
		c.Doubt = answer.Why
	}
	return true
}
