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
	&cli.StringFlag{Name: "root", Usage: "change the system in `DIR`; without it, in $ROOT"},
	&cli.BoolFlag{Name: "system", Usage: "change the system that is running"},
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
			return changeAll(c, change{
				operands: "PACKAGE",
				check:    checkInstall,
				make: func(ctx context.Context, db *pkgtools.Database, file string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error) {
					return db.Install(ctx, file, opt)
				},
			})
		},
	}
}

// change is what install, upgrade or remove do with each of their operands.
type change struct {
	operands string // what they are, for messages
	// check tells, before anything is touched, what is wrong with operands, of
	// which there are several.
	check func(ctx context.Context, db *pkgtools.Database, operands []string, opt pkgtools.ChangeOptions) []error
	make  func(ctx context.Context, db *pkgtools.Database, operand string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error)
}

// checkInstall reads the packages.
func checkInstall(ctx context.Context, _ *pkgtools.Database, files []string, opt pkgtools.ChangeOptions) (errs []error) {
	for _, file := range files {
		if err := pkgtools.CheckPackage(ctx, file, opt.ReadOptions); err != nil {
			errs = append(errs, packageError(err))
		}
	}
	return errs
}

// changeAll makes a change for each operand, if nothing is wrong with any of
// them. One that fails all the same changes nothing, and the others are made.
func changeAll(c *cli.Context, what change) error {
	if err := cmdline.Args(c, 1, -1, what.operands); err != nil {
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
	// One alone is changed as a whole or not at all; and what was interrupted is
	// finished first, after which it may look different.
	if c.NArg() > 1 && !db.Interrupted() {
		if errs := what.check(ctx, db, c.Args().Slice(), opt); len(errs) > 0 {
			return errors.Join(append(errs, errors.New("nothing was changed"))...)
		}
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // what is kept are lists of files
	// Nobody reading what is printed is no reason to stop. Scripts do not inherit
	// this, as they would if the signal was ignored.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	var errs []error
	reports := []*pkgtools.Report{}
	for _, operand := range c.Args().Slice() {
		bar := newProgress(c, "reading")
		opt.Progress = bar.set
		report, err := what.make(ctx, db, operand, opt)
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

// openForChange opens the database of --root, or of ROOT as Slackware's tools do.
// The running system is meant only where that is said: by --system, or --root /.
func openForChange(c *cli.Context) (*pkgtools.Database, error) {
	root, err := rootDir(c)
	switch {
	case err != nil:
		return nil, err
	case root != "" && c.Bool("system"):
		return nil, cmdline.Usagef("--system is the system that is running, and --root or the variable ROOT says %q: which?", root)
	case root == "" && !c.Bool("system"):
		why := "it is not Slackware"
		if _, err := os.Stat("/etc/slackware-version"); err == nil {
			why = "it has Slackware's own package tools"
		}
		return nil, cmdline.Usagef("this would change the system that is running, and %s: --system does it, --root DIR changes the one in DIR", why)
	case root == "":
		root = "/"
	}
	db, err := pkgtools.OpenDatabase(root)
	return db, cmdline.WithStatus(err, exit.Usage)
}

// rootDir is the root directory that is meant: --root, or else the variable ROOT;
// empty where neither is there.
func rootDir(c *cli.Context) (string, error) {
	if root := c.String("root"); root != "" {
		return root, nil
	}
	if c.IsSet("root") {
		return "", cmdline.Usagef("--root: the directory is missing")
	}
	return os.Getenv("ROOT"), nil
}

func printReport(c *cli.Context, r *pkgtools.Report, err error) {
	w := c.App.Writer
	if r.Finished != "" {
		fmt.Fprintf(w, "Finished what was interrupted: %s\n", printable(r.Finished))
	}
	if r.Undone != "" {
		fmt.Fprintf(w, "Took back what was interrupted: %s\n", printable(r.Undone))
	}
	if err != nil && !errors.Is(err, pkgtools.ErrLinks) {
		return
	}
	if c.Bool("verbose") || r.DryRun {
		for _, list := range []struct {
			word  string
			paths []string
		}{{"write", r.Written}, {"link", r.Links}, {"remove", r.Removed}, {"change", r.Changed}, {"keep", r.Kept}, {"keep", r.KeptDirs}} {
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
