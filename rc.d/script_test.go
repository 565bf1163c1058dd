// SPDX-License-Identifier: MIT

package rcd

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVerbs(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.config(pair)
	const usage = `^Usage: \S*rc.bond start\|stop\|restart\|status\|BOND_start\|BOND_stop\|BOND_restart\n$`
	for _, args := range [][]string{{}, {""}, {"up"}, {"help"}, {"_start"}, {"../x_start"}, {"start", "bond0"}, {"bond0_status"}, {"-h"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) { m.run(args...).want(t, 2, "", usage) })
	}
	for _, verb := range []string{"bond7_start", "bond7_stop", "bond7_restart"} {
		t.Run(verb, func(t *testing.T) { m.run(verb).want(t, 2, "", `^rc.bond: bond7 is not in \S*rc.bond.conf\n$`) })
	}
	for _, verb := range []string{"bond0_start", "start", "bond0_restart", "restart", "bond0_stop"} {
		t.Run(verb, func(t *testing.T) { m.run(verb).want(t, 0, whatever, "") })
	}
	// This bond was there before; what rc.bond did not start it does not stop.
	m.run("stop").want(t, 1, "", `^rc.bond: bond0: not started by rc.bond: left alone\n$`)
}

func TestNoConfiguration(t *testing.T) {
	m := newMachine(t)
	m.run("start").want(t, 2, "", `^rc.bond: cannot read \S*rc.bond.conf\n$`)
	m.config("# nothing\n")
	m.run("start").want(t, 0, `no bond is configured`, "")
	m.run("stop").want(t, 0, whatever, "")
	m.run("status").want(t, 3, `no bond is configured`, "")
}

// TestWays: run in each way that a script can be, the result is the same, and a
// shell that sources it keeps its variables, functions and options.
func TestWays(t *testing.T) {
	for _, shell := range shells(t) {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			m := newMachine(t, "eth0", "eth1")
			m.shell = shell
			m.config(pair)
			m.run("start").want(t, 0, `^Starting bond0:  eth0 eth1 \(active-backup\)\n`, "")
			if got := m.option("slaves") + " " + m.option("miimon"); got != "eth0 eth1 100" {
				t.Errorf("bond0 has %q", got)
			}
			m.run("bond0_stop").want(t, 0, `^Stopping bond0\n`, "")
		})
		t.Run(strings.Join(shell, " ")+" sourced", func(t *testing.T) {
			m := newMachine(t, "eth0", "eth1")
			m.shell = shell
			m.config(pair)
			m.command(append(shell[1:len(shell):len(shell)], "-c", `
state() { set +o; shopt; compgen -v | grep -vxE '_|PIPESTATUS|FUNCNAME|BASH_.*|OLDPWD|net|before'; compgen -A function; pwd; }
before=$(state)
set -- nosuch; . "$SCRIPT" start || echo "status $?"
[ "$before" = "$(state)" ] || { echo changed; diff <(echo "$before") <(state); }
. "$SCRIPT" nosuch; echo "status $?"; echo "still there"
`)...).want(t, 0, `^Starting bond0:.*\n.*\n.*\nstatus 2\nstill there\n$`, `^Usage`)
			if got := m.option("slaves"); got != "eth0 eth1" {
				t.Errorf("members %q", got)
			}
		})
	}
}

// TestOptionOrder: whatever their order in the file, options are written in the
// one that the kernel takes, and the members come after them.
func TestOptionOrder(t *testing.T) {
	pieces := []string{"primary eth1", "miimon 50", "fail_over_mac follow", "downdelay 100", "updelay 200", "num_unsol_na 3", "use_carrier off"}
	want := []string{"mode", "fail_over_mac", "num_grat_arp", "use_carrier", "miimon", "updelay", "downdelay", "primary"}
	for range pieces {
		pieces = append(pieces[1:], pieces[0])
		m := newMachine(t, "eth0", "eth1")
		m.config(pair + "DEBUG_ETH_UP=yes\nIFOPTS[0]='" + strings.Join(pieces, "|") + " |'")
		o := m.run("start")
		o.want(t, 0, whatever, "")
		var got []string
		for _, match := range regexp.MustCompile(`bonding/(\w+)\n`).FindAllStringSubmatch(o.stdout, -1) {
			got = append(got, match[1])
		}
		if !slices.Equal(got, want) {
			t.Errorf("IFOPTS %q: written were %v, want %v", pieces, got, want)
		}
		if strings.Index(o.stdout, "/ifenslave ") < strings.Index(o.stdout, "bonding/primary") {
			t.Error("members went in before the options")
		}
	}
}

// TestNothingToDo: a second start writes nothing and runs nothing but ip to look.
func TestNothingToDo(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.config(pair + "IFOPTS[0]='primary eth0'")
	m.run("start").want(t, 0, whatever, "")
	before, calls := m.tree(), len(m.calls())
	m.run("start").want(t, 0, whatever, "")
	if after := m.tree(); after != before {
		t.Errorf("the second start left\n%s\nand not\n%s", after, before)
	}
	if again := m.calls()[calls:]; len(again) > 0 {
		t.Errorf("the second start ran %q", again)
	}
}

// TestStop: everything is as it was, in the order that the driver takes.
func TestStop(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.write("sys/class/net/eth0/flags", "0x1003")
	before := m.tree()
	m.config(pair + "BONDMODE[0]=1\nIFOPTS[0]='updelay 300 | miimon 100'\nMTU[0]=9000")
	m.run("start").want(t, 0, whatever, "")
	m.write("sys/class/net/eth0/mtu", "9000") // as ifenslave and the kernel would
	m.run("stop").want(t, 0, "Stopping bond0", "")
	// The fake /sys gives back what is written, which is a word without its number.
	after := strings.NewReplacer("mode: balance-rr\n", "mode: balance-rr 0\n", "flags: 4099\n", "flags: 0x1003\n", "flags: 4098\n", "flags: 0x1002\n").Replace(m.tree())
	if after != before {
		t.Errorf("stop left\n%s\nand not\n%s", after, before)
	}
}

// TestFailedMember: what was done is undone, the step and its reason are said.
func TestFailedMember(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.write("sys/class/net/eth0/flags", "0x1003")
	m.program("sbin/ifenslave", `echo "ifenslave: bond0: eth1: no such thing" >&2; exit 1`)
	m.config(pair)
	m.run("start").want(t, 1, "Starting bond0", `making eth0 a member: ifenslave: bond0: eth1: no such thing\n.*everything is back as it was`)
	if got := m.option("miimon") + m.read("sys/class/net/eth0/flags"); got != "00x1003" {
		t.Errorf("miimon and flags are %q", got)
	}
	if journal := m.read("run/rc.bond/bond.bond0"); journal != "" {
		t.Errorf("the journal still says %q", journal)
	}
}

// TestLacking: options that the kernel or this system lacks are named, the others set.
func TestLacking(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.config(pair + "IFOPTS[0]='arp_missed_max 3 | updelay 100 | prio eth1:5 | ns_ip6_target 2001:db8::1'")
	if err := os.Remove(m.path("sbin/bondctl")); err != nil {
		t.Fatal(err)
	}
	m.run("start").want(t, 1, "members eth0 eth1",
		`ns_ip6_target 2001:db8::1 is not set: that takes \S*bondctl(.|\n)*arp_missed_max 3 is not set: the bonding driver of this kernel has no such option(.|\n)*prio eth1:5 is not set`)
	if got := m.option("updelay"); got != "100" {
		t.Errorf("updelay is %q", got)
	}
}

func TestNetlink(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.program("sbin/bondctl", `case $* in *prio*) echo "bondctl: prio: the kernel does not have it" >&2; exit 1 ;; esac`)
	m.config(pair + "IFOPTS[0]='ns_ip6_target 2001:db8::1 2001:db8::2 | prio eth0:1,eth1:5'")
	m.run("start").want(t, 1, whatever, `prio eth0:1 is not set: bondctl: prio: the kernel does not have it`)
	want := []string{"bondctl set bond0 ns_ip6_target 2001:db8::1,2001:db8::2", "ifenslave bond0 eth0 eth1", "bondctl set bond0 prio eth0:1", "bondctl set bond0 prio eth1:5"}
	if got := m.calls(); !slices.Equal(got, want) {
		t.Errorf("ran %q, want %q", got, want)
	}
}

func TestMACCheck(t *testing.T) {
	const conf = pair + "HWADDR[0]=02:00:00:00:00:07\n"
	setAddress := `case $* in "link set "*) echo "${*: -1}" >$root/sys/class/net/bond0/address ;; esac`
	tests := []struct {
		name, conf, body string
		status           int
		stderr, address  string
	}{
		{"not seen", conf, `exit 0`, 0, "", "02:00:00:00:00:07"},
		{"in use", conf, `echo "02:00:00:00:00:07 is used by host7"; exit 1`, 1, `is used by host7\n.*is in use; MACCHECK=warn(.|\n)*nothing touched`, "00:16:3e:00:00:00"},
		{"in use, taken", conf + "MACCHECK=warn", `echo "02:00:00:00:00:07 is used by host7"; exit 1`, 1, `is used by host7\n.*taken all the same`, "02:00:00:00:00:07"},
		{"cannot tell", conf, `exit 3`, 0, "", "02:00:00:00:00:07"},
		{"not asked", conf + "MACCHECK=off", `exit 1`, 0, "", "02:00:00:00:00:07"},
		{"auto", pair + "HWADDR[0]=auto", `echo 02:aa:00:00:00:01`, 0, "", "02:aa:00:00:00:01"},
		{"no auto", pair + "HWADDR[0]=auto", `echo "no seed" >&2; exit 1`, 1, `HWADDR\[0\]=auto: no seed; it gets its first member's address\n`, "00:16:3e:00:00:00"},
		{"auto, some sources unread", pair + "HWADDR[0]=auto", `echo 02:aa:00:00:00:01; echo "no arp" >&2; exit 3`, 0, "", "02:aa:00:00:00:01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t, "eth0", "eth1")
			m.program("sbin/bondctl", tt.body)
			m.program("sbin/ip", setAddress)
			m.config(tt.conf)
			m.run("start").want(t, tt.status, whatever, tt.stderr)
			if got := m.read("sys/class/net/bond0/address"); got != tt.address {
				t.Errorf("address %s, want %s", got, tt.address)
			}
		})
	}
}

// TestSyslog: where syslogd runs, details go there, through one logger for all.
func TestSyslog(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.write("run/syslogd.pid", "1")
	m.program("usr/bin/logger", `cat >"$root/log"`)
	m.config(pair)
	o := m.run("start")
	if o.want(t, 0, whatever, ""); o.stdout != "Starting bond0:  eth0 eth1 (active-backup)\n" {
		t.Errorf("stdout is %q", o.stdout)
	}
	for end := time.Now().Add(5 * time.Second); m.read("log") == "" && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if log := m.read("log"); !strings.Contains(log, "bond0: up, mode active-backup") {
		t.Errorf("the log has %q", log)
	}
	if calls := m.calls(); !regexp.MustCompile(`^logger -t rc\.bond\[\d+\]$`).MatchString(calls[0]) {
		t.Errorf("ran %q", calls)
	}
}

// TestLock: a second run says whom it waits for, and goes on when that one is done.
func TestLock(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	if _, err := exec.LookPath("flock"); err != nil {
		t.Skip(err)
	}
	m.mkdir("run/rc.bond")
	m.config(pair)
	holder := exec.Command("bash", "-c", `exec 9<>"$0"; flock 9; echo "restart, pid 77" >"$0"; echo; read`, m.path("run/rc.bond/lock"))
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := stdout.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { stdin.Close() })
	m.run("start").want(t, 0, "Starting bond0", `^rc.bond: waiting for another run of rc.bond: restart, pid 77\n$`)
	if err := holder.Wait(); err == nil {
		t.Error("the holder's read did not end")
	}
}

// TestOldTools: without iproute2, addresses are read from ifconfig in both of its
// layouts, and given by it.
func TestOldTools(t *testing.T) {
	layouts := map[string]string{
		"net-tools 1.60": `eth0      Link encap:Ethernet  HWaddr 00:16:3E:00:00:01
          inet addr:10.0.0.5  Bcast:10.0.0.255  Mask:255.255.255.0
          inet6 addr: fe80::1/64 Scope:Link
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1

eth0:1    Link encap:Ethernet  HWaddr 00:16:3E:00:00:01
          inet addr:10.0.1.5  Bcast:10.0.1.127  Mask:255.255.255.128
`,
		"net-tools 2": `eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 10.0.0.5  netmask 255.255.255.0  broadcast 10.0.0.255
        inet6 fe80::1  prefixlen 64  scopeid 0x20<link>

eth0:1: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
        inet 10.0.1.5  netmask 255.255.255.128  broadcast 10.0.1.127
`,
	}
	for name, layout := range layouts {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, "eth0", "eth1")
			if err := os.Remove(m.path("sbin/ip")); err != nil {
				t.Fatal(err)
			}
			m.write("sys/class/net/eth0/flags", "0x1003")
			m.write("ifconfig.txt", layout)
			// Of the bond it tells what was given to it.
			m.program("sbin/ifconfig", `
case $1 in
-a) cat "$root/ifconfig.txt"; cat "$root/given" 2>/dev/null ;;
bond0*) printf '%s Link encap:Ethernet\n inet addr:%s Bcast:0 Mask:%s\n' "$1" "$2" "$4" >>"$root/given" ;;
esac`)
			m.program("sbin/route", "")
			m.write("proc/net/if_inet6", "20010db8000000000000000000000005 02 40 00 80     eth0\nfe800000000000000000000000000001 02 40 20 80     eth0")
			m.write("proc/net/route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t0000630A\t0100000A\t0003\t0\t0\t5\t0000FFFF\t0\t0\t0")
			m.config(pair + "IPADDRS[0]='10.0.0.9/24 10.2.0.9/16'\nGATEWAY=10.0.0.1")
			m.run("start").want(t, 0, whatever, "")
			m.run("stop").want(t, 0, whatever, "")
			var got []string
			for _, call := range m.calls() {
				if call != "ifconfig -a" {
					got = append(got, call)
				}
			}
			want := []string{
				"ifconfig eth0 0.0.0.0", "ifenslave bond0 eth0 eth1",
				"ifconfig bond0 10.0.0.9 netmask 255.255.255.0", "ifconfig bond0:0 10.2.0.9 netmask 255.255.0.0",
				"route add default gw 10.0.0.1",
				"ifconfig bond0 del 10.0.0.9", "ifconfig bond0 del 10.2.0.9", "ifenslave -d bond0 eth0 eth1",
				"ifconfig eth0 10.0.0.5 netmask 255.255.255.0", "ifconfig eth0:1 10.0.1.5 netmask 255.255.255.128",
				"ifconfig eth0 add 2001:0db8:0000:0000:0000:0000:0000:0005/64",
				"route add -net 10.99.0.0 netmask 255.255.0.0 gw 10.0.0.1 dev eth0",
			}
			if !slices.Equal(got, want) {
				t.Errorf("ran\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestUnheard: nobody reads what it says any more, as after a lost connection; it goes on.
func TestUnheard(t *testing.T) {
	m := newMachine(t, "eth0", "eth1")
	m.config(pair)
	m.command("-c", `bash "$SCRIPT" start 2>&1 | :; exit ${PIPESTATUS[0]}`).want(t, 0, "", "")
	if got := m.option("slaves"); got != "eth0 eth1" {
		t.Errorf("members %q", got)
	}
}
