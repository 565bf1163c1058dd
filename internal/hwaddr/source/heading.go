// SPDX-License-Identifier: MIT

package source

import (
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// field is what a column of a table, or a key of a record, says of an address.
type field int

const (
	otherField field = iota
	macField
	ipField
	portField // of the machine that shows the table
	vlanField
	nameField
	stateField // dynamic, learned, FAILED, ...
	ageField
	expiryField // of a lease
)

// columnNames are the headings in use among vendors, as simplify gives them.
var columnNames = fieldNames(map[field][]string{
	macField: {
		"mac", "mac address", "mac addresses", "mac addr", "macaddress", "macaddr", "client mac", "sta mac address", "hw address", "hwaddress", "hw addr", "hwaddr",
		"hardware address", "hardware addr", "physical address", "physische adresse", "adresse physique", "link layer", "link layer addr",
		"link layer address", "linklayer address", "lladdr", "ethernet address", "destination address", "client id", "client identifier", "client id hardware address", "chassis id", "chassisid", "device id",
	},
	ipField: {
		"ip", "ip address", "ip addresses", "ipaddress", "ip addr", "ipv4", "ipv4 address", "ipv6 address", "internet address", "internetadresse", "adresse internet",
		"protocol address", "address", "neighbor", "destination",
	},
	portField: {
		"interface", "interfaces", "interface name", "port", "ports", "port s", "port no", "port index", "port virtual port list", "local interface", "local intf", "local port", "localport", "local port id",
		"destination port", "physical port", "logical interface", "iface", "intf", "intf remote", "if name", "ifname", "netif", "learned from", "on interface", "circuit", "device", "source", "f s p", "next hop s",
	},
	vlanField: {"vlan", "vlan id", "vlanid", "vid", "vlan name", "vlan vsi", "vlan vsi bd", "vlan cevlan", "vlan cevlan pvc", "vlan srvcid", "vlan bd"},
	nameField: {"name", "host", "host name", "hostname", "system name", "sysname", "client name", "identity"},
	stateField: {
		"type", "typ", "state", "status", "flags", "mac type", "mac flags", "address type", "learn",
		"hw type", "hwtype", "peer type", // of what the column beside them has
	},
	ageField:    {"age", "aging", "aging time", "ageing timer", "ttl", "idle timer", "expire", "lease remaining", "lease", "last seen"},
	expiryField: {"lease expiration", "expiration", "expiry", "expires"},
})

// columnField is what a heading says: by its name, by the first of several
// ("Ports/SWID.SSID.LID"), or by what is in a name of one word ("LocalPort").
func columnField(text string) (field, bool) {
	name := simplify(text)
	if f, ok := columnNames[name]; ok {
		return f, true
	}
	if first, _, several := strings.Cut(text, "/"); several {
		if f, ok := columnNames[simplify(first)]; ok {
			return f, true
		}
	}
	if strings.Contains(name, " ") || strings.Contains(name, "remote") {
		return otherField, columnWords[name]
	}
	for _, part := range []struct {
		text string
		at   func(s, part string) bool
		f    field
	}{
		{"macaddr", strings.Contains, macField}, {"hwaddr", strings.Contains, macField}, {"vlan", strings.Contains, vlanField}, {"interface", strings.HasPrefix, portField},
		{"intf", strings.HasSuffix, portField}, {"port", strings.HasSuffix, portField}, {"ports", strings.HasSuffix, portField}, {"ipaddr", strings.Contains, ipField},
	} {
		if part.at(name, part.text) {
			return part.f, true
		}
	}
	return otherField, columnWords[name]
}

// columnWords are words of headings that are no field but stand beside others.
var columnWords = map[string]bool{"mask": true, "protocol": true, "protocols": true, "vrf": true, "vpn": true, "operation": true, "index": true, "domain": true, "server": true, "port id": true, "parent interface": true}

func fieldNames(lists map[field][]string) map[string]field {
	names := map[string]field{}
	for f, list := range lists {
		for _, name := range list {
			names[name] = f
		}
	}
	return names
}

// simplify gives a heading or key in lower case, with one blank for whatever stands
// between its words and without what is in parentheses or brackets.
func simplify(s string) string {
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth = max(depth-1, 0)
		case depth > 0:
		case c >= 'A' && c <= 'Z':
			b.WriteByte(c + 'a' - 'A')
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80:
			b.WriteByte(c)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// word is a piece of a line and where it stands.
type word struct {
	text       string
	start, end int
}

// wordsOf splits a line at blanks and at the lines that tables are drawn with.
func wordsOf(line string) (list []word) {
	start := -1
	for i := 0; i <= len(line); i++ {
		blank := i == len(line) || line[i] == ' ' || line[i] == '\t' || line[i] == '|'
		switch {
		case blank && start >= 0:
			list = append(list, word{line[start:i], start, i})
			start = -1
		case !blank && start < 0:
			start = i
		}
	}
	return list
}

// column is a heading and where it stands.
type column struct {
	field      field
	start, end int
	text       string
}

// heading is the heading of a table; nil has no columns.
type heading struct {
	columns []column
	// drawn is set where a line of dashes shows how wide the columns are.
	drawn bool
}

func (h *heading) has(f field) bool { return h.column(f) >= 0 }

// column is the index of the first column of a field, -1 where there is none.
func (h *heading) column(f field) int {
	if h != nil {
		for i, c := range h.columns {
			if c.field == f {
				return i
			}
		}
	}
	return -1
}

// score counts the fields that say where an address is; 0 is no heading of a table
// of addresses.
func (h *heading) score() (n int) {
	if !h.has(macField) {
		return 0
	}
	for _, f := range []field{ipField, portField, vlanField, nameField} {
		if h.has(f) {
			n++
		}
	}
	return n
}

// maxPhrase is the length of the longest name of a column, in words.
const maxPhrase = 4

// headingOf finds the names of columns in a line: the longest first, as "mac
// address" has "address" in it.
func headingOf(line string) *heading {
	words := wordsOf(line)
	h := &heading{}
	known := 0
	for i := 0; i < len(words); {
		n, f := phrase(words[i:])
		if n == 0 {
			// What is no name of a column is one column up to the next gap.
			n, f = 1, otherField
			for i+n < len(words) && words[i+n].start == words[i+n-1].end+1 {
				if m, _ := phrase(words[i+n:]); m > 0 {
					break
				}
				n++
			}
		} else {
			known += n
		}
		last := words[i+n-1]
		h.columns = append(h.columns, column{f, words[i].start, last.end, line[words[i].start:last.end]})
		i += n
	}
	// A sentence may name columns as well.
	if len(words) > 24 || 3*known < len(words) {
		return nil
	}
	return h
}

// phrase is the number of words, 0 for none, that are the name of a column.
func phrase(words []word) (int, field) {
	limit := 1
	for limit < len(words) && limit < maxPhrase && words[limit].start == words[limit-1].end+1 {
		limit++
	}
	for n := limit; n > 0; n-- {
		var b strings.Builder
		for _, w := range words[:n] {
			b.WriteString(w.text + " ")
		}
		if f, ok := columnField(strings.TrimSpace(b.String())); ok {
			return n, f
		}
	}
	return 0, otherField
}

// isSentence reports whether a line is a text about columns, or a key and its
// value, rather than the heading of a table.
func isSentence(line string) bool {
	line = strings.TrimRight(line, " \t")
	return line == "" || strings.Contains(line, ": ") || strings.Contains(line, " = ") || strings.ContainsAny(line[len(line)-1:], ".!?:,;")
}

// isRule reports whether a line only draws: dashes, with blanks or marks between
// columns.
func isRule(line string) bool {
	return strings.Trim(line, " \t-=+|*_") == "" && (strings.Contains(line, "---") || strings.Contains(line, "===") || strings.Contains(line, "***"))
}

// under joins two lines of a heading: names of columns that go on in the next
// line ("Logical" over "interface").
func under(upper, lower string) *heading {
	a, b := cells(upper), cells(lower)
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	h := &heading{}
	single := func(list []word) bool { return len(list) == 1 && len(wordsOf(list[0].text)) > 2 }
	if single(a) && single(b) {
		// Nothing but single blanks: word for word.
		if a, b = wordsOf(upper), wordsOf(lower); len(a) != len(b) {
			if len(b) != len(a)-1 {
				return nil
			}
		}
		// A name of one word, as Age, has nothing below it.
		for i, j := 0, 0; i < len(a); i++ {
			text := a[i].text
			if _, alone := columnNames[simplify(text)]; j < len(b) && (len(a)-i == len(b)-j || !alone || columnNames[simplify(text+" "+b[j].text)] != otherField) {
				text += " " + b[j].text
				j++
			}
			f, _ := columnField(text)
			h.columns = append(h.columns, column{f, a[i].start, a[i].end, text})
		}
		return h
	}
	used := make([]bool, len(a))
	for _, w := range b {
		c := column{start: w.start, end: w.end, text: w.text}
		for i, u := range a {
			if u.start < w.end && w.start < u.end && !used[i] {
				used[i] = true
				c.text = u.text + " " + c.text
				c.start, c.end = min(c.start, u.start), max(c.end, u.end)
				break
			}
		}
		c.field, _ = columnField(c.text)
		h.columns = append(h.columns, c)
	}
	for i, u := range a {
		if !used[i] {
			f, _ := columnField(u.text)
			h.columns = append(h.columns, column{f, u.start, u.end, u.text})
		}
	}
	return h
}

// cells splits a line at two blanks or more.
func cells(line string) (list []word) {
	for _, w := range wordsOf(line) {
		if n := len(list); n > 0 && w.start == list[n-1].end+1 && line[w.start-1] == ' ' {
			list[n-1].end = w.end
			list[n-1].text = line[list[n-1].start:w.end]
		} else {
			list = append(list, w)
		}
	}
	return list
}

// drawn gives the heading whose columns are as wide as the dashes in the rule below
// its lines, of which the last ones count: what stands above them is a title. It is
// nil where the rule draws less than two columns.
func drawn(lines []string, rule string) (best *heading) {
	for n := 1; n <= len(lines); n++ {
		h := &heading{drawn: true, columns: dashes(rule)}
		if len(h.columns) < 2 {
			return nil
		}
		for _, line := range lines[len(lines)-n:] {
			for _, w := range wordsOf(line) {
				c := &h.columns[h.nearest(w.start, w.end)]
				c.text += " " + w.text
			}
		}
		for i := range h.columns {
			c := &h.columns[i]
			c.field, _ = columnField(strings.TrimSpace(c.text))
		}
		if best == nil || h.score() > best.score() {
			best = h
		}
	}
	return best
}

// dashes are the columns that a rule draws.
func dashes(rule string) (list []column) {
	start := -1
	for i := 0; i <= len(rule); i++ {
		dash := i < len(rule) && (rule[i] == '-' || rule[i] == '=')
		switch {
		case dash && start < 0:
			start = i
		case !dash && start >= 0:
			list = append(list, column{start: start, end: i})
			start = -1
		}
	}
	return list
}

// nearest is the column that lies under most of what stands from start to end, or
// next to it.
func (h *heading) nearest(start, end int) int {
	best, bestGap := 0, 1<<30
	for i, c := range h.columns {
		gap := max(c.start-end, start-c.end)
		if gap < 0 {
			gap = max(start, c.start) - min(end, c.end) // minus the overlap
		}
		if gap < bestGap {
			best, bestGap = i, gap
		}
	}
	return best
}

// match gives where a row has an address in its column, if that was found in an
// IPv6 address before.
func (h *heading) match(line string, m hwaddr.Match) hwaddr.Match {
	mac := h.column(macField)
	for i, at := m.End, m; ; {
		if h.nearest(at.Start, at.End) == mac {
			return at
		}
		var ok bool
		if at, ok = hwaddr.Find([]byte(line), i); !ok {
			return m
		}
		if i = at.End; at.Bad != "" || at.Addr != m.Addr {
			at = m
		}
	}
}

// row gives the texts of the columns of a row whose address stands from start to
// end.
func (h *heading) row(line string, start, end int) map[field]string {
	mac := h.column(macField)
	words := wordsOf(line)
	shift := 0
	order := false
	if h.nearest(start, end) != mac {
		// Not where the heading says: a table with single blanks has as many words as
		// columns, another one has moved.
		order = len(words) == len(h.columns) && words[mac].start == start
		shift = h.columns[mac].start - start
	}
	texts := map[field]string{}
	var last [2]int // the column and the end of the word before
	for i, w := range words {
		at := i
		if !order {
			at = h.nearest(w.start+shift, w.end+shift)
		}
		f := h.columns[at].field
		if f == otherField || f == macField || w.start < end && start < w.end {
			last = [2]int{-1, 0}
			continue
		}
		text, ok := texts[f]
		switch {
		case !ok:
			texts[f] = w.text
		case last[0] == at:
			texts[f] = text + line[last[1]:w.end]
		case f == stateField:
			texts[f] = text + " " + w.text
		case f == vlanField && number.MatchString(w.text) && !number.MatchString(text):
			texts[f] = w.text // its number beside its name
		}
		last = [2]int{at, w.end}
	}
	return texts
}

var number = re(`^\d+$`)

// expects reports whether a match in a row stands in the column for addresses.
func (h *heading) expects(line string, m hwaddr.Match) bool {
	mac := h.column(macField)
	if mac < 0 {
		return false
	}
	if h.nearest(m.Start, m.End) == mac {
		return true
	}
	words := wordsOf(line)
	return len(words) == len(h.columns) && words[mac].start == m.Start
}
