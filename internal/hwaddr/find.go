// SPDX-License-Identifier: MIT

package hwaddr

import (
	"bytes"
	"net/netip"
)

// Match is an address in a text, or what looks like one and is none.
type Match struct {
	Addr       Addr
	Start, End int
	// Weak is set for what may as well be something else, so that only a place
	// where an address is expected makes it one: twelve bare digits (a counter, a
	// serial number, the beginning of a hash), decimal groups of six, or of four
	// with dashes (phone numbers), six octets with blanks (any numbers) and six
	// with dashes that are a date and time.
	Weak bool
	// Bad says what is wrong with something that was meant to be an address;
	// Addr means nothing then.
	Bad string
}

// What a byte is to an address.
const (
	other  = iota // ends everything
	hex           // 0-9 a-f A-F
	letter        // the other letters, and _
	mark          // : - .
)

var (
	class  [256]byte // other, hex, letter or mark
	nibble [256]byte // the value of a hex digit, 0xf0 for other bytes
)

func init() {
	for i := range nibble {
		nibble[i] = 0xf0
	}
	for c := byte('a'); c <= 'z'; c++ {
		class[c], class[c-32] = letter, letter
	}
	class['_'], class[':'], class['-'], class['.'] = letter, mark, mark, mark
	for i := range byte(16) {
		c := digits[i]
		class[c], nibble[c] = hex, i
		if i > 9 {
			class[c-32], nibble[c-32] = hex, i
		}
	}
}

// Find finds the first address in b at or after from; go on at Match.End. It
// knows, in either case: aa:bb:cc:dd:ee:ff with colons or dashes, with colons
// also unpadded (2:0:5e:10:0:7); aabb.ccdd.eeff with dots, dashes or colons;
// aabbcc-ddeeff with a dash or colon; aabbccddeeff; aa bb cc dd ee ff; a DHCP
// client id or DUID that holds one (01:aa:bb:..., 01aa.bbcc.ddee.ff,
// 00:01:00:01:...); the header of an Ethernet frame as netfilter logs it
// (MAC=to:from:08:00); and an IPv6 address formed from one.
// The digits must stand for themselves: not a part of a longer number, word,
// UUID, fingerprint or IPv6 address.
//
// Something with the right shape and a wrong digit, or an octet too few or too
// many, is found with Bad set.
func Find(b []byte, from int) (Match, bool) {
	for i := from; i < len(b); {
		switch class[b[i]] {
		case other, mark:
			i++
			continue
		case hex:
			if m, ok := simple(b, i); ok {
				return m, true
			}
		}
		end := i + 1
		for end < len(b) && class[b[end]] != other {
			end++
		}
		// Any notation takes eleven characters or more: 2:0:5:1:0:7.
		if end-i >= 11 {
			start := i
			for start > from && b[start-1] == ':' {
				start-- // an IPv6 address may begin with colons
			}
			if m, ok := inRun(b, start, end); ok {
				return m, true
			}
		}
		if end < len(b) && b[end] == ' ' && end-i >= 2 {
			if m, ok := spaced(b, end-2); ok {
				return m, true
			}
		}
		i = end
	}
	return Match{}, false
}

// simple reads the four padded notations that nearly every source uses, where
// nothing else is in the same run of characters.
func simple(b []byte, i int) (Match, bool) {
	rest := b[i:]
	switch {
	case len(rest) >= 17 && class[rest[2]] == mark && rest[2] != '.':
		sep := rest[2]
		if rest[5] != sep || rest[8] != sep || rest[11] != sep || rest[14] != sep || !ends(rest, 17) {
			return Match{}, false
		}
		var a Addr
		var bad byte
		for k := range a {
			hi, lo := nibble[rest[3*k]], nibble[rest[3*k+1]]
			a[k] = hi<<4 | lo
			bad |= hi | lo
		}
		return Match{Addr: a, Start: i, End: i + 17, Weak: sep == '-' && isTime(a)}, bad < 16
	case len(rest) >= 14 && class[rest[4]] == mark && rest[9] == rest[4] && ends(rest, 14):
		a, ok := twelve(rest[0:4], rest[5:9], rest[10:14])
		return Match{Addr: a, Start: i, End: i + 14, Weak: rest[4] == '-' && a.decimal()}, ok && !isPrefix(rest, 14)
	case len(rest) >= 12 && ends(rest, 12):
		a, ok := twelve(rest[:12])
		return Match{Addr: a, Start: i, End: i + 12, Weak: true}, ok
	}
	return Match{}, false
}

// spaced reads six octets of two digits with one blank between each. More of them
// in a row are a dump of memory.
func spaced(b []byte, i int) (Match, bool) {
	pair := func(at int) bool {
		return at >= 0 && at+2 <= len(b) && nibble[b[at]] < 16 && nibble[b[at+1]] < 16 &&
			(at == 0 || class[b[at-1]] == other || class[b[at-1]] == mark) && ends(b, at+2)
	}
	var a Addr
	for k := range a {
		at := i + 3*k
		if !pair(at) || k > 0 && b[at-1] != ' ' {
			return Match{}, false
		}
		a[k] = nibble[b[at]]<<4 | nibble[b[at+1]]
	}
	end := i + 17
	if i >= 3 && b[i-1] == ' ' && pair(i-3) || end < len(b) && b[end] == ' ' && pair(end+1) {
		return Match{}, false
	}
	return Match{Addr: a, Start: i, End: end, Weak: true}, true
}

// decimal reports whether no digit of the address is a letter.
func (a Addr) decimal() bool {
	for _, o := range a {
		if o>>4 > 9 || o&15 > 9 {
			return false
		}
	}
	return true
}

// isTime reports whether the octets, read as decimal numbers, are a date and time
// such as 26-11-21-10-20-30.
func isTime(a Addr) bool {
	return a.decimal() && a[1] >= 1 && a[1] <= 0x12 && a[2] >= 1 && a[2] <= 0x31 && a[3] <= 0x23 && a[4] <= 0x59 && a[5] <= 0x59
}

// isPrefix reports whether colons or a length after a group at i make it the
// beginning of an IPv6 prefix: fd8d:4fb3:5b2e::/64, fd8d:4fb3:5b2e/48.
func isPrefix(b []byte, i int) bool {
	if i < 5 || b[i-5] != ':' {
		return false
	}
	return i+1 < len(b) && (b[i] == ':' && b[i+1] == ':' || b[i] == '/' && b[i+1] >= '0' && b[i+1] <= '9')
}

// ends reports whether a run of address characters ends at i, not counting
// the full stop or colon after it in a sentence.
func ends(b []byte, i int) bool {
	if i >= len(b) || class[b[i]] == other {
		return true
	}
	return class[b[i]] == mark && (i+1 >= len(b) || class[b[i+1]] == other)
}

// twelve joins groups that hold twelve hex digits together.
func twelve(groups ...[]byte) (a Addr, ok bool) {
	n := 0
	var bad byte
	for _, g := range groups {
		for _, c := range g {
			v := nibble[c]
			bad |= v
			a[n/2] = a[n/2]<<4 | v&15
			n++
		}
	}
	return a, bad < 16
}

// maxGroups bounds the groups of a run that is looked at: longer ones are
// fingerprints and object identifiers.
const maxGroups = 24

// inRun looks for an address in b[start:end], which holds letters, digits and
// marks only.
func inRun(b []byte, start, end int) (Match, bool) {
	if m, ok := inIPv6(b, start, end); ok {
		return m, m.Addr != Addr{}
	}
	// A segment is a sequence of groups with one and the same mark between them;
	// an address is a segment of its own, so that a UUID's last group is none.
	var groups [maxGroups]span
	var bad Match
	n, sep := 0, byte(0)
	for i := start; i < end; {
		if class[b[i]] == mark {
			i++
			continue
		}
		g := span{i, i}
		for i < end && class[b[i]] != mark {
			i++
		}
		g.end = i
		var before byte // the mark in front of the group; two in a row are none
		if n > 0 && groups[n-1].end == g.start-1 {
			before = b[g.start-1]
		}
		if n == maxGroups {
			return bad, bad.Bad != ""
		}
		if n > 0 && (before == 0 || n > 1 && before != sep) {
			m := judge(b, groups[:n], sep)
			if m.End > 0 && m.Bad == "" {
				return m, true
			}
			if bad.Bad == "" {
				bad = m
			}
			// "mac:0200.5e10.0007": the group at the change of marks may begin
			// the next segment.
			groups[0] = groups[n-1]
			n = 1
			if before == 0 {
				n = 0
			}
		}
		sep = before
		groups[n] = g
		n++
	}
	if m := judge(b, groups[:n], sep); m.End > 0 && (m.Bad == "" || bad.Bad == "") {
		return m, true
	}
	return bad, bad.Bad != ""
}

// span is where a group of characters stands.
type span struct{ start, end int }

func (s span) of(b []byte) []byte { return b[s.start:s.end] }

func hexOnly(b []byte) bool {
	for _, c := range b {
		if class[c] != hex {
			return false
		}
	}
	return true
}

// octet is the value of a group of one or two hex digits.
func octet(g []byte) (v byte) {
	for _, c := range g {
		v = v<<4 | nibble[c]
	}
	return v
}

// judge decides what a segment is. A Match with End 0 is nothing.
func judge(b []byte, groups []span, sep byte) Match {
	// Words at the edges: "ether:02:..." or "...:07:eth0".
	for len(groups) > 0 && len(groups) != 6 && !hexOnly(groups[0].of(b)) {
		groups = groups[1:]
	}
	for len(groups) > 6 && !hexOnly(groups[len(groups)-1].of(b)) {
		groups = groups[:len(groups)-1]
	}
	n := len(groups)
	if n == 0 {
		return Match{}
	}
	m := Match{Start: groups[0].start, End: groups[n-1].end}
	longest, shortest, hexGroups, twos, decimal := 0, len(b), 0, 0, true
	for _, s := range groups {
		g := s.of(b)
		longest, shortest = max(longest, len(g)), min(shortest, len(g))
		if hexOnly(g) {
			hexGroups++
			if len(g) == 2 {
				twos++
			}
		}
		for _, c := range g {
			decimal = decimal && c <= '9'
		}
	}
	allHex := hexGroups == n
	if allHex && longest == shortest && n*longest == 12 && n <= 3 && (n != 2 || sep != '.') {
		var parts [3][]byte
		for i, s := range groups {
			parts[i] = s.of(b)
		}
		m.Addr, _ = twelve(parts[:n]...)
		m.Weak = n == 1 || decimal && (n == 2 || sep == '-')
		if n == 3 && isPrefix(b, m.End) {
			return Match{}
		}
		return m
	}
	// A DHCP client identifier as Cisco writes it: 01 is Ethernet (RFC 2132, 9.14).
	if n == 4 && sep == '.' && allHex && shortest == 2 && groups[3].end-groups[3].start == 2 &&
		groups[2].end-groups[0].start == 14 && bytes.HasPrefix(b[groups[0].start:], []byte("01")) {
		m.Addr, _ = twelve(b[groups[0].start+2:groups[0].end], groups[1].of(b), groups[2].of(b), groups[3].of(b))
		return m
	}
	if sep == '.' || n < 5 {
		return Match{}
	}
	if allHex && longest <= 2 && (sep == ':' || shortest == 2) {
		if first, ok := octets(b, groups); ok {
			for i := range m.Addr {
				m.Addr[i] = octet(groups[first+i].of(b))
			}
			m.Weak = sep == '-' && n == 6 && isTime(m.Addr)
			if n == frameOctets && first == 0 {
				m.End = groups[5].end // the sender comes next
			}
			return m
		}
		if shortest == 2 && n == 5 {
			m.Bad = "five octets, an address has six"
			return m
		}
		if shortest == 2 && n == 7 {
			m.Bad = "seven octets, an address has six"
			return m
		}
	}
	if n == 6 && !allHex && twos >= 4 && longest <= 3 && !bytes.Contains(bytes.ToLower(b[m.Start:m.End]), []byte("xx")) {
		m.Bad = "an octet is not two hexadecimal digits"
		return m
	}
	if n == 6 && allHex && twos == 5 && longest == 3 {
		m.Bad = "an octet has three digits"
		return m
	}
	return Match{}
}

// octets gives the index of the first of the six octets in groups.
func octets(b []byte, groups []span) (first int, ok bool) {
	begins := func(prefix ...byte) bool {
		for i, want := range prefix {
			if octet(groups[i].of(b)) != want {
				return false
			}
		}
		return true
	}
	switch n := len(groups); {
	case n == 6:
		return 0, true
	case n == 7 && begins(1): // DHCP client identifier, RFC 2132: type, address
		return 1, true
	case n == 10 && begins(0, 3, 0, 1): // DUID-LL, RFC 8415
		return 4, true
	case n == 14 && begins(0, 1, 0, 1): // DUID-LLT, RFC 8415
		return 8, true
	case n == frameOctets && etherType(octet(groups[12].of(b)), octet(groups[13].of(b))):
		if octet(groups[0].of(b))&1 != 0 {
			return 6, true // to everybody
		}
		return 0, true
	case n == 8 && etherType(octet(groups[6].of(b)), octet(groups[7].of(b))):
		// What is left of such a header after its first address.
		at := groups[0].start
		return 0, at >= 2 && b[at-1] == ':' && class[b[at-2]] == hex
	}
	return 0, false
}

// frameOctets is the length of the header of an Ethernet frame: to, from, type.
const frameOctets = 14

// etherType reports whether two octets are the type of IPv4, ARP or IPv6.
func etherType(hi, lo byte) bool {
	return hi == 0x08 && (lo == 0 || lo == 6) || hi == 0x86 && lo == 0xdd
}

// inIPv6 reads b[start:end] as an IPv6 address, and reports whether it is one
// that Find must look at no further: one with "::" or one formed from a MAC, with
// ff:fe in the middle of its lower half. Addr is zero where it is not.
func inIPv6(b []byte, start, end int) (Match, bool) {
	short, marked := false, false
	for i := start; i+1 < end; i++ {
		if b[i] != ':' {
			continue
		}
		short = short || b[i+1] == ':'
		marked = marked || i >= start+2 && i+2 < end &&
			b[i-2]|0x20 == 'f' && b[i-1]|0x20 == 'f' && b[i+1]|0x20 == 'f' && b[i+2]|0x20 == 'e'
	}
	if !short && !marked {
		return Match{}, false
	}
	// The marks at the end are a part of it (2001:db8::), or end a sentence.
	var ip netip.Addr
	for err := error(nil); ; end-- {
		if end-start <= len("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:") {
			if ip, err = netip.ParseAddr(string(b[start:end])); err == nil {
				break
			}
		}
		if end == start || class[b[end-1]] != mark {
			return Match{}, false
		}
	}
	if a, ok := FromEUI64(ip); ok {
		return Match{Addr: a, Start: start, End: end}, true
	}
	return Match{}, short
}
