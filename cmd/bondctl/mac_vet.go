// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"net/netip"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/assign"
	"github.com/slackbond/slackbond/internal/hwaddr/probe"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/urfave/cli/v2"
)

// newMACVetter vets addresses as the flags say: against the sources, then on
// the LAN.
func newMACVetter(c *cli.Context) (*assign.Vetter, error) {
	v := &assign.Vetter{Live: probe.Options{Interface: c.String("live"), Tame: c.Bool("tame")}}
	if v.Live.Interface == "" && (c.IsSet("sweep") || c.IsSet("tame") || c.IsSet("live")) {
		return nil, cmdline.Usagef("%s: --sweep and --tame go with --live INTERFACE", c.Command.HelpName)
	}
	for _, s := range c.StringSlice("sweep") {
		n, err := netip.ParsePrefix(s)
		if err != nil || !n.Addr().Is4() || n.Bits() < 22 || n.Bits() > 30 {
			return nil, cmdline.Usagef("%s: --sweep %q: expected an IPv4 network from /22 to /30, such as 192.0.2.0/24", c.Command.HelpName, s)
		}
		v.Live.Networks = append(v.Live.Networks, n)
	}
	v.Waiting = func(what string) func() { return cmdline.Waiting(c.App.ErrWriter, what) }
	var err error
	if v.Sources, err = macSources(c); err != nil {
		return nil, err
	}
	v.Own, err = macOwn(c)
	return v, err
}

// vetMACs gives the verdicts; where the LAN cannot be asked, --live was wrong.
func vetMACs(ctx context.Context, v *assign.Vetter, addrs ...hwaddr.Addr) (*vet.Report, error) {
	report, err := v.Check(ctx, addrs...)
	if err != nil {
		return nil, cmdline.Usagef("mac: --live %s: %s", v.Live.Interface, err)
	}
	return report, nil
}
