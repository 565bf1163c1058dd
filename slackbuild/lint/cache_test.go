// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// looked lints a tree with a cache, as without one, and says how many of its
// directories were looked at.
func looked(t *testing.T, root, dir string) int {
	t.Helper()
	want, wantErr := Check(t.Context(), root, Options{})
	conf, err := findConfig(root)
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := buildDirs(root, &conf)
	if err != nil {
		t.Fatal(err)
	}
	c := openCache(dir, root)
	for _, d := range dirs {
		if _, err := c.load(d); err != nil {
			t.Fatal(err)
		}
	}
	got, gotErr := Check(t.Context(), root, Options{Cache: dir})
	if !reflect.DeepEqual(got, want) || (gotErr == nil) != (wantErr == nil) {
		t.Errorf("with a cache %+v, %v\nwithout %+v, %v", got, gotErr, want, wantErr)
	}
	return c.fresh
}

// settle waits until a change of a file is surely another one than the last.
func settle() { time.Sleep(50 * time.Millisecond) }

func TestCache(t *testing.T) {
	root, dir := tree(t, "misc/one", "misc/two", "network/three"), filepath.Join(t.TempDir(), "a", "cache")
	readme := filepath.Join(root, "misc/one/README")
	settle()
	put := func(text string) error { return os.WriteFile(readme, []byte(text), 0o644) }
	now := time.Now()
	for _, step := range []struct {
		name   string
		change func() error
		fresh  int
	}{
		{"the first time", nil, 3},
		{"nothing changed", nil, 0},
		{"a text", func() error { return put("Bad \n") }, 1},
		{"a text of the same length, with the old time", func() error {
			return errors.Join(put("Good\n"), os.Chtimes(readme, now, now))
		}, 1},
		{"a time only", func() error { return os.Chtimes(readme, now.Add(time.Hour), now.Add(time.Hour)) }, 0},
		{"another file of the same content", func() error {
			return errors.Join(os.Remove(readme), put("Good\n"))
		}, 0},
		{"a mode", func() error { return os.Chmod(readme, 0o755) }, 1},
		{"a new file", func() error { return os.WriteFile(filepath.Join(root, "misc/two/x.orig"), []byte("x"), 0o644) }, 1},
		{"a file below", func() error {
			return errors.Join(os.Mkdir(filepath.Join(root, "misc/two/patches"), 0o755), os.WriteFile(filepath.Join(root, "misc/two/patches/x"), nil, 0o644))
		}, 1},
		{"a directory gone", func() error { return os.RemoveAll(filepath.Join(root, "network/three")) }, 0},
		{"a new name", func() error { return os.Rename(filepath.Join(root, "misc/two"), filepath.Join(root, "misc/four")) }, 1},
		{"what git keeps", func() error { return os.MkdirAll(filepath.Join(root, "misc/one/.git/x"), 0o755) }, 0},
		{"a dependency that is not there", func() error {
			file := filepath.Join(root, "misc/one/one.info")
			text, err := os.ReadFile(file)
			return errors.Join(err, os.WriteFile(file, []byte(strings.Replace(string(text), `REQUIRES=""`, `REQUIRES="nosuch"`, 1)), 0o644))
		}, 1},
		{"a cache cut off", func() error {
			return errors.Join(os.Truncate(openCache(dir, root).file, 100))
		}, 2},
		{"another cache in its place", func() error {
			return os.WriteFile(openCache(dir, root).file, []byte(strings.Repeat("\xff", 1000)), 0o600)
		}, 2},
		{"nothing changed again", nil, 0},
	} {
		if step.change != nil {
			if err := step.change(); err != nil {
				t.Fatal(step.name, err)
			}
		}
		settle()
		if got := looked(t, root, dir); got != step.fresh {
			t.Errorf("%s: %d directories were looked at, want %d", step.name, got, step.fresh)
		}
		settle()
	}
	info, err := os.Stat(openCache(dir, root).file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	// What is written by other rules does not count.
	c := openCache(dir, root)
	c.rules += "x"
	c.now = c.known
	c.known = nil
	c.save()
	if c := openCache(dir, root); c.known != nil {
		t.Error("a cache of another program was taken")
	}
	// A directory that cannot be written is none.
	if got := looked(t, root, "/proc/nowhere"); got != 2 {
		t.Errorf("without a place: %d", got)
	}
}
