// SPDX-License-Identifier: MIT

package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
)

func parse(t *testing.T, text string) *bondconf.Config {
	t.Helper()
	f, err := shconf.Parse(strings.NewReader(text), "b")
	if err != nil {
		t.Fatal(err)
	}
	return bondconf.From(f)
}

// rules are the findings as "LINE RULE", with "!" behind an error; each of them
// must say all that it is to say.
func rules(t *testing.T, findings []Finding) string {
	t.Helper()
	var list []string
	for _, f := range findings {
		if f.What == "" || f.Why == "" || f.Do == "" || f.File == "" || f.Severity == "" {
			t.Errorf("incomplete: %+v", f)
		}
		mark := ""
		if f.Severity == Error {
			mark = "!"
		}
		list = append(list, fmt.Sprintf("%d %s%s", f.Line, f.Rule, mark))
	}
	return strings.Join(list, ", ")
}

// one is a bond with two members, and in line 3 and after what a test is about.
func one(lines string) string {
	return "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n" + lines
}

// ruleTests are configurations and the rules that they break, with "!" where the
// bond is refused.
var ruleTests = []struct{ name, conf, want string }{
	{"nothing", "", ""},
	{"well", one("BONDMODE[0]=active-backup\nIFOPTS[0]=\"miimon 100 | primary eth0 | updelay 200 | queue_id eth0:1 eth1:2\"\nMTU[0]=9000\nLINKWAIT[0]=10\nIPADDRS[0]=192.0.2.2/24\nIP6ADDRS[0]=2001:db8::2/64\nGATEWAY=192.0.2.1\nGATEWAY6=2001:db8::1\nMACCHECK=warn\nHWADDR[0]=auto"), ""},
	{"well, LACP", one("BONDMODE[0]=4\nIFOPTS[0]=\"miimon 100 | lacp_rate fast | min_links 1 | lacp_strict on | xmit_hash_policy layer3+4\""), ""},
	{"well, ARP", one("IFOPTS[0]=\"arp_interval 200 | arp_ip_target 192.0.2.1,192.0.2.2\"\nIPADDRS[0]=\"192.0.2.5/24 192.0.2.6/24\"\nIP6ADDRS[0]=2001:db8::5/64"), ""},
	{"well, odd blanks and bars", one("IFOPTS[0]=' | miimon 100||use_carrier on|'"), ""},
	{"well, by address and slot", "IFNAME[0]=bond0\nBONDNICS[0]='mac=00:1B:21:AA:BB:01 pci=03:00.0 eth2.10'\nIFOPTS[0]='primary mac=00:1b:21:aa:bb:01 | queue_id pci=0000:03:00.0:2 eth2.10:3'", ""},

	// One fault does not hide another.
	{"two faults in one bond", one("BONDMODE[0]=lacp\nIFOPTS[0]='mimon 100 | updelay 150 | xmit_hash_policy 2+3'"), "3 bad-mode!, 4 unknown-option!, 4 option-value!, 4 delay-multiple!"},
	{"a fault in each variable", "IFNAME[0]=bond/0\nBONDNICS[0]='eth0 lo eth0'\nBONDMODE[0]=7\nIFOPTS[0]='nothing 1'\nHWADDR[0]=x\nIPADDRS[0]=1.2.3\nIP6ADDRS[0]=x\nUSE_DHCP[0]=maybe\nMTU[0]=1\nLINKWAIT[0]=x\nEXASOCK[0]=x\nDHCP_TIMEOUT[0]=x\n",
		"1 bad-name!, 2 nic-is-lo!, 2 nic-twice!, 3 bad-mode!, 4 unknown-option!, 5 bad-mac!, 6 bad-address!, 7 bad-address!, 8 bad-value!, 9 bad-value!, 10 bad-value!, 11 bad-value!, 12 bad-value!"},

	// Names.
	{"no name", "BONDNICS[0]=\"eth0\"", "1 no-name!"},
	{"an empty name", "IFNAME[1]=\"\"\nBONDNICS[1]=eth0", "1 no-name!"},
	{"an entry that was emptied", "IFNAME[1]=\"\"\nBONDNICS[1]=\"\"", ""},
	{"long name", "IFNAME[0]=a-name-that-is-too-long\nBONDNICS[0]=eth0", "1 bad-name!"},
	{"path", "IFNAME[0]=../lo\nBONDNICS[0]=eth0", "1 bad-name!"},
	{"not plain", "IFNAME[0]='bond+0'\nBONDNICS[0]=eth0", "1 bad-name!"},
	{"dash before it", "IFNAME[0]=-bond\nBONDNICS[0]=eth0", "1 bad-name!"},
	{"reserved", "IFNAME[0]=default\nBONDNICS[0]=eth0\nIFNAME[1]=bonding_masters\nBONDNICS[1]=eth1\nIFNAME[2]=lo\nBONDNICS[2]=eth2", "1 bad-name!, 3 bad-name!, 3 name-underscore, 5 bad-name!"},
	{"underscore", "IFNAME[0]=bond_lan\nBONDNICS[0]=eth0", "1 name-underscore"},
	{"name twice", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nIFNAME[1]=bond0\nBONDNICS[1]=eth1", "3 name-twice!"},

	// Members.
	{"no members", "IFNAME[0]=bond0", "1 no-members!"},
	{"blank members", "IFNAME[0]=bond0\nBONDNICS[0]=' '", "2 no-members!"},
	{"blank members without a name", "BONDNICS[0]=' '", "1 no-name!, 1 no-members!"},
	{"members under another index", one("BONDMODE[1]=1"), "3 no-bond"},
	{"NIC twice", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth0\"", "2 nic-twice!"},
	{"slot twice, in two notations", "IFNAME[0]=bond0\nBONDNICS[0]='pci=03:00.0 pci=0000:03:00.0'", "2 nic-twice!"},
	{"NIC in two bonds", one("IFNAME[1]=bond1\nBONDNICS[1]=\"eth2 eth1\""), "4 nic-in-two-bonds!"},
	{"bond in a bond", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0\"\nIFNAME[1]=bond1\nBONDNICS[1]=\"bond0 bond1\"", "4 nic-is-bond!, 4 nic-is-bond!"},
	{"commas", "IFNAME[0]=bond0\nBONDNICS[0]=eth0,eth1", "2 bad-nic!"},
	{"bad NIC", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth/0\"", "2 bad-nic!"},
	{"bad addresses of NICs", "IFNAME[0]=bond0\nBONDNICS[0]='mac=01:00:5e:00:00:01 mac=00-1b-21-aa-bb-01 mac= pci=3:0.0 pci=0000:03:20.0 pci=03:00.8'", "2 bad-nic!, 2 bad-nic!, 2 bad-nic!, 2 bad-nic!, 2 bad-nic!, 2 bad-nic!"},

	// Modes.
	{"slip of a mode", one("BONDMODE[0]=active-backups"), "3 bad-mode!"},
	{"mode with more", one("BONDMODE[0]='802.3ad fast'"), "3 bad-mode!"},
	{"mode in IFOPTS", one("IFOPTS[0]=\"mode 4\""), "3 mode-in-options!"},
	{"the same mode in IFOPTS", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"mode 4\""), ""},
	{"mode in IFOPTS with more", one("IFOPTS[0]='mode active-backup extra'"), "3 bad-mode!"},

	// Options.
	{"unknown option", one("IFOPTS[0]=\"mimon 100\""), "3 unknown-option!"},
	{"option in the wrong mode", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"miimon 100 | primary eth0\""), "4 option-mode!"},
	{"LACP option elsewhere", one("IFOPTS[0]=\"miimon 100 | lacp_rate fast\""), "3 option-mode!"},
	{"arp_interval where it cannot be", one("BONDMODE[0]=balance-alb\nIFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1\""), "4 option-mode!"},
	{"bad value", one("IFOPTS[0]=\"miimon often\""), "3 option-value!"},
	{"no value", one("IFOPTS[0]=miimon"), "3 option-value!"},
	{"equals sign", one("IFOPTS[0]=miimon=100"), "3 unknown-option!"},
	{"no bar", one("IFOPTS[0]='miimon 100, primary eth0'"), "3 option-value!"},
	{"octal", one("IFOPTS[0]='miimon 0100'\nMTU[0]=01400"), "3 option-value!, 4 bad-value!"},
	{"alias of a delay", one("IFOPTS[0]='peer_notify_delay 150'"), "3 delay-multiple!"},
	{"bad word", one("IFOPTS[0]=\"fail_over_mac sometimes\""), "3 option-value!"},
	{"twice", one("IFOPTS[0]=\"miimon 100 | miimon 200\""), "3 option-twice"},
	{"twice the same", one("IFOPTS[0]=\"miimon 100 | miimon 100\""), ""},
	{"twice by two names", one("IFOPTS[0]=\"num_grat_arp 2 | num_unsol_na 3\""), "3 option-twice"},
	{"primary that is not a member", one("IFOPTS[0]=\"miimon 100 | primary eth7\""), "3 option-value!"},
	{"two primaries", one("IFOPTS[0]=\"primary eth0 eth1\""), "3 option-value!"},
	{"queue_id that is not a member", one("IFOPTS[0]=\"queue_id eth7:1\""), "3 option-value!"},
	{"queue_id without a NIC", one("IFOPTS[0]=\"queue_id 1\""), "3 option-value!"},
	{"queue_id empty", one("IFOPTS[0]=queue_id"), "3 option-value!"},
	{"queue_id a comma", one("IFOPTS[0]='queue_id ,'"), "3 option-value!"},
	{"queue_id 16", one("IFOPTS[0]='queue_id eth0:16,eth1:0'"), ""},
	{"queue_id 17", one("IFOPTS[0]='queue_id eth0:17'"), "3 queue-id!"},
	{"queue_id 300", one("IFOPTS[0]='queue_id eth1:300'"), "3 queue-id!"},
	{"queue_id of two", one("IFOPTS[0]='queue_id eth0:3 eth1:3'"), "3 queue-id!"},
	{"queue_id 0 of two", one("IFOPTS[0]='queue_id eth0:0 eth1:0'"), ""},
	{"queue_id twice of one", one("IFOPTS[0]='queue_id eth0:3 eth0:4'"), "3 option-twice"},
	{"prio no number", one("IFOPTS[0]=\"prio eth0:high\""), "3 option-value!"},
	{"prio minus zero", one("IFOPTS[0]=\"prio eth0:-0\""), "3 option-value!"},
	{"prio negative", one("IFOPTS[0]=\"prio eth0:-5\""), ""},
	{"17 targets", one("IFOPTS[0]='arp_interval 100 | arp_ip_target 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9 10.0.0.10 10.0.0.11 10.0.0.12 10.0.0.13 10.0.0.14 10.0.0.15 10.0.0.16 10.0.0.17'"), "3 option-value!"},
	{"target twice", one("IFOPTS[0]='arp_interval 100 | arp_ip_target 10.0.0.1 10.0.0.1'"), "3 option-value!"},
	{"IPv6 target with dots", one("IFOPTS[0]='arp_interval 100 | ns_ip6_target 2001:db8::192.0.2.2'"), ""},
	{"IPv6 target that is nothing", one("IFOPTS[0]='arp_interval 100 | ns_ip6_target ::'"), "3 option-value!"},
	{"IPv6 target with a device", one("IFOPTS[0]='arp_interval 100 | ns_ip6_target fe80::1%eth0'"), "3 option-value!"},

	// Monitors.
	{"no monitor", one("IFOPTS[0]=\"miimon 0\""), "3 no-monitor"},
	{"no ARP monitor", one("IFOPTS[0]=\"arp_interval 0\""), ""},
	{"two monitors", one("IFOPTS[0]=\"miimon 100 | arp_interval 100 | arp_ip_target 192.0.2.1\""), "3 two-monitors!"},
	{"no target", one("IFOPTS[0]=\"arp_interval 100\""), "3 no-arp-target!"},
	{"a bad target", one("IFOPTS[0]=\"arp_interval 100 | arp_ip_target x\""), "3 option-value!"},
	{"delay without miimon", one("IFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1 | updelay 100\""), "3 delay-without-miimon!"},
	{"delay not a multiple", one("IFOPTS[0]=\"miimon 100 | downdelay 150\""), "3 delay-multiple!"},
	{"delay not a multiple of the default", one("IFOPTS[0]=\"downdelay 150\""), "3 delay-multiple!"},
	{"delay 0 without miimon", one("IFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1 | updelay 0\""), ""},
	{"arp_validate alone", one("IFOPTS[0]=\"arp_validate all\""), "3 validate-without-arp"},
	{"lacp_strict alone", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"lacp_strict 1\""), "4 lacp-strict"},
	{"too many links", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"min_links 3\""), "4 min-links"},
	{"fail_over_mac elsewhere", one("BONDMODE[0]=balance-rr\nIFOPTS[0]=\"fail_over_mac active\""), "4 fail-over-mac-mode"},

	// MAC addresses.
	{"MAC twice", one("HWADDR[0]=02:00:00:00:00:0a\nIFNAME[1]=bond1\nBONDNICS[1]=eth2\nHWADDR[1]=02:00:00:00:00:0A"), "6 mac-twice!"},
	{"MAC twice, as it was asked for", one("HWADDR[0]=02:00:00:00:00:0a\nIFNAME[1]=bond1\nBONDNICS[1]=eth2\nHWADDR[1]=02:00:00:00:00:0A\nMACCHECK=warn"), "6 mac-twice"},
	{"MAC that is none", one("HWADDR[0]=02:00"), "3 bad-mac!"},
	{"MAC with dashes", one("HWADDR[0]=02-00-00-00-00-0A"), "3 bad-mac!"},
	{"multicast", one("HWADDR[0]=03:00:00:00:00:01"), "3 bad-mac!"},
	{"zero", one("HWADDR[0]=00:00:00:00:00:00"), "3 bad-mac!"},
	{"MAC under fail_over_mac", one("HWADDR[0]=02:00:00:00:00:01\nIFOPTS[0]=\"fail_over_mac active\""), "3 mac-ignored!"},
	{"derived MAC under fail_over_mac", one("HWADDR[0]=auto\nIFOPTS[0]=\"fail_over_mac 2\""), "3 mac-ignored!"},
	{"MAC under fail_over_mac none", one("HWADDR[0]=02:00:00:00:00:01\nIFOPTS[0]=\"fail_over_mac 0\""), ""},

	// Addresses.
	{"no prefix", one("IPADDRS[0]=192.0.2.1\nIP6ADDRS[0]=2001:db8::1"), "3 no-prefix, 4 no-prefix"},
	{"netmask", one("IPADDRS[0]='192.0.2.1/255.255.255.0 192.0.2.2/0.0.0.0'"), ""},
	{"netmask with a hole", one("IPADDRS[0]=192.0.2.1/255.0.255.0"), "3 bad-address!"},
	{"netmask of IPv6", one("IP6ADDRS[0]=2001:db8::1/255.255.255.0"), "3 bad-address!"},
	{"prefix too long", one("IPADDRS[0]=192.0.2.1/33\nIP6ADDRS[0]='2001:db8::1/129 fe80::1%eth0/64'"), "3 bad-address!, 4 bad-address!, 4 bad-address!"},
	{"prefix with zeros or a sign", one("IPADDRS[0]='192.0.2.1/024 192.0.2.2/+24 192.0.2.3/-1 192.0.2.4/'\nIP6ADDRS[0]=2001:db8::1/064"), "3 bad-address!, 3 bad-address!, 3 bad-address!, 3 bad-address!, 4 bad-address!"},
	{"octal address", one("IPADDRS[0]=192.0.2.010/24"), "3 bad-address!"},
	{"IPv6 with dots", one("IP6ADDRS[0]=2001:db8::192.0.2.2/64\nGATEWAY6=2001:db8::192.0.2.1"), ""},
	{"two gaps", one("IP6ADDRS[0]=2001:db8::1::2/64"), "3 bad-address!"},
	{"addresses of nobody", one("IPADDRS[0]='0.0.0.0/24 224.0.0.1/24 255.255.255.255/32'\nIP6ADDRS[0]=':: ff02::1/64 ::1/128 ::ffff:192.0.2.1/120'"), "3 bad-address!, 3 bad-address!, 3 bad-address!, 4 bad-address!, 4 bad-address!, 4 bad-address!, 4 bad-address!"},
	{"wrong family", one("IP6ADDRS[0]=192.0.2.1/24\nIPADDRS[0]=2001:db8::1/64"), "3 bad-address!, 4 bad-address!"},
	{"address of two bonds", one("IPADDRS[0]='192.0.2.1/24 192.0.2.2/24'\nIP6ADDRS[0]=2001:db8:0::1/64\nIFNAME[1]=bond1\nBONDNICS[1]=eth2\nIPADDRS[1]=192.0.2.2/32\nIP6ADDRS[1]=2001:db8::1/64"), "7 address-twice, 8 address-twice"},
	{"address twice", one("IPADDRS[0]='192.0.2.1/24 192.0.2.1/255.255.255.0 192.0.2.1/32'"), "3 address-twice"},
	{"IPv6 address with two prefixes", one("IP6ADDRS[0]='2001:db8::1/64 2001:db8::1/128'"), "3 address-twice!"},
	{"IPv6 in small packets", one("MTU[0]=1279\nIP6ADDRS[0]=2001:db8::1/64"), "3 mtu-ipv6!"},
	{"IPv6 in the smallest packets", one("MTU[0]=1280\nIP6ADDRS[0]=2001:db8::1/64"), ""},
	{"numbers", one("MTU[0]=68\nLINKWAIT[0]=3600\nIFNAME[1]=bond1\nBONDNICS[1]=eth2\nMTU[1]=65535\nLINKWAIT[1]=0"), ""},
	{"numbers beyond", one("MTU[0]=67\nLINKWAIT[0]=3601\nIFNAME[1]=bond1\nBONDNICS[1]=eth2\nMTU[1]=65536\nLINKWAIT[1]=-1"), "3 bad-value!, 4 bad-value!, 7 bad-value!, 8 bad-value!"},
	{"values", one("MTU[0]=big\nUSE_DHCP[0]=y"), "3 bad-value!, 4 bad-value!"},

	// DHCP.
	{"DHCP", one("USE_DHCP[0]=yes\nDHCP_TIMEOUT[0]=30\nDHCP_HOSTNAME[0]=www.example.org\nDHCP_KEEPGW[0]=yes\nDHCP_IPADDR[0]=192.0.2.9"), ""},
	{"DHCP, bad values", one("USE_DHCP[0]=yes\nDHCP_TIMEOUT[0]=long\nDHCP_HOSTNAME[0]='-x'\nDHCP_KEEPGW[0]=1\nDHCP_IPADDR[0]=192.0.2"), "4 bad-value!, 5 bad-value!, 6 bad-value!, 7 bad-value!"},
	{"DHCP off", one("DHCP_KEEPRESOLV[0]=no\nDHCP_HOSTNAME[0]=www\nDHCP_TIMEOUT[0]=''"), "4 dhcp-off"},

	// exasock.
	{"exasock in another mode", one("BONDMODE[0]=4\nEXASOCK[0]=yes"), "4 exasock-mode!"},
	{"exasock no word", one("EXASOCK[0]=1"), "3 bad-value!"},
	{"exasock off", one("BONDMODE[0]=4\nEXASOCK[0]=no"), ""},

	// Of all bonds.
	{"gateways", one("IPADDRS[0]='192.0.2.1/24 198.51.100.5/255.255.255.192'\nIP6ADDRS[0]=2001:db8::1/64\nGATEWAY=198.51.100.1\nGATEWAY6=fe80::1%bond0"), ""},
	{"gateways elsewhere", one("IPADDRS[0]=192.0.2.1/25\nIP6ADDRS[0]=2001:db8::1/64\nGATEWAY=192.0.2.129\nGATEWAY6=2001:db8:1::1"), "5 gateway-unreachable, 6 gateway-unreachable"},
	{"gateway for nobody", one("GATEWAY=192.0.2.1"), "3 gateway-unreachable"},
	{"gateway of DHCP", one("USE_DHCP[0]=yes\nGATEWAY=192.0.2.1"), ""},
	{"bad gateways", one("GATEWAY=router\nGATEWAY6=192.0.2.1"), "3 bad-gateway!, 4 bad-gateway!"},
	{"gateways with prefixes", one("GATEWAY=192.0.2.1/24\nGATEWAY6=2001:db8::1/64"), "3 bad-gateway!, 4 bad-gateway!"},
	{"gateway without its device", one("IP6ADDRS[0]=2001:db8::1/64\nGATEWAY6=fe80::1"), "4 bad-gateway!"},
	{"gateway with an empty device", one("IP6ADDRS[0]=2001:db8::1/64\nGATEWAY6=fe80::1%"), "4 bad-gateway!"},
	{"gateway with a bad device", one("IP6ADDRS[0]=2001:db8::1/64\nGATEWAY6=fe80::1%a/b"), "4 bad-gateway!"},
	{"global gateway with a device", one("IP6ADDRS[0]=2001:db8::1/64\nGATEWAY6=2001:db8::2%bond0"), "4 bad-gateway!"},
	{"gateways of nobody", one("GATEWAY=0.0.0.0\nGATEWAY6=ff02::2"), "3 bad-gateway!, 4 bad-gateway!"},
	{"words", one("MACCHECK=no\nMACCHECK_LIVE=1\nMODULES='e1000e, igb snd-x'\nALLOW_ROOT_NIC='eth0 eth/1'"), "3 bad-value!, 4 bad-value!, 5 bad-module!, 6 bad-nic!"},
	{"slip of a variable", one("BONDNIC[1]=eth3"), "3 unknown-variable"},
	{"variables of rc.inet1", one("IPADDR[0]=192.0.2.1\nNETMASK[0]=255.255.255.0\nUSE_SLAAC[0]=no\nPROMISCUOUS[0]=yes\nUSE_DHCP6[0]=''"), "3 not-used, 4 not-used, 6 not-used"},

	// The file.
	{"index twice", one("IFNAME[0]=bond1\nBONDNICS[0]=\"eth2 eth3\""), "3 index-twice"},
	{"index twice, the same", one("IFNAME[0]=bond0"), ""},
	{"members that are added", one("BONDNICS[0]+=' eth2'"), ""},
	{"not static", "IFNAME[0]=bond0\nBONDNICS[0]=$NICS", "2 not-static"},
	{"conditional", one("if true; then\n  MTU[0]=9000\nfi"), "4 not-static"},
	{"command", one(". /etc/other"), "3 command"},
	{"hooks", one("bond_up() { ip link; }"), ""},
	{"no quotes", one("GATEWAY=192.0.2.1 192.0.2.2\nMACCHECK = off"), "3 bash!, 4 bash!"},
	{"DOS", "IFNAME[0]=bond0\r\nBONDNICS[0]=eth0\r\n", "1 dos-line-ends!"},
	{"exit", one("exit 0"), "3 bash!"},
	{"exit that may not happen", one("[ -d /sys ] || exit 0"), "3 command"},
	{"an index that bash refuses", "IFNAME[08]=bond0\nBONDNICS[08]=eth0", "1 bash!, 2 bash!"},
}

func TestRules(t *testing.T) {
	for _, tt := range ruleTests {
		t.Run(tt.name, func(t *testing.T) {
			p, findings := Compile(parse(t, tt.conf))
			if got := rules(t, findings); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
				for _, f := range findings {
					t.Logf("%s: %s; %s; do: %s", f.Pos, f.What, f.Why, f.Do)
				}
			}
			for _, f := range findings {
				if f.Severity == Error && f.Bond != "" && p.Bond(f.Bond) != nil && f.Rule != "name-twice" {
					t.Errorf("%s is refused and planned", f.Bond)
				}
			}
		})
	}
}

// TestValues: what a bond is after it was compiled.
func TestValues(t *testing.T) {
	const conf = `IFNAME[3]="bond0"
BONDNICS[3]="mac=00:1B:21:AA:BB:01  pci=3b:00.1 eth2"
BONDMODE[3]="1"
IFOPTS[3]="primary mac=00:1b:21:aa:bb:01 | num_unsol_na 2 | use_carrier 1 | queue_id eth2:3,pci=0000:3b:00.1:4 | prio eth2:-5 | fail_over_mac 0 | arp_interval 100 | miimon 0 | ns_ip6_target 2001:DB8::192.0.2.2 | arp_ip_target 192.0.2.2 192.0.2.1 | arp_validate 3"
HWADDR[3]="02:00:00:00:AB:01"
MTU[3]="9000"
IPADDRS[3]="192.0.2.1/255.255.255.0 192.0.2.2"
IP6ADDRS[3]="2001:DB8:0:0::1"
USE_DHCP[3]="yes"
DHCP_HOSTNAME[3]="www"
DHCP_TIMEOUT[3]="30"
DHCP_IPADDR[3]="192.0.2.9"
DHCP_KEEPRESOLV[3]="yes"
DHCP_KEEPNTP[3]="yes"
DHCP_KEEPGW[3]="yes"
DHCP_DEBUG[3]="no"
DHCP_NOIPV4LL[3]="yes"
EXASOCK[3]="yes"
IFNAME[7]="trunk"
BONDNICS[7]="eth7"
BONDMODE[7]="802.3ad"
HWADDR[7]="auto"
IFNAME[8]="short"
BONDNICS[8]="eth8"
USE_DHCP[8]="yes"
DHCP_DEBUG[8]="yes"
LINKWAIT[8]="0"
IFNAME[9]="bad/name"
BONDNICS[9]="eth9"
BONDNICS[10]="eth10"
IFNAME[11]="computed"
BONDNICS[11]="$NICS"
GATEWAY="192.0.2.254"
GATEWAY6="fe80::1%bond0"
MODULES="e1000e igb e1000e"
MACCHECK="off"
MACCHECK_LIVE="yes"
ALLOW_ROOT_NIC="eth0"
DEBUG_ETH_UP="yes"
bond_up() { :; }
`
	got, _ := Compile(parse(t, conf))
	given := func(option, value string) Setting { return Setting{Option: option, Value: value, Given: true} }
	of := func(option, member, value string) Setting {
		return Setting{Option: option, Member: member, Value: value, Given: true}
	}
	miimon := []Setting{{Option: "miimon", Value: "100"}}
	want := &Plan{
		Bonds: []Bond{
			{
				Index: 3, Name: "bond0", Mode: bond.ActiveBackup,
				Members: []Member{{MAC: "00:1b:21:aa:bb:01"}, {PCI: "0000:3b:00.1"}, {Name: "eth2"}},
				Options: []Setting{
					given("fail_over_mac", "none"), given("num_grat_arp", "2"), given("use_carrier", "on"), given("arp_ip_target", "192.0.2.2,192.0.2.1"),
					given("ns_ip6_target", "2001:db8::c000:202"), given("arp_interval", "100"), given("arp_validate", "all"),
					given("primary", "mac=00:1b:21:aa:bb:01"), of("queue_id", "eth2", "3"), of("queue_id", "pci=0000:3b:00.1", "4"), of("prio", "eth2", "-5"),
				},
				HWAddr: HWAddr{Addr: "02:00:00:00:ab:01"}, MTU: 9000,
				Addrs:    []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24"), netip.MustParsePrefix("192.0.2.2/24"), netip.MustParsePrefix("2001:db8::1/64")},
				DHCP:     &DHCP{Args: []string{"-t", "30", "-h", "www", "-r", "192.0.2.9", "-C", "resolv.conf", "-C", "ntp.conf", "-G", "-L"}},
				LinkWait: 5 * time.Second, Exasock: true,
			},
			{
				Index: 7, Name: "trunk", Mode: bond.LACP, Members: []Member{{Name: "eth7"}}, Options: miimon,
				HWAddr: HWAddr{Auto: true}, LinkWait: 10 * time.Second,
			},
			{
				Index: 8, Name: "short", Mode: bond.ActiveBackup, Members: []Member{{Name: "eth8"}}, Options: miimon,
				DHCP: &DHCP{Args: []string{"-t", "15", "-d"}},
			},
		},
		Refused:  []string{"bad/name", "BONDNICS[10]", "computed"},
		Gateway:  netip.MustParseAddr("192.0.2.254"),
		Gateway6: netip.MustParseAddr("fe80::1%bond0"),
		Modules:  []string{"e1000e", "igb"}, MACCheck: MACOff, MACCheckLive: true, RootNICs: []string{"eth0"}, Debug: true, HookUp: true,
	}
	if d := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); d != "" {
		t.Error(d)
	}
	if b := got.Bond("trunk"); b == nil || b.Index != 7 || got.Bond("none") != nil {
		t.Errorf("Bond: %+v", b)
	}
}

func TestTxQueues(t *testing.T) {
	for queues, want := range map[int]string{0: "3 queue-id!", 16: "3 queue-id!", 31: "3 queue-id!", 32: "", 255: ""} {
		conf := parse(t, one("IFOPTS[0]='queue_id eth0:32'"))
		conf.TxQueues = queues
		if _, findings := Compile(conf); rules(t, findings) != want {
			t.Errorf("%d queues: %s, want %s", queues, rules(t, findings), want)
		}
	}
}

// TestWithoutLines: where bash read the file, a finding names the variable.
func TestWithoutLines(t *testing.T) {
	const text = bondconf.Marker + `
declare -a IFNAME=([0]="bond0" [2]="bond2")
declare -a BONDNICS=([0]="eth0,eth1" [1]="eth0" [2]="eth0")
declare -a IPADDR=([2]="192.0.2.1")
declare -- GATEWAY="x"
declare -- BONDNIC="x"
declare -x BONDNICZ="x"
declare -x IPALIASES="x"
`
	conf, err := bondconf.FromBash(strings.NewReader(text), "/etc/rc.bond.conf")
	if err != nil {
		t.Fatal(err)
	}
	p, findings := Compile(conf)
	var list []string
	for _, f := range findings {
		list = append(list, fmt.Sprintf("%s: %s", f.Pos, f.What))
	}
	want := []string{
		"/etc/rc.bond.conf: IPADDR[2] is not used by rc.bond",
		"/etc/rc.bond.conf: rc.bond does not know BONDNIC",
		`/etc/rc.bond.conf: BONDNICS[0]: "eth0,eth1" is not a plain name of a network interface`,
		"/etc/rc.bond.conf: IFNAME[1] is missing: BONDNICS[1] names members of a bond without a name",
		"/etc/rc.bond.conf: BONDNICS[2]: eth0 is also in BONDNICS[1] of an entry without a name; a NIC can be in one bond only",
		`/etc/rc.bond.conf: GATEWAY="x": it is not an IP address`,
	}
	if d := cmp.Diff(want, list); d != "" {
		t.Error(d)
	}
	if len(p.Bonds) != 0 || !slices.Equal(p.Refused, []string{"bond0", "BONDNICS[1]", "bond2"}) {
		t.Errorf("%+v", p)
	}
}

// TestBadGateway: it is left out by itself.
func TestBadGateway(t *testing.T) {
	p, findings := Compile(parse(t, one("IPADDRS[0]=192.0.2.1/24\nGATEWAY=192.0.2.256\nGATEWAY6=x")))
	if len(p.Bonds) != 1 || len(p.Refused) != 0 || p.Gateway.IsValid() || p.Gateway6.IsValid() || !HasErrors(findings) {
		t.Errorf("%+v %v", p, findings)
	}
}
