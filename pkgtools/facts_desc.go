// SPDX-License-Identifier: MIT

package pkgtools

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// descRules are the rules of CheckSlackDesc.
var descRules = []finding.Rule{{
	Name:  "slack-desc-line-ends",
	Level: finding.Warning,
	Why:   "installpkg keeps the carriage return and shows it",
	Fix:   "end lines in a newline", Fixable: true,
}, {
	Name:  "slack-desc-ascii",
	Level: finding.Warning,
	Why:   "installpkg shows it on any console",
	Fix:   "ASCII, no tab",
}, {
	Name:  "slack-desc-lines",
	Level: finding.Warning,
	Why:   "pkgtool has room for 11 lines",
	Fix:   "11 lines NAME: in a row at the end",
}, {
	Name:  "slack-desc-width",
	Level: finding.Warning,
	Why:   "more than that does not fit pkgtool's dialog",
	Fix:   "break the line",
}, {
	Name:  "slack-desc-blank",
	Level: finding.Warning,
	Why:   "dialog cuts the first character off",
	Fix:   "one blank after the colon",
}, {
	Name:  "slack-desc-title",
	Level: finding.Warning,
	Why:   "pkgtool shows this line in lists",
	Fix:   "NAME: NAME (short text)",
}, {
	Name:  "slack-desc-second",
	Level: finding.Note,
	Why:   "nearly all packages have it blank",
	Fix:   "leave it blank",
}, {
	Name:  "slack-desc-last",
	Level: finding.Note,
	Why:   "most packages leave it blank, which looks better in pkgtool",
	Fix:   "shorten the text by a line",
}, {
	Name:  "slack-desc-trailing",
	Level: finding.Note,
	Why:   "it is stored in the package database and shown",
	Fix:   "nothing after the colon", Fixable: true,
}, {
	Name:  "slack-desc-ruler",
	Level: finding.Note,
	Why:   "it shows how wide lines may be",
	Fix:   "take the ruler of the template, the left bar above the colon", Fixable: true,
}, {
	Name:  "slack-desc-how-to",
	Level: finding.Note,
	Why:   "the next maintainer needs it",
	Fix:   "take the comment of the template", Fixable: true,
}, {
	Name:  "slack-desc-other",
	Level: finding.Warning,
	Why:   "it is dropped without a word",
	Fix:   "a comment, or a line that begins NAME:",
}}

const descRuler = "|-----handy-ruler------------------------------------------------------|"

// CheckSlackDesc judges a slack-desc of the package called name: what the
// package tools would lose, and what breaks custom. The findings name no file.
func CheckSlackDesc(data []byte, name string) []finding.Finding {
	d := &descCheck{name: name, prefix: name + ":"}
	text := string(data)
	d.text(text)
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		d.line(n+1, strings.TrimSuffix(line, "\r"))
	}
	if len(d.strange) > 0 && d.lines == 0 {
		d.add("slack-desc-other", d.strange[0], "%d lines are no comment or ruler, and do not begin %s: the package has no description",
			len(d.strange), d.prefix)
	} else {
		for _, at := range d.strange {
			d.add("slack-desc-other", at, "is no comment or ruler, and does not begin %s", d.prefix)
		}
	}
	if d.lines != descLines {
		d.add("slack-desc-lines", d.first, "%d lines begin %s, not %d", d.lines, d.prefix, descLines)
	}
	if d.lines > 0 && d.last != d.prefix {
		d.add("slack-desc-last", 0, "the last line is not blank")
	}
	if d.rulers != 1 {
		d.add("slack-desc-ruler", 0, "%d ruler lines, not one", d.rulers)
	}
	if !d.howTo {
		d.add("slack-desc-how-to", 0, "the comment on how to edit the file is missing")
	}
	return d.findings
}

// descCheck judges one slack-desc.
type descCheck struct {
	name, prefix string
	findings     []finding.Finding
	lines        int // of the description
	first        int // where they begin
	last         string
	rulers       int
	strange      []int // lines that are nothing
	howTo        bool
}

func (d *descCheck) add(rule string, line int, format string, args ...any) {
	i := slices.IndexFunc(descRules, func(r finding.Rule) bool { return r.Name == rule })
	if len(d.findings) < maxAlike {
		d.findings = append(d.findings, finding.Finding{Rule: rule, Severity: descRules[i].Level, Line: line, Text: fmt.Sprintf(format, args...)})
	}
}

// text looks at the file as a whole.
func (d *descCheck) text(text string) {
	line := func(at int) int { return 1 + strings.Count(text[:at], "\n") }
	if at := strings.IndexByte(text, '\r'); at >= 0 {
		d.add("slack-desc-line-ends", line(at), "a carriage return: lines end in a newline alone")
	}
	if !strings.HasSuffix(text, "\n") {
		d.add("slack-desc-line-ends", line(len(text)), "the last line does not end in a newline")
	}
	if at := strings.IndexByte(text, '\t'); at >= 0 {
		d.add("slack-desc-ascii", line(at), "a tab")
	}
	if !utf8.ValidString(text) {
		d.add("slack-desc-ascii", 1, "not UTF-8")
	} else if at := strings.IndexFunc(text, func(c rune) bool { return c >= utf8.RuneSelf }); at >= 0 {
		d.add("slack-desc-ascii", line(at), "not ASCII")
	}
}

// line looks at one line.
func (d *descCheck) line(at int, line string) {
	text, ours := strings.CutPrefix(line, d.prefix)
	switch {
	case ours:
		if d.lines++; d.lines == 1 {
			d.first = at
		} else if at != d.first+d.lines-1 {
			d.add("slack-desc-lines", at, "the %s lines are not together", d.prefix)
		}
		d.last = line
		d.description(at, text)
	case strings.HasPrefix(line, "#"):
		d.howTo = d.howTo || strings.Contains(line, "HOW TO EDIT THIS FILE")
	case strings.Contains(line, "handy-ruler--"):
		d.rulers++
		if bar := strings.IndexByte(line, '|'); bar != len(d.name) {
			d.add("slack-desc-ruler", at, "the ruler's left bar is in column %d, the colon in %d", bar+1, len(d.name)+1)
		} else if strings.TrimSpace(line) != descRuler {
			d.add("slack-desc-ruler", at, "the ruler is not %d columns wide, from bar to bar", len(descRuler))
		}
	case strings.TrimSpace(line) != "":
		d.strange = append(d.strange, at)
	case d.lines > 0:
		d.add("slack-desc-lines", at, "a blank line after the description")
	}
}

// description looks at what follows the colon.
func (d *descCheck) description(at int, text string) {
	if width := utf8.RuneCountInString(text); width > descWidth+1 {
		d.add("slack-desc-width", at, "%d columns after the colon, %d fit", width, descWidth+1)
	}
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "" && text != "":
		d.add("slack-desc-trailing", at, "a blank after the colon of an empty line")
	case trimmed != "" && text[0] != ' ':
		d.add("slack-desc-blank", at, "no blank after the colon")
	case trimmed != "" && d.lines == 1 && text[1] == ' ':
		d.add("slack-desc-blank", at, "more than one blank after the colon")
	}
	switch {
	case d.lines == 1 && !strings.HasPrefix(trimmed, d.name+" ("):
		d.add("slack-desc-title", at, "the first line is not %s: %s (short text)", d.name, d.name)
	case d.lines == 1 && !strings.HasSuffix(trimmed, ")"):
		d.add("slack-desc-title", at, "the first line does not end in )")
	case d.lines == 2 && trimmed != "":
		d.add("slack-desc-second", at, "the second line is not blank")
	}
}

// shorten cuts a text from a package for a message.
func shorten(s string) string {
	const longest = 120
	if len(s) <= longest {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:longest], len(s))
}
