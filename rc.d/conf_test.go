// SPDX-License-Identifier: MIT

package rcd

import (
	"strings"
	"testing"
)

// pair is a configuration that is right, for others to be made of.
const pair = `IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
`

// TestRefused: a mistake is said before anything is touched, by its name and place.
func TestRefused(t *testing.T) {
	tests := []struct {
		name, conf string
		status     int
		stderr     string
	}{
		{"syntax", "IFNAME[0]=(\n'", 2, `rc\.bond\.conf: line 2: .*; nothing is done until it is right\n$`},
		{"no quotes", "IFNAME[0]=bond0\nBONDNICS[0]=eth0 eth1", 2, `rc\.bond\.conf: line 2: (eth1: command not found|.BONDNICS\[0\].: not a valid identifier); nothing is done until it is right\n$`},
		{"line ends of DOS", strings.ReplaceAll(pair, "\n", "\r\n"), 2, `rc\.bond\.conf has the line ends of DOS, .*; sed -i 's/\\r\$//' \S*rc\.bond\.conf removes them\n$`},
		{"no name", `BONDNICS[3]="eth0"`, 1, `BONDNICS\[3\]: IFNAME\[3\] is missing`},
		{"commas", "IFNAME[0]=bond0\nBONDNICS[0]=eth0,eth1", 1, `BONDNICS\[0\]: "eth0,eth1" cannot be a member`},
		{"bad name", "IFNAME[0]='../lo'\nBONDNICS[0]=eth0", 1, `IFNAME\[0\]: no name for a network interface`},
		{"long name", "IFNAME[0]=bond0123456789ab\nBONDNICS[0]=eth0", 1, `IFNAME\[0\]: no name`},
		{"no members", `IFNAME[0]=bond0`, 1, `bond0: BONDNICS\[0\] is empty`},
		{"member twice", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 eth0'", 1, `bond0: BONDNICS\[0\]: eth0 stands there twice`},
		{"itself", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 bond0'", 1, `bond0: BONDNICS\[0\]: "bond0" cannot be a member`},
		{"mode", pair + "BONDMODE[0]=active-bakup", 1, `bond0: BONDMODE\[0\]="active-bakup": there is no such mode, only balance-rr .*, or 0 to 6`},
		{"option", pair + "IFOPTS[0]='mimon 100'", 1, `bond0: IFOPTS\[0\]: the bonding driver has no option "mimon"`},
		{"option of another mode", pair + "IFOPTS[0]='lacp_rate fast'", 1, `bond0: IFOPTS\[0\]: lacp_rate does not exist in mode active-backup`},
		{"other mode in options", pair + "IFOPTS[0]='mode 4'", 1, `bond0: IFOPTS\[0\]: mode 4, but BONDMODE\[0\] is active-backup`},
		{"number", pair + "IFOPTS[0]='miimon fast'", 1, `bond0: IFOPTS\[0\]: miimon: "fast" is not a number from 0`},
		{"not evaluated", pair + "IFOPTS[0]='miimon a[\\$(touch /tmp/pwned)]'", 1, `is not a number`},
		{"octal", pair + "IFOPTS[0]='miimon 0100'", 1, `miimon: "0100" is not a number from 0`},
		{"no value", pair + "IFOPTS[0]='miimon'", 1, `miimon: "" is not a number`},
		{"word", pair + "IFOPTS[0]='fail_over_mac activ'", 1, `fail_over_mac: "activ" is not one of none active follow, or 0 to 2`},
		{"flag", pair + "IFOPTS[0]='use_carrier yes'", 1, `use_carrier: "yes" is not 0 \(off\) or 1 \(on\)`},
		{"primary", pair + "IFOPTS[0]='primary eth2'", 1, `primary: "eth2" is not one of the members: eth0 eth1`},
		{"queue_id", pair + "IFOPTS[0]='queue_id eth2:1'", 1, `queue_id: "eth2:1" is not MEMBER:VALUE`},
		{"target", pair + "IFOPTS[0]='arp_interval 100 | arp_ip_target 10.0.0.256'", 1, `arp_ip_target: "10.0.0.256" is not a list of 1 to 16 IPv4 addresses`},
		{"no target", pair + "IFOPTS[0]='arp_interval 100'", 1, `arp_interval is useless without arp_ip_target`},
		{"both monitors", pair + "IFOPTS[0]='miimon 100|arp_interval 100|arp_ip_target 10.0.0.1'", 1, `miimon and arp_interval exclude each other`},
		{"delay", pair + "IFOPTS[0]='updelay 150'", 1, `updelay 150 is no multiple of miimon 100: the kernel would make it 100`},
		{"delay alone", pair + "IFOPTS[0]='updelay 150 | miimon 0'", 1, `updelay needs miimon`},
		{"address", pair + "HWADDR[0]=01:00:5e:00:00:01", 1, `HWADDR\[0\]="01:00:5e:00:00:01" is neither auto nor an address`},
		{"address with dashes", pair + "HWADDR[0]=02-00-00-00-00-01", 1, `HWADDR\[0\]="02-00-00-00-00-01" is neither auto nor an address`},
		{"address of the active one", pair + "HWADDR[0]=02:00:00:00:00:01\nIFOPTS[0]='fail_over_mac active'", 1, `with fail_over_mac active the bond has the address of its active member`},
		{"IPv4", pair + "IPADDRS[0]='10.0.0.1/24 10.0.0.2/33'", 1, `IPADDRS\[0\]: "10.0.0.2/33" is no IPv4 address`},
		{"netmask", pair + "IPADDRS[0]='10.0.0.1/255.0.255.0'", 1, `"10.0.0.1/255.0.255.0" is no IPv4 address`},
		{"IPv6", pair + "IP6ADDRS[0]='2001:db8::1::2/64'", 1, `IP6ADDRS\[0\]: "2001:db8::1::2/64" is no IPv6 address`},
		{"MTU", pair + "MTU[0]=jumbo", 1, `MTU\[0\]="jumbo" is no number`},
		{"LINKWAIT", pair + "LINKWAIT[0]=-1", 1, `LINKWAIT\[0\]="-1" is no number of seconds`},
		{"USE_DHCP", pair + "USE_DHCP[0]=true", 1, `USE_DHCP\[0\]="true" is neither yes nor no`},
		{"EXASOCK", pair + "EXASOCK[0]=yes\nBONDMODE[0]=1\nBONDMODE[0]=4", 1, `exasock can only use mode active-backup`},
		{"exasock's NICs", pair + "EXASOCK[0]=yes", 1, `eth0 is no SmartNIC`},
		{"GATEWAY", pair + "GATEWAY=10.0.0", 2, `GATEWAY="10.0.0" is no address`},
		{"MACCHECK", pair + "MACCHECK=maybe", 2, `MACCHECK="maybe" is none of refuse, warn, off`},
		{"loopback", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 lo'", 1, `lo is the loopback interface`},
		{"bridge port", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 port0'", 1, `port0 belongs to br0 already`},
		{"no NIC", "IFNAME[0]=bond0\nBONDNICS[0]='eth8 eth9'", 1, `none of its members is there: eth8 eth9`},
		{"no bond", "IFNAME[0]=eth0\nBONDNICS[0]=eth1", 1, `eth0 is there and is no bond`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, "eth0", "eth1", "lo", "port0")
			m.write("sys/class/net/lo/flags", "0x9")
			m.mkdir("sys/class/net/br0")
			m.link("sys/class/net/port0/master", "../br0")
			m.config(tt.conf)
			before := m.tree()
			m.run("start").want(t, tt.status, "", tt.stderr)
			if len(m.checkErrors()) == 0 {
				t.Error("bondctl check finds no error in it")
			}
			if after := m.tree(); after != before {
				t.Errorf("something was touched:\n%s\nwas\n%s", after, before)
			}
			if calls := m.calls(); len(calls) > 0 {
				t.Errorf("programs were run: %q", calls)
			}
		})
	}
}

// TestOthersGoOn: a bond that cannot be had does not keep the next one down.
func TestOthersGoOn(t *testing.T) {
	m := newMachine(t, "eth0", "eth1", "eth2")
	m.config(strings.ReplaceAll(pair, "[0]", "[1]") + "IFNAME[0]=bond1\nBONDNICS[0]=eth2\nBONDMODE[0]=7")
	m.run("start").want(t, 1, `Starting bond0:  eth0 eth1 \(active-backup\)`, `^rc.bond: bond1: BONDMODE`)
	if got := m.option("slaves"); got != "eth0 eth1" {
		t.Errorf("members %q", got)
	}
}

// TestSharedNIC: of two bonds that name one NIC the first has it.
func TestSharedNIC(t *testing.T) {
	m := newMachine(t, "eth0", "eth1", "eth2")
	m.config(pair + "IFNAME[1]=bond1\nBONDNICS[1]='eth1 eth2'")
	m.run("start").want(t, 1, `Starting bond0`, `bond1: eth1 is in BONDNICS\[0\] of bond0 already`)
}
