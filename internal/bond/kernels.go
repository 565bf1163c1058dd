// SPDX-License-Identifier: MIT

package bond

import (
	"strconv"
	"strings"
)

// A Release is a kernel's version: 6.12.117 is {6, 12, 117}.
type Release [3]int

// ParseRelease reads what uname -r prints: 6.12.117-smp; false where it does
// not begin with two numbers.
func ParseRelease(s string) (r Release, ok bool) {
	for i := range r {
		digits := 0
		for digits < len(s) && '0' <= s[digits] && s[digits] <= '9' {
			digits++
		}
		n, err := strconv.Atoi(s[:digits])
		if err != nil {
			return r, i == 2
		}
		r[i], s = n, s[digits:]
		if i < 2 && !strings.HasPrefix(s, ".") {
			return r, i == 1
		}
		s = strings.TrimPrefix(s, ".")
	}
	return r, true
}

// Before reports whether r is older.
func (r Release) Before(s Release) bool {
	for i := range r {
		if r[i] != s[i] {
			return r[i] < s[i]
		}
	}
	return false
}

// String gives 6.18, and 6.1.176 where there is a third number.
func (r Release) String() string {
	s := strconv.Itoa(r[0]) + "." + strconv.Itoa(r[1])
	if r[2] != 0 {
		s += "." + strconv.Itoa(r[2])
	}
	return s
}

// A limit says which kernels take an option, or one value of it.
type limit struct {
	Option string
	Words  []string // "" and nil: every value
	Modes  ModeSet  // 0: every mode
	Since  Release  // zero: before 3.10
	Until  Release  // the first that does not; zero: none yet
}

// limits are what changed since Linux 3.10, read in drivers/net/bonding and
// include/uapi/linux/if_link.h of the trees 3.10.17 to 7.2.13, and tried on
// 5.10, 6.1, 6.12 and 7.2. Stable kernels and distributions carry back-ports
// (6.1.176 has coupled_control, broadcast_neighbor and actor_port_prio): what
// a kernel itself shows counts more than this table.
var limits = []limit{
	{Option: "arp_all_targets", Since: Release{3, 11}},
	{Option: "lp_interval", Since: Release{3, 12}},
	{Option: "packets_per_slave", Since: Release{3, 13}},
	{Option: "xmit_hash_policy", Words: []string{"encap2+3", "encap3+4"}, Since: Release{3, 13}},
	{Option: "xmit_hash_policy", Words: []string{"vlan+srcmac"}, Since: Release{5, 12}},
	{Option: "arp_validate", Modes: withARP &^ (1 << ActiveBackup), Since: Release{3, 15}},
	{Option: "arp_validate", Words: []string{"filter", "filter_active", "filter_backup"}, Since: Release{3, 15}},
	{Option: "tlb_dynamic_lb", Since: Release{3, 16}},
	{Option: "tlb_dynamic_lb", Modes: 1 << BalanceALB, Since: Release{4, 19}},
	{Option: "ad_actor_sys_prio", Since: Release{4, 2}},
	{Option: "ad_actor_system", Since: Release{4, 2}},
	{Option: "ad_user_port_key", Since: Release{4, 2}},
	{Option: "peer_notif_delay", Since: Release{5, 3}},
	{Option: "lacp_active", Since: Release{5, 15}},
	{Option: "arp_missed_max", Since: Release{5, 17}},
	{Option: "ns_ip6_target", Since: Release{5, 18}},
	{Option: "prio", Since: Release{6, 0}},
	{Option: "coupled_control", Since: Release{6, 9}},
	{Option: "broadcast_neighbor", Since: Release{6, 17}},
	{Option: "actor_port_prio", Since: Release{6, 18}},
	{Option: "ad_select", Words: []string{"actor_port_prio"}, Since: Release{6, 18}},
	{Option: "use_carrier", Words: []string{"off"}, Until: Release{6, 18}},
	{Option: "lacp_strict", Since: Release{7, 2}},
}

// Takes tells whether a kernel of that release takes the value (in its
// canonical form) of an option in a mode, by the table of what changed since
// Linux 3.10. Where it does not, why says since when, or until when, one does;
// whole is whether it is the option itself that the kernel lacks.
func (o *Option) Takes(r Release, mode Mode, value string) (why string, whole, ok bool) {
	for _, l := range limits {
		if l.Option != o.Name || !l.covers(mode, value) {
			continue
		}
		whole = l.Words == nil && l.Modes == 0
		switch {
		case l.Since != (Release{}) && r.Before(l.Since):
			return "Linux " + l.Since.String() + " and later have it", whole, false
		case l.Until != (Release{}) && !r.Before(l.Until):
			return "kernels before " + l.Until.String() + " take it", whole, false
		}
	}
	return "", false, true
}

func (l *limit) covers(mode Mode, value string) bool {
	if l.Modes != 0 && !l.Modes.Has(mode) {
		return false
	}
	for _, word := range l.Words {
		if word == value {
			return true
		}
	}
	return l.Words == nil
}
