// SPDX-License-Identifier: MIT

package rcbond

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
)

// machine is a fake one with eth0 and eth1, and a configuration.
type machine struct {
	t    *testing.T
	dir  string
	k    *fakekernel.Kernel
	log  *[]string
	root bool
}

const pair = "IFNAME[0]=bond0\nBONDNICS[0]='eth0 eth1'\nLINKWAIT[0]=0\n"

func newMachine(t *testing.T, conf string) *machine {
	t.Helper()
	k := fakekernel.New(fakekernel.Profile{})
	k.AddNICs("eth0", "eth1")
	m := &machine{t: t, dir: t.TempDir(), k: k, root: true}
	m.config(conf)
	return m
}

func (m *machine) conf() string { return filepath.Join(m.dir, "rc.bond.conf") }

func (m *machine) config(text string) {
	m.t.Helper()
	if err := os.WriteFile(m.conf(), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

type noMACs struct{}

func (noMACs) Derive(context.Context, *plan.Bond) (net.HardwareAddr, string, error) {
	return nil, "", errors.New("no addresses here")
}
func (noMACs) Check(context.Context, *plan.Bond, net.HardwareAddr, []string) (bool, []string, []string) {
	return false, nil, nil
}

type lines struct{ list *[]string }

func (l lines) Notice(line string) error { *l.list = append(*l.list, line); return nil }

type output struct {
	status         int
	stdout, stderr string
}

// run does it; values is what bash printed, nil where the file is read statically.
func (m *machine) run(verb Verb, values *string, names ...string) output {
	m.t.Helper()
	var stdout, stderr bytes.Buffer
	report := &Report{Stdout: &stdout, Stderr: &stderr, Program: "rc.bond"}
	if m.log != nil {
		report.Syslog = lines{m.log}
	}
	r := &Run{
		Conf: m.conf(), Script: "/etc/rc.d/rc.bond", Report: report,
		Kernel: m.k, Folder: filepath.Join(m.dir, "run"), Boot: "this", MACs: noMACs{},
		Links:  func() ([]source.Link, error) { return nil, nil },
		IsRoot: func() bool { return m.root }, Timeout: 200 * time.Millisecond,
	}
	if values != nil {
		r.Values = strings.NewReader(*values)
	}
	status := r.Do(context.Background(), verb, names...)
	return output{status, stdout.String(), stderr.String()}
}

func (o output) want(t *testing.T, status int, stdout, stderr string) {
	t.Helper()
	if o.status != status || !regexp.MustCompile(`^(?s:`+stdout+`)$`).MatchString(o.stdout) || !regexp.MustCompile(`^(?s:`+stderr+`)$`).MatchString(o.stderr) {
		t.Errorf("status %d, want %d\nstdout: %s\nwant %s\nstderr: %s\nwant %s", o.status, status, o.stdout, stdout, o.stderr, stderr)
	}
}

func (m *machine) members() string { return strings.Join(m.k.Members("bond0"), " ") }

// TestRound: start, start again, restart, stop; the machine is as it was.
func TestRound(t *testing.T) {
	m := newMachine(t, pair)
	before := m.k.Snapshot()
	const up = `rc\.bond: bond0: up, mode active-backup, members eth0 eth1\n`
	m.run(Start, nil).want(t, exit.OK, `Starting bond0:  eth0 eth1 \(active-backup\)\n`+up, "")
	if m.members() != "eth0 eth1" {
		t.Errorf("members %q", m.members())
	}
	m.run(Start, nil).want(t, exit.OK, `.*`, "")
	m.run(Restart, nil, "bond0").want(t, exit.OK, `.*`, "")
	m.run(Stop, nil).want(t, exit.OK, `Stopping bond0\n.*`, "")
	if after := m.k.Snapshot(); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

// TestNames: what is asked for must be in the configuration, or have been started.
func TestNames(t *testing.T) {
	m := newMachine(t, pair)
	const unknown = `rc\.bond: bond7 is not in \S+rc\.bond\.conf\n`
	for _, verb := range []Verb{Start, Restart, Stop} {
		m.run(verb, nil, "bond7").want(t, exit.Usage, "", unknown)
	}
	m.run(Start, nil, "bond0", "bond7").want(t, exit.Usage, "", unknown)
	if m.k.Index("bond0") != 0 {
		t.Error("nothing is done where a name is wrong")
	}
	m.run(Start, nil, "bond0").want(t, exit.OK, "Starting bond0.*", "")
	m.config("# empty\n")
	m.run(Stop, nil, "bond0").want(t, exit.OK, "Stopping bond0\n.*", "")
	m.run(Start, nil).want(t, exit.OK, `rc\.bond: no bond is configured in \S+rc\.bond\.conf\n`, "")
}

// TestUnreadable: what cannot be relied on is not started, and all that is wrong
// is told; stop needs none of it.
func TestUnreadable(t *testing.T) {
	broken := "IFNAME[0]=(\n'"
	bash := func(m *machine) *string {
		text := m.conf() + ": line 2: unexpected EOF while looking for matching `''\n" + bondconf.Marker + "\n"
		return &text
	}
	m := newMachine(t, pair)
	m.run(Start, nil).want(t, exit.OK, ".*", "")
	m.config(broken)
	m.run(Start, bash(m)).want(t, exit.Usage, "", `rc\.bond: \S+rc\.bond\.conf:2: bash: .*unexpected EOF.*\nrc\.bond: nothing is done until \S+rc\.bond\.conf is right\n`)
	m.run(Restart, bash(m)).want(t, exit.Usage, "", ".*nothing is done.*")
	m.run(Restart, nil).want(t, exit.Usage, "", `rc\.bond: .*\n`)
	text := "x\n"
	m.run(Start, &text).want(t, exit.Usage, `rc\.bond: rc\.bond\.conf says: x\n`, `.*it ends rc\.bond.*`)
	m.run(Stop, bash(m)).want(t, exit.OK, "Stopping bond0\n.*", "")
	m.config(strings.ReplaceAll(pair, "\n", "\r\n"))
	m.run(Start, nil).want(t, exit.Usage, "", `.*DOS line ends.*nothing is done.*`)
	if err := os.Remove(m.conf()); err != nil {
		t.Fatal(err)
	}
	m.run(Start, nil).want(t, exit.Usage, "", `rc\.bond: cannot read \S+rc\.bond\.conf: no such file or directory\n`)
	m.run(Stop, nil).want(t, exit.OK, "", "")
	m.root = false
	for _, verb := range []Verb{Start, Stop, Restart} {
		m.run(verb, nil).want(t, exit.Failed, "", `rc\.bond: only root can `+string(verb)+` bonds\n`)
	}
}

// TestRefused: every fault of a bond is told, with its place; the others start.
func TestRefused(t *testing.T) {
	m := newMachine(t, pair+"IFNAME[1]=bond1\nBONDNICS[1]=eth7\nBONDMODE[1]=nonsense\nIFOPTS[1]='mimon 5'\nGATEWAY=192.0.2\n")
	faults := `(rc\.bond: \S+rc\.bond\.conf:\d: bond1: [^\n]*(nonsense|mimon)[^\n]*\n){2}`
	gateway := `rc\.bond: \S+rc\.bond\.conf:8: GATEWAY[^\n]*\n`
	refused := `rc\.bond: bond1: not started, nothing touched\n`
	m.run(Start, nil).want(t, exit.Failed, "Starting bond0.*", faults+gateway+refused)
	if m.members() != "eth0 eth1" {
		t.Errorf("members %q", m.members())
	}
	m.run(Start, nil, "bond1").want(t, exit.Failed, "", faults+gateway+refused)
	m.run(Start, nil, "bond0").want(t, exit.Failed, ".*", gateway)
	bash := bondconf.Marker + "\ndeclare -a IFNAME='([0]=\"bond1\")'\ndeclare -a BONDNICS='([0]=\"eth1\")'\ndeclare -a MTU='([0]=\"x\")'\n"
	m.run(Start, &bash, "bond1").want(t, exit.Failed, "", `rc\.bond: bond1: MTU\[0\][^\n]*\n`+refused)
}

// TestNIC: a NIC that is plugged in joins its bond, not before a start of all.
func TestNIC(t *testing.T) {
	m := newMachine(t, strings.Replace(pair, "eth0 eth1", "eth0 eth5 mac=00:16:3e:00:00:66", 1))
	m.run(Start, nil, "eth0").want(t, exit.OK, "", "")
	m.run(Start, nil).want(t, exit.Failed, "Starting bond0.*", `.*eth5.*`)
	m.run(Start, nil, "eth1").want(t, exit.OK, "", "") // a NIC, not ours
	m.run(Start, nil, "eth6").want(t, exit.Usage, "", `rc\.bond: eth6 is not in .*`)
	m.k.AddNICs("eth5")
	m.k.AddNIC(fakekernel.NIC{Name: "usb0", Permanent: []byte{0, 0x16, 0x3e, 0, 0, 0x66}})
	m.run(Start, nil, "usb0").want(t, exit.OK, "Starting bond0.*", "")
	if m.members() != "eth0 eth5 usb0" {
		t.Errorf("members %q", m.members())
	}
	m.run(Stop, nil, "eth0").want(t, exit.Usage, "", `.*eth0 is not in.*`)
}

// TestHooks: functions of rc.bond.conf, in the order of things; a failure is told
// and undoes nothing.
func TestHooks(t *testing.T) {
	m := newMachine(t, "")
	m.config("echo noise\nbond_up() { echo \"up $1\"; umask; false; }\nbond_down() { echo \"down $1\" >&2; }\n" + pair)
	values := "noise\n" + bondconf.Marker + "\ndeclare -a BONDNICS='([0]=\"eth0\")'\ndeclare -a IFNAME='([0]=\"bond0\")'\ndeclare -a LINKWAIT='([0]=\"0\")'\n" +
		"declare -f bond_down\ndeclare -f bond_up\n"
	m.run(Start, &values).want(t, exit.Failed, `rc\.bond: rc\.bond\.conf says: noise\nStarting bond0.*up bond0\n0\d+\n`, `rc\.bond: bond0: bond_up[^\n]*exit status 1\n`)
	if m.members() != "eth0" {
		t.Errorf("members %q", m.members())
	}
	m.run(Stop, &values).want(t, exit.OK, `.*Stopping bond0\n.*`, `down bond0\n`)
}

// TestSyslog: where syslogd runs, details go there and the console has a line a bond.
func TestSyslog(t *testing.T) {
	m := newMachine(t, strings.Replace(pair, "eth1", "eth7", 1)+"DEBUG_ETH_UP=yes\n")
	m.log = &[]string{}
	m.run(Start, nil).want(t, exit.Failed, `Starting bond0:  eth0 eth7 \(active-backup\)\n`, `rc\.bond: bond0: no such NIC: eth7[^\n]*\n`)
	log := strings.Join(*m.log, "\n")
	for _, want := range []string{"bond0: up, mode active-backup, members eth0", "bond0: no such NIC: eth7", "link set eth0 master bond0"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not have %q: %s", want, log)
		}
	}
}

// TestPrintable: what a file or the LAN says cannot steer a terminal.
func TestPrintable(t *testing.T) {
	var out bytes.Buffer
	r := &Report{Stdout: &out, Stderr: &out, Program: "rc.bond"}
	log := []string{}
	r.Syslog = lines{&log}
	r.Console("a\x1b]0;x\x07b\u009b")
	r.Complain("t\u00fcr\tc\nd\x7f")
	if want := "a\\x1b]0;x\\ab\\u009b\nrc.bond: t\u00fcr\\tc\\nd\\x7f\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	if want := []string{"t\u00fcr\\tc\\nd\\x7f"}; !slices.Equal(log, want) {
		t.Errorf("log %q", log)
	}
}

// TestBusy: another run is waited for, with who it is, and not for ever.
func TestBusy(t *testing.T) {
	m := newMachine(t, pair)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	other, err := journal.Open(ctx, filepath.Join(m.dir, "run"), "this", "restart bond5", nil)
	if err != nil {
		t.Fatal(err)
	}
	holder := fmt.Sprintf(`restart bond5, process %d`, os.Getpid())
	m.run(Start, nil).want(t, exit.Failed, "",
		`rc\.bond: waiting for another run of rc\.bond: `+holder+`\nrc\.bond: giving up after 200ms: \S+lock is held by `+holder+`\n`)
	if len(m.k.Log) > 0 && m.k.Index("bond0") != 0 {
		t.Error("something was done")
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	m.run(Start, nil).want(t, exit.OK, "Starting.*", "")
}

// TestFailures: what cannot be done at all.
func TestFailures(t *testing.T) {
	m := newMachine(t, pair)
	m.k.Fault = func(fakekernel.Call) fakekernel.Fault { return fakekernel.Fault{Err: errors.New("broken")} }
	m.run(Start, nil).want(t, exit.Failed, "", `.*broken.*`)
	m.run(Stop, nil).want(t, exit.Failed, "", `.*broken.*`)
	m.k.Fault = nil
	run := filepath.Join(m.dir, "run")
	if err := os.RemoveAll(run); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(run, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m.run(Start, nil).want(t, exit.Failed, `.*`, `.*not a directory.*`)
}
