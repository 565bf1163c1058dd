// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/check"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/rcfile"
	"github.com/slackbond/slackbond/internal/shconf"
	rcd "github.com/slackbond/slackbond/rc.d"
	"github.com/urfave/cli/v2"
)

func inet1Command() *cli.Command {
	conf := &cli.StringFlag{Name: "conf", Usage: "the rc.inet1.conf is `FILE`", Value: bondconf.Inet1Path}
	dryRun := &cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "say what would be done, and do nothing"}
	force := &cli.BoolFlag{Name: "force", Usage: "overwrite or remove a guard that was edited by hand"}
	return &cli.Command{
		Name:  "inet1",
		Usage: "have rc.inet1 run rc.bond before it starts the network",
		Subcommands: []*cli.Command{
			{
				Name: "enable", Usage: "put the guard at the end of rc.inet1.conf",
				Flags:  []cli.Flag{conf, dryRun, force},
				Action: inet1Enable,
			},
			{
				Name: "disable", Usage: "take the guard out again",
				Flags:  []cli.Flag{conf, dryRun, force},
				Action: inet1Disable,
			},
			{
				Name: "status", Usage: "tell whether the guard is on, off, lost, stale or broken",
				Flags:  []cli.Flag{conf, &cli.BoolFlag{Name: "json", Usage: "print JSON"}},
				Action: inet1Status,
			},
		},
	}
}

// unreadable gives status 2 to a file that cannot be read, or that bash could
// not read either.
func unreadable(err error) error {
	var syntax *shconf.SyntaxError
	var read *rcfile.ReadError
	if errors.As(err, &syntax) || errors.As(err, &read) {
		return cmdline.WithStatus(withCure(err), exit.Usage)
	}
	return withCure(err)
}

// withCure adds to a file that is missing, no shell, or not ours what to do about it.
func withCure(err error) error {
	var syntax *shconf.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%w; mend that line first", err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; Slackware's packages bring it, and an option (--help) names another file", err)
	case errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0:
		return fmt.Errorf("%w; only root may do that", err)
	}
	return err
}

func inet1Options(c *cli.Context) inet1.Options {
	return inet1.Options{DryRun: c.Bool("dry-run"), Force: c.Bool("force"), Now: time.Now()}
}

func inet1Enable(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	w := c.App.Writer
	change, err := inet1.New(rcd.Guard).Enable(c.String("conf"), inet1Options(c))
	if err != nil {
		return unreadable(err)
	}
	switch {
	case change.Text == nil:
		fmt.Fprintf(w, "%s:%d: the guard is there already\n", change.File, change.Line)
	case c.Bool("dry-run"):
		fmt.Fprintf(w, "%s:%d: this would be put in:\n", change.File, change.Line)
		for line := range strings.Lines(change.Guard) {
			fmt.Fprint(w, "+", line)
		}
	default:
		fmt.Fprintf(w, "%s:%d: the guard is in: rc.bond runs before rc.inet1 starts the network\n", change.File, change.Line)
	}
	if change.Backup != "" {
		fmt.Fprintf(w, "%s: a copy of the file as it was\n", change.Backup)
	}
	writeNotes(c.App.ErrWriter, change.Notes)
	return adviseAfterEnable(c, change.File)
}

// adviseAfterEnable tells what else is needed before a bond comes up at boot.
func adviseAfterEnable(c *cli.Context, file string) error {
	dir := filepath.Dir(file)
	in := check.Input{RCDir: dir}
	var err error
	if in.Bond, err = bondconf.Read(filepath.Join(dir, "rc.bond.conf")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(c.App.Writer, "still needed: %s, with your bonds\n", filepath.Join(dir, "rc.bond.conf"))
			return nil
		}
		fmt.Fprintf(c.App.ErrWriter, "bondctl: warning: rc.bond cannot read its configuration: %v\n", err)
		return nil
	}
	if in.Inet1, err = bondconf.Read(file); err != nil {
		return err
	}
	if len(in.Bond.Bonds()) == 0 {
		fmt.Fprintf(c.App.Writer, "still needed: bonds in %s\n", in.Bond.File.Name)
	}
	needed := []string{"no-rc-bond", "rc-bond-off", "maxnics", "no-addresses", "made-twice", "member-has-address"}
	for _, f := range check.Run(in) {
		if slices.Contains(needed, f.Rule) {
			fmt.Fprintf(c.App.Writer, "still needed: %s (%s: %s)\n", f.Do, f.Pos, f.What)
		}
	}
	return nil
}

func inet1Disable(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	change, err := inet1.New(rcd.Guard).Disable(c.String("conf"), inet1Options(c))
	if err != nil {
		return unreadable(err)
	}
	switch {
	case change.Text == nil:
		fmt.Fprintf(c.App.Writer, "%s: there is no guard\n", change.File)
	case c.Bool("dry-run"):
		fmt.Fprintf(c.App.Writer, "%s:%d: the guard would be taken out\n", change.File, change.Line)
	default:
		fmt.Fprintf(c.App.Writer, "%s: the guard is out\n", change.File)
	}
	return nil
}

func inet1Status(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	s, err := inet1.New(rcd.Guard).Status(c.String("conf"))
	if err != nil {
		return unreadable(err)
	}
	if info, err := os.Stat(filepath.Join(filepath.Dir(s.File), "rc.bond")); s.State == inet1.On && err == nil && info.Mode()&0o111 == 0 {
		s.Notes = append(s.Notes, "rc.bond is not executable: the guard does nothing until \"chmod 755 /etc/rc.d/rc.bond\"")
	}
	if c.Bool("json") {
		err = cmdline.WriteJSON(c.App.Writer, s)
	} else {
		line := string(s.State)
		if s.Why != "" {
			line += ": " + s.Why
		}
		at := s.File
		if s.Line > 0 {
			at = fmt.Sprintf("%s:%d", s.File, s.Line)
		}
		_, err = fmt.Fprintf(c.App.Writer, "%s: %s\n", at, line)
		writeNotes(c.App.ErrWriter, s.Notes)
	}
	if err != nil {
		return err
	}
	if s.State != inet1.On {
		return cmdline.Status(exit.Failed)
	}
	return nil
}

func writeNotes(w io.Writer, notes []string) {
	for _, n := range notes {
		fmt.Fprintf(w, "bondctl: warning: %s\n", n)
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
