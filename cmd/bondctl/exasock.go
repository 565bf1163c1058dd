// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/check"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exasock"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/urfave/cli/v2"
)

func exasockCommand() *cli.Command {
	root := &cli.StringFlag{Name: "root", Usage: "look at dev, proc and sys below `DIR`"}
	return &cli.Command{
		Name:  "exasock",
		Usage: "look after bonds of Cisco Nexus SmartNICs (ExaNIC) under the exasock driver",
		Subcommands: []*cli.Command{
			{
				Name:      "manage",
				Usage:     "put bonds under the driver's management",
				ArgsUsage: "BOND...",
				Flags:     []cli.Flag{root},
				Action:    exasockManage,
			},
			{
				Name:      "release",
				Usage:     "end the driver's management of bonds; members stay",
				ArgsUsage: "BOND...",
				Flags: []cli.Flag{root,
					&cli.BoolFlag{Name: "force", Aliases: []string{"f"}, Usage: "even while a process uses the bond's page"},
				},
				Action: exasockRelease,
			},
			{
				Name:      "status",
				Usage:     "show managed bonds, or those named, and their active card and port",
				ArgsUsage: "[BOND...]",
				Flags: []cli.Flag{root,
					&cli.BoolFlag{Name: "json", Usage: "print JSON; with --watch one object to a line"},
					&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "go on, and print each change of the active port"},
					&cli.DurationFlag{Name: "interval", Usage: "with --watch, look at least every `TIME`", Value: defaultInterval},
				},
				Action: exasockStatus,
			},
			{
				Name:      "check",
				Usage:     "say what would keep the driver from managing bonds, or from doing it well",
				ArgsUsage: "[BOND...]",
				Flags: []cli.Flag{root,
					&cli.StringFlag{Name: "conf", Usage: "check the bonds with EXASOCK in this `FILE`", Value: bondconf.DefaultPath},
					&cli.BoolFlag{Name: "json", Usage: "print JSON"},
				},
				Action: exasockCheck,
			},
		},
	}
}

func exasockHost(c *cli.Context) exasock.Host { return exasock.Host{Root: c.String("root")} }

func exasockManage(c *cli.Context) error {
	if err := cmdline.Args(c, 1, -1, "BOND"); err != nil {
		return err
	}
	return eachBond(c, func(name string) (string, error) {
		already, warnings, err := exasockHost(c).Manage(name)
		if err != nil {
			return "", err
		}
		for _, w := range warnings {
			fmt.Fprintln(c.App.ErrWriter, c.App.Name+": warning:", w)
		}
		if already {
			return "already managed by exasock", nil
		}
		return "managed by exasock: " + exasock.Device(name), nil
	})
}

func exasockRelease(c *cli.Context) error {
	if err := cmdline.Args(c, 1, -1, "BOND"); err != nil {
		return err
	}
	return eachBond(c, func(name string) (string, error) {
		already, held, err := exasockHost(c).Release(name, c.Bool("force"))
		if err != nil {
			return "", err
		}
		for _, h := range held {
			fmt.Fprintf(c.App.ErrWriter, "%s: warning: %s: %s still has %s, and sees no active member from now on\n",
				c.App.Name, name, h, exasock.Device(name))
		}
		if already {
			return "not managed by exasock", nil
		}
		return "released by exasock", nil
	})
}

// eachBond does a thing to each operand, says what was done, and goes on after
// an error.
func eachBond(c *cli.Context, do func(name string) (done string, err error)) error {
	var failed []error
	for _, name := range c.Args().Slice() {
		done, err := do(name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Fprintf(c.App.Writer, "%s: %s\n", name, done)
	}
	return errors.Join(failed...)
}

func exasockCheck(c *cli.Context) error {
	h := exasockHost(c)
	path := c.String("conf")
	if !c.IsSet("conf") {
		path = filepath.Join("/", c.String("root"), path)
	}
	conf, err := bondconf.Read(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) || c.IsSet("conf") {
			return cmdline.WithStatus(err, exit.Usage)
		}
		conf = nil
	}
	names := c.Args().Slice()
	found := []exasock.Problem{}
	if err := h.Available(); err != nil {
		found = append(found, exasock.Problem{Text: err.Error(), Refuse: true})
	}
	if conf != nil {
		for _, f := range check.Exasock(check.Input{Bond: conf, Host: check.Host{Root: cmp.Or(h.Root, "/")}}) {
			if len(names) == 0 || slices.Contains(names, f.Bond) {
				found = append(found, exasock.Problem{Bond: f.Bond, Text: f.Pos.String() + ": " + f.What, Cure: f.Do, Refuse: f.Severity == plan.Error})
			}
		}
	}
	if len(names) == 0 {
		names, _ = h.Managed()
	}
	for _, name := range names {
		problems, err := h.Check(name)
		if err != nil {
			problems = []exasock.Problem{{Bond: name, Text: err.Error(), Refuse: true}}
		}
		found = append(found, problems...)
	}
	return reportProblems(c, found)
}

// reportProblems prints what a check found; finding something is status 1.
func reportProblems(c *cli.Context, found []exasock.Problem) error {
	if c.Bool("json") {
		if err := cmdline.WriteJSON(c.App.Writer, map[string]any{"problems": found}); err != nil {
			return err
		}
	} else {
		colours := cmdline.Colours(c.App.Writer)
		for _, p := range found {
			mark := colours.Warn("warning")
			if p.Refuse {
				mark = colours.Bad("refused")
			}
			fmt.Fprintf(c.App.Writer, "%s: %s\n", mark, p)
		}
	}
	if len(found) > 0 {
		return cmdline.Status(exit.Failed)
	}
	return nil
}
