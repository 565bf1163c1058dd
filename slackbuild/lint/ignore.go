// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// ignored is what comments switch off:
//
//	# mkslack: disable=RULE,RULE       the line it stands on, or, alone, the next one
//	# mkslack: disable-file=RULE       the file; in NAME.SlackBuild the whole directory,
//	                                   since .info, README and slack-desc have no comments
type ignored struct{ list []*disabled }

// maxDisabled is how many comments count in a directory; there are fewer rules.
const maxDisabled = 1000

// disabled is one rule in one comment.
type disabled struct {
	rule string
	file string // empty: the whole directory
	line int    // 0: the whole file
	used bool

	at     string // the file and line of the comment
	atLine int
}

func newIgnored() *ignored { return &ignored{} }

var disableRE = regexp.MustCompile(`^\s*mkslack:\s*disable(-file)?=(.*)`)

// read takes the comments of a script up.
func (i *ignored) read(file string, s *script, directory bool) {
	about := s.codeLines()
	for _, c := range s.comments {
		m := disableRE.FindStringSubmatch(c.text)
		if m == nil {
			continue
		}
		words := strings.Fields(m[2])
		if len(words) == 0 {
			words = []string{""}
		}
		for rule := range strings.SplitSeq(words[0], ",") {
			d := &disabled{rule: rule, file: file, at: file, atLine: c.line}
			switch {
			case m[1] == "":
				d.line = about[c.line]
			case directory:
				d.file = ""
			}
			if len(i.list) < maxDisabled {
				i.list = append(i.list, d)
			}
		}
	}
}

// codeLines tells for each line which one a comment there is about: itself, or,
// where the comment stands alone, the next that is none.
func (s *script) codeLines() []int {
	about := make([]int, len(s.lines)+1)
	for n := len(s.lines); n > 0; n-- {
		about[n] = n
		if n < len(s.lines) && strings.HasPrefix(strings.TrimSpace(s.lines[n-1]), "#") {
			about[n] = about[n+1]
		}
	}
	return about
}

// has reports whether the finding is switched off.
func (i *ignored) has(f finding.Finding) bool {
	if i == nil {
		return false
	}
	found := false
	for _, d := range i.list {
		if d.rule == f.Rule && (d.file == "" || d.file == whole(f)) && (d.line == 0 || d.line == f.Line) {
			d.used, found = true, true
		}
	}
	return found
}

// report tells of comments that switch nothing off.
func (i *ignored) report(f *findings) {
	if i == nil {
		return
	}
	for _, d := range i.list {
		switch _, known := byName[d.rule]; {
		case !known:
			f.add("disable-unknown", d.at, d.atLine, "no rule is called %q", cut(d.rule))
		case !d.used && !strings.HasPrefix(d.rule, "tree-") && !strings.HasPrefix(d.rule, "disable-"):
			f.add("disable-unused", d.at, d.atLine, "%s is not broken here", d.rule)
		}
	}
}
