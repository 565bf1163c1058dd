// SPDX-License-Identifier: MIT

package fakekernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/rtnl"
)

// Times of duplicate address detection: when a duplicate is noticed, and when
// an address is good, both counted from carrier.
const (
	dadFails = 500 * time.Millisecond
	dadOver  = 1500 * time.Millisecond
)

// forever is INFINITY_LIFE_TIME.
const forever = 0xffffffff

// An address is an IP address of an interface.
type address struct {
	link      *link
	family    byte
	bits      byte
	scope     byte
	flags     uint32 // IFA_F_* as given, without those that the kernel finds out
	local     netip.Addr
	peer      netip.Addr // IFA_ADDRESS
	attrs     attrs      // others, as they were given
	secondary bool       // IPv4
	auto      bool       // made by the kernel
	lease     bool       // of the DHCP client
	valid     time.Duration
	preferred time.Duration // until when, 0: for ever
	// IPv6: tentative from then on; since is when there was carrier, negative: none.
	tentative, duplicate bool
	since                time.Duration
}

func (a *address) prefix() netip.Prefix { return netip.PrefixFrom(a.local, int(a.bits)) }

func (a *address) events() []time.Duration {
	var list []time.Duration
	if a.tentative && !a.duplicate && a.since >= 0 {
		list = append(list, a.since+dadFails, a.since+dadOver)
	}
	if a.valid > 0 {
		list = append(list, a.valid)
	}
	return list
}

// A route is a route that somebody added.
type route struct {
	header  []byte // struct rtmsg
	attrs   attrs  // without OIF, MULTIPATH, TABLE, EXPIRES, CACHEINFO
	table   uint32
	legs    []leg // one for a route of one device; index 0: none (unreachable)
	expires time.Duration
	nhid    uint32
}

type neigh struct {
	header []byte // struct ndmsg
	attrs  attrs
}

func (n *neigh) index() int { return int(int32(binary.NativeEndian.Uint32(n.header[4:]))) }

type nexthop struct {
	header []byte
	attrs  attrs
	id     uint32
	index  int      // 0: a group
	group  []uint32 // ids
}

// settleAddrs is duplicate address detection and the end of lifetimes.
func (k *Kernel) settleAddrs() {
	var gone []*address
	for _, a := range k.addrs {
		if a.valid > 0 && k.now >= a.valid {
			gone = append(gone, a)
		}
		if !a.tentative || a.duplicate {
			continue
		}
		carrier := a.link.up && a.link.carrierAt >= 0 && (a.link.master == nil || a.link.master.bond == nil)
		switch {
		case !carrier && a.since >= 0:
			a.tentative = false // nobody could answer: good, unchecked
		case !carrier:
		case a.since < 0:
			a.since = max(a.link.carrierAt, 0)
		}
		if a.since < 0 {
			continue
		}
		switch {
		case k.Duplicates[a.local.String()] && k.now >= a.since+dadFails:
			a.duplicate = true
		case k.now >= a.since+dadOver:
			a.tentative = false
		}
	}
	for _, a := range gone {
		k.dropAddr(a)
	}
	k.routes = slices.DeleteFunc(k.routes, func(r *route) bool { return r.expires > 0 && k.now >= r.expires })
}

// addLinkLocal is what the kernel does when a NIC is set up: addrconf_notify.
func (k *Kernel) addLinkLocal(l *link) {
	if k.NoIPv6 || l.Name == "lo" {
		return
	}
	// Those that were given while it was down begin their detection now.
	for _, a := range k.addrs {
		if a.link == l && a.family == unix.AF_INET6 && a.tentative {
			a.since = -1
		}
	}
	var b [16]byte
	b[0], b[1] = 0xfe, 0x80
	copy(b[8:], []byte{l.mac[0] ^ 2, l.mac[1], l.mac[2], 0xff, 0xfe, l.mac[3], l.mac[4], l.mac[5]})
	local := netip.AddrFrom16(b)
	if slices.ContainsFunc(k.addrs, func(a *address) bool { return a.link == l && a.local == local }) {
		return
	}
	a := &address{link: l, family: unix.AF_INET6, bits: 64, scope: unix.RT_SCOPE_LINK, local: local, peer: local, auto: true, tentative: true, since: -1}
	k.addrs = append([]*address{a}, k.addrs...)
}

// loseAtDown is what an interface loses when it is set down.
func (k *Kernel) loseAtDown(l *link) {
	k.loseV6(l)
	k.loseRoutes(l, 0)
	k.neighs = slices.DeleteFunc(k.neighs, func(n *neigh) bool { return n.index() == l.index })
	k.loseNexthops(func(n *nexthop) bool { return n.index == l.index })
}

// loseAll is what goes with an interface that is gone.
func (k *Kernel) loseAll(l *link) {
	k.loseAtDown(l)
	k.addrs = slices.DeleteFunc(k.addrs, func(a *address) bool { return a.link == l })
}

func (k *Kernel) loseV6(l *link) {
	k.addrs = slices.DeleteFunc(k.addrs, func(a *address) bool { return a.link == l && a.family == unix.AF_INET6 })
}

// loseRoutes drops the routes over an interface, of one family or (0) of both;
// a multipath route loses the leg. That of an IPv4 one is only dead until the
// interface is up again.
func (k *Kernel) loseRoutes(l *link, family byte) {
	k.routes = slices.DeleteFunc(k.routes, func(r *route) bool {
		if family != 0 && r.header[0] != family || r.nhid != 0 {
			return false
		}
		if r.header[0] == unix.AF_INET && len(r.legs) > 1 {
			r.setDead(l, unix.RTNH_F_DEAD)
			return !slices.ContainsFunc(r.legs, func(g leg) bool { return g.flags&unix.RTNH_F_DEAD == 0 })
		}
		before := len(r.legs)
		r.legs = slices.DeleteFunc(slices.Clone(r.legs), func(g leg) bool { return g.index == l.index })
		return len(r.legs) == 0 && before > 0
	})
}

// setDead says of the legs over an interface whether they are dead.
func (r *route) setDead(l *link, dead byte) {
	r.legs = slices.Clone(r.legs)
	for i := range r.legs {
		if r.legs[i].index == l.index {
			r.legs[i].flags = r.legs[i].flags&^unix.RTNH_F_DEAD | dead
		}
	}
}

// revive is fib_sync_up: when an interface is set up, or gets an address. (The
// kernel also revives a leg over a NIC that is set up by its bond. It is gone
// with the next change, so here it stays dead, and machines can be compared.)
func (k *Kernel) revive(l *link) {
	for _, r := range k.routes {
		if r.header[0] == unix.AF_INET && len(r.legs) > 1 && l.up && l.master == nil {
			r.setDead(l, 0)
		}
	}
}

// loseNexthops drops nexthop objects, groups that are empty then, and the
// routes by them.
func (k *Kernel) loseNexthops(which func(*nexthop) bool) {
	gone := map[uint32]bool{}
	for changed := true; changed; {
		changed = false
		k.nexthops = slices.DeleteFunc(k.nexthops, func(n *nexthop) bool {
			if n.group != nil {
				n.group = slices.DeleteFunc(slices.Clone(n.group), func(id uint32) bool { return gone[id] })
			}
			if which(n) || n.index == 0 && n.group != nil && len(n.group) == 0 {
				gone[n.id], changed = true, true
				return true
			}
			return false
		})
	}
	k.routes = slices.DeleteFunc(k.routes, func(r *route) bool { return gone[r.nhid] })
}

func (k *Kernel) dropLease(nic string) {
	for _, a := range slices.Clone(k.addrs) {
		if a.lease && a.link.Name == nic {
			k.dropAddr(a)
		}
	}
}

// dropAddr deletes an address and what it takes with it: its secondaries, the
// routes that have it as their source, all IPv4 routes with the last one.
func (k *Kernel) dropAddr(a *address) {
	k.addrs = slices.DeleteFunc(k.addrs, func(x *address) bool {
		return x == a || a.family == unix.AF_INET && !a.secondary && x.secondary && x.link == a.link && x.bits == a.bits && a.prefix().Contains(x.local)
	})
	k.routes = slices.DeleteFunc(k.routes, func(r *route) bool {
		src, ok := netip.AddrFromSlice(r.attrs.get(unix.RTA_PREFSRC))
		return ok && src == a.local
	})
	if a.family == unix.AF_INET && !slices.ContainsFunc(k.addrs, func(x *address) bool { return x.link == a.link && x.family == unix.AF_INET }) {
		k.loseRoutes(a.link, unix.AF_INET)
	}
}

// State is every address, route, neighbour and nexthop object.
func (k *Kernel) State() (rtnl.State, error) {
	if err := k.look("State"); err != nil {
		return rtnl.State{}, err
	}
	s := rtnl.State{At: k.now}
	put := func(class rtnl.Class, header []byte, list attrs) {
		s.Messages = append(s.Messages, rtnl.Message{Class: class, Body: list.encode(slices.Clone(header))})
	}
	for _, l := range k.links {
		for _, a := range k.addrs {
			if a.link == l {
				put(k.encodeAddr(a))
			}
		}
	}
	for _, l := range k.links {
		for _, a := range k.addrs {
			if a.link == l && l.up && a.bits < byte(a.local.BitLen()) && !a.secondary && a.flags&unix.IFA_F_NOPREFIXROUTE == 0 {
				put(rtnl.Route, kernelRoute(a, unix.RT_TABLE_MAIN, unix.RTN_UNICAST), kernelRouteAttrs(a, unix.RT_TABLE_MAIN, a.prefix().Masked().Addr()))
			}
			if a.link == l && (l.up || a.family == unix.AF_INET6) {
				put(rtnl.Route, kernelRoute(a, unix.RT_TABLE_LOCAL, unix.RTN_LOCAL), kernelRouteAttrs(a, unix.RT_TABLE_LOCAL, a.local))
			}
		}
	}
	for _, r := range k.routes {
		put(k.encodeRoute(r))
	}
	for _, n := range k.neighs {
		put(rtnl.Neighbour, n.header, n.attrs)
	}
	for _, n := range k.nexthops {
		put(rtnl.Nexthop, n.header, n.attrs)
	}
	return s, nil
}

func kernelRoute(a *address, table, kind byte) []byte {
	h := []byte{a.family, a.bits, 0, 0, table, unix.RTPROT_KERNEL, unix.RT_SCOPE_LINK, kind, 0, 0, 0, 0}
	if kind == unix.RTN_LOCAL {
		h[1], h[6] = byte(a.local.BitLen()), unix.RT_SCOPE_HOST
	}
	if a.family == unix.AF_INET6 {
		h[6] = unix.RT_SCOPE_UNIVERSE
	}
	return h
}

func kernelRouteAttrs(a *address, table uint32, dst netip.Addr) attrs {
	return attrs{{unix.RTA_TABLE, u32(table)}, {unix.RTA_DST, dst.AsSlice()}, {unix.RTA_OIF, u32(uint32(a.link.index))}}
}

func (k *Kernel) encodeAddr(a *address) (rtnl.Class, []byte, attrs) {
	flags := a.flags
	if a.valid == 0 {
		flags |= unix.IFA_F_PERMANENT
	}
	if a.secondary {
		flags |= unix.IFA_F_SECONDARY
	}
	if a.tentative {
		flags |= unix.IFA_F_TENTATIVE
	}
	if a.duplicate {
		flags |= unix.IFA_F_DADFAILED
	}
	left := func(until time.Duration) uint32 {
		if until == 0 {
			return forever
		}
		return uint32(max(until-k.now, 0) / time.Second)
	}
	if left(a.preferred) == 0 {
		flags |= unix.IFA_F_DEPRECATED
	}
	header := []byte{a.family, a.bits, byte(flags), a.scope}
	header = binary.NativeEndian.AppendUint32(header, uint32(a.link.index))
	info := slices.Concat(u32(left(a.preferred)), u32(left(a.valid)), u32(0), u32(0))
	list := attrs{{unix.IFA_ADDRESS, a.peer.AsSlice()}}
	if a.family == unix.AF_INET || a.peer != a.local {
		list = append(list, attr{unix.IFA_LOCAL, a.local.AsSlice()})
	}
	list = append(list, a.attrs...)
	return rtnl.Address, header, append(list, attr{unix.IFA_FLAGS, u32(flags)}, attr{unix.IFA_CACHEINFO, info})
}

func (k *Kernel) encodeRoute(r *route) (rtnl.Class, []byte, attrs) {
	list := attrs{{unix.RTA_TABLE, u32(r.table)}}
	list = append(list, r.attrs...)
	header := slices.Clone(r.header)
	mark := func(index int) byte { // routes say so of a device without carrier
		if l := k.byIndex(index); l != nil && r.header[0] == unix.AF_INET && !l.hasCarrier(k.now) {
			return unix.RTNH_F_LINKDOWN
		}
		return 0
	}
	legs := r.legs
	if r.nhid != 0 {
		list = append(list, attr{rtaNhID, u32(r.nhid)})
		legs = k.legsOf(r.nhid)
	}
	switch {
	case len(legs) == 1:
		header[8] |= mark(legs[0].index)
		list = append(list, legs[0].attrs...)
		list = append(list, attr{unix.RTA_OIF, u32(uint32(legs[0].index))})
	case len(legs) > 1:
		for i, g := range legs {
			legs = slices.Clone(legs)
			legs[i].flags = g.flags | mark(g.index)
		}
		list = append(list, attr{unix.RTA_MULTIPATH, encodeLegs(legs)})
	}
	if r.header[0] == unix.AF_INET6 {
		info := make([]byte, 32)
		if r.expires > 0 {
			binary.NativeEndian.PutUint32(info[8:], uint32((r.expires-k.now)/(10*time.Millisecond)))
		}
		list = append(list, attr{unix.RTA_CACHEINFO, info})
	}
	return rtnl.Route, header, list
}

// legsOf are the ways that a nexthop object stands for.
func (k *Kernel) legsOf(id uint32) []leg {
	n := k.nexthop(id)
	if n == nil {
		return nil
	}
	if n.group == nil {
		g := leg{index: n.index}
		if via := n.attrs.get(nhaGateway); via != nil {
			g.attrs = attrs{{unix.RTA_GATEWAY, via}}
		}
		return []leg{g}
	}
	var legs []leg
	for _, id := range n.group {
		legs = append(legs, k.legsOf(id)...)
	}
	return legs
}

func (k *Kernel) nexthop(id uint32) *nexthop {
	for _, n := range k.nexthops {
		if n.id == id {
			return n
		}
	}
	return nil
}

// Attributes of nexthop objects, include/uapi/linux/nexthop.h.
const (
	nhaID      = 1
	nhaGroup   = 2
	nhaOIF     = 5
	nhaGateway = 6
	nhaOpFlags = 14
)

// Add adds an address, a route, a neighbour or a nexthop object.
func (k *Kernel) Add(m rtnl.Message) error {
	done, err := k.change("Add", k.describe(m))
	if err != nil {
		return err
	}
	defer done()
	return k.addMessage(m)
}

func (k *Kernel) addMessage(m rtnl.Message) error {
	header, list, err := parse(m)
	if err != nil {
		return err
	}
	switch m.Class {
	case rtnl.Address:
		return k.addAddr(header, list)
	case rtnl.Route:
		return k.addRoute(header, list, m.Mode)
	case rtnl.Neighbour:
		return k.addNeigh(header, list)
	}
	return k.addNexthop(header, list)
}

// Delete deletes one of them.
func (k *Kernel) Delete(m rtnl.Message) error {
	done, err := k.change("Delete", k.describe(m))
	if err != nil {
		return err
	}
	defer done()
	header, list, err := parse(m)
	if err != nil {
		return err
	}
	switch m.Class {
	case rtnl.Address:
		want, err := k.parseAddr(header, list)
		if err != nil {
			return err
		}
		if i := k.findAddr(want); i >= 0 {
			k.dropAddr(k.addrs[i])
			return nil
		}
		return unix.EADDRNOTAVAIL
	case rtnl.Route:
		want, err := k.parseRoute(header, list)
		if err != nil {
			return err
		}
		for i, r := range k.routes {
			if r.like(want) && (len(want.legs) == 0 || sameLegs(r.legs, want.legs)) && (want.nhid == 0 || want.nhid == r.nhid) {
				k.routes = slices.Delete(k.routes, i, i+1)
				return nil
			}
		}
		return unix.ESRCH
	case rtnl.Neighbour:
		want := &neigh{header, list}
		for i, n := range k.neighs {
			if n.like(want) {
				k.neighs = slices.Delete(k.neighs, i, i+1)
				return nil
			}
		}
		return unix.ENOENT
	}
	id := list.u32(nhaID)
	if k.nexthop(id) == nil {
		return unix.ENOENT
	}
	k.loseNexthops(func(n *nexthop) bool { return n.id == id })
	return nil
}

func (k *Kernel) describe(m rtnl.Message) string {
	header, list, err := parse(m)
	if err != nil {
		return "a broken message"
	}
	return k.text(m.Class, header, list)
}

func (k *Kernel) parseAddr(header []byte, list attrs) (*address, error) {
	l := k.byIndex(int(binary.NativeEndian.Uint32(header[4:])))
	if l == nil {
		return nil, unix.ENODEV
	}
	peer, ok := netip.AddrFromSlice(list.get(unix.IFA_ADDRESS))
	local, ok2 := netip.AddrFromSlice(list.get(unix.IFA_LOCAL))
	if !ok2 {
		local = peer
	}
	if !ok {
		peer = local
	}
	if !ok && !ok2 || local.Is4() != (header[0] == unix.AF_INET) || int(header[1]) > local.BitLen() {
		return nil, unix.EINVAL
	}
	return &address{
		link: l, family: header[0], bits: header[1], scope: header[3], local: local, peer: peer, since: -1,
		flags: (uint32(header[2]) | list.u32(unix.IFA_FLAGS)) &^
			(unix.IFA_F_PERMANENT | unix.IFA_F_SECONDARY | unix.IFA_F_TENTATIVE | unix.IFA_F_DADFAILED | unix.IFA_F_DEPRECATED | unix.IFA_F_OPTIMISTIC),
		attrs: list.without(unix.IFA_ADDRESS, unix.IFA_LOCAL, unix.IFA_FLAGS, unix.IFA_CACHEINFO),
	}, nil
}

func (k *Kernel) findAddr(a *address) int {
	return slices.IndexFunc(k.addrs, func(x *address) bool {
		return x.link == a.link && x.local == a.local && (a.family == unix.AF_INET6 || x.bits == a.bits && x.peer == a.peer)
	})
}

func (k *Kernel) addAddr(header []byte, list attrs) error {
	a, err := k.parseAddr(header, list)
	if err != nil {
		return err
	}
	v6 := a.family == unix.AF_INET6
	if v6 && k.NoIPv6 {
		return unix.EOPNOTSUPP
	}
	if v6 {
		// The kernel derives the scope of IPv6 addresses.
		a.scope = unix.RT_SCOPE_UNIVERSE
		if a.local.IsLinkLocalUnicast() {
			a.scope = unix.RT_SCOPE_LINK
		}
		a.flags &^= unix.IFA_F_SECONDARY
	} else if !a.attrs.has(unix.IFA_LABEL) {
		a.attrs = append(a.attrs, attr{unix.IFA_LABEL, append([]byte(a.link.Name), 0)})
	}
	if info := list.get(unix.IFA_CACHEINFO); len(info) >= 8 {
		preferred, valid := binary.NativeEndian.Uint32(info), binary.NativeEndian.Uint32(info[4:])
		if valid == 0 || preferred > valid {
			return unix.EINVAL
		}
		if valid != forever {
			a.valid = k.now + time.Duration(valid)*time.Second
		}
		if preferred != forever {
			a.preferred = max(k.now+time.Duration(preferred)*time.Second, 1)
		}
	}
	a.tentative = v6 && a.flags&unix.IFA_F_NODAD == 0 && a.link.Name != "lo"
	if i := k.findAddr(a); i >= 0 { // replaced
		old := k.addrs[i]
		a.secondary, a.tentative, a.duplicate, a.since = old.secondary, old.tentative, old.duplicate, old.since
		k.addrs[i] = a
		return nil
	}
	if v6 {
		k.addrs = append([]*address{a}, k.addrs...)
	} else {
		a.secondary = slices.ContainsFunc(k.addrs, func(x *address) bool {
			return x.link == a.link && x.family == a.family && !x.secondary && x.bits == a.bits && x.prefix().Contains(a.local)
		})
		k.addrs = append(k.addrs, a)
		k.revive(a.link)
	}
	k.settle()
	return nil
}

// like reports whether two routes have the same place in a table.
func (r *route) like(o *route) bool {
	return r.header[0] == o.header[0] && r.header[1] == o.header[1] && r.header[3] == o.header[3] && r.table == o.table &&
		bytes.Equal(r.attrs.get(unix.RTA_DST), o.attrs.get(unix.RTA_DST)) && r.attrs.u32(unix.RTA_PRIORITY) == o.attrs.u32(unix.RTA_PRIORITY)
}

// sameLegs compares legs with those that are asked for, which need not name a
// device.
func sameLegs(a, b []leg) bool {
	return slices.EqualFunc(a, b, func(x, y leg) bool {
		return (x.index == y.index || y.index == 0) && bytes.Equal(x.attrs.get(unix.RTA_GATEWAY), y.attrs.get(unix.RTA_GATEWAY))
	})
}

func (k *Kernel) parseRoute(header []byte, list attrs) (*route, error) {
	r := &route{header: header, table: uint32(header[4]), nhid: list.u32(rtaNhID)}
	if list.has(unix.RTA_TABLE) {
		r.table = list.u32(unix.RTA_TABLE)
	}
	perLeg := []uint16{unix.RTA_GATEWAY, unix.RTA_VIA, unix.RTA_ENCAP, unix.RTA_ENCAP_TYPE, unix.RTA_FLOW}
	if r.nhid == 0 {
		legs, err := parseLegs(list.get(unix.RTA_MULTIPATH))
		if err != nil {
			return nil, err
		}
		r.legs = legs
		if len(legs) == 0 && list.has(unix.RTA_OIF) || list.has(unix.RTA_GATEWAY) {
			g := leg{index: int(list.u32(unix.RTA_OIF))}
			for _, a := range list {
				if slices.Contains(perLeg, a.typ&typeMask) {
					g.attrs = append(g.attrs, a)
				}
			}
			r.legs = []leg{g}
		}
	}
	r.attrs = list.without(append(perLeg, unix.RTA_OIF, unix.RTA_MULTIPATH, unix.RTA_TABLE, unix.RTA_EXPIRES, unix.RTA_CACHEINFO, rtaNhID)...)
	if header[0] == unix.AF_INET6 && !r.attrs.has(unix.RTA_PRIORITY) {
		r.attrs = append(r.attrs, attr{unix.RTA_PRIORITY, u32(1024)})
	}
	return r, nil
}

func (k *Kernel) addRoute(header []byte, list attrs, mode rtnl.Mode) error {
	v6 := header[0] == unix.AF_INET6
	if v6 && k.NoIPv6 {
		return unix.EAFNOSUPPORT
	}
	nhid := list.u32(rtaNhID)
	if nhid != 0 {
		switch {
		case k.NoNexthops:
			return unix.EINVAL
		case list.has(unix.RTA_OIF), list.has(unix.RTA_GATEWAY), list.has(unix.RTA_VIA), list.has(unix.RTA_MULTIPATH), list.has(unix.RTA_ENCAP), list.has(unix.RTA_ENCAP_TYPE):
			return unix.EINVAL
		case k.nexthop(nhid) == nil:
			return unix.EINVAL
		}
	}
	const dead = unix.RTNH_F_DEAD | unix.RTNH_F_LINKDOWN
	if !v6 && header[8]&dead != 0 {
		return unix.EINVAL
	}
	r, err := k.parseRoute(header, list)
	if err != nil {
		return err
	}
	r.header[8] &= unix.RTNH_F_ONLINK
	if header[5] == unix.RTPROT_KERNEL {
		k.Violations = append(k.Violations, "a route of the kernel's own was added: "+k.text(rtnl.Route, header, list))
		if !v6 {
			return unix.EEXIST
		}
	}
	for i := range r.legs {
		g := &r.legs[i]
		if g.flags&dead != 0 {
			return unix.EINVAL
		}
		if err := k.checkLeg(r, g, v6); err != nil {
			return err
		}
	}
	if src, ok := netip.AddrFromSlice(r.attrs.get(unix.RTA_PREFSRC)); ok {
		i := slices.IndexFunc(k.addrs, func(a *address) bool { return a.local == src })
		if i < 0 || k.addrs[i].tentative {
			return unix.EINVAL
		}
	}
	if v6 && list.u32(unix.RTA_EXPIRES) > 0 {
		r.expires = k.now + time.Duration(list.u32(unix.RTA_EXPIRES))*time.Second
	}
	return k.insertRoute(r, mode, v6)
}

// insertRoute puts a route beside others of its place in a table.
func (k *Kernel) insertRoute(r *route, mode rtnl.Mode, v6 bool) error {
	first, last := -1, -1
	for i, x := range k.routes {
		if !x.like(r) {
			continue
		}
		last = i
		if first < 0 {
			first = i
		}
		beside := mode == rtnl.ModeAppend || mode == rtnl.ModePrepend
		switch {
		case !beside:
		case !v6 && x.same(r):
			return unix.EEXIST
		case v6 && slices.ContainsFunc(r.legs, func(g leg) bool {
			return slices.ContainsFunc(x.legs, func(h leg) bool { return sameLegs([]leg{g}, []leg{h}) })
		}):
			return unix.EEXIST
		case v6 && x.joins() && r.joins(): // they become legs of one route
			x.legs = append(slices.Clone(x.legs), r.legs...)
			return nil
		}
	}
	switch {
	case first < 0:
		k.routes = append(k.routes, r)
	case mode == rtnl.ModeReplace:
		k.routes[first] = r
	case mode == rtnl.ModeAppend:
		k.routes = slices.Insert(k.routes, last+1, r)
	case mode == rtnl.ModePrepend:
		k.routes = slices.Insert(k.routes, first, r)
	default:
		return unix.EEXIST
	}
	return nil
}

// same reports whether two IPv4 routes are one, whether or not legs are dead.
func (r *route) same(o *route) bool {
	return bytes.Equal(r.header[5:8], o.header[5:8]) && r.nhid == o.nhid && sameLegs(r.legs, o.legs) &&
		bytes.Equal(r.attrs.encode(nil), o.attrs.encode(nil))
}

// joins reports whether IPv6 makes one route of this and others of its place:
// rt6_qualify_for_ecmp.
func (r *route) joins() bool {
	return r.nhid == 0 && r.expires == 0 && !slices.ContainsFunc(r.legs, func(g leg) bool { return !g.attrs.has(unix.RTA_GATEWAY) })
}

// checkLeg: the device is up and the gateway can be reached.
func (k *Kernel) checkLeg(r *route, g *leg, v6 bool) error {
	via, ok := netip.AddrFromSlice(g.attrs.get(unix.RTA_GATEWAY))
	if ok && g.index == 0 {
		for _, a := range k.addrs {
			if a.link.up && a.prefix().Contains(via) {
				g.index = a.link.index
			}
		}
		if g.index == 0 {
			if v6 {
				return unix.EHOSTUNREACH
			}
			return unix.ENETUNREACH
		}
	}
	l := k.byIndex(g.index)
	if l == nil {
		return unix.ENODEV
	}
	if !l.up {
		return unix.ENETDOWN
	}
	if !ok || (r.header[8]|g.flags)&unix.RTNH_F_ONLINK != 0 || via.IsLinkLocalUnicast() {
		return nil
	}
	if slices.ContainsFunc(k.addrs, func(a *address) bool { return a.link == l && a.prefix().Contains(via) }) {
		return nil
	}
	for _, x := range k.routes {
		dst, ok := netip.AddrFromSlice(x.attrs.get(unix.RTA_DST))
		if ok && len(x.legs) == 1 && x.legs[0].index == l.index && !x.legs[0].attrs.has(unix.RTA_GATEWAY) && netip.PrefixFrom(dst, int(x.header[1])).Contains(via) {
			return nil
		}
	}
	if v6 {
		return unix.EHOSTUNREACH
	}
	return unix.ENETUNREACH
}

func (n *neigh) like(o *neigh) bool {
	return n.index() == o.index() && n.header[10]&unix.NTF_PROXY == o.header[10]&unix.NTF_PROXY && bytes.Equal(n.attrs.get(unix.NDA_DST), o.attrs.get(unix.NDA_DST))
}

func (k *Kernel) addNeigh(header []byte, list attrs) error {
	n := &neigh{header, list.without(unix.NDA_CACHEINFO, unix.NDA_PROBES)}
	l := k.byIndex(n.index())
	switch {
	case l == nil:
		return unix.ENODEV
	case !l.up:
		return unix.ENETDOWN
	}
	if at := slices.IndexFunc(k.neighs, n.like); at >= 0 { // replaced
		k.neighs[at] = n
		return nil
	}
	k.neighs = append(k.neighs, n)
	return nil
}

func (k *Kernel) addNexthop(header []byte, list attrs) error {
	n := &nexthop{header: header, attrs: list, id: list.u32(nhaID), index: int(list.u32(nhaOIF))}
	switch {
	case k.NoNexthops:
		return unix.EOPNOTSUPP
	case header[1] != 0, list.has(nhaOpFlags), n.id == 0: // nh_scope
		return unix.EINVAL
	case k.nexthop(n.id) != nil && !list.has(nhaGroup): // a group is replaced
		return unix.EEXIST
	}
	if group := list.get(nhaGroup); group != nil {
		for ; len(group) >= 8; group = group[8:] {
			id := binary.NativeEndian.Uint32(group)
			if k.nexthop(id) == nil {
				return unix.EINVAL
			}
			n.group = append(n.group, id)
		}
		if old := k.nexthop(n.id); old != nil {
			*old = *n
			return nil
		}
		k.nexthops = append(k.nexthops, n)
		return nil
	}
	l := k.byIndex(n.index)
	if l == nil {
		return unix.EINVAL
	}
	if !l.up {
		return unix.ENETDOWN
	}
	if via, ok := netip.AddrFromSlice(list.get(nhaGateway)); ok {
		g := leg{index: n.index, attrs: attrs{{unix.RTA_GATEWAY, via.AsSlice()}}}
		if err := k.checkLeg(&route{header: make([]byte, 12)}, &g, via.Is6()); err != nil {
			return err
		}
	}
	k.nexthops = append(k.nexthops, n)
	return nil
}

// text is a message in words, with names for indexes.
func (k *Kernel) text(class rtnl.Class, header []byte, list attrs) string {
	name := func(index int) string {
		if l := k.byIndex(index); l != nil {
			return l.Name
		}
		return fmt.Sprintf("#%d", index)
	}
	ip := func(typ uint16) string {
		if a, ok := netip.AddrFromSlice(list.get(typ)); ok {
			return a.String()
		}
		return ""
	}
	switch class {
	case rtnl.Address:
		addr := ip(unix.IFA_LOCAL)
		if addr == "" {
			addr = ip(unix.IFA_ADDRESS)
		}
		return fmt.Sprintf("address %s/%d dev %s", addr, header[1], name(int(binary.NativeEndian.Uint32(header[4:]))))
	case rtnl.Route:
		s := fmt.Sprintf("route%d %s/%d table %d proto %d type %d", header[0], ip(unix.RTA_DST), header[1], list.u32(unix.RTA_TABLE), header[5], header[7])
		if list.has(unix.RTA_OIF) {
			s += " dev " + name(int(list.u32(unix.RTA_OIF)))
		}
		if list.has(unix.RTA_GATEWAY) {
			s += " via " + ip(unix.RTA_GATEWAY)
		}
		if list.has(rtaNhID) {
			s += fmt.Sprintf(" nhid %d", list.u32(rtaNhID))
		}
		return s
	case rtnl.Neighbour:
		return fmt.Sprintf("neighbour %s dev %s", ip(unix.NDA_DST), name(int(binary.NativeEndian.Uint32(header[4:]))))
	}
	return fmt.Sprintf("nexthop %d", list.u32(nhaID))
}
