// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// The numbers of the cases below are those of doc/pkgtools-cases.md: what
// Slackware's scripts do badly, one by one.

// packTree packages the directory as mkslack makepkg does.
func packTree(t *testing.T, tree, name string) (warnings []string, err error) {
	t.Helper()
	before := snapshot(t, tree)
	warn := func(text string) { warnings = append(warnings, text) }
	entries, err := Walk(context.Background(), tree, WalkOptions{RootOwned: true, Warn: warn})
	if err == nil {
		err = Write(context.Background(), name, entries, WriteOptions{Links: true, Warn: warn})
	}
	if after := snapshot(t, tree); after != before {
		t.Errorf("the tree changed:\n%s\n%s", before, after)
	}
	return warnings, err
}

// Each tree is packaged, nothing of it missing, or refused by name.
func TestCaseMakepkg(t *testing.T) {
	for _, test := range []struct {
		name    string
		files   map[string]string
		members []string // in the archive
		links   map[string]string
		refused string // the path that the error names
	}{
		{name: "1 semicolon in the directory of a link", files: map[string]string{"a;b/etc": "-> /x"}, members: []string{"a;b/etc"}},
		{name: "2 line end in a target", files: map[string]string{"usr/l": "-> x\netc"}, members: []string{"usr/l"}},
		{name: "3 empty line in a target", files: map[string]string{"usr/l": "-> x\n\ny", "usr/m": "-> z"}, members: []string{"usr/l"}, links: map[string]string{"usr/m": "z"}},
		{name: "4 tab in the name of a link", files: map[string]string{"usr/a\tb": "-> x", "c\td/l": "-> y"}, members: []string{"usr/a\tb", "c\td/l"}},
		{name: "5 line end in the name of a file", files: map[string]string{"usr/a\nb": "x"}, members: []string{"usr/a\nb"}},
		{name: "6 hyphen first", files: map[string]string{"-foo": "x"}, refused: "-foo"},
		{name: "6 hyphen first, directory", files: map[string]string{"-d/f": "x"}, refused: "-d"},
		{name: "6 option of tar", files: map[string]string{"--checkpoint-action=exec=sh": "x"}, refused: "--checkpoint-action=exec=sh"},
		{name: "7 option that leaves out others", files: map[string]string{"--exclude=ok": "x", "usr/ok": "y"}, refused: "--exclude=ok"},
		{name: "8 backslashes", files: map[string]string{`usr/w\name`: "1", `usr/o\101z`: "2", `usr/b\\\\s`: "3", `usr/u\x2dq`: "4", `usr/end\`: "5"},
			members: []string{`usr/w\name`, `usr/o\101z`, `usr/b\\\\s`, `usr/u\x2dq`, `usr/end\`}},
		{name: "9 link with a hyphen first", files: map[string]string{"-x": "-> y"}, refused: "-x"},
		{name: "10 the same below", files: map[string]string{"usr/-y": "-> z", "usr/l": "-> -t"}, members: []string{"usr/-y", "usr/l"}},
		{name: "11 file doinst.sh at the top", files: map[string]string{"doinst.sh": "mine", "usr/l": "-> x"}, members: []string{"doinst.sh"}, links: map[string]string{"usr/l": "x"}},
		{name: "13 doinst.sh without line end", files: map[string]string{"install/doinst.sh": "true", "usr/l": "-> x"}, members: []string{"install/doinst.sh"}, links: map[string]string{"usr/l": "x"}},
		{name: "20 file install", files: map[string]string{"install": "x"}, refused: "install"},
		{name: "33 names before ./", files: map[string]string{"+plus": "x"}, refused: "+plus"},
		{name: "34 blank at the end", files: map[string]string{"usr/a ": "x"}, refused: "usr/a "},
		{name: "19 kept link to install", files: map[string]string{"usr/-l": "-> install/x"}, refused: "usr/-l"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, name := t.TempDir(), filepath.Join(t.TempDir(), "a-1-noarch-1.tgz")
			put(t, tree, test.files)
			_, err := packTree(t, tree, name)
			if test.refused != "" {
				var e *EntryError
				if !errors.As(err, &e) || e.Path != test.refused {
					t.Fatalf("error %v, want one for %q", err, test.refused)
				}
				if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) > 0 {
					t.Errorf("something was left: %v, %v", left, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			p, err := Scan(context.Background(), name, ReadOptions{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]bool{}
			for _, e := range p.Entries {
				have[e.Path] = true
			}
			for _, m := range test.members {
				if !have[m] {
					t.Errorf("%q is missing", m)
				}
			}
			links := p.Links()
			if len(links) != len(test.links) {
				t.Errorf("links %q, want %q", links, test.links)
			}
			for l, target := range test.links {
				if links[l] != target {
					t.Errorf("link %q points to %q, want %q", l, links[l], target)
				}
			}
			if err := checkScript(context.Background(), "doinst.sh", p.Doinst); err != nil {
				t.Error(err)
			}
			// Installed, all is there, and /etc too.
			root := tempRoot(t)
			put(t, root, map[string]string{"etc/passwd": "root"})
			install(t, root, name)
			for p, content := range test.files {
				if strings.HasPrefix(p, "install/") {
					continue
				}
				if target, ok := strings.CutPrefix(content, "-> "); ok {
					if got, err := os.Readlink(filepath.Join(root, p)); got != target {
						t.Errorf("%q points to %q, %v", p, got, err)
					}
				} else if got, err := os.ReadFile(filepath.Join(root, p)); string(got) != content {
					t.Errorf("%q holds %q, %v", p, got, err)
				}
			}
			if _, err := os.Stat(filepath.Join(root, "etc/passwd")); err != nil {
				t.Error(err)
			}
		})
	}
}

// 12: a link called doinst.sh at the top is an ordinary one, and what it points
// to stays as it is.
func TestCase12LinkCalledDoinst(t *testing.T) {
	tree, outside := t.TempDir(), filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, tree, map[string]string{"doinst.sh": "-> " + outside, "usr/l": "-> x"})
	name := filepath.Join(t.TempDir(), "a-1-noarch-1.tgz")
	if _, err := packTree(t, tree, name); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(outside); string(b) != "precious" {
		t.Errorf("the outside file is %q, %v", b, err)
	}
	p, err := Scan(context.Background(), name, ReadOptions{}, nil)
	if err != nil || p.Links()["doinst.sh"] != outside {
		t.Errorf("links %v, %v", p.Links(), err)
	}
}

// asNobody runs f on a thread that is no longer root's.
func asNobody(t *testing.T, f func() error) error {
	t.Helper()
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			if _, _, errno := syscall.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
				result <- errno
				return
			}
		}
		result <- f()
	}()
	return <-result
}

// 14: a file that cannot be read is an error with its name.
func TestCase14UnreadableFile(t *testing.T) {
	tree := tempRoot(t)
	put(t, tree, map[string]string{"usr/secret": "x", "usr/ok": "y"})
	if err := errors.Join(os.Chmod(tree, 0o755), os.Chmod(filepath.Join(tree, "usr/secret"), 0)); err != nil {
		t.Fatal(err)
	}
	err := asNobody(t, func() error {
		_, err := Walk(context.Background(), tree, WalkOptions{})
		return err
	})
	if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "usr/secret") {
		t.Errorf("error %v", err)
	}
}

// 15: the output may be anywhere.
func TestCase15BlankInOutput(t *testing.T) {
	tree, out := t.TempDir(), filepath.Join(t.TempDir(), "a directory")
	put(t, tree, map[string]string{"usr/f": "x"})
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := packTree(t, tree, filepath.Join(out, "a-1-noarch-1.txz")); err != nil {
		t.Error(err)
	}
}

// 42: whatever happens, the package that was there before stays, and nothing
// else is left.
func TestCase42OldPackageStays(t *testing.T) {
	tree := t.TempDir()
	put(t, tree, map[string]string{"usr/f": "x"})
	entries, err := Walk(context.Background(), tree, WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	gone := append([]Entry{}, entries...)
	gone = append(gone, Entry{Path: "usr/gone", Mode: 0o644, Size: 10, Open: Bytes([]byte("short"))})
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, write := range map[string]func(out string) error{
		"bad option": func(out string) error {
			return Write(context.Background(), out, entries, WriteOptions{Compression: Compression{Engine: Program, Options: []string{"--no-such-option"}}})
		},
		"interrupted":  func(out string) error { return Write(cancelled, out, entries, WriteOptions{}) },
		"file changes": func(out string) error { return Write(context.Background(), out, gone, WriteOptions{}) },
		"Go engine, bad option": func(out string) error {
			return Write(context.Background(), out, entries, WriteOptions{Compression: Compression{Engine: Go, Options: []string{"--no-such-option"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "bad option" && xzUtils() == 0 {
				t.Skip("xz: not installed")
			}
			dir := t.TempDir()
			out := filepath.Join(dir, "a-1-noarch-1.txz")
			if err := os.WriteFile(out, []byte("the old package"), 0o644); err != nil {
				t.Fatal(err)
			}
			err := write(out)
			if err == nil || name == "interrupted" && !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
			if got := snapshot(t, dir); strings.Count(got, "\n") != 2 || !strings.Contains(got, "the old package") {
				t.Errorf("left:\n%s", got)
			}
		})
	}
}

// The same for a process that is killed.
func TestCase42Killed(t *testing.T) {
	for _, out := range []string{"a-1-noarch-1.tgz", "a-1-noarch-1.txz"} {
		dir := tempRoot(t)
		if err := os.WriteFile(filepath.Join(dir, out), []byte("the old package"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := runKilled(killCase{kind: "write", operand: out}, dir, 1<<30); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("the process ended with %v", err)
		}
		if got := snapshot(t, dir); strings.Count(got, "\n") != 2 || !strings.Contains(got, "the old package") {
			t.Errorf("left:\n%s", got)
		}
	}
}

// smallDisk is a file system of a few blocks, which only root can make.
func smallDisk(t *testing.T, kib string) string {
	t.Helper()
	dir := t.TempDir()
	mountTmpfs(t, dir, "size="+kib+"k,nr_inodes=200")
	return dir
}

// mountTmpfs mounts another file system on dir, which only root can.
func mountTmpfs(t *testing.T, dir, options string) {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("another file system: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func TestCase42FullDisk(t *testing.T) {
	dir := smallDisk(t, "64")
	out := filepath.Join(dir, "a-1-noarch-1.tgz")
	if err := os.WriteFile(out, []byte("the old package"), 0o644); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 1<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	err := Write(context.Background(), out, withDirs(file("usr/noise", string(noise))), WriteOptions{})
	if !errors.Is(err, unix.ENOSPC) {
		t.Errorf("error %v, want that no space is left", err)
	}
	if got := snapshot(t, dir); strings.Count(got, "\n") != 2 || !strings.Contains(got, "the old package") {
		t.Errorf("left:\n%s", got)
	}
}
