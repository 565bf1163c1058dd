// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/slackbuild/repo"
	"github.com/urfave/cli/v2"
)

func repoCommand() *cli.Command {
	return &cli.Command{
		Name:      "repo",
		Usage:     "keep the lists of a directory of packages for slackpkg, slackpkg+ and slapt-get",
		ArgsUsage: "DIRECTORY",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "key", Usage: "sign with gpg and the key `KEY`"},
			&cli.StringFlag{Name: "title", Usage: "call the repository `TEXT` on its pages (default: the directory's name)"},
			quietFlag,
		},
		Action: repoAction,
	}
}

func repoAction(c *cli.Context) error {
	if err := cmdline.Args(c, 1, 1, "DIRECTORY"); err != nil {
		return err
	}
	dir := c.Args().First()
	if info, err := os.Stat(dir); err != nil {
		return cmdline.WithStatus(err, exit.Usage)
	} else if !info.IsDir() {
		return cmdline.Usagef("%s is no directory", dir)
	}
	now, err := epochOrNow()
	if err != nil {
		return err
	}
	bar := counter(c.App.ErrWriter, "reading packages")
	report, err := repo.Update(c.Context, dir, repo.Options{Key: c.String("key"), Title: c.String("title"), Time: now, Progress: bar})
	if err != nil {
		return err
	}
	say(c, report.Remarks)
	if !c.Bool("quiet") {
		for _, line := range report.Changes {
			fmt.Fprintln(c.App.Writer, line)
		}
		fmt.Fprintf(c.App.Writer, "%d packages, %d read\n", report.Packages, report.Read)
	}
	var errs []error
	for _, b := range report.Bad {
		errs = append(errs, fmt.Errorf("%w: it is not listed", b))
	}
	return cmdline.WithStatus(errors.Join(errs...), exit.Failed)
}
