// SPDX-License-Identifier: MIT

package exasock

import (
	"fmt"
	"os"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

// Configured lists the bonds of rc.bond.conf that have EXASOCK[i]="yes".
func Configured(c *bondconf.Config) []*bondconf.Interface {
	var list []*bondconf.Interface
	for _, b := range c.Bonds() {
		if b.Exasock.Yes() {
			list = append(list, b)
		}
	}
	return list
}

// CheckConfig looks for what in the configuration of a bond with
// EXASOCK[i]="yes" would keep the driver from managing it, or from working
// well. NICs that this machine does not have (yet) are not judged.
func (h Host) CheckConfig(b *bondconf.Interface) []Problem {
	var list []Problem
	say := func(at bondconf.Text, refuse bool, text, cure string) {
		list = append(list, Problem{b.Name.Value, fmt.Sprintf("%s: %s", at.Pos, text), cure, refuse})
	}
	if b.Mode.Value != "" {
		if mode, err := bond.ParseMode(b.Mode.Value); err != nil || mode != bond.ActiveBackup {
			say(b.Mode, true, fmt.Sprintf("BONDMODE is %q, and exasock manages only active-backup", b.Mode.Value), "set it to active-backup")
		}
	}
	// Without either rc.bond sets miimon to 100.
	mii, miiSet := b.Option("miimon")
	arp, arpSet := b.Option("arp_interval")
	targets, _ := b.Option("arp_ip_target")
	noARP := !arpSet || arp == "0" || targets == ""
	switch {
	case miiSet && mii == "0" && noARP:
		say(b.IFOpts, false, "miimon is 0 and there is no arp_interval with an arp_ip_target: a lost link can be missed for ever", "set miimon to 100")
	case arpSet && arp != "0" && targets == "" && (!miiSet || mii == "0"):
		say(b.IFOpts, false, "arp_interval without an arp_ip_target monitors nothing: a lost link can be missed for ever", "set arp_ip_target, or miimon to 100")
	}
	for _, nic := range b.NICs.Words() {
		if _, err := os.Stat(h.path(bond.SysNet, nic)); err != nil && bond.CheckName(nic) == nil {
			continue
		}
		if err := bond.CheckSmartNIC(h.sysNet(), nic); err != nil {
			say(b.NICs, true, err.Error(), "take it out of BONDNICS, or EXASOCK away")
		}
	}
	return list
}
