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

// Audit looks for addresses that two have. Sources are read once to find the
// addresses that come twice, and again for those.
func Audit(sources []source.Source, links []source.Link) *AuditReport {
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
		r.Findings = append(r.Findings, t.judge(a, second.claims[a])...)
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
// VLANs, an inventory and the table that confirms it.
func (t *topology) judge(a hwaddr.Addr, claims []source.Claim) []Finding {
	var out []Finding
	report := func(kind, text, cure string, claims []source.Claim) {
		out = append(out, Finding{kind, a, text, cure, claims})
	}
	by := func(match func(source.Claim) bool) (list []source.Claim) {
		for _, c := range claims {
			if match(c) {
				list = append(list, c)
			}
		}
		return list
	}
	t.local(by(func(c source.Claim) bool { return c.Source == "interfaces" }), report)
	if local := by(func(c source.Claim) bool { return c.Source == "interfaces" }); len(local) > 0 {
		if far := by(func(c source.Claim) bool { return c.Source == "neighbours" || t.learned(c, local) }); len(far) > 0 {
			report(Elsewhere, fmt.Sprintf("this host's %s and %s have it", local[0].Name, far[0].Who()),
				"give one of them another address: 'bondctl mac new' makes one", append(local, far...))
		}
	}
	config := by(func(c source.Claim) bool {
		return c.Class == source.Reserved && c.Name != "" && slices.Contains([]string{"rc.conf", "rc-script", "networkmanager", "netplan"}, c.Format)
	})
	if hosts := distinct(config, func(c source.Claim) string { return cmp.Or(c.Host, "this host") }); len(hosts) > 1 {
		report(Copied, "the configuration of "+and(hosts)+" sets it",
			"give all but one an address of their own: HWADDR[i]=\"auto\", or 'bondctl mac new' on each", config)
	} else if names := distinct(config, func(c source.Claim) string { return c.Name }); len(names) > 1 {
		report(Config, "it is configured for "+and(names), "give each its own HWADDR: 'bondctl mac new --for BOND' makes one", config)
	}
	for _, table := range tables(by(func(c source.Claim) bool { return c.Port != "" && c.IP == "" && c.Class == source.Used })) {
		if ports := distinct(table, func(c source.Claim) string { return c.Port }); len(ports) > 1 {
			report(Ports, "one switch sees it behind ports "+and(ports),
				"find the two hosts behind these ports and change one address; two ports of one host want a bond, or link aggregation on the switch", table)
		}
	}
	for _, table := range tables(by(func(c source.Claim) bool {
		return c.Class == source.Used && strings.Contains(c.IP, ".") && c.Format != "arpwatch" && c.Format != "dhcpd" && c.Format != "dnsmasq.leases" && c.Format != "kea.leases"
	})) {
		if ips := distinct(table, func(c source.Claim) string { return c.IP }); len(ips) > 1 {
			report(Addresses, "it answers for "+and(ips),
				"if one host has all these addresses, or is a router, nothing; else two hosts share the address: change one", table)
		}
	}
	named := by(func(c source.Claim) bool {
		switch c.Format {
		case "dhcpd", "kea", "dnsmasq.conf", "ethers", "libvirt", "xen", "lxc", "vmx", "csv", "json":
			return c.Class == source.Reserved && c.Name != ""
		case "proxmox", "qemu":
			return c.Name != ""
		}
		return false
	})
	if names := distinct(named, owner); len(names) > 1 {
		report(Owners, "it is given to "+and(names), "find out which of them has it, correct the entry of the other, or give that one its own address", named)
	}
	for _, table := range tables(by(func(c source.Claim) bool {
		return c.Format == "text" || c.Class == source.Reserved && c.Name == "" && slices.Contains([]string{"csv", "json", "ethers", "dnsmasq.conf"}, c.Format)
	})) {
		if lines := distinct(table, func(c source.Claim) string { return strconv.Itoa(c.Line) }); len(lines) > 1 && !number(table) && !logged(table) {
			report(Listed, fmt.Sprintf("%s names it on lines %s", table[0].File, and(lines)), "see whether these lines mean one machine; if not, change one address", table)
		}
	}
	return out
}

// local judges the interfaces of this host that have an address.
func (t *topology) local(claims []source.Claim, report func(kind, text, cure string, claims []source.Claim)) {
	stacks := map[int][]source.Claim{}
	for _, c := range claims {
		stacks[t.group[c.Name]] = append(stacks[t.group[c.Name]], c)
	}
	if len(stacks) < 2 {
		return
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
			report(Released, fmt.Sprintf("%s uses the address of %s, which is not its member (any more)", bond, nic.Name), cure, claims)
			return
		}
	}
	report(Interfaces, and(names)+" of this host have it and do not belong together", "give one of them another address: ip link set NAME address ...", claims)
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

// number reports whether what was found are twelve decimal digits everywhere: a
// serial number or a date, as likely as not.
func number(claims []source.Claim) bool {
	bare := strings.ReplaceAll(claims[0].Addr.String(), ":", "")
	if strings.Trim(bare, "0123456789") != "" {
		return false
	}
	return !slices.ContainsFunc(claims, func(c source.Claim) bool { return !strings.Contains(c.Text, bare) })
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
