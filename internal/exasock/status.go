// SPDX-License-Identifier: MIT

package exasock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
)

// A Status is what is known of one bond. The JSON names are documented in
// bondctl-exasock(8) and do not change their meaning.
type Status struct {
	Bond    string   `json:"bond"`
	Managed bool     `json:"managed"`
	Mode    string   `json:"mode"`
	MAC     string   `json:"mac"`
	Up      bool     `json:"up"`
	Monitor Monitor  `json:"monitor"`
	Members []Member `json:"members"`
	// Device is the path of the bond's page, empty where there is none.
	Device string `json:"device,omitempty"`
	// Active is what the page says: the active port, or none.
	Active *Port `json:"active"`
	// BondingActive is the active member by the bonding driver, or "".
	BondingActive string    `json:"bonding_active"`
	Holders       []Holder  `json:"holders"`
	Problems      []Problem `json:"problems"`
}

// A Member is one NIC of a bond.
type Member struct {
	Name   string `json:"name"`
	Driver string `json:"driver"` // empty where there is none
	Port   *Port  `json:"port"`   // of a SmartNIC whose driver says
	MII    string `json:"mii"`    // the bonding driver's view of the link
}

// Status looks at one bond, managed or not. The error means that there is no
// such bond, or that it cannot be read.
func (h Host) Status(name string) (Status, error) {
	b, err := h.bond(name)
	if err != nil {
		return Status{}, err
	}
	s := Status{Bond: name, Members: []Member{}, Holders: []Holder{}, Problems: []Problem{}}
	if s.Managed, err = h.isManaged(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Status{}, err
	}
	h.fill(&s, &b)
	s.Problems = append(s.Problems, h.problems(&b)...)
	if !s.Managed {
		return s, nil
	}
	s.Device = h.device(name)
	if holders, err := h.holders(Device(name)); err == nil {
		s.Holders = append(s.Holders, holders...)
	}
	page, err := Open(s.Device)
	if err != nil {
		s.warn(openProblem(s.Device, err))
		return s, nil
	}
	defer page.Close()
	s.Active = page.Word().Port()
	if difference, _ := s.difference(); difference == "" {
		return s, nil
	}
	// The driver asks bonding only now and then: give it that time, twice, and
	// look at both anew.
	sleep := h.sleep
	if sleep == nil {
		sleep = time.Sleep
	}
	sleep(2 * time.Duration(s.Monitor.Poll) * time.Millisecond)
	if b, err = h.bond(name); err != nil {
		return Status{}, err
	}
	h.fill(&s, &b)
	s.Active = page.Word().Port()
	if difference, cure := s.difference(); difference != "" {
		s.warn(difference, cure)
	}
	return s, nil
}

// Members is the part of Status that costs little: the members and their ports.
func (h Host) Members(name string) (Status, error) {
	b, err := h.bond(name)
	s := Status{Bond: name}
	h.fill(&s, &b)
	return s, err
}

// Open maps the page of a managed bond.
func (h Host) Open(name string) (*Page, error) {
	if _, err := h.bond(name); err != nil {
		return nil, err
	}
	if managed, err := h.isManaged(name); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, h.Available())
	} else if err != nil {
		return nil, err
	} else if !managed {
		return nil, fmt.Errorf("%s is not managed by exasock", name)
	}
	page, err := Open(h.device(name))
	if err != nil {
		text, cure := openProblem(h.device(name), err)
		return nil, fmt.Errorf("%s: %s; %s", name, text, cure)
	}
	return page, nil
}

func (h Host) fill(s *Status, b *bond.Status) {
	s.Mode, s.MAC, s.Up, s.BondingActive = b.Mode, b.MAC, b.Up, b.Active
	s.Monitor = h.monitor(b)
	s.Members = s.Members[:0]
	for i := range b.Members {
		s.Members = append(s.Members, h.member(&b.Members[i]))
	}
}

func (h Host) member(m *bond.MemberStatus) Member {
	member := Member{Name: m.Name, MII: m.MII, Driver: bond.Driver(h.sysNet(), m.Name)}
	if bond.CheckSmartNIC(h.sysNet(), m.Name) != nil {
		return member // another driver must not be asked
	}
	ask := h.port
	if ask == nil && h.Root != "" {
		return member // a tree of files has no driver
	}
	if ask == nil {
		ask = portOf
	}
	if port, err := ask(m.Name); err == nil {
		member.Port = &port
	}
	return member
}

func (s *Status) warn(text, cure string) {
	s.Problems = append(s.Problems, Problem{s.Bond, text, cure, false})
}

// difference says how the page and the bonding driver disagree about the
// active member, "" where they agree or where it cannot be told.
func (s *Status) difference() (text, cure string) {
	const look = "see whether it lasts (bondctl exasock status --watch); if so, release the bond and manage it again"
	switch {
	case s.Active == nil && s.BondingActive == "":
		return "", ""
	case s.Active == nil:
		return "the page names no active port, but by bonding " + s.BondingActive + " is active", look
	case s.BondingActive == "":
		return "the page names " + s.Active.String() + ", but by bonding no member is active", look
	}
	for _, m := range s.Members {
		switch {
		case m.Name != s.BondingActive:
		case m.Port != nil && *m.Port != *s.Active:
			return fmt.Sprintf("the page names %s, but by bonding %s is active, which is %s", s.Active, m.Name, m.Port), look
		case m.Driver != "exanic":
			return "the page names " + s.Active.String() + ", but by bonding " + m.Name + " is active, which is no SmartNIC", "release the bond, take " + m.Name + " out, and manage the bond again"
		}
	}
	return "", ""
}

// NIC finds the member that is a port; "" where none is known to be.
func (s *Status) NIC(p Port) string {
	for _, m := range s.Members {
		if m.Port != nil && *m.Port == p {
			return m.Name
		}
	}
	return ""
}

func openProblem(device string, err error) (text, cure string) {
	switch {
	case errors.Is(err, os.ErrPermission):
		return device + " can be read by root only, so the active port is not known", "run this as root"
	case errors.Is(err, os.ErrNotExist):
		return device + " does not exist, which programs read", "mount devtmpfs on /dev, or start udev, then release the bond and manage it again"
	}
	return "the active port cannot be read: " + err.Error(), "release the bond and manage it again"
}

// Interval is a time in milliseconds for a person.
func Interval(ms int) string {
	if ms == 0 {
		return "off"
	}
	return strconv.Itoa(ms) + " ms"
}
