// SPDX-License-Identifier: MIT

package rtnl

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// Of picks out of everything what the interfaces would lose by being set down
// or by joining a bond, and what the kernel would not make again by itself:
//
//   - addresses, but not temporary ones, the link-local ones that the kernel
//     makes of the hardware address, and those that routers announce;
//   - routes of all tables that leave through one of the interfaces, by
//     themselves, by one leg of several, or by a nexthop object, and IPv4 ones
//     whose source address goes; but not those that the kernel keeps for
//     addresses, and those that routers announce;
//   - permanent and proxied neighbours;
//   - nexthop objects, and groups of them.
//
// links are all interfaces, as they were at the same moment.
func (s State) Of(ifindexes []int, links []Link) Saved {
	sel := selection{links: map[int]Link{}, objects: map[int]bool{}}
	for _, l := range links {
		if slices.Contains(ifindexes, l.Index) {
			sel.links[l.Index] = l
		}
	}
	for _, index := range ifindexes {
		if _, ok := sel.links[index]; !ok {
			sel.links[index] = Link{Index: index, AddrGenMode: -1}
		}
	}
	sel.findObjects(s.Messages)
	sel.findAddresses(s.Messages)
	saved := Saved{At: s.At}
	for i, m := range s.Messages {
		if !m.whole() || !sel.has(m) {
			continue
		}
		if m.Class == Route {
			m.Mode = sel.mode(m, s.Messages[i+1:])
		}
		saved.Messages = append(saved.Messages, m)
	}
	return saved
}

// A selection is the interfaces whose belongings are saved.
type selection struct {
	links   map[int]Link
	objects map[int]bool          // numbers of the nexthop objects on them, and of groups with one of these
	sources map[netip.Addr]bool   // the addresses on them
	noRoute map[netip.Prefix]bool // networks of addresses that the kernel made no route for
}

func (sel *selection) findObjects(messages []Message) {
	for _, m := range messages {
		if m.Class != Nexthop || !m.whole() {
			continue
		}
		if _, ok := sel.links[m.Index()]; ok {
			sel.objects[number(m.attribute(unix.NHA_ID))] = true
		}
	}
	for _, m := range messages { // a group has no groups in it
		if m.Class == Nexthop && m.whole() && slices.ContainsFunc(m.group(), func(id int) bool { return sel.objects[id] }) {
			sel.objects[number(m.attribute(unix.NHA_ID))] = true
		}
	}
}

// group are the numbers of the nexthop objects in a group, none of another object.
func (m Message) group() []int {
	var list []int
	for b := m.attribute(unix.NHA_GROUP); len(b) >= 8; b = b[8:] { // struct nexthop_grp: id (u32), weight, …
		list = append(list, number(b[:4]))
	}
	return list
}

func (sel *selection) findAddresses(messages []Message) {
	sel.sources, sel.noRoute = map[netip.Addr]bool{}, map[netip.Prefix]bool{}
	made := map[netip.Prefix]bool{} // for another address of the network
	for _, m := range messages {
		index, prefix, flags, ok := m.Addr()
		if _, ours := sel.links[index]; !ok || !ours {
			continue
		}
		sel.sources[prefix.Addr()] = true
		if flags&unix.IFA_F_NOPREFIXROUTE != 0 {
			sel.noRoute[prefix.Masked()] = true
		} else {
			made[prefix.Masked()] = true
		}
	}
	maps.DeleteFunc(sel.noRoute, func(p netip.Prefix, _ bool) bool { return made[p] })
}

func (sel *selection) has(m Message) bool {
	switch m.Class {
	case Address:
		return sel.hasAddress(m)
	case Route:
		return sel.hasRoute(m)
	case Nexthop:
		return sel.objects[number(m.attribute(unix.NHA_ID))]
	}
	_, ok := sel.links[m.Index()]
	return ok
}

func (sel *selection) hasAddress(m Message) bool {
	index, prefix, flags, ok := m.Addr()
	l, ours := sel.links[index]
	switch {
	case !ok || !ours:
		return false
	case m.family() == unix.AF_INET:
		return true
	case flags&unix.IFA_F_TEMPORARY != 0:
		return false // made anew, as often as the permanent one that it belongs to is given
	}
	maker := number(m.attribute(ifaProto))
	stable := flags&unix.IFA_F_STABLE_PRIVACY != 0
	if prefix.Addr().IsLinkLocalUnicast() {
		return maker != protoKernelLinkLocal && !stable &&
			(l.AddrGenMode == addrGenModeNone || !l.eui64(prefix.Addr()))
	}
	if !l.AcceptRA || flags&unix.IFA_F_PERMANENT != 0 {
		return true
	}
	// The kernel asks the routers again as soon as the interface is up; kernels
	// before 5.18 do not say that an address is theirs.
	return maker != protoKernelRA && !stable && flags&unix.IFA_F_MANAGETEMPADDR == 0 && !l.eui64(prefix.Addr())
}

// eui64 reports whether an IPv6 address ends in the interface identifier that
// the kernel makes of the hardware address (RFC 4291, appendix A).
func (l Link) eui64(addr netip.Addr) bool {
	a := addr.As16()
	for _, mac := range [][]byte{l.Addr, l.Permanent, l.Former} {
		if len(mac) == 6 && bytes.Equal(a[8:], []byte{mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]}) {
			return true
		}
	}
	return false
}

func (sel *selection) hasRoute(m Message) bool {
	through := false // whether it leaves through one of ours
	announced := false
	for _, index := range m.outgoing() {
		if l, ok := sel.links[index]; ok {
			through = true
			announced = announced || l.AcceptRA
		}
	}
	if id := m.attribute(rtaNhID); id != nil {
		through = through || sel.objects[number(id)]
	}
	if !through && !sel.sources[m.address(unix.RTA_PREFSRC)] {
		return false
	}
	switch m.routeProtocol() {
	case unix.RTPROT_KERNEL:
		// The kernel makes them for addresses, except where whoever gave the
		// address asked it not to, and made the route itself.
		return through && m.routeType() == unix.RTN_UNICAST && !m.gateway() && sel.noRoute[m.destination()]
	case unix.RTPROT_REDIRECT:
		return false
	case unix.RTPROT_RA:
		// Kernels to 6.1 let one that was put back expire at the next announcement.
		return !announced
	}
	return true
}

// mode says how a route is to be put back beside others of its destination and
// metric; after are those behind it in the kernel's order. (IPv6 keeps none:
// it makes legs of one route of them.)
func (sel *selection) mode(m Message, after []Message) Mode {
	stays := func(other Message) bool {
		return other.Class == Route && other.whole() && m.rivals(other) && !sel.hasRoute(other)
	}
	if m.family() == unix.AF_INET && slices.ContainsFunc(after, stays) {
		return ModePrepend
	}
	return ModeAppend
}

// rivals reports whether two routes lead to the same destination with the same
// metric, so that only their order decides.
func (m Message) rivals(other Message) bool {
	// family, destination's and source's length, tos
	return bytes.Equal(m.Body[:4], other.Body[:4]) && m.routeTable() == other.routeTable() &&
		bytes.Equal(m.attribute(unix.RTA_DST), other.attribute(unix.RTA_DST)) &&
		bytes.Equal(m.attribute(unix.RTA_SRC), other.attribute(unix.RTA_SRC)) &&
		bytes.Equal(m.attribute(unix.RTA_PRIORITY), other.attribute(unix.RTA_PRIORITY))
}
