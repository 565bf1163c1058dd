// SPDX-License-Identifier: MIT

package rcbond

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// waiting is a machine on which something happens while a trial waits.
type waiting struct {
	*fakekernel.Kernel
	meanwhile func()
}

func (w *waiting) Wait(ctx context.Context, d time.Duration) {
	if f := w.meanwhile; f != nil {
		w.meanwhile = nil
		f()
	}
	w.Kernel.Wait(ctx, d)
}

// newRun is a process with what it prints.
func (m *machine) newRun(k *waiting) (*Run, func() output) {
	var stdout, stderr bytes.Buffer
	r := &Run{
		Conf: m.conf(), Script: "/etc/rc.d/rc.bond", Report: &Report{Stdout: &stdout, Stderr: &stderr, Program: "bondctl"},
		Kernel: k, Folder: filepath.Join(m.dir, "run"), Boot: "this", MACs: noMACs{},
		Links:  func() ([]source.Link, error) { return nil, nil },
		IsRoot: func() bool { return m.root }, Timeout: 200 * time.Millisecond,
	}
	return r, func() output { return output{stdout: stdout.String(), stderr: stderr.String()} }
}

const minute = time.Minute

// tryIt tries a text while bond0 of pair runs.
func tryIt(t *testing.T, text string, meanwhile func(m *machine, k *waiting)) (m *machine, was string, status int, said output) {
	t.Helper()
	m = newMachine(t, pair)
	m.run(Start, nil).want(t, exit.OK, ".*", "")
	was = m.k.Snapshot()
	k := &waiting{Kernel: m.k}
	if meanwhile != nil {
		k.meanwhile = func() { meanwhile(m, k) }
	}
	file := filepath.Join(m.dir, "new.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, print := m.newRun(k)
	status = r.RunTrial(t.Context(), Trial{File: file, For: minute})
	return m, was, status, print()
}

func (m *machine) read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	another = "IFNAME[0]=bond0\nBONDNICS[0]='eth1'\nBONDMODE[0]=balance-rr\nMTU[0]=1400\nLINKWAIT[0]=0\n"
	broken  = "IFNAME[0]=bond0\nBONDNICS[0]='eth7'\nLINKWAIT[0]=0\n"
)

func TestTrialGoesBack(t *testing.T) {
	for _, text := range []string{another, broken, ""} {
		before := time.Duration(0)
		m, was, status, said := tryIt(t, text, func(m *machine, k *waiting) { before = k.Uptime() })
		if status != exit.Failed || !strings.HasSuffix(said.stdout, "The time is over. What ran before runs again.\n") {
			t.Errorf("status %d, said %s%s", status, said.stdout, said.stderr)
		}
		if passed := m.k.Uptime() - before; passed < minute || passed > 2*minute {
			t.Errorf("it went back after %s", passed)
		}
		if after := m.k.Snapshot(); after != was {
			t.Errorf("it was\n%s\nand is\n%s", was, after)
		}
		if got := m.read(t, m.conf()); got != pair {
			t.Errorf("rc.bond.conf is %q", got)
		}
	}
}

func TestTrialIsKept(t *testing.T) {
	var kept output
	m, was, status, said := tryIt(t, another, func(m *machine, k *waiting) {
		r, print := m.newRun(k)
		status := r.Keep(t.Context())
		kept = print()
		kept.status = status
	})
	kept.want(t, exit.OK, `Kept: \S+/rc\.bond\.conf is now what \S+/new\.conf says; the old one is \S+/rc\.bond\.conf\.bak\.\n`, "")
	if status != exit.OK || !strings.HasSuffix(said.stdout, "Kept.\n") {
		t.Errorf("status %d, said %s%s", status, said.stdout, said.stderr)
	}
	if m.k.Snapshot() == was {
		t.Error("nothing changed")
	}
	if got := m.read(t, m.conf()); got != another {
		t.Errorf("rc.bond.conf is %q", got)
	}
	if got := m.read(t, m.conf()+".bak"); got != pair {
		t.Errorf("rc.bond.conf.bak is %q", got)
	}
	r, print := m.newRun(&waiting{Kernel: m.k})
	if r.Keep(t.Context()) != exit.Failed || !strings.Contains(print().stderr, "no change is being tried") {
		t.Errorf("a second keep: %v", print())
	}
	m.run(Start, nil).want(t, exit.OK, ".*", "")
}

func TestTrialIsReverted(t *testing.T) {
	m, was, status, said := tryIt(t, another, func(m *machine, k *waiting) {
		r, print := m.newRun(k)
		if status := r.Revert(t.Context()); status != exit.OK {
			t.Errorf("revert: %d %v", status, print())
		}
	})
	if status != exit.Failed || !strings.HasSuffix(said.stdout, "What ran before runs again.\n") {
		t.Errorf("status %d, said %s%s", status, said.stdout, said.stderr)
	}
	if after := m.k.Snapshot(); after != was {
		t.Errorf("it was\n%s\nand is\n%s", was, after)
	}
}

func TestOneTrialAtATime(t *testing.T) {
	tryIt(t, another, func(m *machine, k *waiting) {
		r, print := m.newRun(k)
		if r.RunTrial(t.Context(), Trial{For: minute}) != exit.Failed || !strings.Contains(print().stderr, "is being tried") {
			t.Errorf("a second trial: %v", print())
		}
		m.run(Start, nil).want(t, exit.Failed, "", `.*new\.conf is being tried: "bondctl keep" or "bondctl revert" first\n`)
		m.run(Restart, nil, "bond0").want(t, exit.Failed, "", ".*is being tried.*")
	})
	m, _, _, said := tryIt(t, another, func(m *machine, k *waiting) { m.run(Stop, nil).want(t, exit.OK, ".*", "") })
	if m.k.Index("bond0") != 0 {
		t.Errorf("a stop of everything does not end it: %v", said)
	}
}

// TestTrialDies: the next run goes back first, whatever it is.
func TestTrialDies(t *testing.T) {
	for _, verb := range []Verb{Start, Restart, Stop} {
		m := newMachine(t, pair)
		m.run(Start, nil).want(t, exit.OK, ".*", "")
		was := m.k.Snapshot()
		file := filepath.Join(m.dir, "new.conf")
		if err := os.WriteFile(file, []byte(another), 0o600); err != nil {
			t.Fatal(err)
		}
		k := &waiting{Kernel: m.k}
		k.meanwhile = func() { panic(fakekernel.Died{}) }
		r, _ := m.newRun(k)
		if !fakekernel.Dies(func() { r.RunTrial(t.Context(), Trial{File: file, For: minute}) }) {
			t.Fatal("it lives")
		}
		m.pretendDead(t)
		if verb == Stop {
			m.run(Stop, nil, "bond0").want(t, exit.OK, ".*", `.*the process that tried \S+ died.*\n`)
			continue
		}
		m.run(verb, nil).want(t, exit.OK, ".*", `.*the process that tried \S+/new\.conf died: what ran before it runs again first\n`)
		if after := m.k.Snapshot(); after != was {
			t.Errorf("%s: it was\n%s\nand is\n%s", verb, was, after)
		}
	}
}

// pretendDead gives the trial to a process that there is not.
func (m *machine) pretendDead(t *testing.T) {
	t.Helper()
	path := filepath.Join(m.dir, "run", "trial")
	text := strings.Replace(m.read(t, path), `"began":"`, `"began":"1`, 1)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTryForeground: what would change is shown, and the other process followed.
func TestTryForeground(t *testing.T) {
	m := newMachine(t, pair)
	m.run(Start, nil).want(t, exit.OK, ".*", "")
	k := &waiting{Kernel: m.k}
	r, print := m.newRun(k)
	if status := r.Try(t.Context(), Trial{For: minute}); status != exit.OK || !strings.Contains(print().stdout, "Nothing to try") {
		t.Errorf("status %d, %v", status, print())
	}
	m.config(another)
	r, print = m.newRun(k)
	status := r.Try(t.Context(), Trial{For: minute, Command: func(out *os.File) (func() error, error) {
		worker, _ := m.newRun(k)
		worker.Report.Stdout, worker.Report.Stderr = out, out
		worker.RunTrial(t.Context(), Trial{For: minute})
		return func() error { return nil }, nil
	}})
	said := print().stdout
	for _, part := range []string{"bond0: mode is active-backup, asked for is balance-rr (restart does it", "Stopping bond0\n", `It runs. "bondctl keep" keeps it; else, in 1m0s`, "The time is over."} {
		if !strings.Contains(said, part) {
			t.Errorf("nothing of %q in %s", part, said)
		}
	}
	if status != exit.OK {
		t.Errorf("status %d", status)
	}
	m.config("IFNAME[0]=bond0\nBONDNICS[0]=$(ls)\nMTU[0]=x\n")
	r, print = m.newRun(k)
	if status := r.Try(t.Context(), Trial{For: minute}); status != exit.Usage || !strings.Contains(print().stderr, "nothing is tried until") {
		t.Errorf("status %d, %v", status, print())
	}
	m.root = false
	for _, f := range []func() int{
		func() int { return r.Try(t.Context(), Trial{}) },
		func() int { return r.Keep(t.Context()) },
		func() int { return r.Revert(t.Context()) },
	} {
		if f() != exit.Failed {
			t.Error("not only root can")
		}
	}
}
