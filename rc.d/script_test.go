// SPDX-License-Identifier: MIT

package rcd

import (
	"bytes"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/plan"
)

// box is a root directory with rc.bond and a bondctl that writes down what it
// is given.
type box struct {
	t     *testing.T
	root  string
	shell []string
	env   []string
}

func newBox(t *testing.T, conf string) *box {
	t.Helper()
	b := &box{t: t, root: t.TempDir(), shell: []string{"bash"}}
	var script strings.Builder
	if err := Script(&script); err != nil {
		t.Fatal(err)
	}
	b.write("etc/rc.d/rc.bond", script.String(), 0o755)
	b.write("etc/rc.d/rc.bond.conf", conf, 0o600)
	b.write("sbin/bondctl", `#!/bin/sh
cd "$RC_BOND_ROOT"
for word; do printf '<%s>' "$word"; done >args
cat >values
echo to stdout
echo to stderr >&2
exit 7
`, 0o755)
	return b
}

func (b *box) path(name string) string { return filepath.Join(b.root, filepath.FromSlash(name)) }

func (b *box) write(name, text string, mode os.FileMode) {
	b.t.Helper()
	if err := os.MkdirAll(filepath.Dir(b.path(name)), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(b.path(name), []byte(text), mode); err != nil {
		b.t.Fatal(err)
	}
}

// take gives the text of a file, "" where there is none, and removes it.
func (b *box) take(name string) string {
	text, _ := os.ReadFile(b.path(name))
	_ = os.Remove(b.path(name))
	return string(text)
}

type result struct {
	status         int
	stdout, stderr string
}

func (b *box) script() string { return b.path("etc/rc.d/rc.bond") }

func (b *box) run(args ...string) result {
	return b.command(append([]string{b.script()}, args...)...)
}

func (b *box) command(args ...string) result {
	b.t.Helper()
	cmd := exec.Command(b.shell[0], append(slices.Clone(b.shell[1:]), args...)...)
	cmd.Env = append(append(os.Environ(), b.env...), "RC_BOND_ROOT="+b.root, "SCRIPT="+b.script())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// config is what bondctl makes of what it was given.
func (b *box) config() *bondconf.Config {
	b.t.Helper()
	conf, err := bondconf.FromBash(strings.NewReader(b.take("values")), b.path("etc/rc.d/rc.bond.conf"))
	if err != nil {
		b.t.Fatal(err)
	}
	return conf
}

const twoNICs = "IFNAME[0]=bond0\nBONDNICS[0]='eth0 eth1'\n"

// TestVerbs: what bondctl is told, and that its status and output are ours.
func TestVerbs(t *testing.T) {
	b := newBox(t, twoNICs)
	for _, tt := range []struct{ args, want string }{
		{"start", "<start><--values><--script><SCRIPT><-->"},
		{"stop", "<stop><--values><--script><SCRIPT><-->"},
		{"restart", "<restart><--values><--script><SCRIPT><-->"},
		{"status", "<status><--values><--script><SCRIPT><-->"},
		{"bond0_start", "<start><--values><--script><SCRIPT><--><bond0>"},
		{"bond_lan_stop", "<stop><--values><--script><SCRIPT><--><bond_lan>"},
		{"eth1_restart", "<restart><--values><--script><SCRIPT><--><eth1>"},
		{"--help_start", "<start><--values><--script><SCRIPT><--><--help>"},
	} {
		got := b.run(tt.args)
		want := strings.ReplaceAll(tt.want, "SCRIPT", b.script())
		if args := b.take("args"); args != want || got != (result{7, "to stdout\n", "to stderr\n"}) {
			t.Errorf("%s: bondctl got %s, want %s; %+v", tt.args, args, want, got)
		}
	}
	usage := regexp.MustCompile(`^Usage: \S*rc.bond start\|stop\|restart\|status\|NAME_start\|NAME_stop\|NAME_restart\n.*\n$`)
	for _, args := range [][]string{{}, {""}, {"up"}, {"help"}, {"_start"}, {"start", "bond0"}, {"bond0_status"}, {"-h"}, {"hook"}, {"hook", "bond_up"}, {"*"}} {
		got := b.run(args...)
		if called := b.take("args"); called != "" || got.status != 2 || got.stdout != "" || !usage.MatchString(got.stderr) {
			t.Errorf("%q: bondctl got %s; %+v", args, called, got)
		}
	}
	_ = os.Remove(b.path("sbin/bondctl"))
	if got := b.run("start"); got.status != 1 || !strings.Contains(got.stderr, "sbin/bondctl is not there, or not executable; install the package ifenslave again") {
		t.Errorf("without bondctl: %+v", got)
	}
}

// TestValues: bash's values arrive, whatever the file does to get at them.
func TestValues(t *testing.T) {
	for name, tt := range map[string]struct {
		conf, nics string
		faults     string // of the text of one; "": there is none
		printed    string
	}{
		"static":    {twoNICs, "eth0 eth1", "", ""},
		"computed":  {"n=1; nics() { echo eth0 eth$n; }\nIFNAME[0]=bond0\nBONDNICS[0]=$(nics)\n", "eth0 eth1", "", ""},
		"condition": {"IFNAME[0]=bond0\nif [ -d / ]; then BONDNICS[0]=eth7; fi\n", "eth7", "", ""},
		"declare":   {"declare -a IFNAME BONDNICS\nIFNAME[0]=bond0\nBONDNICS=('eth0 eth1')\n", "eth0 eth1", "", ""},
		"read-only": {twoNICs + "readonly IFNAME BONDNICS\n", "eth0 eth1", "", ""},
		"quotes":    {"IFNAME[0]=bond0\nBONDNICS[0]=\"eth0\n\teth1\"\nX=$'a\\'b\"\n'\n", "eth0\n\teth1", "", ""},
		"returns":   {twoNICs + "return 3\nBONDNICS[0]=eth9\n", "eth0 eth1", "", ""},
		"talks":     {"echo hello; echo -n there >&2\n" + twoNICs, "eth0 eth1", "", "hello\nthere"},
		"traced":    {"set -xv\n" + twoNICs, "eth0 eth1", "", "+ IFNAME[0]=bond0"},
		"reads":     {"read -r line\n" + twoNICs, "eth0 eth1", "", ""},
		"unset -u":  {twoNICs + "set -u\n", "eth0 eth1", "", ""},
		"ends":      {twoNICs + "exit 0\n", "", "it ends rc.bond", ""},
		"replaces":  {twoNICs + "exec true\n", "", "it ends rc.bond", ""},
		"set -e":    {twoNICs + "set -e\nfalse\n", "", "it ends rc.bond", ""},
		"redirects": {twoNICs + "exec >/dev/null\n", "", "it ends rc.bond", ""},
		"syntax":    {twoNICs + "IFNAME[1]=(\n'", "", "unexpected", ""},
		"no quotes": {"IFNAME[0]=bond0\nBONDNICS[0]=eth0 eth1\n", "", "eth1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, shell := range shells(t) {
				b := newBox(t, tt.conf)
				b.shell = shell
				// What comes from outside is nobody's configuration.
				b.env = []string{"IFNAME=bond9", "BONDNICS=eth9", "BONDMODE=broadcast", "MTU=9", "GATEWAY=192.0.2.9"}
				b.run("start")
				conf := b.config()
				var faults []string
				for _, f := range conf.Faults {
					faults = append(faults, f.Text)
				}
				said := strings.Join(faults, "\n")
				if (tt.faults == "") != (said == "") || !strings.Contains(said, tt.faults) {
					t.Errorf("%v: faults %q, want one with %q", shell, faults, tt.faults)
				}
				if !strings.Contains(strings.Join(conf.Printed, "\n"), tt.printed) {
					t.Errorf("%v: printed %q", shell, conf.Printed)
				}
				if tt.faults != "" {
					continue
				}
				bond := conf.Bond("bond0")
				if bond == nil || bond.NICs.Value != tt.nics || bond.Mode.Set || bond.MTU.Set || conf.Gateway.Set {
					t.Errorf("%v: bond0 is %+v", shell, bond)
				}
			}
		})
	}
}

// TestSamePlan: for a file that needs no bash to be read, bash gives the same.
func TestSamePlan(t *testing.T) {
	for name, conf := range map[string]string{
		"nothing": "# nothing\n",
		"all": `IFNAME[0]="bond0"
BONDNICS[0]="eth0 mac=00:16:3E:00:00:01 pci=0000:03:00.0"
BONDMODE[0]=6
IFOPTS[0]="miimon 50 | updelay 100|primary eth0"
HWADDR[0]=auto
MTU[0]='9000'
IPADDRS[0]="192.0.2.1/24 192.0.2.2/255.255.255.0"
IP6ADDRS[0]=2001:db8::1/64
LINKWAIT[0]=3
IFNAME[7]=bond7 BONDNICS[7]=eth7
BONDMODE[7]="802.3ad" USE_DHCP[7]="yes" DHCP_HOSTNAME[7]="a b"
GATEWAY="192.0.2.254"
GATEWAY6="fe80::1%bond0"
MODULES="tg3 e1000e"
MACCHECK=warn
bond_up() { :; }
`,
		"wrong": twoNICs + "BONDMODE[0]=7\nIFOPTS[0]='mimon 1 | primary eth9'\nMTU[0]=x\nGATEWAY=192.0.2\nIFNAME[1]=bond0\nBONDNICS[1]='eth0'\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t, conf)
			b.run("start")
			static, err := bondconf.Read(b.path("etc/rc.d/rc.bond.conf"))
			if err != nil {
				t.Fatal(err)
			}
			want, wrong := plan.Compile(static)
			got, faults := plan.Compile(b.config())
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})); diff != "" {
				t.Errorf("read statically, and by bash: %s", diff)
			}
			if len(wrong) != len(faults) {
				t.Errorf("faults read statically:\n%v\nby bash:\n%v", wrong, faults)
			}
		})
	}
}

// TestRunOrSourced: run in each way that a script can be, the result is the same,
// and a shell that sources it keeps its variables, functions and options.
func TestRunOrSourced(t *testing.T) {
	for _, shell := range shells(t) {
		t.Run(strings.Join(shell, " "), func(t *testing.T) {
			b := newBox(t, twoNICs)
			b.shell = append(shell, "-c")
			got := b.command(`
state() { set +o; shopt; compgen -v | grep -vxE '_|PIPESTATUS|FUNCNAME|BASH_.*|OLDPWD|before'; compgen -A function; pwd; trap; }
before=$(state)
set -- nosuch; . "$SCRIPT" start; echo "status $?"
[ "$before" = "$(state)" ] || echo changed
. "$SCRIPT" nosuch; echo "status $?"; echo "still there"
`)
			if got.status != 0 || got.stdout != "to stdout\nstatus 7\nstatus 2\nstill there\n" || !strings.HasPrefix(got.stderr, "to stderr\nUsage") {
				t.Errorf("%+v", got)
			}
			if bond := b.config().Bond("bond0"); bond == nil {
				t.Error("no values arrived")
			}
		})
	}
}

// TestPoorScript: it needs neither /dev/fd nor a file of its own, no program but
// bondctl, and can be read in a minute.
func TestPoorScript(t *testing.T) {
	b := newBox(t, twoNICs)
	text, err := os.ReadFile(b.script())
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(text, []byte("\n")); lines > 150 {
		t.Errorf("it has %d lines", lines)
	}
	if m := regexp.MustCompile(`<\(|>\(|<<|/sys/|/proc/|\$\(`).Find(text); m != nil {
		t.Errorf("it has %s", m)
	}
	b.env = []string{"PATH=/nosuch"}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	b.shell = []string{bash}
	b.write("sbin/bondctl", "#!"+bash+"\nwhile read -r line; do :; done\nexit 0\n", 0o755)
	if got := b.run("start"); got != (result{}) {
		t.Errorf("with nothing in PATH: %+v", got)
	}
}

// TestUnheard: nobody reads what it says any more, as after a lost connection;
// bondctl is not ended by that, and its status counts.
func TestUnheard(t *testing.T) {
	b := newBox(t, twoNICs)
	b.write("sbin/bondctl", `#!/bin/sh
cat >"$RC_BOND_ROOT/values"; sleep 0.2; echo to nobody; kill -HUP $$; echo done >"$RC_BOND_ROOT/args"
`, 0o755)
	got := b.command("-c", `bash "$SCRIPT" start 2>&1 | :; exit ${PIPESTATUS[0]}`)
	if got.status != 0 || b.take("args") != "done\n" {
		t.Errorf("%+v", got)
	}
}
