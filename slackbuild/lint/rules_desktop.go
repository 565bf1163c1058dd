// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// desktopRules are about .desktop files.
var desktopRules = []rule{{
	Name:      "desktop-syntax",
	Level:     finding.Error,
	Elsewhere: warning,
	Why:       "desktops leave the whole file out",
	Fix:       "lines Key=value below [Desktop Entry]",
}, {
	Name:      "desktop-required",
	Level:     finding.Error,
	Elsewhere: warning,
	Why:       "desktops leave the whole file out",
	Fix:       "Type=, Name=, and Exec= or URL=",
}, {
	Name:  "desktop-key",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "no desktop looks at it",
	Fix:   "correct the name, or begin it with X-",
}, {
	Name:  "desktop-value",
	Level: finding.Warning,
	Only:  sbo | slackware,
	Why:   "desktops take it for something else, or leave it out",
	Fix:   "see the Desktop Entry Specification",
}, {
	Name:  "desktop-list",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "some desktops lose the last item",
	Fix:   "end the list in ;",
}, {
	Name:  "desktop-category",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "menus sort programs by it",
	Fix:   "see the registered categories of the Desktop Menu Specification",
}, {
	Name:  "desktop-icon",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "the theme chooses between files of several kinds",
	Fix:   "leave .png, .svg or .xpm out",
}, {
	Name:  "desktop-version",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "it is not the program's version, but the specification's",
	Fix:   "1.0 to 1.5, or leave it out",
}, {
	Name:  "desktop-deprecated",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "desktops have long stopped looking at it",
	Fix:   "leave it out",
}}
