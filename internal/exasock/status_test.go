// SPDX-License-Identifier: MIT

package exasock

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStatus(t *testing.T) {
	m := newMachine(t)
	var log []string
	h := m.driver(nil, &log)
	if _, _, err := h.Manage("bond0"); err != nil {
		t.Fatal(err)
	}
	w := newWriter(t, filepath.Join(m.root, Device("bond0")), wordOf(1, 0, 0))
	want := Status{
		Bond: "bond0", Managed: true, Mode: "active-backup", MAC: "64:3f:5f:00:00:00", Up: true,
		Monitor: Monitor{MIIMon: 100, Interval: 100, Poll: 100},
		Members: []Member{
			{Name: "exa0", Driver: "exanic", Port: &Port{0, 0}, MII: "up"},
			{Name: "exa1", Driver: "exanic", Port: &Port{0, 1}, MII: "up"},
		},
		Device: w.path, Active: &Port{0, 0}, BondingActive: "exa0", Holders: []Holder{}, Problems: []Problem{},
	}
	got, err := h.Status("bond0")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}

	for _, test := range []struct {
		name   string
		word   Word
		active string // by bonding
		want   string // the problem
	}{
		{"the other port", wordOf(1, 0, 1), "exa0", "the page names exanic0 port 1, but by bonding exa0 is active, which is exanic0 port 0"},
		{"none by the page", wordOf(0, 0, 0), "exa1", "the page names no active port, but by bonding exa1 is active"},
		{"none by bonding", wordOf(1, 0, 1), "", "the page names exanic0 port 1, but by bonding no member is active"},
		{"none by both", wordOf(0, 0, 1), "", ""},
		{"agreed", wordOf(1, 0, 1), "exa1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.set(test.word)
			m.put("sys/class/net/bond0/bonding/active_slave", test.active+"\n")
			s, err := h.Status("bond0")
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, p := range s.Problems {
				got += p.Text
			}
			if got != test.want {
				t.Errorf("problems %q, want %q", got, test.want)
			}
		})
	}

	m.remove(Device("bond0"))
	s, err := h.Status("bond0")
	if err != nil || len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Text, "does not exist, which programs read") {
		t.Errorf("without the page: %+v, %v", s.Problems, err)
	}
}

func TestMonitor(t *testing.T) {
	for _, test := range []struct {
		mii, arp, target string
		want             Monitor
	}{
		{"0", "0", "", Monitor{0, 0, 0, 200}},
		{"100", "0", "", Monitor{100, 0, 100, 100}},
		{"1000", "0", "", Monitor{1000, 0, 1000, 200}},
		{"0", "50", "192.0.2.1", Monitor{0, 50, 50, 50}},
		{"0", "50", "", Monitor{0, 50, 0, 200}},
		{"100", "50", "192.0.2.1", Monitor{100, 50, 50, 50}},
		{"100", "5000", "192.0.2.1", Monitor{100, 5000, 100, 100}},
	} {
		m := newMachine(t)
		m.bond("bond0", map[string]string{"miimon": test.mii + "\n", "arp_interval": test.arp + "\n", "arp_ip_target": test.target + "\n"})
		s, err := Host{Root: m.root}.Status("bond0")
		if err != nil || s.Monitor != test.want {
			t.Errorf("miimon %s, arp_interval %s, target %q: %+v, %v; want %+v", test.mii, test.arp, test.target, s.Monitor, err, test.want)
		}
	}
}
