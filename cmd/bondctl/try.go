// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"os/signal"
	"syscall"
	"time"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/rcbond"
	"github.com/urfave/cli/v2"
)

// The least and the most time that a change can be tried for.
const (
	leastTrial = 5 * time.Second
	mostTrial  = 24 * time.Hour
)

// trialCommands are try, keep and revert.
func trialCommands() []*cli.Command {
	conf := &cli.StringFlag{Name: "conf", Usage: "the configuration that runs is `FILE`", Value: bondconf.DefaultPath}
	script := &cli.StringFlag{Name: "script", Usage: "messages call rc.bond `FILE`", Value: rcbond.DefaultScript}
	return []*cli.Command{
		{
			Name:      "try",
			Usage:     "apply a configuration, and go back unless \"bondctl keep\" comes in time",
			ArgsUsage: "[FILE]",
			Flags: []cli.Flag{
				&cli.DurationFlag{Name: "for", Usage: "go back after this `TIME`", Value: time.Minute},
				&cli.BoolFlag{Name: "session", Hidden: true, Usage: "be the process that tries"},
				conf, script,
			},
			Action: tryChange,
		},
		{
			Name:  "keep",
			Usage: "keep the configuration that is being tried",
			Action: func(c *cli.Context) error {
				if err := cmdline.Args(c, 0, 0, ""); err != nil {
					return err
				}
				return trialRun(c, func(ctx context.Context, r *rcbond.Run) int { return r.Keep(ctx) })
			},
		},
		{
			Name:  "revert",
			Usage: "go back at once from the configuration that is being tried",
			Flags: []cli.Flag{script},
			Action: func(c *cli.Context) error {
				if err := cmdline.Args(c, 0, 0, ""); err != nil {
					return err
				}
				return trialRun(c, func(ctx context.Context, r *rcbond.Run) int { return r.Revert(ctx) })
			},
		},
	}
}

func tryChange(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 1, "FILE"); err != nil {
		return err
	}
	d := c.Duration("for")
	if d < leastTrial || d > mostTrial {
		return cmdline.Usagef("try: --for %s: expected a time from %s to %s, such as 60s", d, leastTrial, mostTrial)
	}
	t := rcbond.Trial{File: c.Args().First(), For: d}
	t.Args = []string{"try", "--session", "--for", d.String(), "--conf", c.String("conf"), "--script", c.String("script")}
	if t.File != "" {
		t.Args = append(t.Args, "--", t.File)
	}
	return trialRun(c, func(ctx context.Context, r *rcbond.Run) int {
		if c.Bool("session") {
			return r.RunTrial(ctx, t)
		}
		return r.Try(ctx, t)
	})
}

// trialRun is one run; the terminal may be lost during it.
func trialRun(c *cli.Context, do func(context.Context, *rcbond.Run) int) error {
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE)
	ctx, cancel := signal.NotifyContext(c.Context, syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	report := &rcbond.Report{Program: c.App.Name, Stdout: c.App.Writer, Stderr: c.App.ErrWriter}
	if c.Bool("session") {
		report.OpenSyslog()
		defer report.Close()
	}
	return cmdline.Status(do(ctx, &rcbond.Run{Conf: c.String("conf"), Script: c.String("script"), Report: report}))
}
