// SPDX-License-Identifier: MIT

package plan

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

func (b *bondCompiler) hwaddr() {
	t := b.in.HWAddr
	if t.Value == "" {
		return
	}
	if fom, _ := b.out.Option("fail_over_mac"); b.modeKnown && b.out.Mode == bond.ActiveBackup && (fom == "active" || fom == "follow") {
		b.fault(t, Finding{
			Rule: "mac-ignored", What: fmt.Sprintf("%s: with fail_over_mac %s the bond has the address of its active member", t.Name, fom),
			Do: "leave out one of the two",
		})
	}
	if t.Value == "auto" {
		b.out.HWAddr.Auto = true
		return
	}
	mac, err := parseMAC(t.Value)
	if err != nil {
		do := `an address such as 02:00:00:00:00:01 ("bondctl mac new" makes one), or "auto"`
		if other, err := net.ParseMAC(t.Value); err == nil {
			if mac, err := parseMAC(other.String()); err == nil {
				do = fmt.Sprintf("%s=%q", t.Name, mac)
			}
		} else if strings.EqualFold(strings.TrimSpace(t.Value), "auto") {
			do = t.Name + `="auto"`
		}
		b.fault(t, Finding{Rule: "bad-mac", What: fmt.Sprintf("%s=%q: %v", t.Name, t.Value, err), Do: do})
		return
	}
	b.out.HWAddr.Addr = mac
	if other := b.macs[mac]; other != nil {
		f := Finding{
			Rule: "mac-twice", What: fmt.Sprintf("%s: %s is also the address of %s%s", t.Name, mac, other.in.Name.Value, b.lineOf(other.in.HWAddr)),
			Why: "two interfaces with one address: the switch sends to one or the other", Do: t.Name + `="auto", or another address: "bondctl mac new"`,
		}
		if b.plan.MACCheck == MACRefuse {
			b.fault(t, f)
		} else {
			b.warn(t, f)
		}
		return
	}
	b.macs[mac] = b
}

// minMTU6 is the smallest MTU of a link that carries IPv6 (RFC 8200, 5).
const minMTU6 = 1280

// addresses has the rules about IPADDRS, IP6ADDRS and MTU.
func (b *bondCompiler) addresses() {
	for _, list := range []struct {
		text      bondconf.Text
		is4       bool
		like      string
		otherwise int
	}{
		{b.in.IPAddrs, true, "192.0.2.10/24", 24},
		{b.in.IP6Addrs, false, "2001:db8::10/64", 64},
	} {
		t := list.text
		for _, text := range b.few(t, t.Words()) {
			p, prefixed, err := parseAddress(text, list.is4)
			if err != nil {
				b.badAddrs = true
				b.fault(t, Finding{Rule: "bad-address", What: fmt.Sprintf("%s: %q: %v", t.Name, text, err), Do: suggestAddress(t.Name, text, list.like, list.is4)})
				continue
			}
			if !prefixed {
				b.warn(t, Finding{
					Rule: "no-prefix", What: fmt.Sprintf("%s: %q has no prefix length", t.Name, text),
					Why: fmt.Sprintf("it is taken for /%d, as rc.inet1 does", list.otherwise), Do: "an address such as " + list.like,
				})
			}
			b.address(t, p)
		}
	}
	mtu, ok := b.number(b.in.MTU, 68, 65535, "a number of bytes")
	if !ok {
		return
	}
	b.out.MTU = mtu
	if mtu < minMTU6 && b.in.IP6Addrs.Value != "" {
		b.fault(b.in.MTU, Finding{
			Rule: "mtu-ipv6", What: fmt.Sprintf("%s=%d, and there are IPv6 addresses in %s", b.in.MTU.Name, mtu, b.in.IP6Addrs.Name),
			Why: "the kernel has no IPv6 on an interface with so small packets; " + refused, Do: fmt.Sprintf("at least %d", minMTU6),
		})
	}
}

// address adds one, unless it is there already.
func (b *bondCompiler) address(t bondconf.Text, p netip.Prefix) {
	twice := Finding{Rule: "address-twice"}
	for _, other := range b.out.Addrs {
		switch {
		case other == p:
			twice.What, twice.Why, twice.Do = fmt.Sprintf("%s: %s is there twice", t.Name, p), "the second has no effect", "leave it out"
			b.warn(t, twice)
			return
		case other.Addr() == p.Addr() && p.Addr().Is6():
			twice.What = fmt.Sprintf("%s: %s is there with the prefix lengths %d and %d", t.Name, p.Addr(), other.Bits(), p.Bits())
			twice.Do = "leave out one of them: the kernel takes an IPv6 address once"
			b.fault(t, twice)
			return
		}
	}
	b.out.Addrs = append(b.out.Addrs, p)
	if other := b.addrs[p.Addr()]; other != nil && other != b {
		twice.What = fmt.Sprintf("%s: %s is also an address of %s", t.Name, p.Addr(), other.in.Name.Value)
		twice.Why, twice.Do = "answers go out of one bond or the other", "leave it out of one of them"
		b.warn(t, twice)
	}
	b.addrs[p.Addr()] = b
}

var prefixLength = regexp.MustCompile(`^(0|[1-9][0-9]{0,2})$`)

// parseAddress reads an address as rc.inet1 does: with a prefix length, in IPv4
// also with a netmask, or with neither. Prefix lengths that programs read
// differently (+24, 024) are refused.
func parseAddress(text string, is4 bool) (p netip.Prefix, prefixed bool, err error) {
	host, length, prefixed := strings.Cut(text, "/")
	ip, err := netip.ParseAddr(host)
	family := "an IPv6 address"
	if is4 {
		family = "an IPv4 address"
	}
	switch {
	case err != nil || ip.Is4() != is4 || ip.Is4In6():
		return p, prefixed, errors.New("it is not " + family)
	case ip.Zone() != "":
		return p, prefixed, errors.New("an address of the bond itself needs no device")
	case ip.IsUnspecified(), ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}), ip == netip.IPv6Loopback():
		return p, prefixed, errors.New("no interface of a network can have this address")
	}
	bits := 64
	if is4 {
		bits = 24
	}
	if mask, err := netip.ParseAddr(length); prefixed && is4 && err == nil && mask.Is4() {
		bytes := mask.As4()
		ones, size := net.IPMask(bytes[:]).Size()
		if size == 0 {
			return p, prefixed, errors.New("its netmask has holes")
		}
		bits = ones
	} else if prefixed {
		if bits, err = strconv.Atoi(length); err != nil || bits > ip.BitLen() || !prefixLength.MatchString(length) {
			return p, prefixed, fmt.Errorf("its prefix length is not a number from 0 to %d", ip.BitLen())
		}
	}
	return netip.PrefixFrom(ip, bits), prefixed, nil
}

func suggestAddress(variable, text, like string, is4 bool) string {
	if _, _, err := parseAddress(text, !is4); err == nil {
		if is4 {
			return "IPv6 addresses belong in " + strings.Replace(variable, "IPADDRS", "IP6ADDRS", 1)
		}
		return "IPv4 addresses belong in " + strings.Replace(variable, "IP6ADDRS", "IPADDRS", 1)
	}
	host, length, _ := strings.Cut(strings.Trim(text, ",;"), "/")
	host, _, _ = strings.Cut(host, "%")
	if length != "" && !strings.Contains(length, ".") {
		length = "/" + strings.TrimLeft(length, "+0")
	}
	if _, _, err := parseAddress(host+length, is4); err == nil && host+length != text {
		return fmt.Sprintf("did you mean %s?", host+length)
	}
	return "an address such as " + like
}

// defaultLease is how many seconds dhcpcd waits for a lease before rc.bond
// goes on, as in rc.inet1 of Slackware 15.0.
const defaultLease = "15"

// dhcp reads USE_DHCP and the DHCP_ variables, which become options of dhcpcd
// as rc.inet1 makes them.
func (b *bondCompiler) dhcp() {
	use := b.yes(b.in.DHCP)
	d := &DHCP{Args: []string{"-t", defaultLease}}
	given := false
	for _, v := range dhcpVariables {
		t := b.in.Get(v.Name)
		if t.Value == "" {
			continue
		}
		given = given || t.Value != "no"
		switch {
		case v.Check == nil:
			if b.yes(t) {
				d.Args = append(d.Args, v.Args...)
			}
		case !v.Check(t.Value):
			b.fault(t, Finding{Rule: "bad-value", What: fmt.Sprintf("%s=%q is not %s", t.Name, t.Value, v.What), Do: v.What})
		case v.Name == "DHCP_TIMEOUT":
			d.Args[1] = t.Value
		default:
			d.Args = append(append(d.Args, v.Args...), t.Value)
		}
	}
	switch {
	case use:
		b.out.DHCP = d
	case given && (b.in.DHCP.Value == "" || b.in.DHCP.Value == "no") && (!b.in.DHCP.Set || b.in.DHCP.Known):
		at := b.firstDHCP()
		b.warn(at, Finding{
			Rule: "dhcp-off", What: fmt.Sprintf("%s is set, but %s is not yes", at.Name, b.in.Get("USE_DHCP").Name),
			Why: "it has no effect", Do: b.in.Get("USE_DHCP").Name + `="yes", or leave it out`,
		})
	}
}

func (b *bondCompiler) firstDHCP() bondconf.Text {
	for _, v := range dhcpVariables {
		if t := b.in.Get(v.Name); t.Value != "" && t.Value != "no" {
			return t
		}
	}
	return bondconf.Text{}
}

// dhcpVariables are those of rc.inet1 of Slackware 13.37 to -current, with the
// options of dhcpcd that they stand for.
var dhcpVariables = []struct {
	Name  string
	Args  []string
	What  string
	Check func(string) bool // nil: yes or no
}{
	{Name: "DHCP_TIMEOUT", What: "a number of seconds from 0 to 3600", Check: func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && n >= 0 && n <= 3600 && strconv.Itoa(n) == s
	}},
	{Name: "DHCP_HOSTNAME", Args: []string{"-h"}, What: "a host name", Check: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$`).MatchString},
	{Name: "DHCP_IPADDR", Args: []string{"-r"}, What: "an IPv4 address", Check: func(s string) bool {
		addr, err := netip.ParseAddr(s)
		return err == nil && addr.Is4() && !addr.IsMulticast()
	}},
	{Name: "DHCP_KEEPRESOLV", Args: []string{"-C", "resolv.conf"}},
	{Name: "DHCP_KEEPNTP", Args: []string{"-C", "ntp.conf"}},
	{Name: "DHCP_KEEPGW", Args: []string{"-G"}},
	{Name: "DHCP_DEBUG", Args: []string{"-d"}},
	{Name: "DHCP_NOIPV4LL", Args: []string{"-L"}},
}

// nearestWord is nearest, whatever the case, with the usual words for yes and no.
func nearestWord(s string, words []string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if slices.Contains(words, "yes") {
		switch s {
		case "y", "true", "on", "1", "enable", "enabled":
			return "yes"
		case "n", "false", "off", "0", "disable", "disabled":
			return "no"
		}
	}
	if slices.Contains(words, s) {
		return s
	}
	return nearest(s, words)
}
