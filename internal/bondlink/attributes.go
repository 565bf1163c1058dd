// SPDX-License-Identifier: MIT

package bondlink

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/mdlayher/netlink"
	"github.com/slackbond/slackbond/internal/bond"
	"golang.org/x/sys/unix"
)

// An attribute is the netlink form of an option.
type attribute struct {
	id    uint16 // IFLA_BOND_*, or IFLA_BOND_SLAVE_* where the option is a member's
	width width
}

type width uint8

const (
	u8 width = 1 + iota
	u16
	u32
	s32
	ifindex // u32; 0 is none
	hwaddr  // 6 bytes
	ipv4s   // nested, numbered from 0, 4 bytes each
	ipv6s   // nested, numbered from 0, 16 bytes each
)

// Numbers of include/uapi/linux/if_link.h that x/sys does not have yet.
const (
	iflaBondCoupledControl     = 32 // Linux 6.9
	iflaBondBroadcastNeighbor  = 33 // Linux 6.17
	iflaBondLACPStrict         = 34 // Linux 7.x
	iflaBondSlavePrio          = 9  // Linux 6.0
	iflaBondSlaveActorPortPrio = 10 // Linux 6.18
)

// attributes has one entry for each of bond.Options.
var attributes = map[string]attribute{
	"mode":               {unix.IFLA_BOND_MODE, u8},
	"fail_over_mac":      {unix.IFLA_BOND_FAIL_OVER_MAC, u8},
	"ad_actor_system":    {unix.IFLA_BOND_AD_ACTOR_SYSTEM, hwaddr},
	"ad_actor_sys_prio":  {unix.IFLA_BOND_AD_ACTOR_SYS_PRIO, u16},
	"ad_user_port_key":   {unix.IFLA_BOND_AD_USER_PORT_KEY, u16},
	"ad_select":          {unix.IFLA_BOND_AD_SELECT, u8},
	"lacp_rate":          {unix.IFLA_BOND_AD_LACP_RATE, u8},
	"lacp_active":        {unix.IFLA_BOND_AD_LACP_ACTIVE, u8},
	"coupled_control":    {iflaBondCoupledControl, u8},
	"lacp_strict":        {iflaBondLACPStrict, u8},
	"broadcast_neighbor": {iflaBondBroadcastNeighbor, u8},
	"min_links":          {unix.IFLA_BOND_MIN_LINKS, u32},
	"xmit_hash_policy":   {unix.IFLA_BOND_XMIT_HASH_POLICY, u8},
	"packets_per_slave":  {unix.IFLA_BOND_PACKETS_PER_SLAVE, u32},
	"tlb_dynamic_lb":     {unix.IFLA_BOND_TLB_DYNAMIC_LB, u8},
	"lp_interval":        {unix.IFLA_BOND_LP_INTERVAL, u32},
	"all_slaves_active":  {unix.IFLA_BOND_ALL_SLAVES_ACTIVE, u8},
	"resend_igmp":        {unix.IFLA_BOND_RESEND_IGMP, u32},
	"num_grat_arp":       {unix.IFLA_BOND_NUM_PEER_NOTIF, u8},
	"use_carrier":        {unix.IFLA_BOND_USE_CARRIER, u8},
	"miimon":             {unix.IFLA_BOND_MIIMON, u32},
	"updelay":            {unix.IFLA_BOND_UPDELAY, u32},
	"downdelay":          {unix.IFLA_BOND_DOWNDELAY, u32},
	"peer_notif_delay":   {unix.IFLA_BOND_PEER_NOTIF_DELAY, u32},
	"arp_ip_target":      {unix.IFLA_BOND_ARP_IP_TARGET, ipv4s},
	"ns_ip6_target":      {unix.IFLA_BOND_NS_IP6_TARGET, ipv6s},
	"arp_all_targets":    {unix.IFLA_BOND_ARP_ALL_TARGETS, u32},
	"arp_missed_max":     {unix.IFLA_BOND_MISSED_MAX, u8},
	"arp_interval":       {unix.IFLA_BOND_ARP_INTERVAL, u32},
	"arp_validate":       {unix.IFLA_BOND_ARP_VALIDATE, u32},
	"primary_reselect":   {unix.IFLA_BOND_PRIMARY_RESELECT, u8},
	"primary":            {unix.IFLA_BOND_PRIMARY, ifindex},
	"queue_id":           {unix.IFLA_BOND_SLAVE_QUEUE_ID, u16},
	"prio":               {iflaBondSlavePrio, s32},
	"actor_port_prio":    {iflaBondSlaveActorPortPrio, u16},
	"active_slave":       {unix.IFLA_BOND_ACTIVE_SLAVE, ifindex},
}

// Encode gives the attribute (IFLA_BOND_*, or IFLA_BOND_SLAVE_* of an option
// that belongs to a member) for a value that Option.Check accepted; "" is an
// empty list, or no NIC. index finds a NIC by its name.
func Encode(o *bond.Option, value string, index func(name string) (int, error)) ([]byte, error) {
	a, ok := attributes[o.Name]
	if !ok {
		return nil, fmt.Errorf("%s has no netlink attribute", o.Name)
	}
	ae := netlink.NewAttributeEncoder()
	switch a.width {
	case hwaddr:
		mac, err := net.ParseMAC(value)
		if err != nil {
			return nil, err
		}
		ae.Bytes(a.id, mac)
	case ifindex:
		nic := 0
		if value != "" {
			var err error
			if nic, err = index(value); err != nil {
				return nil, fmt.Errorf("%s %q: %w", o.Name, value, err)
			}
		}
		ae.Uint32(a.id, uint32(nic))
	case ipv4s, ipv6s:
		ae.Nested(a.id, func(nae *netlink.AttributeEncoder) error {
			for i, text := range strings.FieldsFunc(value, func(c rune) bool { return c == ',' }) {
				addr, err := netip.ParseAddr(text)
				if err != nil {
					return err
				}
				nae.Bytes(uint16(i), addr.AsSlice())
			}
			return nil
		})
	default:
		n, err := number(o, value)
		if err != nil {
			return nil, err
		}
		switch a.width {
		case u8:
			ae.Uint8(a.id, uint8(n))
		case u16:
			ae.Uint16(a.id, uint16(n))
		case u32:
			ae.Uint32(a.id, uint32(n))
		case s32:
			ae.Int32(a.id, int32(n))
		}
	}
	return ae.Encode()
}

// number gives the number that stands for a value, and refuses one that its
// attribute has no room for.
func number(o *bond.Option, value string) (int64, error) {
	if n, ok := o.Number(value); ok {
		return int64(n), nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is no number", o.Name, value)
	}
	low, high := int64(0), int64(math.MaxUint32)
	switch attributes[o.Name].width {
	case u8:
		high = math.MaxUint8
	case u16:
		high = math.MaxUint16
	case s32:
		low, high = math.MinInt32, math.MaxInt32
	}
	if n < low || n > high {
		return 0, fmt.Errorf("%s: %d is not between %d and %d", o.Name, n, low, high)
	}
	return n, nil
}

// Decode looks for the option in the attributes of a bond or a member and
// gives its value as the option table writes it; false where the kernel did
// not send it, which can mean that it does not have it, or that nothing is
// set (a NIC, a list of addresses). name finds a NIC by its index.
func Decode(o *bond.Option, data []byte, name func(index int) string) (string, bool, error) {
	ad, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return "", false, fmt.Errorf("the kernel's answer about %s: %w", o.Name, err)
	}
	a := attributes[o.Name]
	value, found := "", false
	for ad.Next() {
		if ad.Type() != a.id {
			continue
		}
		found = true
		switch a.width {
		case hwaddr:
			value = net.HardwareAddr(ad.Bytes()).String()
		case ifindex:
			if index := ad.Uint32(); index != 0 {
				value = name(int(index))
			}
		case ipv4s, ipv6s:
			value = addresses(ad.Bytes())
		case u8:
			value = word(o, int64(ad.Uint8()))
		case u16:
			value = word(o, int64(ad.Uint16()))
		case u32:
			value = word(o, int64(ad.Uint32()))
		case s32:
			value = word(o, int64(ad.Int32()))
		}
	}
	if err := ad.Err(); err != nil {
		return "", false, fmt.Errorf("the kernel's answer about %s: %w", o.Name, err)
	}
	return value, found, nil
}

func word(o *bond.Option, n int64) string {
	if n >= 0 && n < int64(len(o.Words)) {
		return o.Words[n]
	}
	return strconv.FormatInt(n, 10)
}

// addresses reads a nested list; a damaged one gives what could be read.
func addresses(data []byte) string {
	ad, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return ""
	}
	var list []string
	for ad.Next() {
		if addr, ok := netip.AddrFromSlice(ad.Bytes()); ok {
			list = append(list, addr.String())
		}
	}
	return strings.Join(list, ",")
}

// same reports whether two values of an option mean the same.
func same(o *bond.Option, a, b string) bool {
	if a == b {
		return true
	}
	switch o.Kind {
	case bond.MAC:
		return strings.EqualFold(a, b)
	case bond.IPv4s, bond.IPv6s:
		return canonical(a) == canonical(b)
	case bond.Word, bond.Number:
		n, errN := number(o, a)
		m, errM := number(o, b)
		return errN == nil && errM == nil && n == m
	}
	return false
}

// canonical writes each address of a list in its shortest form.
func canonical(list string) string {
	parts := strings.Split(list, ",")
	for i, text := range parts {
		if addr, err := netip.ParseAddr(text); err == nil {
			parts[i] = addr.String()
		}
	}
	return strings.Join(parts, ",")
}
