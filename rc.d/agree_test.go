// SPDX-License-Identifier: MIT

package rcd

import (
	"testing"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/check"
	"github.com/slackbond/slackbond/internal/plan"
)

// checkErrors gives what "bondctl check" calls errors in the machine's
// rc.bond.conf: one, where the file is no shell.
func (m *machine) checkErrors() []string {
	m.t.Helper()
	conf, err := bondconf.Read(m.path("etc/rc.d/rc.bond.conf"))
	if err != nil {
		return []string{err.Error()}
	}
	var list []string
	for _, f := range check.Run(check.Input{Bond: conf, Host: check.Host{Root: m.path("")}}) {
		if f.Severity == plan.Error {
			list = append(list, f.What)
		}
	}
	return list
}

// TestCheckAgrees: what rc.bond starts, bondctl check finds no error in.
// TestRefused has the other direction.
func TestCheckAgrees(t *testing.T) {
	for _, conf := range []string{
		"",
		"BONDMODE[0]=balance-rr", "BONDMODE[0]=active-backup", "BONDMODE[0]=1", "BONDMODE[0]=balance-xor", "BONDMODE[0]=3",
		"IFOPTS[0]='miimon 50 | updelay 100 | downdelay 50 | primary eth1 | fail_over_mac none | num_unsol_na 2'",
		"IFOPTS[0]=' | miimon 100||use_carrier on|'",
		"IFOPTS[0]='mode active-backup | miimon 100'",
		"IFOPTS[0]='arp_interval 0 | miimon 100'",
		"IPADDRS[0]='10.77.0.2/24 10.77.0.3/255.255.255.0 10.77.0.4'",
		"IP6ADDRS[0]='2001:db8::2/64 2001:db8::3'",
		"IFOPTS[0]='arp_interval 100 | ns_ip6_target 2001:db8::1'",
		"MTU[0]=1400\nLINKWAIT[0]=0\nUSE_DHCP[0]=no\nEXASOCK[0]=no",
		"HWADDR[0]=02:00:00:00:12:34\nMACCHECK=off",
		"MODULES='e1000e igb'",
	} {
		t.Run(conf, func(t *testing.T) {
			m := newMachine(t, "eth0", "eth1")
			m.config(pair + conf)
			if o := m.run("start"); o.status == 2 || o.status == 1 && len(m.calls()) == 0 {
				t.Fatalf("rc.bond refuses it: %s", o.stderr)
			}
			if errors := m.checkErrors(); len(errors) > 0 {
				t.Errorf("bondctl check finds %q", errors)
			}
		})
	}
}
