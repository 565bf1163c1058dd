// SPDX-License-Identifier: MIT

package bond

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestLayout compares our structures with the kernel's headers. Run it with
// GOARCH=386 as well.
func TestLayout(t *testing.T) {
	kernelIfreq := uintptr(40) // sizeof(struct ifreq): the union's largest member has two longs
	if unsafe.Sizeof(uintptr(0)) == 4 {
		kernelIfreq = 32
	}
	var pointer ifreq[unsafe.Pointer]
	var slave ifslave
	tests := []struct {
		what      string
		got, want uintptr
	}{
		{"ifreq.union", unsafe.Offsetof(pointer.union), 16},
		{"ifreq[uint16].union", unsafe.Offsetof(ifreq[uint16]{}.union), 16},
		{"sizeof ifbond", unsafe.Sizeof(ifbond{}), 12},
		{"ifslave.name", unsafe.Offsetof(slave.name), 4},
		{"ifslave.link", unsafe.Offsetof(slave.link), 20},
		{"ifslave.state", unsafe.Offsetof(slave.state), 21},
		{"ifslave.failures", unsafe.Offsetof(slave.failures), 24},
		{"sizeof ifslave", unsafe.Sizeof(slave), 28},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", tt.what, tt.got, tt.want)
		}
	}
	for what, size := range map[string]uintptr{
		"uint16": unsafe.Sizeof(ifreq[uint16]{}), "pointer": unsafe.Sizeof(pointer), "name": unsafe.Sizeof(ifreq[[16]byte]{}),
	} {
		if size < kernelIfreq {
			t.Errorf("ifreq of %s has %d bytes, the kernel copies %d", what, size, kernelIfreq)
		}
	}
}

// packet makes a netlink packet of one message.
func packet(kind uint16, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(body)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	return append(append(b, make([]byte, unix.SizeofNlMsghdr-len(b))...), body...)
}

// FuzzMessages: whatever the bytes, nothing panics, and what comes out was in
// the packet.
func FuzzMessages(f *testing.F) {
	data := attribute(nil, unix.IFLA_BOND_ACTIVE_SLAVE, []byte{2, 0, 0, 0})
	info := attribute(nil, unix.IFLA_INFO_KIND, []byte("bond\x00"))
	info = attribute(info, unix.IFLA_INFO_DATA|unix.NLA_F_NESTED, data)
	link := attribute(make([]byte, unix.SizeofIfInfomsg), unix.IFLA_IFNAME, []byte("bond0\x00"))
	link = attribute(link, unix.IFLA_ADDRESS, []byte{2, 0, 0, 0, 0, 1})
	link = attribute(link, unix.IFLA_LINKINFO, info)
	addr := attribute(make([]byte, unix.SizeofIfAddrmsg), unix.IFA_ADDRESS, []byte{192, 0, 2, 1})
	addr = attribute(addr, unix.IFA_LABEL, []byte("eth0:1\x00"))
	route := attribute(make([]byte, unix.SizeofRtMsg), unix.RTA_OIF, []byte{2, 0, 0, 0})
	for _, seed := range [][]byte{
		nil,
		packet(unix.RTM_NEWLINK, link),
		packet(unix.RTM_NEWLINK, link[:len(link)-3]),
		packet(unix.RTM_NEWADDR, addr),
		packet(unix.RTM_NEWADDR, addr[:9]),
		packet(unix.RTM_NEWROUTE, route),
		append(packet(unix.RTM_NEWROUTE, route), packet(unix.NLMSG_DONE, nil)...),
		packet(unix.NLMSG_ERROR, nil)[:8],
		{255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		for m := range messages(b) {
			total += unix.SizeofNlMsghdr + len(m.body)
			parseLink(m.body)
			if a, _, ok := parseAddr(m.body); ok && (len(a.IP) != 4 && len(a.IP) != 16 || len(a.raw) != len(m.body)) {
				t.Errorf("address %+v", a)
			}
			if r, _, ok := parseRoute(m.body, []byte{2, 0, 0, 0}); ok && len(r.raw) != len(m.body) {
				t.Errorf("route %+v", r)
			}
		}
		if total > len(b) {
			t.Errorf("%d bytes of messages in %d", total, len(b))
		}
	})
}

func TestParseLink(t *testing.T) {
	info := attribute(nil, unix.IFLA_INFO_KIND, []byte("bond\x00"))
	info = attribute(info, unix.IFLA_INFO_DATA, attribute(nil, unix.IFLA_BOND_ACTIVE_SLAVE, binary.NativeEndian.AppendUint32(nil, 7)))
	body := make([]byte, unix.SizeofIfInfomsg)
	binary.NativeEndian.PutUint32(body[8:], unix.IFF_UP|unix.IFF_MASTER)
	body = attribute(body, unix.IFLA_IFNAME, []byte("bond0\x00"))
	body = attribute(body, unix.IFLA_LINKINFO|unix.NLA_F_NESTED, info)
	l, ok := parseLink(body)
	if !ok || l.Name != "bond0" || l.Kind != "bond" || l.Active != 7 || !l.Up() {
		t.Errorf("parseLink = %+v, %t", l, ok)
	}
	if _, ok := parseLink(body[:8]); ok {
		t.Error("half a header is taken for a link")
	}
}
