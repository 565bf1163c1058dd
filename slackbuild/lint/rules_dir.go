// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// dirRules are about files of a directory or archive.
var dirRules = []rule{{
	Name:  "dir-files",
	Level: finding.Error,
	Only:  sbo,
	Why:   "sbopkg and SlackBuilds.org need NAME.SlackBuild, NAME.info, README and slack-desc",
	Fix:   "add the file",
}, {
	Name:      "dir-name",
	Level:     finding.Error,
	Elsewhere: warning,
	Only:      sbo | slackware,
	Why:       "tools look builds up by this name",
	Fix:       "use letters, digits and . _ + -, beginning with a letter or digit",
}, {
	Name:  "dir-name-case",
	Level: finding.Note,
	Only:  sbo,
	Why:   "nine of ten builds have lower-case names",
	Fix:   "keep upper case only where upstream insists on it",
}, {
	Name:  "dir-one-script",
	Level: finding.Error,
	Only:  sbo,
	Why:   "one directory makes one package",
	Fix:   "move the script to a directory of its own",
}, {
	Name:      "dir-stray",
	Level:     finding.Error,
	Elsewhere: warning,
	Why:       "it is left over from editing, and would be submitted",
	Fix:       "remove it",
}, {
	Name:  "dir-empty",
	Level: finding.Error,
	Only:  sbo,
	Why:   "an empty file says nothing, and some tools drop it",
	Fix:   "remove it, or fill it",
}, {
	Name:  "dir-large",
	Level: finding.Warning,
	Only:  sbo,
	Why:   "everybody who fetches the tree fetches it",
	Fix:   "put it on a server, and its address into DOWNLOAD",
}, {
	Name:  "dir-archive",
	Level: finding.Warning,
	Only:  sbo,
	Why:   "sources are downloaded, not kept in the tree",
	Fix:   "put it on a server, and its address into DOWNLOAD",
}, {
	Name:  "dir-special",
	Level: finding.Error,
	Why:   "tools read files, and wait forever for what a pipe or device gives",
	Fix:   "remove it",
}, {
	Name:  "dir-unread",
	Level: finding.Error,
	Why:   "a file that cannot be looked into cannot be reviewed either",
	Fix:   "make it readable, smaller or simpler",
}, {
	Name:  "archive-layout",
	Level: finding.Error,
	Why:   "SlackBuilds.org takes archives of one directory with the archive's name",
	Fix:   "run tar in the directory above it",
}, {
	Name:    "mode-main",
	Level:   finding.Error,
	Only:    sbo,
	Why:     "scripts are run as sh FILE, and SlackBuilds.org's checks refuse another mode",
	Fix:     "chmod 644",
	Fixable: true,
}, {
	Name:  "mode",
	Level: finding.Warning,
	Only:  sbo,
	Why:   "all files of the tree have mode 0644, except for a handful of rc scripts",
	Fix:   "chmod 644, and have the script install it with the mode it needs",
}, {
	Name:    "mode-umask",
	Level:   finding.Note,
	Only:    sbo,
	Why:     "git keeps only the x bit of a mode, but archives and cp keep all of it",
	Fix:     "chmod 644",
	Fixable: true,
}}
