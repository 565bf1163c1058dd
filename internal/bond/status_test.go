// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// machine unpacks testdata/machine.txtar and gives a Reader of it.
func machine(t *testing.T) (Reader, string) {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/machine.txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range ar.Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Reader{Sysfs: filepath.Join(dir, "sys/class/net"), Proc: filepath.Join(dir, "proc/net/bonding")}, dir
}

func TestNames(t *testing.T) {
	r, _ := machine(t)
	names, err := r.Names()
	if got := strings.Join(names, " "); err != nil || got != "bond0 bond1 bond2 bond10" {
		t.Errorf("Names() = %q, %v", got, err)
	}
	if names, err := (Reader{Sysfs: t.TempDir()}).Names(); err != nil || len(names) != 0 {
		t.Errorf("without the driver: %q, %v; want none", names, err)
	}
}

func TestStatus(t *testing.T) {
	r, dir := machine(t)
	s, err := r.Status("bond0")
	if err != nil {
		t.Fatal(err)
	}
	if !s.Up || !s.Carrier || s.Mode != "active-backup" || s.Active != "eth0" || s.Primary != "eth0" || s.MIIMon != 100 || s.LACP != nil || s.Speed != 10000 {
		t.Errorf("bond0: %+v", s)
	}
	want := MemberStatus{Name: "eth1", MII: "down", Up: true, Duplex: "full", Failures: 3, MAC: "02:00:00:00:00:01", Permanent: "02:00:00:00:00:02", MTU: 1500}
	if len(s.Members) != 2 || s.Members[1] != want || !s.Members[0].Active {
		t.Errorf("members: %+v", s.Members)
	}

	// eth3 has no bonding_slave directory: all of it comes from /proc.
	s, err = r.Status("bond1")
	if err != nil {
		t.Fatal(err)
	}
	if *s.LACP != (LACPStatus{Rate: "fast", Aggregator: 1, Ports: 1, PartnerMAC: "02:00:00:00:99:01"}) {
		t.Errorf("bond1: %+v", *s.LACP)
	}
	m := s.Members[1]
	if m.Failures != 2 || m.QueueID != 7 || m.Permanent != "02:00:00:00:00:04" || *m.LACP != (Port{2, 71, 1, "00:00:00:00:00:00"}) {
		t.Errorf("eth3: %+v %+v", m, *m.LACP)
	}
	if *s.Members[0].LACP != (Port{1, 63, 63, "02:00:00:00:99:01"}) {
		t.Errorf("eth2: %+v", *s.Members[0].LACP)
	}

	if _, err := r.Status("eth0"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("eth0 is no bond, got %v", err)
	}

	// A bond listed, but gone when it is looked at.
	if err := os.RemoveAll(filepath.Join(dir, "sys/class/net/bond1/bonding")); err != nil {
		t.Fatal(err)
	}
	if all, err := r.All(); err != nil || len(all) != 3 {
		t.Errorf("All() = %d bonds, %v; want 3", len(all), err)
	}
}

func TestProblems(t *testing.T) {
	r, _ := machine(t)
	all, err := r.All()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"bond0":  {StateDegraded, "eth1: no link, lost 3 times so far"},
		"bond1":  {StateDegraded, "eth3: no LACPDU received", "eth3: is in aggregator 2, others in 1"},
		"bond2":  {StateDown, ": has no member"},
		"bond10": {StateDegraded, "eth11: is no member but is up with the bond's MAC"},
	}
	for i := range all {
		s := &all[i]
		problems := append(s.Problems(), r.Duplicates(s)...)
		got := []string{s.State(problems)}
		for _, p := range problems {
			got = append(got, p.Member+": "+p.Text)
		}
		w := want[s.Name]
		ok := len(got) == len(w)
		for i := range w {
			ok = ok && strings.HasPrefix(got[i], w[i])
		}
		if !ok {
			t.Errorf("%s: %q, want %q", s.Name, got, w)
		}
	}
}

// The rules of diagnosis one by one, as root and as anybody (no partner MAC).
func TestLACPProblems(t *testing.T) {
	const zero, partner = "00:00:00:00:00:00", "02:00:00:00:99:01"
	for _, tt := range []struct {
		actor, partner int
		mac, want      string
	}{
		{63, 63, partner, ""},
		{61, 61, partner, ""},
		{63, 63, "", ""},
		{79, 1, zero, "no LACPDU received"},
		{79, 1, "", "no LACPDU received"},
		{71, 1, "", "no LACPDU received"},
		{199, 1, zero, "no LACPDU received"},
		{199, 1, "", "the LACP partner is silent"},
		{207, 1, partner, "the LACP partner is silent"},
		{79, 1, partner, "works with made-up partner data"},
		{7, 63, partner, "carries no traffic"},
		{63, 55, partner, "the switch does not take"},
		{unknownPort, unknownPort, "", ""},
		{unknownPort, unknownPort, zero, "no LACPDU received"},
	} {
		t.Run(fmt.Sprint(tt.actor, tt.partner, tt.mac), func(t *testing.T) {
			s := Status{
				Name: "bond0", Mode: "802.3ad", Up: true, Carrier: true, MIIMon: 100, LACP: &LACPStatus{},
				Members: []MemberStatus{{Name: "eth0", MII: "up", LACP: &Port{1, tt.actor, tt.partner, tt.mac}}},
			}
			got := ""
			for _, p := range s.Problems() {
				got += p.Text
			}
			if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestStates(t *testing.T) {
	member := []MemberStatus{{Name: "eth0", MII: "up", Carrier: true, Up: true}}
	for _, tt := range []struct {
		name   string
		status Status
		state  string
		first  string
	}{
		{"well", Status{Mode: "balance-rr", Up: true, Carrier: true, MIIMon: 100, Members: member}, StateUp, ""},
		{"arp monitor", Status{Mode: "balance-rr", Up: true, Carrier: true, ARPInterval: 100, Members: member}, StateUp, ""},
		{"no monitor", Status{Mode: "balance-rr", Up: true, Carrier: true, Members: member}, StateDegraded, "neither miimon"},
		{"set down", Status{Mode: "balance-rr", MIIMon: 100, Members: member}, StateDown, "is set down"},
		{"no carrier", Status{Mode: "balance-rr", Up: true, MIIMon: 100, Members: member}, StateDown, "has no carrier"},
		{
			"too few links", Status{Mode: "802.3ad", Up: true, MIIMon: 100, Members: member, LACP: &LACPStatus{MinLinks: 2, Ports: 1}}, StateDown,
			"has no carrier: no traffic can pass; min_links is 2, and 1 of its ports aggregated",
		},
		{"none active", Status{Mode: "active-backup", Up: true, Carrier: true, MIIMon: 100, Members: member}, StateDegraded, "has no active member"},
		{"delay", Status{
			Mode: "balance-rr", Up: true, Carrier: true, MIIMon: 100,
			Members: []MemberStatus{{Name: "eth0", MII: "going back", Up: true, Carrier: true}},
		}, StateDegraded, "link going back"},
	} {
		problems := tt.status.Problems()
		first := ""
		if len(problems) > 0 {
			first = problems[0].Text
		}
		if got := tt.status.State(problems); got != tt.state || !strings.HasPrefix(first, tt.first) || (first == "") != (tt.first == "") {
			t.Errorf("%s: %s, %q; want %s, %q", tt.name, got, first, tt.state, tt.first)
		}
	}
}

func FuzzParseProc(f *testing.F) {
	ar, err := txtar.ParseFile("testdata/machine.txtar")
	if err != nil {
		f.Fatal(err)
	}
	seeds := 0
	for _, file := range ar.Files {
		if strings.HasPrefix(file.Name, "proc/") {
			f.Add(string(file.Data))
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p := parseProc(text); len(p.members) > strings.Count(text, "Slave Interface") {
			t.Errorf("%d members", len(p.members))
		}
	})
}
