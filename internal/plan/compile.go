// SPDX-License-Identifier: MIT

package plan

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
)

// Compile turns the values of rc.bond.conf into bonds. Every fault is told, of
// every bond. A bond with a finding that is an Error, or with a value that
// cannot be read, is not in [Plan.Bonds] but in [Plan.Refused]; so are all
// bonds where bash complains about the file. A bad gateway, or whatever else
// belongs to no bond, is left out by itself.
func Compile(conf *bondconf.Config) (*Plan, []Finding) {
	c := &compiler{
		conf: conf, plan: &Plan{},
		names: map[string]*bondCompiler{}, members: map[string]*bondCompiler{},
		macs: map[string]*bondCompiler{}, addrs: map[netip.Addr]*bondCompiler{}, bonded: map[string]bool{},
	}
	whole := c.file()
	c.globals()
	for i := range conf.Interfaces {
		if it := &conf.Interfaces[i]; asksForBond(it) {
			if len(c.bonds) == most {
				c.fault(cmp.Or(it.Name, it.NICs), Finding{
					Rule: "too-many", What: fmt.Sprintf("there are more than %d bonds", most), Why: "no more are read", Do: "fewer bonds",
				})
				break
			}
			c.bonded[it.Name.Value] = true
			c.bonds = append(c.bonds, &bondCompiler{compiler: c, in: it, out: Bond{Index: it.Index, Name: it.Name.Value}})
		} else {
			c.stray(it)
		}
	}
	for _, b := range c.bonds {
		b.compile()
	}
	c.gateways()
	for _, b := range c.bonds {
		if whole && !b.bad && !b.in.Unread() {
			c.plan.Bonds = append(c.plan.Bonds, b.out)
		} else {
			c.plan.Refused = append(c.plan.Refused, cmp.Or(b.out.Name, b.variable("BONDNICS")))
		}
	}
	Sort(c.findings)
	return c.plan, c.findings
}

// asksForBond reports whether an index has a name or members: IFNAME[1]="" and
// nothing else is an entry that was emptied.
func asksForBond(it *bondconf.Interface) bool {
	for _, t := range []bondconf.Text{it.Name, it.NICs} {
		if t.Value != "" || t.Set && !t.Known {
			return true
		}
	}
	return false
}

type compiler struct {
	conf     *bondconf.Config
	plan     *Plan
	findings []Finding
	bonds    []*bondCompiler
	// Who has what, for what two bonds must not share.
	names   map[string]*bondCompiler
	members map[string]*bondCompiler
	macs    map[string]*bondCompiler
	addrs   map[netip.Addr]*bondCompiler
	bonded  map[string]bool // the names of all bonds
}

// most is how many bonds there may be, and members, options or addresses of one:
// far above what anybody has, and few enough for rules that compare them in pairs.
const most = 1024

func (c *compiler) fault(at bondconf.Text, f Finding) {
	f.Severity = Error
	c.add(at.Pos, f)
}

func (c *compiler) warn(at bondconf.Text, f Finding) {
	f.Severity = Warning
	c.add(at.Pos, f)
}

func (c *compiler) add(at shconf.Pos, f Finding) {
	f.Pos, f.What, f.Do = at, cut(f.What), cut(f.Do)
	if f.File == "" {
		f.File = c.conf.File.Name
	}
	c.findings = append(c.findings, f)
}

// longest is how many bytes a finding shows, most of them of a value.
const longest = 500

func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "..."
}

// file has the rules about the file as such; false where none of its values
// can be relied on.
func (c *compiler) file() (whole bool) {
	c.findings = append(c.findings, FileFindings(c.conf, 0, 0)...)
	c.twice()
	for _, name := range bondconf.Inet1Only {
		c.notOurs(name)
	}
	c.slips()
	return len(c.conf.Faults) == 0 && !c.conf.DOS
}

// FileFindings has the rules that hold for rc.inet1.conf as well: line ends,
// what cannot be read without running the file, commands in it. Lines from
// first to last are left out: there stands the guard.
func FileFindings(conf *bondconf.Config, first, last int) []Finding {
	c := &compiler{conf: conf}
	f := conf.File
	faulty := map[int]bool{} // lines of which bash complains
	for _, fault := range conf.Faults {
		faulty[fault.Line] = true
	}
	unread := map[int]bool{} // lines with an assignment that is named already
	for _, a := range conf.Unread {
		unread[a.Line] = true
	}
	inside := func(line int) bool { return line >= first && line <= last && line > 0 }
	for _, fault := range conf.Faults {
		if !inside(fault.Line) {
			c.add(fault.Pos, Finding{
				Severity: Error, Rule: "bash", What: fault.Text,
				Why: "nothing is started while bash complains about the file", Do: cmp.Or(fault.Do, "correct it"),
			})
		}
	}
	if conf.DOS {
		c.add(shconf.Pos{File: f.Name, Line: conf.CRLine}, Finding{
			Severity: Error, Rule: "dos-line-ends", What: "the file has lines that end with a carriage return (DOS line ends)",
			Why: "bash takes it into the value: no interface has such a name",
			Do:  `sed -i 's/\r$//' ` + f.Name,
		})
	}
	for _, a := range conf.Unread {
		if inside(a.Line) || faulty[a.Line] {
			continue
		}
		c.add(a.Pos, Finding{
			Severity: Warning, Rule: "not-static",
			What: fmt.Sprintf("%s cannot be read without running the file: %s", assigned(a), a.Why),
			Why:  "what depends on it is not checked, and bondctl run by hand does not start such a bond; rc.bond does",
			Do:   "write the value itself, where that is possible",
		})
	}
	for _, cmd := range f.Commands {
		if inside(cmd.Line) || faulty[cmd.Line] || spokenOf(unread, cmd) {
			continue
		}
		finding := Finding{
			Severity: Warning, Rule: "command", What: fmt.Sprintf("this runs a command: %.60s", cmd.Text),
			Why: "root runs it each time the file is read; what it changes is not checked", Do: "keep to assignments, and put commands into the functions bond_up and bond_down",
		}
		if cmd.Ends {
			finding.Why = "bash may end here: what follows is then not set"
		}
		c.add(cmd.Pos, finding)
	}
	return c.findings
}

func assigned(a shconf.Assignment) string {
	switch {
	case a.AnyIndex:
		return a.Name + "[...]"
	case a.Indexed:
		return fmt.Sprintf("%s[%d]", a.Name, a.Index)
	}
	return a.Name
}

// spokenOf reports whether a command was named already, for an assignment in it.
func spokenOf(lines map[int]bool, cmd shconf.Command) bool {
	for line := cmd.Line; line <= cmd.EndLine; line++ {
		if lines[line] {
			return true
		}
	}
	return false
}

// twice finds an index that was used for two bonds: the second block replaces
// the first. Only the file itself shows it.
func (c *compiler) twice() {
	if !c.conf.Static {
		return
	}
	first := map[string]shconf.Assignment{}
	told := map[int]bool{}
	for _, a := range c.conf.File.Assignments {
		key := assigned(a)
		switch {
		case a.Name != "IFNAME" && a.Name != "BONDNICS":
		case a.Unset, !a.Static, a.Append:
			delete(first, key)
		default:
			old, again := first[key]
			if again && old.Value != a.Value && !told[a.Index] {
				told[a.Index] = true
				c.add(a.Pos, Finding{
					Severity: Warning, Rule: "index-twice",
					What: fmt.Sprintf("%s was %q in line %d already", key, old.Value, old.Line),
					Why:  "the second replaces the first, and one bond is lost",
					Do:   fmt.Sprintf("another index for one of the two, such as %d", c.freeIndex()),
				})
			}
			first[key] = a
		}
	}
}

func (c *compiler) freeIndex() int {
	free := 0
	for _, it := range c.conf.Interfaces {
		if it.Index == free {
			free++
		}
	}
	return free
}

// What to do instead of a variable that rc.bond does not have; %s is the index.
var instead = map[string]string{
	"IPADDR":         `IPADDRS%s="ADDRESS/PREFIX"`,
	"NETMASK":        `IPADDRS%s="ADDRESS/PREFIX"`,
	"IPALIASES":      `further addresses in IPADDRS%s`,
	"IPADDR6":        `IP6ADDRS%s="ADDRESS/PREFIX"`,
	"NETMASK6":       `IP6ADDRS%s="ADDRESS/PREFIX"`,
	"BONDNAME":       `the name of the bond in IFNAME%s`,
	"BONDING_MODE":   `BONDMODE%s`,
	"BONDING_MIIMON": `IFOPTS%s="miimon 100"`,
	"METRIC":         `the route in a function bond_up`,
	"GATEWAY_METRIC": `the route in a function bond_up`,
	"VLANS":          `the VLANs in rc.inet1.conf, or in a function bond_up`,
}

// notOurs names a variable of rc.inet1.conf that is set and does nothing here.
func (c *compiler) notOurs(name string) {
	for _, index := range c.conf.File.Indexes(name) {
		t := bondconf.Get(c.conf.File, name, index)
		if t.Known && (t.Value == "" || t.Value == "no") {
			continue
		}
		do := fmt.Sprintf("the bond in rc.inet1.conf, by IFNAME and without BONDNICS, with %s there", name)
		if text := instead[name]; text != "" {
			do = strings.ReplaceAll(text, "%s", fmt.Sprintf("[%d]", index))
		}
		c.warn(t, Finding{Rule: "not-used", What: t.Name + " is not used by rc.bond", Why: "it has no effect", Do: do})
	}
}

// slips are names close to one of ours.
func (c *compiler) slips() {
	known := slices.Concat(bondconf.Indexed, bondconf.Global, bondconf.Inet1Only)
	told := map[string]bool{}
	for _, a := range c.conf.File.Assignments {
		if told[a.Name] || slices.Contains(known, a.Name) {
			continue
		}
		told[a.Name] = true
		if near := nearest(a.Name, known); near != "" {
			c.add(a.Pos, Finding{
				Severity: Warning, Rule: "unknown-variable", What: "rc.bond does not know " + a.Name,
				Why: "it is ignored", Do: "did you mean " + near + "?",
			})
		}
	}
}

// stray names settings of an index that has neither a name nor members.
func (c *compiler) stray(it *bondconf.Interface) {
	for _, name := range bondconf.Indexed {
		if t := it.Get(name); t.Value != "" {
			c.warn(t, Finding{
				Rule: "no-bond", What: fmt.Sprintf("%s is set, but neither IFNAME[%d] nor BONDNICS[%d]", t.Name, it.Index, it.Index),
				Why: "it belongs to no bond and has no effect", Do: "the index of the bond that it is for",
			})
			return
		}
	}
}

var moduleName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// globals has the rules about what the file has once, but for the gateways,
// which are judged beside the bonds.
func (c *compiler) globals() {
	p := c.plan
	p.Modules = c.words(c.conf.Modules, func(module string) *Finding {
		if moduleName.MatchString(module) {
			return nil
		}
		return &Finding{
			Rule: "bad-module", What: fmt.Sprintf("MODULES: %q is not the name of a module", module),
			Why: "it is not loaded", Do: "names with blanks between them, as lsmod shows them",
		}
	})
	p.RootNICs = c.words(c.conf.AllowRootNIC, func(nic string) *Finding {
		if _, err := parseMember(nic); err == nil {
			return nil
		}
		return &Finding{
			Rule: "bad-nic", What: fmt.Sprintf("ALLOW_ROOT_NIC: %q does not name a NIC", nic),
			Why: "it allows nothing", Do: "names with blanks between them, as in BONDNICS",
		}
	})
	switch c.choice(c.conf.MACCheck, "it is taken for refuse", "refuse", "warn", "off") {
	case "warn":
		p.MACCheck = MACWarn
	case "off":
		p.MACCheck = MACOff
	}
	p.MACCheckLive = c.choice(c.conf.MACCheckLive, "it is taken for no", "yes", "no") == "yes"
	p.Debug = c.conf.Debug.Yes()
	p.HookUp = slices.Contains(c.conf.File.Functions, "bond_up")
	p.HookDown = slices.Contains(c.conf.File.Functions, "bond_down")
}

// words gives the words of a list that the rule has nothing against, each once.
func (c *compiler) words(t bondconf.Text, rule func(string) *Finding) []string {
	var list []string
	for _, word := range t.Words() {
		if f := rule(word); f != nil {
			c.fault(t, *f)
		} else if !slices.Contains(list, word) {
			list = append(list, word)
		}
	}
	return list
}

// choice gives a value that must be one of the words; "" where it is not.
func (c *compiler) choice(t bondconf.Text, why string, words ...string) string {
	if t.Value == "" || slices.Contains(words, t.Value) {
		return t.Value
	}
	c.fault(t, badChoice(t, why, words))
	return ""
}

func badChoice(t bondconf.Text, why string, words []string) Finding {
	do := "one of these words"
	if near := nearestWord(t.Value, words); near != "" {
		do = fmt.Sprintf("did you mean %s=%q?", t.Name, near)
	}
	what := "is neither " + words[0] + " nor " + words[len(words)-1]
	if len(words) > 2 {
		what = "is not one of " + strings.Join(words, ", ")
	}
	return Finding{Rule: "bad-value", What: fmt.Sprintf("%s=%q %s", t.Name, t.Value, what), Why: why, Do: do}
}

// gateways has the rules about GATEWAY and GATEWAY6.
func (c *compiler) gateways() {
	c.plan.Gateway = c.gateway(c.conf.Gateway, true)
	c.plan.Gateway6 = c.gateway(c.conf.Gateway6, false)
}

func (c *compiler) gateway(t bondconf.Text, is4 bool) netip.Addr {
	if t.Value == "" {
		return netip.Addr{}
	}
	bad := func(rule, what, do string) netip.Addr {
		c.fault(t, Finding{Rule: rule, What: fmt.Sprintf("%s=%q: %s", t.Name, t.Value, what), Why: "no default route is set; the bonds are started", Do: do})
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(t.Value)
	like := "one address without a prefix length, such as 192.0.2.1"
	if !is4 {
		like = "one address without a prefix length, such as 2001:db8::1, or fe80::1%bond0"
	}
	switch {
	case err != nil && strings.Contains(t.Value, "/"):
		return bad("bad-gateway", "a gateway has no prefix length", like)
	case err != nil:
		return bad("bad-gateway", "it is not an IP address", like)
	case addr.Is4() != is4 && is4:
		return bad("bad-gateway", "it is not an IPv4 address", "GATEWAY6 for IPv6")
	case addr.Is4() != is4, addr.Is4In6():
		return bad("bad-gateway", "it is not an IPv6 address", "GATEWAY for IPv4")
	case addr.IsUnspecified() || addr.IsMulticast() || addr.IsLoopback() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return bad("bad-gateway", "no router has this address", like)
	case addr.Zone() != "" && checkName(addr.Zone()) != nil:
		return bad("bad-gateway", fmt.Sprintf("%q is not the name of a network interface", addr.Zone()), like)
	case addr.Zone() != "" && !addr.IsLinkLocalUnicast():
		return bad("bad-gateway", "only a link-local address is followed by a device", like)
	case !is4 && addr.IsLinkLocalUnicast() && addr.Zone() == "":
		if dev := c.onlyBond(); dev != "" {
			return bad("bad-gateway", "a link-local address does not tell on which device it is", fmt.Sprintf("%s=\"%s%%%s\"", t.Name, addr, dev))
		}
		return bad("bad-gateway", "a link-local address does not tell on which device it is", fmt.Sprintf("%s=\"%s%%BOND\", with the bond's name", t.Name, addr))
	}
	if variable, reached := c.reaches(addr); !reached {
		c.warn(t, Finding{
			Rule: "gateway-unreachable", What: fmt.Sprintf("%s=%s is in no network of the bonds' %s", t.Name, addr, variable),
			Why: "rc.bond cannot set a default route through it",
			Do:  fmt.Sprintf("an address of that network in %s, or the gateway in rc.inet1.conf", variable),
		})
	}
	return addr
}

func (c *compiler) onlyBond() string {
	if len(c.bonds) == 1 {
		return c.bonds[0].out.Name
	}
	return ""
}

// reaches says whether a gateway is in a network that a bond gets an address of
// here, or may be; and by which variable.
func (c *compiler) reaches(gateway netip.Addr) (variable string, reached bool) {
	variable = "IP6ADDRS"
	if gateway.Is4() {
		variable = "IPADDRS"
	}
	given, dhcp := false, false
	for _, b := range c.bonds {
		list := b.in.Get(variable)
		if list.Set && (!list.Known || list.Value != "" && gateway.IsLinkLocalUnicast()) {
			return variable, true
		}
		given, dhcp = given || list.Value != "", dhcp || b.in.DHCP.Yes()
		if b.badAddrs {
			return variable, true
		}
		for _, p := range b.out.Addrs {
			if p.Contains(gateway.WithZone("")) {
				return variable, true
			}
		}
	}
	return variable, !given && dhcp // which brings a gateway of its own
}
