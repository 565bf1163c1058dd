// SPDX-License-Identifier: MIT

package engine_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// machines is how many machines and configurations TestAnyMachine tries;
// ENGINE_MACHINES tries more, ENGINE_SEED one alone.
const machines = 2000

// TestAnyMachine starts, starts again, changes, restarts and stops bonds on
// machines of all kinds.
func TestAnyMachine(t *testing.T) {
	n := machines
	if s := os.Getenv("ENGINE_MACHINES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	first := 0
	if s := os.Getenv("ENGINE_SEED"); s != "" {
		first, _ = strconv.Atoi(s)
		n = first + 1
	}
	up, refused := 0, 0
	for seed := first; seed < n; seed++ {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		m := newMachine(t, fakekernel.Random(r))
		p := randomPlan(r, m)
		if tryMachine(t, fmt.Sprintf("ENGINE_SEED=%d", seed), m, p, randomPlan(r, m)) {
			up++
		} else {
			refused++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d machines with a bond, %d without", up, refused)
	if n == machines && up < n/2 {
		t.Errorf("of %d machines only %d had a bond: the others test little", n, up)
	}
}

// tryMachine reports whether a bond came up.
func tryMachine(t *testing.T, where string, m *machine, p, other *plan.Plan) bool {
	check := func(what, want string) {
		t.Helper()
		if diff := cmp.Diff(want, m.Snapshot()); diff != "" {
			t.Errorf("%s: %s:\n%s\n%s", where, what, strings.Join(m.said.complaints, "\n"), diff)
		}
		if len(m.Violations) > 0 {
			t.Errorf("%s: %s: %v", where, what, m.Violations)
		}
	}
	before := m.Snapshot()
	outcome := m.do(start, p)
	up := m.Index("bond0") != 0
	if !up {
		if outcome == engine.Done {
			t.Errorf("%s: no bond, and no word about it", where)
		}
		check("no bond came up, and something else is changed", before)
		return false
	}
	m.Sleep(10 * time.Second) // until every link is there
	started := m.Snapshot()
	m.do(start, p)
	check("a second start changes something", started)
	m.do(restart, p)
	m.Sleep(10 * time.Second)
	check("a restart of what is right changes something", started)
	m.do(restart, other)
	m.Sleep(10 * time.Second)
	restarted := m.Snapshot()
	m.do(start, other)
	check("a start after a restart changes something", restarted)
	if m.do(stop, nil) != engine.Done {
		t.Errorf("%s: stop: %s", where, strings.Join(m.said.complaints, "\n"))
	}
	check("stop does not give the machine back", before)
	return true
}

// randomPlan asks for a bond of some of the machine's NICs.
func randomPlan(r *rand.Rand, m *machine) *plan.Plan {
	one := func(in int) bool { return r.IntN(in) == 0 }
	mode := bond.Modes()[r.IntN(7)]
	b := plan.Bond{Name: "bond0", Mode: mode, LinkWait: time.Duration(r.IntN(3)) * time.Second}
	for i := range 8 {
		name := fmt.Sprintf("eth%d", i)
		if m.Index(name) != 0 && one(2) {
			b.Members = append(b.Members, plan.Member{Name: name})
		}
	}
	if one(10) || len(b.Members) == 0 {
		b.Members = append(b.Members, plan.Member{Name: "eth8"})
	}
	r.Shuffle(len(b.Members), func(i, j int) { b.Members[i], b.Members[j] = b.Members[j], b.Members[i] })
	some := b.Members[r.IntN(len(b.Members))].Name
	for _, o := range []struct {
		name, value string
		modes       bond.ModeSet
	}{
		{"fail_over_mac", []string{"none", "active", "follow"}[r.IntN(3)], 1 << bond.ActiveBackup},
		{"lacp_rate", "fast", 1 << bond.LACP},
		{"lacp_active", "off", 1 << bond.LACP},
		{"xmit_hash_policy", []string{"layer2+3", "layer3+4", "vlan+srcmac"}[r.IntN(3)], bond.AnyMode},
		{"packets_per_slave", "7", 1 << bond.BalanceRR},
		{"tlb_dynamic_lb", "off", 1 << bond.BalanceTLB},
		{"resend_igmp", "3", bond.AnyMode},
		{"num_grat_arp", "5", bond.AnyMode},
		{"use_carrier", "off", bond.AnyMode},
		{"miimon", []string{"50", "100"}[r.IntN(2)], bond.AnyMode},
		{"updelay", "200", bond.AnyMode},
		{"downdelay", "400", bond.AnyMode},
		{"primary", some, 1<<bond.ActiveBackup | 1<<bond.BalanceTLB | 1<<bond.BalanceALB},
	} {
		if o.modes.Has(mode) && (o.name == "miimon" || one(4)) {
			b.Options = append(b.Options, plan.Setting{Option: o.name, Value: o.value, Given: true})
		}
	}
	if one(6) {
		b.Options = append(b.Options, plan.Setting{Option: "queue_id", Member: some, Value: "2", Given: true})
	}
	if one(3) {
		b.MTU = []int{1280, 1500, 4000}[r.IntN(3)]
	}
	fom, _ := b.Option("fail_over_mac")
	if one(3) && (fom == "" || fom == "none") {
		b.HWAddr.Addr = fmt.Sprintf("02:00:00:00:00:%02x", r.IntN(16))
	}
	for i := range r.IntN(3) {
		b.Addrs = append(b.Addrs, netip.MustParsePrefix(fmt.Sprintf("198.51.%d.1/24", i)))
	}
	if one(3) {
		b.Addrs = append(b.Addrs, netip.MustParsePrefix("2001:db8:ffff::1/64"))
	}
	p := &plan.Plan{Bonds: []plan.Bond{b}}
	if one(4) && slices.ContainsFunc(b.Addrs, func(p netip.Prefix) bool { return p.Addr().Is4() }) {
		p.Gateway = netip.MustParseAddr("198.51.0.254")
	}
	return p
}
