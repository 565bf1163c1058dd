// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// scriptRules are about NAME.SlackBuild.
var scriptRules = []finding.Rule{{
	Name:  "script-shebang",
	Level: finding.Error,
	Why:   "sbopkg and others run the script with sh or bash themselves: the line is never read",
	Fix:   "#!/bin/bash, and set -e in the script",
}, {
	Name:  "script-syntax",
	Level: finding.Error,
	Why:   "the shell stops there",
	Fix:   "put right what the shell cannot read",
}, {
	Name:  "script-sh",
	Level: finding.Error,
	Why:   "sbopkg runs the script with sh, which is bash in POSIX mode",
	Fix:   "use names of letters, digits and _",
}, {
	Name:  "script-posix",
	Level: finding.Note,
	Why:   "Slackware's sh is bash, so it does no harm there",
	Fix:   "nothing, unless the script is to run elsewhere",
}, {
	Name:    "script-line-ends",
	Level:   finding.Error,
	Why:     "the shell takes a carriage return for part of the word",
	Fix:     "end lines in a newline",
	Fixable: true,
}, {
	Name:  "script-utf8",
	Level: finding.Error,
	Why:   "the tree is UTF-8",
	Fix:   "convert the file",
}, {
	Name:  "script-ascii",
	Level: finding.Note,
	Why:   "some editors and consoles show it wrongly",
	Fix:   "use plain letters outside names",
}, {
	Name:  "script-tab",
	Level: finding.Note,
	Why:   "most scripts indent with blanks",
	Fix:   "use blanks",
}, {
	Name:    "script-blanks",
	Level:   finding.Note,
	Why:     "they show up in every later change",
	Fix:     "remove them",
	Fixable: true,
}, {
	Name:  "script-width",
	Level: finding.Note,
	Why:   "long lines are hard to review",
	Fix:   "break the line with a backslash",
}, {
	Name:  "script-header",
	Level: finding.Warning,
	Why:   "it says what the file is",
	Fix:   "# Slackware build script for NAME",
}, {
	Name:  "script-licence",
	Level: finding.Warning,
	Why:   "nobody may use a script without a licence",
	Fix:   "name the author and the licence",
}, {
	Name:  "script-template-comment",
	Level: finding.Warning,
	Why:   "it was meant for you",
	Fix:   "remove it",
}, {
	Name:  "script-cd",
	Level: finding.Error,
	Why:   "the files beside the script are not found from elsewhere",
	Fix:   "cd $(dirname $0) ; CWD=$(pwd)",
}, {
	Name:  "script-cd-form",
	Level: finding.Warning,
	Why:   "tools look for the usual form",
	Fix:   "cd $(dirname $0) ; CWD=$(pwd)",
}, {
	Name:  "script-cwd",
	Level: finding.Warning,
	Why:   "the files beside the script are found by $CWD",
	Fix:   "cd $(dirname $0) ; CWD=$(pwd)",
}, {
	Name:  "script-prgnam",
	Level: finding.Error,
	Why:   "tools look for it, and it names the package",
	Fix:   "PRGNAM=NAME",
}, {
	Name:  "script-version",
	Level: finding.Error,
	Why:   "people set VERSION to build another one",
	Fix:   "VERSION=${VERSION:-1.0}",
}, {
	Name:  "script-version-info",
	Level: finding.Error,
	Why:   "sbopkg takes the one, and the script builds the other",
	Fix:   "change one of them",
}, {
	Name:  "script-build",
	Level: finding.Error,
	Why:   "people set BUILD, and tools raise it",
	Fix:   "BUILD=${BUILD:-1}",
}, {
	Name:  "script-tag",
	Level: finding.Error,
	Why:   "people set TAG for packages of their own",
	Fix:   "TAG=${TAG:-_SBo}",
}, {
	Name:  "script-pkgtype",
	Level: finding.Error,
	Why:   "people set PKGTYPE; SlackBuilds.org's packages are tgz",
	Fix:   "PKGTYPE=${PKGTYPE:-tgz}",
}, {
	Name:  "script-column",
	Level: finding.Error,
	Why:   "sbopkg, sbotools and slackrepo look for these lines with grep and sed",
	Fix:   "one assignment a line, at its beginning",
}, {
	Name:  "script-order",
	Level: finding.Warning,
	Why:   "nearly all scripts have this order",
	Fix:   "PRGNAM, VERSION, BUILD, TAG, PKGTYPE",
}, {
	Name:  "script-arch",
	Level: finding.Error,
	Why:   "the package's name needs it",
	Fix:   "take the block with uname -m of the template",
}, {
	Name:  "script-arch-case",
	Level: finding.Note,
	Why:   "i586 and arm are what Slackware's packages are called",
	Fix:   "take the block of the template",
}, {
	Name:  "script-tmp",
	Level: finding.Error,
	Why:   "people set TMP, and sbopkg cleans it up",
	Fix:   "TMP=${TMP:-/tmp/SBo}",
}, {
	Name:  "script-pkg",
	Level: finding.Error,
	Why:   "sbopkg removes $TMP/package-NAME",
	Fix:   "PKG=$TMP/package-$PRGNAM",
}, {
	Name:  "script-output",
	Level: finding.Error,
	Why:   "sbopkg looks for the package there",
	Fix:   "OUTPUT=${OUTPUT:-/tmp}",
}, {
	Name:  "script-set-e",
	Level: finding.Error,
	Why:   "a broken build becomes a broken package",
	Fix:   "set -e before the first command that does something",
}, {
	Name:  "script-exit-each",
	Level: finding.Warning,
	Why:   "somewhere a || exit is always forgotten",
	Fix:   "set -e before the first command that does something",
}, {
	Name:  "script-set-e-late",
	Level: finding.Warning,
	Why:   "a failure of these commands goes unseen",
	Fix:   "move it up",
}, {
	Name:  "script-wipe",
	Level: finding.Warning,
	Why:   "files of an earlier run get into the package",
	Fix:   "rm -rf $PKG",
}, {
	Name:  "script-mkdir",
	Level: finding.Warning,
	Why:   "the directory may not be there",
	Fix:   "mkdir -p $TMP $PKG $OUTPUT",
}, {
	Name:  "script-cd-tmp",
	Level: finding.Warning,
	Why:   "building elsewhere leaves files behind",
	Fix:   "cd $TMP",
}, {
	Name:    "script-unused-slkcflags",
	Level:   finding.Warning,
	Why:     "it suggests that the flags are used",
	Fix:     "use it, or take the block out",
	Fixable: true,
}, {
	Name:    "script-unused-libdirsuffix",
	Level:   finding.Warning,
	Why:     "it suggests that libraries go to lib64",
	Fix:     "use it, or take the block out",
	Fixable: true,
}, {
	Name:  "script-libdirsuffix",
	Level: finding.Warning,
	Why:   "libraries go where the loader of that architecture does not look",
	Fix:   "64 on x86_64 and aarch64, nothing on the others",
}, {
	Name:  "script-chown",
	Level: finding.Warning,
	Why:   "a package's files belong to root",
	Fix:   "chown -R root:root .",
}, {
	Name:  "script-modes",
	Level: finding.Warning,
	Why:   "group-writable files get into the package",
	Fix:   "take the find of the template",
}, {
	Name:  "script-man-gzip",
	Level: finding.Warning,
	Why:   "Slackware's manual pages are compressed",
	Fix:   `find $PKG/usr/man -type f -exec gzip -9 {} \;`,
}, {
	Name:  "script-man-share",
	Level: finding.Error,
	Why:   "Slackware's manual pages are in /usr/man",
	Fix:   "--mandir=/usr/man",
}, {
	Name:  "script-doc",
	Level: finding.Warning,
	Why:   "people look there",
	Fix:   "mkdir -p $PKG/usr/doc/$PRGNAM-$VERSION",
}, {
	Name:  "script-doc-script",
	Level: finding.Warning,
	Why:   "people want to know how a package was built",
	Fix:   "cat $CWD/$PRGNAM.SlackBuild > $PKG/usr/doc/$PRGNAM-$VERSION/$PRGNAM.SlackBuild",
}, {
	Name:  "script-slack-desc",
	Level: finding.Error,
	Why:   "the package has no description",
	Fix:   "cat $CWD/slack-desc > $PKG/install/slack-desc",
}, {
	Name:  "script-cp",
	Level: finding.Warning,
	Why:   "cp takes along the mode, and as an ordinary user the owner, that the file happens to have",
	Fix:   "cat $CWD/FILE > $PKG/.../FILE",
}, {
	Name:  "script-install-dir",
	Level: finding.Error,
	Why:   "slack-desc cannot be written there",
	Fix:   "mkdir -p $PKG/install",
}, {
	Name:  "script-doinst",
	Level: finding.Error,
	Why:   "it is never run",
	Fix:   "cat $CWD/doinst.sh > $PKG/install/doinst.sh",
}, {
	Name:  "script-doinst-missing",
	Level: finding.Error,
	Why:   "the script fails there",
	Fix:   "add doinst.sh, or take the line out",
}, {
	Name:  "script-users",
	Level: finding.Error,
	Why:   "a build must not change the machine",
	Fix:   "test for the user, and say in README how to make it",
}, {
	Name:  "script-installpkg",
	Level: finding.Warning,
	Why:   "a build must not change the machine",
	Fix:   "leave it to the administrator",
}, {
	Name:  "script-usr-local",
	Level: finding.Warning,
	Why:   "packages go to /usr",
	Fix:   "--prefix=/usr",
}, {
	Name:  "script-opt",
	Level: finding.Note,
	Why:   "packages go to /usr, but for what comes in one piece",
	Fix:   "install below /usr where the program allows it",
}, {
	Name:  "script-network",
	Level: finding.Warning,
	Why:   "sums cannot be checked, and offline builds fail",
	Fix:   "put the source into DOWNLOAD",
}, {
	Name:  "script-go-vendor",
	Level: finding.Note,
	Why:   "go build gets modules from the network, which offline builds do not have",
	Fix:   "add an archive of the vendor directory to DOWNLOAD, and build with -mod=vendor",
}, {
	Name:  "script-unsupported",
	Level: finding.Note,
	Why:   "without .info the script would go on",
	Fix:   "exit 1 for this ARCH",
}, {
	Name:  "print-name",
	Level: finding.Error,
	Why:   "sbopkg and others ask for the package's name this way",
	Fix:   "take the block of the template",
}, {
	Name:  "print-name-late",
	Level: finding.Error,
	Why:   "asking for a name must change nothing",
	Fix:   "move the block up",
}, {
	Name:  "print-name-test",
	Level: finding.Warning,
	Why:   "tools and readers look for the usual line",
	Fix:   `if [ ! -z "${PRINT_PACKAGE_NAME}" ]; then`,
}, {
	Name:  "print-name-form",
	Level: finding.Warning,
	Why:   "tools wait for a package of just that name",
	Fix:   `echo "$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE"`,
}, {
	Name:  "print-name-same",
	Level: finding.Warning,
	Why:   "tools wait for a file of the printed name",
	Fix:   "print what makepkg makes",
}, {
	Name:  "print-name-run",
	Level: finding.Error,
	Why:   "tools read the name of the package from it",
	Fix:   "move tests that fail below the block, and print one name",
}, {
	Name:  "print-name-version",
	Level: finding.Note,
	Why:   "tools wait for a file of the printed name",
	Fix:   "nothing, where the version depends on the machine, as with kernel modules",
}, {
	Name:  "makepkg",
	Level: finding.Error,
	Why:   "sbopkg takes exactly one package from a script",
	Fix:   "one call of /sbin/makepkg, as the last command",
}, {
	Name:  "makepkg-path",
	Level: finding.Error,
	Why:   "another makepkg may be first in PATH",
	Fix:   "/sbin/makepkg",
}, {
	Name:  "makepkg-chown",
	Level: finding.Error,
	Why:   "y changes the owners of directories; without the option there is a question",
	Fix:   "-c n",
}, {
	Name:  "makepkg-linkadd",
	Level: finding.Warning,
	Why:   "links belong in doinst.sh",
	Fix:   "-l y",
}, {
	Name:  "makepkg-output",
	Level: finding.Error,
	Why:   "sbopkg looks for the package there",
	Fix:   "$OUTPUT/...",
}, {
	Name:    "makepkg-output-text",
	Level:   finding.Error,
	Why:     "sbopkg's update check takes the line with this text",
	Fix:     "write $OUTPUT, without braces",
	Fixable: true,
}, {
	Name:  "makepkg-form",
	Level: finding.Warning,
	Why:   "tools look for a package of that name",
	Fix:   "$OUTPUT/$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE",
}, {
	Name:  "makepkg-cd",
	Level: finding.Error,
	Why:   "makepkg packages the directory it is in",
	Fix:   "cd $PKG",
}, {
	Name:  "makepkg-last",
	Level: finding.Warning,
	Why:   "what comes later is not in the package",
	Fix:   "move it up",
}}
