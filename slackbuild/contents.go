// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"mvdan.cc/sh/v3/pattern"
)

// item is one member of the package, resolved from the manifest's contents.
type item struct {
	dst    string // without a leading slash
	src    string // of a regular file
	link   string // target of a symbolic link
	dir    bool
	mode   fs.FileMode // permission bits and setuid, setgid, sticky
	owner  string      // empty: root
	group  string
	mtime  time.Time // zero: the file's
	config bool      // goes in as dst.new
}

// items resolves the contents to single files, directories and links. known
// has the values of the symbols.
func (m *Manifest) items(known map[string]string) ([]item, error) {
	var all []item
	for _, c := range m.Contents {
		if c.skipped() {
			continue
		}
		found, err := m.resolve(c, known)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// skipped reports whether the content is not for this format.
func (c *Content) skipped() bool {
	return c.Packager != "" && c.Packager != "slackware" || c.Type == "ghost"
}

func (c *Content) isConfig() bool { return strings.HasPrefix(c.Type, "config") }

func (m *Manifest) resolve(c Content, known map[string]string) ([]item, error) {
	src, dst := c.Source, c.Destination
	if c.Expand {
		src, dst = expandWith(src, known), expandWith(dst, known)
	}
	base := item{
		mode:   fs.FileMode(c.FileInfo.Mode),
		owner:  c.FileInfo.Owner,
		group:  c.FileInfo.Group,
		mtime:  c.FileInfo.MTime.Time,
		config: c.isConfig(),
	}
	switch c.Type {
	case "dir":
		base.dst, base.dir = member(dst), true
		if base.mode == 0 {
			base.mode = 0o755
		}
		return []item{base}, nil
	case "symlink":
		base.dst, base.link = member(dst), src
		return []item{base}, nil
	case "tree":
		return m.walk(c, base, m.path(src), member(dst))
	}
	full := m.path(src)
	info, err := os.Stat(full)
	switch {
	case err == nil && info.IsDir():
		found, err := m.walk(c, base, full, member(dst))
		return slices.DeleteFunc(found, func(i item) bool { return i.dir }), err
	case err == nil:
		base.dst = member(dst)
		if strings.HasSuffix(dst, "/") {
			base.dst = path.Join(base.dst, filepath.Base(full))
		}
		return m.regular(c, base, full)
	case m.DisableGlobbing || !isPattern(src):
		return nil, m.at(c.at+".src", "paths start from the manifest's directory", "%q: no such file", src)
	}
	return m.glob(c, base, full, dst)
}

// path is an absolute path for one that starts from the manifest's directory.
func (m *Manifest) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(m.Dir, p)
}

// member is the path as a package has it: clean, relative to the root.
func member(dst string) string { return strings.TrimPrefix(path.Clean("/"+dst), "/") }

// regular completes an item for the regular file or link src.
func (m *Manifest) regular(c Content, i item, src string) ([]item, error) {
	info, err := os.Stat(src) // nfpm follows links, too
	if err != nil {
		return nil, m.at(c.at+".src", "", "%v", err)
	}
	if !info.Mode().IsRegular() {
		return nil, m.at(c.at+".src", "", "%q is no regular file", src)
	}
	i.src = src
	if i.mode == 0 {
		i.mode = info.Mode().Perm() &^ m.umask()
	}
	return []item{i}, nil
}

// umask is what files without a mode of their own lose; 022 as on Slackware.
func (m *Manifest) umask() fs.FileMode {
	if m.Umask == 0 {
		return 0o022
	}
	return fs.FileMode(m.Umask)
}

// walk takes the whole tree at src.
func (m *Manifest) walk(c Content, base item, src, dst string) ([]item, error) {
	var all []item
	err := filepath.WalkDir(src, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, p)
		if err != nil {
			return err
		}
		i := base
		i.dst = path.Join(dst, filepath.ToSlash(rel))
		switch {
		case d.IsDir():
			i.dir, i.mode, i.config = true, 0o755, false
			all = append(all, i)
		case d.Type()&fs.ModeSymlink != 0:
			i.config = false
			if i.link, err = os.Readlink(p); err != nil {
				return err
			}
			all = append(all, i)
		default:
			found, err := m.regular(c, i, p)
			if err != nil {
				return err
			}
			all = append(all, found...)
		}
		return nil
	})
	if err != nil {
		if _, ok := err.(*Error); !ok {
			err = m.at(c.at+".src", "", "%v", err)
		}
		return nil, err
	}
	return all, nil
}

// glob resolves a pattern as nfpm does: one match is dst itself (in it, where
// dst ends in a slash); several keep their paths below what they have in common.
func (m *Manifest) glob(c Content, base item, full, dst string) ([]item, error) {
	matches, err := match(full)
	if err != nil {
		return nil, m.at(c.at+".src", "", "pattern %q: %v", c.Source, err)
	}
	if len(matches) == 0 {
		return nil, m.at(c.at+".src", "patterns start from the manifest's directory", "%q matches no file", c.Source)
	}
	prefix := commonDir(matches)
	var all []item
	for _, src := range matches {
		i := base
		switch rel, err := filepath.Rel(prefix, src); {
		case err != nil:
			return nil, err
		case len(matches) == 1 && !strings.HasSuffix(dst, "/"):
			i.dst = member(dst)
		default:
			i.dst = path.Join(member(dst), filepath.ToSlash(rel))
		}
		if link, err := os.Readlink(src); err == nil {
			i.link, i.config = link, false
			all = append(all, i)
			continue
		}
		found, err := m.regular(c, i, src)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// match lists the files that a pattern with * ? [ ] { } and ** matches, those
// below matching directories included, sorted.
func match(full string) ([]string, error) {
	var found []string
	for _, alternative := range braces(full) {
		expr, err := pattern.Regexp(alternative, pattern.Filenames|pattern.GlobLeadingDot)
		if err != nil {
			return nil, err
		}
		re, err := regexp.Compile("^(?:" + expr + ")(?:/.*)?$")
		if err != nil {
			return nil, err
		}
		root := alternative
		if i := strings.IndexAny(root, "*?["); i >= 0 {
			root = root[:i]
		}
		root = filepath.Clean(root[:strings.LastIndex(root, "/")+1])
		err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			switch {
			case os.IsNotExist(err):
				return nil
			case err != nil:
				return err
			case !d.IsDir() && re.MatchString(p):
				found = append(found, p)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// isPattern reports whether p has one of * ? [ or {, but for the braces of a
// variable.
func isPattern(p string) bool {
	return pattern.HasMeta(p, 0) || alternatives(p) >= 0
}

// alternatives is where the first brace of p is that is no variable's, or -1.
func alternatives(p string) int {
	for i := range len(p) {
		if p[i] == '{' && (i == 0 || p[i-1] != '$') {
			return i
		}
	}
	return -1
}

// braces writes out a pattern's alternatives: a{b,c} is ab and ac.
func braces(p string) []string {
	open := alternatives(p)
	if open < 0 {
		return []string{p}
	}
	var parts []string
	depth, start := 0, open+1
	for i := open; i < len(p); i++ {
		switch p[i] {
		case '{':
			depth++
		case ',':
			if depth == 1 {
				parts, start = append(parts, p[start:i]), i+1
			}
		case '}':
			if depth--; depth == 0 {
				var all []string
				for _, part := range append(parts, p[start:i]) {
					all = append(all, braces(p[:open]+part+p[i+1:])...)
				}
				return all
			}
		}
	}
	return []string{p} // no closing brace: taken as it is
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

// checkUnique refuses two contents for one path; parents of others may repeat.
func checkUnique(items []item) error {
	seen := map[string]item{}
	for _, i := range items {
		if old, ok := seen[i.dst]; ok && !(old.dir && i.dir) {
			return fmt.Errorf("/%s comes twice, from %q and %q", i.dst, old.from(), i.from())
		}
		seen[i.dst] = i
	}
	return nil
}

func (i item) from() string {
	switch {
	case i.src != "":
		return i.src
	case i.link != "":
		return "link to " + i.link
	}
	return "dir"
}
