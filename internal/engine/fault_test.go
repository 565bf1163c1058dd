// SPDX-License-Identifier: MIT

package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// A scene is a machine before a call, and the call.
type scene struct {
	name    string
	prepare func(m *machine)
	verb    verb
	plan    *plan.Plan
}

// rich has something of everything that a start does.
func rich() *plan.Plan {
	return aBond(addrs("192.0.2.10/24", "192.0.2.11/24", "2001:db8::10/64"), option("updelay", "200"), option("primary", "eth1"),
		func(b *plan.Bond) { b.MTU = 1400; b.HWAddr.Addr = "02:00:00:00:00:99"; b.Exasock = false },
		func(b *plan.Bond) {
			b.Options = append(b.Options, plan.Setting{Option: "queue_id", Member: "eth1", Value: "2", Given: true})
		})
}

func scenes() []scene {
	return []scene{
		{"start", func(*machine) {}, start, rich()},
		{"start, modules", func(m *machine) {
			m.AddModule("nicdriver", fakekernel.NIC{Name: "eth5", Driver: "nicdriver"})
		}, start, func() *plan.Plan {
			// With an address of its own: else it has that of the first that could join.
			p := aBond(members("eth0", "eth5"), func(b *plan.Bond) { b.HWAddr.Addr = "02:00:00:00:00:99" })
			p.Modules = []string{"nicdriver"}
			return p
		}()},
		{"start, members are added", func(m *machine) { m.do(start, rich()) }, start,
			func() *plan.Plan { p := rich(); members("eth0", "eth1", "eth2")(&p.Bonds[0]); return p }()},
		{"stop", func(m *machine) { m.do(start, rich()) }, stop, nil},
		{"restart, another mode", func(m *machine) {
			m.do(start, rich())
			m.AddVLAN("bond0.5", "bond0")
			m.Up("bond0.5")
			m.Addr("bond0.5", "10.5.0.1/24", 0)
			m.Addr("bond0", "198.18.0.1/24", 0)
		}, restart, func() *plan.Plan {
			p := rich()
			b := &p.Bonds[0]
			b.Mode, b.Options = bond.BalanceXOR, b.Options[:2]
			return p
		}()},
		{"restart, other members", func(m *machine) { m.do(start, rich()) }, restart,
			func() *plan.Plan {
				p := rich()
				members("eth1", "eth2")(&p.Bonds[0])
				return p
			}()},
	}
}

// count is how many calls, and how many changes, a scene makes.
func (s *scene) count(t *testing.T) (calls, changes int) {
	m := usual(t)
	s.prepare(m)
	m.Fault = func(c fakekernel.Call) fakekernel.Fault {
		calls++
		if c.Change > 0 {
			changes++
		}
		return fakekernel.Fault{}
	}
	m.do(s.verb, s.plan)
	return calls, changes
}

// fresh gives Fault the numbers of calls from now on.
func fresh(m *machine, f func(n int, c fakekernel.Call) fakekernel.Fault) {
	n := 0
	m.Fault = func(c fakekernel.Call) fakekernel.Fault {
		n++
		return f(n, c)
	}
}

func freshChanges(m *machine, f func(n int, c fakekernel.Call) fakekernel.Fault) {
	n := 0
	m.Fault = func(c fakekernel.Call) fakekernel.Fault {
		if c.Change == 0 {
			return fakekernel.Fault{}
		}
		n++
		return f(n, c)
	}
}

// TestEveryCallFails refuses each call of each scene once. Whatever happened
// then, what was said is true, a start without the fault converges, and a stop
// gives the machine back.
func TestEveryCallFails(t *testing.T) {
	runs := 0
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			calls, _ := s.count(t)
			for n := 1; n <= calls; n++ {
				for _, errno := range []unix.Errno{unix.EBUSY, unix.EINVAL, unix.ENODEV, unix.EPERM} {
					runs++
					m := usual(t)
					origin := m.Snapshot()
					s.prepare(m)
					before := m.Snapshot()
					var at fakekernel.Call
					fresh(m, func(i int, c fakekernel.Call) fakekernel.Fault {
						if i == n {
							at = c
							return fakekernel.Fault{Err: errno}
						}
						return fakekernel.Fault{}
					})
					m.do(s.verb, s.plan)
					where := fmt.Sprintf("call %d of %d, %s: %v", n, calls, at, errno)
					said := strings.Join(m.said.complaints, "\n")
					if strings.Contains(said, "everything is back") || strings.Contains(said, "nothing touched") || strings.Contains(said, "nothing is done") {
						if diff := cmp.Diff(before, m.Snapshot()); diff != "" && !strings.HasPrefix(s.name, "restart") {
							t.Errorf("%s: not true: %s\n%s", where, said, diff)
						}
					}
					m.Fault = nil
					converges(t, m, s, origin, where)
					if t.Failed() {
						return
					}
				}
			}
		})
	}
	t.Logf("%d runs", runs)
}

// TestDiesAtEveryChange kills the process before and after each change.
func TestDiesAtEveryChange(t *testing.T) {
	runs := 0
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			_, changes := s.count(t)
			for n := 1; n <= changes; n++ {
				for _, after := range []bool{false, true} {
					for _, then := range []string{"the same", "stop"} {
						runs++
						m := usual(t)
						origin := m.Snapshot()
						s.prepare(m)
						var at fakekernel.Call
						freshChanges(m, func(i int, c fakekernel.Call) fakekernel.Fault {
							if i == n {
								at = c
								return fakekernel.Fault{Before: !after, After: after}
							}
							return fakekernel.Fault{}
						})
						e, done := m.engine(s.plan)
						died := fakekernel.Dies(func() { _, _ = s.verb(e, t.Context()) })
						done()
						m.Fault = nil
						where := fmt.Sprintf("killed at change %d of %d, %s, after %t, then %s", n, changes, at, after, then)
						if !died {
							t.Fatalf("%s: it did not die", where)
						}
						if then == "the same" {
							converges(t, m, s, origin, where)
						} else {
							stops(t, m, origin, where)
						}
						if t.Failed() {
							return
						}
					}
				}
			}
		})
	}
	t.Logf("%d runs", runs)
}

// converges does the call of a scene once more, and compares the machine with
// one on which nothing went wrong; then it stops.
func converges(t *testing.T, m *machine, s scene, origin, where string) {
	t.Helper()
	right := usual(t)
	s.prepare(right)
	right.do(s.verb, s.plan)
	m.do(s.verb, s.plan)
	said := strings.Join(m.said.complaints, "\n")
	if diff := cmp.Diff(right.Snapshot(), m.Snapshot()); diff != "" {
		t.Errorf("%s: once more gives another machine:\n%s\n%s", where, said, diff)
		return
	}
	if s.plan != nil {
		m.mustBe(engine.Done, m.do(s.verb, s.plan))
	}
	stops(t, m, origin, where)
}

// stops stops everything, and compares the machine with how it was at first.
func stops(t *testing.T, m *machine, origin, where string) {
	t.Helper()
	if m.Index("bond0.5") != 0 {
		m.Remove("bond0.5")
	}
	outcome := m.do(stop, nil)
	said := strings.Join(m.said.complaints, "\n")
	if diff := cmp.Diff(origin, m.Snapshot()); diff != "" {
		t.Errorf("%s: stop does not give the machine back:\n%s\n%s", where, said, diff)
	}
	if outcome != engine.Done {
		t.Errorf("%s: stop ended with %d: %s", where, outcome, said)
	}
	if len(m.Violations) > 0 {
		t.Errorf("%s: %s", where, m.Violations)
	}
}
