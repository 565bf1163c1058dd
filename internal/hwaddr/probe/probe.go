// SPDX-License-Identifier: MIT

package probe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"golang.org/x/sys/unix"
)

// Options say where and how to probe.
type Options struct {
	Interface string
	// Networks are IPv4 networks to sweep besides those of the interface.
	Networks []netip.Prefix
	// Tame leaves out the frames with the unknown option, which an intrusion
	// detector may report.
	Tame bool
	// Hints are IP addresses that a table ties to a candidate.
	Hints map[hwaddr.Addr][]netip.Addr
	// Limit bounds the time of the whole run, as for a boot that waits for it; 0 is
	// as long as the stages take. What was not done in that time is a doubt.
	Limit time.Duration
}

// Result is what the LAN said about one address.
type Result struct {
	Addr hwaddr.Addr
	// Seen is the frame that came from the address, "" if none did.
	Seen  string
	Stage int // 1, 2 or 3, where Seen is set
	After time.Duration
	// Doubt says why silence means nothing, "" where it does.
	Doubt string
}

// Report is what Run found, in the order of the candidates.
type Report struct {
	Results []Result
	Source  hwaddr.Addr // of the frames that were sent
	Sent    int         // frames
	Swept   []netip.Prefix
	Control string // who answered, "" if nobody did
	Elapsed time.Duration
}

// Times and bounds. An MLD report comes within 100 ms, all other answers within
// a few; MaxFrames bounds what one run sends.
const (
	listenUnicast = 250 * time.Millisecond
	listenFlood   = time.Second
	MaxFrames     = 100_000
	// Sweeps are of networks up to 1022 hosts.
	minPrefix = 22
	// burst frames are sent at once, then there is a pause in which
	// answers are read, so that neither our queue nor the hosts' overflow.
	burst = 64
	pause = 2 * time.Millisecond
)

// Run asks the LAN at an interface about addresses. The error is one of usage;
// what keeps the LAN from being asked is a doubt in every result.
func Run(ctx context.Context, o Options, candidates []hwaddr.Addr) (*Report, error) {
	if len(candidates) == 0 {
		return nil, errors.New("no address to probe")
	}
	l, doubt, err := lookup(o.Interface)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	for _, a := range candidates {
		r.Results = append(r.Results, Result{Addr: a, Doubt: doubt})
	}
	if doubt != "" {
		return r, nil
	}
	if o.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Limit)
		defer cancel()
	}
	self, ok := l.source(candidates)
	if !ok {
		return r.doubt(fmt.Sprintf("%s has no address of its own but the one in question, and that is never sent from", o.Interface)), nil
	}
	w, err := openSocket(l.ifi, self, candidates)
	if err != nil {
		text := err.Error()
		if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
			text += " (this takes root)"
		}
		return r.doubt(text), nil
	}
	defer w.close()
	return newProber(l, o, self, w, r).run(ctx)
}

func (r *Report) doubt(text string) *Report {
	for i := range r.Results {
		if r.Results[i].Seen == "" && r.Results[i].Doubt == "" {
			r.Results[i].Doubt = text
		}
	}
	return r
}

// prober is one run.
type prober struct {
	local *local
	o     Options
	build builder
	wire  wire
	r     *Report

	open     map[hwaddr.Addr]int // candidates not seen yet: index in r.Results
	controls []source.Neighbour
	networks []netip.Prefix
	doubts   []string
	stage    int
	began    time.Time
	// How long to wait for answers to frames to one, and to all.
	toOne, toAll time.Duration
	err          error
}

func newProber(l *local, o Options, self hwaddr.Addr, w wire, r *Report) *prober {
	p := &prober{local: l, o: o, wire: w, r: r, open: map[hwaddr.Addr]int{}, began: time.Now(), toOne: listenUnicast, toAll: listenFlood}
	if o.Limit > 0 {
		// Two stages to the address alone, one to everybody; the rest is for sending.
		p.toOne, p.toAll = min(listenUnicast, o.Limit/5), min(listenFlood, o.Limit*2/5)
	}
	r.Source = self
	var candidates []hwaddr.Addr
	for i, res := range r.Results {
		p.open[res.Addr] = i
		candidates = append(candidates, res.Addr)
	}
	p.build = builder{src: self, ip: l.linkIP}
	if !p.build.ip.IsValid() || self != l.link.Addr {
		p.build.ip = passing()
	}
	p.controls = l.control(candidates)
	p.plan()
	return p
}

// passing is a link-local address for one run, where the interface has none of
// its own to answer for: a host that could not resolve the one of the last run
// stays silent to it for some seconds.
func passing() netip.Addr {
	ip := [16]byte{0: 0xfe, 1: 0x80}
	rand.Read(ip[8:]) // never fails: crypto/rand ends the program instead
	return netip.AddrFrom16(ip)
}

// plan chooses the networks to sweep.
func (p *prober) plan() {
	for _, n := range append(slices.Clone(p.local.networks), p.o.Networks...) {
		if n.Bits() >= 31 { // point to point: no network to sweep
			continue
		}
		if n.Bits() < minPrefix {
			p.doubts = append(p.doubts, fmt.Sprintf("%s is too large to ask every host, only /%d around its address was", n.Masked(), minPrefix))
			n = netip.PrefixFrom(n.Addr(), minPrefix)
		}
		if !slices.ContainsFunc(p.networks, func(have netip.Prefix) bool { return have.Masked() == n.Masked() }) {
			p.networks = append(p.networks, n)
		}
	}
	if len(p.networks) == 0 {
		p.doubts = append(p.doubts, fmt.Sprintf("%s has no IPv4 network, so hosts without IPv6 were not asked (--sweep NETWORK does)", p.o.Interface))
	}
	if p.o.Tame {
		p.doubts = append(p.doubts, "without the unknown option hosts behind packet filters stay silent")
	}
}

func (p *prober) run(ctx context.Context) (*Report, error) {
	hosts := 0
	for _, n := range p.networks {
		p.r.Swept = append(p.r.Swept, n.Masked())
		hosts += 1 << (32 - n.Bits())
	}
	if need := len(p.open) * (hosts + 8); need > MaxFrames {
		return nil, fmt.Errorf("%d addresses and %d hosts would take %d frames, above the bound of %d: ask about fewer at once", len(p.open), hosts, need, MaxFrames)
	}
	for _, stage := range []func(context.Context){p.unicast, p.sweep, p.flood} {
		p.stage++
		if len(p.open) == 0 || p.err != nil || ctx.Err() != nil {
			break
		}
		stage(ctx)
	}
	p.r.Elapsed = time.Since(p.began)
	switch {
	case p.err != nil:
		p.doubts = append([]string{p.err.Error()}, p.doubts...)
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && len(p.open) > 0:
		p.doubts = append([]string{fmt.Sprintf("the time for it (%v) was over before all was asked", p.o.Limit)}, p.doubts...)
	case ctx.Err() != nil:
		p.doubts = append([]string{"interrupted"}, p.doubts...)
	case p.r.Control == "":
		p.doubts = append([]string{"no other host answered either, so that silence means nothing"}, p.doubts...)
	}
	if n := p.wire.lost(); n > 0 {
		p.doubts = append(p.doubts, fmt.Sprintf("%d frames came too fast to be read", n))
	}
	if len(p.doubts) > 0 {
		p.r.doubt(strings.Join(p.doubts, "; "))
	}
	return p.r, nil
}

// unicast is stage 1: frames to the candidate alone.
func (p *prober) unicast(ctx context.Context) {
	for _, a := range p.remaining() {
		p.sendUnicast(a)
	}
	for _, n := range p.controls {
		p.sendUnicast(n.Addr)
		if n.IP.Is4() {
			p.send(p.build.arp(n.Addr, p.sender(n.IP), n.IP))
		}
	}
	p.listen(ctx, p.toOne)
}

func (p *prober) sendUnicast(a hwaddr.Addr) {
	if !p.o.Tame {
		p.send(p.build.badOption(a))
	}
	p.send(p.build.echo(a))
	p.send(p.build.solicitation(a))
	p.send(p.build.mldQuery(a))
}

// sweep is stage 2: an ARP request to the candidate for each address that it
// could have. Stage 1 is repeated, as a frame can be lost.
func (p *prober) sweep(ctx context.Context) {
	for _, a := range p.remaining() {
		p.sendUnicast(a)
		p.requests(ctx, a, a)
	}
	p.listen(ctx, p.toOne)
}

// requests sends ARP requests for all addresses that the candidate could have
// to dst.
func (p *prober) requests(ctx context.Context, candidate, dst hwaddr.Addr) {
	asked := map[netip.Addr]bool{}
	ask := func(ip netip.Addr) {
		if _, waiting := p.open[candidate]; !waiting || !ip.Is4() || asked[ip] || p.local.mine[ip] {
			return
		}
		asked[ip] = true
		p.send(p.build.arp(dst, p.sender(ip), ip))
	}
	for _, ip := range p.o.Hints[candidate] {
		ask(ip)
	}
	for _, n := range p.local.neighbours {
		ask(n.IP)
	}
	for _, n := range p.networks {
		first := n.Masked().Addr()
		for i := uint32(1); i < 1<<(32-n.Bits())-1 && ctx.Err() == nil; i++ {
			ask(add(first, i))
		}
	}
}

// add is the address i after first, which has zeros there.
func add(first netip.Addr, i uint32) netip.Addr {
	b := first.As4()
	for k := 3; k >= 0; k-- {
		b[k] |= byte(i)
		i >>= 8
	}
	return netip.AddrFrom4(b)
}

// sender is the IPv4 address to ask from: ours in that network. Where the
// frames do not come from the address that our neighbours know, it is none, so
// that their tables stay as they are.
func (p *prober) sender(target netip.Addr) netip.Addr {
	if p.build.src == p.local.link.Addr {
		for _, n := range p.local.networks {
			if n.Contains(target) {
				return n.Addr()
			}
		}
	}
	return netip.IPv4Unspecified()
}

// flood is stage 3: frames to everybody, for switches that believe the address
// to be behind our port or do not flood. Each is sent twice, since the answers
// of all hosts come at once. Who answers shows that answers reach us.
func (p *prober) flood(ctx context.Context) {
	for range 2 {
		if !p.o.Tame {
			p.send(p.build.badOption(allNodesMAC))
		}
		p.send(p.build.echo(hwaddr.Broadcast))
		for _, n := range p.local.neighbours {
			if n.IP == p.local.gateway {
				p.send(p.build.arp(hwaddr.Broadcast, p.sender(n.IP), n.IP))
			}
		}
		for _, a := range p.remaining() {
			// On our own port a unicast request cannot leave; ask everybody.
			if p.local.same[a] {
				p.requests(ctx, a, hwaddr.Broadcast)
			}
			for _, ip := range p.o.Hints[a] {
				if ip.Is4() && !p.local.mine[ip] {
					p.send(p.build.arp(hwaddr.Broadcast, p.sender(ip), ip))
				}
			}
		}
		p.listen(ctx, p.toAll/2)
	}
}

// remaining are the candidates that were not seen yet.
func (p *prober) remaining() []hwaddr.Addr {
	var list []hwaddr.Addr
	for _, res := range p.r.Results {
		if _, ok := p.open[res.Addr]; ok {
			list = append(list, res.Addr)
		}
	}
	return list
}

// send sends a frame and reads what has come after every burst.
func (p *prober) send(frame []byte, err error) {
	if p.err != nil {
		return
	}
	if err == nil {
		src := hwaddr.Addr(frame[6:12])
		if slices.ContainsFunc(p.r.Results, func(r Result) bool { return r.Addr == src }) {
			err = fmt.Errorf("a frame from %s itself was about to be sent", src)
		} else {
			err = p.wire.send(frame)
		}
	}
	if p.err = err; err != nil {
		return
	}
	if p.r.Sent++; p.r.Sent%burst == 0 {
		p.read(time.Now().Add(pause), false)
	}
}

// listen reads frames for a time, or until all candidates were seen.
func (p *prober) listen(ctx context.Context, d time.Duration) {
	deadline := time.Now().Add(d)
	for p.err == nil && len(p.open) > 0 && ctx.Err() == nil && time.Now().Before(deadline) {
		// An interrupt is noticed within a short time.
		step := time.Now().Add(50 * time.Millisecond)
		if step.After(deadline) {
			step = deadline
		}
		p.read(step, true)
	}
}

// read takes frames until the deadline.
func (p *prober) read(deadline time.Time, whileOpen bool) {
	for p.err == nil && (!whileOpen || len(p.open) > 0) {
		frame, ok, err := p.wire.receive(deadline)
		if err != nil {
			p.err = err
			return
		}
		if !ok {
			return
		}
		p.take(frame)
	}
}

// take looks at a received frame: one from a candidate shows that it is in use,
// and so does ARP or neighbour discovery that claims it; one to us from anybody
// else shows that answers reach us.
func (p *prober) take(frame []byte) {
	if len(frame) < 14 {
		return
	}
	src, dst := hwaddr.Addr(frame[6:12]), hwaddr.Addr(frame[0:6])
	if src == p.build.src {
		return
	}
	s, ok := parse(frame)
	if !ok {
		return
	}
	for _, a := range []hwaddr.Addr{src, s.claim} {
		if i, waiting := p.open[a]; waiting {
			p.see(i, a, s)
			return
		}
	}
	toUs := dst == p.build.src || dst == solicited(p.build.ip)
	if p.r.Control != "" || !toUs || p.local.same[src] || slices.ContainsFunc(p.r.Results, func(r Result) bool { return r.Addr == src }) {
		return
	}
	p.r.Control = src.String()
	if s.ip.IsValid() && !s.ip.IsUnspecified() {
		p.r.Control = s.ip.String() + " (" + p.r.Control + ")"
	}
}

// see notes that a frame shows the candidate a, the i-th, to be in use.
func (p *prober) see(i int, a hwaddr.Addr, s seen) {
	// What our own bond or bridge sends from the address may come back through
	// another port. It says so by its IP address; without one it proves nothing.
	if p.local.same[a] && (!s.ip.IsValid() || s.ip.IsUnspecified() || p.local.mine[s.ip]) {
		return
	}
	text := s.what
	if s.ip.IsValid() && !s.ip.IsUnspecified() {
		text += " from " + s.ip.String()
	}
	if a != s.src {
		text += ", sent by " + s.src.String()
	}
	p.r.Results[i].Seen, p.r.Results[i].Stage, p.r.Results[i].After = text, p.stage, time.Since(p.began)
	delete(p.open, a)
}
