// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// kernel is what changing a bond takes of a [Conn]; tests have another.
type kernel interface {
	Link(name string) (Link, error)
	Links() ([]Link, error)
	Driver(name string) (driver string, abi int, err error)
	Info(bond string) (Info, error)
	SetFlags(name string, flags uint16) error
	SetMTU(name string, mtu int) error
	SetHardwareAddr(name string, hwtype uint16, addr []byte) error
	Addrs(index int) ([]Addr, error)
	AddAddr(Addr) error
	DelAddr(Addr) error
	Routes(index int) ([]Route, error)
	AddRoute(Route) error
	BondIoctl(request uintptr, what, bond, nic string) error
	WriteOption(bond, option, value string) error
	ManagedByExasock(bond string) (bool, error)
	CheckSmartNIC(nic string) error
}

// A Bond is a bond whose members can be changed.
type Bond struct {
	k       kernel
	name    string
	exasock bool
	step    func(string)
}

// A change is one of the three things that can be done to a member: by an
// ioctl, or by a word written to a file in sysfs.
type change struct {
	request uintptr
	what    string
	file    string
	sign    string
	failed  string // what to say, followed by the bond's name
}

var (
	join     = change{unix.SIOCBONDENSLAVE, "SIOCBONDENSLAVE", "slaves", "+", "cannot join "}
	leave    = change{unix.SIOCBONDRELEASE, "SIOCBONDRELEASE", "slaves", "-", "cannot be released from "}
	activate = change{unix.SIOCBONDCHANGEACTIVE, "SIOCBONDCHANGEACTIVE", "active_slave", "", "cannot be made the active member of "}
)

// abiVersion is BOND_ABI_VERSION of include/uapi/linux/if_bonding.h since
// 2.6: the driver sets its members' addresses and MTU itself.
const abiVersion = 2

// Bond finds the bond of that name and looks whether its members can be
// changed: it must be up and, unless force, Ethernet. Each step of a later
// change is told to step.
func (c *Conn) Bond(name string, force bool, step func(string)) (*Bond, error) {
	return newBond(c, name, force, step)
}

func newBond(k kernel, name string, force bool, step func(string)) (*Bond, error) {
	link, err := k.Link(name)
	if err != nil {
		return nil, fail(name, err)
	}
	driver, abi, err := k.Driver(name)
	switch {
	case err != nil:
		return nil, fail(name, err)
	case link.Flags&unix.IFF_MASTER == 0 || driver != "bonding":
		return nil, fail(name, errors.New("not a bond"))
	case abi < abiVersion:
		return nil, fail(name, errors.New("the bonding driver speaks version "+strconv.Itoa(abi)+" of its ABI, which is too old: 2 is needed"))
	case !link.Up():
		return nil, fail(name, errors.New("the bond is not up: 'ip link set "+name+" up' first"))
	case link.Type != unix.ARPHRD_ETHER && !force:
		return nil, fail(name, errors.New("the bond is not Ethernet (hardware type "+strconv.Itoa(int(link.Type))+"); -f does it all the same"))
	}
	b := &Bond{k: k, name: name, step: step}
	if b.exasock, err = k.ManagedByExasock(name); err != nil {
		return nil, fail(name, err)
	}
	b.told(name, "driver "+driver+", ABI version "+strconv.Itoa(abi))
	if !zero(link.Addr) {
		b.told(name, "hardware address "+FormatMAC(link.Addr)+", MTU "+strconv.Itoa(link.MTU))
	}
	if b.exasock {
		b.told(name, "managed by exasock: members are changed through sysfs")
	}
	return b, nil
}

// told reports a step that was done.
func (b *Bond) told(name, done string) { b.step(name + ": " + done) }

// do makes a change, the way that is right for the bond.
func (b *Bond) do(c change, nic string) error {
	if b.exasock {
		return b.k.WriteOption(b.name, c.file, c.sign+nic)
	}
	return b.k.BondIoctl(c.request, c.what, b.name, nic)
}

// Activate makes a member the active one.
func (b *Bond) Activate(nic string) error {
	if _, err := b.member(nic); err != nil {
		return err
	}
	info, err := b.k.Info(b.name)
	if err != nil {
		return fail(b.name, err)
	}
	if !info.Mode.HasActive() {
		return fail(nic, errors.New("mode "+info.Mode.String()+" of "+b.name+" has no active member; these have: "+withActive.String()))
	}
	if err := b.do(activate, nic); err != nil {
		return fail(nic, b.explain(activate, err))
	}
	b.told(nic, "made the active member of "+b.name)
	return nil
}

// Release takes a member out of the bond. It leaves the NIC down, as the
// driver does, with the MTU and address it had before it joined. The warning
// is not empty where the bond keeps the NIC's own address.
func (b *Bond) Release(nic string) (warning string, err error) {
	was, err := b.member(nic)
	if err != nil {
		return "", err
	}
	if b.exasock {
		if err := b.checkLender(was); err != nil {
			return "", err
		}
	}
	if err := b.do(leave, nic); err != nil {
		return "", fail(nic, b.explain(leave, err))
	}
	link, err := b.k.Link(nic)
	if err != nil {
		return "", fail(nic, err)
	}
	bond, err := b.k.Link(b.name)
	if err != nil {
		return "", fail(b.name, err)
	}
	if link.Master == bond.Index {
		return "", fail(nic, errors.New("the driver reported success, but "+nic+" is still a member of "+b.name))
	}
	b.told(nic, "released from "+b.name+", down, MTU "+strconv.Itoa(link.MTU)+", hardware address "+FormatMAC(link.Addr))
	if len(link.Addr) == 0 || !slices.Equal(link.Addr, bond.Addr) {
		return "", nil
	}
	return nic + ": " + b.name + " keeps the hardware address " + FormatMAC(bond.Addr) + ", which is " + nic +
		"'s own again: two interfaces with one address disturb each other; leave " + nic + " down, or " + b.cure(bond), nil
}

// checkLender refuses to take the NIC whose own address the bond has out of a
// bond that exasock manages, while other members stay: its maker warns of two
// devices with one address.
func (b *Bond) checkLender(nic Link) error {
	bond, err := b.k.Link(b.name)
	if err != nil {
		return fail(b.name, err)
	}
	links, err := b.k.Links()
	if err != nil {
		return fail(b.name, err)
	}
	others := slices.ContainsFunc(links, func(l Link) bool { return l.Master == bond.Index && l.Index != nic.Index })
	if !others || len(nic.Permanent) == 0 || !slices.Equal(nic.Permanent, bond.Addr) {
		return nil
	}
	return fail(nic.Name, errors.New(b.name+" has its hardware address, and would keep it: two interfaces with one address disturb each other, and "+
		b.name+" is managed by exasock; first "+b.cure(bond)))
}

// cure is the command that gives the bond the address of a member that stays.
func (b *Bond) cure(bond Link) string {
	links, _ := b.k.Links() // without them the advice is general
	for _, l := range links {
		if l.Master == bond.Index && len(l.Permanent) > 0 && !slices.Equal(l.Permanent, bond.Addr) {
			return "give " + b.name + " the address of " + l.Name + ": ip link set " + b.name + " address " + FormatMAC(l.Permanent)
		}
	}
	return "give " + b.name + " another address: ip link set " + b.name + " address MAC"
}

// member is the link of a member of this bond.
func (b *Bond) member(nic string) (Link, error) {
	link, err := b.k.Link(nic)
	if err != nil {
		return link, fail(nic, err)
	}
	bond, err := b.k.Link(b.name)
	if err != nil {
		return link, fail(b.name, err)
	}
	if link.Master != bond.Index {
		problem := "is not a member of " + b.name
		if link.Master != 0 {
			problem += ", but of " + b.masterOf(link)
		}
		return link, fail(nic, errors.New(problem))
	}
	return link, nil
}

// masterOf names the bond or bridge that a link is a member of.
func (b *Bond) masterOf(link Link) string {
	links, _ := b.k.Links()
	for _, l := range links {
		if link.Master == l.Index {
			return l.Name
		}
	}
	return "another"
}

func zero(addr []byte) bool {
	return !slices.ContainsFunc(addr, func(b byte) bool { return b != 0 })
}

// FormatMAC writes a hardware address as 02:00:00:00:00:01.
func FormatMAC(addr []byte) string {
	const digits = "0123456789abcdef"
	var s []byte
	for i, b := range addr {
		if i > 0 {
			s = append(s, ':')
		}
		s = append(s, digits[b>>4], digits[b&15])
	}
	return string(s)
}
