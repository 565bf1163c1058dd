// SPDX-License-Identifier: MIT

package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/mdlayher/packet"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// wire is an Ethernet interface; tests have one of their own.
type wire interface {
	send(frame []byte) error
	// receive waits for a frame until the deadline; false is that none came.
	receive(deadline time.Time) ([]byte, bool, error)
	// lost is the number of frames that came faster than they were read.
	lost() int
	close() error
}

// socket is a packet socket, in promiscuous mode while it is open: what proves
// an owner may be sent to a group that the interface has not joined.
type socket struct {
	c     *packet.Conn
	buf   []byte
	drops int
}

// receiveBuffer holds the answers of some thousand hosts to one frame.
const receiveBuffer = 8 << 20

// openSocket opens the interface for frames from the candidates and to self.
func openSocket(ifi *net.Interface, self hwaddr.Addr, candidates []hwaddr.Addr) (*socket, error) {
	filter, err := bpf.Assemble(filterFor(self, candidates))
	if err != nil {
		return nil, err
	}
	c, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, &packet.Config{Filter: filter})
	if err != nil {
		return nil, fmt.Errorf("open %s for frames: %w", ifi.Name, rootCause(err))
	}
	s := &socket{c: c, buf: make([]byte, 2048)}
	if err := c.SetPromiscuous(true); err != nil {
		c.Close()
		return nil, fmt.Errorf("receive all frames of %s: %w", ifi.Name, rootCause(err))
	}
	if raw, err := c.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			// Without the privilege the ordinary size has to do; what is lost is counted.
			if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
			}
		})
	}
	return s, nil
}

// rootCause is the kernel's reason alone.
func rootCause(err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// maxFiltered bounds the candidates that the kernel's filter looks for.
const maxFiltered = 64

// arpSender is where an ARP packet in an Ethernet frame has its sender's hardware
// address; icmpType, where an ICMPv6 message without extension headers has its type.
const (
	arpSender = 14 + 8
	icmpType  = 14 + 40
)

// filterFor passes frames that come in: from a candidate, to self, ARP packets in
// which a candidate is the sender whatever the frame's source is, and neighbour
// discovery, with which others answer us first.
func filterFor(self hwaddr.Addr, candidates []hwaddr.Addr) []bpf.Instruction {
	const all = 1 << 18
	match := func(offset uint32, a hwaddr.Addr) []bpf.Instruction {
		return []bpf.Instruction{
			bpf.LoadAbsolute{Off: offset, Size: 4},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(a[:4]), SkipTrue: 3},
			bpf.LoadAbsolute{Off: offset + 4, Size: 2},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(binary.BigEndian.Uint16(a[4:])), SkipTrue: 1},
			bpf.RetConstant{Val: all},
		}
	}
	program := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.PACKET_OUTGOING, SkipTrue: 1},
		bpf.RetConstant{Val: 0},
	}
	if len(candidates) > maxFiltered {
		return append(program, bpf.RetConstant{Val: all})
	}
	for _, a := range candidates {
		program = append(program, match(6, a)...)
	}
	program = append(program, match(0, self)...)
	for _, a := range candidates {
		program = append(program,
			bpf.LoadAbsolute{Off: 12, Size: 2},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ETH_P_ARP, SkipTrue: 5})
		program = append(program, match(arpSender, a)...)
	}
	program = append(program,
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.ETH_P_IPV6, SkipTrue: 5},
		bpf.LoadAbsolute{Off: 14 + 6, Size: 1}, // next header
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_ICMPV6, SkipTrue: 3},
		bpf.LoadAbsolute{Off: icmpType, Size: 1},
		bpf.JumpIf{Cond: bpf.JumpLessThan, Val: 133, SkipTrue: 1}, // router solicitation, RFC 4861
		bpf.JumpIf{Cond: bpf.JumpLessOrEqual, Val: 136, SkipTrue: 3},
	)
	program = append(program,
		bpf.LoadAbsolute{Off: 0, Size: 4},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 8},
		bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: 0x3333ff, SkipTrue: 1},
		bpf.RetConstant{Val: all},
	)
	return append(program, bpf.RetConstant{Val: 0})
}

func (s *socket) send(frame []byte) error {
	_, err := s.c.WriteTo(frame, &packet.Addr{HardwareAddr: net.HardwareAddr(frame[:6])})
	if err != nil {
		return fmt.Errorf("send a frame: %w", rootCause(err))
	}
	return nil
}

func (s *socket) receive(deadline time.Time) ([]byte, bool, error) {
	if err := s.c.SetReadDeadline(deadline); err != nil {
		return nil, false, err
	}
	n, _, err := s.c.ReadFrom(s.buf)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("receive frames: %w", rootCause(err))
	}
	return s.buf[:n], true, nil
}

func (s *socket) lost() int {
	if stats, err := s.c.Stats(); err == nil {
		s.drops += int(stats.Drops) // the kernel counts from the last call
	}
	return s.drops
}

func (s *socket) close() error { return s.c.Close() }
