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

// csvHeader finds the columns in the first line, nil where it is no header with
// a column of addresses.
func csvHeader(lines [][]byte) *header {
	line := firstLine(lines)
	if _, ok := hwaddr.Find(line, 0); ok {
		return nil
	}
	for _, comma := range ",;\t|" {
		if !bytes.ContainsRune(line, comma) {
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
		if h.mac >= 0 {
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

// readCSV reads a table by the names of its columns. A line is split only where
// something is to be said about it.
func readCSV(in *input) error {
	var h *header
	for h == nil && in.next() {
		if len(bytes.TrimSpace(in.line)) == 0 {
			continue
		}
		if h = csvHeader([][]byte{in.line}); h == nil {
			in.problem(in.line, "the first line names no column with addresses (mac, mac_address, hwaddr, ...)")
			return readRest(in)
		}
	}
	for in.next() {
		before := in.count
		in.addresses(func(c *Claim) {
			fields, ok := splitCSV(in.line, h.comma)
			at := func(i int) string {
				if !ok || i < 0 || i >= len(fields) {
					return ""
				}
				return strings.TrimSpace(fields[i])
			}
			c.Name, c.IP, c.Port, c.VLAN = at(h.name), at(h.ip), at(h.port), at(h.vlan)
			if a, err := hwaddr.Parse(strings.Trim(at(h.mac), "`'")); err != nil || a != c.Addr {
				c.Class = Mentioned // in a remark, say
			} else if expiry, err := strconv.ParseInt(at(h.expire), 10, 64); err == nil && in.format.class == Used {
				in.lease(c, expiry)
				if state := at(h.state); state != "0" {
					c.Class, c.Note = Mentioned, "lease in state "+state
				}
			}
		})
		if in.count > before {
			continue
		}
		if fields, ok := splitCSV(in.line, h.comma); ok && h.mac < len(fields) {
			// The line of dashes below a heading is no row.
			switch text := strings.Trim(fields[h.mac], " -=:"); strings.ToLower(text) {
			case "", "n/a", "na", "none", "null", "unknown":
			default:
				if m, ok := hwaddr.Find([]byte(text), 0); !ok || m.Bad == "" && m.Addr.Unusable() == "" {
					_, err := hwaddr.Parse(text)
					if err != nil {
						in.problem(in.line, err.Error())
					}
				}
			}
		}
	}
	return in.failure()
}

// readRest reads what is left as text.
func readRest(in *input) error {
	in.addresses(nil)
	return readLines(in)
}
