// SPDX-License-Identifier: MIT

package fakekernel

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/rtnl"
)

// typeMask is NLA_TYPE_MASK: an attribute's type without its flags.
const typeMask = 0x3fff

// rtaNhID is RTA_NH_ID.
const rtaNhID = 30

// An attr is one attribute of an rtnetlink message.
type attr struct {
	typ  uint16
	data []byte
}

type attrs []attr

// headers are the lengths of the structures before the attributes.
var headers = map[rtnl.Class]int{
	rtnl.Address:   unix.SizeofIfAddrmsg,
	rtnl.Route:     unix.SizeofRtMsg,
	rtnl.Neighbour: unix.SizeofNdMsg,
	rtnl.Nexthop:   8, // struct nhmsg
}

// parse splits a message; EINVAL where the kernel could not.
func parse(m rtnl.Message) (header []byte, list attrs, err error) {
	n := headers[m.Class]
	if len(m.Body) < n {
		return nil, nil, unix.EINVAL
	}
	list, err = parseAttrs(m.Body[n:])
	return slices.Clone(m.Body[:n]), list, err
}

func parseAttrs(b []byte) (attrs, error) {
	var list attrs
	for len(b) >= unix.SizeofRtAttr {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtAttr || n > len(b) {
			return nil, unix.EINVAL
		}
		list = append(list, attr{binary.NativeEndian.Uint16(b[2:]), slices.Clone(b[unix.SizeofRtAttr:n])})
		b = b[min((n+3)&^3, len(b)):]
	}
	return list, nil
}

func (a attrs) get(typ uint16) []byte {
	for _, x := range a {
		if x.typ&typeMask == typ {
			return x.data
		}
	}
	return nil
}

func (a attrs) has(typ uint16) bool {
	return slices.ContainsFunc(a, func(x attr) bool { return x.typ&typeMask == typ })
}

func (a attrs) u32(typ uint16) uint32 {
	if b := a.get(typ); len(b) >= 4 {
		return binary.NativeEndian.Uint32(b)
	}
	return 0
}

func (a attrs) without(types ...uint16) attrs {
	return slices.DeleteFunc(slices.Clone(a), func(x attr) bool { return slices.Contains(types, x.typ&typeMask) })
}

func (a attrs) encode(b []byte) []byte {
	for _, x := range a {
		b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(x.data)))
		b = binary.NativeEndian.AppendUint16(b, x.typ)
		b = append(b, x.data...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return b
}

func u32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// A leg is one way of a multipath route, struct rtnexthop and its attributes.
type leg struct {
	flags, hops byte
	index       int
	attrs       attrs
}

func parseLegs(b []byte) ([]leg, error) {
	var legs []leg
	for len(b) >= unix.SizeofRtNexthop {
		n := int(binary.NativeEndian.Uint16(b))
		if n < unix.SizeofRtNexthop || n > len(b) {
			return nil, unix.EINVAL
		}
		list, err := parseAttrs(b[unix.SizeofRtNexthop:n])
		if err != nil {
			return nil, err
		}
		legs = append(legs, leg{b[2], b[3], int(binary.NativeEndian.Uint32(b[4:])), list})
		b = b[min((n+3)&^3, len(b)):]
	}
	return legs, nil
}

func encodeLegs(legs []leg) []byte {
	var b []byte
	for _, l := range legs {
		body := l.attrs.encode(nil)
		b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtNexthop+len(body)))
		b = append(b, l.flags, l.hops)
		b = binary.NativeEndian.AppendUint32(b, uint32(l.index))
		b = append(b, body...)
	}
	return b
}
