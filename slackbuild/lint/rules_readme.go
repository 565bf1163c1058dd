// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// readmeRules are about README.
var readmeRules = []finding.Rule{{
	Name:    "readme-line-ends",
	Level:   finding.Error,
	Why:     "it is shown on terminals and web pages",
	Fix:     "end lines in a newline",
	Fixable: true,
}, {
	Name:    "readme-tab",
	Level:   finding.Error,
	Why:     "tabs are shown in different widths",
	Fix:     "use blanks",
	Fixable: true,
}, {
	Name:    "readme-blanks",
	Level:   finding.Note,
	Why:     "they show up in every later change",
	Fix:     "remove them",
	Fixable: true,
}, {
	Name:  "readme-utf8",
	Level: finding.Error,
	Why:   "the tree is UTF-8",
	Fix:   "convert the file",
}, {
	Name:  "readme-ascii",
	Level: finding.Note,
	Why:   "some consoles show ASCII only",
	Fix:   "use plain letters where the text allows it",
}, {
	Name:    "readme-leading-line",
	Level:   finding.Error,
	Why:     "the text is shown below a heading as it is",
	Fix:     "remove it",
	Fixable: true,
}, {
	Name:    "readme-trailing-line",
	Level:   finding.Warning,
	Why:     "the text is shown above other text as it is",
	Fix:     "remove it",
	Fixable: true,
}, {
	Name:  "readme-width",
	Level: finding.Error,
	Why:   "it is shown on 80-column terminals",
	Fix:   "break lines at 72 columns",
}, {
	Name:  "readme-width-url",
	Level: finding.Warning,
	Why:   "it is shown on 80-column terminals",
	Fix:   "put the address on a line of its own",
}, {
	Name:  "readme-indent",
	Level: finding.Note,
	Why:   "most texts indent by 2 to 4",
	Fix:   "indent by 2 to 4 blanks",
}, {
	Name:  "readme-long",
	Level: finding.Note,
	Why:   "it is shown whole before anything is built",
	Fix:   "move the details to a second file, as README.SLACKWARE",
}, {
	Name:  "readme-network",
	Level: finding.Warning,
	Why:   "builds are run without a network, and people want to know",
	Fix:   "say that the build needs the network",
}, {
	Name:  "readme-users",
	Level: finding.Note,
	Why:   "the script stops where the user or group is missing",
	Fix:   "say in README how to make them",
}, {
	Name:  "readme-homepage",
	Level: finding.Note,
	Why:   "the web page shows HOMEPAGE above the README",
	Fix:   "leave it out",
}}
