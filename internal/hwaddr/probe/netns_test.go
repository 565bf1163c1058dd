// SPDX-License-Identifier: MIT

package probe

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// needRoot skips a test that makes network namespaces where that cannot be
// done; REQUIRE_NETNS_TESTS=1 makes it fail instead.
func needRoot(t *testing.T, programs ...string) {
	t.Helper()
	skip := func(why string) {
		t.Helper()
		if os.Getenv("REQUIRE_NETNS_TESTS") == "1" {
			t.Fatalf("REQUIRE_NETNS_TESTS=1, but %s", why)
		}
		t.Skip(why)
	}
	if os.Geteuid() != 0 {
		skip("this takes root")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			skip("there is no " + p)
		}
	}
	if err := isolated(func() error { return unix.Unshare(unix.CLONE_NEWNET) }); err != nil {
		skip(fmt.Sprintf("no network namespace can be made: %v", err))
	}
}

// isolated runs f on a thread of its own, which ends with it.
func isolated(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock
		done <- f()
	}()
	return <-done
}

// netns is a network namespace without a name: it is gone with the test.
type netns struct{ f *os.File }

func newNetns(t *testing.T) netns {
	t.Helper()
	var n netns
	err := isolated(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			n.f, err = os.Open("/proc/thread-self/ns/net")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.f.Close() })
	return n
}

// path names the namespace for ip(8).
func (n netns) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.f.Fd()) }

// do runs f in the namespace.
func (n netns) do(t *testing.T, f func() error) {
	t.Helper()
	err := isolated(func() error {
		if err := unix.Setns(int(n.f.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ip runs lines of ip(8) in the calling thread's namespace.
func ip(lines ...string) error { return feed(lines, "ip", "-batch", "-") }

func feed(lines []string, program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s\n%s", program, err, strings.Join(lines, "\n"), out.String())
	}
	return nil
}

// sysctl sets "net/..." values in the calling thread's namespace.
func sysctl(settings ...string) error {
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		if err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0o644); err != nil {
			return err
		}
	}
	return nil
}
