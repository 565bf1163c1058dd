// SPDX-License-Identifier: MIT

package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// An Engine starts, stops and restarts bonds. It holds what it was given and
// nothing of a machine; each call looks at that anew.
type Engine struct {
	Kernel   Kernel
	Journals *journal.Dir
	Plan     *plan.Plan
	Report   Reporter
	MACs     MACs
	// Hook runs bond_up or bond_down of rc.bond.conf for a bond; nil: there are none.
	Hook func(ctx context.Context, function, bond string) error
	// Script is what messages call the program that restarts a bond:
	// "/etc/rc.d/rc.bond".
	Script string
	// RootNICs tells which NICs carry the root file system, and how that is
	// known; nil: not looked at.
	RootNICs func() (map[string]string, error)
}

// A Reporter takes what the engine has to say, a line at a time.
type Reporter interface {
	// Console is for the console: "Starting bond0:  eth0 eth1 (active-backup)".
	Console(line string)
	// Log is for the system's log.
	Log(line string)
	// Complain is for standard error and the log: something failed, or is not
	// as it was asked for.
	Complain(line string)
}

// MACs finds and vets the address of a bond that asks for one.
type MACs interface {
	// Derive gives the address of HWADDR="auto"; note is what the administrator
	// should know about it, "" where there is nothing.
	Derive(ctx context.Context, b *plan.Bond) (addr net.HardwareAddr, note string, err error)
	// Check looks whether somebody else has the address. own are the interfaces
	// that are the bond itself and its members. The lines say what was found;
	// log is for the log alone.
	Check(ctx context.Context, b *plan.Bond, addr net.HardwareAddr, own []string) (inUse bool, lines, log []string)
}

// An Outcome is how a call ended.
type Outcome uint8

const (
	Done     Outcome = iota // everything is as it was asked for
	Degraded                // something failed, or was done without; each was said
)

// run is one call.
type run struct {
	*Engine
	ctx     context.Context
	outcome Outcome

	links   map[string]*rtnl.Link
	indexes map[int]*rtnl.Link
	state   rtnl.State
}

func (e *Engine) begin(ctx context.Context) *run { return &run{Engine: e, ctx: ctx} }

// errStarted is a start that failed and said why, and was undone.
var errStarted = errors.New("not started")

// ErrUnknownBond is the error of a name that neither the plan nor a journal has.
var ErrUnknownBond = errors.New("not in rc.bond.conf")

// wanted are the bonds of the plan that are named, all of them where none is.
func (e *Engine) wanted(names []string) ([]*plan.Bond, error) {
	var list []*plan.Bond
	for i := range e.Plan.Bonds {
		if b := &e.Plan.Bonds[i]; len(names) == 0 || slices.Contains(names, b.Name) {
			list = append(list, b)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(list, func(b *plan.Bond) bool { return b.Name == name }) {
			return nil, fmt.Errorf("%s: %w", name, ErrUnknownBond)
		}
	}
	return list, nil
}

// Start brings up the bonds that are named, all of the plan where none is. A
// bond that is up already gets what can be changed without disturbing it; what
// cannot is named.
func (e *Engine) Start(ctx context.Context, names ...string) (Outcome, error) {
	bonds, err := e.wanted(names)
	if err != nil {
		return Degraded, err
	}
	r := e.begin(ctx)
	r.start(bonds)
	return r.outcome, nil
}

// look reads the machine. Where it fails nothing may be touched.
func (r *run) look() error {
	if err := r.lookAtLinks(); err != nil {
		return err
	}
	state, err := r.Kernel.State()
	if err != nil {
		return fmt.Errorf("reading addresses and routes: %w", err)
	}
	r.state = state
	return nil
}

func (r *run) lookAtLinks() error {
	links, err := r.Kernel.Links()
	if err != nil {
		return fmt.Errorf("reading the network interfaces: %w", err)
	}
	r.links, r.indexes = map[string]*rtnl.Link{}, map[int]*rtnl.Link{}
	for i := range links {
		r.links[links[i].Name], r.indexes[links[i].Index] = &links[i], &links[i]
	}
	return nil
}

// start makes all bonds first, then gives them their addresses, so that they
// wait for their links together.
func (r *run) start(bonds []*plan.Bond) {
	if len(bonds) == 0 {
		return
	}
	defer r.undoSystem() // where no bond came of it
	if err := r.loadModules(bonds); err != nil {
		r.complain("modules: %v", err)
		return
	}
	if err := r.look(); err != nil {
		r.complain("%v; nothing is done", err)
		return
	}
	var made []*work
	for _, b := range bonds {
		w, err := r.survey(b)
		if err != nil {
			r.refuse(b, err, "not started, nothing touched")
			continue
		}
		if r.bringUp(w) {
			made = append(made, w)
		}
	}
	r.finish(made)
}

// finish gives bonds that are up their addresses, waits, and runs hooks.
func (r *run) finish(bonds []*work) {
	bonds = r.giveAddresses(bonds)
	r.wait(bonds)
	for _, w := range bonds {
		if w.choose {
			r.chooseActive(w, true)
		}
	}
	bonds = r.checkAddresses(bonds)
	for _, w := range bonds {
		r.putBackKept(w)
		r.startDHCP(w)
	}
	r.gateways(bonds)
	for _, w := range bonds {
		r.complete(w)
	}
}

// complete writes down that a start came to its end, and runs the hook.
func (r *run) complete(w *work) {
	if w.changed || !w.j.Has(journal.Complete) {
		r.hook("bond_up", r.Plan.HookUp, w.want.Name)
	}
	r.putBackOrphans(w)
	if w.unsettled || w.j.Has(journal.Complete) && sameBond(w.last, w.want) {
		return
	}
	mtu := false
	entries := slices.DeleteFunc(slices.Clone(w.j.Entries), func(e journal.Entry) bool {
		switch e.Verb {
		case journal.Complete, journal.Wanted:
			return true
		case journal.Option: // of a bond that goes when it is stopped
			return w.origin == journal.Made
		case journal.MTU: // the oldest is the one that it had
			again := mtu
			mtu = true
			return again
		}
		return false
	})
	entries = append(entries, journal.Entry{Verb: journal.Wanted, Bond: w.want}, journal.Entry{Verb: journal.Complete})
	if err := w.j.Rewrite(entries); err != nil {
		r.lack(w.want, "%v", err)
	}
}

// putBackOrphans puts back NICs that are members no more: that an earlier
// restart released and did not come to put back, or that could not join again.
// It forgets those that are gone.
func (r *run) putBackOrphans(w *work) {
	var orphans, rest []journal.Entry
	mine, gone := map[string]bool{}, map[string]bool{}
	for _, e := range w.j.Entries {
		if e.Verb != journal.NIC {
			continue
		}
		nic := r.links[e.Name]
		switch {
		case nic == nil || nic.Index != e.Index:
			gone[e.Name] = true
		case nic.Master == 0:
			mine[e.Name] = true
		}
	}
	for _, e := range w.j.Entries {
		switch nic := r.links[e.Name]; {
		case e.Verb == journal.NIC && mine[e.Name], e.Verb == journal.Upper && mine[e.Member]:
			orphans = append(orphans, e)
		case e.Verb == journal.NIC && gone[e.Name] && (nic == nil || nic.Index != e.Index):
		case e.Verb == journal.Upper && (nic == nil || nic.Index != e.Index):
		default:
			rest = append(rest, e)
		}
	}
	if len(rest) == len(w.j.Entries) {
		return
	}
	lacks := r.putBack(orphans)
	for _, text := range lacks {
		r.lack(w.want, "%s", text)
	}
	if len(lacks) > 0 {
		return
	}
	if err := w.j.Rewrite(rest); err != nil {
		r.lack(w.want, "%v", err)
	}
}

func (r *run) hook(function string, there bool, bond string) {
	if !there || r.Hook == nil {
		return
	}
	if err := r.Hook(r.ctx, function, bond); err != nil {
		r.complain("%s: %s of rc.bond.conf failed: %v", bond, function, err)
	}
}

// complain reports something that failed.
func (r *run) complain(format string, args ...any) {
	r.outcome = Degraded
	r.Report.Complain(fmt.Sprintf(format, args...))
}

// lack reports something that a bond does without.
func (r *run) lack(b *plan.Bond, format string, args ...any) {
	r.complain("%s: %s", b.Name, fmt.Sprintf(format, args...))
}

func (r *run) log(format string, args ...any) { r.Report.Log(fmt.Sprintf(format, args...)) }

// refuse reports every fault of a bond, and what did not happen because of them.
func (r *run) refuse(b *plan.Bond, err error, end string) {
	for _, fault := range split(err) {
		r.lack(b, "%v", fault)
	}
	r.lack(b, "%s", end)
}

// split gives the errors that were joined.
func split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var list []error
		for _, e := range joined.Unwrap() {
			list = append(list, split(e)...)
		}
		return list
	}
	return []error{err}
}

// pause is how often a wait looks again where the kernel sends no news.
const pause = 100 * time.Millisecond

func (r *run) memberNames(links []*rtnl.Link) string {
	names := make([]string, len(links))
	for i, l := range links {
		names[i] = l.Name
	}
	return strings.Join(names, " ")
}
