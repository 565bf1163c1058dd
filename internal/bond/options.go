// SPDX-License-Identifier: MIT

package bond

import "math"

// An Option is a setting of a bond, or of one of its members.
type Option struct {
	Name    string   // the kernel's: the file in /sys/class/net/BOND/bonding/
	Aliases []string // other names of the same setting
	Kind    Kind
	Words   []string // of a Word: the index is the number that stands for it
	Min     int      // of a Number
	Max     int
	// Initial is the value of a new bond or member, "" for the usual one: see
	// [Option.Default].
	Initial string
	Modes   ModeSet // in which the kernel accepts a write
	When    When    // the state in which it does
	// PerMember: the value belongs to one member, not to the bond.
	PerMember bool
	// NetlinkOnly: no kernel has a sysfs file for it.
	NetlinkOnly bool
}

// A Kind is what the value of an option looks like.
type Kind uint8

const (
	Number Kind = iota // decimal, Min to Max
	Word               // one of Words, or its number
	IPv4s              // up to 16 IPv4 addresses separated by commas; in sysfs each by itself, +ADDR
	IPv6s              // up to 16 IPv6 addresses separated by commas
	MAC                // 02:00:00:00:00:01
	NIC                // the name of a network interface
)

// When says in which state of the bond a write is accepted; the zero value is
// any state. A kernel refuses with EBUSY, ENOTEMPTY, EACCES or EPERM otherwise.
type When uint8

const (
	NeedsDown    When = 1 << iota // the bond is down
	NeedsEmpty                    // it has no member
	NeedsMembers                  // it has members
)

// Sets of modes for the table.
const (
	onlyRR     ModeSet = 1 << BalanceRR
	onlyLACP   ModeSet = 1 << LACP
	onlyLB             = ModeSet(1<<BalanceTLB | 1<<BalanceALB)
	withActive         = ModeSet(1<<ActiveBackup) | onlyLB
	withARP            = AnyMode &^ (onlyLACP | onlyLB)
)

var offOn = []string{"off", "on"}

// Options is every option, in an order of writing that always works: each at
// its place with the bond down and empty, those with NeedsMembers after the
// members are in and the bond is up.
//
// The delays stand behind miimon, which they need; arp_interval stands behind
// both, because miimon and arp_interval switch each other off: the last
// written wins.
//
// Never decide by a kernel's version which options it has: stable kernels
// carry back-ports. Look in /sys/class/net/BOND/bonding/, or read back.
var Options = []Option{
	{Name: "mode", Kind: Word, Words: modeNames[:], Modes: AnyMode, When: NeedsDown | NeedsEmpty},
	{Name: "fail_over_mac", Kind: Word, Words: []string{"none", "active", "follow"}, Modes: AnyMode, When: NeedsEmpty},
	{Name: "ad_actor_system", Kind: MAC, Initial: "00:00:00:00:00:00", Modes: onlyLACP},
	{Name: "ad_actor_sys_prio", Min: 1, Max: 65535, Initial: "65535", Modes: onlyLACP},
	{Name: "ad_user_port_key", Max: 1023, Modes: onlyLACP, When: NeedsDown},
	{Name: "ad_select", Kind: Word, Words: []string{"stable", "bandwidth", "count", "actor_port_prio"}, Modes: AnyMode, When: NeedsDown},
	{Name: "lacp_rate", Kind: Word, Words: []string{"slow", "fast"}, Modes: onlyLACP, When: NeedsDown},
	{Name: "lacp_active", Kind: Word, Words: offOn, Initial: "on", Modes: onlyLACP, When: NeedsDown},
	{Name: "coupled_control", Kind: Word, Words: offOn, Initial: "on", Modes: onlyLACP, When: NeedsDown, NetlinkOnly: true},
	{Name: "lacp_strict", Kind: Word, Words: offOn, Modes: onlyLACP, NetlinkOnly: true},
	{Name: "broadcast_neighbor", Kind: Word, Words: offOn, Modes: onlyLACP, NetlinkOnly: true},
	{Name: "min_links", Max: math.MaxInt32, Modes: AnyMode},
	{Name: "xmit_hash_policy", Kind: Word, Words: []string{"layer2", "layer3+4", "layer2+3", "encap2+3", "encap3+4", "vlan+srcmac"}, Modes: AnyMode},
	{Name: "packets_per_slave", Max: 65535, Initial: "1", Modes: onlyRR},
	{Name: "tlb_dynamic_lb", Kind: Word, Words: offOn, Initial: "on", Modes: onlyLB, When: NeedsDown},
	{Name: "lp_interval", Min: 1, Max: math.MaxInt32, Initial: "1", Modes: AnyMode},
	{Name: "all_slaves_active", Kind: Word, Words: offOn, Modes: AnyMode},
	{Name: "resend_igmp", Max: 255, Initial: "1", Modes: AnyMode},
	{Name: "num_grat_arp", Aliases: []string{"num_unsol_na"}, Max: 255, Initial: "1", Modes: AnyMode},
	{Name: "use_carrier", Kind: Word, Words: offOn, Initial: "on", Modes: AnyMode},
	{Name: "miimon", Max: math.MaxInt32, Modes: AnyMode},
	{Name: "updelay", Max: math.MaxInt32, Modes: AnyMode},
	{Name: "downdelay", Max: math.MaxInt32, Modes: AnyMode},
	// iproute2 has the second name.
	{Name: "peer_notif_delay", Aliases: []string{"peer_notify_delay"}, Max: 300000, Modes: AnyMode},
	{Name: "arp_ip_target", Kind: IPv4s, Modes: AnyMode},
	{Name: "ns_ip6_target", Kind: IPv6s, Modes: AnyMode, NetlinkOnly: true},
	{Name: "arp_all_targets", Kind: Word, Words: []string{"any", "all"}, Modes: AnyMode},
	{Name: "arp_missed_max", Min: 1, Max: 255, Initial: "2", Modes: withARP},
	{Name: "arp_interval", Max: math.MaxInt32, Modes: withARP},
	{Name: "arp_validate", Kind: Word, Words: []string{"none", "active", "backup", "all", "filter", "filter_active", "filter_backup"}, Modes: withARP},
	{Name: "primary_reselect", Kind: Word, Words: []string{"always", "better", "failure"}, Modes: AnyMode},
	// primary takes the name of a NIC that is not a member yet.
	{Name: "primary", Kind: NIC, Modes: withActive},
	{Name: "queue_id", Max: 65535, Modes: AnyMode, When: NeedsMembers, PerMember: true},
	{Name: "prio", Min: math.MinInt32, Max: math.MaxInt32, Modes: withActive, When: NeedsMembers, PerMember: true, NetlinkOnly: true},
	{Name: "actor_port_prio", Max: 65535, Initial: "255", Modes: onlyLACP, When: NeedsMembers, PerMember: true, NetlinkOnly: true},
	{Name: "active_slave", Kind: NIC, Modes: withActive, When: NeedsMembers},
}

// Default is the value that a new bond, or a new member, has: what
// drivers/net/bonding sets where nothing else was asked for. Choosing mode 4,
// 5 or 6 makes miimon 100.
func (o *Option) Default() string {
	switch {
	case o.Initial != "":
		return o.Initial
	case o.Kind == Number:
		return "0"
	case o.Kind == Word:
		return o.Words[0]
	}
	return ""
}

// Lookup finds an option by its name or an alias; nil where there is none.
func Lookup(name string) *Option {
	for i := range Options {
		o := &Options[i]
		if o.Name == name {
			return o
		}
		for _, alias := range o.Aliases {
			if alias == name {
				return o
			}
		}
	}
	return nil
}
