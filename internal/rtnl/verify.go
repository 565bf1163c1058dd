// SPDX-License-Identifier: MIT

package rtnl

import (
	"encoding/binary"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// Lacks is what of saved is not there now, in words, each once and in the order
// in which it was saved. What has expired meanwhile is not missed.
func (s State) Lacks(saved Saved) []string {
	have := map[string][]content{}
	for _, m := range s.Messages {
		if m.whole() {
			c := m.content()
			have[c.subject] = append(have[c.subject], c)
		}
	}
	var missing []string
	for _, r := range (Saved{Messages: saved.Messages, At: saved.At}).Requests(s.At) {
		m := r.Message
		if r.Instead != nil { // dead legs are not missed
			m = *r.Instead
		}
		want := m.content()
		if slices.ContainsFunc(have[want.subject], want.isIn) {
			continue
		}
		words := r.String()
		if len(have[want.subject]) > 0 {
			words += " (not as it was)"
		}
		if !slices.Contains(missing, words) {
			missing = append(missing, words)
		}
	}
	return missing
}

// content is what a message says, in a form that can be compared.
type content struct {
	// subject is what it is about: the address and its interface, the
	// destination and its table, the neighbour, the object.
	subject string
	rest    map[uint16]string // attributes, and the header
	legs    []string          // of a route: where it leads
	// deprecated is of an address, which may become so.
	deprecated bool
}

// isIn reports whether now says all that c says.
func (c content) isIn(now content) bool {
	for _, l := range c.legs {
		if !slices.Contains(now.legs, l) {
			return false
		}
	}
	return maps.Equal(c.rest, now.rest) && (now.deprecated || !c.deprecated)
}

// flagsSet are the flags of an address that somebody sets; the others are the
// kernel's report.
const flagsSet = unix.IFA_F_HOMEADDRESS | unix.IFA_F_NODAD | unix.IFA_F_MANAGETEMPADDR | unix.IFA_F_NOPREFIXROUTE | unix.IFA_F_MCAUTOJOIN

// content reads a message as it was saved, as it is requested, or as it stands:
// the three forms of one thing are equal.
func (m Message) content() content {
	c := content{rest: map[uint16]string{}}
	key := []byte{byte(m.Class), m.family()}
	switch m.Class {
	case Address:
		index, prefix, flags, _ := m.Addr()
		key = append(binary.NativeEndian.AppendUint32(key, uint32(index)), prefix.String()...)
		if m.family() == unix.AF_INET { // an IPv4 interface has an address once for each peer
			key = append(key, m.attribute(unix.IFA_ADDRESS)...)
		}
		c.rest[unix.IFA_FLAGS] = string(binary.NativeEndian.AppendUint32(nil, flags&flagsSet))
		c.rest[unix.IFA_UNSPEC] = string(m.Body[3:4]) // scope
		c.copy(m, unix.IFA_LABEL, unix.IFA_BROADCAST, unix.IFA_ANYCAST, unix.IFA_RT_PRIORITY, ifaProto)
		if m.family() == unix.AF_INET6 {
			c.copy(m, unix.IFA_ADDRESS)
		}
		if info := m.attribute(unix.IFA_CACHEINFO); len(info) >= 8 && binary.NativeEndian.Uint32(info[4:]) != forever {
			c.rest[unix.IFA_CACHEINFO] = "expires"
		}
		c.deprecated = flags&unix.IFA_F_DEPRECATED != 0
	case Route:
		c.route(m, &key)
	case Neighbour:
		key = append(append(key, m.Body[4:8]...), m.attribute(unix.NDA_DST)...)
		if m.proxy() {
			key = append(key, "proxy"...)
		}
		c.rest[unix.NDA_UNSPEC] = string(m.Body[8:10]) // state
		c.copy(m, unix.NDA_LLADDR)
	case Nexthop:
		key = m.attribute(unix.NHA_ID)
		n := m.nexthop()
		c.rest[unix.NHA_UNSPEC] = string(n.Body[:sizeofNhmsg])
		for kind, value := range attributes(n.Body[sizeofNhmsg:]) {
			c.rest[kind] = string(value)
		}
	}
	c.subject = string(key)
	return c
}

// copy takes attributes over; one of zeros alone means as much as none.
func (c content) copy(m Message, kinds ...uint16) {
	for _, kind := range kinds {
		if value := m.attribute(kind); slices.ContainsFunc(value, func(b byte) bool { return b != 0 }) {
			c.rest[kind] = string(value)
		}
	}
}

func (c *content) route(m Message, key *[]byte) {
	expires := m.attribute(unix.RTA_EXPIRES) != nil
	if info := m.attribute(unix.RTA_CACHEINFO); m.family() == unix.AF_INET6 && len(info) >= 12 {
		expires = expires || binary.NativeEndian.Uint32(info[8:]) != 0
	}
	if expires {
		c.rest[unix.RTA_EXPIRES] = "expires"
	}
	m, _ = m.routeAfter(0)
	*key = append(*key, m.Body[1:4]...) // lengths of destination and source, tos
	*key = binary.NativeEndian.AppendUint32(*key, uint32(m.routeTable()))
	*key = append(*key, m.attribute(unix.RTA_DST)...)
	*key = append(*key, m.attribute(unix.RTA_SRC)...)
	*key = append(*key, m.attribute(unix.RTA_PRIORITY)...)
	c.rest[unix.RTA_UNSPEC] = string(m.Body[5:8]) // protocol, scope, type
	var index, ways []byte                        // of a route with one leg
	for kind, value := range attributes(m.Body[unix.SizeofRtMsg:]) {
		switch {
		case kind == unix.RTA_OIF:
			index = value
		case isWay(kind):
			ways = Append(ways, kind, value)
		case kind == unix.RTA_MULTIPATH:
			for l := range legs(value) {
				c.legs = append(c.legs, string(l.raw[3:8])+string(sortedAttributes(l.attributes)))
			}
		case slices.Contains([]uint16{unix.RTA_DST, unix.RTA_SRC, unix.RTA_PRIORITY, unix.RTA_TABLE, unix.RTA_EXPIRES}, kind):
		case kind == unix.RTA_METRICS:
			c.rest[kind] = string(sortedAttributes(value))
		default:
			c.copy(m, kind)
		}
	}
	if index != nil || ways != nil {
		const weight = "\x00"
		c.legs = append(c.legs, weight+string(index)+string(sortedAttributes(ways)))
	}
}

// isWay reports whether an attribute is one that each leg of a multipath route
// has of its own.
func isWay(kind uint16) bool {
	switch kind {
	case unix.RTA_GATEWAY, unix.RTA_VIA, unix.RTA_ENCAP, unix.RTA_ENCAP_TYPE, unix.RTA_FLOW:
		return true
	}
	return false
}

// sortedAttributes puts nested attributes in the order of their types.
func sortedAttributes(value []byte) []byte {
	found := map[uint16][]byte{}
	for kind, v := range attributes(value) {
		found[kind] = v
	}
	var b []byte
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		b = Append(b, kind, found[kind])
	}
	return b
}
