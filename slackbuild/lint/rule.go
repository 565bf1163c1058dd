// SPDX-License-Identifier: MIT

package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Level is how bad a finding is.
type Level int

const (
	Note    Level = iota // worth knowing, or a matter of taste
	Warning              // most builds do otherwise, with reason
	Error                // it breaks a tool, or SlackBuilds.org refuses it
)

func (l Level) String() string { return [...]string{"note", "warning", "error"}[l] }

// MarshalText writes the level as a word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (l *Level) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLevel(string(text))
	return err
}

// ParseLevel reads what String writes.
func ParseLevel(s string) (Level, error) {
	for l := Note; l <= Error; l++ {
		if l.String() == s {
			return l, nil
		}
	}
	return 0, fmt.Errorf("unknown level %q; there are: note, warning, error", s)
}

// Rule is one thing that is looked for.
type Rule struct {
	ID    string `json:"id"`
	Level Level  `json:"level"`
	Why   string `json:"why"`
	Mend  string `json:"mend"`
	Fixed bool   `json:"fix"` // Fix can mend it
}

// Finding is one place that breaks a rule.
type Finding struct {
	Rule  string `json:"rule"`
	Level Level  `json:"level"`
	File  string `json:"file"`
	// Member is the file in a package or archive.
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
		at = fmt.Sprintf("%s:%d", at, f.Line)
	}
	return printable(at)
}

// Message is the text with the rule's name, fit for a terminal.
func (f Finding) Message() string { return printable(fmt.Sprintf("%s [%s]", f.Text, f.Rule)) }

func (f Finding) String() string { return fmt.Sprintf("%s: %s: %s", f.Place(), f.Level, f.Message()) }

// printable writes out what a terminal could obey: names and texts come from
// strangers.
func printable(s string) string {
	if strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// Rules returns all rules, sorted by name.
func Rules() []Rule {
	all := slices.Clone(rules)
	slices.SortFunc(all, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// FindRule returns the rule of that name.
func FindRule(id string) (Rule, bool) {
	r, ok := byID[id]
	return r, ok
}

var byID = func() map[string]Rule {
	m := make(map[string]Rule, len(rules))
	for _, r := range rules {
		if _, twice := m[r.ID]; twice {
			panic("two rules are called " + r.ID)
		}
		m[r.ID] = r
	}
	return m
}()

// findings collects what is found in one directory or package.
type findings struct {
	list    []Finding
	count   map[place]int
	ignored *ignored
	holder  string // the package or archive that all files are in
}

// place is where a rule is broken.
type place struct{ file, rule string }

// maxAlike is how many findings of a rule in a file are kept: what comes more
// often is one mistake, or written to fill the memory.
const maxAlike = 100

// add notes a finding of the rule, which the table must have.
func (f *findings) add(rule, file string, line int, format string, args ...any) {
	r, ok := byID[rule]
	if !ok {
		panic("no rule " + rule)
	}
	if f.count == nil {
		f.count = map[place]int{}
	}
	key := place{file, rule}
	f.count[key]++
	switch n := f.count[key]; {
	case n > maxAlike:
		return
	case n == maxAlike:
		format += " (more of these are not shown)"
	}
	found := Finding{Rule: rule, Level: r.Level, File: file, Line: line, Text: fmt.Sprintf(format, args...)}
	if member, ok := strings.CutPrefix(file, f.holder+":"); ok && f.holder != "" {
		found.File, found.Member = f.holder, member
	}
	f.list = append(f.list, found)
}

// sorted is what is left when disabled rules are taken out.
func (f *findings) sorted() []Finding {
	f.list = slices.DeleteFunc(f.list, f.ignored.has)
	f.ignored.report(f)
	f.list = slices.DeleteFunc(f.list, f.ignored.has)
	slices.SortStableFunc(f.list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Member, b.Member), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	return slices.Compact(f.list)
}
