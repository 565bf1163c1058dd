// SPDX-License-Identifier: MIT

// Package bondconf gives the variables of /etc/rc.d/rc.bond.conf, and the same
// ones of rc.inet1.conf, their types: bonds, members, options, each value with
// the place where it stands.
//
// There are two readers that give one [Config]. [Read] reads the file without
// running it: each value has a file and a line, and what cannot be read
// statically is listed in [Config.Unread] and never guessed. [FromBash] takes
// the values that bash had after rc.bond sourced the file: nothing is unread,
// and a place is the name of the variable.
//
// It reads and does not judge: whether a bond can be had is for package plan.
package bondconf

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/shconf"
)

// DefaultPath and Inet1Path are where Slackware has the two files.
const (
	DefaultPath = "/etc/rc.d/rc.bond.conf"
	Inet1Path   = "/etc/rc.d/rc.inet1.conf"
)

// Indexed are the variables that have one element for each interface, Global
// those that the whole file has once.
var (
	Indexed = []string{
		"IFNAME", "BONDNICS", "BONDMODE", "IFOPTS", "HWADDR", "IPADDRS", "IP6ADDRS", "USE_DHCP", "MTU", "LINKWAIT", "EXASOCK",
		"DHCP_TIMEOUT", "DHCP_HOSTNAME", "DHCP_KEEPRESOLV", "DHCP_KEEPNTP", "DHCP_KEEPGW", "DHCP_DEBUG", "DHCP_NOIPV4LL", "DHCP_IPADDR",
	}
	Global = []string{"GATEWAY", "GATEWAY6", "MODULES", "MACCHECK", "MACCHECK_LIVE", "ALLOW_ROOT_NIC", "DEBUG_ETH_UP"}
)

// Inet1Only are the variables of rc.inet1.conf, of any release of Slackware or
// of unRAID, that rc.bond.conf does not have.
var Inet1Only = []string{
	"IPADDR", "NETMASK", "IPALIASES", "USE_DHCP6", "USE_SLAAC", "USE_RA", "SLAAC_TIMEOUT", "SLAAC_PRIVIPGEN", "SLAAC_SECRET",
	"SLAAC_TEMPADDR", "PROMISCUOUS", "BRNICS", "VIRTIFNAME", "VIRTIFTYPE", "VIRTIFUSER", "VIRTIFGROUP", "MAXNICS", "VLANS",
	"BONDNAME", "BONDING_MODE", "BONDING_MIIMON", "METRIC", "IPADDR6", "NETMASK6", "GATEWAY_METRIC",
}

// Text is a value and where it stands. The zero Text is a variable that the
// file does not set.
type Text struct {
	Name  string // of the variable: IFNAME[0], GATEWAY
	Value string
	shconf.Pos
	// Known is false where the file sets the variable to what cannot be read.
	Known bool
	// Set is whether the file sets it at all.
	Set bool
}

// String is the place: file and line, or the variable's name where the line is
// not known.
func (t Text) String() string {
	if t.Line == 0 {
		return t.Name
	}
	return t.Pos.String()
}

// Words splits a list at white space, as the shell does.
func (t Text) Words() []string { return strings.Fields(t.Value) }

// Yes reports whether the value is the "yes" of rc.inet1.conf.
func (t Text) Yes() bool { return t.Value == "yes" }

// Option is one piece of IFOPTS: "primary eth0".
type Option struct {
	Name, Value string
}

// Interface is what the file says under one index: a bond where NICs is set,
// else, in rc.inet1.conf, any interface.
type Interface struct {
	Index    int
	Name     Text // IFNAME
	NICs     Text // BONDNICS
	Mode     Text // BONDMODE
	IFOpts   Text // IFOPTS, see Options
	HWAddr   Text
	IPAddrs  Text // IPADDRS; of rc.inet1.conf, see Addresses for the others
	IP6Addrs Text
	DHCP     Text // USE_DHCP
	MTU      Text
	LinkWait Text
	Exasock  Text
	vars     map[string]Text
}

// Get gives a variable of [Indexed] by its name.
func (i *Interface) Get(name string) Text {
	t := i.vars[name]
	if t.Name == "" {
		t.Name = fmt.Sprintf("%s[%d]", name, i.Index)
	}
	return t
}

// Unread reports whether the file sets one of its variables to what cannot be
// read.
func (i *Interface) Unread() bool {
	for _, t := range i.vars {
		if t.Set && !t.Known {
			return true
		}
	}
	return false
}

// IsBond reports whether the entry has members, or might have.
func (i *Interface) IsBond() bool { return i.NICs.Value != "" || i.NICs.Set && !i.NICs.Known }

// Options splits IFOPTS at its bars: "miimon 100 | primary eth0" are two. An
// option without a value has an empty one; empty pieces are left out.
func (i *Interface) Options() []Option { return SplitOptions(i.IFOpts.Value) }

// SplitOptions is Options for any text.
func SplitOptions(text string) []Option {
	var list []Option
	for piece := range strings.SplitSeq(text, "|") {
		if words := strings.Fields(piece); len(words) > 0 {
			list = append(list, Option{words[0], strings.Join(words[1:], " ")})
		}
	}
	return list
}

// Option gives the last value of the option of that name.
func (i *Interface) Option(name string) (value string, ok bool) {
	for _, o := range i.Options() {
		if o.Name == name {
			value, ok = o.Value, true
		}
	}
	return value, ok
}

// Config is one file, read.
type Config struct {
	// Static is whether the file was read without running it.
	Static bool
	// File is what the file says; of a Config that bash had, only the
	// assignments to variables of ours, without lines.
	File *shconf.File
	// Faults are what bash complains about: whoever has the file sourced can
	// rely on none of the values.
	Faults []shconf.Fault
	// Printed is what the file printed while bash ran it.
	Printed []string
	// DOS is whether the file has the line ends of DOS, which are part of the
	// values for bash; CRLine is the first, 0 where it is not known.
	DOS    bool
	CRLine int
	// TxQueues is the number of transmit queues that the bonding module was told
	// to give a bond, for whoever knows; 0 is the module's own, 16.
	TxQueues int

	Interfaces   []Interface // in the order of their indexes
	Gateway      Text
	Gateway6     Text
	Modules      Text
	MACCheck     Text
	MACCheckLive Text
	AllowRootNIC Text
	Debug        Text
	// Unread are the assignments to variables of ours that have no known value.
	Unread []shconf.Assignment
}

// Read reads rc.bond.conf or rc.inet1.conf. The error is a *shconf.SyntaxError
// where the file is no shell.
func Read(path string) (*Config, error) {
	f, err := shconf.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return From(f), nil
}

// From gives the variables of a file that was read already.
func From(f *shconf.File) *Config {
	c := &Config{Static: true, File: f, Faults: f.Faults, Unread: f.Unread(slices.Concat(Indexed, Global)...)}
	for _, cmd := range f.Commands {
		if cmd.Exits {
			c.Faults = append(c.Faults, shconf.Fault{
				Pos: cmd.Pos, Text: fmt.Sprintf("%q ends rc.bond, which reads the file", cut(cmd.Text)), Do: "take it out, or return in its place",
			})
		} else if name, do := assignmentMeant(cmd.Text); do != "" {
			c.Faults = append(c.Faults, shconf.Fault{
				Pos: cmd.Pos, Text: fmt.Sprintf("this does not set %s, it runs a command: %.60s", name, cmd.Text), Do: do,
			})
		}
	}
	if len(f.CR) > 0 {
		c.DOS, c.CRLine = true, f.CR[0]
	}
	c.fill()
	return c
}

// assignmentMeant tells which variable a command was to set, and how it is set.
func assignmentMeant(command string) (name, do string) {
	name, rest, _ := strings.Cut(command, "=")
	plain := strings.TrimRight(name, " \t")
	switch {
	case !slices.Contains(Global, plain) && !slices.Contains(Indexed, plain):
		return "", ""
	case plain != name || strings.HasPrefix(rest, " "):
		return plain, "no blanks around the ="
	}
	return plain, "quotes around a value with blanks"
}

// fill takes the variables out of File.
func (c *Config) fill() {
	values := map[string]map[int]shconf.Assignment{}
	indexes := map[int]bool{}
	for _, name := range Indexed {
		values[name] = c.File.Values(name)
		for i := range values[name] {
			indexes[i] = true
		}
	}
	for _, i := range slices.Sorted(maps.Keys(indexes)) {
		it := Interface{Index: i, vars: map[string]Text{}}
		for _, name := range Indexed {
			if a, ok := values[name][i]; ok {
				it.vars[name] = text(a, i, true)
			}
		}
		it.Name, it.NICs, it.Mode, it.IFOpts = it.Get("IFNAME"), it.Get("BONDNICS"), it.Get("BONDMODE"), it.Get("IFOPTS")
		it.HWAddr, it.IPAddrs, it.IP6Addrs, it.DHCP = it.Get("HWADDR"), it.Get("IPADDRS"), it.Get("IP6ADDRS"), it.Get("USE_DHCP")
		it.MTU, it.LinkWait, it.Exasock = it.Get("MTU"), it.Get("LINKWAIT"), it.Get("EXASOCK")
		c.Interfaces = append(c.Interfaces, it)
	}
	for name, t := range map[string]*Text{
		"GATEWAY": &c.Gateway, "GATEWAY6": &c.Gateway6, "MODULES": &c.Modules, "MACCHECK": &c.MACCheck,
		"MACCHECK_LIVE": &c.MACCheckLive, "ALLOW_ROOT_NIC": &c.AllowRootNIC, "DEBUG_ETH_UP": &c.Debug,
	} {
		*t = Get(c.File, name, 0)
		t.Name = name
	}
}

// text makes a Text of an assignment, which may be to any element: then it is
// of that index here.
func text(a shconf.Assignment, index int, indexed bool) Text {
	t := Text{Name: a.Name, Value: a.Value, Pos: a.Pos, Known: a.Static, Set: true}
	if indexed {
		t.Name = fmt.Sprintf("%s[%d]", a.Name, index)
	}
	return t
}

// Get gives NAME[index] of a file as a Text.
func Get(f *shconf.File, name string, index int) Text {
	a, ok := f.Lookup(name, index)
	if !ok {
		return Text{Name: fmt.Sprintf("%s[%d]", name, index)}
	}
	return text(a, index, true)
}

// Bonds gives the entries that have members.
func (c *Config) Bonds() []*Interface {
	var list []*Interface
	for i := range c.Interfaces {
		if c.Interfaces[i].IsBond() {
			list = append(list, &c.Interfaces[i])
		}
	}
	return list
}

// Bond gives the entry of that name that has members, nil where there is none.
func (c *Config) Bond(name string) *Interface {
	for _, b := range c.Bonds() {
		if b.Name.Value == name {
			return b
		}
	}
	return nil
}
