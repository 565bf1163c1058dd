// SPDX-License-Identifier: MIT

package hwaddr

import (
	"bytes"
	"strconv"
	"strings"
)

// Prefix is a range of addresses that somebody hands out.
type Prefix struct {
	// First and Last are the beginnings of the lowest and the highest address of
	// the range, both of the same length.
	First, Last []byte
	Owner       string
	// Protocol is set where the addresses belong to a protocol: such an address
	// is on the LAN as soon as the protocol is, and never a host's own.
	Protocol bool
	// Shared is set where several hosts, or one host on several ports and VLANs,
	// have an address of the range by design.
	Shared bool
	Source string // where the range is documented
}

// KnownPrefixes are the ranges that virtual machines, containers and protocols
// draw from: the wrong place for the address of a bond, because others in the
// LAN draw from the same one.
var KnownPrefixes = []Prefix{
	{First: octetsOf("00:16:3e"), Owner: "Xen", Source: "IEEE MA-L"},
	{First: octetsOf("52:54:00"), Owner: "QEMU/KVM", Source: "QEMU manual, -nic"},
	{First: octetsOf("00:50:56"), Owner: "VMware", Source: "IEEE MA-L"},
	{First: octetsOf("00:0c:29"), Owner: "VMware", Source: "IEEE MA-L"},
	{First: octetsOf("08:00:27"), Owner: "VirtualBox", Source: "VirtualBox manual"},
	{First: octetsOf("00:15:5d"), Owner: "Hyper-V", Source: "IEEE MA-L"},
	{First: octetsOf("fa:16:3e"), Owner: "OpenStack", Source: "neutron.conf, base_mac"},
	{First: octetsOf("bc:24:11"), Owner: "Proxmox", Source: "IEEE MA-L"},
	{First: octetsOf("10:66:6a"), Owner: "Incus", Source: "IEEE MA-L"},
	{First: octetsOf("00:1c:42"), Owner: "Parallels", Source: "IEEE MA-L"},
	{First: octetsOf("58:9c:fc"), Owner: "bhyve", Source: "IEEE MA-L"},
	{First: octetsOf("56:6f"), Owner: "oVirt", Source: "ovirt-engine, MAC pools"},
	{First: octetsOf("50:6b:8d"), Owner: "Nutanix", Source: "IEEE MA-L"},
	{First: octetsOf("aa:00:00"), Owner: "Ganeti", Source: "gnt-cluster(8), --mac-prefix"},
	{First: octetsOf("02:42"), Owner: "Docker", Source: "Docker Engine before 28"},

	{First: octetsOf("00:00:5e:00"), Owner: "VRRP or CARP (IANA)", Protocol: true, Shared: true, Source: "RFC 9568, 7.3"},
	{First: octetsOf("00:00:0c:07:ac"), Owner: "HSRP", Protocol: true, Shared: true, Source: "RFC 2281, 5.3"},
	{First: octetsOf("00:00:0c:9f:f0"), Last: octetsOf("00:00:0c:9f:ff"), Owner: "HSRP version 2", Protocol: true, Shared: true, Source: "Cisco IOS, HSRP version 2"},
	{First: octetsOf("00:05:73:a0"), Owner: "HSRP for IPv6", Protocol: true, Shared: true, Source: "Cisco IOS, HSRP for IPv6"},
	{First: octetsOf("00:07:b4"), Owner: "GLBP", Protocol: true, Shared: true, Source: "Cisco IOS, GLBP"},
	{First: octetsOf("00:1c:73:00:00:99"), Owner: "Arista VARP", Protocol: true, Shared: true, Source: "Arista EOS manual, VARP"},
	{First: octetsOf("44:38:39:ff"), Owner: "MLAG", Protocol: true, Shared: true, Source: "Cumulus Linux manual, MLAG"},
	{First: octetsOf("02:bf"), Owner: "Microsoft NLB", Protocol: true, Shared: true, Source: "Microsoft NLB, unicast mode"},
	// With its first octets so, a host of a cluster hides the cluster's address
	// from the switch. People set such addresses by hand, too.
	{First: octetsOf("02:01"), Last: octetsOf("02:20"), Owner: "Microsoft NLB", Shared: true, Source: "Microsoft NLB, MaskSourceMAC"},
	{First: octetsOf("aa:00:04"), Owner: "DECnet", Protocol: true, Source: "DECnet Phase IV"},
}

// octetsOf reads the octets of the table above.
func octetsOf(s string) (octets []byte) {
	for _, o := range strings.Split(s, ":") {
		v, err := strconv.ParseUint(o, 16, 8)
		if err != nil {
			panic(err)
		}
		octets = append(octets, byte(v))
	}
	return octets
}

// contains reports whether a is in the range.
func (p Prefix) contains(a Addr) bool {
	if p.Last == nil {
		return bytes.HasPrefix(a[:], p.First)
	}
	head := a[:len(p.First)]
	return bytes.Compare(head, p.First) >= 0 && bytes.Compare(head, p.Last) <= 0
}

// Owner finds the range of KnownPrefixes that a is in.
func (a Addr) Owner() (Prefix, bool) {
	for _, p := range KnownPrefixes {
		if p.contains(a) {
			return p, true
		}
	}
	return Prefix{}, false
}
