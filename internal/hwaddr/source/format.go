// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"path/filepath"
	"regexp"
)

// format is one kind of file. Most are lines with an address somewhere, and
// three expressions say the rest; the others have a read function.
type format struct {
	name  string
	about string
	class Class
	// observed is set for tables that a machine shows: zero, multicast and
	// broadcast addresses are normal there.
	observed bool
	// code is set for lines that are no list of addresses: nothing in them is a
	// mistake in one.
	code bool
	// sign recognises a line that only this format has.
	sign *regexp.Regexp
	// most is set where half of the lines have to be such: one of them may be
	// quoted in a text.
	most bool
	// path recognises a file by its name, where the content says too little.
	path *regexp.Regexp
	// detail finds who has the address of a line: groups name, ip, port, vlan,
	// note. The first of several that matches counts.
	detail []*regexp.Regexp
	// named finds, on a line of its own, the name that the following lines
	// belong to.
	named *regexp.Regexp
	// skip is a word on lines that say nothing about hosts.
	skip []byte
	// comment begins lines that are switched off.
	comment string
	// fileName is set where a file is one machine, called as the file.
	fileName bool
	read     func(*input) error
}

func re(s string) *regexp.Regexp { return regexp.MustCompile(s) }

func res(list ...string) []*regexp.Regexp {
	var out []*regexp.Regexp
	for _, s := range list {
		out = append(out, re(s))
	}
	return out
}

// What the expressions below are made of: an address in the usual notations.
const (
	colons = `(?i:[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5})`
	dotted = `(?i:[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})`
	dashed = `(?i:[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4})`
)

// formats in the order in which they are tried: a file has the first one that
// recognises one of its first lines.
var formats = []*format{
	{name: "dhcpcd", about: "dhcpcd lease (binary)", class: Used, read: readDHCPcd},
	{name: "json", about: "JSON: ip -j neigh, ip -j link, bridge -j fdb, Kea configuration, NetBox and other exports", class: Reserved, read: readJSON},
	{name: "libvirt", about: "libvirt XML", class: Reserved, sign: re(`^\s*<(domain|network|domstatus|networkstatus|domainsnapshot|domaincheckpoint)[\s>]`), read: readLibvirt},
	{name: "rc.conf", about: "rc.bond.conf, rc.inet1.conf", class: Reserved, sign: re(`^#?\s*(IFNAME|HWADDR|BONDNICS|USE_DHCP|IPADDRS?)\[\d+\]=`), comment: "#", read: readRCConf},
	{name: "rc-script", about: "boot scripts: ip link set ... address, ifconfig ... hw ether", class: Reserved, sign: re(`^#!\s*/|^[^#]*\b(ip link .*\baddress|hw ether|ifconfig .* ether) `), comment: "#", read: readScript,
		detail: res(`\blink\s+(?:set|add)\s+(?:dev\s+|link\s+|name\s+)?(?P<name>[\w.-]+).*(?:address|lladdr)\s`, `ifconfig\s+(?P<name>[\w.-]+)\s.*(?:hw\s+)?ether\s`)},
	{name: "bonding", about: "/proc/net/bonding", class: Used, observed: true, sign: re(`^Ethernet Channel Bonding Driver`),
		named: re(`^Slave Interface:\s*(\S+)`), detail: res(`(?P<note>Permanent HW addr|System MAC address|Partner Mac Address|system mac address)`)},
	{name: "ip-link", about: "ip link, ip addr", class: Used, observed: true, sign: re(`^\d+: \S+: <[A-Z_,-]*> .*mtu \d+|^\S+\s+(?:UP|DOWN|UNKNOWN|LOWERLAYERDOWN)\s+` + colons + `\s+<`),
		named: re(`^\d+: ([^:@\s]+)[:@]`), detail: res(`^(?:\d+: )?(?P<name>[^:@\s]+)(?:@\S*)?:? .*<`)},
	{name: "ifconfig", about: "ifconfig", class: Used, observed: true, sign: re(`^\S+\s+Link encap:|^\S+: flags=\d+<`), named: re(`^([^\s:]+)[:\s]`)},
	{name: "ip-neigh", about: "ip neigh", class: Used, observed: true,
		most: true, sign: re(`^[0-9A-Fa-f.:]+ (?:dev \S+ |lladdr \S+ )?.*\b(?:PERMANENT|NOARP|REACHABLE|STALE|NONE|INCOMPLETE|DELAY|PROBE|FAILED)(?: proxy)?\s*$`),
		detail: res(`^(?P<ip>\S+)(?: dev (?P<port>\S+))? .*?(?P<note>[A-Z]{4,})(?: proxy)?\s*$`)},
	{name: "bridge-fdb", about: "bridge fdb", class: Used, observed: true, most: true, sign: re(`^` + colons + ` dev \S+`), skip: []byte(" permanent"),
		detail: res(`dev (?P<port>\S+)(?:.* vlan (?P<vlan>\d+))?`)},
	{name: "brctl", about: "brctl showmacs", class: Used, observed: true, sign: re(`^port no\s+mac addr`), skip: []byte("\tyes\t"), detail: res(`^\s*(?P<port>\d+)\s`)},
	{name: "dhcpd", about: "ISC dhcpd: dhcpd.conf, dhcpd.leases", class: Reserved, sign: re(`^\s*lease\s+[0-9.]+\s*\{|^\s*host\s+\S+\s*\{|hardware\s+ethernet\s|^ia-(?:na|ta|pd)\s+"|^server-duid\s`), comment: "#", read: readDHCPD},
	{name: "dhclient", about: "dhclient leases", class: Used, sign: re(`^lease\s*\{`), named: re(`^\s*interface\s+"([^"]+)"`)},
	{name: "dnsmasq.conf", about: "dnsmasq.conf", class: Reserved, sign: re(`^\s*#?\s*dhcp-host=`), comment: "#", detail: dnsmasqHost},
	{name: "dnsmasq.leases", about: "dnsmasq.leases", class: Used, most: true, sign: re(`^\d+ (?:06-)?` + colons + ` [0-9.]+ \S+( \S+)?\s*$|^\d+ \d+ [0-9a-f:]+ \S+ (?:[0-9a-f]{2}:)+[0-9a-f]{2}\s*$`), read: readDnsmasqLeases},
	{name: "arp-scan", about: "arp-scan", class: Used, observed: true, sign: re(`^Interface: \S+, (datalink )?type|^Starting arp-scan`),
		detail: res(`^(?P<ip>[0-9.]+)\t\S+\t.*(?P<note>\(DUP: \d+\))`, `^(?P<ip>[0-9.]+)\t`)},
	{name: "arp", about: "arp -a, of Linux, BSD and macOS", class: Used, observed: true, most: true, sign: re(`^\s*\S+ \([0-9.]+\) at (?:<incomplete>|` + colons + `)`),
		detail: res(`^\s*(?P<name>[^?\s]+) \((?P<ip>[0-9.]+)\) at .* on (?P<port>\S+)`, `\((?P<ip>[0-9.]+)\) at .* on (?P<port>\S+)`, `^\s*(?P<name>[^?\s]+) \((?P<ip>[0-9.]+)\) at `, `\((?P<ip>[0-9.]+)\) at `)},
	{name: "windows", about: "Windows getmac, route print", class: Used, observed: true, sign: re(`^Physical Address\s+Transport Name|^\s*\d+\s?\.\.\.(?i:[0-9a-f]{2}(?: [0-9a-f]{2}){5}) \.\.\.`),
		detail: res(`^\s*\d+\s?\.\.\.[0-9A-Fa-f ]{17} \.+(?P<name>.*)$`)},
	{name: "snmp", about: "SNMP walk: dot1qTpFdbPort, dot1dTpFdbAddress, ipNetToMediaPhysAddress, ifPhysAddress", class: Used, observed: true,
		most: true, sign: re(`(17\.7\.1\.2\.2\.1\.[123]|17\.4\.3\.1\.[123]|4\.22\.1\.2|4\.35\.1\.4|2\.2\.1\.6)\.\d|dot1[qd]TpFdb|ipNetTo(Media|Physical)PhysAddress|ifPhysAddress`), read: readSNMP},
	{name: "nmap", about: "nmap", class: Used, observed: true, sign: re(`^Nmap scan report for `), named: re(`^Nmap scan report for (\S+)`)},
	{name: "udev", about: "70-persistent-net.rules", class: Mentioned, most: true, sign: re(`ATTR\{address\}==`), comment: "#", detail: res(`NAME="(?P<name>[^"]+)"`)},
	{name: "networkmanager", about: "NetworkManager keyfile", class: Reserved, sign: re(`^\[(connection|ethernet|802-3-ethernet|wifi|bond)\]\s*$`), comment: "#", named: re(`^id=(.*)$`), detail: res(`^(?P<note>[\w-]*mac-address)=`)},
	{name: "netplan", about: "netplan", class: Reserved, sign: re(`^network:\s*(#.*)?$`), comment: "#", read: readNetplan},
	{name: "proxmox", about: "Proxmox guest configuration", class: Reserved, sign: re(`^net\d+:\s*\w+`), comment: "#", fileName: true, detail: res(`^(?P<port>net\d+):`)},
	{name: "lxc", about: "LXC configuration", class: Reserved, sign: re(`^lxc\.(net\.\d+|network)\.\w+\s*=`), comment: "#", fileName: true, named: re(`^lxc\.(?:uts\.name|utsname)\s*=\s*(\S+)`), detail: res(`^lxc\.(?P<port>net\.\d+|network)`)},
	{name: "vmx", about: "VMware vmx", class: Reserved, sign: re(`^ethernet\d+\.\w+\s*=`), comment: "#", fileName: true, named: re(`^displayName\s*=\s*"([^"]+)"`), detail: res(`^(?P<port>ethernet\d+)\.`)},
	{name: "xen", about: "Xen xl, xm configuration", class: Reserved, sign: re(`^\s*vif\s*=\s*\[`), comment: "#", fileName: true, named: re(`^name\s*=\s*["']([^"']+)`)},
	{name: "qemu", about: "QEMU command line, /proc/PID/cmdline", class: Used, sign: re(`(?:^|[\s/\x00])(?:qemu-system-\w+|qemu-kvm|kvm)[\s\x00]|-device \S+,mac=`), read: readQEMU},
	{name: "sysfs", about: "/sys/class/net/*/address", class: Used, observed: true, path: re(`/address$`), sign: re(`^` + colons + `\s*$`), fileName: true},
	{name: "arpwatch", about: "arpwatch arp.dat", class: Used, most: true, sign: re(`^` + colons + `\t[0-9a-fA-F.:]+\t\d+(\t|$)`),
		detail: res(`^\S+\t(?P<ip>\S+)(?:\t\d*(?:\t(?P<name>[^\t]+)(?:\t(?P<port>\S+))?)?)?`)},
	{name: "ethers", about: "/etc/ethers", class: Reserved, most: true, sign: re(`^` + colons + `\s+[\w.-]+\s*(#.*)?$`), path: re(`(^|/)ethers[^/]*$`), comment: "#", detail: res(`^(?:#\s*)?\S+\s+(?P<name>[\w.:-]+)`)},
	{name: "kea.leases", about: "Kea lease files", class: Used, sign: re(`^address,(?:hwaddr|duid),.*\bexpire,`), read: readCSV},
	{name: "csv", about: "CSV with a column for the address: NetBox, phpIPAM, any spreadsheet", class: Reserved, read: readCSV},
	{name: "table", about: "tables with headings, and records of keys and values, of switches, routers and systems: MAC, ARP, neighbours, LLDP, DHCP", class: Used, observed: true, read: readTable},
	{name: "text", about: "any text", class: Mentioned},
}

// Format is the name of a format, and what it is for.
type Format struct{ Name, About string }

// Formats lists all formats that are read.
func Formats() []Format {
	list := make([]Format, len(formats))
	for i, f := range formats {
		list[i] = Format{f.name, f.about}
	}
	return list
}

func formatNamed(name string) *format {
	for _, f := range formats {
		if f.name == name {
			return f
		}
	}
	return nil
}

// headLines is how many lines are looked at to recognise a format.
const headLines = 60

// recognise finds the format of a file that begins with head.
func recognise(path string, head []byte) (*format, error) {
	if isDHCPcd(head) {
		return formatNamed("dhcpcd"), nil
	}
	if bytes.IndexByte(head, 0) >= 0 {
		if q := formatNamed("qemu"); q.sign.Match(head) {
			return q, nil
		}
		return nil, errNotText
	}
	lines := bytes.SplitN(head, []byte("\n"), headLines+1)
	lines = lines[:min(len(lines), headLines)]
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i][:min(len(lines[i]), 4096)], "\r")
	}
	if looksLikeJSON(head) {
		return formatNamed("json"), nil
	}
	for _, f := range formats {
		switch {
		case f.name == "json" || f.name == "dhcpcd":
		case f.name == "csv":
			if csvHeader(lines) != nil {
				return f, nil
			}
		case f.name == "table":
			if is, shown := recogniseTable(lines); is && shown {
				return f, nil
			} else if is {
				return listed(f), nil
			}
		case f.path != nil && !f.path.MatchString(path):
		case f.sign == nil:
			return f, nil
		case f.signed(lines):
			return f, nil
		}
	}
	return formatNamed("text"), nil
}

// signed reports whether the lines have what the format is recognised by.
func (f *format) signed(lines [][]byte) bool {
	signs, others := 0, 0
	for _, line := range lines {
		switch {
		case f.sign.Match(line):
			signs++
		case len(bytes.TrimSpace(line)) > 0 && (f.comment == "" || !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#"))):
			others++
		}
	}
	return signs > 0 && (!f.most || signs >= others)
}

// firstLine is the first line that holds something.
func firstLine(lines [][]byte) []byte {
	for _, line := range lines {
		if len(bytes.TrimSpace(line)) > 0 {
			return line
		}
	}
	return nil
}

// looksLikeJSON tells JSON, behind Kea's comments, from a keyfile that begins with
// a [section].
func looksLikeJSON(head []byte) bool {
	for {
		head = bytes.TrimSpace(head)
		switch {
		case len(head) > 0 && head[0] == '#', bytes.HasPrefix(head, []byte("//")):
			_, head, _ = bytes.Cut(head, []byte("\n"))
			continue
		case bytes.HasPrefix(head, []byte("/*")):
			_, head, _ = bytes.Cut(head, []byte("*/"))
			continue
		case len(head) == 0 || head[0] != '{' && head[0] != '[':
			return false
		}
		break
	}
	open, rest := head[0], bytes.TrimSpace(head[1:])
	follows := []byte(`{"[]`)
	if open == '{' {
		follows = []byte(`"}#`) // a comment may come first
		if bytes.HasPrefix(rest, []byte("/*")) || bytes.HasPrefix(rest, []byte("//")) {
			return true
		}
	}
	return len(rest) == 0 || bytes.IndexByte(follows, rest[0]) >= 0
}

// baseName is the machine that a file is about: its name without extension, or
// its directory's where the name is always the same.
func baseName(path string) string {
	base := filepath.Base(path)
	switch base {
	case "config", "address", ".", "-":
		return filepath.Base(filepath.Dir(path))
	}
	if ext := filepath.Ext(base); ext != "" && ext != base {
		return base[:len(base)-len(ext)]
	}
	return base
}
