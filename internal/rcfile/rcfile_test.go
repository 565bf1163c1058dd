// SPDX-License-Identifier: MIT

package rcfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// file writes a file of the mode and reads it.
func file(t *testing.T, mode fs.FileMode) *File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rc.conf")
	if err := os.WriteFile(path, []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	f, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func entries(t *testing.T, f *File) int {
	t.Helper()
	list, err := os.ReadDir(filepath.Dir(f.Path))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func TestReplace(t *testing.T) {
	f := file(t, 0o640)
	if err := f.Replace([]byte("A=2\n")); err != nil {
		t.Fatal(err)
	}
	var st unix.Stat_t
	if err := unix.Stat(f.Path, &st); err != nil || st.Mode&0o7777 != 0o640 {
		t.Errorf("mode %o, %v", st.Mode, err)
	}
	if content(t, f.Path) != "A=2\n" || entries(t, f) != 1 {
		t.Errorf("%q, %d files", content(t, f.Path), entries(t, f))
	}
}

// Somebody else writes the file between reading and replacing.
func TestChangedMeanwhile(t *testing.T) {
	f := file(t, 0o600)
	if err := os.WriteFile(f.Path, []byte("A=1\nB=2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Replace([]byte("lost\n")); err == nil || content(t, f.Path) != "A=1\nB=2\n" || entries(t, f) != 1 {
		t.Errorf("replaced: %v, %d files", err, entries(t, f))
	}
}

func TestCreate(t *testing.T) {
	f := file(t, 0o640)
	other := f.Path + ".orig"
	for _, text := range []string{"first", "second"} {
		if err := f.Create(other, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(other)
	if err != nil || info.Mode().Perm() != 0o640 || content(t, other) != "first" {
		t.Errorf("%v %v %q", info, err, content(t, other))
	}
}

// A full or read-only disk: nothing is left, the old file is as it was.
func TestCannotWrite(t *testing.T) {
	f := file(t, 0o600)
	if os.Getuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := filepath.Dir(f.Path)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	if err := f.Replace([]byte("A=2\n")); !errors.Is(err, fs.ErrPermission) || content(t, f.Path) != "A=1\n" {
		t.Errorf("%v, %q", err, content(t, f.Path))
	}
}

func TestRead(t *testing.T) {
	var read *ReadError
	if _, err := Read(t.TempDir()); !errors.As(err, &read) {
		t.Errorf("a directory: %v", err)
	}
	f := file(t, 0o600)
	link := f.Path + ".link"
	if err := os.Symlink(f.Path, link); err != nil {
		t.Fatal(err)
	}
	if g, err := Read(link); err != nil || g.Real != f.Path || g.Path != link {
		t.Errorf("%+v, %v", g, err)
	}
	if _, err := Read(f.Path + ".none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}
