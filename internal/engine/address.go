// SPDX-License-Identifier: MIT

package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// giveAddresses gives bonds their addresses, and takes those that an earlier
// start gave and that are no longer wanted.
func (r *run) giveAddresses(bonds []*work) (good []*work) {
	if len(bonds) == 0 {
		return nil
	}
	if err := r.look(); err != nil {
		for _, w := range bonds {
			r.failed(w, err)
		}
		return nil
	}
	for _, w := range bonds {
		if err := r.giveAddressesOf(w); err != nil {
			r.failed(w, err)
			continue
		}
		good = append(good, w)
	}
	return good
}

func (r *run) giveAddressesOf(w *work) error {
	link := r.links[w.want.Name]
	if link == nil {
		return errors.New("somebody removed it")
	}
	if err := r.takeAddresses(w, link); err != nil {
		return err
	}
	has := r.addressesOf(link)
	var entries []journal.Entry
	for _, p := range w.want.Addrs {
		if _, ok := has[p]; !ok {
			m := rtnl.NewAddr(link.Index, p)
			entries = append(entries, journal.Entry{Verb: journal.Addr, Name: p.String(), Message: &m})
		}
	}
	if len(entries) > 0 {
		if err := w.j.Add(entries...); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if err := r.Kernel.Add(*e.Message); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("adding %s: %w", e.Name, err)
		}
		w.changed = true
	}
	return nil
}

// takeAddresses deletes addresses that an earlier start gave and that are no
// longer wanted.
func (r *run) takeAddresses(w *work, link *rtnl.Link) error {
	var keep []journal.Entry
	mark := w.mark
	for n, e := range w.j.Entries {
		p, err := netip.ParsePrefix(e.Name)
		if e.Verb != journal.Addr || err != nil || slices.Contains(w.want.Addrs, p) {
			keep = append(keep, e)
			continue
		}
		if err := r.Kernel.Delete(*e.Message); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
			return fmt.Errorf("taking away %s: %w", p, err)
		}
		r.log("%s: %s is no longer wanted: taken away", link.Name, p)
		w.taken = append(w.taken, e)
		w.changed = true
		if n < w.mark {
			mark--
		}
	}
	if len(keep) == len(w.j.Entries) {
		return nil
	}
	// With the first of a network the kernel may have dropped the others.
	if err := r.look(); err != nil {
		return err
	}
	w.mark = mark
	return w.j.Rewrite(keep)
}

// addressesOf are the addresses of an interface and their flags, IFA_F_*.
func (r *run) addressesOf(l *rtnl.Link) map[netip.Prefix]uint32 {
	list := map[netip.Prefix]uint32{}
	for _, m := range r.state.Messages {
		if index, p, flags, ok := m.Addr(); ok && index == l.Index {
			list[p] = flags
		}
	}
	return list
}

// checkAddresses looks whether bonds have what they were given.
func (r *run) checkAddresses(bonds []*work) (good []*work) {
	if len(bonds) == 0 {
		return nil
	}
	if err := r.look(); err != nil {
		for _, w := range bonds {
			r.lack(w.want, "%v", err)
		}
		return bonds
	}
	for _, w := range bonds {
		link := r.links[w.want.Name]
		if link == nil {
			r.failed(w, errors.New("somebody removed it"))
			continue
		}
		has := r.addressesOf(link)
		var lacks []error
		for _, p := range w.want.Addrs {
			flags, ok := has[p]
			switch {
			case !ok:
				lacks = append(lacks, fmt.Errorf("adding %s: the kernel accepted it and does not have it", p))
			case flags&unix.IFA_F_DADFAILED != 0:
				r.lack(w.want, "%s is a duplicate: another host on this link has it, so it cannot be used", p)
			case flags&unix.IFA_F_TENTATIVE != 0:
				r.log("%s: whether another host has %s is not known yet", w.want.Name, p)
			}
		}
		if err := errors.Join(lacks...); err != nil {
			r.failed(w, err)
			continue
		}
		good = append(good, w)
	}
	return good
}

// How long the last members may take once the bond has a link, and how long
// duplicate address detection takes from then on: RFC 4862 5.4, a random delay
// of up to a second and one more.
const (
	lastLinks = time.Second
	dadTime   = 2500 * time.Millisecond
)

// wait waits for the links of all bonds together, for their LACP partners and
// for the duplicate address detection of their addresses, for each as long as
// its LINKWAIT.
func (r *run) wait(bonds []*work) {
	carrier := map[*work]time.Duration{} // since when
	for {
		if err := r.look(); err != nil {
			r.complain("%v", err)
			return
		}
		now, waits := r.Kernel.Uptime(), false
		for _, w := range bonds {
			link := r.links[w.want.Name]
			if link == nil || w.want.LinkWait == 0 || now-w.begun >= w.want.LinkWait || r.ctx.Err() != nil {
				continue
			}
			if !link.Carrier {
				waits = true
				continue
			}
			if _, ok := carrier[w]; !ok {
				carrier[w] = now
			}
			since := now - carrier[w]
			waits = waits || since < lastLinks && len(r.withoutLink(link)) > 0 || since < dadTime && r.tentative(w, link) ||
				w.want.Mode == bond.LACP && len(r.lacp(w)) > 0
		}
		if !waits {
			break
		}
		r.Kernel.Wait(r.ctx, pause)
	}
	for _, w := range bonds {
		r.tellLinks(w)
	}
}

// tellLinks says what a bond's link lacks when the waiting is over. That is no
// matter of this machine, so the outcome does not count it.
func (r *run) tellLinks(w *work) {
	tell := func(format string, args ...any) { r.Report.Complain(w.want.Name + ": " + fmt.Sprintf(format, args...)) }
	link := r.links[w.want.Name]
	if link == nil || w.want.LinkWait == 0 {
		return
	}
	if !link.Carrier {
		tell("no carrier after %g s", w.want.LinkWait.Seconds())
		return
	}
	for _, nic := range r.withoutLink(link) {
		tell("%s: no link", nic)
	}
	if w.want.Mode == bond.LACP {
		for _, text := range r.lacp(w) {
			tell("%s", text)
		}
	}
}

// withoutLink are the members that are up and have no link.
func (r *run) withoutLink(bond *rtnl.Link) (names []string) {
	for _, l := range r.membersOf(bond) {
		if !l.Carrier {
			names = append(names, l.Name)
		}
	}
	return names
}

func (r *run) tentative(w *work, link *rtnl.Link) bool {
	has := r.addressesOf(link)
	return slices.ContainsFunc(w.want.Addrs, func(p netip.Prefix) bool {
		return has[p]&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) == unix.IFA_F_TENTATIVE
	})
}

// lacp says what keeps an 802.3ad bond from aggregating.
func (r *run) lacp(w *work) (problems []string) {
	status, err := r.Kernel.Status(w.want.Name)
	if err != nil {
		return nil // what the driver does not tell is not judged
	}
	for _, p := range status.LACPProblems() {
		text := p.Text
		if p.Member != "" {
			text = p.Member + ": " + text
		}
		problems = append(problems, text)
	}
	return problems
}

// waitForDAD waits until no address is tentative, as long as that takes on a
// link that works.
func (r *run) waitForDAD() {
	end := r.Kernel.Uptime() + dadTime
	for r.Kernel.Uptime() < end && r.ctx.Err() == nil {
		state, err := r.Kernel.State()
		if err != nil || !slices.ContainsFunc(state.Messages, func(m rtnl.Message) bool {
			_, _, flags, ok := m.Addr()
			return ok && flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) == unix.IFA_F_TENTATIVE
		}) {
			return
		}
		r.Kernel.Wait(r.ctx, pause)
	}
}

// startDHCP has dhcpcd ask for a lease of a bond that wants one. Without a link
// it may wait in the background for as long as it takes.
func (r *run) startDHCP(w *work) {
	if w.want.DHCP == nil && w.j.Has(journal.DHCP) { // an earlier start wanted one
		var err error
		if r.Kernel.DHCPClient(w.want.Name) {
			err = r.Kernel.StopDHCP(w.want.Name)
		}
		if err = errors.Join(err, w.j.Rewrite(without(w.j.Entries, journal.DHCP))); err != nil {
			r.lack(w.want, "stopping dhcpcd: %v", err)
		}
		w.changed = true
	}
	if w.want.DHCP == nil || r.Kernel.DHCPClient(w.want.Name) {
		return
	}
	if !w.j.Has(journal.DHCP) {
		if err := w.j.Add(journal.Entry{Verb: journal.DHCP}); err != nil {
			r.lack(w.want, "%v", err)
			return
		}
	}
	args := slices.Clone(w.want.DHCP.Args)
	if link := r.links[w.want.Name]; link == nil || !link.Carrier {
		args = append(args, "-b")
	}
	if err := r.Kernel.StartDHCP(r.ctx, w.want.Name, args...); err != nil {
		r.lack(w.want, "no lease: dhcpcd %s %s: %v", strings.Join(args, " "), w.want.Name, err)
	}
	w.changed = true
}
