// SPDX-License-Identifier: MIT

// Package check reads rc.bond.conf and rc.inet1.conf without running them and
// finds what will go wrong when they are used: see [Run].
//
// Each rule says what is wrong, what will happen, and what to do about it. A
// value that cannot be read statically is reported once and then left out of
// the judgement. The machine is looked at where that settles a question (is
// this NIC there, is it up, does this kernel have the option); what the kernel
// does not tell is no finding.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/shconf"
)

// Severity of a Finding.
type Severity string

const (
	Error   Severity = "error"   // a bond will not come up, or not as it is meant
	Warning Severity = "warning" // it may not, or something cannot be judged
)

// A Finding is one thing that is wrong, at one place.
type Finding struct {
	shconf.Pos
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"` // a fixed name, for scripts
	What     string   `json:"what"` // what is wrong
	Why      string   `json:"why"`  // what will happen
	Do       string   `json:"do"`   // the cure
}

// Input is what Run looks at. Either configuration may be nil.
type Input struct {
	Bond  *bondconf.Config // rc.bond.conf
	Inet1 *bondconf.Config // rc.inet1.conf
	Host  Host
	// Guard is how the guard stands in rc.inet1.conf; the zero Status where
	// that is not known.
	Guard inet1.Status
	// RCBond is the rc.bond to be run, "" where it is not to be looked at.
	RCBond string
	// RCLocal is rc.local, the other place from which rc.bond can be run.
	RCLocal string
}

// checker collects findings.
type checker struct {
	Input
	list []Finding
}

// Run applies every rule and returns the findings in the order of files and
// lines.
func Run(in Input) []Finding {
	c := &checker{Input: in}
	if in.Bond != nil {
		c.file(in.Bond, 0, 0)
		c.globals()
		for _, b := range in.Bond.Bonds() {
			c.bond(b)
		}
		c.strays()
		if len(in.Bond.Bonds()) > 0 {
			c.boot()
		}
	}
	if in.Inet1 != nil {
		c.file(in.Inet1, in.Guard.Line, in.Guard.End)
		c.inet1()
	}
	c.shared()
	slices.SortStableFunc(c.list, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
	return c.list
}

func (c *checker) add(s Severity, at shconf.Pos, rule, what, why, do string) {
	c.list = append(c.list, Finding{at, s, rule, what, why, do})
}

func (c *checker) err(at shconf.Pos, rule, what, why, do string) {
	c.add(Error, at, rule, what, why, do)
}

func (c *checker) warn(at shconf.Pos, rule, what, why, do string) {
	c.add(Warning, at, rule, what, why, do)
}

// file has the rules about a file as such.
func (c *checker) file(conf *bondconf.Config, from, to int) {
	f := conf.File
	if len(f.CR) > 0 {
		c.err(shconf.Pos{File: f.Name, Line: f.CR[0]}, "dos-line-ends",
			fmt.Sprintf("%s with a carriage return (DOS line ends)", count(len(f.CR), "line ends", "lines end")),
			"bash takes it into the value: no interface has such a name", "sed -i 's/\\r$//' "+f.Name)
	}
	for _, a := range conf.Unread {
		if a.Line >= from && a.Line <= to {
			continue
		}
		c.warn(a.Pos, "not-static", fmt.Sprintf("%s cannot be read without running the file: %s", name(a), a.Why),
			"what depends on it is not checked", "write the value itself, where that is possible")
	}
	for _, cmd := range f.Commands {
		if cmd.Line >= from && cmd.Line <= to || sets(conf.Unread, cmd) {
			continue
		}
		if name, do := assignmentMeant(cmd.Text); do != "" {
			c.err(cmd.Pos, "command", fmt.Sprintf("this sets no %s, it runs a command: %.60s", name, cmd.Text), "what it was to be set to is lost", do)
			continue
		}
		c.warn(cmd.Pos, "command", fmt.Sprintf("this runs a command: %.60s", cmd.Text),
			"a configuration is read for every verb, by root; what the command changes is not checked", "keep to assignments")
	}
}

// assignmentMeant tells which variable a command was to set, and what keeps it from that.
func assignmentMeant(command string) (name, do string) {
	name, rest, _ := strings.Cut(command, "=")
	plain := strings.TrimRight(name, " \t")
	switch {
	case !slices.Contains(bondconf.Global, plain) && !slices.Contains(bondconf.Indexed, plain):
		return "", ""
	case plain != name || strings.HasPrefix(rest, " "):
		return plain, "no blanks around the ="
	}
	return plain, "quotes around a value with blanks"
}

func name(a shconf.Assignment) string {
	switch {
	case a.AnyIndex:
		return a.Name + "[...]"
	case a.Indexed:
		return fmt.Sprintf("%s[%d]", a.Name, a.Index)
	}
	return a.Name
}

// sets reports whether a command was spoken of already, for an assignment in it.
func sets(unread []shconf.Assignment, cmd shconf.Command) bool {
	return slices.ContainsFunc(unread, func(a shconf.Assignment) bool { return a.Line >= cmd.Line && a.Line <= cmd.EndLine })
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// strays are settings that belong to no bond, and names close to a variable's.
func (c *checker) strays() {
	for i := range c.Bond.Interfaces {
		it := &c.Bond.Interfaces[i]
		if it.IsBond() {
			continue
		}
		at, what := firstSet(it)
		if it.Name.Set {
			at, what = it.Name, fmt.Sprintf("IFNAME[%d]=%q has no BONDNICS[%d]", it.Index, it.Name.Value, it.Index)
		}
		c.err(at.Pos, "no-members", what, "rc.bond refuses a bond without members", fmt.Sprintf("BONDNICS[%d]=\"eth0 eth1\", with your NICs", it.Index))
	}
	known := slices.Concat(bondconf.Indexed, bondconf.Global)
	for _, a := range c.Bond.File.Assignments {
		if near := nearest(a.Name, known); !slices.Contains(known, a.Name) && near != "" {
			c.warn(a.Pos, "unknown-variable", fmt.Sprintf("rc.bond does not know %s", a.Name), "it is ignored", "did you mean "+near+"?")
		}
	}
}

func firstSet(it *bondconf.Interface) (bondconf.Text, string) {
	for _, v := range []struct {
		name string
		text bondconf.Text
	}{
		{"BONDMODE", it.Mode}, {"IFOPTS", it.IFOpts}, {"HWADDR", it.HWAddr}, {"IPADDRS", it.IPAddrs}, {"IP6ADDRS", it.IP6Addrs},
		{"USE_DHCP", it.DHCP}, {"MTU", it.MTU}, {"LINKWAIT", it.LinkWait}, {"EXASOCK", it.Exasock}, {"BONDNICS", it.NICs},
	} {
		if v.text.Set {
			return v.text, fmt.Sprintf("%s[%d] is set, but there are no BONDNICS[%d]", v.name, it.Index, it.Index)
		}
	}
	return bondconf.Text{}, ""
}

// nearest gives the word that s is a slip away from, "" where none is: one
// letter wrong, missing, too many, or two exchanged.
func nearest(s string, words []string) string {
	for _, w := range words {
		if slip(s, w) {
			return w
		}
	}
	return ""
}

func slip(a, b string) bool {
	if a == b {
		return true
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || len(a) < 3 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
