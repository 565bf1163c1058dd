// SPDX-License-Identifier: MIT

package slackbuild

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// relationFile is a file of install/ with the packages that this one has to do
// with, as slapt-get and `mkslack repo` read it: one a line, NAME or NAME OPERATOR
// VERSION, alternatives with | between.
type relationFile struct {
	name   string
	fields []string // of the manifest
	of     func(*Overridable) []string
}

var relationFiles = []relationFile{
	{"slack-required", []string{"depends"}, func(o *Overridable) []string { return o.Depends }},
	{"slack-suggests", []string{"recommends", "suggests"}, func(o *Overridable) []string {
		return append(slices.Clone(o.Recommends), o.Suggests...)
	}},
	{"slack-conflicts", []string{"conflicts"}, func(o *Overridable) []string { return o.Conflicts }},
}

// relationRE takes what nfpm's manifests have: NAME, NAME >= 1.2, NAME (>= 1.2),
// NAME=1.2, with an architecture behind the name as Debian has it.
var relationRE = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._+-]*)(?::[a-z0-9]+)?\s*(?:\(\s*(>=|<=|>>|<<|=|>|<)\s*([^\s(),|<>=][^\s(),|]*)\s*\)|(>=|<=|==|=|>|<)\s*([^\s(),|<>=][^\s(),|]*))?$`)

// otherOperators are those of Debian and of programming languages.
var otherOperators = map[string]string{">>": ">", "<<": "<", "==": "="}

// relation is one of them in slapt-get's form.
func relation(text string) (string, error) {
	var alternatives []string
	for part := range strings.SplitSeq(text, "|") {
		match := relationRE.FindStringSubmatch(strings.TrimSpace(part))
		if match == nil {
			return "", fmt.Errorf("%q is not the name of a package, with or without a version", text)
		}
		one := match[1]
		if operator, version := match[2]+match[4], match[3]+match[5]; version != "" {
			one += " " + cmp.Or(otherOperators[operator], operator) + " " + version
		}
		alternatives = append(alternatives, one)
	}
	return strings.Join(alternatives, " | "), nil
}

// lines are the file's lines. What a manifest says twice stands there once.
func (f *relationFile) lines(m *Manifest) ([]string, error) {
	var lines []string
	for _, text := range f.of(&m.Overridable) {
		line, err := relation(text)
		if err != nil {
			return nil, m.at("$."+f.fields[0], "as in \"zlib\", or \"zlib >= 1.2\"", "%v", err)
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// relationTexts are the files of the manifest that have something in them. One
// that the contents have as well stays as it is there.
func (m *Manifest) relationTexts(items []item) ([]File, error) {
	var files []File
	for _, f := range relationFiles {
		lines, err := f.lines(m)
		if err != nil {
			return nil, err
		}
		given := slices.ContainsFunc(items, func(i item) bool { return i.dst == "install/"+f.name })
		if len(lines) > 0 && !given {
			files = append(files, File{f.name, []byte(strings.Join(lines, "\n") + "\n")})
		}
	}
	return files, nil
}

// requires are the builds for REQUIRES of the .info file: slackware.requires, or
// the first of each alternative of depends where a manifest for Slackware has
// none.
func (m *Manifest) requires() []string {
	if m.Slackware.Requires != nil || m.nfpm {
		return m.Slackware.Requires
	}
	var names []string
	lines, _ := relationFiles[0].lines(m) // check has seen to it
	for _, line := range lines {
		if name := strings.Fields(line)[0]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
