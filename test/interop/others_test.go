// SPDX-License-Identifier: MIT

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Trees that nobody made for this test: INTEROP_TREES names a directory of
// them, as other packages were unpacked to. Each is packaged by both makepkgs;
// then each is installed over the one before it, as if it were its next
// version, and the last one is removed.
func TestTreesOfOthers(t *testing.T) {
	trees := os.Getenv("INTEROP_TREES")
	if trees == "" {
		t.Skip("other people's trees: INTEROP_TREES names no directory of them")
	}
	r := newReal(t)
	dirs, err := os.ReadDir(trees)
	if err != nil {
		t.Fatal(err)
	}
	p := newPair(t, r, "others")
	before := ""
	for i, d := range dirs {
		full := fmt.Sprintf("app-%d-noarch-1", i)
		var names []string
		for _, who := range []string{"real", "ours"} {
			dir, out := filepath.Join(p.dir, who+"-tree"), filepath.Join(p.dir, who)
			if err := os.MkdirAll(out, 0o755); err != nil {
				t.Fatal(err)
			}
			if said, err := exec.Command("cp", "-a", filepath.Join(trees, d.Name()), dir).CombinedOutput(); err != nil {
				t.Fatalf("cp: %v: %s", err, said)
			}
			name := filepath.Join(out, full+".txz")
			if who == "real" {
				r.run(t, dir, nil, "makepkg", "-l", "y", "-c", "n", name)
			} else {
				ours(t, dir, "makepkg", "--devices", "-l", "y", "-c", "n", name)
			}
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		if diff := cmp.Diff(members(t, names[0]), members(t, names[1])); diff != "" {
			t.Errorf("%s: members (-real +ours):\n%s", d.Name(), diff)
		}
		env := []string{"ROOT=" + p.real}
		if before == "" {
			r.run(t, p.dir, env, "installpkg", names[0])
			ours(t, p.dir, "install", "--root", p.ours, names[0])
		} else {
			r.run(t, p.dir, env, "upgradepkg", names[0])
			ours(t, p.dir, "upgrade", "--root", p.ours, names[0])
		}
		p.compare(t, "installing "+d.Name()+" over "+before)
		t.Logf("%s: %d members compared", d.Name(), len(members(t, names[0])))
		before = d.Name()
	}
	r.run(t, p.dir, []string{"ROOT=" + p.real}, "removepkg", "app")
	ours(t, p.dir, "remove", "--root", p.ours, "app")
	p.compare(t, "removing it")
}
