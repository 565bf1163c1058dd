// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"
)

var when = time.Unix(1700000000, 0)

// file and the like make entries for test packages.
func file(p, content string) Entry {
	return Entry{Path: p, Mode: 0o644, User: "root", Group: "root", ModTime: when, Size: int64(len(content)), Open: Bytes([]byte(content))}
}

func dir(p string) Entry {
	return Entry{Path: p, Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: when}
}

func symlink(p, target string) Entry {
	return Entry{Path: p, Mode: fs.ModeSymlink | 0o777, User: "root", Group: "root", ModTime: when, Link: target}
}

// withDirs adds the directories that entries need.
func withDirs(entries ...Entry) []Entry {
	have := map[string]bool{".": true}
	for _, e := range entries {
		have[e.Path] = true
	}
	all := append([]Entry{dir(".")}, entries...)
	for _, e := range entries {
		for d := filepath.Dir(e.Path); !have[d]; d = filepath.Dir(d) {
			have[d] = true
			all = append(all, dir(d))
		}
	}
	return all
}

// pack writes a package and gives its path.
func pack(t testing.TB, full string, entries ...Entry) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), full+".tgz")
	if err := Write(context.Background(), name, withDirs(entries...), WriteOptions{Links: true}); err != nil {
		t.Fatal(err)
	}
	return name
}

// rawPackage writes a package of any headers, as a hostile one may be.
func rawPackage(t testing.TB, full string, headers ...tar.Header) string {
	t.Helper()
	return rawPackageOf(t, full, nil, headers...)
}

// rawPackageOf is the same with contents for some of the files.
func rawPackageOf(t testing.TB, full string, contents map[string]string, headers ...tar.Header) string {
	t.Helper()
	var b bytes.Buffer
	tw := tar.NewWriter(&b)
	for _, h := range headers {
		content := ""
		if h.Typeflag == tar.TypeReg {
			content = "content of " + h.Name
			if c, ok := contents[h.Name]; ok {
				content = c
			}
			h.Size = int64(len(content))
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.Format == 0 {
			h.Format = tar.FormatGNU
		}
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return compressed(t, full, b.Bytes())
}

// compressed writes a .tgz of an archive.
func compressed(t testing.TB, full string, archive []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), full+".tgz")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(archive); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// put writes files into a directory: "path" -> content; a content "-> x" is a
// link to x, and a path with a slash at its end a directory.
func put(t testing.TB, root string, files map[string]string) {
	t.Helper()
	for p, content := range files {
		name := filepath.Join(root, p)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		target, link := strings.CutPrefix(content, "-> ")
		switch {
		case strings.HasSuffix(p, "/"):
			err = os.MkdirAll(name, 0o755)
		case link:
			err = os.Symlink(target, name)
		default:
			err = os.WriteFile(name, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// snapshot is all that is in a directory: one line a file with its mode,
// content or target. Times of the removed packages' names are taken out.
func snapshot(t testing.TB, root string, skip ...string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		for _, s := range skip {
			if rel == s || strings.HasPrefix(rel, s+"/") {
				return nil
			}
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		what := ""
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			what = fmt.Sprintf("%q nlink %d", b, statOf(info).nlink)
		case info.Mode()&fs.ModeSymlink != 0:
			if what, err = os.Readlink(p); err != nil {
				return err
			}
		}
		if i := strings.Index(rel, "-upgraded-"); i >= 0 {
			rel = rel[:i] + "-upgraded-TIME"
		}
		lines = append(lines, fmt.Sprintf("%s %v %s", rel, info.Mode(), what))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n") + "\n"
}

// tempRoot is a directory for a root: in memory where that is possible, since
// every change waits for the disk.
func tempRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "pkgtools-test-")
	if err != nil {
		return t.TempDir()
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// open opens the database of root.
func open(t testing.TB, root string) *Database {
	t.Helper()
	d, err := OpenDatabase(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// install installs a package that must install.
func install(t testing.TB, root, name string) *Report {
	t.Helper()
	r, err := open(t, root).Install(context.Background(), name, ChangeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
