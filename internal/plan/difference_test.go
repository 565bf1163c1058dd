// SPDX-License-Identifier: MIT

package plan

import "testing"

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		d            Difference
		member, text string
	}{
		{Difference{Kind: KindAbsent, Want: "balance-rr", Needs: Live}, "", "does not exist; start changes that"},
		{Difference{Kind: KindMode, Want: "balance-xor", Have: "active-backup", Needs: Empty}, "", "mode is active-backup, asked for is balance-xor; restart changes that"},
		{Difference{Kind: KindOption, Subject: "miimon", Want: "100", Have: "50", Needs: Live}, "", "miimon is 50, asked for is 100; start changes that"},
		{Difference{Kind: KindOption, Subject: "primary", Want: "", Have: "eth1", Needs: Live}, "", "primary is eth1, asked for is none; start changes that"},
		{Difference{Kind: KindOption, Subject: "primary", Want: "eth1", Needs: Live}, "", "primary is not set, asked for is eth1; start changes that"},
		{Difference{Kind: KindNoOption, Subject: "lacp_strict", Want: "on", Needs: Nothing}, "", "this kernel has no option lacp_strict, asked for is on"},
		{Difference{Kind: KindNoOption, Subject: "eth0 prio", Want: "5", Needs: Nothing}, "eth0", "this kernel has no option prio, asked for is 5"},
		{Difference{Kind: KindMemberOption, Subject: "eth0 queue_id", Want: "3", Have: "0", Needs: Live}, "eth0", "queue_id is 0, asked for is 3; start changes that"},
		{Difference{Kind: KindMAC, Want: "02:00:00:00:00:01", Have: "02:00:00:00:00:02", Needs: Down}, "", "its MAC address is 02:00:00:00:00:02, asked for is 02:00:00:00:00:01; restart changes that"},
		{Difference{Kind: KindMTU, Want: "9000", Have: "1500", Needs: Live}, "", "mtu is 1500, asked for is 9000; start changes that"},
		{Difference{Kind: KindDown, Needs: Live}, "", "is set down; start changes that"},
		{Difference{Kind: KindMemberMissing, Subject: "eth7", Needs: Nothing}, "eth7", "is missing: there is no such NIC"},
		{Difference{Kind: KindMemberMissing, Subject: "eth7", Needs: Live}, "eth7", "is not a member, but should be; start changes that"},
		{Difference{Kind: KindMemberExtra, Subject: "eth7", Needs: Release}, "eth7", "is a member, and not in BONDNICS; restart changes that"},
		{Difference{Kind: KindMemberDown, Subject: "eth7", Needs: Live}, "eth7", "is set down; start changes that"},
		{Difference{Kind: KindMemberMAC, Subject: "eth7", Have: "02:00:00:00:00:09", Needs: Live}, "eth7", "has the MAC address 02:00:00:00:00:09, not the bond's: no traffic can pass over it; start changes that"},
		{Difference{Kind: KindMemberMTU, Subject: "eth7", Want: "9000", Have: "1500", Needs: Live}, "eth7", "its MTU is 1500, asked for is 9000; start changes that"},
		{Difference{Kind: KindAddrMissing, Subject: "192.0.2.1/24", Needs: Live}, "", "does not have the address 192.0.2.1/24; start changes that"},
		{Difference{Kind: KindAddrDuplicate, Subject: "2001:db8::1/64", Needs: Nothing}, "", "somebody else on the link has its address 2001:db8::1/64: it cannot be used"},
		{Difference{Kind: KindAddrExtra, Subject: "192.0.2.1/24", Needs: Live}, "", "has the address 192.0.2.1/24, which is no longer asked for; start changes that"},
		{Difference{Kind: KindDHCP, Want: "dhcpcd -t 10", Needs: Live}, "", "dhcp is not set, asked for is dhcpcd -t 10; start changes that"},
		{Difference{Kind: KindExasock, Want: "no", Have: "yes", Needs: Down}, "", "exasock is yes, asked for is no; restart changes that"},
	} {
		if member, text := tt.d.Words(); member != tt.member || text != tt.text {
			t.Errorf("%+v: %q, %q", tt.d, member, text)
		}
	}
}
