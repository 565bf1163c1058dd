// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

func removeCommand() *cli.Command {
	return &cli.Command{
		Name:      "remove",
		Usage:     "remove installed packages, as removepkg does",
		ArgsUsage: "NAME...",
		Flags:     changeFlags,
		Action: func(c *cli.Context) error {
			return changeAll(c, change{
				operands: "NAME",
				check:    checkRemove,
				make: func(ctx context.Context, db *pkgtools.Database, name string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error) {
					return db.Remove(ctx, name, opt)
				},
			})
		},
	}
}

// checkRemove looks whether all packages are there.
func checkRemove(_ context.Context, db *pkgtools.Database, names []string, _ pkgtools.ChangeOptions) (errs []error) {
	gone := map[string]bool{}
	for _, name := range names {
		found, err := db.Find(name)
		found = slices.DeleteFunc(found, func(full string) bool { return gone[full] })
		switch {
		case err != nil:
			errs = append(errs, err)
		case len(found) == 0:
			errs = append(errs, fmt.Errorf("package %q %w", name, pkgtools.ErrNotInstalled))
		default:
			gone[found[0]] = true
		}
	}
	return errs
}
