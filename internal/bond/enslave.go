// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Enslave makes a NIC a member of the bond. The NIC is set down and loses its
// addresses first; the driver gives it the bond's MTU and, but for some modes
// and settings, the bond's hardware address, and raises it again. Where
// anything fails the NIC gets back what it had: MTU, hardware address,
// addresses, whether it was up, and its routes.
//
// The driver remembers the NIC's own MTU and address for Release; so they are
// left for it to change.
func (b *Bond) Enslave(nic string) error {
	bond, err := b.k.Link(b.name)
	if err != nil {
		return fail(b.name, err)
	}
	was, err := b.save(nic)
	if err != nil {
		return err
	}
	switch {
	case nic == b.name:
		return fail(nic, errors.New("a bond cannot be a member of itself"))
	case was.Flags&unix.IFF_LOOPBACK != 0:
		return fail(nic, errors.New("the loopback interface cannot be a member of a bond"))
	case was.Master == bond.Index:
		return fail(nic, errors.New("is already a member of "+b.name))
	case was.Master != 0:
		return fail(nic, errors.New("is a member of "+b.masterOf(was.Link)+": take it out there first"))
	}
	if b.exasock {
		if err := b.k.CheckSmartNIC(nic); err != nil {
			return fail(b.name, errors.New("is managed by exasock: "+err.Error()))
		}
	}

	if err := b.takeIn(was, bond); err != nil {
		return b.undo(was, bond, err)
	}
	now, err := b.k.Link(nic)
	switch {
	case err != nil:
		return fail(nic, err)
	case now.Master != bond.Index:
		return b.undo(was, bond, fail(nic, errors.New("the driver reported success, but "+nic+" is no member of "+b.name)))
	}
	b.told(nic, "member of "+b.name+", hardware address "+FormatMAC(now.Addr))
	if now.MTU != was.MTU {
		b.told(nic, "MTU changed from "+strconv.Itoa(was.MTU)+" to "+strconv.Itoa(now.MTU)+" by the driver")
	}
	return nil
}

// takeIn makes the NIC ready and has the driver take it.
func (b *Bond) takeIn(was saved, bond Link) error {
	nic := was.Name
	if was.Up() {
		if err := b.k.SetFlags(nic, uint16(was.Flags&^unix.IFF_UP)); err != nil {
			return fail(nic, explainAs("cannot be set down", err))
		}
		b.told(nic, "set down")
	}
	// Those of IPv6 mostly went when it was set down. Backwards, because with
	// the first of a subnet the kernel may drop the others.
	addrs, err := b.k.Addrs(was.Index)
	if err != nil {
		return fail(nic, err)
	}
	for _, addr := range slices.Backward(addrs) {
		if err := b.k.DelAddr(addr); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fail(nic, explainAs("address "+addr.String()+" cannot be taken away", err))
		}
		b.told(nic, "address "+addr.String()+" taken away")
	}
	if zero(bond.Addr) { // kernels before 3.9: an empty bond has none, and the driver does not take the NIC's
		if err := b.k.SetHardwareAddr(b.name, was.Type, was.Addr); err != nil {
			return fail(b.name, explainAs("hardware address cannot be set", err))
		}
		b.told(b.name, "hardware address set to "+FormatMAC(was.Addr))
	}
	if err := b.do(join, nic); err != nil {
		return fail(nic, b.explain(join, err))
	}
	return nil
}

// saved is what a NIC had before it was touched.
type saved struct {
	Link
	addrs  []Addr
	routes []Route
}

func (b *Bond) save(nic string) (was saved, err error) {
	if was.Link, err = b.k.Link(nic); err != nil {
		return was, fail(nic, err)
	}
	if was.addrs, err = b.k.Addrs(was.Index); err != nil {
		return was, fail(nic, err)
	}
	if was.Up() { // else it has none
		was.routes, err = b.k.Routes(was.Index)
	}
	if err != nil {
		return was, fail(nic, err)
	}
	return was, nil
}

// undo gives the NIC back what it had, and the bond its zero address, after
// the error. What could not be given back is joined to it. It goes by what the
// NIC has now, not by what was done, since the driver undoes its own part.
func (b *Bond) undo(was saved, bond Link, err error) error {
	problems := []error{err}
	try := func(name, what string, err error) {
		if err != nil && !errors.Is(err, unix.EEXIST) {
			problems = append(problems, fail(name, explainAs("cannot put back "+what, err)))
		}
	}
	if zero(bond.Addr) {
		try(b.name, "its hardware address", b.k.SetHardwareAddr(b.name, bond.Type, bond.Addr))
	}
	now, err := b.k.Link(was.Name)
	if err != nil {
		try(was.Name, "what it had", err)
		return errors.Join(problems...)
	}
	if now.MTU != was.MTU {
		try(was.Name, "its MTU", b.k.SetMTU(was.Name, was.MTU))
	}
	if !slices.Equal(now.Addr, was.Addr) {
		try(was.Name, "its hardware address", b.k.SetHardwareAddr(was.Name, was.Type, was.Addr))
	}
	for _, addr := range was.addrs {
		if !addr.temporary {
			try(was.Name, "address "+addr.String(), b.k.AddAddr(addr))
		}
	}
	if was.Up() && !now.Up() {
		try(was.Name, "that it was up", b.k.SetFlags(was.Name, uint16(was.Flags)))
	}
	for _, route := range was.routes {
		try(was.Name, "a route", b.k.AddRoute(route))
	}
	if len(problems) == 1 {
		b.told(was.Name, "as it was before")
	}
	return errors.Join(problems...)
}
