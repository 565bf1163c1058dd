// SPDX-License-Identifier: MIT

package bond

import (
	"maps"
	"strconv"
	"testing"
)

func TestModeRoundTrip(t *testing.T) {
	for i, m := range Modes() {
		for _, s := range []string{m.String(), strconv.Itoa(i)} {
			got, err := ParseMode(s)
			if err != nil || got != m || int(m) != i {
				t.Errorf("ParseMode(%q) = %d, %v; want %d", s, got, err, i)
			}
		}
	}
	for _, s := range []string{"", "7", "-1", "01", "Active-Backup", "balance-tld", "mode 7"} {
		if m, err := ParseMode(s); err == nil {
			t.Errorf("ParseMode(%q) = %v, want an error", s, m)
		}
	}
}

func TestModeSet(t *testing.T) {
	if got, want := withActive.String(), "active-backup, balance-tlb, balance-alb"; got != want {
		t.Errorf("withActive = %q, want %q", got, want)
	}
	if got, want := withARP.String(), "balance-rr, active-backup, balance-xor, broadcast"; got != want {
		t.Errorf("withARP = %q, want %q", got, want)
	}
	for _, m := range Modes() {
		if !AnyMode.Has(m) || m.HasActive() != withActive.Has(m) {
			t.Errorf("%v: AnyMode.Has = %t, HasActive = %t", m, AnyMode.Has(m), m.HasActive())
		}
	}
}

// TestOptionOrder holds the table to the promises of its comment.
func TestOptionOrder(t *testing.T) {
	at := map[string]int{}
	for i, o := range Options {
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if _, twice := at[name]; twice {
				t.Errorf("%s stands there twice", name)
			}
			at[name] = i
			if found := Lookup(name); found != &Options[i] {
				t.Errorf("Lookup(%q) = %v", name, found)
			}
		}
	}
	if Lookup("mimon") != nil {
		t.Error("Lookup finds an option that does not exist")
	}
	for _, pair := range [][2]string{
		{"mode", "fail_over_mac"}, {"miimon", "updelay"}, {"miimon", "downdelay"}, {"miimon", "peer_notif_delay"},
		{"miimon", "arp_interval"}, {"primary", "active_slave"},
	} {
		if at[pair[0]] >= at[pair[1]] {
			t.Errorf("%s must stand before %s", pair[0], pair[1])
		}
	}
	members := false
	for i, o := range Options {
		if members && o.When != NeedsMembers {
			t.Errorf("%s stands behind an option that needs members", o.Name)
		}
		members = o.When == NeedsMembers
		if o.Modes == 0 || o.Kind == Word && len(o.Words) < 2 || o.Kind == Number && o.Min >= o.Max {
			t.Errorf("Options[%d] is not complete: %+v", i, o)
		}
	}
}

func TestOptionCheck(t *testing.T) {
	tests := []struct {
		option, value string
		err           string
	}{
		{"mode", "active-backup", ""},
		{"mode", "6", ""},
		{"mode", "7", `mode: "7" is not one of balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb, or 0 to 6`},
		{"miimon", "100", ""},
		{"miimon", "-1", `miimon: "-1" is not a number from 0 to 2147483647`},
		{"miimon", "100ms", `miimon: "100ms" is not a number from 0 to 2147483647`},
		{"miimon", "", `miimon: "" is not a number from 0 to 2147483647`},
		{"lacp_rate", "fast", ""},
		{"lacp_rate", "1", ""},
		{"lacp_rate", "rapid", `lacp_rate: "rapid" is not one of slow, fast, or 0 to 1`},
		{"lp_interval", "0", `lp_interval: "0" is not a number from 1 to 2147483647`},
		{"num_unsol_na", "255", ""},
		{"num_unsol_na", "256", `num_grat_arp: "256" is not a number from 0 to 255`},
		{"arp_ip_target", "192.0.2.1,192.0.2.2", ""},
		{"arp_ip_target", "192.0.2.1,", `arp_ip_target: "" is not an IPv4 address`},
		{"arp_ip_target", "0.0.0.0", `arp_ip_target: "0.0.0.0" is not an address that the driver can probe`},
		{"arp_ip_target", "255.255.255.255", `arp_ip_target: "255.255.255.255" is not an address that the driver can probe`},
		{"arp_ip_target", "192.0.2.1,192.0.2.1", `arp_ip_target: 192.0.2.1 is there twice`},
		{"arp_ip_target", "2001:db8::1", `arp_ip_target: "2001:db8::1" is not an IPv4 address`},
		{"arp_ip_target", "1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1",
			"arp_ip_target: 17 addresses; the kernel takes 16"},
		{"ns_ip6_target", "2001:db8::1", ""},
		{"ns_ip6_target", "::", `ns_ip6_target: "::" is not an address that the driver can probe`},
		{"ns_ip6_target", "feb0::1", `ns_ip6_target: "feb0::1" is not an address that the driver can probe`},
		{"ns_ip6_target", "2001:db8::1,2001:db8:0::1", `ns_ip6_target: 2001:db8::1 is there twice`},
		{"ns_ip6_target", "fe80::1%eth0", `ns_ip6_target: "fe80::1%eth0" is not an IPv6 address`},
		{"ad_actor_system", "02:00:00:00:00:0F", ""},
		{"ad_actor_system", "02-00-00-00-00-0F", `ad_actor_system: "02-00-00-00-00-0F" is not a MAC address like 02:00:00:00:00:01`},
		{"ad_actor_system", "03:00:00:00:00:0F", `ad_actor_system: 03:00:00:00:00:0F is a multicast address`},
		{"primary", "eth0", ""},
		{"primary", "averyveryverylong", `primary: interface name "averyveryverylong" is longer than 15 bytes`},
		{"primary", "eth0:1", `primary: "eth0:1" is not a name for a network interface`},
		{"prio", "-5", ""},
	}
	for _, tt := range tests {
		got := ""
		if err := Lookup(tt.option).Check(tt.value); err != nil {
			got = err.Error()
		}
		if got != tt.err {
			t.Errorf("%s.Check(%q) = %q, want %q", tt.option, tt.value, got, tt.err)
		}
	}
}

func TestCanonical(t *testing.T) {
	for _, tt := range []struct{ option, value, want string }{
		{"mode", "4", "802.3ad"},
		{"mode", "802.3ad", "802.3ad"},
		{"lacp_rate", "1", "fast"},
		{"use_carrier", "0", "off"},
		{"miimon", "100", "100"},
		{"ad_actor_system", "02:00:00:00:AB:0F", "02:00:00:00:ab:0f"},
		{"arp_ip_target", "192.0.2.2,192.0.2.1", "192.0.2.2,192.0.2.1"},
		{"ns_ip6_target", "2001:DB8:0:0::192.0.2.2,fec0::1", "2001:db8::c000:202,fec0::1"},
		{"primary", "eth0", "eth0"},
	} {
		if got, err := Lookup(tt.option).Canonical(tt.value); got != tt.want || err != nil {
			t.Errorf("%s.Canonical(%q) = %q, %v; want %q", tt.option, tt.value, got, err, tt.want)
		}
	}
}

// TestDefaults: what a new bond has on Linux 5.10 to 7.2, without the options
// whose default is 0, the first word or nothing.
func TestDefaults(t *testing.T) {
	got := map[string]string{}
	for i := range Options {
		o := &Options[i]
		if d := o.Default(); d != "" && d != "0" && (o.Kind != Word || d != o.Words[0]) {
			got[o.Name] = d
		}
		if d := o.Default(); d != "" && o.Check(d) != nil && o.Kind != MAC {
			t.Errorf("%s: its default %q is no value of it", o.Name, d)
		}
	}
	want := map[string]string{
		"ad_actor_system": "00:00:00:00:00:00", "ad_actor_sys_prio": "65535", "lacp_active": "on", "coupled_control": "on",
		"packets_per_slave": "1", "tlb_dynamic_lb": "on", "lp_interval": "1", "resend_igmp": "1", "num_grat_arp": "1",
		"use_carrier": "on", "arp_missed_max": "2", "actor_port_prio": "255",
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
