// SPDX-License-Identifier: MIT

package source

import (
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

// readJSON walks any JSON: a string that is an address is a claim, and the
// other fields of its object say whose it is.
func readJSON(in *input) error {
	lines := &lineCounter{r: in.r}
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
}

// object is what is known of a JSON object: its text fields, and the addresses
// in it.
type object struct {
	parent *object
	fields []field
	found  []found
}

type field struct{ key, value string }

func (o *object) set(key, value string) {
	if o != nil {
		o.fields = append(o.fields, field{key, value})
	}
}

type found struct {
	key  string
	addr hwaddr.Addr
	line int
}

// get looks a field up here and in the objects around.
func (o *object) get(keys ...string) string {
	for ; o != nil; o = o.parent {
		for _, k := range keys {
			for _, f := range o.fields {
				if f.key == k && f.value != "" {
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

func (w *jsonWalker) object(parent *object, depth int) error {
	o := &object{parent: parent}
	if n := len(w.free); n > 0 { // a table has as many objects as hosts
		o, w.free = w.free[n-1], w.free[:n-1]
		*o = object{parent: parent, fields: o.fields[:0], found: o.found[:0]}
	}
	for w.d.More() {
		token, err := w.d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if token, err = w.d.Token(); err == nil {
			err = w.value(key, token, o, depth+1)
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

// text takes a string value: an address, or something about its owner.
func (w *jsonWalker) text(key, value string, o *object) {
	if len(value) > 256 {
		return
	}
	in := w.in
	in.n, in.line = w.lines.at(w.d.InputOffset()), nil
	m, ok := hwaddr.Find([]byte(value), 0)
	isAddr := ok && m.Bad == "" && m.Start == 0 && m.End == len(value)
	switch {
	case key == "broadcast" || key == "brd":
	case isAddr && strings.Contains(value, "::"): // an IPv6 address, beside its MAC
		o.set(key, value)
	case isAddr && o == nil:
		if in.address(m.Addr, []byte(value)) {
			in.sink.Claim(in.claim(m.Addr))
		}
	case isAddr:
		o.found = append(o.found, found{key, m.Addr, in.n})
	default:
		if strings.Contains(strings.ToLower(key), "mac_address") && value != "" {
			_, err := hwaddr.Parse(value)
			if err != nil {
				in.problem([]byte(key+": "+value), err.Error())
			}
		}
		o.set(key, value)
	}
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
	for i, f := range o.found {
		// An object may say its address twice, as NetBox does.
		if slices.ContainsFunc(o.found[:i], func(before found) bool { return before.addr == f.addr }) {
			continue
		}
		in := w.in
		in.format, in.n = w.format(f.key, o), f.line
		text := f.key + ": " + f.addr.String()
		if !in.address(f.addr, []byte(text)) {
			continue
		}
		c := in.claim(f.addr)
		c.Text = text
		c.VLAN = o.get("vlan", "vlanId")
		switch f.key {
		case "lladdr":
			c.IP, c.Port = o.get("dst"), o.get("dev")
		case "mac":
			c.Port = o.get("ifname")
			c.Name = o.get("device", "hostname", "host", "name")
		default:
			c.Name = o.get("ifname", "device", "hostname", "host", "name", "display")
			c.IP = o.get("ip", "ip_address", "ipv4")
		}
		in.sink.Claim(c)
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
