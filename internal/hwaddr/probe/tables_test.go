// SPDX-License-Identifier: MIT

package probe

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"testing"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// finder is a Sink that looks for one address.
type finder struct {
	addr  hwaddr.Addr
	found []source.Claim
}

func (f *finder) Want(a hwaddr.Addr, _ bool) bool { return a == f.addr }
func (f *finder) Claim(c source.Claim)            { f.found = append(f.found, c) }
func (f *finder) WantProblem() bool               { return false }
func (f *finder) Problem(source.Problem)          {}

// TestRealTables reads what the programs of this machine print about a real
// neighbour, and the kernel's own tables: their layout changes with versions.
func TestRealTables(t *testing.T) {
	needRoot(t, "ip", "bridge")
	l := newLAN(t, few)
	control := l.control
	read := func(name, format string, sources []source.Source) {
		t.Helper()
		f := finder{addr: control.addr}
		for _, s := range sources {
			r := s.Read(&f)
			if r.Err != nil || format != "" && r.Format != format {
				t.Errorf("%s: read as %q, %v; want %q", name, r.Format, r.Err, format)
			}
		}
		if len(f.found) == 0 {
			t.Errorf("%s: %s was not found", name, f.addr)
		}
		for _, c := range f.found {
			if c.Class != source.Used {
				t.Errorf("%s: %s", name, c.Class)
			}
			t.Logf("%s: %s: %s", name, c.Who(), c.Text)
		}
	}
	in := func(n netns, format string, command ...string) {
		t.Helper()
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Logf("there is no %s", command[0])
			return
		}
		var out []byte
		n.do(t, func() (err error) {
			if out, err = exec.Command(command[0], command[1:]...).Output(); err != nil {
				return fmt.Errorf("%v: %w", command, err)
			}
			return nil
		})
		sources, err := source.From("-", bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		read(fmt.Sprint(command), format, sources)
	}
	in(l.prober, "ip-neigh", "ip", "neigh")
	in(l.prober, "ip-neigh", "ip", "-s", "neigh")
	in(l.prober, "json", "ip", "-j", "neigh")
	in(l.prober, "table", "cat", "/proc/thread-self/net/arp")
	in(l.prober, "arp", "arp", "-an")
	in(l.prober, "table", "arp", "-n")
	in(l.prober, "arp-scan", "arp-scan", "-I", "eth0", "-q", control.ip.String())
	in(l.bridge, "bridge-fdb", "bridge", "fdb")
	in(l.bridge, "json", "bridge", "-j", "fdb")
	in(control.ns, "ip-link", "ip", "link")
	in(control.ns, "ip-link", "ip", "addr")
	in(control.ns, "ip-link", "ip", "-o", "link")
	in(control.ns, "json", "ip", "-d", "-j", "link")
	in(control.ns, "ifconfig", "ifconfig", "-a")

	// The kernel's tables, as this host's sources read them.
	for name, n := range map[string]netns{"interfaces": control.ns, "neighbours": l.prober, "bridges": l.bridge} {
		sources := source.Host()
		i := slices.IndexFunc(sources, func(s source.Source) bool { return s.Name == name })
		n.do(t, func() error { read(name, "", sources[i:i+1]); return nil })
	}
	f := finder{addr: control.addr}
	if source.Host()[1].Read(&f); len(f.found) > 0 {
		t.Error("the test's neighbour is in this machine's own table")
	}
	// A bridge lists its own ports too, which is not what it learned.
	l.bridge.do(t, func() error {
		port, err := net.InterfaceByName("h0")
		if err != nil {
			return err
		}
		f := finder{addr: hwaddr.Addr(port.HardwareAddr)}
		if source.Host()[2].Read(&f); len(f.found) > 0 {
			return fmt.Errorf("the bridge's own port counts as learned: %s", f.found[0].Text)
		}
		return nil
	})
}
