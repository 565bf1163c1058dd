// SPDX-License-Identifier: MIT

package engine_test

import (
	"testing"

	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// TestLinksAreTold: what a cable or a partner lacks is told, and is no matter of
// this machine: the outcome does not count it.
func TestLinksAreTold(t *testing.T) {
	for _, tt := range []struct {
		name    string
		without []string
		want    string
	}{
		{"one cable", []string{"eth0"}, "bond0: eth0: no link"},
		{"no cable", []string{"eth0", "eth1"}, "bond0: no carrier after 5 s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, fakekernel.New(fakekernel.Profiles["6.1"]))
			m.Loaded("bonding")
			m.AddNICs("eth0", "eth1")
			for _, nic := range tt.without {
				m.Change(nic, func(n *fakekernel.NIC) { n.Unplugged = true })
			}
			m.mustBe(engine.Done, m.do(start, aBond()))
			m.mustSay(tt.want)
		})
	}
}

// TestAdoptedKeepsWhatNobodyNamed: a default of ours is not forced upon a bond
// that somebody else made.
func TestAdoptedKeepsWhatNobodyNamed(t *testing.T) {
	m := newMachine(t, fakekernel.New(fakekernel.Profiles["6.1"]))
	m.AddNICs("eth0", "eth1")
	m.AddBond("bond0", [][2]string{{"mode", "active-backup"}, {"miimon", "200"}}, "eth0")
	for _, v := range []verb{start, start} {
		m.mustBe(engine.Done, m.do(v, aBond()))
		if got, err := m.Option("bond0", "", "miimon"); err != nil || got != "200" {
			t.Fatalf("miimon is %s, %v", got, err)
		}
	}
	m.mustBe(engine.Done, m.do(start, aBond(func(b *plan.Bond) { b.Options = nil }, option("miimon", "200"))))
}
