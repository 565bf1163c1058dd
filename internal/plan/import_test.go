// SPDX-License-Identifier: MIT

package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/internal/bondconf"
)

func TestImport(t *testing.T) {
	for _, tt := range []struct {
		name, stock, own string
		lines            string
		lost, not        string
	}{
		{
			"usual", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0  eth1\"\nBONDMODE[0]=802.3ad\nIFOPTS[0]=\"miimon 100 | lacp_rate fast\"\nIPADDRS[0]=192.0.2.1/24\n", "",
			"IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0 eth1\"\nBONDMODE[0]=\"802.3ad\"\nIFOPTS[0]=\"miimon 100 | lacp_rate fast\"", "", "",
		},
		{
			"defaults", "BONDNICS[2]=eth0\nHWADDR[2]=02:00:00:00:00:01\n", "",
			"IFNAME[2]=\"eth2\"\nBONDNICS[2]=\"eth0\"\nBONDMODE[2]=\"balance-rr\"\nIFOPTS[2]=\"miimon 100\"\nHWADDR[2]=\"02:00:00:00:00:01\"", "", "",
		},
		{
			"ip's words, several in a piece", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nBONDMODE[0]=1\nIFOPTS[0]=\"miimon 50 updelay 100 | missed_max 3 | mode 4 | num_peer_notif 2 | no_such 1 | primary\"\n", "",
			"IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0\"\nBONDMODE[0]=\"1\"\nIFOPTS[0]=\"miimon 50 | updelay 100 | arp_missed_max 3 | num_grat_arp 2\"", `IFOPTS: "no_such 1" is not an option of the bonding driver;IFOPTS: "primary" has no value`, "",
		},
		{
			"index in use", "IFNAME[0]=bond1\nBONDNICS[0]=eth2\nIFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1\"\n", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nMTU[1]=1500\n",
			"IFNAME[2]=\"bond1\"\nBONDNICS[2]=\"eth2\"\nBONDMODE[2]=\"balance-rr\"\nIFOPTS[2]=\"arp_interval 100 | arp_ip_target 192.0.2.1\"", "", "",
		},
		{
			"two", "IFNAME[0]=bond1\nBONDNICS[0]=eth2\nIFNAME[1]=bond2\nBONDNICS[1]=eth3\n", "IFNAME[1]=bond0\nBONDNICS[1]=eth0\n",
			"IFNAME[0]=\"bond1\"\nBONDNICS[0]=\"eth2\"\nBONDMODE[0]=\"balance-rr\"\nIFOPTS[0]=\"miimon 100\"\nIFNAME[2]=\"bond2\"\nBONDNICS[2]=\"eth3\"\nBONDMODE[2]=\"balance-rr\"\nIFOPTS[2]=\"miimon 100\"", "", "",
		},
		{"there already", "IFNAME[0]=bond0\nBONDNICS[0]=eth2\n", "IFNAME[3]=bond0\nBONDNICS[3]=eth0\n", "", "", "bond0: it is in rc.bond.conf already (line 2)"},
		{"not static", "IFNAME[0]=bond0\nBONDNICS[0]=eth2\nBONDMODE[0]=$M\n", "", "", "", "bond0: BONDMODE[0] cannot be read without running the file"},
		{"name not static", "IFNAME[0]=$N\nBONDNICS[0]=eth2\n", "", "", "", "IFNAME[0]: IFNAME[0] cannot be read without running the file"},
		{"no bond", "IFNAME[0]=eth0\nUSE_DHCP[0]=yes\n", "", "", "", ""},

		// What Compile refuses is not written.
		{"primary in rc.inet1's default mode", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\nIFOPTS[0]=\"primary eth0\"\n", "", "", "", "bond0: IFOPTS[0]: primary is not possible in mode balance-rr"},
		{"commas", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0,eth1\"\n", "", "", "", `bond0: BONDNICS[0]: "eth0,eth1" is not a plain name of a network interface`},
		{"two faults", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth0\"\nBONDMODE[0]=9\n", "", "", "", `bond0: BONDNICS[0]: eth0 is there twice; BONDMODE[0]: unknown bonding mode "9"; there are: balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb, or 0 to 6`},
		{"a NIC of another bond", "IFNAME[0]=bond1\nBONDNICS[0]=\"eth0 eth1\"\n", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\n", "", "", "bond1: BONDNICS[1]: eth0 is also in BONDNICS[0] of bond0 (line 2); a NIC can be in one bond only"},
		{"a NIC of another bond there", "IFNAME[0]=bond1\nBONDNICS[0]=eth0\nIFNAME[1]=bond2\nBONDNICS[1]=eth0\n", "", "IFNAME[0]=\"bond1\"\nBONDNICS[0]=\"eth0\"\nBONDMODE[0]=\"balance-rr\"\nIFOPTS[0]=\"miimon 100\"", "", "bond2: BONDNICS[1]: eth0 is also in BONDNICS[0] of bond1 (line 3); a NIC can be in one bond only"},
		{"bad address", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nHWADDR[0]=02-00-00-00-00-01\n", "", "", "", `bond0: HWADDR[0]="02-00-00-00-00-01": a MAC address is written with colons, 02:00:00:00:00:01`},
		{"into a file that bash complains about", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\n", "exit 0\n", "", "", `bond0: "exit 0" ends rc.bond, which reads the file`},

		// unRAID.
		{
			"unRAID", "# Generated\r\nIFNAME[0]=\"br0\"\r\nBONDNAME[0]=\"bond0\"\r\nBONDNICS[0]=\"eth0,eth1\"\r\nBONDING_MODE[0]=\"1\"\r\nBRNAME[0]=\"br0\"\r\nBRNICS[0]=\"bond0\"\r\nUSE_DHCP[0]=\"yes\"\r\n", "",
			"IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0 eth1\"\nBONDMODE[0]=\"active-backup\"\nIFOPTS[0]=\"miimon 100 | primary eth0\"", "the bridge br0, and the addresses and VLANs on it: they belong into rc.inet1.conf", "",
		},
		{
			"unRAID without a bridge", "IFNAME[0]=bond0\nBONDNAME[0]=bond0\nBONDNICS[0]='eth0 eth1'\nBONDING_MODE[0]=4\nBONDING_MIIMON[0]=50\nIPADDR[0]=192.0.2.5\nNETMASK[0]=255.255.255.0\nGATEWAY[0]=192.0.2.1\nMTU[0]=9000\nHWADDR[0]=02:00:00:00:00:AB\nVLANS[0]=1\n", "",
			"IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0 eth1\"\nBONDMODE[0]=\"802.3ad\"\nIFOPTS[0]=\"miimon 50\"\nHWADDR[0]=\"02:00:00:00:00:ab\"\nMTU[0]=\"9000\"\nIPADDRS[0]=\"192.0.2.5/255.255.255.0\"", `GATEWAY[0]: there is one for all bonds, GATEWAY="192.0.2.1";VLANS[0] has no counterpart; see rc.bond.conf(5)`, "",
		},
		{
			"unRAID with DHCP", "BONDNAME[1]=bond1\nBONDNICS[1]=eth2\nUSE_DHCP[1]=yes\nIPADDR[1]=192.0.2.5\nGATEWAY[1]=192.0.2.1\n", "",
			"IFNAME[1]=\"bond1\"\nBONDNICS[1]=\"eth2\"\nBONDMODE[1]=\"active-backup\"\nIFOPTS[1]=\"miimon 100 | primary eth2\"\nUSE_DHCP[1]=\"yes\"", "", "",
		},
		{
			"unRAID of old", "BONDING=yes\nBONDNICS=\"eth0 eth1\"\nBONDING_MODE=0\nIPADDR=192.0.2.5\n", "",
			"IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0 eth1\"\nBONDMODE[0]=\"balance-rr\"\nIFOPTS[0]=\"miimon 100\"\nIPADDRS[0]=\"192.0.2.5\"", "", "",
		},
		{"unRAID, members left to it", "BONDNAME[0]=bond0\n", "", "", "", "bond0: BONDNICS[0] is not set: unRAID then takes those of eth0 to eth3 that are there"},
		{"unRAID, not bonded", "BONDING=no\nBONDNICS=\"eth0 eth1\"\nBONDNAME=bond0\n", "", "", "", "bond0: BONDING is no"},
		{"unRAID, a bad mode", "BONDNAME[0]=bond0\nBONDNICS[0]=eth0\nBONDING_MODE[0]=7\n", "", "", "", `bond0: BONDMODE[0]: unknown bonding mode "7"; there are: balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb, or 0 to 6`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done, not, err := Import(parse(t, tt.stock), []byte(tt.own))
			if err != nil {
				t.Fatal(err)
			}
			var lines, lost, refused []string
			for _, im := range done {
				lines = append(lines, im.Lines...)
				lost = append(lost, im.Lost...)
				if !strings.Contains(tt.stock, "BONDNAME") && !strings.Contains(tt.stock, "BONDING") && (len(im.Left) == 0 || !strings.Contains(im.Left[0], "BONDNICS[")) {
					t.Errorf("left: %q", im.Left)
				}
			}
			for _, n := range not {
				refused = append(refused, n.Name+": "+n.Why)
			}
			if d := cmp.Diff(tt.lines, strings.Join(lines, "\n")); d != "" {
				t.Error(d)
			}
			if got := strings.Join(lost, ";"); got != tt.lost {
				t.Errorf("lost %q, want %q", got, tt.lost)
			}
			if got := strings.Join(refused, ";"); got != tt.not {
				t.Errorf("not imported %q, want %q", got, tt.not)
			}
			// What is written is not refused.
			p, findings := Compile(parse(t, tt.own+"\n"+strings.Join(lines, "\n")))
			for _, im := range done {
				if p.Bond(im.Name) == nil {
					t.Errorf("%s is imported and refused: %s", im.Name, rules(t, findings))
				}
			}
		})
	}
	if _, _, err := Import(&bondconf.Config{}, []byte("IFNAME[0]='")); err == nil {
		t.Error("no error for a file that cannot be read")
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", "a b", `a"b`, `$x`, "`id`", `\`, `a\n`, "'"} {
		if got := parse(t, "MACCHECK="+Quote(s)).MACCheck; !got.Known || got.Value != s {
			t.Errorf("Quote(%q) reads back %+v", s, got)
		}
	}
}
