// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

// bond has the rules about one bond of rc.bond.conf.
func (c *checker) bond(b *bondconf.Interface) {
	v := func(variable string) string { return fmt.Sprintf("%s[%d]", variable, b.Index) }
	switch {
	case !b.Name.Set:
		c.err(b.NICs.Pos, "no-name", v("IFNAME")+" is not set", "rc.bond does not know what to call the bond", v("IFNAME")+`="bond0"`)
	case b.Name.Known:
		if err := checkName(b.Name.Value); err != nil {
			c.err(b.Name.Pos, "bad-name", fmt.Sprintf("%s: %v", v("IFNAME"), err), "rc.bond refuses the bond", "a name of 1 to 15 of A-Z a-z 0-9 _ . -")
		} else if c.Host.exists(b.Name.Value) && !c.Host.isBond(b.Name.Value) {
			c.err(b.Name.Pos, "name-taken", fmt.Sprintf("%s: %s exists and is no bond", v("IFNAME"), b.Name.Value), "rc.bond cannot make a bond of that name", "another name, or rename the other")
		}
	}
	mode, modeKnown := bond.ActiveBackup, !b.Mode.Set || b.Mode.Known
	if b.Mode.Known && b.Mode.Value != "" {
		var err error
		if mode, err = bond.ParseMode(b.Mode.Value); err != nil {
			modeKnown = false
			do := "one of these names"
			if near := nearest(b.Mode.Value, modeNames()); near != "" {
				do = "did you mean " + near + "?"
			}
			c.err(b.Mode.Pos, "bad-mode", fmt.Sprintf("%s: %v", v("BONDMODE"), err), "rc.bond refuses the bond", do)
		}
	}
	c.members(b)
	if b.IFOpts.Known || !b.IFOpts.Set {
		c.options(b, mode, modeKnown)
	}
	c.hwaddr(b, mode, modeKnown)
	c.addresses(b)
	if b.Exasock.Known && b.Exasock.Value != "" {
		c.exasock(b, mode, modeKnown)
	}
}

// rc.bond takes fewer names than the kernel: those that no shell stumbles over.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

func checkName(name string) error {
	if err := bond.CheckName(name); err != nil {
		return err
	}
	if !plainName.MatchString(name) {
		return fmt.Errorf("%q is no plain name of a network interface", name)
	}
	return nil
}

func modeNames() []string {
	var names []string
	for _, m := range bond.Modes() {
		names = append(names, m.String())
	}
	return names
}

// members has the rules about the NICs of one bond.
func (c *checker) members(b *bondconf.Interface) {
	if !b.NICs.Known {
		return
	}
	v := fmt.Sprintf("BONDNICS[%d]", b.Index)
	seen := map[string]bool{}
	missing := 0
	nics := b.NICs.Words()
	for _, nic := range nics {
		switch err := checkName(nic); {
		case err != nil:
			c.err(b.NICs.Pos, "bad-nic", fmt.Sprintf("%s: %v", v, err), "rc.bond refuses the bond", "names of NICs, with blanks between")
			continue
		case seen[nic]:
			c.err(b.NICs.Pos, "nic-twice", fmt.Sprintf("%s has %s twice", v, nic), "a NIC can be enslaved once; rc.bond refuses the bond", "name it once")
		case nic == "lo":
			c.err(b.NICs.Pos, "nic-is-lo", v+": lo is the loopback interface", "no bond can have it", "name the NICs")
		case nic == b.Name.Value:
			c.err(b.NICs.Pos, "nic-is-bond", fmt.Sprintf("%s: %s would be a member of itself", v, nic), "the kernel refuses it", "name the NICs")
		case c.Bond.Bond(nic) != nil || c.Host.isBond(nic):
			c.err(b.NICs.Pos, "nic-is-bond", fmt.Sprintf("%s: %s is a bond itself", v, nic), "rc.bond takes no bond into a bond; old kernels do not either", "name its NICs")
		case c.Host.known() && !c.Host.exists(nic):
			missing++
			c.warn(b.NICs.Pos, "nic-missing", fmt.Sprintf("%s: there is no NIC %s now", v, nic),
				"the bond comes up with the others, and rc.bond ends with status 1", "check the name (ls /sys/class/net), or load its driver through MODULES")
		default:
			if m := c.Host.master(nic); m != "" && m != b.Name.Value {
				c.err(b.NICs.Pos, "nic-in-use", fmt.Sprintf("%s: %s is a member of %s now", v, nic, m), "rc.bond does not take it away from there", "release it first")
			}
		}
		seen[nic] = true
	}
	if missing > 0 && missing == len(nics) {
		c.err(b.NICs.Pos, "no-nic", v+": none of the NICs is there", "the bond cannot come up", "check the names (ls /sys/class/net), or load the drivers through MODULES")
	}
}

// exasock has the rules of the exasock driver.
func (c *checker) exasock(b *bondconf.Interface, mode bond.Mode, modeKnown bool) {
	v := fmt.Sprintf("EXASOCK[%d]", b.Index)
	switch b.Exasock.Value {
	case "yes":
	case "no":
		return
	default:
		c.err(b.Exasock.Pos, "bad-exasock", fmt.Sprintf("%s=%q is neither yes nor no", v, b.Exasock.Value), "rc.bond refuses the bond", v+`="yes"`)
		return
	}
	if modeKnown && mode != bond.ActiveBackup {
		c.err(b.Exasock.Pos, "exasock-mode", fmt.Sprintf("%s: the mode is %s", v, mode), "the exasock driver manages active-backup bonds alone", fmt.Sprintf("BONDMODE[%d]=\"active-backup\"", b.Index))
	}
	for _, nic := range b.NICs.Words() {
		if !c.Host.exists(nic) {
			continue
		}
		if strings.Contains(nic, ".") || c.Host.read(nic, "uevent") != "" && strings.Contains(c.Host.read(nic, "uevent"), "DEVTYPE=vlan") {
			c.err(b.NICs.Pos, "exasock-nic", fmt.Sprintf("%s: %s is a VLAN interface", v, nic), "the exasock driver takes SmartNICs themselves alone", "name the SmartNIC, and put the VLAN on the bond")
		} else if err := bond.CheckSmartNIC(c.Host.Sysfs, nic); err != nil {
			c.err(b.NICs.Pos, "exasock-nic", fmt.Sprintf("%s: %v", v, err), "the exasock driver refuses a bond with such a member", fmt.Sprintf("only SmartNICs in BONDNICS[%d]", b.Index))
		}
	}
	if c.Host.known() && !c.Host.exists("exabond_masters") {
		c.warn(b.Exasock.Pos, "exasock-module", v+": the exasock driver is not loaded, or has no bonding support", "the bond cannot be managed until it is", "modprobe exasock, or MODULES=\"exasock\"")
	}
}

// shared has the rules about what two bonds must not share.
func (c *checker) shared() {
	if c.Bond == nil {
		return
	}
	c.sharedWithInet1()
	nics := map[string]*bondconf.Interface{}
	names := map[string]*bondconf.Interface{}
	macs := map[string]*bondconf.Interface{}
	addrs := map[netip.Addr]*bondconf.Interface{}
	for _, b := range c.Bond.Bonds() {
		who := b.Name.Value
		if other := names[who]; who != "" && other != nil {
			c.err(b.Name.Pos, "name-twice", fmt.Sprintf("IFNAME[%d]: %s is also IFNAME[%d] (line %d)", b.Index, who, other.Index, other.Name.Line), "one of the two cannot be made", "another name, or one entry with all NICs")
		}
		names[who] = b
		for _, nic := range unique(b.NICs.Words()) {
			if other := nics[nic]; other != nil {
				c.err(b.NICs.Pos, "nic-in-two-bonds", fmt.Sprintf("BONDNICS[%d]: %s is also in %s (line %d)", b.Index, nic, other.Name.Value, other.NICs.Line), "a NIC can be in one bond alone; rc.bond refuses the second", "take it out of one of them")
			}
			nics[nic] = b
		}
		for _, at := range []struct {
			bondconf.Text
			is4 bool
		}{{b.IPAddrs, true}, {b.IP6Addrs, false}} {
			for _, text := range at.Words() {
				addr, _, err := parseAddress(text, at.is4)
				if err != nil {
					continue // said of the bond itself
				}
				if other := addrs[addr.Addr()]; other != nil && other != b {
					c.err(at.Pos, "address-twice", fmt.Sprintf("%s of %s is also an address of %s", addr.Addr(), who, other.Name.Value), "answers go out of one bond or the other", "leave it out of one of them")
				}
				addrs[addr.Addr()] = b
			}
		}
		if mac := canonical(b.HWAddr.Value); mac != "" {
			if other := macs[mac]; other != nil {
				c.err(b.HWAddr.Pos, "mac-twice", fmt.Sprintf("HWADDR[%d]: %s is also that of %s (line %d)", b.Index, mac, other.Name.Value, other.HWAddr.Line), "two interfaces with one address: the switch sends to one or the other", `HWADDR="auto", or "bondctl mac new"`)
			}
			macs[mac] = b
		}
	}
}

// sharedWithInet1 finds the MAC address of a bond at another interface of
// rc.inet1.conf.
func (c *checker) sharedWithInet1() {
	if c.Inet1 == nil {
		return
	}
	for _, e := range c.entries() {
		for _, b := range c.Bond.Bonds() {
			if mac := b.HWAddr; canonical(mac.Value) != "" && e.name != b.Name.Value && canonical(mac.Value) == canonical(e.HWAddr.Value) {
				c.err(e.HWAddr.Pos, "mac-twice", fmt.Sprintf("HWADDR[%d]: %s of %s is also that of %s (%s)", e.Index, mac.Value, e.name, b.Name.Value, mac), "two interfaces with one address: the switch sends to one or the other", `HWADDR="auto", or "bondctl mac new"`)
			}
		}
	}
}

func unique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
