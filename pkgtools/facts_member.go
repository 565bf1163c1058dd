// SPDX-License-Identifier: MIT

package pkgtools

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// nameRules are about the package's file.
var nameRules = []packageRule{{
	Name:  "package-name",
	Level: finding.Error,
	Why:   "tools take the name apart at its last three hyphens",
	Fix:   "NAME-VERSION-ARCH-BUILD.txz",
	Package: func(v *verifier, say sayer) {
		var few *PartsError
		if v.badName != nil && !errors.As(v.badName, &few) {
			say("", "%v", v.badName)
		}
	},
}, {
	Name:  "package-name-parts",
	Level: finding.Warning,
	Why:   "upgradepkg takes all of it for the name, so another version is another package",
	Fix:   "NAME-VERSION-ARCH-BUILD.txz",
	Package: func(v *verifier, say sayer) {
		var few *PartsError
		if errors.As(v.badName, &few) {
			say("", "%v", few)
		}
	},
}, {
	Name:  "package-name-chars",
	Level: finding.Warning,
	Why:   "slapt-get does not take the file for a package",
	Fix:   "letters, digits and . _ + - only",
	Package: func(v *verifier, say sayer) {
		if v.badName == nil && !fileNameRE.MatchString(v.p.Full) {
			say("", "the name %q has characters that not all tools take", v.p.Full)
		}
	},
}, {
	Name:  "package-name-build",
	Level: finding.Warning,
	Why:   "slackpkg does not list the package",
	Fix:   "a number, then the tag, of letters, digits, . and _",
	Package: func(v *verifier, say sayer) {
		if v.badName == nil && !buildRE.MatchString(v.name.Build) {
			say("", "the build is %q", v.name.Build)
		}
	},
}, {
	Name:  "package-suffix",
	Level: finding.Error,
	Why:   "installpkg chooses the program that decompresses it by the name",
	Fix:   "rename it, or compress it anew",
	Package: func(v *verifier, say sayer) {
		if _, ext := TrimExt(v.p.File); ext != v.p.Ext {
			say("", "the name ends in %s, the content is %s", cmp.Or(ext, "nothing known"), v.p.Ext)
		}
	},
}, {
	Name:  "package-sum",
	Level: finding.Error,
	Why:   "the file was damaged or replaced on its way, or its sum is another file's",
	Fix:   "fetch both again from a source that you trust",
	Package: func(v *verifier, say sayer) {
		for _, wrong := range v.wrongSums {
			say("", "%s", wrong)
		}
	},
}}

var (
	fileNameRE = regexp.MustCompile(`^[A-Za-z0-9._+-]+$`)
	buildRE    = regexp.MustCompile(`^[0-9][A-Za-z0-9_.]*$`)
)

// memberRules are about which members there are, and their names.
var memberRules = []packageRule{{
	Name:  "package-dotted",
	Level: finding.Error,
	Why:   "installpkg does not run doinst.sh, finds no description and leaves /install behind",
	Fix:   "make it with makepkg",
	Package: func(v *verifier, say sayer) {
		if v.p.Dotted {
			say("", `its names start with "./", as plain tar writes them`)
		}
	},
}, {
	Name:  "package-root",
	Level: finding.Error,
	Why:   "removepkg may not find the list of its files",
	Fix:   "make it with makepkg",
	Package: func(v *verifier, say sayer) {
		if len(v.p.Entries) == 0 || v.p.Entries[0].Path != "." {
			say("", `does not start with "./"`)
		}
	},
}, {
	Name:  "package-member-name",
	Level: finding.Error,
	Why:   "removepkg never removes it",
	Fix:   "rename it",
	Entry: func(_ *verifier, m *member) string {
		switch {
		case hasBlankEnd(m.Path):
			return "ends in a blank: removepkg does not remove it"
		case m.top() && m.Path != "." && m.member() < "./":
			return `sorts before "./": removepkg never removes it`
		case m.Mode.IsDir() && recordQuote(m.Path) != m.Path:
			return "removepkg does not find a directory with such a name"
		}
		return ""
	},
}, {
	Name:  "package-member-odd",
	Level: finding.Warning,
	Why:   "lists of files lose the name, and makepkg takes a hyphen in front for an option",
	Fix:   "rename it",
	Entry: func(_ *verifier, m *member) string {
		switch {
		case strings.HasPrefix(m.Path, "-"):
			return "starts with a hyphen"
		case strings.ContainsFunc(m.Path, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }):
			return "holds a control character or a backslash"
		}
		return ""
	},
}, {
	Name:  "package-no-directory",
	Level: finding.Warning,
	Why:   "it is made with whatever mode the umask gives, and removepkg leaves it",
	Fix:   "make it with makepkg",
	Package: func(v *verifier, say sayer) {
		for i := range v.p.Entries {
			if dir := path.Dir(v.p.Entries[i].Path); dir != "." && v.byPath[dir] == nil {
				say(v.p.Entries[i].Path, "its directory is not in the package")
			}
		}
	},
}, {
	Name:  "package-install",
	Level: finding.Error,
	Why:   "installpkg changes install/ to /installpkg-(random), and leaves that",
	Fix:   "have nothing but a directory called install, and no link to it",
	Entry: func(_ *verifier, m *member) string {
		switch {
		case m.Path == "install" && !m.Mode.IsDir():
			return "is a " + m.Kind()
		case m.symlink() && (m.Link == "install" || strings.HasPrefix(m.Link, "install/")):
			return fmt.Sprintf("is a link to %q", m.Link)
		}
		return ""
	},
}, {
	Name:  "package-install-files",
	Level: finding.Warning,
	Why:   "it stays on the system as /installpkg-(random)",
	Fix:   "have slack-desc, doinst.sh, douninst.sh and slack-required and its like there, nothing else",
	Entry: func(_ *verifier, m *member) string {
		rest, ok := strings.CutPrefix(m.Path, "install/")
		if !ok || rest == "doinst.sh" || rest == "douninst.sh" || strings.HasPrefix(rest, "slack-") {
			return ""
		}
		return "is nothing that installpkg looks at"
	},
}, {
	Name:  "package-required",
	Level: finding.Warning,
	Why:   "slapt-get does not understand it",
	Fix:   "NAME or NAME >= VERSION, one a line",
	Entry: func(_ *verifier, m *member) string {
		rest, ok := strings.CutPrefix(m.Path, "install/slack-")
		if !ok || rest == "desc" {
			return ""
		}
		for line := range strings.Lines(string(m.data)) {
			for r := range strings.SplitSeq(line, "|") {
				if r = strings.TrimSpace(r); r != "" && !relationRE.MatchString(r) {
					return fmt.Sprintf("%q is no name, with or without a version", shorten(r))
				}
			}
		}
		return ""
	},
}, {
	Name:  "package-database",
	Level: finding.Error,
	Why:   "it forges or overwrites what other packages have recorded",
	Fix:   "remove it",
	Entry: func(_ *verifier, m *member) string {
		for _, dir := range databaseDirs {
			if strings.HasPrefix(m.Path, dir+"/") {
				return "would change the package database"
			}
		}
		return ""
	},
}, {
	Name:    "package-top",
	Level:   finding.Warning,
	Why:     "it changes the layout of the system",
	Fix:     "put it below /usr or /opt",
	Package: strayTops,
}, {
	Name:    "package-usr-local",
	Level:   finding.Warning,
	Why:     "/usr/local is the administrator's",
	Fix:     "build with --prefix=/usr",
	Package: below("usr/local"),
}, {
	Name:    "package-share-man",
	Level:   finding.Warning,
	Why:     "Slackware's pages are in /usr/man and /usr/info",
	Fix:     "build with --mandir=/usr/man --infodir=/usr/info",
	Package: below("usr/share/man", "usr/share/info"),
}, {
	Name:  "package-volatile",
	Level: finding.Warning,
	Why:   "it is another file system there, empty at boot, or somebody's own",
	Fix:   "make it when the program starts",
	Package: below("tmp", "var/tmp", "proc", "sys", "run", "var/run", "var/lock", "dev", "home", "root",
		"media", "mnt"),
}, {
	Name:  "package-system-file",
	Level: finding.Warning,
	Why:   "it is made anew on each system, and each package that has it overwrites the others'",
	Fix:   "remove it, and call the program that makes it in doinst.sh",
	Entry: func(_ *verifier, m *member) string {
		base := path.Base(m.Path)
		if slices.Contains(systemFiles, m.Path) || base == "icon-theme.cache" || base == "perllocal.pod" {
			return "is a list or cache of the whole system"
		}
		return ""
	},
}, {
	Name:  "package-config",
	Level: finding.Note,
	Why:   "an upgrade overwrites what the administrator changed in it",
	Fix:   "put it in as NAME.new and call config in doinst.sh",
	Entry: func(_ *verifier, m *member) string {
		switch {
		case !m.Mode.IsRegular(), strings.HasSuffix(m.Path, ".new"), !strings.HasPrefix(m.Path, "etc/"),
			strings.HasPrefix(m.Path, "etc/profile.d/"), strings.HasPrefix(m.Path, "etc/xdg/"):
			return ""
		}
		return "is replaced by an upgrade"
	},
}, {
	Name:  "package-new-unhandled",
	Level: finding.Warning,
	Why:   "the file is never used",
	Fix:   "call config for it in doinst.sh",
	Package: func(v *verifier, say sayer) {
		doinst := string(v.p.Doinst)
		for i := range v.p.Entries {
			e := &v.p.Entries[i]
			if e.Mode.IsRegular() && strings.HasSuffix(e.Path, ".new") && !strings.Contains(doinst, ".new") {
				say(e.Path, "nothing in doinst.sh puts it into place")
			}
		}
	},
}, {
	Name:  "package-doc",
	Level: finding.Note,
	Why:   "people look there for the licence and for what to do first",
	Fix:   "put the licence and README there",
	Package: func(v *verifier, say sayer) {
		prefix := "usr/doc/" + v.name.Name + "-"
		if v.badName == nil && !slices.ContainsFunc(v.p.Entries, func(e Entry) bool { return strings.HasPrefix(e.Path, prefix) }) {
			say("", "no /%s%s", prefix, v.name.Version)
		}
	},
}}

var (
	databaseDirs = []string{"var/lib/pkgtools/packages", "var/lib/pkgtools/scripts", "var/lib/pkgtools/removed_packages",
		"var/lib/pkgtools/removed_scripts", "var/log/packages", "var/log/scripts", "var/log/removed_packages", "var/log/removed_scripts"}
	topDirs = []string{"bin", "boot", "dev", "etc", "home", "install", "lib", "lib64", "media", "mnt", "opt", "proc", "root", "run",
		"sbin", "srv", "sys", "tmp", "usr", "var"}
	// systemFiles are lists of the system as a whole.
	systemFiles = []string{"usr/info/dir", "usr/share/applications/mimeinfo.cache", "usr/share/glib-2.0/schemas/gschemas.compiled",
		"usr/share/mime/mime.cache", "etc/ld.so.cache"}
	// relationRE is a line of slack-required and its like, as slapt-get takes it.
	relationRE = regexp.MustCompile(`^[A-Za-z0-9._+-]+(\s*(>=|=>|<=|=<|=|<|>)\s*[^\s,|]+)?$`)
)

// strayTops finds what lies in / and does not belong there.
func strayTops(v *verifier, say sayer) {
	told := map[string]bool{}
	for i := range v.p.Entries {
		e := &v.p.Entries[i]
		top, below, _ := strings.Cut(e.Path, "/")
		switch known := slices.Contains(topDirs, top); {
		case top == "." || told[top]:
		case !known:
			told[top] = true
			say(top, "is no directory of Slackware's")
		case below == "" && !e.Mode.IsDir() && !e.symlink() && top != "install":
			say(top, "is a %s where Slackware has a directory", e.Kind())
		}
	}
}

// below finds what lies below directories that packages stay out of, each of
// which is told once.
func below(dirs ...string) func(*verifier, sayer) {
	return func(v *verifier, say sayer) {
		for _, dir := range dirs {
			first, n := "", 0
			for i := range v.p.Entries {
				if e := &v.p.Entries[i]; !e.Mode.IsDir() && strings.HasPrefix(e.Path, dir+"/") {
					if n++; n == 1 {
						first = e.Path
					}
				}
			}
			if n > 1 {
				say(first, "lies below /%s, and so do %d more", dir, n-1)
			} else if n == 1 {
				say(first, "lies below /%s", dir)
			}
		}
	}
}
