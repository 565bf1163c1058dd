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
		Action: func(c *cli.Context) error {
			return changeAll(c, change{operands: "PACKAGE", check: checkUpgrade, make: upgradeOne})
		},
	}
}

// upgradeOperand reads an operand, which may name the old package before a %.
func upgradeOperand(operand string) (file string, olds []string) {
	if old, file, ok := strings.Cut(operand, "%"); ok {
		return file, []string{old}
	}
	return operand, nil
}

func upgradeOne(ctx context.Context, db *pkgtools.Database, operand string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error) {
	file, olds := upgradeOperand(operand)
	return db.Upgrade(ctx, file, olds, opt)
}

// checkUpgrade reads the packages, and looks whether there is what they replace.
func checkUpgrade(ctx context.Context, db *pkgtools.Database, operands []string, opt pkgtools.ChangeOptions) (errs []error) {
	coming := map[string]bool{} // base names that an operand before this one brings
	for _, operand := range operands {
		file, olds := upgradeOperand(operand)
		errs = append(errs, checkInstall(ctx, db, []string{file}, opt)...)
		full, _ := pkgtools.TrimExt(file)
		base := pkgtools.BaseName(full)
		if !opt.InstallNew && !coming[base] {
			if err := db.CheckUpgrade(file, olds); err != nil {
				errs = append(errs, err)
			}
		}
		coming[base] = true
	}
	return errs
}

func joinPrintable(names []string) string {
	var all []string
	for _, n := range names {
		all = append(all, printable(n))
	}
	return strings.Join(all, " ")
}
