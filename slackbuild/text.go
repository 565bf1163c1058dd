// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
)

// slackDescLines and slackDescColumns are the room that slack-desc has below its
// first two lines.
const (
	slackDescLines   = 9
	slackDescColumns = 70
)

// slackDesc is the text of install/slack-desc.
func (m *Manifest) slackDesc() string {
	text := m.Slackware.SlackDesc
	if len(text) == 0 {
		text = wrap(ascii(m.body()), slackDescColumns)
		if home := "Homepage: " + m.Homepage; m.Homepage != "" && !strings.Contains(m.Description, m.Homepage) &&
			len(text)+2 <= slackDescLines && len(home) <= slackDescColumns {
			text = append(text, "", home)
		}
	}
	text = text[:min(len(text), slackDescLines)]
	return pkgtools.SlackDesc{Name: m.Name, Short: m.short(), Text: text}.String()
}

// SlackDescHead is what stands above the description of the package: how to
// edit it, and the ruler.
func SlackDescHead(name string) string {
	whole := pkgtools.SlackDesc{Name: name}.String()
	return whole[:strings.Index(whole, "|\n")+2]
}

// short is the text in parentheses on the first line, as long as it may be.
func (m *Manifest) short() string {
	summary := strings.TrimSpace(m.Slackware.Summary)
	if summary == "" {
		summary = firstSentence(m.Description)
	}
	if summary == "" {
		return m.Name
	}
	room := slackDescColumns - len(m.Name) - len(" ()")
	summary = ascii(summary)
	if len(summary) <= room {
		return summary
	}
	cut := max(room-len("..."), 0)
	if i := strings.LastIndexByte(summary[:cut], ' '); i > cut/2 {
		cut = i
	}
	return strings.TrimRight(summary[:cut], " ,;:") + "..."
}

// body is the description, or the summary where there is none.
func (m *Manifest) body() string {
	if m.Description == "" {
		return m.Slackware.Summary
	}
	return m.Description
}

// firstSentence is the text up to a full stop, a colon or a blank line.
func firstSentence(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n\n")
	s = strings.Join(strings.Fields(s), " ")
	if i := sentenceEnd.FindStringIndex(s); i != nil {
		s = s[:i[0]]
	}
	return s
}

var sentenceEnd = regexp.MustCompile(`[.:;]( |$)`)

// readme is the text of README.
func (m *Manifest) readme() string {
	text := m.Slackware.Readme
	if text == "" {
		text = fmt.Sprintf("%s (%s)\n\n%s", m.Name, m.short(), m.body())
	}
	return strings.Join(wrap(strings.ReplaceAll(strings.TrimSpace(text), "\t", "  "), 72), "\n") + "\n"
}

// wrap breaks paragraphs to lines of at most width columns. A line that is
// short enough stays as it is, so lists and examples survive; a longer one
// takes the lines after it, up to a blank or indented one, along.
func wrap(text string, width int) []string {
	var out []string
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for n := 0; n < len(lines); n++ {
		line := strings.TrimRight(lines[n], " \t\r")
		if len([]rune(line)) <= width {
			out = append(out, line)
			continue
		}
		for n+1 < len(lines) && lines[n+1] != "" && !strings.ContainsAny(lines[n+1][:1], " -*\t") {
			n++
			line += " " + strings.TrimSpace(lines[n])
		}
		out = append(out, fill(line, width)...)
	}
	return out
}

// fill breaks one line at blanks; a word that is too long gets its own line.
func fill(line string, width int) []string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	var out []string
	current := ""
	for _, word := range strings.Fields(line) {
		switch {
		case current == "":
			current = indent + word
		case len([]rune(current))+1+len([]rune(word)) <= width:
			current += " " + word
		default:
			out = append(out, current)
			current = indent + word
		}
	}
	return append(out, current)
}

// ascii replaces what slack-desc cannot hold.
func ascii(s string) string {
	s = asciiNames.Replace(s)
	return strings.Map(func(r rune) rune {
		if r == '\n' || ' ' <= r && r <= '~' {
			return r
		}
		if r == '\t' {
			return ' '
		}
		return '?'
	}, s)
}

var asciiNames = strings.NewReplacer("’", "'", "‘", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "…", "...",
	"\u00a0", " ", "ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss", "é", "e", "è", "e", "á", "a", "ó", "o", "í", "i", "ñ", "n", "ç", "c", "•", "-", "→", "->")
