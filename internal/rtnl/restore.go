// SPDX-License-Identifier: MIT

package rtnl

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A Request is a message as the kernel takes it back.
type Request struct {
	Message
	// AfterDAD: it has to wait until duplicate address detection has found the
	// IPv6 addresses good. A route that names one as its source is refused until
	// then (EINVAL, "Invalid source address"); a second link-local address would
	// come before the one that the kernel makes, and be used instead.
	AfterDAD bool
	// Instead is what to add where the message is refused in the end, nil for
	// most: an IPv4 route without the legs that were dead, since the kernel takes
	// none over an interface that is down.
	Instead *Message
}

// Requests are what to add to put everything back once the interfaces are up
// again, in an order that works; one that is refused all the same is worth a
// second try after the others. EEXIST means that it is there already, or that
// something like it is: [State.Lacks] tells which.
//
// now is CLOCK_BOOTTIME ([Uptime]): what was to expire expires when it was to,
// and is left out where that is past.
func (s Saved) Requests(now time.Duration) []Request {
	passed := max(0, now-s.At)
	var v4, v6, local, neighbours, single, groups, direct, routed, late []Request
	for _, m := range s.Messages {
		if !m.whole() {
			continue
		}
		switch m.Class {
		case Address:
			m, ok := m.addressAfter(passed)
			switch {
			case !ok:
			case m.family() == unix.AF_INET:
				v4 = append(v4, Request{Message: m})
			case m.address(unix.IFA_ADDRESS).IsLinkLocalUnicast():
				local = append(local, Request{Message: m, AfterDAD: true})
			default:
				v6 = append(v6, Request{Message: m})
			}
		case Neighbour:
			neighbours = append(neighbours, Request{Message: m.without(unix.NDA_CACHEINFO, unix.NDA_PROBES)})
		case Nexthop:
			r := Request{Message: m.nexthop()}
			if m.attribute(unix.NHA_GROUP) != nil {
				groups = append(groups, r)
			} else {
				single = append(single, r)
			}
		case Route:
			instead := m.withoutDead(passed)
			for _, m := range m.routesAfter(passed) {
				switch r := (Request{Message: m, Instead: instead}); {
				case m.family() == unix.AF_INET6 && m.attribute(unix.RTA_PREFSRC) != nil:
					r.AfterDAD = true
					late = append(late, r)
				case m.gateway():
					routed = append(routed, r)
				default:
					direct = append(direct, r)
				}
			}
		}
	}
	slices.Reverse(v6) // the kernel puts each new one first
	slices.Reverse(local)
	slices.SortStableFunc(single, func(a, b Request) int { return int(a.family()) - int(b.family()) })
	slices.SortStableFunc(late, func(a, b Request) int { return order(a.gateway()) - order(b.gateway()) })
	return slices.Concat(v4, v6, neighbours, single, groups, prependLast(direct), prependLast(routed), local, late)
}

func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// prependLast turns the routes around that are to be put before others, since
// the last one put there is the first.
func prependLast(list []Request) []Request {
	var before []Request
	rest := slices.DeleteFunc(list, func(r Request) bool {
		if r.Mode != ModePrepend {
			return false
		}
		before = append(before, r)
		return true
	})
	slices.Reverse(before)
	return append(rest, before...)
}

// addressAfter is an address with its lifetimes less what has passed; false
// where it has expired.
func (m Message) addressAfter(passed time.Duration) (Message, bool) {
	valid := true
	_, _, flags, _ := m.Addr()
	m = m.rewrite(func(kind uint16, value []byte) ([]byte, bool) {
		if kind != unix.IFA_CACHEINFO || len(value) < unix.SizeofIfaCacheinfo {
			return value, true
		}
		// struct ifa_cacheinfo: preferred, valid, …
		preferred := secondsLeft(binary.NativeEndian.Uint32(value), passed)
		if flags&unix.IFA_F_DEPRECATED != 0 {
			preferred = 0 // which the flag alone does not say, and IPv4 reports otherwise
		}
		left := secondsLeft(binary.NativeEndian.Uint32(value[4:]), passed)
		valid = left > 0
		now := binary.NativeEndian.AppendUint32(nil, preferred)
		return append(binary.NativeEndian.AppendUint32(now, left), value[8:]...), true
	})
	return m, valid
}

// secondsLeft is what is left of a lifetime, rounded down so that none grows.
func secondsLeft(lifetime uint32, passed time.Duration) uint32 {
	if lifetime == forever {
		return forever
	}
	return uint32(max(0, time.Duration(lifetime)*time.Second-passed) / time.Second)
}

// routesAfter is a route as it is accepted, none where it has expired. An IPv6
// one of several legs becomes one request a leg: some may still be there, and
// the kernel then refuses them all.
func (m Message) routesAfter(passed time.Duration) []Message {
	m, ok := m.routeAfter(passed)
	if !ok {
		return nil
	}
	multipath := m.attribute(unix.RTA_MULTIPATH)
	if m.family() != unix.AF_INET6 || multipath == nil {
		return []Message{m}
	}
	var list []Message
	for l := range legs(multipath) {
		list = append(list, m.rewrite(func(kind uint16, value []byte) ([]byte, bool) {
			if kind == unix.RTA_MULTIPATH {
				return l.raw, true
			}
			return value, true
		}))
	}
	return list
}

// routeAfter rewrites what the kernel reports in a form that it does not accept.
func (m Message) routeAfter(passed time.Duration) (Message, bool) {
	expires := uint32(0)
	object := m.attribute(rtaNhID) != nil
	v6 := m.family() == unix.AF_INET6
	alive := true
	m = m.rewrite(func(kind uint16, value []byte) ([]byte, bool) {
		switch kind {
		case unix.RTA_CACHEINFO:
			// struct rta_cacheinfo: clntref, lastuse, expires (s32), …; in 1/100 s,
			// USER_HZ of all architectures that Slackware has. 0 is never.
			if v6 && len(value) >= 12 {
				if left := int32(binary.NativeEndian.Uint32(value[8:])); left != 0 {
					rest := time.Duration(left)*10*time.Millisecond - passed
					alive = rest >= time.Second
					expires = uint32(max(0, rest) / time.Second)
				}
			}
			return nil, false
		case unix.RTA_EXPIRES:
			return nil, false // not in any answer known
		case unix.RTA_OIF, unix.RTA_GATEWAY, unix.RTA_VIA, unix.RTA_ENCAP, unix.RTA_ENCAP_TYPE:
			return value, !object // all of them are in the object
		case unix.RTA_MULTIPATH:
			return multipathFlags(value), !object
		}
		return value, true
	})
	if expires > 0 {
		m.Body = AppendUint32(m.Body, unix.RTA_EXPIRES, expires)
	}
	// The others report a state: no carrier, dead, offloaded.
	binary.NativeEndian.PutUint32(m.Body[8:], m.routeFlags()&unix.RTNH_F_ONLINK)
	return m, alive
}

// withoutDead is an IPv4 route of several legs without those that are dead; nil
// where none is, or all are.
func (m Message) withoutDead(passed time.Duration) *Message {
	multipath := m.attribute(unix.RTA_MULTIPATH)
	var alive []byte
	for l := range legs(multipath) {
		if l.raw[2]&unix.RTNH_F_DEAD == 0 {
			alive = append(append(alive, l.raw...), make([]byte, align(len(l.raw))-len(l.raw))...)
		}
	}
	if m.family() != unix.AF_INET || len(alive) == 0 || len(alive) == len(multipath) || m.attribute(rtaNhID) != nil {
		return nil
	}
	m, _ = m.rewrite(func(kind uint16, value []byte) ([]byte, bool) {
		if kind == unix.RTA_MULTIPATH {
			return alive, true
		}
		return value, true
	}).routeAfter(passed)
	return &m
}

// multipathFlags takes those flags of each leg away that report a state.
func multipathFlags(value []byte) []byte {
	value = bytes.Clone(value)
	for l := range legs(value) {
		l.raw[2] &= unix.RTNH_F_ONLINK
	}
	return value
}

// nexthop is a nexthop object as it is accepted.
func (m Message) nexthop() Message {
	group := m.attribute(unix.NHA_GROUP) != nil
	m = m.rewrite(func(kind uint16, value []byte) ([]byte, bool) {
		switch kind {
		case unix.NHA_ID, unix.NHA_GROUP, unix.NHA_GROUP_TYPE:
			return value, true
		case nhaResGroup:
			return withoutState(value), group
		case unix.NHA_OIF, unix.NHA_GATEWAY, unix.NHA_ENCAP, unix.NHA_ENCAP_TYPE, unix.NHA_BLACKHOLE:
			return value, !group
		}
		return nil, false
	})
	m.Body[1] = 0                                                       // nh_scope
	m.Body[3] = 0                                                       // resvd
	flags := binary.NativeEndian.Uint32(m.Body[4:])                     // as RTNH_F_*
	binary.NativeEndian.PutUint32(m.Body[4:], flags&unix.RTNH_F_ONLINK) // not dead, no carrier, …
	return m
}

// withoutState takes out of NHA_RES_GROUP what cannot be set:
// NHA_RES_GROUP_UNBALANCED_TIME.
func withoutState(value []byte) []byte {
	var b []byte
	for kind, v := range attributes(value) {
		if kind != 0 && kind < 4 { // NHA_RES_GROUP_BUCKETS, _IDLE_TIMER, _UNBALANCED_TIMER
			b = Append(b, kind, v)
		}
	}
	return b
}
