// SPDX-License-Identifier: MIT

package rcd

import (
	_ "embed"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/version"
)

//go:embed rc.bond.tmpl
var script string

//go:embed rc.bond.conf.tmpl
var conf string

// data is what the templates are given.
type data struct {
	Version string
	// Variables are those that rc.bond.conf may set, some to a line; Marker is
	// what ends what it prints: see [bondconf.FromBash].
	Variables []string
	Marker    string
}

func newData() data {
	d := data{Version: version.Version, Marker: bondconf.Marker}
	for names := range slices.Chunk(slices.Concat(bondconf.Indexed, bondconf.Global, bondconf.Inet1Only), 8) {
		d.Variables = append(d.Variables, strings.Join(names, " "))
	}
	return d
}

// Script writes /etc/rc.d/rc.bond.
func Script(w io.Writer) error { return render(w, "rc.bond", script) }

// Conf writes the rc.bond.conf that the package installs: comments only.
func Conf(w io.Writer) error { return render(w, "rc.bond.conf", conf) }

func render(w io.Writer, name, text string) error {
	t, err := template.New(name).Parse(text)
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
