// SPDX-License-Identifier: MIT

package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// findings collects what is found in one directory or package.
type findings struct {
	list    []finding.Finding
	count   map[place]int
	ignored *ignored
	holder  string // the package or archive that all files are in
}

// place is where a rule is broken.
type place struct{ file, rule string }

// maxAlike is how many findings of a rule in a file are kept: what comes more
// often is one mistake, or written to fill the memory.
const maxAlike = 100

// add notes a finding of the rule, which the table must have.
func (f *findings) add(rule, file string, line int, format string, args ...any) {
	r, ok := byName[rule]
	if !ok {
		panic("no rule " + rule)
	}
	if f.count == nil {
		f.count = map[place]int{}
	}
	key := place{file, rule}
	f.count[key]++
	switch n := f.count[key]; {
	case n > maxAlike:
		return
	case n == maxAlike:
		format += " (more of these are not shown)"
	}
	found := finding.Finding{Rule: rule, Severity: r.Level, File: file, Line: line, Text: fmt.Sprintf(format, args...)}
	if member, ok := strings.CutPrefix(file, f.holder+":"); ok && f.holder != "" {
		found.File, found.Member = f.holder, member
	}
	f.list = append(f.list, found)
}

// sorted is what is left when disabled rules are taken out.
func (f *findings) sorted() []finding.Finding {
	f.list = slices.DeleteFunc(f.list, f.ignored.has)
	f.ignored.report(f)
	f.list = slices.DeleteFunc(f.list, f.ignored.has)
	slices.SortStableFunc(f.list, finding.Compare)
	return slices.Compact(f.list)
}

// guarded runs a check. Where it panics, in a library for example, that is a
// finding about the file, and the other checks go on.
func (f *findings) guarded(file string, check func()) {
	defer func() {
		if p := recover(); p != nil {
			f.add("dir-unread", file, 0, "the check of this file failed: %s", cut(fmt.Sprint(p)))
		}
	}()
	check()
}
