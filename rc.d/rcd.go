// SPDX-License-Identifier: MIT

package rcd

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/version"
)

//go:embed rc.bond.tmpl
var script string

//go:embed rc.bond.next.tmpl
var next string

//go:embed rc.bond.conf.tmpl
var conf string

// data is what the templates are given.
type data struct {
	Version string
	Modes   []string // in the order of their numbers
	Options []option // in the order in which the kernel takes them
	Aliases []string // elements of a bash array: [alias]=name
	// Variables are those that rc.bond.conf may set, some to a line; Marker is
	// what ends what it prints: see [bondconf.FromBash].
	Variables []string
	Marker    string
}

// An option is one of the script's table.
type option struct{ Name, Row string }

func newData() data {
	d := data{Version: version.Version, Marker: bondconf.Marker}
	for names := range slices.Chunk(slices.Concat(bondconf.Indexed, bondconf.Global, bondconf.Inet1Only), 8) {
		d.Variables = append(d.Variables, strings.Join(names, " "))
	}
	for _, m := range bond.Modes() {
		d.Modes = append(d.Modes, m.String())
	}
	for i := range bond.Options {
		o := &bond.Options[i]
		if o.Name != "mode" { // the first row, written by itself
			d.Options = append(d.Options, option{o.Name, row(len(d.Options)+1, o)})
		}
		for _, alias := range o.Aliases {
			d.Aliases = append(d.Aliases, "["+alias+"]="+o.Name)
		}
	}
	return d
}

// row is an option as the script's table has it: its place, numbers of its modes,
// the state it needs, whose it is, how it is set, and what its values are.
func row(place int, o *bond.Option) string {
	var modes strings.Builder
	for _, m := range bond.Modes() {
		if o.Modes.Has(m) {
			modes.WriteString(strconv.Itoa(int(m)))
		}
	}
	state := "any"
	switch {
	case o.When&bond.NeedsMembers != 0:
		state = "members"
	case o.When&bond.NeedsEmpty != 0:
		state = "empty"
	case o.When&bond.NeedsDown != 0:
		state = "down"
	}
	whose, where := "bond", "sysfs"
	if o.PerMember {
		whose = "member"
	}
	if o.NetlinkOnly {
		where = "netlink"
	}
	return strings.Join([]string{strconv.Itoa(place), modes.String(), state, whose, where, form(o)}, " ")
}

func form(o *bond.Option) string {
	switch o.Kind {
	case bond.Number:
		return fmt.Sprintf("number %d %d", o.Min, o.Max)
	case bond.Word:
		if len(o.Words) == 2 && o.Words[0] == "off" && o.Words[1] == "on" {
			return "flag"
		}
		return "word " + strings.Join(o.Words, " ")
	case bond.IPv4s:
		return "ipv4s"
	case bond.IPv6s:
		return "ipv6s"
	case bond.MAC:
		return "mac"
	case bond.NIC:
		return "nic"
	}
	panic("rc.bond knows no option of kind " + strconv.Itoa(int(o.Kind)))
}

// Script writes /etc/rc.d/rc.bond.
func Script(w io.Writer) error { return render(w, "rc.bond", script) }

// Next writes the rc.bond that leaves everything to bondctl.
func Next(w io.Writer) error { return render(w, "rc.bond", next) }

// Conf writes the rc.bond.conf that the package installs: comments only.
func Conf(w io.Writer) error { return render(w, "rc.bond.conf", conf) }

func render(w io.Writer, name, text string) error {
	join := func(words []string) string { return strings.Join(words, " ") }
	t, err := template.New(name).Funcs(template.FuncMap{"join": join}).Parse(text)
	if err != nil {
		return err
	}
	return t.Execute(w, newData())
}

// Files writes rc.bond, not executable, and rc.bond.conf, for root's eyes only,
// into a directory that exists: the modes that the package installs them with.
func Files(dir string) error {
	for _, f := range []struct {
		name  string
		mode  os.FileMode
		write func(io.Writer) error
	}{{"rc.bond", 0o644, Script}, {"rc.bond.conf", 0o600, Conf}} {
		var text strings.Builder
		if err := f.write(&text); err != nil {
			return err
		}
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(text.String()), f.mode); err != nil {
			return err
		}
		if err := os.Chmod(path, f.mode); err != nil { // whatever the umask, or the file was
			return err
		}
	}
	return nil
}
