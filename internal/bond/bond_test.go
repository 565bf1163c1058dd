// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T, f *fake) *Bond {
	t.Helper()
	b, err := newBond(f, "bond0", false, func(s string) { t.Log(s) })
	if err != nil {
		t.Fatal(err)
	}
	f.calls = nil
	return b
}

func TestEnslave(t *testing.T) {
	f := newFake()
	b := open(t, f)
	for _, nic := range []string{"eth0", "eth1"} {
		if err := b.Enslave(nic); err != nil {
			t.Fatal(err)
		}
		l := f.links[nic]
		if l.Master != 9 || !l.Up() || l.MTU != 1500 || FormatMAC(l.Addr) != "02:00:00:00:00:09" {
			t.Errorf("%s is %+v", nic, l)
		}
	}
	if len(f.addrs[2]) != 0 {
		t.Errorf("eth0 still has %v", f.addrs[2])
	}
	if slices.ContainsFunc(f.calls, func(s string) bool { return strings.HasPrefix(s, "SetMTU") }) {
		t.Error("the MTU was set before the driver could see it, and remember it")
	}
}

// TestEnslaveFails lets every call fail, one after the other: an error must
// come back, and the NIC and the bond must be as they were.
func TestEnslaveFails(t *testing.T) {
	tests := map[string]func(*fake){
		"through the ioctl": func(*fake) {},
		"through sysfs":     func(f *fake) { f.exasock = true },
		"bond without address (before 3.9)": func(f *fake) {
			f.change("bond0", func(l *Link) { l.Addr = make([]byte, 6) })
		},
	}
	for name, setup := range tests {
		t.Run(name, func(t *testing.T) {
			refused := 0
			for n := 1; ; n++ {
				f := newFake()
				setup(f)
				before := f.state()
				b := open(t, f)
				f.refuse = n
				err := b.Enslave("eth0")
				if err == nil {
					if len(f.calls) >= n {
						t.Fatalf("call %d, %s, failed, and nobody noticed", n, f.calls[n-1])
					}
					break
				}
				refused++
				after := f.state()
				if f.calls[n-1] == "Link eth0" && after.Links["eth0"].Master == 9 {
					continue // it joined, and what it looks like then was not told
				}
				if !reflect.DeepEqual(before, after) {
					t.Errorf("call %d, %s, failed: %v\nbefore: %+v\nafter:  %+v", n, f.calls[n-1], err, before, after)
				}
				if text := err.Error(); !strings.HasPrefix(text, "eth0: ") && !strings.HasPrefix(text, "bond0: ") || !strings.Contains(text, "input/output error") {
					t.Errorf("call %d, %s, failed: %v", n, f.calls[n-1], err)
				}
			}
			if refused < 8 {
				t.Errorf("only %d calls were made to fail", refused)
			}
		})
	}
}

// TestEnslaveCannotUndo: what could not be put back is told, all of it.
func TestEnslaveCannotUndo(t *testing.T) {
	f := newFake()
	b := open(t, f)
	f.joinErr = unix.EBUSY
	b.k = brokenAfter{f}
	err := b.Enslave("eth0")
	if err == nil {
		t.Fatal("no error")
	}
	want := "eth0: cannot join bond0: device or resource busy: something else uses it (a bridge, a team, macvlan): take it out there first\n" +
		"eth0: cannot put back address 192.0.2.1/24: no buffer space available\n" +
		"eth0: cannot put back address 192.0.2.2/24: no buffer space available\n" +
		"eth0: cannot put back address 2001:db8::1/64: no buffer space available\n" +
		"eth0: cannot put back a route: no buffer space available\n" +
		"eth0: cannot put back a route: no buffer space available"
	if err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

// brokenAfter is a kernel that takes nothing back.
type brokenAfter struct{ *fake }

func (brokenAfter) AddAddr(Addr) error   { return unix.ENOBUFS }
func (brokenAfter) AddRoute(Route) error { return unix.ENOBUFS }

func TestRefusals(t *testing.T) {
	member := func(of int) func(*fake) {
		return func(f *fake) { f.change("eth0", func(l *Link) { l.Master = of }) }
	}
	nothing := func(*fake) {}
	enslave := func(nic string) func(*Bond) error { return func(b *Bond) error { return b.Enslave(nic) } }
	release := func(nic string) func(*Bond) error {
		return func(b *Bond) error { _, err := b.Release(nic); return err }
	}
	tests := []struct {
		name  string
		setup func(*fake)
		do    func(*Bond) error
		want  string
	}{
		{"itself", nothing, enslave("bond0"), "bond0: a bond cannot be a member of itself"},
		{"loopback", nothing, enslave("lo"), "lo: the loopback interface cannot be a member of a bond"},
		{"missing", nothing, enslave("eth9"), "eth9: no such device: 'ifenslave -a' lists what there is"},
		{"already there", member(9), enslave("eth0"), "eth0: is already a member of bond0"},
		{"elsewhere", member(3), enslave("eth0"), "eth0: is a member of eth1: take it out there first"},
		{"release of no member", nothing, release("eth0"), "eth0: is not a member of bond0"},
		{"release of another's", member(3), release("eth0"), "eth0: is not a member of bond0, but of eth1"},
		{"release of what is not there", nothing, release("eth9"), "eth9: no such device: 'ifenslave -a' lists what there is"},
		{"activate what is no member", nothing, func(b *Bond) error { return b.Activate("eth0") }, "eth0: is not a member of bond0"},
		{"activate in balance-rr", func(f *fake) { member(9)(f); f.mode = BalanceRR }, func(b *Bond) error { return b.Activate("eth0") },
			"eth0: mode balance-rr of bond0 has no active member; these have: active-backup, balance-tlb, balance-alb"},
		{"not Ethernet", func(f *fake) { f.joinErr = unix.EINVAL }, enslave("eth1"),
			"eth1: cannot join bond0: invalid argument: its kind does not go with the bond (Ethernet and others do not mix), or it is a bond itself"},
		{"no SmartNIC", func(f *fake) { f.exasock = true; f.noSmart = errors.New("eth1 is a VLAN") }, enslave("eth1"),
			"bond0: is managed by exasock: eth1 is a VLAN"},
		{"exasock on a kernel from 5.15 on", func(f *fake) { f.exasock = true; f.joinErr = unix.EOPNOTSUPP }, enslave("eth1"),
			"eth1: cannot join bond0: operation not supported: from kernel 5.15 on exasock cannot change the members of a bond that it manages: " +
				"'bondctl exasock release bond0', do this again, 'bondctl exasock manage bond0'"},
		{"exasock and the address", func(f *fake) {
			f.exasock = true
			bond := f.links["bond0"]
			f.change("eth0", func(l *Link) { l.Master, l.Permanent = bond.Index, bond.Addr })
			f.change("eth1", func(l *Link) { l.Master, l.Permanent = bond.Index, []byte{2, 0, 0, 0, 0, 2} })
		}, release("eth0"),
			"eth0: bond0 has its hardware address, and would keep it: two interfaces with one address disturb each other, and bond0 is managed by exasock; " +
				"first give bond0 the address of eth1: ip link set bond0 address 02:00:00:00:00:02"},
		{"no SmartNIC, by the driver", func(f *fake) { f.exasock = true; f.joinErr = unix.ENODEV }, enslave("eth1"),
			"eth1: cannot join bond0: no such device: it is no SmartNIC, and bond0 is managed by exasock"},
		{"not with exasock", func(f *fake) { f.exasock = true; f.joinErr = unix.Errno(524) }, enslave("eth1"),
			"eth1: cannot join bond0: operation not supported (error 524): bond0 is managed by exasock, which does not allow this"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake()
			tt.setup(f)
			before := f.state()
			err := tt.do(open(t, f))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			if after := f.state(); !reflect.DeepEqual(before, after) {
				t.Errorf("before: %+v\nafter:  %+v", before, after)
			}
		})
	}
}

func TestBondRefusals(t *testing.T) {
	tests := []struct {
		name  string
		setup func(*fake)
		force bool
		want  string
	}{
		{"well", func(*fake) {}, false, ""},
		{"missing", func(f *fake) { delete(f.links, "bond0") }, false, "bond0: no such device: 'ifenslave -a' lists what there is"},
		{"a NIC", func(f *fake) { f.links["bond0"] = f.links["eth0"] }, true, "bond0: not a bond"},
		{"another driver", func(f *fake) { f.driver = "eql" }, true, "bond0: not a bond"},
		{"down", func(f *fake) { f.change("bond0", func(l *Link) { l.Flags &^= unix.IFF_UP }) }, true,
			"bond0: the bond is not up: 'ip link set bond0 up' first"},
		{"old driver", func(f *fake) { f.abi = 1 }, true, "bond0: the bonding driver speaks version 1 of its ABI, which is too old: 2 is needed"},
		{"InfiniBand", func(f *fake) { f.change("bond0", func(l *Link) { l.Type = unix.ARPHRD_INFINIBAND }) }, false,
			"bond0: the bond is not Ethernet (hardware type 32); -f does it all the same"},
		{"InfiniBand, forced", func(f *fake) { f.change("bond0", func(l *Link) { l.Type = unix.ARPHRD_INFINIBAND }) }, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake()
			tt.setup(f)
			_, err := newBond(f, "bond0", tt.force, func(string) {})
			if err == nil && tt.want != "" || err != nil && err.Error() != tt.want {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	f := newFake()
	b := open(t, f)
	for _, nic := range []string{"eth0", "eth1"} {
		if err := b.Enslave(nic); err != nil {
			t.Fatal(err)
		}
	}
	f.change("bond0", func(l *Link) { l.Addr = f.links["eth0"].Permanent }) // as if it had taken its first member's
	warning, err := b.Release("eth0")
	if err != nil {
		t.Fatal(err)
	}
	want := "eth0: bond0 keeps the hardware address 02:00:00:00:00:01, which is eth0's own again: two interfaces with one address " +
		"disturb each other; leave eth0 down, or give bond0 the address of eth1: ip link set bond0 address 02:00:00:00:00:02"
	if warning != want {
		t.Errorf("warning %q\nwant %q", warning, want)
	}
	if warning, err := b.Release("eth1"); err != nil || warning != "" {
		t.Errorf("Release(eth1) = %q, %v", warning, err)
	}
}

func TestThroughSysfs(t *testing.T) {
	f := newFake()
	f.exasock = true
	b := open(t, f)
	if err := b.Enslave("eth1"); err != nil {
		t.Fatal(err)
	}
	if err := b.Activate("eth1"); err != nil {
		t.Fatal(err)
	}
	if f.links["bond0"].Active != 3 {
		t.Error("eth1 is not the active one")
	}
	if _, err := b.Release("eth1"); err != nil {
		t.Fatal(err)
	}
	for _, write := range []string{"write bond0 slaves +eth1", "write bond0 active_slave eth1", "write bond0 slaves -eth1"} {
		if !slices.Contains(f.calls, write) {
			t.Errorf("no %q among %q", write, f.calls)
		}
	}
	if slices.ContainsFunc(f.calls, func(s string) bool { return strings.HasPrefix(s, "SIOCBOND") }) {
		t.Errorf("a bonding ioctl on a bond that exasock manages: %q", f.calls)
	}
}
