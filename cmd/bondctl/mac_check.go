// SPDX-License-Identifier: MIT

package main

import (
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/urfave/cli/v2"
)

func macCheckCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "say whether hardware addresses are in use, and where that is seen",
		ArgsUsage: "ADDR...",
		Flags: append([]cli.Flag{
			macForFlag(),
			&cli.BoolFlag{Name: "brief", Aliases: []string{"b"}, Usage: "one line for each finding, as for a log"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		}, append(macSourceFlags(), macLiveFlags()...)...),
		Action: func(c *cli.Context) error {
			if err := cmdline.Args(c, 1, -1, "ADDR..."); err != nil {
				return err
			}
			var addrs []hwaddr.Addr
			for _, arg := range c.Args().Slice() {
				a, err := hwaddr.Parse(arg)
				if err != nil {
					return cmdline.Usagef("mac check: %s", err)
				}
				addrs = append(addrs, a)
			}
			v, err := newMACVetter(c)
			if err != nil {
				return err
			}
			report, err := vetMACs(c.Context, v, addrs...)
			if err != nil {
				return err
			}
			for _, a := range report.Answers {
				if why := a.Addr.Unusable(); why != "" && len(a.Claims) == 0 {
					return cmdline.Usagef("mac check: %s can be no host's address: %s", a.Addr, why)
				}
			}
			switch {
			case c.Bool("json"):
				err = writeMACReportJSON(c.App.Writer, report)
			case c.Bool("brief"):
				err = writeMACBrief(c.App.Writer, report)
			default:
				err = writeMACReport(c.App.Writer, report)
			}
			if err != nil {
				return err
			}
			return cmdline.Status(verdictStatus(report.Worst()))
		},
	}
}

func verdictStatus(v vet.Verdict) int {
	switch v {
	case vet.NotSeen:
		return exit.OK
	case vet.InUse:
		return exit.Failed
	}
	return exit.CannotTell
}
