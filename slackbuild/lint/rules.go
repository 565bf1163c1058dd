// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
)

// rules is the one table of rules: those of the files that begin rules_ and
// those that pkgtools judges packages by.
var rules = slices.Concat(dirRules, infoRules, readmeRules, scriptRules, doinstRules, desktopRules, treeRules, pkgtools.PackageRules())

// Rules returns all rules, sorted by name.
func Rules() []finding.Rule {
	all := slices.Clone(rules)
	slices.SortFunc(all, func(a, b finding.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// FindRule returns the rule of that name.
func FindRule(name string) (finding.Rule, bool) {
	r, ok := byName[name]
	return r, ok
}

var byName = func() map[string]finding.Rule {
	m := make(map[string]finding.Rule, len(rules))
	for _, r := range rules {
		if _, twice := m[r.Name]; twice {
			panic("two rules are called " + r.Name)
		}
		m[r.Name] = r
	}
	return m
}()

// inDirectory are levels of rules about packages that are higher in a directory:
// SlackBuilds.org refuses what installpkg only shows badly.
var inDirectory = map[string]finding.Severity{
	"slack-desc-line-ends": finding.Error,
	"slack-desc-ascii":     finding.Error,
	"slack-desc-lines":     finding.Error,
	"slack-desc-width":     finding.Error,
	"slack-desc-blank":     finding.Error,
	"slack-desc-title":     finding.Error,
	"slack-desc-second":    finding.Warning,
	"slack-desc-trailing":  finding.Warning,
	"slack-desc-ruler":     finding.Error,
	"slack-desc-how-to":    finding.Error,
	"slack-desc-other":     finding.Error,
	"doinst-last-line":     finding.Error,
}
