// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/bondlink"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/rcbond"
	"github.com/urfave/cli/v2"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "show bonds, their members and what is wrong with them",
		ArgsUsage: "[BOND...]",
		BashComplete: cmdline.Complete(func([]string) []string {
			names, _ := bond.Reader{}.Names()
			return names
		}),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print JSON; with --watch one object to a line"},
			&cli.BoolFlag{Name: "watch", Aliases: []string{"w"}, Usage: "go on, and print what changes"},
			&cli.StringFlag{Name: "conf", Usage: "compare with this `FILE`", Value: bondconf.DefaultPath},
			&cli.StringFlag{Name: "root", Usage: "read proc, sys and etc below `DIR`", Value: "/"},
			&cli.BoolFlag{Name: "values", Usage: "standard input has the values of its variables, as rc.bond hands them over"},
			&cli.StringFlag{Name: "script", Usage: "messages call rc.bond `FILE`", Value: rcbond.DefaultScript},
		},
		Action: func(c *cli.Context) error {
			v := newViewer(c)
			if c.IsSet("conf") && v.values == nil {
				if _, err := bondconf.Read(v.conf); err != nil {
					return cmdline.WithStatus(withCure(err), exit.Usage)
				}
			}
			if c.Bool("watch") {
				if c.String("root") != "/" {
					return cmdline.Usagef("status: --watch follows this machine's kernel, not --root")
				}
				return v.watch(c.Context, c.App.Writer, c.Bool("json"))
			}
			if !v.live && !isDir(v.reader.Sysfs) {
				return cmdline.WithStatus(fmt.Errorf("reading the state of the bonds: there is no folder %s", v.reader.Sysfs), exit.Usage)
			}
			report, err := v.look()
			if err != nil {
				return err
			}
			if c.Bool("json") {
				err = cmdline.WriteJSON(c.App.Writer, report)
			} else {
				err = writeTree(c.App.Writer, report)
			}
			if err != nil {
				return err
			}
			return cmdline.Status(report.exitStatus())
		},
	}
}

// statusReport is what status finds; its JSON is documented in bondctl(8).
type statusReport struct {
	State    string         `json:"state"` // up, degraded, down; "none" where there is no bond
	Bonds    []bondReport   `json:"bonds"`
	Problems []bond.Problem `json:"problems"`
	loaded   bool           // the bonding driver
}

type bondReport struct {
	bond.Status
	State string `json:"state"`
}

// exitStatus is 0 where all bonds are well, 3 where none is up, else 1.
func (r *statusReport) exitStatus() int {
	switch r.State {
	case bond.StateUp:
		return exit.OK
	case bond.StateDegraded:
		return exit.Failed
	}
	return exit.CannotTell
}

// viewer knows where to look.
type viewer struct {
	reader bond.Reader
	conf   string
	only   []string // the bonds asked for; all where empty
	stderr io.Writer
	live   bool      // it is this machine's kernel, which netlink can ask too
	values io.Reader // what bash made of conf; nil: conf is read without running it
	bash   *wanted   // that, once it was read
	warned bool      // of a configuration that cannot be read
}

func newViewer(c *cli.Context) *viewer {
	v := &viewer{conf: c.String("conf"), only: c.Args().Slice(), stderr: c.App.ErrWriter, live: true}
	if c.Bool("values") {
		v.values = c.App.Reader
	}
	if root := c.String("root"); root != "/" {
		v.live = false
		v.reader = bond.Reader{Sysfs: filepath.Join(root, "sys/class/net"), Proc: filepath.Join(root, "proc/net/bonding")}
		if !c.IsSet("conf") {
			v.conf = filepath.Join(root, bondconf.DefaultPath)
		}
	}
	return v
}

// look reads the kernel and, where it may be read, rc.bond.conf.
func (v *viewer) look() (*statusReport, error) {
	all, err := v.reader.All()
	if err != nil {
		return nil, fmt.Errorf("reading the state of the bonds: %w", err)
	}
	r := &statusReport{Bonds: []bondReport{}, Problems: []bond.Problem{}, loaded: v.reader.Loaded()}
	want := v.wanted()
	up := 0
	for i := range all {
		s := &all[i]
		if !v.asked(s.Name) {
			continue
		}
		v.partner(s)
		problems := append(s.Problems(), v.reader.Duplicates(s)...)
		for _, p := range v.differences(want, s) {
			// What the driver reports as well is said once.
			if !slices.ContainsFunc(problems, func(q bond.Problem) bool { return q.Member == p.Member && strings.Contains(q.Text, "set down") }) {
				problems = append(problems, p)
			}
		}
		state := s.State(problems)
		if state != bond.StateDown {
			up++
		}
		r.Bonds = append(r.Bonds, bondReport{*s, state})
		r.Problems = append(r.Problems, problems...)
	}
	r.Problems = append(r.Problems, v.missing(want, all)...)
	switch {
	case up == 0 && len(r.Bonds) == 0:
		r.State = "none"
	case up == 0:
		r.State = bond.StateDown
	case len(r.Problems) > 0:
		r.State = bond.StateDegraded
	default:
		r.State = bond.StateUp
	}
	return r, nil
}

// partner asks netlink for the LACP partner, which /proc tells only root.
func (v *viewer) partner(s *bond.Status) {
	if !v.live || s.LACP == nil || s.LACP.PartnerMAC != "" {
		return
	}
	conn, err := bondlink.Dial()
	if err != nil {
		return
	}
	defer conn.Close()
	if mac, err := conn.PartnerMAC(s.Name); err == nil {
		s.LACP.PartnerMAC = mac
	}
}

func (v *viewer) asked(name string) bool {
	return len(v.only) == 0 || slices.Contains(v.only, name)
}
