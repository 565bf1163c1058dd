// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

func upgradeCommand() *cli.Command {
	return &cli.Command{
		Name:      "upgrade",
		Usage:     "install packages in place of other versions of them, as upgradepkg does",
		ArgsUsage: "[OLD%]PACKAGE...",
		Flags: append(append([]cli.Flag{
			&cli.BoolFlag{Name: "install-new", Usage: "install packages of which no version is there"},
			&cli.BoolFlag{Name: "reinstall", Usage: "also to the version that is there"},
			&cli.BoolFlag{Name: "md5sum", Usage: "record the sum of the package file"},
		}, changeFlags...), readFlags...),
		Action: func(c *cli.Context) error { return changeAll(c, "PACKAGE", upgradeOne) },
	}
}

// upgradeOne upgrades one operand, which may name the old package before a %.
func upgradeOne(ctx context.Context, db *pkgtools.Database, operand string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error) {
	var olds []string
	if old, file, ok := strings.Cut(operand, "%"); ok {
		olds, operand = []string{old}, file
	}
	return db.Upgrade(ctx, operand, olds, opt)
}

func joinPrintable(names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, printable(n))
	}
	return strings.Join(all, " ")
}
