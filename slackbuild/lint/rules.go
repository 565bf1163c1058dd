// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
)

// rules is the one table of rules: those of the files that begin rules_, and
// those that pkgtools judges packages by.
var rules = slices.Concat(dirRules, infoRules, readmeRules, scriptRules, doinstRules, desktopRules, treeRules, packageRules())

// packageRules are the rules of pkgtools. slack-desc and doinst.sh are judged by
// them in directories too, where SlackBuilds.org refuses what installpkg only
// shows badly; what is a matter of taste is nothing for private builds.
func packageRules() []rule {
	var list []rule
	for _, r := range pkgtools.PackageRules() {
		row := rule{Name: r.Name, Level: r.Level, Why: r.Why, Fix: r.Fix, Fixable: r.Fixable}
		if strict, ok := strictAtSBo[r.Name]; ok {
			row.Level, row.Elsewhere = strict, level(r.Level)+1
		}
		if slices.Contains(tasteOfPackages, r.Name) {
			row.Only = sbo | slackware
		}
		list = append(list, row)
	}
	return list
}

// strictAtSBo are levels under the profile sbo.
var strictAtSBo = map[string]finding.Severity{
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

// tasteOfPackages are rules about packages that break nothing.
var tasteOfPackages = []string{
	"slack-desc-second", "slack-desc-last", "slack-desc-trailing", "slack-desc-ruler", "slack-desc-how-to", "slack-desc-ascii",
	"slack-desc-lines", "slack-desc-title", "package-name-build", "package-doc", "package-empty", "package-la", "package-static",
	"package-unstripped", "package-could-be-noarch", "package-link", "package-link-broken", "package-link-absolute", "package-man-gzip",
	"package-icon-size", "package-share-man", "package-site-perl", "package-share-elf", "package-config", "package-usr-local",
}

// Rules returns the rules that count under the profile, sorted by name; under
// Auto, all of them, as they are under SBo.
func Rules(p Profile) []finding.Rule {
	var all []finding.Rule
	for i := range rules {
		if p == Auto {
			r, _ := rules[i].under(SBo)
			all = append(all, r)
		} else if r, ok := rules[i].under(p); ok {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b finding.Rule) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// FindRule returns the rule of that name as it is under the profile, and whether
// it counts there.
func FindRule(name string, p Profile) (r finding.Rule, known, counts bool) {
	row, known := byName[name]
	if known {
		r, counts = row.under(p)
	}
	return r, known, counts
}

var byName = func() map[string]*rule {
	m := make(map[string]*rule, len(rules))
	for i := range rules {
		r := &rules[i]
		if _, twice := m[r.Name]; twice {
			panic("two rules are called " + r.Name)
		}
		m[r.Name] = r
	}
	return m
}()
