// SPDX-License-Identifier: MIT

package probe

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/slackbond/slackbond/internal/hwaddr"
)

// allNodes is where every IPv6 host listens, allNodesMAC its Ethernet address.
var (
	allNodes    = netip.MustParseAddr("ff02::1")
	allNodesMAC = hwaddr.Addr{0x33, 0x33, 0, 0, 0, 1}
)

// unknownOption is an option type that nobody has; its two upper bits say that
// who does not know it has to report that even if it was sent to a group (RFC
// 8200, section 4.2).
const unknownOption = 0x80

// identity marks our echo requests.
const identity = 0x6d61

// builder makes frames from one source.
type builder struct {
	src hwaddr.Addr // never a candidate
	ip  netip.Addr  // IPv6 link-local
}

// badOption asks for a report of an unknown hop-by-hop option. Linux parses
// these options before its packet filter sees the packet, so that hosts which
// drop everything report it too.
func (b builder) badOption(dst hwaddr.Addr) ([]byte, error) {
	ip := b.ipv6(allNodes, 64)
	ip.NextHeader = layers.IPProtocolIPv6HopByHop
	ip.HopByHop = hopByHop(&layers.IPv6HopByHopOption{OptionType: unknownOption, OptionData: []byte{0, 0, 0, 0}})
	return b.icmpv6(dst, ip, layers.CreateICMPv6TypeCode(layers.ICMPv6TypeEchoRequest, 0),
		&layers.ICMPv6Echo{Identifier: identity, SeqNumber: 1}, gopacket.Payload("bondctl mac"))
}

// echo pings all IPv6 hosts behind an address. What comes back first is the
// owner's neighbour solicitation for us.
func (b builder) echo(dst hwaddr.Addr) ([]byte, error) {
	return b.icmpv6(dst, b.ipv6(allNodes, 64), layers.CreateICMPv6TypeCode(layers.ICMPv6TypeEchoRequest, 0),
		&layers.ICMPv6Echo{Identifier: identity, SeqNumber: 2}, gopacket.Payload("bondctl mac"))
}

// solicitation asks the owner of the link-local address that a host forms from
// dst; packet filters that let IPv6 work let it through.
func (b builder) solicitation(dst hwaddr.Addr) ([]byte, error) {
	target := dst.LinkLocal()
	low := target.As16()
	group := [16]byte{0: 0xff, 1: 0x02, 11: 1, 12: 0xff, 13: low[13], 14: low[14], 15: low[15]}
	return b.icmpv6(dst, b.ipv6(netip.AddrFrom16(group), 255), layers.CreateICMPv6TypeCode(layers.ICMPv6TypeNeighborSolicitation, 0),
		&layers.ICMPv6NeighborSolicitation{
			TargetAddress: target.AsSlice(),
			Options:       layers.ICMPv6Options{{Type: layers.ICMPv6OptSourceAddress, Data: b.src[:]}},
		})
}

// solicited is the Ethernet address to which neighbour solicitations for an
// IPv6 address go (RFC 2464, section 7, and RFC 4291, section 2.7.1).
func solicited(ip netip.Addr) hwaddr.Addr {
	b := ip.As16()
	return hwaddr.Addr{0x33, 0x33, 0xff, b[13], b[14], b[15]}
}

// mldQuery is an MLDv2 general query (RFC 3810) to be answered within 100 ms.
func (b builder) mldQuery(dst hwaddr.Addr) ([]byte, error) {
	ip := b.ipv6(allNodes, 1)
	ip.NextHeader = layers.IPProtocolIPv6HopByHop
	ip.HopByHop = hopByHop(
		&layers.IPv6HopByHopOption{OptionType: 5, OptionData: []byte{0, 0}}, // router alert: MLD
		&layers.IPv6HopByHopOption{OptionType: 1, OptionData: []byte{}},     // PadN
	)
	query := make([]byte, 24)
	binary.BigEndian.PutUint16(query, 100) // ms
	query[20], query[21] = 2, 125          // robustness, interval in s
	return b.icmpv6(dst, ip, layers.CreateICMPv6TypeCode(layers.ICMPv6TypeMLDv1MulticastListenerQueryMessage, 0), gopacket.Payload(query))
}

// arp asks who has an IPv4 address; sender may be 0.0.0.0, as in the probes of
// RFC 5227, which change no host's table.
func (b builder) arp(dst hwaddr.Addr, sender, target netip.Addr) ([]byte, error) {
	return serialize(b.ethernet(dst, layers.EthernetTypeARP), &layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4,
		Operation: layers.ARPRequest, SourceHwAddress: b.src[:], SourceProtAddress: sender.AsSlice(),
		DstHwAddress: make([]byte, 6), DstProtAddress: target.AsSlice(),
	})
}

func hopByHop(options ...*layers.IPv6HopByHopOption) *layers.IPv6HopByHop {
	h := &layers.IPv6HopByHop{Options: options}
	h.NextHeader = layers.IPProtocolICMPv6
	return h
}

func (b builder) ethernet(dst hwaddr.Addr, kind layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: net.HardwareAddr(b.src[:]), DstMAC: net.HardwareAddr(dst[:]), EthernetType: kind}
}

func (b builder) ipv6(dst netip.Addr, hops uint8) *layers.IPv6 {
	return &layers.IPv6{Version: 6, NextHeader: layers.IPProtocolICMPv6, HopLimit: hops, SrcIP: b.ip.AsSlice(), DstIP: dst.AsSlice()}
}

func (b builder) icmpv6(dst hwaddr.Addr, ip *layers.IPv6, kind layers.ICMPv6TypeCode, rest ...gopacket.SerializableLayer) ([]byte, error) {
	icmp := &layers.ICMPv6{TypeCode: kind}
	if err := icmp.SetNetworkLayerForChecksum(ip); err != nil {
		return nil, err
	}
	return serialize(append([]gopacket.SerializableLayer{b.ethernet(dst, layers.EthernetTypeIPv6), ip, icmp}, rest...)...)
}

func serialize(list ...gopacket.SerializableLayer) ([]byte, error) {
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, list...); err != nil {
		return nil, fmt.Errorf("make a frame: %w", err)
	}
	return buf.Bytes(), nil
}

// seen is what a received frame says about its sender.
type seen struct {
	src  hwaddr.Addr
	dst  hwaddr.Addr
	what string     // "ARP reply"
	ip   netip.Addr // of the sender, if it says
	// claim is the hardware address that ARP or neighbour discovery gives for ip;
	// zero where the frame is something else. A cluster may send from another
	// address than the one that it claims, so that switches do not learn it.
	claim hwaddr.Addr
}

// parse reads a received frame. Whatever it is, it shows its source.
func parse(frame []byte) (seen, bool) {
	if len(frame) < 14 {
		return seen{}, false
	}
	s := seen{dst: hwaddr.Addr(frame[0:6]), src: hwaddr.Addr(frame[6:12]), what: fmt.Sprintf("a frame of type 0x%04x", binary.BigEndian.Uint16(frame[12:14]))}
	p := gopacket.NewPacket(frame, layers.LayerTypeEthernet, gopacket.DecodeOptions{NoCopy: true})
	for _, l := range p.Layers() {
		switch l := l.(type) {
		case *layers.ARP:
			s.ip, _ = netip.AddrFromSlice(l.SourceProtAddress)
			copy(s.claim[:], l.SourceHwAddress)
			s.what = map[bool]string{true: "an ARP reply", false: "an ARP request"}[l.Operation == layers.ARPReply]
		case *layers.IPv4:
			s.ip, _ = netip.AddrFromSlice(l.SrcIP.To4())
			s.what = "an IPv4 packet"
		case *layers.IPv6:
			s.ip, _ = netip.AddrFromSlice(l.SrcIP)
			s.what = "an IPv6 packet"
		case *layers.ICMPv6:
			s.what = "an ICMPv6 message"
			switch l.TypeCode.Type() {
			case layers.ICMPv6TypeParameterProblem:
				s.what = "a report of the unknown option"
			case layers.ICMPv6TypeEchoReply:
				s.what = "an echo reply"
			case layers.ICMPv6TypeNeighborSolicitation:
				s.what = "a neighbour solicitation"
			case layers.ICMPv6TypeNeighborAdvertisement:
				s.what = "a neighbour advertisement"
			case layers.ICMPv6TypeMLDv2MulticastListenerReportMessageV2, layers.ICMPv6TypeMLDv1MulticastListenerReportMessage:
				s.what = "a multicast listener report"
			case layers.ICMPv6TypeRouterSolicitation:
				s.what = "a router solicitation"
			case layers.ICMPv6TypeRouterAdvertisement:
				s.what = "a router advertisement"
			}
		case *layers.ICMPv6NeighborSolicitation:
			s.claimed(l.Options, layers.ICMPv6OptSourceAddress)
		case *layers.ICMPv6RouterSolicitation:
			s.claimed(l.Options, layers.ICMPv6OptSourceAddress)
		case *layers.ICMPv6RouterAdvertisement:
			s.claimed(l.Options, layers.ICMPv6OptSourceAddress)
		case *layers.ICMPv6NeighborAdvertisement:
			s.claimed(l.Options, layers.ICMPv6OptTargetAddress)
			if s.claim != (hwaddr.Addr{}) {
				s.ip, _ = netip.AddrFromSlice(l.TargetAddress)
			}
		}
	}
	return s, true
}

// claimed takes the hardware address that neighbour discovery gives (RFC 4861,
// section 4.6.1).
func (s *seen) claimed(options layers.ICMPv6Options, kind layers.ICMPv6Opt) {
	for _, o := range options {
		if o.Type == kind && len(o.Data) >= len(s.claim) {
			copy(s.claim[:], o.Data)
		}
	}
}
