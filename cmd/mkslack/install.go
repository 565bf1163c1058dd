// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

// changeFlags are those of install, upgrade and remove.
var changeFlags = []cli.Flag{
	&cli.StringFlag{Name: "root", Usage: "change the system in `DIR`, not this one"},
	&cli.BoolFlag{Name: "system", Usage: "change this system although it has Slackware's own package tools"},
	&cli.BoolFlag{Name: "dry-run", Aliases: []string{"warn", "n"}, Usage: "only tell what would be done"},
	&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "print the names of the files"},
	jsonFlag,
}

func installCommand() *cli.Command {
	return &cli.Command{
		Name:      "install",
		Usage:     "install packages, as installpkg does",
		ArgsUsage: "PACKAGE...",
		Flags: append(append([]cli.Flag{
			&cli.BoolFlag{Name: "md5sum", Usage: "record the sum of the package file"},
		}, changeFlags...), readFlags...),
		Action: func(c *cli.Context) error {
			return changeAll(c, "PACKAGE", func(ctx context.Context, db *pkgtools.Database, file string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error) {
				return db.Install(ctx, file, opt)
			})
		},
	}
}

type changeFunc func(ctx context.Context, db *pkgtools.Database, operand string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error)

// changeAll makes a change for each operand. One that fails changes nothing,
// and the others are still made.
func changeAll(c *cli.Context, operands string, change changeFunc) error {
	if err := cmdline.Args(c, 1, -1, operands); err != nil {
		return err
	}
	opt, err := changeOptions(c)
	if err != nil {
		return err
	}
	db, err := openForChange(c)
	if err != nil {
		return err
	}
	defer db.Close()
	ctx, stop := interruptible(c)
	defer stop()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // what is kept are lists of files
	// Nobody reading what is printed is no reason to stop. Scripts do not inherit
	// this, as they would if the signal was ignored.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	var errs []error
	reports := []*pkgtools.Report{}
	for _, operand := range c.Args().Slice() {
		bar := newProgress(c, "reading")
		opt.Progress = bar.set
		report, err := change(ctx, db, operand, opt)
		bar.finish()
		if err != nil {
			errs = append(errs, packageError(err))
		}
		if report != nil {
			reports = append(reports, report)
			if !c.Bool("json") {
				printReport(c, report, err)
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	if c.Bool("json") {
		if err := cmdline.WriteJSON(c.App.Writer, reports); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

func changeOptions(c *cli.Context) (opt pkgtools.ChangeOptions, err error) {
	if opt.ReadOptions, err = readOptions(c); err != nil {
		return opt, err
	}
	opt.DryRun, opt.MD5 = c.Bool("dry-run"), c.Bool("md5sum")
	opt.InstallNew, opt.Reinstall = c.Bool("install-new"), c.Bool("reinstall")
	// What scripts write must not get into the JSON.
	opt.Stdout, opt.Stderr = os.Stdout, os.Stderr
	if c.Bool("json") {
		opt.Stdout = os.Stderr
	}
	opt.Warn = func(text string) { fmt.Fprintf(c.App.ErrWriter, "%s: warning: %s\n", c.App.Name, text) }
	return opt, nil
}

// openForChange opens the database of --root. Without it this system is meant,
// where Slackware's own tools should be used if they are there.
func openForChange(c *cli.Context) (*pkgtools.Database, error) {
	root := c.String("root")
	switch {
	case c.IsSet("root") && root == "":
		return nil, cmdline.Usagef("--root: the directory is missing")
	case root == "":
		if _, err := os.Stat("/sbin/installpkg"); err == nil && !c.Bool("system") {
			return nil, cmdline.Usagef("this system has Slackware's own package tools; --system uses mkslack all the same, --root DIR is for another system")
		}
		root = "/"
	}
	db, err := pkgtools.OpenDatabase(root)
	return db, cmdline.WithStatus(err, exit.Usage)
}

func printReport(c *cli.Context, r *pkgtools.Report, err error) {
	w := c.App.Writer
	if r.Finished != "" {
		fmt.Fprintf(w, "Finished what was interrupted: %s\n", printable(r.Finished))
	}
	if r.Undone {
		fmt.Fprintln(w, "Took back a change that was interrupted.")
	}
	if err != nil && !errors.Is(err, pkgtools.ErrLinks) {
		return
	}
	if c.Bool("verbose") || r.DryRun {
		for _, list := range []struct {
			word  string
			paths []string
		}{{"write", r.Written}, {"link", r.Links}, {"remove", r.Removed}, {"keep", r.Kept}} {
			for _, p := range list.paths {
				fmt.Fprintf(w, "%-6s %s\n", list.word, printable(p))
			}
		}
	}
	done := map[string]string{"install": "installed", "upgrade": "upgraded", "remove": "removed"}[r.Action]
	switch {
	case r.Action == "none" && r.DryRun:
		fmt.Fprintf(w, "%s would be skipped (already installed).\n", r.Package)
	case r.Action == "none":
		fmt.Fprintf(w, "Package %s is installed already.\n", r.Package)
	case r.DryRun && r.Action == "upgrade":
		fmt.Fprintf(w, "%s would upgrade: %s\n", r.Package, joinPrintable(r.Replaced))
	case r.DryRun:
		fmt.Fprintf(w, "%s would be %s.\n", r.Package, done)
	case r.Action == "upgrade":
		fmt.Fprintf(w, "Package %s upgraded with %s.\n", joinPrintable(r.Replaced), r.Package)
	default:
		fmt.Fprintf(w, "Package %s %s.\n", r.Package, done)
	}
}
