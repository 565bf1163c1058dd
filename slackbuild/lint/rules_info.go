// SPDX-License-Identifier: MIT

package lint

import "github.com/slackbond/slackbond/pkgtools/finding"

// infoRules are about NAME.info.
var infoRules = []finding.Rule{{
	Name:    "info-syntax",
	Level:   finding.Error,
	Why:     "tools read the file line by line, or as a shell would",
	Fix:     `NAME="VALUE", nothing else`,
	Fixable: true,
}, {
	Name:  "info-shell",
	Level: finding.Error,
	Why:   "sbopkg reads the file with a shell, which runs what is in $( ) and expands the rest",
	Fix:   "write the value itself",
}, {
	Name:  "info-fields",
	Level: finding.Error,
	Why:   "tools expect these ten fields: PRGNAM VERSION HOMEPAGE DOWNLOAD MD5SUM DOWNLOAD_x86_64 MD5SUM_x86_64 REQUIRES MAINTAINER EMAIL",
	Fix:   "have each of them once",
}, {
	Name:    "info-order",
	Level:   finding.Error,
	Why:     "all builds have the fields in this order",
	Fix:     "put them in order",
	Fixable: true,
}, {
	Name:    "info-line-ends",
	Level:   finding.Error,
	Why:     "a carriage return becomes part of the value, and sbopkg fails",
	Fix:     "end lines in a newline",
	Fixable: true,
}, {
	Name:    "info-blanks",
	Level:   finding.Error,
	Why:     "some tools take the blanks for a mistake",
	Fix:     "remove them",
	Fixable: true,
}, {
	Name:    "info-tab",
	Level:   finding.Warning,
	Why:     "blanks are usual",
	Fix:     "use blanks",
	Fixable: true,
}, {
	Name:  "info-utf8",
	Level: finding.Error,
	Why:   "the tree is UTF-8",
	Fix:   "convert the file",
}, {
	Name:    "info-continuation",
	Level:   finding.Error,
	Why:     "tools that read line by line lose the rest",
	Fix:     "end the line in a blank and a backslash",
	Fixable: true,
}, {
	Name:    "info-continuation-blank",
	Level:   finding.Warning,
	Why:     "it reads better, and some tools count on it",
	Fix:     "one blank before the backslash",
	Fixable: true,
}, {
	Name:    "info-indent",
	Level:   finding.Note,
	Why:     "most files do so",
	Fix:     "indent to the first character of the value",
	Fixable: true,
}, {
	Name:  "info-prgnam",
	Level: finding.Error,
	Why:   "tools look the build up by its directory and then believe PRGNAM",
	Fix:   "make them the same",
}, {
	Name:  "info-version",
	Level: finding.Error,
	Why:   "a hyphen separates the fields of a package's name",
	Fix:   "use . or _",
}, {
	Name:  "info-version-digit",
	Level: finding.Note,
	Why:   "update checks compare digits",
	Fix:   "drop the letters in front",
}, {
	Name:  "info-homepage",
	Level: finding.Error,
	Why:   "people want to know where it comes from",
	Fix:   "give the project's address",
}, {
	Name:  "info-homepage-url",
	Level: finding.Warning,
	Why:   "people click on it",
	Fix:   "give an http or https address",
}, {
	Name:  "info-maintainer",
	Level: finding.Error,
	Why:   "somebody has to answer",
	Fix:   "fill it in",
}, {
	Name:  "info-email",
	Level: finding.Note,
	Why:   "scripts write to it",
	Fix:   "name@host.tld",
}, {
	Name:  "info-requires",
	Level: finding.Error,
	Why:   "sbopkg's queues are made from it",
	Fix:   "names of builds, one blank between them",
}, {
	Name:    "info-requires-blanks",
	Level:   finding.Warning,
	Why:     "tools that compare or rewrite the field expect one blank",
	Fix:     "one blank between the names, none at the ends",
	Fixable: true,
}, {
	Name:    "info-requires-twice",
	Level:   finding.Warning,
	Why:     "once is enough",
	Fix:     "remove one",
	Fixable: true,
}, {
	Name:  "info-download",
	Level: finding.Error,
	Why:   "there is nothing to build from",
	Fix:   "give a URL, UNSUPPORTED or UNTESTED",
}, {
	Name:  "info-url",
	Level: finding.Error,
	Why:   "sbopkg hands it to wget as it is",
	Fix:   "an http, https or ftp address",
}, {
	Name:  "info-url-https",
	Level: finding.Note,
	Why:   "nine of ten are https",
	Fix:   "use https where the server has it",
}, {
	Name:  "info-url-extension",
	Level: finding.Warning,
	Why:   "tools guess the kind of archive from it",
	Fix:   "find a URL that ends in a file name",
}, {
	Name:  "info-url-directory",
	Level: finding.Error,
	Why:   "sbopkg cannot tell what the file is called",
	Fix:   "find a URL that ends in a file name",
}, {
	Name:  "info-url-fragment",
	Level: finding.Error,
	Why:   "sbopkg would save the file under a wrong name",
	Fix:   "use a URL without #",
}, {
	Name:  "info-url-same",
	Level: finding.Error,
	Why:   "they are saved in one directory",
	Fix:   "find other URLs",
}, {
	Name:  "info-url-prefix",
	Level: finding.Note,
	Why:   "sbopkg finds a source by how its name begins, then calls the sum of the right file wrong; other tools do not mind",
	Fix:   "put names that begin as others do behind all others, or leave signatures and sums out",
}, {
	Name:  "info-url-version",
	Level: finding.Note,
	Why:   "update checks and readers look for it",
	Fix:   "use a URL with the version in it, where there is one",
}, {
	Name:  "info-github-archive",
	Level: finding.Error,
	Why:   "v1.0.tar.gz of two projects have the same name",
	Fix:   "append /NAME-VERSION.tar.gz to the tag, without .tar.gz there",
}, {
	Name:  "info-md5-count",
	Level: finding.Error,
	Why:   "sums and URLs are paired by their place",
	Fix:   "one sum for each URL",
}, {
	Name:    "info-md5",
	Level:   finding.Error,
	Why:     "tools compare it as text",
	Fix:     "the output of md5sum",
	Fixable: true,
}}
