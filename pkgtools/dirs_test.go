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

	"golang.org/x/sys/unix"
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
	// What is no directory is none, and a pipe is not waited for.
	check(unix.Mkfifo(filepath.Join(dir, "in/pipe"), 0o600))
	for _, name := range []string{"c/f/x", "pipe/x", "c/f/x/y", "pipe/x/y"} {
		if _, err := r.Lstat(name); !errors.Is(err, unix.ENOTDIR) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Nor is a link where files were put aside.
	x := &transaction{root: r}
	check(r.Symlink("c", "aside"))
	check(x.removeAside("aside"))
	size("aside", -1)
	size("c/f", 3)
	check(x.removeAside("aside"))
	check(unix.Mkfifo(filepath.Join(dir, "in/aside"), 0o600))
	check(x.removeAside("aside"))
	size("aside", -1)
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

// Where a package has directories, something else may be by now, or before.
func TestNoDirectoryThere(t *testing.T) {
	old := pack(t, "a-1-noarch-1", file("opt/a", "x"), file("opt/f", "x"))
	deep := pack(t, "a-2-noarch-1", file("opt/a/b/c/f", "y"))
	t.Run("a file becomes directories", func(t *testing.T) {
		root := tempRoot(t)
		install(t, root, old)
		if _, err := open(t, root).Upgrade(t.Context(), deep, nil, ChangeOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := snapshot(t, root, "var"); !strings.Contains(got, "opt/a/b/c/f ") || strings.Contains(got, "opt/f ") {
			t.Errorf("left:\n%s", got)
		}
	})
	t.Run("a link becomes directories", func(t *testing.T) {
		root := tempRoot(t)
		install(t, root, pack(t, "a-1-noarch-1", symlink("opt/a", "/nowhere")))
		if _, err := open(t, root).Upgrade(t.Context(), deep, nil, ChangeOptions{}); err != nil {
			t.Fatal(err)
		}
		if got := snapshot(t, root, "var"); !strings.Contains(got, "opt/a/b/c/f ") {
			t.Errorf("left:\n%s", got)
		}
	})
	for _, what := range []string{"file", "pipe", "link"} {
		t.Run("removed below a "+what, func(t *testing.T) {
			root := tempRoot(t)
			install(t, root, deep)
			top := filepath.Join(root, "opt/a")
			if err := os.RemoveAll(top); err != nil {
				t.Fatal(err)
			}
			var err error
			switch what {
			case "file":
				err = os.WriteFile(top, []byte("mine"), 0o644)
			case "pipe":
				err = unix.Mkfifo(top, 0o644)
			case "link":
				err = os.Symlink("/nowhere", top)
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := open(t, root).Remove(t.Context(), "a", ChangeOptions{}); err != nil {
				t.Error(err)
			}
			if _, err := os.Lstat(top); err != nil {
				t.Error(err)
			}
		})
	}
}
