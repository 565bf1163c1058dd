// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/slackbuild"
	"github.com/urfave/cli/v2"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:      "init",
		Usage:     "write a manifest for the source tree in a directory",
		ArgsUsage: "[DIRECTORY]",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "write to `FILE`; - is stdout (default: mkslack.yaml in the directory)"},
			&cli.BoolFlag{Name: "force", Usage: "replace a file that is there"},
		},
		Action: initAction,
	}
}

func initAction(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 1, "DIRECTORY"); err != nil {
		return err
	}
	dir := "."
	if c.Args().Present() {
		dir = c.Args().First()
	}
	if info, err := os.Stat(dir); err != nil {
		return cmdline.WithStatus(err, exit.Usage)
	} else if !info.IsDir() {
		return cmdline.Usagef("%s is no directory", dir)
	}
	text, unknown, err := slackbuild.Scaffold(c.Context, dir)
	if err != nil {
		return err
	}
	file := c.String("output")
	switch file {
	case "-":
		_, err := c.App.Writer.Write(text)
		return err
	case "":
		file = strings.TrimSuffix(dir, "/") + "/mkslack.yaml"
		if dir == "." {
			file = "mkslack.yaml"
		}
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) && !c.Bool("force") {
		return fmt.Errorf("%s is there already; --force replaces it", file)
	}
	if err := renameio.WriteFile(file, text, 0o644); err != nil {
		if p := (*fs.PathError)(nil); errors.As(err, &p) { // it names a temporary file
			err = p.Err
		}
		return fmt.Errorf("writing %s: %w; --output writes elsewhere", file, err)
	}
	fmt.Fprintln(c.App.Writer, file)
	if len(unknown) > 0 {
		fmt.Fprintf(c.App.ErrWriter, "the source tree does not tell: %s; fill them in\n", strings.Join(unknown, ", "))
	}
	return nil
}
