// SPDX-License-Identifier: MIT

package slackbuild

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/slackbond/slackbond/pkgtools"
	"mvdan.cc/sh/v3/syntax"
)

var nameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// contentTypes are the types of nfpm's contents; those that only mark a file
// for another format (doc, license, …) are plain files here.
var contentTypes = []string{"", "file", "config", "config|noreplace", "config|missingok", "symlink", "dir",
	"tree", "config|tree", "config|noreplace|tree", "config|missingok|tree", "ghost", "doc", "licence", "license", "readme",
	"debian changelog"}

// check finds what is wrong in a manifest that is well-formed, all of it.
func (m *Manifest) check() error {
	var errs []error
	wrong := func(path, hint, format string, args ...any) {
		errs = append(errs, m.at(path, hint, format, args...))
	}
	switch {
	case m.Name == "":
		wrong("$.name", "add name: NAME, or set the environment variable it comes from", "the name is missing")
	case !nameRE.MatchString(m.Name):
		wrong("$.name", "letters, digits and . _ + -, the first one a letter or digit", "bad package name %q", m.Name)
	}
	if m.Version == "" {
		wrong("$.version", "add version: 1.0, or set the environment variable it comes from", "the version is missing")
	} else if _, err := m.foldVersion(); err != nil {
		wrong("$.version", "", "%v", err)
	}
	if m.VersionSchema != "" && m.VersionSchema != "semver" && m.VersionSchema != "none" {
		wrong("$.version_schema", "there are: semver, none", "unknown schema %q", m.VersionSchema)
	}
	if m.Arch != "" {
		if _, err := ParseArch(m.Arch); err != nil {
			wrong("$.arch", "", "%v", err)
		}
	}
	if m.Platform != "" && m.Platform != "linux" {
		wrong("$.platform", "Slackware is linux", "platform %q", m.Platform)
	}
	for i, c := range m.Contents {
		at := fmt.Sprintf("$.contents[%d]", i)
		if c.at != "" {
			at = c.at
		}
		if c.Packager != "" && c.Packager != "slackware" {
			continue
		}
		if !slices.Contains(contentTypes, c.Type) {
			wrong(at+".type", "there are: "+strings.Join(contentTypes[1:], ", "), "unknown type %q", c.Type)
			continue
		}
		if c.Destination == "" {
			wrong(at, "add dst: /usr/...", "content without dst")
		} else if clean := path.Clean("/" + c.Destination); strings.Contains(c.Destination, "..") && clean != path.Clean(c.Destination) {
			wrong(at+".dst", "write the path it is to have", "dst %q has ..", c.Destination)
		}
		if c.Source == "" && c.Type != "dir" && c.Type != "ghost" {
			wrong(at, "add src: FILE", "content without src")
		}
		for field, text := range map[string]string{"src": c.Source, "dst": c.Destination} {
			if hasControl(text) {
				wrong(at+"."+field, "", "%s %q has a control character", field, text)
			}
		}
		if c.Type == "symlink" && strings.HasPrefix(c.Source, "-") {
			wrong(at+".src", "write it with ./ in front", "a link to %q would be an option of ln", c.Source)
		}
		for field, name := range map[string]string{"owner": c.FileInfo.Owner, "group": c.FileInfo.Group} {
			if name != "" && !ownerRE.MatchString(name) {
				wrong(at+".file_info."+field, "letters, digits and . _ -, or a number", "%q cannot be the name of %s", name, accountWord(field))
			}
		}
	}
	m.checkTexts(wrong)
	for _, f := range relationFiles {
		if _, err := f.lines(m); err != nil {
			errs = append(errs, err)
		}
	}
	s := &m.Slackware
	if s.Kind != "" && !slices.Contains(Kinds(), s.Kind) {
		wrong("$.slackware.kind", "there are: "+strings.Join(Kinds(), ", "), "unknown kind %q", s.Kind)
	}
	if s.Tag != "" && !regexp.MustCompile(`^[A-Za-z0-9._]+$`).MatchString(s.Tag) {
		wrong("$.slackware.tag", "letters, digits, . and _", "bad tag %q", s.Tag)
	}
	if engines := []string{pkgtools.Program, pkgtools.SevenZip, pkgtools.Go}; s.XZ != "" && !slices.Contains(engines, s.XZ) {
		wrong("$.slackware.xz", "there are: "+strings.Join(engines, ", "), "unknown xz engine %q", s.XZ)
	}
	for field, names := range map[string][]string{"architectures": s.Architectures, "unsupported": s.Unsupported} {
		for i, a := range names {
			if _, err := ParseArch(a); err != nil {
				wrong(fmt.Sprintf("$.slackware.%s[%d]", field, i), "", "%v", err)
			}
		}
	}
	for i, r := range s.Requires {
		if !nameRE.MatchString(r) && r != "%README%" {
			wrong(fmt.Sprintf("$.slackware.requires[%d]", i), "one name of SlackBuilds.org an item", "bad name %q", r)
		}
	}
	for i, r := range s.Releases {
		if _, err := strconv.ParseFloat(r, 64); err != nil && r != "current" {
			wrong(fmt.Sprintf("$.slackware.releases[%d]", i), `as in "15.0", or current`, "unknown release %q", r)
		}
	}
	for i, src := range s.Sources {
		at := fmt.Sprintf("$.slackware.sources[%d]", i)
		if !regexp.MustCompile(`^(https?|ftp)://[^\s"$` + "`" + `\\]+$`).MatchString(expandWith(src.URL, m.urlNames())) {
			wrong(at+".url", "http, https or ftp, and no blank, \", $, ` or \\", "bad url %q", src.URL)
		}
		if src.MD5 != "" && !md5RE.MatchString(src.MD5) {
			wrong(at+".md5", "32 lower-case hexadecimal digits", "bad md5 %q", src.MD5)
		}
		if src.Arch != "" && src.Arch != "x86_64" {
			wrong(at+".arch", "a .info file has fields for all and for x86_64", "sources for %q", src.Arch)
		}
	}
	for i, line := range s.SlackDesc {
		if len(line) > 70 || !isASCII(line) {
			wrong(fmt.Sprintf("$.slackware.slack_desc[%d]", i), "", "slack-desc lines are ASCII and at most 70 columns")
		}
	}
	if len(s.SlackDesc) > 9 {
		wrong("$.slackware.slack_desc", "11 lines, of which mkslack writes the first two", "%d lines are too many for slack-desc", len(s.SlackDesc))
	}
	return errors.Join(errs...)
}

// checkTexts refuses what could not be written down as it is: the .info file is
// read by shells, and lines of comments end.
func (m *Manifest) checkTexts(wrong func(path, hint, format string, args ...any)) {
	name, email := splitMaintainer(m.Maintainer)
	s := &m.Slackware
	for _, f := range []struct{ field, value, text string }{
		{"homepage", m.Homepage, m.Homepage},
		{"maintainer", name + " " + email, m.Maintainer},
		{"slackware.email", s.Email, s.Email},
	} {
		if strings.ContainsAny(f.value, "\"$`\\") || hasControl(f.value) {
			wrong("$."+f.field, "a .info file has no quoting for \", $, `, \\ and control characters", "%s %q", f.field, f.text)
		}
	}
	for _, f := range []struct{ field, value string }{
		{"slackware.copyright", s.Copyright}, {"slackware.summary", s.Summary},
	} {
		if hasControl(strings.TrimRight(f.value, "\n")) {
			wrong("$."+f.field, "", "%s %q is not one line of text", f.field, f.value)
		}
	}
	if s.Category != "" && !nameRE.MatchString(s.Category) {
		wrong("$.slackware.category", "as in network", "bad category %q", s.Category)
	}
	for n, d := range s.Docs {
		at := fmt.Sprintf("$.slackware.docs[%d]", n)
		switch {
		case d == "" || hasControl(d):
			wrong(at, "", "%q cannot be the name of a file", d)
		case strings.HasPrefix(path.Clean(d), "/") || strings.HasPrefix(path.Clean(d), ".."):
			wrong(at, "contents can have files from elsewhere", "%q is not in the source tree", d)
		}
	}
	for field, text := range map[string]string{"doinst": s.Doinst, "douninst": s.Douninst} {
		if _, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), ""); err != nil {
			wrong("$.slackware."+field, "", "%s is not shell text: line %v", field, err)
		}
	}
}

// hasControl reports whether the text has a control character: a line end, too.
func hasControl(text string) bool {
	return strings.IndexFunc(text, unicode.IsControl) >= 0
}

func accountWord(field string) string {
	if field == "owner" {
		return "a user"
	}
	return "a group"
}

var md5RE = regexp.MustCompile(`^[0-9a-f]{32}$`)

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// say notes something about the field, with its place.
func (m *Manifest) say(field, why string) {
	line, column := m.position("$." + field)
	m.Notes = append(m.Notes, fmt.Sprintf("%s:%d:%d: %s: %s", m.file, line, column, field, why))
}

// note says what will be left out, so that nothing is dropped in silence.
func (m *Manifest) note() {
	if len(m.tree.Docs) > 1 {
		m.Notes = append(m.Notes, m.file+": only the first document is read")
	}
	for _, f := range []struct {
		name string
		set  bool
		why  string
	}{
		{"epoch", m.Epoch != "", "left out: Slackware's versions have none"},
		{"section", m.Section != "" && m.Slackware.Category == "", "left out: say slackware.category for SlackBuilds.org"},
		{"priority", m.Priority != "", "left out: packages have none"},
		{"vendor", m.Vendor != "", "left out: packages name none"},
		{"license", m.License != "" && m.nfpm, "left out: packages name none; the licence's text belongs to /usr/doc"},
		{"bindir", m.BinDir != "", "left out: nothing uses it"},
		{"arch", slices.Contains([]string{"amd64v2", "amd64v3", "amd64v4"}, m.Arch),
			m.Arch + ": the package is labelled x86_64, as those for all processors"},
		{"changelog", m.Changelog != "", "left out: packages carry none"},
		{"release", m.Release != "" && strconv.Itoa(m.BuildNumber()) != m.Release && m.Slackware.Build == 0,
			fmt.Sprintf("%q is no whole number over 0: the build number is %d", m.Release, m.BuildNumber())},
		{"depends", len(m.Depends) > 0 && m.nfpm && m.Overrides["slackware"].Depends == nil,
			"goes to install/slack-required as it is; overrides.slackware can have the names of Slackware's packages"},
		{"replaces", len(m.Replaces) > 0, "left out: packages replace only their namesakes"},
		{"provides", len(m.Provides) > 0, "left out: packages provide only their own name"},
		{"scripts.preinstall", m.Scripts.PreInstall != "", "runs in doinst.sh, when the files are there already"},
		{"scripts.preremove", m.Scripts.PreRemove != "", "runs in douninst.sh, when the files are gone already" + m.douninstFrom()},
		{"scripts.postremove", m.Scripts.PostRemove != "" && m.Scripts.PreRemove == "", "runs in douninst.sh" + m.douninstFrom()},
		{"rpm", m.RPM != nil, "left out: for another format"},
		{"srpm", m.SRPM != nil, "left out: for another format"},
		{"deb", m.Deb != nil, "left out: for another format"},
		{"apk", m.APK != nil, "left out: for another format"},
		{"archlinux", m.ArchLinux != nil, "left out: for another format"},
		{"ipk", m.IPK != nil, "left out: for another format"},
		{"msix", m.MSIX != nil, "left out: for another format"},
	} {
		if f.set {
			m.say(f.name, f.why)
		}
	}
	m.noteScripts()
	var others []string
	for packager := range m.Overrides {
		if packager != "slackware" {
			others = append(others, packager)
		}
	}
	slices.Sort(others)
	for _, packager := range others {
		m.say("overrides."+packager, "left out: for another format")
	}
	for _, c := range m.Contents {
		field := strings.TrimPrefix(c.at, "$.")
		if len(c.DisownSubtree) > 0 && !c.skipped() {
			m.say(field+".disown_subtree", "left out: a package names all directories that its files are in")
		}
		if c.FileInfo.Lang != "" && !c.skipped() {
			m.say(field+".file_info.lang", "left out: packages mark no languages")
		}
		switch {
		case c.Packager != "" && c.Packager != "slackware":
			m.say(field, fmt.Sprintf("%s: left out: for %s only", c.Destination, c.Packager))
		case c.Type == "debian changelog":
			m.say(field, fmt.Sprintf("%s: left out: for another format", c.Destination))
		case c.Type == "ghost":
			m.say(field, fmt.Sprintf("%s: left out: packages own no files that they do not hold", c.Destination))
		case strings.HasPrefix(member(c.Destination), "usr/share/man"):
			m.say(field, fmt.Sprintf("%s: goes to /usr/man, where Slackware's manual pages are", c.Destination))
		case strings.HasSuffix(c.Destination, ".service") || strings.Contains(c.Destination, "/systemd/"):
			m.say(field, fmt.Sprintf("%s: packaged, but Slackware has no systemd", c.Destination))
		}
	}
}

// douninstFrom is a remark where a release is named that knows no douninst.sh.
func (m *Manifest) douninstFrom() string {
	for _, r := range m.Slackware.Releases {
		if v, err := strconv.ParseFloat(r, 64); err == nil && v < 15 {
			return "; Slackware " + r + " never runs it, 15.0 and later do"
		}
	}
	return ", which Slackware runs from 15.0 on"
}
