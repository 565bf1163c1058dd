// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

func explodeCommand() *cli.Command {
	return &cli.Command{
		Name:      "explode",
		Usage:     "unpack packages into the current directory, as explodepkg does, but nowhere else",
		ArgsUsage: "PACKAGE...",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "directory", Aliases: []string{"C"}, Value: ".", Usage: "unpack into `DIR`"},
			&cli.BoolFlag{Name: "devices", Usage: "make device files too"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "do not print the names of the files"},
		}, readFlags...),
		Action: explodeAction,
	}
}

func explodeAction(c *cli.Context) error {
	if err := cmdline.Args(c, 1, -1, "PACKAGE"); err != nil {
		return err
	}
	read, err := readOptions(c)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c)
	defer stop()
	bar := newProgress(c, "reading")
	if c.Bool("quiet") { // the names of the files are progress enough
		read.Progress = bar.set
	}
	var errs []error
	for _, file := range c.Args().Slice() {
		err := explodeOne(ctx, c, file, read)
		bar.finish()
		if err != nil {
			errs = append(errs, packageError(err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

func explodeOne(ctx context.Context, c *cli.Context, file string, read pkgtools.ReadOptions) error {
	dir, quiet := c.String("directory"), c.Bool("quiet")
	begun, script := false, false
	opt := pkgtools.ExtractOptions{ReadOptions: read, Owners: os.Geteuid() == 0, Devices: c.Bool("devices")}
	opt.Warn = func(o pkgtools.Oddity) { warnOdd(c, file, o) }
	opt.Each = func(e *pkgtools.Entry) {
		if !begun && !quiet {
			fmt.Fprintf(c.App.Writer, "Exploding package %s in %s:\n", printable(file), printable(dir))
		}
		begun = true
		script = script || e.Path == "install/doinst.sh"
		if !quiet {
			name := e.Path
			if e.Mode.IsDir() {
				name += "/"
			}
			fmt.Fprintln(c.App.Writer, printable(name))
		}
	}
	err := pkgtools.Extract(ctx, file, dir, opt)
	switch {
	case err != nil && begun:
		return fmt.Errorf("unpacked in part only: %w", err)
	case err == nil && script && !quiet:
		fmt.Fprintf(c.App.Writer, "\nThe package has an install script, install/doinst.sh, which was not run.\n")
	}
	return err
}
