// SPDX-License-Identifier: MIT

package derive

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// label begins what is hashed, so that another scheme or version gives other
// addresses.
const label = "slackbond hardware address 1"

// Prefix is the fixed beginning of the addresses to make. Its zero value is
// "local": 44 free bits in the quadrant that IEEE 802c leaves to administrators
// (AAI), the one whose second hex digit is 2.
type Prefix struct{ octets []byte }

// prefixNames are words for prefixes.
var prefixNames = map[string][]byte{
	"":      nil,
	"local": nil,
	"xen":   {0x00, 0x16, 0x3e},
}

// ParsePrefix reads "local", "xen", or one to five octets such as 00:16:3e.
func ParsePrefix(s string) (Prefix, error) {
	if octets, ok := prefixNames[strings.ToLower(s)]; ok {
		return Prefix{octets}, nil
	}
	octets, err := hex.DecodeString(strings.NewReplacer(":", "", "-", "", ".", "").Replace(s))
	if err != nil || len(octets) < 1 || len(octets) > 5 {
		return Prefix{}, fmt.Errorf("prefix %q: expected local, xen, or one to five octets such as 00:16:3e", s)
	}
	if octets[0]&1 != 0 {
		return Prefix{}, fmt.Errorf("prefix %q: its addresses are multicast (the first octet is odd)", s)
	}
	var a hwaddr.Addr
	copy(a[:], octets)
	if p, ok := a.Owner(); ok && p.Protocol {
		return Prefix{}, fmt.Errorf("prefix %q: it belongs to %s, no host may have such an address", s, p.Owner)
	}
	return Prefix{octets}, nil
}

// String gives what ParsePrefix reads.
func (p Prefix) String() string {
	if len(p.octets) == 0 {
		return "local"
	}
	parts := make([]string, len(p.octets))
	for i, o := range p.octets {
		parts[i] = fmt.Sprintf("%02x", o)
	}
	return strings.Join(parts, ":")
}

// Bits is the number of bits that are free.
func (p Prefix) Bits() int {
	if len(p.octets) == 0 {
		return 44
	}
	return 48 - 8*len(p.octets)
}

// fill makes an address of the prefix and the bits given.
func (p Prefix) fill(bits []byte) (a hwaddr.Addr) {
	copy(a[:], bits)
	if len(p.octets) == 0 {
		a[0] = a[0]&0xf0 | 2 // AAI: locally administered, one host
	}
	copy(a[:], p.octets)
	return a
}

// reserved reports whether an address without a fixed prefix fell into a range
// that others draw from.
func (p Prefix) reserved(a hwaddr.Addr) bool {
	_, known := a.Owner()
	return known && len(p.octets) == 0 || a.Unusable() != ""
}

// Random draws an address.
func Random(p Prefix) hwaddr.Addr {
	for {
		var bits [6]byte
		rand.Read(bits[:]) // never fails: crypto/rand ends the program instead
		if a := p.fill(bits[:]); !p.reserved(a) {
			return a
		}
	}
}

// derive hashes a list of parts, each with its length in front, so that no two
// lists give the same bytes.
func derive(secret []byte, bond string, p Prefix, counter uint32) hwaddr.Addr {
	h := sha256.New()
	for _, part := range [][]byte{[]byte(label), secret, []byte(bond), p.octets, binary.BigEndian.AppendUint32(nil, counter)} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write(part)
	}
	return p.fill(h.Sum(nil))
}
