// SPDX-License-Identifier: MIT

package probe

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"golang.org/x/net/bpf"
)

var (
	me   = hwaddr.Addr{2, 0, 0x5e, 0, 0, 1}
	them = hwaddr.Addr{2, 0, 0x5e, 0, 0, 2}
	mac3 = hwaddr.Addr{2, 0, 0x5e, 0, 0, 3}
)

// fake is a wire whose answers are made up.
type fake struct {
	sent    [][]byte
	answers [][]byte
	answer  func(frame []byte) [][]byte
	err     error
	drops   int
}

func (f *fake) send(frame []byte) error {
	f.sent = append(f.sent, frame)
	if f.answer != nil {
		f.answers = append(f.answers, f.answer(frame)...)
	}
	return f.err
}

func (f *fake) receive(time.Time) ([]byte, bool, error) {
	if len(f.answers) == 0 {
		return nil, false, nil
	}
	a := f.answers[0]
	f.answers = f.answers[1:]
	return a, true, nil
}

func (f *fake) lost() int    { return f.drops }
func (f *fake) close() error { return nil }

// here is an interface with the address me and a /24.
func here() *local {
	ip := netip.MustParseAddr("192.0.2.1")
	return &local{
		ifi: &net.Interface{Name: "eth0"}, link: source.Link{Name: "eth0", Addr: me},
		networks: []netip.Prefix{netip.PrefixFrom(ip, 24)}, mine: map[netip.Addr]bool{ip: true}, same: map[hwaddr.Addr]bool{me: true},
	}
}

// ask runs all stages against the wire, with no time to wait.
func ask(t *testing.T, l *local, o Options, w *fake, a hwaddr.Addr) *Report {
	t.Helper()
	p := newProber(l, o, me, w, &Report{Results: []Result{{Addr: a}}})
	p.toOne, p.toAll = time.Millisecond, time.Millisecond
	r, err := p.run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestNeverAsCandidate checks every frame of a whole run: none comes from the
// candidate, and each has our source.
func TestNeverAsCandidate(t *testing.T) {
	w := &fake{}
	l := here()
	l.same[them] = true // with the broadcast requests of that case
	r := ask(t, l, Options{Interface: "eth0", Hints: map[hwaddr.Addr][]netip.Addr{them: {netip.MustParseAddr("198.51.100.7")}}}, w, them)
	if len(w.sent) != r.Sent || r.Sent < 4+253 || r.Sent > 4+4+3*254+10 {
		t.Errorf("%d frames sent, %d counted", len(w.sent), r.Sent)
	}
	kinds := map[string]int{}
	for _, f := range w.sent {
		p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default)
		if p.ErrorLayer() != nil {
			t.Fatalf("a frame that cannot be read: %v", p.ErrorLayer().Error())
		}
		eth := p.LinkLayer().(*layers.Ethernet)
		if hwaddr.Addr(eth.SrcMAC) != me {
			t.Fatalf("a frame from %s", eth.SrcMAC)
		}
		if arp, ok := p.Layer(layers.LayerTypeARP).(*layers.ARP); ok && hwaddr.Addr(arp.SourceHwAddress) != me {
			t.Fatalf("an ARP request from %x", arp.SourceHwAddress)
		}
		last := p.Layers()[len(p.Layers())-1]
		kinds[last.LayerType().String()]++
	}
	t.Log(kinds)

	// A prober that was told to send from a candidate sends nothing.
	bad := newProber(here(), Options{Interface: "eth0"}, them, w, &Report{Results: []Result{{Addr: them}}})
	w.sent = nil
	if r, _ := bad.run(context.Background()); len(w.sent) > 0 || !strings.Contains(r.Results[0].Doubt, "itself") {
		t.Errorf("%d frames as the candidate, doubt %q", len(w.sent), r.Results[0].Doubt)
	}
}

func TestDoubts(t *testing.T) {
	alive := func([]byte) [][]byte {
		f, _ := builder{src: mac3, ip: mac3.LinkLocal()}.echo(me)
		return [][]byte{f}
	}
	big := here()
	big.networks[0] = netip.MustParsePrefix("10.0.0.1/8")
	none := here()
	none.networks = nil
	for name, c := range map[string]struct {
		local *local
		wire  *fake
		tame  bool
		doubt string
	}{
		"control answered": {here(), &fake{answer: alive}, false, ""},
		"no control":       {here(), &fake{}, false, "no other host answered"},
		"lost frames":      {here(), &fake{answer: alive, drops: 3}, false, "3 frames came too fast"},
		"tame":             {here(), &fake{answer: alive}, true, "unknown option"},
		"no network":       {none, &fake{answer: alive}, false, "has no IPv4 network"},
		"large network":    {big, &fake{answer: alive}, false, "10.0.0.0/8 is too large"},
		"cannot send":      {here(), &fake{err: errors.New("no buffer")}, false, "no buffer"},
	} {
		t.Run(name, func(t *testing.T) {
			r := ask(t, c.local, Options{Interface: "eth0", Tame: c.tame}, c.wire, them)
			if got := r.Results[0]; got.Seen != "" || (c.doubt == "") != (got.Doubt == "") || !strings.Contains(got.Doubt, c.doubt) {
				t.Errorf("seen %q, doubt %q; want doubt %q", got.Seen, got.Doubt, c.doubt)
			}
		})
	}
}

// TestOwnFrames covers an address that this host's own bond has: what the bond
// sends comes back through the other port, and proves nothing.
func TestOwnFrames(t *testing.T) {
	l := here()
	l.same[them] = true
	l.mine[them.LinkLocal()] = true
	mine, _ := builder{src: them, ip: them.LinkLocal()}.echo(me)
	nothing, _ := builder{src: them}.arp(hwaddr.Broadcast, netip.IPv4Unspecified(), netip.MustParseAddr("192.0.2.1"))
	w := &fake{answers: [][]byte{mine, nothing}}
	if got := ask(t, l, Options{Interface: "eth0"}, w, them).Results[0]; got.Seen != "" {
		t.Errorf("our own frame was taken for another host's: %s", got.Seen)
	}
	other, _ := builder{src: them}.arp(hwaddr.Broadcast, netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("192.0.2.1"))
	w = &fake{answers: [][]byte{mine, other}}
	if got := ask(t, l, Options{Interface: "eth0"}, w, them).Results[0]; !strings.Contains(got.Seen, "192.0.2.9") {
		t.Errorf("another host with the address was not seen: %q", got.Doubt)
	}
}

// TestClaimed covers clusters that answer from another Ethernet address than the
// one that they claim, as Microsoft's in unicast mode.
func TestClaimed(t *testing.T) {
	owner := netip.MustParseAddr("192.0.2.9")
	reply := func(claim hwaddr.Addr, ip netip.Addr) []byte {
		f, err := builder{src: claim}.arp(hwaddr.Broadcast, ip, owner)
		if err != nil {
			t.Fatal(err)
		}
		copy(f[6:12], mac3[:])
		return f
	}
	neighbour := func(layer gopacket.SerializableLayer, kind uint8) []byte {
		b := builder{src: mac3, ip: mac3.LinkLocal()}
		f, err := b.icmpv6(me, b.ipv6(me.LinkLocal(), 255), layers.CreateICMPv6TypeCode(kind, 0), layer)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	option := func(kind layers.ICMPv6Opt, a hwaddr.Addr) layers.ICMPv6Options {
		return layers.ICMPv6Options{{Type: kind, Data: a[:]}}
	}
	target := netip.MustParseAddr("2001:db8::9")
	for name, c := range map[string]struct {
		frame []byte
		seen  string
	}{
		"ARP":             {reply(them, owner), "an ARP request from 192.0.2.9, sent by " + mac3.String()},
		"ARP for another": {reply(mac3, owner), ""},
		"advertisement": {neighbour(&layers.ICMPv6NeighborAdvertisement{TargetAddress: target.AsSlice(), Options: option(layers.ICMPv6OptTargetAddress, them)}, layers.ICMPv6TypeNeighborAdvertisement),
			"a neighbour advertisement from 2001:db8::9, sent by " + mac3.String()},
		"advertisement of a source": {neighbour(&layers.ICMPv6NeighborAdvertisement{TargetAddress: target.AsSlice(), Options: option(layers.ICMPv6OptSourceAddress, them)}, layers.ICMPv6TypeNeighborAdvertisement), ""},
		"solicitation": {neighbour(&layers.ICMPv6NeighborSolicitation{TargetAddress: target.AsSlice(), Options: option(layers.ICMPv6OptSourceAddress, them)}, layers.ICMPv6TypeNeighborSolicitation),
			"a neighbour solicitation from " + mac3.LinkLocal().String() + ", sent by " + mac3.String()},
		"router solicitation": {neighbour(&layers.ICMPv6RouterSolicitation{Options: option(layers.ICMPv6OptSourceAddress, them)}, layers.ICMPv6TypeRouterSolicitation),
			"a router solicitation from " + mac3.LinkLocal().String() + ", sent by " + mac3.String()},
		"router advertisement": {neighbour(&layers.ICMPv6RouterAdvertisement{Options: option(layers.ICMPv6OptSourceAddress, them)}, layers.ICMPv6TypeRouterAdvertisement),
			"a router advertisement from " + mac3.LinkLocal().String() + ", sent by " + mac3.String()},
		"short option": {neighbour(&layers.ICMPv6NeighborSolicitation{TargetAddress: target.AsSlice(), Options: layers.ICMPv6Options{{Type: layers.ICMPv6OptSourceAddress, Data: []byte{2, 0}}}}, layers.ICMPv6TypeNeighborSolicitation), ""},
	} {
		if got := ask(t, here(), Options{Interface: "eth0"}, &fake{answers: [][]byte{c.frame}}, them).Results[0]; got.Seen != c.seen {
			t.Errorf("%s: seen %q, want %q", name, got.Seen, c.seen)
		}
	}
	// What this host claims for an address of its own bond proves nothing.
	l := here()
	l.same[them], l.mine[owner] = true, true
	if got := ask(t, l, Options{Interface: "eth0"}, &fake{answers: [][]byte{reply(them, owner)}}, them).Results[0]; got.Seen != "" {
		t.Errorf("our own claim was taken for another host's: %s", got.Seen)
	}
}

// TestFilter runs the kernel's program over frames.
func TestFilter(t *testing.T) {
	vm, err := bpf.NewVM(dropExtension(filterFor(me, []hwaddr.Addr{them})))
	if err != nil {
		t.Fatal(err)
	}
	at := func(f []byte, offset int, a hwaddr.Addr) []byte {
		f = bytes.Clone(f)
		copy(f[offset:], a[:])
		return f
	}
	ip := netip.MustParseAddr("192.0.2.9")
	arp, _ := builder{src: mac3}.arp(hwaddr.Broadcast, ip, ip)
	b := builder{src: mac3, ip: mac3.LinkLocal()}
	echo, _ := b.echo(hwaddr.Broadcast)
	solicitation, _ := b.solicitation(hwaddr.Broadcast)
	advertisement, _ := b.icmpv6(allNodesMAC, b.ipv6(allNodes, 255), layers.CreateICMPv6TypeCode(layers.ICMPv6TypeNeighborAdvertisement, 0),
		&layers.ICMPv6NeighborAdvertisement{TargetAddress: allNodes.AsSlice()})
	query, _ := b.mldQuery(hwaddr.Broadcast)
	for name, c := range map[string]struct {
		frame []byte
		pass  bool
	}{
		"from the candidate": {at(echo, 6, them), true}, "to self": {at(echo, 0, me), true}, "to all": {echo, false}, "too short": {make([]byte, 12), false},
		"ARP of the candidate": {at(arp, arpSender, them), true}, "ARP of another": {arp, false}, "no ARP": {at(query, arpSender, them), false},
		"solicitation": {solicitation, true}, "advertisement": {advertisement, true}, "query": {query, false},
	} {
		n, err := vm.Run(c.frame)
		if err != nil || (n > 0) != c.pass {
			t.Errorf("%s: passed %d octets, %v; want it to pass: %v", name, n, err, c.pass)
		}
	}
}

// dropExtension leaves out the first instructions, which ask the kernel whether the
// frame goes out: that is known to it alone.
func dropExtension(program []bpf.Instruction) []bpf.Instruction { return program[3:] }

// TestLimit covers a boot that waits for the run.
func TestLimit(t *testing.T) {
	p := newProber(here(), Options{Interface: "eth0", Limit: time.Second}, me, &fake{}, &Report{Results: []Result{{Addr: them}}})
	if all := 2*p.toOne + p.toAll; all > 900*time.Millisecond || all < 700*time.Millisecond {
		t.Errorf("the stages listen for %v of a second", all)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 0)
	defer cancel()
	if r, err := p.run(ctx); err != nil || !strings.Contains(r.Results[0].Doubt, "the time for it (1s) was over") {
		t.Errorf("%+v, %v", r.Results[0], err)
	}
}

func TestParseFrame(t *testing.T) {
	b := builder{src: them, ip: them.LinkLocal()}
	for what, frame := range map[string]func() ([]byte, error){
		"a neighbour solicitation": func() ([]byte, error) { return b.solicitation(me) },
		"an ARP request":           func() ([]byte, error) { return b.arp(me, netip.IPv4Unspecified(), netip.MustParseAddr("192.0.2.1")) },
		"an ICMPv6 message":        func() ([]byte, error) { return b.badOption(me) },
	} {
		f, err := frame()
		if err != nil {
			t.Fatal(err)
		}
		s, ok := parse(f)
		if !ok || s.what != what || s.src != them || s.dst != me {
			t.Errorf("%s is read as %+v", what, s)
		}
	}
	if _, ok := parse([]byte{1, 2, 3}); ok {
		t.Error("three octets are no frame")
	}
	if s, ok := parse(append(append(me[:], them[:]...), 0x88, 0x09)); !ok || !strings.Contains(s.what, "0x8809") {
		t.Errorf("a LACP frame is read as %+v, %v", s, ok)
	}
}

// TestBadOption checks the bytes of the frame that matters most: a hop-by-hop
// header of eight octets with one unknown option, then the echo request.
func TestBadOption(t *testing.T) {
	f, err := builder{src: me, ip: me.LinkLocal()}.badOption(them)
	if err != nil {
		t.Fatal(err)
	}
	ip := f[14:]
	if ip[6] != 0 || ip[40] != 58 || ip[41] != 0 || ip[42] != unknownOption || ip[43] != 4 || ip[48] != 128 {
		t.Errorf("% x", ip)
	}
	if ip[42]>>6 != 2 {
		t.Errorf("option type %#x does not ask for a report to a group", ip[42])
	}
}

func TestGateway(t *testing.T) {
	const table = "Iface\tDestination\tGateway\tFlags\neth1\t00000000\t010200C0\t0003\neth0\t0002000A\t00000000\t0001\neth0\t00000000\t0100000A\t0003\n"
	if got := gateway(bufio.NewScanner(strings.NewReader(table)), map[string]bool{"eth0": true}); got != netip.MustParseAddr("10.0.0.1") {
		t.Errorf("gateway %s", got)
	}
	if got := gateway(bufio.NewScanner(strings.NewReader("x\n")), map[string]bool{"eth0": true}); got.IsValid() {
		t.Errorf("gateway %s of no table", got)
	}
}

func TestTooMany(t *testing.T) {
	r := &Report{}
	for i := range 500 {
		r.Results = append(r.Results, Result{Addr: hwaddr.Addr{2, 0, 0, 0, byte(i >> 8), byte(i)}})
	}
	w := &fake{}
	if _, err := newProber(here(), Options{Interface: "eth0"}, me, w, r).run(context.Background()); err == nil || len(w.sent) > 0 {
		t.Errorf("%d frames, error %v; want a refusal", len(w.sent), err)
	}
}

func FuzzParseFrame(f *testing.F) {
	b := builder{src: them, ip: them.LinkLocal()}
	for _, make := range []func(hwaddr.Addr) ([]byte, error){b.badOption, b.echo, b.solicitation, b.mldQuery} {
		frame, err := make(me)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		if s, ok := parse(frame); ok && (s.what == "" || s.src != hwaddr.Addr(frame[6:12])) {
			t.Errorf("%+v", s)
		}
	})
}
