// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/slackbuild"
)

// mendInfo writes a .info file anew if each field is there once and nothing
// else is: quotes and backslashes where they are missing, no blank lines and
// comments, the usual order and indentation. Otherwise only blanks and the ends
// of lines are mended.
func mendInfo(s string) string {
	s = trimLines(expandTabs(unixLines(s)))
	values, ok := infoValues(s)
	if !ok {
		return s
	}
	var b strings.Builder
	for _, name := range slackbuild.InfoFields {
		lines := values[name]
		switch {
		case name == "REQUIRES":
			lines = mendRequires(lines)
		case strings.HasPrefix(name, "MD5SUM"):
			for i, sum := range lines {
				lines[i] = strings.ToLower(sum)
			}
		}
		b.WriteString(name + `="` + strings.Join(lines, " \\\n"+strings.Repeat(" ", len(name)+2)) + "\"\n")
	}
	return b.String()
}

var infoStartRE = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)=(.*)$`)

// infoValues reads a .info file with the mistakes that people make. A value is
// its lines, without quotes and backslashes.
func infoValues(s string) (values map[string][]string, ok bool) {
	values = map[string][]string{}
	name, closed, bare := "", true, false // bare: without quotes
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(line)
		m := infoStartRE.FindStringSubmatch(line)
		switch {
		case line == "" || line[0] == '#' && closed:
			continue
		case m != nil && slices.Contains(slackbuild.InfoFields, m[1]):
			if _, twice := values[m[1]]; twice {
				return nil, false
			}
			name, line = m[1], m[2]
			values[name] = nil
			rest, quoted := strings.CutPrefix(line, `"`)
			bare = !quoted
			closed = bare && !strings.HasSuffix(line, `\`)
			line = rest
		case closed:
			return nil, false // it belongs to nothing
		}
		line = strings.TrimRight(strings.TrimSuffix(line, `\`), " ")
		if rest, ends := strings.CutSuffix(line, `"`); ends {
			line, closed = strings.TrimRight(rest, " "), true
		}
		if strings.ContainsAny(line, "\"'`$\\") || bare && strings.Contains(line, " ") {
			return nil, false // to be looked at
		}
		if line != "" {
			values[name] = append(values[name], line)
		}
	}
	return values, len(values) == len(slackbuild.InfoFields)
}

// mendRequires leaves one blank between names, and each name once.
func mendRequires(lines []string) []string {
	var mended []string
	seen := map[string]bool{}
	for _, line := range lines {
		words := slices.DeleteFunc(strings.Fields(line), func(w string) bool {
			twice := seen[w]
			seen[w] = true
			return twice
		})
		if len(words) > 0 {
			mended = append(mended, strings.Join(words, " "))
		}
	}
	return mended
}
