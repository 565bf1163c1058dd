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
	// Duplicate address detection takes two seconds each time. (A thread's
	// /proc/sys/net is its own namespace's.)
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/default/accept_dad", []byte("0"), 0)
	for i, nic := range []string{"nic0", "nic1"} {
		mac := "address 02:00:00:00:00:0" + strconv.Itoa(i+1)
		if m.try("link add "+nic+" "+mac+" type dummy") != nil {
			m.ip("link add " + nic + " " + mac + " type veth peer name far" + strconv.Itoa(i))
			m.ip("link set far" + strconv.Itoa(i) + " up")
		}
	}
	m.ip("link set lo up")
	m.ip("link set nic1 up")
	m.ip("address add 203.0.113.1/24 dev nic1")
	m.ip("link set nic0 up")
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

func (m machine) try(command string) error {
	out, err := exec.Command("ip", strings.Fields(command)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", command, err, out)
	}
	return nil
}

func (m machine) ip(command string) {
	m.Helper()
	if err := m.try(command); err != nil {
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

// lose does to a NIC what joining a bond does, and sets it up again: down,
// without its IPv4 addresses, up.
func (m machine) lose(nic string) {
	m.Helper()
	m.ip("link set " + nic + " down")
	for _, a := range m.save(nic).Messages {
		if a.Class == Address && a.family() == unix.AF_INET {
			if err := m.conn.Delete(a); err != nil {
				m.Fatalf("deleting %s: %v", a, err)
			}
		}
	}
	m.ip("link set " + nic + " up")
}

// put puts back what was saved, as the engine does: what must wait for
// duplicate address detection at the end.
func (m machine) put(saved Saved) {
	m.Helper()
	var again []Request
	for _, r := range saved.Requests(Uptime()) {
		if err := m.conn.Add(r.Message); err != nil && !errors.Is(err, unix.EEXIST) {
			if !r.AfterDAD {
				m.Errorf("putting back %s: %v", r, err)
			}
			again = append(again, r)
		}
	}
	end := time.Now().Add(5 * time.Second)
	for len(again) > 0 && time.Now().Before(end) {
		time.Sleep(50 * time.Millisecond)
		again = slices.DeleteFunc(again, func(r Request) bool {
			err := m.conn.Add(r.Message)
			return err == nil || errors.Is(err, unix.EEXIST)
		})
	}
	for _, r := range again {
		m.Errorf("%s could not be put back", r)
	}
}

// shown is what ip(8) shows of everything, with times rounded.
func (m machine) shown() string {
	m.Helper()
	// Good after a second, and different meanwhile.
	for range 100 {
		out, _ := exec.Command("ip", "-6", "address", "show", "tentative").Output()
		if !strings.Contains(string(out), "tentative") || strings.Contains(string(out), "dadfailed") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	var all []string
	for _, what := range []string{"-d address show dev nic0", "-4 -d route show table all", "-6 -d route show table all",
		"neighbour show nud permanent", "neighbour show proxy", "-6 neighbour show proxy", "-d nexthop show"} {
		out, err := exec.Command("ip", strings.Fields(what)...).CombinedOutput()
		if err != nil && !strings.Contains(what, "nexthop") {
			m.Fatalf("ip %s: %v: %s", what, err, out)
		}
		lines := slices.Collect(strings.Lines(string(out)))
		if !strings.Contains(what, "address") { // the order in which interfaces came up
			slices.Sort(lines)
		}
		all = append(all, "ip "+what+":\n"+strings.Join(lines, ""))
	}
	// Seconds run, and those of a second run may be one less.
	seconds := regexp.MustCompile(`(valid_lft|preferred_lft|expires) (\d+)sec`)
	return seconds.ReplaceAllStringFunc(strings.Join(all, ""), func(s string) string {
		parts := seconds.FindStringSubmatch(s)
		n, _ := strconv.Atoi(parts[2])
		return parts[1] + " about " + strconv.Itoa((n+50)/100*100)
	})
}

// Each kind of address, route, neighbour and nexthop that can be on a NIC goes
// when it joins a bond, and is put back as it was.
func TestPutBack(t *testing.T) {
	for _, tt := range []struct {
		name  string
		setup string // commands of ip(8), separated by semicolons
	}{
		{"IPv4 address", "address add 192.0.2.1/24 brd + dev nic0"},
		{"IPv4 addresses of one network", "address add 192.0.2.1/24 brd + dev nic0; address add 192.0.2.2/24 dev nic0"},
		{"IPv6 addresses", "address add 2001:db8::1/64 dev nic0; address add 2001:db8::aa/64 dev nic0"},
		{"default route", "address add 192.0.2.1/24 dev nic0; route add default via 192.0.2.254 metric 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t)
			for command := range strings.SplitSeq(tt.setup, ";") {
				m.ip(command)
			}
			before := m.shown()
			saved := m.save("nic0")
			m.lose("nic0")
			if m.shown() == before {
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
