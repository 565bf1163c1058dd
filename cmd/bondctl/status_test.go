// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/cmdline"
	"golang.org/x/tools/txtar"
)

// unpackMachine puts the /sys and /proc that internal/bond's tests read into
// $WORK/machine, for --root.
//
// And SCRIPT names the completion script.
func unpackMachine(env *testscript.Env) error {
	script, err := filepath.Abs("../../doc/completion/bondctl")
	if err != nil {
		return err
	}
	env.Setenv("SCRIPT", script)
	ar, err := txtar.ParseFile("../../internal/bond/testdata/machine.txtar")
	if err != nil {
		return err
	}
	for _, f := range ar.Files {
		path := filepath.Join(env.WorkDir, "machine", f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func TestTransitions(t *testing.T) {
	up := func(active string, members ...bond.MemberStatus) bondReport {
		return bondReport{bond.Status{Name: "bond0", Mode: "active-backup", Carrier: true, Active: active, Members: members}, "up"}
	}
	eth0 := bond.MemberStatus{Name: "eth0", MII: "up", Speed: 1000, MAC: "a"}
	eth1 := bond.MemberStatus{Name: "eth1", MII: "up", Speed: 1000, MAC: "a"}
	dead := eth0
	dead.MII, dead.Speed, dead.Failures = "down", 0, 1
	flapped := eth0
	flapped.Failures = 2
	degraded := up("eth1", dead, eth1)
	degraded.State = "degraded"
	lacp := up("", bond.MemberStatus{Name: "eth0", MII: "up", LACP: &bond.Port{Actor: 79}})
	lacp.LACP = &bond.LACPStatus{Aggregator: 1}
	agreed := up("", bond.MemberStatus{Name: "eth0", MII: "up", LACP: &bond.Port{Actor: 63}})
	agreed.LACP = &bond.LACPStatus{Aggregator: 2, PartnerMAC: "b"}
	for _, tt := range []struct {
		name          string
		before, after []bondReport
		want          string
	}{
		{"nothing", []bondReport{up("eth0", eth0)}, []bondReport{up("eth0", eth0)}, ""},
		{
			"failover", []bondReport{up("eth0", eth0, eth1)}, []bondReport{degraded},
			"bond0 eth0: link up -> down|bond0 eth0: speed 1000 -> -|bond0: active eth0 -> eth1|bond0: state up -> degraded",
		},
		{"flap", []bondReport{up("eth0", eth0)}, []bondReport{up("eth0", flapped)}, "bond0 eth0: lost its link in between, failures 0 -> 2"},
		{"join and leave", []bondReport{up("eth0", eth0)}, []bondReport{up("eth1", eth1)}, "bond0 eth1: joined|bond0 eth0: left|bond0: active eth0 -> eth1"},
		{"none active", []bondReport{up("eth0", eth0)}, []bondReport{up("", eth0)}, "bond0: active eth0 -> none"},
		{"appears", nil, []bondReport{up("eth0", eth0)}, "bond0: appeared none -> up|bond0 eth0: joined|bond0: active none -> eth0|bond0: link down -> up"},
		{"goes", []bondReport{up("eth0", eth0)}, nil, "bond0: went away"},
		{"LACP", []bondReport{lacp}, []bondReport{agreed}, "bond0 eth0: LACP state 79 -> 63|bond0: aggregator 1 -> 2|bond0: partner none -> b"},
	} {
		at := time.Date(2026, 11, 21, 12, 30, 1, 5e6, time.UTC)
		var got []string
		for _, tr := range transitions(&statusReport{Bonds: tt.before}, &statusReport{Bonds: tt.after}, at) {
			line, ok := strings.CutPrefix(tr.String(), "12:30:01.005 ")
			if !ok {
				t.Errorf("%s: time in %q", tt.name, line)
			}
			got = append(got, line)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, s, tt.want)
		}
	}
}

// TestFit: a line is no longer than the terminal is wide, as long as there are columns
// to do without, and none is left out without need.
func TestFit(t *testing.T) {
	r := &statusReport{Bonds: []bondReport{{bond.Status{
		Name: "a-long-bond-001", Mode: "802.3ad", MAC: "02:00:00:00:00:01", LACP: &bond.LACPStatus{Aggregator: 1, Ports: 2, PartnerMAC: "02:00:00:00:99:01"},
		Members: []bond.MemberStatus{{Name: "enp100s0f0np0d1", MII: "up", MAC: "02:00:00:00:00:01", Permanent: "02:00:00:00:00:01", LACP: &bond.Port{Aggregator: 1}}},
	}, "degraded"}}}
	for width, want := range map[int]string{
		0:   "NAME STATE MODE LINK LOST MAC PERMANENT MAC AGGREGATOR PARTNER",
		200: "NAME STATE MODE LINK LOST MAC PERMANENT MAC AGGREGATOR PARTNER",
		100: "NAME STATE MODE LINK LOST MAC AGGREGATOR PARTNER",
		80:  "NAME STATE MODE LINK LOST AGGREGATOR PARTNER",
		60:  "NAME STATE MODE LINK PARTNER",
		40:  "NAME STATE MODE LINK",
		33:  "NAME STATE LINK",
		10:  "NAME STATE LINK",
	} {
		lines := strings.Split(treeText(r, cmdline.Palette{}, width), "\n")
		if got := strings.Join(strings.Fields(lines[0]), " "); got != want {
			t.Errorf("width %d: %s, want %s", width, got, want)
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); width > 30 && n > width {
				t.Errorf("width %d: %d columns: %s", width, n, line)
			}
		}
	}
}

// TestPage: what watch draws is never longer than the terminal.
func TestPage(t *testing.T) {
	tree := strings.Repeat("\x1b[32mup\x1b[0m\n", 10) + "\n" + strings.Repeat("w", 50) + "\n"
	var past []transition
	for i := range 20 {
		past = append(past, transition{Bond: "bond0", What: "number", From: "a", To: strconv.Itoa(i)})
	}
	for _, tt := range []struct {
		past           int
		columns, lines int
		tree, changes  int // lines of it that are shown
		cut            bool
	}{
		{0, 80, 24, 12, 0, false},
		{0, 80, 13, 12, 0, false},
		{0, 40, 13, 11, 0, true}, // the last line takes two
		{0, 80, 8, 6, 0, true},
		{20, 80, 24, 12, 10, false},
		{2, 80, 24, 12, 2, false},
		{20, 80, 10, 4, 3, true},
		{20, 80, 3, 0, 3, true},
	} {
		got := page(tree, past[:tt.past], tt.columns, tt.lines)
		changes := strings.Count(got, "bond0: number")
		cut := strings.Contains(got, "lines more\n")
		shown := 0
		for line := range strings.Lines(tree) {
			if rest, ok := strings.CutPrefix(got, line); ok {
				got = rest
				shown++
			}
		}
		if shown != tt.tree || changes != tt.changes || cut != tt.cut {
			t.Errorf("%d changes on %d x %d: %d lines of the tree, %d changes, cut %v; want %+v", tt.past, tt.columns, tt.lines, shown, changes, cut, tt)
		}
		if tt.past > 0 && !strings.HasSuffix(got, fmt.Sprintf("-> %d\n", tt.past-1)) {
			t.Errorf("the last change is not the last line: %q", got)
		}
		total := 0
		for line := range strings.Lines(page(tree, past[:tt.past], tt.columns, tt.lines)) {
			total += linesOf(line, tt.columns)
		}
		if total > max(tt.lines-1, 5) {
			t.Errorf("%d changes on %d x %d: %d lines", tt.past, tt.columns, tt.lines, total)
		}
	}
}

// TestWaitForReader: a pipe without a reader is noticed, one that has one is not, nor a file.
func TestWaitForReader(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	gone := make(chan bool)
	go waitForReader(w, func() { close(gone) })
	select {
	case <-gone:
		t.Fatal("the reader is gone while it is there")
	case <-time.After(50 * time.Millisecond):
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("that the reader is gone is not noticed")
	}
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	waitForReader(file, func() { t.Error("a file has lost its reader") })
}
