// SPDX-License-Identifier: MIT

package interop

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/pkgtools"
)

// members are the headers and contents of a package, one line each.
func members(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	// Decompressed and read by others than the code under test.
	cmd := exec.Command("xz", "-dc")
	cmd.Stdin = f
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("xz -dc %s: %v", name, err)
	}
	if len(out)%10240 != 0 {
		t.Errorf("%s: the archive has %d bytes, no whole records", name, len(out))
	}
	var lines []string
	tr := tar.NewReader(bytes.NewReader(out))
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		// What makepkg makes anew has the time of the making; so have the
		// directories from which it deletes links.
		mtime := fmt.Sprint(h.ModTime.Unix())
		if h.Typeflag == tar.TypeDir || h.Name == "install/doinst.sh" {
			mtime = "-"
		}
		lines = append(lines, fmt.Sprintf("%q %c %04o %d:%d %s:%s %s %v link %q content %q", h.Name, h.Typeflag, h.Mode, h.Uid, h.Gid, h.Uname, h.Gname, mtime, h.Format, h.Linkname, content))
	}
}

// warnings are those of makepkg's output, sorted: it finds files in the order
// of their directories.
func warnings(out string) []string {
	found := []string{}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "WARNING:  ") {
			found = append(found, line)
		}
	}
	slices.Sort(found)
	return found
}

// unreadable reports whether the tree has a file that only root can read.
func unreadable(tr tree) bool {
	for _, mode := range tr.modes {
		if mode&0o400 == 0 {
			return true
		}
	}
	return false
}

// Every tree is packaged whole, or refused.
func TestOurMakepkg(t *testing.T) {
	for _, tr := range trees {
		t.Run(tr.name, func(t *testing.T) {
			if _, refused := tr.files[" first"]; refused {
				t.Log("refused: pkgtools tests it")
				return
			}
			if unreadable(tr) && os.Geteuid() != 0 {
				t.Skip("a file without permissions is for root to read")
			}
			dir, out := t.TempDir(), t.TempDir()
			tr.make(t, dir)
			name := filepath.Join(out, "t-1-noarch-1.txz")
			if said := ours(t, dir, "makepkg", "-l", "y", "-c", "n", name); !strings.HasSuffix(said, "\nSlackware package "+name+" created.\n\n") {
				t.Errorf("last line of:\n%s", said)
			}
			p, err := pkgtools.Scan(context.Background(), name, pkgtools.ReadOptions{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]bool{}
			for _, e := range p.Entries {
				have[e.Path] = true
			}
			links := p.Links()
			for path, content := range tr.files {
				target, link := strings.CutPrefix(content, "-> ")
				switch path = strings.TrimSuffix(path, "/"); {
				case link && links[path] != target:
					t.Errorf("link %q to %q: %q", path, target, links[path])
				case !link && !have[path]:
					t.Errorf("%q is missing", path)
				}
			}
		})
	}
	if len(trees) < 30 {
		t.Errorf("only %d trees", len(trees))
	}
}

// Our package is the real one's: members, order, headers, contents, links and
// warnings.
func TestMakepkgIsTheRealOne(t *testing.T) {
	r := newReal(t)
	same := 0
	for i, tr := range trees {
		t.Run(tr.name, func(t *testing.T) {
			if tr.differs != "" {
				t.Logf("not compared: %s", tr.differs)
				return
			}
			base := filepath.Join(r.work, fmt.Sprint(i))
			a, b := filepath.Join(base, "a"), filepath.Join(base, "b")
			for _, d := range []string{a, b, filepath.Join(base, "ours"), filepath.Join(base, "real")} {
				if err := os.MkdirAll(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			tr.make(t, a)
			tr.make(t, b)
			said := ours(t, a, "makepkg", "-l", "y", "-c", "n", base+"/ours/t-1-noarch-1.txz")
			realSaid := r.run(t, b, nil, "makepkg", "-l", "y", "-c", "n", base+"/real/t-1-noarch-1.txz")
			want, got := members(t, base+"/real/t-1-noarch-1.txz"), members(t, base+"/ours/t-1-noarch-1.txz")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("members (-real +ours):\n%s", diff)
			}
			realWarnings := slices.DeleteFunc(warnings(realSaid), func(s string) bool {
				return strings.Contains(s, " is chmod ") // has a second line
			})
			ourWarnings := slices.DeleteFunc(warnings(said), func(s string) bool {
				return strings.Contains(s, "the root directory has mode") || strings.Contains(s, "removepkg does not find")
			})
			if diff := cmp.Diff(realWarnings, ourWarnings); diff != "" && tr.name != "gzip files with blanks" {
				t.Errorf("warnings (-real +ours):\n%s", diff)
			}
			same++
		})
	}
	t.Logf("%d of %d trees give the same package", same, len(trees))
}
