// SPDX-License-Identifier: MIT

package bondconf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
			"ip's words, several in a piece", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nBONDMODE[0]=1\nIFOPTS[0]=\"miimon 50 updelay 100 | missed_max 3 | mode 4 | no_such 1 | primary\"\n", "",
			"IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0\"\nBONDMODE[0]=\"1\"\nIFOPTS[0]=\"miimon 50 | updelay 100 | arp_missed_max 3\"", `"no_such 1" is no option of the bonding driver;"primary" has no value`, "",
		},
		{
			"index in use", "IFNAME[0]=bond1\nBONDNICS[0]=eth2\nIFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1\"\n", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\n",
			"IFNAME[1]=\"bond1\"\nBONDNICS[1]=\"eth2\"\nBONDMODE[1]=\"balance-rr\"\nIFOPTS[1]=\"arp_interval 100 | arp_ip_target 192.0.2.1\"", "", "",
		},
		{"there already", "IFNAME[0]=bond0\nBONDNICS[0]=eth2\n", "IFNAME[3]=bond0\nBONDNICS[3]=eth0\n", "", "", "bond0: it is in rc.bond.conf already (conf:2)"},
		{"not static", "IFNAME[0]=bond0\nBONDNICS[0]=eth2\nBONDMODE[0]=$M\n", "", "", "", "bond0: BONDMODE[0] cannot be read without running the file"},
		{"no bond", "IFNAME[0]=eth0\nUSE_DHCP[0]=yes\n", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			done, not := Import(read(t, tt.stock), read(t, tt.own))
			var lines, lost, refused []string
			for _, im := range done {
				lines = append(lines, im.Lines...)
				lost = append(lost, im.Lost...)
				if len(im.Left) == 0 || !strings.Contains(im.Left[0], "BONDNICS[") {
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
			// What was written reads back as the same bond.
			if len(done) > 0 && len(read(t, strings.Join(lines, "\n")).Bonds()) != len(done) {
				t.Error("the lines do not read back")
			}
		})
	}
}

func TestQuote(t *testing.T) {
	for _, s := range []string{"", "a b", `a"b`, `$x`, "`id`", `\`, `a\n`, "'"} {
		if got := read(t, "MACCHECK="+Quote(s)).MACCheck; !got.Known || got.Value != s {
			t.Errorf("Quote(%q) reads back %+v", s, got)
		}
	}
}
