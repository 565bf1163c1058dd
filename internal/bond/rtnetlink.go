// SPDX-License-Identifier: MIT

package bond

import (
	"bytes"
	"encoding/binary"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// What ioctls cannot tell, or cannot put back as it was, goes over rtnetlink:
// rtnetlink(7). An address or a route is kept as the kernel described it, so
// that putting it back is sending the same bytes again.

// A Link is a network interface.
type Link struct {
	Index  int
	Name   string
	Flags  uint32 // IFF_*
	MTU    int
	Type   uint16 // ARPHRD_*
	Addr   []byte // hardware address
	Master int    // index of the bond or bridge it is a member of, or 0
	Kind   string // "bond", "vlan", "" for hardware
	Active int    // of a bond: index of the active member, or 0
	// Permanent is, of a member, the address it had when it joined.
	Permanent []byte
}

// Up reports whether the link is administratively up.
func (l *Link) Up() bool { return l.Flags&unix.IFF_UP != 0 }

// An Addr is an IP address of an interface.
type Addr struct {
	IP    []byte // 4 bytes or 16
	Bits  int    // length of the prefix
	Label string // IPv4: the interface's name or an alias such as eth0:1
	// temporary: made by the kernel for privacy (RFC 8981), and made anew when it is gone
	temporary bool
	raw       []byte // struct ifaddrmsg and attributes
}

// String is the address with the length of its prefix: 192.0.2.1/24.
func (a Addr) String() string { return formatIP(a.IP) + "/" + strconv.Itoa(a.Bits) }

// A Route is a route that leaves through one interface.
type Route struct {
	raw []byte // struct rtmsg and attributes
}

func openNetlink() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return -1, err
	}
	// Kernels from 4.20 filter a dump when asked to; all others give all.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_GET_STRICT_CHK, 1)
	return fd, nil
}

// Links are all network interfaces.
func (c *Conn) Links() ([]Link, error) {
	var links []Link
	err := c.request(unix.RTM_GETLINK, unix.NLM_F_DUMP, make([]byte, unix.SizeofIfInfomsg), func(m message) {
		if l, ok := parseLink(m.body); ok && m.kind == unix.RTM_NEWLINK {
			links = append(links, l)
		}
	})
	return links, os.NewSyscallError("RTM_GETLINK", err)
}

// Link is the interface of the name.
func (c *Conn) Link(name string) (link Link, err error) {
	if err := CheckName(name); err != nil {
		return Link{}, err
	}
	body := attribute(make([]byte, unix.SizeofIfInfomsg), unix.IFLA_IFNAME, append([]byte(name), 0))
	found := false
	err = c.request(unix.RTM_GETLINK, 0, body, func(m message) {
		if l, ok := parseLink(m.body); ok && m.kind == unix.RTM_NEWLINK {
			link, found = l, true
		}
	})
	if err == nil && !found {
		err = unix.ENODEV
	}
	return link, os.NewSyscallError("RTM_GETLINK", err)
}

// Addrs are the IPv4 and IPv6 addresses of an interface, of all of them where
// index is 0.
func (c *Conn) Addrs(index int) ([]Addr, error) {
	var addrs []Addr
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		body := make([]byte, unix.SizeofIfAddrmsg)
		body[0] = family
		binary.NativeEndian.PutUint32(body[4:], uint32(index))
		err := c.request(unix.RTM_GETADDR, unix.NLM_F_DUMP, body, func(m message) {
			a, of, ok := parseAddr(m.body)
			if ok && m.kind == unix.RTM_NEWADDR && m.body[0] == family && (index == 0 || of == index) {
				addrs = append(addrs, a)
			}
		})
		if err != nil && !missing(family, err) {
			return nil, os.NewSyscallError("RTM_GETADDR", err)
		}
	}
	return addrs, nil
}

// AddAddr gives an address back to the interface it was seen on.
func (c *Conn) AddAddr(a Addr) error {
	err := c.request(unix.RTM_NEWADDR, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, a.raw, nil)
	return os.NewSyscallError("RTM_NEWADDR", err)
}

// DelAddr takes an address away.
func (c *Conn) DelAddr(a Addr) error {
	return os.NewSyscallError("RTM_DELADDR", c.request(unix.RTM_DELADDR, 0, a.raw, nil))
}

// Routes are the routes through an interface that someone has set: not those
// that the kernel keeps itself, for addresses and from advertisements. Those
// without a gateway come first, since the others may need them.
func (c *Conn) Routes(index int) ([]Route, error) {
	var direct, viaGateway []Route
	oif := binary.NativeEndian.AppendUint32(nil, uint32(index))
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		body := make([]byte, unix.SizeofRtMsg)
		body[0] = family
		err := c.request(unix.RTM_GETROUTE, unix.NLM_F_DUMP, attribute(body, unix.RTA_OIF, oif), func(m message) {
			r, gateway, ok := parseRoute(m.body, oif)
			switch {
			case !ok || m.kind != unix.RTM_NEWROUTE || m.body[0] != family:
			case gateway:
				viaGateway = append(viaGateway, r)
			default:
				direct = append(direct, r)
			}
		})
		if err != nil && !missing(family, err) {
			return nil, os.NewSyscallError("RTM_GETROUTE", err)
		}
	}
	return append(direct, viaGateway...), nil
}

// AddRoute puts a route back.
func (c *Conn) AddRoute(r Route) error {
	err := c.request(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, r.raw, nil)
	return os.NewSyscallError("RTM_NEWROUTE", err)
}

// missing reports whether err says that the kernel has no IPv6.
func missing(family byte, err error) bool {
	return family == unix.AF_INET6 && (err == unix.EOPNOTSUPP || err == unix.EAFNOSUPPORT)
}

func parseLink(body []byte) (l Link, ok bool) {
	if len(body) < unix.SizeofIfInfomsg {
		return l, false
	}
	l.Type = binary.NativeEndian.Uint16(body[2:])
	l.Index = number(body[4:8])
	l.Flags = binary.NativeEndian.Uint32(body[8:])
	for kind, value := range attributes(body[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_IFNAME:
			l.Name = cString(value)
		case unix.IFLA_MTU:
			l.MTU = number(value)
		case unix.IFLA_ADDRESS:
			l.Addr = bytes.Clone(value)
		case unix.IFLA_MASTER:
			l.Master = number(value)
		case unix.IFLA_LINKINFO:
			l.parseInfo(value)
		}
	}
	return l, true
}

func (l *Link) parseInfo(info []byte) {
	for kind, value := range attributes(info) {
		switch kind {
		case unix.IFLA_INFO_KIND:
			l.Kind = cString(value)
		case unix.IFLA_INFO_DATA: // its kind stands before it
			for kind, value := range attributes(value) {
				if l.Kind == "bond" && kind == unix.IFLA_BOND_ACTIVE_SLAVE {
					l.Active = number(value)
				}
			}
		case unix.IFLA_INFO_SLAVE_DATA:
			for kind, value := range attributes(value) {
				if kind == unix.IFLA_BOND_SLAVE_PERM_HWADDR {
					l.Permanent = bytes.Clone(value)
				}
			}
		}
	}
}

func parseAddr(body []byte) (a Addr, index int, ok bool) {
	if len(body) < unix.SizeofIfAddrmsg {
		return a, 0, false
	}
	a.raw = bytes.Clone(body)
	a.temporary = body[0] == unix.AF_INET6 && body[2]&unix.IFA_F_TEMPORARY != 0
	a.Bits = int(body[1])
	local := false
	for kind, value := range attributes(a.raw[unix.SizeofIfAddrmsg:]) {
		switch {
		case kind == unix.IFA_LABEL:
			a.Label = cString(value)
		case len(value) != 4 && len(value) != 16:
		case kind == unix.IFA_LOCAL:
			a.IP, local = value, true
		case kind == unix.IFA_ADDRESS && !local: // on a point-to-point link the peer's
			a.IP = value
		}
	}
	return a, number(body[4:8]), a.IP != nil
}

// parseRoute takes a route that leaves through the interface oif (an
// attribute's bytes) and that was not made by the kernel.
func parseRoute(body, oif []byte) (r Route, gateway, ok bool) {
	if len(body) < unix.SizeofRtMsg {
		return r, false, false
	}
	flags := binary.NativeEndian.Uint32(body[8:])
	if protocol := body[5]; protocol == unix.RTPROT_KERNEL || protocol == unix.RTPROT_RA || flags&unix.RTM_F_CLONED != 0 {
		return r, false, false
	}
	for kind, value := range attributes(body[unix.SizeofRtMsg:]) {
		switch kind {
		case unix.RTA_OIF:
			ok = bytes.Equal(value, oif)
		case unix.RTA_GATEWAY, unix.RTA_VIA:
			gateway = true
		}
	}
	r.raw = bytes.Clone(body)
	// The others report a state and are refused on the way back.
	binary.NativeEndian.PutUint32(r.raw[8:], flags&unix.RTNH_F_ONLINK)
	return r, gateway, ok
}
