// SPDX-License-Identifier: MIT

package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// bringUp makes the bond what is wanted, with every member that there is. A
// step that fails is undone with all before it, and false comes back.
func (r *run) bringUp(w *work) bool {
	r.tellStarting(w)
	if err := r.raise(w); err != nil {
		r.failed(w, err)
		return false
	}
	if w.changed {
		r.log("%s: up, mode %s, members %s", w.want.Name, w.want.Mode, r.memberNames(w.here))
	}
	return true
}

func (r *run) tellStarting(w *work) {
	names := make([]string, len(w.want.Members))
	for i, m := range w.want.Members {
		names[i] = m.String()
	}
	r.Report.Console(fmt.Sprintf("Starting %s:  %s (%s)", w.want.Name, strings.Join(names, " "), w.want.Mode))
	w.begun = r.Kernel.Uptime()
}

func (r *run) raise(w *work) error {
	for _, why := range w.missing {
		r.lack(w.want, "%s; %s %s_start adds it when it is there", why, r.Script, w.want.Name)
	}
	for _, why := range w.unfit {
		r.lack(w.want, "%s; the bond does without it", why)
	}
	if err := r.make(w); err != nil {
		return err
	}
	name := w.want.Name
	if w.fresh && r.links[name].Flags&unix.IFF_UP != 0 {
		if err := r.Kernel.SetUp(name, false); err != nil {
			return fmt.Errorf("setting it down: %w", err)
		}
	}
	if err := errors.Join(r.setMTU(w), r.setMAC(w)); err != nil {
		return err
	}
	if err := r.setOptions(w, false); err != nil {
		return err
	}
	if r.links[name].Flags&unix.IFF_UP == 0 || w.fresh {
		if err := r.Kernel.SetUp(name, true); err != nil {
			return fmt.Errorf("setting it up: %w", err)
		}
		w.changed = true
	}
	if len(w.add) == 0 && !w.j.Has(journal.Complete) { // the last one was killed
		r.settleUppers(w)
	}
	if len(w.add) > 0 {
		if err := errors.Join(r.releaseExasock(name), r.enslave(w)); err != nil {
			return err
		}
	}
	if len(w.here) == 0 {
		return errors.New("none of its members could join it")
	}
	if err := r.mendMembers(w); err != nil {
		return err
	}
	if err := r.setOptions(w, true); err != nil {
		return err
	}
	r.chooseActive(w, false)
	return r.manageExasock(w)
}

// chooseActive makes the member the active one that the file names: a choice
// that is made by a first start and by a restart, since the bond may have failed
// over since. The kernel refuses one that has no link: the last try is after the
// wait for links.
func (r *run) chooseActive(w *work, last bool) {
	want, ok := w.want.Option("active_slave")
	if !ok || !w.fresh && !w.restarted {
		return
	}
	nic := w.names[want]
	if !slices.ContainsFunc(w.here, func(l *rtnl.Link) bool { return l.Name == nic }) {
		return // it is missing, which was said
	}
	err := r.Kernel.SetOption(w.want.Name, "", "active_slave", nic)
	if err == nil {
		var now string
		if now, err = r.Kernel.Option(w.want.Name, "", "active_slave"); err == nil && now != nic {
			err = fmt.Errorf("the kernel accepted it and has %q", now)
		}
	}
	w.choose = err != nil && !last
	if err != nil && last {
		r.lack(w.want, "setting active_slave %s: %v", nic, err)
	}
}

// make makes the bond, or writes down how it came to be ours.
func (r *run) make(w *work) error {
	name := w.want.Name
	if !w.exists {
		if err := w.j.Add(journal.Entry{Verb: journal.Making}); err != nil {
			return err
		}
		options := [][2]string{{"mode", w.want.Mode.String()}}
		for _, s := range w.want.Options {
			if s.Member == "" && s.Option != "active_slave" && s.Option != "primary" {
				options = append(options, [2]string{s.Option, s.Value})
			}
		}
		index, err := r.Kernel.CreateBond(name, options)
		if err != nil {
			return fmt.Errorf("making it: %w", err)
		}
		w.origin, w.exists, w.changed = journal.Made, true, true
		if err := w.j.Add(journal.Entry{Verb: journal.Made, Index: index}); err != nil {
			return err
		}
		return r.lookAtLinks()
	}
	link := r.links[name]
	if !r.noted(w.j, w.origin, link.Index) {
		if err := w.j.Add(journal.Entry{Verb: w.origin, Index: link.Index}); err != nil {
			return err
		}
		r.log("%s: %s as it is: rc.bond did not make it and will not remove it", name, w.origin)
	}
	return nil
}

func (r *run) noted(j *journal.Journal, verb journal.Verb, index int) bool {
	return slices.ContainsFunc(j.Entries, func(e journal.Entry) bool { return e.Verb == verb && e.Index == index })
}

// setMTU gives the bond its MTU, or the one that it had where the file no
// longer names one.
func (r *run) setMTU(w *work) error {
	link, mtu := r.links[w.want.Name], w.want.MTU
	if mtu == 0 {
		was := w.j.First(journal.MTU)
		if was == nil || w.last == nil || w.last.MTU == 0 || w.last.MTU != link.MTU {
			return nil
		}
		mtu = was.MTU
	}
	if link.MTU == mtu {
		return nil
	}
	if err := w.j.Add(journal.Entry{Verb: journal.MTU, MTU: link.MTU}); err != nil {
		return err
	}
	if err := r.Kernel.SetMTU(link.Name, mtu); err != nil {
		if nic := r.tooSmall(w, mtu); nic != "" {
			return fmt.Errorf("setting MTU %d: %w: %s", mtu, err, nic)
		}
		return fmt.Errorf("setting MTU %d: %w", mtu, err)
	}
	if err := r.lookAtLinks(); err != nil {
		return err
	}
	if now := r.links[w.want.Name].MTU; now != mtu {
		return fmt.Errorf("setting MTU %d: the kernel accepted it and has %d", mtu, now)
	}
	w.changed = true
	return nil
}

// tooSmall names a member that keeps the bond from an MTU.
func (r *run) tooSmall(w *work, mtu int) string {
	for _, l := range w.here {
		if l.MaxMTU > 0 && mtu > l.MaxMTU {
			return l.Name + " takes at most " + strconv.Itoa(l.MaxMTU)
		}
	}
	return ""
}

// setMAC gives an empty bond its address, before its first member joins, whose
// address it takes otherwise.
func (r *run) setMAC(w *work) error {
	link := r.links[w.want.Name]
	if w.mac == nil || slices.Equal(link.Addr, []byte(w.mac)) {
		return nil
	}
	if !w.fresh {
		r.lack(w.want, "its address is %s, not %s: %s %s_restart changes that", net.HardwareAddr(link.Addr), w.mac, r.Script, link.Name)
		return nil
	}
	if w.origin == journal.Taken && !w.j.Has(journal.MAC) {
		if err := w.j.Add(journal.Entry{Verb: journal.MAC, MAC: net.HardwareAddr(link.Addr).String()}); err != nil {
			return err
		}
	}
	return r.putMAC(w)
}

func (r *run) putMAC(w *work) error {
	if err := r.Kernel.SetMAC(w.want.Name, w.mac); err != nil {
		return fmt.Errorf("setting address %s: %w", w.mac, err)
	}
	if err := r.lookAtLinks(); err != nil {
		return err
	}
	if now := r.links[w.want.Name].Addr; !slices.Equal(now, []byte(w.mac)) {
		return fmt.Errorf("setting address %s: the kernel accepted it and has %s", w.mac, net.HardwareAddr(now))
	}
	w.changed = true
	return nil
}

// rounds bounds how often differences are looked for: writing one option can
// change another (miimon halves the delays).
const rounds = 3

// setOptions writes the options that differ: those that need no members, or,
// once these are in, the rest. What the kernel does not take, or what takes a
// restart, is named, and the bond does without.
func (r *run) setOptions(w *work, members bool) error {
	awaits := map[string]bool{}
	for range rounds {
		running, err := r.running(w)
		if err != nil {
			return err
		}
		pending := 0
		for _, d := range plan.Diff(w.want, w.last, running) {
			key := string(d.Kind) + " " + d.Subject
			if w.refused[key] || awaits[key] || !r.ours(w, d, members) {
				continue
			}
			if d.Kind == plan.KindNoOption {
				w.refused[key] = true
				r.lack(w.want, "%s %s is not set: the bonding driver of this kernel has no such option", d.Subject, d.Want)
				continue
			}
			if !w.fresh && (d.Needs == plan.Down && !w.down || d.Needs == plan.Empty) {
				w.refused[key] = true
				r.lack(w.want, "%s is %q, not %q: that takes %s %s_restart", d.Subject, d.Have, d.Want, r.Script, w.want.Name)
				continue
			}
			if err := r.setOption(w, d); err != nil {
				if d.Kind == plan.KindMode || errors.Is(err, errJournal) {
					return err
				}
				w.refused[key] = true
				r.lack(w.want, "%v", err)
				continue
			}
			// One that is named before it is a member reads back empty.
			awaits[key] = d.Subject == "primary" && !members
			pending++
		}
		if pending == 0 {
			return nil
		}
	}
	running, err := r.running(w)
	if err != nil {
		return err
	}
	for _, d := range plan.Diff(w.want, w.last, running) {
		if key := string(d.Kind) + " " + d.Subject; !w.refused[key] && !awaits[key] && r.ours(w, d, members) {
			w.refused[key] = true
			r.lack(w.want, "setting %s %s: the kernel accepted it and has %q", d.Subject, d.Want, d.Have)
		}
	}
	return nil
}

// ours reports whether a difference is one for setOptions.
func (r *run) ours(w *work, d plan.Difference, members bool) bool {
	switch d.Kind {
	case plan.KindMode:
		return !members && w.fresh
	case plan.KindNoOption:
		return true
	case plan.KindMemberOption:
		return members
	case plan.KindOption:
		if d.Subject == "primary" && w.names[d.Want] == "" && d.Want != "" {
			return false // it is missing, which was said
		}
		return !members || d.Subject == "primary"
	}
	return false
}

var errJournal = errors.New("journal")

// journalError is what went wrong with a journal, and [errJournal].
type journalError struct{ error }

func (e *journalError) Is(target error) bool { return target == errJournal }
func (e *journalError) Unwrap() error        { return e.error }

// setOption writes one option.
func (r *run) setOption(w *work, d plan.Difference) error {
	name, member := d.Subject, ""
	if d.Kind == plan.KindMode {
		name = "mode"
	}
	if d.Kind == plan.KindMemberOption {
		word, option, _ := strings.Cut(d.Subject, " ")
		name, member = option, w.names[word]
		if member == "" {
			member = word
		}
	}
	if w.origin != journal.Made && member == "" || !w.fresh {
		if err := r.noteOption(w, member, name, d.Have); err != nil {
			return &journalError{err}
		}
	}
	value := d.Want
	if nic, ok := w.names[value]; ok {
		value = nic // primary mac=…
	}
	if err := r.Kernel.SetOption(w.want.Name, member, name, value); err != nil {
		return fmt.Errorf("setting %s %s: %w", d.Subject, d.Want, err)
	}
	w.changed = true
	return nil
}

// delays are what the kernel keeps as multiples of miimon: a change of that one
// changes them.
var delays = []string{"updelay", "downdelay", "peer_notif_delay"}

// noteOption writes down what an option was, and those that change with it.
func (r *run) noteOption(w *work, member, name, old string) error {
	entries := []journal.Entry{{Verb: journal.Option, Name: name, Member: member, Old: old}}
	if name == "miimon" {
		for _, delay := range delays {
			value, err := r.Kernel.Option(w.want.Name, "", delay)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return err
			}
			entries = append(entries, journal.Entry{Verb: journal.Option, Name: delay, Old: value})
		}
	}
	return w.j.Add(entries...)
}

// enslave puts in the NICs of add, which give up their own addresses first.
func (r *run) enslave(w *work) error {
	if err := r.noteNICs(w); err != nil {
		return err
	}
	for _, nic := range w.add {
		err := r.join(w, nic)
		if err == nil {
			continue
		}
		r.leaveOut(w, nic, err)
		// A first member that fails leaves the bond with a random address.
		if w.mac != nil && w.fresh && len(w.here) == 0 {
			if err := r.putMAC(w); err != nil {
				return err
			}
		}
	}
	if err := r.lookAtLinks(); err != nil {
		return err
	}
	bond := r.links[w.want.Name]
	if bond == nil {
		return errors.New("somebody removed it")
	}
	for _, nic := range w.add {
		now := r.links[nic.Name]
		switch {
		case now == nil || now.Index != nic.Index:
			if !w.refused["nic "+nic.Name] {
				r.lack(w.want, "no such NIC any more: %s", nic.Name)
			}
		case now.Master == bond.Index:
			w.here = append(w.here, now)
			w.changed = true
		case !w.refused["nic "+nic.Name]:
			r.leaveOut(w, nic, errors.New("the kernel accepted it, and it is not a member"))
		}
	}
	w.add = nil
	// What stands on a NIC loses with it what it loses when it is set down.
	r.settleUppers(w)
	return nil
}

func (r *run) settleUppers(w *work) {
	for _, err := range split(r.settle(uppersOf(w.j.Entries, w.here))) {
		if err != nil {
			w.unsettled = true
			r.lack(w.want, "%v", err)
		}
	}
}

// join makes a NIC a member.
func (r *run) join(w *work, nic *rtnl.Link) error {
	if e := w.j.Find(journal.NIC, nic.Name, nic.Index); e != nil && e.DHCP && r.Kernel.DHCPClient(nic.Name) {
		if err := r.Kernel.StopDHCP(nic.Name); err != nil {
			r.lack(w.want, "stopping dhcpcd on %s: %v", nic.Name, err)
		} else if err := r.forgetLease(w, e); err != nil {
			return err
		}
	}
	// Those of IPv6 go when it is set down, those of IPv4 would stay. Backwards,
	// because with the first of a network the kernel may drop the others.
	for _, m := range slices.Backward(r.state.Messages) {
		index, prefix, _, ok := m.Addr()
		if !ok || index != nic.Index || !prefix.Addr().Is4() {
			continue
		}
		if err := r.Kernel.Delete(m); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fmt.Errorf("taking away its address %s: %w", prefix, err)
		}
	}
	if nic.Flags&unix.IFF_UP != 0 {
		if err := r.Kernel.SetUp(nic.Name, false); err != nil {
			return fmt.Errorf("setting it down: %w", err)
		}
	}
	return r.Kernel.Enslave(w.want.Name, nic.Name)
}

// forgetLease takes out of a NIC's entry what went with its DHCP client, which
// brings that again.
func (r *run) forgetLease(w *work, e *journal.Entry) error {
	state, err := r.Kernel.State()
	if err != nil {
		return err
	}
	r.state = state
	left := state.Of([]int{e.Index}, r.allLinks())
	saved := *e.Saved
	saved.Messages = slices.DeleteFunc(slices.Clone(saved.Messages), func(m rtnl.Message) bool {
		return m.LeaseLike() && !slices.ContainsFunc(left.Messages, func(n rtnl.Message) bool { return m.String() == n.String() })
	})
	e.Saved = &saved
	return w.j.Rewrite(w.j.Entries)
}

// leaveOut goes on without a NIC that cannot be used, as it was.
func (r *run) leaveOut(w *work, nic *rtnl.Link, err error) {
	w.refused["nic "+nic.Name] = true
	if errors.Is(err, unix.ENODEV) {
		r.lack(w.want, "no such NIC any more: %s", nic.Name)
		return
	}
	why := err.Error()
	if bond := r.links[w.want.Name]; errors.Is(err, unix.ERANGE) && bond != nil {
		why = fmt.Sprintf("the bond's MTU is %d, which it does not take: %v", bond.MTU, err)
	}
	r.lack(w.want, "%s cannot be used: %s; the bond does without it", nic.Name, why)
	var back, rest []journal.Entry
	mine := map[string]bool{nic.Name: true}
	for _, e := range w.j.Entries {
		if (e.Verb == journal.NIC && e.Name == nic.Name || e.Verb == journal.Upper && mine[e.Member]) && e.Saved != nil {
			back = append(back, e)
		} else {
			rest = append(rest, e)
		}
	}
	if err := r.lookAtLinks(); err != nil {
		r.lack(w.want, "%v", err)
		return
	}
	if lacks := r.putBack(back); len(lacks) > 0 {
		for _, text := range lacks {
			r.lack(w.want, "%s", text)
		}
		return // its entry stays: a stop tries again
	}
	if err := w.j.Rewrite(rest); err != nil {
		r.lack(w.want, "%v", err)
	}
}

// noteNICs writes down how the NICs of add are, and what stands on them, which
// loses IPv6 addresses and routes when the NIC is set down.
func (r *run) noteNICs(w *work) error {
	var entries []journal.Entry
	for _, nic := range w.add {
		if w.j.Find(journal.NIC, nic.Name, nic.Index) != nil {
			continue
		}
		entries = append(entries, r.entryOf(journal.NIC, nic))
		last := &entries[len(entries)-1]
		last.DHCP = r.Kernel.DHCPClient(nic.Name)
		for _, upper := range r.uppers(nic) {
			e := r.entryOf(journal.Upper, upper)
			e.Member = nic.Name
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return w.reopen(entries...)
}

// reopen adds entries to a journal that may be complete, and is so no more.
func (w *work) reopen(entries ...journal.Entry) error {
	if !w.j.Has(journal.Complete) {
		return w.j.Add(entries...)
	}
	rest := without(w.j.Entries, journal.Complete)
	if w.mark > 0 {
		w.mark -= len(w.j.Entries) - len(rest)
	}
	return w.j.Rewrite(append(rest, entries...))
}

// entryOf describes an interface so that it can be put back.
func (r *run) entryOf(verb journal.Verb, l *rtnl.Link) journal.Entry {
	saved := r.state.Of([]int{l.Index}, r.allLinks())
	return journal.Entry{
		Verb: verb, Name: l.Name, Index: l.Index, Flags: l.Flags, MTU: l.MTU,
		MAC: net.HardwareAddr(l.Addr).String(), Permanent: permanent(l).String(), Saved: &saved,
	}
}

func (r *run) allLinks() []rtnl.Link {
	list := make([]rtnl.Link, 0, len(r.links))
	for _, l := range r.links {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b rtnl.Link) int { return a.Index - b.Index })
	return list
}

// uppers are the interfaces that stand on one, VLANs and the like, and those on
// them, the lower ones first.
func (r *run) uppers(l *rtnl.Link) []*rtnl.Link {
	var list []*rtnl.Link
	for _, u := range r.allLinks() {
		if u.Lower == l.Index && u.Index != l.Index {
			list = append(list, r.indexes[u.Index])
		}
	}
	for _, u := range slices.Clone(list) {
		for _, v := range r.uppers(u) {
			if !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
	}
	return list
}

// mendMembers sets up members that are down, and gives those their address and
// MTU back that lost them.
func (r *run) mendMembers(w *work) error {
	running, err := r.running(w)
	if err != nil {
		return err
	}
	bond := r.links[w.want.Name]
	for _, d := range plan.Diff(w.want, w.last, running) {
		nic := r.links[d.Subject]
		switch d.Kind {
		case plan.KindMemberDown:
			// rc.inet1 sets down what it takes for an interface of its own.
			err = r.Kernel.SetUp(d.Subject, true)
		case plan.KindMemberMAC:
			err = r.Kernel.SetMAC(d.Subject, bond.Addr)
		case plan.KindMemberMTU:
			err = r.Kernel.SetMTU(d.Subject, bond.MTU)
		case plan.KindMemberExtra:
			r.lack(w.want, "%s is a member and not in BONDNICS[%d]: %s %s_restart releases it", d.Subject, w.want.Index, r.Script, w.want.Name)
			continue
		default:
			continue
		}
		if err != nil {
			r.lack(w.want, "%s, and that cannot be mended: %v", d, err)
			continue
		}
		w.changed = true
		if nic != nil {
			r.log("%s: mended: %s", w.want.Name, d)
		}
	}
	return r.lookAtLinks()
}
