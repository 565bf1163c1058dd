// SPDX-License-Identifier: MIT

package source

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
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
	at    int         // where that stands
	count int
	// unread are places that could not be read although the file could, the first
	// maxUnread of misreads.
	unread   []error
	misreads int
	// expected reports, for a reader that knows its columns, whether a weak match
	// stands where an address is expected.
	expected func(hwaddr.Match) bool
	// hold takes a claim, for a reader that learns more about it later, and reports
	// whether it did; else it completes it.
	hold func(*Claim, hwaddr.Match) bool
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
		in.sink.Problem(Problem{in.file, in.n, quote(text), Visible(why)})
	}
}

// misread reports a value in a place for addresses that could not be read: it can
// be any address, so that the source was not read whole.
func (in *input) misread(text []byte, why string) {
	in.problem(text, why)
	in.unreadable(in.n, why)
}

// maxUnread bounds the places of one source that are named because they could not
// be read.
const maxUnread = 5

// unreadable notes a place that could hold an address and cannot be read.
func (in *input) unreadable(line int, why string) {
	if in.misreads++; in.misreads <= maxUnread {
		in.unread = append(in.unread, fmt.Errorf("%s:%d: %s", in.file, line, why))
	}
}

// unreadErr joins what could not be read; nil where everything was.
func (in *input) unreadErr() error {
	if more := in.misreads - len(in.unread); more > 0 {
		return errors.Join(append(in.unread, fmt.Errorf("%s: and %d more lines", in.file, more))...)
	}
	return errors.Join(in.unread...)
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
	return in.sink.Want(a, true)
}

// claim makes a claim with what every claim of this input has.
func (in *input) claim(a hwaddr.Addr) Claim {
	c := Claim{Addr: a, Class: in.format.class, Source: in.source, Format: in.format.name, File: in.file, Line: in.n, Host: in.host, Time: in.time}
	if in.line != nil {
		c.Text = quote(in.line)
	}
	return c
}

// emit hands a claim over.
func (in *input) emit(c Claim) { emit(in.sink, c) }

func emit(sink Sink, c Claim) {
	c.visible()
	sink.Claim(c)
}

// errNotText is a file that no reader knows and that is no text.
var errNotText = errors.New("it is no text, and no format that is known")

// packers are the compressed formats that are not read here, by their magic
// numbers, with the program that unpacks each.
var packers = []struct{ magic, program string }{
	{"\xfd7zXZ\x00", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"LZIP", "lzip"}, {"PK\x03\x04", "unzip"},
}

// decode looks at the beginning of a file: gzip and bzip2 (what logrotate leaves
// behind) are unpacked, byte order marks are taken away, and UTF-16 (what
// PowerShell writes), with such a mark or without, becomes UTF-8.
func decode(r io.Reader) (*bufio.Reader, []byte, error) {
	br, head, err := peek(r)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		br.Discard(3)
		return br, head[3:], nil
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return peek(&utf16Reader{r: br})
	case isUTF16(head, 1):
		return peek(&utf16Reader{r: br, begun: true})
	case isUTF16(head, 0):
		return peek(&utf16Reader{r: br, begun: true, big: true})
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, fmt.Errorf("it is compressed and cannot be unpacked: %w", err)
		}
		return unpacked(z)
	case bytes.HasPrefix(head, []byte("BZh")):
		return unpacked(bzip2.NewReader(br))
	}
	for _, p := range packers {
		if bytes.HasPrefix(head, []byte(p.magic)) {
			return nil, nil, fmt.Errorf("it is compressed: unpack it with %s first", p.program)
		}
	}
	return br, head, nil
}

// isUTF16 reports whether a text without a byte order mark is in UTF-16 by its
// beginning: each second byte, from the one given on, is zero and the others are
// not, with a few exceptions for what is not Latin.
func isUTF16(head []byte, zeros int) bool {
	head = head[:min(len(head), 1024)&^1]
	if len(head) < 8 || bytes.IndexByte(head[:8], 0) != zeros {
		return false
	}
	high, low := 0, 0
	for i := 0; i < len(head); i += 2 {
		if head[i+zeros] == 0 {
			high++
		}
		if head[i+1-zeros] == 0 {
			low++
		}
	}
	return low == 0 && high*10 >= len(head)/2*9
}

// unpacked is what was in a compressed file: a text, or else something that
// addresses may be in unseen.
func unpacked(r io.Reader) (*bufio.Reader, []byte, error) {
	br, head, err := peek(r)
	switch {
	case err != nil:
		err = fmt.Errorf("it is compressed and cannot be unpacked: %w", err)
	case bytes.IndexByte(head, 0) >= 0:
		err = errors.New("it is compressed, and what is in it is no text: unpack it first")
	}
	return br, head, err
}

func peek(r io.Reader) (*bufio.Reader, []byte, error) {
	br := bufio.NewReaderSize(r, headSize)
	head, err := br.Peek(headSize)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return br, head, err
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
