// SPDX-License-Identifier: MIT

package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// Profile says whose custom counts. What does not work is found under each.
type Profile int

const (
	// Auto is SBo for builds whose script tags packages _SBo, or that have a
	// .info file and no tag, and Private for others. A tree is what most of its
	// builds are. Packages are judged as Slackware's.
	Auto Profile = iota
	// SBo is what SlackBuilds.org takes, and sbopkg and its like count on.
	SBo
	// Slackware is what Slackware's own packages have in common.
	Slackware
	// Private is for builds that nobody else has to like.
	Private
)

var profileNames = [...]string{Auto: "auto", SBo: "sbo", Slackware: "slackware", Private: "private"}

func (p Profile) String() string { return profileNames[p] }

// ParseProfile reads what String writes.
func ParseProfile(name string) (Profile, error) {
	if i := slices.Index(profileNames[:], name); i >= 0 {
		return Profile(i), nil
	}
	return 0, fmt.Errorf("unknown profile %q; there are: %s", name, strings.Join(profileNames[:], ", "))
}

// profiles is a set of them.
type profiles uint

const (
	sbo       profiles = 1 << SBo
	slackware profiles = 1 << Slackware
)

// level is a severity that may be left out.
type level int

const (
	note    = level(finding.Note) + 1
	warning = level(finding.Warning) + 1
)

// rule is a row of the table of rules.
type rule struct {
	Name  string
	Level finding.Severity
	// Elsewhere is the level outside of SlackBuilds.org, where it is another:
	// there, only what does not work is an error.
	Elsewhere level
	Only      profiles // that it counts under; empty: under all
	Why       string   // what happens where it is broken
	Fix       string   // what to do about it
	Fixable   bool     // Fix does it
}

// under gives the rule as it is under a profile, and whether it counts there.
func (r *rule) under(p Profile) (finding.Rule, bool) {
	f := finding.Rule{Name: r.Name, Level: r.Level, Why: r.Why, Fix: r.Fix, Fixable: r.Fixable}
	if p != SBo && r.Elsewhere != 0 {
		f.Level = finding.Severity(r.Elsewhere - 1)
	}
	return f, r.Only == 0 || r.Only&(1<<p) != 0
}

// judged gives the findings as they count under the profile.
func judged(list []finding.Finding, p Profile) []finding.Finding {
	var counted []finding.Finding
	for _, f := range list {
		r := byName[f.Rule]
		as, ok := r.under(p)
		if !ok {
			continue
		}
		f.Severity = as.Level
		counted = append(counted, f)
	}
	return counted
}
