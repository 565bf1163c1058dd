// SPDX-License-Identifier: MIT

package lint

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An archive is judged as the directory in it, and by how it is laid out.
func TestArchive(t *testing.T) {
	for _, test := range []struct {
		file  string   // of the archive
		names []string // that are put into it
		rules []string
	}{
		{"thing.tar", []string{"thing"}, nil},
		{"thing.tar.gz", []string{"thing"}, nil},
		{"thing.tar.xz", []string{"thing"}, nil},
		{"thing.tar.bz2", []string{"./thing"}, nil},
		{"thing.tar.gz", []string{"thing", "notes"}, []string{"archive-layout"}},
		{"thing.tar", []string{"thing", "notes"}, []string{"archive-layout"}},
		{"other.tar.gz", []string{"thing"}, []string{"archive-layout", "dir-files"}},
	} {
		t.Run(test.file+" "+strings.Join(test.names, " "), func(t *testing.T) {
			dir := filepath.Dir(write(t, "thing", good(t)))
			if err := os.WriteFile(filepath.Join(dir, "notes"), []byte("x\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			made := filepath.Join(t.TempDir(), test.file)
			cmd := exec.Command("tar", append([]string{"-caf", made}, test.names...)...)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !IsArchive(made) {
				t.Error("not taken for an archive")
			}
			found, err := lintSBo(made)
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); !slices.Equal(got, test.rules) {
				t.Errorf("found %v, want %v", found, test.rules)
			}
			for _, f := range found {
				if f.File != made || f.Member == "" {
					t.Errorf("file %q, member %q", f.File, f.Member)
				}
			}
		})
	}
	if IsArchive("thing-1.0-noarch-1.txz") {
		t.Error("a package is taken for an archive")
	}
}
