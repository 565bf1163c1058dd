// SPDX-License-Identifier: MIT

package engine

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// Restart makes bonds what is wanted, also where that takes them down: only as
// far as it does, without removing them, so that what stands on them stays,
// and with the addresses and routes that others gave them. Where none is named,
// bonds that were started and are no longer wanted are stopped.
func (e *Engine) Restart(ctx context.Context, names ...string) (Outcome, error) {
	bonds, err := e.wanted(names)
	if err != nil {
		return Degraded, err
	}
	r := e.begin(ctx)
	if err := r.loadModules(bonds); err != nil {
		r.complain("modules: %v", err)
		return r.outcome, nil
	}
	if err := r.look(); err != nil {
		r.complain("%v; nothing is done", err)
		return r.outcome, nil
	}
	if len(names) == 0 {
		leftover, err := e.Leftover()
		if err != nil {
			return Degraded, err
		}
		r.stop(leftover)
	}
	var made []*work
	for _, b := range bonds {
		if w := r.restart(b); w != nil {
			made = append(made, w)
		}
	}
	r.finish(made)
	r.undoSystem() // where no bond is left
	return r.outcome, nil
}

// restart gives the bond when it is up again, nil where it is not or was not
// touched. Where what is wanted cannot be had after all, the bond goes back to
// what the last start wanted.
func (r *run) restart(b *plan.Bond) *work {
	w, touched, err := r.attempt(b)
	switch {
	case err == nil:
		return w
	case errors.Is(err, errStarted):
		return nil
	case !touched:
		r.refuse(b, err, "not restarted, nothing touched")
		return nil
	}
	for _, e := range split(err) {
		r.lack(b, "%v", e)
	}
	if w.last == nil {
		r.lack(b, "not restarted; %s %s_start tries again", r.Script, b.Name)
		return nil
	}
	r.lack(b, "not restarted; it goes back to what ran before")
	w, _, err = r.attempt(w.last)
	if err == nil {
		return w
	}
	for _, e := range split(err) {
		r.lack(b, "%v", e)
	}
	r.giveUp(b)
	return nil
}

// giveUp ends a restart that could neither go on nor back. A bond without
// members on which nothing stands is of no use: its NICs are put back.
func (r *run) giveUp(b *plan.Bond) {
	j, err := r.Journals.Bond(b.Name)
	if err == nil {
		err = r.look()
	}
	if err != nil {
		r.lack(b, "%v", err)
	} else if link := r.links[b.Name]; link != nil && len(r.membersOf(link)) == 0 && len(r.standOn(link)) == 0 && r.undo(b.Name, j, 0) {
		r.lack(b, "it cannot go back; it is stopped, and its NICs are as they were before it")
		return
	}
	r.lack(b, "it cannot go back; %s %s_start tries again, %s %s_stop puts the NICs back", r.Script, b.Name, r.Script, b.Name)
}

// attempt makes a bond that runs what is wanted. Whether it was touched counts
// where there is an error.
func (r *run) attempt(b *plan.Bond) (w *work, touched bool, err error) {
	if err := r.look(); err != nil {
		return nil, false, err
	}
	w, err = r.survey(b)
	var mode *needsRestart
	if err != nil && !(w != nil && len(split(err)) == 1 && errors.As(err, &mode)) {
		return nil, false, err
	}
	if !w.exists || w.origin != journal.Made && w.origin != journal.Taken || len(w.here)+len(w.extra) == 0 && !w.j.Has(journal.Kept) {
		if !r.bringUp(w) {
			return nil, true, errStarted
		}
		return w, true, nil
	}
	if mode != nil { // what survey leaves out after a fault
		if err := r.surveyRest(w); err != nil {
			return nil, false, err
		}
	}
	if touched, err := r.takeDown(w); err != nil {
		return w, touched, err
	}
	w.restarted = true
	r.tellStarting(w)
	return w, true, r.raise(w)
}

// surveyRest is the part of survey that a wrong mode kept it from.
func (r *run) surveyRest(w *work) error {
	if w.want.Exasock {
		if err := r.loadExasock(); err != nil {
			return err
		}
	}
	return r.surveyAddress(w, r.links[w.want.Name])
}

// takeDown sets a bond down and releases its members, as far as what is wanted
// takes that, after writing down what others gave it.
func (r *run) takeDown(w *work) (touched bool, err error) {
	running, err := r.running(w)
	if err != nil {
		return false, err
	}
	needs := map[plan.Needs]bool{}
	for _, d := range plan.Diff(w.want, w.last, running) {
		needs[d.Needs] = true
		// Some NICs take another address only while they are down.
		needs[plan.Empty] = needs[plan.Empty] || d.Kind == plan.KindMAC
	}
	link := r.links[w.want.Name]
	if w.mac != nil && !slices.Equal(link.Addr, []byte(w.mac)) {
		needs[plan.Empty] = true
	}
	if needs[plan.Empty] && !slices.ContainsFunc(slices.Concat(w.here, w.add), r.canOpen) {
		return false, errors.New("none of its members could join it again: each stands on an interface that is down")
	}
	if err := r.keep(w, link); err != nil {
		return false, err
	}
	r.Report.Console("Stopping " + w.want.Name)
	r.hook("bond_down", r.Plan.HookDown, w.want.Name)
	w.changed = true
	w.mark = 0
	leave := slices.Clone(w.extra)
	if needs[plan.Empty] {
		leave = append(leave, w.here...)
	}
	if len(leave) > 0 {
		if err := r.releaseExasock(w.want.Name); err != nil {
			return false, err
		}
	}
	if w.j.Has(journal.DHCP) && r.Kernel.DHCPClient(w.want.Name) {
		if err := r.Kernel.StopDHCP(w.want.Name); err != nil {
			r.lack(w.want, "stopping dhcpcd: %v", err)
		}
	}
	if needs[plan.Empty] || needs[plan.Down] {
		if err := r.Kernel.SetUp(w.want.Name, false); err != nil {
			r.lack(w.want, "setting it down: %v", err)
		}
	}
	for _, nic := range leave {
		if err := r.Kernel.Release(w.want.Name, nic.Name); err != nil {
			r.lack(w.want, "releasing %s: %v", nic.Name, err)
		}
	}
	return true, r.released(w, needs)
}

// released looks what is left of a bond, and puts back NICs that go for good.
func (r *run) released(w *work, needs map[plan.Needs]bool) error {
	if err := r.look(); err != nil {
		return err
	}
	link := r.links[w.want.Name]
	if link == nil {
		return errors.New("somebody removed it")
	}
	var gone, rest []journal.Entry
	mine := map[string]bool{}
	for _, nic := range w.extra {
		if now := r.links[nic.Name]; now != nil && now.Master == 0 {
			mine[nic.Name] = true
		}
	}
	for _, e := range w.j.Entries {
		if e.Verb == journal.NIC && mine[e.Name] || e.Verb == journal.Upper && mine[e.Member] {
			gone = append(gone, e)
		} else {
			rest = append(rest, e)
		}
	}
	w.extra = nil
	if len(gone) > 0 {
		lacks := r.putBack(gone)
		for _, text := range lacks {
			r.lack(w.want, "%s", text)
		}
		if len(lacks) == 0 {
			if err := w.j.Rewrite(rest); err != nil {
				r.lack(w.want, "%v", err)
			}
		}
	}
	here := w.here
	w.here = nil
	for _, nic := range here {
		now := r.links[nic.Name]
		switch {
		case now == nil:
			w.missing = append(w.missing, "no such NIC: "+nic.Name)
		case now.Master == link.Index:
			w.here = append(w.here, now)
		default:
			w.add = append(w.add, now)
		}
	}
	for i, nic := range w.add {
		if now := r.links[nic.Name]; now != nil {
			w.add[i] = now
		}
	}
	slices.SortStableFunc(w.add, func(a, b *rtnl.Link) int { return r.place(w, a) - r.place(w, b) })
	w.fresh = len(w.here) == 0
	if !w.fresh && needs[plan.Down] {
		w.down = true
	}
	return nil
}

// place is where BONDNICS has a NIC: the first one gives the bond its address.
func (r *run) place(w *work, l *rtnl.Link) int {
	return slices.IndexFunc(w.want.Members, func(m plan.Member) bool { return w.names[m.String()] == l.Name })
}

// canOpen is false of a NIC that will refuse to join: a VLAN on an interface
// that is down.
func (r *run) canOpen(l *rtnl.Link) bool {
	lower := r.indexes[l.Lower]
	return l.Kind != "vlan" || lower == nil || lower.Flags&unix.IFF_UP != 0
}

// keep writes down what others gave a bond and what stands on it. A journal
// that has it already is one of a restart that was killed.
func (r *run) keep(w *work, link *rtnl.Link) error {
	if w.j.Has(journal.Kept) {
		return nil
	}
	kept := []journal.Entry{r.entryOf(journal.Kept, link)}
	kept[0].Saved.Messages = slices.DeleteFunc(kept[0].Saved.Messages, w.gaveTo(r))
	for _, upper := range r.uppers(link) {
		kept = append(kept, r.entryOf(journal.Kept, upper))
	}
	for i := range kept {
		kept[i].Saved.Messages = slices.DeleteFunc(kept[i].Saved.Messages, madeOfMAC)
	}
	return w.reopen(kept...)
}

// madeOfMAC reports whether a message is a link-local address that the kernel
// made of a MAC address (RFC 4291, appendix A): of a bond that is the one of
// its creation, and the kernel makes another when it is set up again.
func madeOfMAC(m rtnl.Message) bool {
	_, p, _, ok := m.Addr()
	b := p.Addr().As16()
	return ok && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() && b[11] == 0xff && b[12] == 0xfe
}

// gaveTo is gave for one bond.
func (w *work) gaveTo(r *run) func(rtnl.Message) bool {
	return func(m rtnl.Message) bool { return r.gave(w, m) }
}

// gave reports whether it was us, or our DHCP client, who gave a bond this.
func (r *run) gave(w *work, m rtnl.Message) bool {
	is4 := len(m.Body) > 0 && m.Body[0] == unix.AF_INET
	if is4 && w.j.Has(journal.DHCP) && (m.Class == rtnl.Address || m.Class == rtnl.Route) {
		return true
	}
	if _, p, _, ok := m.Addr(); ok {
		return slices.ContainsFunc(w.j.Entries, func(e journal.Entry) bool {
			q, err := netip.ParsePrefix(e.Name)
			return e.Verb == journal.Addr && err == nil && p == q
		})
	}
	system, err := r.Journals.System()
	return err == nil && isDefault(m, is4) && slices.ContainsFunc(system.Entries, func(e journal.Entry) bool {
		return e.Verb == journal.Gateway && isDefault(*e.Message, is4)
	})
}

// putBackKept gives a bond back what others had given it before a restart.
func (r *run) putBackKept(w *work) {
	if !w.j.Has(journal.Kept) {
		return
	}
	var kept, rest []journal.Entry
	for _, e := range w.j.Entries {
		if e.Verb != journal.Kept {
			rest = append(rest, e)
			continue
		}
		if e.Name == w.want.Name { // its MTU and state are as they are wanted
			link := r.links[e.Name]
			e.Flags, e.MTU = link.Flags, link.MTU
		}
		kept = append(kept, e)
	}
	for _, err := range split(r.settle(kept)) {
		if err != nil {
			r.lack(w.want, "%v", err)
		}
	}
	if err := w.j.Rewrite(rest); err != nil {
		r.lack(w.want, "%v", err)
	}
}
