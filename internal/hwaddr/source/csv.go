// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// header is the first line of a table: what separates its columns, and which
// of them hold what. A column that is not there is -1.
type header struct {
	comma                                    rune
	mac, name, ip, port, vlan, expire, state int
}

var (
	macColumn  = re(`(?i)^(primary_)?(mac|mac[ _-]?addr(ess)?|hw[ _-]?addr(ess)?|hardware[ _-]?address|ether(net)?[ _-]?addr(ess)?|physical[ _-]?address|lladdr)$|\bmac\b|mac_address`)
	nameColumn = re(`(?i)^(device|host|hostname|host_?name|name|dns_name|machine|vm|virtual_machine|assigned_object_parent|description|owner)$`)
	portColumn = re(`(?i)^(interface|port|assigned_object|ifname)$`)
	ipColumn   = re(`(?i)^(ip([ _-]?addr(ess)?|[ _-]?adresse)?|address|ipv4|ip4|subnet_ip)$`)
	vlanColumn = re(`(?i)^vlan(_?id)?$`)
	// Of Kea's lease files.
	expireColumn = re(`^expire$`)
	stateColumn  = re(`^state$`)
)

// csvPreamble reports whether a line stands before the header: PowerShell's
// "#TYPE Selected.System.Object", the mark by which spreadsheets take notice of
// the separator.
func csvPreamble(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) == 0 || bytes.HasPrefix(line, []byte("#TYPE ")) || bytes.HasPrefix(line, []byte("sep="))
}

// csvHeader finds the columns in the first line, nil where it is no header with
// a column of addresses or the next line is separated by something else.
func csvHeader(lines [][]byte) *header {
	for len(lines) > 0 && csvPreamble(lines[0]) {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return nil
	}
	line, next := lines[0], firstLine(lines[1:])
	if _, ok := hwaddr.Find(line, 0); ok {
		return nil
	}
	for _, comma := range ",;\t|" {
		if !bytes.ContainsRune(line, comma) || len(next) > 0 && !bytes.ContainsRune(next, comma) {
			continue
		}
		fields, ok := splitCSV(line, comma)
		if !ok || len(fields) < 2 {
			continue
		}
		h := header{comma: comma}
		for _, col := range []struct {
			at   *int
			name *regexp.Regexp
		}{{&h.mac, macColumn}, {&h.name, nameColumn}, {&h.ip, ipColumn}, {&h.port, portColumn}, {&h.vlan, vlanColumn}, {&h.expire, expireColumn}, {&h.state, stateColumn}} {
			*col.at = -1
			for i, f := range fields {
				if col.name.MatchString(strings.TrimSpace(f)) {
					*col.at = i
					break
				}
			}
		}
		// A heading is a name, not a sentence.
		if h.mac >= 0 && len(fields[h.mac]) <= 32 && !strings.ContainsAny(fields[h.mac], ":=") && !strings.Contains(fields[h.mac], " - ") {
			if h.name == h.mac {
				h.name = -1
			}
			return &h
		}
	}
	return nil
}

func splitCSV(line []byte, comma rune) ([]string, bool) {
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = comma, true, -1
	fields, err := r.Read()
	return fields, err == nil
}

// inColumn reports whether the address that was found last in the current line
// stands in the column for it, where that can be seen without splitting the line.
func (in *input) inColumn(h *header) bool {
	before := in.line[:in.at]
	return bytes.IndexByte(before, '"') < 0 && bytes.Count(before, []byte(string(h.comma))) == h.mac
}

// noAddress are the words that stand for no address in its column.
var noAddress = map[string]bool{"": true, "n/a": true, "na": true, "none": true, "null": true, "nil": true, "unknown": true, "(incomplete)": true, "incomplete": true, "<incomplete>": true}

// readCSV reads a table by the names of its columns. A line is split only where
// something is to be said about it.
func readCSV(in *input) error {
	var h *header
	for h == nil && in.next() {
		if csvPreamble(in.line) {
			continue
		}
		if h = csvHeader([][]byte{in.line}); h == nil {
			in.problem(in.line, "the first line names no column with addresses (mac, mac_address, hwaddr, ...)")
			return readRest(in)
		}
	}
	// row gives the fields of the current line, split once.
	var fields []string
	var split int
	row := func(i int) string {
		if split != in.n {
			fields, _ = splitCSV(in.line, h.comma)
			split = in.n
		}
		if i < 0 || i >= len(fields) {
			return ""
		}
		return strings.TrimSpace(fields[i])
	}
	value := func() string { return strings.Trim(row(h.mac), "`' ") }
	in.expected = func(m hwaddr.Match) bool {
		return strings.Contains(value(), string(in.line[m.Start:m.End]))
	}
	for in.next() {
		before, misread := in.count, in.misreads
		in.addresses(func(c *Claim) {
			c.Name, c.IP, c.Port, c.VLAN = row(h.name), row(h.ip), row(h.port), row(h.vlan)
			if a, err := hwaddr.Parse(value()); err != nil || a != c.Addr {
				c.Class = Mentioned // in a remark, say
			} else if expiry, err := strconv.ParseInt(row(h.expire), 10, 64); err == nil && in.format.class == Used {
				in.lease(c, expiry)
				if state := row(h.state); state != "0" {
					c.past(Ended)
					c.Note = "lease in state " + state
				}
			}
		})
		if in.misreads > misread || in.count > before && in.inColumn(h) {
			continue
		}
		// The line of dashes below a heading is no row.
		text := strings.Trim(value(), "-=:")
		if noAddress[strings.ToLower(text)] {
			continue
		}
		if _, err := hwaddr.Parse(text); err != nil {
			in.misread(in.line, err.Error())
		}
	}
	return in.failure()
}

// readRest reads what is left as text.
func readRest(in *input) error {
	in.addresses(nil)
	return readLines(in)
}
