// SPDX-License-Identifier: MIT

package engine_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
)

// recorder is a Reporter that remembers.
type recorder struct{ console, log, complaints []string }

func (r *recorder) Console(line string)  { r.console = append(r.console, line) }
func (r *recorder) Log(line string)      { r.log = append(r.log, line) }
func (r *recorder) Complain(line string) { r.complaints = append(r.complaints, line) }

func (r *recorder) said(part string) bool {
	return strings.Contains(strings.Join(r.complaints, "\n"), part)
}

// macs answers without a machine.
type macs struct {
	derived net.HardwareAddr
	inUse   map[string]bool
	asked   []string
}

func (m *macs) Derive(context.Context, *plan.Bond) (net.HardwareAddr, string, error) {
	if m.derived == nil {
		return nil, "", errors.New("this is a copied disk")
	}
	return m.derived, "", nil
}

func (m *macs) Check(_ context.Context, _ *plan.Bond, addr net.HardwareAddr, own []string) (bool, []string, []string) {
	m.asked = append(m.asked, addr.String())
	if m.inUse[addr.String()] {
		return true, []string{addr.String() + ": in use: on eth9"}, nil
	}
	return false, nil, []string{addr.String() + ": not seen"}
}

// machine is a fake kernel with the folder of its journals.
type machine struct {
	*fakekernel.Kernel
	t    testing.TB
	dir  string
	boot string
	macs *macs
	said *recorder
	hook func(function, bond string) error
	root map[string]string
}

func newMachine(t testing.TB, k *fakekernel.Kernel) *machine {
	return &machine{Kernel: k, t: t, dir: folder(t), boot: "boot", macs: &macs{}}
}

// folder is one for journals, in memory where that can be had, as /run is.
func folder(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "rc.bond")
	if err != nil {
		return filepath.Join(t.TempDir(), "rc.bond")
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "rc.bond")
}

// engine opens the journals as a new process does.
func (m *machine) engine(p *plan.Plan) (*engine.Engine, func()) {
	m.t.Helper()
	dir, err := journal.Open(context.Background(), m.dir, m.boot, "test", nil)
	if err != nil {
		m.t.Fatal(err)
	}
	m.said = &recorder{}
	e := &engine.Engine{Kernel: m.Kernel, Journals: dir, Plan: p, Report: m.said, MACs: m.macs, Script: "/etc/rc.d/rc.bond"}
	if m.hook != nil {
		e.Hook = func(_ context.Context, function, bond string) error { return m.hook(function, bond) }
	}
	if m.root != nil {
		e.RootNICs = func() (map[string]string, error) { return m.root, nil }
	}
	return e, func() { dir.Close() }
}

type verb func(*engine.Engine, context.Context, ...string) (engine.Outcome, error)

var (
	start   verb = (*engine.Engine).Start
	stop    verb = (*engine.Engine).Stop
	restart verb = (*engine.Engine).Restart
)

func (m *machine) do(v verb, p *plan.Plan, names ...string) engine.Outcome {
	m.t.Helper()
	e, done := m.engine(p)
	defer done()
	outcome, err := v(e, context.Background(), names...)
	if err != nil {
		m.t.Fatal(err)
	}
	return outcome
}

// mustBe fails where a call ended otherwise, with what was said.
func (m *machine) mustBe(want, got engine.Outcome) {
	m.t.Helper()
	if want != got {
		m.t.Fatalf("outcome %d, want %d; complaints:\n%s", got, want, strings.Join(m.said.complaints, "\n"))
	}
}

func (m *machine) mustSay(part string) {
	m.t.Helper()
	if !m.said.said(part) {
		m.t.Errorf("nothing said of %q; complaints:\n%s", part, strings.Join(m.said.complaints, "\n"))
	}
}

// aBond is bond0 of eth0 and eth1.
func aBond(change ...func(*plan.Bond)) *plan.Plan {
	b := plan.Bond{
		Name: "bond0", Members: []plan.Member{{Name: "eth0"}, {Name: "eth1"}}, Mode: bond.ActiveBackup,
		Options: []plan.Setting{{Option: "miimon", Value: "100"}}, LinkWait: 5 * time.Second,
	}
	for _, f := range change {
		f(&b)
	}
	return &plan.Plan{Bonds: []plan.Bond{b}}
}

func addrs(list ...string) func(*plan.Bond) {
	return func(b *plan.Bond) {
		for _, s := range list {
			b.Addrs = append(b.Addrs, netip.MustParsePrefix(s))
		}
	}
}

func option(name, value string) func(*plan.Bond) {
	return func(b *plan.Bond) {
		b.Options = append(b.Options, plan.Setting{Option: name, Value: value, Given: true})
	}
}

func members(names ...string) func(*plan.Bond) {
	return func(b *plan.Bond) {
		b.Members = nil
		for _, n := range names {
			b.Members = append(b.Members, plan.Member{Name: n})
		}
	}
}

// usual is a machine with two NICs that are up and in use.
func usual(t testing.TB) *machine {
	k := fakekernel.New(fakekernel.Profiles["6.1"])
	k.Loaded("bonding")
	k.AddNICs("eth0", "eth1", "eth2")
	k.Up("eth0", "eth1")
	k.Addr("eth0", "192.0.2.1/24", 0)
	k.Addr("eth0", "192.0.2.2/24", 0)
	k.Addr("eth0", "2001:db8::1/64", 0)
	k.Addr("eth0", "2001:db8::2/64", 0)
	k.Route("0.0.0.0/0", 0, fakekernel.Way{Dev: "eth0", Via: "192.0.2.254"})
	k.Route("198.51.100.0/24", 7, fakekernel.Way{Dev: "eth0", Via: "192.0.2.254"}, fakekernel.Way{Dev: "eth1"})
	k.Neighbour("eth0", "192.0.2.77", false)
	k.AddVLAN("eth0.7", "eth0")
	k.Up("eth0.7")
	k.Addr("eth0.7", "203.0.113.1/24", 0)
	k.AddVLAN("eth0.8", "eth0")
	k.Sleep(10 * time.Second)
	return newMachine(t, k)
}
