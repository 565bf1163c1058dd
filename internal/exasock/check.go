// SPDX-License-Identifier: MIT

package exasock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// A Problem is something about a bond that does not go with exasock.
type Problem struct {
	Bond string `json:"bond"` // empty where it is about the machine
	Text string `json:"text"` // what is wrong
	Cure string `json:"cure"` // what to do about it
	// Refuse: the driver would not manage the bond. Else it would, but badly.
	Refuse bool `json:"refuse"`
}

func (p Problem) String() string {
	s := p.Text
	if p.Bond != "" {
		s = p.Bond + ": " + s
	}
	if p.Cure != "" {
		s += "; " + p.Cure
	}
	return s
}

// Check looks for everything that keeps a bond from being managed, or from
// working well when it is, without asking the driver. The error means that the
// bond could not be looked at, as where it does not exist.
func (h Host) Check(name string) ([]Problem, error) {
	s, err := h.bond(name)
	if err != nil {
		return nil, err
	}
	return h.problems(&s), nil
}

// bond reads a bond's state; the error is a sentence.
func (h Host) bond(name string) (bond.Status, error) {
	if err := bond.CheckName(name); err != nil {
		return bond.Status{}, err
	}
	s, err := h.bonds().Status(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if _, err := os.Stat(h.path(bond.SysNet, name)); err == nil {
		return s, fmt.Errorf("%s is no bond, and exasock manages only bonds", name)
	}
	names, err := h.bonds().Names()
	if err != nil || len(names) == 0 {
		return s, fmt.Errorf("there is no bond %s here, nor any other; exasock sees only those of the first network namespace", name)
	}
	return s, fmt.Errorf("there is no bond %s here; there are: %s", name, strings.Join(names, ", "))
}

func (h Host) problems(s *bond.Status) []Problem {
	var list []Problem
	refuse := func(text, cure string) { list = append(list, Problem{s.Name, text, cure, true}) }
	warn := func(text, cure string) { list = append(list, Problem{s.Name, text, cure, false}) }

	if s.Mode != bond.ActiveBackup.String() {
		refuse("its mode is "+s.Mode+", and exasock manages only active-backup",
			"set BONDMODE to active-backup and make the bond anew (a mode can be changed only while the bond is down and empty)")
	}
	for i := range s.Members {
		if err := bond.CheckSmartNIC(h.sysNet(), s.Members[i].Name); err != nil {
			cure := "take it out of the bond"
			if managed, _ := h.isManaged(s.Name); managed {
				cure = "it went in past the driver, which cannot use it: release the bond, take it out, manage the bond again"
			}
			refuse("member "+err.Error(), cure)
		}
	}
	m := h.monitor(s)
	switch {
	case m.Interval == 0 && s.ARPInterval > 0:
		warn("arp_interval is set but arp_ip_target is not, so nothing is monitored: a lost link can be missed for ever",
			"set arp_ip_target, or miimon to 100")
	case m.Interval == 0:
		warn("neither miimon nor arp_interval is set: a lost link can be missed for ever, since the SmartNIC driver reports none",
			"set miimon to 100")
	}
	if len(s.Members) == 0 {
		cure := "add a SmartNIC"
		if h.fixed() {
			cure = "add a SmartNIC before the bond is managed: from kernel 5.15 on none can be added to a managed bond"
		}
		warn("it has no member, and a program that uses it with libexasock needs one", cure)
	}
	if owner := h.addressOwner(s); owner != "" {
		warn("it has the MAC address "+s.MAC+" of "+owner+", which is no member any more: two devices with one address",
			"put "+owner+" back into the bond, or give the bond another address")
	}
	return list
}

// addressOwner finds a NIC that is no member but has the bond's MAC address:
// the bond keeps the address of its first member even when that is taken out.
// Interfaces on top of the bond (VLANs) have it too, and rightly.
func (h Host) addressOwner(s *bond.Status) string {
	entries, err := os.ReadDir(h.sysNet())
	if err != nil || s.MAC == "" {
		return ""
	}
	for _, e := range entries {
		nic := e.Name()
		if nic == s.Name || bond.Driver(h.sysNet(), nic) == "" || h.read(bond.SysNet, nic, "address") != s.MAC {
			continue
		}
		if _, err := os.Lstat(h.path(bond.SysNet, nic, "master")); err == nil {
			continue
		}
		return nic
	}
	return ""
}

// A Monitor is how soon a lost link is noticed. All times are milliseconds.
type Monitor struct {
	MIIMon      int `json:"miimon"`       // 0 is off
	ARPInterval int `json:"arp_interval"` // 0 is off
	// Interval is the one in effect, the lower of the two, leaving out one
	// that is off (arp_interval is without an arp_ip_target); 0 is none.
	Interval int `json:"interval"`
	// Poll is how often the exasock driver asks bonding for the active member:
	// the lower of the two, where one that is off counts as 200
	// (exasock-bonding-monitor.c).
	Poll int `json:"poll"`
}

// defaultPoll is EXABOND_MONITOR_DEFAULT_INTERVAL_MS.
const defaultPoll = 200

func (h Host) monitor(s *bond.Status) Monitor {
	m := Monitor{MIIMon: s.MIIMon, ARPInterval: s.ARPInterval, Poll: defaultPoll}
	arp := s.ARPInterval
	if h.read(bond.SysNet, s.Name, "bonding/arp_ip_target") == "" {
		arp = 0
	}
	for _, interval := range []int{s.MIIMon, arp} {
		if interval <= 0 {
			continue
		}
		m.Poll = min(m.Poll, interval)
		if m.Interval == 0 || interval < m.Interval {
			m.Interval = interval
		}
	}
	return m
}
