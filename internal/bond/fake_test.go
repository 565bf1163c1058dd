// SPDX-License-Identifier: MIT

package bond

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// A fake is a kernel with a bond in it, as far as changing members goes. It
// can be told to refuse its nth call.
type fake struct {
	links   map[string]Link
	addrs   map[int][]Addr
	routes  map[int][]Route
	driver  string
	abi     int
	mode    Mode
	exasock bool
	noSmart error // what keeps a NIC from being a SmartNIC
	joinErr error // of every attempt to join

	calls  []string
	refuse int // number of the call to refuse, from 1
}

// newFake has bond0, up and empty, and three NICs: eth0, up, with addresses
// and routes; eth1, down; lo.
func newFake() *fake {
	return &fake{
		links: map[string]Link{
			"lo":    {Index: 1, Name: "lo", Flags: unix.IFF_UP | unix.IFF_LOOPBACK, MTU: 65536, Type: unix.ARPHRD_LOOPBACK, Addr: make([]byte, 6)},
			"eth0":  {Index: 2, Name: "eth0", Flags: unix.IFF_UP | unix.IFF_MULTICAST, MTU: 9000, Type: unix.ARPHRD_ETHER, Addr: []byte{2, 0, 0, 0, 0, 1}},
			"eth1":  {Index: 3, Name: "eth1", Flags: unix.IFF_MULTICAST, MTU: 1500, Type: unix.ARPHRD_ETHER, Addr: []byte{2, 0, 0, 0, 0, 2}},
			"bond0": {Index: 9, Name: "bond0", Flags: unix.IFF_UP | unix.IFF_MASTER, MTU: 1500, Type: unix.ARPHRD_ETHER, Addr: []byte{2, 0, 0, 0, 0, 9}, Kind: "bond"},
		},
		addrs: map[int][]Addr{2: {
			{IP: []byte{192, 0, 2, 1}, Bits: 24, Label: "eth0"},
			{IP: []byte{192, 0, 2, 2}, Bits: 24, Label: "eth0:1"},
			{IP: parseIP("2001:db8::1"), Bits: 64},
		}},
		routes: map[int][]Route{2: {{raw: []byte("link")}, {raw: []byte("default")}}},
		driver: "bonding",
		abi:    2,
		mode:   ActiveBackup,
	}
}

// state is everything that a change could leave behind.
func (f *fake) state() (s struct {
	Links  map[string]Link
	Addrs  map[int][]Addr
	Routes map[int][]Route
}) {
	s.Links, s.Addrs, s.Routes = maps.Clone(f.links), map[int][]Addr{}, map[int][]Route{}
	for i, list := range f.addrs {
		s.Addrs[i] = slices.Clone(list)
	}
	for i, list := range f.routes {
		s.Routes[i] = slices.Clone(list)
	}
	return s
}

// call counts a call and refuses it when its turn has come.
func (f *fake) call(words ...string) error {
	f.calls = append(f.calls, strings.Join(words, " "))
	if len(f.calls) == f.refuse {
		return unix.EIO
	}
	return nil
}

func (f *fake) Link(name string) (Link, error) {
	if err := f.call("Link", name); err != nil {
		return Link{}, err
	}
	l, ok := f.links[name]
	if !ok {
		return l, unix.ENODEV
	}
	return l, nil
}

func (f *fake) Links() ([]Link, error) {
	return slices.Collect(maps.Values(f.links)), f.call("Links")
}

func (f *fake) Driver(name string) (string, int, error) {
	return f.driver, f.abi, f.call("Driver", name)
}

func (f *fake) Info(bond string) (Info, error) {
	return Info{Mode: f.mode}, f.call("Info", bond)
}

func (f *fake) change(name string, with func(*Link)) error {
	l, ok := f.links[name]
	if !ok {
		return unix.ENODEV
	}
	with(&l)
	f.links[name] = l
	return nil
}

func (f *fake) SetFlags(name string, flags uint16) error {
	if err := f.call("SetFlags", name); err != nil {
		return err
	}
	return f.change(name, func(l *Link) {
		l.Flags = uint32(flags)
		if !l.Up() {
			delete(f.routes, l.Index)
			f.addrs[l.Index] = slices.DeleteFunc(f.addrs[l.Index], func(a Addr) bool { return len(a.IP) == 16 })
		}
	})
}

func (f *fake) SetMTU(name string, mtu int) error {
	if err := f.call("SetMTU", name); err != nil {
		return err
	}
	return f.change(name, func(l *Link) { l.MTU = mtu })
}

func (f *fake) SetHardwareAddr(name string, _ uint16, addr []byte) error {
	if err := f.call("SetHardwareAddr", name, FormatMAC(addr)); err != nil {
		return err
	}
	return f.change(name, func(l *Link) { l.Addr = addr })
}

func (f *fake) Addrs(index int) ([]Addr, error) {
	return slices.Clone(f.addrs[index]), f.call("Addrs")
}

// AddAddr and DelAddr are about eth0, which has them all.
func (f *fake) AddAddr(a Addr) error {
	if err := f.call("AddAddr", a.String()); err != nil {
		return err
	}
	if slices.ContainsFunc(f.addrs[2], func(b Addr) bool { return a.String() == b.String() }) {
		return unix.EEXIST
	}
	f.addrs[2] = append(f.addrs[2], a)
	return nil
}

func (f *fake) DelAddr(a Addr) error {
	if err := f.call("DelAddr", a.String()); err != nil {
		return err
	}
	f.addrs[2] = slices.DeleteFunc(f.addrs[2], func(b Addr) bool { return a.String() == b.String() })
	return nil
}

func (f *fake) Routes(index int) ([]Route, error) {
	return slices.Clone(f.routes[index]), f.call("Routes")
}

func (f *fake) AddRoute(r Route) error {
	if err := f.call("AddRoute", string(r.raw)); err != nil {
		return err
	}
	if slices.ContainsFunc(f.routes[2], func(b Route) bool { return string(b.raw) == string(r.raw) }) {
		return unix.EEXIST
	}
	f.routes[2] = append(f.routes[2], r)
	return nil
}

// BondIoctl and WriteOption do what the bonding driver does.
func (f *fake) BondIoctl(_ uintptr, what, bond, nic string) error {
	if err := f.call(what, bond, nic); err != nil {
		return err
	}
	return f.member(what, bond, nic)
}

func (f *fake) WriteOption(bond, option, value string) error {
	if err := f.call("write", bond, option, value); err != nil {
		return err
	}
	switch {
	case option == "active_slave":
		return f.member(activate.what, bond, value)
	case value[0] == '+':
		return f.member(join.what, bond, value[1:])
	default:
		return f.member(leave.what, bond, value[1:])
	}
}

func (f *fake) member(what, bond, nic string) error {
	master := f.links[bond]
	if what == join.what && f.joinErr != nil {
		return f.joinErr
	}
	return f.change(nic, func(l *Link) {
		switch what {
		case join.what:
			l.Permanent, l.Addr, l.Master = l.Addr, master.Addr, master.Index
			l.MTU = master.MTU
			l.Flags |= unix.IFF_UP | unix.IFF_SLAVE
		case leave.what:
			l.Master, l.Addr = 0, l.Permanent
			l.Flags &^= unix.IFF_UP | unix.IFF_SLAVE
		case activate.what:
			master.Active = l.Index
			f.links[bond] = master
		}
	})
}

func (f *fake) ManagedByExasock(string) (bool, error) {
	return f.exasock, f.call("ManagedByExasock")
}

func (f *fake) CheckSmartNIC(string) error { return f.noSmart }
