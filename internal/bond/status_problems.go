// SPDX-License-Identifier: MIT

package bond

import (
	"os"
	"strconv"
	"strings"
)

// A Problem is a reason why a bond is not as well as it could be.
type Problem struct {
	Bond   string `json:"bond"`
	Member string `json:"member,omitempty"` // where it is about one member
	Text   string `json:"text"`             // what is wrong, and what it means
}

// The three states of a bond.
const (
	StateUp       = "up"       // it has a link and nothing is wrong
	StateDegraded = "degraded" // it has a link and problems
	StateDown     = "down"     // no traffic can pass
)

// State sums up a bond that has the problems.
func (s *Status) State(problems []Problem) string {
	switch {
	case !s.Up || !s.Carrier || len(s.Members) == 0:
		return StateDown
	case len(problems) > 0:
		return StateDegraded
	}
	return StateUp
}

// Problems looks for what is wrong with the bond, the worst first. It goes by
// the status alone; see also [Reader.Duplicates].
func (s *Status) Problems() []Problem {
	var list []Problem
	say := func(member, text string) { list = append(list, Problem{s.Name, member, text}) }
	switch {
	case len(s.Members) == 0:
		say("", "has no member")
	case !s.Up:
		say("", "is set down")
	case !s.Carrier:
		say("", "has no carrier: no traffic can pass"+s.tooFewLinks())
	}
	if len(s.Members) > 0 && s.MIIMon == 0 && s.ARPInterval == 0 {
		say("", "neither miimon nor arp_interval is set: a lost link is never noticed")
	}
	for i := range s.Members {
		m := &s.Members[i]
		if m.MII != "up" && m.MII != "" {
			say(m.Name, linkText(m))
		}
	}
	if s.Up && s.Carrier && s.Active == "" {
		if mode, err := ParseMode(s.Mode); err == nil && mode.HasActive() {
			say("", "has no active member")
		}
	}
	if s.LACP != nil && s.Up {
		s.lacpProblems(say)
	}
	return list
}

// tooFewLinks is the reason for no carrier that no member shows: the driver counts the
// ports of 802.3ad that carry traffic.
func (s *Status) tooFewLinks() string {
	if s.LACP == nil || s.LACP.MinLinks <= s.LACP.Ports {
		return ""
	}
	return "; min_links is " + strconv.Itoa(s.LACP.MinLinks) + ", and " + strconv.Itoa(s.LACP.Ports) + " of its ports aggregated"
}

func linkText(m *MemberStatus) string {
	text := "no link"
	switch {
	case m.MII != "down":
		text = "link " + m.MII + " (a delay is running)"
	case !m.Up:
		text = "no link: it is set down"
	case m.Carrier:
		text = "has carrier, but the monitor counts it as down"
	}
	if m.Failures > 0 {
		text += ", lost " + times(m.Failures) + " so far"
	}
	return text
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return strconv.Itoa(n) + " times"
}

// LACPProblems are what keeps an 802.3ad bond from aggregating: a part of
// [Status.Problems], none in other modes.
func (s *Status) LACPProblems() []Problem {
	var list []Problem
	if s.LACP != nil {
		s.lacpProblems(func(member, text string) { list = append(list, Problem{s.Name, member, text}) })
	}
	return list
}

// lacpProblems tells from this side what the switch does, after what was
// measured on kernels 6.1 and 7.2: carrier stays on without a partner, and the
// first port alone carries traffic.
func (s *Status) lacpProblems(say func(member, text string)) {
	first := 0
	for i := range s.Members {
		m := &s.Members[i]
		p := m.LACP
		if p == nil || m.MII != "up" {
			continue
		}
		known := p.Actor != unknownPort
		switch {
		case isZeroMAC(p.PartnerMAC), p.PartnerMAC == "" && known && p.Actor&PortDefaulted != 0 && p.Actor&PortExpired == 0:
			say(m.Name, "no LACPDU received: the switch port has no LACP, or both sides are passive")
		case known && p.Actor&PortExpired != 0:
			say(m.Name, "the LACP partner is silent (expired): the switch stopped sending LACPDUs, or has not begun")
		case known && p.Actor&PortDefaulted != 0:
			say(m.Name, "works with made-up partner data (defaulted): no LACPDU received for a while")
		case known && p.Actor&(PortCollecting|PortDistributing) != PortCollecting|PortDistributing:
			say(m.Name, "carries no traffic: LACP has not (yet) agreed with the switch")
		case known && p.Partner != unknownPort && p.Partner&PortSynchronized == 0:
			say(m.Name, "the switch does not take this port into the aggregate (its side is not in sync)")
		}
		if first == 0 {
			first = p.Aggregator
		} else if p.Aggregator != first {
			say(m.Name, "is in aggregator "+strconv.Itoa(p.Aggregator)+", others in "+strconv.Itoa(first)+
				": another switch or key, another speed, or no partner")
		}
	}
}

func isZeroMAC(mac string) bool { return mac == "00:00:00:00:00:00" }

// Duplicates names the NICs outside the bond that are up and have its MAC: a
// NIC that was released keeps sending with an address which the bond took
// from it. What is stacked on something (VLAN, bridge, macvlan) shares its
// address by design and is passed over.
func (r Reader) Duplicates(s *Status) []Problem {
	entries, err := os.ReadDir(r.sysfs())
	if err != nil || s.MAC == "" || isZeroMAC(s.MAC) {
		return nil
	}
	var list []Problem
	for _, e := range entries {
		nic := e.Name()
		if nic == s.Name || r.read(nic, "address") != s.MAC || r.flags(nic)&iffUp == 0 || r.stacked(nic) {
			continue
		}
		list = append(list, Problem{s.Name, nic, "is no member but is up with the bond's MAC " + s.MAC + ": two devices with one address; set it down, or give the bond another"})
	}
	return list
}

// stacked reports whether a NIC is a member of something, or lies upon
// something else.
func (r Reader) stacked(nic string) bool {
	entries, err := os.ReadDir(r.sysfs(nic))
	if err != nil {
		return false
	}
	for _, e := range entries {
		if e.Name() == "master" || strings.HasPrefix(e.Name(), "lower_") {
			return true
		}
	}
	return false
}
