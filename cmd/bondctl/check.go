// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/check"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/plan"
	rcd "github.com/slackbond/slackbond/rc.d"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "find what will go wrong in rc.bond.conf and rc.inet1.conf, touching nothing",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "conf", Usage: "the rc.bond.conf to check is `FILE`", Value: bondconf.DefaultPath},
			&cli.StringFlag{Name: "inet1", Usage: "the rc.inet1.conf beside it is `FILE`", Value: bondconf.Inet1Path},
			&cli.StringFlag{Name: "root", Usage: "look below `DIR`: another machine's etc, and sys where there is one", Value: "/"},
			&cli.StringFlag{Name: "kernel", Usage: "ask about the kernel `VERSION`, instead of those that run or are installed"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: func(c *cli.Context) error {
			if err := cmdline.Args(c, 0, 0, ""); err != nil {
				return err
			}
			in, err := checkInput(c)
			if err != nil {
				return cmdline.WithStatus(withCure(err), exit.Usage)
			}
			findings := check.Run(in)
			if c.Bool("json") {
				err = cmdline.WriteJSON(c.App.Writer, struct {
					Findings []plan.Finding `json:"findings"`
				}{append([]plan.Finding{}, findings...)})
			} else {
				err = writeFindings(c.App.Writer, findings)
			}
			if err == nil && len(findings) == 0 && !c.Bool("json") {
				_, err = fmt.Fprintln(c.App.Writer, nothingWrong(in))
			}
			if err != nil {
				return err
			}
			if len(findings) > 0 {
				return cmdline.Status(exit.Failed)
			}
			return nil
		},
	}
}

// checkInput reads both files and what else the rules look at. There need not
// be an rc.inet1.conf.
func checkInput(c *cli.Context) (check.Input, error) {
	below := func(flag, path string) string {
		if flag != "" && c.IsSet(flag) {
			return c.String(flag)
		}
		return filepath.Join(c.String("root"), path)
	}
	in := check.Input{
		Host:   check.Host{Root: c.String("root")},
		RCDir:  below("", "/etc/rc.d"),
		Kernel: c.String("kernel"),
	}
	if _, ok := bond.ParseRelease(in.Kernel); !ok && in.Kernel != "" {
		return in, fmt.Errorf("--kernel %q is not a version of Linux, such as 6.12.117", in.Kernel)
	}
	if filepath.Clean(in.Host.Root) == "/" {
		in.Host.Running = running()
	}
	var err error
	if in.Bond, err = bondconf.Read(below("conf", bondconf.DefaultPath)); err != nil {
		return in, err
	}
	in.Bond.TxQueues = bond.TxQueues(in.Host.Root)
	path := below("inet1", bondconf.Inet1Path)
	in.Inet1, err = bondconf.Read(path)
	if errors.Is(err, fs.ErrNotExist) && !c.IsSet("inet1") {
		fmt.Fprintf(c.App.ErrWriter, "bondctl: there is no %s: checked without it\n", path)
		return in, nil
	}
	if err != nil {
		return in, err
	}
	in.Guard, err = inet1.New(rcd.Guard).Status(path)
	return in, err
}

// running is the release of the kernel that runs, "" where that cannot be told.
func running() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// writeFindings prints each finding as a compiler does, so that editors can
// jump there, then why it matters and what to do.
func writeFindings(w io.Writer, findings []plan.Finding) error {
	p := cmdline.Colours(w)
	for _, f := range findings {
		severity := p.Bad(string(f.Severity))
		if f.Severity == plan.Warning {
			severity = p.Warn(string(f.Severity))
		}
		if _, err := fmt.Fprintf(w, "%s: %s: %s\n    %s\n    do: %s\n", p.Bold(f.Pos.String()), severity, f.What, f.Why, f.Do); err != nil {
			return err
		}
	}
	return nil
}

// nothingWrong is what to say where there is no finding.
func nothingWrong(in check.Input) string {
	if len(in.Bond.Bonds()) > 0 {
		return "nothing wrong found"
	}
	text := "no bond is configured in " + in.Bond.File.Name
	if in.Inet1 != nil && len(in.Inet1.Bonds()) > 0 {
		text += fmt.Sprintf("; rc.inet1 makes those of %s itself, \"bondctl import\" hands them over", in.Inet1.File.Name)
	}
	return text
}
