// SPDX-License-Identifier: MIT

package exasock

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
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

func TestCheckConfig(t *testing.T) {
	m := newMachine(t)
	m.nic("eth0", "e1000e", "02:00:00:00:00:01")
	const text = `
IFNAME[0]="bond0"
BONDNICS[0]="exa0 exa1"
EXASOCK[0]="yes"
IFNAME[1]="bond1"
BONDNICS[1]="exa2 eth0"
BONDMODE[1]="802.3ad"
IFOPTS[1]="miimon 0"
EXASOCK[1]="yes"
IFNAME[2]="bond2"
BONDNICS[2]="eth5"
BONDMODE[2]="balance-rr"
IFNAME[3]="bond3"
BONDNICS[3]="exa9"
BONDMODE[3]="1"
IFOPTS[3]="arp_interval 100 | arp_ip_target 192.0.2.1"
EXASOCK[3]="yes"
IFNAME[4]="bond4"
BONDNICS[4]="exa9"
IFOPTS[4]="arp_interval 100"
EXASOCK[4]="yes"
`
	f, err := shconf.Parse(strings.NewReader(text), "rc.bond.conf")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range Configured(bondconf.From(f)) {
		for _, p := range (Host{Root: m.root}).CheckConfig(b) {
			got = append(got, p.String())
		}
	}
	want := []string{
		`bond1: rc.bond.conf:7: BONDMODE is "802.3ad", and exasock manages only active-backup; set it to active-backup`,
		"bond1: rc.bond.conf:8: miimon is 0 and there is no arp_interval with an arp_ip_target: a lost link can be missed for ever; set miimon to 100",
		`bond1: rc.bond.conf:6: eth0 is no SmartNIC: its driver is "e1000e"; exasock takes only NICs of the driver exanic; take it out of BONDNICS, or EXASOCK away`,
		"bond4: rc.bond.conf:20: arp_interval without an arp_ip_target monitors nothing: a lost link can be missed for ever; set arp_ip_target, or miimon to 100",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
