// SPDX-License-Identifier: MIT

package interop

import (
	"bytes"
	gocmp "cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/pkgtools"
	"golang.org/x/sys/unix"
)

// othersPackages are the packages of other people in and below the directory
// that INTEROP_PACKAGES names, each content once.
func othersPackages(t *testing.T) []string {
	t.Helper()
	dir := os.Getenv("INTEROP_PACKAGES")
	if dir == "" {
		t.Skip("other people's packages: INTEROP_PACKAGES names no directory of them")
	}
	var all []string
	seen := map[[sha256.Size]byte]bool{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if _, ext := pkgtools.TrimExt(p); ext == "" {
			return nil
		}
		b, err := os.ReadFile(p)
		if sum := sha256.Sum256(b); !seen[sum] {
			seen[sum] = true
			all = append(all, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s: no package there or below", dir)
	}
	// A part of them, spread over all: for a run that has to end soon.
	if n, err := strconv.Atoi(os.Getenv("INTEROP_PACKAGES_MAX")); err == nil && n > 0 && n < len(all) {
		part := make([]string, n)
		for i := range part {
			part[i] = all[i*len(all)/n]
		}
		all = part
	}
	return all
}

// treeList is all that tar and mkslack can give a file: kind, mode, owner, time,
// content or target, links, attributes.
func treeList(t *testing.T, root string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		what := fmt.Sprint(" time ", info.ModTime().Unix())
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(b)
			what += fmt.Sprint(" size ", info.Size(), " sum ", hex.EncodeToString(sum[:8]), " links ", st.Nlink)
		case info.Mode()&fs.ModeSymlink != 0:
			if what, err = os.Readlink(p); err != nil { // tar does not set their times everywhere
				return err
			}
		case info.Mode()&fs.ModeDevice != 0:
			what += fmt.Sprint(" device ", st.Rdev)
		}
		buf := make([]byte, 4096)
		if n, err := unix.Llistxattr(p, buf); err == nil && n > 0 {
			names := strings.FieldsFunc(string(buf[:n]), func(r rune) bool { return r == 0 })
			slices.Sort(names)
			what += " attributes " + strings.Join(names, " ")
		}
		rel := strings.TrimPrefix(p, root)
		if rel == "" {
			what = "" // made by the test
		}
		lines = append(lines, fmt.Sprintf("%q %v %d:%d %s", rel, info.Mode(), st.Uid, st.Gid, what))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

var dirTime = regexp.MustCompile(`^("(?:[^"\\]|\\.)*" d.*) time -?\d+`)

// withoutDirTimes is a treeList in which the times of directories do not count.
func withoutDirTimes(list []string) []string {
	out := make([]string, len(list))
	for i, line := range list {
		out[i] = dirTime.ReplaceAllString(line, "$1")
	}
	return out
}

// Packages that nobody made for this test are unpacked as GNU tar does it.
func TestPackagesAreUnpackedAsByTar(t *testing.T) {
	packages := othersPackages(t)
	if os.Geteuid() != 0 {
		t.Skip("owners and devices: not root")
	}
	work, err := os.MkdirTemp("/dev/shm", "interop-")
	if err != nil {
		t.Skip(err)
	}
	defer os.RemoveAll(work)
	same, times, neither, entries, odd := 0, 0, 0, 0, map[string]int{}
	for _, name := range packages {
		theirs, mine := filepath.Join(work, "theirs"), filepath.Join(work, "ours")
		for _, d := range []string{theirs, mine} {
			if err := os.RemoveAll(d); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		// The options of installpkg, but for the renaming of install/.
		tar := exec.Command("tar", "-C", theirs, "--acls", "--xattrs", "--xattrs-include=*", "--keep-directory-symlink", "-xpf", name)
		said, tarErr := tar.CombinedOutput()
		ourErr := pkgtools.Extract(context.Background(), name, mine, pkgtools.ExtractOptions{Owners: true, Devices: true})
		if tarErr != nil && ourErr != nil {
			t.Logf("%s: neither takes it: %s; %v", name, bytes.TrimSpace(said), ourErr)
			neither++
			continue
		}
		if (tarErr == nil) != (ourErr == nil) {
			t.Errorf("%s: tar: %v %s; mkslack: %v", name, tarErr, bytes.TrimSpace(said), ourErr)
			continue
		}
		want, got := treeList(t, theirs), treeList(t, mine)
		diff := cmp.Diff(want, got)
		if diff != "" && cmp.Equal(withoutDirTimes(want), withoutDirTimes(got)) {
			// tar sets the time of a directory when it takes the next one, and does
			// not again when more of its contents come later.
			times++
		} else if diff != "" {
			t.Errorf("%s (-tar +mkslack):\n%s", name, diff)
			continue
		}
		same++
		entries += len(got)
		p, err := pkgtools.Scan(context.Background(), name, pkgtools.ReadOptions{}, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, o := range p.Odd {
			odd[o.Text]++
		}
	}
	t.Logf("%d packages, %d files: %d are unpacked the same, %d of them but for times of directories; %d by neither",
		len(packages), entries, same, times, neither)
	for text, n := range odd {
		t.Logf("%d: %s", n, text)
	}
}

// They are installed and removed as by installpkg and removepkg, in a namespace
// in which their scripts can reach nothing.
func TestPackagesAreInstalledAsByInstallpkg(t *testing.T) {
	packages := othersPackages(t)
	r := newReal(t)
	same, reasons := 0, map[string]int{}
	for _, name := range packages {
		p := newPair(t, r, "package")
		base := filepath.Base(name)
		file := filepath.Join(p.dir, base) // one that both see under this name
		data, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(file, data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		pkg, err := pkgtools.Scan(context.Background(), file, pkgtools.ReadOptions{}, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		reason, same1 := whyNotTheSame(pkg)
		_, realErr := r.try(p.dir, nil, "/sbin/installpkg", "--root", p.real, file)
		said, ourErr := r.tryOurs(t, p.dir, "install", "--root", p.ours, file)
		diff := ""
		if realErr != nil || ourErr != nil {
			diff = fmt.Sprintf("installpkg: %v; mkslack: %v\n%s", realErr, ourErr, said)
		} else {
			diff = compareRoots(t, p, same1)
		}
		full, _ := pkgtools.TrimExt(base)
		if diff == "" {
			_, realErr = r.try(p.dir, []string{"ROOT=" + p.real}, "/sbin/removepkg", full)
			said, ourErr = r.tryOurs(t, p.dir, "remove", "--root", p.ours, full)
			if realErr != nil || ourErr != nil {
				diff = fmt.Sprintf("removepkg: %v; mkslack: %v\n%s", realErr, ourErr, said)
			} else if removed := compareRoots(t, p, same1); removed != "" && pkg.Entries[0].Path == "." {
				diff = "after its removal:\n" + removed
			}
		}
		switch {
		case diff != "":
			t.Errorf("%s (-real +ours):\n%s", name, diff)
		case reason != "":
			reasons[reason]++
		default:
			same++
		}
		if err := os.RemoveAll(p.dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d packages: %d are installed and removed the same", len(packages), same)
	for reason, n := range reasons {
		t.Logf("%d: %s", n, reason)
	}
}

// whyNotTheSame is a difference to stock tools that doc/pkgtools-cases.md argues
// for, or empty, with what makes a line of a rootList the same for all that.
func whyNotTheSame(p *pkgtools.Package) (reason string, same func(line string) string) {
	plain := func(line string) string { return line }
	for i := range p.Entries {
		e := &p.Entries[i]
		if d, ok := pkgtools.SystemDirectory(e.Path); ok && e.Mode.IsDir() && d.Differs(e) != "" {
			reason = "directories of the system keep Slackware's modes and owners"
		}
	}
	switch {
	case p.Dotted:
		return `names that start with "./": installpkg does not run doinst.sh`, func(string) string { return "" }
	case p.Entries[0].Path != ".":
		return `no "./" in the archive: removepkg does not find the list`, func(line string) string {
			return strings.ReplaceAll(line, `FILE LIST:\n./\n`, `FILE LIST:\n`)
		}
	case slices.ContainsFunc(p.Entries, stray):
		return "a file in install/ that installpkg leaves behind as /installpkg-(random)", func(line string) string {
			if strings.HasPrefix(line, `"/installpkg-`) {
				return ""
			}
			return line
		}
	case reason != "":
		return reason, func(line string) string {
			quoted, rest, _ := strings.Cut(line, `" d`)
			dir := strings.TrimPrefix(strings.TrimPrefix(quoted, `"`), "/")
			if _, ok := pkgtools.SystemDirectory(gocmp.Or(dir, ".")); ok && rest != "" {
				return quoted
			}
			return line
		}
	}
	return "", plain
}

// stray reports whether e is in install/ and nothing that installpkg knows.
func stray(e pkgtools.Entry) bool {
	rest, ok := strings.CutPrefix(e.Path, "install/")
	return ok && rest != "doinst.sh" && rest != "douninst.sh" && !strings.HasPrefix(rest, "slack-")
}

// madeNow is the time of a file that a script has made.
var madeNow = regexp.MustCompile(`" \d{10} links `)

// compareRoots is the difference of both roots, as far as it is not wanted.
func compareRoots(t *testing.T, p *pair, same func(string) string) string {
	t.Helper()
	lists := [][]string{rootList(t, p.real), rootList(t, p.ours)}
	for _, list := range lists {
		for i := range list {
			list[i] = same(madeNow.ReplaceAllStringFunc(list[i], func(text string) string {
				if n, err := strconv.ParseInt(strings.Fields(text)[1], 10, 64); err == nil && time.Since(time.Unix(n, 0)) < time.Hour {
					return `" now links `
				}
				return text
			}))
		}
		slices.Sort(list)
	}
	empty := func(line string) bool { return line == "" }
	return cmp.Diff(slices.DeleteFunc(lists[0], empty), slices.DeleteFunc(lists[1], empty))
}

// try runs a program in the namespace, also without a network and with
// processes of its own: what scripts leave running ends with it.
func (r *real) try(dir string, env []string, program string, args ...string) (string, error) {
	all := append([]string{"-m", "-n", "-p", "-f", "--kill-child", "/bin/sh", "-c", namespace, "sh", r.work, r.tools, program}, args...)
	cmd := exec.Command("unshare", all...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "INSTLOCKDIR="+r.work+"/lock", "LC_ALL=C.UTF-8"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tryOurs runs mkslack there.
func (r *real) tryOurs(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	program, err := mkslack()
	if err != nil {
		t.Fatal(err)
	}
	here := filepath.Join(r.work, "mkslack")
	if _, err := os.Stat(here); err != nil {
		data, err := os.ReadFile(program)
		if err == nil {
			err = os.WriteFile(here, data, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return r.try(dir, nil, here, args...)
}
