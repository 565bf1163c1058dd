// SPDX-License-Identifier: MIT

package rtnl

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// Add adds what a message describes, which must be in the form that
// [Saved.Requests], [NewAddr] and [NewDefault] give. An address, a neighbour
// and a group of nexthops take the place of one like it; for a route the
// message's Mode says what happens, and a nexthop object of the same number
// is EEXIST.
func (c *Conn) Add(m Message) error {
	if !m.whole() {
		return unix.EINVAL
	}
	const create = unix.NLM_F_CREATE
	switch m.Class {
	case Address:
		return c.Change(unix.RTM_NEWADDR, create|unix.NLM_F_REPLACE, m.Body)
	case Neighbour:
		return c.Change(unix.RTM_NEWNEIGH, create|unix.NLM_F_REPLACE, m.Body)
	case Nexthop:
		if m.attribute(unix.NHA_GROUP) != nil { // it may have lost some of its members only
			return c.Change(unix.RTM_NEWNEXTHOP, create|unix.NLM_F_REPLACE, m.Body)
		}
		return c.Change(unix.RTM_NEWNEXTHOP, create|unix.NLM_F_EXCL, m.Body)
	}
	flags := map[Mode]uint16{
		ModeExclusive: create | unix.NLM_F_EXCL,
		ModeAppend:    create | unix.NLM_F_APPEND,
		ModePrepend:   create,
		ModeReplace:   create | unix.NLM_F_REPLACE,
	}[m.Mode]
	return c.Change(unix.RTM_NEWROUTE, flags, m.Body)
}

// Delete takes away what a message describes, as it was saved or added. What is
// not there, or whose interface is not, is no error.
func (c *Conn) Delete(m Message) error {
	if !m.whole() {
		return unix.EINVAL
	}
	var err error
	switch m.Class {
	case Address:
		err = c.Change(unix.RTM_DELADDR, 0, m.without(unix.IFA_CACHEINFO).Body)
	case Neighbour:
		err = c.Change(unix.RTM_DELNEIGH, 0, m.without(unix.NDA_CACHEINFO, unix.NDA_PROBES).Body)
	case Nexthop:
		body := make([]byte, sizeofNhmsg) // anything but the number is refused
		err = c.Change(unix.RTM_DELNEXTHOP, 0, Append(body, unix.NHA_ID, m.attribute(unix.NHA_ID)))
	case Route:
		m, _ = m.routeAfter(0)
		err = c.Change(unix.RTM_DELROUTE, 0, m.without(unix.RTA_EXPIRES).Body)
	}
	for _, gone := range []error{unix.EADDRNOTAVAIL, unix.ESRCH, unix.ENOENT, unix.ENODEV} {
		if errors.Is(err, gone) {
			return nil
		}
	}
	return err
}

// LinkMessage begins a message about an interface: those of the IFF_* flags in
// which are changed are set as in flags. Attributes (IFLA_*) are appended.
func LinkMessage(index int, flags, which uint32) []byte {
	b := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(b[4:], uint32(index))
	binary.NativeEndian.PutUint32(b[8:], flags)
	binary.NativeEndian.PutUint32(b[12:], which)
	return b
}
