// SPDX-License-Identifier: MIT

// Package finding is the form in which checks report: a rule, how bad it is to
// break it, and the place where it is broken.
package finding

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity is how bad a finding is. The worse, the greater.
type Severity int

const (
	Note    Severity = iota // worth knowing, or a matter of taste
	Warning                 // probably a mistake
	Error                   // something does not work, or not as it should
)

var severities = [...]string{Note: "note", Warning: "warning", Error: "error"}

func (s Severity) String() string { return severities[s] }

// MarshalText writes the severity as a word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Severity) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSeverity(string(text))
	return err
}

// ParseSeverity reads what String writes.
func ParseSeverity(word string) (Severity, error) {
	if i := slices.Index(severities[:], word); i >= 0 {
		return Severity(i), nil
	}
	return 0, fmt.Errorf("unknown level %q; there are: note, warning, error", word)
}

// Rule is one thing that is looked for.
type Rule struct {
	Name  string   `json:"rule"`
	Level Severity `json:"severity"`
	Why   string   `json:"why"` // what happens where it is broken
	Fix   string   `json:"fix"` // what to do about it
	// Fixable is set where `mkslack lint --fix` does it.
	Fixable bool `json:"fixable"`
}

// Finding is one place that breaks a rule.
type Finding struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	File     string   `json:"file"`
	// Member is the path of the file in a package or archive.
	Member string `json:"member,omitempty"`
	Line   int    `json:"line,omitempty"` // 0: the file as a whole
	Text   string `json:"text"`
}

// Place is the file, member and line, fit for a terminal.
func (f Finding) Place() string {
	at := f.File
	if f.Member != "" {
		at += ":" + f.Member
	}
	if f.Line > 0 {
		at += ":" + strconv.Itoa(f.Line)
	}
	return Printable(at)
}

// Message is the text with the rule's name, fit for a terminal.
func (f Finding) Message() string { return Printable(f.Text + " [" + f.Rule + "]") }

func (f Finding) String() string {
	return fmt.Sprintf("%s: %s: %s", f.Place(), f.Severity, f.Message())
}

// Compare orders findings by their places, then by rule.
func Compare(a, b Finding) int {
	return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.Member, b.Member), cmp.Compare(a.Line, b.Line),
		strings.Compare(a.Rule, b.Rule))
}

// Printable writes out what a terminal could obey: names and texts come from
// strangers.
func Printable(s string) string {
	if strings.IndexFunc(s, unprintable) < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unprintable(r):
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
