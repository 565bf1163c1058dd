// SPDX-License-Identifier: MIT

package plan

import (
	"strings"
	"testing"
)

// cure gives what the only finding with that rule says is to be done.
func cure(t *testing.T, conf, rule string) string {
	t.Helper()
	_, findings := Compile(parse(t, conf))
	var list []string
	for _, f := range findings {
		if f.Rule == rule {
			list = append(list, f.Do)
		}
	}
	return strings.Join(list, " / ")
}

// TestDidYouMean: words of other systems, and slips, are answered by the text
// that was meant, which the rules take.
func TestDidYouMean(t *testing.T) {
	const none = "the options are in rc.bond.conf(5)"
	mean := func(text string) string { return `did you mean "` + text + `"?` }
	for _, tt := range []struct{ mode, piece, want string }{
		// Slips.
		{"", "mimon 100", mean("miimon 100")},
		{"", "miimon=100", mean("miimon 100")},
		{"", "MIIMON 100", mean("miimon 100")},
		{"", "nonsense 1", none},
		{"", "mimon often", none},
		// Debian's ifenslave, ifupdown2.
		{"", "bond-miimon 100", mean("miimon 100")},
		{"", "bond_updelay 200", mean("updelay 200")},
		{"", "bond-primary eth0 eth1", mean("primary eth0")},
		{"", "bond-primary eth7", none},
		{"4", "bond-lacp-rate 1", mean("lacp_rate 1")},
		{"4", "bond_xmit_hash_policy 2+3", mean("xmit_hash_policy layer2+3")},
		{"4", "bond-xmit-hash-policy layer3+4", mean("xmit_hash_policy layer3+4")},
		{"4", "bond-ad-sys-priority 5", mean("ad_actor_sys_prio 5")},
		{"4", "bond-ad-sys-mac-addr 02:00:00:00:00:01", mean("ad_actor_system 02:00:00:00:00:01")},
		{"", "bond-slaves eth0 eth1", `did you mean BONDNICS[0]="eth0 eth1"?`},
		{"", "bond-queue-id eth0:1", mean("queue_id eth0:1")},
		{"", "bond-queue-id eth0 1", mean("queue_id eth0:1")},
		{"", "bond-give-a-chance 1", none},
		// RHEL's BONDING_OPTS, SUSE's BONDING_MODULE_OPTS.
		{"", "mode=4 miimon=100 lacp_rate=fast", `did you mean BONDMODE[0]="802.3ad", and "miimon 100 | lacp_rate fast"?`},
		{"4", "mode=1 miimon=100 lacp_rate=fast", none},
		{"", "BONDING_OPTS=1", none},
		{"4", "bond_mode=4 miimon=100 lacp_rate=fast", `did you mean BONDMODE[0]="802.3ad", and "miimon 100 | lacp_rate fast"?`},
		{"", "arp-interval=500 arp-ip-target=192.0.2.1,192.0.2.2", mean("arp_interval 500 | arp_ip_target 192.0.2.1,192.0.2.2")},
		// netplan.
		{"", "mii-monitor-interval 100", mean("miimon 100")},
		{"", "mii-monitor-interval: 1s", none},
		{"", "mii-monitor-interval 1s", mean("miimon 1000")},
		{"", "up-delay 200ms", mean("updelay 200")},
		{"", "arp-ip-targets 192.0.2.1", mean("arp_ip_target 192.0.2.1")},
		{"4", "transmit-hash-policy layer3+4", mean("xmit_hash_policy layer3+4")},
		{"", "fail-over-mac-policy active", mean("fail_over_mac active")},
		{"", "gratuitious-arp 3", mean("num_grat_arp 3")},
		{"", "all-members-active true", mean("all_slaves_active on")},
		{"0", "packets-per-member 8", mean("packets_per_slave 8")},
		{"", "learn-packet-interval 2", mean("lp_interval 2")},
		// systemd: seconds.
		{"", "MIIMonitorSec=0.1", mean("miimon 100")},
		{"", "MIIMonitorSec=100ms", mean("miimon 100")},
		{"", "MIIMonitorSec=1s", mean("miimon 1000")},
		{"", "UpDelaySec=0.2", mean("updelay 200")},
		{"", "LearnPacketIntervalSec=2", mean("lp_interval 2")},
		{"4", "LACPTransmitRate=fast", mean("lacp_rate fast")},
		{"4", "TransmitHashPolicy=layer2+3", mean("xmit_hash_policy layer2+3")},
		{"5", "DynamicTransmitLoadBalancing=yes", mean("tlb_dynamic_lb on")},
		{"", "PrimaryReselectPolicy=better", mean("primary_reselect better")},
		{"", "ARPIPTargets=192.0.2.1 192.0.2.2", mean("arp_ip_target 192.0.2.1,192.0.2.2")},
		// OpenWrt, netlink, Cisco.
		{"", "monitor_interval 100", mean("miimon 100")},
		{"", "num_peer_notif 2", mean("num_grat_arp 2")},
		{"", "missed_max 3", mean("arp_missed_max 3")},
		{"4", "lacp rate fast", mean("lacp_rate fast")},
		{"4", "load-balance src-dst-ip", mean("xmit_hash_policy layer2+3")},
		{"4", "lacp_rate2 fast", mean("lacp_rate fast")},
		// What belongs elsewhere.
		{"", "mtu 9000", `did you mean MTU[0]="9000"?`},
	} {
		conf := one("IFOPTS[0]='" + tt.piece + "'")
		if tt.mode != "" {
			conf += "\nBONDMODE[0]=" + tt.mode
		}
		got := cure(t, conf, "unknown-option")
		if got != tt.want {
			t.Errorf("%s, mode %q: %s, want %s", tt.piece, tt.mode, got, tt.want)
		}
		// What is suggested for IFOPTS alone must be taken.
		if text, ok := strings.CutPrefix(got, `did you mean "`); ok {
			conf = strings.Replace(conf, "'"+tt.piece+"'", "'"+strings.TrimSuffix(text, `"?`)+"'", 1)
			if _, findings := Compile(parse(t, conf)); HasErrors(findings) && !strings.Contains(text, "updelay") && !strings.Contains(text, "arp_interval") {
				t.Errorf("%s: what is suggested, %s, is refused: %s", tt.piece, got, rules(t, findings))
			}
		}
	}
}

func TestDidYouMeanValue(t *testing.T) {
	for _, tt := range []struct{ mode, piece, want string }{
		{"", "miimon 100 updelay 200", `did you mean "miimon 100 | updelay 200"?`},
		{"", "miimon 100, primary eth0", `did you mean "miimon 100 | primary eth0"?`},
		{"", "miimon 100ms", `did you mean "miimon 100"?`},
		{"", "miimon 0100", `did you mean "miimon 100"?`},
		{"", "miimon often", "a number from 0 to 2147483647"},
		{"", "miimon", "a number from 0 to 2147483647"},
		{"", "miimon 1e99", "a number from 0 to 2147483647"},
		{"", "xmit_hash_policy 2+3", `did you mean "xmit_hash_policy layer2+3"?`},
		{"", "xmit_hash_policy layer34", `did you mean "xmit_hash_policy layer3+4"?`},
		{"", "fail_over_mac Active", `did you mean "fail_over_mac active"?`},
		{"", "use_carrier yes", `did you mean "use_carrier on"?`},
		{"4", "lacp_rate quick", "one of slow, fast"},
		{"", "arp_ip_target 192.0.2", "1 to 16 addresses separated by commas"},
		{"4", "ad_actor_system x", "an address such as 02:00:00:00:00:01"},
		{"", "primary eth0 eth1", `did you mean "primary eth0"?`},
		{"", "primary eth5", "one of the members"},
		{"", "queue_id eth0", `such as "queue_id eth0:2"`},
		{"", "queue_id eth0 2", `did you mean "queue_id eth0:2"? / did you mean "queue_id eth0:2"?`},
		{"", "queue_id eth5:2", "one of eth0, eth1"},
		{"", "queue_id eth0:x", `such as "queue_id eth0:2"`},
	} {
		conf := one("IFOPTS[0]='" + tt.piece + "'")
		if tt.mode != "" {
			conf += "\nBONDMODE[0]=" + tt.mode
		}
		if got := cure(t, conf, "option-value"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.piece, got, tt.want)
		}
	}
}

func TestDidYouMeanMode(t *testing.T) {
	mean := func(mode string) string { return `did you mean BONDMODE[0]="` + mode + `"?` }
	for text, want := range map[string]string{
		"lacp": mean("802.3ad"), "LACP": mean("802.3ad"), "802.3AD": mean("802.3ad"), "8023ad": mean("802.3ad"), "mode=1": mean("active-backup"),
		"mode 4": mean("802.3ad"), "active_backup": mean("active-backup"), "Active-Backup": mean("active-backup"), "active-backups": mean("active-backup"),
		"balance_rr": mean("balance-rr"), "roundrobin": mean("balance-rr"), "failover": mean("active-backup"), "balance-tld": mean("balance-tlb"),
		"xor": mean("balance-xor"), "on": mean("balance-xor"), "active": mean("802.3ad"), "alb": mean("balance-alb"), " 1 ": mean("active-backup"),
		"balance_tlv":  mean("balance-tlb"),
		"passive":      `did you mean BONDMODE[0]="802.3ad" and "lacp_active off" in IFOPTS[0]?`,
		"4 miimon=100": `did you mean BONDMODE[0]="802.3ad"? Options go into IFOPTS[0]`,
		"7":            "one of these names", "nonsense": "one of these names", "-": "one of these names",
	} {
		if got := cure(t, one("BONDMODE[0]='"+text+"'"), "bad-mode"); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestOtherCures(t *testing.T) {
	for _, tt := range []struct{ conf, rule, want string }{
		{one("USE_DHCP[0]=YES"), "bad-value", `did you mean USE_DHCP[0]="yes"?`},
		{one("EXASOCK[0]=false"), "bad-value", `did you mean EXASOCK[0]="no"?`},
		{one("MACCHECK=refused"), "bad-value", `did you mean MACCHECK="refuse"?`},
		{one("MTU[0]=09000"), "bad-value", `MTU[0]="9000"`},
		{one("MTU[0]=+9000"), "bad-value", `MTU[0]="9000"`},
		{one("MTU[0]=99999"), "bad-value", "a number"},
		{one("HWADDR[0]=02-00-00-00-00-0A"), "bad-mac", `HWADDR[0]="02:00:00:00:00:0a"`},
		{one("HWADDR[0]=AUTO"), "bad-mac", `HWADDR[0]="auto"`},
		{one("IPADDRS[0]=192.0.2.1/024"), "bad-address", "did you mean 192.0.2.1/24?"},
		{one("IPADDRS[0]='192.0.2.1/24, 192.0.2.2/24'"), "bad-address", "did you mean 192.0.2.1/24?"},
		{one("IPADDRS[0]=2001:db8::1/64"), "bad-address", "IPv6 addresses belong in IP6ADDRS[0]"},
		{one("IP6ADDRS[0]=192.0.2.1/24"), "bad-address", "IPv4 addresses belong in IPADDRS[0]"},
		{one("IP6ADDRS[0]=fe80::1%eth0/64"), "bad-address", "did you mean fe80::1/64?"},
		{one("IPADDRS[0]=x"), "bad-address", "an address such as 192.0.2.10/24"},
		{one("GATEWAY6=fe80::1"), "bad-gateway", `GATEWAY6="fe80::1%bond0"`},
		{one("GATEWAY=2001:db8::1"), "bad-gateway", "GATEWAY6 for IPv6"},
		{one("NETMASK[0]=255.255.255.0"), "not-used", `IPADDRS[0]="ADDRESS/PREFIX"`},
		{one("USE_SLAAC[0]=yes"), "not-used", "the bond in rc.inet1.conf, by IFNAME and without BONDNICS, with USE_SLAAC there"},
		{one("IFNAME[0]=bond1"), "index-twice", "another index for one of the two, such as 1"},
		{"IFNAME[0]=bond0\nBONDNICS[0]='eth0,eth1'", "bad-nic", "blanks between the names: eth0 eth1"},
		{"IFNAME[08]=bond0", "bash", "IFNAME[8]"},
		{"IFNAME[0]=bond_lan\nBONDNICS[0]=eth0", "name-underscore", "a name without underscores, such as bond-lan"},
		{one("IFOPTS[0]='queue_id eth0:20'"), "queue-id", `a number from 0 to 16, or "options bonding tx_queues=20" in /etc/modprobe.d/bonding.conf`},
	} {
		if got := cure(t, tt.conf, tt.rule); got != tt.want {
			t.Errorf("%q: %s, want %s", tt.conf, got, tt.want)
		}
	}
}
