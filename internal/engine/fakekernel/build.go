// SPDX-License-Identifier: MIT

package fakekernel

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/rtnl"
)

// A NIC is a network card.
type NIC struct {
	Name      string
	Permanent []byte // its MAC address; nil: one of its own is made up
	MinMTU    int    // 0: 68
	MaxMTU    int    // 0: 9000; negative: not known
	Driver    string
	PCI       string
	Wireless  bool
	// Dead is the error with which it refuses to be set up or to join.
	Dead error
	// Unplugged: it has no cable.
	Unplugged bool
	// LinkDelay is how long it takes from being set up until there is carrier.
	LinkDelay time.Duration
	// MACWhileDown: its address can be changed only while it is down.
	MACWhileDown bool
}

// AddNIC plugs a card in. It is down.
func (k *Kernel) AddNIC(n NIC) {
	if n.MaxMTU == 0 {
		n.MaxMTU = 9000
	}
	l := k.add(n, "")
	if l.Permanent == nil {
		l.Permanent = []byte{0x00, 0x16, 0x3e, 0, byte(l.index >> 8), byte(l.index)}
	}
	l.mac = slices.Clone(l.Permanent)
}

// AddNICs plugs ordinary cards in.
func (k *Kernel) AddNICs(names ...string) {
	for _, name := range names {
		k.AddNIC(NIC{Name: name})
	}
}

// AddVLAN makes a VLAN on an interface. It is down.
func (k *Kernel) AddVLAN(name, lower string) {
	l := k.add(NIC{Name: name, MaxMTU: 65535}, "vlan")
	l.lower = k.must(lower)
	l.mac, l.mtu, l.assign = slices.Clone(l.lower.mac), l.lower.mtu, 2
}

// AddMacvlan makes a macvlan on an interface. It is down.
func (k *Kernel) AddMacvlan(name, lower string) {
	l := k.add(NIC{Name: name, MaxMTU: 65535}, "macvlan")
	l.lower = k.must(lower)
	l.mac, l.mtu, l.assign = k.randomMAC(), l.lower.mtu, 1
}

// AddBridge makes a bridge with ports. It is down.
func (k *Kernel) AddBridge(name string, ports ...string) {
	l := k.add(NIC{Name: name, MaxMTU: 65535}, "bridge")
	l.mac, l.assign = k.randomMAC(), 1
	for _, p := range ports {
		k.must(p).master = l
	}
	k.followPorts(l)
}

// AddBond makes a bond of other people's, with members, in a mode and with
// options (name and value). It is up.
func (k *Kernel) AddBond(name string, options [][2]string, members ...string) {
	calls, changes, log, fault := k.calls, k.changes, k.Log, k.Fault
	k.modules["bonding"] = true
	k.Fault = nil
	_, err := k.CreateBond(name, options)
	for _, m := range members {
		k.setDown(k.must(m))
		err = first(err, k.Enslave(name, m))
	}
	err = first(err, k.SetUp(name, true))
	if err != nil {
		panic("fakekernel: " + name + ": " + err.Error())
	}
	k.calls, k.changes, k.Log, k.Fault = calls, changes, log, fault
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (k *Kernel) must(name string) *link {
	l := k.find(name)
	if l == nil {
		panic("fakekernel: there is no " + name)
	}
	return l
}

// Index is the index of an interface, 0 where there is none.
func (k *Kernel) Index(name string) int {
	if l := k.find(name); l != nil {
		return l.index
	}
	return 0
}

// Up sets interfaces up, as somebody else does: it is not counted as a call.
func (k *Kernel) Up(names ...string) {
	for _, n := range names {
		_ = k.setUp(k.must(n))
	}
	k.settle()
}

// Down sets interfaces down.
func (k *Kernel) Down(names ...string) {
	for _, n := range names {
		k.setDown(k.must(n))
	}
}

// ForceMAC gives an interface another address, behind everybody's back.
func (k *Kernel) ForceMAC(name string, mac []byte) {
	l := k.must(name)
	k.setMAC(l, mac)
	l.assign = 3
}

// ForceMTU gives an interface another MTU, behind everybody's back.
func (k *Kernel) ForceMTU(name string, mtu int) { k.must(name).mtu = mtu }

// ForceOption sets an option, as somebody else does.
func (k *Kernel) ForceOption(bond, option, value string) { k.must(bond).bond.options[option] = value }

// Change gives the card behind an interface other properties.
func (k *Kernel) Change(name string, f func(*NIC)) {
	f(&k.must(name).NIC)
	k.settle()
}

// Remove unplugs a card.
func (k *Kernel) Remove(name string) { k.remove(k.must(name)) }

// Members are the names of a bond's members, in the order of joining.
func (k *Kernel) Members(name string) []string {
	var list []string
	if l := k.find(name); l != nil && l.bond != nil {
		for _, m := range l.bond.members {
			list = append(list, m.Name)
		}
	}
	return list
}

// AddModule says what a driver brings when it is loaded.
func (k *Kernel) AddModule(name string, nics ...NIC) { k.drivers[name] = nics }

// Loaded makes modules be loaded; NoModule makes them be missing.
func (k *Kernel) Loaded(names ...string) {
	for _, n := range names {
		k.modules[n] = true
	}
}

// NoModule says that there are no such modules.
func (k *Kernel) NoModule(names ...string) {
	for _, n := range names {
		k.missing[n] = true
	}
}

// Client starts a DHCP client, as somebody else does.
func (k *Kernel) Client(nic string) { k.clients[nic] = nil }

// Put adds a message as somebody else does.
func (k *Kernel) Put(m rtnl.Message) {
	if err := k.addMessage(m); err != nil {
		panic("fakekernel: " + k.describe(m) + ": " + err.Error())
	}
}

// Addr gives an interface an address. Flags are IFA_F_*.
func (k *Kernel) Addr(name, prefix string, flags uint32) {
	k.Put(k.AddrMessage(name, netip.MustParsePrefix(prefix), flags))
}

// AddrMessage is the message of an address.
func (k *Kernel) AddrMessage(name string, p netip.Prefix, flags uint32) rtnl.Message {
	family := byte(unix.AF_INET)
	list := attrs{{unix.IFA_ADDRESS, p.Addr().AsSlice()}, {unix.IFA_LOCAL, p.Addr().AsSlice()}, {unix.IFA_FLAGS, u32(flags)}}
	if p.Addr().Is6() {
		family, list = unix.AF_INET6, list.without(unix.IFA_LOCAL)
	}
	header := binary.NativeEndian.AppendUint32([]byte{family, byte(p.Bits()), byte(flags), 0}, uint32(k.must(name).index))
	return rtnl.Message{Class: rtnl.Address, Body: list.encode(header)}
}

// A Way is one device, with a gateway, of a route.
type Way struct {
	Dev string
	Via string // "": none
}

// Route adds a route with one way or several.
func (k *Kernel) Route(dst string, metric int, ways ...Way) {
	k.RouteIn(unix.RT_TABLE_MAIN, dst, metric, 0, ways...)
}

// RouteIn adds a route to a table, by a nexthop object where there is an id.
func (k *Kernel) RouteIn(table int, dst string, metric int, nhid uint32, ways ...Way) {
	p := netip.MustParsePrefix(dst)
	family := byte(unix.AF_INET)
	if p.Addr().Is6() {
		family = unix.AF_INET6
	}
	header := []byte{family, byte(p.Bits()), 0, 0, byte(table), unix.RTPROT_STATIC, unix.RT_SCOPE_UNIVERSE, unix.RTN_UNICAST, 0, 0, 0, 0}
	if table > 255 {
		header[4] = unix.RT_TABLE_COMPAT
	}
	list := attrs{{unix.RTA_TABLE, u32(uint32(table))}}
	if p.Bits() > 0 {
		list = append(list, attr{unix.RTA_DST, p.Addr().AsSlice()})
	}
	if metric > 0 {
		list = append(list, attr{unix.RTA_PRIORITY, u32(uint32(metric))})
	}
	if nhid != 0 {
		list = append(list, attr{rtaNhID, u32(nhid)})
	}
	var legs []leg
	for _, w := range ways {
		g := leg{index: k.must(w.Dev).index}
		if w.Via != "" {
			g.attrs = attrs{{unix.RTA_GATEWAY, netip.MustParseAddr(w.Via).AsSlice()}}
		}
		legs = append(legs, g)
	}
	if len(legs) == 1 {
		list = append(append(list, legs[0].attrs...), attr{unix.RTA_OIF, u32(uint32(legs[0].index))})
	} else if len(legs) > 1 {
		list = append(list, attr{unix.RTA_MULTIPATH, encodeLegs(legs)})
	}
	k.Put(rtnl.Message{Class: rtnl.Route, Body: list.encode(header)})
}

// Neighbour adds a permanent neighbour, or a proxy.
func (k *Kernel) Neighbour(dev, ip string, proxy bool) {
	a := netip.MustParseAddr(ip)
	header := make([]byte, unix.SizeofNdMsg)
	header[0] = unix.AF_INET
	if a.Is6() {
		header[0] = unix.AF_INET6
	}
	binary.NativeEndian.PutUint32(header[4:], uint32(k.must(dev).index))
	list := attrs{{unix.NDA_DST, a.AsSlice()}}
	if proxy {
		header[10] = unix.NTF_PROXY
	} else {
		binary.NativeEndian.PutUint16(header[8:], unix.NUD_PERMANENT)
		list = append(list, attr{unix.NDA_LLADDR, []byte{2, 0, 0, 0, 0, 9}})
	}
	k.Put(rtnl.Message{Class: rtnl.Neighbour, Body: list.encode(header)})
}

// Nexthop adds a nexthop object, of a device or (dev "") of a group.
func (k *Kernel) Nexthop(id uint32, dev, via string, group ...uint32) {
	header := make([]byte, 8)
	list := attrs{{nhaID, u32(id)}}
	if dev == "" {
		var b []byte
		for _, id := range group {
			b = append(append(b, u32(id)...), 0, 0, 0, 0)
		}
		list = append(list, attr{nhaGroup, b})
	} else {
		header[0] = unix.AF_INET
		list = append(list, attr{nhaOIF, u32(uint32(k.must(dev).index))})
		if via != "" {
			a := netip.MustParseAddr(via)
			if a.Is6() {
				header[0] = unix.AF_INET6
			}
			list = append(list, attr{nhaGateway, a.AsSlice()})
		}
	}
	k.Put(rtnl.Message{Class: rtnl.Nexthop, Body: list.encode(header)})
}
