// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/slackbond/slackbond/internal/bond"
	"golang.org/x/tools/txtar"
)

// unpackMachine puts the /sys and /proc that internal/bond's tests read into
// $WORK/machine, for --root.
//
// And SCRIPT names the completion script.
func unpackMachine(env *testscript.Env) error {
	script, err := filepath.Abs("../../doc/completion/bondctl")
	if err != nil {
		return err
	}
	env.Setenv("SCRIPT", script)
	ar, err := txtar.ParseFile("../../internal/bond/testdata/machine.txtar")
	if err != nil {
		return err
	}
	for _, f := range ar.Files {
		path := filepath.Join(env.WorkDir, "machine", f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func TestTransitions(t *testing.T) {
	up := func(active string, members ...bond.MemberStatus) bondReport {
		return bondReport{bond.Status{Name: "bond0", Mode: "active-backup", Carrier: true, Active: active, Members: members}, "up"}
	}
	eth0 := bond.MemberStatus{Name: "eth0", MII: "up", Speed: 1000, MAC: "a"}
	eth1 := bond.MemberStatus{Name: "eth1", MII: "up", Speed: 1000, MAC: "a"}
	dead := eth0
	dead.MII, dead.Speed, dead.Failures = "down", 0, 1
	flapped := eth0
	flapped.Failures = 2
	degraded := up("eth1", dead, eth1)
	degraded.State = "degraded"
	lacp := up("", bond.MemberStatus{Name: "eth0", MII: "up", LACP: &bond.Port{Actor: 79}})
	lacp.LACP = &bond.LACPStatus{Aggregator: 1}
	agreed := up("", bond.MemberStatus{Name: "eth0", MII: "up", LACP: &bond.Port{Actor: 63}})
	agreed.LACP = &bond.LACPStatus{Aggregator: 2, PartnerMAC: "b"}
	for _, tt := range []struct {
		name          string
		before, after []bondReport
		want          string
	}{
		{"nothing", []bondReport{up("eth0", eth0)}, []bondReport{up("eth0", eth0)}, ""},
		{
			"failover", []bondReport{up("eth0", eth0, eth1)}, []bondReport{degraded},
			"bond0 eth0: link up -> down|bond0 eth0: speed 1000 -> -|bond0: active eth0 -> eth1|bond0: state up -> degraded",
		},
		{"flap", []bondReport{up("eth0", eth0)}, []bondReport{up("eth0", flapped)}, "bond0 eth0: lost its link in between, failures 0 -> 2"},
		{"join and leave", []bondReport{up("eth0", eth0)}, []bondReport{up("eth1", eth1)}, "bond0 eth1: joined|bond0 eth0: left|bond0: active eth0 -> eth1"},
		{"none active", []bondReport{up("eth0", eth0)}, []bondReport{up("", eth0)}, "bond0: active eth0 -> none"},
		{"appears", nil, []bondReport{up("eth0", eth0)}, "bond0: appeared none -> up|bond0 eth0: joined|bond0: active none -> eth0|bond0: link down -> up"},
		{"goes", []bondReport{up("eth0", eth0)}, nil, "bond0: went away"},
		{"LACP", []bondReport{lacp}, []bondReport{agreed}, "bond0 eth0: LACP state 79 -> 63|bond0: aggregator 1 -> 2|bond0: partner none -> b"},
	} {
		at := time.Date(2026, 11, 21, 12, 30, 1, 5e6, time.UTC)
		var got []string
		for _, tr := range transitions(&statusReport{Bonds: tt.before}, &statusReport{Bonds: tt.after}, at) {
			line, ok := strings.CutPrefix(tr.String(), "12:30:01.005 ")
			if !ok {
				t.Errorf("%s: time in %q", tt.name, line)
			}
			got = append(got, line)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%s:\n%s\nwant\n%s", tt.name, s, tt.want)
		}
	}
}
