// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/shconf"
)

func parse(t *testing.T, name, text string) *bondconf.Config {
	t.Helper()
	f, err := shconf.Parse(strings.NewReader(text), name)
	if err != nil {
		t.Fatal(err)
	}
	return bondconf.From(f)
}

// rules are the findings as "FILE:LINE RULE", each of which must say all four
// things it is to say.
func rules(t *testing.T, in Input) string {
	t.Helper()
	var list []string
	for _, f := range Run(in) {
		if f.What == "" || f.Why == "" || f.Do == "" || f.Line < 1 {
			t.Errorf("incomplete: %+v", f)
		}
		list = append(list, fmt.Sprintf("%s %s", f.Pos, f.Rule))
	}
	return strings.Join(list, "\n")
}

// one is a bond with two members and the lines that a test is about.
func one(lines string) string {
	return "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\nUSE_DHCP[0]=yes\n" + lines
}

func TestBondConf(t *testing.T) {
	for _, tt := range []struct{ name, conf, want string }{
		{"nothing", "", ""},
		{"well", one("BONDMODE[0]=active-backup\nIFOPTS[0]=\"miimon 100 | primary eth0 | updelay 200 | queue_id eth0:1 eth1:2\"\nMTU[0]=9000\nLINKWAIT[0]=10\nGATEWAY=192.0.2.1\nGATEWAY6=2001:db8::1\nMACCHECK=warn\nHWADDR[0]=auto\n"), ""},
		{"well, LACP", one("BONDMODE[0]=4\nIFOPTS[0]=\"miimon 100 | lacp_rate fast | min_links 1 | lacp_strict on | xmit_hash_policy layer3+4\"\n"), ""},
		{"well, ARP", one("IFOPTS[0]=\"arp_interval 200 | arp_ip_target 192.0.2.1,192.0.2.2\"\nIPADDRS[0]=\"192.0.2.5/24 192.0.2.6/24\"\nIP6ADDRS[0]=2001:db8::5/64\n"), ""},

		{"unknown option", one("IFOPTS[0]=\"mimon 100\"\n"), "b:4 unknown-option"},
		{"option in the wrong mode", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"miimon 100 | primary eth0\"\n"), "b:5 option-mode"},
		{"LACP option elsewhere", one("IFOPTS[0]=\"miimon 100 | lacp_rate fast\"\n"), "b:4 option-mode"},
		{"arp_interval where it cannot be", one("BONDMODE[0]=balance-alb\nIFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1\"\n"), "b:5 option-mode"},
		{"bad value", one("IFOPTS[0]=\"miimon often\"\n"), "b:4 option-value"},
		{"equals sign", one("IFOPTS[0]=miimon=100\n"), "b:4 unknown-option"},
		{"no bar", one("IFOPTS[0]='miimon 100, primary eth0'\n"), "b:4 option-value"},
		{"octal", one("IFOPTS[0]='miimon 0100'\nMTU[0]=01400\n"), "b:4 option-value\nb:5 bad-value"},
		{"alias of a delay", one("IFOPTS[0]='peer_notify_delay 150'\n"), "b:4 delay-multiple"},
		{"bad word", one("IFOPTS[0]=\"fail_over_mac sometimes\"\n"), "b:4 option-value"},
		{"mode in IFOPTS", one("IFOPTS[0]=\"mode 4\"\n"), "b:4 mode-in-options"},
		{"the same mode in IFOPTS", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"mode 4\"\n"), ""},
		{"twice", one("IFOPTS[0]=\"miimon 100 | miimon 200\"\n"), "b:4 option-twice"},
		{"primary that is no member", one("IFOPTS[0]=\"miimon 100 | primary eth7\"\n"), "b:4 not-a-member"},
		{"queue_id that is no member", one("IFOPTS[0]=\"miimon 100 | queue_id eth7:1\"\n"), "b:4 not-a-member"},
		{"queue_id without a NIC", one("IFOPTS[0]=\"miimon 100 | queue_id 1\"\n"), "b:4 option-value"},
		{"prio no number", one("IFOPTS[0]=\"miimon 100 | prio eth0:high\"\n"), "b:4 option-value"},
		{"no monitor", one("IFOPTS[0]=\"miimon 0\"\n"), "b:4 no-monitor"},
		{"two monitors", one("IFOPTS[0]=\"miimon 100 | arp_interval 100 | arp_ip_target 192.0.2.1\"\n"), "b:4 two-monitors"},
		{"no target", one("IFOPTS[0]=\"arp_interval 100\"\n"), "b:4 no-arp-target"},
		{"delay without miimon", one("IFOPTS[0]=\"arp_interval 100 | arp_ip_target 192.0.2.1 | updelay 100\"\n"), "b:4 delay-without-miimon"},
		{"delay no multiple", one("IFOPTS[0]=\"miimon 100 | downdelay 150\"\n"), "b:4 delay-multiple"},
		{"fail_over_mac elsewhere", one("BONDMODE[0]=balance-rr\nIFOPTS[0]=\"fail_over_mac active\"\n"), "b:5 fail-over-mac-mode"},
		{"lacp_strict alone", one("BONDMODE[0]=802.3ad\nIFOPTS[0]=\"lacp_strict 1\"\n"), "b:5 lacp-strict"},

		{"bad mode", one("BONDMODE[0]=active-backups\n"), "b:4 bad-mode"},
		{"no name", "BONDNICS[0]=\"eth0\"\n", "b:1 no-name"},
		{"bad name", "IFNAME[0]=a-name-that-is-too-long\nBONDNICS[0]=eth0\n", "b:1 bad-name"},
		{"no members", "IFNAME[0]=bond0\n", "b:1 no-members"},
		{"members under another index", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nBONDMODE[1]=1\n", "b:3 no-members"},
		{"NIC twice", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth0\"\n", "b:2 nic-twice"},
		{"NIC in two bonds", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\nIFNAME[1]=bond1\nBONDNICS[1]=\"eth2 eth1\"\n", "b:4 nic-in-two-bonds"},
		{"bond in a bond", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0\"\nIFNAME[1]=bond1\nBONDNICS[1]=\"bond0 bond1\"\n", "b:4 nic-is-bond\nb:4 nic-is-bond"},
		{"commas", "IFNAME[0]=bond0\nBONDNICS[0]=eth0,eth1\n", "b:2 bad-nic"},
		{"bad NIC", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth/0\"\n", "b:2 bad-nic"},
		{"name twice", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nIFNAME[1]=bond0\nBONDNICS[1]=eth1\n", "b:3 name-twice"},

		{"MAC twice", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nHWADDR[0]=02:00:00:00:00:0a\nIFNAME[1]=bond1\nBONDNICS[1]=eth1\nHWADDR[1]=02:00:00:00:00:0A\n", "b:6 mac-twice"},
		{"MAC twice, two notations", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nHWADDR[0]=02:00:00:00:00:0a\nIFNAME[1]=bond1\nBONDNICS[1]=eth1\nHWADDR[1]=02-00-00-00-00-0A\n", "b:6 bad-mac\nb:6 mac-twice"},
		{"MAC that is none", one("HWADDR[0]=02:00\n"), "b:4 bad-mac"},
		{"multicast", one("HWADDR[0]=03:00:00:00:00:01\n"), "b:4 multicast-mac"},
		{"zero", one("HWADDR[0]=00:00:00:00:00:00\n"), "b:4 zero-mac"},
		{"MAC under fail_over_mac", one("HWADDR[0]=02:00:00:00:00:01\nIFOPTS[0]=\"fail_over_mac active\"\n"), "b:4 mac-ignored"},

		{"no prefix", one("IPADDRS[0]=192.0.2.1\nIP6ADDRS[0]=2001:db8::1\n"), "b:4 no-prefix\nb:5 no-prefix"},
		{"netmask", one("IPADDRS[0]='192.0.2.1/255.255.255.0 192.0.2.2/0.0.0.0'\n"), ""},
		{"netmask with a hole", one("IPADDRS[0]=192.0.2.1/255.0.255.0\n"), "b:4 bad-address"},
		{"prefix too long", one("IPADDRS[0]=192.0.2.1/33\nIP6ADDRS[0]='2001:db8::1/129 fe80::1%eth0/64'\n"), "b:4 bad-address\nb:5 bad-address\nb:5 bad-address"},
		{"loopback", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 lo'\n", "b:2 nic-is-lo"},
		{"address twice", one("IPADDRS[0]='192.0.2.1/24 192.0.2.2/24'\nIP6ADDRS[0]=2001:db8:0::1/64\nIFNAME[1]=bond1\nBONDNICS[1]=eth2\nIPADDRS[1]=192.0.2.2/32\nIP6ADDRS[1]=2001:db8::1/64\n"), "b:8 address-twice\nb:9 address-twice"},
		{"IPv6 in small packets", one("MTU[0]=1000\nIP6ADDRS[0]=2001:db8::1/64\n"), "b:4 mtu-ipv6"},
		{"gateways", one("IPADDRS[0]='192.0.2.1 198.51.100.5/255.255.255.192'\nIP6ADDRS[0]=2001:db8::1/64\nGATEWAY=198.51.100.1\nGATEWAY6=fe80::1%bond0\n") + "GATEWAY6=2001:db8::ffff\n", "b:4 no-prefix"},
		{"gateways elsewhere", one("IPADDRS[0]=192.0.2.1/25\nIP6ADDRS[0]=2001:db8::1/64\nGATEWAY=192.0.2.129\nGATEWAY6=2001:db8:1::1\n"), "b:6 gateway-unreachable\nb:7 gateway-unreachable"},
		{"gateway for nobody", "IFNAME[0]=bond0\nBONDNICS[0]=eth0\nGATEWAY=192.0.2.1\n", "b:3 gateway-unreachable"},
		{"wrong family", one("IP6ADDRS[0]=192.0.2.1/24\n"), "b:4 bad-address"},
		{"values", one("MTU[0]=big\nLINKWAIT[0]=-1\nMACCHECK=no\nGATEWAY=router\nGATEWAY6=192.0.2.1\n") + "USE_DHCP[0]=y\n",
			"b:4 bad-value\nb:5 bad-value\nb:6 bad-value\nb:7 bad-address\nb:8 bad-address\nb:9 bad-value"},
		{"slip of a variable", one("BONDNIC[1]=eth3\n"), "b:4 unknown-variable"},

		{"exasock in another mode", one("BONDMODE[0]=4\nEXASOCK[0]=yes\n"), "b:5 exasock-mode"},
		{"exasock no word", one("EXASOCK[0]=1\n"), "b:4 bad-exasock"},
		{"exasock off", one("BONDMODE[0]=4\nEXASOCK[0]=no\n"), ""},

		{"not static", "IFNAME[0]=bond0\nBONDNICS[0]=$NICS\nUSE_DHCP[0]=yes\n", "b:2 not-static"},
		{"conditional", one("if true; then\n  MTU[0]=9000\nfi\n"), "b:5 not-static"},
		{"command", one(". /etc/other\n"), "b:4 command"},
		{"modules", one("MODULES='e1000e, igb snd-x'\n"), "b:4 bad-module"},
		{"no quotes", one("GATEWAY=192.0.2.1 192.0.2.2\nMACCHECK = off\n"), "b:4 command\nb:5 command"},
		{"DOS", "IFNAME[0]=bond0\r\nBONDNICS[0]=eth0\r\n", "b:1 dos-line-ends"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules(t, Input{Bond: parse(t, "b", tt.conf)}); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestInet1Conf(t *testing.T) {
	const conf = "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n"
	const dhcp = conf + "USE_DHCP[0]=yes\n"
	for _, tt := range []struct{ name, conf, inet1, want string }{
		{"well", conf, "IFNAME[0]=bond0\nIPADDRS[0]=192.0.2.1/24\nIFNAME[1]=eth2\nUSE_DHCP[1]=yes\n", ""},
		{"well, by rc.bond", dhcp, "IFNAME[0]=eth2\nUSE_DHCP[0]=yes\n", ""},
		{"usual empty file", dhcp, "IPADDRS[0]=\"\"\nUSE_DHCP[0]=\"\"\nIP6ADDRS[0]=\"\"\nUSE_DHCP[1]=\"\"\nGATEWAY=\"\"\n", ""},
		{"member with an address", dhcp, "IFNAME[1]=eth1\nIPADDR[1]=192.0.2.2\n", "i:2 member-has-address"},
		{"member by default name", dhcp, "USE_DHCP[1]=yes\n", "i:1 member-has-address"},
		{"no addresses", conf, "IFNAME[0]=eth2\nUSE_DHCP[0]=yes\n", "b:1 no-addresses"},
		{"no address but on a VLAN", conf, "IFNAME[0]=bond0.10\nUSE_DHCP[0]=yes\n", ""},
		{"no address but on a bridge", conf, "IFNAME[0]=br0\nBRNICS[0]='eth2 bond0'\nUSE_DHCP[0]=yes\n", ""},
		{"addresses twice", dhcp, "IFNAME[0]=bond0\nUSE_DHCP[0]=yes\n", "i:2 addresses-twice"},
		{"beyond MAXNICS", conf, "IFNAME[6]=bond0\nUSE_DHCP[6]=yes\n", "i:1 maxnics"},
		{"within MAXNICS", conf, "MAXNICS=7\nIFNAME[6]=bond0\nUSE_DHCP[6]=yes\n", ""},
		{"made twice", dhcp, "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n", "i:2 made-twice"},
		{"NIC in both", dhcp, "IFNAME[0]=bond1\nBONDNICS[0]=\"eth1 eth2\"\n", "i:2 nic-in-two-bonds"},
		{"stock bond, members with addresses", "", "IFNAME[3]=bond0\nBONDNICS[3]=\"eth1 eth2\"\nUSE_DHCP[1]=yes\n", "i:2 stock-bond-empty"},
		{"stock bond, members that get addresses after it", "", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth1 eth2\"\nUSE_DHCP[1]=yes\n", "i:3 member-has-address"},
		{"MAC differs", dhcp + "HWADDR[0]=02:00:00:00:00:01\n", "IFNAME[0]=bond0\nHWADDR[0]=02:00:00:00:00:02\nUSE_SLAAC[0]=no\n", "i:2 mac-differs"},
		{"MAC of another", dhcp + "HWADDR[0]=02:00:00:00:00:01\n", "IFNAME[2]=eth2\nHWADDR[2]=02:00:00:00:00:01\nIPADDR[2]=192.0.2.9\n", "i:2 mac-twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules(t, Input{Bond: parse(t, "b", tt.conf), Inet1: parse(t, "i", tt.inet1)}); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// sysfs makes a /sys/class/net of "PATH TEXT" lines; a text that begins with
// -> is the target of a symlink.
func sysfs(t *testing.T, lines ...string) Host {
	t.Helper()
	dir := t.TempDir()
	for _, line := range lines {
		path, text, _ := strings.Cut(line, " ")
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text+"\n"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return Host{Sysfs: dir}
}

func TestHost(t *testing.T) {
	const nics = "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\nUSE_DHCP[0]=yes\n"
	both := []string{"eth0/address 02:00:00:00:00:01", "eth1/address 02:00:00:00:00:02"}
	for _, tt := range []struct {
		name, conf, inet1 string
		sys               []string
		want              string
	}{
		{"well", nics, "", both, ""},
		{"NIC missing", nics, "", both[:1], "b:2 nic-missing"},
		{"all missing", nics, "", []string{"lo/address 00:00:00:00:00:00"}, "b:2 nic-missing\nb:2 nic-missing\nb:2 no-nic"},
		{"in another bond", nics, "", append(both, "eth1/master -> ../br0"), "b:2 nic-in-use"},
		{"already in this bond", nics, "", append(both, "eth1/master -> ../bond0", "bond0/bonding/mode active-backup 1"), ""},
		{"name taken", nics, "", append(both, "bond0/address 02:00:00:00:00:09"), "b:1 name-taken"},
		{"MAC of a stranger", nics + "HWADDR[0]=02:00:00:00:00:09\n", "", append(both, "eth7/address 02:00:00:00:00:09"), "b:4 mac-in-use"},
		{"MAC of a member, and of a VLAN", nics + "HWADDR[0]=02:00:00:00:00:01\n", "", append(both, "vlan5/address 02:00:00:00:00:01", "vlan5/lower_bond0/mtu 1500"), ""},
		{
			"kernel without the option", nics + "IFOPTS[0]=\"miimon 100 | arp_missed_max 3\"\n", "",
			append(both, "bonding_masters bond9", "bond9/bonding/mode active-backup 1", "bond9/bonding/miimon 0"), "b:4 option-kernel",
		},
		{"no bond to ask", nics + "IFOPTS[0]=\"miimon 100 | arp_missed_max 3\"\n", "", append(both, "bonding_masters "), ""},
		{"stock bond, NICs up", "", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n", append(both, "eth0/flags 0x1003", "eth1/flags 0x1002"), "i:2 stock-bond-empty"},
		{"stock bond, made already", "", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0\"\n", append(both, "eth0/flags 0x1803", "eth0/master -> ../bond0"), ""},
		{"no SmartNIC", nics + "EXASOCK[0]=yes\n", "", append(both, "exabond_masters ", "eth0/device/driver -> /sys/bus/pci/drivers/exanic", "eth1/device/driver -> /sys/bus/pci/drivers/e1000e"), "b:2 exasock-nic"},
		{"exasock not loaded", nics + "EXASOCK[0]=yes\n", "", []string{"eth0/device/driver -> ../exanic", "eth1/device/driver -> ../exanic"}, "b:4 exasock-module"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{Bond: parse(t, "b", tt.conf), Inet1: parse(t, "i", tt.inet1), Host: sysfs(t, tt.sys...)}
			if got := rules(t, in); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestBoot(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "rc.bond")
	local := filepath.Join(dir, "rc.local")
	write := func(path, text string, mode os.FileMode) {
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write(script, "", 0o755)
	try := func(name string, guard inet1.Status, rcBond, want string) {
		t.Helper()
		conf := parse(t, "b", one(""))
		got := rules(t, Input{Bond: conf, Guard: guard, RCBond: rcBond, RCLocal: local})
		if got = strings.ReplaceAll(got, dir, ""); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	on := inet1.Status{File: "i", State: inet1.On, Line: 9}
	try("well", on, script, "")
	try("off", inet1.Status{File: "i", State: inet1.Off}, script, "i:1 guard-off")
	try("lost", inet1.Status{File: "i", State: inet1.Lost}, script, "i:1 guard-lost")
	try("broken", inet1.Status{File: "i", State: inet1.Broken, Line: 7}, script, "i:7 guard-broken")
	write(local, "/etc/rc.d/rc.bond start\n", 0o755)
	try("off, but in rc.local", inet1.Status{File: "i", State: inet1.Off}, script, "")
	try("no rc.bond", on, filepath.Join(dir, "none"), "/none:1 no-rc-bond")
	write(script, "", 0o644)
	try("not executable", on, script, "/rc.bond:1 rc-bond-off")
}

func TestNearest(t *testing.T) {
	words := []string{"miimon", "primary", "updelay"}
	for in, want := range map[string]string{
		"mimon": "miimon", "miimonn": "miimon", "miimno": "miimon", "mijmon": "miimon", "primry": "primary", "updleay": "updelay",
		"nonsense": "", "": "", "up": "", "mon": "",
	} {
		if got := nearest(in, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", in, got, want)
		}
	}
}
