// SPDX-License-Identifier: MIT

// Package plan says what is wanted. [Compile] turns the values of rc.bond.conf
// into bonds, or into findings that say why a bond cannot be had: it is the
// only place of the rules that refuse a configuration. [Diff] compares one
// wanted bond with the one that runs: wanted and running are two values, and
// the difference is apart from both.
//
// Nothing here looks at a machine or changes one: that is for package engine.
package plan

import (
	"net/netip"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
)

// A Plan is what rc.bond.conf asks for.
type Plan struct {
	Bonds []Bond // in the order of their indexes; those with faults are left out
	// Refused are the names of the bonds that were left out, or BONDNICS[3] of
	// one without a name. Of those that break no rule a value cannot be read
	// without running the file.
	Refused  []string
	Gateway  netip.Addr // of IPv4; the zero Addr where none is asked for
	Gateway6 netip.Addr // of IPv6, with its zone (the device) where one is named
	Modules  []string   // drivers to load before the members are looked for
	MACCheck MACCheck
	// MACCheckLive asks for a probe of the LAN before a bond takes an address.
	MACCheckLive bool
	// RootNICs are the NICs that may be taken although they carry the root file
	// system (ALLOW_ROOT_NIC).
	RootNICs []string
	Debug    bool // DEBUG_ETH_UP
	// HookUp and HookDown are whether rc.bond.conf has functions bond_up and bond_down.
	HookUp, HookDown bool
}

// Bond finds a bond by its name, nil where there is none.
func (p *Plan) Bond(name string) *Bond {
	for i := range p.Bonds {
		if p.Bonds[i].Name == name {
			return &p.Bonds[i]
		}
	}
	return nil
}

// MACCheck is what happens where an address of HWADDR is found to be in use.
type MACCheck uint8

const (
	MACRefuse MACCheck = iota // the bond is not started
	MACWarn                   // it is started, with a warning
	MACOff                    // nothing is looked up
)

// A Bond is one bond as it is wanted. It is kept in the bond's journal as JSON.
type Bond struct {
	Index   int       `json:"index"` // in rc.bond.conf
	Name    string    `json:"name"`
	Members []Member  `json:"members"`
	Mode    bond.Mode `json:"mode"`
	// Options are in the order in which they are written (the order of
	// [bond.Options]), without mode; miimon 100 is among them where no monitor
	// is named.
	Options  []Setting      `json:"options"`
	HWAddr   HWAddr         `json:"hwaddr"`
	MTU      int            `json:"mtu,omitempty"` // in bytes; 0: as it is
	Addrs    []netip.Prefix `json:"addrs,omitempty"`
	DHCP     *DHCP          `json:"dhcp,omitempty"` // nil: none
	LinkWait time.Duration  `json:"linkwait"`       // how long to wait for carrier
	Exasock  bool           `json:"exasock,omitempty"`
}

// A Member names one NIC; one of the fields is set.
type Member struct {
	Name string `json:"name,omitempty"`
	MAC  string `json:"mac,omitempty"` // the permanent address, lower case with colons
	PCI  string `json:"pci,omitempty"` // a slot, 0000:03:00.0
}

// String is the word of BONDNICS.
func (m Member) String() string {
	switch {
	case m.MAC != "":
		return "mac=" + m.MAC
	case m.PCI != "":
		return "pci=" + m.PCI
	}
	return m.Name
}

// A Setting is one option and the value that it is to have.
type Setting struct {
	Option string `json:"option"` // a Name of bond.Options
	// Member is the word of BONDNICS that the value is for, of options that
	// belong to a member.
	Member string `json:"member,omitempty"`
	// Value is as the kernel reads it back: the word of a bond.Word option, not
	// its number; addresses separated by commas, IPv6 ones in the canonical
	// form; MAC addresses in lower case.
	Value string `json:"value"`
	// Given is whether the file names it; false for defaults of ours.
	Given bool `json:"given,omitempty"`
}

// Spec is the option in the kernel's table.
func (s Setting) Spec() *bond.Option { return bond.Lookup(s.Option) }

// HWAddr is the address that a bond is to have: nothing (its first member's),
// derived, or a fixed one.
type HWAddr struct {
	Auto bool   `json:"auto,omitempty"`
	Addr string `json:"addr,omitempty"` // lower case with colons
}

// DHCP is how a bond gets a lease: dhcpcd's options, as rc.inet1 gives them.
type DHCP struct {
	Args []string `json:"args"`
}

// Option gives the setting of the option of that name that is the bond's own.
func (b *Bond) Option(name string) (value string, ok bool) {
	for _, s := range b.Options {
		if s.Option == name && s.Member == "" {
			return s.Value, true
		}
	}
	return "", false
}
