// SPDX-License-Identifier: MIT

package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

// Before is what ran before a change that is tried, so that exactly that can
// run again. It is kept as JSON.
type Before struct {
	// Bonds are those that were started, as they ran: with the values that the
	// kernel had of everything that the change asks for.
	Bonds []plan.Bond `json:"bonds"`
	// Wanted are the same as their last start wanted them.
	Wanted []plan.Bond `json:"wanted"`
	// Gateways are the default routes that were ours.
	Gateways []netip.Addr `json:"gateways,omitempty"`
	// Around is how the bonds, what stands on them, and the bridges that they are
	// in, were.
	Around []journal.Entry `json:"around,omitempty"`
	// Addrs are all addresses of each bond, in their order.
	Addrs map[string]rtnl.Saved `json:"addrs,omitempty"`
}

// Remember finds out what runs, before the engine's plan is tried.
func (e *Engine) Remember(ctx context.Context) (*Before, error) {
	r := e.begin(ctx)
	if err := r.look(); err != nil {
		return nil, err
	}
	names, err := e.Journals.Names()
	if err != nil {
		return nil, err
	}
	before := &Before{Addrs: map[string]rtnl.Saved{}}
	for _, name := range names {
		j, err := e.Journals.Bond(name)
		if err != nil {
			return nil, err
		}
		last, link := j.Last(journal.Wanted), r.links[name]
		if last == nil || link == nil {
			continue // a start that failed: there is nothing to go back to
		}
		now, err := r.asItRuns(last.Bond)
		if err != nil {
			return nil, err
		}
		before.Bonds, before.Wanted = append(before.Bonds, *now), append(before.Wanted, *last.Bond)
		before.Addrs[name] = rtnl.Saved{Messages: r.addressMessages(link), At: r.state.At}
		around := r.uppers(link)
		if master := r.indexes[link.Master]; link.Master != 0 && master != nil {
			around = append(append(around, master), r.uppers(master)...)
		}
		for _, l := range append(around, link) {
			entry := r.entryOf(journal.Kept, l)
			entry.Saved.Messages = slices.DeleteFunc(entry.Saved.Messages, madeOfMAC)
			if l == link { // what we gave it comes with the bond
				w := &work{want: now, j: j}
				entry.Saved.Messages = slices.DeleteFunc(entry.Saved.Messages, w.gaveTo(r))
			}
			before.Around = append(before.Around, entry)
		}
	}
	system, err := e.Journals.System()
	if err != nil {
		return nil, err
	}
	for _, entry := range system.Entries {
		if via, err := netip.ParseAddr(entry.Name); entry.Verb == journal.Gateway && err == nil {
			before.Gateways = append(before.Gateways, via)
		}
	}
	return before, nil
}

// asItRuns is a bond with what the kernel has, where somebody changed it since
// the start, or where the change that is tried asks for something else.
func (r *run) asItRuns(last *plan.Bond) (*plan.Bond, error) {
	now := *last
	now.Options = slices.Clone(last.Options)
	if next := r.Plan.Bond(last.Name); next != nil {
		for _, s := range next.Options {
			if s.Member == "" && !slices.ContainsFunc(now.Options, func(t plan.Setting) bool { return t.Option == s.Option && t.Member == "" }) {
				now.Options = append(now.Options, s)
			}
		}
	}
	w := &work{want: &now, names: map[string]string{}}
	for _, m := range last.Members {
		if nic, _, err := r.resolve(m); err == nil && nic != nil {
			w.names[m.String()] = nic.Name
		}
	}
	running, err := r.running(w)
	if err != nil {
		return nil, err
	}
	now.MTU, now.HWAddr = running.MTU, plan.HWAddr{Addr: running.MAC}
	if fom := running.Options["fail_over_mac"]; fom != "" && fom != "none" {
		now.HWAddr = plan.HWAddr{}
	}
	if mode, err := bond.ParseMode(running.Mode); err == nil {
		now.Mode = mode
	}
	now.Options = slices.DeleteFunc(now.Options, func(s plan.Setting) bool {
		_, ok := running.Options[s.Option]
		return s.Member == "" && (!ok || !s.Spec().Modes.Has(now.Mode))
	})
	for i := range now.Options {
		if s := &now.Options[i]; s.Member == "" {
			s.Value = running.Options[s.Option]
		}
	}
	now.Options = slices.DeleteFunc(now.Options, func(s plan.Setting) bool { return s.Value == "" })
	if now.Mode.HasActive() {
		if active, err := r.Kernel.Option(last.Name, "", "active_slave"); err == nil && active != "" {
			now.Options = slices.DeleteFunc(now.Options, func(s plan.Setting) bool { return s.Option == "active_slave" })
			for word, nic := range w.names {
				if nic == active {
					now.Options = append(now.Options, plan.Setting{Option: "active_slave", Value: word})
				}
			}
		}
	}
	slices.SortStableFunc(now.Options, func(a, b plan.Setting) int { return optionPlace(a.Option) - optionPlace(b.Option) })
	return &now, nil
}

func optionPlace(name string) int {
	return slices.IndexFunc(bond.Options, func(o bond.Option) bool { return o.Name == name })
}

// GoBack makes everything run again that ran before a change, and reports
// whether it was seen to.
func (e *Engine) GoBack(ctx context.Context, before *Before) (Outcome, error) {
	back := *e
	back.Plan = &plan.Plan{Bonds: before.Bonds, MACCheck: plan.MACOff}
	if e.Plan != nil {
		back.Plan.HookUp, back.Plan.HookDown, back.Plan.RootNICs = e.Plan.HookUp, e.Plan.HookDown, e.Plan.RootNICs
	}
	for _, b := range before.Bonds { // its NICs were taken before
		for _, m := range b.Members {
			back.Plan.RootNICs = append(back.Plan.RootNICs, m.String())
		}
	}
	for _, via := range before.Gateways {
		if via.Is4() {
			back.Plan.Gateway = via
		} else {
			back.Plan.Gateway6 = via
		}
	}
	outcome, err := back.Restart(ctx)
	if err != nil {
		return outcome, err
	}
	r := back.begin(ctx)
	if err := r.look(); err != nil {
		r.complain("%v", err)
		return r.outcome, nil
	}
	r.outcome = outcome
	errs := []error{r.settleAround(before)}
	for _, b := range before.Bonds {
		errs = append(errs, r.reorder(before, b.Name))
	}
	for _, err := range split(errors.Join(errs...)) {
		if err != nil {
			r.complain("%v", err)
		}
	}
	r.forgetGateways(before)
	for _, via := range before.Gateways { // it may have gone with an address
		if err := r.gateway(via.Is4(), via); err != nil {
			r.complain("gateway: cannot set the default route via %s: %v", via, err)
		}
	}
	for i := range before.Bonds {
		c, err := r.compare(&before.Bonds[i])
		if err != nil {
			return Degraded, err
		}
		for _, d := range c.Differences {
			if d.Needs != plan.Nothing {
				r.complain("%s: not as it was: %s", c.Bond, d)
			}
		}
		// What the next start compares with is what the file wants, not what ran.
		j, err := e.Journals.Bond(c.Bond)
		if err != nil {
			return Degraded, err
		}
		if last := j.Last(journal.Wanted); last != nil {
			last.Bond = &before.Wanted[i]
			if err := j.Rewrite(j.Entries); err != nil {
				r.complain("%s: %v", c.Bond, err)
			}
		}
	}
	return r.outcome, nil
}

// settleAround gives what stood on the bonds, and the bridges, back what they had.
func (r *run) settleAround(before *Before) error {
	var errs []error
	// A bridge, and then what stands on it: each takes its MTU from below.
	for _, e := range before.Around {
		link := r.links[e.Name]
		if link == nil || link.Index != e.Index {
			continue
		}
		if mac, err := net.ParseMAC(e.MAC); err == nil && link.Kind == "bond" && !slices.Equal(link.Addr, []byte(mac)) {
			errs = append(errs, fmt.Errorf("%s has the address %s, not %s", e.Name, net.HardwareAddr(link.Addr), e.MAC))
		}
	}
	return errors.Join(append(errs, r.settle(before.Around))...)
}

// addressMessages are the addresses of an interface that somebody gave it.
func (r *run) addressMessages(l *rtnl.Link) (list []rtnl.Message) {
	for _, m := range r.state.Messages {
		if index, _, _, ok := m.Addr(); ok && index == l.Index && !madeOfMAC(m) {
			list = append(list, m)
		}
	}
	return list
}

// reorder gives a bond its addresses in the order that they had, since the
// first one of a network is the one that its packets come from. With them go
// routes, which are put back once more.
func (r *run) reorder(before *Before, name string) error {
	link, had := r.links[name], before.Addrs[name]
	if link == nil {
		return nil
	}
	state, err := r.Kernel.State()
	if err != nil {
		return err
	}
	r.state = state
	has := r.addressMessages(link)
	moved := false
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		if slices.Equal(prefixes(had.Messages, family), prefixes(has, family)) {
			continue
		}
		moved = true
		for _, m := range slices.Backward(has) {
			if m.Body[0] != family {
				continue
			}
			if err := r.Kernel.Delete(m); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
				return fmt.Errorf("%s: taking away %s to add it in its place: %w", name, m, err)
			}
		}
	}
	if !moved {
		return nil
	}
	if err := r.replay(had); err != nil {
		return err
	}
	return r.settleAround(before)
}

func prefixes(list []rtnl.Message, family byte) (order []netip.Prefix) {
	for _, m := range list {
		if _, p, _, ok := m.Addr(); ok && m.Body[0] == family {
			order = append(order, p)
		}
	}
	return order
}

// forgetGateways takes away default routes that came with the change.
func (r *run) forgetGateways(before *Before) {
	j, err := r.Journals.System()
	if err != nil {
		r.complain("gateway: %v", err)
		return
	}
	var rest []journal.Entry
	for _, e := range j.Entries {
		via, err := netip.ParseAddr(e.Name)
		if e.Verb != journal.Gateway || err != nil || slices.Contains(before.Gateways, via) {
			rest = append(rest, e)
			continue
		}
		if err := r.deleteRoute(e); err != nil {
			r.complain("gateway: taking away the default route via %s: %v", via, err)
			rest = append(rest, e)
		}
	}
	if len(rest) == len(j.Entries) {
		return
	}
	if err := j.Rewrite(rest); err != nil {
		r.complain("gateway: %v", err)
	}
}
