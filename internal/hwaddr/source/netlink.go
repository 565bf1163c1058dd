// SPDX-License-Identifier: MIT

package source

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/mdlayher/netlink"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"golang.org/x/sys/unix"
)

// Attributes that golang.org/x/sys/unix does not name (linux/if_link.h).
const (
	iflaPermAddress         = 54 // IFLA_PERM_ADDRESS, Linux 5.6
	iflaBondSlavePermHWAddr = 4  // IFLA_BOND_SLAVE_PERM_HWADDR
	ndaVLAN                 = 5  // NDA_VLAN
)

// Link is an Ethernet interface of this host.
type Link struct {
	Index     int
	Name      string
	Addr      hwaddr.Addr
	Permanent hwaddr.Addr // zero where it has none, as virtual ones
	Kind      string      // "bond", "vlan", "bridge", ... "" for a NIC
	Master    int         // index of the bond or bridge it is in
	Parent    int         // index of the interface it is on, as a VLAN
	Up        bool        // switched on
	Carrier   bool
}

// Links lists the Ethernet interfaces of this network namespace.
func Links() ([]Link, error) {
	messages, err := dump(unix.RTM_GETLINK, make([]byte, unix.SizeofIfInfomsg))
	if err != nil {
		return nil, fmt.Errorf("interfaces: %w", err)
	}
	var list []Link
	for _, m := range messages {
		if len(m.Data) < unix.SizeofIfInfomsg || nativeUint16(m.Data[2:4]) != unix.ARPHRD_ETHER {
			continue
		}
		l, err := parseLink(m.Data)
		if err != nil {
			return nil, fmt.Errorf("interfaces: %w", err)
		}
		if l.Permanent.IsZero() && l.Kind == "" {
			l.Permanent = permanentAddress(l.Name)
		}
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b Link) int { return a.Index - b.Index })
	return list, nil
}

func parseLink(data []byte) (Link, error) {
	var l Link
	l.Index = int(nativeUint32(data[4:8]))
	l.Up = nativeUint32(data[8:12])&unix.IFF_UP != 0
	ad, err := netlink.NewAttributeDecoder(data[unix.SizeofIfInfomsg:])
	if err != nil {
		return l, err
	}
	for ad.Next() {
		switch ad.Type() {
		case unix.IFLA_IFNAME:
			l.Name = ad.String()
		case unix.IFLA_ADDRESS:
			set6(&l.Addr, ad.Bytes())
		case iflaPermAddress:
			set6(&l.Permanent, ad.Bytes())
		case unix.IFLA_MASTER:
			l.Master = int(ad.Uint32())
		case unix.IFLA_LINK:
			l.Parent = int(ad.Uint32())
		case unix.IFLA_CARRIER:
			l.Carrier = ad.Uint8() == 1
		case unix.IFLA_LINKINFO:
			ad.Nested(func(info *netlink.AttributeDecoder) error {
				slave := ""
				for info.Next() {
					switch info.Type() {
					case unix.IFLA_INFO_KIND:
						l.Kind = info.String()
					case unix.IFLA_INFO_SLAVE_KIND:
						slave = info.String()
					case unix.IFLA_INFO_SLAVE_DATA:
						if slave != "bond" {
							continue
						}
						info.Nested(func(d *netlink.AttributeDecoder) error {
							for d.Next() {
								if d.Type() == iflaBondSlavePermHWAddr {
									set6(&l.Permanent, d.Bytes())
								}
							}
							return nil
						})
					}
				}
				return nil
			})
		}
	}
	return l, ad.Err()
}

func set6(a *hwaddr.Addr, b []byte) {
	if len(b) == len(a) {
		copy(a[:], b)
	}
}

// Neighbour is an entry of the ARP or neighbour discovery table, or of a
// bridge's table (IP is not valid then).
type Neighbour struct {
	Link  string
	IP    netip.Addr
	Addr  hwaddr.Addr
	State uint16 // NUD_*
	VLAN  int
	Age   time.Duration // since it was confirmed, for a bridge since it was seen
}

// Neighbours lists the IPv4 and IPv6 neighbours that have an address.
func Neighbours() ([]Neighbour, error) { return neighbours(unix.AF_UNSPEC) }

// BridgeTable lists what the bridges of this host have learned.
func BridgeTable() ([]Neighbour, error) { return neighbours(unix.AF_BRIDGE) }

// userHZ is the unit of the kernel's cache times: 1/100 s on all architectures
// that Linux runs Slackware on.
const userHZ = 100

func neighbours(family byte) ([]Neighbour, error) {
	// A bridge's table is asked for with an ifinfomsg, which old kernels want.
	request := make([]byte, unix.SizeofNdMsg)
	if family == unix.AF_BRIDGE {
		request = make([]byte, unix.SizeofIfInfomsg)
	}
	request[0] = family
	messages, err := dump(unix.RTM_GETNEIGH, request)
	if err != nil {
		return nil, err
	}
	names := map[int]string{}
	links, err := Links()
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		names[l.Index] = l.Name
	}
	var list []Neighbour
	for _, m := range messages {
		if len(m.Data) < unix.SizeofNdMsg {
			continue
		}
		n, index, err := parseNeighbour(m.Data)
		if err != nil {
			return nil, err
		}
		n.Link = names[index]
		// Incomplete entries have no address; permanent ones of a bridge are the
		// bridge's own ports, of the neighbour table multicast and static ones.
		own := n.State&(unix.NUD_NOARP|unix.NUD_PERMANENT) != 0
		if n.Addr.Unusable() != "" || family == unix.AF_BRIDGE && own {
			continue
		}
		list = append(list, n)
	}
	return list, nil
}

func parseNeighbour(data []byte) (n Neighbour, index int, err error) {
	index = int(nativeUint32(data[4:8]))
	n.State = nativeUint16(data[8:10])
	ad, err := netlink.NewAttributeDecoder(data[unix.SizeofNdMsg:])
	if err != nil {
		return n, index, err
	}
	for ad.Next() {
		switch ad.Type() {
		case unix.NDA_DST:
			n.IP, _ = netip.AddrFromSlice(ad.Bytes())
		case unix.NDA_LLADDR:
			set6(&n.Addr, ad.Bytes())
		case ndaVLAN:
			n.VLAN = int(ad.Uint16())
		case unix.NDA_CACHEINFO:
			if b := ad.Bytes(); len(b) >= 12 { // confirmed, used, updated
				ticks := nativeUint32(b[0:4])
				if data[0] == unix.AF_BRIDGE {
					ticks = nativeUint32(b[8:12])
				}
				n.Age = time.Duration(ticks) * time.Second / userHZ
			}
		}
	}
	return n, index, ad.Err()
}

func nativeUint16(b []byte) uint16 { return binary.NativeEndian.Uint16(b) }
func nativeUint32(b []byte) uint32 { return binary.NativeEndian.Uint32(b) }

func dump(kind uint16, request []byte) ([]netlink.Message, error) {
	c, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(kind), Flags: netlink.Request | netlink.Dump},
		Data:   request,
	})
}
