// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

func TestDifferences(t *testing.T) {
	day := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	made := func(change func([]pkgtools.Entry), level string) string {
		t.Helper()
		entries := []pkgtools.Entry{textEntry("a", "x", day), textEntry("b", "y", day)}
		change(entries)
		name := filepath.Join(t.TempDir(), "p-1-noarch-1.tgz")
		opt := pkgtools.WriteOptions{Compression: pkgtools.Compression{Options: []string{level}}}
		if err := pkgtools.Write(context.Background(), name, entries, opt); err != nil {
			t.Fatal(err)
		}
		return name
	}
	nothing := func([]pkgtools.Entry) {}
	for _, test := range []struct {
		name   string
		change func([]pkgtools.Entry)
		level  string
		want   []string
	}{
		{"nothing", nothing, "-9", nil},
		{"compression", nothing, "-1", []string{"the files are the same, but not how they are stored or compressed"}},
		{"time", func(e []pkgtools.Entry) { e[0].ModTime = day.Add(-time.Hour) }, "-9",
			[]string{`"a": time 2026-01-02T00:00:00Z to 2026-01-01T23:00:00Z; set mtime in the manifest, or SOURCE_DATE_EPOCH`}},
		{"mode and name", func(e []pkgtools.Entry) { e[0].Mode, e[1].Path = 0o600, "c" }, "-9",
			[]string{`"a": mode 644 to 600`, `"b": is in one of them only`, `"c": is in one of them only`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Differences(context.Background(), made(nothing, "-9"), made(test.change, test.level))
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("%q, %v; want %q", got, err, test.want)
			}
		})
	}
	if _, err := Differences(context.Background(), made(nothing, "-9"), "nosuch"); err == nil {
		t.Error("no error for a file that is not there")
	}
}

func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	long := strings.Repeat("x", 1<<16)
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"", "", true}, {"a", "a", true}, {"a", "b", false}, {"a", "", false}, {"", "a", false}, {long, long, true}, {long, long + "y", false},
		{long + "y", long, false}, {long + "y", long + "y", true}, {long + "y", long + "z", false},
	} {
		for name, text := range map[string]string{"a": test.a, "b": test.b} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := sameBytes(dir+"/a", dir+"/b"); err != nil || got != test.want {
			t.Errorf("%d and %d bytes: %v, %v", len(test.a), len(test.b), got, err)
		}
	}
}

func TestCopyReversed(t *testing.T) {
	src := t.TempDir()
	old := time.Unix(1e9, 0)
	for name, mode := range map[string]os.FileMode{"a": 0o644, "b/c": 0o600, "b/d": 0o755, "b/e/f": 0o444} {
		file := filepath.Join(src, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(name), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("b/c", src+"/link"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(src+"/b/e", 0o555); err != nil { // nothing can be made in it later
		t.Fatal(err)
	}
	if err := os.Chtimes(src+"/b", old, old); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(src+"/b/e", 0o755)
		os.Chmod(src+"/tmp/copy/b/e", 0o755)
	})
	// The copy may lie in what is copied.
	if err := os.Mkdir(src+"/tmp", 0o755); err != nil {
		t.Fatal(err)
	}
	dst := src + "/tmp/copy"
	if err := CopyReversed(context.Background(), dst, src); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "b/c", "b/d", "b/e", "b/e/f", "link"} {
		want, err1 := os.Lstat(filepath.Join(src, name))
		got, err2 := os.Lstat(filepath.Join(dst, name))
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if want.Mode() != got.Mode() || name != "link" && !want.ModTime().Equal(got.ModTime()) {
			t.Errorf("%s: %v %v, want %v %v", name, got.Mode(), got.ModTime(), want.Mode(), want.ModTime())
		}
	}
	if target, err := os.Readlink(dst + "/link"); target != "b/c" {
		t.Errorf("link to %q, %v", target, err)
	}
	if _, err := os.Lstat(dst + "/tmp"); err == nil {
		t.Error("the copy has a copy of itself")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := CopyReversed(ctx, src+"/tmp/other", src); err == nil {
		t.Error("is not interrupted")
	}
}
