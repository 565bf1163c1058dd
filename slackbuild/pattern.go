// SPDX-License-Identifier: MIT

package slackbuild

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// match lists the files that a pattern matches below base, and those in
// directories that it matches, sorted. It is nfpm's kind of pattern: ** is any
// text, so that d/**/* has no file of d itself.
func match(base, src string) ([]string, error) {
	re, err := patternRE(filepath.Clean(src))
	if err != nil {
		return nil, err
	}
	root, from := src[:strings.LastIndex(src[:firstMeta(src)], "/")+1], "/"
	if !filepath.IsAbs(src) {
		root, from = filepath.Join(base, root), base
	}
	var found []string
	inside := "" // a directory that matches
	// With a slash at its end, a root that is a link is followed.
	err = filepath.WalkDir(strings.TrimSuffix(root, "/")+"/", func(p string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		} else if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, p)
		if err != nil {
			return err
		}
		if filepath.IsAbs(src) {
			rel = p
		}
		within := inside != "" && strings.HasPrefix(p, inside)
		matches := within || re.MatchString(rel)
		switch {
		case matches && !d.IsDir():
			found = append(found, p)
		case matches && !within:
			inside = p + "/"
		}
		return nil
	})
	slices.Sort(found)
	return found, err
}

// matchAll lists what a pattern matches below base itself, directories too, as
// the shell finds it; hidden files are as others.
func matchAll(base, src string) ([]string, error) {
	re, err := patternRE(filepath.Clean(src))
	if err != nil {
		return nil, err
	}
	depth := strings.Count(filepath.Clean(src), "/")
	var found []string
	err = filepath.WalkDir(base, func(p string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(base, p)
		switch {
		case err != nil:
			return err
		case relErr != nil:
			return relErr
		case rel != "." && re.MatchString(rel):
			found = append(found, p)
		}
		if d.IsDir() && rel != "." && strings.Count(rel, "/") >= depth && !strings.Contains(src, "**") {
			return filepath.SkipDir
		}
		return nil
	})
	return found, err
}

// patternRE is the pattern as a regular expression.
func patternRE(p string) (*regexp.Regexp, error) {
	var all []string
	for _, alternative := range braces(p) {
		all = append(all, patternText(alternative))
	}
	return regexp.Compile("^(?s:" + strings.Join(all, "|") + ")$")
}

func patternText(p string) string {
	var b strings.Builder
	for p != "" {
		n := 1
		switch class := classRE.FindStringSubmatch(p); {
		case strings.HasPrefix(p, "**"):
			n = len(p) - len(strings.TrimLeft(p, "*"))
			b.WriteString(".*")
		case p[0] == '*':
			b.WriteString("[^/]*")
		case p[0] == '?':
			b.WriteString("[^/]")
		case p[0] == '\\' && len(p) > 1:
			_, size := utf8.DecodeRuneInString(p[1:])
			n += size
			b.WriteString(regexp.QuoteMeta(p[1:n]))
		case class != nil:
			n = len(class[0])
			b.WriteString("[" + strings.Replace(class[1], "!", "^", 1) + classEscapes.Replace(class[2]) + "]")
		default:
			_, n = utf8.DecodeRuneInString(p)
			b.WriteString(regexp.QuoteMeta(p[:n]))
		}
		p = p[n:]
	}
	return b.String()
}

// classRE is one of several characters: [abc], or [!a-z] for none of them.
var (
	classRE      = regexp.MustCompile(`^\[(!?)([^\]/]+)\]`)
	classEscapes = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `^`, `\^`, `&`, `\&`, `~`, `\~`)
)

// isPattern reports whether p has one of * ? [ \ or {, but for the braces of a
// variable.
func isPattern(p string) bool { return firstMeta(p) < len(p) }

// firstMeta is where the first character of p with a meaning in patterns is.
func firstMeta(p string) int {
	n := len(p)
	if i := strings.IndexAny(p, `*?[\`); i >= 0 {
		n = i
	}
	if i := alternatives(p); i >= 0 {
		n = min(n, i)
	}
	return n
}

// alternatives is where the first brace of p is that is no variable's, or -1.
func alternatives(p string) int {
	for i := range len(p) {
		if p[i] == '{' && (i == 0 || p[i-1] != '$' && p[i-1] != '\\') {
			return i
		}
	}
	return -1
}

// maxAlternatives bounds what a pattern's braces are written out to.
const maxAlternatives = 1000

// braces writes out a pattern's alternatives: a{b,c} is ab and ac. One with more
// of them than anybody means is taken as it is.
func braces(p string) []string {
	if all, ok := writeOut(p, maxAlternatives); ok {
		return all
	}
	return []string{p}
}

func writeOut(p string, room int) (all []string, ok bool) {
	open := alternatives(p)
	if open < 0 {
		return []string{p}, room > 0
	}
	var parts []string
	depth, start := 0, open+1
	for i := open; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts, start = append(parts, p[start:i]), i+1
			}
		case '}':
			if depth--; depth == 0 {
				for _, part := range append(parts, p[start:i]) {
					more, ok := writeOut(p[:open]+part+p[i+1:], room-len(all))
					if !ok {
						return nil, false
					}
					all = append(all, more...)
				}
				return all, len(all) <= room
			}
		}
	}
	return []string{p}, room > 0 // no closing brace: taken as it is
}

// commonDir is the deepest directory that all the files are in.
func commonDir(files []string) string {
	dir := filepath.Dir(files[0])
	for _, f := range files[1:] {
		for dir != "." && dir != "/" && !strings.HasPrefix(f, dir+"/") {
			dir = filepath.Dir(dir)
		}
	}
	return dir
}
