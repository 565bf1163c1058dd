// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bondconf"
)

// defaultMaxNICs is how many entries rc.inet1 looks at where MAXNICS is not
// set.
const defaultMaxNICs = 6

// entry is what rc.inet1.conf says of an interface: Slackware's own variables
// beside those that it shares with rc.bond.conf.
type entry struct {
	*bondconf.Interface
	name string // IFNAME, or eth and the index, as rc.inet1 has it
	own  string // the first of its settings that give it an address, "" for none
	at   bondconf.Text
}

// addressing are the variables of rc.inet1.conf that make rc.inet1 set an
// interface up and give it addresses.
var addressing = []string{"IPADDR", "IPADDRS", "IP6ADDRS", "USE_DHCP", "USE_DHCP6", "USE_SLAAC"}

// entries lists the interfaces that rc.inet1 looks at.
func (c *checker) entries() []entry {
	f := c.Inet1.File
	var indexes []int
	for _, name := range append([]string{"IFNAME", "BONDNICS"}, addressing...) {
		indexes = append(indexes, f.Indexes(name)...)
	}
	slices.Sort(indexes)
	var list []entry
	for _, i := range slices.Compact(indexes) {
		e := entry{Interface: &bondconf.Interface{Index: i, Name: bondconf.Get(f, "IFNAME", i), NICs: bondconf.Get(f, "BONDNICS", i), HWAddr: bondconf.Get(f, "HWADDR", i)}}
		e.name = e.Name.Value
		if e.name == "" && !e.Name.Set {
			e.name = "eth" + strconv.Itoa(i)
		}
		for _, variable := range addressing {
			t := bondconf.Get(f, variable, i)
			if on := t.Value != "" || t.Set && !t.Known; on && !(strings.HasPrefix(variable, "USE_") && t.Known && !t.Yes()) {
				e.own, e.at = fmt.Sprintf("%s[%d]", variable, i), t
				break
			}
		}
		list = append(list, e)
	}
	return list
}

func (c *checker) maxNICs() int {
	t := bondconf.Get(c.Inet1.File, "MAXNICS", 0)
	if n, err := strconv.Atoi(t.Value); err == nil && t.Known {
		return n
	}
	return defaultMaxNICs
}

// inet1 has the rules about rc.inet1.conf, by itself and beside rc.bond.conf.
func (c *checker) inet1() {
	entries := c.entries()
	limit := c.maxNICs()
	for _, e := range entries {
		if e.Index >= limit && (e.Name.Set || e.own != "" || e.NICs.Set) {
			at := e.Name
			if !at.Set {
				at = e.at
			}
			if !at.Set {
				at = e.NICs
			}
			c.err(at.Pos, "maxnics", fmt.Sprintf("%s has index %d, and rc.inet1 looks at the first %d", e.name, e.Index, limit), "it is passed over", fmt.Sprintf("MAXNICS=%d, or a lower index", e.Index+1))
		}
		if e.IsBond() {
			c.stockBond(e, entries)
		}
	}
	if c.Bond == nil {
		return
	}
	for _, b := range c.Bond.Bonds() {
		c.bondInInet1(b, entries)
	}
}

// stockBond has the rules about a bond that rc.inet1 itself makes.
func (c *checker) stockBond(e entry, entries []entry) {
	v := fmt.Sprintf("BONDNICS[%d]", e.Index)
	for _, nic := range e.NICs.Words() {
		reason := ""
		for _, other := range entries {
			switch {
			case other.name != nic || other.own == "":
			case other.Index < e.Index: // rc.inet1 goes by the index
				reason = fmt.Sprintf("%s (line %d) gives it an address of its own", other.own, other.at.Line)
			default:
				c.memberHasAddress(other, e.name, e.NICs)
			}
		}
		if reason == "" && c.Host.up(nic) {
			reason = "it is up now"
		}
		if reason != "" {
			c.err(e.NICs.Pos, "stock-bond-empty", fmt.Sprintf("%s: %s will be up when rc.inet1 wants to enslave it: %s", v, nic, reason),
				"the kernel refuses a NIC that is up; rc.inet1 goes on, gives the empty bond its address and ends with status 0", `"bondctl import": rc.bond sets NICs down first`)
		}
	}
	if c.Bond == nil {
		return
	}
	if b := c.Bond.Bond(e.name); b != nil && e.name != "" {
		c.err(e.NICs.Pos, "made-twice", fmt.Sprintf("%s: %s is also made by rc.bond (%s)", v, e.name, b.NICs), "rc.inet1 and rc.bond both want to make it", fmt.Sprintf("remove %s, BONDMODE and IFOPTS here; keep IFNAME and the addresses", v))
		return
	}
	for _, b := range c.Bond.Bonds() {
		for _, nic := range b.NICs.Words() {
			if slices.Contains(e.NICs.Words(), nic) {
				c.err(e.NICs.Pos, "nic-in-two-bonds", fmt.Sprintf("%s: %s is also in %s (%s)", v, nic, b.Name.Value, b.NICs), "a NIC can be in one bond alone", "take it out of one of them")
			}
		}
	}
}

// bondInInet1 has the rules about a bond of rc.bond.conf and what rc.inet1.conf
// says of it and of its members.
func (c *checker) bondInInet1(b *bondconf.Interface, entries []entry) {
	found := false
	for _, e := range entries {
		found = found || c.standsOn(e, b.Name.Value)
		switch {
		case e.name == b.Name.Value && e.Name.Set:
			found = true
			if e.own != "" && ownAddresses(b) {
				c.warn(e.at.Pos, "addresses-twice", fmt.Sprintf("%s: rc.bond.conf gives %s addresses too (line %d)", e.own, e.name, firstAddress(b).Line), "both rc.bond and rc.inet1 set it up", "keep the addresses in one of the two files")
			}
			if mac := e.HWAddr; mac.Known && mac.Value != "" && b.HWAddr.Known && b.HWAddr.Value != "" && !strings.EqualFold(mac.Value, b.HWAddr.Value) {
				c.err(mac.Pos, "mac-differs", fmt.Sprintf("HWADDR[%d]=%q, but rc.bond.conf has %q (line %d)", e.Index, mac.Value, b.HWAddr.Value, b.HWAddr.Line), "rc.inet1 changes the address that rc.bond gave and checked", "remove it here")
			}
		case slices.Contains(b.NICs.Words(), e.name) && e.own != "" && !e.IsBond():
			c.memberHasAddress(e, b.Name.Value, b.NICs)
		}
	}
	if !found && b.Name.Known && b.Name.Value != "" && !ownAddresses(b) {
		c.warn(b.Name.Pos, "no-addresses", fmt.Sprintf("%s has no addresses, neither from rc.bond.conf nor from rc.inet1.conf", b.Name.Value), "the bond comes up without one", fmt.Sprintf("IPADDRS[%d] or USE_DHCP[%d] in rc.bond.conf, or IFNAME=%q and addresses in rc.inet1.conf", b.Index, b.Index, b.Name.Value))
	}
}

func (c *checker) memberHasAddress(e entry, bond string, nics bondconf.Text) {
	c.err(e.at.Pos, "member-has-address", fmt.Sprintf("%s: %s is a member of %s (%s)", e.own, e.name, bond, nics), "rc.inet1 sets up a member of a bond as if it stood alone: addresses and routes on it lead nowhere", fmt.Sprintf("remove the settings of index %d", e.Index))
}

// standsOn says whether an entry is a VLAN or an alias of the bond, or a bridge that has it
// for a port, so that the bond needs no address of its own.
func (c *checker) standsOn(e entry, bond string) bool {
	ports := bondconf.Get(c.Inet1.File, "BRNICS", e.Index)
	return strings.HasPrefix(e.name, bond+".") || strings.HasPrefix(e.name, bond+":") || slices.Contains(ports.Words(), bond)
}

func ownAddresses(b *bondconf.Interface) bool { return firstAddress(b).Set }

func firstAddress(b *bondconf.Interface) bondconf.Text {
	for _, t := range []bondconf.Text{b.IPAddrs, b.IP6Addrs, b.DHCP} {
		if t.Value != "" && t.Value != "no" || t.Set && !t.Known {
			return t
		}
	}
	return bondconf.Text{}
}
