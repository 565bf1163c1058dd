// SPDX-License-Identifier: MIT

package fakekernel

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
)

// Snapshot is the machine as an administrator sees it, to be compared before
// and after: every interface with its addresses in order, what stands on what,
// options of bonds that count in their mode, routes, neighbours, nexthop objects, DHCP clients, modules
// that are loaded. Left out is what comes and goes by itself: indexes, carrier,
// link-local addresses that the kernel made, whether an address is tentative.
func (k *Kernel) Snapshot() string {
	k.settle()
	var b strings.Builder
	links := slices.Clone(k.links)
	slices.SortFunc(links, func(x, y *link) int { return strings.Compare(x.Name, y.Name) })
	for _, l := range links {
		fmt.Fprintf(&b, "%s %s up=%t mtu=%d mac=%x", l.Name, l.kind, l.up, l.mtu, l.mac)
		if l.master != nil {
			fmt.Fprintf(&b, " master=%s", l.master.Name)
		}
		if l.lower != nil {
			fmt.Fprintf(&b, " on=%s", l.lower.Name)
		}
		b.WriteByte('\n')
		for _, a := range k.addrs {
			if a.link == l && !a.auto && !a.lease {
				fmt.Fprintf(&b, "  %s peer=%s scope=%d flags=%x secondary=%t until=%s,%s %s\n", a.prefix(), a.peer, a.scope, a.flags,
					a.secondary, about(a.preferred), about(a.valid), a.attrs)
			}
		}
		if l.bond != nil {
			for _, o := range bond.Options {
				if o.PerMember || o.Name == "active_slave" || !o.Modes.Has(l.bond.mode) || slices.Contains(k.NoOption, o.Name) {
					continue
				}
				fmt.Fprintf(&b, "  %s %s\n", o.Name, k.read(l, &o))
			}
		}
		if l.master != nil && l.master.bond != nil {
			fmt.Fprintf(&b, "  queue_id %d prio %d port_prio %d\n", l.queue, l.prio, l.adPrio)
		}
	}
	var lines []string
	for _, r := range k.routes {
		s := fmt.Sprintf("route %v table %d nhid %d until %s %s", r.header, r.table, r.nhid, about(r.expires), r.attrs)
		var legs []string
		for _, g := range r.legs {
			name := "none"
			if l := k.byIndex(g.index); l != nil {
				name = l.Name
			}
			legs = append(legs, fmt.Sprintf(" [%s %d %d %s]", name, g.flags&unix.RTNH_F_ONLINK, g.hops, g.attrs))
		}
		slices.Sort(legs)
		lines = append(lines, s+strings.Join(legs, ""))
	}
	for _, n := range k.neighs {
		name := "none"
		if l := k.byIndex(n.index()); l != nil {
			name = l.Name
		}
		lines = append(lines, fmt.Sprintf("neighbour dev %s state %x flags %x %s", name, n.header[8:10], n.header[10], n.attrs))
	}
	for _, n := range k.nexthops {
		name := "none"
		if l := k.byIndex(n.index); l != nil {
			name = l.Name
		}
		lines = append(lines, fmt.Sprintf("nexthop %d dev %s group %v %s", n.id, name, n.group, n.attrs.without(nhaID, nhaOIF, nhaGroup)))
	}
	for nic := range k.clients {
		lines = append(lines, "dhcp "+nic)
	}
	for name := range maps.Keys(k.modules) {
		lines = append(lines, "module "+name)
	}
	for _, name := range k.exasock {
		lines = append(lines, "exasock "+name)
	}
	slices.Sort(lines)
	return b.String() + strings.Join(lines, "\n") + "\n"
}

// about is a moment that may be some seconds off.
func about(t time.Duration) string {
	if t == 0 {
		return "ever"
	}
	return (t + 500*time.Second).Truncate(1000 * time.Second).String()
}

// String is the attributes in a fixed order.
func (a attrs) String() string {
	list := slices.Clone(a)
	slices.SortFunc(list, func(x, y attr) int { return int(x.typ) - int(y.typ) })
	var b bytes.Buffer
	for _, x := range list {
		fmt.Fprintf(&b, "%d=%x ", x.typ&typeMask, x.data)
	}
	return strings.TrimSpace(b.String())
}
