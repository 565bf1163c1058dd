// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/bondlink"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
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
		},
		Action: func(c *cli.Context) error {
			v := newViewer(c)
			if c.IsSet("conf") {
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
	live   bool // it is this machine's kernel, which netlink can ask too
	warned bool // of a configuration that cannot be read
}

func newViewer(c *cli.Context) *viewer {
	v := &viewer{conf: c.String("conf"), only: c.Args().Slice(), stderr: c.App.ErrWriter, live: true}
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
	conf := v.configured()
	up := 0
	for i := range all {
		s := &all[i]
		if !v.wanted(s.Name) {
			continue
		}
		v.partner(s)
		problems := append(s.Problems(), v.reader.Duplicates(s)...)
		problems = append(problems, missingMembers(conf, s)...)
		state := s.State(problems)
		if state != bond.StateDown {
			up++
		}
		r.Bonds = append(r.Bonds, bondReport{*s, state})
		r.Problems = append(r.Problems, problems...)
	}
	r.Problems = append(r.Problems, v.missingBonds(conf, all)...)
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

func (v *viewer) wanted(name string) bool {
	return len(v.only) == 0 || slices.Contains(v.only, name)
}

// configured gives rc.bond.conf; nil where there is none, or where it may not
// be read: it is root's own, and status works for anybody.
func (v *viewer) configured() *bondconf.Config {
	c, err := bondconf.Read(v.conf)
	if err != nil {
		if !v.warned && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			v.warned = true
			fmt.Fprintf(v.stderr, "bondctl: not compared with the configuration: %v\n", err)
		}
		return nil
	}
	return c
}

// missingMembers lists the NICs that should be in the bond by rc.bond.conf.
func missingMembers(c *bondconf.Config, s *bond.Status) []bond.Problem {
	if c == nil || c.Bond(s.Name) == nil {
		return nil
	}
	b := c.Bond(s.Name)
	var list []bond.Problem
	for _, nic := range b.NICs.Words() {
		if !slices.ContainsFunc(s.Members, func(m bond.MemberStatus) bool { return m.Name == nic }) {
			list = append(list, bond.Problem{Bond: s.Name, Member: nic, Text: "is no member, but should be by " + b.NICs.String()})
		}
	}
	return list
}

// missingBonds lists the bonds that are configured or were asked for, and do
// not exist.
func (v *viewer) missingBonds(c *bondconf.Config, all []bond.Status) []bond.Problem {
	exists := func(name string) bool {
		return slices.ContainsFunc(all, func(s bond.Status) bool { return s.Name == name })
	}
	var list []bond.Problem
	if c != nil {
		for _, b := range c.Bonds() {
			if name := b.Name.Value; name != "" && v.wanted(name) && !exists(name) {
				list = append(list, bond.Problem{Bond: name, Text: "does not exist, but should by " + b.NICs.String()})
			}
		}
	}
	for _, name := range v.only {
		if !exists(name) && !slices.ContainsFunc(list, func(p bond.Problem) bool { return p.Bond == name }) {
			list = append(list, bond.Problem{Bond: name, Text: "there is no such bond"})
		}
	}
	return list
}
