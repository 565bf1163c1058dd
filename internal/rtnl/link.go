// SPDX-License-Identifier: MIT

package rtnl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where values stand in IFLA_INET6_CONF, an array of 32-bit numbers: DEVCONF_*
// of include/uapi/linux/ipv6.h.
const (
	devconfForwarding  = 0
	devconfAcceptRA    = 3
	devconfAddrGenMode = 47 // Linux 4.9
)

// skipStats is RTEXT_FILTER_SKIP_STATS.
const skipStats = 1 << 3

// Links are all interfaces of this network namespace.
func (c *Conn) Links() ([]Link, error) {
	// Counters are half of an answer, and nobody asked. (Kernels that do not know
	// the flag send them.)
	body := AppendUint32(LinkMessage(0, 0, 0), unix.IFLA_EXT_MASK, skipStats)
	var links []Link
	permanent := false // whether this kernel has IFLA_PERM_ADDRESS
	err := again(func() error {
		links = links[:0]
		return c.Query(unix.RTM_GETLINK, unix.NLM_F_DUMP, body, func(kind uint16, body []byte) {
			if kind != unix.RTM_NEWLINK {
				return
			}
			if l, ok := parseLink(body); ok {
				permanent = permanent || l.Permanent != nil
				links = append(links, l)
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing the network interfaces: %w", err)
	}
	kinds := make(map[int]string, len(links))
	for _, l := range links {
		kinds[l.Index] = l.Kind
	}
	for i := range links {
		l := &links[i]
		if l.Master != 0 && l.MemberKind == "" { // kernels before 3.14
			l.MemberKind = kinds[l.Master]
		}
		if l.Permanent == nil && l.Kind == "" && !permanent {
			l.Permanent = permanentAddr(l.Name)
		}
		if l.Permanent == nil {
			l.Permanent = l.Former
		}
	}
	return links, nil
}

// Link is the interface of the name. A [Link.Permanent] that only the driver
// knows is not asked for.
func (c *Conn) Link(name string) (Link, error) {
	return c.link(AppendString(LinkMessage(0, 0, 0), unix.IFLA_IFNAME, name))
}

// LinkByIndex is the interface of that index, as Link.
func (c *Conn) LinkByIndex(index int) (Link, error) {
	return c.link(LinkMessage(index, 0, 0))
}

func (c *Conn) link(body []byte) (l Link, err error) {
	body = AppendUint32(body, unix.IFLA_EXT_MASK, skipStats)
	found := false
	err = c.Query(unix.RTM_GETLINK, 0, body, func(kind uint16, body []byte) {
		if answer, ok := parseLink(body); ok && kind == unix.RTM_NEWLINK {
			l, found = answer, true
		}
	})
	if err == nil && !found {
		err = &Error{Errno: unix.ENODEV}
	}
	if l.Permanent == nil {
		l.Permanent = l.Former
	}
	return l, err
}

// again makes a dump until nothing changed while it was made. Where that never
// happens it is an error, since what is missing in a dump would be lost.
func again(dump func() error) error {
	var err error
	for try := range 10 {
		if err = dump(); !errors.Is(err, errInterrupted) {
			return err
		}
		time.Sleep(time.Duration(try) * 10 * time.Millisecond)
	}
	return err
}

func parseLink(body []byte) (l Link, ok bool) {
	if len(body) < unix.SizeofIfInfomsg {
		return l, false
	}
	l.AddrGenMode = -1
	l.Type = binary.NativeEndian.Uint16(body[2:])
	l.Index = number(body[4:8])
	l.Flags = binary.NativeEndian.Uint32(body[8:])
	elsewhere := false
	for kind, value := range attributes(body[unix.SizeofIfInfomsg:]) {
		switch kind {
		case unix.IFLA_IFNAME:
			l.Name = text(value)
		case unix.IFLA_MTU:
			l.MTU = number(value)
		case unix.IFLA_MIN_MTU:
			l.MinMTU = number(value)
		case unix.IFLA_MAX_MTU:
			l.MaxMTU = number(value)
		case unix.IFLA_ADDRESS:
			l.Addr = bytes.Clone(value)
		case unix.IFLA_PERM_ADDRESS:
			l.Permanent = bytes.Clone(value)
		case unix.IFLA_MASTER:
			l.Master = number(value)
		case unix.IFLA_LINK:
			l.Lower = number(value)
		case unix.IFLA_LINK_NETNSID:
			elsewhere = true
		case unix.IFLA_CARRIER:
			// One that is down has none to speak of; a dummy says otherwise.
			l.Carrier = number(value) != 0 && l.Flags&unix.IFF_UP != 0
		case unix.IFLA_GROUP:
			l.Group = uint32(number(value))
		case unix.IFLA_LINKINFO:
			l.parseInfo(value)
		case unix.IFLA_AF_SPEC:
			l.parseFamilies(value)
		}
	}
	// IFLA_LINK of a cable (veth) is its other end.
	if elsewhere || l.Lower == l.Index || slices.Contains([]string{"veth", "vxcan", "netkit"}, l.Kind) {
		l.Lower = 0
	}
	return l, true
}

func (l *Link) parseInfo(info []byte) {
	for kind, value := range attributes(info) {
		switch kind {
		case unix.IFLA_INFO_KIND:
			l.Kind = text(value)
		case unix.IFLA_INFO_DATA:
			l.Data = bytes.Clone(value)
		case unix.IFLA_INFO_SLAVE_KIND:
			l.MemberKind = text(value)
		case unix.IFLA_INFO_SLAVE_DATA:
			l.MemberData = bytes.Clone(value)
		}
	}
	if l.MemberKind == "bond" {
		for kind, value := range attributes(l.MemberData) {
			if kind == unix.IFLA_BOND_SLAVE_PERM_HWADDR {
				l.Former = bytes.Clone(value)
			}
		}
	}
}

func (l *Link) parseFamilies(families []byte) {
	for family, value := range attributes(families) {
		if family != unix.AF_INET6 {
			continue
		}
		for kind, value := range attributes(value) {
			switch kind {
			case unix.IFLA_INET6_ADDR_GEN_MODE:
				l.AddrGenMode = number(value)
			case unix.IFLA_INET6_CONF:
				conf := func(i int) int {
					if len(value) < 4*i+4 {
						return -1
					}
					return number(value[4*i : 4*i+4])
				}
				if l.AddrGenMode == -1 {
					l.AddrGenMode = conf(devconfAddrGenMode)
				}
				accept := conf(devconfAcceptRA)
				l.AcceptRA = accept == 2 || accept == 1 && conf(devconfForwarding) == 0
			}
		}
	}
}

// permanentAddr asks the driver of a NIC for the address that it was made with
// (ETHTOOL_GPERMADDR), nil where it does not know.
func permanentAddr(name string) []byte {
	// struct ethtool_perm_addr of include/uapi/linux/ethtool.h
	request := struct {
		command, size uint32
		data          [32]byte // MAX_ADDR_LEN
	}{command: unix.ETHTOOL_GPERMADDR, size: 32}
	ifr := struct {
		name    [unix.IFNAMSIZ]byte
		request unsafe.Pointer
		_       [24]byte // the kernel copies 32 or 40 bytes
	}{request: unsafe.Pointer(&request)}
	if len(name) >= len(ifr.name) {
		return nil
	}
	copy(ifr.name[:], name)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&ifr)))
	addr := request.data[:min(request.size, uint32(len(request.data)))]
	if errno != 0 || !slices.ContainsFunc(addr, func(b byte) bool { return b != 0 }) {
		return nil
	}
	return addr
}
