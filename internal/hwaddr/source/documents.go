// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// A BOOTP message (RFC 951) with DHCP's magic cookie (RFC 2131), which is what
// dhcpcd keeps as a lease: the client's address is at 28.
const (
	bootpCookieAt = 236
	bootpCookie   = 0x63825363
	bootpAddrAt   = 28
	bootpIPAt     = 16 // yiaddr
)

func isDHCPcd(head []byte) bool {
	return len(head) >= bootpCookieAt+4 && (head[0] == 1 || head[0] == 2) && head[1] == 1 && head[2] == 6 &&
		binary.BigEndian.Uint32(head[bootpCookieAt:]) == bootpCookie
}

func readDHCPcd(in *input) error {
	head := make([]byte, bootpCookieAt+4)
	if _, err := io.ReadFull(in.r, head); err != nil || !isDHCPcd(head) {
		return errors.New("it is no DHCP message")
	}
	a := hwaddr.Addr(head[bootpAddrAt : bootpAddrAt+6])
	if in.address(a, nil) {
		c := in.claim(a)
		c.Line, c.Name = 0, baseName(in.file)
		c.IP = fmt.Sprintf("%d.%d.%d.%d", head[bootpIPAt], head[bootpIPAt+1], head[bootpIPAt+2], head[bootpIPAt+3])
		c.Note = "this machine's own lease"
		in.emit(c)
	}
	return nil
}

// readLibvirt reads domains and networks: <mac address='...'/> of interfaces,
// and <host mac='...' name='...' ip='...'/> of DHCP reservations.
func readLibvirt(in *input) error {
	d := xml.NewDecoder(in.r)
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	name := ""
	var path []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		in.n, _ = d.InputPos()
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			in.libvirtElement(t, name)
		case xml.EndElement:
			path = path[:max(len(path)-1, 0)]
		case xml.Comment:
			in.libvirtText(t, Comment)
		case xml.CharData:
			if n := len(path); n >= 2 && path[n-1] == "name" && (path[n-2] == "domain" || path[n-2] == "network") {
				name = strings.TrimSpace(string(t))
			}
			in.libvirtText(t, Mentioned)
		}
	}
}

func (in *input) libvirtElement(t xml.StartElement, name string) {
	attr := map[string]string{}
	for _, a := range t.Attr {
		attr[a.Name.Local] = a.Value
	}
	text, ok := attr["address"]
	if t.Name.Local != "mac" || !ok {
		if text, ok = attr["mac"]; !ok || t.Name.Local != "host" {
			for _, a := range t.Attr { // <qemu:arg value='virtio-net,mac=...'/>
				in.libvirtText([]byte(a.Value), Mentioned)
			}
			return
		}
		name = attr["name"]
	}
	line := fmt.Sprintf("<%s %s='%s'/>", t.Name.Local, map[bool]string{true: "mac", false: "address"}[t.Name.Local == "host"], text)
	a, err := hwaddr.Parse(text)
	if err != nil {
		in.misread([]byte(line), err.Error())
		return
	}
	if in.address(a, []byte(line)) {
		c := in.claim(a)
		c.Text, c.Name, c.IP = line, name, attr["ip"]
		in.emit(c)
	}
}

// libvirtText looks for addresses where none has to be.
func (in *input) libvirtText(text []byte, class Class) {
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		in.line, in.last = line, hwaddr.Addr{}
		in.addresses(func(c *Claim) { c.Class = class })
	}
}

// readNetplan reads the device that each "macaddress:" belongs to from the
// indentation of YAML's block style.
func readNetplan(in *input) error {
	type key struct {
		indent int
		name   string
	}
	var keys []key
	for in.next() {
		text := bytes.TrimLeft(in.line, " ")
		indent := len(in.line) - len(text)
		if name, rest, ok := bytes.Cut(text, []byte(":")); ok && len(text) > 0 && text[0] != '#' {
			for len(keys) > 0 && keys[len(keys)-1].indent >= indent {
				keys = keys[:len(keys)-1]
			}
			if len(bytes.TrimSpace(rest)) == 0 {
				keys = append(keys, key{indent, strings.Trim(string(name), `"' `)})
			}
		}
		in.addresses(func(c *Claim) {
			for i := len(keys) - 1; i >= 0; i-- {
				if keys[i].name != "match" {
					c.Name = keys[i].name
					return
				}
			}
		})
	}
	return in.failure()
}

// readDHCPD reads dhcpd.conf and dhcpd.leases: statements in blocks, of which
// "lease IP" and "host NAME" matter. What belongs to a block is known at its
// end, and a later block for the same IP replaces an earlier one.
func readDHCPD(in *input) error {
	var (
		blocks []string // "lease", "host" or ""
		claims []Claim  // of the open block
		done   []Claim
		lease  struct {
			ip, name, state string
			ends            time.Time
		}
		latest = map[string]int{} // IP of wanted claims in done
		words  []string
	)
	statement := func() {
		switch {
		case len(words) >= 2 && words[0] == "hardware" && words[1] == "ethernet":
			text := ""
			if len(words) > 2 {
				text = words[2]
			}
			a, err := hwaddr.Parse(text)
			if err != nil {
				in.misread(in.line, err.Error())
			} else if in.address(a, in.line) {
				claims = append(claims, in.claim(a))
			}
			in.last = a
		case len(words) >= 2 && words[0] == "fixed-address":
			lease.ip = strings.TrimSuffix(words[1], ",")
		case len(words) >= 3 && words[0] == "binding" && words[1] == "state":
			lease.state = words[2]
		case len(words) >= 2 && words[0] == "client-hostname":
			lease.name = words[1]
		case len(words) >= 4 && words[0] == "ends":
			lease.ends, _ = time.Parse("2006/01/02 15:04:05", words[2]+" "+words[3])
		}
		words = words[:0]
	}
	// mention takes an address that a word holds: subclass "voip" 1:02:00:..., or
	// the DUID of a DHCPv6 lease.
	mention := func(w string) {
		if len(words) >= 2 && words[0] == "hardware" || len(words) >= 1 && words[0] == "server-duid" {
			return
		}
		m, ok := hwaddr.Find([]byte(w), 0)
		if !ok || m.Bad != "" {
			if m.Addr, ok = duidAddr(w); !ok {
				return
			}
		}
		if m.Addr != in.last && in.address(m.Addr, in.line) {
			c := in.claim(m.Addr)
			c.Class = Mentioned
			done = append(done, c)
		}
	}
	for in.next() {
		line, comment := dhcpdWords(string(in.line))
		if comment != "" {
			whole := in.line
			in.line = []byte(comment)
			in.addresses(nil)
			in.line, in.last = whole, hwaddr.Addr{}
		}
		for _, w := range line {
			switch w {
			case "{":
				kind := ""
				if len(words) >= 2 && (words[0] == "lease" || words[0] == "host") {
					kind = words[0]
					lease.ip, lease.name, lease.state, lease.ends = "", "", "", time.Time{}
					if kind == "lease" {
						lease.ip = words[1]
						if i, ok := latest[lease.ip]; ok {
							done[i].past(Ended)
							done[i].Note = fmt.Sprintf("an older lease: line %d has a later one", in.n)
						}
					} else {
						lease.name = words[1]
					}
				}
				blocks, words = append(blocks, kind), words[:0]
			case ";":
				statement()
			case "}":
				kind := ""
				if n := len(blocks); n > 0 {
					kind, blocks = blocks[n-1], blocks[:n-1]
				}
				words = words[:0]
				if kind == "" {
					continue
				}
				for _, c := range claims {
					c.Name, c.IP = lease.name, lease.ip
					if kind == "lease" {
						c.Class = Used
						if !lease.ends.IsZero() {
							in.lease(&c, lease.ends.Unix())
						}
						if lease.state != "" && lease.state != "active" {
							c.past(Ended)
							if c.Note = "lease " + lease.state; !lease.ends.IsZero() && lease.ends.Before(now()) {
								c.Note += ", ended " + lease.ends.Format(time.DateOnly)
								c.Time = lease.ends
							}
						}
						latest[c.IP] = len(done)
					}
					done = append(done, c)
				}
				claims = claims[:0]
			default:
				mention(w)
				words = append(words, w)
			}
		}
	}
	for _, c := range append(done, claims...) {
		in.emit(c)
	}
	return in.failure()
}

// dhcpdWords splits a line into words, quoted strings, and the marks { } ;
// that stand alone, and the comment that ends it.
func dhcpdWords(line string) (words []string, comment string) {
	for line != "" {
		switch c := line[0]; {
		case c == ' ' || c == '\t':
			line = line[1:]
		case c == '#':
			return words, line
		case strings.IndexByte("{};", c) >= 0:
			words, line = append(words, line[:1]), line[1:]
		case c == '"':
			end := 1
			for end < len(line) && line[end] != '"' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(line))
			words, line = append(words, line[1:end]), line[min(end+1, len(line)):]
		default:
			end := strings.IndexAny(line, " \t{};\"")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
		}
	}
	return words, ""
}

// duidAddr finds the address in a DHCPv6 client's identity as dhcpd writes it:
// four octets of the association, then a DUID (RFC 8415), the octets that are no
// text as \ooo.
func duidAddr(s string) (hwaddr.Addr, bool) {
	var b []byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' && i+1 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:min(i+4, len(s))], 8, 8); err == nil && i+3 < len(s) {
				c, i = byte(v), i+3
			} else {
				c, i = s[i+1], i+1
			}
		}
		b = append(b, c)
	}
	switch {
	case len(b) == 4+14 && bytes.HasPrefix(b[4:], []byte{0, 1, 0, 1}), len(b) == 4+10 && bytes.HasPrefix(b[4:], []byte{0, 3, 0, 1}):
		a := hwaddr.Addr(b[len(b)-6:])
		return a, a.Unusable() == ""
	}
	return hwaddr.Addr{}, false
}
