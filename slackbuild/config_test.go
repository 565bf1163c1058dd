// SPDX-License-Identifier: MIT

package slackbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// configRoot is a target system, and a host around it whose files must not
// change: the host has a file of the package's content where absolute links of
// the target lead to.
type configRoot struct {
	t         *testing.T
	host, dir string
}

func newConfigRoot(t *testing.T) *configRoot {
	t.Helper()
	host := t.TempDir()
	r := &configRoot{t, host, filepath.Join(host, "root")}
	r.mkdir("etc")
	for _, f := range []string{"srv/conf", "hostdir/conf"} {
		r.file("../"+f, "default\n", 0o644)
	}
	return r
}

func (r *configRoot) path(p string) string { return filepath.Join(r.dir, p) }

func (r *configRoot) check(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *configRoot) mkdir(p string) { r.t.Helper(); r.check(os.MkdirAll(r.path(p), 0o755)) }

func (r *configRoot) file(p, text string, mode os.FileMode) {
	r.t.Helper()
	r.check(os.MkdirAll(filepath.Dir(r.path(p)), 0o755))
	r.check(os.WriteFile(r.path(p), []byte(text), 0o600))
	r.check(os.Chmod(r.path(p), mode))
}

func (r *configRoot) link(p, target string) {
	r.t.Helper()
	r.check(os.MkdirAll(filepath.Dir(r.path(p)), 0o755))
	r.check(os.Symlink(target, r.path(p)))
}

// hosted is an absolute path that exists in the target, where it is edited, and
// on the host.
func (r *configRoot) hosted(p string) string {
	r.file(filepath.Join(r.host, p), "edited\n", 0o644)
	return filepath.Join(r.host, p)
}

// tree is all that is in the host and the target, but for times.
func (r *configRoot) tree() map[string]string {
	r.t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(r.host, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		text := ""
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			text = "-> " + target
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			text = fmt.Sprintf("%q", data)
			if value := make([]byte, 100); true {
				if n, err := unix.Getxattr(p, "user.test", value); err == nil {
					text += " user.test=" + string(value[:n])
				}
			}
		}
		rel, err := filepath.Rel(r.dir, p)
		all[rel] = strings.TrimSpace(fmt.Sprintf("%v %d:%d %s", info.Mode(), st.Uid, st.Gid, text))
		return err
	})
	r.check(err)
	return all
}

// configState is a state of the target before config() is called.
type configState struct {
	name string
	file string // etc/app.conf where empty
	make func(r *configRoot)
	// The differences that config() makes: a path and what it becomes, where
	// "" is gone, "=PATH" what PATH was before.
	want map[string]string
	// xattr marks a state that busybox's cp cannot keep.
	xattr bool
}

const configNew = "-rw-r--r-- 0:0 \"default\\n\""

// comes and same are the two usual outcomes; all else leaves everything alone.
var (
	comes = map[string]string{"etc/app.conf": configNew, "etc/app.conf.new": ""}
	same  = map[string]string{"etc/app.conf.new": ""}
)

var configStates = []configState{
	{name: "no file", want: comes, make: func(r *configRoot) {}},
	{name: "equal", want: same, make: func(r *configRoot) { r.file("etc/app.conf", "default\n", 0o600) }},
	{name: "edited", make: func(r *configRoot) { r.file("etc/app.conf", "edited\n", 0o644) }},
	{name: "edited, with a mode", want: map[string]string{"etc/app.conf.new": "-rwxr-x--- 0:0 \"default\\n\""},
		make: func(r *configRoot) { r.file("etc/app.conf", "edited\n", 0o750) }},
	{name: "edited, with an owner", want: map[string]string{"etc/app.conf.new": "-rw-r--r-- 7:8 \"default\\n\""},
		make: func(r *configRoot) {
			r.file("etc/app.conf", "edited\n", 0o644)
			r.check(os.Chown(r.path("etc/app.conf"), 7, 8))
		}},
	{name: "edited, with an attribute", xattr: true, want: map[string]string{"etc/app.conf.new": configNew + " user.test=x"},
		make: func(r *configRoot) {
			r.file("etc/app.conf", "edited\n", 0o644)
			if err := unix.Setxattr(r.path("etc/app.conf"), "user.test", []byte("x"), 0); err != nil {
				r.t.Skipf("no extended attributes here: %v", err)
			}
		}},
	{name: "relative link", want: map[string]string{"etc/app.conf.new": "-rw------- 0:0 \"default\\n\""},
		make: func(r *configRoot) { r.file("srv/app", "edited\n", 0o600); r.link("etc/app.conf", "../srv/app") }},
	{name: "relative link to an equal file", want: same,
		make: func(r *configRoot) { r.file("srv/app", "default\n", 0o600); r.link("etc/app.conf", "../srv/app") }},
	{name: "chain of links out of the root and back", want: map[string]string{"etc/app.conf.new": "-rw------- 0:0 \"default\\n\""},
		make: func(r *configRoot) {
			r.file("srv/app", "edited\n", 0o600)
			r.link("etc/one", "/etc/./two")
			r.link("etc/two", "../../../../srv//app")
			r.link("etc/app.conf", "one")
		}},
	{name: "absolute link to a file that is edited in the target", // and is the default on the host
		make: func(r *configRoot) { r.link("etc/app.conf", r.hosted("srv/conf")) }},
	{name: "absolute link to a file of the host only",
		make: func(r *configRoot) { r.link("etc/app.conf", filepath.Join(r.host, "srv/conf")) }},
	{name: "dangling link", make: func(r *configRoot) { r.link("etc/app.conf", "../mnt/app.conf") }},
	{name: "link loop", make: func(r *configRoot) { r.link("etc/app.conf", "loop"); r.link("etc/loop", "app.conf") }},
	{name: "link to itself", make: func(r *configRoot) { r.link("etc/app.conf", "app.conf") }},
	{name: "link to a directory", make: func(r *configRoot) { r.mkdir("srv/d"); r.link("etc/app.conf", "../srv/d") }},
	{name: "directory", make: func(r *configRoot) { r.mkdir("etc/app.conf") }},
	{name: "directory, empty .new", make: func(r *configRoot) { r.mkdir("etc/app.conf"); r.file("etc/app.conf.new", "", 0o644) }},
	{name: "link to /dev/null", make: func(r *configRoot) { r.link("etc/app.conf", "/dev/null") }},
	{name: "link to /dev/null, empty .new", make: func(r *configRoot) {
		r.link("etc/app.conf", "/dev/null")
		r.file("etc/app.conf.new", "", 0o644)
	}},
	{name: "named pipe", make: func(r *configRoot) { r.check(unix.Mkfifo(r.path("etc/app.conf"), 0o600)) }},
	{name: "blanks in the name, no file", file: "etc/my app/a  b.conf",
		want: map[string]string{"etc/my app/a  b.conf": configNew, "etc/my app/a  b.conf.new": ""}, make: func(r *configRoot) {}},
	{name: "blanks in the name, edited", file: "etc/my app/a  b.conf",
		want: map[string]string{"etc/my app/a  b.conf.new": "-rw------- 0:0 \"default\\n\""},
		make: func(r *configRoot) { r.file("etc/my app/a  b.conf", "edited\n", 0o600) }},
	{name: "a name that a shell could take for something else", file: "etc/-n $(touch x)*'\"`\\;.conf",
		want: map[string]string{"etc/-n $(touch x)*'\"`\\;.conf": configNew, "etc/-n $(touch x)*'\"`\\;.conf.new": ""}, make: func(r *configRoot) {}},
	{name: "in the root directory", file: "app.conf",
		want: map[string]string{"app.conf": configNew, "app.conf.new": ""}, make: func(r *configRoot) {}},
	{name: "no .new", make: func(r *configRoot) {
		r.file("etc/app.conf", "edited\n", 0o644)
		r.check(os.Remove(r.path("etc/app.conf.new")))
	}},
	{name: "no .new and no file", make: func(r *configRoot) { r.check(os.Remove(r.path("etc/app.conf.new"))) }},
	{name: ".new is a link", make: func(r *configRoot) {
		r.check(os.Remove(r.path("etc/app.conf.new")))
		r.link("etc/app.conf.new", "../srv/x")
	}},
	{name: "directory is a relative link", file: "etc/app/app.conf",
		want: map[string]string{"srv/app/app.conf": configNew, "srv/app/app.conf.new": ""},
		make: func(r *configRoot) {
			r.mkdir("srv")
			r.check(os.Rename(r.path("etc/app"), r.path("srv/app")))
			r.link("etc/app", "../srv/app")
		}},
	{name: "directory is an absolute link", file: "etc/app/app.conf",
		want: map[string]string{"=hosted/app.conf.new": "-rw------- 0:0 \"default\\n\""},
		make: func(r *configRoot) {
			inside := filepath.Join(r.host, "hostdir")
			r.check(os.MkdirAll(filepath.Dir(r.path(inside)), 0o755))
			r.check(os.Rename(r.path("etc/app"), r.path(inside)))
			r.file(filepath.Join(inside, "app.conf"), "edited\n", 0o600)
			r.file("../hostdir/app.conf", "the host's\n", 0o644)
			r.link("etc/app", inside)
		}},
	{name: "left by a kill", want: map[string]string{"etc/app.conf.new": "-rw------- 0:0 \"default\\n\"", "etc/app.conf.new.incoming": ""},
		make: func(r *configRoot) {
			r.file("etc/app.conf", "edited\n", 0o600)
			r.file("etc/app.conf.new.incoming", "def", 0o600)
		}},
	{name: "both empty", want: same, make: func(r *configRoot) {
		r.file("etc/app.conf", "", 0o644)
		r.file("etc/app.conf.new", "", 0o644)
	}},
	{name: "emptied", make: func(r *configRoot) { r.file("etc/app.conf", "", 0o644) }},
}

// prepare makes the state and returns what it is to become.
func (s *configState) prepare(t *testing.T) (r *configRoot, script string, want map[string]string) {
	t.Helper()
	r = newConfigRoot(t)
	file := s.file
	if file == "" {
		file = "etc/app.conf"
	}
	r.file(file+".new", "default\n", 0o644)
	s.make(r)
	want = r.tree()
	for p, text := range s.want {
		if rest, ok := strings.CutPrefix(p, "=hosted/"); ok {
			p = filepath.Join(r.host, "hostdir", rest)[1:]
		}
		if want[p] = text; text == "" {
			delete(want, p)
		}
	}
	return r, configText([]string{file}), want
}

// shellRuns are the ways in which installpkg and others run doinst.sh.
func shellRuns(t *testing.T) map[string]func(script string) *exec.Cmd {
	t.Helper()
	runs := map[string]func(script string) *exec.Cmd{}
	for name, argv := range map[string][]string{
		"bash -c": {"bash", "-c"}, "bash on stdin": {"bash"}, "dash": {"dash", "-c"}, "busybox sh": {"busybox", "sh", "-c"},
		"bash 4.2": {os.Getenv("BASH42"), "-c"},
	} {
		if _, err := exec.LookPath(argv[0]); err != nil {
			t.Logf("%s: %s is not here", name, argv[0])
			continue
		}
		runs[name] = func(script string) *exec.Cmd {
			if argv[len(argv)-1] == "-c" {
				return exec.Command(argv[0], append(slices.Clone(argv[1:]), script)...)
			}
			cmd := exec.Command(argv[0])
			cmd.Stdin = strings.NewReader(script)
			return cmd
		}
	}
	return runs
}

// within ends a command that hangs.
func within(t *testing.T, cmd *exec.Cmd, d time.Duration) (output string, err error) {
	t.Helper()
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(d, func() { cmd.Process.Kill() })
	defer timer.Stop()
	err = cmd.Wait()
	return out.String(), err
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("not root: owners cannot be changed")
	}
}

// Every state of a configuration file, in every shell, and a second time: what
// the administrator has stays, and nothing of the host is touched.
func TestConfigStates(t *testing.T) {
	needRoot(t)
	for name, run := range shellRuns(t) {
		t.Run(name, func(t *testing.T) {
			for _, state := range configStates {
				t.Run(state.name, func(t *testing.T) {
					if state.xattr && name == "busybox sh" {
						t.Skip("busybox's cp keeps no attributes")
					}
					r, script, want := state.prepare(t)
					for _, time := range []string{"first", "second"} {
						cmd := run(script)
						cmd.Dir = r.dir
						out, err := within(t, cmd, 20e9)
						if err != nil || out != "" {
							t.Errorf("%s run: %v, output %q", time, err, out)
						}
						if d := cmp.Diff(want, r.tree()); d != "" {
							t.Errorf("%s run (-want +got):\n%s", time, d)
						}
					}
				})
			}
		})
	}
}

// faults are the programs that config() calls, with a fault at the n-th call.
const faultyProgram = `#!/bin/sh
name=${0##*/}
n=$(($(/bin/cat "$FAULT_DIR/count") + 1))
echo $n > "$FAULT_DIR/count"
[ $n = "$FAULT_AT" ] || exec "/bin/$name" "$@"
case $FAULT in
  before) kill -9 "$FAULT_PID" ; exit 1 ;;
  after) "/bin/$name" "$@" ; kill -9 "$FAULT_PID" ; exit 1 ;;
  fails) exit 1 ;;
  half) "/bin/$name" "$@" | head -c 3 ; exit 1 ;;
  half-killed) "/bin/$name" "$@" | head -c 3 ; kill -9 "$FAULT_PID" ; exit 1 ;;
esac
`

// A kill before each command of the shell, before, within and after each
// program, and the failure of each program: no file is lost, half or empty, and
// the next run does what is missing.
func TestConfigInterrupted(t *testing.T) {
	needRoot(t)
	bin := t.TempDir()
	for _, name := range []string{"mv", "cp", "cat", "md5sum", "rm", "readlink"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(faultyProgram), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// REAL_BUILDS asks for all of these states; the first ones take seconds.
	names := []string{"no file", "equal", "edited, with an owner", "relative link", "relative link to an equal file", "dangling link",
		"absolute link to a file that is edited in the target", "directory is an absolute link", "no .new", "left by a kill"}
	if os.Getenv("REAL_BUILDS") == "" {
		names = names[1:4]
	}
	points := 0
	for _, state := range configStates {
		if !slices.Contains(names, state.name) {
			continue
		}
		for _, shell := range []string{"bash", "dash"} {
			for _, fault := range []string{"command", "after", "fails", "half", "half-killed"} {
				if shell == "dash" && fault != "after" {
					continue // it has no trap for each command, and its programs are bash's
				}
				for at := 1; ; at++ {
					if !interrupt(t, &state, shell, bin, fault, at) {
						break
					}
					points++
				}
			}
		}
	}
	t.Logf("%d points", points)
	if points < 200 {
		t.Errorf("only %d points were tried", points)
	}
}

// interrupt runs the script with one fault and then without; false where it
// ended before that fault.
func interrupt(t *testing.T, state *configState, shell, bin, fault string, at int) bool {
	t.Helper()
	where := fmt.Sprintf("%s, %s, %s at %d", state.name, shell, fault, at)
	r, script, want := state.prepare(t)
	before := r.tree()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "count"), []byte("0"), 0o644); err != nil {
		t.Fatal(err)
	}
	head := "export FAULT_PID=$$\n"
	if fault == "command" {
		head += fmt.Sprintf("set -T; commands=0; trap 'commands=$((commands + 1)); [ $commands != %d ] || { echo reached > %s/reached; kill -9 $$; }' DEBUG\n", at, dir)
	}
	cmd := exec.Command(shell, "-c", head+script)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "FAULT_DIR="+dir, "FAULT="+fault, "FAULT_AT="+strconv.Itoa(at))
	out, err := within(t, cmd, 20e9)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", where, err, out)
	}
	count, err := os.ReadFile(filepath.Join(dir, "count"))
	if err != nil {
		t.Fatal(err)
	}
	calls, _ := strconv.Atoi(strings.TrimSpace(string(count)))
	_, missed := os.Stat(filepath.Join(dir, "reached"))
	if fault == "command" && missed != nil || fault != "command" && calls < at {
		return false
	}

	// In between, every file is what it was or what it becomes; only the
	// temporary file may be anything.
	for p, text := range r.tree() {
		if !strings.HasSuffix(p, ".incoming") && text != before[p] && text != want[p] {
			t.Errorf("%s: %s is %s; it was %s and is to be %s", where, p, text, before[p], want[p])
		}
	}
	cmd = exec.Command(shell, "-c", script)
	cmd.Dir = r.dir
	if out, err := within(t, cmd, 20e9); err != nil {
		t.Errorf("%s: the next run: %v\n%s", where, err, out)
	}
	if d := cmp.Diff(want, r.tree()); d != "" {
		t.Errorf("%s: after the next run (-want +got):\n%s", where, d)
	}
	return true
}
