// SPDX-License-Identifier: MIT

package bondconf

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/internal/shconf"
)

const sample = `# two bonds and what cannot be read
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="active-backup"
IFOPTS[0]="miimon 100 |  primary eth0 | | use_carrier"
HWADDR[0]="auto"
IFNAME[3]="bond.lan"
BONDNICS[3]="$NICS"
IPADDRS[3]="192.0.2.1/24 192.0.2.2/24"
USE_DHCP[5]="yes"
GATEWAY="192.0.2.254"
MODULES="e1000e igb"
MACCHECK=warn
OTHER=$x
`

func read(t *testing.T, text string) *Config {
	t.Helper()
	f, err := shconf.Parse(strings.NewReader(text), "conf")
	if err != nil {
		t.Fatal(err)
	}
	return From(f)
}

func TestFrom(t *testing.T) {
	c := read(t, sample)
	if len(c.Interfaces) != 3 || len(c.Bonds()) != 2 {
		t.Fatalf("%d interfaces, %d bonds; want 3 and 2", len(c.Interfaces), len(c.Bonds()))
	}
	b := c.Bond("bond0")
	if b == nil || b.Mode.Value != "active-backup" || b.Mode.String() != "conf:4" {
		t.Fatalf("bond0: %+v", b)
	}
	want := []Option{{"miimon", "100"}, {"primary", "eth0"}, {"use_carrier", ""}}
	if d := cmp.Diff(want, b.Options()); d != "" {
		t.Error(d)
	}
	if v, ok := b.Option("primary"); v != "eth0" || !ok {
		t.Errorf("primary %q %v", v, ok)
	}
	if _, ok := b.Option("updelay"); ok {
		t.Error("updelay is not there")
	}
	lan := c.Bond("bond.lan")
	if lan == nil || lan.NICs.Known || !lan.NICs.Set || len(lan.IPAddrs.Words()) != 2 || lan.MTU.Set {
		t.Errorf("bond.lan: %+v", lan)
	}
	if len(c.Unread) != 1 || c.Unread[0].Name != "BONDNICS" || c.Unread[0].Line != 8 {
		t.Errorf("unread: %+v", c.Unread)
	}
	if c.Gateway.Value != "192.0.2.254" || c.MACCheck.Value != "warn" || !cmp.Equal(c.Modules.Words(), []string{"e1000e", "igb"}) {
		t.Errorf("globals: %+v %+v %+v", c.Gateway, c.MACCheck, c.Modules)
	}
	if c.Interfaces[2].IsBond() || !c.Interfaces[2].DHCP.Yes() {
		t.Errorf("the third is no bond: %+v", c.Interfaces[2])
	}
}

func TestRead(t *testing.T) {
	if _, err := Read("/nonexistent/rc.bond.conf"); err == nil {
		t.Error("no error for a file that is not there")
	}
}
