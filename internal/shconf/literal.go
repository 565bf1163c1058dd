// SPDX-License-Identifier: MIT

package shconf

import (
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
			if part.Dollar && strings.Contains(part.Value, `\`) {
				return "", false
			}
			b.WriteString(part.Value)
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

// arithmetic gives the index that a literal number is.
func arithmetic(x syntax.ArithmExpr) (int, bool) {
	w, ok := x.(*syntax.Word)
	if !ok {
		return 0, false
	}
	text, ok := literal(w)
	if !ok {
		return 0, false
	}
	return parseIndex(text)
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
