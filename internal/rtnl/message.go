// SPDX-License-Identifier: MIT

package rtnl

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Numbers of the kernel's headers that x/sys has not.
const (
	sizeofNhmsg = 8 // struct nhmsg: family, scope, protocol, resvd, flags (u32)

	ifaProto = 11 // IFA_PROTO, Linux 5.18
	rtaNhID  = 30 // RTA_NH_ID, Linux 5.3

	// Values of IFA_PROTO: who made an address.
	protoKernelRA        = 2
	protoKernelLinkLocal = 3

	addrGenModeNone = 1 // IN6_ADDR_GEN_MODE_NONE

	nhaResGroup = 12 // NHA_RES_GROUP, Linux 5.13
)

// forever is INFINITY_LIFE_TIME.
const forever = ^uint32(0)

// header is the length of the struct that a message of the class begins with.
func (c Class) header() int {
	switch c {
	case Address:
		return unix.SizeofIfAddrmsg
	case Route:
		return unix.SizeofRtMsg
	case Neighbour:
		return unix.SizeofNdMsg
	}
	return sizeofNhmsg
}

// whole reports whether the message has its header, without which it says nothing.
func (m Message) whole() bool { return len(m.Body) >= m.Class.header() }

func (m Message) family() byte { return m.Body[0] }

// attribute is the value of an attribute, nil where there is none.
func (m Message) attribute(kind uint16) []byte {
	for k, value := range attributes(m.Body[m.Class.header():]) {
		if k == kind {
			return value
		}
	}
	return nil
}

// address reads an attribute that is an IP address.
func (m Message) address(kind uint16) netip.Addr {
	addr, _ := netip.AddrFromSlice(m.attribute(kind))
	return addr
}

// Of struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type,
// flags (u32).
func (m Message) routeProtocol() byte { return m.Body[5] }
func (m Message) routeType() byte     { return m.Body[7] }
func (m Message) routeFlags() uint32  { return binary.NativeEndian.Uint32(m.Body[8:]) }

func (m Message) routeTable() int {
	if t := m.attribute(unix.RTA_TABLE); len(t) == 4 {
		return number(t)
	}
	return int(m.Body[4])
}

// destination is where a route leads to.
func (m Message) destination() netip.Prefix {
	addr := m.address(unix.RTA_DST)
	if !addr.IsValid() {
		addr = netip.IPv4Unspecified()
		if m.family() == unix.AF_INET6 {
			addr = netip.IPv6Unspecified()
		}
	}
	return netip.PrefixFrom(addr, int(m.Body[1]))
}

// gateway reports whether a route has a gateway, in any of its legs, or goes by
// a nexthop object.
func (m Message) gateway() bool {
	for kind, value := range attributes(m.Body[m.Class.header():]) {
		switch kind {
		case unix.RTA_GATEWAY, unix.RTA_VIA, rtaNhID:
			return true
		case unix.RTA_MULTIPATH:
			for l := range legs(value) {
				for kind := range attributes(l.attributes) {
					if kind == unix.RTA_GATEWAY || kind == unix.RTA_VIA {
						return true
					}
				}
			}
		}
	}
	return false
}

// A leg is one of the ways of a multipath route: struct rtnexthop (length,
// flags, hops, ifindex) and its attributes.
type leg struct {
	raw        []byte // all of it
	attributes []byte
}

func (l leg) index() int { return number(l.raw[4:8]) }

// legs goes over RTA_MULTIPATH.
func legs(b []byte) func(yield func(leg) bool) {
	return func(yield func(leg) bool) {
		for len(b) >= unix.SizeofRtNexthop {
			length := int(binary.NativeEndian.Uint16(b))
			if length < unix.SizeofRtNexthop || length > len(b) {
				return
			}
			if !yield(leg{b[:length:length], b[unix.SizeofRtNexthop:length]}) {
				return
			}
			b = b[min(align(length), len(b)):]
		}
	}
}

// Of struct ndmsg: family, three of padding, ifindex, state (u16), flags, type.
func (m Message) neighbourState() uint16 { return binary.NativeEndian.Uint16(m.Body[8:]) }
func (m Message) proxy() bool            { return m.Body[10]&unix.NTF_PROXY != 0 }

// Index is the interface that a message is about: of a route the first that it
// leaves through, 0 where it names none (as one by a nexthop object can).
func (m Message) Index() int {
	if !m.whole() {
		return 0
	}
	switch m.Class {
	case Address, Neighbour:
		return number(m.Body[4:8])
	case Nexthop:
		return number(m.attribute(unix.NHA_OIF))
	}
	for _, index := range m.outgoing() {
		return index
	}
	return 0
}

// outgoing are the interfaces that a route names.
func (m Message) outgoing() []int {
	var list []int
	if oif := m.attribute(unix.RTA_OIF); oif != nil {
		list = append(list, number(oif))
	}
	for l := range legs(m.attribute(unix.RTA_MULTIPATH)) {
		list = append(list, l.index())
	}
	return list
}

// Addr reads a message of class [Address]: the interface, the address with the
// length of its prefix, and its IFA_F_* flags.
func (m Message) Addr() (index int, prefix netip.Prefix, flags uint32, ok bool) {
	if m.Class != Address || !m.whole() {
		return 0, netip.Prefix{}, 0, false
	}
	// Of struct ifaddrmsg: family, prefixlen, flags, scope, index (u32).
	flags = uint32(m.Body[2])
	if f := m.attribute(unix.IFA_FLAGS); len(f) == 4 {
		flags = binary.NativeEndian.Uint32(f)
	}
	addr := m.address(unix.IFA_LOCAL) // IFA_ADDRESS is the peer's on a link with one
	if !addr.IsValid() {
		addr = m.address(unix.IFA_ADDRESS)
	}
	prefix = netip.PrefixFrom(addr, int(m.Body[1]))
	return number(m.Body[4:8]), prefix, flags, prefix.IsValid()
}

// String names what a message is about, as ip(8) does: "192.0.2.1/24",
// "default via 192.0.2.254 table main", "192.0.2.7 lladdr 02:00:00:00:00:07",
// "proxy 192.0.2.8", "nexthop 10". The interface is not in it.
func (m Message) String() string {
	if !m.whole() {
		return "a message that is cut off"
	}
	switch m.Class {
	case Address:
		_, prefix, _, _ := m.Addr()
		return prefix.String()
	case Route:
		return m.route()
	case Neighbour:
		if m.proxy() {
			return "proxy " + m.address(unix.NDA_DST).String()
		}
		return m.address(unix.NDA_DST).String() + " lladdr " + hardware(m.attribute(unix.NDA_LLADDR))
	}
	return "nexthop " + strconv.Itoa(number(m.attribute(unix.NHA_ID)))
}

// routeTypes are the words of ip(8) for the types of routes that are not unicast.
var routeTypes = map[byte]string{
	unix.RTN_LOCAL: "local", unix.RTN_BROADCAST: "broadcast", unix.RTN_ANYCAST: "anycast",
	unix.RTN_MULTICAST: "multicast", unix.RTN_BLACKHOLE: "blackhole", unix.RTN_UNREACHABLE: "unreachable",
	unix.RTN_PROHIBIT: "prohibit", unix.RTN_THROW: "throw", unix.RTN_NAT: "nat",
}

func (m Message) route() string {
	var words []string
	if word := routeTypes[m.routeType()]; word != "" {
		words = append(words, word)
	}
	to := m.destination()
	switch {
	case to.Bits() == 0 && to.Addr().IsUnspecified():
		words = append(words, "default")
	case to.IsSingleIP():
		words = append(words, to.Addr().String())
	default:
		words = append(words, to.String())
	}
	if from := m.address(unix.RTA_SRC); from.IsValid() {
		words = append(words, "from", netip.PrefixFrom(from, int(m.Body[2])).String())
	}
	via := func(gateway []byte) {
		if addr, ok := netip.AddrFromSlice(gateway); ok {
			words = append(words, "via", addr.String())
		}
	}
	for kind, value := range attributes(m.Body[m.Class.header():]) {
		switch kind {
		case unix.RTA_GATEWAY:
			via(value)
		case unix.RTA_VIA:
			via(value[min(2, len(value)):]) // behind the family
		case rtaNhID:
			words = append(words, "nhid", strconv.Itoa(number(value)))
		case unix.RTA_MULTIPATH:
			for l := range legs(value) {
				for kind, value := range attributes(l.attributes) {
					if kind == unix.RTA_GATEWAY {
						via(value)
					}
				}
			}
		}
	}
	table := strconv.Itoa(m.routeTable())
	switch m.routeTable() {
	case unix.RT_TABLE_MAIN:
		table = "main"
	case unix.RT_TABLE_LOCAL:
		table = "local"
	case unix.RT_TABLE_DEFAULT:
		table = "default"
	}
	words = append(words, "table", table)
	if metric := m.attribute(unix.RTA_PRIORITY); metric != nil {
		words = append(words, "metric", strconv.FormatUint(uint64(uint32(number(metric))), 10))
	}
	return strings.Join(words, " ")
}

// hardware writes a hardware address as 02:00:00:00:00:01.
func hardware(addr []byte) string {
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

// NewAddr gives an interface an address, as "ip address add PREFIX brd +" does:
// an IPv4 one with the broadcast address of its network, unless that has none.
func NewAddr(index int, prefix netip.Prefix) Message {
	addr := prefix.Addr().WithZone("")
	b := []byte{familyOf(addr), byte(prefix.Bits()), 0, unix.RT_SCOPE_UNIVERSE}
	b = binary.NativeEndian.AppendUint32(b, uint32(index))
	b = Append(b, unix.IFA_LOCAL, addr.AsSlice())
	b = Append(b, unix.IFA_ADDRESS, addr.AsSlice())
	if addr.Is4() && prefix.Bits() <= 30 {
		b = Append(b, unix.IFA_BROADCAST, broadcast(addr, prefix.Bits()))
	}
	return Message{Class: Address, Body: b}
}

func broadcast(addr netip.Addr, bits int) []byte {
	a := addr.As4()
	n := binary.BigEndian.Uint32(a[:]) | uint32(uint64(1)<<(32-bits)-1)
	return binary.BigEndian.AppendUint32(nil, n)
}

// NewDefault is a default route, as "ip route add default via GATEWAY" makes
// it. Index is the interface that it leaves through; with 0 the kernel looks
// for the one that reaches the gateway, which it cannot for a link-local one.
func NewDefault(gateway netip.Addr, index int) Message {
	gateway = gateway.WithZone("").Unmap()
	b := []byte{familyOf(gateway), 0, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_UNIVERSE, unix.RTN_UNICAST}
	b = append(b, 0, 0, 0, 0)
	b = Append(b, unix.RTA_GATEWAY, gateway.AsSlice())
	if index != 0 {
		b = AppendUint32(b, unix.RTA_OIF, uint32(index))
	}
	return Message{Class: Route, Body: b}
}

// IsDefault reports whether a message is a default route of the family that
// gateway belongs to, of table main, and whether it leaves by that gateway.
func (m Message) IsDefault(gateway netip.Addr) (isDefault, same bool) {
	if m.Class != Route || !m.whole() || m.family() != familyOf(gateway) || m.Body[1] != 0 || m.Body[2] != 0 ||
		m.routeTable() != unix.RT_TABLE_MAIN || m.routeType() != unix.RTN_UNICAST {
		return false, false
	}
	return true, m.address(unix.RTA_GATEWAY) == gateway.WithZone("")
}

func familyOf(addr netip.Addr) byte {
	if addr.Is4() || addr.Is4In6() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// without gives a message without the attributes of the kinds.
func (m Message) without(kinds ...uint16) Message {
	return m.rewrite(func(kind uint16, value []byte) ([]byte, bool) {
		return value, !slices.Contains(kinds, kind)
	})
}

// rewrite gives a message whose attributes are those that each keeps, with the
// value that it gives. The header is copied.
func (m Message) rewrite(each func(kind uint16, value []byte) (now []byte, keep bool)) Message {
	header := m.Class.header()
	body := append(make([]byte, 0, len(m.Body)), m.Body[:header]...)
	rest := m.Body[header:]
	for kind, value := range attributes(rest) {
		// The type with its flags, which newer kernels insist on.
		full := binary.NativeEndian.Uint16(rest[2:])
		rest = rest[min(align(unix.SizeofNlAttr+len(value)), len(rest)):]
		if now, keep := each(kind, value); keep {
			body = Append(body, full, now)
		}
	}
	m.Body = body
	return m
}

// LeaseLike reports whether a DHCP client could have brought this: an IPv4
// address, or an IPv4 route that nobody marked as configured by hand.
func (m Message) LeaseLike() bool {
	if !m.whole() || m.family() != unix.AF_INET {
		return false
	}
	return m.Class == Address || m.Class == Route && m.routeProtocol() != unix.RTPROT_STATIC
}

// Devices are the indexes of the interfaces that a route leaves through, as far
// as it names them itself; none of what is no route.
func (m Message) Devices() []int {
	if m.Class != Route || !m.whole() {
		return nil
	}
	return m.outgoing()
}
