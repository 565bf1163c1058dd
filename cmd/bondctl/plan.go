// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/rcbond"
	"github.com/slackbond/slackbond/pkgtools/finding"
	"github.com/urfave/cli/v2"
)

func planCommand() *cli.Command {
	return &cli.Command{
		Name:         "plan",
		Usage:        "show what start or restart would do; touch nothing",
		ArgsUsage:    "[BOND...]",
		BashComplete: cmdline.Complete(func([]string) []string { return bondNames() }),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
			&cli.StringFlag{Name: "conf", Usage: "the configuration is `FILE`", Value: bondconf.DefaultPath},
			&cli.BoolFlag{Name: "values", Usage: "standard input has the values of its variables, as rc.bond hands them over"},
		},
		Action: func(c *cli.Context) error {
			report := &rcbond.Report{Program: c.App.Name, Stdout: c.App.Writer, Stderr: c.App.ErrWriter}
			run := &rcbond.Run{Conf: c.String("conf"), Report: report}
			if c.Bool("values") {
				run.Values = c.App.Reader
			}
			changes, err := run.Plan(c.Context, c.Args().Slice()...)
			var conf *rcbond.ConfError
			switch {
			case errors.As(err, &conf):
				return cmdline.WithStatus(err, exit.Usage)
			case err != nil:
				return err
			}
			if c.Bool("json") {
				err = cmdline.WriteJSON(c.App.Writer, changes)
			} else {
				err = writeChanges(c.App.Writer, changes)
			}
			switch {
			case err != nil:
				return err
			case len(changes.Faults) > 0 || !changes.Nothing():
				return cmdline.Status(exit.Failed)
			}
			return nil
		},
	}
}

func writeChanges(w io.Writer, changes *rcbond.Changes) error {
	var lines []string
	for _, f := range changes.Faults {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Pos, f.What, f.Why))
	}
	lines = append(lines, changes.Lines()...)
	for _, b := range changes.Bonds {
		if len(b.Refused)+len(b.Differences) == 0 {
			lines = append(lines, b.Bond+": as it is asked for")
		}
	}
	if len(lines) == 0 {
		lines = append(lines, "no bond is configured, and none was started")
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, finding.Printable(line)); err != nil {
			return err
		}
	}
	return nil
}
