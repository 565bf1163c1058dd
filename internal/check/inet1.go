// SPDX-License-Identifier: MIT

package check

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/plan"
)

// defaultMaxNICs is how many entries rc.inet1 looks at where MAXNICS is not
// set.
const defaultMaxNICs = 6

// defaultMTU is that of an Ethernet interface.
const defaultMTU = 1500

// entry is what rc.inet1.conf says of an interface: Slackware's own variables
// beside those that it shares with rc.bond.conf.
type entry struct {
	*bondconf.Interface
	name  string // IFNAME, or eth and the index, as rc.inet1 has it
	ports []string
	own   bondconf.Text // the first of its settings that give it an address, not Set for none
}

// addressing are the variables of rc.inet1.conf that make rc.inet1 set an
// interface up and give it addresses.
var addressing = []string{"IPADDR", "IPADDRS", "IP6ADDRS", "USE_DHCP", "USE_DHCP6", "USE_SLAAC"}

// entries lists the interfaces that rc.inet1 looks at.
func (c *checker) entries() []entry {
	f := c.Inet1.File
	var indexes []int
	for _, name := range append([]string{"IFNAME", "BONDNICS", "BRNICS", "HWADDR", "MTU"}, addressing...) {
		indexes = append(indexes, f.Indexes(name)...)
	}
	slices.Sort(indexes)
	var list []entry
	for _, i := range slices.Compact(indexes) {
		e := entry{
			Interface: &bondconf.Interface{
				Index: i, Name: bondconf.Get(f, "IFNAME", i), NICs: bondconf.Get(f, "BONDNICS", i),
				HWAddr: bondconf.Get(f, "HWADDR", i), MTU: bondconf.Get(f, "MTU", i),
			},
			ports: bondconf.Get(f, "BRNICS", i).Words(),
		}
		e.name = e.Name.Value
		if e.name == "" && !e.Name.Set {
			e.name = "eth" + strconv.Itoa(i)
		}
		for _, variable := range addressing {
			t := bondconf.Get(f, variable, i)
			if on := t.Value != "" || t.Set && !t.Known; on && !(strings.HasPrefix(variable, "USE_") && t.Known && !t.Yes()) {
				e.own = t
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
		if e.Index >= limit && (e.Name.Set || e.own.Set || e.NICs.Set) {
			at := e.Name
			if !at.Set {
				at = e.own
			}
			if !at.Set {
				at = e.NICs
			}
			c.fault(at.Pos, plan.Finding{
				Rule: "maxnics", What: fmt.Sprintf("%s has index %d, and rc.inet1 looks at the first %d", e.name, e.Index, limit),
				Why: "it is passed over", Do: fmt.Sprintf("MAXNICS=%d, or a lower index", e.Index+1),
			})
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
	c.release(entries)
}

// stockBond has the rules about a bond that rc.inet1 itself makes.
func (c *checker) stockBond(e entry, entries []entry) {
	for _, nic := range e.NICs.Words() {
		reason := ""
		for _, other := range entries {
			switch {
			case other.name != nic || !other.own.Set:
			case other.Index < e.Index: // rc.inet1 goes by the index
				reason = fmt.Sprintf("%s (line %d) gives it an address of its own", other.own.Name, other.own.Line)
			default:
				c.memberHasAddress(other, e.name, e.NICs)
			}
		}
		if reason == "" && c.Host.up(nic) {
			reason = "it is up now"
		}
		if reason != "" {
			c.fault(e.NICs.Pos, plan.Finding{
				Rule: "stock-bond-empty", What: fmt.Sprintf("%s: %s will be up when rc.inet1 wants to enslave it: %s", e.NICs.Name, nic, reason),
				Why: "the kernel refuses a NIC that is up; rc.inet1 goes on, gives the empty bond its address and ends with status 0",
				Do:  `"bondctl import": rc.bond sets NICs down first`,
			})
		}
	}
	if c.Bond == nil {
		return
	}
	if b := c.Bond.Bond(e.name); b != nil && e.name != "" {
		c.fault(e.NICs.Pos, plan.Finding{
			Rule: "made-twice", What: fmt.Sprintf("%s: %s is also made by rc.bond (%s)", e.NICs.Name, e.name, b.NICs),
			Why: "rc.inet1 and rc.bond both want to make it", Do: fmt.Sprintf("remove %s, BONDMODE and IFOPTS here; keep IFNAME and the addresses", e.NICs.Name),
		})
		return
	}
	for _, b := range c.Bond.Bonds() {
		for _, nic := range b.NICs.Words() {
			if slices.Contains(e.NICs.Words(), nic) {
				c.fault(e.NICs.Pos, plan.Finding{
					Rule: "nic-in-two-bonds", What: fmt.Sprintf("%s: %s is also in %s (%s)", e.NICs.Name, nic, b.Name.Value, b.NICs),
					Why: "a NIC can be in one bond only", Do: "take it out of one of them",
				})
			}
		}
	}
}

// bondInInet1 has the rules about a bond of rc.bond.conf and what rc.inet1.conf
// says of it and of its members.
func (c *checker) bondInInet1(b *bondconf.Interface, entries []entry) {
	found := false
	name := b.Name.Value
	nics := c.memberNames(b)
	for _, e := range entries {
		found = found || e.name == name && e.Name.Set || c.standsOn(e, name)
		switch {
		case e.name == name && e.Name.Set:
			c.sameBond(b, e)
		case slices.Contains(nics, e.name) && !e.IsBond():
			c.memberInInet1(b, e)
		}
		c.bridge(b, e, nics)
		c.vlan(b, e, nics)
	}
	if !found && b.Name.Known && name != "" && !ownAddresses(b) {
		c.warn(b.Name.Pos, plan.Finding{
			Rule: "no-addresses", What: fmt.Sprintf("%s has no addresses, neither from rc.bond.conf nor from rc.inet1.conf", name),
			Why: "the bond comes up without one",
			Do:  fmt.Sprintf("IPADDRS[%d] or USE_DHCP[%d] in rc.bond.conf, or IFNAME=%q and addresses in rc.inet1.conf", b.Index, b.Index, name),
		})
	}
}

// memberNames are the members of a bond by their names, as far as the machine tells
// those of mac= and pci=.
func (c *checker) memberNames(b *bondconf.Interface) []string {
	var list []string
	for _, word := range b.NICs.Words() {
		if strings.Contains(word, "=") {
			list = append(list, c.Host.resolve(word)...)
		} else {
			list = append(list, word)
		}
	}
	return list
}

// sameBond has the rules about a bond's own entry in rc.inet1.conf.
func (c *checker) sameBond(b *bondconf.Interface, e entry) {
	if e.own.Set && ownAddresses(b) {
		c.warn(e.own.Pos, plan.Finding{
			Rule: "addresses-twice", What: fmt.Sprintf("%s: rc.bond.conf gives %s addresses too (%s)", e.own.Name, e.name, firstAddress(b)),
			Why: "both rc.bond and rc.inet1 set it up", Do: "keep the addresses in one of the two files",
		})
	}
	differs := func(here, there bondconf.Text) bool {
		return here.Known && here.Value != "" && there.Known && there.Value != "" && !strings.EqualFold(here.Value, there.Value)
	}
	if differs(e.HWAddr, b.HWAddr) {
		c.fault(e.HWAddr.Pos, plan.Finding{
			Rule: "mac-differs", What: fmt.Sprintf("%s=%q, but rc.bond.conf has %q (%s)", e.HWAddr.Name, e.HWAddr.Value, b.HWAddr.Value, b.HWAddr),
			Why: "rc.inet1 changes the address that rc.bond gave and checked", Do: "remove it here",
		})
	}
	if differs(e.MTU, b.MTU) {
		c.warn(e.MTU.Pos, plan.Finding{
			Rule: "mtu-differs", What: fmt.Sprintf("%s=%s, but rc.bond.conf has %s (%s)", e.MTU.Name, e.MTU.Value, b.MTU.Value, b.MTU),
			Why: "rc.inet1 changes what rc.bond set", Do: "remove it here",
		})
	}
}

// memberInInet1 has the rules about a member that has an entry of its own.
func (c *checker) memberInInet1(b *bondconf.Interface, e entry) {
	if e.own.Set {
		c.memberHasAddress(e, b.Name.Value, b.NICs)
	}
	for _, t := range []bondconf.Text{e.HWAddr, e.MTU} {
		if t.Value != "" {
			c.warn(t.Pos, plan.Finding{
				Rule: "member-setting", What: fmt.Sprintf("%s: %s is a member of %s (%s)", t.Name, e.name, b.Name.Value, b.NICs),
				Why: "rc.inet1 changes a member alone: it no longer fits the bond",
				Do:  fmt.Sprintf("remove it; for the whole bond: %s[%d] in rc.bond.conf", strings.Split(t.Name, "[")[0], b.Index),
			})
		}
	}
}

func (c *checker) memberHasAddress(e entry, bond string, nics bondconf.Text) {
	c.fault(e.own.Pos, plan.Finding{
		Rule: "member-has-address", What: fmt.Sprintf("%s: %s is a member of %s (%s)", e.own.Name, e.name, bond, nics),
		Why: "rc.inet1 sets up a member of a bond as if it stood alone: addresses and routes on it lead nowhere",
		Do:  fmt.Sprintf("remove the settings of index %d", e.Index),
	})
}

// bridge has the rules about a bridge of rc.inet1.conf and the bond or its members.
func (c *checker) bridge(b *bondconf.Interface, e entry, nics []string) {
	at := bondconf.Get(c.Inet1.File, "BRNICS", e.Index)
	withBond := slices.Contains(e.ports, b.Name.Value)
	for _, nic := range nics {
		if !slices.Contains(e.ports, nic) {
			continue
		}
		f := plan.Finding{
			Rule: "member-in-bridge", What: fmt.Sprintf("%s: %s is a member of %s (%s)", at.Name, nic, b.Name.Value, b.NICs),
			Why: "a NIC belongs to one bond or bridge: rc.inet1 takes it, or fails to", Do: fmt.Sprintf("%s in its place", b.Name.Value),
		}
		if withBond {
			f.Why, f.Do = "the bridge would have the bond and its own member: a loop", "take "+nic+" out"
		}
		c.fault(at.Pos, f)
	}
	if p := c.plan.Bond(b.Name.Value); withBond && p != nil && p.Mode == bond.BalanceALB {
		c.warn(at.Pos, plan.Finding{
			Rule: "bridge-alb", What: fmt.Sprintf("%s: %s is in mode balance-alb, and a port of %s", at.Name, b.Name.Value, e.name),
			Why: "that mode answers ARP with its members' addresses: hosts behind the bridge become unreachable", Do: "another mode, such as active-backup",
		})
	}
}

// vlan has the rules about a VLAN of rc.inet1.conf on the bond or on a member.
func (c *checker) vlan(b *bondconf.Interface, e entry, nics []string) {
	lower, _, ok := strings.Cut(e.name, ".")
	if i := strings.LastIndexByte(e.name, '.'); ok {
		lower = e.name[:i]
	}
	switch {
	case !ok, slices.Contains(nics, e.name):
	case slices.Contains(nics, lower):
		at := e.Name
		if !at.Set {
			at = e.own
		}
		c.fault(at.Pos, plan.Finding{
			Rule: "vlan-on-member", What: fmt.Sprintf("%s: %s is a VLAN on %s, a member of %s (%s)", at.Name, e.name, lower, b.Name.Value, b.NICs),
			Why: "the bond takes the frames: the VLAN hears nothing, and rc.bond finds the NIC in use",
			Do:  fmt.Sprintf("the VLAN on the bond: %s.%s", b.Name.Value, e.name[len(lower)+1:]),
		})
	case lower == b.Name.Value:
		of := cmp.Or(number(b.MTU), defaultMTU)
		if mtu := number(e.MTU); mtu > of {
			c.fault(e.MTU.Pos, plan.Finding{
				Rule: "vlan-mtu", What: fmt.Sprintf("%s=%d, and %s has %d", e.MTU.Name, mtu, b.Name.Value, of),
				Why: "a VLAN's MTU is at most that of what it stands on: the kernel refuses it",
				Do:  fmt.Sprintf("MTU[%d]=%d in rc.bond.conf, or at most %d here", b.Index, mtu, of),
			})
		}
	}
}

func number(t bondconf.Text) int {
	n, _ := strconv.Atoi(t.Value)
	return n
}

// standsOn says whether an entry is a VLAN or an alias of the bond, or a bridge that has it
// for a port, so that the bond needs no address of its own.
func (c *checker) standsOn(e entry, bond string) bool {
	return strings.HasPrefix(e.name, bond+".") || strings.HasPrefix(e.name, bond+":") || slices.Contains(e.ports, bond)
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

// What there is instead of a variable that rc.inet1 of Slackware 14.x does not know.
var oldInstead = map[string]string{
	"IPADDRS":   "IPADDR[%[1]d] and NETMASK[%[1]d], or IPADDRS in rc.bond.conf",
	"IP6ADDRS":  "IP6ADDRS in rc.bond.conf",
	"USE_SLAAC": "IP6ADDRS in rc.bond.conf, or the kernel's own autoconfiguration",
	"USE_DHCP6": "dhcpcd in a function bond_up of rc.bond.conf",
}

// release has the rules about what this machine's rc.inet1 can do for a bond:
// the script itself tells, since releases differ and are patched.
func (c *checker) release(entries []entry) {
	if c.RCDir == "" {
		return
	}
	text, err := os.ReadFile(filepath.Join(c.RCDir, "rc.inet1"))
	if err != nil || !strings.Contains(string(text), "IPADDR") {
		return
	}
	script := string(text)
	for _, e := range entries {
		onBond := slices.ContainsFunc(c.Bond.Bonds(), func(b *bondconf.Interface) bool {
			return b.Name.Value != "" && (e.name == b.Name.Value || c.standsOn(e, b.Name.Value))
		})
		if !onBond {
			continue
		}
		for _, variable := range addressing {
			t := bondconf.Get(c.Inet1.File, variable, e.Index)
			if do := oldInstead[variable]; do != "" && t.Value != "" && t.Value != "no" && !strings.Contains(script, variable) {
				if strings.Contains(do, "%") {
					do = fmt.Sprintf(do, e.Index)
				}
				c.fault(t.Pos, plan.Finding{
					Rule: "inet1-variable", What: fmt.Sprintf("%s: the rc.inet1 of this machine does not know %s", t.Name, variable),
					Why: "it is ignored: the bond gets no such address", Do: do,
				})
			}
		}
		if strings.Contains(e.name, ".") && e.Name.Set && !strings.Contains(script, "vlan") && !c.isBond(e.name) {
			c.fault(e.Name.Pos, plan.Finding{
				Rule: "inet1-vlan", What: fmt.Sprintf("%s: the rc.inet1 of this machine does not make VLANs such as %s", e.Name.Name, e.name),
				Why: "there is no such interface, and its addresses are lost", Do: "make it in a function bond_up of rc.bond.conf: see rc.bond.conf(5)",
			})
		}
	}
}

func (c *checker) isBond(name string) bool { return c.Bond.Bond(name) != nil }

// sharedWithInet1 finds the MAC address of a bond at another interface of
// rc.inet1.conf.
func (c *checker) sharedWithInet1() {
	if c.Bond == nil {
		return
	}
	for _, e := range c.entries() {
		for _, b := range c.Bond.Bonds() {
			mac := b.HWAddr
			if canonical(mac.Value) == "" || e.name == b.Name.Value || canonical(mac.Value) != canonical(e.HWAddr.Value) {
				continue
			}
			c.fault(e.HWAddr.Pos, plan.Finding{
				Rule: "mac-twice", What: fmt.Sprintf("%s: %s of %s is also that of %s (%s)", e.HWAddr.Name, mac.Value, e.name, b.Name.Value, mac),
				Why: "two interfaces with one address: the switch sends to one or the other", Do: `HWADDR="auto", or another address: "bondctl mac new"`,
			})
		}
	}
}
