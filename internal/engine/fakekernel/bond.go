// SPDX-License-Identifier: MIT

package fakekernel

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
)

// defaults are the options of a new bond that are neither 0 nor the first word
// nor empty.
var defaults = map[string]string{
	"use_carrier": "on", "num_grat_arp": "1", "resend_igmp": "1", "lp_interval": "1", "packets_per_slave": "1",
	"tlb_dynamic_lb": "on", "arp_missed_max": "2", "ad_actor_sys_prio": "65535", "lacp_active": "on", "coupled_control": "on",
}

// delays are kept in multiples of miimon.
var delays = []string{"updelay", "downdelay", "peer_notif_delay"}

func (k *Kernel) makeBond(name string) *link {
	l := k.add(NIC{Name: name, MaxMTU: 65535}, "bond")
	l.mac, l.assign = k.randomMAC(), 1
	l.bond = &bonding{options: map[string]string{}}
	for _, o := range bond.Options {
		value := defaults[o.Name]
		switch {
		case o.PerMember || o.Name == "mode" || o.Name == "active_slave":
			continue
		case value != "":
		case o.Kind == bond.Word:
			value = o.Words[0]
		case o.Kind == bond.Number:
			value = "0"
		}
		l.bond.options[o.Name] = value
	}
	return l
}

func (b *bonding) followsActive() bool {
	return b.mode == bond.ActiveBackup && b.options["fail_over_mac"] != "none"
}

// ownMACs: members keep their addresses.
func (b *bonding) ownMACs() bool {
	return b.followsActive() || b.mode == bond.BalanceTLB || b.mode == bond.BalanceALB
}

// chooseActive is bond_select_active_slave.
func (k *Kernel) chooseActive(l *link) {
	b := l.bond
	if !b.mode.HasActive() {
		b.active = nil
		return
	}
	good := func(m *link) bool { return m != nil && m.master == l && m.hasCarrier(k.now) }
	old := b.active
	primary := k.find(b.options["primary"])
	switch {
	case good(primary) && (b.options["primary_reselect"] == "always" || !good(old)):
		b.active = primary
	case good(old):
	default:
		b.active = nil
		for _, m := range b.members {
			if good(m) && (b.active == nil || m.prio > b.active.prio) {
				b.active = m
			}
		}
	}
	if b.active != nil && b.active != old && b.followsActive() {
		l.mac, l.assign = slices.Clone(b.active.mac), 2
	}
}

// CreateBond makes a bond that is down and empty.
func (k *Kernel) CreateBond(name string, options [][2]string) (int, error) {
	done, err := k.change("CreateBond", name, options)
	if err != nil {
		return 0, err
	}
	defer done()
	switch {
	case !k.modules["bonding"]:
		return 0, unix.EOPNOTSUPP
	case bond.CheckName(name) != nil:
		return 0, unix.EINVAL
	case k.find(name) != nil:
		return 0, unix.EEXIST
	}
	l := k.makeBond(name)
	for _, o := range options {
		if k.OneByOne && o[0] != "mode" || bond.Lookup(o[0]) == nil {
			continue
		}
		_ = k.setOption(l, nil, bond.Lookup(o[0]), o[1]) // to be set, and refused, one by one
	}
	return l.index, nil
}

// DeleteBonds removes bonds, one after the other, each a call of its own:
// their members come back, and all that stands on them goes.
func (k *Kernel) DeleteBonds(names ...string) error {
	var errs []error
	for _, name := range names {
		errs = append(errs, k.deleteBond(name))
	}
	return errors.Join(errs...)
}

func (k *Kernel) deleteBond(name string) error {
	done, err := k.change("DeleteBond", name)
	if err != nil {
		return err
	}
	defer done()
	if k.find(name) == nil {
		return nil
	}
	l, err := k.bondNamed(name)
	if err != nil {
		return err
	}
	if slices.Contains(k.exasock, name) {
		k.Violations = append(k.Violations, "deleting "+name+", which exasock manages, hangs the kernel")
		return unix.EBUSY
	}
	k.remove(l)
	return nil
}

// Status is what the driver reports; of LACP, whose partner this machine does
// not have, nothing.
func (k *Kernel) Status(name string) (bond.Status, error) {
	if err := k.look("Status", name); err != nil {
		return bond.Status{}, err
	}
	l, err := k.bondNamed(name)
	if err != nil {
		return bond.Status{}, err
	}
	s := bond.Status{Name: name, Mode: l.bond.mode.String(), Up: l.up, Carrier: l.hasCarrier(k.now), MTU: l.mtu, MAC: bond.FormatMAC(l.mac)}
	if l.bond.active != nil {
		s.Active = l.bond.active.Name
	}
	for _, m := range l.bond.members {
		mii := "down"
		if m.hasCarrier(k.now) {
			mii = "up"
		}
		s.Members = append(s.Members, bond.MemberStatus{
			Name: m.Name, Active: m == l.bond.active, MII: mii, Up: m.up, Carrier: mii == "up", MAC: bond.FormatMAC(m.mac), MTU: m.mtu,
		})
	}
	return s, nil
}

func (k *Kernel) bondNamed(name string) (*link, error) {
	l, err := k.named(name)
	if err == nil && l.bond == nil {
		return nil, unix.EOPNOTSUPP
	}
	return l, err
}

// remove takes an interface away, and those that stand on it.
func (k *Kernel) remove(l *link) {
	if l.bond != nil {
		for _, m := range slices.Clone(l.bond.members) {
			k.release(l, m)
		}
	}
	if m := l.master; m != nil && m.bond != nil {
		k.release(m, l)
	}
	for _, u := range slices.Clone(k.links) {
		if u.lower == l {
			k.remove(u)
		}
		if u.master == l {
			u.master = nil
		}
	}
	k.setDown(l)
	k.loseAll(l)
	k.links = slices.DeleteFunc(k.links, func(x *link) bool { return x == l })
	delete(k.clients, l.Name)
	if b := l.master; b != nil && b.kind == "bridge" {
		l.master = nil
		k.followPorts(b)
	}
	k.settle()
}

// Enslave makes a NIC a member.
func (k *Kernel) Enslave(bondName, nic string) error {
	done, err := k.change("Enslave", bondName, nic)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.bondNamed(bondName)
	if err != nil {
		return err
	}
	m, err := k.named(nic)
	if err != nil {
		return err
	}
	if err := k.enslave(l, m); err != nil {
		// A first member that fails leaves a random address, unless it was set
		// by hand and is not that NIC's.
		if b := l.bond; len(b.members) == 0 && (l.assign != 3 || bytes.Equal(l.mac, m.mac)) {
			l.mac, l.assign = k.randomMAC(), 1
		}
		return err
	}
	k.settle()
	return nil
}

func (k *Kernel) enslave(l, m *link) error {
	b := l.bond
	switch {
	case slices.Contains(k.exasock, l.Name):
		return unix.EOPNOTSUPP
	case m.master != nil:
		return unix.EBUSY
	case m == l, m.up && m.Name != "lo":
		return unix.EPERM
	case m.Name == "lo":
		if !k.TakesLoopback {
			return unix.EADDRNOTAVAIL
		}
		k.Violations = append(k.Violations, "lo became a member of "+l.Name)
	case m.Dead != nil:
		return m.Dead
	case m.kind == "vlan" && !m.lower.up:
		return unix.ENETDOWN
	case m.MaxMTU > 0 && l.mtu > m.MaxMTU, l.mtu < m.MinMTU, m.kind == "vlan" && l.mtu > m.lower.mtu:
		return unix.ERANGE
	}
	m.oldMTU, m.oldMAC, m.queue, m.prio, m.adPrio = m.mtu, slices.Clone(m.mac), 0, 0, 255
	first := len(b.members) == 0
	if first && l.assign != 3 {
		k.setMAC(l, m.mac)
		l.assign = 2
	}
	if first || !b.ownMACs() {
		if !b.followsActive() {
			k.setMAC(m, l.mac)
		}
	}
	if err := k.setMTU(m, l.mtu); err != nil {
		k.setMAC(m, m.oldMAC)
		return unix.ERANGE
	}
	k.loseV6(m)
	m.master = l
	b.members = append(b.members, m)
	_ = k.setUp(m)
	return nil
}

// Release gives a member back.
func (k *Kernel) Release(bondName, nic string) error {
	done, err := k.change("Release", bondName, nic)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.bondNamed(bondName)
	if err != nil {
		return err
	}
	m, err := k.named(nic)
	switch {
	case err != nil:
		return err
	case m.master != l:
		return unix.EINVAL
	case slices.Contains(k.exasock, bondName):
		return unix.EOPNOTSUPP
	}
	k.release(l, m)
	k.settle()
	return nil
}

func (k *Kernel) release(l, m *link) {
	b := l.bond
	b.members = slices.DeleteFunc(b.members, func(x *link) bool { return x == m })
	if b.active == m {
		b.active = nil
	}
	m.master = nil
	k.setDown(m)
	k.setMAC(m, m.oldMAC)
	_ = k.setMTU(m, m.oldMTU)
	if len(b.members) == 0 {
		k.setMAC(l, k.randomMAC())
		l.assign = 1
	}
}

// Option reads an option back.
func (k *Kernel) Option(bondName, member, option string) (string, error) {
	if err := k.look("Option", bondName, member, option); err != nil {
		return "", err
	}
	l, o := k.find(bondName), bond.Lookup(option)
	if l == nil || l.bond == nil || o == nil || slices.Contains(k.NoOption, o.Name) {
		return "", &fs.PathError{Op: "open", Path: "/sys/class/net/" + bondName + "/bonding/" + option, Err: unix.ENOENT}
	}
	if o.PerMember {
		m := k.find(member)
		if m == nil || m.master != l {
			return "", unix.ENODEV
		}
		return strconv.Itoa(*m.memberOption(o.Name)), nil
	}
	return k.read(l, o), nil
}

func (l *link) memberOption(name string) *int {
	switch name {
	case "queue_id":
		return &l.queue
	case "prio":
		return &l.prio
	}
	return &l.adPrio
}

func (k *Kernel) read(l *link, o *bond.Option) string {
	b := l.bond
	value := b.options[o.Name]
	switch {
	case o.Name == "mode":
		return b.mode.String()
	case o.Name == "active_slave":
		if b.active == nil {
			return ""
		}
		return b.active.Name
	case o.Name == "primary":
		// Remembered, and not told until it is a member.
		if m := k.find(value); m == nil || m.master != l {
			return ""
		}
	case strings.HasPrefix(o.Name, "ad_actor") || o.Name == "ad_user_port_key":
		if b.mode != bond.LACP {
			return ""
		}
		if o.Name == "ad_actor_system" && value == "" {
			return "00:00:00:00:00:00"
		}
	case slices.Contains(delays, o.Name):
		n, _ := strconv.Atoi(value)
		mii, _ := strconv.Atoi(b.options["miimon"])
		return strconv.Itoa(n * mii)
	}
	return value
}

// SetOption writes an option.
func (k *Kernel) SetOption(bondName, member, option, value string) error {
	done, err := k.change("SetOption", bondName, member, option, value)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.bondNamed(bondName)
	if err != nil {
		return err
	}
	o := bond.Lookup(option)
	if o == nil {
		return unix.ENOENT
	}
	var m *link
	if o.PerMember {
		if m = k.find(member); m == nil || m.master != l {
			return unix.EINVAL
		}
	}
	err = k.setOption(l, m, o, value)
	k.settle()
	return err
}

func (k *Kernel) setOption(l, m *link, o *bond.Option, value string) error {
	b := l.bond
	empty := value == "" && (o.Kind == bond.NIC || o.Kind == bond.IPv4s || o.Kind == bond.IPv6s)
	switch {
	case slices.Contains(k.NoOption, o.Name):
		return unix.ENOENT
	case !o.Modes.Has(b.mode):
		return unix.EACCES
	case o.When&bond.NeedsDown != 0 && l.up:
		return unix.EBUSY
	case o.When&bond.NeedsEmpty != 0 && len(b.members) > 0:
		return unix.ENOTEMPTY
	case !empty && o.Check(value) != nil:
		return unix.EINVAL
	case slices.ContainsFunc(k.Refused, func(r [2]string) bool { return r[0] == o.Name && r[1] == k.word(o, value) }):
		return unix.EINVAL
	case slices.Contains(k.Ignored, o.Name):
		return nil
	}
	if o.Kind == bond.Word {
		value = k.word(o, value)
	}
	n, _ := strconv.Atoi(value)
	mii, _ := strconv.Atoi(b.options["miimon"])
	switch {
	case o.PerMember:
		if o.Name == "queue_id" && n != 0 && (n > 16 || slices.ContainsFunc(b.members, func(x *link) bool { return x != m && x.queue == n })) {
			return unix.EPERM
		}
		*m.memberOption(o.Name) = n
		return nil
	case o.Name == "mode":
		b.mode, _ = bond.ParseMode(value)
		b.options["arp_validate"] = "none"
		if b.mode == bond.LACP || b.mode == bond.BalanceTLB || b.mode == bond.BalanceALB {
			b.options["arp_interval"] = "0"
			if mii == 0 {
				b.options["miimon"] = "100"
			}
		}
		if b.mode == bond.BalanceALB {
			b.options["tlb_dynamic_lb"] = "on"
		}
		b.options["broadcast_neighbor"] = "off"
		return nil
	case o.Name == "active_slave":
		if value == "" {
			b.active = nil
			return nil
		}
		x := k.find(value)
		if x == nil || x.master != l || !x.hasCarrier(k.now) {
			return unix.EINVAL
		}
		b.active = x
		return nil
	case o.Name == "miimon" && n > 0:
		b.options["arp_interval"], b.options["arp_validate"] = "0", "none"
	case o.Name == "arp_interval" && n > 0:
		b.options["miimon"] = "0"
	case slices.Contains(delays, o.Name):
		if mii == 0 {
			if n == 0 {
				return nil
			}
			return unix.EPERM
		}
		value = strconv.Itoa(n / mii)
	case o.Name == "arp_ip_target", o.Name == "ns_ip6_target":
		list := strings.Split(value, ",")
		slices.Sort(list)
		if len(slices.Compact(list)) < strings.Count(value, ",")+1 {
			return unix.EINVAL
		}
	case o.Name == "ad_actor_system":
		value = strings.ToLower(value)
	}
	b.options[o.Name] = value
	return nil
}

func (k *Kernel) word(o *bond.Option, value string) string {
	if n, ok := o.Number(value); ok && o.Kind == bond.Word {
		return o.Words[n]
	}
	return value
}

// ExasockBonds are the bonds that the exasock driver manages.
func (k *Kernel) ExasockBonds() ([]string, error) {
	if err := k.look("ExasockBonds"); err != nil {
		return nil, err
	}
	if !k.modules["exasock"] {
		return nil, &fs.PathError{Op: "open", Path: "/sys/class/net/exabond_masters", Err: unix.ENOENT}
	}
	return slices.Clone(k.exasock), nil
}

// ExasockManage gives a bond to the exasock driver.
func (k *Kernel) ExasockManage(name string) error {
	done, err := k.change("ExasockManage", name)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.bondNamed(name)
	switch {
	case err != nil:
		return err
	case !k.modules["exasock"], l.bond.mode != bond.ActiveBackup,
		slices.ContainsFunc(l.bond.members, func(m *link) bool { return m.Driver != "exanic" }):
		return unix.ENOENT
	case !slices.Contains(k.exasock, name):
		k.exasock = append(k.exasock, name)
	}
	return nil
}

// ExasockRelease takes it back.
func (k *Kernel) ExasockRelease(name string) error {
	done, err := k.change("ExasockRelease", name)
	if err != nil {
		return err
	}
	defer done()
	if !k.modules["exasock"] {
		return unix.ENOENT
	}
	k.exasock = slices.DeleteFunc(k.exasock, func(s string) bool { return s == name })
	return nil
}
