// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// entryOf is an entry with another mode and owner.
func entryOf(e Entry, mode fs.FileMode, uid, gid int, user, group string) Entry {
	e.Mode = e.Mode&fs.ModeType | mode
	e.UID, e.GID, e.User, e.Group = uid, gid, user, group
	return e
}

func mustChange(t *testing.T, root, kind, operand string, opt ChangeOptions) *Report {
	t.Helper()
	report, err := try(t, root, kind, operand, opt)
	if err != nil {
		t.Fatalf("%s %s: %v", kind, filepath.Base(operand), err)
	}
	return report
}

func try(t *testing.T, root, kind, operand string, opt ChangeOptions) (*Report, error) {
	t.Helper()
	d := open(t, root)
	switch kind {
	case "install":
		return d.Install(context.Background(), operand, opt)
	case "upgrade":
		return d.Upgrade(context.Background(), operand, nil, opt)
	}
	return d.Remove(context.Background(), operand, opt)
}

func modeOf(t *testing.T, root, p string) string {
	t.Helper()
	info, err := os.Lstat(filepath.Join(root, p))
	if err != nil {
		return err.Error()
	}
	st := statOf(info)
	return fmt.Sprintf("%o %d:%d", perm(info.Mode()), st.uid, st.gid)
}

func wantModes(t *testing.T, root string, want map[string]string) {
	t.Helper()
	for p, w := range want {
		if got := modeOf(t, root, p); got != w {
			t.Errorf("%q is %s, want %s", p, got, w)
		}
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: needs root")
	}
}

// nothingPending checks that a refused change has left nothing, and that another
// package can be installed.
func nothingPending(t *testing.T, root, before string) {
	t.Helper()
	if after := snapshot(t, root, "var"); after != before {
		t.Errorf("the tree changed:\n%s\n%s", before, after)
	}
	if open(t, root).Interrupted() {
		t.Error("a change is pending")
	}
	if r := install(t, root, pack(t, "next-1-noarch-1", file("next", "n"))); r.Undone != "" || r.Finished != "" {
		t.Errorf("the next change found one that was interrupted: %+v", r)
	}
}

// A directory that is there keeps its mode and owner where it is the system's, or
// another package's, or nobody's; the package's own follows the package.
func TestDirectoriesKeepTheirMode(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"tmp/": "", "root/": "", "usr/share/": "", "srv/data/": "", "opt/theirs/": ""})
	for p, mode := range map[string]uint32{"tmp": 0o1777, "root": 0o710, "srv/data": 0o2750} {
		if err := syscall.Chmod(filepath.Join(root, p), mode); err != nil {
			t.Fatal(err)
		}
	}
	install(t, root, pack(t, "other-1-noarch-1", dir("opt/theirs"), file("opt/theirs/f", "x")))
	own := func(mode fs.FileMode) []Entry {
		return []Entry{
			entryOf(dir("usr"), 0o777, 0, 0, "root", "root"), entryOf(dir("tmp"), 0o755, 0, 0, "root", "root"),
			entryOf(dir("root"), 0o755, 2, 2, "daemon", "daemon"), entryOf(dir("srv"), 0o755, 0, 0, "root", "root"),
			entryOf(dir("srv/data"), 0o700, 0, 0, "root", "root"), entryOf(dir("opt"), 0o755, 0, 0, "root", "root"),
			entryOf(dir("opt/theirs"), 0o700, 0, 0, "root", "root"), entryOf(dir("opt/ours"), mode, 0, 0, "root", "root"),
			entryOf(dir("var"), 0o700, 0, 0, "root", "root"), entryOf(dir("var/tmp"), 0o755, 0, 0, "root", "root"),
			file("opt/ours/f", "y"), file("tmp/f", "x"),
		}
	}
	v1 := pack(t, "app-1-noarch-1", own(0o750)...)
	tried := mustChange(t, root, "install", v1, ChangeOptions{DryRun: true})
	report := mustChange(t, root, "install", v1, ChangeOptions{})
	want := map[string]string{
		"usr": "755 0:0", "tmp": "1777 0:0", "root": "710 0:0", "srv/data": "2750 0:0", "opt/theirs": "755 0:0",
		"opt/ours": "750 0:0", "var": "755 0:0", "var/tmp": "1777 0:0",
	}
	wantModes(t, root, want)
	if got := strings.Join(report.KeptDirs, " "); got != "opt/theirs/ root/ srv/data/ tmp/ usr/ var/ var/tmp/" {
		t.Errorf("kept: %s", got)
	}
	for _, warning := range []string{
		`directory "usr" keeps mode 755 and owner 0:0; the package has mode 777 and owner 0:0`,
		`directory "root" keeps mode 710 and owner 0:0; the package has mode 755 and owner`,
		`directory "var/tmp" is made with mode 1777 and owner 0:0; the package has mode 755 and owner 0:0`,
	} {
		if !strings.Contains(strings.Join(report.Warnings, "\n"), warning) {
			t.Errorf("not said: %s\n%s", warning, strings.Join(report.Warnings, "\n"))
		}
	}
	if fmt.Sprint(tried.Warnings, tried.KeptDirs) != fmt.Sprint(report.Warnings, report.KeptDirs) {
		t.Errorf("tried:\n%+v\ndone:\n%+v", tried, report)
	}
	report = mustChange(t, root, "upgrade", pack(t, "app-2-noarch-1", own(0o711)...), ChangeOptions{})
	want["opt/ours"], want["srv/data"] = "711 0:0", "700 0:0" // both are in the record of version 1 alone
	wantModes(t, root, want)
	if fmt.Sprint(report.Changed) != "[opt/ours/ srv/data/]" {
		t.Errorf("changed: %v", report.Changed)
	}
	// The package of Slackware that decides about a directory does.
	mustChange(t, root, "install", pack(t, "aaa_base-15.1-noarch-1", entryOf(dir("root"), 0o700, 0, 0, "root", "root")), ChangeOptions{})
	wantModes(t, root, map[string]string{"root": "700 0:0"})
}

// An implied directory, which the archive does not have, changes none that is
// there, and is made as Slackware has it.
func TestImpliedDirectories(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"var/spool/cron/crontabs/": ""})
	if err := os.Chmod(filepath.Join(root, "var/spool/cron/crontabs"), 0o700); err != nil {
		t.Fatal(err)
	}
	install(t, root, rawPackage(t, "a-1-noarch-1", tdir("./"), reg("var/spool/cron/crontabs/x"), reg("root/x"), reg("var/tmp/d/x"), reg("opt/a/x")))
	wantModes(t, root, map[string]string{
		"var/spool/cron/crontabs": "700 0:0", "root": "710 0:0", "var/tmp": "1777 0:0", "var/tmp/d": "755 0:0", "opt/a": "755 0:0",
	})
}

// A symbolic link of the old version becomes a directory of the new one, with
// files of the same names where the link led.
func TestLinkBecomesDirectory(t *testing.T) {
	for _, test := range []struct {
		name     string
		v1, v2   []Entry
		want     []string
		wantGone []string
	}{
		{"link of doinst.sh", []Entry{file("u/data-2/f1", "1"), symlink("u/data", "data-2")}, []Entry{file("u/data/f1", "2")},
			[]string{"u/data drwxr-xr-x ", `u/data/f1 -rw-r--r-- "2" nlink 1`}, []string{"u/data-2"}},
		{"deeper", []Entry{file("u/a/x/f", "1"), file("u/a/x/g", "1"), symlink("u/l", "a")}, []Entry{file("u/l/x/f", "2"), file("u/a/x/g", "2")},
			[]string{"u/l drwxr-xr-x ", `u/l/x/f -rw-r--r-- "2" nlink 1`, `u/a/x/g -rw-r--r-- "2" nlink 1`}, []string{"u/a/x/f"}},
		{"two links", []Entry{file("u/a/f", "1"), symlink("u/l", "m"), symlink("u/m", "a")}, []Entry{file("u/l/f", "2"), file("u/m/f", "3")},
			[]string{`u/l/f -rw-r--r-- "2" nlink 1`, `u/m/f -rw-r--r-- "3" nlink 1`}, []string{"u/a"}},
		{"and a directory a link", []Entry{file("u/a/f", "1"), symlink("u/l", "a")}, []Entry{file("u/l/f", "2"), symlink("u/a", "l")},
			[]string{`u/l/f -rw-r--r-- "2" nlink 1`, "u/a Lrwxrwxrwx l"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := tempRoot(t)
			install(t, root, pack(t, "app-1-noarch-1", test.v1...))
			v2 := pack(t, "app-2-noarch-1", test.v2...)
			mustChange(t, root, "upgrade", v2, ChangeOptions{DryRun: true})
			mustChange(t, root, "upgrade", v2, ChangeOptions{})
			got := snapshot(t, root, "var")
			for _, w := range test.want {
				if !strings.Contains(got, w+"\n") {
					t.Errorf("%q is missing:\n%s", w, got)
				}
			}
			for _, w := range test.wantGone {
				if strings.Contains(got, w+" ") {
					t.Errorf("%q is still there:\n%s", w, got)
				}
			}
		})
	}
}

// What has the name of a directory of the package, or an empty directory that of
// a file, is replaced, as by tar; a directory with files is not.
func TestForeignLeftovers(t *testing.T) {
	root := tempRoot(t)
	put(t, root, map[string]string{"usr/was-file": "x", "usr/was-link": "-> nowhere", "usr/was-empty/": "", "usr/full/users": "x"})
	r := install(t, root, pack(t, "a-1-noarch-1", file("usr/was-file/f", "1"), file("usr/was-link/f", "1"), file("usr/was-empty", "2")))
	if fmt.Sprint(r.Removed) != "[usr/was-file usr/was-link usr/was-empty/]" {
		t.Errorf("removed: %v", r.Removed)
	}
	before := snapshot(t, root, "var")
	_, err := try(t, root, "install", pack(t, "b-1-noarch-1", file("usr/full", "x")), ChangeOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), `"usr/full": a directory is in the way, and "usr/full/users" in it stays`) {
		t.Errorf("error %v", err)
	}
	if after := snapshot(t, root, "var"); after != before {
		t.Errorf("the tree changed:\n%s\n%s", before, after)
	}
}

// An archive may have a directory after what is in it.
func TestDirectoryAfterItsContents(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	d := tdir("opt/a/")
	d.Mode = 0o750
	install(t, root, rawPackage(t, "a-1-noarch-1", tdir("./"), reg("opt/a/b/f"), reg("opt/a/f"), d, tdir("opt/a/b"), tdir("opt/")))
	wantModes(t, root, map[string]string{"opt/a": "750 0:0", "opt": "755 0:0", "opt/a/b/f": "644 0:0"})
	if _, err := open(t, root).Remove(context.Background(), "a", ChangeOptions{}); err != nil {
		t.Error(err)
	}
	if got := snapshot(t, root, "var"); got != ". drwxr-xr-x \n" {
		t.Errorf("left:\n%s", got)
	}
}

const sayScript = `echo "$0 $# $LC_ALL $PWD $(ls var/lib/pkgtools/packages | tr '\n' ' ')" >> said` + "\n"

// The script for a removal runs on a removal only, under the name that removepkg
// gives it.
func TestUpgradeRunsNoRemovalScript(t *testing.T) {
	root := tempRoot(t)
	v1 := pack(t, "app-1-noarch-1", file("usr/f", "1"), file("install/douninst.sh", sayScript))
	v2 := pack(t, "app-2-noarch-1", file("usr/f", "2"), file("install/douninst.sh", sayScript))
	renamed := pack(t, "app3-3-noarch-1", file("usr/f", "3"), file("install/douninst.sh", sayScript))
	install(t, root, v1)
	mustChange(t, root, "upgrade", v2, ChangeOptions{})
	mustChange(t, root, "upgrade", v2, ChangeOptions{Reinstall: true})
	if _, err := open(t, root).Upgrade(context.Background(), renamed, []string{"app"}, ChangeOptions{}); err != nil {
		t.Fatal(err)
	}
	mustChange(t, root, "install", renamed, ChangeOptions{})
	if said, err := os.ReadFile(filepath.Join(root, "said")); err == nil {
		t.Errorf("run on an upgrade: %s", said)
	}
	mustChange(t, root, "remove", "app3", ChangeOptions{})
	said, err := os.ReadFile(filepath.Join(root, "said"))
	want := filepath.Join(root, "var/lib/pkgtools/setup/tmp/app3-3-noarch-1") + " 0 C " + root + " \n"
	if string(said) != want || err != nil {
		t.Errorf("said %q, want %q, %v", said, want, err)
	}
	if left, err := os.ReadDir(filepath.Join(root, "var/lib/pkgtools/setup/tmp")); len(left) > 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

// firstTest is how a doinst.sh finds out whether this is a first installation:
// scripts/ has a script of the package just if it is not.
const firstTest = `first=yes
for f in var/lib/pkgtools/scripts/app-*-*-*; do n=${f##*/}; [ -e "$f" ] && [ "${n%-*-*-*}" = app ] && first=no; done
old=$(ls var/log/pkgtools/removed_packages 2>/dev/null | sed 's/-upgraded-.*/-upgraded/' | tr '\n' ' ')
echo "$first $old$# $0 ${ROOT-unset} ${PRE_INSTALL_PASS-unset}" >> said
`

func TestScriptSeesFirstInstallation(t *testing.T) {
	t.Setenv("PRE_INSTALL_PASS", "true")
	root := tempRoot(t)
	v1, v2 := pack(t, "app-1-noarch-1", file("install/doinst.sh", firstTest)), pack(t, "app-2-noarch-1", file("install/doinst.sh", firstTest))
	mustChange(t, root, "install", v1, ChangeOptions{})
	mustChange(t, root, "install", v1, ChangeOptions{})
	mustChange(t, root, "upgrade", v2, ChangeOptions{})
	mustChange(t, root, "upgrade", v2, ChangeOptions{Reinstall: true})
	mustChange(t, root, "remove", "app", ChangeOptions{})
	t.Setenv("ROOT", "/elsewhere")
	mustChange(t, root, "install", v1, ChangeOptions{})
	said, err := os.ReadFile(filepath.Join(root, "said"))
	want := `yes 0 /bin/bash unset unset
no 0 /bin/bash unset unset
no app-1-noarch-1-upgraded 0 /bin/bash unset unset
no app-1-noarch-1-upgraded app-2-noarch-1-upgraded 0 /bin/bash unset unset
yes app-1-noarch-1-upgraded app-2-noarch-1 app-2-noarch-1-upgraded 0 /bin/bash ` + root + " unset\n"
	if string(said) != want || err != nil {
		t.Errorf("said\n%swant\n%s%v", said, want, err)
	}
}

// A return outside of a function is an error, after which installpkg's bash goes
// on: the links at the end are made.
func TestScriptReturns(t *testing.T) {
	root := tempRoot(t)
	install(t, root, pack(t, "a-1-noarch-1", file("install/doinst.sh", "return 0\necho on > on\n"), file("usr/f", "x"), symlink("usr/l", "f")))
	if got := snapshot(t, root, "var"); !strings.Contains(got, "usr/l L") || !strings.Contains(got, "\non ") {
		t.Errorf("the script ended:\n%s", got)
	}
}

// Links that stand before a script's commands are there when they run.
func TestScriptUsesLinks(t *testing.T) {
	root := tempRoot(t)
	script := link{"usr/bin/tool", "tool-1"}.lines() + "usr/bin/tool > said\n"
	tool := entryOf(file("usr/bin/tool-1", "#!/bin/sh\necho used\n"), 0o755, 0, 0, "root", "root")
	install(t, root, pack(t, "a-1-noarch-1", tool, file("install/doinst.sh", script)))
	if got, err := os.ReadFile(filepath.Join(root, "said")); string(got) != "used\n" {
		t.Errorf("said %q, %v", got, err)
	}
}

// A doinst.sh that was killed runs again, and finds the configuration files that
// it has moved: what it would make of missing ones is an empty file.
func TestKilledInScript(t *testing.T) {
	const script = `config() {
  NEW=$1 OLD=${1%.new}
  if [ ! -r $OLD ]; then mv $NEW $OLD
  elif [ "$(md5sum < $OLD)" = "$(md5sum < $NEW)" ]; then rm $NEW
  fi
}
preserve_perms() {
  NEW=$1 OLD=${1%.new}
  if [ -e $OLD ]; then
    cp -a $OLD $NEW.incoming
    cat $NEW > $NEW.incoming
    mv $NEW.incoming $NEW
  fi
  config $NEW
}
preserve_perms etc/a.conf.new
preserve_perms etc/b.conf.new
if [ ! -e killed ]; then touch killed; kill -9 $PPID; sleep 10; fi
`
	for _, state := range []map[string]string{{}, {"etc/a.conf": "default a"}, {"etc/a.conf": "mine", "etc/b.conf": "default b"}} {
		root := tempRoot(t)
		put(t, root, state)
		c := killCase{kind: "install", operand: pack(t, "a-1-noarch-1", file("etc/a.conf.new", "default a"), file("etc/b.conf.new", "default b"), file("install/doinst.sh", script))}
		if _, err := runKilled(c, root, 1<<30); err == nil {
			t.Fatal("not killed")
		}
		if err := changeOf([]string{c.kind, root, c.operand}, nil); err != nil {
			t.Fatal(err)
		}
		for p, def := range map[string]string{"etc/a.conf": "default a", "etc/b.conf": "default b"} {
			want, wantNew := def, "gone"
			if s, ok := state[p]; ok && s != def {
				want, wantNew = s, def
			}
			got, _ := os.ReadFile(filepath.Join(root, p))
			gotNew, err := os.ReadFile(filepath.Join(root, p+".new"))
			if err != nil {
				gotNew = []byte("gone")
			}
			if string(got) != want || string(gotNew) != wantNew {
				t.Errorf("%v: %s is %q and %s.new %q, want %q and %q", state, p, got, p, gotNew, want, wantNew)
			}
		}
	}
}

// A doinst.sh that would not be run is refused.
func TestScriptIsNoFile(t *testing.T) {
	for name, h := range map[string]tar.Header{
		"hard link":     {Typeflag: tar.TypeLink, Linkname: "bin/tool"},
		"named pipe":    {Typeflag: tar.TypeFifo},
		"symbolic link": {Typeflag: tar.TypeSymlink, Linkname: "../bin/tool"},
		"directory":     {Typeflag: tar.TypeDir, Mode: 0o755},
	} {
		for _, script := range []string{"install/doinst.sh", "install/douninst.sh"} {
			root := tempRoot(t)
			before := snapshot(t, root)
			h.Name = script
			name2 := rawPackage(t, "a-1-noarch-1", tdir("./"), tdir("bin/"), reg("bin/tool"), tdir("install/"), h)
			_, err := try(t, root, "install", name2, ChangeOptions{})
			want := fmt.Sprintf("%q is a %s, not a file of its own, so it cannot be run", script, name)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
			if after := snapshot(t, root, "var"); after != before {
				t.Errorf("%s: the tree changed:\n%s", name, after)
			}
			if err := CheckPackage(context.Background(), name2, ReadOptions{}); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("CheckPackage: %v", err)
			}
		}
	}
}

// Owners are looked up in the root's own accounts; one that is missing is named,
// and never becomes a setuid root.
func TestOwners(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/bash\ndaemon:x:702:703::/:/bin/false\n", "etc/group": "root:x:0:\ndaemon:x:704:\n"})
	name := pack(t, "a-1-noarch-1",
		entryOf(file("usr/known", "x"), 0o4755, 1, 1, "daemon", "daemon"),
		entryOf(file("usr/numbered", "x"), 0o4755, 1001, 1002, "appuser", "appgroup"),
		entryOf(file("usr/zero", "x"), fs.ModeSetuid|fs.ModeSetgid|0o755, 0, 0, "appuser", "appgroup"),
		entryOf(file("usr/zero2", "x"), fs.ModeSetuid|0o755, 0, 0, "appuser", "root"),
		entryOf(file("usr/root", "x"), fs.ModeSetuid|0o755, 0, 0, "root", "root"),
		entryOf(dir("usr/dir"), 0o755, 1, 1, "daemon", "daemon"),
	)
	report := mustChange(t, root, "install", name, ChangeOptions{})
	wantModes(t, root, map[string]string{
		"usr/known": "755 702:704", "usr/numbered": "755 1001:1002", "usr/zero": "755 0:0", "usr/zero2": "755 0:0",
		"usr/root": "4755 0:0", "usr/dir": "755 702:704",
	})
	want := []string{
		`there is no user "appuser", to whom 2 files of the package belong: the number 0 is used, and never setuid`,
		`there is no user "appuser", to whom a file of the package belongs: the number 1001 is used`,
		`there is no group "appgroup", to whom a file of the package belongs: the number 0 is used, and never setgid`,
	}
	for _, w := range want {
		if !strings.Contains(strings.Join(report.Warnings, "\n"), w) {
			t.Errorf("not said: %s\n%s", w, strings.Join(report.Warnings, "\n"))
		}
	}
	again := mustChange(t, root, "install", name, ChangeOptions{DryRun: true})
	if fmt.Sprint(again.Warnings) != fmt.Sprint(report.Warnings) {
		t.Errorf("tried: %q\ndone: %q", again.Warnings, report.Warnings)
	}
}

// On a file system that is mounted read-only a change is refused as a whole.
func TestReadOnlyMount(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"boot/": ""})
	v1 := pack(t, "app-1-noarch-1", file("boot/vmlinuz", "1"), file("usr/app", "1"))
	mountTmpfs(t, filepath.Join(root, "boot"), "size=1m,mode=755")
	install(t, root, v1)
	boot := filepath.Join(root, "boot")
	if err := unix.Mount("", boot, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	v2 := pack(t, "app-2-noarch-1", file("boot/vmlinuz", "2"), file("usr/app", "2"))
	moved := pack(t, "app-3-noarch-1", file("usr/app", "3"))
	onlyDir := pack(t, "dir-1-noarch-1", dir("boot"), file("usr/dir", "d"))
	for _, test := range []struct{ kind, operand, path string }{
		{"install", v1, "boot/vmlinuz"}, {"upgrade", v2, "boot/vmlinuz"}, {"upgrade", moved, "boot/vmlinuz"},
		{"remove", "app", "boot/vmlinuz"},
		{"install", pack(t, "new-1-noarch-1", file("boot/deep/er/x", "x"), file("etc/x", "x")), "boot/deep"},
		{"install", pack(t, "link-1-noarch-1", dir("boot"), dir("boot/grub")), "boot/grub"},
	} {
		before := snapshot(t, root, "var")
		_, tried := try(t, root, test.kind, test.operand, ChangeOptions{DryRun: true})
		_, err := try(t, root, test.kind, test.operand, ChangeOptions{})
		want := fmt.Sprintf(`%q: cannot be changed: the file system mounted at "/boot" is read-only`, test.path)
		if err == nil || !strings.Contains(err.Error(), want) || tried == nil || tried.Error() != err.Error() {
			t.Errorf("%s %s: error %v, tried %v, want %s", test.kind, test.operand, err, tried, want)
		}
		nothingPending(t, root, before)
		mustChange(t, root, "remove", "next", ChangeOptions{})
	}
	mustChange(t, root, "install", onlyDir, ChangeOptions{})
	mustChange(t, root, "remove", "dir", ChangeOptions{})
}

// What something is mounted over cannot be replaced or removed: a directory stays
// as one that is not empty does, and so does a file.
func TestMountPoints(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	name := pack(t, "app-1-noarch-1", dir("mnt/data"), file("mnt/data/f", "x"), file("etc/hosts", "x"), file("usr/app", "x"))
	install(t, root, name)
	put(t, root, map[string]string{"other": "mounted"})
	mountTmpfs(t, filepath.Join(root, "mnt/data"), "size=1m,mode=700")
	hosts := filepath.Join(root, "etc/hosts")
	if err := unix.Mount(filepath.Join(root, "other"), hosts, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(hosts, unix.MNT_DETACH) })

	before := snapshot(t, root, "var")
	_, tried := try(t, root, "upgrade", pack(t, "app-2-noarch-1", file("etc/hosts", "2")), ChangeOptions{DryRun: true})
	_, err := try(t, root, "upgrade", pack(t, "app-2-noarch-1", file("etc/hosts", "2")), ChangeOptions{})
	const want = `"etc/hosts": cannot be replaced: something is mounted over it`
	if err == nil || !strings.Contains(err.Error(), want) || tried == nil || !strings.Contains(tried.Error(), want) {
		t.Errorf("error %v, tried %v", err, tried)
	}
	nothingPending(t, root, before)
	mustChange(t, root, "remove", "next", ChangeOptions{})
	_, err = try(t, root, "install", pack(t, "file-1-noarch-1", file("mnt/data", "2")), ChangeOptions{})
	if err == nil || !strings.Contains(err.Error(), `"mnt/data": cannot be replaced: something is mounted over it`) {
		t.Errorf("error %v", err)
	}

	dry := mustChange(t, root, "remove", "app", ChangeOptions{DryRun: true})
	report := mustChange(t, root, "remove", "app", ChangeOptions{})
	if fmt.Sprint(dry.Removed, dry.Warnings) != fmt.Sprint(report.Removed, report.Warnings) {
		t.Errorf("tried %v %q\ndone  %v %q", dry.Removed, dry.Warnings, report.Removed, report.Warnings)
	}
	if fmt.Sprint(report.Removed) != "[usr/app usr/]" {
		t.Errorf("removed: %v", report.Removed)
	}
	for _, p := range []string{"etc/hosts", "mnt/data"} {
		if !strings.Contains(strings.Join(report.Warnings, "\n"), fmt.Sprintf("%q is kept: something is mounted there", p)) {
			t.Errorf("not said of %q: %q", p, report.Warnings)
		}
	}
}

// A directory that is mounted a second time is another mount, though not another
// file system: nothing can be renamed into it from outside.
func TestBindMount(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"usr/": "", "disk/users": "x"})
	usr := filepath.Join(root, "usr")
	if err := unix.Mount(filepath.Join(root, "disk"), usr, "", unix.MS_BIND, ""); err != nil {
		t.Skipf("SKIPPED: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(usr, unix.MNT_DETACH) })
	v1 := pack(t, "app-1-noarch-1", file("bin/tool", "1"), Entry{Path: "usr/tool", Mode: 0o644, HardLink: "bin/tool", ModTime: when}, file("usr/f", "1"))
	install(t, root, v1)
	mustChange(t, root, "upgrade", pack(t, "app-2-noarch-1", file("usr/f", "2"), file("usr/d/g", "2")), ChangeOptions{})
	if got := snapshot(t, root, "var", "disk"); !strings.Contains(got, `usr/f -rw-r--r-- "2"`) || strings.Contains(got, "tool") || strings.Contains(got, "mkslack") {
		t.Errorf("got\n%s", got)
	}
	mustChange(t, root, "remove", "app", ChangeOptions{})
	if got := snapshot(t, root, "var", "disk"); got != ". drwxr-xr-x \nusr drwxr-xr-x \nusr/users -rw-r--r-- \"x\" nlink 1\n" {
		t.Errorf("left\n%s", got)
	}
}

// A hard link between two file systems becomes a copy.
func TestHardLinkAcrossMounts(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"usr/": ""})
	mountTmpfs(t, filepath.Join(root, "usr"), "size=1m,mode=755")
	tool := entryOf(file("bin/tool", "content"), fs.ModeSetuid|0o755, 1, 2, "", "")
	install(t, root, pack(t, "app-1-noarch-1", tool, Entry{Path: "usr/tool", Mode: 0o755, HardLink: "bin/tool", ModTime: when}))
	wantModes(t, root, map[string]string{"bin/tool": "4755 1:2", "usr/tool": "4755 1:2"})
	info, err := os.Stat(filepath.Join(root, "usr/tool"))
	if err != nil || !info.ModTime().Equal(when) || info.Size() != 7 {
		t.Errorf("%v, %v", info, err)
	}
}

// What others have put aside is not ours.
func TestForeignAside(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"opt/": ""})
	mountTmpfs(t, filepath.Join(root, "opt"), "size=1m,mode=755")
	put(t, root, map[string]string{"opt/.mkslack-aside/precious": "x", "opt/.mkslack-aside/1": "y", "opt/f": "old"})
	name := pack(t, "a-1-noarch-1", file("opt/f", "x"))
	for at := 1; ; at++ {
		if _, err := runKilled(killCase{kind: "install", operand: name}, root, at); err == nil {
			break
		}
	}
	got := snapshot(t, root, "var")
	if !strings.Contains(got, "opt/.mkslack-aside/precious ") || !strings.Contains(got, "opt/.mkslack-aside/1 ") || strings.Contains(got, "aside-") {
		t.Errorf("got\n%s", got)
	}
}

// Errors name the file of the user, and the reason, not where it was put aside.
func TestErrorsNameTheFile(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	put(t, root, map[string]string{"opt/": ""})
	mountTmpfs(t, filepath.Join(root, "opt"), "size=64k,mode=755")
	_, err := try(t, root, "install", pack(t, "a-1-noarch-1", file("opt/large", strings.Repeat("x", 1<<20))), ChangeOptions{})
	if err == nil || !strings.HasSuffix(err.Error(), `: "opt/large": no space left on device`) || strings.Contains(err.Error(), "aside") {
		t.Errorf("error %v", err)
	}
	name := pack(t, "b-1-noarch-1", file("usr/f", "x"))
	d := open(t, root)
	d.step = func(what string) error {
		if what == "put" { // somebody makes a directory there meanwhile
			return os.MkdirAll(filepath.Join(root, "usr/f/x"), 0o755)
		}
		return nil
	}
	_, err = d.Install(context.Background(), name, ChangeOptions{})
	if err == nil || !regexp.MustCompile(`^"usr/f": [a-z ]+$`).MatchString(err.Error()) {
		t.Errorf("error %v", err)
	}
	nothingPending(t, root, snapshot(t, root, "var"))
}

// A change that another process finishes is told as a whole.
func TestRecoveredReport(t *testing.T) {
	for _, c := range killCases(t) {
		root := tempRoot(t)
		c.prepare(t, root)
		want, err := try(t, root, c.kind, c.operand, ChangeOptions{DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		d := open(t, root)
		interrupted := errors.New("interrupted")
		d.step = func(what string) error {
			if what == "ldconfig" {
				return interrupted
			}
			return nil
		}
		change := func() (*Report, error) {
			switch c.kind {
			case "install":
				return d.Install(context.Background(), c.operand, ChangeOptions{})
			case "upgrade":
				return d.Upgrade(context.Background(), c.operand, nil, ChangeOptions{})
			}
			return d.Remove(context.Background(), c.operand, ChangeOptions{})
		}
		if _, err := change(); !errors.Is(err, interrupted) {
			t.Fatal(err)
		}
		d.step = nil
		got, err := change()
		if err != nil || got.Finished != c.kind+" "+got.Package {
			t.Errorf("%s: finished %q, %v", c.kind, got.Finished, err)
		}
		got.Finished, want.DryRun = "", false
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", c.kind, got, want)
		}
	}
}

// The lock of the database cannot be opened by anybody else, and who waits for it
// says for whom.
func TestLock(t *testing.T) {
	root := tempRoot(t)
	d := open(t, root)
	if err := d.init(); err != nil {
		t.Fatal(err)
	}
	unlock, err := d.lock(context.Background(), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if needs := modeOf(t, root, "var/lib/pkgtools/setup/tmp/mkslack.lock"); !strings.HasPrefix(needs, "600 ") {
		t.Errorf("the lock has mode %s", needs)
	}
	var said []string
	ctx, cancel := context.WithCancelCause(context.Background())
	_, err = open(t, root).lock(ctx, false, func(text string) {
		said = append(said, text)
		cancel(errors.New("stopped"))
	})
	want := regexp.MustCompile(fmt.Sprintf(`^waiting for process %d \(.*pkgtools.*\), which is changing the packages in %q$`, os.Getpid(), root))
	if len(said) != 1 || !want.MatchString(said[0]) {
		t.Errorf("said %q, want %v", said, want)
	}
	if err == nil || !strings.HasSuffix(err.Error(), ": stopped") {
		t.Errorf("error %v", err)
	}
	unlock()
	if left := snapshot(t, filepath.Join(root, "var/lib/pkgtools/setup/tmp")); left != ". drwx------ \n" {
		t.Errorf("left: %s", left)
	}
	// Whatever an ordinary user has locked, nobody waits for.
	f, err := os.Open(filepath.Join(root, "var/lib/pkgtools/packages"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	if _, err := open(t, root).Install(ctx, pack(t, "a-1-noarch-1", file("f", "x")), ChangeOptions{}); err != nil {
		t.Error(err)
	}
}

// One that waits when the lock is given back takes a lock that all see.
func TestLockIsHandedOver(t *testing.T) {
	root := tempRoot(t)
	if err := open(t, root).init(); err != nil {
		t.Fatal(err)
	}
	inside := make(chan struct{}, 1)
	done := make(chan error, 8)
	for range 8 {
		d := open(t, root)
		go func() {
			for range 20 {
				unlock, err := d.lock(context.Background(), false, func(string) {})
				if err != nil {
					done <- err
					return
				}
				select {
				case inside <- struct{}{}:
				default:
					done <- errors.New("two have the lock")
					return
				}
				<-inside
				unlock()
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestScriptLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lock")
	put(t, dir, map[string]string{"doinst.sh.lock": ""})
	unlock, err := scriptLock(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if mode := modeOf(t, dir, "doinst.sh.lock"); !strings.HasPrefix(mode, "600 ") {
		t.Errorf("mode %s", mode)
	}
	ctx, stop := context.WithTimeout(context.Background(), 1300*time.Millisecond)
	defer stop()
	said := ""
	if _, err := scriptLock(ctx, dir, func(text string) { said = text }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(said, "running the script of a package") {
		t.Errorf("said %q", said)
	}
}

// An ordinary user can neither lock the database nor see that it is.
func TestLockOfOrdinaryUser(t *testing.T) {
	needRoot(t)
	root := tempRoot(t)
	install(t, root, pack(t, "a-1-noarch-1", file("f", "x")))
	unlock, err := open(t, root).lock(context.Background(), false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	cmd := exec.Command("flock", "-n", filepath.Join(root, "var/lib/pkgtools/setup/tmp/mkslack.lock"), "true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Permission denied") {
		t.Errorf("%v: %s", err, out)
	}
}
