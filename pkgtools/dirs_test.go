// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A directory that is kept open is never taken for what has its name now, and
// no link leads out of the root.
func TestRootDirs(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"outside/f": "x", "in/a/b/f": "one", "in/c/f": "two", "in/out": "-> ../outside", "in/near": "-> a/b"})
	root, err := os.OpenRoot(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r := newRootDirs(root)
	defer r.forget()
	size := func(name string, want int64) {
		t.Helper()
		info, err := r.Lstat(name)
		if want < 0 && errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil || info.Size() != want {
			t.Errorf("%s: %v, want %d bytes", name, err, want)
		}
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	size("a/b/f", 3)
	size("near/f", 3)
	if _, err := r.Lstat("out/f"); err == nil {
		t.Error("a link led outside")
	}
	check(r.Rename("a", "d"))
	size("a/b/f", -1)
	size("d/b/f", 3)
	check(r.Mkdir("a", 0o755))
	check(r.Symlink("two words", "a/f"))
	size("a/f", 9)
	check(r.Remove("a/f"))
	check(r.Remove("a"))
	check(r.Rename("d/b", "a"))
	size("a/f", 3)
	check(r.Link("a/f", "c/g"))
	check(r.Rename("c/g", "d/g"))
	size("d/g", 3)
	check(r.RemoveAll("d"))
	size("d/g", -1)
	if err := r.Rename("c/none", "a/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	for i := range 2 * maxOpenDirs {
		name := fmt.Sprint("many", i)
		check(r.Mkdir(name, 0o755))
		check(r.Link("c/f", name+"/f"))
		if n := len(r.open); n > maxOpenDirs+2 {
			t.Fatalf("%d directories are open", n)
		}
	}
	deep := strings.Repeat("x/", 2*maxOpenDirs)
	check(r.MkdirAll(deep+"a", 0o755))
	check(r.MkdirAll(deep+"b", 0o755))
	check(r.Link("c/f", deep+"a/f"))
	check(r.Rename(deep+"a/f", deep+"b/g"))
	size(deep+"b/g", 3)
	var p *fs.PathError
	if _, err := r.Lstat("c/none"); !errors.As(err, &p) || p.Path != "c/none" {
		t.Errorf("%v does not have the whole name", err)
	}
}
