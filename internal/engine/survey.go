// SPDX-License-Identifier: MIT

package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// work is one bond on its way to what is wanted.
type work struct {
	want *plan.Bond
	last *plan.Bond // what the last start wanted; nil where there was none
	j    *journal.Journal
	// origin is how the bond came to be ours: journal.Made, Taken or Adopted; ""
	// where it does not exist, or is not ours yet.
	origin journal.Verb
	exists bool

	here    []*rtnl.Link // wanted members that are in
	extra   []*rtnl.Link // members that are not wanted
	add     []*rtnl.Link // NICs to put in
	missing []string     // members that are not there
	unfit   []string     // members that are there and cannot be used, and why
	names   map[string]string
	mac     net.HardwareAddr // the address that it is to have; nil: whatever it gets

	fresh     bool          // it is empty, so that everything can be set
	unsettled bool          // what stands on its members is not as it was
	down      bool          // a restart set it down, members and all
	changed   bool          // something was done
	begun     time.Duration // CLOCK_BOOTTIME
	restarted bool          // it ran before, and is not taken away where something fails
	mark      int           // how many entries the journal had
	refused   map[string]bool
	choose    bool            // the active member is still to be chosen
	taken     []journal.Entry // addresses that it had, and that are no longer wanted
}

var errNotBond = errors.New("there is an interface of this name that is not a bond")

// survey finds out everything that can be known before a bond is touched. The
// error joins all faults that keep it from being started.
func (r *run) survey(b *plan.Bond) (*work, error) {
	w := &work{want: b, names: map[string]string{}, refused: map[string]bool{}}
	if err := r.open(w); err != nil {
		return nil, err
	}
	link := r.links[b.Name]
	if link != nil && link.Kind != "bond" {
		return nil, errNotBond
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	for _, m := range b.Members {
		nic, why, err := r.resolve(m)
		switch {
		case err != nil:
			fault("%w", err)
			continue
		case nic == nil:
			w.missing = append(w.missing, why)
			continue
		}
		w.names[m.String()] = nic.Name
		switch {
		case slices.Contains(w.add, nic) || slices.Contains(w.here, nic):
			fault("%s is %s, which is a member already", m, nic.Name)
		case link != nil && nic.Master == link.Index:
			w.here = append(w.here, nic)
		default:
			why, err := r.joinable(w, nic)
			if err != nil {
				faults = append(faults, err)
			}
			if why != "" {
				w.unfit = append(w.unfit, why)
				continue
			}
			w.add = append(w.add, nic)
		}
	}
	if link != nil {
		for _, l := range r.membersOf(link) {
			if !slices.Contains(w.here, l) {
				w.extra = append(w.extra, l)
			}
		}
	}
	if len(w.here)+len(w.add) == 0 && len(faults) == 0 {
		fault("none of its members can be used: %s", strings.Join(slices.Concat(w.missing, w.unfit), "; "))
	}
	faults = append(faults, r.checkRoot(w)...)
	if link != nil && len(faults) == 0 {
		if err := r.surveyBond(w, link); err != nil {
			faults = append(faults, err)
		}
		if w.origin == journal.Adopted {
			w.want = given(w.want)
		}
	}
	if len(faults) == 0 && b.Exasock {
		if err := r.loadExasock(); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) == 0 {
		if err := r.surveyAddress(w, link); err != nil {
			faults = append(faults, err)
		}
	}
	w.fresh = len(w.here)+len(w.extra) == 0 && w.origin != journal.Adopted
	w.mark = len(w.j.Entries)
	if len(w.here)+len(w.extra) == 0 {
		w.mark = 0 // a start from nothing is undone to nothing
	}
	return w, errors.Join(faults...)
}

// open reads the journal of a bond and finds out how the bond that there is
// came to be ours.
func (r *run) open(w *work) error {
	j, err := r.Journals.Bond(w.want.Name)
	if err != nil {
		return err
	}
	w.j = j
	if e := j.Last(journal.Wanted); e != nil {
		w.last = e.Bond
	}
	w.origin, err = r.originOf(j, w.want.Name)
	link := r.links[w.want.Name]
	w.exists = link != nil
	return err
}

// originOf tells how a bond that exists came to be ours, by its journal: ""
// where it is not ours, or not there.
func (r *run) originOf(j *journal.Journal, name string) (journal.Verb, error) {
	var origin journal.Verb
	index, making := 0, false
	for _, e := range j.Entries {
		switch e.Verb {
		case journal.Making:
			origin, making = "", true
		case journal.Made, journal.Taken, journal.Adopted:
			origin, index, making = e.Verb, e.Index, false
		}
	}
	link := r.links[name]
	switch {
	case link == nil || link.Kind != "bond":
		return "", nil
	case making: // killed between making it and saying so
		return journal.Made, j.Add(journal.Entry{Verb: journal.Made, Index: link.Index})
	case link.Index != index: // somebody made another one of this name
		return "", nil
	}
	return origin, nil
}

// resolve finds the NIC that a word of BONDNICS means; why says what is
// missing where there is none.
func (r *run) resolve(m plan.Member) (nic *rtnl.Link, why string, err error) {
	if m.Name != "" {
		if l := r.links[m.Name]; l != nil {
			return l, "", nil
		}
		return nil, "no such NIC: " + m.Name, nil
	}
	var found []*rtnl.Link
	for _, l := range r.links {
		if m.MAC != "" {
			if l.Kind == "" && permanent(l).String() == m.MAC {
				found = append(found, l)
			}
			continue
		}
		facts, err := r.Kernel.Facts(l.Name)
		if err == nil && facts.PCI == m.PCI && l.Kind == "" {
			found = append(found, l)
		}
	}
	switch len(found) {
	case 0:
		return nil, "no NIC is " + m.String(), nil
	case 1:
		return found[0], "", nil
	}
	var names []string
	for _, l := range found {
		names = append(names, l.Name)
	}
	slices.Sort(names)
	return nil, "", fmt.Errorf("%s means several NICs: %s; use their names", m, strings.Join(names, ", "))
}

// permanent is the address that a NIC was made with, as far as is known.
func permanent(l *rtnl.Link) net.HardwareAddr {
	if len(l.Permanent) > 0 {
		return l.Permanent
	}
	return l.Addr
}

// joinable looks whether a NIC can become a member. An error refuses the whole
// bond, since the configuration is wrong; with why it goes on without the NIC.
func (r *run) joinable(w *work, nic *rtnl.Link) (why string, err error) {
	switch {
	case nic.Name == w.want.Name:
		return "", errors.New("a bond cannot be a member of itself")
	case nic.Flags&unix.IFF_LOOPBACK != 0:
		return "", fmt.Errorf("%s is the loopback interface", nic.Name)
	case nic.Kind == "bond":
		return "", fmt.Errorf("%s is a bond itself", nic.Name)
	case nic.Master != 0:
		master := "another interface"
		if m := r.indexes[nic.Master]; m != nil {
			master = m.Name
		}
		return "", fmt.Errorf("%s belongs to %s already", nic.Name, master)
	}
	if w.want.Exasock {
		if facts, err := r.Kernel.Facts(nic.Name); err != nil || facts.Driver != "exanic" {
			return "", fmt.Errorf("%s is not a SmartNIC: its driver is %q, not exanic", nic.Name, facts.Driver)
		}
	}
	if nic.MaxMTU > 0 && w.want.MTU > nic.MaxMTU {
		return fmt.Sprintf("%s cannot be used: its MTU is at most %d, and the bond is to have %d", nic.Name, nic.MaxMTU, w.want.MTU), nil
	}
	return "", nil
}

// checkRoot refuses NICs that carry the root file system.
func (r *run) checkRoot(w *work) (faults []error) {
	if r.RootNICs == nil || len(w.add) == 0 {
		return nil
	}
	carry, err := r.RootNICs()
	if err != nil {
		return []error{fmt.Errorf("looking which NIC carries the root file system: %w", err)}
	}
	for _, nic := range w.add {
		if how, ok := carry[nic.Name]; ok && !slices.Contains(r.Plan.RootNICs, nic.Name) {
			faults = append(faults, fmt.Errorf("%s carries the root file system (%s): the machine would stand still while it joins; "+
				"ALLOW_ROOT_NIC=%q takes it all the same", nic.Name, how, nic.Name))
		}
	}
	return faults
}

// membersOf are the members of a bond, in the order of their indexes.
func (r *run) membersOf(bond *rtnl.Link) []*rtnl.Link {
	var list []*rtnl.Link
	for _, l := range r.links {
		if l.Master == bond.Index {
			list = append(list, l)
		}
	}
	slices.SortFunc(list, func(a, b *rtnl.Link) int { return a.Index - b.Index })
	return list
}

// surveyBond looks whether a bond that exists is one that can become what is
// wanted.
func (r *run) surveyBond(w *work, link *rtnl.Link) error {
	if w.origin != "" {
		mode, err := r.Kernel.Option(link.Name, "", "mode")
		if err != nil {
			return err
		}
		if len(w.here)+len(w.extra) > 0 && mode != w.want.Mode.String() {
			return &needsRestart{fmt.Sprintf("it runs in mode %s, not %s: %s %s_restart changes that", mode, w.want.Mode, r.Script, link.Name)}
		}
		return nil
	}
	// Somebody else's. An empty one that is down, such as the driver makes when
	// it is loaded without max_bonds=0, is ours to take.
	if len(w.here)+len(w.extra) == 0 && link.Flags&unix.IFF_UP == 0 {
		w.origin = journal.Taken
		return nil
	}
	w.origin = journal.Adopted
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("it was made by other means and "+format+
			"; \"ip link set %s down\" after taking its members out lets rc.bond have it", append(args, link.Name)...))
	}
	if len(w.here)+len(w.extra) == 0 {
		fault("is up without members")
	}
	for _, nic := range w.extra {
		fault("has the member %s, which is not in BONDNICS[%d]", nic.Name, w.want.Index)
	}
	running, err := r.running(w)
	if err != nil {
		return err
	}
	for _, d := range plan.Diff(given(w.want), nil, running) {
		switch d.Kind {
		case plan.KindMode, plan.KindMAC, plan.KindMTU:
			fault("has %s %s, not %s", d.Kind, d.Have, d.Want)
		case plan.KindOption:
			have := d.Have
			if have == "" {
				have = "(none)"
			}
			if d.Subject != "active_slave" {
				fault("has %s %s, not %s", d.Subject, have, d.Want)
			}
		}
	}
	return errors.Join(faults...)
}

// needsRestart is a fault that a restart mends.
type needsRestart struct{ text string }

func (e *needsRestart) Error() string { return e.text }

// given is a bond with the options that the file names, without ours: what
// somebody else made need not have those.
func given(b *plan.Bond) *plan.Bond {
	only := *b
	only.Options = slices.DeleteFunc(slices.Clone(b.Options), func(s plan.Setting) bool { return !s.Given })
	return &only
}

// surveyAddress finds or vets the address that the bond is to have.
func (r *run) surveyAddress(w *work, link *rtnl.Link) error {
	if w.origin == journal.Adopted {
		return nil
	}
	var err error
	switch hw := w.want.HWAddr; {
	case hw.Auto:
		addr, note, err := r.MACs.Derive(r.ctx, w.want)
		if err != nil {
			r.lack(w.want, "HWADDR[%d]=auto: %v; it gets its first member's address", w.want.Index, err)
			return nil
		}
		if note != "" {
			r.log("%s: HWADDR[%d]=auto: %s: %s", w.want.Name, w.want.Index, addr, note)
		}
		w.mac = addr
		return nil
	case hw.Addr == "":
		return nil
	default:
		if w.mac, err = net.ParseMAC(hw.Addr); err != nil {
			return err
		}
	}
	// Its own is never held against it, nor one that the last start gave it.
	own := link != nil && slices.Equal(link.Addr, []byte(w.mac)) || w.last != nil && w.last.HWAddr == w.want.HWAddr
	if own || r.Plan.MACCheck == plan.MACOff {
		return nil
	}
	self := []string{w.want.Name}
	for _, l := range slices.Concat(w.here, w.extra, w.add) {
		self = append(self, l.Name)
	}
	inUse, lines, logged := r.MACs.Check(r.ctx, w.want, w.mac, self)
	for _, line := range logged {
		r.log("%s: %s", w.want.Name, line)
	}
	for _, line := range lines {
		r.lack(w.want, "%s", line)
	}
	switch {
	case inUse && r.Plan.MACCheck == plan.MACRefuse:
		return fmt.Errorf("HWADDR[%d]: %s is in use; MACCHECK=\"warn\" takes it all the same", w.want.Index, w.mac)
	case inUse:
		r.lack(w.want, "HWADDR[%d]: %s is in use, and taken all the same", w.want.Index, w.mac)
	}
	return nil
}

// running is the bond as the kernel has it now.
func (r *run) running(w *work) (*plan.Running, error) {
	link := r.links[w.want.Name]
	if link == nil {
		return nil, nil
	}
	mode, err := r.Kernel.Option(link.Name, "", "mode")
	if err != nil {
		return nil, err
	}
	run := &plan.Running{
		Name: link.Name, Up: link.Flags&unix.IFF_UP != 0, Carrier: link.Carrier, MTU: link.MTU,
		MAC: net.HardwareAddr(link.Addr).String(), Mode: mode, Options: map[string]string{},
	}
	words := map[string][]string{}
	for word, name := range w.names {
		words[name] = append(words[name], word)
	}
	for _, l := range r.membersOf(link) {
		m := plan.RunningMember{
			Name: l.Name, Words: append(words[l.Name], l.Name), Up: l.Flags&unix.IFF_UP != 0, Carrier: l.Carrier, MTU: l.MTU,
			MAC: net.HardwareAddr(l.Addr).String(), Permanent: permanent(l).String(), Options: map[string]string{},
		}
		run.Members = append(run.Members, m)
	}
	// Where the bond has its active member's address, members keep theirs.
	settings := append([]plan.Setting{{Option: "fail_over_mac"}}, w.want.Options...)
	if w.last != nil {
		settings = slices.Concat(settings, w.last.Options)
	}
	for _, s := range settings {
		if s.Member == "" {
			value, err := r.Kernel.Option(link.Name, "", s.Option)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			run.Options[s.Option] = value
			continue
		}
		for i := range run.Members {
			m := &run.Members[i]
			if !slices.Contains(m.Words, s.Member) {
				continue
			}
			value, err := r.Kernel.Option(link.Name, m.Name, s.Option)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			m.Options[s.Option] = value
		}
	}
	for _, m := range r.state.Messages {
		if index, prefix, flags, ok := m.Addr(); ok && index == link.Index {
			run.Addrs = append(run.Addrs, plan.RunningAddr{
				Prefix: prefix, Tentative: flags&unix.IFA_F_TENTATIVE != 0, Duplicate: flags&unix.IFA_F_DADFAILED != 0,
			})
		}
	}
	return run, nil
}

// sameBond compares what two starts wanted.
func sameBond(a, b *plan.Bond) bool {
	return a != nil && b != nil && fmt.Sprintf("%+v", *a) == fmt.Sprintf("%+v", *b)
}
