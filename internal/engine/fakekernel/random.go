// SPDX-License-Identifier: MIT

package fakekernel

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Random makes a machine with one to eight NICs eth0, eth1, …, in any state
// that NICs are found in: up or down, with addresses of both families, routes,
// neighbours, VLANs, macvlans, in bridges, in bonds of other people's, with a
// DHCP client, without a cable, or not fit to be used. The clock has run
// until duplicate address detection is over.
func Random(r *rand.Rand) *Kernel {
	names := slices.Sorted(maps.Keys(Profiles))
	k := New(Profiles[names[r.IntN(len(names))]])
	one := func(in int) bool { return r.IntN(in) == 0 }
	k.NoIPv6 = one(10)
	if one(2) {
		k.Loaded("bonding")
	}
	n := 1 + r.IntN(8)
	for i := range n {
		nic := NIC{
			Name: fmt.Sprintf("eth%d", i), Driver: []string{"", "e1000e", "virtio_net"}[r.IntN(3)], PCI: fmt.Sprintf("0000:%02x:00.0", i+1),
			Unplugged: one(6), MACWhileDown: one(3),
		}
		if one(4) {
			nic.LinkDelay = time.Duration(r.IntN(4000)) * time.Millisecond
		}
		if one(8) {
			nic.MaxMTU = 1500
		}
		if one(10) {
			nic.Dead = []error{unix.ENETDOWN, unix.ENODEV, unix.EIO, unix.ERFKILL}[r.IntN(4)]
		}
		k.AddNIC(nic)
		if nic.Driver != "" {
			k.Loaded(nic.Driver)
		}
		if nic.Dead == nil && one(2) {
			k.Up(nic.Name)
		}
		if one(4) {
			k.must(nic.Name).mtu = []int{1400, 1500}[r.IntN(2)]
		}
		if one(6) {
			k.ForceMAC(nic.Name, []byte{2, 0, 0, 0, 1, byte(i)})
		}
		k.randomNet(r, nic.Name, i)
		if one(8) {
			k.Client(nic.Name)
		}
		if one(5) {
			v := nic.Name + ".7"
			k.AddVLAN(v, nic.Name)
			if k.must(nic.Name).up && one(2) {
				k.Up(v)
				k.randomNet(r, v, 20+i)
			}
		}
		if one(8) {
			k.AddMacvlan(fmt.Sprintf("mv%d", i), nic.Name)
		}
	}
	if n > 2 && one(4) {
		k.AddBridge("br0", "eth1")
		k.Up("br0")
	}
	if n > 4 && one(4) && k.must("eth4").Dead == nil && k.must("eth4").MaxMTU >= 1500 {
		k.AddBond("other0", [][2]string{{"mode", "balance-xor"}, {"miimon", "50"}}, "eth4")
		k.randomNet(r, "other0", 40)
	}
	k.Sleep(10 * time.Second)
	return k
}

// randomNet gives an interface addresses, and routes and the like if it is up.
func (k *Kernel) randomNet(r *rand.Rand, name string, i int) {
	one := func(in int) bool { return r.IntN(in) == 0 }
	l := k.must(name)
	if one(2) {
		k.Addr(name, fmt.Sprintf("10.%d.0.1/24", i), 0)
		if one(2) {
			k.Addr(name, fmt.Sprintf("10.%d.0.2/24", i), 0)
		}
		if one(3) {
			k.Addr(name, fmt.Sprintf("172.16.%d.1/30", i), 0)
		}
		if l.up {
			if one(3) {
				k.Route(fmt.Sprintf("10.%d.99.0/24", i), r.IntN(3), Way{name, fmt.Sprintf("10.%d.0.254", i)})
			}
			if one(3) {
				k.Route(fmt.Sprintf("10.%d.98.0/24", i), 0, Way{name, ""})
			}
			if one(6) {
				k.RouteIn(1000+i, "0.0.0.0/0", 0, 0, Way{name, fmt.Sprintf("10.%d.0.254", i)})
			}
			if one(4) {
				k.Neighbour(name, fmt.Sprintf("10.%d.0.77", i), one(2))
			}
			if !k.NoNexthops && one(4) {
				id := uint32(100 + i*10)
				k.Nexthop(id, name, fmt.Sprintf("10.%d.0.254", i))
				k.RouteIn(unix.RT_TABLE_MAIN, fmt.Sprintf("10.%d.97.0/24", i), 0, id)
			}
			if other := k.find("eth0"); other != nil && other != l && other.up && one(4) {
				k.Route(fmt.Sprintf("10.%d.96.0/24", i), 0, Way{name, ""}, Way{"eth0", ""})
			}
		}
	}
	if k.NoIPv6 || !l.up {
		return
	}
	if one(3) {
		for j := range 1 + r.IntN(3) {
			k.Addr(name, fmt.Sprintf("2001:db8:%x::%x/64", i, j+1), []uint32{0, unix.IFA_F_NODAD, unix.IFA_F_NOPREFIXROUTE}[r.IntN(3)])
		}
		if one(2) {
			k.Route(fmt.Sprintf("2001:db8:ff%02x::/64", i), 0, Way{name, fmt.Sprintf("2001:db8:%x::fe", i)})
		}
		if one(4) {
			k.Neighbour(name, fmt.Sprintf("2001:db8:%x::77", i), one(2))
		}
	}
}
