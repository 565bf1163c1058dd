// SPDX-License-Identifier: MIT

package lint

import (
	"strings"
	"unicode/utf8"
)

// textRules names the rules that checkText reports by; an empty one is not checked.
type textRules struct{ crlf, newline, blanks, tab, utf8, ascii string }

// checkText applies the rules that any text file has, once a rule and file.
func (f *findings) checkText(file, text string, r textRules) {
	report := func(rule string, at int, format string, args ...any) {
		if rule != "" && at >= 0 {
			f.add(rule, file, 1+strings.Count(text[:at], "\n"), format, args...)
		}
	}
	report(r.crlf, strings.IndexByte(text, '\r'), "a carriage return: lines end in a newline alone")
	if text != "" && !strings.HasSuffix(text, "\n") {
		report(r.newline, len(text)-1, "the last line does not end in a newline")
	}
	report(r.tab, strings.IndexByte(text, '\t'), "a tab")
	if r.blanks != "" {
		report(r.blanks, trailingBlank(text), "blanks at the end of the line")
	}
	if !utf8.ValidString(text) {
		report(r.utf8, 0, "not UTF-8")
	} else if at := strings.IndexFunc(text, func(c rune) bool { return c >= utf8.RuneSelf }); at >= 0 {
		report(r.ascii, at, "not ASCII")
	}
}

// trailingBlank is where the first blank at the end of a line is, or -1.
func trailingBlank(text string) int {
	for at := 0; at < len(text); at++ {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text) - at
		}
		if end > 0 && (text[at+end-1] == ' ' || text[at+end-1] == '\t') {
			return at + end - 1
		}
		at += end
	}
	return -1
}
