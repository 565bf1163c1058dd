// SPDX-License-Identifier: MIT

// Package probe asks the LAN whether a host has a hardware address. [Run] goes
// through stages, each of which finds hosts that the one before cannot: IPv6
// frames to the address alone, of which one carries an unknown hop-by-hop
// option that Linux has to report even from behind a packet filter; an ARP
// request for each IPv4 address of the local networks, to the address alone;
// and two IPv6 frames to everybody, since a switch may believe that the address
// is behind the asking port, or not flood what it does not know. A control
// address that is known to be alive is asked as well: without an answer from it
// silence means nothing.
//
// A frame from the address shows that it is in use, and so does ARP or neighbour
// discovery that claims it from another source: some clusters answer so. With
// [Options.Limit] a run takes no longer than a boot may wait.
//
// The source of every frame is the interface's own address, never a candidate:
// one such frame would take the address's traffic away from its owner.
//
// Hosts that are off, have no IP address, are in another VLAN or are made mute
// cannot be found.
package probe
