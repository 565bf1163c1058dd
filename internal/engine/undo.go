// SPDX-License-Identifier: MIT

package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// failed ends a start of a bond that could not go on: what it did is undone.
func (r *run) failed(w *work, err error) {
	for _, e := range split(err) {
		r.lack(w.want, "%v", e)
	}
	if w.restarted {
		r.lack(w.want, "not restarted to the end; %s %s_start goes on", r.Script, w.want.Name)
		return
	}
	back := r.undo(w.want.Name, w.j, w.mark)
	if len(w.taken) > 0 && w.mark > 0 {
		err := w.j.Add(w.taken...)
		for _, e := range w.taken {
			if add := r.Kernel.Add(*e.Message); add != nil && !errors.Is(add, unix.EEXIST) {
				err = errors.Join(err, fmt.Errorf("putting back %s: %w", e.Name, add))
			}
		}
		if err != nil {
			back = false
			r.lack(w.want, "%v", err)
		}
	}
	if back {
		r.lack(w.want, "not started; everything is back as it was")
		return
	}
	r.lack(w.want, "not started; %s %s_stop tries again to put everything back", r.Script, w.want.Name)
}

// undo takes back what a journal has from one entry on, the newest first, and
// reports whether all of it was seen to be back.
func (r *run) undo(name string, j *journal.Journal, from int) bool {
	u, err := r.prepareUndo(name, j, from)
	if err != nil {
		r.complain("%s: %v", name, err)
		return false
	}
	if u.remove {
		if err := r.Kernel.DeleteBonds(name); err != nil {
			r.complain("%s: cannot be removed: %v", name, err)
		}
	}
	return r.finishUndo(u)
}

// undoing is one bond on its way back.
type undoing struct {
	name   string
	j      *journal.Journal
	keep   []journal.Entry // that stay
	list   []journal.Entry // to be undone, the oldest first
	origin journal.Verb
	remove bool // we made it: it goes
	ok     bool
}

// prepareUndo does what comes before the bond itself goes.
func (r *run) prepareUndo(name string, j *journal.Journal, from int) (*undoing, error) {
	if err := r.look(); err != nil {
		return nil, fmt.Errorf("%w; nothing is undone", err)
	}
	u := &undoing{name: name, j: j, keep: j.Entries[:from], list: j.Entries[from:], ok: true}
	var err error
	if u.origin, err = r.originOf(j, name); err != nil {
		return nil, err
	}
	u.remove = u.origin == journal.Made && from == 0
	if u.origin == "" {
		return u, nil
	}
	if err := r.releaseExasock(name); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(u.list, func(e journal.Entry) bool { return e.Verb == journal.DHCP }) && r.Kernel.DHCPClient(name) {
		if err := r.Kernel.StopDHCP(name); err != nil {
			r.complain("%s: stopping dhcpcd: %v", name, err)
		}
	}
	if !u.remove {
		r.strip(u)
	}
	return u, nil
}

// strip takes back what was done to a bond that stays.
func (r *run) strip(u *undoing) {
	problem := func(what string, err error) {
		if err != nil {
			u.ok = false
			r.complain("%s: %s: %v", u.name, what, err)
		}
	}
	link := r.links[u.name]
	for _, e := range u.list {
		switch e.Verb {
		case journal.Addr:
			if err := r.Kernel.Delete(*e.Message); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
				problem("taking away "+e.Message.String(), err)
			}
		case journal.NIC:
			if nic := r.links[e.Name]; nic != nil && nic.Index == e.Index && nic.Master == link.Index {
				problem("releasing "+e.Name, r.Kernel.Release(u.name, e.Name))
			}
		}
	}
	if len(u.keep) == 0 && u.origin != journal.Adopted {
		problem("setting it down", r.Kernel.SetUp(u.name, false))
	}
	for _, e := range slices.Backward(u.list) {
		switch e.Verb {
		case journal.MTU:
			problem("putting back its MTU", r.Kernel.SetMTU(u.name, e.MTU))
		case journal.MAC:
			mac, err := net.ParseMAC(e.MAC)
			if err == nil {
				err = r.Kernel.SetMAC(u.name, mac)
			}
			problem("putting back its address", err)
		}
	}
	r.putBackOptions(u, problem)
}

// putBackOptions gives a bond the options that it had, in the order in which
// the kernel takes them, and looks whether it has them: writing one can change
// another.
func (r *run) putBackOptions(u *undoing, problem func(what string, err error)) {
	had := map[[2]string]string{}
	for _, e := range slices.Backward(u.list) { // the oldest counts
		if e.Verb == journal.Option {
			had[[2]string{e.Name, e.Member}] = e.Old
		}
	}
	refused := map[[2]string]error{}
	// What the mode that comes back does not have can be written in this one only.
	lacking := func(o *bond.Option) bool {
		mode, err := bond.ParseMode(had[[2]string{"mode"}])
		return err == nil && !o.Modes.Has(mode)
	}
	for key, old := range had {
		if o := bond.Lookup(key[0]); o != nil && lacking(o) {
			refused[key] = r.Kernel.SetOption(u.name, key[1], o.Name, old)
		}
	}
	for range rounds {
		for i := range bond.Options {
			o := &bond.Options[i]
			for key, old := range had {
				if key[0] != o.Name || lacking(o) {
					continue
				}
				now, err := r.Kernel.Option(u.name, key[1], o.Name)
				if err == nil && now != old {
					err = r.Kernel.SetOption(u.name, key[1], o.Name, old)
				}
				refused[key] = err
			}
		}
	}
	for key, old := range had {
		now, err := r.Kernel.Option(u.name, key[1], key[0])
		if err == nil && now != old {
			err = cmp.Or(refused[key], fmt.Errorf("the kernel accepted it and has %q", now))
		}
		problem(fmt.Sprintf("putting back %s %s", key[0], old), err)
	}
}

// finishUndo puts the NICs back, looks whether they are, and closes the journal.
func (r *run) finishUndo(u *undoing) bool {
	if err := r.lookAtLinks(); err != nil {
		r.complain("%s: %v", u.name, err)
		return false
	}
	if u.remove && r.links[u.name] != nil {
		r.complain("%s: it is still there", u.name)
		u.ok = false
	}
	for _, text := range r.putBack(u.list) {
		u.ok = false
		r.complain("%s: %s", u.name, text)
	}
	if !u.ok && len(u.keep) == 0 {
		return false // it stays, for the next try
	}
	if err := u.j.Rewrite(u.keep); err != nil {
		r.complain("%s: %v", u.name, err)
		return false
	}
	if len(u.keep) > 0 && slices.ContainsFunc(u.keep, func(e journal.Entry) bool { return e.Verb == journal.Exasock }) {
		if err := r.Kernel.ExasockManage(u.name); err != nil {
			r.complain("%s: giving it to exasock: %v", u.name, err)
			return false
		}
	}
	return u.ok
}

// putBack makes NICs, and what stands on them, as the entries say, and gives
// back what is not so. NICs that are gone, that came back as others, or that
// belong to somebody else by now are left alone.
func (r *run) putBack(entries []journal.Entry) (lacks []string) {
	problem := func(e journal.Entry, err error) {
		if err != nil {
			lacks = append(lacks, fmt.Sprintf("%s cannot be put back as it was: %v", e.Name, err))
		}
	}
	mine := map[string]bool{}
	for _, e := range entries {
		nic := r.links[e.Name]
		if e.Verb != journal.NIC || nic == nil || nic.Index != e.Index || nic.Master != 0 {
			continue
		}
		mine[e.Name] = true
		if nic.MTU != e.MTU {
			problem(e, r.Kernel.SetMTU(e.Name, e.MTU))
		}
		if mac, err := net.ParseMAC(e.MAC); err == nil && !slices.Equal(nic.Addr, []byte(mac)) {
			problem(e, r.Kernel.SetMAC(e.Name, mac))
		}
		problem(e, r.setUp(nic, e.Flags&unix.IFF_UP != 0))
	}
	back := slices.DeleteFunc(slices.Clone(entries), func(e journal.Entry) bool {
		return !(e.Verb == journal.NIC && mine[e.Name] || e.Verb == journal.Upper && mine[e.Member])
	})
	for _, err := range split(r.settle(back)) {
		if err != nil {
			lacks = append(lacks, err.Error())
		}
	}
	for _, e := range back {
		if e.DHCP && !r.Kernel.DHCPClient(e.Name) {
			if err := r.Kernel.StartDHCP(r.ctx, e.Name, "-b"); err != nil {
				lacks = append(lacks, fmt.Sprintf("no lease for %s: %v", e.Name, err))
			}
		}
	}
	return lacks
}

func (r *run) setUp(l *rtnl.Link, up bool) error {
	if up == (l.Flags&unix.IFF_UP != 0) {
		return nil
	}
	return r.Kernel.SetUp(l.Name, up)
}

// uppersOf are the entries of what stands on the NICs.
func uppersOf(entries []journal.Entry, nics []*rtnl.Link) []journal.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e journal.Entry) bool {
		return e.Verb != journal.Upper || !slices.ContainsFunc(nics, func(l *rtnl.Link) bool { return l.Name == e.Member })
	})
}

// settle gives interfaces back what was saved of them, and makes those that
// stand on others, of journal.Upper and journal.Kept, up or down and as large
// as they were.
func (r *run) settle(entries []journal.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if err := r.lookAtLinks(); err != nil {
		return err
	}
	var problems []error
	var saved rtnl.Saved
	for _, e := range entries {
		link := r.links[e.Name]
		if link == nil || link.Index != e.Index {
			continue
		}
		if e.Verb != journal.NIC {
			err := r.setUp(link, e.Flags&unix.IFF_UP != 0)
			if link.MTU != e.MTU && r.room(link) >= e.MTU {
				err = errors.Join(err, r.Kernel.SetMTU(e.Name, e.MTU))
				link.MTU = e.MTU // for what stands on it
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("%s cannot be put back as it was: %w", e.Name, err))
			}
		}
		if e.Saved != nil {
			saved.Messages = append(saved.Messages, e.Saved.Messages...)
			saved.At = e.Saved.At
		}
	}
	problems = append(problems, r.keepDown(entries))
	// One that leads over a member of a bond of ours too is put back with that.
	ours, err := r.Journals.Names()
	if err != nil {
		return err
	}
	saved.Messages = slices.DeleteFunc(saved.Messages, func(m rtnl.Message) bool {
		return slices.ContainsFunc(m.Devices(), func(index int) bool {
			l := r.indexes[index]
			if l == nil || l.MemberKind != "bond" {
				return false
			}
			bond := r.indexes[l.Master]
			return bond != nil && slices.Contains(ours, bond.Name)
		})
	})
	return errors.Join(append(problems, r.replay(saved))...)
}

// keepDown sets down what was down and stands on an interface that is up: the
// kernel sets such VLANs up with it, some kernels a moment later.
func (r *run) keepDown(entries []journal.Entry) error {
	var problems []error
	for range 3 {
		for _, e := range entries {
			link := r.links[e.Name]
			if e.Verb == journal.NIC || e.Flags&unix.IFF_UP != 0 || link == nil || link.Index != e.Index {
				continue
			}
			if lower := r.indexes[link.Lower]; lower == nil || lower.Flags&unix.IFF_UP == 0 {
				continue
			}
			r.Kernel.Wait(r.ctx, keepDownPause)
			if err := r.lookAtLinks(); err != nil {
				return err
			}
			if now := r.links[e.Name]; now != nil && now.Index == e.Index {
				problems = append(problems, r.setUp(now, false))
			}
		}
	}
	return errors.Join(problems...)
}

const keepDownPause = 20 * time.Millisecond

// room is the largest MTU that what an interface stands on leaves it: on a
// member it can be no larger than the bond's.
func (r *run) room(l *rtnl.Link) int {
	if lower := r.indexes[l.Lower]; lower != nil {
		return lower.MTU
	}
	return 1 << 30
}

// replay gives back what was saved, and looks whether it is there.
func (r *run) replay(saved rtnl.Saved) error {
	if len(saved.Messages) == 0 {
		return nil
	}
	requests := saved.Requests(r.Kernel.Uptime())
	refused := map[string]error{}
	var again []rtnl.Request
	dad := false
	for _, q := range requests {
		if q.AfterDAD {
			again, dad = append(again, q), true
		} else if err := r.add(q); err != nil {
			again = append(again, q)
		}
	}
	if dad {
		r.waitForDAD()
	}
	for _, q := range again {
		err := r.add(q)
		if err != nil && q.Instead != nil {
			q.Message = *q.Instead
			err = r.add(q)
		}
		if err != nil {
			refused[q.String()] = err
		}
	}
	lacks, err := r.lacks(saved)
	if err != nil {
		return fmt.Errorf("reading back what was put back: %w", err)
	}
	var problems []error
	for _, what := range lacks {
		err := refused[what]
		if err == nil {
			err = errors.New("the kernel accepted it and does not have it")
		}
		problems = append(problems, fmt.Errorf("putting back %s: %w", what, err))
	}
	return errors.Join(problems...)
}

// add sends a request, an address twice where it is refused: the order of
// addresses is the order in which they are added.
func (r *run) add(q rtnl.Request) error {
	err := r.Kernel.Add(q.Message)
	if err != nil && !errors.Is(err, unix.EEXIST) && q.Class == rtnl.Address {
		err = r.Kernel.Add(q.Message)
	}
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return err
}

func (r *run) lacks(saved rtnl.Saved) ([]string, error) {
	state, err := r.Kernel.State()
	if err != nil {
		return nil, err
	}
	r.state = state
	return state.Lacks(saved), nil
}

// stopOrder are the bonds to stop where none is named: all that have a
// journal, and those of the plan that exist, the last of the plan first.
func (e *Engine) stopOrder(r *run) ([]string, error) {
	names, err := e.Journals.Names()
	if err != nil {
		return nil, err
	}
	var order []string
	if e.Plan != nil {
		for _, b := range slices.Backward(e.Plan.Bonds) {
			if l := r.links[b.Name]; slices.Contains(names, b.Name) || l != nil && l.Kind == "bond" {
				order = append(order, b.Name)
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	return order, nil
}

// Stop undoes what Start did to the bonds that are named, to all where none is.
// It goes by the journals alone and needs no plan.
func (e *Engine) Stop(ctx context.Context, names ...string) (Outcome, error) {
	r := e.begin(ctx)
	if err := r.look(); err != nil {
		r.complain("%v; nothing is done", err)
		return r.outcome, nil
	}
	if len(names) == 0 {
		var err error
		if names, err = e.stopOrder(r); err != nil {
			return Degraded, err
		}
	}
	r.stop(names)
	r.undoSystem()
	return r.outcome, nil
}

func (r *run) stop(names []string) {
	var list []*undoing
	var remove []string
	for _, name := range names {
		if u := r.beginStop(name); u != nil {
			list = append(list, u)
			if u.remove {
				remove = append(remove, name)
			}
		}
	}
	if len(remove) > 0 {
		if err := r.Kernel.DeleteBonds(remove...); err != nil {
			r.complain("removing %s: %v", strings.Join(remove, " "), err)
		}
	}
	for _, u := range list {
		if r.finishUndo(u) {
			r.log("%s: stopped", u.name)
		}
	}
}

// beginStop does what comes before a bond goes; nil where it does not.
func (r *run) beginStop(name string) *undoing {
	j, err := r.Journals.Bond(name)
	if err != nil {
		r.complain("%s: not stopped: %v", name, err)
		return nil
	}
	link := r.links[name]
	if len(j.Entries) == 0 {
		if link != nil && link.Kind == "bond" {
			r.complain("%s: not started by rc.bond: left alone", name)
		}
		return nil
	}
	origin, err := r.originOf(j, name)
	if err != nil {
		r.complain("%s: not stopped: %v", name, err)
		return nil
	}
	if origin == journal.Made {
		if on := r.standOn(link); len(on) > 0 {
			r.complain("%s: not stopped: %s would go with it; stop that first", name, strings.Join(on, " "))
			return nil
		}
	}
	if how, err := r.carriesRoot(name, origin); err != nil || how != "" {
		if err == nil {
			err = fmt.Errorf("it carries the root file system (%s); ALLOW_ROOT_NIC=%q stops it all the same", how, name)
		}
		r.complain("%s: not stopped: %v", name, err)
		return nil
	}
	r.Report.Console("Stopping " + name)
	if origin != "" {
		r.hook("bond_down", r.Plan != nil && r.Plan.HookDown, name)
	}
	u, err := r.prepareUndo(name, j, 0)
	if err != nil {
		r.complain("%s: not stopped: %v", name, err)
		return nil
	}
	return u
}

// carriesRoot tells how a bond carries the root file system, "" where it does
// not, or where the file says that it may be stopped all the same.
func (r *run) carriesRoot(name string, origin journal.Verb) (how string, err error) {
	if r.RootNICs == nil || origin == "" || r.Plan != nil && slices.Contains(r.Plan.RootNICs, name) {
		return "", nil
	}
	carry, err := r.RootNICs()
	if err != nil {
		return "", fmt.Errorf("looking which NIC carries the root file system: %w", err)
	}
	return carry[name], nil
}

// standOn names what would go with a bond, or lose it.
func (r *run) standOn(link *rtnl.Link) (names []string) {
	for _, u := range r.uppers(link) {
		names = append(names, u.Name)
	}
	if master := r.indexes[link.Master]; link.Master != 0 && master != nil {
		names = append(names, master.Name)
	}
	return names
}

// releaseExasock has the exasock driver let go of a bond: while it manages one,
// no member comes or goes, and removing it hangs the kernel.
func (r *run) releaseExasock(name string) error {
	managed, err := r.managed(name)
	if err != nil || !managed {
		return err
	}
	if err := r.Kernel.ExasockRelease(name); err != nil {
		return fmt.Errorf("exasock does not let go of it: %w", err)
	}
	return nil
}

func (r *run) manageExasock(w *work) error {
	if !w.want.Exasock {
		if !w.j.Has(journal.Exasock) {
			return nil
		}
		if err := r.releaseExasock(w.want.Name); err != nil {
			return err
		}
		return w.j.Rewrite(without(w.j.Entries, journal.Exasock))
	}
	managed, err := r.managed(w.want.Name)
	if err != nil || managed {
		return err
	}
	if !w.j.Has(journal.Exasock) {
		if err := w.j.Add(journal.Entry{Verb: journal.Exasock}); err != nil {
			return err
		}
	}
	if err := r.Kernel.ExasockManage(w.want.Name); err != nil {
		return fmt.Errorf("giving it to exasock: %w", err)
	}
	return nil
}

func without(entries []journal.Entry, verb journal.Verb) []journal.Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e journal.Entry) bool { return e.Verb == verb })
}
