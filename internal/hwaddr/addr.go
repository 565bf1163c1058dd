// SPDX-License-Identifier: MIT

package hwaddr

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
)

// Addr is an Ethernet address. Its zero value is the address of nobody.
type Addr [6]byte

// Broadcast is the address of everybody.
var Broadcast = Addr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// Parse reads an address in any notation that [Find] knows; the text may hold
// nothing else but white space around it.
func Parse(s string) (Addr, error) {
	text := []byte(strings.TrimSpace(s))
	m, ok := Find(text, 0)
	switch {
	case !ok || m.Bad != "" && m.Start == 0 && m.End == len(text):
		if ok {
			return Addr{}, fmt.Errorf("%q is not a MAC address: %s", s, m.Bad)
		}
		return Addr{}, fmt.Errorf("%q is not a MAC address: expected six octets such as 02:00:5e:10:00:07", s)
	case m.Bad != "" || m.Start != 0 || m.End != len(text):
		return Addr{}, fmt.Errorf("%q is not a MAC address: there is more around it", s)
	}
	return m.Addr, nil
}

const digits = "0123456789abcdef"

// String gives the address in lower case with colons.
func (a Addr) String() string {
	b := make([]byte, 0, 17)
	for i, o := range a {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[o>>4], digits[o&15])
	}
	return string(b)
}

// MarshalText gives the address as String does: it is what JSON holds.
func (a Addr) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what Parse reads.
func (a *Addr) UnmarshalText(text []byte) (err error) {
	*a, err = Parse(string(text))
	return err
}

// Compare orders addresses by their octets.
func (a Addr) Compare(b Addr) int { return bytes.Compare(a[:], b[:]) }

// IsZero reports whether a is 00:00:00:00:00:00.
func (a Addr) IsZero() bool { return a == Addr{} }

// IsGroup reports whether a names more than one host: bit 0 of the first octet.
func (a Addr) IsGroup() bool { return a[0]&1 != 0 }

// IsLocal reports whether a is locally administered: bit 1 of the first octet.
func (a Addr) IsLocal() bool { return a[0]&2 != 0 }

// Unusable says why a cannot be the address of one host, "" where it can.
func (a Addr) Unusable() string {
	switch {
	case a.IsZero():
		return "it is all zero, which stands for no address"
	case a == Broadcast:
		return "it is the broadcast address"
	case a.IsGroup():
		return "it is a multicast address (the first octet is odd)"
	}
	return ""
}

// LinkLocal is the IPv6 link-local address that a host forms from a: the
// modified EUI-64 of RFC 4291, appendix A.
func (a Addr) LinkLocal() netip.Addr {
	return netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 8: a[0] ^ 2, 9: a[1], 10: a[2], 11: 0xff, 12: 0xfe, 13: a[3], 14: a[4], 15: a[5]})
}

// FromEUI64 gives the address that the lower half of an IPv6 address was
// formed from, and whether it was.
func FromEUI64(ip netip.Addr) (Addr, bool) {
	if !ip.Is6() || ip.Is4In6() {
		return Addr{}, false
	}
	b := ip.As16()
	if b[11] != 0xff || b[12] != 0xfe || b[0] == 0xff {
		return Addr{}, false
	}
	a := Addr{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
	return a, a.Unusable() == ""
}
