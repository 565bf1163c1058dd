// SPDX-License-Identifier: MIT

package rtnl

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Uptime is CLOCK_BOOTTIME: the time since the machine was started, also while
// it slept.
func Uptime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0 // never: Linux 2.6.39
	}
	return time.Duration(t.Nano())
}

// A dump is one question whose answer is all entries of a class.
type dump struct {
	what    string
	class   Class
	request uint16 // RTM_GET*
	answer  uint16 // RTM_NEW*
	body    []byte
	// optional: a kernel that does not know the question has no entries.
	optional bool
}

// The question for proxies among the neighbours has the flag in a header of
// full length: struct ndmsg, ndm_flags.
var proxyRequest = []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, unix.NTF_PROXY, 0}

// dumps are the questions of State. No header is shorter than its struct, and
// none asks for a selection: kernels without NETLINK_GET_STRICT_CHK ignore
// that, and the others would answer differently.
var dumps = []dump{
	{what: "addresses", class: Address, request: unix.RTM_GETADDR, answer: unix.RTM_NEWADDR,
		body: make([]byte, unix.SizeofIfAddrmsg)},
	{what: "routes", class: Route, request: unix.RTM_GETROUTE, answer: unix.RTM_NEWROUTE,
		body: make([]byte, unix.SizeofRtMsg)},
	{what: "neighbours", class: Neighbour, request: unix.RTM_GETNEIGH, answer: unix.RTM_NEWNEIGH,
		body: make([]byte, unix.SizeofNdMsg)},
	{what: "proxied neighbours", class: Neighbour, request: unix.RTM_GETNEIGH, answer: unix.RTM_NEWNEIGH,
		body: proxyRequest},
	{what: "nexthop objects", class: Nexthop, request: unix.RTM_GETNEXTHOP, answer: unix.RTM_NEWNEXTHOP,
		body: make([]byte, sizeofNhmsg), optional: true},
}

// State lists every address, route of every table, permanent or proxied
// neighbour and nexthop object of this network namespace. Left out is only
// what nobody can have set: cached routes, and neighbours that the kernel
// learned. Whatever cannot be listed is an error: what is not known to be
// there would be lost.
func (c *Conn) State() (State, error) {
	var s State
	for _, d := range dumps {
		start := len(s.Messages)
		err := again(func() error {
			s.Messages = s.Messages[:start]
			return c.Query(d.request, unix.NLM_F_DUMP, d.body, func(kind uint16, body []byte) {
				if m := (Message{Class: d.class, Body: body}); kind == d.answer && m.settable() {
					m.Body = bytes.Clone(body)
					s.Messages = append(s.Messages, m)
				}
			})
		})
		if d.optional && errors.Is(err, unix.EOPNOTSUPP) {
			s.Messages, err = s.Messages[:start], nil
		}
		if err != nil {
			return State{}, fmt.Errorf("listing the %s: %w", d.what, err)
		}
	}
	s.At = Uptime()
	return s, nil
}

// settable reports whether an entry is one that somebody can have set.
func (m Message) settable() bool {
	if len(m.Body) < m.Class.header() || m.family() != unix.AF_INET && m.family() != unix.AF_INET6 && m.Class != Nexthop {
		return false // multicast routing, MPLS: not of our interfaces' addresses
	}
	switch m.Class {
	case Route:
		return m.routeFlags()&unix.RTM_F_CLONED == 0
	case Neighbour:
		return m.neighbourState()&unix.NUD_PERMANENT != 0 || m.proxy()
	}
	return true
}

// RouteTo is the index of the interface over which the kernel would send to an
// address, 0 where it knows no way.
func (c *Conn) RouteTo(to netip.Addr) (index int, err error) {
	to = to.WithZone("").Unmap()
	body := make([]byte, unix.SizeofRtMsg)
	body[0], body[1] = familyOf(to), byte(to.BitLen())
	body = Append(body, unix.RTA_DST, to.AsSlice())
	err = c.Query(unix.RTM_GETROUTE, 0, body, func(_ uint16, answer []byte) {
		m := Message{Class: Route, Body: answer}
		if m.whole() {
			index = number(m.attribute(unix.RTA_OIF))
		}
	})
	if errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EAFNOSUPPORT) {
		return 0, nil
	}
	return index, err
}
