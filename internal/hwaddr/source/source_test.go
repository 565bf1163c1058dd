// SPDX-License-Identifier: MIT

package source

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/internal/hwaddr"
)

// collect is a Sink that wants everything.
type collect struct {
	wanted   int
	unusable int
	unsure   int
	claims   []Claim
	problems []Problem
}

// Want wants what a host can have.
func (c *collect) Want(a hwaddr.Addr, sure bool) bool {
	if !sure {
		c.unsure++
		return true
	}
	if a.Unusable() != "" {
		c.unusable++
		return false
	}
	c.wanted++
	return true
}
func (c *collect) Claim(x Claim)     { c.claims = append(c.claims, x) }
func (c *collect) WantProblem() bool { return true }
func (c *collect) Problem(p Problem) { c.problems = append(c.problems, p) }

// say gives all that was found, one line each.
func (c *collect) say() []string {
	var out []string
	for _, x := range c.claims {
		s := fmt.Sprintf("%d %s %s", x.Line, x.Addr, x.Class)
		if x.Past != "" {
			s += " " + string(x.Past)
		}
		if who := x.Who(); who != "" {
			s += " " + who
		}
		if x.Note != "" {
			s += " [" + x.Note + "]"
		}
		out = append(out, s)
	}
	for _, p := range c.problems {
		out = append(out, fmt.Sprintf("%d ! %s", p.Line, p.Why))
	}
	return out
}

func dhcpcdLease() string {
	b := make([]byte, 300)
	b[0], b[1], b[2] = 2, 1, 6
	copy(b[16:], []byte{192, 0, 2, 77})
	copy(b[28:], []byte{2, 0, 0x5e, 0x10, 0, 0x77})
	copy(b[236:], []byte{0x63, 0x82, 0x53, 0x63})
	return string(b)
}

// samples has a file of each format and what is to be read from it.
var samples = []struct {
	format, path, text string
	want               []string
}{
	{"table", "arp", `IP address       HW type     Flags       HW address            Mask     Device
192.0.2.7        0x1         0x6         02:00:5e:10:00:07     *        eth0
192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0
`, []string{"2 02:00:5e:10:00:07 used 192.0.2.7 on eth0"}},
	{"ip-neigh", "", `192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:08 STALE
192.0.2.9 dev eth0  FAILED
fe80::5eff:fe10:7 dev eth0 lladdr 02:00:5e:10:00:07 router REACHABLE
192.0.2.10 dev eth0 lladdr 02:00:5e:10:00:0a PERMANENT proxy
`, []string{"1 02:00:5e:10:00:08 used 192.0.2.8 on eth0 [STALE]", "3 02:00:5e:10:00:07 used fe80::5eff:fe10:7 on eth0 [REACHABLE]", "4 02:00:5e:10:00:0a used 192.0.2.10 on eth0 [PERMANENT]"}},
	{"json", "neigh", `[{"dst":"192.0.2.8","dev":"eth0","lladdr":"02:00:5e:10:00:08","state":["STALE"]},
{"dst":"192.0.2.9","dev":"eth0","state":["FAILED"]},{"dst":"fe80::5eff:fe10:7","dev":"eth0","lladdr":"02:00:5e:10:00:07","router":null,"state":["STALE"]}]`,
		[]string{"1 02:00:5e:10:00:08 used 192.0.2.8 on eth0 [STALE]", "2 02:00:5e:10:00:07 used fe80::5eff:fe10:7 on eth0 [STALE]"}},
	{"json", "link", `[{"ifindex":2,"ifname":"eth1","link_type":"ether","address":"02:00:00:00:00:a0","broadcast":"ff:ff:ff:ff:ff:ff","linkinfo":{"info_slave_kind":"bond","info_slave_data":{"state":"BACKUP","perm_hwaddr":"02:00:00:00:00:a1"}},"permaddr":"02:00:00:00:00:a1"}]`,
		[]string{"1 02:00:00:00:00:a1 used eth1", "1 02:00:00:00:00:a0 used eth1", "1 02:00:00:00:00:a1 used eth1"}},
	{"json", "fdb", `[{"mac":"02:ab:cd:00:00:07","ifname":"vnet3","flags":[],"master":"br0","state":""},{"mac":"33:33:00:00:00:01","ifname":"eth0","flags":["self"],"state":"permanent"}]`,
		[]string{"1 02:ab:cd:00:00:07 used on vnet3"}},
	{"json", "netbox", `{"results":[{"id":1,"display":"02:00:5E:10:00:38","mac_address":"02:00:5E:10:00:38","device":"sw1"},
{"mac_address":"02:00:5e:10:00","device":"sw2"}]}`, []string{"1 02:00:5e:10:00:38 reserved sw1", `2 ! "02:00:5e:10:00" is not a MAC address: five octets, an address has six`}},
	{"json", "docker", `[{"Name":"/web","NetworkSettings":{"MacAddress":"02:42:AC:11:00:02","IPAddress":"172.17.0.2"}},
{"hosts":{"02005e100039":{"host-name":"nas"},"0200.5e10.003e":"tv"},"log":"DHCPACK on 192.0.2.33 to 02:00:5e:10:00:3a (cam)","mac_address":"unknown"},
{"local":"fe80::5eff:fe10:3b","note":"` + strings.Repeat("long ", 60) + `0200.5e10.003c"},
{"mac":"02:00:5e:10:00:3d","ip6":"fe80::5eff:fe10:3d"}]`,
		[]string{"1 02:42:ac:11:00:02 reserved /web 172.17.0.2", "2 02:00:5e:10:00:39 reserved nas", "2 02:00:5e:10:00:3e reserved", "2 02:00:5e:10:00:3a mentioned", "3 02:00:5e:10:00:3c mentioned",
			"3 02:00:5e:10:00:3b reserved", "4 02:00:5e:10:00:3d reserved",
		}},
	{"ip-link", "", `2: eth0@if5: <BROADCAST,MULTICAST,SLAVE,UP,LOWER_UP> mtu 1500 qdisc noqueue master bond0 state UP
    link/ether 02:00:00:00:00:a0 brd ff:ff:ff:ff:ff:ff permaddr 02:00:00:00:00:a1
`, []string{"2 02:00:00:00:00:a0 used eth0", "2 02:00:00:00:00:a1 used eth0"}},
	{"ip-link", "br", "lo               UNKNOWN        00:00:00:00:00:00 <LOOPBACK,UP,LOWER_UP> \neth0@if3         UP             02:00:00:00:00:a2 <BROADCAST,MULTICAST,UP,LOWER_UP> \n", []string{"2 02:00:00:00:00:a2 used eth0"}},
	{"ifconfig", "", "eth0      Link encap:Ethernet  HWaddr 00:16:3E:AA:AA:AA  \n          UP BROADCAST\n", []string{"1 00:16:3e:aa:aa:aa used eth0"}},
	{"sysfs", "class/net/eth0/address", "02:00:00:00:00:a0\n", []string{"1 02:00:00:00:00:a0 used eth0"}},
	{"bonding", "proc/net/bonding/bond0", `Ethernet Channel Bonding Driver: v5.10
Bonding Mode: IEEE 802.3ad Dynamic link aggregation
System MAC address: 02:00:00:00:00:a0
Partner Mac Address: 00:00:00:00:00:00

Slave Interface: eth1
Permanent HW addr: 02:00:00:00:00:a1
`, []string{"3 02:00:00:00:00:a0 used [System MAC address]", "7 02:00:00:00:00:a1 used eth1 [Permanent HW addr]"}},
	{"bridge-fdb", "", `02:ab:cd:00:00:07 dev vnet3 master br0
02:ab:cd:00:00:08 dev vnet3 vlan 10 master br0
02:ab:cd:00:00:09 dev eth0 master br0 permanent
33:33:00:00:00:01 dev eth0 self permanent
01:00:5e:00:00:01 dev eth0 self
`, []string{"1 02:ab:cd:00:00:07 used on vnet3", "2 02:ab:cd:00:00:08 used on vnet3 VLAN 10"}},
	{"brctl", "", "port no\tmac addr\t\tis local?\tageing timer\n  1\t02:ab:cd:00:00:07\tno\t\t   1.20\n  1\t02:ab:cd:00:00:09\tyes\t\t   0.00\n", []string{"2 02:ab:cd:00:00:07 used on 1"}},
	{"dhcpd", "dhcpd.leases", `# The format of this file
lease 192.0.2.33 {
  starts 6 2026/11/21 08:00:00;
  ends 6 2026/11/21 20:00:00;
  binding state active;
  hardware ethernet 02:00:5e:10:00:20;
}
lease 192.0.2.33 {
  starts 6 2026/11/21 09:00:00;
  ends 6 2026/11/21 21:00:00;
  binding state active;
  hardware ethernet 02:00:5e:10:00:21;
  uid "\001\002";
  client-hostname "cam";
}
lease 192.0.2.34 {
  ends 2 2026/11/10 20:00:00;
  binding state free;
  hardware ethernet 02:00:5e:10:00:22;
}
lease 192.0.2.35 { ends never; hardware ethernet 02:00:5e:10:00; }
`, []string{
		"6 02:00:5e:10:00:20 mentioned ended 192.0.2.33 [an older lease: line 8 has a later one]",
		"12 02:00:5e:10:00:21 used cam 192.0.2.33 [lease until 2026-11-21 21:00 UTC]",
		"19 02:00:5e:10:00:22 mentioned ended 192.0.2.34 [lease free, ended 2026-11-10]",
		`21 ! "02:00:5e:10:00" is not a MAC address: five octets, an address has six`,
	}},
	{"dhcpd", "dhcpd.conf", `option domain-name "example.net";
subnet 192.0.2.0 netmask 255.255.255.0 {
  host nas { hardware ethernet 02:00:5e:10:00:22; fixed-address 192.0.2.34; }
  # host old { hardware ethernet 02:00:5e:10:00:23; }
}
`, []string{"4 02:00:5e:10:00:23 comment", "3 02:00:5e:10:00:22 reserved nas 192.0.2.34"}},
	{"dhcpd", "subclass.conf", "subclass \"voip\" 1:02:00:5e:10:00:24;\nhost c { hardware\n  ethernet 02:00:5e:10:00:25; } # was 02:00:5e:10:00:26\n",
		[]string{"3 02:00:5e:10:00:26 comment", "1 02:00:5e:10:00:24 mentioned", "3 02:00:5e:10:00:25 reserved c"}},
	{"dhcpd", "dhcpd6.leases", `server-duid "\000\001\000\001*\267\021\"\002\000^\020\000\231";
ia-na "\001\000\000\000\000\001\000\001*\267\021\"\002\000^\020\000E" {
  iaaddr 2001:db8::5 { binding state active; }
}
ia-na "\001\000\000\000\000\003\000\001\002\000^\020\000F" { }
`, []string{"2 02:00:5e:10:00:45 mentioned", "5 02:00:5e:10:00:46 mentioned"}},
	{"json", "kea-dhcp4.conf", `{ "Dhcp4": { # the office
  "reservations": [ { "hw-address": "02:00:5e:10:00:39", "ip-address": "192.0.2.40", "hostname": "nas" },
  // { "hw-address": "02:00:5e:10:00:3a" },
  { "client-id": "01:02:00:5e:10:00:3b" } ] } }
`, []string{"3 02:00:5e:10:00:3a comment", "2 02:00:5e:10:00:39 reserved nas 192.0.2.40", "4 02:00:5e:10:00:3b reserved"}},
	{"json", "late.conf", "{ \"Dhcp4\": {\n" + strings.Repeat("  \"x\": \"http://192.0.2.1//\",\n", 80) + "  \"y\": 1, # more\n  \"hw-address\": \"02:00:5e:10:00:3f\" } }\n", []string{"83 02:00:5e:10:00:3f reserved"}},
	{"kea.leases", "kea-leases4.csv", "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id\n" +
		"192.0.2.10,02:00:5e:10:00:3c,01:02:00:5e:10:00:3c,3600,1795348800,1,0,0,laptop,0,,0\n" +
		"192.0.2.11,02:00:5e:10:00:3d,,3600,1700000000,1,0,0,,0,,0\n192.0.2.12,02:00:5e:10:00:3e,,3600,1795348800,1,0,0,,2,,0\n192.0.2.13,,,3600,1795348800,1,0,0,,1,,0\n",
		[]string{"2 02:00:5e:10:00:3c used laptop 192.0.2.10 [lease until 2026-11-22 12:00 UTC]", "3 02:00:5e:10:00:3d mentioned ended 192.0.2.11 [lease ended 2023-11-14]", "4 02:00:5e:10:00:3e mentioned ended 192.0.2.12 [lease in state 2]"}},
	{"dhclient", "", "lease {\n  interface \"eth0\";\n  fixed-address 192.0.2.5;\n  option dhcp-client-identifier 1:2:0:5e:10:0:7;\n}\n", []string{"4 02:00:5e:10:00:07 used eth0"}},
	{"dnsmasq.leases", "", `1795348800 02:00:5e:10:00:23 192.0.2.35 nas 01:02:00:5e:10:00:23
1700000000 02:00:5e:10:00:24 192.0.2.36 * *
duid 00:01:00:01:2a:b7:11:22:02:00:5e:10:00:99
1795348800 1 2001:db8::5 box 00:03:00:01:02:00:5e:10:00:25
`, []string{
		"1 02:00:5e:10:00:23 used nas 192.0.2.35 [lease until 2026-11-22 12:00 UTC]",
		"2 02:00:5e:10:00:24 mentioned ended 192.0.2.36 [lease ended 2023-11-14]",
		"4 02:00:5e:10:00:25 used box 2001:db8::5 [lease until 2026-11-22 12:00 UTC]",
	}},
	{"dnsmasq.conf", "", "domain=lan\ndhcp-host=02:00:5e:10:00:24,192.0.2.36,tv\n#dhcp-host=02:00:5e:10:00:2a,nas\ndhcp-host=06-02:00:5e:10:00:25,192.0.2.37\ndhcp-host=02:00:5e:*:*:*,192.0.2.38\n",
		[]string{"2 02:00:5e:10:00:24 reserved tv 192.0.2.36", "3 02:00:5e:10:00:2a comment nas", "4 02:00:5e:10:00:25 reserved 192.0.2.37"}},
	{"dhcpcd", "eth0.lease", dhcpcdLease(), []string{"0 02:00:5e:10:00:77 used eth0 192.0.2.77 [this machine's own lease]"}},
	{"ethers", "etc/ethers", "02:00:5e:10:00:25 printer\n2:0:5e:10:0:26 192.0.2.9\nff:ff:ff:ff:ff:ff all\n# 02:00:5e:10:00:27 old\n02:00:5e:1O:00:27 bad\n02:00:5e:10:00:28\t192.0.2.10\n",
		[]string{"1 02:00:5e:10:00:25 reserved printer", "2 02:00:5e:10:00:26 reserved 192.0.2.9", "4 02:00:5e:10:00:27 comment old", "6 02:00:5e:10:00:28 reserved 192.0.2.10",
			"3 ! ff:ff:ff:ff:ff:ff: it is the broadcast address", `5 ! "02:00:5e:1O:00:27": an octet is not two hexadecimal digits`}},
	{"arpwatch", "arp.dat", "2:0:5e:10:0:26\t192.0.2.38\t1790000000\tcam\teth0\n02:00:5e:10:00:27\t192.0.2.39\t1790000000\n", []string{"1 02:00:5e:10:00:26 used cam 192.0.2.38 on eth0", "2 02:00:5e:10:00:27 used 192.0.2.39"}},
	{"arp-scan", "", "Interface: eth0, type: EN10MB, MAC: 02:ab:cd:00:00:ff, IPv4: 10.77.0.254\nStarting arp-scan 1.10.0 with 256 hosts\n10.77.0.1\t02:ab:cd:00:00:01\t(Unknown: locally administered)\n10.77.0.2\t02:ab:cd:00:00:01\t(Unknown: locally administered) (DUP: 2)\n\n256 packets received\n",
		[]string{"1 02:ab:cd:00:00:ff used", "3 02:ab:cd:00:00:01 used 10.77.0.1", "4 02:ab:cd:00:00:01 used 10.77.0.2 [(DUP: 2)]"}},
	{"arp", "", "? (192.0.2.7) at 02:00:5e:10:00:07 [ether] PERM on eth0\nnas (192.0.2.8) at 02:00:5e:10:00:08 [ether] on eth0\n? (192.0.2.9) at <incomplete> on eth0\n", []string{"1 02:00:5e:10:00:07 used 192.0.2.7 on eth0", "2 02:00:5e:10:00:08 used nas 192.0.2.8 on eth0"}},
	{"table", "arp-n", "Address                  HWtype  HWaddress           Flags Mask            Iface\n192.0.2.8                ether   02:00:5e:10:00:08   C                     eth0\n", []string{"2 02:00:5e:10:00:08 used 192.0.2.8 on eth0"}},
	{"table", "openbsd", "Host                                 Ethernet Address    Netif Expire    Flags\n10.0.0.1                             02:00:5e:10:00:60     em0 19m58s    \n", []string{"2 02:00:5e:10:00:60 used 10.0.0.1 on em0 [age 19m58s]"}},
	{"arp", "macos", "? (192.168.1.1) at 2:0:5e:10:0:57 on en0 ifscope [ethernet]\n? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent [ethernet]\n", []string{"1 02:00:5e:10:00:57 used 192.168.1.1 on en0"}},
	{"table", "arista", "Vlan    Mac Address       Type        Ports      Moves   Last Move\n----    -----------       ----        -----      -----   ---------\n  10    0200.5e10.0013    DYNAMIC     Et7        1       0:02:10 ago\n",
		[]string{"3 02:00:5e:10:00:13 used on Et7 VLAN 10 [DYNAMIC]"}},
	{"table", "nxos", "Legend:\n        * - primary entry, G - Gateway MAC\n   VLAN     MAC Address      Type      age     Secure NTFY Ports\n---------+-----------------+--------+---------+------+----+------------------\n*   20     0200.5e10.0014   dynamic  0         F      F    nve1(10.0.0.1)\n+   20     0200.5e10.0015   dynamic  0         F      F    vPC Peer-Link\n",
		[]string{"5 02:00:5e:10:00:14 used on nve1(10.0.0.1) VLAN 20 [dynamic, age 0]", "6 02:00:5e:10:00:15 used on vPC Peer-Link VLAN 20 [dynamic, age 0]"}},
	{"table", "nxos fabric", "        age - seconds since last seen,+ - primary entry using vPC Peer-Link\n   VLAN     MAC Address      Type      age     Secure NTFY   Ports/SWID.SSID.LID\n---------+-----------------+--------+---------+------+----+------------------\n* 110      0200.5e10.0040    dynamic   0          F    F  Po28\nG     -    0200.5e10.0041    static       -       F    F  sup-eth1(R)\n",
		[]string{"4 02:00:5e:10:00:40 used on Po28 VLAN 110 [dynamic, age 0]", "5 02:00:5e:10:00:41 used on sup-eth1(R) [static]"}},
	{"table", "names in one word", "MacAddress         VlanId  LocalPort  RemotePort  AgeSec\n02:00:5e:10:00:42  7       ge1        x9          3\n", []string{"2 02:00:5e:10:00:42 used on ge1 VLAN 7"}},
	{"table", "routed port", " vlan   mac address     type        protocols               port\n-------+---------------+--------+---------------------+--------------------\nTe5/1     0200.5e10.0043    static ip,ipx,assigned,other Switch\n", []string{"3 02:00:5e:10:00:43 used on Switch [static]"}},
	{"table", "no port in the heading", "MAC Address        VLAN  Where\n02:00:5e:10:00:44  7     Eth1/3\n", []string{"2 02:00:5e:10:00:44 used on Eth1/3 VLAN 7"}},
	{"table", "pasted", "Vlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n* 20     0200.5e10.0014   dynamic  0         F      F    Eth1/7\n", []string{"3 02:00:5e:10:00:14 used on Eth1/7 VLAN 20 [dynamic]"}},
	{"table", "nxos-arp", "Address         Age       MAC Address     Interface       Flags\n10.1.1.1        00:12:34  0200.5e10.0006  Vlan10\n10.1.1.2        00:00:04  INCOMPLETE      Vlan10\n", []string{"2 02:00:5e:10:00:06 used 10.1.1.1 on Vlan10 [age 00:12:34]"}},
	{"table", "brocade", "MAC-Address     Port           Type          Index  VLAN\n0200.5e10.0048  1/1/7          Dynamic       1234   10\n", []string{"2 02:00:5e:10:00:48 used on 1/1/7 VLAN 10 [Dynamic]"}},
	{"table", "", "MAC Address          VLAN     Type                      Port\n--------------------------------------------------------------\n02:00:5e:10:00:19    10       dynamic                   1/1/7\n", []string{"3 02:00:5e:10:00:19 used on 1/1/7 VLAN 10 [dynamic]"}},
	{"table", "", "MAC               Type   Flags Intf/Remote ES/VTEP            VLAN  Seq #'s\n02:00:5e:10:00:33 local        swp1                           10    0/0\n02:00:5e:10:00:34 remote       10.0.0.12                            0/0\n", []string{"2 02:00:5e:10:00:33 used on swp1 VLAN 10 [local]", "3 02:00:5e:10:00:34 used on 10.0.0.12 [remote]"}},
	{"table", "", "#    ADDRESS         MAC-ADDRESS        INTERFACE  STATUS\n0 DC 192.168.88.254  02:00:5E:10:00:27  bridge     reachable\n1 D  192.168.88.3                       bridge     failed\n #     MAC-ADDRESS        VID  ON-INTERFACE  BRIDGE\n 0 D   02:00:5E:10:00:28   10  ether2        bridge\n 1 D   02:00:5E:10:00:29       ether3        bridge\n",
		[]string{"2 02:00:5e:10:00:27 used 192.168.88.254 on bridge [reachable]", "5 02:00:5e:10:00:28 used on ether2 VLAN 10", "6 02:00:5e:10:00:29 used on ether3"}},
	{"nmap", "", "Nmap scan report for nas.lan (192.168.1.7)\nHost is up (0.0010s latency).\nMAC Address: 02:00:5E:10:00:88 (Unknown)\nNmap scan report for 192.168.1.8\nMAC Address: 02:00:5E:10:00:89 (Apple)\n", []string{"3 02:00:5e:10:00:88 used nas.lan", "5 02:00:5e:10:00:89 used 192.168.1.8"}},
	{"table", "", "          Mac Address Table\n-------------------------------------------\nVlan    Mac Address       Type        Ports\n----    -----------       --------    -----\n All    0100.0ccc.cccc    STATIC      CPU\n  10    0200.5e10.0027    DYNAMIC     Gi1/0/7\n", []string{"6 02:00:5e:10:00:27 used on Gi1/0/7 VLAN 10 [DYNAMIC]"}},
	{"table", "", "* 10     0200.5e10.0027   dynamic  0         F      F    Eth1/7\nInternet  192.0.2.9   12   0200.5e10.0028  ARPA   Vlan10\n", []string{"1 02:00:5e:10:00:27 used on Eth1/7 VLAN 10 [dynamic]", "2 02:00:5e:10:00:28 used 192.0.2.9 on Vlan10"}},
	{"table", "", "  v10   02:00:5e:10:00:28   D     -   ge-0/0/3.0\n", []string{"1 02:00:5e:10:00:28 used on ge-0/0/3.0 VLAN v10"}},
	{"table", "old", "Ethernet-switching table: 3 entries, 2 learned\n  VLAN              MAC address       Type         Age Interfaces\n  v10               02:00:5e:10:00:17 Learn       1:05 ge-0/0/3.0\n", []string{"3 02:00:5e:10:00:17 used on ge-0/0/3.0 VLAN v10 [Learn, age 1:05]"}},
	{"table", "arp", "MAC Address       Address         Name                      Interface               Flags\n02:00:5e:10:00:18 192.0.2.7       host7.example.net         ge-0/0/0.0              none\n", []string{"2 02:00:5e:10:00:18 used host7.example.net 192.0.2.7 on ge-0/0/0.0"}},
	{"table", "", "  MAC Address   Port\n  ------------- ----\n  02005e-100029   7\n", []string{"3 02:00:5e:10:00:29 used on 7"}},
	{"table", "", "0200-5e10-002a 10  -  -  GE0/0/7  dynamic\n", []string{"1 02:00:5e:10:00:2a used on GE0/0/7 VLAN 10 [dynamic]"}},
	{"table", "trunks", "0200-5e10-0024   1          Learned          BAGG1                    Y\n0200-5e10-0026 10/-/-                            Eth-Trunk1          dynamic\n", []string{"1 02:00:5e:10:00:24 used on BAGG1 VLAN 1 [Learned]", "2 02:00:5e:10:00:26 used on Eth-Trunk1 VLAN 10 [dynamic]"}},
	{"table", "german", "\r\nSchnittstelle: 192.168.1.5 --- 0xb\r\n  Internetadresse       Physische Adresse     Typ\r\n  192.168.1.1           02-00-5e-10-00-64     dynamisch \r\n  224.0.0.22            01-00-5e-00-00-16     statisch  \r\n", []string{"4 02:00:5e:10:00:64 used 192.168.1.1 [dynamisch]"}},
	{"table", "windows", "\r\nInterface: 192.0.2.1 --- 0x3\r\n  Internet Address      Physical Address      Type\r\n  192.0.2.40            02-00-5e-10-00-2b     dynamic   \r\n  192.0.2.255           ff-ff-ff-ff-ff-ff     static    \r\n", []string{"4 02:00:5e:10:00:2b used 192.0.2.40 [dynamic]"}},
	{"windows", "", "Physical Address    Transport Name\r\n=================== ====\r\n02-00-5E-10-00-2B   \\Device\\Tcpip_{550E8400-E29B-41D4-A716-446655440000}\r\n", []string{"3 02:00:5e:10:00:2b used"}},
	{"snmp", "", `.1.3.6.1.2.1.17.7.1.2.2.1.2.10.2.0.94.16.0.44 = INTEGER: 7
BRIDGE-MIB::dot1dTpFdbPort.2.0.94.16.0.45 = INTEGER: 8
Q-BRIDGE-MIB::dot1qTpFdbPort[10][STRING: 2:0:5e:10:0:2e] = INTEGER: 9
BRIDGE-MIB::dot1dTpFdbAddress.'..^...' = Hex-STRING: 02 00 5E 10 00 2F
IP-MIB::ipNetToMediaPhysAddress.2.192.0.2.7 = STRING: 2:0:5e:10:0:30
IP-MIB::ipNetToMediaPhysAddress[2][192.0.2.9] = STRING: 2:0:5e:10:0:32
.1.3.6.1.2.1.4.22.1.2.2.192.0.2.8 = Hex-STRING: 02 00 5E 10 00 31
`, []string{"1 02:00:5e:10:00:2c used on 7 VLAN 10", "2 02:00:5e:10:00:2d used on 8", "3 02:00:5e:10:00:2e used on 9 VLAN 10", "4 02:00:5e:10:00:2f used", "5 02:00:5e:10:00:30 used 192.0.2.7", "6 02:00:5e:10:00:32 used 192.0.2.9", "7 02:00:5e:10:00:31 used 192.0.2.8"}},
	{"snmp", "quiet", ".1.3.6.1.2.1.4.22.1.2.2.192.0.2.8 \"02 00 5E 10 00 21 \"\n.1.3.6.1.2.1.17.4.3.1.1.2.0.94.16.0.34 \"02 00 5E 10 00 22 \"\n.1.3.6.1.2.1.17.7.1.2.2.1.2.10.2.0.94.16.0.35 7\nIF-MIB::ifPhysAddress.2 = STRING: 2:0:5e:10:0:24\n.1.3.6.1.2.1.2.2.1.6.4 = Hex-STRING: 02 00 5E 10 00 25 \n",
		[]string{"1 02:00:5e:10:00:21 used 192.0.2.8", "2 02:00:5e:10:00:22 used", "3 02:00:5e:10:00:23 used on 7 VLAN 10", "4 02:00:5e:10:00:24 used", "5 02:00:5e:10:00:25 used"}},
	{"rc.conf", "rc.inet1.conf", `IFNAME[0]="bond0"
IPADDRS[0]="192.0.2.5/24"
HWADDR[0]="02:00:5e:10:00:2d"
#HWADDR[1]="00:16:3e:aa:aa:aa"
HWADDR[2]="$MAC"
HWADDR[3]="00:16:3e:aa:aa"
HWADDR[4]="auto"  # 02:00:5e:10:00:2f
OTHER="02:00:5e:10:00:2e"
`, []string{"3 02:00:5e:10:00:2d reserved bond0 192.0.2.5 [HWADDR[0]]", "4 00:16:3e:aa:aa:aa comment", "7 02:00:5e:10:00:2f comment", "8 02:00:5e:10:00:2e mentioned", `6 ! "00:16:3e:aa:aa" is not a MAC address: five octets, an address has six`}},
	{"rc-script", "rc.local", "#!/bin/sh\nip link set bond0 address 02:00:5e:10:00:2e\nip link set dev bond1 address 02:00:5e:10:00:2f\n  #ifconfig bond0 hw ether 00:16:3e:aa:aa:aa\n/sbin/ifconfig bond2 hw ether 00:16:3e:aa:aa:ab\n[ \"$a\" = 00:00:00:00:00:00 ] || [ $a = 01:02:03:04:05 ]\n# such as ff:ff:ff:ff:ff:ff\nip link set bond3 address ff:ff:ff:ff:ff:ff\ncase $a in 00:16:3e:00:00:09) ;; esac\n",
		[]string{"2 02:00:5e:10:00:2e reserved bond0", "3 02:00:5e:10:00:2f reserved bond1", "4 00:16:3e:aa:aa:aa comment bond0", "5 00:16:3e:aa:aa:ab reserved bond2", "9 00:16:3e:00:00:09 mentioned", "8 ! ff:ff:ff:ff:ff:ff: it is the broadcast address"}},
	{"udev", "", `SUBSYSTEM=="net", ACTION=="add", DRIVERS=="?*", ATTR{address}=="02:00:5e:10:00:2f", ATTR{type}=="1", NAME="eth0"` + "\n", []string{"1 02:00:5e:10:00:2f mentioned eth0"}},
	{"networkmanager", "", "[connection]\nid=office\ninterface-name=eth0\n\n[ethernet]\ncloned-mac-address=02:00:5E:10:00:30\nmac-address=stable\n", []string{"6 02:00:5e:10:00:30 reserved office [cloned-mac-address]"}},
	{"netplan", "", "network:\n  version: 2\n  bonds:\n    bond0:\n      interfaces: [a, b]\n      macaddress: \"02:00:5e:10:00:31\"\n  ethernets:\n    a:\n      match:\n        macaddress: 02:00:5e:10:00:32\n", []string{"6 02:00:5e:10:00:31 reserved bond0", "10 02:00:5e:10:00:32 reserved a"}},
	{"libvirt", "", "<domain type='kvm'>\n  <name>web</name>\n  <devices>\n    <interface type='bridge'>\n      <mac address='52:54:00:10:00:32'/>\n    </interface>\n  </devices>\n</domain>\n", []string{"5 52:54:00:10:00:32 reserved web"}},
	{"libvirt", "", "<network>\n <name>default</name>\n <mac address='52:54:00:10:00:01'/>\n <ip><dhcp>\n  <host mac='52:54:00:10:00:33' name='db' ip='192.168.122.9'/>\n  <host mac='52:54:00' ip='192.168.122.8'/>\n </dhcp></ip>\n</network>\n",
		[]string{"3 52:54:00:10:00:01 reserved default", "5 52:54:00:10:00:33 reserved db 192.168.122.9", `6 ! "52:54:00" is not a MAC address: expected six octets such as 02:00:5e:10:00:07`}},
	{"libvirt", "more.xml", "<!--\nDO NOT EDIT\n-->\n<domain type='kvm'>\n  <name>web</name>\n  <!-- <mac address='02:00:5e:10:00:36'/> -->\n  <devices><interface type='network'><mac address='02:00:5e:10:00:37'/></interface></devices>\n  <qemu:commandline><qemu:arg value='virtio-net,netdev=n1,mac=02:00:5e:10:00:38'/></qemu:commandline>\n</domain>\n",
		[]string{"6 02:00:5e:10:00:36 comment", "7 02:00:5e:10:00:37 reserved web", "8 02:00:5e:10:00:38 mentioned"}},
	{"text", "box.vbox", "<?xml version=\"1.0\"?>\n<VirtualBox><Adapter slot=\"0\" MACAddress=\"02005E100091\"/></VirtualBox>\n<address addr=\"02:00:5E:10:00:90\" addrtype=\"mac\"/>\n", []string{"2 02:00:5e:10:00:91 mentioned", "3 02:00:5e:10:00:90 mentioned"}},
	{"xen", "etc/xen/mail.cfg", "name = 'mail'\nvif = [ 'mac=00:16:3e:10:00:33,bridge=br0', 'mac=00:16:3e:10:00:34,bridge=br1' ]\n", []string{"2 00:16:3e:10:00:33 reserved mail", "2 00:16:3e:10:00:34 reserved mail"}},
	{"qemu", "proc/1/cmdline", "/usr/bin/qemu-system-x86_64\x00-name\x00guest=web,debug-threads=on\x00-device\x00virtio-net,netdev=n0,mac=52:54:00:10:00:34\x00", []string{"1 52:54:00:10:00:34 used web"}},
	{"proxmox", "qemu-server/100.conf", "name: web\nnet0: virtio=BC:24:11:10:00:35,bridge=vmbr0\n", []string{"2 bc:24:11:10:00:35 reserved 100 on net0"}},
	{"lxc", "lxc/ns1/config", "lxc.net.0.type = veth\nlxc.net.0.hwaddr = 02:00:5e:10:00:36\nlxc.net.1.hwaddr = 00:16:3e:xx:xx:xx\n", []string{"2 02:00:5e:10:00:36 reserved ns1 on net.0"}},
	{"vmx", "web.vmx", "ethernet0.present = \"TRUE\"\nethernet0.generatedAddress = \"00:0c:29:10:00:37\"\ndisplayName = \"shop\"\nethernet1.address = \"00:50:56:10:00:37\"\n", []string{"2 00:0c:29:10:00:37 reserved web on ethernet0", "4 00:50:56:10:00:37 reserved shop on ethernet1"}},
	{"csv", "netbox.csv", "device,name,type,mac_address\nsw1,eth0,1000base-t,02:00:5E:10:00:38\n\"sw2, old\",eth0,1000base-t,02005E100039\nsw3,eth0,1000base-t,02:00:5e:10:00\nsw4,eth0,x,\nsw5,eth0,x,n/a\nsw6,eth0,x,garbage\n",
		[]string{"2 02:00:5e:10:00:38 reserved sw1", "3 02:00:5e:10:00:39 reserved sw2, old", `4 ! "02:00:5e:10:00": five octets, an address has six`, `7 ! "garbage" is not a MAC address: expected six octets such as 02:00:5e:10:00:07`}},
	{"csv", "phpipam.csv", "ip address;hostname;MAC;note\n192.0.2.50;srv;02:00:5e:10:00:39;was 02:00:5e:10:00:3a\n", []string{"2 02:00:5e:10:00:39 reserved srv 192.0.2.50", "2 02:00:5e:10:00:3a mentioned srv 192.0.2.50"}},
	{"csv", "bom", "\ufeffHost;IP-Adresse;MAC-Adresse;Bemerkung\r\nsrv1;192.0.2.70;02-00-5E-10-00-70;\r\n", []string{"2 02:00:5e:10:00:70 reserved srv1 192.0.2.70"}},
	{"csv", "table.md", "| host | mac |\n|------|-----|\n| web | `02:00:5e:10:00:53` |\n", []string{"3 02:00:5e:10:00:53 reserved web"}},
	{"text", "kern.log", "Nov 26 10:00:00 gw kernel: IN=eth0 OUT= MAC=02:00:5e:10:00:09:02:00:5e:10:00:10:08:00 SRC=192.0.2.7\n", []string{"1 02:00:5e:10:00:09 mentioned", "1 02:00:5e:10:00:10 mentioned"}},
	{"text", "wiki", "The bond of web1 has 0200.5e10.0040, see serial 123456789012.\nOld: 02:00:5E:10:00:41!\n00:00:00:00:00:00\n", []string{"1 02:00:5e:10:00:40 mentioned", "2 02:00:5e:10:00:41 mentioned", "3 ! 00:00:00:00:00:00: it is all zero, which stands for no address"}},
	{"text", "", "\xff\xfeM\x00A\x00C\x00 \x000\x002\x000\x000\x005\x00e\x001\x000\x000\x000\x004\x002\x00\n\x00", []string{"1 02:00:5e:10:00:42 mentioned"}},
	{"text", "wiki.md", "# How to\nThe neighbours of gw are seen by:\n\n192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:08 STALE\n\nThat one is the printer.\nAnd ethers may have:\n\n02:00:5e:10:00:09 nas\n", []string{"4 02:00:5e:10:00:08 mentioned", "9 02:00:5e:10:00:09 mentioned"}},
	{"table", "two lines of heading", "Routing instance : default-switch\n   Vlan                MAC                 MAC         Age    Logical\n   name                address             flags              interface\n   v10                 02:00:5e:10:00:11   D             -   ae0.0\n", []string{"4 02:00:5e:10:00:11 used on ae0.0 VLAN v10"}},
	{"table", "single blanks", "Vlan MAC MAC Age Logical\nname address flags interface\nBD-100 02:00:5e:10:00:11 D - ae0.0\n", []string{"3 02:00:5e:10:00:11 used on ae0.0 VLAN BD-100"}},
	{"table", "drawn", "LLDP\n\nLocal\nInterface  RemID   Chassis ID            Port ID             System Name\n--------- -------  --------------------  ------------------  ---------------\n0/1        17      02:00:5E:10:00:12     02:00:5E:10:00:12   sw2\n",
		[]string{"6 02:00:5e:10:00:12 used sw2 on 0/1"}},
	{"table", "moved", "Address          Hardware Addr    Interface\n       192.0.2.7        0200.5e10.0013   Vlan10\n", []string{"2 02:00:5e:10:00:13 used 192.0.2.7 on Vlan10"}},
	{"table", "two lines of row", "IP ADDRESS      MAC ADDRESS     EXPIRE(M) TYPE        INTERFACE\n                                    VLAN/CEVLAN(SIP/DIP)\n192.0.2.7       0200-5e10-0014  17        D-0         XGE0/0/1\n                                          20/-\n192.0.2.8       0200-5e10-0015            I -         Vlanif10\n\nTotal: 2\n",
		[]string{"3 02:00:5e:10:00:14 used 192.0.2.7 on XGE0/0/1 VLAN 20 [age 17]", "5 02:00:5e:10:00:15 used 192.0.2.8 on Vlanif10"}},
	{"table", "decimal", "  MAC Address       Port  VLAN\n  ----------------- ----- ----\n  123456-123456     Trk1  17\n  123456789012      Trk2  *18\n", []string{"3 12:34:56:12:34:56 used on Trk1 VLAN 17", "4 12:34:56:78:90:12 used on Trk2 VLAN 18"}},
	{"table", "tags", "MAC                VLAN Name( Tag)  Age  Port\n--------------------------------------------\n02:00:5e:10:00:16  v101(0101)       0041 1:2\n", []string{"3 02:00:5e:10:00:16 used on 1:2 VLAN 101 [age 0041]"}},
	{"table", "names and numbers", "Destination   Mac                Age  VLAN     VID   Port\n192.0.2.7     02:00:5e:10:00:17  20   blue     4092  1:25\n", []string{"2 02:00:5e:10:00:17 used 192.0.2.7 on 1:25 VLAN 4092 [age 20]"}},
	{"table", "ndp", "IPv6 Address                 Age Link-layer Addr State Interface\nFE80::5EFF:FE10:18            33 0200.5e10.0018  STALE Vl6\n2001:DB8::9                    1 0200.5e10.0019  INCMP Vl6\n2001:DB8::A                    1 0200.5e10.001a  INCOMPLETE Vl6\n",
		[]string{"2 02:00:5e:10:00:18 used fe80::5eff:fe10:18 on Vl6 [STALE, age 33]", "3 02:00:5e:10:00:19 used 2001:db8::9 on Vl6 [INCMP, age 1]", "4 02:00:5e:10:00:1a mentioned unanswered 2001:db8::a on Vl6 [INCOMPLETE, age 1]"}},
	{"table", "bindings", "IP address          Client-ID/              Lease expiration        Type\n                    Hardware address/\n                    User name\n192.0.2.26          0102.005e.1000.1b       Infinite                Manual\n192.0.2.27          0102.005e.1000.1c       Mar 01 2024 10:15 AM    Automatic\n",
		[]string{"4 02:00:5e:10:00:1b used 192.0.2.26 [Manual, lease until Infinite]", "5 02:00:5e:10:00:1c mentioned ended 192.0.2.27 [Automatic, lease ended 2024-03-01]"}},
	{"table", "lease list", "Guests\nIP            MAC-Address         Hostname   Expiry\n192.0.2.4     02:00:5e:10:00:1d   Joes Phone Sat Aug 10 04:55:47 2019\n192.0.2.5     02:00:5e:10:00:1e   cam        Sat Aug 10 04:55:47 2030\n",
		[]string{"3 02:00:5e:10:00:1d mentioned ended Joes Phone 192.0.2.4 [lease ended 2019-08-10]", "4 02:00:5e:10:00:1e used cam 192.0.2.5 [lease until Sat Aug 10 04:55:47 2030]"}},
	{"table", "hosts.txt", "HOST    IP           MAC\nweb1    192.0.2.7    02:00:5e:10:00:1f\n-       192.0.2.8    01:00:5e:10:00:1f\n", []string{"2 02:00:5e:10:00:1f reserved web1 192.0.2.7", "3 ! 01:00:5e:10:00:1f: it is a multicast address (the first octet is odd)"}},
	{"table", "asa", "        outside 192.0.2.1 0200.5e10.0020 15\n        inside 192.0.2.9 0200.5e10.0021 5054\n", []string{"1 02:00:5e:10:00:20 used 192.0.2.1 on outside", "2 02:00:5e:10:00:21 used 192.0.2.9 on inside"}},
	{"table", "lldp detail", "------------------------------------------------\nLocal Intf: Gi1/0/2\nChassis id: 0200.5e10.0022\nPort id: Gi0/1\nSystem Name: sw2\n\nManagement Addresses:\n    IP: 192.0.2.2\nVlan ID: 1\n\n------------------------------------------------\nLocal Intf: Gi1/0/3\nChassis id: 0200.5e10.0023\nSystem Name - not advertised\n",
		[]string{"3 02:00:5e:10:00:22 used sw2 192.0.2.2 on Gi1/0/2 VLAN 1", "13 02:00:5e:10:00:23 used on Gi1/0/3"}},
	{"table", "lldp, port last", "Chassis id: 0200.5e10.0024\nPort id: Eth1/1\nLocal Port id: mgmt0\nChassis id: 0200.5e10.0025\nLocal Port id: Eth1/2\n", []string{"1 02:00:5e:10:00:24 used on mgmt0", "4 02:00:5e:10:00:25 used on Eth1/2"}},
	{"table", "lldp, sections", "GigabitEthernet0/0/1 has 2 neighbors:\n\nChassis ID :0200-5e10-0026\nSystem name :sw3\nChassis ID :0200-5e10-0027\nGigabitEthernet0/0/2 has 1 neighbor(s):\nChassis ID :0200-5e10-0028\n",
		[]string{"3 02:00:5e:10:00:26 used sw3 on GigabitEthernet0/0/1", "5 02:00:5e:10:00:27 used on GigabitEthernet0/0/1", "7 02:00:5e:10:00:28 used on GigabitEthernet0/0/2"}},
	{"table", "lldp, no keys", "Remote LLDP Agents on Local Slot/Port 1/1:\n\n    Chassis 02:00:5e:10:00:29, Port 02:00:5e:10:00:2a:\n      Management IP Address       = 192.0.2.3,\n",
		[]string{"3 02:00:5e:10:00:29 used 192.0.2.3 on 1/1", "3 02:00:5e:10:00:2a used 192.0.2.3 on 1/1"}},
	{"table", "dotted", "Local port1.0.1:\n  Chassis ID Type .................. MAC address\n  Chassis ID ....................... 0200.5e10.002b\n  System Name ...................... sw4\n", []string{"3 02:00:5e:10:00:2b used sw4 on port1.0.1"}},
	{"table", "two keys a line", "IPv6 Address : 2001:db8::1\nLink-layer   : 0200-5e10-002c                     State : STALE\nInterface    : GE0/0/0                            Age   : 00h05m12s\nVLAN         : 200                                CEVLAN: -\n\nIPv6 Address : 2001:db8::2\nLink-layer   : 0200-5e10-002d                     State : FAILED\n",
		[]string{"2 02:00:5e:10:00:2c used 2001:db8::1 on GE0/0/0 VLAN 200 [STALE, age 00h05m12s]", "7 02:00:5e:10:00:2d mentioned unanswered 2001:db8::2 [FAILED]"}},
	{"table", "assignments", " 0 DC address=192.0.2.7 mac-address=02:00:5E:10:00:2E interface=ether2 published=no\n 1    address=192.0.2.8 mac-address=02:00:5E:10:00:2F interface=ether3\n      status=\"failed\"\n",
		[]string{"1 02:00:5e:10:00:2e used 192.0.2.7 on ether2", "2 02:00:5e:10:00:2f used 192.0.2.8 on ether3"}},
	{"arp", "aix", "  gw (192.0.2.1) at 2:0:5e:10:0:34 [ethernet] stored in bucket 0\n", []string{"1 02:00:5e:10:00:34 used gw 192.0.2.1"}},
	{"table", "ipconfig 2", "Windows IP Configuration\n\nEthernet adapter VMware Network Adapter VMnet1:\n\n   Physical Address. . . . . . . . . : 02-00-5E-10-00-35\n   Lease Expires . . . . . . . . . . : x\n", []string{"5 02:00:5e:10:00:35 used on VMware Network Adapter VMnet1 [lease until x]"}},
	{"table", "ipconfig", "Windows IP Configuration\n\nEthernet adapter Ethernet0:\n\n   Physical Address. . . . . . . . . : 02-00-5E-10-00-30\n   IPv4 Address. . . . . . . . . . . : 192.0.2.9(Preferred)\n   Lease Expires . . . . . . . . . . : never\n", []string{"5 02:00:5e:10:00:30 used 192.0.2.9 on Ethernet0 [lease until never]"}},
	{"table", "inventory.txt", "Hostname: web1\nMAC address: 02:00:5e:10:00:31\nIP address: 192.0.2.10\n\nHostname: web2\nMAC address: 123456789012\n", []string{"2 02:00:5e:10:00:31 reserved web1 192.0.2.10", "6 12:34:56:78:90:12 reserved web2"}},
	{"text", "sentences", "The MAC address and the port of each host:\nhost 02:00:5e:10:00:32 is on port 7.\nNov 26 10:00:00 gw x: mac=02:00:5e:10:00:33 ip=192.0.2.3\n", []string{"2 02:00:5e:10:00:32 mentioned", "3 02:00:5e:10:00:33 mentioned"}},
	{"windows", "route print", "Interface List\n  3...00 1b 21 aa bb 03 ......Intel(R) Gigabit\n  1...........................Software Loopback Interface 1\n", []string{"2 00:1b:21:aa:bb:03 used Intel(R) Gigabit"}},
	{"text", "", "", nil},
	{"text", "counters", "RX bytes:123456789012 (1 GB)\n  TX:  bytes packets\n  609564954763 8485702870\nserial 9F3AC0D2B1E7, commit 1a2b3c4d5e6f\nprefix fd8d:4fb3:5b2e::/64\nlog-26-11-21-10-20-30.txt 10 20 30 40 50 60\n",
		[]string{"4 9f:3a:c0:d2:b1:e7 mentioned [these digits may be something else]", "4 1a:2b:3c:4d:5e:6f mentioned [these digits may be something else]"}},
	{"text", "not announced", "Chassis Serial: 123456789012\nEthernet 123456789013 packets\nhardware 123456789014\nHardware address 123456789015\nChassis ID: 123456789016\n", []string{"4 12:34:56:78:90:15 mentioned", "5 12:34:56:78:90:16 mentioned"}},
	{"ifconfig", "counters", "eth0: flags=4163<UP,BROADCAST>  mtu 1500\n        ether 02:00:5e:10:00:36  txqueuelen 1000  (Ethernet)\n        RX packets 138830  bytes 123456789012 (178.5 MB)\n", []string{"2 02:00:5e:10:00:36 used eth0"}},
	{"ip-link", "counters", "2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 qdisc fq state UP\n    link/ether 02:00:5e:10:00:37 brd ff:ff:ff:ff:ff:ff\n    RX:  bytes packets errors dropped  missed   mcast\n    123456789012 138830      0       0       0       0\n", []string{"2 02:00:5e:10:00:37 used eth0"}},
	{"text", "announced", "mac 123456789012\nLast MAC Address   : 8C5973AE89BB\nether=123456789013 x\nmachine 123456789014\nmac 5, then 123456789015\nMAC of the old box 123456789016\n02005e100091\n 123456789017\n",
		[]string{"1 12:34:56:78:90:12 mentioned", "2 8c:59:73:ae:89:bb mentioned", "3 12:34:56:78:90:13 mentioned", "7 02:00:5e:10:00:91 mentioned"}},
	{"text", "duid.txt", "The server prints\nduid 00:01:00:01:2a:b7:11:22:02:00:5e:10:00:99\nat its start.\n", []string{"2 02:00:5e:10:00:99 mentioned"}},
	{"text", "", "M\x00A\x00C\x00 \x000\x002\x000\x000\x005\x00e\x001\x000\x000\x000\x004\x003\x00\n\x00", []string{"1 02:00:5e:10:00:43 mentioned"}},
	{"text", "", "\x00M\x00A\x00C\x00 \x000\x002\x000\x000\x005\x00e\x001\x000\x000\x000\x004\x004\x00\n", []string{"1 02:00:5e:10:00:44 mentioned"}},
	{"csv", "spreadsheet.csv", "sep=;\n\"Name\";\"MAC\";\"Note\"\n\"PC 3\";\"00 1B 21 AA BB 03\";\"serial 123456789012\"\n\"PC 4\";\"00 1B 21 AA BB\";\"was 02:00:5e:10:00:38\"\n\"PC 5\";\"001B21AABB05\";\"9F3AC0D2B1E7\"\n",
		[]string{"3 00:1b:21:aa:bb:03 reserved PC 3", "4 02:00:5e:10:00:38 mentioned PC 4", "5 00:1b:21:aa:bb:05 reserved PC 5", "5 9f:3a:c0:d2:b1:e7 mentioned [these digits may be something else]",
			`4 ! "00 1B 21 AA BB" is not a MAC address: expected six octets such as 02:00:5e:10:00:07`}},
	{"csv", "powershell.csv", "#TYPE Selected.System.Management.Automation.PSCustomObject\r\n\"Name\",\"MacAddress\"\r\n\"a\",\"00-15-5D-10-00-38\"\r\n\"b\",\"00-15-5D-10-00\"\r\n",
		[]string{"3 00:15:5d:10:00:38 reserved a", `4 ! "00-15-5D-10-00": five octets, an address has six`}},
	{"json", "comments.conf", "/* Kea of the office\n { \"hw-address\": \"02:00:5e:10:00:3a\" } */\n{ \"Dhcp4\": { \"a\": \"//x /* \\\" # \", \"reservations\": [\n/* old:\n { \"hw-address\": \"02:00:5e:10:00:3b\" }, ** */ { \"hw-address\": \"02:00:5e:10:00:3c\", \"hostname\": \"nas\", }, // last\n], }, }\n",
		[]string{"2 02:00:5e:10:00:3a comment", "5 02:00:5e:10:00:3b comment", "5 02:00:5e:10:00:3c reserved nas"}},
	{"json", "serials", `[{"serial": "123456789012", "asset": "9F3AC0D2B1E7", "MACAddress": "123456789013", "hw-addr": "unknown", "mac": "02 00 5e 10 00 07"}]`,
		[]string{"1 9f:3a:c0:d2:b1:e7 mentioned [these digits may be something else]", "1 12:34:56:78:90:13 reserved", "1 02:00:5e:10:00:07 reserved"}},
	{"json", "neigh", `[{"dst":"192.0.2.8","dev":"eth0","lladdr":"02:00:5e:10:00:08","state":["FAILED"]}]`, []string{"1 02:00:5e:10:00:08 mentioned unanswered 192.0.2.8 on eth0 [FAILED]"}},
	{"ip-neigh", "failed", "192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:08 used 1/2/3 probes 6 FAILED\n192.0.2.9 dev eth0 lladdr 02:00:5e:10:00:09 STALE\n",
		[]string{"1 02:00:5e:10:00:08 mentioned unanswered 192.0.2.8 on eth0 [FAILED]", "2 02:00:5e:10:00:09 used 192.0.2.9 on eth0 [STALE]"}},
	{"csv", "hostile.csv", "name,mac\n\"a\x1b]0;x\a\u009b\u202e\xff\",02:00:5e:10:00:38\n", []string{`2 02:00:5e:10:00:38 reserved a\x1b]0;x\a\u009b\u202e\xff`}},
}

func init() { now = func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) } }

func TestFormats(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples {
		t.Run(s.format+"_"+filepath.Base(s.path), func(t *testing.T) {
			seen[s.format] = true
			var c collect
			r := readFrom(strings.NewReader(s.text), s.path, "sample", nil, "", now(), &c)
			// A value in a place for addresses that was not read makes the source one
			// that was not read whole; in a text, or one that was read, it does not.
			unread := slices.ContainsFunc(s.want, func(w string) bool {
				return s.format != "text" && strings.Contains(w, " ! ") && !strings.Contains(w, ": it is ")
			})
			if (r.Err != nil) != unread {
				t.Errorf("error %v, want one: %v", r.Err, unread)
			}
			if s.format == "rc.conf" && !strings.Contains(fmt.Sprint(r.Err), "HWADDR[2]") {
				t.Errorf("error %v, want one about HWADDR[2]", r.Err)
			}
			if r.Format != s.format {
				t.Errorf("recognised as %q, want %q", r.Format, s.format)
			}
			if diff := cmp.Diff(s.want, c.say()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if r.Count != len(c.claims)-c.unsure+c.unusable || c.wanted+c.unusable != r.Count {
				t.Errorf("counted %d addresses, asked for %d, %d claims", r.Count, c.wanted, len(c.claims))
			}
		})
	}
	for _, f := range formats {
		if !seen[f.name] {
			t.Errorf("format %s has no sample", f.name)
		}
	}
}

// TestNamedFormat checks --from FORMAT:FILE for what cannot be recognised.
func TestNamedFormat(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "list")
	write(t, path, "02:00:5e:10:00:07\n")
	var c collect
	read := func(spec string) Result {
		t.Helper()
		c = collect{}
		list, err := From(spec, nil)
		if err != nil || len(list) != 1 {
			t.Fatalf("From(%q) = %v, %v", spec, list, err)
		}
		return list[0].Read(&c)
	}
	if r := read("ethers:" + path); r.Format != "ethers" || c.claims[0].Class != Reserved {
		t.Errorf("as ethers: %+v %v", r, c.claims)
	}
	if r := read(path); r.Format != "text" || r.Count != 1 {
		t.Errorf("as text: %+v", r)
	}
	if r := read("json:" + path); r.Err == nil {
		t.Error("a list of addresses was read as JSON")
	}
	if r := read(filepath.Join(dir, "nosuch")); r.Err == nil || r.Absent {
		t.Errorf("a file that is not there: %+v", r)
	}
	for _, spec := range []string{"nosuch:x", "text:", ""} {
		if _, err := From(spec, nil); err == nil {
			t.Errorf("From(%q) gave no error", spec)
		}
	}
}

func TestNotText(t *testing.T) {
	for name, text := range map[string]string{
		"gzip": "\x1f\x8b\x08\x00", "xz": "\xfd7zXZ\x00\x00", "elf": "\x7fELF\x02\x01\x01\x00\x00\x00", "nul": "02:00:5e:10:00:07\x00",
	} {
		if r := readFrom(strings.NewReader(text), name, name, nil, "", now(), &collect{}); r.Err == nil {
			t.Errorf("%s was read as %s", name, r.Format)
		}
	}
}

// TestCompressed checks that what logrotate leaves behind is read, and that
// nothing is left out unsaid where it cannot be.
func TestCompressed(t *testing.T) {
	gz := func(text string) string {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		return b.String()
	}
	lease := gz("1795348800 02:00:5e:10:00:07 192.0.2.35 nas *\n")
	for name, c := range map[string]struct {
		text, format, err string
	}{
		"gzip":  {lease, "dnsmasq.leases", ""},
		"bzip2": {"\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x79\xa8\xc0\xee\x00\x00\x01\xc9\x00\x00\x10\x72\x90\x02\x00\x20\x00\x21\xa7\xa4\x1a\x10\xc0\x8d\xe4\xcc\xc4\xc0\x5a\x42\x78\xbb\x92\x29\xc2\x84\x83\xcd\x46\x07\x70", "text", ""},
		"twice": {gz(lease), "", "no text"},
		"tar":   {gz("etc/ethers\x00\x00\x00"), "", "no text"},
		"cut":   {lease[:30], "", "cannot be unpacked"},
		"xz":    {"\xfd7zXZ\x00\x00", "", "with xz"},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "x"), c.text)
		list, err := From(dir, nil)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		var got collect
		r := list[0].Read(&got)
		switch {
		case c.err != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), c.err)):
			t.Errorf("%s: error %v, want %q", name, r.Err, c.err)
		case c.err == "" && (r.Err != nil || r.Format != c.format || len(got.claims) != 1 || got.claims[0].Addr != hwaddr.Addr{2, 0, 0x5e, 0x10, 0, 7}):
			t.Errorf("%s: %+v, %v", name, r, got.say())
		}
	}
}

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	conf := "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\nHWADDR[0]=00:16:3e:aa:aa:aa\n"
	write(t, filepath.Join(dir, "web1/etc/rc.d/rc.bond.conf"), conf)
	write(t, filepath.Join(dir, "web2/etc/rc.d/rc.bond.conf"), conf)
	write(t, filepath.Join(dir, "web2/etc/logo.png"), "\x89PNG\x00\x00")
	list, err := From(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	var c collect
	for _, s := range list {
		if r := s.Read(&c); r.Err != nil {
			t.Error(r.Err)
		}
	}
	want := []string{"3 00:16:3e:aa:aa:aa reserved bond0 of web1 [HWADDR[0]]", "3 00:16:3e:aa:aa:aa reserved bond0 of web2 [HWADDR[0]]"}
	if diff := cmp.Diff(want, c.say()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestStdinTwice(t *testing.T) {
	list, err := From("-", strings.NewReader("02:00:5e:10:00:07\n"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if r := list[0].Read(&collect{}); r.Err != nil || r.Count != 1 {
			t.Errorf("%+v", r)
		}
	}
}

// TestStdinInPart checks that what another program has read of a file stays read.
func TestStdinInPart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	write(t, path, "02:00:5e:10:00:07\n02:00:5e:10:00:08\n")
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Seek(18, 0); err != nil {
		t.Fatal(err)
	}
	list, err := From("-", f)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if r := list[0].Read(&collect{}); r.Err != nil || r.Count != 1 {
			t.Errorf("%+v", r)
		}
	}
}

// TestLongLines checks that lines above the buffer's size are read whole.
func TestLongLines(t *testing.T) {
	const n = 60_000
	text := strings.Repeat("02:00:5e:10:00:07,", n/2) + "\n" + strings.Repeat("0200.5e10.0008 ", n/2)
	var c collect
	r := readFrom(strings.NewReader(text), "x", "x", formatNamed("ip-link"), "", now(), &c)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if last := c.claims[len(c.claims)-1]; last.Line != 2 {
		t.Errorf("the last address is on line %d, want 2", last.Line)
	}
	for _, cl := range c.claims {
		if s := cl.Addr.String(); s != "02:00:5e:10:00:07" && s != "02:00:5e:10:00:08" {
			t.Fatalf("read %s", s)
		}
	}
	if len(c.problems) > 0 {
		t.Errorf("problems: %v", c.problems[0])
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
