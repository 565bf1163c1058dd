// SPDX-License-Identifier: MIT

package main

import (
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/bond"
	"golang.org/x/sys/unix"
)

func TestRole(t *testing.T) {
	tests := []struct {
		mode   bond.Mode
		backup bool
		active string // as netlink tells, "" before kernel 3.13
		want   string
	}{
		{bond.ActiveBackup, false, "eth0", ", active"},
		{bond.ActiveBackup, false, "", ", active"},
		{bond.ActiveBackup, true, "eth1", ", backup"},
		{bond.ActiveBackup, true, "", ", backup"},
		{bond.BalanceTLB, false, "eth0", ", active"},
		{bond.BalanceALB, false, "eth1", ""},
		{bond.BalanceALB, false, "", ""},
		{bond.BalanceRR, false, "", ""},
		{bond.LACP, true, "", ""},
	}
	for _, tt := range tests {
		if got := role(tt.mode, bond.Member{Name: "eth0", Backup: tt.backup}, tt.active); got != tt.want {
			t.Errorf("%v, backup %t, active %q: %q, want %q", tt.mode, tt.backup, tt.active, got, tt.want)
		}
	}
}

func TestFlagNames(t *testing.T) {
	tests := map[uint32]string{
		0: "",
		unix.IFF_UP | unix.IFF_BROADCAST | unix.IFF_RUNNING | unix.IFF_MASTER | unix.IFF_MULTICAST | unix.IFF_LOWER_UP: "UP,BROADCAST,RUNNING,MASTER,MULTICAST,LOWER_UP",
		unix.IFF_LOOPBACK | unix.IFF_NOARP | unix.IFF_SLAVE | unix.IFF_DORMANT | unix.IFF_ECHO:                         "LOOPBACK,NOARP,SLAVE,DORMANT,ECHO",
		unix.IFF_DEBUG | unix.IFF_POINTOPOINT | unix.IFF_PROMISC | unix.IFF_ALLMULTI | unix.IFF_PORTSEL:                "DEBUG,POINTOPOINT,PROMISC,ALLMULTI,PORTSEL",
	}
	for flags, want := range tests {
		if got := strings.Join(flagNames(flags), ","); got != want {
			t.Errorf("%#x: %q, want %q", flags, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 members", 1: "1 member", 2: "2 members"} {
		if got := count(n, "member"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
