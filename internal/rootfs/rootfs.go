// SPDX-License-Identifier: MIT

// Package rootfs tells which network interfaces carry the root file system:
// NFS and its like, iSCSI, NBD. Who sets one of them down stands still with
// the machine.
package rootfs

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/rtnl"
)

// A Machine is where to look.
type Machine struct {
	Dir string // that proc and sys are in; "" is /
	// Links are all interfaces; RouteTo is the index of the one that leads to an
	// address, 0 where none does.
	Links   []rtnl.Link
	RouteTo func(netip.Addr) (index int, err error)
}

func (m *Machine) path(elem ...string) string {
	return filepath.Join(append([]string{"/" + m.Dir}, elem...)...)
}

// NICs are the interfaces that the root file system is reached through, with
// what it is: the one that the route leads over, and all that it stands on.
// None where the root file system is on a disk.
func (m *Machine) NICs() (map[string]string, error) {
	servers, what, err := m.servers()
	if err != nil {
		return nil, fmt.Errorf("finding out where the root file system is: %w", err)
	}
	carry := map[string]string{}
	for _, server := range servers {
		index, err := m.RouteTo(server)
		if err != nil {
			return nil, fmt.Errorf("finding the way to %s, which has the root file system: %w", server, err)
		}
		for _, l := range m.below(index) {
			carry[l.Name] = what + " " + server.String()
		}
	}
	return carry, nil
}

// below are an interface and all that it stands on: lower interfaces, and the
// members of a bond or a bridge.
func (m *Machine) below(index int) []rtnl.Link {
	var list []rtnl.Link
	seen := map[int]bool{0: true}
	todo := []int{index}
	for len(todo) > 0 {
		index, todo = todo[0], todo[1:]
		if seen[index] {
			continue
		}
		seen[index] = true
		for _, l := range m.Links {
			if l.Index == index {
				list = append(list, l)
				if l.Kind != "veth" { // whose "lower" is its peer
					todo = append(todo, l.Lower)
				}
			}
			if l.Master == index {
				todo = append(todo, l.Index)
			}
		}
	}
	return list
}

// servers are the addresses that the root file system comes from, and by what.
func (m *Machine) servers() (servers []netip.Addr, what string, err error) {
	mount, err := m.rootMount()
	if err != nil || mount == nil {
		return nil, "", err
	}
	if server, ok := mount.server(); ok {
		return []netip.Addr{server}, strings.ToUpper(strings.TrimRight(mount.kind, "4")) + " from", nil
	}
	device := mount.device
	if device == "" {
		return nil, "", nil
	}
	for _, disk := range m.disks(device) {
		if address, ok := m.iscsi(disk); ok {
			servers, what = append(servers, address), "iSCSI from"
		}
		list, err := m.nbd(disk)
		if err != nil {
			return nil, "", err
		}
		if len(list) > 0 {
			servers, what = append(servers, list...), "NBD from"
		}
	}
	return servers, what, nil
}

// mount is a line of /proc/self/mountinfo.
type mount struct {
	device  string // MAJOR:MINOR
	kind    string // nfs4
	source  string // 192.0.2.9:/srv/root
	options []string
}

// rootMount is what is mounted at /: the last one there, nil where there is none
// in sight.
func (m *Machine) rootMount() (*mount, error) {
	text, err := os.ReadFile(m.path("proc/self/mountinfo"))
	if err != nil {
		return nil, err
	}
	var last *mount
	for line := range strings.Lines(string(text)) {
		// proc_pid_mountinfo(5): id parent MAJOR:MINOR root POINT options [optional...] - TYPE SOURCE OPTIONS
		head, tail, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
		fields, more := strings.Fields(head), strings.Fields(tail)
		if !ok || len(fields) < 6 || len(more) < 3 || fields[4] != "/" || more[0] == "rootfs" {
			continue
		}
		last = &mount{device: fields[2], kind: more[0], source: more[1], options: strings.Split(more[2], ",")}
	}
	return last, nil
}

// server is the address of a file server, of the option addr=, as NFS and CIFS
// write it, or of the source.
func (m *mount) server() (netip.Addr, bool) {
	if !slices.Contains([]string{"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "afs"}, m.kind) {
		return netip.Addr{}, false
	}
	for _, o := range m.options {
		if value, ok := strings.CutPrefix(o, "addr="); ok {
			if a, err := netip.ParseAddr(value); err == nil {
				return a, true
			}
		}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(m.source, "//"), ":")
	host, _, _ = strings.Cut(host, "/")
	a, err := netip.ParseAddr(host)
	return a, err == nil
}

// disks are the names of the disks that a block device is on: itself, and what
// it is made of (device mapper, MD).
func (m *Machine) disks(device string) []string {
	real, err := filepath.EvalSymlinks(m.path("sys/dev/block", device))
	if err != nil {
		return nil
	}
	return m.under(real, 0)
}

func (m *Machine) under(dir string, depth int) []string {
	if depth > 16 {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, "partition")); err == nil {
		dir = filepath.Dir(dir)
	}
	list := []string{dir}
	slaves, _ := os.ReadDir(filepath.Join(dir, "slaves")) // none of an ordinary disk
	for _, s := range slaves {
		if real, err := filepath.EvalSymlinks(filepath.Join(dir, "slaves", s.Name())); err == nil {
			list = append(list, m.under(real, depth+1)...)
		}
	}
	return list
}

// iscsi is the target's address where a disk is one of open-iscsi's: its device
// is below a session, which has connections.
func (m *Machine) iscsi(disk string) (netip.Addr, bool) {
	device, err := filepath.EvalSymlinks(filepath.Join(disk, "device"))
	if err != nil {
		return netip.Addr{}, false
	}
	for _, part := range strings.Split(device, "/") {
		number, ok := strings.CutPrefix(part, "session")
		if !ok {
			continue
		}
		for _, file := range []string{"address", "persistent_address"} {
			text, err := os.ReadFile(m.path("sys/class/iscsi_connection/connection"+number+":0", file))
			if a, parse := netip.ParseAddr(strings.TrimSpace(string(text))); err == nil && parse == nil {
				return a, true
			}
		}
	}
	return netip.Addr{}, false
}

// nbd are the addresses that the process of an nbd device is connected to.
func (m *Machine) nbd(disk string) ([]netip.Addr, error) {
	if !strings.HasPrefix(filepath.Base(disk), "nbd") {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(disk, "pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	pid := strings.TrimSpace(string(text))
	sockets := map[string]bool{}
	fds, err := os.ReadDir(m.path("proc", pid, "fd"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, fd := range fds {
		target, _ := os.Readlink(m.path("proc", pid, "fd", fd.Name())) // it may be closed by now
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	var list []netip.Addr
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(m.path("proc", pid, "net", table))
		if err != nil {
			continue // no IPv6
		}
		list = append(list, peers(text, sockets)...)
	}
	return list, nil
}

// peers reads /proc/net/tcp: sl local remote state ... inode, addresses in
// hexadecimal, 32 bits at a time in the machine's byte order (little-endian on
// all that Slackware has).
func peers(table []byte, sockets map[string]bool) (list []netip.Addr) {
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 10 || !sockets[fields[9]] {
			continue
		}
		digits, _, _ := strings.Cut(fields[2], ":")
		raw, err := hex.DecodeString(digits)
		if err != nil || len(raw)%4 != 0 {
			continue
		}
		for i := 0; i < len(raw); i += 4 {
			slices.Reverse(raw[i : i+4])
		}
		if a, ok := netip.AddrFromSlice(raw); ok && !a.IsUnspecified() {
			list = append(list, a.Unmap())
		}
	}
	return list
}
