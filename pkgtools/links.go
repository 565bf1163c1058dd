// SPDX-License-Identifier: MIT

package pkgtools

import (
	"path"
	"strings"
)

// A symbolic link of a package, kept as two lines of install/doinst.sh:
//
//	( cd DIR ; rm -rf NAME )
//	( cd DIR ; ln -sf TARGET NAME )
type link struct {
	path, target string
}

// linkEscaped are the bytes before which makepkg puts a backslash in the lines
// of a link.
const linkEscaped = " \"#$&'()*;<>?[\\`{|~"

func escapeLink(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(linkEscaped, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// lines are the two lines of l as makepkg writes them.
func (l link) lines() string {
	dir, name := escapeLink(path.Dir(l.path)), escapeLink(path.Base(l.path))
	return "( cd " + dir + " ; rm -rf " + name + " )\n" +
		"( cd " + dir + " ; ln -sf " + escapeLink(l.target) + " " + name + " )\n"
}

// unfit tells why the lines of l would do something else than make the link
// when Slackware's installpkg runs them, or is empty.
func (l link) unfit() string {
	switch {
	case strings.ContainsAny(l.path, "\t\n"):
		return "its name holds a tab or a line end"
	case strings.ContainsAny(l.target, "\t\n"):
		return "its target holds a tab or a line end"
	case strings.HasPrefix(path.Base(l.path), "-"):
		return "its name starts with a hyphen"
	case strings.HasPrefix(l.target, "-"):
		return "its target starts with a hyphen"
	case strings.Contains(path.Dir(l.path), ";"):
		return "its directory holds a semicolon"
	}
	return ""
}

// linkLine is one of the two lines, read: target is empty in the first.
type linkLine struct {
	dir, target, name string
}

// parseLinkLine reads a line of a doinst.sh. Only what makepkg writes is taken
// for a link line: blanks as it puts them, and words in which nothing but a
// backslash is special to a shell.
func parseLinkLine(line string) (linkLine, bool) {
	rest, ok := strings.CutPrefix(line, "( cd ")
	if !ok {
		return linkLine{}, false
	}
	var l linkLine
	if l.dir, rest, ok = linkWord(rest); !ok {
		return linkLine{}, false
	}
	if after, found := strings.CutPrefix(rest, " ; rm -rf "); found {
		if l.name, rest, ok = linkWord(after); !ok {
			return linkLine{}, false
		}
	} else {
		if rest, found = strings.CutPrefix(rest, " ; ln -sf "); !found {
			return linkLine{}, false
		}
		if l.target, rest, ok = linkWord(rest); !ok {
			return linkLine{}, false
		}
		if rest, found = strings.CutPrefix(rest, " "); !found {
			return linkLine{}, false
		}
		if l.name, rest, ok = linkWord(rest); !ok || l.target[0] == '-' {
			return linkLine{}, false
		}
	}
	// A name is one part of a path; what has more, or is special, is no link
	// line of makepkg's but a command that somebody wrote.
	if strings.TrimRight(rest, " ") != " )" ||
		strings.Contains(l.name, "/") || l.name == "." || l.name == ".." || l.name[0] == '-' || l.dir[0] == '-' {
		return linkLine{}, false
	}
	return l, true
}

// linkWord cuts a shell word off s and takes its backslashes away.
func linkWord(s string) (word, rest string, ok bool) {
	var b strings.Builder
	i := 0
	for ; i < len(s) && s[i] != ' '; i++ {
		if s[i] == '\\' {
			if i++; i == len(s) || s[i] == '\n' {
				return "", "", false
			}
		} else if strings.IndexByte(linkEscaped, s[i]) >= 0 || s[i] == '\t' || s[i] == '\n' {
			// A lone # or ~ inside a word is an ordinary byte, and 14.x wrote
			// them so.
			if s[i] != '#' && s[i] != '~' && s[i] != '{' || b.Len() == 0 {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), s[i:], b.Len() > 0
}

// scriptLinks are the paths of the links that a doinst.sh makes, as removepkg
// finds them: from the lines that remove what stands in their way.
func scriptLinks(script []byte) []link {
	var links []link
	last := -1
	for line := range strings.Lines(string(script)) {
		l, ok := parseLinkLine(strings.TrimLeft(strings.TrimSuffix(line, "\n"), " "))
		if !ok {
			continue
		}
		p := strings.TrimLeft(path.Join("/", l.dir, l.name), "/")
		switch {
		case l.target == "":
			links = append(links, link{path: p})
			last = len(links) - 1
		case last >= 0 && links[last].path == p:
			links[last].target = l.target
		}
	}
	return links
}
