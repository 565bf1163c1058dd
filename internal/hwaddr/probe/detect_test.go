// SPDX-License-Identifier: MIT

package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// kind is a way in which a host is hard to find.
type kind struct {
	name      string
	n         int
	reachable bool // some frame makes it answer
	ipv4      bool
	before    []string // sysctl before the link is up
	filter    string   // nftables rules
}

const (
	noIPv6  = "ipv6/conf/all/disable_ipv6=1"
	dropAll = "add table inet f\nadd chain inet f input { type filter hook input priority 0; policy drop; }"
	dropNet = "add table netdev f\nadd chain netdev f in { type filter hook ingress device eth0 priority 0; policy drop; }"
)

var kinds = []kind{
	{name: "dual", n: 60, reachable: true, ipv4: true},
	{name: "v4", n: 40, reachable: true, ipv4: true, before: []string{noIPv6}},
	{name: "quiet", n: 20, reachable: true, ipv4: true, before: []string{"ipv4/icmp_echo_ignore_all=1", "ipv6/icmp/echo_ignore_all=1"}},
	{name: "fw-nd", n: 30, reachable: true, ipv4: true, filter: dropAll + "\nadd rule inet f input icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept"},
	{name: "fw-all", n: 20, reachable: true, ipv4: true, filter: dropAll},
	{name: "fw-v4", n: 20, reachable: true, ipv4: true, before: []string{noIPv6}, filter: dropAll},
	{name: "v6", n: 20, reachable: true, before: []string{"ipv6/conf/eth0/addr_gen_mode=3"}},
	{name: "noip", n: 20, before: []string{noIPv6}},
	{name: "mute", n: 10, ipv4: true, before: []string{noIPv6, "ipv4/conf/all/arp_ignore=8"}},
	{name: "off", n: 5, ipv4: true},
	{name: "deaf", n: 5, ipv4: true, filter: dropNet},
	{name: "vlan", n: 10, ipv4: true},
}

// host is one of the LAN's.
type host struct {
	kind *kind
	addr hwaddr.Addr
	ip   netip.Addr
	ns   netns
}

// lan is a bridge with hosts, another for another VLAN, and a prober at port
// "probe" with the address 10.77.0.254. One more host, which nobody asks about,
// is there for control.
type lan struct {
	hosts   []*host
	control *host
	bridge  netns
	prober  netns
}

const proberMAC = "02:ab:cd:ff:ff:fe"

func newLAN(t *testing.T, kinds []kind) *lan {
	t.Helper()
	l := &lan{bridge: newNetns(t), prober: newNetns(t)}
	lines := []string{
		"link add br0 type bridge mcast_snooping 0", "link set br0 up",
		"link add br1 type bridge mcast_snooping 0", "link set br1 up",
		"link add probe type veth peer name eth0 address " + proberMAC + " netns " + l.prober.path(),
		"link set probe master br0 up",
	}
	add := func(i int, h *host) {
		bridge := "br0"
		if h.kind.name == "vlan" {
			bridge = "br1"
		}
		lines = append(lines,
			fmt.Sprintf("link add h%d type veth peer name eth0 address %s netns %s", i, h.addr, h.ns.path()),
			fmt.Sprintf("link set h%d master %s up", i, bridge))
	}
	l.control = &host{kind: &kind{name: "control", ipv4: true}, addr: hwaddr.Addr{2, 0xab, 0xcd, 0xff, 0xff, 0xfd}, ip: netip.MustParseAddr("10.77.0.253"), ns: newNetns(t)}
	add(0, l.control)
	for k := range kinds {
		for range kinds[k].n {
			i := len(l.hosts) + 1
			h := &host{kind: &kinds[k], addr: hwaddr.Addr{2, 0xab, 0xcd, 0, byte(i >> 8), byte(i)}, ip: netip.AddrFrom4([4]byte{10, 77, byte(i / 251), byte(i%251 + i/251)}), ns: newNetns(t)}
			l.hosts = append(l.hosts, h)
			add(i, h)
		}
	}
	l.bridge.do(t, func() error { return ip(lines...) })
	for _, h := range append(l.hosts, l.control) {
		h.ns.do(t, h.configure)
	}
	l.prober.do(t, func() error {
		return ip("link set lo up", "link set eth0 up", "addr add 10.77.0.254/24 dev eth0")
	})
	l.settle(t)
	time.Sleep(time.Second) // hosts report their groups when they come up
	return l
}

func (h *host) configure() error {
	// What idle hosts send of themselves is not what is tested: detection of
	// duplicate addresses, router solicitations, more than one attempt to resolve
	// an address.
	if err := sysctl("ipv6/conf/eth0/accept_dad=0", "ipv6/conf/eth0/router_solicitations=0", "ipv6/neigh/eth0/mcast_solicit=1", "ipv6/neigh/eth0/retrans_time_ms=200"); err != nil {
		return err
	}
	if err := sysctl(h.kind.before...); err != nil {
		return err
	}
	if h.kind.filter != "" {
		if err := packetFilter(h.kind); err != nil {
			return err
		}
	}
	lines := []string{"link set lo up"}
	if h.kind.ipv4 {
		lines = append(lines, fmt.Sprintf("addr add %s/24 dev eth0", h.ip))
	}
	if h.kind.name != "off" {
		lines = append(lines, "link set eth0 up")
	}
	return ip(lines...)
}

// packetFilter drops with nftables, or with iptables where that is what there
// is.
func packetFilter(k *kind) error {
	if _, err := exec.LookPath("nft"); err == nil {
		return feed(strings.Split(k.filter, "\n"), "nft", "-f", "-")
	}
	if k.filter == dropNet {
		return sysctl(noIPv6, "ipv4/conf/all/arp_ignore=8") // as deaf as it gets
	}
	for _, tables := range []string{"iptables", "ip6tables"} {
		if tables == "ip6tables" && k.name == "fw-nd" {
			for _, kind := range []string{"neighbour-solicitation", "neighbour-advertisement"} {
				if err := feed(nil, tables, "-A", "INPUT", "-p", "icmpv6", "--icmpv6-type", kind, "-j", "ACCEPT"); err != nil {
					return err
				}
			}
		}
		if err := feed(nil, tables, "-P", "INPUT", "DROP"); err != nil {
			return err
		}
	}
	return nil
}

// enlargeBacklog makes room for the answers of all hosts, which wait in one
// queue of this machine here instead of in as many network cards: a solicitation
// by each of 250 hosts for all others is 62,500 frames at once.
func enlargeBacklog(t *testing.T) {
	t.Helper()
	const path = "/proc/sys/net/core/netdev_max_backlog"
	before, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte("200000"), 0o644)
	}
	if err != nil {
		t.Logf("the queue stays short, so that answers may be lost: %v", err)
		return
	}
	t.Cleanup(func() { os.WriteFile(path, before, 0o644) })
}

// settle waits until the bridge forwards for the prober, by asking the control
// host something; that makes it a neighbour, too.
func (l *lan) settle(t *testing.T) {
	t.Helper()
	l.prober.do(t, func() error {
		for range 100 {
			c, err := net.DialTimeout("udp4", l.control.ip.String()+":9", time.Second)
			if err != nil {
				return err
			}
			c.Write([]byte("hello"))
			c.Close()
			time.Sleep(50 * time.Millisecond)
			if local, _, err := lookup("eth0"); err != nil {
				return err
			} else if len(local.neighbours) > 0 {
				return nil
			}
		}
		return fmt.Errorf("%s never became a neighbour", l.control.ip)
	})
}

// addrs are the addresses of all hosts.
func (l *lan) addrs() []hwaddr.Addr {
	var list []hwaddr.Addr
	for _, h := range l.hosts {
		list = append(list, h.addr)
	}
	return list
}

// method runs one way of asking all hosts and gives its report.
func (l *lan) method(t *testing.T, row int, hints bool, ask func(context.Context, *prober)) *Report {
	t.Helper()
	r := &Report{}
	l.prober.do(t, func() error {
		o := Options{Interface: "eth0", Hints: map[hwaddr.Addr][]netip.Addr{}}
		for _, h := range l.hosts {
			r.Results = append(r.Results, Result{Addr: h.addr})
			if hints && h.kind.ipv4 {
				o.Hints[h.addr] = []netip.Addr{h.ip}
			}
		}
		local, doubt, err := lookup(o.Interface)
		if err != nil || doubt != "" {
			return fmt.Errorf("%v %s", err, doubt)
		}
		w, err := openSocket(local.ifi, local.link.Addr, l.addrs())
		if err != nil {
			return err
		}
		defer w.close()
		p := newProber(local, o, local.link.Addr, w, r)
		p.stage = 1
		// Nobody has these addresses, so that hosts have to solicit them. They give
		// up one after a while, and have room for some only: so three in turn.
		p.build.ip = netip.AddrFrom16([16]byte{0: 0xfe, 1: 0x80, 8: 2, 15: byte(1 + row%3)})
		ask(context.Background(), p)
		r.Elapsed = time.Since(p.began)
		return p.err
	})
	return r
}

// TestDetection measures which hosts each layer finds.
func TestDetection(t *testing.T) {
	if testing.Short() {
		t.Skip("250 namespaces take a while")
	}
	needRoot(t, "ip")
	if _, err := exec.LookPath("nft"); err != nil {
		needRoot(t, "iptables", "ip6tables")
	}
	enlargeBacklog(t)
	began := time.Now()
	l := newLAN(t, kinds)
	t.Logf("%d hosts made in %.1f s", len(l.hosts), time.Since(began).Seconds())

	each := func(frame func(*prober, hwaddr.Addr) ([]byte, error)) func(context.Context, *prober) {
		return func(ctx context.Context, p *prober) {
			for _, a := range p.remaining() {
				p.send(frame(p, a))
			}
			p.listen(ctx, 400*time.Millisecond)
		}
	}
	one := func(frame func(*prober) ([]byte, error)) func(context.Context, *prober) {
		return func(ctx context.Context, p *prober) {
			p.send(frame(p))
			p.listen(ctx, listenFlood)
		}
	}
	rows := []struct {
		name  string
		hints bool
		ask   func(context.Context, *prober)
	}{
		{"unknown hop-by-hop option", false, each(func(p *prober, a hwaddr.Addr) ([]byte, error) { return p.build.badOption(a) })},
		{"ICMPv6 echo to ff02::1", false, each(func(p *prober, a hwaddr.Addr) ([]byte, error) { return p.build.echo(a) })},
		{"NS for the EUI-64 address", false, each(func(p *prober, a hwaddr.Addr) ([]byte, error) { return p.build.solicitation(a) })},
		{"MLD query", false, each(func(p *prober, a hwaddr.Addr) ([]byte, error) { return p.build.mldQuery(a) })},
		{"stage 1: these four", false, func(ctx context.Context, p *prober) { p.unicast(ctx) }},
		{"ARP, IP known", true, func(ctx context.Context, p *prober) {
			p.networks = nil
			for _, a := range p.remaining() {
				p.requests(ctx, a, a)
			}
			p.listen(ctx, listenUnicast)
		}},
		{"flood: option", false, one(func(p *prober) ([]byte, error) { return p.build.badOption(allNodesMAC) })},
		{"flood: echo", false, one(func(p *prober) ([]byte, error) { return p.build.echo(hwaddr.Broadcast) })},
		{"stage 3: both, twice", false, func(ctx context.Context, p *prober) { p.flood(ctx) }},
		{"all stages", false, func(ctx context.Context, p *prober) { p.run(ctx) }},
	}

	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "method")
	for _, k := range kinds {
		fmt.Fprintf(w, "\t%s", k.name)
	}
	fmt.Fprint(w, "\tfound\tframes\tmedian ms\tmax ms\n")
	var all *Report
	for i, row := range rows {
		all = l.method(t, i, row.hints, row.ask)
		writeRow(w, row.name, l, all)
		time.Sleep(200 * time.Millisecond) // until no host answers any more
	}
	w.Flush()
	t.Logf("\n%s", table.String())

	reachable, found := 0, 0
	for i, h := range l.hosts {
		seen := all.Results[i].Seen != ""
		if h.kind.reachable {
			reachable++
			if seen {
				found++
			} else {
				t.Logf("%s %s was not found: %s", h.kind.name, h.addr, all.Results[i].Doubt)
			}
		} else if seen {
			t.Errorf("%s %s cannot answer, but was found by %s", h.kind.name, h.addr, all.Results[i].Seen)
		}
	}
	t.Logf("found %d of %d reachable hosts, %d hosts in all; control: %s", found, reachable, len(l.hosts), all.Control)
	if found < reachable-1 {
		t.Errorf("found %d of %d reachable hosts, want at most one missed", found, reachable)
	}
	if all.Control == "" {
		t.Error("the control probe had no answer")
	}
	for i, h := range l.hosts {
		if !h.kind.reachable && all.Results[i].Doubt != "" {
			t.Errorf("%s %s: doubt %q, want none: the control answered", h.kind.name, h.addr, all.Results[i].Doubt)
			break
		}
	}
}

func writeRow(w *tabwriter.Writer, name string, l *lan, r *Report) {
	found := map[string]int{}
	total := 0
	var times []time.Duration
	for i, h := range l.hosts {
		if r.Results[i].Seen != "" {
			found[h.kind.name]++
			total++
			times = append(times, r.Results[i].After)
		}
	}
	fmt.Fprint(w, name)
	for _, k := range kinds {
		fmt.Fprintf(w, "\t%d/%d", found[k.name], k.n)
	}
	slices.Sort(times)
	median, longest := "-", "-"
	if n := len(times); n > 0 {
		median, longest = fmt.Sprintf("%.1f", times[n/2].Seconds()*1e3), fmt.Sprintf("%.1f", times[n-1].Seconds()*1e3)
	}
	fmt.Fprintf(w, "\t%d\t%d\t%s\t%s\n", total, r.Sent, median, longest)
}
