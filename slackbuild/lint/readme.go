// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

func (b *build) checkReadme(text string) {
	file := b.path("README")
	b.checkText(file, text, textRules{crlf: "readme-line-ends", newline: "readme-line-ends", tab: "readme-tab",
		blanks: "readme-blanks", utf8: "readme-utf8", ascii: "readme-ascii"})
	if strings.HasPrefix(text, "\n") {
		b.add("readme-leading-line", file, 1, "a blank line at the beginning")
	}
	if strings.HasSuffix(text, "\n\n") {
		b.add("readme-trailing-line", file, strings.Count(text, "\n"), "a blank line at the end")
	}
	lines := strings.Split(text, "\n")
	b.checkIndent(file, lines)
	if len(lines) > 100 {
		b.add("readme-long", file, 101, "%d lines", len(lines)-1)
	}
	for n, line := range lines {
		switch width := utf8.RuneCountInString(line); {
		case width <= 72:
		case strings.Contains(line, "://"):
			b.add("readme-width-url", file, n+1, "%d columns, 72 are for all", width)
		default:
			b.add("readme-width", file, n+1, "%d columns, 72 are for all", width)
		}
	}
	if at := addressIn(text, strings.TrimSuffix(b.info.value("HOMEPAGE"), "/")); at >= 0 {
		b.add("readme-homepage", file, 1+strings.Count(text[:at], "\n"), "repeats HOMEPAGE")
	}
}

// addressIn is where the text has the address, and not a longer one that begins
// with it, or -1.
func addressIn(text, address string) int {
	if address == "" {
		return -1
	}
	for from := 0; ; {
		at := strings.Index(text[from:], address)
		if at < 0 {
			return -1
		}
		at += from
		from = at + len(address)
		if !longerRE.MatchString(text[from:min(len(text), from+3)]) {
			return at
		}
	}
}

// longerRE is how an address goes on.
var longerRE = regexp.MustCompile(`^(/?[A-Za-z0-9_~%?#&=@+-]|[.:]/?[A-Za-z0-9_~])`)

// checkIndent looks at how far the text is indented where it is least.
func (b *build) checkIndent(file string, lines []string) {
	least, at := 0, 0
	for n, line := range lines {
		if indent := len(line) - len(strings.TrimLeft(line, " ")); indent > 0 && indent < len(line) && (least == 0 || indent < least) {
			least, at = indent, n+1
		}
	}
	if least == 1 || least > 4 {
		b.add("readme-indent", file, at, "indented by %d, not by 2 to 4", least)
	}
}
