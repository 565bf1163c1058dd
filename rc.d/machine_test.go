// SPDX-License-Identifier: MIT

package rcd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A machine is a directory that rc.bond takes for the root of everything: /sys as
// plain files, which take whatever is written, and programs that note how they
// were called. It has an empty bond bond0, as the driver makes it when loaded with
// max_bonds=1, since a plain bonding_masters makes none.
type machine struct {
	t      *testing.T
	root   string
	script string
	shell  []string
}

const bootID = "11111111-2222-3333-4444-555555555555"

func newMachine(t *testing.T, nics ...string) *machine {
	t.Helper()
	m := &machine{t: t, root: t.TempDir(), script: rendered(t), shell: shells(t)[0]}
	for _, dir := range []string{"run", "sbin", "usr/bin", "etc/rc.d"} {
		m.mkdir(dir)
	}
	m.write("proc/sys/kernel/random/boot_id", bootID)
	m.write("proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT")
	m.write("proc/net/if_inet6", "")
	m.write("sys/class/net/bonding_masters", "bond0")
	for name, value := range map[string]string{
		"mode": "balance-rr 0", "miimon": "0", "updelay": "0", "downdelay": "0", "peer_notif_delay": "0", "primary": "",
		"primary_reselect": "always 0", "fail_over_mac": "none 0", "xmit_hash_policy": "layer2 0", "num_grat_arp": "1",
		"resend_igmp": "1", "use_carrier": "1", "all_slaves_active": "0", "min_links": "0", "lp_interval": "1",
		"arp_interval": "0", "arp_validate": "none 0", "arp_all_targets": "any 0", "active_slave": "", "slaves": "",
	} {
		m.write("sys/class/net/bond0/bonding/"+name, value)
	}
	m.write("sys/class/net/bond0/carrier", "1")
	for i, nic := range append([]string{"bond0"}, nics...) {
		dir := "sys/class/net/" + nic + "/"
		m.write(dir+"flags", "0x1002")
		m.write(dir+"mtu", "1500")
		m.write(dir+"ifindex", fmt.Sprint(i+2))
		m.write(dir+"address", fmt.Sprintf("00:16:3e:00:00:%02x", i))
	}
	m.program("sbin/ip", "")
	m.program("sbin/modprobe", "")
	m.program("sbin/dhcpcd", "")
	m.program("sbin/rmmod", "")
	m.program("sbin/bondctl", "")
	m.program("sbin/ifenslave", `
net=$root/sys/class/net
case $1 in
-d) flags=0x1002; : >"$net/$2/bonding/slaves" ;;
*) flags=0x1003; echo "$(cat "$net/$1/bonding/slaves") ${*:2}" >"$net/$1/bonding/slaves" ;;
esac
for nic in ${*:2}; do
  [ -e "$net/$nic/bonding" ] || echo $flags >"$net/$nic/flags" # as the driver does
done`)
	if flock, err := exec.LookPath("flock"); err == nil {
		if err := os.Symlink(flock, filepath.Join(m.root, "usr/bin/flock")); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func (m *machine) path(name string) string { return filepath.Join(m.root, filepath.FromSlash(name)) }

func (m *machine) mkdir(name string) {
	m.t.Helper()
	if err := os.MkdirAll(m.path(name), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) write(name, text string) {
	m.t.Helper()
	m.mkdir(filepath.Dir(name))
	if err := os.WriteFile(m.path(name), []byte(text+"\n"), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(name, to string) {
	m.t.Helper()
	if err := os.Symlink(to, m.path(name)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) read(name string) string {
	m.t.Helper()
	text, err := os.ReadFile(m.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// option is an option of bond0 as it stands in the fake /sys.
func (m *machine) option(name string) string { return m.read("sys/class/net/bond0/bonding/" + name) }

// program makes a program that notes its call and then does what body says.
func (m *machine) program(name, body string) {
	m.t.Helper()
	text := fmt.Sprintf("#!/bin/bash\nroot=%q\necho \"%s $*\" >>%q\n%s\n", m.root, filepath.Base(name), m.path("calls"), body)
	if err := os.WriteFile(m.path(name), []byte(text), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// calls are the programs that were run, but for those that only look.
func (m *machine) calls() []string {
	var list []string
	for line := range strings.Lines(m.read("calls")) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "ip -o ") && !strings.HasPrefix(line, "ip -4 -o") && !strings.HasPrefix(line, "ip -6 -o") {
			list = append(list, line)
		}
	}
	return list
}

func (m *machine) config(text string) {
	m.t.Helper()
	m.write("etc/rc.d/rc.bond.conf", text)
}

// An outcome is what a run gave.
type outcome struct {
	status         int
	stdout, stderr string
}

// run executes rc.bond with these arguments.
func (m *machine) run(args ...string) outcome {
	m.t.Helper()
	return m.command(append(append(m.shell[1:len(m.shell):len(m.shell)], m.script), args...)...)
}

// command runs the shell itself.
func (m *machine) command(args ...string) outcome {
	m.t.Helper()
	cmd := exec.Command(m.shell[0], args...)
	cmd.Env = append(os.Environ(), "RC_BOND_ROOT="+m.root, "SCRIPT="+m.script)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		m.t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// tree is every file and its contents, but for rc.bond's own, to see whether
// anything was touched.
func (m *machine) tree() string {
	m.t.Helper()
	var text strings.Builder
	err := filepath.WalkDir(m.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.root, path)
		if err != nil {
			return err
		}
		if name == "run" {
			return fs.SkipDir
		}
		if d.Type().IsRegular() && name != "calls" && name != "etc/rc.d/rc.bond.conf" {
			fmt.Fprintf(&text, "%s: %s\n", name, m.read(name))
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return text.String()
}

// whatever is for output that a test does not look at.
const whatever = `(?s).*`

// want compares the outcome: the status, and regular expressions for the output,
// empty where nothing is to be said.
func (o outcome) want(t *testing.T, status int, stdout, stderr string) {
	t.Helper()
	if o.status != status {
		t.Errorf("status %d, want %d", o.status, status)
	}
	for _, part := range []struct{ name, got, want string }{{"stdout", o.stdout, stdout}, {"stderr", o.stderr, stderr}} {
		if part.want == "" && part.got != "" || !regexp.MustCompile(part.want).MatchString(part.got) {
			t.Errorf("%s is %q, want %q", part.name, part.got, part.want)
		}
	}
}
