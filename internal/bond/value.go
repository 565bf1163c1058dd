// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"strconv"
	"strings"
)

// maxTargets is BOND_MAX_ARP_TARGETS and BOND_MAX_NS_TARGETS of the kernel's
// include/net/bonding.h.
const maxTargets = 16

// Check says what is wrong with a value of the option, nil where the kernel
// would take it (given the mode and the state). It is about the form alone: a
// NIC need not exist, a kernel may lack a word or the whole option.
func (o *Option) Check(value string) error {
	_, err := o.Canonical(value)
	return err
}

// Canonical checks a value as [Option.Check] does and gives it as the kernel
// reads it back: the word of a Word option instead of its number, MAC addresses
// in lower case, IP addresses in their shortest form, separated by commas.
func (o *Option) Canonical(value string) (string, error) {
	switch o.Kind {
	case Number:
		n, err := strconv.Atoi(value)
		// No sign, and no zeros before it: /sys would take the number for an octal one.
		if err != nil || n < o.Min || n > o.Max || strconv.Itoa(n) != value {
			return "", o.wrong(value, "a number from "+strconv.Itoa(o.Min)+" to "+strconv.Itoa(o.Max))
		}
	case Word:
		n, ok := o.Number(value)
		if !ok {
			return "", o.wrong(value, "one of "+strings.Join(o.Words, ", ")+", or 0 to "+strconv.Itoa(len(o.Words)-1))
		}
		return o.Words[n], nil
	case IPv4s, IPv6s:
		return o.canonicalAddrs(value)
	case MAC:
		if !isMAC(value) {
			return "", o.wrong(value, "a MAC address like 02:00:00:00:00:01")
		}
		if strings.IndexByte("13579bdfBDF", value[1]) >= 0 {
			return "", errors.New(o.Name + ": " + value + " is a multicast address")
		}
		return strings.ToLower(value), nil
	case NIC:
		if err := CheckName(value); err != nil {
			return "", errors.New(o.Name + ": " + err.Error())
		}
	}
	return value, nil
}

// Number is the number that stands for a value of a Word option.
func (o *Option) Number(value string) (int, bool) {
	for i, word := range o.Words {
		if value == word || value == strconv.Itoa(i) {
			return i, true
		}
	}
	return 0, false
}

func (o *Option) wrong(value, want string) error {
	return errors.New(o.Name + ": " + strconv.Quote(value) + " is not " + want)
}

// canonicalAddrs checks a list of addresses as the kernel does: it refuses
// 0.0.0.0, 255.255.255.255 and the same address twice for arp_ip_target, ::
// and link-local addresses for ns_ip6_target.
func (o *Option) canonicalAddrs(value string) (string, error) {
	want, size := "an IPv4 address", 4
	if o.Kind == IPv6s {
		want, size = "an IPv6 address", 16
	}
	list := strings.Split(value, ",")
	if len(list) > maxTargets {
		return "", errors.New(o.Name + ": " + strconv.Itoa(len(list)) + " addresses; the kernel takes " + strconv.Itoa(maxTargets))
	}
	for i, s := range list {
		ip := parseIP(s)
		if len(ip) != size {
			return "", o.wrong(s, want)
		}
		list[i] = formatIP(ip)
		if zero(ip) || list[i] == "255.255.255.255" || size == 16 && ip[0] == 0xfe && ip[1]&0xc0 == 0x80 {
			return "", o.wrong(s, "an address that the driver can probe")
		}
		for _, other := range list[:i] {
			if other == list[i] {
				return "", errors.New(o.Name + ": " + other + " is there twice")
			}
		}
	}
	return strings.Join(list, ","), nil
}

func isMAC(s string) bool {
	if len(s) != len("02:00:00:00:00:01") {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i%3 == 2:
			if c != ':' {
				return false
			}
		case '0' <= c && c <= '9', 'a' <= c && c <= 'f', 'A' <= c && c <= 'F':
		default:
			return false
		}
	}
	return true
}

// CheckName says what is wrong with the name of a network interface: the
// kernel's dev_valid_name, which counts at most 15 bytes (IFNAMSIZ is 16).
func CheckName(name string) error {
	quoted := strconv.Quote(name)
	switch {
	case name == "":
		return errors.New("an interface name is empty")
	case len(name) > 15:
		return errors.New("interface name " + quoted + " is longer than 15 bytes")
	case name == "." || name == "..":
		return errors.New(quoted + " is not a name for a network interface")
	}
	for i := range len(name) {
		switch name[i] {
		case '/', ':', 0, ' ', '\t', '\n', '\v', '\f', '\r', 0xa0: // bytes, not characters
			return errors.New(quoted + " is not a name for a network interface")
		}
	}
	return nil
}
