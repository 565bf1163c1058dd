// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// doinstRules are about doinst.sh and douninst.sh, beside those that pkgtools judges them by in a package.
var doinstRules = []rule{{
	Name:  "doinst-shebang",
	Level: finding.Note,
	Only:  sbo,
	Why:   "the line is never read",
	Fix:   "remove it",
}, {
	Name:  "doinst-exit",
	Level: finding.Error,
	Why:   "makepkg appends the lines that make the package's links",
	Fix:   "use if, or a subshell",
}, {
	Name:  "doinst-users",
	Level: finding.Warning,
	Only:  sbo | slackware,
	Why:   "users and groups are the administrator's",
	Fix:   "say in README how to create them",
}, {
	Name:      "doinst-config-target",
	Level:     finding.Error,
	Elsewhere: warning,
	Why:       "installpkg runs the script in the target's root, and only .new files are the package's",
	Fix:       "config etc/FILE.new",
}, {
	Name:  "doinst-config-unused",
	Level: finding.Warning,
	Why:   "a .new file stays where it is forever",
	Fix:   "call it for each .new file, or remove it",
}, {
	Name:  "doinst-config-body",
	Level: finding.Warning,
	Why:   "the new file has to get into place where there is none, and go where it is the same",
	Fix:   "move the new file where there is no old one, remove it where both are the same, and leave it otherwise",
}, {
	Name:  "doinst-config-links",
	Level: finding.Note,
	Why:   "settings on another disk, or under version control, are lost at an upgrade; the functions that most packages have do that",
	Fix:   "do nothing where [ -L \"$OLD\" ], or let mkslack write doinst.sh",
}, {
	Name:  "doinst-config-loses",
	Level: finding.Error,
	Why:   "upgrades must not lose what the administrator has written",
	Fix:   "move the new file where there is no old one, remove it where both are the same, and leave it otherwise",
}, {
	Name:  "doinst-preserve-perms",
	Level: finding.Warning,
	Why:   "a script that was switched on by its mode is switched off, or the other way round",
	Fix:   "give the new file the mode and owner of the old one, and then treat it as config() does",
}, {
	Name:  "doinst-new",
	Level: finding.Warning,
	Why:   "a .new file stays where it is forever",
	Fix:   "call config etc/FILE.new in doinst.sh",
}, {
	Name:  "doinst-ldconfig",
	Level: finding.Warning,
	Only:  sbo | slackware,
	Why:   "it is slow, and installpkg runs it where / is the target",
	Fix:   "remove it",
}, {
	Name:  "doinst-background",
	Level: finding.Warning,
	Why:   "the next installpkg waits until it ends",
	Fix:   "remove the &",
}, {
	Name:  "doinst-stdin",
	Level: finding.Error,
	Why:   "it reads the rest of the script",
	Fix:   "name a file, or add < /dev/null",
}, {
	Name:  "doinst-guard",
	Level: finding.Warning,
	Why:   "the program may not be installed",
	Fix:   "if [ -x /usr/bin/PROGRAM ]; then ...",
}, {
	Name:      "doinst-desktop",
	Level:     finding.Warning,
	Elsewhere: note,
	Only:      sbo | slackware,
	Why:       "menus do not show the program",
	Fix:       "if [ -x /usr/bin/update-desktop-database ]; then ...",
}, {
	Name:      "doinst-icons",
	Level:     finding.Warning,
	Elsewhere: note,
	Only:      sbo | slackware,
	Why:       "menus show old icons",
	Fix:       "if [ -e usr/share/icons/hicolor/icon-theme.cache ]; then ...",
}, {
	Name:      "doinst-mime",
	Level:     finding.Warning,
	Elsewhere: note,
	Only:      sbo | slackware,
	Why:       "files of the new type are not known",
	Fix:       "if [ -x /usr/bin/update-mime-database ]; then ...",
}, {
	Name:      "doinst-schemas",
	Level:     finding.Warning,
	Elsewhere: note,
	Only:      sbo | slackware,
	Why:       "programs that ask for the schema abort",
	Fix:       "if [ -e usr/share/glib-2.0/schemas ]; then ...",
}, {
	Name:  "doinst-info",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "info does not list the page",
	Fix:   "if [ -x /usr/bin/install-info ]; then ...",
}, {
	Name:  "doinst-depmod",
	Level: finding.Note,
	Only:  sbo | slackware,
	Why:   "modprobe does not find the module before the next boot",
	Fix:   "if [ -x sbin/depmod ]; then chroot . /sbin/depmod -a KERNEL; fi",
}}
