// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		if f.What == "" || f.Why == "" || f.Do == "" || f.File == "" {
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
		{"bridge of the bond and its member", dhcp, "IFNAME[0]=br0\nBRNICS[0]='bond0 eth1'\n", "i:2 member-in-bridge"},
		{"bridge of members", dhcp, "IFNAME[0]=br0\nBRNICS[0]='eth0 eth1'\n", "i:2 member-in-bridge\ni:2 member-in-bridge"},
		{"bridge of others", dhcp, "IFNAME[0]=br0\nBRNICS[0]='eth2 eth3'\n", ""},
		{"bridge over balance-alb", dhcp + "BONDMODE[0]=6\n", "IFNAME[0]=br0\nBRNICS[0]='bond0'\n", "i:2 bridge-alb"},
		{"VLAN on a member", dhcp, "IFNAME[0]=eth0.10\nIPADDR[0]=192.0.2.1\n", "i:1 vlan-on-member"},
		{"VLAN on the bond", dhcp, "IFNAME[0]=bond0.10\nIPADDR[0]=192.0.2.1\nMTU[0]=1500\n", ""},
		{"VLAN with a larger MTU", dhcp, "IFNAME[0]=bond0.10\nIPADDR[0]=192.0.2.1\nMTU[0]=9000\n", "i:3 vlan-mtu"},
		{"VLAN with the bond's MTU", dhcp + "MTU[0]=9000\n", "IFNAME[0]=bond0.10\nIPADDR[0]=192.0.2.1\nMTU[0]=9000\n", ""},
		{"members that are VLANs", "IFNAME[0]=bond0\nBONDNICS[0]='eth0.10 eth1.10'\nUSE_DHCP[0]=yes\n", "IFNAME[0]=eth0.10\n", ""},
		{"settings of a member", dhcp, "IFNAME[1]=eth1\nHWADDR[1]=02:00:00:00:00:01\nMTU[1]=1400\n", "i:2 member-setting\ni:3 member-setting"},
		{"MTU differs", dhcp + "MTU[0]=9000\n", "IFNAME[0]=bond0\nMTU[0]=1500\n", "i:2 mtu-differs"},
		{"a command there", dhcp, ". /etc/other\n", "i:1 command"},
		{"no quotes there", dhcp, "GATEWAY=192.0.2.1 192.0.2.2\n", "i:1 bash"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := rules(t, Input{Bond: parse(t, "b", tt.conf), Inet1: parse(t, "i", tt.inet1)}); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// machine makes a root directory of "PATH TEXT" lines, below sys/class/net where
// the path does not begin with /; a text that begins with -> is the target of a
// symlink.
func machine(t *testing.T, lines ...string) Host {
	t.Helper()
	dir := t.TempDir()
	for _, line := range append([]string{"lo/address 00:00:00:00:00:00"}, lines...) {
		path, text, _ := strings.Cut(line, " ")
		if !strings.HasPrefix(path, "/") {
			path = "/sys/class/net/" + path
		}
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
	return Host{Root: dir}
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
		{"bond that somebody made", nics, "", append(both, "bond0/bonding/mode balance-rr 0", "bond0/bonding/slaves ", "bond0/flags 0x1403"), "b:1 bond-is-up"},
		{"the same, down", nics, "", append(both, "bond0/bonding/mode balance-rr 0", "bond0/bonding/slaves ", "bond0/flags 0x1402"), ""},
		{"the same, with the mode asked for", nics, "", append(both, "bond0/bonding/mode active-backup 1", "bond0/bonding/slaves ", "bond0/flags 0x1403"), ""},
		{"the same, with members", nics, "", append(both, "bond0/bonding/mode balance-rr 0", "bond0/bonding/slaves eth0", "bond0/flags 0x1403"), ""},
		{"members by address and slot", "IFNAME[0]=bond0\nBONDNICS[0]='mac=02:00:00:00:00:01 pci=03:00.1'\nUSE_DHCP[0]=yes\n", "", append(both, "eth1/device -> ../../../0000:03:00.1", "/sys/0000:03:00.1/subsystem -> ../bus/pci", "vlan7/address 02:00:00:00:00:01", "vlan7/lower_eth0/mtu 1500"), ""},
		{"members by address, in a bond", "IFNAME[0]=bond0\nBONDNICS[0]='mac=02:00:00:00:00:0b'\nUSE_DHCP[0]=yes\n", "", append(both, "eth1/bonding_slave/perm_hwaddr 02:00:00:00:00:0b"), ""},
		{"address of nobody", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 mac=02:00:00:00:00:0b pci=03:00.1'\nUSE_DHCP[0]=yes\n", "", both, "b:2 nic-missing\nb:2 nic-missing"},
		{"name and address of one NIC", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 mac=02:00:00:00:00:01'\nUSE_DHCP[0]=yes\n", "", both, "b:2 nic-twice"},
		{"address of two", "IFNAME[0]=bond0\nBONDNICS[0]='mac=02:00:00:00:00:01'\nUSE_DHCP[0]=yes\n", "", append(both, "eth2/address 02:00:00:00:00:01"), "b:2 nic-ambiguous"},
		{"VLAN on what is down", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 nic1'\nUSE_DHCP[0]=yes\n", "", append(both, "nic1/lower_eth1/mtu 1500", "eth1/flags 0x1002"), "b:2 nic-lower-down"},
		{"VLAN on what is up", "IFNAME[0]=bond0\nBONDNICS[0]='eth0 nic1'\nUSE_DHCP[0]=yes\n", "", append(both, "nic1/lower_eth1/mtu 1500", "eth1/flags 0x1003"), ""},
		{"wireless", nics, "", append(both, "eth1/phy80211/rfkill0/soft 0", "eth1/phy80211/rfkill0/hard 0"), "b:2 nic-wireless"},
		{"wireless, as it should be", nics + "IFOPTS[0]='fail_over_mac active'\n", "", append(both, "eth1/wireless/x 0"), ""},
		{"wireless, off", nics + "IFOPTS[0]='fail_over_mac active'\n", "", append(both, "eth1/phy80211/rfkill0/soft 1"), "b:2 nic-blocked"},
		{"equal addresses in alb", nics + "BONDMODE[0]=6\n", "", []string{"eth0/address 02:00:00:00:00:01", "eth1/address 02:00:00:00:00:01"}, "b:2 nic-same-mac"},
		{"equal addresses elsewhere", nics, "", []string{"eth0/address 02:00:00:00:00:01", "eth1/address 02:00:00:00:00:01"}, ""},
		{"stock bond, NICs up", "", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n", append(both, "eth0/flags 0x1003", "eth1/flags 0x1002"), "i:2 stock-bond-empty"},
		{"stock bond, made already", "", "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0\"\n", append(both, "eth0/flags 0x1803", "eth0/master -> ../bond0"), ""},
		{"no SmartNIC", nics + "EXASOCK[0]=yes\n", "", append(both, "exabond_masters ", "eth0/device/driver -> /sys/bus/pci/drivers/exanic", "eth1/device/driver -> /sys/bus/pci/drivers/e1000e"), "b:2 exasock-nic"},
		{"exasock not loaded", nics + "EXASOCK[0]=yes\n", "", []string{"eth0/device/driver -> ../exanic", "eth1/device/driver -> ../exanic"}, "b:4 exasock-module"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{Bond: parse(t, "b", tt.conf), Inet1: parse(t, "i", tt.inet1), Host: machine(t, tt.sys...)}
			if got := rules(t, in); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestBoot(t *testing.T) {
	const now = "exec bondctl start --values\n"
	on := inet1.Status{File: "i", State: inet1.On, Line: 9}
	off := inet1.Status{File: "i", State: inet1.Off}
	for _, tt := range []struct {
		name  string
		guard inet1.Status
		files map[string]string // of /etc/rc.d; executable but for those that end in -
		want  string
	}{
		{"well", on, map[string]string{"rc.bond": now}, ""},
		{"off", off, map[string]string{"rc.bond": now}, "i guard-off"},
		{"off, but in rc.local", off, map[string]string{"rc.bond": now, "rc.local": "/etc/rc.d/rc.bond start\n"}, ""},
		{"lost", inet1.Status{File: "i", State: inet1.Lost}, map[string]string{"rc.bond": now}, "i guard-lost"},
		{"stale", inet1.Status{File: "i", State: inet1.Stale, Line: 3}, map[string]string{"rc.bond": now}, "i:3 guard-stale"},
		{"broken", inet1.Status{File: "i", State: inet1.Broken, Line: 7}, map[string]string{"rc.bond": now}, "i:7 guard-broken"},
		{"no rc.bond", on, nil, "/rc.bond no-rc-bond"},
		{"not executable", on, map[string]string{"rc.bond-": now}, "/rc.bond rc-bond-off"},
		{"old rc.bond", on, map[string]string{"rc.bond": "modes=(balance-rr)\n"}, "/rc.bond rc-bond-old"},
		{"old rc.bond, the new one beside it", on, map[string]string{"rc.bond": "modes=(balance-rr)\n", "rc.bond.new-": now}, "/rc.bond rc-bond-old"},
		{"rc.bond that was not taken over", on, map[string]string{"rc.bond": now, "rc.bond.new-": now + "#\n"}, "/rc.bond.new rc-bond-new"},
		{"bond by hand", on, map[string]string{"rc.bond": now, "rc.local": "#!/bin/sh\n# ifenslave bond0\n modprobe bonding mode=0 miimon=50\n"}, "/rc.local:3 bonds-by-hand"},
		{"bond by a script", on, map[string]string{"rc.bond": now, "rc.local": "/etc/rc.d/rc.bonding start\n", "rc.bonding": "case $1 in\nstart)\n  ifconfig bond0 up\n  ifenslave bond0 eth0\n"}, "/rc.bonding:4 bonds-by-hand"},
		{"another script", on, map[string]string{"rc.bond": now, "rc.local": "/etc/rc.d/rc.other start\n. /etc/rc.d/rc.none\n", "rc.other": "ip link add br0 type bridge\n"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				mode := os.FileMode(0o755)
				if plain, ok := strings.CutSuffix(name, "-"); ok {
					name, mode = plain, 0o644
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
					t.Fatal(err)
				}
			}
			got := rules(t, Input{Bond: parse(t, "b", one("")), Guard: tt.guard, RCDir: dir})
			if got = strings.ReplaceAll(got, dir, ""); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWritable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rc.bond.conf")
	for mode, want := range map[os.FileMode]string{0o600: "", 0o644: "", 0o620: " writable", 0o602: " writable"} {
		if err := os.WriteFile(path, []byte(one("")), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		conf, err := bondconf.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimPrefix(rules(t, Input{Bond: conf}), path); got != want {
			t.Errorf("mode %o: %q, want %q", mode, got, want)
		}
	}
}

// TestRelease: what the rc.inet1 of this machine does not know.
func TestRelease(t *testing.T) {
	const conf = "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n"
	const old, current = "IPADDR NETMASK USE_DHCP GATEWAY\n", "IPADDR IPADDRS IP6ADDRS USE_SLAAC USE_DHCP6 vlan\n"
	const inet = "IFNAME[0]=bond0\nIPADDRS[0]=192.0.2.1/24\nUSE_SLAAC[0]=yes\nIFNAME[1]=bond0.10\nIPADDR[1]=192.0.2.129\nIFNAME[2]=eth2\nIPADDRS[2]=192.0.2.2/24\n"
	for script, want := range map[string]string{
		old: "i:2 inet1-variable\ni:3 inet1-variable\ni:4 inet1-vlan", current: "", "not that script\n": "",
	} {
		dir := t.TempDir()
		for name, text := range map[string]string{"rc.inet1": script, "rc.bond": "--values"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if got := rules(t, Input{Bond: parse(t, "b", conf), Inet1: parse(t, "i", inet), RCDir: dir}); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", script, got, want)
		}
	}
}

// modules makes the files of a kernel's modules: its release, then the modules
// in modules.dep, those that are built in after a bar.
func kernelFiles(release, names string) []string {
	dep, builtin, _ := strings.Cut(names, "|")
	list := []string{"/lib/modules/" + release + "/kernel/x x"}
	for file, names := range map[string]string{"modules.dep": dep, "modules.builtin": builtin} {
		text := ""
		for _, name := range strings.Fields(names) {
			text += "kernel/drivers/net/" + name + ".ko.xz: kernel/other.ko.xz\n"
		}
		list = append(list, "/lib/modules/"+release+"/"+file+" "+text)
	}
	return list
}

func TestKernels(t *testing.T) {
	nics := []string{"eth0/address 02:00:00:00:00:01", "eth1/address 02:00:00:00:00:02"}
	with := func(lists ...[]string) []string { return slices.Concat(append(lists, nics)...) }
	bonding := func(release string) []string { return kernelFiles(release, "bonding/bonding e1000e/e1000e") }
	for _, tt := range []struct {
		name, conf, running, asked string
		sys                        []string
		want                       string
	}{
		{"well", "", "6.1.5", "", with(bonding("6.1.5")), ""},
		{"built in", "", "6.1.5", "", with(kernelFiles("6.1.5", "|bonding")), ""},
		{"new kernel without its modules", "", "6.1.5", "", with(bonding("6.1.4")), "/lib/modules/6.1.5 module-missing"},
		{"the same, and bonding is loaded", "", "6.1.5", "", with(bonding("6.1.4"), []string{"/sys/module/bonding/x x"}), ""},
		{"kernel without bonding", "", "6.1.5", "", with(kernelFiles("6.1.5", "e1000e")), "/lib/modules/6.1.5 module-missing"},
		{"an installed one without bonding", "", "6.1.5", "", with(bonding("6.1.5"), kernelFiles("6.12.1-smp", "e1000e")), "/lib/modules/6.12.1-smp module-missing"},
		{"what a removed one left", "", "6.1.5", "", with(bonding("6.1.5"), []string{"/lib/modules/5.15.19/modules.dep x"}), ""},
		{"a driver", "MODULES='e1000e snd-x'\n", "6.1.5", "", with(bonding("6.1.5")), "/lib/modules/6.1.5 module-missing"},
		{"a driver with a dash", "MODULES='snd-x'\n", "6.1.5", "", with(kernelFiles("6.1.5", "bonding snd_x")), ""},
		{"nothing known", "IFOPTS[0]='use_carrier 0'\n", "", "", nics, ""},

		{"use_carrier on a new kernel", "IFOPTS[0]='use_carrier 0'\n", "6.18.2", "", with(bonding("6.18.2")), "b:4 option-kernel"},
		{"use_carrier 1 there", "IFOPTS[0]='use_carrier 1'\n", "6.18.2", "", with(bonding("6.18.2")), ""},
		{"use_carrier on the last that has it", "IFOPTS[0]='use_carrier off'\n", "6.17.99", "", with(bonding("6.17.99")), ""},
		{"use_carrier on one that is installed", "IFOPTS[0]='use_carrier off'\n", "6.12.1", "", with(bonding("6.12.1"), bonding("7.2.13")), "b:4 option-kernel"},
		{"use_carrier, though bonds have the file", "IFOPTS[0]='use_carrier 0'\n", "6.18.2", "", with(bonding("6.18.2"), []string{"bonding_masters b", "b/bonding/mode active-backup 1", "b/bonding/use_carrier 1"}), "b:4 option-kernel"},
		{"an old kernel", "IFOPTS[0]='arp_missed_max 3'\n", "5.10.223", "", with(bonding("5.10.223")), "b:4 option-kernel"},
		{"an old kernel that has it", "IFOPTS[0]='arp_missed_max 3'\n", "5.10.223", "", with(bonding("5.10.223"), []string{"bonding_masters b", "b/bonding/mode active-backup 1", "b/bonding/arp_missed_max 2"}), ""},
		{"asked", "IFOPTS[0]='arp_missed_max 3'\n", "6.1.5", "5.16", with(bonding("6.1.5")), "b:4 option-kernel"},
		{"asked, new enough", "IFOPTS[0]='arp_missed_max 3'\n", "5.10.223", "5.17", with(bonding("5.10.223")), ""},
		{"default of ours", "", "3.2.0", "", with(bonding("3.2.0")), ""},

		{"module parameters", "", "6.12.1", "", with(bonding("6.12.1"), []string{"/etc/modprobe.d/bonding.conf # x\noptions bonding max_bonds=0 miimon=100\nalias bond0 bonding"}), ""},
		{"a bad module parameter", "", "6.12.1", "", with(bonding("6.12.1"), []string{"/etc/modprobe.d/bonding.conf # x\noptions bonding mode=lacp"}), "/etc/modprobe.d/bonding.conf:2 modprobe-option"},
		{"a module parameter that is gone", "", "6.12.1", "", with(bonding("6.12.1"), bonding("6.18.0"), []string{"/lib/modprobe.d/bonding.conf options bonding use_carrier=0"}), "/lib/modprobe.d/bonding.conf:1 modprobe-option"},
		{"a file that modprobe does not read", "", "6.12.1", "", with(bonding("6.12.1"), []string{"/etc/modprobe.d/bonding.old options bonding mode=lacp"}), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := machine(t, tt.sys...)
			h.Running = tt.running
			got := rules(t, Input{Bond: parse(t, "b", one(tt.conf)), Host: h, Kernel: tt.asked})
			if got = strings.ReplaceAll(got, h.Root, ""); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestExasock(t *testing.T) {
	const text = `IFNAME[0]="bond0"
BONDNICS[0]="exa0 exa1"
EXASOCK[0]="yes"
IFNAME[1]="bond1"
BONDNICS[1]="exa2 eth0"
BONDMODE[1]="802.3ad"
IFOPTS[1]="miimon 0"
EXASOCK[1]="yes"
IFNAME[2]="bond2"
BONDNICS[2]="eth5"
BONDMODE[2]="balance-rr"
IFOPTS[2]="nothing 1"
IFNAME[3]="bond3"
BONDNICS[3]="exa9"
IFOPTS[3]="arp_interval 100"
EXASOCK[3]="yes"
`
	h := machine(t, "exa0/device/driver -> ../exanic", "exa1/device/driver -> ../exanic", "exa2/device/driver -> ../exanic", "eth0/device/driver -> ../e1000e")
	var list []string
	for _, f := range Exasock(Input{Bond: parse(t, "b", text), Host: h}) {
		list = append(list, fmt.Sprintf("%s %s %s", f.Pos, f.Bond, f.Rule))
	}
	want := []string{"b:5 bond1 exasock-nic", "b:7 bond1 no-monitor", "b:8 bond1 exasock-mode", "b:15 bond3 no-arp-target"}
	if !slices.Equal(list, want) {
		t.Errorf("got %q, want %q", list, want)
	}
}
