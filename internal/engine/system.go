// SPDX-License-Identifier: MIT

package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// settle is how long NICs have to appear, and to get their names, after their
// driver was loaded.
const settle = 5 * time.Second

// loadModules loads the drivers of the NICs, then bonding without the bond that
// it makes.
func (r *run) loadModules(bonds []*plan.Bond) error {
	loaded := false
	for _, name := range r.Plan.Modules {
		if r.Kernel.HasModule(name) {
			continue
		}
		if err := r.loadModule(name); err != nil {
			if errors.Is(err, errJournal) {
				return err
			}
			r.complain("modules: loading %s: %v", name, err)
			continue
		}
		loaded = true
	}
	if !r.Kernel.HasBonding() {
		if err := r.loadModule("bonding", "max_bonds=0"); err != nil {
			return fmt.Errorf("loading bonding: %w", err)
		}
		if !r.Kernel.HasBonding() {
			return errors.New("loading bonding: this kernel has it without /sys/class/net/bonding_masters")
		}
	}
	if loaded {
		r.waitForNICs(bonds)
	}
	return nil
}

func (r *run) loadModule(name string, args ...string) error {
	j, err := r.Journals.System()
	if err == nil {
		err = j.Add(journal.Entry{Verb: journal.Module, Name: name})
	}
	if err != nil {
		return &journalError{err}
	}
	return r.Kernel.LoadModule(name, args...)
}

func (r *run) waitForNICs(bonds []*plan.Bond) {
	end := r.Kernel.Uptime() + settle
	for r.Kernel.Uptime() < end && r.ctx.Err() == nil {
		if r.lookAtLinks() != nil || !slices.ContainsFunc(bonds, func(b *plan.Bond) bool {
			return slices.ContainsFunc(b.Members, func(m plan.Member) bool {
				nic, _, err := r.resolve(m)
				return nic == nil && err == nil
			})
		}) {
			return
		}
		r.Kernel.Wait(r.ctx, pause)
	}
}

func (r *run) loadExasock() error {
	if _, err := r.Kernel.ExasockBonds(); err == nil {
		return nil
	}
	if err := r.loadModule("exasock"); err != nil {
		return fmt.Errorf("the exasock driver is not loaded: %w", err)
	}
	if _, err := r.Kernel.ExasockBonds(); err != nil {
		return fmt.Errorf("the exasock driver is loaded, but offers no bonding; \"bondctl exasock check\" says why: %w", err)
	}
	return nil
}

// managed reports whether the exasock driver has a bond.
func (r *run) managed(name string) (bool, error) {
	bonds, err := r.Kernel.ExasockBonds()
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return slices.Contains(bonds, name), err
}

// gateways sets the default routes that are asked for, where a bond got its
// addresses here and there is none yet; one that an earlier start set is
// replaced.
func (r *run) gateways(bonds []*work) {
	for _, g := range []struct {
		is4 bool
		via netip.Addr
	}{{true, r.Plan.Gateway}, {false, r.Plan.Gateway6}} {
		served := slices.ContainsFunc(bonds, func(w *work) bool {
			return slices.ContainsFunc(w.want.Addrs, func(p netip.Prefix) bool { return p.Addr().Is4() == g.is4 })
		})
		if g.via.IsValid() && served {
			if err := r.gateway(g.is4, g.via); err != nil {
				r.complain("gateway: cannot set the default route via %s: %v", g.via, err)
			}
		}
	}
}

func (r *run) gateway(is4 bool, via netip.Addr) error {
	index := 0
	if zone := via.Zone(); zone != "" {
		link := r.links[zone]
		if link == nil {
			return fmt.Errorf("there is no interface %s", zone)
		}
		index = link.Index
	}
	state, err := r.Kernel.State()
	if err != nil {
		return err
	}
	route := rtnl.NewDefault(via, index)
	j, err := r.Journals.System()
	if err != nil {
		return err
	}
	ours := slices.IndexFunc(j.Entries, func(e journal.Entry) bool {
		return e.Verb == journal.Gateway && isDefault(*e.Message, is4)
	})
	if hasDefault(state, is4) {
		if ours < 0 || j.Entries[ours].Name == via.String() {
			return nil // somebody else's, or as it should be
		}
		if err := r.deleteRoute(j.Entries[ours]); err != nil {
			return fmt.Errorf("taking away the one via %s: %w", j.Entries[ours].Name, err)
		}
	}
	entries := slices.Clone(j.Entries)
	if ours >= 0 {
		entries = slices.Delete(entries, ours, ours+1)
	}
	entries = append(entries, journal.Entry{Verb: journal.Gateway, Name: via.String(), Message: &route})
	if err := j.Rewrite(entries); err != nil {
		return err
	}
	if err := r.Kernel.Add(route); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	if state, err = r.Kernel.State(); err == nil && !hasDefault(state, is4) {
		err = errors.New("the kernel accepted it and does not have it")
	}
	return err
}

// deleteRoute takes a default route of ours away, which may have gone with the
// bond that it led over.
func (r *run) deleteRoute(e journal.Entry) error {
	if err := r.Kernel.Delete(*e.Message); err != nil && !errors.Is(err, unix.ESRCH) {
		return err
	}
	return nil
}

// undoSystem takes back what is the whole machine's, once no bond of ours is
// left.
func (r *run) undoSystem() {
	if names, err := r.Journals.Names(); err != nil || len(names) > 0 {
		return
	}
	j, err := r.Journals.System()
	if err != nil {
		r.complain("modules: %v", err)
		return
	}
	for _, e := range slices.Backward(j.Entries) {
		switch e.Verb {
		case journal.Gateway:
			if err := r.deleteRoute(e); err != nil {
				r.complain("gateway: taking away the default route via %s: %v", e.Name, err)
			}
		case journal.Module:
			if !r.Kernel.HasModule(e.Name) || r.Kernel.ModuleInUse(e.Name) {
				continue
			}
			if err := r.Kernel.UnloadModule(e.Name); err != nil {
				r.complain("modules: unloading %s: %v", e.Name, err)
			}
		}
	}
	if err := j.Rewrite(nil); err != nil {
		r.complain("modules: %v", err)
	}
}

// isDefault reports whether a message is a default route of IPv4 (or of IPv6)
// in the main table.
func isDefault(m rtnl.Message, is4 bool) bool {
	family := netip.IPv6Unspecified()
	if is4 {
		family = netip.IPv4Unspecified()
	}
	is, _ := m.IsDefault(family)
	return is
}

func hasDefault(state rtnl.State, is4 bool) bool {
	return slices.ContainsFunc(state.Messages, func(m rtnl.Message) bool { return isDefault(m, is4) })
}
