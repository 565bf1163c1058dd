// SPDX-License-Identifier: MIT

package check

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

// hwaddr has the rules about HWADDR of one bond.
func (c *checker) hwaddr(b *bondconf.Interface, mode bond.Mode, modeKnown bool) {
	if !b.HWAddr.Known || b.HWAddr.Value == "" {
		return
	}
	v := fmt.Sprintf("HWADDR[%d]", b.Index)
	at := b.HWAddr.Pos
	if fom, _ := option(b, "fail_over_mac"); modeKnown && mode == bond.ActiveBackup && slices.Contains([]string{"active", "follow", "1", "2"}, fom) {
		c.err(at, "mac-ignored", fmt.Sprintf("%s under fail_over_mac %s", v, fom), "the kernel says yes and ignores it: the bond has the active member's address", "leave one of the two out")
	}
	if b.HWAddr.Value == "auto" {
		return
	}
	mac, err := net.ParseMAC(b.HWAddr.Value)
	if err != nil || len(mac) != 6 {
		c.err(at, "bad-mac", fmt.Sprintf("%s=%q is no MAC address", v, b.HWAddr.Value), "rc.bond refuses the bond", `as 02:00:00:00:00:01, or "auto"`)
		return
	}
	if strings.Count(b.HWAddr.Value, ":") != 5 {
		c.err(at, "bad-mac", fmt.Sprintf("%s=%q is not written with colons", v, b.HWAddr.Value), "rc.bond refuses the bond", mac.String())
	}
	switch {
	case mac[0]&1 != 0:
		c.err(at, "multicast-mac", fmt.Sprintf("%s: %s is a multicast address", v, mac), "no interface can have it", "an even second digit; \"bondctl mac new\" makes one")
	case mac.String() == "00:00:00:00:00:00":
		c.err(at, "zero-mac", v+" is all zero", "no interface can have it", `"auto", or leave it out`)
	}
	for _, nic := range c.Host.owners(mac.String()) {
		if nic != b.Name.Value && !slices.Contains(b.NICs.Words(), nic) && c.Host.master(nic) == "" && !c.Host.over(nic, b.Name.Value) {
			c.err(at, "mac-in-use", fmt.Sprintf("%s: %s is the address of %s, which is no member", v, mac, nic), "two interfaces with one address: the switch sends to one or the other", `"auto", or "bondctl mac new"`)
		}
	}
}

// canonical is a MAC address in one notation, "" where it is none.
func canonical(mac string) string {
	addr, err := net.ParseMAC(mac)
	if err != nil {
		return ""
	}
	return addr.String()
}

// addresses has the rules about IPADDRS, IP6ADDRS, USE_DHCP, MTU and LINKWAIT.
func (c *checker) addresses(b *bondconf.Interface) {
	v := func(variable string) string { return fmt.Sprintf("%s[%d]", variable, b.Index) }
	for _, list := range []struct {
		name            string
		text            bondconf.Text
		is4             bool
		like, otherwise string
	}{{"IPADDRS", b.IPAddrs, true, "192.0.2.10/24", "/24"}, {"IP6ADDRS", b.IP6Addrs, false, "2001:db8::10/64", "/64"}} {
		for _, text := range list.text.Words() {
			switch _, prefixed, err := parseAddress(text, list.is4); {
			case err != nil:
				c.err(list.text.Pos, "bad-address", fmt.Sprintf("%s: %q: %v", v(list.name), text, err), "rc.bond refuses the bond", "as "+list.like)
			case !prefixed:
				c.warn(list.text.Pos, "no-prefix", fmt.Sprintf("%s: %q has no prefix length", v(list.name), text), "rc.bond takes "+list.otherwise+", as rc.inet1 does", "as "+list.like)
			}
		}
	}
	c.word(b.DHCP, v("USE_DHCP"), "yes", "no")
	c.number(b.MTU, v("MTU"), 68, 65535)
	if n, err := strconv.Atoi(b.MTU.Value); err == nil && n >= 68 && n < minMTU6 && b.IP6Addrs.Value != "" {
		c.err(b.MTU.Pos, "mtu-ipv6", fmt.Sprintf("%s=%d, and there are IPv6 addresses (line %d)", v("MTU"), n, b.IP6Addrs.Line), "the kernel has no IPv6 on an interface with so small packets", fmt.Sprintf("at least %d", minMTU6))
	}
	c.number(b.LinkWait, v("LINKWAIT"), 0, 3600)
}

// minMTU6 is the smallest MTU of a link that carries IPv6 (RFC 8200, 5).
const minMTU6 = 1280

// parseAddress reads an address as rc.bond and rc.inet1 do: with a prefix
// length, in IPv4 also with a netmask, or with neither.
func parseAddress(text string, is4 bool) (addr netip.Prefix, prefixed bool, err error) {
	host, prefix, prefixed := strings.Cut(text, "/")
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Is4() != is4 || ip.Zone() != "" {
		if is4 {
			return addr, prefixed, errors.New("no IPv4 address")
		}
		return addr, prefixed, errors.New("no IPv6 address")
	}
	bits := 64
	if is4 {
		bits = 24
	}
	if mask, err := netip.ParseAddr(prefix); prefixed && is4 && err == nil && mask.Is4() {
		bytes := mask.As4()
		ones, size := net.IPMask(bytes[:]).Size()
		if size == 0 {
			return addr, prefixed, errors.New("its netmask has holes")
		}
		bits = ones
	} else if prefixed {
		if bits, err = strconv.Atoi(prefix); err != nil || bits < 0 || bits > ip.BitLen() {
			return addr, prefixed, fmt.Errorf("its prefix length is no number from 0 to %d", ip.BitLen())
		}
	}
	return netip.PrefixFrom(ip, bits), prefixed, nil
}

func (c *checker) word(t bondconf.Text, name string, words ...string) {
	if t.Known && t.Value != "" && !slices.Contains(words, t.Value) {
		c.err(t.Pos, "bad-value", fmt.Sprintf("%s=%q is none of %s", name, t.Value, strings.Join(words, ", ")), "rc.bond refuses it", "one of these words")
	}
}

func (c *checker) number(t bondconf.Text, name string, low, high int) {
	if !t.Known || t.Value == "" {
		return
	}
	// As rc.bond does: no sign, and no zeros before it, which make it octal for some.
	if n, err := strconv.Atoi(t.Value); err != nil || n < low || n > high || strconv.Itoa(n) != t.Value {
		c.err(t.Pos, "bad-value", fmt.Sprintf("%s=%q is no number from %d to %d", name, t.Value, low, high), "rc.bond refuses the bond", "a number")
	}
}

var moduleName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// globals has the rules about what rc.bond.conf has once.
func (c *checker) globals() {
	c.word(c.Bond.MACCheck, "MACCHECK", "refuse", "warn", "off")
	for _, module := range c.Bond.Modules.Words() {
		if !moduleName.MatchString(module) {
			c.err(c.Bond.Modules.Pos, "bad-module", fmt.Sprintf("MODULES: %q is no name of a module", module), "rc.bond cannot load it, and goes on without its NICs", "names with blanks between, as lsmod shows them")
		}
	}
	for _, g := range []struct {
		name string
		text bondconf.Text
		is4  bool
	}{{"GATEWAY", c.Bond.Gateway, true}, {"GATEWAY6", c.Bond.Gateway6, false}} {
		if !g.text.Known || g.text.Value == "" {
			continue
		}
		addr, err := netip.ParseAddr(g.text.Value)
		if err != nil || addr.Is4() != g.is4 {
			c.err(g.text.Pos, "bad-address", fmt.Sprintf("%s=%q is no address", g.name, g.text.Value), "there will be no default route", "an address without a prefix length")
			continue
		}
		if variable, reached := c.reaches(addr); !reached {
			c.warn(g.text.Pos, "gateway-unreachable", fmt.Sprintf("%s=%s is in no network of the bonds' %s", g.name, addr, variable), "rc.bond can set no default route over it", fmt.Sprintf("an address of that network in %s, or the gateway in rc.inet1.conf", variable))
		}
	}
}

// reaches says whether a gateway is in a network that a bond gets an address of
// here, or may be; and by which variable.
func (c *checker) reaches(gateway netip.Addr) (variable string, reached bool) {
	variable = "IP6ADDRS"
	if gateway.Is4() {
		variable = "IPADDRS"
	}
	given, dhcp := false, false
	for _, b := range c.Bond.Bonds() {
		list := b.IP6Addrs
		if gateway.Is4() {
			list = b.IPAddrs
		}
		if list.Set && (!list.Known || list.Value != "" && gateway.IsLinkLocalUnicast()) {
			return variable, true
		}
		given, dhcp = given || list.Value != "", dhcp || b.DHCP.Yes()
		for _, text := range list.Words() {
			if addr, _, err := parseAddress(text, gateway.Is4()); err != nil || addr.Contains(gateway.WithZone("")) {
				return variable, true
			}
		}
	}
	return variable, !given && dhcp // which brings a gateway of its own
}
