// SPDX-License-Identifier: MIT

package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// remember is what a trial of p would go back to, as it is read back from a file.
func (m *machine) remember(p *plan.Plan) *engine.Before {
	m.t.Helper()
	e, done := m.engine(p)
	defer done()
	before, err := e.Remember(context.Background())
	if err != nil {
		m.t.Fatal(err)
	}
	text, err := json.Marshal(before)
	if err != nil {
		m.t.Fatal(err)
	}
	var read engine.Before
	if err := json.Unmarshal(text, &read); err != nil {
		m.t.Fatal(err)
	}
	return &read
}

func (m *machine) goBack(before *engine.Before) engine.Outcome {
	m.t.Helper()
	e, done := m.engine(nil)
	defer done()
	outcome, err := e.GoBack(context.Background(), before)
	if err != nil {
		m.t.Fatal(err)
	}
	return outcome
}

// inUse is a bond that runs, with what others put on it.
func inUse(t testing.TB) (*machine, *plan.Plan) {
	m := usual(t)
	p := aBond(addrs("192.0.2.10/24", "2001:db8::10/64"), option("updelay", "200"), option("primary", "eth1"))
	p.Gateway = netip.MustParseAddr("192.0.2.254")
	m.mustBe(engine.Done, m.do(start, p))
	m.ForceOption("bond0", "resend_igmp", "7") // by hand
	m.AddVLAN("bond0.5", "bond0")
	m.Up("bond0.5")
	m.Addr("bond0.5", "10.5.0.1/24", 0)
	m.Addr("bond0", "198.18.0.1/24", 0)
	m.Route("10.6.0.0/24", 0, fakekernel.Way{Dev: "bond0.5", Via: "10.5.0.254"})
	m.Sleep(10 * time.Second)
	return m, p
}

// changes are what somebody might try.
func changes() map[string]*plan.Plan {
	base := func(f ...func(*plan.Bond)) *plan.Plan {
		return aBond(append([]func(*plan.Bond){addrs("192.0.2.10/24", "2001:db8::10/64"), option("updelay", "200")}, f...)...)
	}
	return map[string]*plan.Plan{
		"another mode":    base(func(b *plan.Bond) { b.Mode = bond.BalanceRR }),
		"other members":   base(members("eth2")),
		"missing members": base(members("eth1", "eth9")),
		"no such members": base(members("eth8", "eth9")),
		"another address": aBond(addrs("203.0.113.99/24")),
		"no address":      aBond(),
		"MTU":             base(func(b *plan.Bond) { b.MTU = 9000 }),
		"small MTU":       base(func(b *plan.Bond) { b.MTU = 1280 }),
		"options":         base(option("resend_igmp", "0"), option("num_grat_arp", "9"), option("fail_over_mac", "active")),
		"MAC":             base(func(b *plan.Bond) { b.HWAddr.Addr = "02:00:00:00:00:77" }),
		"gateway":         func() *plan.Plan { p := base(); p.Gateway = netip.MustParseAddr("192.0.2.1"); return p }(),
		"one more bond": func() *plan.Plan {
			p := base()
			second := aBond(members("eth2"), addrs("10.9.0.1/24")).Bonds[0]
			second.Name, second.Index = "bond1", 1
			p.Bonds = append(p.Bonds, second)
			return p
		}(),
		"another bond": func() *plan.Plan {
			p := base(members("eth2"))
			p.Bonds[0].Name = "bond1"
			return p
		}(),
	}
}

func TestGoBack(t *testing.T) {
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			m, p := inUse(t)
			was := m.Snapshot()
			before := m.remember(change)
			m.do(restart, change)
			tried := m.Snapshot()
			m.mustBe(engine.Done, m.goBack(before))
			m.Sleep(10 * time.Second)
			if diff := cmp.Diff(was, m.Snapshot()); diff != "" {
				t.Errorf("it does not run as before: %s", diff)
			}
			if tried == was && name != "no such members" && name != "another bond" {
				t.Error("nothing was tried")
			}
			m.mustBe(engine.Done, m.do(start, p))
			if diff := cmp.Diff(was, m.Snapshot()); diff != "" {
				t.Errorf("a start after it changes something: %s", diff)
			}
		})
	}
}

// TestTrialDies kills the process that tries at each change, and one that goes
// back at each change; the next one goes back.
func TestTrialDies(t *testing.T) {
	runs := 0
	for name, change := range changes() {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n++ {
				m, _ := inUse(t)
				was := m.Snapshot()
				before := m.remember(change)
				freshChanges(m, func(i int, c fakekernel.Call) fakekernel.Fault { return fakekernel.Fault{After: i == n} })
				e, done := m.engine(change)
				died := fakekernel.Dies(func() { _, _ = e.Restart(t.Context()) })
				done()
				if !died {
					m.Fault = nil
					freshChanges(m, func(i int, c fakekernel.Call) fakekernel.Fault { return fakekernel.Fault{Before: i == 3} })
					e, done := m.engine(nil)
					fakekernel.Dies(func() { _, _ = e.GoBack(t.Context(), before) })
					done()
				}
				m.Fault = nil
				runs++
				m.goBack(before)
				said := strings.Join(m.said.complaints, "\n")
				m.Sleep(10 * time.Second)
				if diff := cmp.Diff(was, m.Snapshot()); diff != "" {
					t.Fatalf("killed at change %d: it does not run as before: %s\n%s", n, said, diff)
				}
				if !died {
					return
				}
			}
		})
	}
	t.Logf("%d runs", runs)
}

// TestGoBackOnAnyMachine tries any change on any machine.
func TestGoBackOnAnyMachine(t *testing.T) {
	tried := 0
	for seed := range 2000 {
		r := rand.New(rand.NewPCG(uint64(seed), 2))
		m := newMachine(t, fakekernel.Random(r))
		p, change := randomPlan(r, m), randomPlan(r, m)
		m.do(start, p)
		if m.Index("bond0") == 0 {
			continue
		}
		tried++
		m.Sleep(10 * time.Second)
		was := m.Snapshot()
		before := m.remember(change)
		m.do(restart, change)
		m.goBack(before)
		said := strings.Join(m.said.complaints, "\n")
		m.Sleep(10 * time.Second)
		if diff := cmp.Diff(settled(was), settled(m.Snapshot())); diff != "" {
			t.Fatalf("seed %d: it does not run as before: %s\n%s\n%s\n%s", seed, said, fmt.Sprint(p.Bonds), fmt.Sprint(change.Bonds), diff)
		}
	}
	t.Logf("%d machines", tried)
}

var (
	nicMAC  = regexp.MustCompile(`(?m)^(eth|mv)(.*) mac=[0-9a-f]+`)
	twoLegs = regexp.MustCompile(`(?m)^route .* 1=0a..6000 .*\n`)
)

// settled leaves out what depends on the order of things: which member has
// which address, where that is the driver's choice, and the legs that are left
// of a route over a member and another NIC.
func settled(snapshot string) string {
	snapshot = twoLegs.ReplaceAllString(snapshot, "")
	if strings.Contains(snapshot, "mode balance-alb") || strings.Contains(snapshot, "mode balance-tlb") {
		return nicMAC.ReplaceAllString(snapshot, "$1$2")
	}
	return snapshot
}
