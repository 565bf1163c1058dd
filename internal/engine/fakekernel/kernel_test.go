// SPDX-License-Identifier: MIT

package fakekernel

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/rtnl"
)

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// pair is a machine with eth0, eth1 and an empty bond0.
func pair(t *testing.T, options ...[2]string) *Kernel {
	t.Helper()
	k := New(Profile{})
	k.AddNICs("eth0", "eth1")
	k.Loaded("bonding")
	_, err := k.CreateBond("bond0", options)
	ok(t, err)
	return k
}

func (k *Kernel) macOf(name string) []byte { return k.must(name).mac }

// TestMAC: whose address a bond has.
func TestMAC(t *testing.T) {
	k := pair(t)
	random := slices.Clone(k.macOf("bond0"))
	ok(t, k.Enslave("bond0", "eth0"))
	if !bytes.Equal(k.macOf("bond0"), k.must("eth0").Permanent) {
		t.Error("a bond takes its first member's address")
	}
	ok(t, k.Enslave("bond0", "eth1"))
	if !bytes.Equal(k.macOf("eth1"), k.macOf("bond0")) {
		t.Error("further members take the bond's")
	}
	ok(t, k.Release("bond0", "eth0"))
	if !bytes.Equal(k.macOf("bond0"), k.must("eth0").Permanent) {
		t.Error("it keeps the address when that NIC leaves")
	}
	ok(t, k.Release("bond0", "eth1"))
	if bytes.Equal(k.macOf("bond0"), k.must("eth0").Permanent) || bytes.Equal(k.macOf("bond0"), random) {
		t.Error("an empty bond has a new random address")
	}
	if !bytes.Equal(k.macOf("eth1"), k.must("eth1").Permanent) {
		t.Error("a released NIC has its own again")
	}
	mine := []byte{2, 0, 0, 0, 0, 7}
	ok(t, k.SetMAC("bond0", mine))
	ok(t, k.Enslave("bond0", "eth0"))
	if !bytes.Equal(k.macOf("bond0"), mine) || !bytes.Equal(k.macOf("eth0"), mine) {
		t.Error("one set by hand stays")
	}
}

func TestFailedEnslave(t *testing.T) {
	k := pair(t)
	k.Change("eth0", func(n *NIC) { n.Dead = unix.ENETDOWN })
	ok(t, k.SetMAC("bond0", k.must("eth0").Permanent))
	refused(t, "a dead NIC", k.Enslave("bond0", "eth0"), unix.ENETDOWN)
	if bytes.Equal(k.macOf("bond0"), k.must("eth0").Permanent) {
		t.Error("a failed first member with the bond's own address makes that random")
	}
	mine := []byte{2, 0, 0, 0, 0, 7}
	ok(t, k.SetMAC("bond0", mine))
	refused(t, "a dead NIC", k.Enslave("bond0", "eth0"), unix.ENETDOWN)
	if !bytes.Equal(k.macOf("bond0"), mine) {
		t.Error("another one set by hand stays")
	}
	k.Up("eth1")
	refused(t, "a NIC that is up", k.Enslave("bond0", "eth1"), unix.EPERM)
	k.Down("eth1")
	ok(t, k.SetMTU("bond0", 9001))
	refused(t, "a NIC whose MTU is limited", k.Enslave("bond0", "eth1"), unix.ERANGE)
	ok(t, k.SetMTU("bond0", 9000))
	ok(t, k.Enslave("bond0", "eth1"))
	refused(t, "a member", k.Enslave("bond0", "eth1"), unix.EBUSY)
	refused(t, "lo", k.Enslave("bond0", "lo"), unix.EADDRNOTAVAIL)
	k.AddVLAN("eth0.1", "eth0")
	refused(t, "a VLAN on a NIC that is down", k.Enslave("bond0", "eth0.1"), unix.ENETDOWN)
	if got := k.must("eth1").mtu; got != 9000 {
		t.Errorf("a member has the bond's MTU, not %d", got)
	}
	ok(t, k.Release("bond0", "eth1"))
	if l := k.must("eth1"); l.mtu != 1500 || l.up {
		t.Errorf("a released NIC has its MTU again and is down: %d, %t", l.mtu, l.up)
	}
}

func TestFailOverMAC(t *testing.T) {
	k := pair(t, [2]string{"mode", "active-backup"}, [2]string{"fail_over_mac", "active"})
	ok(t, k.SetUp("bond0", true))
	ok(t, k.Enslave("bond0", "eth0"))
	ok(t, k.Enslave("bond0", "eth1"))
	ok(t, k.SetMAC("bond0", []byte{2, 0, 0, 0, 0, 7}))
	if !bytes.Equal(k.macOf("bond0"), k.must("eth0").Permanent) || k.must("bond0").assign != 3 {
		t.Error("an address is accepted and not taken")
	}
	k.Change("eth0", func(n *NIC) { n.Unplugged = true })
	if !bytes.Equal(k.macOf("bond0"), k.must("eth1").Permanent) {
		t.Error("the address follows the active member")
	}
}

// TestOptions: each option can be written in the state that the table names,
// and in no other.
func TestOptions(t *testing.T) {
	k := pair(t)
	refused(t, "arp_interval in a mode without it", func() error {
		ok(t, k.SetOption("bond0", "", "mode", "4"))
		return k.SetOption("bond0", "", "arp_interval", "0")
	}(), unix.EACCES)
	if v, _ := k.Option("bond0", "", "miimon"); v != "100" {
		t.Errorf("mode 4 sets miimon 100, not %s", v)
	}
	ok(t, k.SetOption("bond0", "", "mode", "active-backup"))
	ok(t, k.SetOption("bond0", "", "updelay", "250"))
	ok(t, k.SetOption("bond0", "", "miimon", "50"))
	if v, _ := k.Option("bond0", "", "updelay"); v != "100" {
		t.Errorf("a delay is rounded down and kept as a multiple: %s", v)
	}
	ok(t, k.SetOption("bond0", "", "arp_interval", "10"))
	if v, _ := k.Option("bond0", "", "miimon"); v != "0" {
		t.Errorf("arp_interval switches miimon off: %s", v)
	}
	refused(t, "a delay without miimon", k.SetOption("bond0", "", "updelay", "100"), unix.EPERM)
	ok(t, k.SetOption("bond0", "", "primary", "eth1"))
	if v, _ := k.Option("bond0", "", "primary"); v != "" {
		t.Errorf("a primary that is no member reads %q", v)
	}
	ok(t, k.Enslave("bond0", "eth1"))
	if v, _ := k.Option("bond0", "", "primary"); v != "eth1" {
		t.Errorf("primary reads %q", v)
	}
	refused(t, "fail_over_mac with members", k.SetOption("bond0", "", "fail_over_mac", "1"), unix.ENOTEMPTY)
	ok(t, k.SetUp("bond0", true))
	refused(t, "ad_select while up", k.SetOption("bond0", "", "ad_select", "1"), unix.EBUSY)
	ok(t, k.SetOption("bond0", "eth1", "queue_id", "16"))
	refused(t, "queue_id", k.SetOption("bond0", "eth1", "queue_id", "17"), unix.EPERM)
	ok(t, k.SetOption("bond0", "", "arp_ip_target", "10.0.0.1,10.0.0.2"))
	refused(t, "a target twice", k.SetOption("bond0", "", "arp_ip_target", "10.0.0.1,10.0.0.1"), unix.EINVAL)
	refused(t, "a number", k.SetOption("bond0", "", "miimon", "-1"), unix.EINVAL)
	k.NoOption = []string{"prio"}
	_, err := k.Option("bond0", "eth1", "prio")
	refused(t, "an option that is not there", err, fs.ErrNotExist)
	k.Refused = [][2]string{{"use_carrier", "off"}}
	refused(t, "a value that is gone", k.SetOption("bond0", "", "use_carrier", "0"), unix.EINVAL)
}

// TestDown: what setting a NIC down takes, and what it leaves.
func TestDown(t *testing.T) {
	k := New(Profile{})
	k.AddNICs("eth0")
	k.AddVLAN("eth0.7", "eth0")
	k.Up("eth0")
	if !k.must("eth0.7").up {
		t.Error("its VLANs are set up with a NIC")
	}
	k.Down("eth0.7")
	k.Addr("eth0", "10.0.0.1/24", 0)
	k.Addr("eth0", "2001:db8::1/64", 0)
	k.Route("10.1.0.0/16", 0, Way{"eth0", "10.0.0.254"})
	k.Neighbour("eth0", "10.0.0.7", false)
	k.Nexthop(7, "eth0", "10.0.0.254")
	k.Nexthop(8, "", "", 7)
	k.RouteIn(unix.RT_TABLE_MAIN, "10.2.0.0/16", 0, 8)
	k.Down("eth0")
	if len(k.routes)+len(k.neighs)+len(k.nexthops) != 0 {
		t.Errorf("routes, neighbours and nexthop objects are lost:\n%s", k.Snapshot())
	}
	if got := k.Snapshot(); !strings.Contains(got, "10.0.0.1/24") || strings.Contains(got, "2001:db8") {
		t.Errorf("IPv4 addresses stay, IPv6 ones are lost:\n%s", got)
	}
}

// message gives the only message of a class that contains text.
func (k *Kernel) message(t *testing.T, class rtnl.Class, text string) rtnl.Message {
	t.Helper()
	s, err := k.State()
	ok(t, err)
	for _, m := range s.Messages {
		if m.Class == class && strings.Contains(k.describe(m), text) {
			return m
		}
	}
	t.Fatalf("nothing with %q", text)
	return rtnl.Message{}
}

// TestReplay: what a dump has that cannot be sent back as it is.
func TestReplay(t *testing.T) {
	k := New(Profile{})
	k.AddNICs("eth0")
	k.Up("eth0")
	k.Addr("eth0", "10.0.0.1/24", 0)
	k.Route("10.1.0.0/16", 0, Way{"eth0", "10.0.0.254"})
	k.Nexthop(7, "eth0", "10.0.0.254")
	k.RouteIn(unix.RT_TABLE_MAIN, "10.2.0.0/16", 0, 7)
	k.Change("eth0", func(n *NIC) { n.Unplugged = true })
	route, byObject := k.message(t, rtnl.Route, "10.1.0.0/16"), k.message(t, rtnl.Route, "nhid 7")
	object := k.message(t, rtnl.Nexthop, "7")
	refused(t, "a route that is there", k.Add(k.message(t, rtnl.Route, "10.0.0.1/32")), unix.EEXIST)
	ok(t, k.Delete(object))
	ok(t, k.Delete(route))
	refused(t, "a route saved without carrier", k.Add(route), unix.EINVAL)
	refused(t, "a route by an object that is gone", k.Add(byObject), unix.EINVAL)
	ok(t, k.Add(object))
	refused(t, "a route by an object, with its device", k.Add(byObject), unix.EINVAL)
	k.Violations = nil
	refused(t, "a route of the kernel's own", k.Add(k.message(t, rtnl.Route, "10.0.0.0/24")), unix.EEXIST)
	if len(k.Violations) != 1 {
		t.Errorf("violations: %q", k.Violations)
	}
}

// TestOrder: IPv6 addresses are put first, IPv4 ones last, and go with their primary.
func TestOrder(t *testing.T) {
	k := New(Profile{})
	k.AddNICs("eth0")
	k.Up("eth0")
	for _, a := range []string{"10.0.0.1/24", "10.0.0.2/24", "2001:db8::1/64", "2001:db8::2/64"} {
		k.Addr("eth0", a, unix.IFA_F_NODAD)
	}
	var got []string
	for _, a := range k.addrs {
		if !a.auto {
			got = append(got, a.local.String())
		}
	}
	if want := []string{"2001:db8::2", "2001:db8::1", "10.0.0.1", "10.0.0.2"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	ok(t, k.Delete(k.AddrMessage("eth0", netip.MustParsePrefix("10.0.0.1/24"), 0)))
	refused(t, "its secondary", k.Delete(k.AddrMessage("eth0", netip.MustParsePrefix("10.0.0.2/24"), 0)), unix.EADDRNOTAVAIL)
}

// TestDAD: an IPv6 address is good some time after there is carrier, or never.
func TestDAD(t *testing.T) {
	k := New(Profile{})
	k.AddNIC(NIC{Name: "eth0", LinkDelay: 3 * time.Second})
	k.Up("eth0")
	k.Duplicates["2001:db8::2"] = true
	k.Addr("eth0", "2001:db8::1/64", 0)
	k.Addr("eth0", "2001:db8::2/64", 0)
	find := func(ip string) *address {
		for _, a := range k.addrs {
			if a.local.String() == ip {
				return a
			}
		}
		return nil
	}
	good, bad := find("2001:db8::1"), find("2001:db8::2")
	k.Sleep(3 * time.Second)
	if !good.tentative || bad.duplicate {
		t.Error("nothing is known before there is carrier")
	}
	start := k.Uptime()
	for bad.tentative && !bad.duplicate || good.tentative {
		k.Wait(context.Background(), time.Minute)
	}
	if took := k.Uptime() - start; took != dadOver {
		t.Errorf("it took %s", took)
	}
	if good.tentative || !bad.duplicate {
		t.Error("one is good, the other a duplicate")
	}
	k.RouteIn(unix.RT_TABLE_MAIN, "2001:db8:1::/48", 0, 0, Way{"eth0", "2001:db8::fe"})
}

// TestMTU: who follows a bond whose MTU is lowered for a moment.
func TestMTU(t *testing.T) {
	k := pair(t)
	ok(t, k.SetMTU("bond0", 9000))
	k.AddBridge("br0", "bond0")
	k.AddVLAN("br0.10", "br0")
	if k.must("br0").mtu != 9000 || k.must("br0.10").mtu != 9000 {
		t.Fatal("a bridge has its port's MTU")
	}
	ok(t, k.SetMTU("bond0", 1500))
	ok(t, k.SetMTU("bond0", 9000))
	if k.must("br0").mtu != 9000 || k.must("br0.10").mtu != 1500 {
		t.Errorf("the bridge comes back, the VLAN on it does not: %d, %d", k.must("br0").mtu, k.must("br0.10").mtu)
	}
}

func TestExasock(t *testing.T) {
	k := pair(t, [2]string{"mode", "active-backup"})
	_, err := k.ExasockBonds()
	refused(t, "without the driver", err, fs.ErrNotExist)
	ok(t, k.LoadModule("exasock"))
	ok(t, k.Enslave("bond0", "eth0"))
	refused(t, "a member that is no SmartNIC", k.ExasockManage("bond0"), unix.ENOENT)
	k.Change("eth0", func(n *NIC) { n.Driver = "exanic" })
	ok(t, k.ExasockManage("bond0"))
	refused(t, "a member of a managed bond", k.Release("bond0", "eth0"), unix.EOPNOTSUPP)
	refused(t, "unloading", k.UnloadModule("exasock"), unix.EBUSY)
	if err := k.DeleteBonds("bond0"); err == nil || len(k.Violations) != 1 {
		t.Error("deleting a managed bond hangs a kernel")
	}
	ok(t, k.ExasockRelease("bond0"))
	ok(t, k.DeleteBonds("bond0"))
}

// TestFaults: a call that is refused changes nothing, one at which the process
// dies has its effect or has not.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name string
		hook func(Call) Fault
		died bool
		up   bool
	}{
		{"refused", FailAt(1, true, unix.EIO), false, false},
		{"dies before", DieAt(1, false), true, false},
		{"dies after", DieAt(1, true), true, true},
		{"another call", FailAt(2, true, unix.EIO), false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := New(Profile{})
			k.AddNICs("eth0")
			k.Fault = tt.hook
			_, err := k.Links()
			ok(t, err)
			died := Dies(func() { err = k.SetUp("eth0", true) })
			if died != tt.died || k.must("eth0").up != tt.up || !died && !tt.up && !errors.Is(err, unix.EIO) {
				t.Errorf("died %t, up %t, %v", died, k.must("eth0").up, err)
			}
			if all, changes := k.Calls(); all != 2 || changes != 1 || k.Log[1].String() != "SetUp(eth0, true)" {
				t.Errorf("%d calls, %d changes, %s", all, changes, k.Log)
			}
		})
	}
}

// TestReplaced: a name that another interface took since Links was asked.
func TestReplaced(t *testing.T) {
	k := New(Profile{})
	k.AddNICs("eth0")
	_, err := k.Links()
	ok(t, err)
	k.Remove("eth0")
	k.AddNICs("eth0")
	refused(t, "another eth0", k.SetUp("eth0", true), unix.ENODEV)
	_, err = k.Links()
	ok(t, err)
	ok(t, k.SetUp("eth0", true))
}

func TestModules(t *testing.T) {
	k := New(Profile{})
	k.AddModule("e1000e", NIC{Name: "eth0", Driver: "e1000e"})
	k.NoModule("igb")
	refused(t, "a driver that is not there", k.LoadModule("igb"), unix.ENOENT)
	ok(t, k.LoadModule("e1000e"))
	ok(t, k.SetUp("eth0", true))
	if !k.ModuleInUse("e1000e") || !k.HasModule("e1000e") {
		t.Error("a driver with a NIC that is up is in use")
	}
	ok(t, k.UnloadModule("e1000e"))
	if k.Index("eth0") != 0 {
		t.Error("NICs go with their driver")
	}
	ok(t, k.LoadModule("bonding"))
	if k.Index("bond0") == 0 {
		t.Error("bonding makes bond0 by itself")
	}
}

// TestRandom: random machines can be made, are each like their clone, and stay
// as they are when time passes.
func TestRandom(t *testing.T) {
	kinds := map[string]bool{}
	for seed := range uint64(500) {
		k := Random(rand.New(rand.NewPCG(seed, 0)))
		c := k.Clone()
		before := k.Snapshot()
		c.Sleep(time.Minute)
		if got := c.Snapshot(); got != before {
			t.Fatalf("seed %d: its clone differs: %s", seed, cmp.Diff(before, got))
		}
		c.Down(c.links[1].Name)
		c.Put(c.AddrMessage("lo", netip.MustParsePrefix("192.0.2.1/32"), 0))
		if got := k.Snapshot(); got != before {
			t.Fatalf("seed %d: a change of the clone changes it", seed)
		}
		for _, word := range []string{"vlan", "macvlan", "bridge", "master=other0", "route", "neighbour", "nexthop", "dhcp", "2001:db8"} {
			kinds[word] = kinds[word] || strings.Contains(before, word)
		}
	}
	for word, seen := range kinds {
		if !seen {
			t.Errorf("no machine has a %s", word)
		}
	}
}
