// SPDX-License-Identifier: MIT

package rtnl

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// A machine is a network namespace of its own with a NIC, nic0, and another
// that is never touched, nic1: dummies where the kernel has them, else cables.
type machine struct {
	*testing.T
	conn *Conn
}

func newMachine(t *testing.T) machine {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		skip(t, "no ip(8) to make the addresses and routes with")
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		skip(t, "a network namespace takes root: "+err.Error())
	}
	conn, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	m := machine{t, conn}
	if err := m.batch("sysctl ipv6/conf/default/accept_dad=0"); err != nil { // it takes two seconds each time
		t.Fatal(err)
	}
	// Between two commands one can fail: of a kernel without dummies.
	if m.batch("link add nic0 type dummy; link add nic1 type dummy") != nil {
		m.ip("link add nic0 type veth peer name far0; link add nic1 type veth peer name far1; link set far0 up; link set far1 up")
	}
	m.ip("link set nic0 address 02:00:00:00:00:01; link set nic1 address 02:00:00:00:00:02; link set lo up;" +
		"link set nic1 up; address add 203.0.113.1/24 dev nic1; link set nic0 up")
	return m
}

// skip skips the test, or fails it where that is asked for.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_NETNS_TESTS") == "1" {
		t.Fatal(why)
	}
	t.Skip("SKIPPED: " + why)
}

// batch runs commands of ip(8), separated by semicolons, in one process; those
// that begin with sysctl set a file of /proc/sys/net (a thread's is its own
// namespace's), first of all.
func (m machine) batch(commands string) error {
	var input []string
	for command := range strings.SplitSeq(commands, ";") {
		command = strings.TrimSpace(command)
		setting, ok := strings.CutPrefix(command, "sysctl ")
		if !ok {
			input = append(input, command)
			continue
		}
		file, value, _ := strings.Cut(setting, "=")
		if err := os.WriteFile("/proc/sys/net/"+file, []byte(value), 0); err != nil {
			return err
		}
	}
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(input, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip -batch: %q: %w: %s", commands, err, out)
	}
	return nil
}

func (m machine) ip(commands string) {
	m.Helper()
	if err := m.batch(commands); err != nil {
		m.Fatal(err)
	}
}

func (m machine) index(nic string) int {
	m.Helper()
	l, err := m.conn.Link(nic)
	if err != nil {
		m.Fatal(err)
	}
	return l.Index
}

func (m machine) state() State {
	m.Helper()
	s, err := m.conn.State()
	if err != nil {
		m.Fatal(err)
	}
	return s
}

func (m machine) save(nics ...string) Saved {
	m.Helper()
	links, err := m.conn.Links()
	if err != nil {
		m.Fatal(err)
	}
	var indexes []int
	for _, nic := range nics {
		indexes = append(indexes, m.index(nic))
	}
	return m.state().Of(indexes, links)
}

// lose does to a NIC what joining a bond and leaving it does: it is down, has no
// addresses and belongs to a bond where the kernel has one, and is up again, if
// it was.
func (m machine) lose(nic string) {
	m.Helper()
	was, err := m.conn.Link(nic)
	if err != nil {
		m.Fatal(err)
	}
	change := func(kind, flags uint16, body []byte) {
		m.Helper()
		if err := m.conn.Change(kind, flags, body); err != nil {
			m.Fatal(err)
		}
	}
	change(unix.RTM_NEWLINK, 0, LinkMessage(was.Index, 0, unix.IFF_UP))
	bond := AppendString(LinkMessage(0, 0, 0), unix.IFLA_IFNAME, "bond0")
	bond = Append(bond, unix.IFLA_LINKINFO, AppendString(nil, unix.IFLA_INFO_KIND, "bond"))
	bonding := m.conn.Change(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, bond) == nil
	if bonding {
		change(unix.RTM_NEWLINK, 0, AppendUint32(LinkMessage(was.Index, 0, 0), unix.IFLA_MASTER, uint32(m.index("bond0"))))
	}
	for _, a := range m.save(nic).Messages {
		if a.Class == Address {
			if err := m.conn.Delete(a); err != nil {
				m.Fatalf("deleting %s: %v", a, err)
			}
		}
	}
	if bonding {
		change(unix.RTM_DELLINK, 0, LinkMessage(m.index("bond0"), 0, 0))
	}
	if was.Flags&unix.IFF_UP != 0 {
		change(unix.RTM_NEWLINK, 0, LinkMessage(was.Index, unix.IFF_UP, unix.IFF_UP))
	}
}

// put puts back what was saved, as the engine does: what must wait for
// duplicate address detection at the end.
func (m machine) put(saved Saved) {
	m.Helper()
	requests := saved.Requests(Uptime())
	for _, late := range []bool{false, true} {
		if late && slices.ContainsFunc(requests, func(r Request) bool { return r.AfterDAD }) {
			m.settled()
		}
		for _, r := range requests {
			if r.AfterDAD != late {
				continue
			}
			err := m.conn.Add(r.Message)
			if err != nil && r.Instead != nil {
				err = m.conn.Add(*r.Instead)
			}
			if err != nil && !errors.Is(err, unix.EEXIST) {
				m.Errorf("putting back %s: %v", r, err)
			}
		}
	}
}

// settled waits until the kernel is done with what it does later: link-local
// addresses, duplicate address detection.
func (m machine) settled() {
	m.Helper()
	last := -1
	for range 500 {
		links, err := m.conn.Links()
		if err != nil {
			m.Fatal(err)
		}
		up, waiting := map[int]Link{}, map[int]bool{} // waiting for its link-local address
		for _, l := range links {
			if l.Flags&unix.IFF_UP != 0 && l.Carrier && l.Flags&unix.IFF_LOOPBACK == 0 {
				up[l.Index], waiting[l.Index] = l, true
			}
		}
		s := m.state()
		busy := false
		for _, a := range s.Messages {
			index, prefix, flags, ok := a.Addr()
			l, isUp := up[index]
			switch {
			case !ok || !isUp || !prefix.Addr().Is6():
			case flags&unix.IFA_F_TENTATIVE != 0 && flags&unix.IFA_F_DADFAILED == 0:
				busy = true
			case prefix.Addr().IsLinkLocalUnicast() && l.eui64(prefix.Addr()):
				delete(waiting, index)
			}
		}
		if !busy && len(waiting) == 0 && len(s.Messages) == last {
			return
		}
		last = len(s.Messages)
		time.Sleep(10 * time.Millisecond)
	}
	m.Fatal("it never settles")
}

var temporary = regexp.MustCompile(`inet6 (\S+)/64 scope global temporary`)

// shown is what ip(8) shows of everything, with times rounded.
func (m machine) shown() string {
	m.Helper()
	m.settled()
	cmd := exec.Command("ip", "-d", "-force", "-batch", "-") // old kernels have no nexthops
	cmd.Stdin = strings.NewReader("address show dev nic0\nroute show table all\n" +
		"neighbour show proxy\nneighbour show nud permanent\nnexthop show\n")
	out, _ := cmd.CombinedOutput()
	// The kernel's own routes of each interface are in the order in which these came up.
	text := regexp.MustCompile(`(?m)^(unicast fe80::/64|multicast ff00::/8) .*\n`).ReplaceAllString(string(out), "")
	// Seconds run, and those of a second run may be one less.
	if t := temporary.FindStringSubmatch(text); t != nil { // another each time
		text = strings.ReplaceAll(text, t[1], "TEMPORARY")
		text = regexp.MustCompile("local TEMPORARY.*\n").ReplaceAllString(text, "")
	}
	seconds := regexp.MustCompile(`(valid_lft|preferred_lft|expires) (\d+)sec`)
	return seconds.ReplaceAllStringFunc(text, func(s string) string {
		parts := seconds.FindStringSubmatch(s)
		n, _ := strconv.Atoi(parts[2])
		return parts[1] + " about " + strconv.Itoa((n+50)/100*100)
	})
}

// Each kind of address, route, neighbour and nexthop that can be on a NIC goes
// when it joins a bond, and is put back as it was.
func TestPutBack(t *testing.T) {
	const (
		v4     = "address add 192.0.2.1/24 dev nic0;"
		v6     = "address add 2001:db8::1/64 dev nic0;"
		other6 = "address add 2001:db8:2::1/64 dev nic1;"
	)
	for _, tt := range []struct {
		name  string
		setup string // commands of ip(8), separated by semicolons; wait is for addresses to be good
	}{
		{"IPv4 address", "address add 192.0.2.1/24 brd + dev nic0"},
		{"two IPv4 addresses of a network", "address add 192.0.2.2/24 brd + dev nic0; address add 192.0.2.1/24 dev nic0"},
		{"label", "address add 192.0.2.1/24 dev nic0 label nic0:web"},
		{"peer", "address add 192.0.2.1 peer 192.0.2.2/32 dev nic0"},
		{"two peers", "address add 192.0.2.1 peer 192.0.2.2/32 dev nic0; address add 192.0.2.1 peer 192.0.2.3/32 dev nic0"},
		{"scope", "address add 192.0.2.1/24 dev nic0 scope link"},
		{"metric of the address", "address add 192.0.2.1/24 dev nic0 metric 70"},
		{"IPv4 without the network's route", "address add 192.0.2.1/24 dev nic0 noprefixroute"},
		{"IPv4 without the network's route, which another made",
			"address add 192.0.2.1/24 dev nic0 noprefixroute; route add 192.0.2.0/24 dev nic0 proto kernel scope link src 192.0.2.1 metric 100"},
		{"IPv4 lifetimes", "address add 192.0.2.1/24 dev nic0 valid_lft 5000 preferred_lft 3000"},
		{"deprecated", "address add 192.0.2.1/24 dev nic0 preferred_lft 0"},
		{"IPv6 address", "address add 2001:db8::1/64 dev nic0"},
		{"IPv6 addresses in their order", "address add 2001:db8::1/64 dev nic0; address add 2001:db8::aa/64 dev nic0; address add 2001:db8::5/64 dev nic0"},
		{"IPv6 peer", "address add 2001:db8::1 peer 2001:db8::2/128 dev nic0"},
		{"IPv6 flags", "address add 2001:db8::1/64 dev nic0 home nodad noprefixroute"},
		{"IPv6 metric", "address add 2001:db8::1/64 dev nic0 metric 77"},
		{"IPv6 lifetimes", "address add 2001:db8::1/64 dev nic0 valid_lft 5000 preferred_lft 3000"},
		{"IPv6 deprecated", "address add 2001:db8::1/64 dev nic0 preferred_lft 0"},
		{"IPv6 with temporary ones", "sysctl ipv6/conf/nic0/use_tempaddr=2; address add 2001:db8::7/64 dev nic0 mngtmpaddr"},
		{"a second link-local address", "address add fe80::77/64 dev nic0"},
		{"address on a NIC that is down", "link set nic0 down; address add 192.0.2.1/24 dev nic0; address add 2001:db8::1/64 dev nic0"},
		{"default route", v4 + "route add default via 192.0.2.254"},
		{"metric and protocol", v4 + "route add 198.51.100.0/24 via 192.0.2.254 metric 500 proto static"},
		{"device", "route add 198.51.100.0/24 dev nic0"},
		{"gateway by a route to it", "route add 192.0.2.254 dev nic0; route add default via 192.0.2.254 dev nic0"},
		{"onlink", "route add default via 192.0.2.254 dev nic0 onlink"},
		{"source", v4 + "address add 192.0.2.7/24 dev nic0; route add 198.51.100.0/24 via 192.0.2.254 src 192.0.2.7"},
		{"source of a route elsewhere", v4 + "route add 198.51.100.0/24 via 203.0.113.254 src 192.0.2.1"},
		{"table", v4 + "route add default via 192.0.2.254 table 100; route add 192.0.2.0/24 dev nic0 table 100"},
		{"metrics", v4 + "route add 198.51.100.0/24 via 192.0.2.254 mtu lock 1400 advmss 1360 window 20000 rtt 300 initcwnd 20 quickack 1"},
		{"congestion control", v4 + "route add 198.51.100.0/24 via 192.0.2.254 congctl reno"},
		{"realm", v4 + "route add 198.51.100.0/24 via 192.0.2.254 realm 5"},
		{"tos", v4 + "route add 198.51.100.0/24 via 192.0.2.254 tos 0x10; route add 198.51.100.0/24 via 192.0.2.253"},
		{"local", v4 + "route add local 198.51.100.7 dev nic0 table local"},
		{"multicast", "route add multicast 239.1.0.0/16 dev nic0"},
		{"scope of a route", "route add 198.51.100.0/24 dev nic0 scope global"},
		{"several of one destination", v4 + "route add 198.51.100.0/24 via 192.0.2.254; route append 198.51.100.0/24 via 192.0.2.253; route append 198.51.100.0/24 via 192.0.2.252"},
		{"before one of another NIC", v4 + "route add 198.51.100.0/24 via 192.0.2.254; route append 198.51.100.0/24 via 192.0.2.253; route append 198.51.100.0/24 via 203.0.113.254"},
		{"after one of another NIC", v4 + "route add 198.51.100.0/24 via 203.0.113.254; route append 198.51.100.0/24 via 192.0.2.254"},
		{"multipath", v4 + "route add 198.51.100.0/24 nexthop via 192.0.2.254 weight 3 nexthop via 192.0.2.253 dev nic0 onlink"},
		{"multipath over two NICs", v4 + "route add 198.51.100.0/24 nexthop via 192.0.2.254 nexthop via 203.0.113.254"},
		{"multipath over two NICs, the other first", v4 + "route add 198.51.100.0/24 nexthop via 203.0.113.254 weight 2 nexthop via 192.0.2.254"},
		{"IPv4 by an IPv6 gateway", v4 + v6 + "route add 198.51.100.0/24 via inet6 2001:db8::254 dev nic0"},
		{"IPv6 default route", v6 + "route add default via 2001:db8::254 metric 5"},
		{"IPv6 by a link-local gateway", "route add default via fe80::1 dev nic0"},
		{"IPv6 device", "route add 2001:db8:1::/48 dev nic0"},
		{"IPv6 source", "address add 2001:db8::1/64 dev nic0 nodad; route add 2001:db8:1::/48 via 2001:db8::254 src 2001:db8::1"},
		{"IPv6 source that has to be found good", "sysctl ipv6/conf/nic0/accept_dad=1;" + v6 + "wait; route add 2001:db8:1::/48 via 2001:db8::254 src 2001:db8::1"},
		{"IPv6 expiry", v6 + "route add 2001:db8:1::/48 via 2001:db8::254 expires 5000"},
		{"IPv6 metrics", v6 + "route add 2001:db8:1::/48 via 2001:db8::254 mtu 1400 hoplimit 9 pref high"},
		{"IPv6 table and protocol", v6 + "route add 2001:db8:1::/48 via 2001:db8::254 table 100 proto static"},
		{"IPv6 from", v6 + "route add 2001:db8:1::/48 from 2001:db8::/64 via 2001:db8::254"},
		{"IPv6 local", "route add local 2001:db8:1::1 dev nic0"},
		{"IPv6 unreachable by a device is lo's", "route add unreachable 2001:db8:1::/48; address add 192.0.2.1/24 dev nic0"},
		{"IPv6 multipath", v6 + "route add 2001:db8:1::/48 nexthop via 2001:db8::254 weight 3 nexthop via 2001:db8::253"},
		{"IPv6 multipath over two NICs", v6 + other6 + "route add 2001:db8:1::/48 nexthop via 2001:db8::254 nexthop via 2001:db8:2::254 weight 2"},
		{"IPv6 encapsulated", v6 + "route add 2001:db8:1::/48 encap seg6 mode encap segs 2001:db8::7 via 2001:db8::254"},
		{"nexthop object", v4 + "nexthop add id 5 via 192.0.2.254 dev nic0; route add 198.51.100.0/24 nhid 5"},
		{"nexthop object of a device", "nexthop add id 5 dev nic0; route add 198.51.100.0/24 nhid 5"},
		{"nexthop object, IPv6", v6 + "nexthop add id 6 via 2001:db8::254 dev nic0; route add 2001:db8:1::/48 nhid 6"},
		{"nexthop group", v4 + "nexthop add id 5 via 192.0.2.254 dev nic0; nexthop add id 6 via 192.0.2.253 dev nic0; nexthop add id 9 group 5,3/6,1; route add 198.51.100.0/24 nhid 9"},
		{"nexthop group over two NICs", v4 + "nexthop add id 5 via 192.0.2.254 dev nic0; nexthop add id 6 via 203.0.113.254 dev nic1; nexthop add id 9 group 5,3/6,1; route add 198.51.100.0/24 nhid 9"},
		{"resilient nexthop group", v4 + "nexthop add id 5 via 192.0.2.254 dev nic0; nexthop add id 9 group 5 type resilient buckets 32 idle_timer 60; route add 198.51.100.0/24 nhid 9"},
		{"permanent neighbour", "address add 192.0.2.1/24 dev nic0; neighbour add 192.0.2.7 lladdr 02:00:00:00:00:07 dev nic0 nud permanent"},
		{"permanent neighbour, IPv6", "neighbour add 2001:db8::7 lladdr 02:00:00:00:00:07 dev nic0 router"},
		{"proxies", "neighbour add proxy 192.0.2.8 dev nic0; neighbour add proxy 2001:db8::8 dev nic0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t)
			for part := range strings.SplitSeq(tt.setup, "wait;") {
				if err := m.batch(part); err != nil {
					t.Skipf("SKIPPED: this kernel, or this ip(8), cannot have it: %v", err)
				}
				m.settled()
			}
			before := m.shown()
			saved := m.save("nic0")
			m.lose("nic0")
			if missing := m.state().Lacks(saved); len(missing) == 0 {
				t.Fatal("nothing was lost: this shows nothing")
			}
			m.put(saved)
			if after := m.shown(); after != before {
				t.Error(cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
			}
			if missing := m.state().Lacks(saved); len(missing) > 0 {
				t.Errorf("said to be missing: %q", missing)
			}
		})
	}
}

// A route with a leg over another NIC that is down cannot be added again as it
// is: it comes back without that leg, and nothing is said to be missing.
func TestPutBackDeadLeg(t *testing.T) {
	m := newMachine(t)
	m.ip("address add 192.0.2.1/24 dev nic0; route add 198.51.100.0/24 nexthop via 192.0.2.254 nexthop via 203.0.113.254; link set nic1 down")
	saved := m.save("nic0")
	m.lose("nic0")
	if missing := m.state().Lacks(saved); len(missing) != 2 {
		t.Errorf("after it was lost: %q", missing)
	}
	m.put(saved)
	if missing := m.state().Lacks(saved); len(missing) > 0 {
		t.Errorf("said to be missing: %q", missing)
	}
	if text := m.shown(); !strings.Contains(text, "unicast 198.51.100.0/24 via 192.0.2.254 dev nic0") {
		t.Errorf("the route is not there:\n%s", text)
	}
}
