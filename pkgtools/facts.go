// SPDX-License-Identifier: MIT

package pkgtools

import (
	"slices"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// packageRule is one thing that packages are judged by. It looks at each member
// while the package is read, or at the package when it has been.
type packageRule struct {
	Name  string
	Level finding.Severity
	Why   string // what happens where it is broken
	Fix   string // what to do about it
	// Entry says what is wrong with a member, or nothing.
	Entry func(*verifier, *member) string
	// Package says what is wrong with the package as a whole.
	Package func(v *verifier, say sayer)
}

// sayer takes what is wrong with the member of that path, or, where that is
// empty, with the package.
type sayer func(path, format string, args ...any)

// packageRules is the one table of what is judged of a package: Verify applies
// it, and lint adds what is only custom. A level has one meaning: an Error is a
// package that the package tools do not install, upgrade or remove as it was
// meant, a Warning probably a mistake, a Note worth knowing.
var packageRules = slices.Concat(nameRules, archiveRules, memberRules, modeRules, contentRules, scriptRules)

// PackageRules lists the rules that Verify judges packages by.
func PackageRules() []finding.Rule {
	var list []finding.Rule
	for _, r := range packageRules {
		list = append(list, finding.Rule{Name: r.Name, Level: r.Level, Why: r.Why, Fix: r.Fix})
	}
	return append(list, descRules...)
}
