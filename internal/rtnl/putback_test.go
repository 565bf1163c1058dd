// SPDX-License-Identifier: MIT

package rtnl

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// The messages of these tests are from Linux 6.18, of the interfaces 3 (nic0,
// 02:00:00:00:00:01) and 5. They are little-endian, as all architectures are
// that the tests run on. Blanks stand between the header and the attributes.

func decode(t testing.TB, class Class, text string) Message {
	t.Helper()
	body, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return Message{Class: class, Body: body}
}

const (
	// 192.0.2.1/24 brd + label nic0:web metric 70 valid_lft 5000 preferred_lft 3000
	v4Lifetimes = "0218000003000000 08000100c0000201 08000200c0000201 08000400c00002ff 0d0003006e6963303a776562000000000800080000000000 " +
		"0800090046000000 14000600b80b00008813000048c1030048c10300"
	// 192.0.2.1/24 preferred_lft 0
	v4Deprecated = "0218a00003000000 08000100c0000201 08000200c0000201 090003006e69633000000000 08000800a0000000 " +
		"14000600ffffffffffffffff4cc103004cc10300"
	v4Plain = "0218800003000000 08000100c0000201 08000200c0000201 090003006e69633000000000 0800080080000000 " +
		"14000600ffffffffffffffff71c1030071c10300"
	v6LinkLocal = "0a4080fd03000000 14000100fe80000000000000000000fffe000001 14000600ffffffffffffffff48c1030048c10300 0800080080000000 " +
		"05000b0003000000"
	v6Plain     = "0a40820003000000 1400010020010db8000000000000000000000001 14000600ffffffffffffffff7ac103007ac10300 0800080082000000"
	v6First     = "0a40800003000000 1400010020010db80000000000000000000000aa 14000600ffffffffffffffff7ac103007ac10300 0800080080000000"
	localByHand = "0a4080fd03000000 14000100fe800000000000000000000000000077 14000600ffffffffffffffff48c1030048c10300 0800080080000000"
	// the temporary one of 2001:db8::7/64 mngtmpaddr
	v6Temporary = "0a40010003000000 1400010020010db8000000006e88c88238c5cb42 140006008e4f0100803a090066c1030066c10300 0800080001000000"

	// 198.51.100.0/24 via 192.0.2.254 mtu lock 1400 metric 500, without carrier
	v4Linkdown = "02180000fe03000110000000 08000f00fe000000 08000100c6336400 08000600f4010000 " +
		"14000800080001000400000008000200780500000 8000500c00002fe 0800040003000000"
	// 198.51.100.0/24 nexthop via 192.0.2.254 weight 3 nexthop via 203.0.113.254, the first without carrier
	v4Multipath = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 " +
		"24000900 1000100203000000 08000500c00002fe 1000000005000000 08000500cb0071fe"
	// 2001:db8:1::/48 via 2001:db8::254 expires 5000 src 2001:db8::1, a little later
	v6Expires = "0a300000fe03000100000000 08000f00fe000000 1400010020010db8000100000000000000000000 1400070020010db8000000000000000000000001 " +
		"0800060000040000 1400050020010db8000000000000000000000254 0800040003000000 " +
		"24000c0000000000000000001ca107000000000000000000000000000000000000000000 0500140000000000"
	// 2001:db8:1::/48 nexthop via 2001:db8::254 weight 3 nexthop via 2001:db8::253
	v6Multipath = "0a300000fe03000100000000 08000f00fe000000 1400010020010db8000100000000000000000000 0800060000040000 " +
		"3c000900 1c00000203000000 1400050020010db8000000000000000000000254 1c00000003000000 1400050020010db8000000000000000000000253 " +
		"24000c000000000000000000000000000000000000000000000000000000000000000000 0500140000000000"
	// 198.51.100.0/24 nhid 9, 198.51.101.0/24 nhid 5
	routeOfGroup = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 08001e0009000000 " +
		"24000900 1000100203000000 08000500c00002fe 1000000005000000 08000500cb0071fe"
	routeOfObject = "02180000fe03000100000000 08000f00fe000000 08000100c6336500 08001e0005000000 08000500c00002fe 0800040003000000"
	object5       = "02fd000000000000 0800010005000000 0800050003000000 08000600c00002fe"
	object6       = "02fd000000000000 0800010006000000 0800050005000000 08000600cb0071fe"
	group9        = "0000000000000000 0800010009000000 0600030000000000 140002000500000002000000060000000000000008000e0000000080"

	neighbour7 = "020000000300000080000001 08000100c0000207 0a000200020000000007 0000 08000400 00000000 14000300 02000000020000000200000000000000"
	proxy8     = "0a0000000300000000000801 1400010020010db8000000000000000000000008"
)

// What the kernel reports in a form that it refuses, or would take for
// something else, is rewritten.
func TestRewrites(t *testing.T) {
	const later = 1500 * time.Millisecond
	for _, tt := range []struct {
		name  string
		class Class
		was   string
		want  []string // without blanks the bodies of the requests
	}{
		{"lifetimes less what passed", Address, v4Lifetimes, []string{strings.Replace(v4Lifetimes, "b80b000088130000", "b60b000086130000", 1)}},
		{"deprecated", Address, v4Deprecated, []string{strings.Replace(v4Deprecated, "14000600ffffffff", "1400060000000000", 1)}},
		{"nothing", Address, v6Plain, []string{v6Plain}},
		{"no carrier", Route, v4Linkdown, []string{strings.Replace(v4Linkdown, "10000000 ", "00000000 ", 1)}},
		{"no carrier of a leg", Route, v4Multipath, []string{strings.Replace(v4Multipath, "10001002", "10000002", 1)}},
		{"expiry", Route, v6Expires, []string{
			strings.Replace(v6Expires, "24000c0000000000000000001ca107000000000000000000000000000000000000000000", "", 1) +
				"0800170086130000"}}, // 4999.96 s less 1.5
		{"IPv6 legs", Route, v6Multipath, []string{
			"0a300000fe03000100000000 08000f00fe000000 1400010020010db8000100000000000000000000 0800060000040000 " +
				"20000900 1c00000203000000 1400050020010db8000000000000000000000254 0500140000000000",
			"0a300000fe03000100000000 08000f00fe000000 1400010020010db8000100000000000000000000 0800060000040000 " +
				"20000900 1c00000003000000 1400050020010db8000000000000000000000253 0500140000000000"}},
		{"by a group", Route, routeOfGroup, []string{"02180000fe03000100000000 08000f00fe000000 08000100c6336400 08001e0009000000"}},
		{"by an object", Route, routeOfObject, []string{"02180000fe03000100000000 08000f00fe000000 08000100c6336500 08001e0005000000"}},
		{"object", Nexthop, object5, []string{strings.Replace(object5, "02fd", "0200", 1)}},
		{"group", Nexthop, group9, []string{strings.TrimSuffix(group9, "08000e0000000080")}},
		{"neighbour", Neighbour, neighbour7, []string{"020000000300000080000001 08000100c0000207 0a0002000200000000070000"}},
		{"proxy", Neighbour, proxy8, []string{proxy8}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			saved := Saved{Messages: []Message{decode(t, tt.class, tt.was)}, At: time.Hour}
			var got, want []string
			for _, r := range saved.Requests(time.Hour + later) {
				got = append(got, hex.EncodeToString(r.Body))
			}
			for _, w := range tt.want {
				want = append(want, strings.ReplaceAll(w, " ", ""))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// order is the subjects of the requests, in words.
func words(requests []Request) []string {
	var list []string
	for _, r := range requests {
		s := r.String()
		if r.AfterDAD {
			s += " after DAD"
		}
		list = append(list, s)
	}
	return list
}

// A route with a dead leg goes back without it where the kernel does not take
// it; that it lacks the leg then is no loss.
func TestDeadLeg(t *testing.T) {
	dead := strings.Replace(v4Multipath, "10001002", "10001102", 1)
	saved := state(t, Route, dead).Of([]int{3}, []Link{nic0})
	requests := saved.Requests(time.Hour)
	if len(requests) != 1 || requests[0].Instead == nil {
		t.Fatalf("%+v", requests)
	}
	for _, tt := range []struct {
		got  Message
		want string
	}{
		{requests[0].Message, strings.Replace(v4Multipath, "10001002", "10000002", 1)},
		{*requests[0].Instead, strings.Replace(v4Multipath, "24000900 1000100203000000 08000500c00002fe", "14000900", 1)},
	} {
		if got, want := hex.EncodeToString(tt.got.Body), strings.ReplaceAll(tt.want, " ", ""); got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if missing := (State{Messages: []Message{tt.got}, At: time.Hour}).Lacks(saved); len(missing) > 0 {
			t.Errorf("%q", missing)
		}
	}
	for _, text := range []string{v4Multipath, strings.ReplaceAll(strings.Replace(dead, "10000000 05", "10000100 05", 1), "1000000005", "1000110005"), v6Multipath} {
		if r := state(t, Route, text).Of([]int{3}, nil).Requests(time.Hour)[0]; r.Instead != nil {
			t.Errorf("%s: %+v", r, r.Instead)
		}
	}
}

// state is a State of messages that are given as class and hexadecimal text.
func state(t *testing.T, messages ...any) State {
	s := State{At: time.Hour}
	for i := 0; i < len(messages); i += 2 {
		s.Messages = append(s.Messages, decode(t, messages[i].(Class), messages[i+1].(string)))
	}
	return s
}

func TestOrder(t *testing.T) {
	s := state(t,
		Route, v6Expires, Route, v4Linkdown, Route, routeOfGroup, Nexthop, group9, Nexthop, object6, Nexthop, object5,
		Neighbour, neighbour7, Address, localByHand, Address, v6First, Address, v6Plain, Address, v4Plain,
		Route, "02180000fe03000100000000 08000f00fe000000 08000100c6336400 0800040003000000")
	got := words(Saved(s).Requests(time.Hour))
	want := []string{
		"192.0.2.1/24", "2001:db8::1/64", "2001:db8::aa/64", "192.0.2.7 lladdr 02:00:00:00:00:07", "nexthop 6", "nexthop 5", "nexthop 9",
		"198.51.100.0/24 table main", "198.51.100.0/24 via 192.0.2.254 table main metric 500", "198.51.100.0/24 nhid 9 table main",
		"fe80::77/64 after DAD", "2001:db8:1::/48 via 2001:db8::254 table main metric 1024 after DAD",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What has expired meanwhile is left out.
func TestExpired(t *testing.T) {
	s := state(t, Address, v4Lifetimes, Route, v6Expires)
	saved := Saved(s)
	for _, tt := range []struct {
		passed time.Duration
		want   int
	}{{4998 * time.Second, 2}, {4999*time.Second + time.Millisecond, 0}, {6000 * time.Second, 0}} {
		if got := words(saved.Requests(saved.At + tt.passed)); len(got) != tt.want {
			t.Errorf("after %v: %q", tt.passed, got)
		}
	}
	// A preferred lifetime ends, the address stays; and a clock that goes back
	// makes none longer.
	for passed, want := range map[time.Duration]string{4000 * time.Second: "00000000e8030000", -time.Hour: "b80b000088130000"} {
		r := saved.Requests(saved.At + passed)[0]
		if got := hex.EncodeToString(r.attribute(unix.IFA_CACHEINFO)[:8]); got != want {
			t.Errorf("after %v: lifetimes %s, want %s", passed, got, want)
		}
	}
}

var nic0 = Link{Index: 3, Name: "nic0", Addr: []byte{2, 0, 0, 0, 0, 1}}

// of is what State.Of picks out for nic0, in words.
func of(s State, l Link) []string {
	var list []string
	for _, m := range s.Of([]int{l.Index}, []Link{l, {Index: 5, Name: "nic1"}}).Messages {
		list = append(list, m.String())
	}
	return list
}

func TestOf(t *testing.T) {
	announcing := nic0
	announcing.AcceptRA = true
	noAddress := nic0
	noAddress.AddrGenMode = 1
	otherMAC := nic0
	otherMAC.Addr, otherMAC.Former = []byte{2, 0, 0, 0, 0, 9}, nic0.Addr
	const (
		// without IFA_PROTO, as before 5.18
		oldLinkLocal = "0a4080fd03000000 14000100fe80000000000000000000fffe000001 14000600ffffffffffffffff48c1030048c10300 0800080080000000"
		stableLocal  = "0a4080fd03000000 14000100fe80000000000000123456789abcdef0 14000600ffffffffffffffff48c1030048c10300 0800080080080000"
		eui64        = "0a40000003000000 1400010020010db800000000000000fffe000001 140006008e4f0100803a090066c1030066c10300 0800080000000000"
		stable       = "0a40000003000000 1400010020010db80000000012345678 9abcdef0 140006008e4f0100803a090066c1030066c10300 0800080000080000"
		managed      = "0a40000003000000 1400010020010db8000000000000000000000007 140006008e4f0100803a090066c1030066c10300 0800080000010000"
		byKernel     = "0a40000003000000 1400010020010db8000000000000000000000007 140006008e4f0100803a090066c1030066c10300 0800080000000000 05000b0002000000"
		dhcpv6       = "0a80000003000000 1400010020010db8000000000000000000000007 140006008e4f0100803a090066c1030066c10300 0800080000000000"
		noprefix     = "0218800003000000 08000100c0000201 08000200c0000201 0800080080020000"

		prefixRoute  = "02180000fe02fd0100000000 08000f00fe000000 08000100c0000200 0800070 0c0000201 0800040003000000"
		localRoute   = "02200000ff02fe0200000000 08000f00ff000000 08000100c0000201 08000700c0000201 0800040003000000"
		announced    = "0a000000fe09000100000000 08000f00fe000000 0800060000040000 14000500fe800000000000000000000000000001 0800040003000000"
		redirected   = "02200000fe01000100000000 08000f00fe000000 08000100c6336401 08000500c00002fe 0800040003000000"
		elsewhere    = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 08000500cb0071fe 0800040005000000"
		sourceOfOurs = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 08000700c0000201 08000500cb0071fe 0800040005000000"
	)
	for _, tt := range []struct {
		name string
		link Link
		s    State
		want []string
	}{
		{"IPv4 address", nic0, state(t, Address, v4Plain), []string{"192.0.2.1/24"}},
		{"of another interface", Link{Index: 7}, state(t, Address, v4Plain, Route, v4Linkdown, Neighbour, neighbour7, Nexthop, object5), nil},
		{"link-local of the kernel", nic0, state(t, Address, v6LinkLocal), nil},
		{"link-local of the kernel, old", nic0, state(t, Address, oldLinkLocal), nil},
		{"link-local of the address from before", otherMAC, state(t, Address, oldLinkLocal), nil},
		{"link-local that the kernel does not make", noAddress, state(t, Address, oldLinkLocal), []string{"fe80::ff:fe00:1/64"}},
		{"link-local by hand", nic0, state(t, Address, localByHand), []string{"fe80::77/64"}},
		{"stable link-local", nic0, state(t, Address, stableLocal), nil},
		{"temporary", nic0, state(t, Address, v6Temporary), nil},
		{"announced, MAC address", announcing, state(t, Address, eui64), nil},
		{"announced, stable", announcing, state(t, Address, stable), nil},
		{"announced, with temporary ones", announcing, state(t, Address, managed), nil},
		{"announced, as the kernel says", announcing, state(t, Address, byKernel), nil},
		{"leased", announcing, state(t, Address, dhcpv6), []string{"2001:db8::7/128"}},
		{"permanent beside announcements", announcing, state(t, Address, v6Plain), []string{"2001:db8::1/64"}},
		{"announced, and no longer", nic0, state(t, Address, eui64, Address, managed, Address, byKernel, Route, announced),
			[]string{"2001:db8::ff:fe00:1/64", "2001:db8::7/64", "2001:db8::7/64", "default via fe80::1 table main metric 1024"}},
		{"announced route", announcing, state(t, Route, announced), nil},
		{"redirected route", nic0, state(t, Route, redirected), nil},
		{"route of an address", nic0, state(t, Address, v4Plain, Route, prefixRoute, Route, localRoute), []string{"192.0.2.1/24"}},
		{"route of an address that has none", nic0, state(t, Address, noprefix, Route, prefixRoute, Route, localRoute),
			[]string{"192.0.2.1/24", "192.0.2.0/24 table main"}},
		{"route", nic0, state(t, Route, v4Linkdown), []string{"198.51.100.0/24 via 192.0.2.254 table main metric 500"}},
		{"leg", nic0, state(t, Route, v4Multipath), []string{"198.51.100.0/24 via 192.0.2.254 via 203.0.113.254 table main"}},
		{"route elsewhere", nic0, state(t, Address, v4Plain, Route, elsewhere), []string{"192.0.2.1/24"}},
		{"source of a route elsewhere", nic0, state(t, Address, v4Plain, Route, sourceOfOurs),
			[]string{"192.0.2.1/24", "198.51.100.0/24 via 203.0.113.254 table main"}},
		{"objects", nic0, state(t, Nexthop, group9, Nexthop, object6, Nexthop, object5, Route, routeOfObject, Route, routeOfGroup),
			[]string{"nexthop 9", "nexthop 5", "198.51.101.0/24 nhid 5 via 192.0.2.254 table main",
				"198.51.100.0/24 nhid 9 via 192.0.2.254 via 203.0.113.254 table main"}},
		{"neighbours", nic0, state(t, Neighbour, neighbour7, Neighbour, proxy8),
			[]string{"192.0.2.7 lladdr 02:00:00:00:00:07", "proxy 2001:db8::8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, of(tt.s, tt.link)); diff != "" {
				t.Error(diff)
			}
		})
	}
	saved := state(t, Address, v4Plain).Of([]int{3}, nil) // a link that nobody knows is one all the same
	if len(saved.Messages) != 1 || saved.At != time.Hour {
		t.Errorf("%+v", saved)
	}
}

// A route goes back before one of another interface that it stood before.
func TestOfRivals(t *testing.T) {
	const (
		ours   = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 08000500c00002fe 0800040003000000"
		second = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 08000500c00002fd 0800040003000000"
		other  = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 08000500cb0071fe 0800040005000000"
		metric = "02180000fe03000100000000 08000f00fe000000 08000100c6336400 0800060001000000 08000500cb0071fe 0800040005000000"
		table  = "0218000000030001 00000000 08000f00e8030000 08000100c6336400 08000500cb0071fe 0800040005000000"
	)
	for _, tt := range []struct {
		name string
		s    State
		want []Mode
	}{
		{"alone", state(t, Route, ours), []Mode{ModeAppend}},
		{"first", state(t, Route, ours, Route, other), []Mode{ModePrepend}},
		{"last", state(t, Route, other, Route, ours), []Mode{ModeAppend}},
		{"two of ours", state(t, Route, ours, Route, second), []Mode{ModeAppend, ModeAppend}},
		{"around", state(t, Route, ours, Route, other, Route, second), []Mode{ModePrepend, ModeAppend}},
		{"another metric", state(t, Route, ours, Route, metric), []Mode{ModeAppend}},
		{"another table", state(t, Route, ours, Route, table), []Mode{ModeAppend}},
		{"IPv6", state(t, Route, v6Expires, Route, strings.Replace(v6Expires, "0800040003", "0800040005", 1)), []Mode{ModeAppend}},
	} {
		var got []Mode
		for _, m := range tt.s.Of([]int{3}, []Link{nic0}).Messages {
			got = append(got, m.Mode)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	// Of two that go before others the second goes first.
	s := state(t, Route, ours, Route, second, Route, other).Of([]int{3}, []Link{nic0})
	want := []string{"198.51.100.0/24 via 192.0.2.253 table main", "198.51.100.0/24 via 192.0.2.254 table main"}
	if got := words(s.Requests(time.Hour)); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestLacks(t *testing.T) {
	all := []any{Address, v4Lifetimes, Address, v6Plain, Address, v4Deprecated, Route, v4Linkdown, Route, v4Multipath, Route, v6Expires,
		Route, v6Multipath, Route, routeOfObject, Route, routeOfGroup, Nexthop, object5, Nexthop, object6, Nexthop, group9,
		Neighbour, neighbour7, Neighbour, proxy8}
	s := state(t, all...)
	saved := s.Of([]int{3, 5}, []Link{nic0})
	if len(saved.Messages) != len(all)/2 {
		t.Fatalf("%d saved of %d", len(saved.Messages), len(all)/2)
	}
	if missing := s.Lacks(saved); len(missing) > 0 {
		t.Errorf("nothing changed, but: %q", missing)
	}
	for _, tt := range []struct {
		name     string
		was, now string // of one message of the class
		class    Class
		want     string // "" for nothing
	}{
		{"gone", v4Plain, "", Address, "192.0.2.1/24"},
		{"secondary, tentative", v6Plain, strings.Replace(v6Plain, "82000000", "c3000000", 1), Address, ""},
		{"lifetimes run", v4Lifetimes, strings.Replace(v4Lifetimes, "b80b000088130000", "b00b000080130000", 1), Address, ""},
		{"for ever", v4Lifetimes, strings.Replace(v4Lifetimes, "b80b000088130000", "ffffffffffffffff", 1), Address, "192.0.2.1/24 (not as it was)"},
		{"no label", v4Lifetimes, strings.Replace(v4Lifetimes, "6963303a", "696330 00", 1), Address, "192.0.2.1/24 (not as it was)"},
		{"no broadcast address", v4Lifetimes, strings.Replace(v4Lifetimes, "08000400c00002ff", "", 1), Address, "192.0.2.1/24 (not as it was)"},
		{"scope", v4Plain, strings.Replace(v4Plain, "02188000", "021880fd", 1), Address, "192.0.2.1/24 (not as it was)"},
		{"flags", v4Plain, strings.Replace(v4Plain, "0800080080000000", "0800080080020000", 1), Address, "192.0.2.1/24 (not as it was)"},
		{"no longer deprecated", v4Deprecated, v4Plain, Address, "192.0.2.1/24 (not as it was)"},
		{"deprecated by time", v4Plain, v4Deprecated, Address, ""},
		{"on another interface", v4Plain, strings.Replace(v4Plain, "0218800003", "0218800005", 1), Address, "192.0.2.1/24"},
		{"length", v4Plain, strings.Replace(v4Plain, "0218", "0219", 1), Address, "192.0.2.1/24"},
		{"route gone", v4Linkdown, "", Route, "198.51.100.0/24 via 192.0.2.254 table main metric 500"},
		{"carrier is back", v4Linkdown, strings.Replace(v4Linkdown, "10000000 ", "00000000 ", 1), Route, ""},
		{"metrics", v4Linkdown, strings.Replace(v4Linkdown, "78050", "79050", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 table main metric 500 (not as it was)"},
		{"another gateway", v4Linkdown, strings.Replace(v4Linkdown, "c00002fe", "c00002fd", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 table main metric 500 (not as it was)"},
		{"another metric", v4Linkdown, strings.Replace(v4Linkdown, "f4010000", "f5010000", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 table main metric 500"},
		{"another table", v4Linkdown, strings.Replace(v4Linkdown, "08000f00fe", "08000f00fd", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 table main metric 500"},
		{"protocol", v4Linkdown, strings.Replace(v4Linkdown, "fe030001", "fe040001", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 table main metric 500 (not as it was)"},
		{"a leg less", v4Multipath, strings.Replace(v4Multipath, "24000900 1000100203000000 08000500c00002fe", "14000900", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 via 203.0.113.254 table main (not as it was)"},
		{"weight", v4Multipath, strings.Replace(v4Multipath, "1000100203", "1000100303", 1), Route,
			"198.51.100.0/24 via 192.0.2.254 via 203.0.113.254 table main (not as it was)"},
		{"no expiry", v6Expires, strings.Replace(v6Expires, "1ca10700", "00000000", 1), Route,
			"2001:db8:1::/48 via 2001:db8::254 table main metric 1024 (not as it was)"},
		{"no source", v6Expires, strings.Replace(v6Expires, "1400070020010db8000000000000000000000001", "", 1), Route,
			"2001:db8:1::/48 via 2001:db8::254 table main metric 1024 (not as it was)"},
		{"another object", routeOfObject, strings.Replace(routeOfObject, "08001e0005", "08001e0006", 1), Route,
			"198.51.101.0/24 nhid 5 table main (not as it was)"},
		{"a member less", group9, strings.Replace(group9, "14000200050000000200000006", "0c000200 0500000002000000", 1) + "", Nexthop,
			"nexthop 9 (not as it was)"},
		{"object gone", object5, object6, Nexthop, "nexthop 5"},
		{"another address", neighbour7, strings.Replace(neighbour7, "020000000007", "020000000008", 1), Neighbour,
			"192.0.2.7 lladdr 02:00:00:00:00:07 (not as it was)"},
		{"a neighbour is no proxy", proxy8, strings.Replace(proxy8, "00000801", "80000001", 1), Neighbour, "proxy 2001:db8::8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			was := Saved{Messages: []Message{decode(t, tt.class, tt.was)}, At: time.Hour}
			now := State{At: time.Hour}
			if tt.now != "" {
				if strings.ReplaceAll(tt.now, " ", "") == strings.ReplaceAll(tt.was, " ", "") {
					t.Fatal("the test changes nothing")
				}
				now.Messages = []Message{decode(t, tt.class, tt.now)}
			}
			if got := strings.Join(now.Lacks(was), ", "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
	// In the order and number in which it was saved; nothing that has expired.
	later := State{At: 3 * time.Hour}
	if got := later.Lacks(state(t, Address, v4Lifetimes, Address, v6Plain, Address, v6Plain).Of([]int{3}, nil)); !slices.Equal(got, []string{"2001:db8::1/64"}) {
		t.Errorf("%q", got)
	}
	// IPv6 makes one route of ours and of others' legs.
	other := "0a300000fe03000100000000 08000f00fe000000 1400010020010db8000100000000000000000000 0800060000040000 " +
		"1400050020010db8000000000000000000000253 0800040003000000"
	if got := s.Lacks(Saved{Messages: []Message{decode(t, Route, other)}, At: time.Hour}); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// What is asked for by name.
func TestMake(t *testing.T) {
	for _, tt := range []struct{ prefix, want string }{
		{"192.0.2.1/24", "0218000003000000 08000200c0000201 08000100c0000201 08000400c00002ff"},
		{"192.0.2.1/30", "021e000003000000 08000200c0000201 08000100c0000201 08000400c0000203"},
		{"192.0.2.1/31", "021f000003000000 08000200c0000201 08000100c0000201"},
		{"10.1.2.3/0", "0200000003000000 080002000a010203 080001000a010203 08000400ffffffff"},
		{"2001:db8::1/64", "0a40000003000000 1400020020010db8000000000000000000000001 1400010020010db8000000000000000000000001"},
	} {
		m := NewAddr(3, netip.MustParsePrefix(tt.prefix))
		if got, want := hex.EncodeToString(m.Body), strings.ReplaceAll(tt.want, " ", ""); got != want {
			t.Errorf("%s: %s, want %s", tt.prefix, got, want)
		}
		if index, prefix, flags, ok := m.Addr(); !ok || index != 3 || prefix.String() != tt.prefix || flags != 0 {
			t.Errorf("%s: read back as %d %s %x %v", tt.prefix, index, prefix, flags, ok)
		}
	}
	for _, tt := range []struct {
		gateway string
		index   int
		want    string
	}{
		{"192.0.2.254", 0, "02000000fe03000100000000 08000500c00002fe"},
		{"fe80::1%nic0", 3, "0a000000fe03000100000000 14000500fe800000000000000000000000000001 0800040003000000"},
	} {
		gateway := netip.MustParseAddr(tt.gateway)
		m := NewDefault(gateway, tt.index)
		if got, want := hex.EncodeToString(m.Body), strings.ReplaceAll(tt.want, " ", ""); got != want {
			t.Errorf("%s: %s, want %s", tt.gateway, got, want)
		}
		if isDefault, same := m.IsDefault(gateway); !isDefault || !same || m.Mode != ModeExclusive || m.Index() != tt.index {
			t.Errorf("%s: %v %v %v %d", tt.gateway, isDefault, same, m.Mode, m.Index())
		}
		if isDefault, same := m.IsDefault(gateway.Next()); !isDefault || same {
			t.Errorf("%s: %v %v of another gateway", tt.gateway, isDefault, same)
		}
	}
	for _, text := range []string{v4Linkdown, v6Expires, "02000000ff03000100000000 08000500c00002fe", "02000000fe03000700000000"} {
		if is, _ := decode(t, Route, text).IsDefault(netip.MustParseAddr("192.0.2.254")); is {
			t.Errorf("%s is a default route", decode(t, Route, text))
		}
	}
}

func TestString(t *testing.T) {
	for _, tt := range []struct {
		class Class
		text  string
		want  string
	}{
		{Route, "02000000fe03000100000000 08000f00fe000000 08000500c00002fe 0800040003000000", "default via 192.0.2.254 table main"},
		{Route, "02200000ff03fe0200000000 08000f00ff000000 08000100c6336407 0800040003000000", "local 198.51.100.7 table local"},
		{Route, "0200000000030007 00000000 08000f00e8030000", "unreachable default table 1000"},
		{Route, "02180000fd03000100000000 08000100c6336400 16001200 0a00 20010db8000000000000000000000254 0000", "198.51.100.0/24 via 2001:db8::254 table default"},
		{Route, "0a304000fe03000100000000 1400010020010db8000100000000000000000000 1400020020010db8000000000000000000000000 08000600ffffffff",
			"2001:db8:1::/48 from 2001:db8::/64 table main metric 4294967295"},
		{Address, v4Lifetimes, "192.0.2.1/24"},
		{Address, "0220800003000000 08000100c0000202 08000200c0000201", "192.0.2.1/32"},
		{Nexthop, object5, "nexthop 5"},
		{Address, "0218", "a message that is cut off"},
	} {
		if got := decode(t, tt.class, tt.text).String(); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// A journal may hold anything: nothing of it makes us panic.
func FuzzMessage(f *testing.F) {
	for i, text := range []string{v4Lifetimes, v6Temporary, v4Multipath, v6Expires, v6Multipath, routeOfGroup, neighbour7, group9} {
		f.Add(uint8([]Class{Address, Address, Route, Route, Route, Route, Neighbour, Nexthop}[i]), decode(f, Address, text).Body)
	}
	f.Fuzz(func(t *testing.T, class uint8, body []byte) {
		m := Message{Class: Class(class % 4), Body: body}
		s := State{Messages: []Message{m, m}, At: time.Hour}
		_ = m.String()
		m.Addr()
		m.IsDefault(netip.IPv6Unspecified())
		saved := s.Of([]int{3, m.Index()}, []Link{nic0})
		if missing := s.Lacks(saved); len(missing) > 0 {
			t.Errorf("%x: nothing changed, but %q", body, missing)
		}
	})
}
