// SPDX-License-Identifier: MIT

package lint

import (
	"fmt"
	"strings"
)

const ruler = "|-----handy-ruler------------------------------------------------------|"

// checkSlackDesc is for slack-desc of a directory or of a package.
func checkSlackDesc(f *findings, file, name, text string) {
	f.checkText(file, text, textRules{crlf: "slack-desc-line-ends", newline: "slack-desc-line-ends", tab: "slack-desc-ascii", ascii: "slack-desc-ascii", utf8: "slack-desc-ascii"})
	prefix := name + ":"
	rulers, first, count, howTo := 0, 0, 0, false
	var last string
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		at := n + 1
		switch {
		case strings.HasPrefix(line, prefix):
			if count++; count == 1 {
				first = at
			} else if at != first+count-1 {
				f.add("slack-desc-lines", file, at, "the %s lines are not together", prefix)
			}
			checkDescLine(f, file, at, count, name, strings.TrimPrefix(line, prefix))
			last = line
		case strings.HasPrefix(line, "#"):
			howTo = howTo || strings.Contains(line, "HOW TO EDIT THIS FILE")
		case strings.Contains(line, "|-----handy-ruler"):
			rulers++
			if bar := strings.IndexByte(line, '|'); bar != len(name) {
				f.add("slack-desc-ruler", file, at, "the ruler's left bar is in column %d, the colon in %d", bar+1, len(name)+1)
			} else if strings.TrimSpace(line) != ruler {
				f.add("slack-desc-ruler", file, at, "the ruler is not %d columns wide, from bar to bar", len(ruler))
			}
		case strings.TrimSpace(line) != "":
			f.add("slack-desc-other", file, at, "%q is no comment, no ruler, and does not begin %s", line, prefix)
		case count > 0:
			f.add("slack-desc-lines", file, at, "a blank line after the description")
		}
	}
	if count != 11 {
		f.add("slack-desc-lines", file, first, "%d lines begin %s, not 11", count, prefix)
	}
	if count > 0 && last != prefix {
		f.add("slack-desc-last", file, 0, "the last line is not blank")
	}
	if rulers != 1 {
		f.add("slack-desc-ruler", file, 0, "%d ruler lines, not one", rulers)
	}
	if !howTo {
		f.add("slack-desc-how-to", file, 0, "the comment on how to edit the file is gone")
	}
}

// checkDescLine looks at the n-th line; text is what follows the colon.
func checkDescLine(f *findings, file string, at, n int, name, text string) {
	if len(text) > 71 {
		f.add("slack-desc-width", file, at, "%d columns after the colon, not 71 at most", len(text))
	}
	if trimmed := strings.TrimSpace(text); trimmed != "" && (text[0] != ' ' || len(text) > 1 && text[1] == ' ' && n == 1) {
		f.add("slack-desc-blank", file, at, "the text starts with no blank")
	}
	if text != "" && strings.TrimSpace(text) == "" {
		f.add("slack-desc-trailing", file, at, "a blank after the colon of an empty line")
	}
	switch {
	case n == 1 && !strings.HasPrefix(strings.TrimSpace(text), fmt.Sprintf("%s (", name)):
		f.add("slack-desc-title", file, at, "the first line is not %s: %s (short text)", name, name)
	case n == 1 && !strings.HasSuffix(strings.TrimSpace(text), ")"):
		f.add("slack-desc-title", file, at, "the first line does not end in )")
	case n == 2 && strings.TrimSpace(text) != "":
		f.add("slack-desc-second", file, at, "the second line is not blank")
	}
}
