// SPDX-License-Identifier: MIT

// Package rtnl reads links, addresses, routes, neighbours and nexthop objects
// as the kernel's own rtnetlink messages, and puts them back as such, so that
// no attribute is lost on the way: rtnetlink(7). What must be changed in a
// message before the kernel takes it again, and in which order, is in
// [State.Of] and [Saved.Requests].
package rtnl

import "time"

// A Link is a network interface.
type Link struct {
	Index   int
	Name    string
	Type    uint16 // ARPHRD_*
	Flags   uint32 // IFF_*
	Carrier bool
	MTU     int
	MinMTU  int    // 0: not known
	MaxMTU  int    // 0: not known, or no limit
	Addr    []byte // hardware address
	// Permanent is the hardware address that it was made with; where the kernel
	// does not say, of a member the one that it had before; else nil.
	Permanent []byte
	// Former is, of a member of a bond, the hardware address that it had before
	// and gets back when it leaves; nil where the kernel does not say.
	Former     []byte
	Master     int    // index of the bond or bridge that it belongs to, or 0
	Lower      int    // index of the interface that it stands on (a VLAN's, a macvlan's), or 0
	Kind       string // "bond", "vlan", "bridge"; "" for hardware
	MemberKind string // of a member: its master's kind
	Group      uint32
	// AddrGenMode is how IPv6 makes the link-local address (IN6_ADDR_GEN_MODE_*),
	// -1 where the kernel does not say.
	AddrGenMode int
	// AcceptRA: the kernel itself gives it addresses and routes that routers
	// announce (IPv6 router advertisements).
	AcceptRA bool
	// Data and MemberData are the attributes of its own driver and of its
	// master's (IFLA_INFO_DATA, IFLA_INFO_SLAVE_DATA), as the kernel sent them.
	Data, MemberData []byte
}

// A Class is what a message is about.
type Class uint8

const (
	Address   Class = iota // struct ifaddrmsg
	Route                  // struct rtmsg
	Neighbour              // struct ndmsg: a permanent one, or a proxy
	Nexthop                // struct nhmsg: an object that routes refer to by its number
)

// A Mode says what adding a route does where others have its destination and
// metric.
type Mode uint8

const (
	ModeExclusive Mode = iota // it fails with EEXIST
	ModeAppend                // it comes after them; EEXIST means that it is there already
	ModePrepend               // it comes before them; the same (IPv4 only)
	ModeReplace               // it takes the place of the first
)

// A Message is an address, a route, a neighbour or a nexthop object as the
// kernel described it: the header (struct ifaddrmsg, rtmsg, ndmsg or nhmsg)
// and the attributes. It is kept in journals as JSON.
type Message struct {
	Class Class  `json:"class"`
	Body  []byte `json:"body"`
	// Mode is of a route that is to be added.
	Mode Mode `json:"mode,omitempty"`
}

// A State is every address, route, neighbour and nexthop object of the
// machine at one moment, in the kernel's order.
type State struct {
	Messages []Message
	// At is when it was read, on CLOCK_BOOTTIME: lifetimes count from it.
	At time.Duration
}

// Saved is what some interfaces had, ready to be put back.
type Saved struct {
	Messages []Message     `json:"messages,omitempty"`
	At       time.Duration `json:"at,omitempty"` // CLOCK_BOOTTIME
}
