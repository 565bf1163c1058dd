// SPDX-License-Identifier: MIT

package kernel

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondlink"
	"github.com/slackbond/slackbond/internal/exasock"
	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

const (
	kind    = "bond" // the driver's name in rtnetlink
	masters = "bonding_masters"
)

// HasBonding reports whether the bonding driver is loaded.
func (k *Kernel) HasBonding() bool { return exists(bond.SysNet, masters) }

// Status is what the driver reports of a bond.
func (k *Kernel) Status(name string) (bond.Status, error) {
	if err := bond.CheckName(name); err != nil {
		return bond.Status{}, err
	}
	return bond.Reader{}.Status(name)
}

// CreateBond makes a bond that is down and empty, in one message with all
// options that the kernel takes together. One that refuses any of them gets
// mode alone, and a kernel without bonding by netlink makes the bond without.
func (k *Kernel) CreateBond(name string, options [][2]string) (int, error) {
	if err := bond.CheckName(name); err != nil {
		return 0, err
	}
	// Else the kernel would load the driver, which would make a bond0 of its own.
	if !k.HasBonding() {
		return 0, errors.New("the bonding driver is not loaded")
	}
	var data, mode []byte
	for _, o := range atOnce(options) {
		encoded, err := bondlink.Encode(bond.Lookup(o[0]), o[1], k.indexOf)
		if err != nil {
			continue // it is refused by name when it is set by itself
		}
		data = append(data, encoded...)
		if o[0] == "mode" {
			mode = encoded
		}
	}
	var err error
	for _, data := range [][]byte{data, mode, nil} {
		if err = k.newBond(name, data); err == nil || errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EPERM) {
			break
		}
	}
	if errors.Is(err, unix.EOPNOTSUPP) {
		err = errno(writeFile("+"+name, bond.SysNet, masters))
	}
	if err != nil {
		return 0, err
	}
	l, err := k.nl.Link(name)
	if err != nil {
		return 0, err
	}
	if k.links == nil {
		k.links = map[string]rtnl.Link{}
	}
	k.links[name] = l
	return l.Index, nil
}

func (k *Kernel) newBond(name string, data []byte) error {
	info := rtnl.AppendString(nil, unix.IFLA_INFO_KIND, kind)
	if data != nil {
		info = rtnl.Append(info, unix.IFLA_INFO_DATA, data)
	}
	body := rtnl.AppendString(rtnl.LinkMessage(0, 0, 0), unix.IFLA_IFNAME, name)
	body = rtnl.Append(body, unix.IFLA_LINKINFO, info)
	return k.nl.Change(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL, body)
}

// atOnce are those of the options that go together in one message: not what a
// member must be there for, and not what another one excludes. The kernel
// refuses (EINVAL) ARP monitoring beside miimon.
func atOnce(options [][2]string) [][2]string {
	miimon := slices.ContainsFunc(options, func(o [2]string) bool { return o[0] == "miimon" && o[1] != "0" })
	var list [][2]string
	for _, o := range options {
		spec := bond.Lookup(o[0])
		switch {
		case spec == nil || spec.When&bond.NeedsMembers != 0 || spec.Kind == bond.NIC:
		case miimon && (o[0] == "arp_interval" || o[0] == "arp_validate"):
		default:
			list = append(list, o)
		}
	}
	return list
}

func (k *Kernel) indexOf(name string) (int, error) {
	l, err := k.link(name)
	return l.Index, err
}

// DeleteBond deletes a bond; its members are released, and down.
func (k *Kernel) DeleteBond(name string) error {
	l, err := k.link(name)
	switch {
	case err != nil:
		return err
	case l.Kind != kind:
		return fmt.Errorf("%s is not a bond", name)
	}
	err = k.nl.Change(unix.RTM_DELLINK, 0, rtnl.LinkMessage(l.Index, 0, 0))
	if errors.Is(err, unix.EOPNOTSUPP) {
		if _, err := k.named(name); err != nil {
			return err
		}
		err = errno(writeFile("-"+name, bond.SysNet, masters))
	}
	if err == nil {
		k.forget(name)
	}
	return err
}

// forget takes note that a bond is gone, and has no members.
func (k *Kernel) forget(name string) {
	index := k.links[name].Index
	delete(k.links, name)
	for name, l := range k.links {
		if l.Master == index {
			l.Master = 0
			k.links[name] = l
		}
	}
}

// DeleteBonds deletes bonds at once, which takes a quarter less than one by one:
// the kernel then waits for its readers once for all of them. Those that are
// gone are no error. On an error some may be gone, others not.
func (k *Kernel) DeleteBonds(names ...string) error {
	links, err := k.Links()
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, ok := k.links[name]
		return !ok
	})
	if len(names) > 1 {
		group, err := k.group(names, links)
		if err == nil {
			err = k.nl.Change(unix.RTM_DELLINK, 0, rtnl.AppendUint32(rtnl.LinkMessage(0, 0, 0), unix.IFLA_GROUP, group))
		}
		if err == nil {
			for _, name := range names {
				k.forget(name)
			}
			return nil
		}
		// Kernels before 4.1 do not delete groups.
	}
	var problems []error
	for _, name := range names {
		if err := k.DeleteBond(name); err != nil && !errors.Is(err, unix.ENODEV) {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(problems...)
}

// group puts the bonds into an interface group that nothing else is in.
func (k *Kernel) group(names []string, links []rtnl.Link) (uint32, error) {
	var group uint32
	taken := func(l rtnl.Link) bool { return l.Group == group }
	for group == 0 || slices.ContainsFunc(links, taken) {
		group = rand.Uint32() >> 1
	}
	for _, name := range names {
		if k.links[name].Kind != kind {
			return 0, fmt.Errorf("%s is not a bond", name)
		}
		err := k.set(name, 0, 0, func(b []byte) []byte { return rtnl.AppendUint32(b, unix.IFLA_GROUP, group) })
		if err != nil {
			return 0, err
		}
	}
	return group, nil
}

// Enslave makes a NIC, which is down, a member of a bond.
func (k *Kernel) Enslave(bondName, nic string) error {
	b, err := k.link(bondName)
	if err != nil {
		return err
	}
	l, err := k.link(nic)
	switch {
	case err != nil:
		return err
	case l.Master == b.Index:
		return nil
	case l.Master != 0: // IFLA_MASTER would take it out there
		return &rtnl.Error{Errno: unix.EBUSY, Text: "it is a member of another bond or bridge"}
	}
	if err := k.join(bondName, nic, l.Index, b.Index, "+", unix.SIOCBONDENSLAVE); err != nil {
		return err
	}
	l.Master = b.Index
	k.links[nic] = l
	return nil
}

// Release takes a member out of a bond. It is down then, with the hardware
// address and the MTU that it had before it joined.
func (k *Kernel) Release(bondName, nic string) error {
	l, err := k.link(nic)
	if err != nil {
		return err
	}
	if err := k.join(bondName, nic, l.Index, 0, "-", unix.SIOCBONDRELEASE); err != nil {
		return err
	}
	l.Master = 0
	k.links[nic] = l
	return nil
}

// join sets the master of a NIC. A bond that exasock manages is changed
// through sysfs alone, since that driver does not see the other ways.
func (k *Kernel) join(bondName, nic string, index, master int, sign string, request uintptr) error {
	managed, err := bond.IsExasock(bond.SysNet, bondName)
	if err != nil {
		return fmt.Errorf("asking the exasock driver for its bonds: %w", err)
	}
	if managed {
		for _, name := range []string{bondName, nic} {
			if _, err := k.named(name); err != nil {
				return err
			}
		}
		return errno(writeFile(sign+nic, bond.SysNet, bondName, "bonding/slaves"))
	}
	body := rtnl.AppendUint32(rtnl.LinkMessage(index, 0, 0), unix.IFLA_MASTER, uint32(master))
	err = k.nl.Change(unix.RTM_NEWLINK, 0, body)
	if !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	if k.ioctls == nil {
		if k.ioctls, err = bond.Open(); err != nil {
			return err
		}
	}
	for _, name := range []string{bondName, nic} {
		if _, err := k.named(name); err != nil {
			return err
		}
	}
	return errno(k.ioctls.BondIoctl(request, "SIOCBONDENSLAVE", bondName, nic))
}

// Option reads an option of a bond back: a word without its number, a list
// separated by commas, "" where nothing is set. The error is fs.ErrNotExist
// where this kernel does not have the option.
func (k *Kernel) Option(bondName, member, option string) (string, error) {
	o := bond.Lookup(option)
	if o == nil {
		return "", fmt.Errorf("there is no option %q", option)
	}
	if _, err := k.named(bondName); err != nil {
		return "", err
	}
	if o.NetlinkOnly {
		return k.netlinkOption(bondName, member, o)
	}
	text, err := readFile(bond.SysNet, bondName, "bonding", o.Name)
	if err != nil {
		return "", err
	}
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
		return "", nil
	case o.PerMember: // "eth0:1 eth1:0"
		for _, word := range words {
			if value, ok := strings.CutPrefix(word, member+":"); ok {
				return value, nil
			}
		}
		return "", nil
	case o.Kind == bond.IPv4s:
		return strings.Join(words, ","), nil
	case o.Kind == bond.Word:
		if n, err := strconv.Atoi(words[0]); err == nil && n >= 0 && n < len(o.Words) {
			return o.Words[n], nil
		}
	}
	return words[0], nil // "balance-xor 2"
}

func (k *Kernel) netlinkOption(bondName, member string, o *bond.Option) (string, error) {
	name := bondName
	if o.PerMember {
		name = member
	}
	known, err := k.link(name)
	if err != nil {
		return "", err
	}
	l, err := k.nl.LinkByIndex(known.Index)
	if err != nil {
		return "", err
	}
	data := l.Data
	if o.PerMember {
		data = l.MemberData
	}
	value, found, err := bondlink.Decode(o, data, k.nameOf)
	if err == nil && !found && o.Kind != bond.IPv6s { // an empty list is not sent
		err = fs.ErrNotExist
	}
	return value, err
}

func (k *Kernel) nameOf(index int) string {
	for name, l := range k.links {
		if l.Index == index {
			return name
		}
	}
	return "interface " + strconv.Itoa(index)
}

// SetOption sets an option of a bond, by sysfs where it is there: that takes
// every word of it on every kernel, in every state in which it can be taken.
func (k *Kernel) SetOption(bondName, member, option, value string) error {
	o := bond.Lookup(option)
	if o == nil {
		return fmt.Errorf("there is no option %q", option)
	}
	if _, err := k.named(bondName); err != nil {
		return err
	}
	switch {
	case o.NetlinkOnly:
		return k.setByNetlink(bondName, member, o, value)
	case o.PerMember:
		return k.write(bondName, o, member+":"+value)
	case o.Kind == bond.IPv4s:
		return k.setTargets(bondName, o, value)
	case value == "": // a write of nothing is none
		return k.write(bondName, o, "\n")
	case o.Kind == bond.Word && o.Words[0] == "off": // kernels before 3.14 know numbers only
		if n, ok := o.Number(value); ok {
			value = strconv.Itoa(n)
		}
	}
	return k.write(bondName, o, value)
}

func (k *Kernel) write(bondName string, o *bond.Option, value string) error {
	return errno(writeFile(value, bond.SysNet, bondName, "bonding", o.Name))
}

// setTargets makes a list of addresses the one that is wanted: sysfs takes
// them one by one, and refuses one that is there.
func (k *Kernel) setTargets(bondName string, o *bond.Option, value string) error {
	now, err := k.Option(bondName, "", o.Name)
	if err != nil {
		return err
	}
	split := func(c rune) bool { return c == ',' }
	have, want := strings.FieldsFunc(now, split), strings.FieldsFunc(value, split)
	for _, addr := range have {
		if !slices.Contains(want, addr) {
			if err := k.write(bondName, o, "-"+addr); err != nil {
				return err
			}
		}
	}
	for _, addr := range want {
		if !slices.Contains(have, addr) {
			if err := k.write(bondName, o, "+"+addr); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *Kernel) setByNetlink(bondName, member string, o *bond.Option, value string) error {
	name, kindOf, dataOf := bondName, uint16(unix.IFLA_INFO_KIND), uint16(unix.IFLA_INFO_DATA)
	if o.PerMember {
		name, kindOf, dataOf = member, unix.IFLA_INFO_SLAVE_KIND, unix.IFLA_INFO_SLAVE_DATA
	}
	data, err := bondlink.Encode(o, value, k.indexOf)
	if err != nil {
		return err
	}
	info := rtnl.Append(rtnl.AppendString(nil, kindOf, kind), dataOf, data)
	return k.set(name, 0, 0, func(b []byte) []byte { return rtnl.Append(b, unix.IFLA_LINKINFO, info) })
}

// ExasockBonds are the bonds that the exasock driver manages; fs.ErrNotExist
// where the driver is not loaded.
func (k *Kernel) ExasockBonds() ([]string, error) { return bond.ExasockManaged(bond.SysNet) }

// ExasockManage puts a bond under that driver's management.
func (k *Kernel) ExasockManage(name string) error {
	_, _, err := exasock.Host{}.Manage(name)
	return err
}

// ExasockRelease ends it, also where a program uses the bond through it.
func (k *Kernel) ExasockRelease(name string) error {
	_, _, err := exasock.Host{}.Release(name, true)
	return err
}

// writeFile makes one write(2) to a file that exists: each is a command to a driver.
func writeFile(text string, elem ...string) error {
	f, err := os.OpenFile(path(elem...), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
