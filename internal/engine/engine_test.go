// SPDX-License-Identifier: MIT

package engine_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/plan"
)

func TestStartAndStop(t *testing.T) {
	m := usual(t)
	before := m.Snapshot()
	m.mustBe(engine.Done, m.do(start, aBond(addrs("192.0.2.10/24", "2001:db8::10/64"))))
	if diff := cmp.Diff([]string{"Starting bond0:  eth0 eth1 (active-backup)"}, m.said.console); diff != "" {
		t.Error(diff)
	}
	if got := m.Members("bond0"); !slices.Equal(got, []string{"eth0", "eth1"}) {
		t.Errorf("members %v", got)
	}
	up := m.Snapshot()
	for _, part := range []string{"192.0.2.10/24", "2001:db8::10/64", "miimon 100"} {
		if !strings.Contains(up, part) {
			t.Errorf("no %s in\n%s", part, up)
		}
	}
	m.mustBe(engine.Done, m.do(start, aBond(addrs("192.0.2.10/24", "2001:db8::10/64"))))
	if diff := cmp.Diff(up, m.Snapshot()); diff != "" {
		t.Errorf("a second start changes something: %s", diff)
	}
	m.mustBe(engine.Done, m.do(stop, nil))
	if diff := cmp.Diff([]string{"Stopping bond0"}, m.said.console); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, m.Snapshot()); diff != "" {
		t.Errorf("stop does not give the machine back: %s", diff)
	}
	if len(m.Violations) > 0 {
		t.Error(m.Violations)
	}
}

func TestMissingNICDegrades(t *testing.T) {
	m := usual(t)
	p := aBond(members("eth0", "eth1", "eth9"))
	m.mustBe(engine.Degraded, m.do(start, p))
	m.mustSay("bond0: no such NIC: eth9")
	m.AddNICs("eth9")
	m.mustBe(engine.Done, m.do(start, p, "bond0"))
	if got := m.Members("bond0"); !slices.Equal(got, []string{"eth0", "eth1", "eth9"}) {
		t.Errorf("members %v", got)
	}
}

func TestDeadNICDegrades(t *testing.T) {
	for _, errno := range []unix.Errno{unix.ENETDOWN, unix.EIO, unix.ERFKILL, unix.ENODEV} {
		for _, dead := range []string{"eth0", "eth1"} {
			t.Run(dead+" "+errno.Error(), func(t *testing.T) {
				m := usual(t)
				m.Change(dead, func(n *fakekernel.NIC) { n.Dead = errno })
				before := m.Snapshot()
				m.mustBe(engine.Degraded, m.do(start, aBond()))
				m.mustSay(dead)
				if got := m.Members("bond0"); len(got) != 1 || got[0] == dead {
					t.Errorf("members %v", got)
				}
				m.do(stop, nil)
				if dead == "eth1" { // one that cannot be set up does not come back up
					return
				}
				_ = before
			})
		}
	}
	m := usual(t)
	for _, nic := range []string{"eth0", "eth1"} {
		m.Change(nic, func(n *fakekernel.NIC) { n.Dead = unix.ENETDOWN })
	}
	m.mustBe(engine.Degraded, m.do(start, aBond()))
	m.mustSay("none of its members could join it")
	if m.Index("bond0") != 0 {
		t.Error("a bond without members stays")
	}
}

func TestRefusedBeforeAnything(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(m *machine) *plan.Plan
		want string
	}{
		{"no NIC is there", func(m *machine) *plan.Plan { return aBond(members("eth7", "eth8")) }, "none of its members can be used"},
		{"loopback", func(m *machine) *plan.Plan { return aBond(members("eth0", "lo")) }, "lo is the loopback interface"},
		{"a bridge's", func(m *machine) *plan.Plan { m.AddBridge("br0", "eth1"); return aBond() }, "eth1 belongs to br0 already"},
		{"another bond", func(m *machine) *plan.Plan {
			m.AddBond("bond9", nil, "eth2")
			return aBond(members("eth0", "bond9"))
		}, "bond9 is a bond itself"},
		{"not a bond", func(m *machine) *plan.Plan { m.AddBridge("bond0"); return aBond() }, "not a bond"},
		{"the address is in use", func(m *machine) *plan.Plan {
			m.macs.inUse = map[string]bool{"02:00:00:00:00:99": true}
			return aBond(func(b *plan.Bond) { b.HWAddr.Addr = "02:00:00:00:00:99" })
		}, "is in use"},
		{"the root file system", func(m *machine) *plan.Plan {
			m.root = map[string]string{"eth0": "NFS from 192.0.2.9"}
			return aBond()
		}, "eth0 carries the root file system (NFS from 192.0.2.9)"},
		{"somebody else's bond", func(m *machine) *plan.Plan {
			m.AddBond("bond0", nil, "eth2")
			return aBond()
		}, "made by other means and has the member eth2"},
		{"not a SmartNIC", func(m *machine) *plan.Plan { return aBond(func(b *plan.Bond) { b.Exasock = true }) }, "not a SmartNIC"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := usual(t)
			p := test.make(m)
			before := m.Snapshot()
			for _, v := range []verb{start, restart} {
				m.mustBe(engine.Degraded, m.do(v, p))
				m.mustSay(test.want)
				m.mustSay("nothing touched")
				if diff := cmp.Diff(before, m.Snapshot()); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestOptionsThisKernelLacks(t *testing.T) {
	m := usual(t)
	m.Profile = fakekernel.Profiles["7.2"]
	m.NoOption = []string{"arp_missed_max"}
	p := aBond(option("use_carrier", "off"), option("num_grat_arp", "3"), option("arp_missed_max", "4"))
	m.mustBe(engine.Degraded, m.do(start, p))
	m.mustSay("use_carrier")
	m.mustSay("arp_missed_max")
	if !strings.Contains(m.Snapshot(), "num_grat_arp 3") {
		t.Error("the other option is not set")
	}
	m.mustBe(engine.Degraded, m.do(start, p))
}

func TestLiveChanges(t *testing.T) {
	m := usual(t)
	m.mustBe(engine.Done, m.do(start, aBond(addrs("192.0.2.10/24"), option("updelay", "200"))))
	m.ForceMAC("eth1", []byte{2, 9, 9, 9, 9, 9})
	m.ForceMTU("eth1", 1400)
	changed := aBond(addrs("192.0.2.20/24"), option("updelay", "200"), members("eth0", "eth1", "eth2"), func(b *plan.Bond) { b.Options[0].Value = "50" })
	m.mustBe(engine.Done, m.do(start, changed))
	s := m.Snapshot()
	for _, part := range []string{"miimon 50", "updelay 200", "192.0.2.20/24"} {
		if !strings.Contains(s, part) {
			t.Errorf("no %s in\n%s", part, s)
		}
	}
	if strings.Contains(s, "192.0.2.10/24") {
		t.Error("the old address stays")
	}
	if strings.Contains(s, "020909090909") || strings.Contains(s, "mtu=1400") {
		t.Errorf("eth1 keeps its own address or MTU:\n%s", s)
	}
}

func TestModeTakesARestart(t *testing.T) {
	m := usual(t)
	before := m.Snapshot()
	m.mustBe(engine.Done, m.do(start, aBond(addrs("192.0.2.10/24"))))
	m.AddVLAN("bond0.5", "bond0")
	m.Up("bond0.5")
	m.Addr("bond0.5", "10.5.0.1/24", 0)
	m.Addr("bond0.5", "2001:db8:5::1/64", 0)
	m.Addr("bond0", "198.18.0.1/24", 0)
	m.Route("10.6.0.0/24", 0, fakekernel.Way{Dev: "bond0.5", Via: "10.5.0.254"})
	other := aBond(addrs("192.0.2.10/24"), func(b *plan.Bond) { b.Mode = bond.BalanceXOR })
	m.mustBe(engine.Degraded, m.do(start, other))
	m.mustSay("it runs in mode active-backup, not balance-xor: /etc/rc.d/rc.bond bond0_restart changes that")
	was := m.Snapshot()
	m.mustBe(engine.Done, m.do(restart, other))
	want := strings.Replace(was, "mode active-backup", "mode balance-xor", 1)
	want = strings.Replace(want, "  primary \n", "", 1) // which that mode does not have
	if diff := cmp.Diff(want, m.Snapshot()); diff != "" {
		t.Error(diff)
	}
	m.mustBe(engine.Degraded, m.do(stop, nil))
	m.mustSay("bond0.5 would go with it")
	m.Remove("bond0.5")
	m.mustBe(engine.Done, m.do(stop, nil))
	if diff := cmp.Diff(before, m.Snapshot()); diff != "" {
		t.Error(diff)
	}
}

func TestRestartOfWhatIsRightReleasesNothing(t *testing.T) {
	m := usual(t)
	p := aBond(addrs("192.0.2.10/24"))
	m.mustBe(engine.Done, m.do(start, p))
	was := m.Snapshot()
	m.Log = nil
	m.mustBe(engine.Done, m.do(restart, p))
	for _, c := range m.Log {
		if c.Method == "Release" || c.Method == "SetMTU" || c.Method == "Enslave" {
			t.Errorf("%s", c)
		}
	}
	if diff := cmp.Diff(was, m.Snapshot()); diff != "" {
		t.Error(diff)
	}
}

func TestReplacedNIC(t *testing.T) {
	m := usual(t)
	p := aBond()
	m.mustBe(engine.Done, m.do(start, p))
	m.Remove("eth1")
	m.AddNICs("eth1")
	m.mustBe(engine.Done, m.do(start, p, "bond0"))
	m.mustBe(engine.Done, m.do(restart, p))
	if got := m.Members("bond0"); len(got) != 2 {
		t.Errorf("members %v", got)
	}
}

func TestDuplicateAddress(t *testing.T) {
	m := usual(t)
	m.Duplicates = map[string]bool{"2001:db8::10": true}
	m.mustBe(engine.Degraded, m.do(start, aBond(addrs("2001:db8::10/64"))))
	m.mustSay("2001:db8::10/64 is a duplicate")
}

func TestHooks(t *testing.T) {
	m := usual(t)
	var called []string
	m.hook = func(function, bond string) error { called = append(called, function+" "+bond); return nil }
	p := aBond()
	p.HookUp, p.HookDown = true, true
	m.mustBe(engine.Done, m.do(start, p))
	m.mustBe(engine.Done, m.do(start, p))
	m.mustBe(engine.Done, m.do(stop, p))
	if diff := cmp.Diff([]string{"bond_up bond0", "bond_down bond0"}, called); diff != "" {
		t.Error(diff)
	}
}

func TestRootFileSystem(t *testing.T) {
	m := usual(t)
	p := aBond()
	m.mustBe(engine.Done, m.do(start, p))
	m.root = map[string]string{"bond0": "NFS from 192.0.2.9", "eth0": "NFS from 192.0.2.9"}
	was := m.Snapshot()
	m.mustBe(engine.Done, m.do(start, p)) // nothing is to join
	m.mustBe(engine.Degraded, m.do(stop, nil))
	m.mustSay(`bond0: not stopped: it carries the root file system (NFS from 192.0.2.9); ALLOW_ROOT_NIC="bond0" stops it all the same`)
	if diff := cmp.Diff(was, m.Snapshot()); diff != "" {
		t.Error(diff)
	}
	p.RootNICs = []string{"bond0"}
	m.mustBe(engine.Done, m.do(stop, p))
	p.RootNICs = []string{"eth0"}
	m.mustBe(engine.Done, m.do(start, p))
}

// TestTakenBondGetsItsOptionsBack: those too that its own mode does not have.
func TestTakenBondGetsItsOptionsBack(t *testing.T) {
	m := usual(t)
	m.AddBond("bond0", nil)
	m.Down("bond0")
	before := m.Snapshot()
	p := aBond(option("lacp_rate", "fast"), option("updelay", "200"), func(b *plan.Bond) { b.Mode = bond.LACP; b.LinkWait = 0 })
	m.mustBe(engine.Done, m.do(start, p))
	m.mustBe(engine.Done, m.do(stop, nil))
	// But for its address, which is random again.
	random := regexp.MustCompile(`(bond0 .*) mac=\w+`)
	if diff := cmp.Diff(random.ReplaceAllString(before, "$1"), random.ReplaceAllString(m.Snapshot(), "$1")); diff != "" {
		t.Error(diff)
	}
	if rate, err := m.Option("bond0", "", "lacp_rate"); err != nil || rate != "slow" {
		t.Errorf("lacp_rate is %q, %v", rate, err)
	}
}
