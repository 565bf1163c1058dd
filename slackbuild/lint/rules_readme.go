// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// readmeRules are about README.
var readmeRules = []rule{{
	Name:    "readme-line-ends",
	Level:   finding.Error,
	Only:    sbo,
	Why:     "README is shown on terminals and web pages",
	Fix:     "end lines with a newline alone",
	Fixable: true,
}, {
	Name:    "readme-tab",
	Level:   finding.Error,
	Only:    sbo,
	Why:     "tabs are shown in different widths",
	Fix:     "use blanks",
	Fixable: true,
}, {
	Name:    "readme-blanks",
	Level:   finding.Note,
	Only:    sbo,
	Why:     "they show up in every later change",
	Fix:     "remove them",
	Fixable: true,
}, {
	Name:  "readme-utf8",
	Level: finding.Error,
	Only:  sbo,
	Why:   "the tree is UTF-8",
	Fix:   "convert the file",
}, {
	Name:  "readme-ascii",
	Level: finding.Note,
	Only:  sbo,
	Why:   "some consoles show ASCII only",
	Fix:   "use plain letters where the text allows",
}, {
	Name:    "readme-leading-line",
	Level:   finding.Error,
	Only:    sbo,
	Why:     "the text is shown right below a heading",
	Fix:     "remove it",
	Fixable: true,
}, {
	Name:    "readme-trailing-line",
	Level:   finding.Warning,
	Only:    sbo,
	Why:     "the text is shown right above other text",
	Fix:     "remove it",
	Fixable: true,
}, {
	Name:  "readme-width",
	Level: finding.Error,
	Only:  sbo,
	Why:   "README is shown on 80-column terminals",
	Fix:   "break lines at 72 columns",
}, {
	Name:  "readme-width-url",
	Level: finding.Warning,
	Only:  sbo,
	Why:   "README is shown on 80-column terminals",
	Fix:   "put the address on a line of its own",
}, {
	Name:  "readme-indent",
	Level: finding.Note,
	Only:  sbo,
	Why:   "most READMEs indent by 2 to 4",
	Fix:   "indent by 2 to 4 blanks",
}, {
	Name:  "readme-long",
	Level: finding.Note,
	Only:  sbo,
	Why:   "all of it is shown before the build starts",
	Fix:   "move the details to a second file, such as README.SLACKWARE",
}, {
	Name:  "readme-network",
	Level: finding.Warning,
	Only:  sbo,
	Why:   "builds usually run without a network, and users want to know",
	Fix:   "say that the build needs the network",
}, {
	Name:  "readme-users",
	Level: finding.Note,
	Only:  sbo,
	Why:   "the script stops where the user or group is missing",
	Fix:   "say in README how to create them",
}, {
	Name:  "readme-homepage",
	Level: finding.Note,
	Only:  sbo,
	Why:   "the web page shows HOMEPAGE above the README",
	Fix:   "leave it out",
}}
