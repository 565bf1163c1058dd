// SPDX-License-Identifier: MIT

package plan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/bond"
)

// lines are differences as "KIND SUBJECT: HAVE -> WANT (NEEDS)".
func lines(list []Difference) []string {
	var s []string
	for _, d := range list {
		s = append(s, fmt.Sprintf("%s %s: %s -> %s (%s)", d.Kind, d.Subject, d.Have, d.Want, d.Needs))
	}
	return s
}

// asWanted is a bond that runs as a plan wants it, with the defaults of the kernel
// in what the plan leaves open.
func asWanted(b *Bond) *Running {
	r := &Running{Name: b.Name, Up: true, Carrier: true, MTU: 1500, MAC: "02:00:00:00:00:a0", Mode: b.Mode.String(), Options: map[string]string{}}
	if b.MTU != 0 {
		r.MTU = b.MTU
	}
	for i := range bond.Options {
		if o := &bond.Options[i]; !o.PerMember && o.Name != "mode" {
			r.Options[o.Name] = o.Default()
		}
	}
	for i, m := range b.Members {
		name := fmt.Sprintf("eth%d", i)
		member := RunningMember{
			Name: name, Words: []string{name, m.String()}, Up: true, Carrier: true, MTU: r.MTU, MAC: r.MAC,
			Permanent: fmt.Sprintf("02:00:00:00:00:a%d", i), Options: map[string]string{"queue_id": "0", "prio": "0", "actor_port_prio": "255"},
		}
		r.Members = append(r.Members, member)
	}
	if b.HWAddr.Addr != "" {
		r.MAC = b.HWAddr.Addr
		for i := range r.Members {
			r.Members[i].MAC = r.MAC
		}
	}
	for _, s := range b.Options {
		switch {
		case s.Member != "":
			i := slices.IndexFunc(b.Members, func(m Member) bool { return m.String() == s.Member })
			r.Members[i].Options[s.Option] = s.Value
		case s.Spec().Kind == bond.NIC:
			i := slices.IndexFunc(b.Members, func(m Member) bool { return m.String() == s.Value })
			r.Options[s.Option] = r.Members[i].Name
		default:
			r.Options[s.Option] = s.Value
		}
	}
	for _, p := range b.Addrs {
		r.Addrs = append(r.Addrs, RunningAddr{Prefix: p})
	}
	return r
}

// theBond compiles a configuration of one bond.
func theBond(t *testing.T, conf string) *Bond {
	t.Helper()
	p, findings := Compile(parse(t, conf))
	if len(p.Bonds) != 1 || HasErrors(findings) {
		t.Fatalf("%q: %+v, %v", conf, p, rules(t, findings))
	}
	return &p.Bonds[0]
}

func TestDiff(t *testing.T) {
	prefix := netip.MustParsePrefix
	set := func(option, value string) func(*Running) {
		return func(r *Running) { r.Options[option] = value }
	}
	const usual = "IFOPTS[0]='miimon 100 | primary eth0'\nIPADDRS[0]=192.0.2.1/24\nIP6ADDRS[0]=2001:db8::1/64\nMTU[0]=1500\nHWADDR[0]=02:00:00:00:00:07"
	const bonded = "BONDMODE[0]=802.3ad\nIFOPTS[0]='lacp_rate fast | ad_actor_sys_prio 7 | ad_actor_system 02:00:00:00:00:09'"
	for _, tt := range []struct {
		name, conf string
		last       string // lines of the last start, "-" where it is not known
		change     func(*Running)
		want       []string
	}{
		{"the same", usual, usual, func(*Running) {}, nil},
		{"the same, by address and slot", "BONDNICS[0]='mac=00:1b:21:aa:bb:01 pci=03:00.0'\nIFOPTS[0]='primary mac=00:1b:21:aa:bb:01 | queue_id pci=03:00.0:2'", "-", func(*Running) {}, nil},
		{"LACP, the same", bonded, "-", func(*Running) {}, nil},

		// Mode and options, by the state that they need.
		{"another mode", usual, "-", func(r *Running) { r.Mode = "balance-rr" }, []string{"mode : balance-rr -> active-backup (empty)"}},
		{"another mode, empty but up", "", "-", func(r *Running) { r.Mode, r.Members = "balance-rr", nil }, []string{
			"mode : balance-rr -> active-backup (down)", "member-missing eth0:  ->  (live)", "member-missing eth1:  ->  (live)",
		}},
		{"live option", usual, "-", set("miimon", "50"), []string{"option miimon: 50 -> 100 (live)"}},
		{"the default", "", "-", set("miimon", "0"), []string{"option miimon: 0 -> 100 (live)"}},
		{"option that needs it down", bonded, "-", set("lacp_rate", "slow"), []string{"option lacp_rate: slow -> fast (down)"}},
		{"the same, and it is", bonded, "-", func(r *Running) { r.Options["lacp_rate"], r.Up = "slow", false }, []string{"option lacp_rate: slow -> fast (live)", "down : down -> up (live)"}},
		{"option that needs it empty", "IFOPTS[0]='fail_over_mac active'", "-", set("fail_over_mac", "none"), []string{"option fail_over_mac: none -> active (empty)"}},
		{"a number for a word", "IFOPTS[0]='use_carrier on | all_slaves_active on'", "-", func(r *Running) { r.Options["use_carrier"], r.Options["all_slaves_active"] = "1", "1" }, nil},
		{"not in this kernel", "IFOPTS[0]='arp_missed_max 3'", "-", func(r *Running) { delete(r.Options, "arp_missed_max") }, []string{"no-option arp_missed_max:  -> 3 (nothing)"}},
		{"targets in another order", "IFOPTS[0]='arp_interval 100 | arp_ip_target 192.0.2.2 192.0.2.1'", "-", set("arp_ip_target", "192.0.2.1,192.0.2.2"), nil},
		{"another target", "IFOPTS[0]='arp_interval 100 | arp_ip_target 192.0.2.2 192.0.2.1'", "-", set("arp_ip_target", "192.0.2.1"), []string{"option arp_ip_target: 192.0.2.1 -> 192.0.2.2,192.0.2.1 (live)"}},
		{"IPv6 target in long form", "IFOPTS[0]='arp_interval 100 | ns_ip6_target 2001:db8::1'", "-", set("ns_ip6_target", "2001:0db8:0::1"), nil},
		{"files that only root can read", bonded, "-", func(r *Running) { r.Options["ad_actor_sys_prio"], r.Options["ad_actor_system"] = "", "" }, nil},
		{"a file that all can read", "BONDMODE[0]=802.3ad\nIFOPTS[0]='ad_select count'", "-", set("ad_select", ""), []string{"option ad_select:  -> count (down)"}},
		{"another system", bonded, "-", set("ad_actor_system", "02:00:00:00:00:08"), []string{"option ad_actor_system: 02:00:00:00:00:08 -> 02:00:00:00:00:09 (live)"}},
		{"another primary", usual, "-", set("primary", "eth1"), []string{"option primary: eth1 -> eth0 (live)"}},
		{"no primary", usual, "-", set("primary", ""), []string{"option primary:  -> eth0 (live)"}},
		{"a primary that is not a member", usual, "-", func(r *Running) { r.Options["primary"], r.Members = "", r.Members[1:] }, []string{"member-missing eth0:  ->  (live)"}},
		{"the active member changed", "IFOPTS[0]='active_slave eth0'", "-", set("active_slave", "eth1"), nil},

		// What belongs to a member.
		{"queue_id", "IFOPTS[0]='queue_id eth1:2'", "-", func(r *Running) { r.Members[1].Options["queue_id"] = "0" }, []string{"member-option eth1 queue_id: 0 -> 2 (live)"}},
		{"no prio here", "IFOPTS[0]='prio eth1:2'", "-", func(r *Running) { delete(r.Members[1].Options, "prio") }, []string{"no-option eth1 prio:  -> 2 (nothing)"}},
		{"prio of one that is missing", "IFOPTS[0]='prio eth1:2'", "-", func(r *Running) { r.Members = r.Members[:1] }, []string{"member-missing eth1:  ->  (live)"}},

		// The MAC address.
		{"MAC changed", usual, "-", func(r *Running) {
			r.MAC = "02:00:00:00:00:08"
			for i := range r.Members {
				r.Members[i].MAC = r.MAC
			}
		}, []string{"mac : 02:00:00:00:00:08 -> 02:00:00:00:00:07 (down)"}},
		{"MAC in capitals", usual, "-", func(r *Running) { r.MAC = strings.ToUpper(r.MAC) }, nil},
		{"MAC emptied", "", "HWADDR[0]=02:00:00:00:00:07", func(r *Running) {
			r.MAC, r.Members[0].MAC, r.Members[1].MAC = "02:00:00:00:00:07", "02:00:00:00:00:07", "02:00:00:00:00:07"
		}, []string{"mac : 02:00:00:00:00:07 -> 02:00:00:00:00:a0 (down)"}},
		{"MAC emptied, and changed since", "", "HWADDR[0]=02:00:00:00:00:07", func(*Running) {}, nil},
		{"MAC that is to be derived", "HWADDR[0]=auto", "HWADDR[0]=02:00:00:00:00:a0", func(*Running) {}, nil},
		{"MAC of the active member", "IFOPTS[0]='fail_over_mac active'", "-", func(r *Running) { r.Members[0].MAC, r.Members[1].MAC = "02:00:00:00:00:a0", "02:00:00:00:00:a1" }, nil},
		{"a member lost it", usual, "-", func(r *Running) { r.Members[1].MAC = "02:00:00:00:00:99" }, []string{"member-mac eth1: 02:00:00:00:00:99 -> 02:00:00:00:00:07 (live)"}},
		{"a member lost it, fail_over_mac elsewhere", "BONDMODE[0]=0\nIFOPTS[0]='fail_over_mac active'", "-", func(r *Running) { r.Members[1].MAC = "02:00:00:00:00:99" }, []string{"member-mac eth1: 02:00:00:00:00:99 -> 02:00:00:00:00:a0 (live)"}},
		{"members of alb", "BONDMODE[0]=6", "-", func(r *Running) { r.Members[1].MAC = "02:00:00:00:00:99" }, nil},
		{"members of tlb", "BONDMODE[0]=5", "-", func(r *Running) { r.Members[1].MAC = "02:00:00:00:00:99" }, nil},

		// MTU, and the rest of a member.
		{"MTU", usual, "-", func(r *Running) { r.MTU = 1400 }, []string{"mtu : 1400 -> 1500 (live)"}},
		{"MTU taken out", "", "MTU[0]=9000", func(r *Running) { r.MTU, r.Members[0].MTU, r.Members[1].MTU = 9000, 9000, 9000 }, []string{"mtu : 9000 -> 1500 (live)"}},
		{"MTU taken out, and changed since", "", "MTU[0]=9000", func(r *Running) { r.MTU, r.Members[0].MTU, r.Members[1].MTU = 1400, 1400, 1400 }, nil},
		{"MTU that nobody asked for", "", "-", func(r *Running) { r.MTU, r.Members[0].MTU, r.Members[1].MTU = 1400, 1400, 1400 }, nil},
		{"member's MTU", "", "-", func(r *Running) { r.Members[1].MTU = 1400 }, []string{"member-mtu eth1: 1400 -> 1500 (live)"}},
		{"member's MTU, of the bond to be", "MTU[0]=9000", "-", func(r *Running) { r.MTU, r.Members[1].MTU = 1500, 1500 }, []string{"mtu : 1500 -> 9000 (live)", "member-mtu eth1: 1500 -> 9000 (live)"}},
		{"member down", "", "-", func(r *Running) { r.Members[1].Up = false }, []string{"member-down eth1: down -> up (live)"}},
		{"bond down", "", "-", func(r *Running) { r.Up = false }, []string{"down : down -> up (live)"}},
		{"no carrier is no difference", "", "-", func(r *Running) { r.Carrier, r.Members[0].Carrier = false, false }, nil},
		{"a member more", "", "-", func(r *Running) { r.Members = append(r.Members, RunningMember{Name: "eth5", MAC: "x"}) }, []string{"member-extra eth5:  ->  (release)"}},
		{"a member less", "", "-", func(r *Running) { r.Members = r.Members[:1] }, []string{"member-missing eth1:  ->  (live)"}},

		// Addresses.
		{"address missing", usual, "-", func(r *Running) { r.Addrs = r.Addrs[1:] }, []string{"address-missing 192.0.2.1/24:  ->  (live)"}},
		{"address with another prefix", usual, "-", func(r *Running) { r.Addrs[0].Prefix = prefix("192.0.2.1/25") }, []string{"address-missing 192.0.2.1/24:  ->  (live)"}},
		{"address changed", "IPADDRS[0]=192.0.2.20/24", "IPADDRS[0]=192.0.2.10/24", func(r *Running) { r.Addrs = []RunningAddr{{Prefix: prefix("192.0.2.10/24")}} }, []string{
			"address-missing 192.0.2.20/24:  ->  (live)", "address-extra 192.0.2.10/24:  ->  (live)",
		}},
		{"address taken out, and gone", "", "IPADDRS[0]=192.0.2.10/24", func(*Running) {}, nil},
		{"somebody else's address", "", "-", func(r *Running) { r.Addrs = []RunningAddr{{Prefix: prefix("192.0.2.10/24")}} }, nil},
		{"duplicate", usual, "-", func(r *Running) { r.Addrs[1].Duplicate = true }, []string{"address-duplicate 2001:db8::1/64:  ->  (nothing)"}},
		{"tentative", usual, "-", func(r *Running) { r.Addrs[1].Tentative = true }, nil},

		// What was taken out of the file.
		{"primary taken out", "", "IFOPTS[0]='primary eth1'", set("primary", "eth1"), []string{"option primary: eth1 ->  (live)"}},
		{"number taken out", "", "IFOPTS[0]='updelay 200 | num_grat_arp 5'", func(r *Running) { r.Options["updelay"], r.Options["num_grat_arp"] = "200", "5" }, []string{"option num_grat_arp: 5 -> 1 (live)", "option updelay: 200 -> 0 (live)"}},
		{"taken out, and gone", "", "IFOPTS[0]='updelay 200'", func(*Running) {}, nil},
		{"taken out, and this kernel never had it", "", "IFOPTS[0]='arp_missed_max 3'", func(r *Running) { delete(r.Options, "arp_missed_max") }, nil},
		{"queue_id taken out", "", "IFOPTS[0]='queue_id eth1:2 | prio eth0:3'", func(r *Running) {
			r.Members[1].Options["queue_id"] = "2"
			delete(r.Members[0].Options, "prio")
		}, []string{"member-option eth1 queue_id: 2 -> 0 (live)"}},
		{"went with the mode", "BONDMODE[0]=1", bonded, func(r *Running) { r.Options["lacp_rate"] = "fast" }, nil},
		{"miimon instead of ARP", "", "IFOPTS[0]='arp_interval 200 | arp_ip_target 192.0.2.2'", func(r *Running) {
			r.Options["miimon"], r.Options["arp_interval"], r.Options["arp_ip_target"] = "0", "200", "192.0.2.2"
		}, []string{"option miimon: 0 -> 100 (live)", "option arp_ip_target: 192.0.2.2 ->  (live)", "option arp_interval: 200 -> 0 (live)"}},
		{"ARP instead of miimon", "IFOPTS[0]='arp_interval 200 | arp_ip_target 192.0.2.2'", "", func(r *Running) {
			r.Options["miimon"], r.Options["arp_interval"], r.Options["arp_ip_target"] = "100", "0", ""
		}, []string{"option arp_ip_target:  -> 192.0.2.2 (live)", "option arp_interval: 0 -> 200 (live)"}},
		{"DHCP now", "USE_DHCP[0]=yes", "", func(*Running) {}, []string{"dhcp :  -> dhcpcd -t 15 (live)"}},
		{"DHCP no longer", "", "USE_DHCP[0]=yes", func(*Running) {}, []string{"dhcp : dhcpcd -t 15 ->  (live)"}},
		{"DHCP otherwise", "USE_DHCP[0]=yes\nDHCP_KEEPGW[0]=yes", "USE_DHCP[0]=yes", func(*Running) {}, []string{"dhcp : dhcpcd -t 15 -> dhcpcd -t 15 -G (down)"}},
		{"exasock now", "EXASOCK[0]=yes", "", func(*Running) {}, []string{"exasock : no -> yes (down)"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conf := func(lines string) string {
				if strings.HasPrefix(lines, "BONDNICS") {
					return "IFNAME[0]=bond0\n" + lines
				}
				return one(lines)
			}
			want := theBond(t, conf(tt.conf))
			var last *Bond
			if tt.last != "-" {
				last = theBond(t, conf(tt.last))
			}
			have := asWanted(want)
			tt.change(have)
			got := lines(Diff(want, last, have))
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
			}
		})
	}
	if got := lines(Diff(theBond(t, one("")), nil, nil)); !slices.Equal(got, []string{"absent :  -> active-backup (live)"}) {
		t.Errorf("no bond: %q", got)
	}
}

// TestDiffDerived: the caller puts the derived address in.
func TestDiffDerived(t *testing.T) {
	want := theBond(t, one("HWADDR[0]=auto"))
	have := asWanted(want)
	want.HWAddr.Addr = "02:00:00:00:00:55"
	if got := lines(Diff(want, nil, have)); !slices.Equal(got, []string{"mac : 02:00:00:00:00:a0 -> 02:00:00:00:00:55 (down)"}) {
		t.Errorf("%q", got)
	}
	have.Up = false
	if got := lines(Diff(want, nil, have)); len(got) != 2 || !strings.HasSuffix(got[0], "(live)") {
		t.Errorf("down: %q", got)
	}
}

// TestDiffOptions: each option is found to differ, and to be as it is wanted.
func TestDiffOptions(t *testing.T) {
	for i := range bond.Options {
		o := &bond.Options[i]
		if o.Name == "mode" || o.Name == "active_slave" {
			continue
		}
		mode := slices.IndexFunc(bond.Modes(), o.Modes.Has)
		value := map[bond.Kind]string{
			bond.Number: fmt.Sprint(o.Max - 1), bond.Word: "", bond.IPv4s: "192.0.2.1", bond.IPv6s: "2001:db8::1", bond.MAC: "02:00:00:00:00:05", bond.NIC: "eth1",
		}[o.Kind]
		if o.Kind == bond.Word {
			value = o.Words[0]
			if value == o.Default() {
				value = o.Words[1]
			}
		}
		s := Setting{Option: o.Name, Value: value}
		if o.PerMember {
			s.Member = "eth1"
		}
		want := &Bond{Name: "bond0", Mode: bond.Mode(mode), Members: []Member{{Name: "eth0"}, {Name: "eth1"}}, Options: []Setting{s}}
		have := asWanted(want)
		if got := Diff(want, want, have); len(got) > 0 {
			t.Errorf("%s: %q", o.Name, lines(got))
		}
		if o.PerMember {
			have.Members[1].Options[o.Name] = o.Default()
		} else {
			have.Options[o.Name] = o.Default()
		}
		needs := Live
		if o.When&bond.NeedsEmpty != 0 {
			needs = Empty
		} else if o.When&bond.NeedsDown != 0 {
			needs = Down
		}
		got := Diff(want, want, have)
		if len(got) != 1 || got[0].Needs != needs || got[0].Want != value || got[0].Have != o.Default() {
			t.Errorf("%s: %q", o.Name, lines(got))
		}
		// Taken out: back to the default.
		without := *want
		without.Options = nil
		if got := Diff(&without, want, asWanted(want)); len(got) != 1 && o.Name != "miimon" || len(got) == 1 && got[0].Want != o.Default() {
			t.Errorf("%s taken out: %q", o.Name, lines(got))
		}
	}
}
