// SPDX-License-Identifier: MIT

package hwaddr

import "bytes"

// Prefix is a range of addresses that somebody hands out.
type Prefix struct {
	Octets []byte
	Owner  string
	// Protocol is set where the addresses belong to a protocol: such an address
	// is on the LAN as soon as the protocol is, and never a host's own.
	Protocol bool
}

// KnownPrefixes are the ranges that virtual machines, containers and protocols
// draw from: the wrong place for the address of a bond, because others in the
// LAN draw from the same one.
var KnownPrefixes = []Prefix{
	{Octets: []byte{0x00, 0x16, 0x3e}, Owner: "Xen"},
	{Octets: []byte{0x52, 0x54, 0x00}, Owner: "QEMU/KVM"},
	{Octets: []byte{0x00, 0x50, 0x56}, Owner: "VMware"},
	{Octets: []byte{0x00, 0x0c, 0x29}, Owner: "VMware"},
	{Octets: []byte{0x08, 0x00, 0x27}, Owner: "VirtualBox"},
	{Octets: []byte{0x00, 0x15, 0x5d}, Owner: "Hyper-V"},
	{Octets: []byte{0xfa, 0x16, 0x3e}, Owner: "OpenStack"},
	{Octets: []byte{0xbc, 0x24, 0x11}, Owner: "Proxmox"},
	{Octets: []byte{0x02, 0x42}, Owner: "Docker"},
	{Octets: []byte{0x00, 0x00, 0x5e, 0x00}, Owner: "VRRP (IANA)", Protocol: true},
	{Octets: []byte{0x00, 0x00, 0x0c, 0x07, 0xac}, Owner: "HSRP", Protocol: true},
	{Octets: []byte{0x02, 0xbf}, Owner: "Microsoft NLB", Protocol: true},
	{Octets: []byte{0xaa, 0x00, 0x04}, Owner: "DECnet", Protocol: true},
}

// Owner finds the range of KnownPrefixes that a is in.
func (a Addr) Owner() (Prefix, bool) {
	for _, p := range KnownPrefixes {
		if bytes.HasPrefix(a[:], p.Octets) {
			return p, true
		}
	}
	return Prefix{}, false
}
