// SPDX-License-Identifier: MIT

package probe

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// few are a host of each kind that matters for a trap.
var few = []kind{
	{name: "dual", n: 1, ipv4: true},
	{name: "v4", n: 1, ipv4: true, before: []string{noIPv6}},
	{name: "noip", n: 1, before: []string{noIPv6}},
}

// run probes from the prober's namespace as a user does.
func (l *lan) run(t *testing.T, o Options, candidates ...hwaddr.Addr) *Report {
	t.Helper()
	var r *Report
	l.prober.do(t, func() (err error) {
		r, err = Run(context.Background(), o, candidates)
		return err
	})
	return r
}

// TestTraps covers what makes a probe lie, on real namespaces.
func TestTraps(t *testing.T) {
	needRoot(t, "ip", "bridge")
	l := newLAN(t, few)
	dual, v4, noip := l.hosts[0], l.hosts[1], l.hosts[2]
	o := Options{Interface: "eth0"}

	r := l.run(t, o, dual.addr, v4.addr, noip.addr)
	for i, stage := range []int{1, 2, 0} {
		if got := r.Results[i]; got.Stage != stage || got.Doubt != "" {
			t.Errorf("%s: stage %d (%s), doubt %q; want stage %d", l.hosts[i].kind.name, got.Stage, got.Seen, got.Doubt, stage)
		}
	}
	if r.Source.String() != proberMAC || !strings.Contains(r.Control, l.control.addr.String()) {
		t.Errorf("sent from %s, control %q", r.Source, r.Control)
	}
	if one := 4 + 4 + 254 + 4 + 8*maxControls; r.Sent > 3*one+20 {
		t.Errorf("%d frames for three hosts", r.Sent)
	}
	if r.Elapsed.Seconds() > 4 {
		t.Errorf("it took %v", r.Elapsed)
	}

	// A switch that does not flood what it does not know.
	l.bridge.do(t, func() error {
		return feed([]string{"link set dev h1 flood off", "fdb del " + dual.addr.String() + " dev h1 master"}, "bridge", "-force", "-batch", "-")
	})
	if got := l.run(t, o, dual.addr).Results[0]; got.Seen == "" {
		t.Errorf("behind a port that is not flooded: not seen, doubt %q", got.Doubt)
	}

	// The address is configured here, and another host has it: the switch sends
	// nothing for it to that host any more. The NIC's permanent address is what
	// frames come from; a veth has none, so it is made up here.
	for _, h := range []*host{dual, v4} {
		l.prober.do(t, func() error { return ip("link set eth0 address " + h.addr.String()) })
		if r := l.run(t, o, h.addr); !strings.Contains(r.Results[0].Doubt, "no address of its own") || r.Sent > 0 {
			t.Errorf("%s on a NIC without a permanent address: %d frames, doubt %q", h.kind.name, r.Sent, r.Results[0].Doubt)
		}
		// Once we have sent from the address, the switch passes on nothing for it.
		l.bridge.do(t, func() error {
			return feed([]string{"fdb replace " + h.addr.String() + " dev probe master dynamic"}, "bridge", "-batch", "-")
		})
		l.prober.do(t, func() error {
			local, _, err := lookup("eth0")
			if err != nil {
				return err
			}
			self, r := hwaddr.Addr{2, 0xab, 0xcd, 0xff, 0xff, 0xf0}, &Report{Results: []Result{{Addr: h.addr}}}
			w, err := openSocket(local.ifi, self, []hwaddr.Addr{h.addr})
			if err != nil {
				return err
			}
			defer w.close()
			if r, err = newProber(local, o, self, w, r).run(context.Background()); err != nil {
				return err
			}
			if got := r.Results[0]; got.Stage != 3 {
				return fmt.Errorf("%s, configured here as well: stage %d (%s), doubt %q; want it seen in stage 3", h.kind.name, got.Stage, got.Seen, got.Doubt)
			}
			return nil
		})
	}
	l.prober.do(t, func() error { return ip("link set eth0 address " + proberMAC) })

	// Nobody else there.
	l.bridge.do(t, func() error {
		return ip("link set h0 down", "link set h1 down", "link set h2 down", "link set br0 down")
	})
	l.prober.do(t, func() error { return ip("neigh flush dev eth0") })
	if got := l.run(t, o, noip.addr).Results[0]; !strings.Contains(got.Doubt, "no other host answered") {
		t.Errorf("alone: doubt %q", got.Doubt)
	}
	l.bridge.do(t, func() error { return ip("link set probe down") })
	if got := l.run(t, o, noip.addr).Results[0]; !strings.Contains(got.Doubt, "no carrier") {
		t.Errorf("without carrier: doubt %q", got.Doubt)
	}
	l.prober.do(t, func() error { return ip("link set eth0 down") })
	if got := l.run(t, o, noip.addr).Results[0]; !strings.Contains(got.Doubt, "is down") {
		t.Errorf("down: doubt %q", got.Doubt)
	}
}

// TestWithoutAddress covers an interface before it has an IP address, as at
// boot: hosts without IPv6 are found in the network that is named.
func TestWithoutAddress(t *testing.T) {
	needRoot(t, "ip")
	l := newLAN(t, few)
	v4 := l.hosts[1]
	l.prober.do(t, func() error { return ip("addr flush dev eth0") })
	if got := l.run(t, Options{Interface: "eth0"}, v4.addr).Results[0]; !strings.Contains(got.Doubt, "--sweep") {
		t.Errorf("seen %q, doubt %q; want a doubt that names --sweep", got.Seen, got.Doubt)
	}
	o := Options{Interface: "eth0", Networks: []netip.Prefix{netip.MustParsePrefix("10.77.0.254/24")}}
	if got := l.run(t, o, v4.addr).Results[0]; got.Stage != 2 {
		t.Errorf("stage %d, doubt %q", got.Stage, got.Doubt)
	}
	// Again at once, while hosts still wait for who asked to answer them.
	for range 3 {
		if got := l.run(t, o, l.hosts[2].addr).Results[0]; got.Doubt != "" {
			t.Errorf("asked again: doubt %q, want none: the control is there", got.Doubt)
		}
	}
	// A table knows an IP address: one request instead of 254.
	o = Options{Interface: "eth0", Hints: map[hwaddr.Addr][]netip.Addr{v4.addr: {v4.ip}}}
	if got := l.run(t, o, v4.addr).Results[0]; got.Stage != 2 {
		t.Errorf("with a hint: stage %d, doubt %q", got.Stage, got.Doubt)
	}
}
