// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func reg(name string) tar.Header  { return tar.Header{Typeflag: tar.TypeReg, Name: name} }
func tdir(name string) tar.Header { return tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755} }
func tlink(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}

// Packages that are refused, and leave a root as it was.
func TestCaseRefused(t *testing.T) {
	zeros := compressed(t, "zeros-1-noarch-1", make([]byte, 10240))
	for _, test := range []struct {
		name string
		file string
		err  string
	}{
		{"16 path with ..", rawPackage(t, "a-1-noarch-1", reg("../x")), "leaves the package"},
		{"16 path with .. inside", rawPackage(t, "a-1-noarch-1", reg("usr/../../x")), "leaves the package"},
		{"16 link outside", rawPackage(t, "a-1-noarch-1", reg("../outside/alink")), "leaves the package"},
		{"17 file through a link", rawPackage(t, "a-1-noarch-1", tdir("./"), tlink("l", "/tmp"), reg("l/x")), "no directory"},
		{"20 file install", rawPackage(t, "a-1-noarch-1", tdir("./"), reg("install")), "package's own directory"},
		{"21 record of another", rawPackage(t, "a-1-noarch-1", tdir("./"), reg("var/lib/pkgtools/packages/other-1-x-1")), "package database"},
		{"21 script of another", rawPackage(t, "a-1-noarch-1", tdir("./"), reg("var/log/scripts/other-1-x-1")), "package database"},
		{"21 script for another's removal", rawPackage(t, "a-1-noarch-1", tdir("./"), reg("var/lib/pkgtools/douninst.sh/other-1-x-1")), "another package"},
		{"29 zeros", zeros, "empty"},
		{"30 directory in the way", rawPackage(t, "a-1-noarch-1", tdir("./"), reg("dir")), "in the way"},
		{"13 script that no shell reads", pack(t, "a-1-noarch-1", file("install/doinst.sh", "if true( cd a ; rm -rf b )\n")), "cannot read"},
		{"a file and a directory", rawPackage(t, "a-1-noarch-1", tdir("./"), reg("f"), tdir("f/")), "twice"},
		{"hard link outside", rawPackage(t, "a-1-noarch-1", tdir("./"), tar.Header{Typeflag: tar.TypeLink, Name: "h", Linkname: "../../etc/passwd"}), "leaves the package"},
		{"hard link to what is not there", rawPackage(t, "a-1-noarch-1", tdir("./"), tar.Header{Typeflag: tar.TypeLink, Name: "h", Linkname: "etc/passwd"}), "stands before"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := tempRoot(t)
			put(t, root, map[string]string{"outside/alink": "-> x", "in/dir/f": "user's", "in/etc/passwd": "root", "in/var/lib/pkgtools/packages/other-1-x-1": "PACKAGE NAME:     other-1-x-1\n"})
			if err := open(t, filepath.Join(root, "in")).init(); err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, root)
			_, err := open(t, filepath.Join(root, "in")).Install(context.Background(), test.file, ChangeOptions{})
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if after := snapshot(t, root); after != before {
				t.Errorf("the root changed:\n%s\n%s", before, after)
			}
		})
	}
}

// 18: an absolute link of the root means a place in the root.
func TestCase18AbsoluteLinkInRoot(t *testing.T) {
	root := tempRoot(t)
	put(t, root, map[string]string{"opt": "-> /elsewhere/deep", "elsewhere/deep/": "", "away/": "", "up": "-> ../../../../../away"})
	install(t, root, pack(t, "a-1-noarch-1", file("opt/f", "x"), file("up/g", "y")))
	for _, p := range []string{"elsewhere/deep/f", "away/g"} {
		if _, err := os.Stat(filepath.Join(root, p)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat("/elsewhere"); err == nil {
		t.Error("/elsewhere was made")
	}
}

// 19: the target of a link is nobody's business.
func TestCase19LinkToInstall(t *testing.T) {
	root := tempRoot(t)
	install(t, root, rawPackage(t, "a-1-noarch-1", tdir("./"), tdir("bin/"), tlink("bin/ginstall", "install"), tlink("bin/x", "install/foo")))
	for l, want := range map[string]string{"bin/ginstall": "install", "bin/x": "install/foo"} {
		if got, err := os.Readlink(filepath.Join(root, l)); got != want {
			t.Errorf("%s points to %q, %v", l, got, err)
		}
	}
}

// 22 and 23: a line of doinst.sh that makes a link destroys nothing.
func TestCase22And23LinkLines(t *testing.T) {
	root := tempRoot(t)
	put(t, root, map[string]string{"usr/share/foo/users-file": "x", "usr/share/empty/": "", "etc/passwd": "root"})
	script := link{"usr/share/foo", "bar"}.lines() + link{"usr/share/empty", "bar"}.lines() +
		link{"no/such/dir/etc", "x"}.lines() + link{"usr/share/fine", "bar"}.lines() + "( cd no/such ; rm -rf etc )\n"
	report, err := open(t, root).Install(context.Background(), pack(t, "a-1-noarch-1", file("install/doinst.sh", script), dir("usr"), dir("usr/share")), ChangeOptions{})
	if !errors.Is(err, ErrLinks) || len(report.Warnings) != 2 {
		t.Errorf("error %v, warnings %q", err, report.Warnings)
	}
	got := snapshot(t, root, "var")
	for _, want := range []string{"etc/passwd ", "usr/share/foo/users-file ", "usr/share/empty Lrwxrwxrwx bar", "usr/share/fine Lrwxrwxrwx bar"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
}

// 24, 25, 26: whatever a line of doinst.sh does, those after it run too.
func TestCase24To26Scripts(t *testing.T) {
	root := tempRoot(t)
	script := "cat > from-stdin\n( cd usr ; exit 0 )\n( cd usr ; umask 077 ; V=1 )\nsleep 30 &\n" +
		"config() { mv $1 ${1%.new}; }\nconfig etc/c.new\n" + link{"usr/l", "x"}.lines() + "readlink usr/l > after-link; echo \"$0 $# ${V-unset} $(umask) $PWD\" > state\n" +
		"cat > here << 'EOF'\n" + link{"usr/in-text", "x"}.lines() + "EOF\n"
	name := pack(t, "a-1-noarch-1", file("install/doinst.sh", script), file("etc/c.new", "c"), dir("usr"))
	start := time.Now()
	install(t, root, name)
	install(t, root, pack(t, "b-1-noarch-1", file("install/doinst.sh", "true\n")))
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("waited %v for what the script left running", d)
	}
	for p, want := range map[string]string{
		"from-stdin": "", "after-link": "x\n", "etc/c": "c", "here": link{"usr/in-text", "x"}.lines(),
		"state": "/bin/bash 0 unset 0022 " + root + "\n",
	} {
		if got, err := os.ReadFile(filepath.Join(root, p)); string(got) != want {
			t.Errorf("%s is %q, want %q, %v", p, got, want, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(root, "var/lib/pkgtools/scripts/a-1-noarch-1")); string(b) != script {
		t.Errorf("recorded is %q, %v", b, err)
	}
}

// sample is a small package of real structure, in each compression.
func sample(t *testing.T, ext string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "s-1-noarch-1"+ext)
	entries := withDirs(file("usr/a", strings.Repeat("text of a file\n", 40)), file("usr/b", "b"), symlink("usr/l", "a"), file("install/slack-desc", "s: s (x)\n"))
	if err := Write(context.Background(), name, entries, WriteOptions{Links: true, Compression: Compression{Engine: Go}}); err != nil {
		t.Fatal(err)
	}
	return name
}

func contents(name, engine string) (string, error) {
	var b strings.Builder
	_, err := Scan(context.Background(), name, ReadOptions{Engine: engine}, func(e *Entry, r io.Reader) error {
		b.WriteString(e.Path + e.Mode.String())
		_, err := io.Copy(&b, r)
		return err
	})
	return b.String(), err
}

// 27 and 39: a package that is cut off anywhere is refused.
func TestCase27CutOff(t *testing.T) {
	for _, test := range []struct{ ext, engine, program string }{
		{".txz", Go, ""}, {".txz", Program, "xz"}, {".tgz", Go, ""}, {".tbz", Go, "bzip2"}, {".tlz", Go, "lzip"}, {".tar.lzma", Go, "xz"},
	} {
		if _, err := exec.LookPath(test.program); test.program != "" && err != nil {
			t.Logf("%s, %s: not tried: %v", test.ext, test.engine, err)
			continue
		}
		data, err := os.ReadFile(sample(t, test.ext))
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "s-1-noarch-1"+test.ext)
		step := 1
		if test.engine == Program {
			step = 37 // each is a process
		}
		for n := 0; n < len(data); n += step {
			if err := os.WriteFile(name, data[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := contents(name, test.engine); err == nil {
				t.Errorf("%s, %s: accepted with %d of %d bytes", test.ext, test.engine, n, len(data))
			}
		}
		if err := os.WriteFile(name, append(data, "trailing"...), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := contents(name, test.engine); err == nil {
			t.Errorf("%s, %s: accepted with text behind it", test.ext, test.engine)
		}
	}
}

// 28: one flipped bit is found, or changes nothing.
func TestCase28FlippedBit(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, ext := range []string{".txz", ".tgz"} {
		good := sample(t, ext)
		want, err := contents(good, Go)
		if err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(good)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "s-1-noarch-1"+ext)
		found := 0
		for range 300 {
			at, bit := r.IntN(len(data)), byte(1)<<r.IntN(8)
			data[at] ^= bit
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if got, err := contents(name, Go); err == nil && got != want {
				t.Errorf("%s: bit %#x of byte %d of %d changes the content unseen", ext, bit, at, len(data))
			} else if err != nil {
				found++
			}
			data[at] ^= bit
		}
		if found < 250 {
			t.Errorf("%s: only %d of 300 were found", ext, found)
		}
	}
}

// 30: on a full disk nothing is changed.
func TestCase30FullDisk(t *testing.T) {
	for _, kib := range []string{"200", "500", "800", "1200"} {
		root := smallDisk(t, kib)
		put(t, root, map[string]string{"etc/f": "x", "usr/f00": "old"})
		if err := open(t, root).init(); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, root)
		var entries []Entry
		for i := range 14 {
			entries = append(entries, file("usr/f0"+string(rune('0'+i%10))+strings.Repeat("x", i/10), strings.Repeat("y", 60000)))
		}
		_, err := open(t, root).Install(context.Background(), pack(t, "a-1-noarch-1", entries...), ChangeOptions{})
		if err == nil && kib == "200" {
			t.Errorf("%s KiB: no error", kib)
		}
		if err == nil {
			continue
		}
		if !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%s KiB: %v", kib, err)
		}
		if after := snapshot(t, root); after != before {
			t.Errorf("%s KiB: the root changed:\n%s\n%s", kib, before, after)
		}
	}
}

// 31 and 32: packages that were made by plain tar.
func TestCase31And32PlainTar(t *testing.T) {
	root := tempRoot(t)
	dotted := rawPackageOf(t, "d-1-noarch-1", map[string]string{"./install/doinst.sh": "echo x > usr/ran\n", "./install/slack-desc": "d: d (dotted)\n"},
		tdir("./"), tdir("./usr/"), reg("./usr/f"), tdir("./install/"), reg("./install/doinst.sh"), reg("./install/slack-desc"))
	install(t, root, dotted)
	d := open(t, root)
	r, err := d.Read("d-1-noarch-1")
	if err != nil || string(r.Script) != "echo x > usr/ran\n" || strings.Join(r.Description, "|") != "d: d (dotted)" {
		t.Fatalf("%+v, %v", r, err)
	}
	if b, err := os.ReadFile(filepath.Join(root, "usr/ran")); string(b) != "x\n" {
		t.Errorf("the script did not run: %v", err)
	}
	if err := os.Remove(filepath.Join(root, "usr/ran")); err != nil {
		t.Error(err)
	}
	// The description has "./" in it, as has the path below.
	undotted := rawPackageOf(t, "u-1-noarch-1", map[string]string{"install/slack-desc": "u: u (run ./configure)\n"},
		tdir("opt/"), reg("opt/f"), tdir("install/"), reg("install/slack-desc"))
	t.Chdir(filepath.Dir(undotted))
	install(t, root, "./u-1-noarch-1.tgz")
	for _, n := range []string{"d", "u"} {
		if _, err := d.Remove(context.Background(), n, ChangeOptions{}); err != nil {
			t.Error(err)
		}
	}
	if got := snapshot(t, root, "var"); strings.Contains(got, "opt") || strings.Contains(got, "usr") || strings.Contains(got, "install") {
		t.Errorf("left:\n%s", got)
	}
}

// 33 and 34: every file that was installed is removed, whatever its name.
func TestCase33And34NamesRemoved(t *testing.T) {
	root := tempRoot(t)
	install(t, root, rawPackage(t, "a-1-noarch-1", tdir("./"), reg("!bang"), tdir("#h/"), reg("#h/f"), reg("+plus"), tdir("usr/"), reg("usr/blank "),
		tdir("usr/caf\xc3\xa9/"), reg("usr/caf\xc3\xa9/f"), tdir("usr/t\tb/"), reg("usr/t\tb/x\ny"), tdir("usr/\x01/"), reg("usr/\x01/\xff")))
	if _, err := open(t, root).Remove(context.Background(), "a", ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := snapshot(t, root, "var"); strings.Count(got, "\n") != 1 {
		t.Errorf("left:\n%s", got)
	}
}

// 35: what is no package is not removed.
func TestCase35NoPackage(t *testing.T) {
	root := tempRoot(t)
	install(t, root, pack(t, "a-1-noarch-1", file("usr/f", "x")))
	before := snapshot(t, root)
	for _, name := range []string{"somedir/", "/", ".txz", "", ".", "..", "../packages/a-1-noarch-1x", "a-1-noarch", "nosuch"} {
		if _, err := open(t, root).Remove(context.Background(), name, ChangeOptions{}); !errors.Is(err, ErrNotInstalled) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if after := snapshot(t, root); after != before {
		t.Errorf("the root changed:\n%s\n%s", before, after)
	}
}

// 36: other packages with a name that is like this one keep their files.
func TestCase36SimilarNames(t *testing.T) {
	root := tempRoot(t)
	for _, full := range []string{"a-1-x86_64-1", "aa-1-x86_64-1", "xa-1-x86_64-1", "a-1-x86_64-10"} {
		install(t, root, pack(t, full, file("usr/shared", "x"), symlink("usr/link", "shared"), file("usr/of-"+full, "y")))
	}
	if _, err := open(t, root).Remove(context.Background(), "a-1-x86_64-1", ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	got := snapshot(t, root, "var")
	for _, want := range []string{"usr/shared", "usr/link", "usr/of-aa-1-x86_64-1", "usr/of-a-1-x86_64-10"} {
		if !strings.Contains(got, want+" ") {
			t.Errorf("%s is gone:\n%s", want, got)
		}
	}
	if strings.Contains(got, "usr/of-a-1-x86_64-1 ") {
		t.Errorf("not removed:\n%s", got)
	}
}

// 37, 38 and 40: what a killed process leaves is no half package, whatever is
// done next. TestKilledAnywhere has the same change done again.
func TestCase37To40Killed(t *testing.T) {
	for _, c := range killCases(t) {
		for _, at := range []int{1, 20, 45, 60} {
			root := tempRoot(t)
			c.prepare(t, root)
			before := snapshot(t, root)
			if _, err := runKilled(c, root, at); err == nil {
				continue
			}
			names, err := open(t, root).Names()
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range names {
				r, err := open(t, root).Read(n)
				if err != nil || len(r.Files) == 0 || strings.Contains(n, "-upgraded-") {
					t.Errorf("%s killed at %d: the record %s has %d files, %v", c.kind, at, n, len(r.Files), err)
				}
			}
			// Another change takes the interrupted one back.
			next := pack(t, "next-1-noarch-1", file("n", "n"))
			report := install(t, root, next)
			if _, err := open(t, root).Remove(context.Background(), "next", ChangeOptions{}); err != nil {
				t.Fatal(err)
			}
			after := snapshot(t, root, "var/log")
			if report.Undone != "" && after != snapshotWithout(before, "var/log") {
				t.Errorf("%s killed at %d, not taken back:\n%s\n%s", c.kind, at, before, after)
			}
		}
	}
}

// 38: what an upgradepkg left that was killed is found, by upgrade and remove.
func TestCase38LeftByUpgradepkg(t *testing.T) {
	leftover := map[string]string{"usr/old": "x", "var/lib/pkgtools/scripts/": "",
		"var/lib/pkgtools/packages/app-1-noarch-1-upgraded-2024-01-02,10:11:12": "PACKAGE NAME:     app-1-noarch-1\nFILE LIST:\n./\nusr/\nusr/old\n"}
	for name, change := range map[string]func(d *Database) error{
		"upgrade": func(d *Database) error {
			_, err := d.Upgrade(context.Background(), pack(t, "app-2-noarch-1", file("usr/new", "y")), nil, ChangeOptions{})
			return err
		},
		"remove": func(d *Database) error {
			_, err := d.Remove(context.Background(), "app", ChangeOptions{})
			return err
		},
	} {
		root := tempRoot(t)
		put(t, root, leftover)
		if err := change(open(t, root)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := snapshot(t, root, "var/log")
		if strings.Contains(got, "usr/old") || strings.Contains(got, "-upgraded-") || strings.Contains(got, "usr/new") != (name == "upgrade") {
			t.Errorf("%s leaves:\n%s", name, got)
		}
	}
}

// snapshotWithout is a snapshot without the lines of a directory.
func snapshotWithout(s, dir string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if !strings.HasPrefix(line, dir+" ") && !strings.HasPrefix(line, dir+"/") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// 39: an upgrade to a package that is cut off leaves the old one.
func TestCase39UpgradeToCutOff(t *testing.T) {
	root := tempRoot(t)
	install(t, root, version1(t))
	before := snapshot(t, root)
	data, err := os.ReadFile(version2(t))
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "app-2-noarch-1.tgz")
	if err := os.WriteFile(cut, data[:len(data)-60], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, root).Upgrade(context.Background(), cut, nil, ChangeOptions{}); err == nil {
		t.Error("no error")
	}
	if after := snapshot(t, root); after != before {
		t.Errorf("the root changed:\n%s\n%s", before, after)
	}
}

// 41: several upgrades at the same time do not know of each other.
func TestCase41AtTheSameTime(t *testing.T) {
	root := tempRoot(t)
	var wg sync.WaitGroup
	for _, n := range []string{"a", "b", "c", "d", "e", "f"} {
		install(t, root, pack(t, n+"-1-noarch-1", file("usr/"+n+"1", n)))
		next := pack(t, n+"-2-noarch-1", file("usr/"+n+"2", n))
		d := open(t, root)
		wg.Go(func() {
			if _, err := d.Upgrade(context.Background(), next, nil, ChangeOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	names, err := open(t, root).Names()
	if err != nil || strings.Join(names, " ") != "a-2-noarch-1 b-2-noarch-1 c-2-noarch-1 d-2-noarch-1 e-2-noarch-1 f-2-noarch-1" {
		t.Errorf("installed are %q, %v", names, err)
	}
}

// 43: a lock that somebody has made a link is not followed.
func TestCase43LockIsALink(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, map[string]string{"target": "precious", "lock/doinst.sh.lock": "-> ../target"})
	if unlock, err := scriptLock(context.Background(), filepath.Join(dir, "lock"), nil); err == nil {
		unlock()
		t.Error("no error")
	}
	if b, err := os.ReadFile(filepath.Join(dir, "target")); string(b) != "precious" {
		t.Errorf("the target is %q, %v", b, err)
	}
}

// 44: what lies about in the database's directory of temporary files is of no
// interest.
func TestCase44StaleFile(t *testing.T) {
	root := tempRoot(t)
	put(t, root, map[string]string{"var/lib/pkgtools/setup/tmp/a-1-noarch-1": "etc/passwd\n"})
	install(t, root, pack(t, "a-1-noarch-1", file("usr/f", "x")))
	r, err := open(t, root).Read("a-1-noarch-1")
	if err != nil || strings.Join(r.Files, " ") != "./ usr/ usr/f" {
		t.Errorf("files %q, %v", r.Files, err)
	}
}

// 45: nobody listening does not stop a change.
func TestCase45NobodyListens(t *testing.T) {
	root := tempRoot(t)
	install(t, root, pack(t, "a-1-noarch-1", file("usr/f", "x"), file("install/douninst.sh", "echo bye; echo bye >&2; echo done > ran\n")))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	if _, err := open(t, root).Remove(context.Background(), "a", ChangeOptions{Stdout: w, Stderr: w}); err != nil {
		t.Error(err)
	}
	if got := snapshot(t, root, "var"); strings.Contains(got, "usr") {
		t.Errorf("left:\n%s", got)
	}
}

// 46: a root may have any name.
func TestCase46BlankInRoot(t *testing.T) {
	root := filepath.Join(tempRoot(t), "a root; with 'quotes'")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	install(t, root, pack(t, "a-1-noarch-1", file("usr/f", "x"), symlink("usr/l", "f"), file("install/doinst.sh", "echo x > ran\n")))
	got := snapshot(t, root, "var")
	for _, want := range []string{"usr/f", "usr/l", "ran"} {
		if !strings.Contains(got, want+" ") {
			t.Errorf("%s is missing:\n%s", want, got)
		}
	}
}
