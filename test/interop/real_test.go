// SPDX-License-Identifier: MIT

// Package interop runs Slackware's own package tools beside ours. PKGTOOLS_DIR
// names the directory with makepkg, installpkg, upgradepkg and removepkg; the
// scripts then run as root in a mount namespace in which nothing but the test's
// directory can be written. Without it only our half of the tests runs.
package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// mkslack is the program under test, built once.
var mkslack = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "mkslack-interop-")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "mkslack")
	out, err := exec.Command("go", "build", "-tags", "urfave_cli_no_docs", "-o", program, "../../cmd/mkslack").CombinedOutput()
	if err != nil {
		return "", &buildError{err, string(out)}
	}
	return program, nil
})

type buildError struct {
	err error
	out string
}

func (e *buildError) Error() string { return e.err.Error() + "\n" + e.out }

func TestMain(m *testing.M) {
	status := m.Run()
	if program, err := mkslack(); err == nil {
		os.RemoveAll(filepath.Dir(program)) // a few megabytes left behind harm nobody
	}
	os.Exit(status)
}

// ours runs mkslack in dir and gives its stdout.
func ours(t *testing.T, dir string, args ...string) string {
	t.Helper()
	program, err := mkslack()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("mkslack %q: %v\n%s%s", args, err, out, &stderr)
	}
	return string(out)
}

// namespace makes all file systems read-only but the work directory $1, puts
// the scripts of $2 where upgradepkg calls them, and runs the rest.
const namespace = `
set -e
work=$1 tools=$2
shift 2
mount --make-rprivate /
mount --bind "$work" "$work"
mkdir -p "$work/sbin"
[ -e "$work/sbin/installpkg" ] || cp -a /sbin/. "$tools"/*pkg "$work/sbin/"
mount --bind "$work/sbin" "$(readlink -f /sbin)"
mount -t tmpfs tmpfs /tmp
mount -o remount,ro,bind /
exec "$@"
`

// real is a place in which Slackware's scripts run.
type real struct{ work, tools string }

// newReal skips the test where the scripts are not to be had.
func newReal(t *testing.T) *real {
	t.Helper()
	tools := os.Getenv("PKGTOOLS_DIR")
	if tools == "" {
		t.Skip("Slackware's package tools: PKGTOOLS_DIR does not name them")
	}
	if os.Geteuid() != 0 {
		t.Skip("Slackware's package tools: not root")
	}
	work, err := os.MkdirTemp("/dev/shm", "interop-")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(work); err != nil {
			t.Error(err)
		}
	})
	return &real{work, tools}
}

// run runs a script of Slackware in dir, with extra environment.
func (r *real) run(t *testing.T, dir string, env []string, script string, args ...string) string {
	t.Helper()
	all := append([]string{"-m", "/bin/sh", "-c", namespace, "sh", r.work, r.tools, "/sbin/" + script}, args...)
	cmd := exec.Command("unshare", all...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "INSTLOCKDIR="+r.work+"/lock", "LC_ALL=C.UTF-8"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", script, args, err, out)
	}
	return string(out)
}
