// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/slackbuild"
)

var (
	versionRE = regexp.MustCompile(`^[A-Za-z0-9._+~]+$`)
	md5RE     = regexp.MustCompile(`^[0-9a-f]{32}$`)
	urlRE     = regexp.MustCompile(`^(https?|ftp)://[^/]+`)
	emailRE   = regexp.MustCompile(`^[^@\s<>"]+@[^@\s<>"]+\.[^@\s<>"]+$`)
	bareTagRE = regexp.MustCompile(`^https?://github\.com/[^/]+/[^/]+/archive/(refs/(tags|heads)/)?[^/]+\.(tar\.gz|zip)$`)
)

func (b *build) checkInfo(text string) {
	file := b.path(b.name + ".info")
	b.checkText(file, text, textRules{crlf: "info-line-ends", newline: "info-line-ends", blanks: "info-blanks", tab: "info-tab", utf8: "info-utf8"})
	fields, err := slackbuild.ParseInfoFields(trimLines(strings.ReplaceAll(text, "\r\n", "\n")))
	if bad := new(slackbuild.InfoError); errors.As(err, &bad) {
		switch what := strings.TrimSpace(bad.Text); {
		case what == "":
			b.add("info-syntax", file, bad.Line, "a blank line")
		case what[0] == '#':
			b.add("info-syntax", file, bad.Line, "a comment: %q", cut(what))
		default:
			b.add("info-syntax", file, bad.Line, "%q is not NAME=\"VALUE\"", cut(what))
		}
		return
	}
	b.info.fields = map[string]slackbuild.InfoField{}
	var order []string
	for _, f := range fields {
		switch {
		case !slices.Contains(slackbuild.InfoFields, f.Name):
			b.add("info-fields", file, f.Line, "%s is no field of a .info file", f.Name)
		case slices.Contains(order, f.Name):
			b.add("info-fields", file, f.Line, "%s comes twice", f.Name)
		default:
			order = append(order, f.Name)
			b.info.fields[f.Name] = f
		}
	}
	for _, name := range slackbuild.InfoFields {
		if !slices.Contains(order, name) {
			b.add("info-fields", file, 0, "the field %s is missing", name)
		}
	}
	if len(order) == len(slackbuild.InfoFields) && !slices.Equal(order, slackbuild.InfoFields) {
		b.add("info-order", file, 0, "the fields are not in the usual order: %s", strings.Join(slackbuild.InfoFields, " "))
	}
	for _, f := range fields {
		if at := strings.IndexAny(f.Value, "$`\\"); at >= 0 {
			b.add("info-shell", file, f.Line, "%s: %q: a shell does something else with this than show it", f.Name, cut(f.Value[at:]))
		}
	}
	b.checkContinuations(file, text, fields)
	b.checkInfoValues(file)
	b.checkRequires(file, text)
	b.checkDownloads(file)
}

// checkContinuations looks at values that go over several lines.
func (b *build) checkContinuations(file, text string, fields []slackbuild.InfoField) {
	lines := strings.Split(text, "\n")
	for _, f := range fields {
		for n := f.Line; n < f.Line+f.Lines-1; n++ {
			line := lines[n-1]
			switch {
			case !strings.HasSuffix(line, `\`):
				b.add("info-continuation", file, n, "a value goes on below, but the line does not end in a backslash")
			case !strings.HasSuffix(line, ` \`) || strings.HasSuffix(line, `  \`):
				b.add("info-continuation-blank", file, n, "not one blank before the backslash")
			}
			if next := lines[n]; len(next)-len(strings.TrimLeft(next, " \t")) != len(f.Name)+2 {
				b.add("info-indent", file, n+1, "not indented to the value above, %d columns", len(f.Name)+2)
			}
		}
	}
}

func (b *build) checkInfoValues(file string) {
	i := &b.info
	want := func(rule, field string, ok bool, format string, args ...any) {
		if _, there := i.fields[field]; there && !ok {
			b.add(rule, file, i.line(field), format, args...)
		}
	}
	want("info-prgnam", "PRGNAM", i.value("PRGNAM") == b.name, "PRGNAM is %q, the directory %q", i.value("PRGNAM"), b.name)
	version := i.value("VERSION")
	want("info-version", "VERSION", versionRE.MatchString(version), "VERSION %q: letters, digits and . _ + ~ only", version)
	want("info-version-digit", "VERSION", version == "" || '0' <= version[0] && version[0] <= '9', "VERSION %q starts with no digit", version)
	home := i.value("HOMEPAGE")
	want("info-homepage", "HOMEPAGE", home != "", "HOMEPAGE is empty")
	want("info-homepage-url", "HOMEPAGE", home == "" || strings.HasPrefix(home, "http://") || strings.HasPrefix(home, "https://"), "HOMEPAGE %q is no web address", home)
	want("info-maintainer", "MAINTAINER", i.value("MAINTAINER") != "", "MAINTAINER is empty")
	email := i.value("EMAIL")
	want("info-maintainer", "EMAIL", email != "", "EMAIL is empty")
	orphan := email == "NOEMAIL" && i.value("MAINTAINER") == "orphaned - no maintainer"
	want("info-email", "EMAIL", email == "" || orphan || emailRE.MatchString(email), "EMAIL %q is not as name@host.tld", email)
}

func (b *build) checkRequires(file, text string) {
	field, ok := b.info.fields["REQUIRES"]
	if !ok {
		return
	}
	twice := map[string]bool{}
	for r := range strings.FieldsSeq(field.Value) {
		switch {
		case r == "%README%":
		case r == b.name:
			b.add("info-requires", file, field.Line, "REQUIRES names the package itself")
		case !packageNameRE.MatchString(r):
			b.add("info-requires", file, field.Line, "REQUIRES: %q is no package name; blanks separate them", cut(r))
		case twice[r]:
			b.add("info-requires-twice", file, field.Line, "REQUIRES names %s twice", r)
		}
		twice[r] = true
	}
	lines := strings.Split(text, "\n")[field.Line-1 : field.Line-1+field.Lines]
	for n, line := range lines {
		value := strings.TrimSuffix(strings.TrimRight(line, "\r"), `\`)
		value = strings.TrimSuffix(strings.TrimPrefix(value, `REQUIRES="`), `"`)
		inner := strings.Trim(value, " ")
		if strings.Contains(inner, "  ") || len(lines) == 1 && inner != value {
			b.add("info-requires-blanks", file, field.Line+n, "REQUIRES: not one blank between the names")
		}
	}
}

func (b *build) checkDownloads(file string) {
	i := &b.info
	for _, suffix := range []string{"", "_x86_64"} {
		download, md5 := "DOWNLOAD"+suffix, "MD5SUM"+suffix
		if _, ok := i.fields[download]; !ok {
			continue
		}
		urls, sums := strings.Fields(i.value(download)), strings.Fields(i.value(md5))
		if len(urls) == 0 && suffix == "" {
			b.add("info-download", file, i.line(download), "DOWNLOAD is empty")
		}
		special := len(urls) == 1 && (urls[0] == "UNSUPPORTED" || urls[0] == "UNTESTED")
		if special {
			urls = nil
		}
		switch _, ok := i.fields[md5]; {
		case !ok:
		case len(urls) == 0 && len(sums) > 0:
			b.add("info-md5-count", file, i.line(md5), "%s has a sum, and %s no URL", md5, download)
		case len(urls) != len(sums):
			b.add("info-md5-count", file, i.line(md5), "%d URLs in %s, %d sums in %s", len(urls), download, len(sums), md5)
		}
		for _, s := range sums {
			if !md5RE.MatchString(s) {
				b.add("info-md5", file, i.line(md5), "%s: %q is not 32 lower-case hexadecimal digits", md5, cut(s))
			}
		}
		b.checkURLs(file, download, urls)
	}
}

func (b *build) checkURLs(file, field string, urls []string) {
	line := b.info.line(field)
	var names, from []string // the files, and the URL of each
	versioned := false
	for _, u := range urls {
		if !urlRE.MatchString(u) {
			b.add("info-url", file, line, "%s: %q is no http, https or ftp address", field, cut(u))
			continue
		}
		if !strings.HasPrefix(u, "https://") {
			b.add("info-url-https", file, line, "%s: %s is not https", field, u)
		}
		if bareTagRE.MatchString(u) {
			b.add("info-github-archive", file, line, "%s: %s gives a file named after the tag only", field, u)
		}
		versioned = versioned || hasVersion(u, b.info.value("VERSION"))
		name := sourceName(u)
		switch {
		case strings.HasSuffix(u, "/"):
			b.add("info-url-directory", file, line, "%s: %s names a directory, no file", field, cut(u))
		case !strings.Contains(name, "."):
			b.add("info-url-extension", file, line, "%s: the file %q has no extension", field, cut(name))
		}
		if strings.Contains(u, "#") {
			b.add("info-url-fragment", file, line, "%s: sbopkg cannot fetch %s: it has a #", field, u)
		}
		names, from = append(names, name), append(from, u)
	}
	b.checkSourceNames(file, field, line, names, from)
	if len(urls) > 0 && !versioned && field == "DOWNLOAD" {
		b.add("info-url-version", file, line, "no URL of %s has the version %s in it", field, b.info.value("VERSION"))
	}
}

// hasVersion reports whether the URL has the version in it, or a commit or date
// that is a part of the version.
func hasVersion(url, version string) bool {
	url = alphanumeric(url)
	if strings.Contains(url, alphanumeric(version)) {
		return true
	}
	const commit = 7 // digits of git's short form
	return slices.ContainsFunc(strings.FieldsFunc(version, func(r rune) bool { return r == '_' || r == '+' || r == '.' }), func(part string) bool {
		return len(part) >= commit && strings.Contains(url, alphanumeric(part))
	})
}

// alphanumeric leaves out what upstream and SlackBuilds.org write differently in
// versions, as 1.0-rc1, 1.0_rc1 and v1_0_rc1.
func alphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, s)
}

// checkSourceNames finds sources that are saved under one name, and those that
// sbopkg mistakes for each other.
func (b *build) checkSourceNames(file, field string, line int, names, from []string) {
	first := map[string]int{}
	for n, name := range names {
		m, twice := first[name]
		switch {
		case !twice:
			first[name] = n
		case from[n] != from[m]:
			b.add("info-url-same", file, line, "%s: two sources are called %s", field, name)
		}
	}
	if n, taken := mistaken(names); n >= 0 {
		b.add("info-url-prefix", file, line, "%s: sbopkg takes %s for %s, since other names begin like it", field, taken, names[n])
	}
}

// mistaken fetches sources as sbopkg 0.38 does, which looks for the n-th of them
// in the n-th line of the list of all files in its cache whose names begin as a
// source is called: a name that begins as another's gives that two lines. It is
// the first source for which another is taken, or -1.
func mistaken(names []string) (n int, taken string) {
	const most = 200 // the work grows with the third power
	if len(names) > most || !beginAlike(names) {
		return -1, ""
	}
	var cached []string
	for n, name := range names {
		for range 2 { // before and after it is fetched
			var lines []string
			for _, wanted := range names {
				before := len(lines)
				for _, have := range cached {
					if strings.HasPrefix(have, wanted) {
						lines = append(lines, have)
					}
				}
				if len(lines) == before {
					lines = append(lines, "")
				}
			}
			switch got := lines[n]; got {
			case name:
			case "":
				if !slices.Contains(cached, name) {
					cached = append(cached, name)
					slices.Sort(cached)
				}
			default:
				return n, got
			}
		}
	}
	return -1, ""
}

// beginAlike reports whether one of the names begins with another.
func beginAlike(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] != sorted[i-1] && strings.HasPrefix(sorted[i], sorted[i-1]) {
			return true
		}
	}
	return false
}

var paramNameRE = regexp.MustCompile(`[?;]fn?=([^?;&]+)`)

// sourceName is the file that sbopkg saves the URL as.
func sourceName(u string) string {
	if m := paramNameRE.FindStringSubmatch(u); m != nil {
		return unescape(m[1])
	}
	u = strings.TrimSuffix(u, "/download")
	u = u[strings.LastIndexByte(u, '/')+1:]
	u, _, _ = strings.Cut(u, "?format=")
	return unescape(u)
}

var escapeRE = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// unescape decodes %xx, and leaves other % alone.
func unescape(s string) string {
	return escapeRE.ReplaceAllStringFunc(s, func(e string) string {
		n, _ := strconv.ParseUint(e[1:], 16, 8)
		return string([]byte{byte(n)})
	})
}

// infoFile is what other checks want of the .info file.
type infoFile struct {
	fields map[string]slackbuild.InfoField
}

func (i *infoFile) value(name string) string { return i.fields[name].Value }
func (i *infoFile) line(name string) int     { return i.fields[name].Line }
