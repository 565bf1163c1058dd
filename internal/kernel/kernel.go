// SPDX-License-Identifier: MIT

// Package kernel is the machine that package engine works on: links,
// addresses and routes by rtnetlink, the bonding driver by rtnetlink and
// sysfs, drivers and dhcpcd by their programs.
//
// It works on all kernels from 3.10 on and asks none for its version: an old
// one has no bonding by netlink, and says "done" to what it does not know, so
// what is set is to be read back, and what it did not take is set by sysfs.
package kernel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/rootfs"
	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

// A Kernel is this machine, in the network namespace that it was opened in.
type Kernel struct {
	nl      *rtnl.Conn
	watcher *rtnl.Watcher
	ioctls  *bond.Conn // opened where it is needed
	// links are those of the last Links, and the bonds made since, by name:
	// an interface is the one that has the index from there.
	links map[string]rtnl.Link
}

var _ engine.Kernel = (*Kernel)(nil)

// Open opens the sockets. Changes need root.
func Open() (*Kernel, error) {
	nl, err := rtnl.Open()
	if err != nil {
		return nil, err
	}
	watcher, err := rtnl.Watch(unix.RTNLGRP_LINK, unix.RTNLGRP_IPV4_IFADDR, unix.RTNLGRP_IPV6_IFADDR)
	if err != nil {
		nl.Close()
		return nil, err
	}
	return &Kernel{nl: nl, watcher: watcher}, nil
}

// Close closes the sockets.
func (k *Kernel) Close() error {
	var err error
	if k.ioctls != nil {
		err = k.ioctls.Close()
	}
	return errors.Join(err, k.watcher.Close(), k.nl.Close())
}

// Links are all interfaces.
func (k *Kernel) Links() ([]rtnl.Link, error) {
	links, err := k.nl.Links()
	if err != nil {
		return nil, err
	}
	k.links = make(map[string]rtnl.Link, len(links))
	for _, l := range links {
		k.links[l.Name] = l
	}
	return links, nil
}

// State is every address, route, neighbour and nexthop object.
func (k *Kernel) State() (rtnl.State, error) { return k.nl.State() }

// RootNICs are the interfaces that carry the root file system, and how.
func (k *Kernel) RootNICs() (map[string]string, error) {
	links, err := k.nl.Links()
	if err != nil {
		return nil, err
	}
	m := rootfs.Machine{Links: links, RouteTo: k.nl.RouteTo}
	return m.NICs()
}

// Uptime is CLOCK_BOOTTIME.
func (k *Kernel) Uptime() time.Duration { return rtnl.Uptime() }

// Wait waits until links or addresses may have changed, or for d.
func (k *Kernel) Wait(ctx context.Context, d time.Duration) {
	err := k.watcher.Wait(ctx, d)
	if err == nil || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	select { // it cannot watch, so it looks often
	case <-ctx.Done():
	case <-time.After(min(d, 100*time.Millisecond)):
	}
}

// link is the interface of the name.
func (k *Kernel) link(name string) (rtnl.Link, error) {
	if err := bond.CheckName(name); err != nil {
		return rtnl.Link{}, err
	}
	if k.links == nil {
		if _, err := k.Links(); err != nil {
			return rtnl.Link{}, err
		}
	}
	l, ok := k.links[name]
	if !ok {
		return l, fmt.Errorf("there is no interface %s: %w", name, unix.ENODEV)
	}
	return l, nil
}

// named is link for what goes by the name and not by the index: it asks
// whether the name still has it.
func (k *Kernel) named(name string) (rtnl.Link, error) {
	l, err := k.link(name)
	if err != nil {
		return l, err
	}
	text, err := readFile(bond.SysNet, name, "ifindex")
	if err != nil {
		return l, fmt.Errorf("there is no interface %s any more: %w", name, unix.ENODEV)
	}
	if text != strconv.Itoa(l.Index) {
		return l, fmt.Errorf("%s is another interface now, with index %s instead of %d: %w", name, text, l.Index, unix.ENODEV)
	}
	return l, nil
}

// set changes an interface: flags, and attributes that attributes appends.
func (k *Kernel) set(name string, flags, which uint32, attributes func([]byte) []byte) error {
	l, err := k.link(name)
	if err != nil {
		return err
	}
	body := rtnl.LinkMessage(l.Index, flags, which)
	if attributes != nil {
		body = attributes(body)
	}
	return k.nl.Change(unix.RTM_NEWLINK, 0, body)
}

// SetUp sets an interface up or down.
func (k *Kernel) SetUp(name string, up bool) error {
	flags := uint32(0)
	if up {
		flags = unix.IFF_UP
	}
	return k.set(name, flags, unix.IFF_UP, nil)
}

// SetMTU sets the MTU of an interface, in bytes.
func (k *Kernel) SetMTU(name string, mtu int) error {
	return k.set(name, 0, 0, func(b []byte) []byte { return rtnl.AppendUint32(b, unix.IFLA_MTU, uint32(mtu)) })
}

// SetMAC sets the hardware address of an interface. A bond with fail_over_mac
// reports success and keeps the old one: read it back.
func (k *Kernel) SetMAC(name string, addr []byte) error {
	return k.set(name, 0, 0, func(b []byte) []byte { return rtnl.Append(b, unix.IFLA_ADDRESS, addr) })
}

// Add adds an address, a route, a neighbour or a nexthop object: [rtnl.Conn.Add].
func (k *Kernel) Add(m rtnl.Message) error { return k.nl.Add(m) }

// Delete takes one away; what is gone already is no error.
func (k *Kernel) Delete(m rtnl.Message) error { return k.nl.Delete(m) }

// Facts is what only files of /sys and /proc tell about an interface.
func (k *Kernel) Facts(nic string) (engine.Facts, error) {
	l, err := k.named(nic)
	if err != nil {
		return engine.Facts{}, err
	}
	f := engine.Facts{Driver: bond.Driver(bond.SysNet, nic), AddrAssign: -1}
	if text, err := readFile(bond.SysNet, nic, "addr_assign_type"); err == nil {
		f.AddrAssign, _ = strconv.Atoi(text)
	}
	device := path(bond.SysNet, nic, "device")
	if bus, err := os.Readlink(path(device, "subsystem")); err == nil && base(bus) == "pci" {
		if slot, err := os.Readlink(device); err == nil {
			f.PCI = base(slot)
		}
	}
	f.Wireless = exists(bond.SysNet, nic, "wireless") || exists(bond.SysNet, nic, "phy80211")
	f.Uppers, err = k.uppers(l)
	return f, err
}

// uppers are the interfaces that stand on one. The links upper_NAME are in
// sysfs since Linux 3.13; what stands on another namespace's interface has no
// name here.
func (k *Kernel) uppers(l rtnl.Link) ([]string, error) {
	entries, err := os.ReadDir(path(bond.SysNet, l.Name))
	if err != nil {
		return nil, fmt.Errorf("%s: what stands on it cannot be listed: %w", l.Name, err)
	}
	var list []string
	seen := map[string]bool{}
	add := func(name string) {
		if upper, ok := k.links[name]; ok && !seen[name] && upper.Index != l.Master {
			seen[name] = true
			list = append(list, name)
		}
	}
	for _, e := range entries {
		if name, ok := strings.CutPrefix(e.Name(), "upper_"); ok {
			add(name)
		}
	}
	for _, other := range k.links {
		if other.Lower == l.Index {
			add(other.Name)
		}
	}
	slices.Sort(list)
	return list, nil
}

func path(elem ...string) string { return strings.Join(elem, "/") }

func base(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func exists(elem ...string) bool {
	_, err := os.Lstat(path(elem...))
	return err == nil
}

// readFile gives a file of sysfs without the line end.
func readFile(elem ...string) (string, error) {
	text, err := os.ReadFile(path(elem...))
	return strings.TrimSpace(string(text)), err
}

// errno takes the path of a file away from the kernel's reason.
func errno(err error) error {
	var number unix.Errno
	if errors.As(err, &number) && !errors.Is(err, fs.ErrNotExist) {
		return &rtnl.Error{Errno: number}
	}
	return err
}
