// SPDX-License-Identifier: MIT

package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

// options has the rules about IFOPTS.
func (c *checker) options(b *bondconf.Interface, mode bond.Mode, modeKnown bool) {
	at := b.IFOpts.Pos
	v := fmt.Sprintf("IFOPTS[%d]", b.Index)
	seen := map[*bond.Option]string{}
	for _, piece := range b.Options() {
		o := bond.Lookup(piece.Name)
		if o == nil {
			do := "the options are in rc.bond.conf(5)"
			if name, value, ok := strings.Cut(piece.Name, "="); ok && bond.Lookup(name) != nil {
				do = fmt.Sprintf("a blank instead of the =: %s %s", name, value)
			} else if near := nearest(piece.Name, optionNames()); near != "" {
				do = "did you mean " + near + "?"
			}
			c.err(at, "unknown-option", fmt.Sprintf("%s: the bonding driver has no option %q", v, piece.Name), "rc.bond refuses the bond", do)
			continue
		}
		if old, twice := seen[o]; twice && !o.PerMember && old != piece.Value {
			c.warn(at, "option-twice", fmt.Sprintf("%s has %s twice: %s and %s", v, o.Name, old, piece.Value), "the last one counts", "leave one out")
		}
		seen[o] = piece.Value
		c.option(b, o, piece.Value, mode, modeKnown)
	}
	c.monitor(b)
	if v, ok := option(b, "lacp_strict"); ok && isOn(v) && number(b, "min_links") < 1 {
		c.warn(at, "lacp-strict", "lacp_strict does nothing without min_links", "the bond keeps its carrier without an LACP partner", "min_links 1 in "+fmt.Sprintf("IFOPTS[%d]", b.Index))
	}
}

func isOn(v string) bool { return v == "on" || v == "1" }

func optionNames() []string {
	var names []string
	for _, o := range bond.Options {
		names = append(append(names, o.Name), o.Aliases...)
	}
	return names
}

// option has the rules about one option.
func (c *checker) option(b *bondconf.Interface, o *bond.Option, value string, mode bond.Mode, modeKnown bool) {
	at := b.IFOpts.Pos
	v := fmt.Sprintf("IFOPTS[%d]", b.Index)
	if o.Name == "mode" {
		if m, err := bond.ParseMode(value); modeKnown && (err != nil || m != mode) {
			c.err(at, "mode-in-options", fmt.Sprintf("%s: mode %s, but BONDMODE[%d] is %s", v, value, b.Index, mode), "rc.bond refuses the bond", fmt.Sprintf("BONDMODE[%d]=%q, and no mode here", b.Index, value))
		}
		return
	}
	if modeKnown && !o.Modes.Has(mode) {
		c.err(at, "option-mode", fmt.Sprintf("%s: %s is not possible in mode %s", v, o.Name, mode), "the kernel refuses it", "leave it out, or use mode "+o.Modes.String())
		return
	}
	if c.Host.lacks(o) {
		c.err(at, "option-kernel", fmt.Sprintf("%s: this kernel has no option %s", v, o.Name), "rc.bond names it and goes on without it", "a newer kernel, or leave it out")
	}
	if o.PerMember {
		c.perMember(b, o, value)
		return
	}
	if o.Kind == bond.IPv4s || o.Kind == bond.IPv6s {
		value = strings.Join(strings.FieldsFunc(value, isBlankOrComma), ",")
	}
	if err := o.Check(value); err != nil {
		do := "see rc.bond.conf(5)"
		if words := strings.FieldsFunc(value, isBlankOrComma); len(words) > 1 && bond.Lookup(words[1]) != nil {
			do = fmt.Sprintf("a bar between two options: %s %s | %s", o.Name, words[0], strings.Join(words[1:], " "))
		}
		c.err(at, "option-value", fmt.Sprintf("%s: %v", v, err), "rc.bond refuses the bond", do)
		return
	}
	if o.Kind == bond.NIC && b.NICs.Known && !slices.Contains(b.NICs.Words(), value) {
		c.err(at, "not-a-member", fmt.Sprintf("%s: %s %s is not in BONDNICS[%d]", v, o.Name, value, b.Index), "rc.bond refuses the bond", "one of "+strings.Join(unique(b.NICs.Words()), ", "))
	}
	if o.Name == "fail_over_mac" && modeKnown && mode != bond.ActiveBackup && value != "none" && value != "0" {
		c.warn(at, "fail-over-mac-mode", fmt.Sprintf("%s: fail_over_mac acts in mode active-backup alone", v), "the kernel accepts it and does nothing", "leave it out")
	}
}

// perMember takes "eth0:2" and lists of such.
func (c *checker) perMember(b *bondconf.Interface, o *bond.Option, value string) {
	v := fmt.Sprintf("IFOPTS[%d]", b.Index)
	fields := strings.FieldsFunc(value, isBlankOrComma)
	if len(fields) == 0 {
		fields = []string{""}
	}
	for _, field := range fields {
		nic, n, ok := strings.Cut(field, ":")
		switch err := o.Check(n); {
		case !ok:
			c.err(b.IFOpts.Pos, "option-value", fmt.Sprintf("%s: %s %q is not NIC:NUMBER", v, o.Name, field), "rc.bond refuses the bond", fmt.Sprintf("as in %q", o.Name+" eth0:2"))
		case err != nil:
			c.err(b.IFOpts.Pos, "option-value", fmt.Sprintf("%s: %v", v, err), "rc.bond refuses the bond", "see rc.bond.conf(5)")
		case b.NICs.Known && !slices.Contains(b.NICs.Words(), nic):
			c.err(b.IFOpts.Pos, "not-a-member", fmt.Sprintf("%s: %s is of %s, which is not in BONDNICS[%d]", v, o.Name, nic, b.Index), "rc.bond refuses the bond", "one of "+strings.Join(unique(b.NICs.Words()), ", "))
		}
	}
}

func isBlankOrComma(r rune) bool { return r == ',' || r == ' ' }

// option is the last value of an option in IFOPTS, under whichever of its names.
func option(b *bondconf.Interface, name string) (value string, ok bool) {
	for _, piece := range b.Options() {
		if o := bond.Lookup(piece.Name); o != nil && o.Name == name {
			value, ok = piece.Value, true
		}
	}
	return value, ok
}

func has(b *bondconf.Interface, name string) bool {
	_, ok := option(b, name)
	return ok
}

func number(b *bondconf.Interface, name string) int {
	value, _ := option(b, name)
	n, _ := strconv.Atoi(value)
	return n
}

// monitor has the rules about noticing a lost link. rc.bond sets miimon 100
// where neither monitor is named.
func (c *checker) monitor(b *bondconf.Interface) {
	at := b.IFOpts.Pos
	v := fmt.Sprintf("IFOPTS[%d]", b.Index)
	for _, name := range []string{"miimon", "arp_interval"} {
		if value, ok := option(b, name); ok && bond.Lookup(name).Check(value) != nil {
			return // which is said; what it should have been nobody knows
		}
	}
	mii, arp := number(b, "miimon"), number(b, "arp_interval")
	if !has(b, "miimon") && arp == 0 {
		mii = 100
	}
	switch {
	case mii == 0 && arp == 0:
		c.err(at, "no-monitor", v+": neither miimon nor arp_interval", "a lost link is never noticed, and the bond never fails over", "miimon 100")
	case mii > 0 && arp > 0:
		c.err(at, "two-monitors", v+" has miimon and arp_interval", "they switch each other off; rc.bond refuses the bond", "leave one out")
	}
	if !has(b, "arp_ip_target") && !has(b, "ns_ip6_target") && arp > 0 {
		c.err(at, "no-arp-target", v+": arp_interval without arp_ip_target", "the kernel accepts it and asks nobody", "arp_ip_target ADDRESS of a neighbour that always answers, as the gateway")
	}
	for _, name := range []string{"updelay", "downdelay", "peer_notif_delay"} {
		switch delay := number(b, name); {
		case delay == 0:
		case mii == 0:
			c.err(at, "delay-without-miimon", fmt.Sprintf("%s: %s needs miimon", v, name), "the kernel refuses it", "miimon 100")
		case delay%mii != 0:
			c.err(at, "delay-multiple", fmt.Sprintf("%s: %s %d is no multiple of miimon %d", v, name, delay, mii), fmt.Sprintf("the kernel would make it %d", delay/mii*mii), fmt.Sprintf("%s %d or %d", name, delay/mii*mii, (delay/mii+1)*mii))
		}
	}
}
