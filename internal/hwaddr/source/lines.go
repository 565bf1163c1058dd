// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// readLines reads a format that has its addresses on lines.
func readLines(in *input) error {
	f := in.format
	name := ""
	if f.fileName {
		name = baseName(in.file)
	}
	for in.next() {
		if f.named != nil {
			if m := f.named.FindSubmatch(in.line); m != nil {
				name = string(m[1])
			}
		}
		if f.skip != nil && bytes.Contains(in.line, f.skip) {
			continue
		}
		in.addresses(func(c *Claim) {
			if c.Name == "" {
				c.Name = name
				tellNames(c)
			}
		})
	}
	return in.failure()
}

// addresses makes claims of the addresses in the current line; more completes
// those that are wanted.
func (in *input) addresses(more func(*Claim)) {
	comment := in.inComment()
	for i := 0; ; {
		m, ok := hwaddr.Find(in.line, i)
		if !ok {
			return
		}
		i = m.End
		if m.Bad != "" {
			why := strconv.Quote(string(in.line[m.Start:m.End])) + ": " + m.Bad
			switch {
			case comment || in.format.code:
			case in.format.class == Mentioned:
				in.problem(in.line, why)
			default:
				in.misread(in.line, why)
			}
			continue
		}
		// An IPv6 address or client id beside the address says it twice.
		if m.Addr == in.last && !m.Addr.IsZero() {
			continue
		}
		if m.Weak && !in.isExpected(m) {
			in.unsure(m)
			continue
		}
		in.last, in.at = m.Addr, m.Start
		if comment && m.Addr.Unusable() != "" || !in.address(m.Addr, in.line) {
			continue
		}
		c := in.claim(m.Addr)
		in.details(&c)
		if comment {
			c.Class = Comment
		}
		if more != nil {
			more(&c)
		}
		if in.hold == nil || !in.hold(&c, m) {
			in.emit(c)
		}
	}
}

// unsure takes digits that are an address only if somebody asks about that very
// one: with a letter among them chance does not give the same.
func (in *input) unsure(m hwaddr.Match) {
	if !hasLetter(in.line[m.Start:m.End]) || !in.sink.Want(m.Addr, false) {
		return
	}
	c := in.claim(m.Addr)
	c.Class, c.Note = Mentioned, unsureNote
	in.emit(c)
}

const unsureNote = "these digits may be something else"

func hasLetter(b []byte) bool {
	return bytes.ContainsFunc(b, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'f' })
}

// isExpected reports whether a weak match stands where an address is expected: the
// reader knows, or it is all of the line and no number, or a word such as "mac"
// stands before it, or Windows shows an interface so ("3...00 1b ... ......Intel").
func (in *input) isExpected(m hwaddr.Match) bool {
	if in.expected != nil {
		return in.expected(m)
	}
	return in.byContext(m)
}

// byContext is isExpected for what stands around the match in the line.
func (in *input) byContext(m hwaddr.Match) bool {
	before, after := in.line[:m.Start], in.line[m.End:]
	if len(bytes.TrimSpace(before)) == 0 && len(bytes.TrimSpace(after)) == 0 && hasLetter(in.line) {
		return true
	}
	return bytes.HasSuffix(before, []byte("...")) && bytes.HasPrefix(after, []byte(" ...")) || announced(before)
}

// announcing are the words after which digits are an address, in lower case. Those
// that are false are followed by a word for one first: a chassis has a serial number
// as well.
var announcing = map[string]bool{
	"mac": true, "macaddr": true, "macaddress": true, "hwaddr": true, "hwaddress": true, "lladdr": true, "ether": true, "ethaddr": true, "bssid": true, "bia": true, "chassisid": true,
	"hw": false, "hardware": false, "ethernet": false, "physical": false, "chassis": false,
}

// announced reports whether one of the three words before the end of a text
// announces an address, with no other number between.
func announced(text []byte) bool {
	address := false // the word that was looked at before stands for one
	for range 3 {
		for len(text) > 0 && !isLetter(text[len(text)-1]) {
			if c := text[len(text)-1]; c >= '0' && c <= '9' {
				return false
			}
			text = text[:len(text)-1]
		}
		start := len(text)
		for start > 0 && isLetter(text[start-1]) {
			start--
		}
		word := text[start:]
		if text = text[:start]; len(word) == 0 || len(word) > 12 {
			return false
		}
		name := string(bytes.ToLower(word))
		if alone, ok := announcing[name]; ok && (alone || address) {
			return true
		}
		address = name == "address" || name == "addr" || name == "id"
	}
	return false
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// inComment reports whether the current line is switched off. A format that has
// comments with other marks also has those with "#".
func (in *input) inComment() bool {
	if in.format.comment == "" {
		return false
	}
	line := bytes.TrimLeft(in.line, " \t")
	return bytes.HasPrefix(line, []byte("#")) || bytes.HasPrefix(line, []byte(in.format.comment))
}

// details fills in what the format's expressions find in the line.
func (in *input) details(c *Claim) {
	for _, d := range in.format.detail {
		m := d.FindSubmatch(in.line)
		if m == nil {
			continue
		}
		for i, group := range d.SubexpNames() {
			set(c, group, string(m[i]))
		}
		break
	}
	tellNames(c)
	if c.Note == "FAILED" || c.Note == "INCOMPLETE" {
		c.past(Unanswered)
	}
}

// tellNames puts names and IP addresses in their places: many lists take either.
func tellNames(c *Claim) {
	if _, err := netip.ParseAddr(c.Name); err == nil && c.IP == "" {
		c.Name, c.IP = "", c.Name
	}
	if _, err := netip.ParseAddr(c.IP); err != nil && c.Name == "" {
		c.Name, c.IP = c.IP, ""
	}
}

func set(c *Claim, group, value string) {
	switch group {
	case "name":
		c.Name = value
	case "ip":
		c.IP = value
	case "port":
		c.Port = value
	case "vlan":
		c.VLAN = value
	case "note":
		c.Note = value
	}
}

// dnsmasqHost finds the name and address of a dhcp-host line: fields in any
// order, of which the address comes first as a rule.
var dnsmasqHost = []*regexp.Regexp{
	re(`^\s*#?\s*dhcp-host=.*?,(?P<ip>\d+\.\d+\.\d+\.\d+),(?P<name>[A-Za-z][\w.-]*)`),
	re(`^\s*#?\s*dhcp-host=.*?,(?P<name>[A-Za-z][\w-]*),(?P<ip>\d+\.\d+\.\d+\.\d+)`),
	re(`^\s*#?\s*dhcp-host=.*?,(?P<ip>\d+\.\d+\.\d+\.\d+)`),
	re(`^\s*#?\s*dhcp-host=.*?,(?P<name>[A-Za-z][\w-]*)`),
}

// readDnsmasqLeases reads "expiry address ip name client-id"; the lines after
// "duid" are DHCPv6 leases, whose client id may hold an address.
func readDnsmasqLeases(in *input) error {
	for in.next() {
		if bytes.HasPrefix(in.line, []byte("duid ")) {
			continue // the server's own
		}
		in.addresses(func(c *Claim) {
			fields := strings.Fields(string(in.line))
			if len(fields) < 4 {
				return
			}
			c.IP = fields[2]
			if fields[3] != "*" {
				c.Name = fields[3]
			}
			if expiry, err := strconv.ParseInt(fields[0], 10, 64); err == nil {
				in.lease(c, expiry)
			}
		})
	}
	return in.failure()
}

// lease notes when a lease ends; 0 is never. One that has ended no longer shows
// the address at work.
func (in *input) lease(c *Claim, expiry int64) {
	switch end := time.Unix(expiry, 0); {
	case expiry == 0:
		c.Note = "lease without end"
	case end.Before(now()):
		c.past(Ended)
		c.Note, c.Time = "lease ended "+end.UTC().Format(time.DateOnly), end
	default:
		c.Note = "lease until " + end.UTC().Format("2006-01-02 15:04 UTC")
	}
}

// now is the clock; tests set it.
var now = time.Now

// readQEMU reads command lines, words separated by NUL as in /proc.
func readQEMU(in *input) error {
	for in.next() {
		in.line = bytes.ReplaceAll(in.line, []byte{0}, []byte{' '})
		in.addresses(func(c *Claim) {
			if m := qemuName.FindSubmatch(in.line); m != nil {
				c.Name = string(m[1])
			}
		})
	}
	return in.failure()
}

var qemuName = re(`-name (?:guest=)?([^\s,]+)`)

// readSNMP reads walks of bridge and ARP tables: the address is in the object
// identifier in decimal, or in the value.
func readSNMP(in *input) error {
	for in.next() {
		line := string(in.line)
		if m := snmpFdb.FindStringSubmatch(line); m != nil {
			if a, ok := decimal(m[2]); ok && in.address(a, in.line) {
				c := in.claim(a)
				c.VLAN, c.Port = m[1], m[3]
				in.emit(c)
			}
			continue
		}
		if m := snmpHex.FindStringSubmatch(line); m != nil {
			a, err := hwaddr.Parse(strings.ReplaceAll(strings.TrimSpace(m[1]), " ", ":"))
			if err == nil && in.address(a, in.line) {
				c := in.claim(a)
				if m := snmpARP.FindStringSubmatch(line); m != nil {
					c.IP = m[1] + m[2]
				}
				in.emit(c)
			}
			continue
		}
		in.addresses(func(c *Claim) {
			if m := snmpARP.FindStringSubmatch(line); m != nil {
				c.IP = m[1] + m[2]
			}
			if m := snmpVLAN.FindStringSubmatch(line); m != nil {
				c.VLAN = m[1]
			}
			if m := snmpPort.FindStringSubmatch(line); m != nil {
				c.Port = m[1]
			}
		})
	}
	return in.failure()
}

var (
	// With and without "-Oq", which leaves out the mark and the type.
	snmpFdb  = re(`(?:17\.7\.1\.2\.2\.1\.[23]|dot1qTpFdb(?:Port|Status)|17\.4\.3\.1\.[23]|dot1dTpFdb(?:Port|Status))(?:\.(\d+))??\.(\d+(?:\.\d+){5})(?:\s*=\s*|\s+)(?:INTEGER:\s*)?(\S+)`)
	snmpHex  = re(`(?:=\s*Hex-STRING:\s*|\s")((?:[0-9A-Fa-f]{2} ?){6})"?\s*$`)
	snmpARP  = re(`(?:4\.22\.1\.2|ipNetToMediaPhysAddress)\.\d+\.(\d+\.\d+\.\d+\.\d+)|PhysAddress\[\d+\]\[([0-9.]+)\]`)
	snmpVLAN = re(`dot1qTpFdb\w+\[(\d+)\]`)
	snmpPort = re(`=\s*INTEGER:\s*(\d+)`)
)

// decimal reads six decimal octets joined by dots.
func decimal(s string) (a hwaddr.Addr, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 6 {
		return a, false
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return a, false
		}
		a[i] = byte(v)
	}
	return a, true
}
