// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"strings"
)

// ignored is what comments switch off:
//
//	# mkslack: disable=RULE,RULE       the line it stands on, or, alone, the next one
//	# mkslack: disable-file=RULE       the file; in NAME.SlackBuild the whole directory,
//	                                   since .info, README and slack-desc have no comments
type ignored struct {
	directory map[string]bool
	files     map[string]bool // FILE NUL RULE
	lines     map[lineRule]bool
}

type lineRule struct {
	file string
	line int
	rule string
}

func newIgnored() *ignored {
	return &ignored{map[string]bool{}, map[string]bool{}, map[lineRule]bool{}}
}

var disableRE = regexp.MustCompile(`#\s*mkslack:\s*disable(-file)?=([a-z0-9,-]+)`)

// read takes the comments of a shell file up.
func (i *ignored) read(file, text string, script bool) {
	if !strings.Contains(text, "mkslack:") {
		return
	}
	for n, line := range strings.Split(text, "\n") {
		m := disableRE.FindStringSubmatchIndex(line)
		if m == nil {
			continue
		}
		at := n + 1
		if strings.TrimSpace(line[:m[0]]) == "" {
			at++
		}
		for rule := range strings.SplitSeq(line[m[4]:m[5]], ",") {
			switch {
			case m[2] < 0:
				i.lines[lineRule{file, at, rule}] = true
			case script:
				i.directory[rule] = true
			default:
				i.files[file+"\x00"+rule] = true
			}
		}
	}
}

func (i *ignored) has(f Finding) bool {
	return i != nil && (i.directory[f.Rule] || i.files[f.File+"\x00"+f.Rule] || i.lines[lineRule{f.File, f.Line, f.Rule}])
}
