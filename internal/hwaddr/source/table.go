// SPDX-License-Identifier: MIT

package source

import (
	"cmp"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// keyNames are the keys of records, as simplify gives them.
var keyNames = fieldNames(map[field][]string{
	macField: {
		"mac", "mac address", "mac addr", "chassis id", "chassisid", "chassis data", "neighbor chassis id", "neighbor", "link layer", "link layer address",
		"hardware address", "physical address", "hwaddr", "general hwaddr", "lladdr",
	},
	ipField: {
		"ip", "ip address", "ipv4 address", "ipv6 address", "ipv4", "ipv6", "address", "address4", "active address", "management address", "management ip address",
		"neighbor management address", "ip4 address", "mgmt address",
	},
	portField:   {"local interface", "local intf", "local port", "local port id", "localport", "interface", "on interface", "port", "general device"},
	vlanField:   {"vlan", "vlan id", "vid", "pvid", "port vlan id", "neighbor port vlan id"},
	nameField:   {"system name", "sysname", "host name", "hostname", "identity", "client name", "neighbor chassis name"},
	stateField:  {"state", "status"},
	ageField:    {"age", "last seen"},
	expiryField: {"expires", "lease expires"},
})

// isDevice reports whether a key or heading is about neighbouring devices, as LLDP's.
func isDevice(name string) bool {
	return strings.Contains(name, "chassis") || strings.HasPrefix(name, "neighbor") || name == "device id"
}

// keyField is what a key says; whatever MAC address it is, it is one.
func keyField(key string) field {
	for _, end := range []string{" mac", " mac address", " mac addr"} {
		if strings.HasSuffix(key, end) {
			return macField
		}
	}
	return keyNames[key]
}

// sections are lines that name the port, as group 1, which what follows is about.
var sections = res(
	`(?i)\b(?:interface|port) (\S+) detected\b`,
	`(?i)^(\S+) has \d+ neighbou?rs?\b`,
	`(?i)neighbou?r-information of port \d+\s*\[([^\]]+)\]`,
	`(?i)\bon local (?:slot/port|port|interface) (\S+?):?\s*$`,
	`(?i)^local (port\S+?):?\s*$`,
	`(?i)^\S.*?\badapter (.+):\s*$`, // ipconfig /all
)

// tableReader reads tables with headings, records of keys and values, and rows
// without either, as they come one after the other.
type tableReader struct {
	in      *input
	heading *heading
	above   []string // the lines before, back to the last blank or row
	fresh   bool     // the heading has no row yet
	section string   // the port that records are about
	record  record
	held    []Claim
	recent  *Claim // of the last row, which may go on in the next line
}

// record is what the keys of a record said.
type record struct {
	texts  map[field]string
	keys   map[string]bool
	leader string // the first key
	device bool   // a key says that the address is a device's
}

// maxHeld bounds the claims of one record.
const maxHeld = 64

// readTable reads a table that a machine shows, or a list of the same shape.
func readTable(in *input) error {
	t := &tableReader{in: in}
	in.hold = t.hold
	in.expected = t.expects
	for in.next() {
		t.line()
	}
	t.endRow()
	t.endRecord()
	return in.failure()
}

// line reads the current line.
func (t *tableReader) line() {
	in := t.in
	text := string(in.line)
	if len(text) > 4096 {
		text = text[:4096]
	}
	m, found := hwaddr.Find(in.line, 0)
	if !found {
		t.noAddress(text)
		return
	}
	t.endRow()
	pairs := pairsOf(text)
	for _, p := range pairs {
		t.key(p)
	}
	if len(pairs) == 0 || pairs[0].at > m.Start {
		t.above, t.fresh = nil, false
	}
	in.addresses(nil)
}

// noAddress reads a line without an address: a heading, a key, a section, the rest
// of a row.
func (t *tableReader) noAddress(text string) {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		t.endRow()
		t.above = nil
		return
	case isRule(text):
		t.endRow()
		if h := drawn(t.above, text); h != nil && h.score() > 0 && (!t.fresh || h.score() >= t.heading.score()) {
			t.heading, t.fresh = h, true
		} else if len(dashes(text)) < 2 && !t.fresh {
			t.endRecord()
			t.section = ""
		}
		return
	}
	for _, s := range sections {
		if m := s.FindStringSubmatch(text); m != nil {
			t.endRow()
			t.endRecord()
			t.section = m[1]
			return
		}
	}
	if t.continues(text) {
		return
	}
	t.endRow()
	if !isSentence(text) {
		best := t.heading
		if !t.fresh {
			best = nil
		}
		candidates := []*heading{headingOf(text)}
		if n := len(t.above); n > 0 {
			candidates = append(candidates, under(t.above[n-1], text))
		}
		for _, h := range candidates {
			if h.score() > best.score() {
				best = h
				t.heading, t.fresh = h, true
			}
		}
		t.above = append(t.above[max(0, len(t.above)-2):], text)
		if t.fresh {
			return
		}
	}
	for _, p := range pairsOf(text) {
		t.key(p)
	}
}

// continues takes the rest of a row from the next line, where it stands in the
// column of the VLAN and nowhere else.
func (t *tableReader) continues(text string) bool {
	words := wordsOf(text)
	if t.recent == nil || len(words) != 1 || t.recent.VLAN != "" || !strings.HasPrefix(text, "    ") || !vlanPair.MatchString(words[0].text) {
		return false
	}
	t.recent.VLAN = vlanOf(words[0].text)
	return true
}

var vlanPair = re(`^\d+/(?:-|\d+)$`)

// hold completes a claim by the heading or, where the address is the value of a
// key, keeps it until the record ends.
func (t *tableReader) hold(c *Claim, m hwaddr.Match) bool {
	line := string(t.in.line)
	pairs := pairsOf(line)
	switch {
	case len(pairs) > 0 && pairs[0].at <= m.Start, t.heading == nil && (t.record.leader != "" || t.section != ""):
		if len(t.held) >= maxHeld {
			t.endRecord()
		}
		t.held = append(t.held, *c)
	case t.heading != nil:
		m = t.heading.match(line, m)
		texts := t.heading.row(line, m.Start, m.End)
		t.heading.correct(texts, guess(line, m))
		fill(c, texts)
		c.Device = isDevice(simplify(t.heading.columns[t.heading.column(macField)].text))
		t.endRow()
		row := *c
		t.recent = &row
	default:
		fill(c, guess(line, m))
		return false
	}
	return true
}

// correct takes from the shapes of a row's words what the columns did not give: the
// IP address of a table without a column for it, and a port that does not stand
// below its heading.
func (h *heading) correct(texts, shapes map[field]string) {
	port := texts[portField]
	if h.has(portField) && (port == "" || strings.Contains(port, "  ")) || !h.has(portField) && !h.has(nameField) {
		texts[portField] = shapes[portField]
	}
	if ip := shapes[ipField]; texts[ipField] == "" && !h.has(ipField) && !strings.Contains(port, ip) {
		texts[ipField] = ip
	}
}

func (t *tableReader) expects(m hwaddr.Match) bool {
	line := string(t.in.line)
	pairs := pairsOf(line)
	if len(pairs) == 0 || pairs[0].at > m.Start {
		return t.heading.expects(line, m) || t.in.byContext(m)
	}
	for _, p := range pairs {
		if p.at <= m.Start && m.End <= p.at+len(p.value) {
			return keyField(p.key) == macField
		}
	}
	return false
}

// key takes a key and its value. The first key of a record, or one that says anew
// where a host is, begins the next.
func (t *tableReader) key(p pair) {
	f := keyField(p.key)
	if f == otherField {
		return
	}
	r := &t.record
	if p.key == r.leader || r.keys[p.key] && (f == macField || f == portField) {
		t.endRecord()
	}
	if r.keys == nil {
		*r = record{texts: map[field]string{}, keys: map[string]bool{}, leader: p.key}
	}
	r.keys[p.key] = true
	r.device = r.device || isDevice(p.key)
	value := strings.Trim(p.value, `", `)
	if f == ipField {
		value = ipOf(value)
	}
	if r.texts[f] == "" {
		r.texts[f] = value
	}
}

// endRecord hands over what the record held back.
func (t *tableReader) endRecord() {
	for i := range t.held {
		c := &t.held[i]
		texts := t.record.texts
		if texts[portField] == "" && t.section != "" {
			if texts == nil {
				texts = map[field]string{}
			}
			texts[portField] = t.section
		}
		fill(c, texts)
		c.Device = t.section != "" || t.record.device
		t.in.emit(*c)
	}
	t.held = t.held[:0]
	t.record = record{}
}

// endRow hands over the last row.
func (t *tableReader) endRow() {
	if t.recent != nil {
		t.in.emit(*t.recent)
		t.recent = nil
	}
}

// fill sets what a row or record says of a claim.
func fill(c *Claim, texts map[field]string) {
	c.IP = ipOf(texts[ipField])
	switch name, host := texts[nameField], texts[ipField]; {
	case isIP(name):
		c.IP = cmp.Or(c.IP, ipOf(name))
	case !nothing(name):
		c.Name = name
	case c.IP == "" && c.Name == "" && !nothing(host) && strings.ContainsAny(host, "ghijklmnopqrstuvwxyz"):
		c.Name = host // a name in the column of IP addresses
	}
	c.Port, c.VLAN = portOf(texts[portField]), vlanOf(texts[vlanField])
	var notes []string
	if state, _, _ := strings.Cut(texts[stateField], "  "); stateWord.MatchString(state) && !noState[strings.ToLower(strings.Fields(state)[0])] {
		notes = append(notes, state)
	}
	for w := range strings.FieldsSeq(strings.ToLower(texts[stateField])) {
		switch strings.Trim(w, "()") {
		case "failed", "incomplete", "unreachable", "invalid":
			c.past(Unanswered)
		case "free", "expired", "released", "declined", "deleting":
			c.past(Ended)
		}
	}
	if age := texts[ageField]; !nothing(age) {
		notes = append(notes, "age "+age)
	}
	if expiry := texts[expiryField]; !nothing(expiry) {
		notes = append(notes, "lease until "+expiry)
		if end, ok := dateOf(expiry); ok && end.Before(now()) {
			c.past(Ended)
			c.Time = end
			notes[len(notes)-1] = "lease ended " + end.Format(time.DateOnly)
		}
	}
	c.Note = strings.Join(notes, ", ")
}

// stateWord tells words from flags; noState are words that every row has.
var (
	stateWord = re(`^[A-Za-z][A-Za-z-]{2,}\b`)
	noState   = map[string]bool{"none": true, "ether": true, "arpa": true, "ethernet": true}
)

// nothing reports whether a cell says that there is nothing.
func nothing(s string) bool { return strings.Trim(s, "-/ .") == "" || strings.EqualFold(s, "n/a") }

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// ipOf finds an IP address in a cell.
func ipOf(s string) string {
	for w := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune(" \t(),\"/%", r) }) {
		if ip, err := netip.ParseAddr(w); err == nil {
			return ip.String()
		}
	}
	return ""
}

// portOf is the name of a port, without what says that it is one.
func portOf(s string) string {
	if nothing(s) {
		return ""
	}
	if len(s) > 5 && strings.EqualFold(s[:5], "port:") {
		s = s[5:]
	}
	return strings.Trim(s, `" `)
}

var vlanTag = re(`\(0*(\d+)\)\s*$`)

// vlanOf is a VLAN without marks before it ("* 10"), as "10" in "10/-/-" and "101"
// in "v101(0101)".
func vlanOf(s string) string {
	if m := vlanTag.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	words := strings.Fields(s)
	if len(words) == 0 {
		return ""
	}
	if s = words[len(words)-1]; s[0] >= 'A' && strings.Contains(s, "/") && guessPort.MatchString(s) {
		return "" // a routed port in the place of a VLAN
	}
	s, _, _ = strings.Cut(s, "/")
	if s = strings.TrimLeft(s, "*+&~"); nothing(s) {
		return ""
	}
	return s
}

// dates are how tables write the end of a lease.
var dates = []string{
	time.RFC3339, time.DateTime, "2006/01/02 15:04:05", "Jan 2 2006 03:04 PM", "Jan 2, 2006", "Mon Jan 2 15:04:05 2006", "Jan 02 2006 15:04:05",
}

func dateOf(s string) (time.Time, bool) {
	s = strings.Join(strings.Fields(s), " ")
	for _, layout := range dates {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// A row without a heading, as a pasted line has none.
var (
	guessPort = re(`^[A-Za-z][A-Za-z-]*\d+(?:[/.:]\d+)*(?:\(\S+\))?$|^\d+/\d+(?:[/:]\d+)*$`)
	guessVLAN = re(`^(?:\d{1,4}|\d{1,4}(?:/(?:-|\d+))+|[Vv]\w*\d+)$`)
	guessWord = re(`(?i)^(?:dynamic|static|secure|learned|learn|permanent|self|router|cpu|[DSLPCR,]+)$`)
)

// guess finds the IP address, the port and the VLAN in a row by their shapes: the
// VLAN is a number in front of the address or right behind it, the port the last
// word of a port's shape.
func guess(line string, m hwaddr.Match) map[field]string {
	texts := map[field]string{}
	words := wordsOf(line)
	for i, w := range words {
		switch {
		case w.start < m.End && m.Start < w.end:
		case ipOf(w.text) != "" && !strings.Contains(w.text, "("):
			texts[ipField] = w.text
		case guessWord.MatchString(w.text) && w.start > m.End:
			if texts[stateField] == "" {
				texts[stateField] = w.text
			}
		case w.start < m.Start && guessVLAN.MatchString(w.text) && texts[ipField] == "",
			i > 0 && words[i-1].end == m.End && guessVLAN.MatchString(w.text) && texts[vlanField] == "" && texts[ipField] == "" && w.text[0] < 'A':
			texts[vlanField] = w.text
		case i == 0 && len(words) > 2 && isIP(words[1].text): // Cisco ASA: interface, IP, MAC, age
			texts[portField] = w.text
		case guessPort.MatchString(w.text) && w.start > m.End:
			texts[portField] = w.text
		case w.start < m.Start && guessPort.MatchString(w.text) && texts[portField] == "":
			texts[portField] = w.text
		}
	}
	return texts
}

// pair is a key, as simplify gives it, with its value and where that begins.
type pair struct {
	key, value string
	at         int
}

var (
	assignments = re(`(?:^|\s)([A-Za-z][\w.-]*)=("[^"]*"|\S*)`)
	dotted3     = re(`^\s*([A-Za-z][^:=]*?)\s*(?:\.\s?){3,}:?\s*(.*)$`)
	nextPair    = re(`\s{2,}([A-Za-z][\w ./()-]*?)\s*:\s`)
)

// pairsOf finds the keys and values in a line: "key: value", "key = value", "key
// ..... value", several "key=value", or two pairs with a gap between.
func pairsOf(line string) (list []pair) {
	if all := assignments.FindAllStringSubmatchIndex(line, -1); len(all) > 1 {
		for _, m := range all {
			list = append(list, pair{simplify(line[m[2]:m[3]]), strings.Trim(line[m[4]:m[5]], `"`), m[4]})
		}
		return list
	}
	if m := dotted3.FindStringSubmatchIndex(line); m != nil {
		return []pair{{keyOf(line[m[2]:m[3]]), line[m[4]:m[5]], m[4]}}
	}
	rest, offset := line, 0
	for {
		i := keyEnd(rest)
		if i <= 0 {
			return list
		}
		key := rest[:i]
		value := rest[i+1:]
		at := offset + i + 1
		if _, ok := hwaddr.Find([]byte(key), 0); ok {
			return list
		}
		m := nextPair.FindStringIndex(value)
		if m != nil {
			value = value[:m[0]]
		}
		pad := len(value) - len(strings.TrimLeft(value, " \t"))
		list = append(list, pair{keyOf(key), strings.TrimSpace(value), at + pad})
		if m == nil {
			return list
		}
		offset = at + m[0]
		rest = line[offset:]
	}
}

// keyOf is a key without the marks of a list and the number of an entry before it.
func keyOf(s string) string { return simplify(strings.TrimLeft(s, " \t-+*0123456789")) }

// keyEnd is where the mark behind a key stands, -1 where there is none: a colon or
// equals sign with a blank on one side.
func keyEnd(s string) int {
	for i := 1; i < len(s); i++ {
		if (s[i] == ':' || s[i] == '=') && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\t' || s[i-1] == ' ' || s[i-1] == '\t') {
			return i
		}
	}
	return -1
}

// tableRows are rows that machines show without a heading, or below one that is
// not seen.
var tableRows = []*regexp.Regexp{
	re(`(?i)mac.address.table|ethernet.switching table`),
	re(`(?i)^\s*[*+GRCO~]?\s*(?:\d+|all)\s+` + dotted + `\s+(?:dynamic|static|secure)`),
	re(`^Internet\s+[0-9.]+\s+\S+\s+` + dotted),
	re(`^\s*\S+\s+` + colons + `\s+[DSLPCR,]+\s+\S+\s+\S+`),
	re(`^\s*[0-9a-f]{6}-[0-9a-f]{6}\s+\S+`),
	re(`^\s*` + dashed + `\s+\d+`),
	re(`^\s*\S+\s+\d+\.\d+\.\d+\.\d+\s+` + dotted + `\s+\d+\s*$`), // Cisco ASA: interface, IP, MAC, age
	re(`^\s*\d+\.\d+\.\d+\.\d+\s+(?i:[0-9a-f]{2}(?:-[0-9a-f]{2}){5})\s+\S+\s*$`),
}

// logLine is a line that begins with a time: a log names keys and values, too.
var logLine = re(`^\S*\d\d:\d\d:\d\d|^[A-Z][a-z]{2} +\d+ \d\d:`)

// shownBy are words of what machines show, as against a list that people keep.
var shownBy = re(`(?i)\b(?:arp|neighbou?rs?|lldp|leases?|bindings?|snooping|switching|forwarding|fdb)\b|mac.address.table`)

// recogniseTable says whether lines are a table or records with addresses, and
// whether a machine shows them.
func recogniseTable(lines [][]byte) (is, shown bool) {
	t := &tableReader{in: &input{format: &format{}}}
	keyed := map[field]bool{}
	for _, line := range lines {
		text := string(line)
		shown = shown || shownBy.MatchString(text)
		m, found := hwaddr.Find(line, 0)
		if !found {
			t.noAddress(text)
			if t.section != "" {
				keyed[portField] = true
			}
		} else if m.Bad == "" {
			if t.section != "" {
				keyed[macField], shown = true, true
			}
			for _, row := range tableRows {
				if row.Match(line) {
					return true, true
				}
			}
			t.above = nil
		}
		if logLine.MatchString(text) {
			continue
		}
		pairs := pairsOf(text)
		for _, p := range pairs {
			f := keyField(p.key)
			if f == macField && (!found || m.Bad != "" || m.Start != p.at) {
				continue // a key "neighbor" may be anything
			}
			if f != otherField && p.value != "" {
				keyed[f] = true
				shown = shown || len(pairs) > 2 || f == ageField || strings.HasPrefix(p.key, "chassis")
			}
		}
	}
	h := t.heading
	switch {
	case h != nil:
		return true, shown || h.has(portField) || h.has(vlanField) || h.has(stateField) || h.has(ageField) || h.has(expiryField)
	case keyed[macField] && len(keyed) > 1:
		return true, shown
	}
	for _, line := range lines {
		if tableRows[0].Match(line) {
			return true, true
		}
	}
	return false, false
}

// listed is a reader's copy of its format for what people keep.
func listed(f *format) *format {
	list := *f
	list.class, list.observed = Reserved, false
	return &list
}
