// SPDX-License-Identifier: MIT

package inet1

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// The lines around the guard. The first one carries the sum of what stands
// between, so that an old guard can be told from one that was edited by hand,
// and, as "nonl", that the line above it had no newline before.
const (
	beginMark = "# >>> guard of rc.bond "
	beginTail = `: "bondctl inet1 disable" takes it out >>>`
	endMark   = "# <<< guard of rc.bond <<<"
	noNewline = " nonl"
)

// Guard is the text that stands between the marks.
type Guard struct {
	text string
}

// New makes a guard of its text, which ends with a newline.
func New(text string) Guard { return Guard{text} }

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:4])
}

// block is the guard with its marks.
func (g Guard) block(joined bool) string {
	flag := ""
	if joined {
		flag = noNewline
	}
	return beginMark + sum(g.text) + flag + beginTail + "\n" + g.text + endMark + "\n"
}

// found is a block in a file: text[start:end].
type found struct {
	start, end int
	line       int // of the first mark
	joined     bool
	edited     bool // its text is not what bondctl wrote
	current    bool // it is the guard of this bondctl
}

// find looks for the block; nil where there is none. The error is about marks
// that are not one pair.
func (g Guard) find(text []byte) (*found, error) {
	var begins, ends []int // line numbers
	var b found
	at, line := 0, 0
	first := ""
	for raw := range bytes.SplitAfterSeq(text, []byte("\n")) {
		line++
		s := strings.TrimRight(string(raw[:min(len(raw), 200)]), "\r\n")
		switch {
		case strings.HasPrefix(s, beginMark):
			begins = append(begins, line)
			b.start, b.line, first = at, line, s
		case strings.HasPrefix(s, endMark):
			ends = append(ends, line)
			b.end = at + len(raw)
		}
		at += len(raw)
	}
	switch {
	case len(begins) == 0 && len(ends) == 0:
		return nil, nil
	case len(begins) == 1 && len(ends) == 1 && begins[0] < ends[0]:
	default:
		return nil, fmt.Errorf("the marks of the guard are not one pair: it begins at line %s and ends at line %s; take out by hand what is left of it",
			numbers(begins), numbers(ends))
	}
	head, _, _ := strings.Cut(strings.TrimPrefix(first, beginMark), ":")
	want, joined := strings.CutSuffix(head, noNewline)
	b.joined = joined
	_, body, _ := strings.Cut(string(text[b.start:b.end]), "\n")
	body, _, _ = strings.Cut(body, endMark)
	b.edited = sum(body) != want
	b.current = string(text[b.start:b.end]) == g.block(joined)
	return &b, nil
}

func numbers(list []int) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(list)), ", "), "[]")
}

// insert adds the block at the end.
func (g Guard) insert(text []byte) []byte {
	joined := len(text) > 0 && !bytes.HasSuffix(text, []byte("\n"))
	out := bytes.Clone(text)
	if joined {
		out = append(out, '\n')
	}
	return append(out, g.block(joined)...)
}

// update puts the current guard where the block is.
func (g Guard) update(text []byte, b *found) []byte {
	return bytes.Join([][]byte{text[:b.start], []byte(g.block(b.joined)), text[b.end:]}, nil)
}

// remove takes the block out, and the newline that insert put before it, but
// for a file that has lines behind the block by now: those need it.
func remove(text []byte, b *found) []byte {
	start := b.start
	if b.joined && b.end == len(text) && start > 0 && text[start-1] == '\n' {
		start--
	}
	return bytes.Join([][]byte{text[:start], text[b.end:]}, nil)
}
