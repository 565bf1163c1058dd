// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"cmp"
	"context"
	"html"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

// Scaffold is a manifest for the source tree in dir, with comments. What the
// tree does not tell is filled in with something that is easily seen to be
// wrong; unknown names those fields.
func Scaffold(ctx context.Context, dir string) (text []byte, unknown []string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	s := &source{ctx: ctx, dir: abs}
	name := s.name()
	kind := s.kind()
	guess := func(field, found, otherwise string) string {
		if found == "" {
			unknown = append(unknown, field)
			return otherwise
		}
		return found
	}
	home := guess("homepage", s.homepage(), "https://example.org/"+name)
	version, tag := s.version()
	version = guess("version", version, "0.1")
	description := guess("description", s.description(), "What "+name+" does, in some lines of text.")
	arch, requires, contents := "amd64", "", ""
	switch kind {
	case "go":
		requires = "google-go-lang"
	case "shell":
		arch, contents = "noarch", s.scripts()
		guess("slackware.kind", contents, "")
	}
	data := map[string]any{
		"Name":        name,
		"Version":     version,
		"Arch":        arch,
		"Maintainer":  guess("maintainer", s.maintainer(), "Your Name <you@example.org>"),
		"Homepage":    home,
		"License":     guess("license", s.license(), "unknown"),
		"Description": description,
		"Contents":    contents,
		"Category":    guess("slackware.category", "", "misc"),
		"Summary":     summary(name, cmp.Or(s.summary(), description)),
		"Kind":        kind,
		"Kinds":       strings.Join(Kinds(), ", "),
		"Docs":        strings.Join(s.docs(), ", "),
		"Requires":    requires,
		"URL":         archiveURL(home, name, cmp.Or(tag, "v${VERSION}")),
		"File":        name + "-${VERSION}.tar.gz",
		"Vendor":      kind == "go" && !s.has("vendor"),
	}
	t, err := template.New("mkslack.yaml.tmpl").Funcs(template.FuncMap{
		"quote":  strconv.Quote,
		"indent": func(s string) string { return indent(strings.Join(wrap(s, 70), "\n")) },
		"pad":    func(s string) string { return strings.Repeat(" ", max(14-len(s), 1)) },
	}).ParseFS(templates, "templates/mkslack.yaml.tmpl")
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return nil, nil, err
	}
	_, err = Parse(filepath.Join(dir, "mkslack.yaml"), b.Bytes()) // what is written can be read
	return b.Bytes(), unknown, err
}

// source is a source tree that is asked about itself.
type source struct {
	ctx context.Context
	dir string
}

func (s *source) read(name string) string {
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return ""
	}
	return string(data)
}

func (s *source) has(name string) bool {
	_, err := os.Stat(filepath.Join(s.dir, name))
	return err == nil
}

func (s *source) git(args ...string) string {
	cmd := exec.CommandContext(s.ctx, "git", args...)
	cmd.Dir = s.dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func (s *source) kind() string {
	for _, k := range kinds {
		if k.marker != "" && s.has(k.marker) && (k.name != "make" || first(`^(install)\b.*:`, s.read(k.marker)) != "") {
			return k.name
		}
	}
	return "shell"
}

// first is the first group of the expression in the text, or empty.
func first(expr, text string) string {
	if m := regexp.MustCompile("(?m)" + expr).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// name is the project's own word for itself, or its directory's.
func (s *source) name() string {
	module := first(`^module\s+(\S+)`, s.read("go.mod"))
	for _, name := range []string{
		path.Base(first(`^(.*?)(?:/v[0-9]+)?$`, module)),
		first(`^\s*project\s*\(\s*'([^']+)'`, s.read("meson.build")),
		first(`(?i)^\s*project\s*\(\s*"?([A-Za-z0-9._+-]+)`, s.read("CMakeLists.txt")),
		first(`AC_INIT\(\s*\[?([A-Za-z0-9._+-]+)`, s.read("configure.ac")),
		first(`^name\s*=\s*["']([^"']+)`, s.read("pyproject.toml")),
		first(`\bname\s*=\s*["']([^"']+)`, s.read("setup.py")),
		strings.Trim(regexp.MustCompile(`[^A-Za-z0-9._+-]+`).ReplaceAllString(filepath.Base(s.dir), "-"), "-."),
	} {
		if name != "." && nameRE.MatchString(name) {
			return name
		}
	}
	return "package"
}

// version is that of the last tag, or what the build files say; tag is how tags
// are made of it.
func (s *source) version() (version, tag string) {
	last := s.git("describe", "--tags", "--abbrev=0")
	if v := first(`^(?:.*[/_-])?v?([0-9][0-9A-Za-z._+~-]*)$`, last); v != "" {
		if folded, err := FoldVersion(v, "", ""); err == nil && folded == v {
			return v, strings.TrimSuffix(last, v) + "${VERSION}"
		}
	}
	for _, v := range []string{
		last,
		first(`\bversion\s*:\s*'([^']+)'`, s.read("meson.build")),
		first(`(?i)^\s*project\s*\([^)]*VERSION\s+([0-9][^\s)]*)`, s.read("CMakeLists.txt")),
		first(`AC_INIT\([^,]+,\s*\[?([^\],)]+)`, s.read("configure.ac")),
		first(`^version\s*=\s*["']([^"']+)`, s.read("pyproject.toml")),
		first(`\bversion\s*=\s*["']([^"']+)`, s.read("setup.py")),
		first(`^VERSION\s*[:?]?=\s*([0-9]\S*)`, s.read("Makefile")),
	} {
		if folded, err := FoldVersion(v, "", ""); err == nil {
			return folded, ""
		}
	}
	return "", ""
}

// archiveURL is where the source archive can be had: GitHub makes one of every
// tag, under a name of one's own.
func archiveURL(home, name, tag string) string {
	if strings.HasPrefix(home, "https://github.com/") {
		return home + "/archive/" + tag + "/" + name + "-${VERSION}.tar.gz"
	}
	return home + "/releases/download/" + tag + "/" + name + "-${VERSION}.tar.gz"
}

func (s *source) maintainer() string {
	name, email := s.git("config", "user.name"), s.git("config", "user.email")
	if name == "" || email == "" {
		return ""
	}
	return name + " <" + email + ">"
}

// homepage is the address of the git remote, as a browser takes it.
func (s *source) homepage() string {
	url := strings.TrimSuffix(s.git("config", "--get", "remote.origin.url"), ".git")
	if rest, ok := strings.CutPrefix(url, "git@"); ok {
		url = "https://" + strings.Replace(rest, ":", "/", 1)
	}
	url = strings.Replace(url, "ssh://git@", "https://", 1)
	if strings.HasPrefix(url, "http") {
		return url
	}
	if module := first(`^module\s+(\S+)`, s.read("go.mod")); strings.Contains(module, ".") {
		return "https://" + first(`^(.*?)(?:/v[0-9]+)?$`, module)
	}
	return ""
}

// license is the SPDX name of a licence that is known by its words.
func (s *source) license() string {
	for _, file := range []string{"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "LICENCE"} {
		text := strings.Join(strings.Fields(s.read(file)), " ")
		for _, l := range []struct{ words, name string }{
			{"GNU AFFERO GENERAL PUBLIC LICENSE", "AGPL-3.0-or-later"},
			{"GNU LESSER GENERAL PUBLIC LICENSE Version 3", "LGPL-3.0-or-later"},
			{"GNU LESSER GENERAL PUBLIC LICENSE", "LGPL-2.1-or-later"},
			{"GNU GENERAL PUBLIC LICENSE Version 3", "GPL-3.0-or-later"},
			{"GNU GENERAL PUBLIC LICENSE", "GPL-2.0-or-later"},
			{"European Union Public Licence", "EUPL-1.2"},
			{"The Artistic License 2.0", "Artistic-2.0"},
			{"DO WHAT THE FUCK YOU WANT TO", "WTFPL"},
			{"Boost Software License", "BSL-1.0"},
			{"CC0 1.0 Universal", "CC0-1.0"},
			{"Apache License", "Apache-2.0"},
			{"Mozilla Public License Version 2.0", "MPL-2.0"},
			{"Permission is hereby granted, free of charge", "MIT"},
			{"Permission to use, copy, modify, and/or distribute this software", "ISC"},
			{"Neither the name of", "BSD-3-Clause"},
			{"Redistribution and use in source and binary forms", "BSD-2-Clause"},
			{"This is free and unencumbered software released into the public domain", "Unlicense"},
		} {
			if strings.Contains(text, l.words) {
				return l.name
			}
		}
	}
	return ""
}

// summary is what the build files say of the project in a line.
func (s *source) summary() string {
	for _, text := range []string{
		first(`^description\s*=\s*["']([^"']+)`, s.read("pyproject.toml")),
		first(`^description\s*=\s*"([^"]+)`, s.read("Cargo.toml")),
		first(`\bdescription\s*=\s*["']([^"']+)`, s.read("setup.py")),
		first(`(?is)^\s*project\s*\([^)]*\bDESCRIPTION\s+"([^"]+)`, s.read("CMakeLists.txt")),
	} {
		if text != "" {
			return text
		}
	}
	return ""
}

// summary is the short text for slack-desc: the first sentence, without "NAME is
// a", up to a comma where it is too long for the line.
func summary(name, text string) string {
	text = firstSentence(text)
	is := regexp.MustCompile(`(?i)^` + regexp.QuoteMeta(name) + `(?: \([^)]*\))? is (?:an?|the) `)
	text = is.ReplaceAllString(text, "")
	if room := slackDescColumns - len(name) - len(" ()"); len(text) > room {
		if i := strings.LastIndex(text[:room+1], ", "); i > room/5 {
			text = text[:i]
		}
	}
	return text
}

// description is the first paragraph of README that is text.
func (s *source) description() string {
	for _, file := range []string{"README.md", "README", "README.txt", "README.rst", "README.adoc"} {
		text := commentRE.ReplaceAllString(strings.ReplaceAll(s.read(file), "\r\n", "\n"), "")
		for paragraph := range strings.SplitSeq(text, "\n\n") {
			paragraph = strings.Trim(paragraph, "\n")
			code := strings.HasPrefix(paragraph, "    ") || strings.HasPrefix(paragraph, "\t") || strings.HasPrefix(paragraph, "```")
			paragraph = strings.Join(strings.Fields(paragraph), " ")
			if len(paragraph) > 20 && !code && !strings.ContainsAny(paragraph[:1], "#=[!<-*|:.") && !strings.Contains(paragraph, "====") && !manHeadRE.MatchString(paragraph) {
				return html.UnescapeString(markupRE.ReplaceAllString(paragraph, "$1$2"))
			}
		}
	}
	return s.summary()
}

var (
	// markupRE is a link or emphasis of Markdown.
	markupRE  = regexp.MustCompile("\\[([^\\]]*)\\](?:\\([^)]*\\)|\\[[^\\]]*\\])?|[*`]{1,2}([^*`]+)[*`]{1,2}")
	commentRE = regexp.MustCompile(`(?s)<!--.*?-->`)
	manHeadRE = regexp.MustCompile(`^\S+\(\d\) .*\(\d\)$|^SYNOPSIS |^image:`) // of a manual page as text, or a badge of AsciiDoc
)

func (s *source) docs() []string {
	var found []string
	for _, name := range []string{"README", "README.md", "README.txt", "README.rst", "README.adoc",
		"LICENSE", "LICENSE.md", "LICENSE.txt", "COPYING", "AUTHORS", "NEWS", "NEWS.md", "CHANGELOG", "CHANGELOG.md", "ChangeLog", "Changes"} {
		if s.has(name) {
			found = append(found, name)
		}
	}
	return found
}

// helperRE are programs of a source tree that nobody installs.
var helperRE = regexp.MustCompile(`^\.|\.SlackBuild$|^(autogen|bootstrap|buildconf|build|configure|install|setup|release|run[_-]?tests?|tests?)([._-].*)?$`)

// scripts are contents for the programs in the tree's top directory.
func (s *source) scripts() string {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return ""
	}
	var lines []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 || helperRE.MatchString(e.Name()) {
			continue
		}
		name := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		lines = append(lines, "  - {src: "+strconv.Quote(e.Name())+", dst: "+strconv.Quote("/usr/bin/"+name)+", file_info: {mode: 0755}}")
	}
	return strings.Join(lines, "\n")
}
