// SPDX-License-Identifier: MIT

package vet

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// Finding is one address that two have, and what to do about it.
type Finding struct {
	Kind   string         `json:"kind"`
	Addr   hwaddr.Addr    `json:"address"`
	Text   string         `json:"text"`
	Cure   string         `json:"cure"`
	Claims []source.Claim `json:"claims"`
}

// The kinds of findings.
const (
	Released   = "released NIC"
	Interfaces = "interfaces"
	Elsewhere  = "on another host"
	Config     = "configuration"
	Copied     = "copied configuration"
	Ports      = "switch ports"
	Addresses  = "IP addresses"
	Owners     = "owners"
	Listed     = "listed twice"
)

// AuditReport is what Audit found.
type AuditReport struct {
	Findings []Finding        `json:"findings"`
	Problems []source.Problem `json:"problems"`
	// MoreProblems is the number of those that are not listed.
	MoreProblems int             `json:"more_problems,omitempty"`
	Sources      []source.Result `json:"-"`
	// MoreAddresses is the number of addresses that were read twice or more and
	// not looked at, as they are too many.
	MoreAddresses int `json:"more_addresses,omitempty"`
	// Ignored is the number of findings about addresses that were to be ignored.
	Ignored int `json:"ignored,omitempty"`
}

// Failures says what could not be read, one line each.
func (r *AuditReport) Failures() []string { return failures(r.Sources) }

const (
	// maxRepeated bounds the addresses whose claims are looked at, maxEach the
	// claims of one.
	maxRepeated = 20_000
	maxEach     = 32
	maxProblems = 10_000
)

// Audit looks for addresses that two have, but for those to ignore. Sources are
// read once to find the addresses that come twice, and again for those.
func Audit(sources []source.Source, links []source.Link, ignore Ignore) *AuditReport {
	r := &AuditReport{Findings: []Finding{}, Problems: []source.Problem{}}
	first := counter{report: r, repeated: map[hwaddr.Addr]bool{}}
	for _, s := range sources {
		r.Sources = append(r.Sources, s.Read(&first))
	}
	if len(first.repeated) == 0 {
		return r
	}
	second := gatherer{wanted: first.repeated, claims: map[hwaddr.Addr][]source.Claim{}}
	first.seen = set{} // up to 24 bytes for each address
	for _, s := range sources {
		s.Read(&second)
	}
	t := newTopology(links)
	for _, a := range slices.SortedFunc(keys(second.claims), hwaddr.Addr.Compare) {
		found := t.judge(a, second.claims[a])
		if ignore.has(a) {
			r.Ignored += len(found)
			continue
		}
		r.Findings = append(r.Findings, found...)
	}
	return r
}

func keys[K comparable, V any](m map[K]V) func(func(K) bool) {
	return func(yield func(K) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// counter is the Sink of the first reading: it notes what comes again.
type counter struct {
	report   *AuditReport
	seen     set
	repeated map[hwaddr.Addr]bool
}

func (c *counter) Want(a hwaddr.Addr, sure bool) bool {
	if !sure || a.Unusable() != "" {
		return false // perhaps a number; a problem already
	}
	if !c.seen.add(a) && !c.repeated[a] {
		if len(c.repeated) == maxRepeated {
			c.report.MoreAddresses++
		} else {
			c.repeated[a] = true
		}
	}
	return false
}

func (c *counter) Claim(source.Claim) {}

func (c *counter) WantProblem() bool {
	if len(c.report.Problems) < maxProblems {
		return true
	}
	c.report.MoreProblems++
	return false
}

func (c *counter) Problem(p source.Problem) { c.report.Problems = append(c.report.Problems, p) }

// gatherer is the Sink of the second reading.
type gatherer struct {
	wanted map[hwaddr.Addr]bool
	claims map[hwaddr.Addr][]source.Claim
}

func (g *gatherer) Want(a hwaddr.Addr, sure bool) bool {
	return sure && g.wanted[a] && len(g.claims[a]) < maxEach
}
func (g *gatherer) Claim(c source.Claim)   { g.claims[c.Addr] = append(g.claims[c.Addr], c) }
func (g *gatherer) WantProblem() bool      { return false }
func (g *gatherer) Problem(source.Problem) {}

// topology knows which interfaces of this host share an address rightly.
type topology struct {
	group map[string]int // name: number of the stack it is in
	links map[string]source.Link
	bonds map[int]string // stack: the bond in it
}

// newTopology puts a bond and its members, a VLAN and what it is on, and a
// bridge and its ports in one stack each.
func newTopology(links []source.Link) *topology {
	t := &topology{group: map[string]int{}, links: map[string]source.Link{}, bonds: map[int]string{}}
	group := map[int]int{}
	for _, l := range links {
		group[l.Index] = l.Index
	}
	join := func(a, b int) {
		from, to := group[a], group[b]
		for i, g := range group {
			if g == from {
				group[i] = to
			}
		}
	}
	for _, l := range links {
		if _, ok := group[l.Master]; ok {
			join(l.Index, l.Master)
		}
		// The other end of a veth is its parent too, and shares nothing.
		if _, ok := group[l.Parent]; ok && l.Kind != "veth" {
			join(l.Index, l.Parent)
		}
	}
	for _, l := range links {
		t.group[l.Name], t.links[l.Name] = group[l.Index], l
		if l.Kind == "bond" {
			t.bonds[group[l.Index]] = l.Name
		}
	}
	return t
}

// judge says what is wrong about the claims of one address. Most addresses come
// several times and are right: an interface and its lease, a port in two
// VLANs, an inventory and the table that confirms it. An address that hosts share
// by design is wrong only where it is configured as a host's own.
func (t *topology) judge(a hwaddr.Addr, claims []source.Claim) []Finding {
	var out []Finding
	owner, _ := a.Owner()
	for _, r := range rules {
		if owner.Shared && !r.configured {
			continue
		}
		for _, f := range r.judge(t, claims) {
			f.Addr = a
			out = append(out, f)
		}
	}
	return out
}

// rules are what makes two claims of one address a finding.
var rules = []struct {
	// configured is set where somebody chose the address for a host.
	configured bool
	judge      func(t *topology, claims []source.Claim) []Finding
}{
	{judge: (*topology).local},
	{judge: (*topology).elsewhere},
	{configured: true, judge: (*topology).configured},
	{judge: (*topology).ports},
	{judge: (*topology).addresses},
	{judge: (*topology).owners},
	{judge: (*topology).listed},
}

// those gives the claims that match.
func those(claims []source.Claim, match func(source.Claim) bool) (list []source.Claim) {
	for _, c := range claims {
		if match(c) {
			list = append(list, c)
		}
	}
	return list
}

func isLocal(c source.Claim) bool { return c.Source == "interfaces" }

// elsewhere finds an address of this host that another host answers with.
func (t *topology) elsewhere(claims []source.Claim) []Finding {
	local := those(claims, isLocal)
	if len(local) == 0 {
		return nil
	}
	far := those(claims, func(c source.Claim) bool {
		return c.Source == "neighbours" && c.Past == "" || t.learned(c, local)
	})
	if len(far) == 0 {
		return nil
	}
	return []Finding{{
		Kind: Elsewhere, Text: fmt.Sprintf("this host's %s and %s have it", local[0].Name, far[0].Who()),
		Cure: "give one of them another address: 'bondctl mac new' makes one", Claims: append(local, far...),
	}}
}

// configured finds configurations of two hosts, or of two interfaces, that set one
// address.
func (t *topology) configured(claims []source.Claim) []Finding {
	config := those(claims, func(c source.Claim) bool {
		return c.Class == source.Reserved && c.Name != "" && slices.Contains([]string{"rc.conf", "rc-script", "networkmanager", "netplan"}, c.Format)
	})
	if hosts := distinct(config, func(c source.Claim) string { return cmp.Or(c.Host, "this host") }); len(hosts) > 1 {
		return []Finding{{
			Kind: Copied, Text: "the configuration of " + and(hosts) + " sets it",
			Cure: "give all but one an address of their own: HWADDR[i]=\"auto\", or 'bondctl mac new' on each", Claims: config,
		}}
	}
	if names := distinct(config, func(c source.Claim) string { return c.Name }); len(names) > 1 {
		return []Finding{{
			Kind: Config, Text: "it is configured for " + and(names),
			Cure: "give each its own HWADDR: 'bondctl mac new --for BOND' makes one", Claims: config,
		}}
	}
	return nil
}

// inside are what switches call the port of their own addresses: no cable is there.
var inside = regexp.MustCompile(`(?i)^(?:cpu|router|switch|self|system|drop|internal|management|(?:vl|vlan|vlanif|ve|bvi|irb|loopback|lo)[ .]?\d+)$`)

// ports finds an address that one switch learned behind two ports of one VLAN. What
// names a device, as LLDP does, is on as many ports as the device has cables.
func (t *topology) ports(claims []source.Claim) (out []Finding) {
	learned := those(claims, func(c source.Claim) bool {
		return c.Port != "" && c.IP == "" && c.Class == source.Used && !c.Device && !inside.MatchString(c.Port)
	})
	for _, table := range tables(learned) {
		if ports := distinct(table, func(c source.Claim) string { return c.Port }); len(ports) > 1 {
			out = append(out, Finding{
				Kind: Ports, Text: "one switch sees it behind ports " + and(ports),
				Cure: "find the two hosts behind these ports and change one address; two ports of one host want a bond, " +
					"or link aggregation on the switch", Claims: table,
			})
		}
	}
	return out
}

// neighbourTables are the tables of a host on the LAN in which an address with two IP
// addresses is worth a look. In those of routers most have several: routers, hosts
// with addresses in several networks, guests.
var neighbourTables = []string{"", "ip-neigh", "arp", "arp-scan", "json"}

// addresses finds an address that answers for several IPv4 addresses.
func (t *topology) addresses(claims []source.Claim) (out []Finding) {
	answering := those(claims, func(c source.Claim) bool {
		return c.Class == source.Used && strings.Contains(c.IP, ".") && !c.Device && slices.Contains(neighbourTables, c.Format)
	})
	for _, table := range tables(answering) {
		if ips := distinct(table, func(c source.Claim) string { return c.IP }); len(ips) > 1 {
			out = append(out, Finding{
				Kind: Addresses, Text: "it answers for " + and(ips),
				Cure: "if one host has all these addresses, or is a router, nothing; else two hosts share the address: change one", Claims: table,
			})
		}
	}
	return out
}

// owners finds an address that inventories give to machines of different names.
func (t *topology) owners(claims []source.Claim) []Finding {
	named := those(claims, func(c source.Claim) bool {
		switch c.Format {
		case "dhcpd", "dnsmasq.conf", "ethers", "libvirt", "xen", "lxc", "vmx", "csv", "json", "table":
			return c.Class == source.Reserved && c.Name != ""
		case "proxmox", "qemu":
			return c.Name != ""
		}
		return false
	})
	names := distinct(named, owner)
	if len(names) < 2 {
		return nil
	}
	return []Finding{{
		Kind: Owners, Text: "it is given to " + and(names),
		Cure: "find out which of them has it, correct the entry of the other, or give that one its own address", Claims: named,
	}}
}

// listed finds an address that a list without names, or a text, has twice.
func (t *topology) listed(claims []source.Claim) (out []Finding) {
	nameless := those(claims, func(c source.Claim) bool {
		return c.Format == "text" ||
			c.Class == source.Reserved && c.Name == "" && slices.Contains([]string{"csv", "json", "ethers", "dnsmasq.conf", "table"}, c.Format)
	})
	for _, table := range tables(nameless) {
		lines := distinct(table, func(c source.Claim) string { return strconv.Itoa(c.Line) })
		if len(lines) > 1 && !logged(table) {
			out = append(out, Finding{
				Kind: Listed, Text: fmt.Sprintf("%s names it on lines %s", source.Visible(table[0].File), and(lines)),
				Cure: "see whether these lines mean one machine; if not, change one address", Claims: table,
			})
		}
	}
	return out
}

// local judges the interfaces of this host that have an address.
func (t *topology) local(claims []source.Claim) []Finding {
	claims = those(claims, isLocal)
	stacks := map[int][]source.Claim{}
	for _, c := range claims {
		stacks[t.group[c.Name]] = append(stacks[t.group[c.Name]], c)
	}
	if len(stacks) < 2 {
		return nil
	}
	names := distinct(claims, func(c source.Claim) string { return c.Name })
	for g := range stacks {
		bond := t.bonds[g]
		if bond == "" {
			continue
		}
		for _, other := range stacks {
			nic := t.links[other[0].Name]
			if t.group[nic.Name] == g || nic.Kind != "" && nic.Kind != "veth" && nic.Kind != "dummy" || t.links[bond].Addr != other[0].Addr {
				continue
			}
			cure := fmt.Sprintf("give %s an address of its own: ip link set %s address $(bondctl mac new --for %s), and HWADDR in rc.bond.conf", bond, bond, bond)
			if nic.Up {
				cure += fmt.Sprintf("; until then: ip link set %s down", nic.Name)
			} else {
				cure += fmt.Sprintf("; until then leave %s down", nic.Name)
			}
			return []Finding{{
				Kind: Released, Text: fmt.Sprintf("%s uses the address of %s, which is not its member (any more)", bond, nic.Name),
				Cure: cure, Claims: claims,
			}}
		}
	}
	return []Finding{{
		Kind: Interfaces, Text: and(names) + " of this host have it and do not belong together",
		Cure: "give one of them another address: ip link set NAME address ...", Claims: claims,
	}}
}

// learned reports whether a bridge of this host learned an address that is its
// own from a guest, or a container, on a port of another stack. What it learned
// from a NIC is this host itself, seen through its other port.
func (t *topology) learned(c source.Claim, local []source.Claim) bool {
	return c.Source == "bridges" && !leadsOut(t.links[c.Port]) &&
		!slices.ContainsFunc(local, func(l source.Claim) bool { return t.group[l.Name] == t.group[c.Port] })
}

// tables groups claims by where they were read, and by VLAN.
func tables(claims []source.Claim) [][]source.Claim {
	var out [][]source.Claim
	index := map[string]int{}
	for _, c := range claims {
		key := c.Source + "\x00" + c.File + "\x00" + c.VLAN
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], c)
	}
	return out
}

func owner(c source.Claim) string { return hostname(c.Name) }

// distinct gives the different values in order, numbers as numbers, without "".
func distinct(claims []source.Claim, of func(source.Claim) string) []string {
	var list []string
	for _, c := range claims {
		if v := of(c); v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		x, errA := strconv.Atoi(a)
		y, errB := strconv.Atoi(b)
		if errA == nil && errB == nil {
			return cmp.Compare(x, y)
		}
		return cmp.Compare(a, b)
	})
	return list
}

// stamp is the time that a line of a log begins with: of syslog, ISO 8601, of
// tcpdump, of dmesg.
var stamp = regexp.MustCompile(`^(?:[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\d\d:\d\d:\d\d\.|\[ *\d+\.\d+\]) ?`)

// logged reports whether all lines are of a log, which names a host as often as
// it does something.
func logged(claims []source.Claim) bool {
	return !slices.ContainsFunc(claims, func(c source.Claim) bool { return !stamp.MatchString(c.Text) })
}

// maxNames bounds the names in a sentence.
const maxNames = 8

func and(names []string) string {
	if len(names) > maxNames {
		return strings.Join(names[:maxNames], ", ") + fmt.Sprintf(" and %d more", len(names)-maxNames)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
