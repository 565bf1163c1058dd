// SPDX-License-Identifier: MIT

package rcd

import (
	"slices"
	"strings"
	"testing"
)

// newSmartNICs is a machine whose eth0 and eth1 are SmartNICs, with the exasock
// driver on disk.
func newSmartNICs(t *testing.T) *machine {
	m := newMachine(t, "eth0", "eth1")
	m.mkdir("sys/bus/pci/drivers/exanic")
	for _, nic := range []string{"eth0", "eth1"} {
		m.mkdir("sys/class/net/" + nic + "/device")
		m.link("sys/class/net/"+nic+"/device/driver", "../../../../bus/pci/drivers/exanic")
	}
	m.program("sbin/modprobe", `
[ "$1" != exasock ] || {
  : >"$root/sys/class/net/exabond_masters"
  mkdir -p "$root/sys/module/exasock"
  echo 0 >"$root/sys/module/exasock/refcnt"
}`)
	m.program("sbin/bondctl", `
case $1/$2 in
exasock/manage) echo "$3" >"$root/sys/class/net/exabond_masters" ;;
exasock/release) : >"$root/sys/class/net/exabond_masters" ;;
esac`)
	m.config(pair + "EXASOCK[0]=yes")
	return m
}

// TestExasockOrder: the driver is loaded, the members go in, the bond is managed
// last; stop goes the same way back.
func TestExasockOrder(t *testing.T) {
	m := newSmartNICs(t)
	m.run("start").want(t, 0, `Starting bond0:  eth0 eth1 \(active-backup\)`, "")
	m.inOrder("modprobe exasock", "ifenslave bond0 eth0 eth1", "bondctl exasock manage bond0")
	m.run("stop").want(t, 0, "Stopping bond0", "")
	m.inOrder("bondctl exasock manage bond0", "bondctl exasock release bond0", "ifenslave -d bond0 eth0 eth1", "rmmod exasock")
}

// inOrder looks for calls, one behind the other.
func (m *machine) inOrder(want ...string) {
	m.t.Helper()
	calls := m.calls()
	rest := calls
	for _, call := range want {
		i := slices.Index(rest, call)
		if i < 0 {
			m.t.Errorf("no %q in its place among\n%s", call, strings.Join(calls, "\n"))
			return
		}
		rest = rest[i+1:]
	}
}

// TestExasockMissing: without the driver nothing is touched.
func TestExasockMissing(t *testing.T) {
	m := newSmartNICs(t)
	m.program("sbin/modprobe", `echo "modprobe: FATAL: Module exasock not found." >&2; exit 1`)
	m.run("start").want(t, 1, "", `^rc.bond: bond0: the exasock driver is not loaded: modprobe: FATAL: Module exasock not found`)
	if got := m.option("slaves") + m.option("mode"); got != "balance-rr 0" {
		t.Errorf("slaves and mode are %q", got)
	}
}

// TestExasockHeld: a bond that a program uses is left as it is.
func TestExasockHeld(t *testing.T) {
	m := newSmartNICs(t)
	m.run("start").want(t, 0, "Starting bond0", "")
	m.program("sbin/bondctl", `echo "bondctl: bond0: process 7 uses it" >&2; exit 1`)
	m.run("stop").want(t, 1, "Stopping bond0", `^rc.bond: bond0: exasock does not let go of it: bondctl: bond0: process 7 uses it`)
	if got := m.option("slaves"); got != "eth0 eth1" {
		t.Errorf("members %q", got)
	}
}
