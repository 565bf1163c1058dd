// SPDX-License-Identifier: MIT

package shconf

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// literal gives the word as bash would, quotes removed; false where that
// depends on anything but the word itself.
func literal(w *syntax.Word) (string, bool) {
	var b strings.Builder
	for i, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			if i == 0 && strings.HasPrefix(part.Value, "~") || strings.Contains(part.Value, ":~") {
				return "", false // somebody's home
			}
			b.WriteString(unescape(part.Value, ""))
		case *syntax.SglQuoted:
			value := part.Value
			if part.Dollar {
				var ok bool
				if value, ok = ansi(value); !ok {
					return "", false
				}
			}
			b.WriteString(value)
		case *syntax.DblQuoted:
			if part.Dollar {
				return "", false // translated for the locale
			}
			for _, inner := range part.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return "", false
				}
				b.WriteString(unescape(lit.Value, "$`\"\\"))
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape removes the backslashes that quote: before any byte, or, where only
// is not empty, before those. A backslash before a newline removes both.
func unescape(s, only string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		next := s[i+1]
		switch {
		case next == '\n':
			i++
		case only == "" || strings.IndexByte(only, next) >= 0:
			b.WriteByte(next)
			i++
		default:
			b.WriteByte('\\')
		}
	}
	return b.String()
}

// hasGlob reports whether an unquoted part of the word would be matched
// against file names, or is a brace expansion; both happen in NAME=(...) only.
func hasGlob(w *syntax.Word) bool {
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok && strings.ContainsAny(lit.Value, "*?[{") {
			return true
		}
	}
	return false
}

// The letters that mean a character after a backslash in $'...'.
var ansiLetters = map[byte]byte{
	'a': '\a', 'b': '\b', 'e': 0x1b, 'E': 0x1b, 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
	'\\': '\\', '\'': '\'', '"': '"', '?': '?',
}

// ansi gives the value of $'...'; false where it depends on the locale, as
// characters by their numbers do (\u20ac), or where it has what is no text.
func ansi(s string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			return "", false
		}
		if letter := ansiLetters[s[i]]; letter != 0 {
			b.WriteByte(letter)
			continue
		}
		base, start, most := 8, i, 3
		if s[i] == 'x' {
			base, start, most = 16, i+1, 2
		}
		end := start
		for end < min(start+most, len(s)) && isDigit(s[end], base) {
			end++
		}
		n, err := strconv.ParseUint(s[start:end], base, 16)
		if err != nil || byte(n) == 0 {
			return "", false
		}
		if byte(n) < utf8.RuneSelf {
			b.WriteByte(byte(n))
		} else {
			b.WriteRune(hidden + rune(byte(n)))
		}
		i = end - 1
	}
	return b.String(), true
}

func isDigit(c byte, base int) bool {
	_, err := strconv.ParseUint(string(c), base, 8)
	return err == nil && c != '_' && c != '+'
}

// index gives the index that a literal number is. A number with a digit that
// does not belong there, as in NAME[08], bash refuses.
func (p *parser) index(x syntax.ArithmExpr, a Assignment) (int, bool) {
	w, ok := x.(*syntax.Word)
	if !ok {
		return 0, false
	}
	text, ok := literal(w)
	if !ok {
		return 0, false
	}
	n, ok := parseIndex(text)
	if !ok && strings.Trim(text, "0123456789") == "" && text != "" {
		f := Fault{Pos: a.Pos, Text: fmt.Sprintf("%s[%s]: the index is too large", a.Name, text)}
		if text[0] == '0' {
			f.Text = fmt.Sprintf("%s[%s]: bash takes an index that begins with 0 for an octal number", a.Name, text)
			f.Do = fmt.Sprintf("%s[%s]", a.Name, strings.TrimLeft(text, "0"))
		}
		p.file.Faults = append(p.file.Faults, f)
	}
	return n, ok
}

// parseIndex reads a number as bash does: 0x for hexadecimal, 0 for octal.
func parseIndex(s string) (int, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' || strings.ContainsAny(s, "_oObB") && !strings.HasPrefix(strings.ToLower(s), "0x") {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 0, 32)
	return int(n), err == nil
}

// Bash takes any bytes, the parser UTF-8 alone. So the bytes of a file in
// Latin-1 or the like are parsed as private characters, hidden + byte, and
// turned back where a text leaves this package.
const hidden = 0xF700

func hideBytes(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	var out []byte
	for _, b := range text {
		if b < utf8.RuneSelf {
			out = append(out, b)
		} else {
			out = utf8.AppendRune(out, hidden+rune(b))
		}
	}
	return out
}

func showBytes(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= hidden+utf8.RuneSelf && r <= hidden+0xFF {
			b.WriteByte(byte(r - hidden))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
