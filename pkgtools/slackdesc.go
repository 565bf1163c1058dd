// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The form of a slack-desc, by custom: 11 lines "NAME: text", the first one
// "NAME: NAME (short description)", the second one empty, and below them a
// how-to and a ruler that is 72 characters wide.
const (
	descLines = 11
	descWidth = 70 // characters after "NAME: "
)

// SlackDesc is the description of a package: install/slack-desc.
type SlackDesc struct {
	Name  string   // of the package, without version
	Short string   // what stands in parentheses on the first line
	Text  []string // the lines after the second: at most nine, of 70 characters
}

// ParseSlackDesc reads the description of the package called name from a
// slack-desc. Anything that the package tools would accept is.
func ParseSlackDesc(data []byte, name string) (SlackDesc, error) {
	d := SlackDesc{Name: name}
	lines := descriptionLines(data, name)
	if len(lines) == 0 {
		return d, fmt.Errorf("slack-desc has no line that starts with %q", name+":")
	}
	for i, line := range lines {
		text := strings.TrimPrefix(line[len(name)+1:], " ")
		switch i {
		case 0:
			d.Short = strings.TrimSpace(strings.TrimPrefix(text, name))
			if s, ok := strings.CutPrefix(d.Short, "("); ok {
				d.Short = strings.TrimSuffix(s, ")")
			}
		case 1:
			if text != "" { // not the custom: it is text all the same
				d.Text = append(d.Text, text)
			}
		default:
			d.Text = append(d.Text, text)
		}
	}
	for len(d.Text) > 0 && d.Text[len(d.Text)-1] == "" {
		d.Text = d.Text[:len(d.Text)-1]
	}
	return d, nil
}

// Check tells what of d does not fit into a slack-desc.
func (d SlackDesc) Check() error {
	var errs []error
	if d.Name == "" {
		errs = append(errs, errors.New("slack-desc: no package name"))
	}
	if d.Short == "" {
		errs = append(errs, errors.New("slack-desc: no short description"))
	}
	if first := d.Name + " (" + d.Short + ")"; utf8.RuneCountInString(first) > descWidth {
		errs = append(errs, fmt.Errorf("slack-desc: the first line %q has %d characters, %d fit", first, utf8.RuneCountInString(first), descWidth))
	}
	if n := len(d.Text); n > descLines-2 {
		errs = append(errs, fmt.Errorf("slack-desc: %d lines of text, %d fit", n, descLines-2))
	}
	for i, text := range d.Text {
		if n := utf8.RuneCountInString(text); n > descWidth {
			errs = append(errs, fmt.Errorf("slack-desc: line %d of the text has %d characters, %d fit: %q", i+1, n, descWidth, text))
		}
		if strings.ContainsAny(text, "\n\r\t") {
			errs = append(errs, fmt.Errorf("slack-desc: line %d of the text holds a tab or line end: %q", i+1, text))
		}
	}
	if strings.ContainsAny(d.Short, "\n\r\t") {
		errs = append(errs, fmt.Errorf("slack-desc: the short description holds a tab or line end: %q", d.Short))
	}
	return errors.Join(errs...)
}

// String is the whole file, with the how-to and ruler that are its custom.
func (d SlackDesc) String() string {
	var b strings.Builder
	b.WriteString(`# HOW TO EDIT THIS FILE:
# The "handy ruler" below makes it easier to edit a package description.
# Line up the first '|' above the ':' following the base package name, and
# the '|' on the right side marks the last column you can put a character in.
# You must make exactly 11 lines for the formatting to be correct.  It's also
# customary to leave one space after the ':' except on otherwise blank lines.

`)
	b.WriteString(strings.Repeat(" ", len(d.Name)) + "|-----handy-ruler" + strings.Repeat("-", 54) + "|\n")
	text := append([]string{d.Name + " (" + d.Short + ")", ""}, d.Text...)
	for len(text) < descLines {
		text = append(text, "")
	}
	for _, t := range text {
		b.WriteString(strings.TrimRight(d.Name+": "+t, " ") + "\n")
	}
	return b.String()
}

// Problem is something that a check found.
type Problem struct {
	Path string `json:"path,omitempty"` // of the file in the package
	Line int    `json:"line,omitempty"` // 0: not in one line
	Text string `json:"text"`
}

func (p Problem) String() string {
	switch {
	case p.Line > 0:
		return fmt.Sprintf("%s:%d: %s", p.Path, p.Line, p.Text)
	case p.Path != "":
		return fmt.Sprintf("%q: %s", p.Path, p.Text)
	}
	return p.Text
}

// CheckSlackDesc tells what is wrong with a slack-desc of the package called
// name: what the package tools would lose, and what breaks custom.
func CheckSlackDesc(data []byte, name string) []Problem {
	var problems []Problem
	report := func(line int, format string, args ...any) {
		problems = append(problems, Problem{"install/slack-desc", line, fmt.Sprintf(format, args...)})
	}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		report(0, "the last line does not end")
	}
	if !utf8.Valid(data) {
		report(0, "is not UTF-8")
	}
	found := 0
	ruler := -1
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		n := i + 1
		if strings.HasSuffix(line, "\r") {
			report(n, "ends in CR LF; the CR is stored and shown")
			line = strings.TrimSuffix(line, "\r")
		}
		text, ok := strings.CutPrefix(line, name+":")
		switch {
		case ok:
			found++
			checkDescLine(report, n, found, name, text)
		case strings.Contains(line, "|-----handy-ruler"):
			ruler = strings.IndexByte(line, '|')
			if ruler != len(name) {
				report(n, "the ruler starts at column %d; the colon is at %d", ruler+1, len(name)+1)
			}
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(strings.TrimLeft(line, " \t"), name):
			report(n, "does not start with %q, so it is no part of the description", name+":")
		default:
			report(n, "is no part of the description of %s: %q", name, line)
		}
	}
	switch {
	case found == 0:
		report(0, "no line starts with %q: the package has no description", name+":")
	case found != descLines:
		report(0, "has %d lines of description, %d are the custom", found, descLines)
	}
	return problems
}

// checkDescLine checks what follows the colon of the nth line of description.
func checkDescLine(report func(int, string, ...any), line, n int, name, text string) {
	if text != "" && text[0] != ' ' {
		report(line, "no space after the colon: dialogs cut the first letter")
	}
	if width := utf8.RuneCountInString(text); width > descWidth+1 {
		report(line, "%d characters after the colon, %d fit", width, descWidth+1)
	}
	if strings.ContainsRune(text, '\t') {
		report(line, "holds a tab")
	}
	if n == 1 && !strings.HasPrefix(text, " "+name+" (") {
		report(line, "the first line is not %q", name+": "+name+" (short description)")
	}
	if n == 2 && strings.TrimSpace(text) != "" {
		report(line, "the second line is not empty")
	}
}

// descriptionLines are the lines of data that start with prefix and a colon:
// those that installpkg records for a package.
func descriptionLines(data []byte, prefix string) []string {
	var lines []string
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if bytes.HasPrefix(line, []byte(prefix+":")) {
			lines = append(lines, string(line))
		}
	}
	return lines
}
