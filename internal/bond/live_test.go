// SPDX-License-Identifier: MIT

package bond

import (
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace gives the test a network namespace of its own, which goes when
// the test ends; it skips the test where that cannot be had.
func inNamespace(t *testing.T) *Conn {
	t.Helper()
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("no ip (package iproute2)")
	}
	runtime.LockOSThread() // never unlocked: the thread ends with the test, and the namespace with it
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace: %v (needs root)", err)
	}
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ip runs ip(8) in the test's namespace.
func ip(t *testing.T, args string) string {
	t.Helper()
	out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", args, err, out)
	}
	return string(out)
}

// TestUndoLive takes everything from a real interface that Enslave takes, and
// undo gives it back: compared as ip(8) sees it.
func TestUndoLive(t *testing.T) {
	c := inNamespace(t)
	if out, err := exec.Command("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "peer0").CombinedOutput(); err != nil {
		t.Skipf("no veth: %s", out)
	}
	for _, args := range []string{
		"link set eth0 address 02:00:00:00:00:01 mtu 9000 addrgenmode none",
		"link set peer0 up",
		"addr add 192.0.2.1/24 brd + dev eth0",
		"addr add 192.0.2.2/24 dev eth0 label eth0:1",
		"addr add 198.51.100.1 peer 198.51.100.2/32 dev eth0",
		"addr add 203.0.113.1/25 dev eth0 valid_lft 5000 preferred_lft 4000",
		"-6 addr add 2001:db8::1/64 dev eth0 nodad",
		"link set eth0 up",
		"route add default via 10.9.9.9 dev eth0 onlink metric 7",
		"route add 10.0.0.0/8 via 192.0.2.254",
		"route add 172.16.0.0/12 via 10.1.1.1 dev eth0 onlink mtu 1400",
		"route add 10.1.0.0/16 dev eth0 src 192.0.2.2 table 77",
		"-6 route add default via 2001:db8::ff",
	} {
		ip(t, args)
	}
	look := func() string {
		return ip(t, "link show eth0") + withoutTimes(ip(t, "addr show dev eth0")) + ip(t, "-4 route show table all") + ip(t, "-6 route show")
	}
	before := look()

	var told []string
	b := &Bond{k: c, name: "none", step: func(s string) { told = append(told, s) }}
	was, err := b.save("eth0")
	if err != nil {
		t.Fatal(err)
	}
	if len(was.addrs) != 5 || len(was.routes) != 5 {
		t.Errorf("saved %d addresses and %d routes, want 5 and 5: %v", len(was.addrs), len(was.routes), was.addrs)
	}
	if err := c.SetMTU("eth0", 1500); err != nil {
		t.Fatal(err)
	}
	notBond := Link{Index: -1, Name: "none", Addr: []byte{1}}
	if err := b.takeIn(was, notBond); err == nil {
		t.Fatal("takeIn found a bond where there is none")
	}
	if err := c.SetHardwareAddr("eth0", unix.ARPHRD_ETHER, []byte{2, 0, 0, 0, 0, 9}); err != nil {
		t.Fatal(err)
	}
	between := look()
	if strings.Contains(between, "inet ") || strings.Contains(between, " via ") || between == before {
		t.Errorf("not everything was taken away:\n%s", between)
	}

	cause := unix.EBUSY
	if err := b.undo(was, notBond, cause); err != cause && err.Error() != cause.Error() {
		t.Errorf("undo: %v", err)
	}
	if after := look(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if !slices.Contains(told, "eth0: set down") || !slices.Contains(told, "eth0: address 198.51.100.1/32 taken away") || told[len(told)-1] != "eth0: as it was before" {
		t.Errorf("steps: %q", told)
	}
}

// withoutTimes drops remaining lifetimes, which run on.
func withoutTimes(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if !strings.Contains(line, "valid_lft") || strings.Contains(line, "forever") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestLinksLive(t *testing.T) {
	c := inNamespace(t)
	links, err := c.Links()
	if err != nil || len(links) == 0 || links[0].Name != "lo" {
		t.Fatalf("Links() = %+v, %v", links, err)
	}
	l, err := c.Link("lo")
	if err != nil || l.Index != links[0].Index || l.Up() || l.Type != unix.ARPHRD_LOOPBACK || l.MTU != 65536 {
		t.Errorf("Link(lo) = %+v, %v", l, err)
	}
	if _, err := c.Link("nope"); err == nil || !strings.Contains(err.Error(), "no such device") {
		t.Errorf("Link(nope): %v", err)
	}
	if _, err := c.Link("sixteenbyteslong"); err == nil || !strings.Contains(err.Error(), "longer than 15 bytes") {
		t.Errorf("Link of a long name: %v", err)
	}
	driver, _, err := c.Driver("lo")
	if err != nil {
		t.Errorf("Driver(lo) = %q, %v", driver, err)
	}
	if err := c.BondIoctl(unix.SIOCBONDENSLAVE, "SIOCBONDENSLAVE", "lo", "lo"); err == nil {
		t.Error("lo took a member")
	}
	if _, err := c.Info("lo"); err == nil {
		t.Error("lo told what bond it is")
	}
}
