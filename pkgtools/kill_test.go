// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A child of the kill test makes one change and kills itself at step KILL_AT.
func TestMain(m *testing.M) {
	if args := os.Getenv("PKGTOOLS_TEST_CHANGE"); args != "" {
		os.Exit(killChild(strings.Split(args, "\n")))
	}
	os.Exit(m.Run())
}

func killChild(args []string) int {
	at, err := strconv.Atoi(os.Getenv("KILL_AT"))
	if err != nil {
		panic(err)
	}
	n := 0
	err = changeOf(args, func(string) error {
		if n++; n == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	})
	fmt.Println(n)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// changeOf makes a change: kind, root, package. It asks step, if any, before each
// step.
func changeOf(args []string, step func(string) error) error {
	d, err := OpenDatabase(args[1])
	if err != nil {
		return err
	}
	d.step = step
	defer d.Close()
	ctx := context.Background()
	switch args[0] {
	case "install":
		_, err = d.Install(ctx, args[2], ChangeOptions{})
	case "upgrade":
		_, err = d.Upgrade(ctx, args[2], nil, ChangeOptions{})
	case "remove":
		_, err = d.Remove(ctx, args[2], ChangeOptions{})
	case "write": // into the root, killed half-way
		err = Write(ctx, filepath.Join(args[1], args[2]), withDirs(file("usr/f", strings.Repeat("x", 1<<20))), WriteOptions{
			Progress: func(done, total int64) {
				if done > total/2 {
					syscall.Kill(os.Getpid(), syscall.SIGKILL)
				}
			},
		})
	}
	return err
}

// Two versions of a package in which much changes.
func version1(t testing.TB) string {
	entries := []Entry{
		file("etc/app.conf.new", "one\n"), file("install/slack-desc", "app: app (test)\n"),
		file("install/doinst.sh", "mv etc/app.conf.new etc/app.conf 2>/dev/null || true\n"),
		file("install/douninst.sh", "echo gone >> var/gone\n"),
		file("usr/share/app/becomes-dir", "x"), file("usr/share/app/becomes-link", "x"), file("usr/share/app/dir/f", "x"),
		file("usr/share/real/x", "x"), symlink("usr/share/link", "real"),
		file("opt/only-old/f", "x"), file("shared/both", "1"),
	}
	for i := range 24 {
		entries = append(entries, file(fmt.Sprintf("usr/lib/app/f%02d", i), fmt.Sprintf("one %d", i)))
	}
	for i := range 6 {
		entries = append(entries, symlink(fmt.Sprintf("usr/bin/l%d", i), "app"))
	}
	return pack(t, "app-1-noarch-1", entries...)
}

func version2(t testing.TB) string {
	entries := []Entry{
		file("etc/app.conf.new", "two\n"), file("install/slack-desc", "app: app (test)\n"),
		file("install/doinst.sh", "if [ -e etc/app.conf ]; then rm -f etc/app.conf.new; fi\n"),
		file("usr/share/app/becomes-dir/deep/f", "y"), symlink("usr/share/app/becomes-link", "dir"), file("usr/share/app/dir", "y"),
		file("usr/share/link/now-real", "y"), file("shared/both", "2"),
		{Path: "usr/lib/app/h2", Mode: 0o644, HardLink: "usr/lib/app/f00", ModTime: when},
	}
	for i := range 20 {
		entries = append(entries, file(fmt.Sprintf("usr/lib/app/f%02d", i), fmt.Sprintf("two %d", i)))
	}
	for i := range 6 {
		entries = append(entries, symlink(fmt.Sprintf("usr/bin/l%d", i+2), "app2"))
	}
	return pack(t, "app-2-noarch-1", entries...)
}

type killCase struct {
	kind    string
	prepare func(t testing.TB, root string)
	operand string
}

func killCases(t testing.TB) []killCase {
	v1, v2 := version1(t), version2(t)
	other := pack(t, "other-1-noarch-1", file("shared/both", "other"), file("usr/share/app/dir-of-two", "o"))
	empty := func(t testing.TB, root string) {
		put(t, root, map[string]string{"usr/lib/app/f03": "user's own\n", "etc/passwd": "root\n"})
		install(t, root, other)
	}
	with1 := func(t testing.TB, root string) { empty(t, root); install(t, root, v1) }
	return []killCase{{"install", empty, v1}, {"upgrade", with1, v2}, {"remove", with1, "app"}}
}

// Killed at any step and run again, each change ends as if it had not been
// interrupted.
func TestKilledAnywhere(t *testing.T) {
	points := 0
	for _, c := range killCases(t) {
		reference := tempRoot(t)
		c.prepare(t, reference)
		total, err := runKilled(c, reference, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		want := snapshot(t, reference)
		start := filepath.Join(tempRoot(t), "start")
		if err := os.Mkdir(start, 0o755); err != nil {
			t.Fatal(err)
		}
		c.prepare(t, start)
		var wg sync.WaitGroup
		turn := make(chan struct{}, 4)
		for at := 1; at <= total; at++ {
			wg.Go(func() {
				turn <- struct{}{}
				defer func() { <-turn }()
				root := filepath.Join(tempRoot(t), "root")
				if out, err := exec.Command("cp", "-a", start, root).CombinedOutput(); err != nil {
					t.Errorf("cp: %v: %s", err, out)
					return
				}
				if _, err := runKilled(c, root, at); err == nil {
					t.Errorf("%s: not killed at step %d", c.kind, at)
				}
				if err := changeOf([]string{c.kind, root, c.operand}, nil); err != nil {
					t.Errorf("%s, killed at step %d of %d, run again: %v", c.kind, at, total, err)
				}
				if diff := cmp.Diff(want, snapshot(t, root)); diff != "" {
					t.Errorf("%s, killed at step %d of %d, run again (-whole +interrupted):\n%s", c.kind, at, total, diff)
				}
			})
		}
		wg.Wait()
		t.Logf("%s: killed at %d points", c.kind, total)
		points += total
	}
	if points < 200 {
		t.Errorf("only %d points", points)
	}
}

// The process that takes back or finishes an interrupted change may be killed
// too, anywhere.
func TestKilledTwice(t *testing.T) {
	for _, c := range killCases(t) {
		reference := tempRoot(t)
		c.prepare(t, reference)
		total, err := runKilled(c, reference, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		want := snapshot(t, reference)
		for first := 9; first <= total; first += 29 {
			for second := 1; second < 2*total; second += total/5 + first%7 {
				root := tempRoot(t)
				c.prepare(t, root)
				if _, err := runKilled(c, root, first); err == nil {
					t.Fatalf("%s: not killed at step %d", c.kind, first)
				}
				if _, err := runKilled(c, root, second); err == nil {
					break // it was through before
				}
				if err := changeOf([]string{c.kind, root, c.operand}, nil); err != nil {
					t.Errorf("%s, killed at steps %d and %d: %v", c.kind, first, second, err)
				}
				if diff := cmp.Diff(want, snapshot(t, root)); diff != "" {
					t.Errorf("%s, killed at steps %d and %d (-whole +interrupted):\n%s", c.kind, first, second, diff)
				}
			}
		}
	}
}

// Files on another file system are put aside there, and nothing of that is left
// either.
func TestKilledOnTwoFileSystems(t *testing.T) {
	name := pack(t, "a-1-noarch-1", file("opt/f", "x"), file("opt/d/g", "y"), file("usr/f", "z"))
	c := killCase{kind: "install", operand: name}
	install := func(t *testing.T, at int) (left string, steps int) {
		root := tempRoot(t)
		put(t, root, map[string]string{"opt/": ""})
		mountTmpfs(t, filepath.Join(root, "opt"), "size=1m,mode=755")
		put(t, root, map[string]string{"opt/f": "old"})
		steps, err := runKilled(c, root, at)
		if err != nil {
			if err := changeOf([]string{c.kind, root, c.operand}, nil); err != nil {
				t.Errorf("killed at step %d, run again: %v", at, err)
			}
		}
		return snapshot(t, root), steps
	}
	want, total := install(t, 1<<30)
	for at := 1; at <= total; at++ {
		t.Run(strconv.Itoa(at), func(t *testing.T) {
			if got, _ := install(t, at); got != want {
				t.Errorf("(-whole +interrupted):\n%s", cmp.Diff(want, got))
			}
		})
	}
	if total < 20 {
		t.Errorf("only %d points", total)
	}
}

// runKilled makes the change in another process, which is killed at the step.
func runKilled(c killCase, root string, at int) (steps int, err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "PKGTOOLS_TEST_CHANGE="+strings.Join([]string{c.kind, root, c.operand}, "\n"), "KILL_AT="+strconv.Itoa(at))
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}

// An error at any step before the mark leaves the tree as it was.
func TestErrorAnywhereIsUndone(t *testing.T) {
	broken := errors.New("no space left on device")
	for _, c := range killCases(t) {
		start := filepath.Join(tempRoot(t), "start")
		if err := os.Mkdir(start, 0o755); err != nil {
			t.Fatal(err)
		}
		c.prepare(t, start)
		want := snapshot(t, start)
		undone := 0
		for at := 1; ; at++ {
			n, marked, failing := 0, false, true
			err := changeOf([]string{c.kind, start, c.operand}, func(what string) error {
				n++
				marked = marked || what == "write" || what == "delete"
				if n == at && failing {
					failing = false
					return broken
				}
				return nil
			})
			if marked {
				break // what follows is finished by the next change: TestKilledAnywhere
			}
			if !errors.Is(err, broken) {
				t.Fatalf("%s, step %d: %v", c.kind, at, err)
			}
			undone++
			if diff := cmp.Diff(want, snapshot(t, start)); diff != "" {
				t.Fatalf("%s, error at step %d (-before +after):\n%s", c.kind, at, diff)
			}
		}
		t.Logf("%s: undone at %d points", c.kind, undone)
		if undone < 20 {
			t.Errorf("%s: only %d points", c.kind, undone)
		}
	}
}

// What is on the disk, and when, decides what a power failure leaves: files
// before the list of actions is obeyed, all of them before the mark, the mark
// before anything that cannot be undone.
func TestOrderOnDisk(t *testing.T) {
	for _, c := range killCases(t) {
		root := tempRoot(t)
		c.prepare(t, root)
		var steps []string
		err := changeOf([]string{c.kind, root, c.operand}, func(what string) error {
			steps = append(steps, what)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		const want = `^start( stage| aside)* planned sync( put over| put| mkdir| attributes| remove| rmdir)+ sync mark( write| mkdir| link| delete)+ attributes ldconfig( douninst| doinst| write| link)* end ended$`
		if got := strings.Join(steps, " "); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: the order is\n%s\nwant\n%s", c.kind, got, want)
		}
	}
}
