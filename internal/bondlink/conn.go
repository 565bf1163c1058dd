// SPDX-License-Identifier: MIT

package bondlink

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/mdlayher/netlink"
	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

// kind is what the kernel calls the driver (bond_link_ops).
const kind = "bond"

// Conn is an rtnetlink socket.
type Conn struct {
	rt *rtnl.Conn
}

// Dial opens a socket in this network namespace.
func Dial() (*Conn, error) {
	rt, err := rtnl.Open()
	if err != nil {
		return nil, err
	}
	return &Conn{rt}, nil
}

// Close closes the socket.
func (c *Conn) Close() error { return c.rt.Close() }

// A ReadBackError is an option that the kernel said it had set, and did not.
type ReadBackError struct {
	Option string // its name
	Want   string
	Got    string
	// Missing is set where the kernel does not have the option at all: old
	// kernels say "done" to what they do not know.
	Missing bool
}

func (e *ReadBackError) Error() string {
	if e.Missing {
		return fmt.Sprintf("this kernel does not have the option %s", e.Option)
	}
	return fmt.Sprintf("%s was set to %q, but reads back %q", e.Option, e.Want, e.Got)
}

// link gives a bond, or a member where o belongs to one, and its attributes.
func (c *Conn) link(o *bond.Option, name string) (int, []byte, error) {
	l, err := c.rt.Link(name)
	switch {
	case errors.Is(err, unix.ENODEV):
		return 0, nil, fmt.Errorf("%s: there is no such interface", name)
	case err != nil:
		return 0, nil, fmt.Errorf("asking the kernel about %s: %w", name, err)
	case o.PerMember && l.MemberKind != kind:
		return 0, nil, fmt.Errorf("%s is no member of a bond, and %s is an option of a member", name, o.Name)
	case o.PerMember:
		return l.Index, l.MemberData, nil
	case l.Kind != kind:
		return 0, nil, fmt.Errorf("%s is no bond", name)
	}
	return l.Index, l.Data, nil
}

func (c *Conn) indexOf(name string) (int, error) {
	l, err := c.rt.Link(name)
	if errors.Is(err, unix.ENODEV) {
		err = errors.New("there is no such interface")
	}
	return l.Index, err
}

func (c *Conn) nameOf(index int) string {
	l, err := c.rt.LinkByIndex(index)
	if err != nil {
		return "interface " + strconv.Itoa(index)
	}
	return l.Name
}

// Get reads an option of a bond, or of a member where it is a member's. The
// result is false where the kernel does not tell: it does not have the option,
// or nothing is set (a NIC, a list of addresses).
func (c *Conn) Get(name string, o *bond.Option) (string, bool, error) {
	_, data, err := c.link(o, name)
	if err != nil {
		return "", false, err
	}
	return Decode(o, data, c.nameOf)
}

// Set gives an option of a bond (or of a member, where it is a member's) the
// value, and reads it back. The error is a *ReadBackError where the kernel
// said that it was done, and it is not; its errno can be had with errors.Is
// where the kernel refused.
func (c *Conn) Set(name string, o *bond.Option, value string) error {
	if err := o.Check(value); err != nil {
		return err
	}
	data, err := Encode(o, value, c.indexOf)
	if err != nil {
		return err
	}
	index, _, err := c.link(o, name)
	if err != nil {
		return err
	}
	kindOf, dataOf := uint16(unix.IFLA_INFO_KIND), uint16(unix.IFLA_INFO_DATA)
	if o.PerMember {
		kindOf, dataOf = unix.IFLA_INFO_SLAVE_KIND, unix.IFLA_INFO_SLAVE_DATA
	}
	info := rtnl.Append(rtnl.AppendString(nil, kindOf, kind), dataOf, data)
	err = c.rt.Change(unix.RTM_NEWLINK, 0, rtnl.Append(rtnl.LinkMessage(index, 0, 0), unix.IFLA_LINKINFO, info))
	if err != nil {
		return fmt.Errorf("%s: the kernel refused %s %q: %w", name, o.Name, value, err)
	}
	got, found, err := c.Get(name, o)
	switch {
	case err != nil:
		return fmt.Errorf("%s %s was accepted, but cannot be read back: %w", o.Name, value, err)
	case !found && o.Kind != bond.NIC:
		return &ReadBackError{Option: o.Name, Want: value, Missing: true}
	case !same(o, got, value):
		return &ReadBackError{Option: o.Name, Want: value, Got: got}
	}
	return nil
}

// PartnerMAC gives the LACP partner of a bond's active aggregator: unlike
// /proc/net/bonding, netlink tells it to anybody. It is "" where there is none.
func (c *Conn) PartnerMAC(name string) (string, error) {
	_, data, err := c.link(&bond.Option{Name: "ad_info"}, name)
	if err != nil {
		return "", err
	}
	ad, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return "", fmt.Errorf("the kernel's answer about %s: %w", name, err)
	}
	mac := ""
	for ad.Next() {
		if ad.Type() == unix.IFLA_BOND_AD_INFO {
			ad.Nested(func(nad *netlink.AttributeDecoder) error {
				for nad.Next() {
					if nad.Type() == unix.IFLA_BOND_AD_INFO_PARTNER_MAC {
						mac = net.HardwareAddr(nad.Bytes()).String()
					}
				}
				return nil
			})
		}
	}
	return mac, ad.Err()
}
