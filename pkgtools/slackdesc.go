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
