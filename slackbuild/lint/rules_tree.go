// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// treeRules are about a whole tree, and about the comments that disable rules.
var treeRules = []rule{{
	Name:  "tree-name",
	Level: finding.Error,
	Only:  sbo,
	Why:   "sbopkg and sbotools find builds by name alone",
	Fix:   "rename one",
}, {
	Name:  "tree-requires",
	Level: finding.Error,
	Only:  sbo,
	Why:   "sbopkg's queues break",
	Fix:   "name a build of the tree, or %README%",
}, {
	Name:  "disable-unknown",
	Level: finding.Warning,
	Why:   "the comment has no effect",
	Fix:   "mkslack lint --rules lists the names",
}, {
	Name:  "disable-unused",
	Level: finding.Note,
	Why:   "the comment has outlived its reason",
	Fix:   "remove it",
}}
