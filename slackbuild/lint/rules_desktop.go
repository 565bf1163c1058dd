// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// desktopRules are about .desktop files.
var desktopRules = []rule{{
	Name:      "desktop-syntax",
	Level:     finding.Error,
	Elsewhere: warning,
	Why:       "desktops ignore the whole file",
	Fix:       "write Key=value lines below [Desktop Entry]",
}, {
	Name:      "desktop-required",
	Level:     finding.Error,
	Elsewhere: warning,
	Why:       "desktops ignore the whole file",
	Fix:       "give Type=, Name=, and Exec= or URL=",
}, {
	Name:  "desktop-key",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "no desktop knows it",
	Fix:   "correct the name, or begin it with X-",
}, {
	Name:  "desktop-value",
	Level: finding.Warning,
	Only:  sbo | slackware,
	Why:   "desktops ignore it or misunderstand it",
	Fix:   "see the Desktop Entry Specification",
}, {
	Name:  "desktop-list",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "some desktops lose the last item",
	Fix:   "end the list with ;",
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
	Why:   "the theme chooses among files of several kinds",
	Fix:   "leave out .png, .svg or .xpm",
}, {
	Name:  "desktop-version",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "it is the version of the specification, not of the program",
	Fix:   "give 1.0 to 1.5, or leave it out",
}, {
	Name:  "desktop-deprecated",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "desktops have ignored it for years",
	Fix:   "leave it out",
}}
