// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/plan"
)

// machine has the rules about one bond of rc.bond.conf and the machine.
func (c *checker) machine(b *bondconf.Interface) {
	if !c.Host.known() {
		return
	}
	c.existing(b)
	nics := c.members(b)
	c.addressOwners(b, nics)
	if b.Exasock.Yes() {
		c.smartNICs(b)
		if !c.Host.exists("exabond_masters") {
			c.warn(b.Exasock.Pos, plan.Finding{
				Rule: "exasock-module", What: b.Exasock.Name + ": the exasock driver is not loaded, or has no bonding support",
				Why: "the bond cannot be managed until it is", Do: `modprobe exasock, or MODULES="exasock"`,
			})
		}
	}
}

// existing has the rules about what there is of the bond's name.
func (c *checker) existing(b *bondconf.Interface) {
	name := b.Name.Value
	switch {
	case !c.Host.exists(name):
	case !c.Host.isBond(name):
		c.fault(b.Name.Pos, plan.Finding{
			Rule: "name-taken", What: fmt.Sprintf("%s: %s exists and is not a bond", b.Name.Name, name),
			Why: "rc.bond cannot make a bond of that name", Do: "another name, or rename the other",
		})
	case c.Host.flagUp(name) && c.Host.read(name, "bonding", "slaves") == "":
		want := bond.ActiveBackup
		if p := c.plan.Bond(name); p != nil {
			want = p.Mode
		}
		if mode, _, _ := strings.Cut(c.Host.read(name, "bonding", "mode"), " "); mode != want.String() {
			c.warn(b.Name.Pos, plan.Finding{
				Rule: "bond-is-up", What: fmt.Sprintf("%s: %s is there already, up and without members, in mode %s instead of %s", b.Name.Name, name, mode, want),
				Why: "rc.bond takes over a bond that it did not make only where it is down", Do: fmt.Sprintf("ip link set %s down", name),
			})
		}
	}
}

// members has the rules about the NICs of one bond; it gives the names of those
// that are there.
func (c *checker) members(b *bondconf.Interface) (nics []string) {
	at := b.NICs.Pos
	v := b.NICs.Name
	words := b.NICs.Words()
	missing := 0
	seen := map[string]string{}
	for _, word := range words {
		found := c.Host.resolve(word)
		switch {
		case len(found) == 0:
			missing++
			c.warn(at, plan.Finding{
				Rule: "nic-missing", What: fmt.Sprintf("%s: there is no NIC %s now", v, word),
				Why: "the bond comes up with the others, and rc.bond ends with status 1",
				Do:  "check the name (ls /sys/class/net), or load its driver through MODULES",
			})
			continue
		case len(found) > 1:
			c.fault(at, plan.Finding{
				Rule: "nic-ambiguous", What: fmt.Sprintf("%s: %s means more than one NIC: %s", v, word, strings.Join(found, ", ")),
				Why: "rc.bond does not know which of them to take", Do: "the name of one, or its pci=SLOT",
			})
			continue
		}
		nic := found[0]
		if other := seen[nic]; other != "" && other != word {
			c.fault(at, plan.Finding{
				Rule: "nic-twice", What: fmt.Sprintf("%s: %s and %s are one NIC, %s", v, other, word, nic),
				Why: "a NIC can be a member once", Do: "name it once",
			})
			continue
		}
		if seen[nic] == "" {
			seen[nic] = word
			nics = append(nics, nic)
			c.member(b, nic)
		}
	}
	if missing > 0 && missing == len(words) {
		c.fault(at, plan.Finding{
			Rule: "no-nic", What: v + ": none of the NICs is there", Why: "the bond cannot come up",
			Do: "check the names (ls /sys/class/net), or load the drivers through MODULES",
		})
	}
	return nics
}

// member has the rules about one NIC that is there.
func (c *checker) member(b *bondconf.Interface, nic string) {
	at := b.NICs.Pos
	if m := c.Host.master(nic); m != "" && m != b.Name.Value {
		c.fault(at, plan.Finding{
			Rule: "nic-in-use", What: fmt.Sprintf("%s: %s is a member of %s now", b.NICs.Name, nic, m),
			Why: "rc.bond does not take it away from there", Do: "release it first",
		})
	}
	for _, lower := range c.Host.lowers(nic) {
		if !c.Host.flagUp(lower) {
			c.warn(at, plan.Finding{
				Rule: "nic-lower-down", What: fmt.Sprintf("%s: %s stands on %s, which is down", b.NICs.Name, nic, lower),
				Why: "the kernel cannot set it up, so it cannot join; the bond comes up with the others", Do: fmt.Sprintf("ip link set %s up, before rc.bond", lower),
			})
		}
	}
	if c.Host.blocked(nic) {
		c.warn(at, plan.Finding{
			Rule: "nic-blocked", What: fmt.Sprintf("%s: the radio of %s is switched off", b.NICs.Name, nic),
			Why: "the kernel cannot set it up, so it cannot join; the bond comes up with the others", Do: "rfkill unblock wlan",
		})
	}
	p := c.plan.Bond(b.Name.Value)
	if p == nil {
		return
	}
	if fom, _ := p.Option("fail_over_mac"); c.Host.wireless(nic) && (p.Mode != bond.ActiveBackup || fom == "" || fom == "none") {
		do := fmt.Sprintf("fail_over_mac active in IFOPTS[%d]", b.Index)
		if p.Mode != bond.ActiveBackup {
			do = "mode active-backup with " + do
		}
		c.warn(at, plan.Finding{
			Rule: "nic-wireless", What: fmt.Sprintf("%s: %s is a wireless NIC", b.NICs.Name, nic),
			Why: "an access point drops frames from another address than the one that joined it", Do: do,
		})
	}
}

// addressOwners has the rules about MAC addresses that more than one has.
func (c *checker) addressOwners(b *bondconf.Interface, nics []string) {
	if mac := canonical(b.HWAddr.Value); mac != "" {
		for _, nic := range c.Host.owners(mac) {
			if nic != b.Name.Value && !slices.Contains(nics, nic) && c.Host.master(nic) == "" && !c.Host.over(nic, b.Name.Value) {
				c.fault(b.HWAddr.Pos, plan.Finding{
					Rule: "mac-in-use", What: fmt.Sprintf("%s: %s is the address of %s, which is not a member", b.HWAddr.Name, mac, nic),
					Why: "two interfaces with one address: the switch sends to one or the other", Do: `"auto", or another address: "bondctl mac new"`,
				})
			}
		}
	}
	p := c.plan.Bond(b.Name.Value)
	if p == nil || p.Mode != bond.BalanceTLB && p.Mode != bond.BalanceALB {
		return
	}
	has := map[string]string{}
	for _, nic := range nics {
		mac := c.Host.permanent(nic)
		if other := has[mac]; other != "" && mac != "" {
			c.warn(b.NICs.Pos, plan.Finding{
				Rule: "nic-same-mac", What: fmt.Sprintf("%s: %s and %s have one address, %s", b.NICs.Name, other, nic, mac),
				Why: fmt.Sprintf("in mode %s each member needs an address of its own: the kernel refuses the second or gives it another", p.Mode),
				Do:  "another mode, or another address for one of them",
			})
		}
		has[mac] = nic
	}
}

// smartNICs has the rules about members that the exasock driver takes.
func (c *checker) smartNICs(b *bondconf.Interface) {
	for _, word := range b.NICs.Words() {
		for _, nic := range c.Host.resolve(word) {
			f := plan.Finding{Rule: "exasock-nic", Bond: b.Name.Value, Why: "the exasock driver refuses a bond with such a member"}
			if strings.Contains(c.Host.read(nic, "uevent"), "DEVTYPE=vlan") || strings.Contains(nic, ".") {
				f.What = fmt.Sprintf("%s: %s is a VLAN interface", b.NICs.Name, nic)
				f.Do = "name the SmartNIC itself, and put the VLAN on the bond"
				c.fault(b.NICs.Pos, f)
			} else if err := bond.CheckSmartNIC(c.Host.sysNet(), nic); err != nil {
				f.What = fmt.Sprintf("%s: %v", b.NICs.Name, err)
				f.Do = fmt.Sprintf("only SmartNICs in %s, or no %s", b.NICs.Name, b.Exasock.Name)
				c.fault(b.NICs.Pos, f)
			}
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
