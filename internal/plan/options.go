// SPDX-License-Identifier: MIT

package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
)

// defaultMIIMon is what rc.bond sets where no monitor is named, in ms.
const defaultMIIMon = "100"

// txQueues is how many transmit queues a bond has unless the module was loaded
// with tx_queues, and so the highest queue_id.
const txQueues = 16

// options has the rules about IFOPTS.
func (b *bondCompiler) options() {
	t := b.in.IFOpts
	if t.Set && !t.Known {
		return
	}
	failed := map[string]bool{} // options with a bad value: what was meant is not known
	words := strings.FieldsFunc(t.Value, func(r rune) bool { return isBlankOrComma(r) || r == '|' })
	if len(b.few(t, words)) < len(words) {
		return
	}
	for _, piece := range b.in.Options() {
		if o := bond.Lookup(piece.Name); !b.option(t, piece) && o != nil {
			failed[o.Name] = true
		}
	}
	if !failed["miimon"] && !failed["arp_interval"] {
		b.monitor(t, failed["arp_ip_target"] || failed["ns_ip6_target"])
	}
	b.together(t)
	order := func(s Setting) int {
		return slices.IndexFunc(bond.Options, func(o bond.Option) bool { return o.Name == s.Option })
	}
	slices.SortStableFunc(b.out.Options, func(x, y Setting) int { return cmp.Compare(order(x), order(y)) })
}

// option has the rules about one piece of IFOPTS; false where it breaks one.
func (b *bondCompiler) option(t bondconf.Text, piece bondconf.Option) bool {
	o := bond.Lookup(piece.Name)
	whole := strings.TrimSpace(piece.Name + " " + piece.Value)
	if o == nil {
		b.fault(t, Finding{
			Rule: "unknown-option", What: fmt.Sprintf("%s: the bonding driver has no option %q", t.Name, piece.Name),
			Do: b.suggest(whole, "the options are in rc.bond.conf(5)"),
		})
		return false
	}
	if o.Name == "mode" {
		return b.modeOption(t, piece.Value)
	}
	if b.modeKnown && !o.Modes.Has(b.out.Mode) {
		b.fault(t, Finding{
			Rule: "option-mode", What: fmt.Sprintf("%s: %s is not possible in mode %s", t.Name, o.Name, b.out.Mode),
			Do: "leave it out, or use mode " + o.Modes.String(),
		})
		return false
	}
	if o.PerMember {
		return b.memberOption(t, o, piece.Value)
	}
	text := piece.Value
	if o.Kind == bond.IPv4s || o.Kind == bond.IPv6s {
		text = strings.Join(strings.FieldsFunc(text, isBlankOrComma), ",")
	}
	value, err := o.Canonical(text)
	if o.Kind == bond.NIC {
		value, err = b.memberWord(o.Name, piece.Value)
	}
	if err != nil {
		b.fault(t, Finding{Rule: "option-value", What: fmt.Sprintf("%s: %v", t.Name, err), Do: b.suggest(whole, describe(o))})
		return false
	}
	b.set(t, Setting{Option: o.Name, Value: value, Given: true})
	return true
}

func isBlankOrComma(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' }

// describe says what values an option has.
func describe(o *bond.Option) string {
	switch o.Kind {
	case bond.Number:
		return fmt.Sprintf("a number from %d to %d", o.Min, o.Max)
	case bond.Word:
		return "one of " + strings.Join(o.Words, ", ")
	case bond.IPv4s, bond.IPv6s:
		return "1 to 16 addresses separated by commas"
	case bond.MAC:
		return "an address such as 02:00:00:00:00:01"
	}
	return "one of the members"
}

func (b *bondCompiler) modeOption(t bondconf.Text, value string) bool {
	mode, err := bond.ParseMode(value)
	switch {
	case err != nil:
		b.fault(t, Finding{Rule: "bad-mode", What: fmt.Sprintf("%s: %v", t.Name, err), Do: suggestMode(b.in.Index, value)})
	case b.modeKnown && mode != b.out.Mode:
		b.fault(t, Finding{
			Rule: "mode-in-options", What: fmt.Sprintf("%s: mode %s, but %s is %s", t.Name, value, b.variable("BONDMODE"), b.out.Mode),
			Do: fmt.Sprintf("%s=%q, and no mode in IFOPTS", b.variable("BONDMODE"), mode),
		})
	default:
		return true
	}
	return false
}

// memberWord reads the name of a member as BONDNICS has it.
func (b *bondCompiler) memberWord(option, word string) (string, error) {
	m, err := parseMember(word)
	if err != nil {
		return "", fmt.Errorf("%s: %w", option, err)
	}
	if b.in.NICs.Known && !slices.Contains(b.out.Members, m) {
		return "", fmt.Errorf("%s: %s is not in %s", option, word, b.in.NICs.Name)
	}
	return m.String(), nil
}

// memberOption takes "eth0:2 eth1:3".
func (b *bondCompiler) memberOption(t bondconf.Text, o *bond.Option, text string) (ok bool) {
	ok = true
	fields := strings.FieldsFunc(text, isBlankOrComma)
	if len(fields) == 0 {
		fields = []string{""}
	}
	for _, field := range fields {
		bad := func(what, do string) {
			ok = false
			b.fault(t, Finding{Rule: "option-value", What: fmt.Sprintf("%s: %s", t.Name, what), Do: do})
		}
		colon := strings.LastIndexByte(field, ':') // mac= and pci= have others
		if colon < 0 {
			bad(fmt.Sprintf("%s %q is not NIC:NUMBER", o.Name, field), b.suggest(o.Name+" "+text, fmt.Sprintf("such as %q", o.Name+" eth0:2")))
			continue
		}
		word, err := b.memberWord(o.Name, field[:colon])
		if err != nil {
			bad(err.Error(), "one of "+strings.Join(b.in.NICs.Words(), ", "))
			continue
		}
		value, err := o.Canonical(field[colon+1:])
		if err != nil {
			bad(err.Error(), fmt.Sprintf("such as %q", o.Name+" "+word+":2"))
			continue
		}
		if o.Name == "queue_id" && !b.queue(t, word, value) {
			ok = false
			continue
		}
		b.set(t, Setting{Option: o.Name, Member: word, Value: value, Given: true})
	}
	return ok
}

// queue has the driver's rules about queue_id: at most as many as the bond has
// transmit queues, and each but 0 once.
func (b *bondCompiler) queue(t bondconf.Text, word, value string) bool {
	most := cmp.Or(b.conf.TxQueues, txQueues)
	if n, _ := strconv.Atoi(value); n > most {
		b.fault(t, Finding{
			Rule: "queue-id", What: fmt.Sprintf("%s: queue_id %s of %s, and a bond has %d transmit queues", t.Name, value, word, most),
			Do: fmt.Sprintf("a number from 0 to %d, or \"options bonding tx_queues=%d\" in /etc/modprobe.d/bonding.conf", most, n),
		})
		return false
	}
	for _, s := range b.out.Options {
		if s.Option == "queue_id" && s.Value == value && s.Member != word && value != "0" {
			b.fault(t, Finding{
				Rule: "queue-id", What: fmt.Sprintf("%s: queue_id %s of %s is also that of %s", t.Name, value, word, s.Member),
				Do: "a number of its own for each member; 0 is none",
			})
			return false
		}
	}
	return true
}

// set takes a setting; the last one counts.
func (b *bondCompiler) set(t bondconf.Text, s Setting) {
	i := slices.IndexFunc(b.out.Options, func(old Setting) bool { return old.Option == s.Option && old.Member == s.Member })
	if i < 0 {
		b.out.Options = append(b.out.Options, s)
		return
	}
	if old := b.out.Options[i]; old.Value != s.Value {
		of := ""
		if s.Member != "" {
			of = " of " + s.Member
		}
		b.warn(t, Finding{
			Rule: "option-twice", What: fmt.Sprintf("%s has %s%s twice: %s and %s", t.Name, s.Option, of, old.Value, s.Value),
			Why: "the last one counts", Do: "leave one out",
		})
	}
	b.out.Options[i] = s
}

// optionNumber is the value of an option that is a number; 0 where it is not set.
func (b *bondCompiler) optionNumber(name string) int {
	value, _ := b.out.Option(name)
	n, _ := strconv.Atoi(value)
	return n
}

// monitor has the rules about noticing a lost link. The kernel takes only one of
// miimon and arp_interval, rounds delays down to multiples of miimon, and has
// none without it.
func (b *bondCompiler) monitor(t bondconf.Text, badTargets bool) {
	at := t
	if !at.Set {
		at = b.in.NICs
	}
	_, miiGiven := b.out.Option("miimon")
	arp := b.optionNumber("arp_interval")
	if !miiGiven && arp == 0 {
		b.out.Options = append(b.out.Options, Setting{Option: "miimon", Value: defaultMIIMon})
	}
	mii := b.optionNumber("miimon")
	_, targets4 := b.out.Option("arp_ip_target")
	_, targets6 := b.out.Option("ns_ip6_target")
	switch {
	case mii > 0 && arp > 0:
		b.fault(at, Finding{Rule: "two-monitors", What: t.Name + " has miimon and arp_interval, which switch each other off", Do: "leave out one of them"})
	case mii == 0 && arp == 0:
		b.warn(at, Finding{
			Rule: "no-monitor", What: t.Name + ": miimon is 0, and there is no arp_interval",
			Why: "a lost link may never be noticed, and the bond not fail over", Do: "miimon 100",
		})
	case arp > 0 && !targets4 && !targets6 && !badTargets:
		b.fault(at, Finding{
			Rule: "no-arp-target", What: t.Name + ": arp_interval without arp_ip_target asks nobody",
			Do: "arp_ip_target ADDRESS, of a neighbour that always answers, such as the gateway",
		})
	}
	if arp > 0 {
		// Writing miimon 0 would do no harm but is one thing more that can fail.
		b.out.Options = slices.DeleteFunc(b.out.Options, func(s Setting) bool { return s.Option == "miimon" && s.Value == "0" })
	}
	for _, name := range []string{"updelay", "downdelay", "peer_notif_delay"} {
		switch delay := b.optionNumber(name); {
		case delay == 0:
		case mii == 0:
			b.fault(at, Finding{Rule: "delay-without-miimon", What: fmt.Sprintf("%s: %s needs miimon", t.Name, name), Do: "miimon 100, or no " + name})
		case delay%mii != 0:
			f := Finding{
				Rule: "delay-multiple",
				What: fmt.Sprintf("%s: %s %d is not a multiple of miimon %d: the kernel would make it %d", t.Name, name, delay, mii, delay/mii*mii),
				Do:   fmt.Sprintf("%s %d or %d", name, delay/mii*mii, (delay/mii+1)*mii),
			}
			b.fault(at, f)
		}
	}
	if v, ok := b.out.Option("arp_validate"); ok && v != "none" && arp == 0 {
		b.warn(at, Finding{
			Rule: "validate-without-arp", What: t.Name + ": arp_validate does nothing without arp_interval",
			Why: "the link is watched by miimon alone", Do: "leave it out",
		})
	}
}

// together has the rules about options that make no sense beside others.
func (b *bondCompiler) together(t bondconf.Text) {
	if v, ok := b.out.Option("lacp_strict"); ok && v == "on" && b.optionNumber("min_links") < 1 {
		b.warn(t, Finding{
			Rule: "lacp-strict", What: t.Name + ": lacp_strict does nothing without min_links",
			Why: "the bond keeps its carrier without an LACP partner", Do: "min_links 1",
		})
	}
	if v, ok := b.out.Option("fail_over_mac"); ok && v != "none" && b.modeKnown && b.out.Mode != bond.ActiveBackup {
		b.warn(t, Finding{
			Rule: "fail-over-mac-mode", What: t.Name + ": fail_over_mac acts in mode active-backup only",
			Why: "the kernel accepts it and does nothing", Do: "leave it out",
		})
	}
	if n := b.optionNumber("min_links"); n > len(b.out.Members) && len(b.out.Members) > 0 && b.modeKnown && b.out.Mode == bond.LACP && b.in.NICs.Known {
		b.warn(t, Finding{
			Rule: "min-links", What: fmt.Sprintf("%s: min_links %d, and there are %d members", t.Name, n, len(b.out.Members)),
			Why: "the bond never has carrier", Do: fmt.Sprintf("min_links %d or less", len(b.out.Members)),
		})
	}
}
