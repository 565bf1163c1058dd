// SPDX-License-Identifier: MIT

package slackbuild

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The script in the source tree is what the manifest gives; the one for
// SlackBuilds.org differs from it in the type of package, and does not build
// in place.
func TestCommittedScript(t *testing.T) {
	m, err := Load("../ifenslave.yaml")
	if err != nil {
		t.Fatal(err)
	}
	script, err := m.Script(Options{InPlace: true})
	if err != nil {
		t.Fatal(err)
	}
	committed, err := os.ReadFile("../ifenslave.SlackBuild")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(committed), string(script)); d != "" {
		t.Errorf("ifenslave.SlackBuild is not what ifenslave.yaml gives; `make generate` writes it again:\n%s", d)
	}
	info, err := os.Stat("../ifenslave.SlackBuild")
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o111 == 0 {
		t.Error("ifenslave.SlackBuild is not executable")
	}

	sbo, err := m.Script(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{":-txz", "git log", "cd $CWD\n"} {
		if strings.Contains(string(sbo), unwanted) {
			t.Errorf("the script for SlackBuilds.org has %q", unwanted)
		}
	}
}
