// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/slackbuild"
	"github.com/urfave/cli/v2"
)

var manifestFlag = &cli.StringFlag{
	Name: "file", Aliases: []string{"f"}, Value: "mkslack.yaml", Usage: "read the manifest from `FILE`; an nfpm.yaml is one",
}

var quietFlag = &cli.BoolFlag{
	Name: "quiet", Aliases: []string{"q"}, Usage: "do not say what is left out of the manifest or made",
}

func slackbuildCommand() *cli.Command {
	return &cli.Command{
		Name:  "slackbuild",
		Usage: "write the directory for SlackBuilds.org from a manifest",
		Flags: []cli.Flag{
			manifestFlag,
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: ".", Usage: "write NAME/ below `DIR`"},
			&cli.StringFlag{Name: "sources", Usage: "take the sums of the source archives in `DIR`"},
			&cli.StringFlag{Name: "in-place", Usage: "write only the script of the source tree, to `FILE`; - is stdout"},
			quietFlag,
		},
		Action: slackbuildAction,
	}
}

func slackbuildAction(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	m, err := loadManifest(c)
	if err != nil {
		return err
	}
	if file := c.String("in-place"); file != "" {
		if !m.Slackware.InPlace {
			return cmdline.Usagef("%s has no slackware.in_place", c.String("file"))
		}
		script, err := m.Script(slackbuild.Options{InPlace: true})
		if err != nil {
			return err
		}
		if file == "-" {
			_, err = c.App.Writer.Write(script)
			return err
		}
		return renameio.WriteFile(file, script, 0o755)
	}
	files, remarks, err := m.Files(slackbuild.Options{Sources: c.String("sources")})
	if err != nil {
		return err
	}
	say(c, remarks)
	dir := filepath.Join(c.String("output"), m.Name)
	if err := writeFiles(dir, files); err != nil {
		return err
	}
	if !c.Bool("quiet") {
		for _, f := range files {
			fmt.Fprintln(c.App.Writer, filepath.Join(dir, f.Name))
		}
	}
	return nil
}

// loadManifest reads the manifest of --file and says what it leaves out.
func loadManifest(c *cli.Context) (*slackbuild.Manifest, error) {
	m, err := slackbuild.Load(c.String("file"))
	if err != nil {
		return nil, cmdline.WithStatus(err, exit.Usage)
	}
	say(c, m.Notes)
	return m, nil
}

// say prints remarks, unless --quiet.
func say(c *cli.Context, remarks []string) {
	if c.Bool("quiet") {
		return
	}
	for _, r := range remarks {
		fmt.Fprintln(c.App.ErrWriter, r)
	}
}

func writeFiles(dir string, files []slackbuild.File) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := renameio.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
