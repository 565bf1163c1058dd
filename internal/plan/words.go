// SPDX-License-Identifier: MIT

package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// People bring the words of other systems along. A foreign word is one that
// the rules of [squash] do not turn into the kernel's own.
type foreign struct {
	Words  []string // squashed
	Option string   // of the kernel; "" for one that has none
	Unit   unit     // of a number without one
	Put    string   // where it belongs instead of IFOPTS
}

// A unit is what a number counts that has no unit behind it.
type unit uint8

const (
	asKernel     unit = iota // what the kernel's option counts
	seconds                  // systemd's
	milliseconds             // netplan's
)

// From netplan's parse.c, systemd.netdev(5), Debian's ifenslave, ifupdown2,
// initscripts (RHEL), wicked (SUSE), netifd (OpenWrt) and iproute2.
var foreignWords = []foreign{
	{Words: []string{"miimonitorinterval", "monitorinterval"}, Option: "miimon", Unit: milliseconds},
	{Words: []string{"miimonitorsec"}, Option: "miimon", Unit: seconds},
	{Words: []string{"updelaysec"}, Option: "updelay", Unit: seconds},
	{Words: []string{"downdelaysec"}, Option: "downdelay", Unit: seconds},
	{Words: []string{"transmithashpolicy", "policy", "loadbalance", "hashpolicy"}, Option: "xmit_hash_policy"},
	{Words: []string{"lacptransmitrate", "lacptimer"}, Option: "lacp_rate"},
	{Words: []string{"arpiptargets", "arptarget", "arptargets"}, Option: "arp_ip_target"},
	{Words: []string{"arpintervalsec"}, Option: "arp_interval", Unit: seconds},
	{Words: []string{"arpalltarget"}, Option: "arp_all_targets"},
	{Words: []string{"nsip6targets"}, Option: "ns_ip6_target"},
	{Words: []string{"failovermacpolicy"}, Option: "fail_over_mac"},
	{Words: []string{"primaryreselectpolicy"}, Option: "primary_reselect"},
	{Words: []string{"gratuitousarp", "gratuitiousarp", "numpeernotif"}, Option: "num_grat_arp"},
	{Words: []string{"allmembersactive", "allportsactive"}, Option: "all_slaves_active"},
	{Words: []string{"packetspermember", "packetsperport"}, Option: "packets_per_slave"},
	{Words: []string{"learnpacketinterval", "learnpacketintervalsec"}, Option: "lp_interval", Unit: seconds},
	{Words: []string{"dynamictransmitloadbalancing", "dynamiclb"}, Option: "tlb_dynamic_lb"},
	{Words: []string{"adactorsystempriority", "adsyspriority", "lacpsystempriority", "systempriority"}, Option: "ad_actor_sys_prio"},
	{Words: []string{"adsysmacaddr", "adactorsystemmac"}, Option: "ad_actor_system"},
	{Words: []string{"adaggregatorselection"}, Option: "ad_select"},
	{Words: []string{"aduserport"}, Option: "ad_user_port_key"},
	{Words: []string{"missedmax"}, Option: "arp_missed_max"},
	{Words: []string{"adlacpactive"}, Option: "lacp_active"},
	{Words: []string{"peernotifydelaysec"}, Option: "peer_notif_delay", Unit: seconds},
	{Words: []string{"primaryslave", "primarymember"}, Option: "primary"},
	{Words: []string{"activemember", "activeport"}, Option: "active_slave"},
	{Words: []string{"lacpportpriority", "portpriority"}, Option: "actor_port_prio"},
	{Words: []string{"slaves", "members", "ports", "interfaces", "nics", "slave"}, Put: "BONDNICS"},
	{Words: []string{"macaddress", "hwaddress", "hwaddr"}, Put: "HWADDR"},
	{Words: []string{"mtu"}, Put: "MTU"},
	{Words: []string{"address", "ipaddr"}, Put: "IPADDRS"},
	{Words: []string{"master", "controller"}, Put: "IFNAME"},
}

// squash takes from a word what is written differently everywhere: case,
// dashes, underscores, dots and the word bond before it.
func squash(word string) string {
	word = strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_.", r) {
			return -1
		}
		return r
	}, strings.ToLower(word))
	for _, before := range []string{"bonding", "bond"} {
		if rest, ok := strings.CutPrefix(word, before); ok && rest != "" {
			return rest
		}
	}
	return word
}

// lookupExact finds the option that a word of this or another system means.
func lookupExact(word string) (foreign, bool) {
	squashed := squash(word)
	for i := range bond.Options {
		o := &bond.Options[i]
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if squash(name) == squashed {
				return foreign{Option: o.Name}, true
			}
		}
	}
	for _, f := range foreignWords {
		if slices.Contains(f.Words, squashed) {
			return f, true
		}
	}
	return foreign{}, false
}

// lookupForeign is lookupExact, and takes slips too.
func lookupForeign(word string) (foreign, bool) {
	if f, ok := lookupExact(word); ok {
		return f, true
	}
	var names []string
	for i := range bond.Options {
		names = append(append(names, bond.Options[i].Name), bond.Options[i].Aliases...)
	}
	if near := nearest(strings.ToLower(word), names); near != "" {
		return foreign{Option: bond.Lookup(near).Name}, true
	}
	return foreign{}, false
}

// suggest gives the text that a piece of IFOPTS was meant to be, as "did you
// mean ...?"; otherwise where there is none that the rules would take.
func (b *bondCompiler) suggest(piece, otherwise string) string {
	if len(piece) > longest {
		return otherwise
	}
	var options, elsewhere []string
	mode, modeKnown := b.out.Mode, b.modeKnown
	tokens := strings.FieldsFunc(piece, func(r rune) bool { return strings.ContainsRune(" \t\n,;=|\"'", r) })
	for len(tokens) > 0 {
		word, n := lookupTokens(tokens)
		if n == 0 {
			return otherwise
		}
		var values []string
		tokens = tokens[n:]
		for len(tokens) > 0 && (len(values) == 0 || !isOption(tokens[0])) {
			values, tokens = append(values, tokens[0]), tokens[1:]
		}
		o := bond.Lookup(word.Option)
		if o != nil && modeKnown && !o.Modes.Has(mode) {
			return otherwise
		}
		text, ok := b.suggestOption(word, values)
		switch {
		case !ok:
			return otherwise
		case word.Option == "mode":
			mode, _, modeKnown = lookupMode(strings.Join(values, " ")) // the rest is meant for it
			elsewhere = append(elsewhere, text)
		case word.Put != "":
			elsewhere = append(elsewhere, text)
		default:
			options = append(options, text)
		}
	}
	if len(options) > 0 {
		elsewhere = append(elsewhere, strconv.Quote(strings.Join(options, " | ")))
	}
	return "did you mean " + strings.Join(elsewhere, ", and ") + "?"
}

// lookupTokens reads an option of one word, or of two ("lacp rate"); n is 0
// where there is none.
func lookupTokens(tokens []string) (word foreign, n int) {
	if len(tokens) > 2 {
		if f, ok := lookupForeign(tokens[0] + "_" + tokens[1]); ok && bond.Lookup(strings.ToLower(tokens[0])) == nil {
			return f, 2
		}
	}
	if f, ok := lookupForeign(tokens[0]); ok {
		return f, 1
	}
	return foreign{}, 0
}

// isOption reports whether a new option begins with a word: a slip is not enough,
// since values are words too.
func isOption(word string) bool {
	_, ok := lookupExact(word)
	return ok
}

// suggestOption gives one option with its values as it belongs into the file.
func (b *bondCompiler) suggestOption(word foreign, values []string) (text string, ok bool) {
	if word.Put != "" {
		return fmt.Sprintf("%s=%q", b.variable(word.Put), strings.Join(values, " ")), len(values) > 0
	}
	o := bond.Lookup(word.Option)
	switch {
	case o.Name == "mode":
		mode, _, ok := lookupMode(strings.Join(values, " "))
		return fmt.Sprintf("%s=%q", b.variable("BONDMODE"), mode), ok
	case len(values) == 0:
		return "", false
	case o.PerMember:
		if len(values) == 2 && !strings.Contains(values[0], ":") { // NIC NUMBER
			values = []string{values[0] + ":" + values[1]}
		}
		for _, v := range values {
			nic, n, ok := strings.Cut(v, ":")
			if _, err := b.memberWord(o.Name, nic); !ok || err != nil || o.Check(n) != nil {
				return "", false
			}
		}
		return o.Name + " " + strings.Join(values, " "), true
	case o.Kind == bond.IPv4s, o.Kind == bond.IPv6s:
		list := strings.Join(values, ",")
		return o.Name + " " + list, o.Check(list) == nil
	case o.Kind == bond.NIC:
		// Debian's primary is a list, of which the first that is there is taken.
		_, err := b.memberWord(o.Name, values[0])
		return o.Name + " " + values[0], err == nil
	}
	value, ok := suggestValue(o, values[0], word.Unit)
	return o.Name + " " + value, ok && len(values) == 1
}

// suggestValue gives what a number or a word was meant to be.
func suggestValue(o *bond.Option, value string, u unit) (string, bool) {
	if o.Kind == bond.Number {
		return suggestNumber(o, value, u)
	}
	if o.Check(value) == nil {
		return value, true
	}
	lower := strings.ToLower(value)
	switch lower {
	case "yes", "true", "enable", "enabled":
		lower = "on"
	case "no", "false", "disable", "disabled":
		lower = "off"
	}
	squashValue := func(s string) string {
		return strings.NewReplacer("-", "", "_", "", "+", "", "layer", "", " ", "").Replace(s)
	}
	for _, w := range o.Words {
		if squashValue(w) == squashValue(lower) {
			return w, true
		}
	}
	// Cisco's names of what the hash is made of.
	if o.Name == "xmit_hash_policy" {
		switch lower {
		case "src-dst-mac", "src-mac", "dst-mac":
			return "layer2", true
		case "src-dst-ip", "src-ip", "dst-ip":
			return "layer2+3", true
		case "src-dst-port", "src-dst-ip-port", "src-dst-mixed-ip-port":
			return "layer3+4", true
		}
	}
	near := nearest(lower, o.Words)
	return near, near != ""
}

// suggestNumber takes a number with its unit, or in the unit of its system.
func suggestNumber(o *bond.Option, text string, u unit) (string, bool) {
	number, scale := strings.ToLower(text), 1.0
	kernelSeconds := o.Name == "lp_interval"
	switch {
	case strings.HasSuffix(number, "ms"):
		number, u = strings.TrimSuffix(number, "ms"), milliseconds
	case strings.HasSuffix(number, "s"):
		number, u = strings.TrimRight(number, "sec"), seconds
	}
	switch {
	case u == seconds && !kernelSeconds:
		scale = 1000
	case u == milliseconds && kernelSeconds:
		scale = 0.001
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) || math.Abs(f*scale) > math.MaxInt32 {
		return "", false
	}
	value := strconv.Itoa(int(math.Round(f * scale)))
	return value, o.Check(value) == nil
}

// What modes are called elsewhere, squashed, and what more it takes.
var modeWords = []struct {
	Words []string
	Mode  bond.Mode
	And   string
}{
	{Words: []string{"rr", "roundrobin", "balanceroundrobin", "loadbalance", "loadbalancing"}, Mode: bond.BalanceRR},
	{Words: []string{"ab", "backup", "failover", "activestandby", "activepassive", "faulttolerance", "standby"}, Mode: bond.ActiveBackup},
	{Words: []string{"xor", "static", "on", "etherchannel", "portchannel", "trunk", "hash", "teamed"}, Mode: bond.BalanceXOR},
	{Words: []string{"bcast"}, Mode: bond.Broadcast},
	{Words: []string{"lacp", "8023ad", "8021ax", "ad", "lag", "dynamic", "linkaggregation", "aggregation", "active", "dynamiclinkaggregation"}, Mode: bond.LACP},
	{Words: []string{"passive"}, Mode: bond.LACP, And: "lacp_active off"},
	{Words: []string{"tlb", "transmitloadbalancing", "adaptivetransmitloadbalancing"}, Mode: bond.BalanceTLB},
	{Words: []string{"alb", "adaptiveloadbalancing"}, Mode: bond.BalanceALB},
}

// lookupMode finds the mode that a text means.
func lookupMode(text string) (mode bond.Mode, and string, ok bool) {
	text = strings.Trim(text, " \t,;|\"'")
	if mode, err := bond.ParseMode(text); err == nil {
		return mode, "", true
	}
	word := squash(text)
	word = strings.TrimLeft(strings.TrimPrefix(word, "mode"), " =")
	if mode, err := bond.ParseMode(word); err == nil {
		return mode, "", true
	}
	var names []string
	for _, m := range bond.Modes() {
		if squash(m.String()) == word {
			return m, "", true
		}
		names = append(names, m.String())
	}
	for _, row := range modeWords {
		if slices.Contains(row.Words, word) {
			return row.Mode, row.And, true
		}
	}
	for _, near := range []string{nearest(strings.ToLower(text), names), nearest(strings.ReplaceAll(strings.ToLower(text), "_", "-"), names)} {
		if mode, err := bond.ParseMode(near); err == nil {
			return mode, "", true
		}
	}
	return 0, "", false
}

// suggestMode is the cure for a mode that there is not.
func suggestMode(index int, text string) string {
	mode, and, ok := lookupMode(text)
	if !ok {
		first, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		if m, err := bond.ParseMode(first); err == nil && rest != "" {
			return fmt.Sprintf("did you mean BONDMODE[%d]=%q? Options go into IFOPTS[%d]", index, m, index)
		}
		return "one of these names"
	}
	do := fmt.Sprintf("did you mean BONDMODE[%d]=%q", index, mode)
	if and != "" {
		do += fmt.Sprintf(" and %q in IFOPTS[%d]", and, index)
	}
	return do + "?"
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
