// SPDX-License-Identifier: MIT

package bondlink

import (
	"errors"
	"fmt"
	"net"

	"github.com/jsimonetti/rtnetlink/v2"
	"github.com/mdlayher/netlink"
	"github.com/slackbond/slackbond/internal/bond"
	"golang.org/x/sys/unix"
)

// kind is what the kernel calls the driver (bond_link_ops).
const kind = "bond"

// Conn is an rtnetlink socket.
type Conn struct {
	rt *rtnetlink.Conn
}

// Dial opens a socket in this network namespace.
func Dial() (*Conn, error) {
	rt, err := rtnetlink.Dial(nil)
	if err != nil {
		return nil, fmt.Errorf("opening an rtnetlink socket: %w", err)
	}
	// The kernel's own words for what it refuses; kernels before 4.12 have none.
	_ = rt.SetOption(netlink.ExtendedAcknowledge, true)
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

// link gives a bond, or a member where o belongs to one.
func (c *Conn) link(o *bond.Option, name string) (uint32, []byte, error) {
	nic, err := net.InterfaceByName(name)
	if err != nil {
		return 0, nil, fmt.Errorf("%s: there is no such interface", name)
	}
	msg, err := c.rt.Link.Get(uint32(nic.Index))
	if err != nil {
		return 0, nil, fmt.Errorf("asking the kernel about %s: %w", name, err)
	}
	info := &rtnetlink.LinkInfo{}
	if msg.Attributes != nil && msg.Attributes.Info != nil {
		info = msg.Attributes.Info
	}
	driver := info.Data
	switch {
	case o.PerMember && info.SlaveKind != kind:
		return 0, nil, fmt.Errorf("%s is no member of a bond, and %s is an option of a member", name, o.Name)
	case o.PerMember:
		driver = info.SlaveData
	case info.Kind != kind:
		return 0, nil, fmt.Errorf("%s is no bond", name)
	}
	if raw, ok := driver.(*rtnetlink.LinkData); ok {
		return msg.Index, raw.Data, nil
	}
	return msg.Index, nil, nil
}

// Get reads an option of a bond, or of a member where it is a member's. The
// result is false where the kernel does not tell: it does not have the option,
// or nothing is set (a NIC, a list of addresses).
func (c *Conn) Get(name string, o *bond.Option) (string, bool, error) {
	_, data, err := c.link(o, name)
	if err != nil {
		return "", false, err
	}
	return decode(o, data)
}

// Set gives an option of a bond (or of a member, where it is a member's) the
// value, and reads it back. The error is a *ReadBackError where the kernel
// said that it was done, and it is not; its errno can be had with errors.Is
// where the kernel refused.
func (c *Conn) Set(name string, o *bond.Option, value string) error {
	if err := o.Check(value); err != nil {
		return err
	}
	data, err := encode(o, value)
	if err != nil {
		return err
	}
	index, _, err := c.link(o, name)
	if err != nil {
		return err
	}
	info := &rtnetlink.LinkInfo{Kind: kind, Data: &rtnetlink.LinkData{Name: kind, Data: data}}
	if o.PerMember {
		info = &rtnetlink.LinkInfo{SlaveKind: kind, SlaveData: &rtnetlink.LinkData{Name: kind, Data: data, Slave: true}}
	}
	err = c.rt.Link.Set(&rtnetlink.LinkMessage{
		Family: unix.AF_UNSPEC, Index: index, Attributes: &rtnetlink.LinkAttributes{Info: info},
	})
	if err != nil {
		return refused(name, o, value, err)
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

// refused adds what was asked to the kernel's reason, and its own words where
// it has some.
func refused(name string, o *bond.Option, value string, err error) error {
	var op *netlink.OpError
	if errors.As(err, &op) {
		err = op.Err
		if op.Message != "" {
			err = fmt.Errorf("%w (%s)", op.Err, op.Message)
		}
	}
	return fmt.Errorf("%s: the kernel refused %s %q: %w", name, o.Name, value, err)
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
