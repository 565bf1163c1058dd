// SPDX-License-Identifier: MIT

package plan

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// A Running is a bond as the kernel has it.
type Running struct {
	Name    string
	Up      bool
	Carrier bool
	MTU     int
	MAC     string // lower case with colons
	Mode    string // the kernel's word
	// Options are by their names as the kernel reads them back: words without
	// their numbers, lists separated by commas. An option that this kernel does
	// not have is missing.
	Options map[string]string
	Members []RunningMember
	Addrs   []RunningAddr
}

// A RunningMember is a NIC in a running bond.
type RunningMember struct {
	Name      string
	Words     []string // what BONDNICS can call it: its name, mac=…, pci=…
	Up        bool
	Carrier   bool
	MTU       int
	MAC       string
	Permanent string
	// Options are those that belong to a member, as in Running.
	Options map[string]string
}

// A RunningAddr is an IP address of a running bond.
type RunningAddr struct {
	Prefix    netip.Prefix
	Tentative bool // IPv6: duplicate address detection is not over
	Duplicate bool // IPv6: somebody else on the link has it
}

// A Kind is what a difference is about.
type Kind string

// The kinds of differences. Their words are in the JSON of bondctl plan.
const (
	KindAbsent        Kind = "absent" // there is no such bond
	KindMode          Kind = "mode"
	KindOption        Kind = "option"        // Subject: its name
	KindNoOption      Kind = "no-option"     // this kernel has no such option
	KindMemberOption  Kind = "member-option" // Subject: the member, then the option
	KindMAC           Kind = "mac"
	KindMTU           Kind = "mtu"
	KindDown          Kind = "down"           // the bond is set down
	KindMemberMissing Kind = "member-missing" // Subject: the word of BONDNICS
	KindMemberExtra   Kind = "member-extra"
	KindMemberDown    Kind = "member-down"
	KindMemberMAC     Kind = "member-mac" // a member that lost the bond's address
	KindMemberMTU     Kind = "member-mtu"
	KindAddrMissing   Kind = "address-missing"
	KindAddrDuplicate Kind = "address-duplicate"
	KindAddrExtra     Kind = "address-extra" // one that an earlier start gave, and the file no longer has
	KindDHCP          Kind = "dhcp"          // asked for, or no longer, since the last start
	KindExasock       Kind = "exasock"       // the same
)

// Needs is what it takes to mend a difference.
type Needs string

const (
	Live    Needs = "live"    // start does it, nothing else is disturbed
	Down    Needs = "down"    // the bond must be set down: a restart
	Empty   Needs = "empty"   // all members must leave first: a restart
	Release Needs = "release" // one member must leave: a restart
	Nothing Needs = "nothing" // cannot be mended from here: a NIC that is missing, a kernel without the option
)

// A Difference is one thing in which a running bond is not as it is wanted.
type Difference struct {
	Kind    Kind   `json:"kind"`
	Subject string `json:"subject,omitempty"`
	Want    string `json:"want,omitempty"`
	Have    string `json:"have,omitempty"`
	Needs   Needs  `json:"needs"`
}

// Diff lists in what a running bond is not as it is wanted. have is nil where
// there is no such bond. last is what the last start of the bond wanted, nil
// where that is not known: only it tells that something was taken out of the
// file, which then goes back to the kernel's default (Want).
//
// An address that is derived (want.HWAddr.Auto) is compared where the caller
// has put it into want.HWAddr.Addr. Diff cannot know whether a member that is
// missing from the bond is on the machine: it says Live.
func Diff(want, last *Bond, have *Running) []Difference {
	if have == nil {
		return []Difference{{Kind: KindAbsent, Want: want.Mode.String(), Needs: Live}}
	}
	d := &differ{want: want, last: last, have: have}
	if d.last == nil {
		d.last = want
	}
	if have.Mode != want.Mode.String() {
		d.add(KindMode, "", want.Mode.String(), have.Mode, d.state(bond.NeedsDown|bond.NeedsEmpty))
	}
	d.options()
	d.address()
	d.mtu()
	if !have.Up {
		d.add(KindDown, "", "up", "down", Live)
	}
	d.members()
	d.addresses()
	d.rest()
	return d.list
}

type differ struct {
	want, last *Bond
	have       *Running
	list       []Difference
}

func (d *differ) add(kind Kind, subject, want, have string, needs Needs) {
	d.list = append(d.list, Difference{Kind: kind, Subject: subject, Want: want, Have: have, Needs: needs})
}

// state is what it takes to come from the bond's state into one in which the
// kernel accepts a write.
func (d *differ) state(when bond.When) Needs {
	switch {
	case when&bond.NeedsEmpty != 0 && len(d.have.Members) > 0:
		return Empty
	case when&bond.NeedsDown != 0 && d.have.Up:
		return Down
	}
	return Live
}

// member finds the running member that a word of BONDNICS means.
func (d *differ) member(word string) *RunningMember {
	for i := range d.have.Members {
		if m := &d.have.Members[i]; m.Name == word || slices.Contains(m.Words, word) {
			return m
		}
	}
	return nil
}

// options compares those that are asked for, and those that no longer are, in
// the order in which they are written.
func (d *differ) options() {
	type entry struct {
		Setting
		gone bool
	}
	var list []entry
	for _, s := range d.want.Options {
		list = append(list, entry{s, false})
	}
	for _, s := range d.last.Options {
		if d.removed(s) {
			s.Value = s.Spec().Default()
			list = append(list, entry{s, true})
		}
	}
	place := func(e entry) int {
		return slices.IndexFunc(bond.Options, func(o bond.Option) bool { return o.Name == e.Option })
	}
	slices.SortStableFunc(list, func(x, y entry) int { return cmp.Compare(place(x), place(y)) })
	for _, e := range list {
		o := e.Spec()
		switch {
		case o == nil, o.Name == "active_slave": // a choice made once
		case !o.Modes.Has(d.want.Mode):
			// It went with the mode.
		case o.PerMember:
			d.memberOption(o, e.Setting, e.gone)
		default:
			d.option(o, e.Setting, e.gone)
		}
	}
}

// removed reports whether the last start wanted a setting and this one does not.
func (d *differ) removed(s Setting) bool {
	same := func(t Setting) bool { return t.Option == s.Option && t.Member == s.Member }
	if slices.ContainsFunc(d.want.Options, same) {
		return false
	}
	switch s.Option {
	case "miimon": // arp_interval, which is wanted instead, switches it off
		return false
	}
	return true
}

// rootsOwn are the options whose files are empty for whoever is not root.
var rootsOwn = []string{"ad_actor_sys_prio", "ad_actor_system", "ad_user_port_key"}

func (d *differ) option(o *bond.Option, s Setting, gone bool) {
	have, ok := d.have.Options[o.Name]
	if !ok {
		if !gone {
			d.add(KindNoOption, o.Name, s.Value, "", Nothing)
		}
		return
	}
	want := s.Value
	if o.Kind == bond.NIC && want != "" {
		m := d.member(want)
		if m == nil {
			return // the member is missing, and the kernel shows none but members
		}
		want = m.Name
	}
	if have == "" && slices.Contains(rootsOwn, o.Name) || sameValue(o, want, have) {
		return
	}
	d.add(KindOption, o.Name, want, have, d.state(o.When))
}

func (d *differ) memberOption(o *bond.Option, s Setting, gone bool) {
	m := d.member(s.Member)
	if m == nil {
		return
	}
	subject := m.Name + " " + o.Name
	switch have, ok := m.Options[o.Name]; {
	case !ok && gone:
	case !ok:
		d.add(KindNoOption, subject, s.Value, "", Nothing)
	case !sameValue(o, s.Value, have):
		d.add(KindMemberOption, subject, s.Value, have, d.state(o.When))
	}
}

// sameValue compares what is wanted and what the kernel shows, which may be a
// number for a word, or addresses in another order.
func sameValue(o *bond.Option, want, have string) bool {
	if canonical, err := o.Canonical(have); err == nil {
		have = canonical
	}
	if o.Kind == bond.IPv4s || o.Kind == bond.IPv6s {
		return slices.Equal(sorted(want), sorted(have))
	}
	return want == have
}

func sorted(list string) []string {
	words := strings.Split(list, ",")
	slices.Sort(words)
	return words
}

// follows reports whether the bond has the address of its active member:
// fail_over_mac, which the kernel obeys in mode active-backup only.
func (d *differ) follows() bool {
	fom := d.have.Options["fail_over_mac"]
	return d.have.Mode == bond.ActiveBackup.String() && fom != "" && !sameValue(bond.Lookup("fail_over_mac"), "none", fom)
}

// address compares the bond's MAC address. Some NICs take another one only
// while they are down, and LACP starts anew: that is a restart.
func (d *differ) address() {
	want := d.want.HWAddr.Addr
	if want == "" && !d.want.HWAddr.Auto && d.last.HWAddr != (HWAddr{}) && d.last.HWAddr.Addr == d.have.MAC && len(d.want.Members) > 0 {
		// It is the first member's again.
		if m := d.member(d.want.Members[0].String()); m != nil {
			want = m.Permanent
		}
	}
	if want == "" || strings.EqualFold(want, d.have.MAC) || d.follows() {
		return
	}
	needs := Down
	if !d.have.Up {
		needs = Live
	}
	d.add(KindMAC, "", want, d.have.MAC, needs)
}

// defaultMTU is that of a new bond.
const defaultMTU = 1500

func (d *differ) mtu() {
	want := d.want.MTU
	if want == 0 && d.last.MTU != 0 && d.last.MTU == d.have.MTU {
		want = defaultMTU
	}
	if want != 0 && want != d.have.MTU {
		d.add(KindMTU, "", strconv.Itoa(want), strconv.Itoa(d.have.MTU), Live)
	}
}

func (d *differ) members() {
	wanted := map[string]bool{}
	for _, w := range d.want.Members {
		m := d.member(w.String())
		if m == nil {
			d.add(KindMemberMissing, w.String(), "", "", Live)
			continue
		}
		wanted[m.Name] = true
		d.compareMember(m)
	}
	for i := range d.have.Members {
		if name := d.have.Members[i].Name; !wanted[name] {
			d.add(KindMemberExtra, name, "", "", Release)
		}
	}
}

func (d *differ) compareMember(m *RunningMember) {
	if !m.Up {
		d.add(KindMemberDown, m.Name, "up", "down", Live)
	}
	// In tlb and alb members have addresses of their own, and follow the bond
	// otherwise only without fail_over_mac.
	own := d.have.Mode == bond.BalanceTLB.String() || d.have.Mode == bond.BalanceALB.String() || d.follows()
	if !own && m.MAC != "" && d.have.MAC != "" && !strings.EqualFold(m.MAC, d.have.MAC) {
		d.add(KindMemberMAC, m.Name, d.have.MAC, m.MAC, Live)
	}
	if want := cmp.Or(d.want.MTU, d.have.MTU); m.MTU != want && m.MTU != 0 {
		d.add(KindMemberMTU, m.Name, strconv.Itoa(want), strconv.Itoa(m.MTU), Live)
	}
}

func (d *differ) addresses() {
	has := func(p netip.Prefix) int {
		return slices.IndexFunc(d.have.Addrs, func(a RunningAddr) bool { return a.Prefix == p })
	}
	for _, p := range d.want.Addrs {
		switch i := has(p); {
		case i < 0:
			d.add(KindAddrMissing, p.String(), "", "", Live)
		case d.have.Addrs[i].Duplicate:
			d.add(KindAddrDuplicate, p.String(), "", "", Nothing)
		}
	}
	for _, p := range d.last.Addrs {
		if !slices.Contains(d.want.Addrs, p) && has(p) >= 0 {
			d.add(KindAddrExtra, p.String(), "", "", Live)
		}
	}
}

// rest compares what only the last start tells.
func (d *differ) rest() {
	args := func(dhcp *DHCP) string {
		if dhcp == nil {
			return ""
		}
		return "dhcpcd " + strings.Join(dhcp.Args, " ")
	}
	if want, last := args(d.want.DHCP), args(d.last.DHCP); want != last {
		needs := Live
		if want != "" && last != "" {
			needs = Down // the client runs with the old options
		}
		d.add(KindDHCP, "", want, last, needs)
	}
	if d.want.Exasock != d.last.Exasock {
		word := map[bool]string{true: "yes", false: "no"}
		d.add(KindExasock, "", word[d.want.Exasock], word[d.last.Exasock], Down)
	}
}
