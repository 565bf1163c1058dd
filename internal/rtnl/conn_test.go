// SPDX-License-Identifier: MIT

package rtnl

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A script is a kernel that gives prepared answers, one list of packets to
// each request.
type script struct {
	answers  [][][]byte // of the requests to come
	queue    [][]byte
	requests [][]byte
}

func (s *script) send(packet []byte) error {
	s.requests = append(s.requests, slices.Clone(packet))
	if len(s.answers) == 0 {
		return errors.New("nobody answers")
	}
	s.queue, s.answers = s.answers[0], s.answers[1:]
	return nil
}

func (s *script) receive() ([]byte, error) {
	if len(s.queue) == 0 {
		return nil, errors.New("no more")
	}
	packet := s.queue[0]
	s.queue = s.queue[1:]
	// Its sequence number is that of the request, where none is given.
	for at := 0; at+unix.SizeofNlMsghdr <= len(packet); at += max(1, align(int(binary.NativeEndian.Uint32(packet[at:])))) {
		if binary.NativeEndian.Uint32(packet[at+8:]) == 0 {
			copy(packet[at+8:], s.requests[len(s.requests)-1][8:12])
		}
	}
	return packet, nil
}

func (s *script) Close() error { return nil }

func netlinkMessage(kind, flags uint16, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = append(b, make([]byte, 8)...)
	b = append(b, body...)
	return append(b, make([]byte, align(len(b))-len(b))...)
}

// refusal is an NLMSG_ERROR about a request of so many bytes; words are the
// kernel's, "" for none.
func refusal(errno unix.Errno, request int, capped bool, words string) []byte {
	body := binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
	body = append(body, make([]byte, unix.SizeofNlMsghdr)...)
	binary.NativeEndian.PutUint32(body[4:], uint32(request))
	flags := uint16(0)
	if capped {
		flags |= unix.NLM_F_CAPPED
	} else {
		body = append(body, make([]byte, align(request)-unix.SizeofNlMsghdr)...)
	}
	if words != "" {
		flags |= unix.NLM_F_ACK_TLVS
		body = AppendUint32(body, 2, 20) // NLMSGERR_ATTR_OFFS
		body = AppendString(body, unix.NLMSGERR_ATTR_MSG, words)
	}
	return netlinkMessage(unix.NLMSG_ERROR, flags, body)
}

var done = netlinkMessage(unix.NLMSG_DONE, unix.NLM_F_MULTI, []byte{0, 0, 0, 0})

func TestChange(t *testing.T) {
	const words = "Device can not be enslaved while up"
	for _, tt := range []struct {
		name   string
		answer []byte
		want   string // "" is success
	}{
		{"done", refusal(0, 36, true, ""), ""},
		{"done, with a warning", refusal(0, 36, true, words), ""},
		{"refused", refusal(unix.EPERM, 36, true, ""), "operation not permitted"},
		{"refused with words", refusal(unix.EPERM, 36, true, words), "operation not permitted (" + words + ")"},
		{"refused with words behind the request", refusal(unix.EPERM, 37, false, words), "operation not permitted (" + words + ")"},
		{"refused, and a request that cannot be", func() []byte {
			b := refusal(unix.EPERM, 36, false, words)
			binary.NativeEndian.PutUint32(b[unix.SizeofNlMsghdr+4:], 1<<31)
			return b
		}(), "operation not permitted"},
		{"cut off", refusal(unix.EPERM, 36, true, "")[:18], "the kernel's answer is cut off"},
		{"empty", netlinkMessage(unix.NLMSG_ERROR, 0, nil), "the kernel's answer is cut off"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &script{answers: [][][]byte{{tt.answer}}}
			c := &Conn{socket: s}
			err := c.Change(unix.RTM_NEWLINK, unix.NLM_F_CREATE, []byte("body"))
			if got := errorText(err); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if refused := strings.HasPrefix(tt.want, "operation"); errors.Is(err, unix.EPERM) != refused {
				t.Errorf("%v: EPERM is in it: %v", err, !refused)
			}
			sent := s.requests[0]
			if binary.NativeEndian.Uint32(sent) != 20 || binary.NativeEndian.Uint16(sent[4:]) != unix.RTM_NEWLINK ||
				binary.NativeEndian.Uint16(sent[6:]) != unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE || string(sent[16:]) != "body" {
				t.Errorf("sent %x", sent)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// What is left of an answer that was given up is not taken for another's.
func TestOldAnswer(t *testing.T) {
	old := refusal(unix.EPERM, 36, true, "")
	binary.NativeEndian.PutUint32(old[8:], 77)
	c := &Conn{socket: &script{answers: [][][]byte{{old, refusal(0, 36, true, "")}}}}
	if err := c.Change(unix.RTM_NEWLINK, 0, nil); err != nil {
		t.Error(err)
	}
}

// A listing that fails is an error, never one that lists nothing; one during
// which something changed is made again.
func TestStateFails(t *testing.T) {
	addr := netlinkMessage(unix.RTM_NEWADDR, unix.NLM_F_MULTI, decode(t, Address, v4Plain).Body)
	changed := netlinkMessage(unix.RTM_NEWADDR, unix.NLM_F_MULTI|unix.NLM_F_DUMP_INTR, decode(t, Address, v6Plain).Body)
	good := [][]byte{slices.Concat(addr, done)}
	none := [][]byte{done}
	bad := [][]byte{addr, netlinkMessage(unix.NLMSG_DONE, unix.NLM_F_MULTI, binary.NativeEndian.AppendUint32(nil, uint32(0xffffffff-11)))} // ENOMEM
	interrupted := [][]byte{addr, changed, done}
	no := [][]byte{refusal(unix.EOPNOTSUPP, 24, true, "")}
	for _, tt := range []struct {
		name    string
		answers [][][]byte
		want    string
		list    int
	}{
		{"all", [][][]byte{good, none, none, none, none}, "", 1},
		{"no nexthop objects", [][][]byte{good, none, none, none, no}, "", 1},
		{"no addresses", [][][]byte{no}, "listing the addresses: operation not supported", 0},
		{"no routes", [][][]byte{good, no}, "listing the routes: operation not supported", 0},
		{"memory", [][][]byte{bad}, "listing the addresses: cannot allocate memory", 0},
		{"cut off", [][][]byte{{addr[:40]}}, "listing the addresses: the kernel's answer is cut off", 0},
		{"no end", [][][]byte{good, none, {}}, "listing the neighbours: no more", 0},
		{"changed once", [][][]byte{interrupted, good, none, none, none, none}, "", 1},
		{"changed always", slices.Repeat([][][]byte{interrupted}, 10), "listing the addresses: " + errInterrupted.Error(), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var answers [][][]byte
			for _, a := range tt.answers { // the sequence numbers are written into them
				var list [][]byte
				for _, p := range a {
					list = append(list, slices.Clone(p))
				}
				answers = append(answers, list)
			}
			c := &Conn{socket: &script{answers: answers}}
			s, err := c.State()
			if got := errorText(err); got != tt.want || len(s.Messages) != tt.list {
				t.Errorf("%q, %d messages; want %q, %d", got, len(s.Messages), tt.want, tt.list)
			}
		})
	}
}

// The questions have headers of full length, and the flag for proxies is in one.
func TestQuestions(t *testing.T) {
	s := &script{answers: slices.Repeat([][][]byte{{done}}, 5)}
	for i := range s.answers {
		s.answers[i] = [][]byte{slices.Clone(done)}
	}
	if _, err := (&Conn{socket: s}).State(); err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, r := range s.requests {
		sizes = append(sizes, len(r)-unix.SizeofNlMsghdr)
		if flags := binary.NativeEndian.Uint16(r[6:]); flags != unix.NLM_F_REQUEST|unix.NLM_F_DUMP {
			t.Errorf("flags %x", flags)
		}
	}
	if !slices.Equal(sizes, []int{8, 12, 12, 12, 8}) {
		t.Errorf("headers of %v bytes", sizes)
	}
	if s.requests[3][unix.SizeofNlMsghdr+10] != unix.NTF_PROXY || s.requests[2][unix.SizeofNlMsghdr+10] != 0 {
		t.Error("the flag for proxies is at the wrong place")
	}
}

// Nothing that a kernel, or whoever sends to us, can say makes us panic.
func FuzzAnswer(f *testing.F) {
	f.Add(refusal(unix.EPERM, 36, false, "words"))
	f.Add(slices.Concat(netlinkMessage(unix.RTM_NEWLINK, 0, LinkMessage(1, 0, 0)), done))
	f.Fuzz(func(t *testing.T, packet []byte) {
		c := &Conn{socket: &script{answers: [][][]byte{{packet}}}}
		_, _ = c.Link("eth0")
	})
}
