// SPDX-License-Identifier: MIT

// Package bondconf gives the variables of /etc/rc.d/rc.bond.conf, and the same
// ones of rc.inet1.conf, their types: bonds, members, options, each value with
// the file and line where it was read. Nothing is run; what cannot be read
// statically is listed in [Config.Unread] and never guessed.
//
// It reads and does not judge: whether a mode exists or an option fits is for
// bondctl check, whether a bond can be made is for rc.bond.
package bondconf

import (
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
	Indexed = []string{"IFNAME", "BONDNICS", "BONDMODE", "IFOPTS", "HWADDR", "IPADDRS", "IP6ADDRS", "USE_DHCP", "MTU", "LINKWAIT", "EXASOCK"}
	Global  = []string{"GATEWAY", "GATEWAY6", "MODULES", "MACCHECK", "DEBUG_ETH_UP"}
)

// Text is a value and where it stands. The zero Text is a variable that the
// file does not set.
type Text struct {
	Value string
	shconf.Pos
	// Known is false where the file sets the variable to what cannot be read.
	Known bool
	// Set is whether the file sets it at all.
	Set bool
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
	File       *shconf.File
	Interfaces []Interface // in the order of their indexes
	Gateway    Text
	Gateway6   Text
	Modules    Text
	MACCheck   Text
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
	c := &Config{File: f, Unread: f.Unread(slices.Concat(Indexed, Global)...)}
	var indexes []int
	for _, name := range Indexed {
		indexes = append(indexes, f.Indexes(name)...)
	}
	slices.Sort(indexes)
	for _, i := range slices.Compact(indexes) {
		get := func(name string) Text { return Get(f, name, i) }
		c.Interfaces = append(c.Interfaces, Interface{
			Index: i, Name: get("IFNAME"), NICs: get("BONDNICS"), Mode: get("BONDMODE"), IFOpts: get("IFOPTS"),
			HWAddr: get("HWADDR"), IPAddrs: get("IPADDRS"), IP6Addrs: get("IP6ADDRS"), DHCP: get("USE_DHCP"),
			MTU: get("MTU"), LinkWait: get("LINKWAIT"), Exasock: get("EXASOCK"),
		})
	}
	c.Gateway, c.Gateway6 = Get(f, "GATEWAY", 0), Get(f, "GATEWAY6", 0)
	c.MACCheck = Get(f, "MACCHECK", 0)
	c.Modules = Get(f, "MODULES", 0)
	return c
}

// Get gives NAME[index] of a file as a Text.
func Get(f *shconf.File, name string, index int) Text {
	a, ok := f.Lookup(name, index)
	if !ok {
		return Text{}
	}
	return Text{Value: a.Value, Pos: a.Pos, Known: a.Static, Set: true}
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
