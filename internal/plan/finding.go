// SPDX-License-Identifier: MIT

package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/shconf"
)

// Severity of a Finding.
type Severity string

const (
	Error   Severity = "error"   // a bond will not come up, or not as it is meant
	Warning Severity = "warning" // it may not, or something cannot be judged
)

// A Finding is one thing that is wrong, at one place. The JSON is documented
// in bondctl(8).
type Finding struct {
	// Pos is the file and the line; the line is 0 where bash read the file.
	// What always names the variable.
	shconf.Pos
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`           // a fixed name, for scripts
	Bond     string   `json:"bond,omitempty"` // its name, where it is about one bond that has one
	What     string   `json:"what"`           // what is wrong
	Why      string   `json:"why"`            // what will happen
	Do       string   `json:"do"`             // the cure
}

// Sort puts findings in the order of files and lines; those of one line, or
// without lines, keep their order.
func Sort(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line)
	})
}

// HasErrors reports whether there is an error among the findings.
func HasErrors(list []Finding) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == Error })
}
