// SPDX-License-Identifier: MIT

package rtnl

import (
	"encoding/binary"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// A Conn is an rtnetlink socket. It works in the network namespace that it was
// opened in, and is not for several goroutines at once.
type Conn struct {
	socket
	sequence uint32
}

// A socket sends and receives packets; tests have one of their own.
type socket interface {
	send(packet []byte) error
	receive() ([]byte, error) // overwritten by the next
	Close() error
}

// A netlinkSocket is the real one.
type netlinkSocket struct {
	fd  int
	buf []byte
}

// Open opens the socket. It needs no privilege; changes do.
func Open() (*Conn, error) {
	fd, err := openSocket(0)
	if err != nil {
		return nil, err
	}
	// The kernel's own words for what it refuses (Linux 4.12), without our
	// request behind them (4.3). NETLINK_GET_STRICT_CHK stays off: nothing here
	// asks for a filtered dump, and without it all kernels answer alike.
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	// The kernel's packets hold 32 KiB at most.
	return &Conn{socket: &netlinkSocket{fd: fd, buf: make([]byte, 1<<16)}}, nil
}

func openSocket(flags int) (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|flags, unix.NETLINK_ROUTE)
	return fd, os.NewSyscallError("opening an rtnetlink socket", err)
}

// Close closes the socket.
func (s *netlinkSocket) Close() error { return unix.Close(s.fd) }

// An Error is the kernel's refusal of a request.
type Error struct {
	Errno unix.Errno // found by errors.Is
	Text  string     // the kernel's own words, or ""
}

// Error is what the errno means, and the kernel's words where it has any.
func (e *Error) Error() string {
	if e.Text == "" {
		return e.Errno.Error()
	}
	return e.Errno.Error() + " (" + e.Text + ")"
}

// Unwrap gives the errno.
func (e *Error) Unwrap() error { return e.Errno }

// errInterrupted is that something changed while a dump was made, so that it
// can lack entries or have them twice (NLM_F_DUMP_INTR).
var errInterrupted = errors.New("what was asked for changed while the kernel listed it")

// Change makes a request and waits for the acknowledgement: kind is RTM_NEWLINK
// and the like, flags are NLM_F_CREATE and the like, body is the header of that
// kind of message and its attributes. A refusal is an [*Error].
func (c *Conn) Change(kind, flags uint16, body []byte) error {
	return c.request(kind, flags|unix.NLM_F_ACK, body, nil)
}

// Query makes a request and hands the body of each message that is the answer
// to each, which must not keep it. With NLM_F_DUMP among the flags it is all
// entries; where they changed meanwhile, it is an error after some of them
// were handed over.
func (c *Conn) Query(kind, flags uint16, body []byte, each func(kind uint16, body []byte)) error {
	if flags&unix.NLM_F_DUMP != unix.NLM_F_DUMP {
		flags |= unix.NLM_F_ACK
	}
	return c.request(kind, flags, body, each)
}

func (c *Conn) request(kind, flags uint16, body []byte, each func(uint16, []byte)) error {
	c.sequence++
	packet := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
	binary.NativeEndian.PutUint32(packet[0:], uint32(cap(packet)))
	binary.NativeEndian.PutUint16(packet[4:], kind)
	binary.NativeEndian.PutUint16(packet[6:], flags|unix.NLM_F_REQUEST)
	binary.NativeEndian.PutUint32(packet[8:], c.sequence)
	packet = append(packet, body...)
	if err := c.send(packet); err != nil {
		return err
	}
	interrupted := false
	for {
		rest, err := c.receive()
		if err != nil {
			return err
		}
		for len(rest) >= unix.SizeofNlMsghdr {
			m, after, err := cutMessage(rest)
			if err != nil {
				return err
			}
			rest = after
			if m.sequence != c.sequence {
				continue // the rest of an answer that was given up
			}
			interrupted = interrupted || m.flags&unix.NLM_F_DUMP_INTR != 0
			switch m.kind {
			case unix.NLMSG_DONE, unix.NLMSG_ERROR:
				if err := m.verdict(); err != nil {
					return err
				}
				if interrupted {
					return errInterrupted
				}
				return nil
			case unix.NLMSG_NOOP, unix.NLMSG_OVERRUN:
			default:
				if each != nil {
					each(m.kind, m.body)
				}
			}
		}
	}
}

func (s *netlinkSocket) send(packet []byte) error {
	for {
		err := unix.Sendto(s.fd, packet, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
		if err != unix.EINTR {
			return os.NewSyscallError("sending to rtnetlink", err)
		}
	}
}

func (s *netlinkSocket) receive() ([]byte, error) {
	for {
		n, from, err := unix.Recvfrom(s.fd, s.buf, unix.MSG_TRUNC)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, os.NewSyscallError("receiving from rtnetlink", err)
		case n > len(s.buf):
			s.buf = make([]byte, 2*n)
			return nil, errors.New("receiving from rtnetlink: the answer was larger than any should be")
		}
		// Another process may send us anything; the kernel is number 0.
		if addr, ok := from.(*unix.SockaddrNetlink); ok && addr.Pid == 0 {
			return s.buf[:n], nil
		}
	}
}

// A packetMessage is one message of a packet: struct nlmsghdr, and what follows it.
type packetMessage struct {
	kind, flags uint16
	sequence    uint32
	body        []byte
}

// errShort is that an answer's lengths do not add up.
var errShort = errors.New("the kernel's answer is cut off")

func cutMessage(packet []byte) (m packetMessage, rest []byte, err error) {
	length := int(binary.NativeEndian.Uint32(packet))
	if length < unix.SizeofNlMsghdr || length > len(packet) {
		return m, nil, errShort
	}
	m.kind = binary.NativeEndian.Uint16(packet[4:])
	m.flags = binary.NativeEndian.Uint16(packet[6:])
	m.sequence = binary.NativeEndian.Uint32(packet[8:])
	m.body = packet[unix.SizeofNlMsghdr:length]
	return m, packet[min(align(length), len(packet)):], nil
}

// verdict is the error that an acknowledgement or the end of a dump holds.
func (m packetMessage) verdict() error {
	if len(m.body) < 4 {
		if m.kind == unix.NLMSG_DONE {
			return nil
		}
		return errShort
	}
	errno := -int32(binary.NativeEndian.Uint32(m.body))
	if errno == 0 {
		return nil
	}
	e := &Error{Errno: unix.Errno(errno)}
	if m.flags&unix.NLM_F_ACK_TLVS == 0 {
		return e
	}
	// Of an error, the request's header stands between, and the whole request
	// where the kernel does not cap it.
	skip := 4
	if m.kind == unix.NLMSG_ERROR {
		skip += unix.SizeofNlMsghdr
		if m.flags&unix.NLM_F_CAPPED == 0 && len(m.body) >= 8 {
			skip = 4 + align(int(binary.NativeEndian.Uint32(m.body[4:])))
		}
	}
	if skip >= 0 && skip < len(m.body) {
		for kind, value := range attributes(m.body[skip:]) {
			if kind == unix.NLMSGERR_ATTR_MSG {
				e.Text = text(value)
			}
		}
	}
	return e
}
