// SPDX-License-Identifier: MIT

package bond

import (
	"encoding/binary"
	"iter"

	"golang.org/x/sys/unix"
)

// A message is one netlink message without its header.
type message struct {
	kind uint16
	body []byte
}

// request sends one netlink request and hands every message of the answer to
// each, which must not keep the bytes. It ends at the kernel's
// acknowledgement, or at the end of a dump (flag NLM_F_DUMP).
func (c *Conn) request(kind, flags uint16, body []byte, each func(message)) error {
	if flags&unix.NLM_F_DUMP != unix.NLM_F_DUMP {
		flags |= unix.NLM_F_ACK
	}
	packet := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
	binary.NativeEndian.PutUint32(packet[0:], uint32(cap(packet)))
	binary.NativeEndian.PutUint16(packet[4:], kind)
	binary.NativeEndian.PutUint16(packet[6:], flags|unix.NLM_F_REQUEST)
	packet = append(packet, body...)
	kernel := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	if err := unix.Sendto(c.netlink, packet, 0, kernel); err != nil {
		return err
	}
	buf := make([]byte, 1<<16) // the kernel's packets hold 32 KiB at most
	for {
		n, _, err := unix.Recvfrom(c.netlink, buf, unix.MSG_TRUNC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return err
		case n > len(buf):
			return unix.EMSGSIZE
		}
		for m := range messages(buf[:n]) {
			switch m.kind {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR: // both begin with an errno, 0 for success
				if len(m.body) < 4 {
					return nil
				}
				if errno := -number(m.body); errno != 0 {
					return unix.Errno(errno)
				}
				return nil
			}
			if each != nil {
				each(m)
			}
		}
	}
}

// messages cuts a packet into its messages; one that claims more than there is
// ends it.
func messages(b []byte) iter.Seq[message] {
	return func(yield func(message) bool) {
		for len(b) >= unix.SizeofNlMsghdr {
			size := int(binary.NativeEndian.Uint32(b))
			if size < unix.SizeofNlMsghdr || size > len(b) {
				return
			}
			if !yield(message{binary.NativeEndian.Uint16(b[4:]), b[unix.SizeofNlMsghdr:size]}) {
				return
			}
			b = b[min(align4(size), len(b)):]
		}
	}
}

// attributes walks the attributes of a message: rtnetlink(7), struct rtattr.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofRtAttr {
			size := int(binary.NativeEndian.Uint16(b))
			if size < unix.SizeofRtAttr || size > len(b) {
				return
			}
			const flags = unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER
			if !yield(binary.NativeEndian.Uint16(b[2:])&^flags, b[unix.SizeofRtAttr:size]) {
				return
			}
			b = b[min(align4(size), len(b)):]
		}
	}
}

// attribute appends an attribute to a message.
func attribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, align4(len(b))-len(b))...)
}

func align4(n int) int { return (n + 3) &^ 3 }

// number reads a 32-bit signed value, 0 where there is not enough.
func number(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(b)))
}
