// SPDX-License-Identifier: MIT

package main

import (
	"io"
	"os/signal"
	"syscall"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/rcbond"
	"github.com/urfave/cli/v2"
)

// runCommands are start, stop and restart.
func runCommands() []*cli.Command {
	var list []*cli.Command
	for _, c := range []struct {
		verb          rcbond.Verb
		usage, things string
	}{
		{rcbond.Start, "bring up the bonds of rc.bond.conf, or those named", "[BOND...] | [NIC]"},
		{rcbond.Stop, "undo what start did, to all bonds or to those named", "[BOND...]"},
		{rcbond.Restart, "make bonds what rc.bond.conf asks for, also where that takes them down", "[BOND...]"},
	} {
		list = append(list, &cli.Command{
			Name:      string(c.verb),
			Usage:     c.usage,
			ArgsUsage: c.things,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "conf", Usage: "the configuration is `FILE`", Value: bondconf.DefaultPath},
				&cli.BoolFlag{Name: "values", Usage: "standard input has the values of its variables, as rc.bond hands them over"},
				&cli.StringFlag{Name: "script", Usage: "messages call rc.bond `FILE`", Value: rcbond.DefaultScript},
			},
			BashComplete: cmdline.Complete(func([]string) []string { return bondNames() }),
			Action:       func(ctx *cli.Context) error { return runVerb(ctx, c.verb) },
		})
	}
	return list
}

// bondNames are the bonds that there are and those that are configured.
func bondNames() []string {
	names, _ := bond.Reader{}.Names()
	if conf, err := bondconf.Read(bondconf.DefaultPath); err == nil {
		for _, b := range conf.Bonds() {
			if b.Name.Value != "" {
				names = append(names, b.Name.Value)
			}
		}
	}
	return names
}

func runVerb(c *cli.Context, verb rcbond.Verb) error {
	// Neither a lost terminal nor a lost reader of the output ends it half-way.
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	ctx, cancel := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	report := &rcbond.Report{Program: c.App.Name, Stdout: c.App.Writer, Stderr: c.App.ErrWriter}
	var values io.Reader
	if c.Bool("values") {
		report.Program, values = "rc.bond", c.App.Reader
	}
	report.OpenSyslog()
	defer report.Close()
	run := rcbond.Run{Conf: c.String("conf"), Values: values, Script: c.String("script"), Report: report}
	return cmdline.Status(run.Do(ctx, verb, c.Args().Slice()...))
}
