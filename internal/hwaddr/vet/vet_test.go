// SPDX-License-Identifier: MIT

package vet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

func addr(t *testing.T, s string) hwaddr.Addr {
	t.Helper()
	a, err := hwaddr.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// files makes files and gives them as sources.
func files(t *testing.T, content map[string]string) (string, []source.Source) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := source.From(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return dir, list
}

func TestVerdicts(t *testing.T) {
	const asked = "02:00:5e:10:00:07"
	for name, c := range map[string]struct {
		files map[string]string
		live  *Live
		want  Verdict
		why   string
	}{
		"not seen":               {map[string]string{"ethers": "02:00:5e:10:00:08 printer\n"}, nil, NotSeen, "among 1 address of 1 source"},
		"reserved":               {map[string]string{"ethers": "02:00:5e:10:00:07 printer\n"}, nil, InUse, "printer"},
		"mentioned":              {map[string]string{"wiki": "the bond has 0200.5E10.0007\n"}, nil, InUse, "wiki:1"},
		"neighbour first":        {map[string]string{"a": "see 02005e100007\n", "b": "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:07 STALE\n"}, nil, InUse, "192.0.2.8 on eth0"},
		"comment":                {map[string]string{"rc.bond.conf": "IFNAME[0]=bond0\n#HWADDR[0]=02:00:5e:10:00:07\n"}, nil, CannotTell, "only a comment"},
		"unreadable":             {map[string]string{"leases.gz": "\x1f\x8b\x08\x00"}, nil, CannotTell, "compressed"},
		"unreadable but in use":  {map[string]string{"leases.gz": "\x1f\x8b\x08\x00", "ethers": asked + " x\n"}, nil, InUse, "x"},
		"not static":             {map[string]string{"rc.bond.conf": "IFNAME[0]=bond0\nHWADDR[0]=$(mac)\n"}, nil, CannotTell, "HWADDR[0] cannot be read"},
		"a column unread":        {map[string]string{"a.csv": "name;mac\na;02:00:5e:10:00:08\nb;02:00:5e:10:00\n"}, nil, CannotTell, "a.csv:3: "},
		"a column unread twice":  {map[string]string{"a.csv": "name;mac\na;x\nb;y\n"}, nil, CannotTell, "expected six octets such as 02:00:5e:10:00:07, and 1 more"},
		"a text with mistakes":   {map[string]string{"wiki": "02:00:5e:10:00 and 02:00:5e:10:00:08\n"}, nil, NotSeen, "among 1 address"},
		"FAILED":                 {map[string]string{"n": "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:07 FAILED\n"}, nil, NotSeen, "but for a neighbour that did not answer: 192.0.2.8 on eth0"},
		"FAILED and STALE":       {map[string]string{"n": "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:07 FAILED\n192.0.2.9 dev eth0 lladdr 02:00:5e:10:00:07 STALE\n"}, nil, InUse, "192.0.2.9 on eth0"},
		"lease that has ended":   {map[string]string{"l": "1700000000 02:00:5e:10:00:07 192.0.2.36 nas *\n"}, nil, CannotTell, "ask who had it: nas 192.0.2.36"},
		"lease ended, reserved":  {map[string]string{"l": "1700000000 02:00:5e:10:00:07 192.0.2.36 nas *\n", "ethers": "02:00:5e:10:00:07 printer\n"}, nil, InUse, "printer"},
		"lease that is free":     {map[string]string{"l": "lease 192.0.2.34 {\n binding state free;\n hardware ethernet 02:00:5e:10:00:07;\n}\n"}, nil, CannotTell, "lease free"},
		"a hash":                 {map[string]string{"w": "commit 02005e10000a\n02:00:5e:10:00:08\n"}, nil, NotSeen, "among 1 address"},
		"digits alone in a text": {map[string]string{"w": "see 02005e100007\n"}, nil, InUse, "these digits may be something else"},
		"live":                   {nil, &Live{Interface: "eth0", Seen: "an ARP reply"}, InUse, "on the LAN at eth0: an ARP reply"},
		"live silent":            {nil, &Live{Interface: "eth0"}, NotSeen, "nor on the LAN at eth0"},
		"live in doubt":          {nil, &Live{Interface: "eth0", Doubt: "no carrier"}, CannotTell, "no carrier"},
		"live over a comment":    {map[string]string{"rc.bond.conf": "IFNAME[0]=bond0\n#HWADDR[0]=02:00:5e:10:00:07\n"}, &Live{Interface: "eth0", Seen: "an ARP reply"}, InUse, "ARP reply"},
		"table though LAN doubt": {map[string]string{"ethers": asked + " x\n"}, &Live{Interface: "eth0", Doubt: "no carrier"}, InUse, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			_, sources := files(t, c.files)
			r := Check([]hwaddr.Addr{addr(t, asked)}, sources, Own{})
			if c.live != nil {
				r.Answers[0].Live = c.live
				r.Decide()
			}
			a := r.Answers[0]
			if a.Verdict != c.want || !strings.Contains(a.Why, c.why) {
				t.Errorf("%s: %s; want %s: ...%s...", a.Verdict, a.Why, c.want, c.why)
			}
			if r.Worst() != c.want {
				t.Errorf("worst is %s", r.Worst())
			}
			if strings.Contains(a.Why, "is free") || strings.Contains(a.Why, "unique") {
				t.Errorf("%q promises too much", a.Why)
			}
		})
	}
}

// TestOwn checks what a bond may share its address with.
func TestOwn(t *testing.T) {
	bondAddr, bond1Addr := addr(t, "02:00:5e:10:00:01"), addr(t, "02:00:5e:10:00:02")
	links := []source.Link{
		{Index: 2, Name: "eth0", Master: 5}, {Index: 3, Name: "eth1", Master: 5}, {Index: 4, Name: "eth2"}, {Index: 5, Name: "bond0", Kind: "bond", Addr: bondAddr, Master: 7},
		{Index: 6, Name: "bond0.5", Kind: "vlan", Parent: 5}, {Index: 7, Name: "br0", Kind: "bridge"}, {Index: 8, Name: "tap0", Kind: "tun", Master: 7}, {Index: 9, Name: "bond1", Kind: "bond", Addr: bond1Addr},
	}
	dir, _ := files(t, map[string]string{"rc.bond.conf": "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1 eth3\"\nIPADDRS[0]=\"192.0.2.5/24 192.0.2.6/24\"\n"})
	conf, err := bondconf.Read(filepath.Join(dir, "rc.bond.conf"))
	if err != nil {
		t.Fatal(err)
	}
	own := OwnOf(OwnInput{Bond: "bond0", Host: "web1", Links: links, Configs: []*bondconf.Config{nil, conf}})
	for name, want := range map[string]bool{"bond0": true, "eth0": true, "eth1": true, "eth3": true, "bond0.5": true, "br0": true, "eth2": false, "tap0": false, "bond1": false} {
		if own.has(name) != want {
			t.Errorf("%s belongs to bond0: %v, want %v", name, !want, want)
		}
	}
	for _, c := range []struct {
		claim source.Claim
		want  bool
	}{
		{source.Claim{Source: "interfaces", Name: "eth1"}, true},
		{source.Claim{Source: "interfaces", Name: "eth2"}, false},
		{source.Claim{Source: "rc.bond.conf", Name: "bond0"}, true},
		{source.Claim{Source: "rc.bond.conf", Name: "bond0", Host: "web2"}, false},
		{source.Claim{Source: "rc.bond.conf", Name: "bond1"}, false},
		{source.Claim{Source: "neighbours", IP: "192.0.2.5"}, false},
		{source.Claim{Source: "bonding", File: "/proc/net/bonding/bond0", Note: "System MAC address"}, true},
		{source.Claim{Source: "bonding", File: "/proc/net/bonding/bond0", Note: "Partner Mac Address"}, false},
		{source.Claim{Source: "bridges", Port: "eth2", Addr: bondAddr}, true},
		{source.Claim{Source: "bridges", Port: "tap0", Addr: bondAddr}, false},
		{source.Claim{Source: "bridges", Port: "eth2", Addr: bond1Addr}, false},
		{source.Claim{Source: "bridges", Port: "eth1", Addr: bond1Addr}, false},
		{source.Claim{Source: "arpwatch", IP: "192.0.2.6"}, true},
		{source.Claim{Source: "arpwatch", IP: "192.0.2.7"}, false},
		{source.Claim{Source: "dhcpd leases", Name: "WEB1.example.net"}, true},
	} {
		if got := own.owns(c.claim); got != c.want {
			t.Errorf("owns(%+v) = %v", c.claim, got)
		}
	}
	// Its own address, seen through another port of this host; not any more some
	// time after it gave that up.
	gone, now, other := addr(t, "02:00:5e:10:00:08"), addr(t, "02:00:5e:10:00:09"), addr(t, "02:00:5e:10:00:0a")
	links[3].Addr = now
	stopped := time.Now().Add(-time.Minute)
	own = OwnOf(OwnInput{Bond: "bond0", Links: links, Had: map[hwaddr.Addr]time.Time{gone: stopped}})
	for _, c := range []struct {
		addr hwaddr.Addr
		seen time.Time
		want bool
	}{
		{now, time.Now(), true},
		{gone, stopped.Add(-time.Second), true},
		{gone, stopped.Add(time.Second), true},
		{gone, stopped.Add(3 * time.Second), false},
		{other, stopped, false},
	} {
		for _, table := range []string{"bridges", "neighbours"} {
			if got := own.owns(source.Claim{Addr: c.addr, Source: table, Port: "eth2", Time: c.seen}); got != c.want {
				t.Errorf("%s, seen %s after the stop, in %s: owns is %v", c.addr, c.seen.Sub(stopped), table, got)
			}
		}
		if own.owns(source.Claim{Addr: c.addr, Source: "switch", Time: c.seen}) {
			t.Error("what another machine's table says is not the bond's own")
		}
	}
	if (Own{}).owns(source.Claim{Source: "interfaces", Name: ""}) {
		t.Error("no bond owns something")
	}
}

// TestAuditFiles covers duplicates in what is read, and what is none.
func TestAuditFiles(t *testing.T) {
	conf := "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nHWADDR[0]=00:16:3e:aa:aa:aa\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"copied configuration":    {map[string]string{"web1/etc/rc.d/rc.bond.conf": conf, "web2/etc/rc.d/rc.bond.conf": conf}, []string{"copied configuration: the configuration of web1 and web2 sets it"}},
		"one configuration twice": {map[string]string{"web1/etc/rc.d/rc.bond.conf": conf, "web1/etc/rc.d/rc.inet1.conf": conf}, nil},
		"two bonds":               {map[string]string{"web1/rc.bond.conf": conf + "IFNAME[1]=bond1\nBONDNICS[1]=eth2\nHWADDR[1]=00-16-3e-aa-aa-aa\n"}, []string{"configuration: it is configured for bond0 and bond1"}},
		"neighbours":              {map[string]string{"n": "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:07 STALE\n192.0.2.9 dev eth0 lladdr 02:00:5e:10:00:07 STALE\n"}, []string{"IP addresses: it answers for 192.0.2.8 and 192.0.2.9"}},
		"neighbour v4 and v6":     {map[string]string{"n": "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:07 STALE\nfe80::5eff:fe10:7 dev eth0 lladdr 02:00:5e:10:00:07 STALE\n"}, nil},
		"switch ports":            {map[string]string{"sw": "  10    0200.5e10.0027    DYNAMIC     Gi1/0/7\n  10    0200.5e10.0027    DYNAMIC     Gi1/0/8\n"}, []string{"switch ports: one switch sees it behind ports Gi1/0/7 and Gi1/0/8"}},
		"switch VLANs":            {map[string]string{"sw": "  10    0200.5e10.0027    DYNAMIC     Gi1/0/7\n  11    0200.5e10.0027    DYNAMIC     Gi1/0/8\n"}, nil},
		"two switches":            {map[string]string{"a": "  10    0200.5e10.0027    DYNAMIC     Gi1/0/7\n", "b": "  10    0200.5e10.0027    DYNAMIC     Gi1/0/9\n"}, nil},
		"across inventories":      {map[string]string{"a.csv": "device,mac_address\nsw1,02:00:5E:10:00:38\n", "dhcpd.conf": "host nas { hardware ethernet 02:00:5e:10:00:38; }\n"}, []string{"owners: it is given to nas and sw1"}},
		"inventories agree":       {map[string]string{"a.csv": "device,mac_address\nNAS.example.net,02:00:5E:10:00:38\n", "dhcpd.conf": "host nas { hardware ethernet 02:00:5e:10:00:38; }\n"}, nil},
		"lease of a reservation":  {map[string]string{"dhcpd.conf": "host nas { hardware ethernet 02:00:5e:10:00:38; }\n", "l": "0 02:00:5e:10:00:38 192.0.2.35 box *\n"}, nil},
		"two guests":              {map[string]string{"a.xml": "<domain><name>a</name><mac address='52:54:00:10:00:32'/></domain>", "b.xml": "<domain><name>b</name><mac address='52:54:00:10:00:32'/></domain>"}, []string{"owners: it is given to a and b"}},
		"text":                    {map[string]string{"w": "x 02:00:5e:10:00:38\ny\nz 0200.5e10.0038\n"}, []string{"listed twice: w names it on lines 1 and 3"}},
		"table without names":     {map[string]string{"a.csv": "ip;mac\n192.0.2.1;02:00:5e:10:00:38\n192.0.2.2;02:00:5e:10:00:38\n"}, []string{"listed twice: a.csv names it on lines 2 and 3"}},
		"ethers with addresses":   {map[string]string{"ethers": "02:00:5e:10:00:38 192.0.2.1\n2:0:5e:10:0:38 192.0.2.2\n"}, []string{"listed twice: ethers names it on lines 1 and 2"}},
		"ethers with names":       {map[string]string{"ethers": "02:00:5e:10:00:38 a.lan\n2:0:5e:10:0:38 b.lan\n"}, []string{"owners: it is given to a and b"}},
		"text, one line":          {map[string]string{"w": "x 02:00:5e:10:00:38 is 0200.5e10.0038\n"}, nil},
		"a log":                   {map[string]string{"syslog": "Nov 26 10:00:00 gw dhcpd: DHCPACK to 02:00:5e:10:00:38\nNov 26 11:00:00 gw dhcpd: DHCPACK to 02:00:5e:10:00:38\n"}, nil},
		"a log and more":          {map[string]string{"w": "2026-11-26 10:00 02:00:5e:10:00:38\nNAS 02:00:5e:10:00:38\n"}, []string{"listed twice: w names it on lines 1 and 2"}},
		"leases one after one":    {map[string]string{"l": "address,hwaddr,client_id,valid_lifetime,expire,subnet_id\n192.0.2.1,02:00:5e:10:00:38,,1,9999999999,1\n192.0.2.2,02:00:5e:10:00:38,,1,9999999999,1\n"}, nil},
		"several IPs at a router": {map[string]string{"sw": "Protocol  Address          Age (min)  Hardware Addr   Type   Interface\nInternet  192.0.2.1              12   0200.5e10.0028  ARPA   Vlan10\nInternet  192.0.2.2              13   0200.5e10.0028  ARPA   Vlan10\n"}, nil},
		"HSRP on two VLANs":       {map[string]string{"sw": "  10    0000.0c07.ac01    DYNAMIC     Gi1/0/7\n  10    0000.0c07.ac01    DYNAMIC     Gi1/0/8\n"}, nil},
		"VRRP in a text":          {map[string]string{"w": "gw1 00:00:5e:00:01:0a\ngw2 00:00:5e:00:01:0a\n"}, nil},
		"VRRP as a bond's":        {map[string]string{"web1/rc.bond.conf": strings.ReplaceAll(conf, "00:16:3e:aa:aa:aa", "00:00:5e:00:01:0a"), "web2/rc.bond.conf": strings.ReplaceAll(conf, "00:16:3e:aa:aa:aa", "00:00:5e:00:01:0a")}, []string{"copied configuration: the configuration of web1 and web2 sets it"}},
		"GLBP at two routers":     {map[string]string{"n": "192.0.2.8 dev eth0 lladdr 00:07:b4:00:01:01 STALE\n192.0.2.9 dev eth0 lladdr 00:07:b4:00:01:01 STALE\n"}, nil},
		"the switch's own":        {map[string]string{"sw": "  10    0200.5e10.0027    STATIC      CPU\n  10    0200.5e10.0027    DYNAMIC     Gi1/0/8\n  10    0200.5e10.0027    STATIC      Vl10\n"}, nil},
		"LLDP on two ports":       {map[string]string{"sw": "Local Intf: Gi1/0/2\nChassis id: 0200.5e10.0022\nLocal Intf: Gi1/0/3\nChassis id: 0200.5e10.0022\n"}, nil},
		"LLDP in a table":         {map[string]string{"sw": "Local Interface    Chassis Id          Port info          System Name\nge-0/0/1           02:00:5e:10:00:22   ge-0/0/1           vmx2\nge-0/0/2           02:00:5e:10:00:22   ge-0/0/2           vmx2\n"}, nil},
		"a list of hosts":         {map[string]string{"l": "HOST   IP          MAC\nweb1   192.0.2.1   02:00:5e:10:00:38\nweb2   192.0.2.2   02:00:5e:10:00:38\n"}, []string{"owners: it is given to web1 and web2"}},
		"a list without names":    {map[string]string{"l": "IP          MAC\n192.0.2.1   02:00:5e:10:00:38\n192.0.2.2   02:00:5e:10:00:38\n"}, []string{"listed twice: l names it on lines 2 and 3"}},
		"a lease that ended":      {map[string]string{"sw": "  10    0200.5e10.0027    DYNAMIC     Gi1/0/7\n", "n": "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:27 FAILED\n192.0.2.9 dev eth0 lladdr 02:00:5e:10:00:27 STALE\n"}, nil},
		"DECnet is not shared":    {map[string]string{"w": "a aa:00:04:00:01:02\nb aa:00:04:00:01:02\n"}, []string{"listed twice: w names it on lines 1 and 2"}},
		"hashes":                  {map[string]string{"w": "commit 1a2b3c4d5e6f\nmerge 1a2b3c4d5e6f\n"}, nil},
		"dates":                   {map[string]string{"w": "202611211200\n202611211200\n"}, nil},
		"bad lines":               {map[string]string{"w": "ff:ff:ff:ff:ff:ff\n02:00:5e:10:00\n"}, []string{"w:1: ff:ff:ff:ff:ff:ff: it is the broadcast address", "w:2: \"02:00:5e:10:00\": five octets, an address has six"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, sources := files(t, c.files)
			r := Audit(sources, nil, Ignore{})
			var got []string
			for _, f := range r.Findings {
				got = append(got, strings.ReplaceAll(f.Kind+": "+f.Text, dir+"/", ""))
				if f.Cure == "" || len(f.Claims) < 2 {
					t.Errorf("%+v: no cure, or less than two claims", f)
				}
			}
			for _, p := range r.Problems {
				got = append(got, strings.TrimPrefix(fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Why), dir+"/"))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestAuditInterfaces covers this host's own interfaces.
func TestAuditInterfaces(t *testing.T) {
	a, b := addr(t, "02:00:5e:10:00:01"), addr(t, "02:00:5e:10:00:02")
	shared := addr(t, "00:00:5e:00:01:0a")
	bond := source.Link{Index: 9, Name: "bond0", Kind: "bond", Addr: a, Up: true}
	for name, c := range map[string]struct {
		links []source.Link
		other []source.Claim
		want  string
		cure  string
	}{
		"members share":       {[]source.Link{bond, {Index: 2, Name: "eth0", Addr: a, Permanent: a, Master: 9}, {Index: 3, Name: "eth1", Addr: a, Permanent: b, Master: 9}}, nil, "", ""},
		"released, up":        {[]source.Link{bond, {Index: 2, Name: "eth0", Addr: a, Permanent: a, Up: true}, {Index: 3, Name: "eth1", Addr: a, Permanent: b, Master: 9}}, nil, Released, "ip link set eth0 down"},
		"released, down":      {[]source.Link{bond, {Index: 2, Name: "eth0", Addr: a, Permanent: a}}, nil, Released, "leave eth0 down"},
		"VLAN and bridge":     {[]source.Link{bond, {Index: 4, Name: "bond0.5", Kind: "vlan", Addr: a, Parent: 9}, {Index: 5, Name: "br0", Kind: "bridge", Addr: a}, {Index: 6, Name: "bond0.6", Kind: "vlan", Addr: a, Parent: 9, Master: 5}}, nil, "", ""},
		"two NICs":            {[]source.Link{{Index: 2, Name: "eth0", Addr: a}, {Index: 3, Name: "eth1", Addr: a}}, nil, Interfaces, "ip link set"},
		"permanent elsewhere": {[]source.Link{{Index: 2, Name: "eth0", Addr: b, Permanent: a}, {Index: 3, Name: "eth1", Addr: a}}, nil, Interfaces, ""},
		"released dummy":      {[]source.Link{bond, {Index: 2, Name: "d0", Kind: "dummy", Addr: a}}, nil, Released, "leave d0 down"},
		"released veth":       {[]source.Link{bond, {Index: 2, Name: "v0", Kind: "veth", Addr: a}}, nil, Released, "leave v0 down"},
		"another VLAN":        {[]source.Link{bond, {Index: 2, Name: "v7", Kind: "vlan", Addr: a}}, nil, Interfaces, ""},
		"a member's old one":  {[]source.Link{{Index: 9, Name: "bond0", Kind: "bond", Addr: b}, {Index: 2, Name: "eth0", Addr: a}, {Index: 3, Name: "eth1", Addr: b, Permanent: a, Master: 9}}, nil, Interfaces, ""},
		"VRRP on two VLANs":   {[]source.Link{{Index: 2, Name: "v1", Kind: "macvlan", Addr: shared}, {Index: 3, Name: "v2", Kind: "macvlan", Addr: shared}}, []source.Claim{{Addr: shared, Source: "neighbours", IP: "192.0.2.9", Port: "eth5"}}, "", ""},
		"FAILED neighbour":    {[]source.Link{bond}, []source.Claim{{Addr: a, Source: "neighbours", IP: "192.0.2.9", Port: "eth5", Past: source.Unanswered}}, "", ""},
		"veth ends":           {[]source.Link{{Index: 2, Name: "v0", Kind: "veth", Addr: a, Parent: 3}, {Index: 3, Name: "v1", Kind: "veth", Addr: a, Parent: 2}}, nil, Interfaces, ""},
		"another host":        {[]source.Link{bond}, []source.Claim{{Addr: a, Source: "neighbours", IP: "192.0.2.9", Port: "eth5"}}, Elsewhere, "mac new"},
		"bridge's own port":   {[]source.Link{{Index: 5, Name: "br0", Kind: "bridge", Addr: a}, {Index: 2, Name: "eth0", Addr: a, Master: 5}}, []source.Claim{{Addr: a, Source: "bridges", Port: "eth0"}}, "", ""},
		"learned by a bridge": {[]source.Link{bond, {Index: 5, Name: "br0", Kind: "bridge", Addr: b}, {Index: 6, Name: "vnet0", Kind: "tun", Addr: b, Master: 5}}, []source.Claim{{Addr: a, Source: "bridges", Port: "vnet0"}}, Elsewhere, ""},
		"learned from a NIC":  {[]source.Link{bond, {Index: 5, Name: "br0", Kind: "bridge", Addr: b}, {Index: 2, Name: "eth2", Addr: b, Master: 5}}, []source.Claim{{Addr: a, Source: "bridges", Port: "eth2"}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var claims []source.Claim
			a := a
			if name == "VRRP on two VLANs" {
				a = shared
			}
			for _, l := range c.links {
				if l.Addr == a {
					claims = append(claims, source.Claim{Addr: a, Source: "interfaces", Name: l.Name, Note: "current address"})
				}
				if l.Permanent == a && l.Addr != a {
					claims = append(claims, source.Claim{Addr: a, Source: "interfaces", Name: l.Name, Note: "permanent address"})
				}
			}
			findings := newTopology(c.links).judge(a, append(claims, c.other...))
			switch {
			case c.want == "" && len(findings) > 0:
				t.Errorf("found %+v, want nothing", findings)
			case c.want != "" && (len(findings) != 1 || findings[0].Kind != c.want || !strings.Contains(findings[0].Cure, c.cure)):
				t.Errorf("found %+v, want %s with %q", findings, c.want, c.cure)
			}
		})
	}
}

// TestIgnore covers the list of what is known and right.
func TestIgnore(t *testing.T) {
	list, err := ReadIgnore(strings.NewReader("# known\n\n0200.5e10.0007 two ports of the lab switch\n02:00:5e:20:00:00/40 # a cluster\n52:54:00:00:00:00/24\n"))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"02:00:5e:10:00:07": true, "02:00:5e:10:00:08": false, "02:00:5e:20:00:ff": true, "02:00:5e:20:01:00": false, "02:00:5e:1f:ff:ff": false,
		"52:54:00:ff:ff:ff": true, "52:54:01:00:00:00": false,
	} {
		if list.has(addr(t, text)) != want {
			t.Errorf("%s is ignored: %v", text, !want)
		}
	}
	if (Ignore{}).has(addr(t, "02:00:5e:10:00:07")) {
		t.Error("no list ignores something")
	}
	for text, why := range map[string]string{
		"02:00:5e:10:00\n": "line 1: ", "\nnas\n": "line 2: ", "02:00:5e:10:00:07/7": "8 to 48", "02:00:5e:10:00:07/49": "8 to 48", "02:00:5e:10:00:07/x": "8 to 48",
		strings.Repeat("x", 100_000): "too long",
	} {
		if _, err := ReadIgnore(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.30q: %v, want an error with %q", text, err, why)
		}
	}
	for _, text := range []string{"02:00:5e:10:00:07/8", "02:00:5e:10:00:07/48"} {
		if list, err := ReadIgnore(strings.NewReader(text)); err != nil || !list.has(addr(t, "02:00:5e:10:00:07")) {
			t.Errorf("%s: %v", text, err)
		}
	}
	_, sources := files(t, map[string]string{"w": "a 02:00:5e:10:00:07\nb 02:00:5e:10:00:07\nc 02:00:5e:10:00:08\nd 02:00:5e:10:00:08\n"})
	if r := Audit(sources, nil, list); len(r.Findings) != 1 || r.Ignored != 1 || r.Findings[0].Addr != addr(t, "02:00:5e:10:00:08") {
		t.Errorf("%d findings, %d ignored", len(r.Findings), r.Ignored)
	}
}

func TestSet(t *testing.T) {
	var s set
	for round, want := range []bool{true, false} {
		for i := range 100_000 {
			a := hwaddr.Addr{2, byte(i % 3), 0, byte(i >> 16), byte(i >> 8), byte(i)}
			if got := s.add(a); got != want {
				t.Fatalf("round %d: add(%s) = %v", round, a, got)
			}
		}
	}
	if s.n != 100_000 {
		t.Errorf("%d addresses", s.n)
	}
}
