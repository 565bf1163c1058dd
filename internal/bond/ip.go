// SPDX-License-Identifier: MIT

package bond

import (
	"strconv"
	"strings"
)

// IP addresses are read and written here, not by net/netip, because that would
// make ifenslave 78 kB larger and start a goroutine. A fuzz test holds both
// functions to what net/netip does.

// parseIP reads an IPv4 address as 4 bytes or an IPv6 address as 16; nil where
// the text is neither. There are no zones: the kernel's options take none.
func parseIP(s string) []byte {
	if !strings.Contains(s, ":") {
		return parseIPv4(s)
	}
	head, tail, gap := strings.Cut(s, "::")
	ip, ok := parseGroups(head, !gap)
	if !gap || !ok {
		if len(ip) != 16 {
			return nil
		}
		return ip
	}
	rest, ok := parseGroups(tail, true)
	zeros := 16 - len(ip) - len(rest)
	if !ok || zeros < 2 {
		return nil
	}
	ip = append(ip, make([]byte, zeros)...)
	return append(ip, rest...)
}

// parseGroups reads what stands on one side of a "::", or a whole address: up
// to 8 groups of hexadecimal digits, and where it is the end of the address
// possibly an IPv4 address instead of the last two.
func parseGroups(s string, end bool) (ip []byte, ok bool) {
	if s == "" {
		return nil, true
	}
	groups := strings.Split(s, ":")
	for i, group := range groups {
		if strings.Contains(group, ".") && end && i == len(groups)-1 {
			v4 := parseIPv4(group)
			return append(ip, v4...), v4 != nil
		}
		n, err := strconv.ParseUint(group, 16, 16)
		if err != nil || len(group) > 4 || len(groups) > 8 {
			return nil, false
		}
		ip = append(ip, byte(n>>8), byte(n))
	}
	return ip, true
}

func parseIPv4(s string) []byte {
	fields := strings.Split(s, ".")
	if len(fields) != 4 {
		return nil
	}
	ip := make([]byte, 4)
	for i, field := range fields {
		n, err := strconv.ParseUint(field, 10, 8)
		if err != nil || len(field) > 1 && field[0] == '0' { // which some take for octal
			return nil
		}
		ip[i] = byte(n)
	}
	return ip
}

// formatIP writes an address of 4 or 16 bytes as RFC 5952 has it: the longest
// run of zero groups, if there are two or more, as "::".
func formatIP(ip []byte) string {
	var s []byte
	if len(ip) == 4 {
		for i, b := range ip {
			if i > 0 {
				s = append(s, '.')
			}
			s = strconv.AppendUint(s, uint64(b), 10)
		}
		return string(s)
	}
	start, end := longestZeros(ip)
	for i := 0; i < len(ip); i += 2 {
		if i == start {
			s = append(s, ':', ':')
			i = end - 2
			continue
		}
		if i > 0 && i != end {
			s = append(s, ':')
		}
		s = strconv.AppendUint(s, uint64(ip[i])<<8|uint64(ip[i+1]), 16)
	}
	return string(s)
}

// longestZeros finds the first longest run of zero groups, in bytes; start is
// -1 where there is none of two groups or more.
func longestZeros(ip []byte) (start, end int) {
	start, end = -1, -1
	for i := 0; i < len(ip); i += 2 {
		j := i
		for j < len(ip) && ip[j] == 0 && ip[j+1] == 0 {
			j += 2
		}
		if j-i > max(end-start, 2) {
			start, end = i, j
		}
	}
	return start, end
}
