// SPDX-License-Identifier: MIT

package source

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// maxDepth bounds the nesting of JSON that is followed.
const maxDepth = 64

// readJSON walks any JSON, with Kea's comments or without: a string or a key that
// is an address is a claim, and the other fields of its object say whose it is. One
// that has an address in it mentions it.
func readJSON(in *input) error {
	lines := &lineCounter{r: newUncomment(in.r, in.jsonComment)}
	w := jsonWalker{in: in, inventory: in.format, lines: lines, d: json.NewDecoder(lines)}
	for {
		token, err := w.d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = w.value("", token, nil, 0)
		}
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", lines.at(w.d.InputOffset()), err)
		}
	}
}

type jsonWalker struct {
	in        *input
	inventory *format // what is not the output of ip or bridge
	lines     *lineCounter
	d         *json.Decoder
	free      []*object
	buf       []byte // the value that is looked at
}

// object is what is known of a JSON object: its text fields, and the addresses
// in it. Those that its IPv6 addresses were formed from are apart: as a rule they
// say again what another field has said.
type object struct {
	parent *object
	fields []jsonField
	found  []found
	formed []found
}

type jsonField struct{ key, value string }

func (o *object) set(key, value string) {
	if o != nil {
		o.fields = append(o.fields, jsonField{key, value})
	}
}

type found struct {
	key  string
	addr hwaddr.Addr
	line int
}

// has reports whether an address was found here or in the objects around.
func (o *object) has(a hwaddr.Addr) bool {
	for ; o != nil; o = o.parent {
		if slices.ContainsFunc(o.found, func(f found) bool { return f.addr == a }) {
			return true
		}
	}
	return false
}

// keyStyle takes out of a key what each program does its own way: host_name,
// host-name, HostName.
var keyStyle = strings.NewReplacer("_", "", "-", "")

// get looks a field up here and in the objects around, by its key in lower case
// without marks.
func (o *object) get(keys ...string) string {
	for ; o != nil; o = o.parent {
		for _, k := range keys {
			for _, f := range o.fields {
				if f.value != "" && strings.ToLower(keyStyle.Replace(f.key)) == k {
					return f.value
				}
			}
		}
	}
	return ""
}

func (w *jsonWalker) value(key string, token json.Token, o *object, depth int) error {
	if depth > maxDepth {
		return errors.New("it is nested too deeply")
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			return w.object(o, depth)
		}
		for w.d.More() {
			token, err := w.d.Token()
			if err == nil {
				err = w.value(key, token, o, depth+1)
			}
			if err != nil {
				return err
			}
		}
		_, err := w.d.Token() // ]
		return err
	case string:
		w.text(key, t, o)
	case float64:
		o.set(key, strconv.FormatFloat(t, 'f', -1, 64))
	}
	return nil
}

// object reads an object to its end; keyed are addresses that stand for it.
func (w *jsonWalker) object(parent *object, depth int, keyed ...found) error {
	if depth > maxDepth {
		return errors.New("it is nested too deeply")
	}
	o := &object{parent: parent}
	if n := len(w.free); n > 0 { // a table has as many objects as hosts
		o, w.free = w.free[n-1], w.free[:n-1]
		*o = object{parent: parent, fields: o.fields[:0], found: o.found[:0], formed: o.formed[:0]}
	}
	o.found = append(o.found, keyed...)
	for w.d.More() {
		token, err := w.d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		m, ok := hwaddr.Find([]byte(key), 0)
		isAddr := ok && m.Bad == "" && m.Start == 0 && m.End == len(key)
		line := w.lines.at(w.d.InputOffset())
		if token, err = w.d.Token(); err == nil {
			switch {
			case isAddr && token == json.Delim('{'): // {"02:...": {"name": ...}}
				err = w.object(o, depth+1, found{"", m.Addr, line})
			case isAddr:
				o.found = append(o.found, found{"", m.Addr, line})
				fallthrough
			default:
				err = w.value(key, token, o, depth+1)
			}
		}
		if err != nil {
			return err
		}
	}
	if _, err := w.d.Token(); err != nil { // }
		return err
	}
	w.claims(o)
	w.free = append(w.free, o)
	return nil
}

// addrKeys are what programs call an address, in lower case without marks.
var addrKeys = map[string]bool{
	"mac": true, "macaddr": true, "macaddress": true, "hwaddr": true, "hwaddress": true, "lladdr": true, "hardwareaddress": true,
	"physicaladdress": true, "ethernetaddress": true, "permaddr": true, "permhwaddr": true, "primarymacaddress": true,
}

func isAddrKey(key string) bool { return addrKeys[strings.ToLower(keyStyle.Replace(key))] }

// maxField bounds what is kept of a field that says whose an address is.
const maxField = 256

// text takes a string value: an address, or something about its owner.
func (w *jsonWalker) text(key, value string, o *object) {
	in := w.in
	in.format, in.n, in.line = w.inventory, w.lines.at(w.d.InputOffset()), nil
	w.buf = append(w.buf[:0], value...)
	text := w.buf
	m, ok := hwaddr.Find(text, 0)
	switch {
	case key == "broadcast" || key == "brd":
		return
	case !ok || m.Bad != "" || m.Start != 0 || m.End != len(text):
		if len(value) <= maxField {
			o.set(key, value)
		}
		switch {
		case isAddrKey(key) && (!ok || m.Bad != "") && !noAddress[strings.ToLower(value)]:
			_, err := hwaddr.Parse(value)
			in.misread([]byte(key+": "+value), err.Error())
		case ok:
			w.mentions(key, text)
		}
	case m.Weak && !isAddrKey(key) && o != nil: // a serial number, as likely as not
		o.set(key, value)
		w.mentions(key, text)
	case o == nil: // an element of a list that is all there is
		if in.address(m.Addr, text) {
			in.emit(in.claim(m.Addr))
		}
	case strings.Contains(value, "::") || strings.Count(value, ":") == 7: // an IPv6 address
		o.set(key, value)
		o.formed = append(o.formed, found{key, m.Addr, in.n})
	default:
		o.found = append(o.found, found{key, m.Addr, in.n})
	}
}

// mentions takes a text that has an address in it, or what was meant as one.
func (w *jsonWalker) mentions(key string, text []byte) {
	in := w.in
	in.line, in.last = text, hwaddr.Addr{}
	in.expected = func(hwaddr.Match) bool { return false }
	if m, ok := hwaddr.Find([]byte(key), 0); !ok || m.Bad != "" { // else it was counted
		in.line = append([]byte(key+": "), text...)
	}
	in.addresses(func(c *Claim) { c.Class = Mentioned })
}

// liveJSON is for what "ip -j" and "bridge -j" print: the keys are theirs.
var liveJSON = &format{name: "json", class: Used, observed: true}

func (w *jsonWalker) format(key string, o *object) *format {
	switch key {
	case "lladdr", "permaddr", "perm_hwaddr":
		return liveJSON
	case "address", "mac":
		if o.get("ifname") != "" {
			return liveJSON
		}
	}
	return w.inventory
}

func (w *jsonWalker) claims(o *object) {
	if o.get("state") == "permanent" { // bridge -j fdb: the bridge's own
		return
	}
	for _, f := range o.formed {
		if !o.has(f.addr) {
			o.found = append(o.found, f)
		}
	}
	for i, f := range o.found {
		// An object may say its address twice, as NetBox does.
		if slices.ContainsFunc(o.found[:i], func(before found) bool { return before.addr == f.addr }) {
			continue
		}
		in := w.in
		in.format, in.n = w.format(f.key, o), f.line
		text := strings.TrimPrefix(f.key+": ", ": ") + f.addr.String()
		if !in.address(f.addr, []byte(text)) {
			continue
		}
		c := in.claim(f.addr)
		c.Text = text
		c.VLAN = o.get("vlan", "vlanid")
		switch f.key {
		case "lladdr":
			c.IP, c.Port, c.Note = o.get("dst"), o.get("dev"), o.get("state")
			if c.Note == "FAILED" || c.Note == "INCOMPLETE" {
				c.past(Unanswered)
			}
		case "mac":
			c.Port = o.get("ifname")
			c.Name = o.get("device", "hostname", "host", "name")
		default:
			c.Name = o.get("ifname", "device", "hostname", "host", "name", "display")
			c.IP = o.get("ip", "ipaddress", "ipv4", "ansiblehost")
		}
		in.emit(c)
	}
}

// lineCounter remembers where the lines begin in what was read through it, as
// far back as the decoder may still ask.
type lineCounter struct {
	r     io.Reader
	read  int64
	ends  []int64 // offsets of line ends not passed yet
	lines int     // line ends passed
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

// at is the number of the line that holds the offset. Offsets only grow.
func (l *lineCounter) at(offset int64) int {
	passed := 0
	for passed < len(l.ends) && l.ends[passed] < offset {
		passed++
	}
	l.ends = l.ends[passed:]
	l.lines += passed
	return l.lines + 1
}

// jsonComment takes the addresses that a line of a comment names.
func (in *input) jsonComment(text []byte, line int) {
	format, n := in.format, in.n
	comment := *format
	comment.comment = " "
	in.format, in.n, in.line, in.last, in.expected = &comment, line, append([]byte("# "), text...), hwaddr.Addr{}, nil
	in.addresses(nil)
	in.format, in.n, in.line = format, n, nil
}

// uncomment makes JSON of what Kea takes for it: comments (#, //, /* */) become
// blanks and are handed to comment line by line, and a comma that nothing follows
// is left out. Lines stay lines.
type uncomment struct {
	r       *bufio.Reader
	comment func(text []byte, line int)

	line  int // that is read, from 1
	held  int // line ends since a comma that may be left out, -1 where there is none
	state byte
	text  []byte // of the comment
	out   []byte
	read  int // of out
	err   error
}

// What uncomment is in the middle of.
const (
	inJSON    = iota
	inString  // "..."
	inEscape  // a string, behind its backslash
	inLine    // a comment to the end of the line
	inBlock   // a comment to its mark
	atSlash   // one slash outside a string
	atStar    // in a block, behind a star
	maxOutput = 32 << 10
	// maxComment bounds what is kept of one line of a comment.
	maxComment = 4096
)

func newUncomment(r *bufio.Reader, comment func([]byte, int)) *uncomment {
	return &uncomment{r: r, comment: comment, line: 1, held: -1}
}

func (u *uncomment) Read(p []byte) (int, error) {
	if u.read == len(u.out) {
		u.out, u.read = u.out[:0], 0
	}
	for u.read == 0 && len(u.out) < maxOutput && u.err == nil {
		c, err := u.r.ReadByte()
		if err != nil {
			u.err = err
			u.endComment()
			u.release(true)
			break
		}
		u.take(c)
	}
	if len(u.out) == 0 {
		return 0, u.err
	}
	n := copy(p, u.out[u.read:])
	u.read += n
	return n, nil
}

func (u *uncomment) take(c byte) {
	switch u.state {
	case inString:
		u.out = append(u.out, c)
		switch c {
		case '\\':
			u.state = inEscape
		case '"':
			u.state = inJSON
		}
	case inEscape:
		u.out, u.state = append(u.out, c), inString
	case inLine:
		if c == '\n' {
			u.endComment()
			u.state = inJSON
			u.newline()
		} else {
			u.keep(c)
		}
	case inBlock, atStar:
		switch {
		case c == '/' && u.state == atStar:
			u.endComment()
			u.state = inJSON
		case c == '\n':
			u.endComment()
			u.state = inBlock
			u.newline()
		case c == '*':
			u.state = atStar
			u.keep(c)
		default:
			u.state = inBlock
			u.keep(c)
		}
	case atSlash:
		switch c {
		case '/':
			u.state = inLine
		case '*':
			u.state = inBlock
		default: // a mistake, which the decoder finds
			u.release(true)
			u.out, u.state = append(u.out, '/'), inJSON
			u.take(c)
		}
	default:
		u.json(c)
	}
}

// json takes a byte outside strings and comments.
func (u *uncomment) json(c byte) {
	switch c {
	case '#':
		u.state = inLine
	case '/':
		u.state = atSlash
	case '\n':
		u.newline()
	case ' ', '\t', '\r':
		if u.held < 0 {
			u.out = append(u.out, c)
		}
	case ',':
		u.release(true)
		u.held = 0
	default:
		u.release(c != '}' && c != ']')
		if u.out = append(u.out, c); c == '"' {
			u.state = inString
		}
	}
}

func (u *uncomment) newline() {
	if u.line++; u.held >= 0 {
		u.held++
		return
	}
	u.out = append(u.out, '\n')
}

// release writes what was held back: the comma, if it counts, and line ends.
func (u *uncomment) release(comma bool) {
	if u.held < 0 {
		return
	}
	if comma {
		u.out = append(u.out, ',')
	}
	for range u.held {
		u.out = append(u.out, '\n')
	}
	u.held = -1
}

func (u *uncomment) keep(c byte) {
	if len(u.text) < maxComment {
		u.text = append(u.text, c)
	}
}

func (u *uncomment) endComment() {
	if len(u.text) > 0 {
		u.comment(u.text, u.line)
		u.text = u.text[:0]
	}
}
