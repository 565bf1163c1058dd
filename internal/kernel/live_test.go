// SPDX-License-Identifier: MIT

package kernel

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

// newMachine is a machine of its own: a network namespace with its own /sys and
// /run, and two NICs, eth0 and eth1, 02:00:00:00:00:01 and …:02.
func newMachine(t *testing.T) *Kernel {
	t.Helper()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS | unix.CLONE_NEWNET)
	if err != nil {
		skip(t, "namespaces take root: "+err.Error())
	}
	for _, m := range []struct {
		what, kind, where string
		flags             uintptr
	}{
		{"", "", "/", unix.MS_REC | unix.MS_PRIVATE},
		{"sysfs", "sysfs", "/sys", 0},
		{"tmpfs", "tmpfs", "/run", 0},
	} {
		if err := unix.Mount(m.what, m.where, m.kind, m.flags, ""); err != nil {
			skip(t, "mounting "+m.where+": "+err.Error())
		}
	}
	k, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	for i, nic := range []string{"eth0", "eth1"} {
		addLink(t, k, nic, "dummy", 0, byte(i+1))
	}
	look(t, k)
	return k
}

// addLink makes an interface: a dummy, or where there are none a cable.
func addLink(t *testing.T, k *Kernel, name, kind string, lower int, mac byte) {
	t.Helper()
	try := func(kind string, data []byte) error {
		info := rtnl.AppendString(nil, unix.IFLA_INFO_KIND, kind)
		if data != nil {
			info = rtnl.Append(info, unix.IFLA_INFO_DATA, data)
		}
		body := rtnl.AppendString(rtnl.LinkMessage(0, 0, 0), unix.IFLA_IFNAME, name)
		if lower != 0 {
			body = rtnl.AppendUint32(body, unix.IFLA_LINK, uint32(lower))
		} else {
			body = rtnl.Append(body, unix.IFLA_ADDRESS, []byte{2, 0, 0, 0, 0, mac})
		}
		return k.nl.Change(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, rtnl.Append(body, unix.IFLA_LINKINFO, info))
	}
	err := try(kind, nil)
	if kind == "dummy" && errors.Is(err, unix.EOPNOTSUPP) {
		err = try("veth", nil)
	}
	if err != nil {
		t.Fatalf("adding %s: %v", name, err)
	}
}

// skip skips the test, or fails it where that is asked for.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_NETNS_TESTS") == "1" {
		t.Fatal(why)
	}
	t.Skip("SKIPPED: " + why)
}

// withBonding is newMachine where the bonding driver is loaded.
func withBonding(t *testing.T) *Kernel {
	t.Helper()
	if _, err := os.Stat("/proc/net/bonding"); err != nil {
		t.Skip("SKIPPED: the bonding driver is not loaded; test/vm has it")
	}
	return newMachine(t)
}

func look(t *testing.T, k *Kernel) map[string]rtnl.Link {
	t.Helper()
	if _, err := k.Links(); err != nil {
		t.Fatal(err)
	}
	return k.links
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLinks(t *testing.T) {
	k := newMachine(t)
	links := look(t, k)
	eth0 := links["eth0"]
	if lo := links["lo"]; lo.Index != 1 || lo.Type != unix.ARPHRD_LOOPBACK || lo.Flags&unix.IFF_UP != 0 || lo.MTU != 65536 {
		t.Errorf("lo: %+v", lo)
	}
	if eth0.Index < 2 || eth0.Type != unix.ARPHRD_ETHER || eth0.MTU != 1500 || eth0.Lower != 0 || eth0.Master != 0 || eth0.Carrier ||
		!slices.Equal(eth0.Addr, []byte{2, 0, 0, 0, 0, 1}) || eth0.Kind == "" || eth0.Permanent != nil || eth0.AddrGenMode != 0 || !eth0.AcceptRA {
		t.Errorf("eth0: %+v", eth0)
	}
	must(t, k.SetUp("eth0", true))
	must(t, k.SetMTU("eth0", 1400))
	must(t, k.SetMAC("eth0", []byte{2, 0, 0, 0, 0, 9}))
	for _, setting := range [][2]string{{"accept_ra", "0"}, {"addr_gen_mode", "1"}} {
		must(t, os.WriteFile("/proc/sys/net/ipv6/conf/eth0/"+setting[0], []byte(setting[1]), 0))
	}
	addLink(t, k, "mv0", "macvlan", eth0.Index, 0)
	links = look(t, k)
	if eth0 = links["eth0"]; eth0.Flags&unix.IFF_UP == 0 || eth0.MTU != 1400 || eth0.Addr[5] != 9 || eth0.AddrGenMode != 1 || eth0.AcceptRA {
		t.Errorf("eth0 after it was changed: %+v", eth0)
	}
	if mv0 := links["mv0"]; mv0.Lower != eth0.Index || mv0.Kind != "macvlan" {
		t.Errorf("mv0: %+v", mv0)
	}
	facts, err := k.Facts("eth0")
	if err != nil || !slices.Equal(facts.Uppers, []string{"mv0"}) || facts.AddrAssign != 3 || facts.Driver != "" || facts.PCI != "" || facts.Wireless {
		t.Errorf("facts of eth0: %+v, %v", facts, err)
	}
	// Router advertisements are not taken where packets are forwarded, unless asked for.
	for _, tt := range []struct {
		ra, forwarding string
		want           bool
	}{{"1", "0", true}, {"1", "1", false}, {"2", "1", true}, {"0", "0", false}} {
		must(t, os.WriteFile("/proc/sys/net/ipv6/conf/eth1/accept_ra", []byte(tt.ra), 0))
		must(t, os.WriteFile("/proc/sys/net/ipv6/conf/eth1/forwarding", []byte(tt.forwarding), 0))
		if got := look(t, k)["eth1"].AcceptRA; got != tt.want {
			t.Errorf("accept_ra %s, forwarding %s: %v", tt.ra, tt.forwarding, got)
		}
	}
}

// A name that another interface has by now, or none, is refused.
func TestReplaced(t *testing.T) {
	k := newMachine(t)
	const none = "there is no interface eth7: no such device"
	for what, err := range map[string]error{
		"SetUp": k.SetUp("eth7", true), "SetMTU": k.SetMTU("eth7", 1400), "Enslave": k.Enslave("eth0", "eth7"),
		"Release": k.Release("eth0", "eth7"), "SetOption": k.SetOption("eth7", "", "miimon", "1"),
	} {
		if err == nil || err.Error() != none || !errors.Is(err, unix.ENODEV) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(t, k.nl.Change(unix.RTM_DELLINK, 0, rtnl.LinkMessage(k.links["eth0"].Index, 0, 0)))
	if err := k.SetUp("eth0", true); !errors.Is(err, unix.ENODEV) {
		t.Errorf("one that is gone: %v", err)
	}
	if _, err := k.Facts("eth0"); !errors.Is(err, unix.ENODEV) {
		t.Errorf("facts of one that is gone: %v", err)
	}
	addLink(t, k, "eth0", "dummy", 0, 7)
	if err := k.SetUp("eth0", true); !errors.Is(err, unix.ENODEV) {
		t.Errorf("another one: %v", err)
	}
	if _, err := k.Facts("eth0"); !errors.Is(err, unix.ENODEV) || !strings.HasPrefix(err.Error(), "eth0 is another interface now") {
		t.Errorf("facts of another one: %v", err)
	}
	look(t, k)
	must(t, k.SetUp("eth0", true))
}

func TestWait(t *testing.T) {
	k := newMachine(t)
	quiet := func() {
		for {
			begin := time.Now()
			k.Wait(t.Context(), 50*time.Millisecond)
			if time.Since(begin) >= 50*time.Millisecond {
				return
			}
		}
	}
	quiet()
	must(t, k.SetUp("eth0", true))
	begin := time.Now()
	k.Wait(t.Context(), time.Minute)
	quiet() // IPv6's link-local address comes after a while
	must(t, k.Add(rtnl.NewAddr(k.links["eth0"].Index, netip.MustParsePrefix("192.0.2.1/24"))))
	k.Wait(t.Context(), time.Minute)
	quiet()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	k.Wait(ctx, time.Minute)
	if passed := time.Since(begin); passed > 30*time.Second {
		t.Errorf("it slept through what happened: %v", passed)
	}
}

func TestAddDelete(t *testing.T) {
	k := newMachine(t)
	must(t, k.SetUp("eth0", true))
	index := k.links["eth0"].Index
	addr := rtnl.NewAddr(index, netip.MustParsePrefix("192.0.2.1/24"))
	has := func(m rtnl.Message) bool {
		s, err := k.State()
		must(t, err)
		return len(s.Lacks(rtnl.Saved{Messages: []rtnl.Message{m}, At: s.At})) == 0 || slices.ContainsFunc(s.Messages, func(o rtnl.Message) bool {
			return o.Class == m.Class && o.String() == m.String()
		})
	}
	route := rtnl.NewDefault(netip.MustParseAddr("192.0.2.254"), 0)
	if err := k.Add(route); !errors.Is(err, unix.ENETUNREACH) {
		t.Errorf("a gateway that cannot be reached: %v", err)
	}
	for range 2 { // an address is replaced
		must(t, k.Add(addr))
	}
	must(t, k.Add(route))
	if err := k.Add(route); !errors.Is(err, unix.EEXIST) {
		t.Errorf("a second default route: %v", err)
	}
	for _, m := range []rtnl.Message{addr, route} {
		if !has(m) {
			t.Errorf("%s is not there", m)
		}
	}
	for range 2 { // what is gone is no error
		must(t, k.Delete(route))
		must(t, k.Delete(addr))
	}
	for _, m := range []rtnl.Message{addr, route} {
		if has(m) {
			t.Errorf("%s is there", m)
		}
	}
	if err := k.Add(rtnl.Message{}); !errors.Is(err, unix.EINVAL) {
		t.Errorf("nothing: %v", err)
	}
}

func TestDHCPClient(t *testing.T) {
	k := newMachine(t)
	must(t, os.Mkdir("/run/dhcpcd", 0o755))
	for file, pid := range map[string]string{
		"dhcpcd-eth0.pid": "1\n", "dhcpcd/eth1-4.pid": "1", "dhcpcd/eth2.pid": "4194305", "dhcpcd/eth3.pid": "", "dhcpcd/eth4.pid": "self",
		"dhcpcd/pid": "1",
	} {
		must(t, os.WriteFile(filepath.Join("/run", file), []byte(pid), 0o644))
	}
	for nic, want := range map[string]bool{"eth0": true, "eth1": true, "eth2": false, "eth3": false, "eth4": false, "eth5": false, "": false} {
		if got := k.DHCPClient(nic); got != want {
			t.Errorf("%q: %v", nic, got)
		}
	}
	if err := k.StopDHCP("eth5"); err == nil {
		t.Error("a client was stopped that does not run")
	}
}

func TestModules(t *testing.T) {
	k := newMachine(t)
	if k.HasModule("no-such-module") {
		t.Error("a module that nobody wrote is loaded")
	}
	if !k.ModuleInUse("no-such-module") {
		t.Error("a module that cannot be looked at is in use for all we know")
	}
	if err := k.LoadModule("no-such-module"); err == nil || !strings.HasPrefix(err.Error(), "modprobe: ") &&
		!strings.HasPrefix(err.Error(), "there is no program modprobe") {
		t.Errorf("%v", err)
	}
}

// values are one for each option other than the kernel's own, with the mode that
// has the option.
var values = map[string][2]string{
	"fail_over_mac":      {"active-backup", "active"},
	"ad_actor_system":    {"802.3ad", "02:00:00:00:00:0a"},
	"ad_actor_sys_prio":  {"802.3ad", "7"},
	"ad_user_port_key":   {"802.3ad", "5"},
	"ad_select":          {"802.3ad", "count"},
	"lacp_rate":          {"802.3ad", "fast"},
	"lacp_active":        {"802.3ad", "off"},
	"coupled_control":    {"802.3ad", "off"},
	"lacp_strict":        {"802.3ad", "on"},
	"broadcast_neighbor": {"802.3ad", "on"},
	"min_links":          {"802.3ad", "2"},
	"xmit_hash_policy":   {"balance-xor", "layer3+4"},
	"packets_per_slave":  {"balance-rr", "3"},
	"tlb_dynamic_lb":     {"balance-tlb", "off"},
	"lp_interval":        {"balance-tlb", "9"},
	"all_slaves_active":  {"active-backup", "on"},
	"resend_igmp":        {"active-backup", "3"},
	"num_grat_arp":       {"active-backup", "4"},
	"use_carrier":        {"active-backup", "off"},
	"miimon":             {"active-backup", "50"},
	"updelay":            {"active-backup", "200"},
	"downdelay":          {"active-backup", "300"},
	"peer_notif_delay":   {"active-backup", "400"},
	"arp_ip_target":      {"active-backup", "192.0.2.7,192.0.2.8"},
	"ns_ip6_target":      {"active-backup", "2001:db8::7,2001:db8::8"},
	"arp_all_targets":    {"active-backup", "all"},
	"arp_missed_max":     {"active-backup", "4"},
	"arp_interval":       {"active-backup", "500"},
	"arp_validate":       {"active-backup", "backup"},
	"primary_reselect":   {"active-backup", "better"},
	"primary":            {"active-backup", "eth1"},
	"active_slave":       {"active-backup", "eth1"},
	"queue_id":           {"active-backup", "2"},
	"prio":               {"active-backup", "-5"},
	"actor_port_prio":    {"802.3ad", "9"},
}

// Each option is set, once together with the bond and once by itself, and read
// back; one that this kernel does not have says so.
func TestOptions(t *testing.T) {
	k := withBonding(t)
	for i := range bond.Options {
		o := &bond.Options[i]
		if o.Name == "mode" {
			continue
		}
		v, ok := values[o.Name]
		if !ok {
			t.Errorf("no value of %s to try", o.Name)
			continue
		}
		mode, value := v[0], v[1]
		members := o.When&bond.NeedsMembers != 0 || o.Kind == bond.NIC
		for _, together := range []bool{true, false} {
			options := [][2]string{{"mode", mode}}
			switch o.Name {
			case "updelay", "downdelay", "peer_notif_delay":
				options = append(options, [2]string{"miimon", "100"})
			case "arp_validate":
				options = append(options, [2]string{"arp_ip_target", "192.0.2.7"}, [2]string{"arp_interval", "100"})
			}
			if together {
				options = append(options, [2]string{o.Name, value})
			}
			if _, err := k.CreateBond("bond7", options); err != nil {
				t.Fatalf("%s: %v", o.Name, err)
			}
			if got, err := k.Option("bond7", "", "mode"); got != mode || err != nil {
				t.Errorf("%s: mode %q instead of %s, %v", o.Name, got, mode, err)
			}
			if members {
				must(t, k.SetUp("bond7", true))
				must(t, k.Enslave("bond7", "eth0"))
				must(t, k.Enslave("bond7", "eth1"))
			}
			var err error
			if !together || members {
				err = k.SetOption("bond7", "eth1", o.Name, value)
			}
			got, errGot := k.Option("bond7", "eth1", o.Name)
			switch {
			case errors.Is(errGot, fs.ErrNotExist), o.Name == "ns_ip6_target" && got == "":
				t.Logf("this kernel does not have %s (set: %v)", o.Name, err)
			case o.Name == "use_carrier" && got == "on": // Linux 6.18
				t.Logf("use_carrier stays on (set: %v)", err)
			case err != nil || errGot != nil || got != value:
				t.Errorf("%s, together %v: %q instead of %q; set: %v, read: %v", o.Name, together, got, value, err, errGot)
			}
			if o.Kind == bond.IPv4s || o.Kind == bond.NIC { // and nothing
				err := k.SetOption("bond7", "", o.Name, "")
				if got, errGot := k.Option("bond7", "", o.Name); o.Name != "active_slave" && (err != nil || errGot != nil || got != "") {
					t.Errorf("%s: emptied, but %q; set: %v, read: %v", o.Name, got, err, errGot)
				}
			}
			must(t, k.DeleteBond("bond7"))
		}
	}
	if _, err := k.Option("eth0", "", "miimon"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an option of what is no bond: %v", err)
	}
}

// What one message cannot set does not keep a bond from being made.
func TestCreateRefused(t *testing.T) {
	k := withBonding(t)
	for _, options := range [][][2]string{
		{{"mode", "active-backup"}, {"miimon", "100"}, {"arp_interval", "100"}, {"arp_validate", "all"}},
		{{"mode", "active-backup"}, {"num_grat_arp", "999"}},
		{{"mode", "active-backup"}, {"lacp_rate", "fast"}},
		{{"mode", "active-backup"}, {"primary", "eth7"}},
	} {
		index, err := k.CreateBond("bond7", options)
		if err != nil {
			t.Fatalf("%q: %v", options, err)
		}
		if got, err := k.Option("bond7", "", "mode"); got != "active-backup" || err != nil {
			t.Errorf("%q: mode %q, %v", options, got, err)
		}
		if l := look(t, k)["bond7"]; l.Index != index || l.Kind != "bond" || l.Flags&unix.IFF_UP != 0 {
			t.Errorf("%q: %+v", options, l)
		}
		if _, err := k.CreateBond("bond7", options); !errors.Is(err, unix.EEXIST) {
			t.Errorf("%q: made twice: %v", options, err)
		}
		must(t, k.DeleteBond("bond7"))
		if _, ok := look(t, k)["bond7"]; ok {
			t.Errorf("%q: it is still there", options)
		}
	}
	// A refusal has the kernel's errno, and its words where it has some.
	_, err := k.CreateBond("bond7", [][2]string{{"mode", "active-backup"}})
	must(t, err)
	var refusal *rtnl.Error
	err = k.SetOption("bond7", "", "lacp_rate", "fast")
	if !errors.Is(err, unix.EACCES) || !errors.As(err, &refusal) || strings.Contains(err.Error(), "/sys/") {
		t.Errorf("%v", err)
	}
	if _, err := k.CreateBond("a name that is too long", nil); err == nil {
		t.Error("a bond with a name that is none")
	}
}

func TestMembers(t *testing.T) {
	k := withBonding(t)
	for _, name := range []string{"bond7", "bond8"} {
		_, err := k.CreateBond(name, [][2]string{{"mode", "active-backup"}, {"miimon", "100"}})
		must(t, err)
	}
	must(t, k.SetMTU("bond7", 1400))
	must(t, k.SetUp("eth0", true))
	err := k.Enslave("bond7", "eth0")
	if !errors.Is(err, unix.EPERM) {
		t.Errorf("a NIC that is up: %v", err)
	}
	must(t, k.SetUp("eth0", false))
	must(t, k.Enslave("bond7", "eth0"))
	must(t, k.Enslave("bond7", "eth0")) // it is one
	links := look(t, k)
	bond7, eth0 := links["bond7"], links["eth0"]
	if eth0.Master != bond7.Index || eth0.MemberKind != "bond" || eth0.MTU != 1400 || !slices.Equal(eth0.Former, []byte{2, 0, 0, 0, 0, 1}) ||
		!slices.Equal(eth0.Permanent, eth0.Former) || !slices.Equal(bond7.Addr, eth0.Former) {
		t.Errorf("bond7: %+v\neth0: %+v", bond7, eth0)
	}
	if err := k.Enslave("bond8", "eth0"); !errors.Is(err, unix.EBUSY) {
		t.Errorf("a member of another bond: %v", err)
	}
	if look(t, k)["eth0"].Master != bond7.Index {
		t.Error("it was taken out of its bond")
	}
	facts, err := k.Facts("eth0")
	if err != nil || len(facts.Uppers) > 0 {
		t.Errorf("a member's master stands on it: %+v, %v", facts, err)
	}
	if s, err := k.Status("bond7"); err != nil || len(s.Members) != 1 || s.Mode != "active-backup" {
		t.Errorf("status: %+v, %v", s, err)
	}
	must(t, k.Release("bond7", "eth0"))
	if eth0 = look(t, k)["eth0"]; eth0.Master != 0 || eth0.MTU != 1500 || eth0.Flags&unix.IFF_UP != 0 || eth0.Former != nil {
		t.Errorf("released: %+v", eth0)
	}
	must(t, k.Enslave("bond8", "eth0"))
	if !k.ModuleInUse("bonding") {
		t.Error("the driver of two bonds is not in use")
	}
}

// Bonds are deleted together, members and all, and nothing else is.
func TestDeleteBonds(t *testing.T) {
	k := withBonding(t)
	make3 := func() {
		for i, name := range []string{"bond7", "bond8", "bond9"} {
			_, err := k.CreateBond(name, [][2]string{{"mode", "active-backup"}})
			must(t, err)
			if i < 2 {
				must(t, k.Enslave(name, []string{"eth0", "eth1"}[i]))
			}
		}
	}
	make3()
	must(t, k.DeleteBonds("bond7", "bond8"))
	links := look(t, k)
	if _, ok := links["bond9"]; !ok || len(links) != 4+cables(links) {
		t.Errorf("left: %v", links)
	}
	if links["eth0"].Master != 0 || links["eth1"].Master != 0 {
		t.Error("a member has a master that is gone")
	}
	must(t, k.DeleteBonds("bond9"))
	make3()
	if err := k.DeleteBonds("bond7", "bond9", "eth0"); err == nil {
		t.Error("what is no bond was deleted")
	}
	if _, ok := look(t, k)["eth0"]; !ok {
		t.Error("eth0 is gone")
	}
	must(t, k.DeleteBonds("bond7", "bond8", "bond9")) // those that are gone are no error
	if links := look(t, k); len(links) != 3+cables(links) {
		t.Errorf("left: %v", links)
	}
}

// cables is the number of other ends that NICs have which are cables.
func cables(links map[string]rtnl.Link) int {
	n := 0
	for _, l := range links {
		if l.Kind == "veth" && !strings.HasPrefix(l.Name, "eth") {
			n++
		}
	}
	return n
}
