// SPDX-License-Identifier: MIT

package plan

import "net/netip"

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
