// SPDX-License-Identifier: MIT

package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"golang.org/x/sys/unix"
)

// hostFiles are the files of a Slackware host that name hardware addresses.
// Those that are not there are no failure.
var hostFiles = []struct{ name, format, glob string }{
	{"rc.bond.conf", "rc.conf", bondconf.DefaultPath},
	{"rc.inet1.conf", "rc.conf", bondconf.Inet1Path},
	{"boot scripts", "rc-script", "/etc/rc.d/rc.*"},
	{"udev rules", "udev", "/etc/udev/rules.d/70-persistent-net.rules"},
	{"bonding", "bonding", "/proc/net/bonding/*"},
	{"ethers", "ethers", "/etc/ethers"},
	{"dhcpd", "dhcpd", "/etc/dhcpd.conf"},
	{"dhcpd", "dhcpd", "/etc/dhcp/dhcpd.conf"},
	{"dhcpd leases", "dhcpd", "/var/state/dhcp/dhcpd.leases"},
	{"dhcpd leases", "dhcpd", "/var/lib/dhcp/dhcpd.leases"},
	{"dnsmasq", "dnsmasq.conf", "/etc/dnsmasq.conf"},
	{"dnsmasq", "dnsmasq.conf", "/etc/dnsmasq.d/*"},
	{"dnsmasq leases", "dnsmasq.leases", "/var/state/dnsmasq/dnsmasq.leases"},
	{"dnsmasq leases", "dnsmasq.leases", "/var/lib/misc/dnsmasq.leases"},
	{"arpwatch", "arpwatch", "/var/lib/arpwatch/*.dat"},
	{"NetworkManager", "networkmanager", "/etc/NetworkManager/system-connections/*"},
	{"libvirt", "libvirt", "/etc/libvirt/qemu/*.xml"},
	{"libvirt", "libvirt", "/etc/libvirt/qemu/networks/*.xml"},
	{"Xen", "xen", "/etc/xen/*.cfg"},
	{"LXC", "lxc", "/var/lib/lxc/*/config"},
	{"QEMU", "qemu", "/proc/[0-9]*/cmdline"},
}

// Host are the sources of this host: its interfaces, the kernel's tables, and
// the configuration and leases in its files. Nothing is sent.
func Host() []Source {
	return append([]Source{
		{Name: "interfaces", read: readLinks},
		{Name: "neighbours", read: func(s Sink) Result { return readNeighbours(s, Neighbours) }},
		{Name: "bridges", read: func(s Sink) Result { return readNeighbours(s, BridgeTable) }},
	}, HostFiles("/")...)
}

// HostFiles are the files alone, of the host whose root directory is given.
func HostFiles(root string) []Source {
	var list []Source
	for _, f := range hostFiles {
		fm := formatNamed(f.format)
		path := filepath.Join(root, f.glob)
		if !strings.ContainsAny(f.glob, "*[") {
			list = append(list, fileSource(f.name, path, fm, "", true))
			continue
		}
		switch f.format {
		case "qemu":
			list = append(list, Source{Name: f.name, File: path, read: func(s Sink) Result { return readProcesses(s, f.name, path) }})
			continue
		case "rc-script":
			list = append(list, Source{Name: f.name, File: path, read: func(s Sink) Result { return readScripts(s, f.name, path) }})
			continue
		}
		matches, _ := filepath.Glob(path) // the pattern is well formed
		if _, err := os.ReadDir(filepath.Dir(path)); err != nil && !errors.Is(err, fs.ErrNotExist) && !strings.Contains(filepath.Dir(f.glob), "*") {
			// Glob says nothing of directories that may not be listed.
			list = append(list, Source{Name: f.name, File: path, read: func(Sink) Result { return Result{Err: plain(err)} }})
		}
		for _, m := range matches {
			list = append(list, fileSource(f.name, m, fm, "", true))
		}
	}
	return list
}

// readLinks claims the current and the permanent address of each interface.
func readLinks(sink Sink) Result {
	links, err := Links()
	if err != nil {
		return Result{Err: err}
	}
	names := map[int]string{}
	for _, l := range links {
		names[l.Index] = l.Name
	}
	r := Result{}
	for _, l := range links {
		for _, have := range []struct {
			addr hwaddr.Addr
			note string
		}{{l.Addr, "current address"}, {l.Permanent, "permanent address"}} {
			if have.addr.Unusable() != "" || have.note != "current address" && have.addr == l.Addr {
				continue
			}
			r.Count++
			if !sink.Want(have.addr, true) {
				continue
			}
			text := fmt.Sprintf("%s: %s", l.Name, have.note)
			if l.Master != 0 {
				text += ", member of " + names[l.Master]
			}
			emit(sink, Claim{Addr: have.addr, Class: Used, Source: "interfaces", Name: l.Name, Note: have.note, Text: text, Time: now()})
		}
	}
	return r
}

var stateNames = map[uint16]string{
	unix.NUD_INCOMPLETE: "INCOMPLETE", unix.NUD_REACHABLE: "REACHABLE", unix.NUD_STALE: "STALE", unix.NUD_DELAY: "DELAY",
	unix.NUD_PROBE: "PROBE", unix.NUD_FAILED: "FAILED", unix.NUD_NOARP: "NOARP", unix.NUD_PERMANENT: "PERMANENT",
}

func readNeighbours(sink Sink, table func() ([]Neighbour, error)) Result {
	entries, err := table()
	if err != nil {
		return Result{Err: err}
	}
	for _, n := range entries {
		if !sink.Want(n.Addr, true) {
			continue
		}
		c := Claim{Addr: n.Addr, Class: Used, Source: "bridges", Port: n.Link, Note: stateNames[n.State], Time: now().Add(-n.Age)}
		c.Text = fmt.Sprintf("%s on %s", n.Addr, n.Link)
		if n.IP.IsValid() {
			c.Source, c.IP = "neighbours", n.IP.String()
			c.Text = fmt.Sprintf("%s dev %s lladdr %s %s", n.IP, n.Link, n.Addr, c.Note)
		}
		if n.State&(unix.NUD_FAILED|unix.NUD_INCOMPLETE) != 0 {
			c.past(Unanswered)
		}
		if n.VLAN != 0 {
			c.VLAN = strconv.Itoa(n.VLAN)
		}
		emit(sink, c)
	}
	return Result{Count: len(entries)}
}

// readScripts reads the scripts that may run at boot, as one source: there are
// some sixty, and nearly all name no address.
func readScripts(sink Sink, name, glob string) Result {
	r := Result{Format: "rc-script", Absent: true}
	paths, _ := filepath.Glob(glob)
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil || !info.Mode().IsRegular():
			continue // a dangling link, a directory
		case strings.HasSuffix(path, ".new") || strings.HasSuffix(path, "~"):
			continue // not in use: what a package brought, an editor's copy
		case filepath.Base(path) == filepath.Base(bondconf.DefaultPath) || filepath.Base(path) == filepath.Base(bondconf.Inet1Path):
			continue // sources of their own
		}
		one := fileSource(name, path, formatNamed("rc-script"), "", true).Read(sink)
		if errors.Is(one.Err, errNotText) {
			continue // a program
		}
		r.Absent = false
		r.Count += one.Count
		r.Err = errors.Join(r.Err, one.Err)
	}
	return r
}

// readProcesses reads the command lines of virtual machines that run here.
func readProcesses(sink Sink, name, glob string) Result {
	r := Result{Format: "qemu"}
	paths, _ := filepath.Glob(glob)
	if len(paths) == 0 && strings.HasPrefix(glob, "/proc/") { // that of a mounted disk is empty
		return Result{Err: fmt.Errorf("%s: no process can be seen", glob)}
	}
	self := strconv.Itoa(os.Getpid())
	for _, path := range paths {
		if filepath.Base(filepath.Dir(path)) == self {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil || !formatNamed("qemu").sign.Match(text) {
			continue // it has ended, or is something else
		}
		one := readFrom(strings.NewReader(string(text)), path, name, formatNamed("qemu"), "", now(), sink)
		r.Count += one.Count
		r.Err = errors.Join(r.Err, one.Err)
	}
	if r.Count == 0 && r.Err == nil {
		r.Absent = true
	}
	return r
}

// recent is how old a table may be to show what is there now.
const recent = time.Hour

// Age is the time since the source knew the claim, in words; "" where it is
// current or not known.
func (c Claim) Age() string {
	age := now().Sub(c.Time)
	switch {
	case c.Time.IsZero() || age < recent:
		return ""
	case age < 2*time.Hour:
		return "an hour old"
	case age < 48*time.Hour:
		return fmt.Sprintf("%d hours old", int(age.Hours()))
	}
	return fmt.Sprintf("%d days old", int(age.Hours()/24))
}
