// SPDX-License-Identifier: MIT

package main

import (
	"context"

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
			return changeAll(c, "NAME", func(ctx context.Context, db *pkgtools.Database, name string, opt pkgtools.ChangeOptions) (*pkgtools.Report, error) {
				return db.Remove(ctx, name, opt)
			})
		},
	}
}
