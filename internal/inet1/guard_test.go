// SPDX-License-Identifier: MIT

package inet1

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	rcd "github.com/slackbond/slackbond/rc.d"
)

// verbs is what the guard has to run for each verb of rc.inet1; bond0 and
// bond.lan are in rc.bond.conf. The first one is no verb at all.
var verbs = []struct{ verb, want string }{
	{"", "start"},
	{"start", "start"},
	{"up", "start"},
	{"nonsense", "start"},
	{"restart", "start; start"}, // before and after
	{"bond0_start", "bond0_start"},
	{"bond0_up", "bond0_start"},
	{"bond0_restart", "bond0_start"},
	{"bond.lan_start", "bond.lan_start"},
	{"stop", ""},
	{"down", ""},
	{"lo_start", ""},
	{"lo_up", ""},
	{"lo_stop", ""},
	{"lo_down", ""},
	{"lo_restart", ""},
	{"eth0_start", "eth0_start"},
	{"eth0_up", "eth0_start"},
	{"eth0_restart", "eth0_start"},
	{"eth9_start", ""},
	{"bond_start", ""},
	{"bond0_stop", ""},
	{"bond0_down", ""},
	{"eth0_stop", ""},
	{"eth0_down", ""},
}

const bondConf = "IFNAME[0]=\"bond0\"\nBONDNICS[0]=\"eth0 eth1\"\nIFNAME[3]=bond.lan\nBONDNICS[3]=\"eth2\"\ni=rubbish\nMAXNICS=1\n"

// rcDir is an /etc/rc.d with a stand-in for rc.bond, which writes down how it
// is called, and talks. Scripts find it there in place of /etc/rc.d.
type rcDir string

func newRCDir(t *testing.T) rcDir {
	t.Helper()
	d := rcDir(t.TempDir())
	d.write(t, "rc.bond", "#!/bin/sh\necho \"$*\" >> /etc/rc.d/calls\necho Starting bonds\nexit 3\n", 0o755)
	d.write(t, "rc.bond.conf", bondConf, 0o600)
	return d
}

func (d rcDir) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	path := filepath.Join(string(d), name)
	text = strings.ReplaceAll(text, "/etc/rc.d/", string(d)+"/")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// calls gives how rc.bond was called since the last time, separated by "; ".
func (d rcDir) calls() string { return strings.ReplaceAll(d.take("calls"), "\n", "; ") }

// take gives the lines of a file that stand-ins write to, and empties it.
func (d rcDir) take(name string) string {
	path := filepath.Join(string(d), name)
	text, _ := os.ReadFile(path)
	_ = os.Remove(path)
	return strings.TrimSpace(string(text))
}

func (d rcDir) run(t *testing.T, argv ...string) string {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = string(d)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%q: %v\n%s", argv, err, out)
	}
	return string(out)
}

// shells are the ways in which bash runs a script; BASH42 names a bash 4.2,
// which Slackware 14.1 has.
func shells(t *testing.T) map[string][]string {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	list := map[string][]string{"bash": {bash}, "posix": {bash, "--posix"}}
	if old := os.Getenv("BASH42"); old != "" {
		list["bash 4.2"], list["posix 4.2"] = []string{old}, []string{old, "--posix"}
	}
	return list
}

// conf is an rc.inet1.conf; its last command fails, which is to be seen behind
// the guard as it is without one.
const conf = "IFNAME[0]=\"bond0\"\nIPADDR[0]=\"192.0.2.1\"\nUSE_DHCP[1]=yes\n(exit 5)\n"

// Each verb, under a stand-in for each release's rc.inet1, run and sourced
// from rc.M: rc.bond is called as the table says, and for the rest rc.inet1
// does and prints what it does without the guard.
func TestGuardVerbs(t *testing.T) {
	guard := New(rcd.Guard).block(false)
	for _, release := range []string{"14", "15", "current"} {
		script, err := os.ReadFile("testdata/rc.inet1-" + release)
		if err != nil {
			t.Fatal(err)
		}
		for name, shell := range shells(t) {
			t.Run(release+" "+name, func(t *testing.T) {
				d := newRCDir(t)
				d.write(t, "rc.inet1", string(script), 0o755)
				d.write(t, "rc.M-sources", "PATH=$PATH\n. /etc/rc.d/rc.inet1\necho rc.M goes on\n", 0o755)
				d.write(t, "rc.M-runs", strings.Join(shell, " ")+" /etc/rc.d/rc.inet1\necho rc.M goes on\n", 0o755)
				try := func(want string, script string, args ...string) {
					argv := append(append([]string{}, shell...), append([]string{filepath.Join(string(d), script)}, args...)...)
					d.write(t, "rc.inet1.conf", conf, 0o600)
					without := d.run(t, argv...)
					if calls := d.calls(); calls != "" {
						t.Fatalf("rc.bond ran without the guard: %s", calls)
					}
					d.write(t, "rc.inet1.conf", conf+guard, 0o600)
					with := d.run(t, argv...)
					calls := d.calls()
					if calls != want {
						t.Errorf("%s %q: rc.bond %q, want %q", script, args, calls, want)
					}
					if with != without || !strings.HasPrefix(with, "read: status 5 i= IFNAME=bond0 status=\n") {
						t.Errorf("%s %q: with the guard:\n%s\nwithout:\n%s", script, args, with, without)
					}
					t.Logf("%-12s %-15s rc.bond %s", script, strings.Join(args, " "), orNothing(calls))
				}
				for _, v := range verbs {
					if v.verb == "" {
						try(v.want, "rc.inet1")
						continue
					}
					try(v.want, "rc.inet1", v.verb)
				}
				try("start", "rc.M-sources")
				try("start", "rc.M-sources", "restart") // whose end is not rc.inet1's
				try("start", "rc.M-runs")
			})
		}
	}
}

func orNothing(s string) string {
	if s == "" {
		return "(nothing)"
	}
	return s
}

// Whoever else reads rc.inet1.conf, and whatever else is not as it should be:
// nothing is run, nothing is printed, $? is kept.
func TestGuardLeavesAlone(t *testing.T) {
	guard := New(rcd.Guard).block(false)
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			run := func(d rcDir, args ...string) string {
				return d.run(t, append(append([]string{}, shell...), args...)...)
			}
			inet1 := "#!/bin/bash\n. /etc/rc.d/rc.inet1.conf\necho \"status $?\"\n"

			d := newRCDir(t)
			d.write(t, "rc.inet1.conf", conf+guard, 0o600)
			d.write(t, "rc.inet1", inet1, 0o755)
			for _, other := range []string{"netconfig", "rc.inet1.sh", "myrc.inet1", "rc.wireless"} {
				d.write(t, other, inet1, 0o755)
				if out := run(d, filepath.Join(string(d), other), "start"); out != "status 5\n" || d.calls() != "" {
					t.Errorf("read by %s: %q", other, out)
				}
			}
			for _, line := range []string{". ./rc.inet1.conf; echo status $?", "set -u; . ./rc.inet1.conf; echo status $?"} {
				if out := run(d, "-c", line, "bash", "start"); out != "status 5\n" || d.calls() != "" {
					t.Errorf("read by %q: %q", line, out)
				}
			}
			inet1Path := filepath.Join(string(d), "rc.inet1")
			for _, tt := range []struct {
				name, verb string
				prepare    func()
			}{
				{"rc.bond without the x bit", "start", func() { os.Chmod(filepath.Join(string(d), "rc.bond"), 0o644) }},
				{"no rc.bond", "start", func() { os.Remove(filepath.Join(string(d), "rc.bond")) }},
				{"rc.bond.conf with a syntax error", "eth0_start", func() { d.write(t, "rc.bond.conf", "IFNAME[0]=\"bond0\n", 0o600) }},
				{"rc.bond.conf that exits", "bond0_start", func() { d.write(t, "rc.bond.conf", "exit 9\n", 0o600) }},
				{"no rc.bond.conf", "bond0_start", func() { os.Remove(filepath.Join(string(d), "rc.bond.conf")) }},
			} {
				d.write(t, "rc.bond", "#!/bin/sh\necho \"$*\" >> /etc/rc.d/calls\n", 0o755)
				tt.prepare()
				if out, calls := run(d, inet1Path, tt.verb), d.calls(); out != "status 5\n" || calls != "" {
					t.Errorf("%s: %q, calls %q", tt.name, out, calls)
				}
			}
		})
	}
	for _, other := range []string{"dash", "busybox"} {
		path, err := exec.LookPath(other)
		if err != nil {
			continue
		}
		argv := []string{path, "-c", ". ./rc.inet1.conf; echo status $?"}
		if other == "busybox" {
			argv = append([]string{path, "sh"}, argv[1:]...)
		}
		d := newRCDir(t)
		d.write(t, "rc.inet1.conf", "(exit 5)\n"+guard, 0o600)
		if out := d.run(t, argv...); out != "status 5\n" {
			t.Errorf("read by %s: %q", other, out)
		}
	}
}

// The real scripts, where RC_INET1_DIR names a directory with some (files
// named rc.inet1*). They run in a network namespace of their own, with
// programs that only write down how they are called: with the guard as without.
func TestGuardRealScripts(t *testing.T) {
	dir := os.Getenv("RC_INET1_DIR")
	if dir == "" {
		t.Skip("RC_INET1_DIR names no directory with real rc.inet1 scripts")
	}
	scripts, err := filepath.Glob(filepath.Join(dir, "rc.inet1*"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%s has no rc.inet1: %v", dir, err)
	}
	if out, err := exec.Command("unshare", "-rn", "true").CombinedOutput(); err != nil {
		t.Skipf("no network namespace can be had: %v: %s", err, out)
	}
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "#!") {
			continue // rc.inet1.conf
		}
		for name, shell := range shells(t) {
			t.Run(filepath.Base(path)+" "+name, func(t *testing.T) { realScript(t, string(text), shell) })
		}
	}
}

func realScript(t *testing.T, text string, shell []string) {
	d := newRCDir(t)
	bin := filepath.Join(string(d), "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"ip", "ifconfig", "route", "modprobe", "dhcpcd", "brctl", "sleep", "ipmask"} {
		d.write(t, filepath.Join("bin", program), "#!/bin/sh\necho \"${0##*/} $*\" >> /etc/rc.d/ran\n", 0o755)
	}
	d.write(t, "bin/logger", "#!/bin/sh\n", 0o755) // is given the process's number
	for _, prefix := range []string{"/usr/sbin/", "/sbin/", "/usr/bin/"} {
		text = strings.ReplaceAll(text, prefix, bin+"/")
	}
	// No interface of this machine, and none of its settings.
	text = strings.NewReplacer("/sys/class/net", string(d)+"/net", "/proc/sys/net", string(d)+"/sysnet", "/bin/cut", "cut").Replace(text)
	d.write(t, "rc.inet1", text, 0o755)
	const conf = "IFNAME[0]=\"bond0\"\nIPADDR[0]=\"192.0.2.1\"\nNETMASK[0]=\"255.255.255.0\"\n"
	d.write(t, "rc.M", ". /etc/rc.d/rc.inet1\n", 0o755)
	run := func(script string, args ...string) string {
		argv := append([]string{"-rn", "env", "PATH=" + bin + ":" + os.Getenv("PATH")}, shell...)
		cmd := exec.Command("unshare", append(append(argv, filepath.Join(string(d), script)), args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil && cmd.ProcessState.ExitCode() > 1 {
			t.Errorf("%s %q: %v\n%s", script, args, err, out)
		}
		return string(out) + d.take("ran")
	}
	try := func(want, script string, args ...string) {
		d.write(t, "rc.inet1.conf", conf, 0o600)
		without := run(script, args...)
		d.write(t, "rc.inet1.conf", conf+New(rcd.Guard).block(false), 0o600)
		with := run(script, args...)
		got := d.calls()
		if got != want {
			t.Errorf("%s %q: rc.bond %q, want %q", script, args, got, want)
		}
		if with != without {
			t.Errorf("%s %q: with the guard it did\n%s\nwithout\n%s", script, args, with, without)
		}
		t.Logf("%-8s %-15s rc.bond %-14s then %2d lines", script, strings.Join(args, " "), orNothing(got), strings.Count(with, "\n"))
	}
	for _, v := range verbs {
		try(v.want, "rc.inet1", strings.Fields(v.verb)...)
	}
	try("start", "rc.M")
}
