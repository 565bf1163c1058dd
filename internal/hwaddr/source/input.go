// SPDX-License-Identifier: MIT

package source

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf16"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// headSize is how much of a file is looked at to recognise its format, and the
// longest line that is seen as one.
const headSize = 256 << 10

// input is one file while it is read: lines for the readers, and where they
// leave what they find.
type input struct {
	sink   Sink
	format *format
	source string
	file   string
	host   string
	time   time.Time // of the file, or when a live table was read
	r      *bufio.Reader

	line  []byte // the current line, without its end
	n     int    // its number, from 1
	cut   bool   // the line goes on
	err   error
	last  hwaddr.Addr // found in this line already
	count int
	// unread are places that could not be read although the file could.
	unread []error
}

// next reads the next line. A line of more than headSize comes in pieces, cut
// where no address can be.
func (in *input) next() bool {
	if in.err != nil {
		return false
	}
	if !in.cut {
		in.n++
	}
	in.last = hwaddr.Addr{}
	line, err := in.r.ReadSlice('\n')
	in.cut = errors.Is(err, bufio.ErrBufferFull)
	if in.cut {
		// ReadSlice has consumed the buffer: give back what follows the last blank
		// by reading the rest of that word into a copy.
		line = bytes.Clone(line)
		for range 64 {
			c, err := in.r.ReadByte()
			if err != nil || c == '\n' {
				in.cut = err != nil && in.cut
				break
			}
			line = append(line, c)
			if c == ' ' || c == '\t' || c == ',' || c == '"' {
				break
			}
		}
	} else if err != nil {
		in.err = err
		if len(line) == 0 {
			return false
		}
	}
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	in.line = line
	return true
}

// failure is the error that ended the reading, if it was not the end.
func (in *input) failure() error {
	if in.err == nil || errors.Is(in.err, io.EOF) {
		return nil
	}
	return in.err
}

// problem reports the current line.
func (in *input) problem(text []byte, why string) {
	if !in.format.code && in.sink.WantProblem() {
		in.sink.Problem(Problem{in.file, in.n, quote(text), why})
	}
}

// unreadable notes a place that could hold an address and cannot be read.
func (in *input) unreadable(line int, why string) {
	in.unread = append(in.unread, fmt.Errorf("%s:%d: %s", in.file, line, why))
}

// address counts an address and reports whether its claim is wanted. What no
// host can have is a problem as well in a list that people keep, and nothing in
// a table that a machine shows.
func (in *input) address(a hwaddr.Addr, text []byte) bool {
	if why := a.Unusable(); why != "" {
		if in.format.observed {
			return false
		}
		if in.sink.WantProblem() {
			in.sink.Problem(Problem{in.file, in.n, quote(text), a.String() + ": " + why})
		}
	}
	in.count++
	return in.sink.Want(a)
}

// claim makes a claim with what every claim of this input has.
func (in *input) claim(a hwaddr.Addr) Claim {
	c := Claim{Addr: a, Class: in.format.class, Source: in.source, Format: in.format.name, File: in.file, Line: in.n, Host: in.host, Time: in.time}
	if in.line != nil {
		c.Text = quote(in.line)
	}
	return c
}

// errNotText is a file that no reader knows and that is no text.
var errNotText = errors.New("it is no text, and no format that is known")

// decode looks at the beginning of a file: byte order marks are taken away,
// UTF-16 (what PowerShell writes) becomes UTF-8, and what cannot be text and is
// nothing that is known is refused.
func decode(r io.Reader) (*bufio.Reader, []byte, error) {
	br := bufio.NewReaderSize(r, headSize)
	head, err := br.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		br.Discard(3)
		return br, head[3:], nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		u := bufio.NewReaderSize(&utf16Reader{r: br}, headSize)
		head, err := u.Peek(headSize)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, nil, err
		}
		return u, head, nil
	case bytes.HasPrefix(head, []byte("\x1f\x8b")), bytes.HasPrefix(head, []byte("\xfd7zXZ\x00")), bytes.HasPrefix(head, []byte("BZh")), bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return nil, nil, errors.New("it is compressed: unpack it first")
	}
	return br, head, nil
}

// utf16Reader makes UTF-8 of UTF-16 with a byte order mark.
type utf16Reader struct {
	r     *bufio.Reader
	big   bool
	begun bool
	out   []byte
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		unit, err := u.unit()
		if err != nil {
			return 0, err
		}
		if !u.begun {
			u.begun = true
			if u.big = unit == 0xfffe; u.big || unit == 0xfeff {
				continue
			}
		}
		r := rune(unit)
		if utf16.IsSurrogate(r) {
			low, err := u.unit()
			if err != nil {
				return 0, err
			}
			r = utf16.DecodeRune(r, rune(low))
		}
		u.out = append(u.out, string(r)...)
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) unit() (uint16, error) {
	var b [2]byte
	if _, err := io.ReadFull(u.r, b[:]); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		return 0, err
	}
	if u.big {
		return uint16(b[0])<<8 | uint16(b[1]), nil
	}
	return uint16(b[1])<<8 | uint16(b[0]), nil
}
