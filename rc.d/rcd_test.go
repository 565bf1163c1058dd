// SPDX-License-Identifier: MIT

package rcd

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

// rendered gives the path of rc.bond, rendered once for a test.
func rendered(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := Files(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "rc.bond")
}

func TestFiles(t *testing.T) {
	dir := filepath.Dir(rendered(t))
	for name, mode := range map[string]os.FileMode{"rc.bond": 0o644, "rc.bond.conf": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), mode)
		}
	}
	// What is installed says nothing until somebody edits it.
	text, err := os.ReadFile(filepath.Join(dir, "rc.bond.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf("rc.bond.conf is not all comment: %q", line)
		}
	}
}

// TestRendered: nothing of the template is left, and it has what bondctl counts on.
func TestRendered(t *testing.T) {
	text, err := os.ReadFile(rendered(t))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "{{"+"") || strings.Contains(string(text), "<no value>") {
		t.Error("the script has traces of the template")
	}
	var unset []string
	for line := range strings.Lines(string(text)) {
		if words, ok := strings.CutPrefix(line, "unset "); ok {
			unset = append(unset, strings.Fields(words)...)
		}
	}
	for _, name := range slices.Concat(bondconf.Indexed, bondconf.Global, bondconf.Inet1Only, []string{"bond_up", "bond_down"}) {
		if !slices.Contains(unset, name) {
			t.Errorf("%s may come from the environment", name)
		}
	}
	if !strings.Contains(string(text), "'"+bondconf.Marker+"'") {
		t.Error("the line that bondctl waits for is missing")
	}
}

// TestLint runs the checkers that are installed over what the package gets.
func TestLint(t *testing.T) {
	script := rendered(t)
	conf := script + ".conf"
	for _, tool := range [][]string{
		{"shellcheck", script, conf},
		{"shfmt", "-i", "2", "-d", script, conf},
	} {
		t.Run(tool[0], func(t *testing.T) {
			if _, err := exec.LookPath(tool[0]); err != nil {
				t.Skip(err)
			}
			if out, err := exec.Command(tool[0], tool[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	for _, shell := range shells(t) {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			for _, file := range []string{script, conf} {
				if out, err := exec.Command(shell[0], append(shell[1:], "-n", file)...).CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			}
		})
	}
}

// shells are the ways in which the script may be run: as its first line says, as
// "sh rc.bond", and by the bash of Slackware 14.1 where BASH42 names one.
func shells(t *testing.T) [][]string {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	list := [][]string{{bash}, {bash, "--posix"}}
	if old := os.Getenv("BASH42"); old != "" {
		list = append(list, []string{old})
	}
	return list
}

// TestManual: rc.bond.conf(5) tells every option of the driver and every variable
// that means something in the file.
func TestManual(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "doc", "rc.bond.conf.5"))
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, word := range strings.FieldsFunc(string(page), func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > 'z' || r > '9' && r < 'A' || r > 'Z' && r < 'a')
	}) {
		words[word] = true
	}
	for _, o := range bond.Options {
		if o.Name != "mode" && !words[o.Name] {
			t.Errorf("rc.bond.conf(5) does not tell option %s", o.Name)
		}
	}
	for _, name := range slices.Concat(bondconf.Indexed, bondconf.Global) {
		if !words[name] {
			t.Errorf("rc.bond.conf(5) does not tell variable %s", name)
		}
		if !strings.Contains(conf, name) {
			t.Errorf("the rc.bond.conf that is installed does not have variable %s", name)
		}
	}
}
