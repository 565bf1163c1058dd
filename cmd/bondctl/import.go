// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rcfile"
	"github.com/urfave/cli/v2"
)

func importCommand() *cli.Command {
	return &cli.Command{
		Name:  "import",
		Usage: "turn the bonds of rc.inet1.conf (BONDNICS), or of unRAID's network.cfg, into lines of rc.bond.conf",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "inet1", Usage: "read the bonds from `FILE`", Value: bondconf.Inet1Path},
			&cli.StringFlag{Name: "conf", Usage: "the rc.bond.conf they belong in is `FILE`", Value: bondconf.DefaultPath},
			&cli.BoolFlag{Name: "write", Usage: "add the lines to rc.bond.conf, instead of showing them alone"},
		},
		Action: importBonds,
	}
}

func importBonds(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	stock, err := bondconf.Read(c.String("inet1"))
	if err != nil {
		return cmdline.WithStatus(withCure(err), exit.Usage)
	}
	// Read by bondconf first: it names the place of what is no shell.
	var own []byte
	if _, err = bondconf.Read(c.String("conf")); err == nil {
		own, err = os.ReadFile(c.String("conf"))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cmdline.WithStatus(withCure(err), exit.Usage)
	}
	done, not, err := plan.Import(stock, own)
	if err != nil {
		return cmdline.WithStatus(withCure(err), exit.Usage)
	}
	var text strings.Builder
	for _, im := range done {
		fmt.Fprintf(&text, "\n# %s, from %s:\n%s\n", im.Name, c.String("inet1"), strings.Join(im.Lines, "\n"))
	}
	fmt.Fprint(c.App.Writer, strings.TrimPrefix(text.String(), "\n"))
	for _, im := range done {
		for _, piece := range im.Lost {
			fmt.Fprintf(c.App.ErrWriter, "bondctl: warning: %s: not taken over: %s\n", im.Name, piece)
		}
	}
	var failed error
	for _, n := range not {
		failed = errors.Join(failed, fmt.Errorf("%s: %s is not imported: %s", n.At, n.Name, n.Why))
	}
	switch {
	case len(done) == 0 && failed == nil:
		fmt.Fprintf(c.App.ErrWriter, "bondctl: %s has no bond (no BONDNICS)\n", c.String("inet1"))
	case len(done) > 0 && !c.Bool("write"):
		fmt.Fprintf(c.App.ErrWriter, "bondctl: nothing is written yet; --write adds these lines to %s\n", c.String("conf"))
	case len(done) > 0:
		if err := appendTo(c.String("conf"), text.String()); err != nil {
			return fmt.Errorf("writing %s: %w", c.String("conf"), err)
		}
		fmt.Fprintf(c.App.ErrWriter, "bondctl: added to %s. What is left to do:\n", c.String("conf"))
		for _, im := range done {
			if len(im.Left) == 0 {
				continue
			}
			fmt.Fprintf(c.App.ErrWriter, "bondctl: remove, or rc.inet1 makes %s too: %s\n", im.Name, strings.Join(im.Left, ", "))
		}
		fmt.Fprintf(c.App.ErrWriter, "bondctl: then: chmod 755 /etc/rc.d/rc.bond; bondctl inet1 enable; bondctl check\n")
	}
	return failed
}

// appendTo adds text to a file by replacing it, or makes one for root alone.
func appendTo(path, text string) error {
	f, err := rcfile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return renameio.WriteFile(path, []byte(strings.TrimPrefix(text, "\n")), 0o600,
			renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	}
	if err != nil {
		return err
	}
	old := f.Text
	switch {
	case len(old) == 0:
		text = strings.TrimPrefix(text, "\n")
	case !bytes.HasSuffix(old, []byte("\n")):
		old = append(bytes.Clone(old), '\n')
	}
	return f.Replace(append(bytes.Clone(old), text...))
}
