// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/probe"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/urfave/cli/v2"
)

// macVetter vets addresses as the flags say: against the sources, then on the
// LAN.
type macVetter struct {
	sources []source.Source
	own     vet.Own
	live    probe.Options // without an Interface nothing is sent
	ctx     context.Context
	stderr  io.Writer
}

func newMACVetter(c *cli.Context) (*macVetter, error) {
	v := &macVetter{ctx: c.Context, stderr: c.App.ErrWriter, live: probe.Options{Interface: c.String("live"), Tame: c.Bool("tame")}}
	if v.live.Interface == "" && (c.IsSet("sweep") || c.IsSet("tame") || c.IsSet("live")) {
		return nil, cmdline.Usagef("%s: --sweep and --tame go with --live INTERFACE", c.Command.HelpName)
	}
	for _, s := range c.StringSlice("sweep") {
		n, err := netip.ParsePrefix(s)
		if err != nil || !n.Addr().Is4() || n.Bits() < 22 || n.Bits() > 30 {
			return nil, cmdline.Usagef("%s: --sweep %q: expected an IPv4 network from /22 to /30, such as 192.0.2.0/24", c.Command.HelpName, s)
		}
		v.live.Networks = append(v.live.Networks, n)
	}
	var err error
	if v.sources, err = macSources(c); err != nil {
		return nil, err
	}
	v.own, err = macOwn(c)
	return v, err
}

// check gives the verdicts. The LAN is not asked about what a source has shown
// to be in use.
func (v *macVetter) check(addrs ...hwaddr.Addr) (*vet.Report, error) {
	done := cmdline.Waiting(v.stderr, "reading "+plural(len(v.sources), "source", "sources"))
	report := vet.Check(addrs, v.sources, v.own)
	done()
	if v.live.Interface == "" {
		return report, nil
	}
	o := v.live
	o.Hints = map[hwaddr.Addr][]netip.Addr{}
	var ask []hwaddr.Addr
	index := map[hwaddr.Addr]int{}
	for i, a := range report.Answers {
		if a.Verdict == vet.InUse || a.Addr.Unusable() != "" {
			continue
		}
		index[a.Addr] = i
		ask = append(ask, a.Addr)
		ips := v.own.IPs()
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
	done = cmdline.Waiting(v.stderr, "asking the LAN at "+o.Interface)
	live, err := probe.Run(v.ctx, o, ask)
	done()
	if err != nil {
		return nil, cmdline.Usagef("mac: --live %s: %s", o.Interface, err)
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
