// SPDX-License-Identifier: MIT

package bond

import "strings"

// proc is what /proc/net/bonding/BOND has and sysfs may not have.
type proc struct {
	partnerMAC string // of the active aggregator; root only
	members    map[string]procMember
}

type procMember struct {
	mii, permanent, partnerMAC    string
	failures, queueID, aggregator int
	actor, partner                int
}

// parseProc reads the text that drivers/net/bonding/bond_procfs.c writes: a
// part for the bond, then one for each member, each "Key: value" to a line.
// The two parts about LACPDUs have the same keys and a heading each. Unknown
// lines are passed over, so that new kernels can add some.
func parseProc(text string) proc {
	p := proc{members: map[string]procMember{}}
	name, heading := "", ""
	var m procMember
	keep := func() {
		if name != "" {
			p.members[name] = m
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch {
		case key == "Slave Interface":
			keep()
			name, heading = value, ""
			m = procMember{actor: unknownPort, partner: unknownPort}
		case strings.HasPrefix(key, "details "):
			heading = key
		case name == "":
			if key == "Partner Mac Address" {
				p.partnerMAC = value
			}
		case key == "MII Status":
			m.mii = value
		case key == "Link Failure Count":
			m.failures = atoi(value)
		case key == "Permanent HW addr":
			m.permanent = value
		case key == "Slave queue ID":
			m.queueID = atoi(value)
		case key == "Aggregator ID":
			m.aggregator = atoi(value)
		case heading == "details actor lacp pdu" && key == "port state":
			m.actor = atoi(value)
		case heading == "details partner lacp pdu" && key == "port state":
			m.partner = atoi(value)
		case heading == "details partner lacp pdu" && key == "system mac address":
			m.partnerMAC = value
		}
	}
	keep()
	return p
}
