// SPDX-License-Identifier: MIT

package slackbuild

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

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
	return c.Packager != "" && c.Packager != "slackware" || c.Type == "ghost" || c.Type == "debian changelog"
}

func (c *Content) isConfig() bool { return strings.HasPrefix(c.Type, "config") }

func (c *Content) isTree() bool { return strings.HasSuffix(c.Type, "tree") }

func (m *Manifest) resolve(c Content, known map[string]string) ([]item, error) {
	src, dst := c.Source, c.Destination
	if c.Expand {
		src, dst = expandWith(src, known), expandWith(dst, known)
	}
	base := c.base()
	switch c.Type {
	case "dir":
		base.dst, base.dir = member(dst), true
		if base.mode == 0 {
			base.mode = 0o755
		}
		return []item{base}, nil
	case "symlink":
		base.dst, base.link, base.mode = member(dst), manTarget(src), 0o777
		return []item{base}, nil
	}
	return m.find(c, base, src, dst)
}

// find resolves a content that takes files from the source tree. One file of the
// build with a mode of its own is a file, also where it is a link.
func (m *Manifest) find(c Content, base item, src, dst string) ([]item, error) {
	if _, file := m.sourceFile(src); file != "" && !c.isTree() {
		base.follow = true // sbopkg and others put links to their downloads beside the script
		return m.single(c, base, file, dst)
	}
	base.follow = base.mode != 0 && m.builtLater(c) && !isPattern(src)
	for _, base.base = range m.bases(src) {
		full := filepath.Join(base.base, src)
		if filepath.IsAbs(src) {
			full = filepath.Clean(src)
		}
		info, err := os.Stat(full)
		switch {
		case err == nil && (info.IsDir() || c.isTree()):
			return m.directory(c, base, full, dst)
		case err == nil || isLink(full) && !c.isTree():
			return m.single(c, base, full, dst)
		case m.DisableGlobbing || !isPattern(src):
			continue
		}
		if found, err := m.glob(c, base, src, dst); err != nil || len(found) > 0 {
			return found, err
		}
	}
	if m.DisableGlobbing || !isPattern(src) {
		return nil, m.at(c.at+".src", m.pathHint("paths"), "%q: no such file", src)
	}
	return nil, m.at(c.at+".src", m.pathHint("patterns"), "%q matches no file", c.Source)
}

// single resolves a content that is one file.
func (m *Manifest) single(c Content, i item, file, dst string) ([]item, error) {
	i.dst = member(dst)
	if strings.HasSuffix(dst, "/") {
		i.dst = path.Join(i.dst, filepath.Base(file))
	}
	return m.regular(c, i, file)
}

func isLink(file string) bool {
	info, err := os.Lstat(file)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// sourceFile finds the source that a content names by its name or local copy:
// one beside the archive that is unpacked. name is what the script finds it as,
// file where it is now.
func (m *Manifest) sourceFile(src string) (name, file string) {
	known := m.names()
	for n, s := range m.Slackware.Sources {
		name := path.Base(expandWith(s.URL, m.urlNames()))
		local := expandWith(s.File, known)
		if n == 0 || src != name && (local == "" || path.Clean(src) != path.Clean(local)) {
			continue
		}
		for _, p := range []string{local, name} {
			if p != "" && !filepath.IsAbs(p) {
				p = filepath.Join(m.home, p)
			}
			if _, err := os.Stat(p); p != "" && err == nil {
				return name, p
			}
		}
	}
	return "", ""
}

// bases are the directories that a relative path may start from: the manifest's,
// and for an nfpm.yaml first the current one, which nfpm starts from.
func (m *Manifest) bases(p string) []string {
	if m.nfpm && !filepath.IsAbs(p) {
		return []string{".", m.Dir}
	}
	return []string{m.Dir}
}

func (m *Manifest) pathHint(what string) string {
	if m.nfpm {
		return what + " start from the current directory, or the manifest's"
	}
	return what + " start from the manifest's directory"
}

// path is where the file is that the manifest names.
func (m *Manifest) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	for _, dir := range m.bases(p) {
		full := filepath.Join(dir, p)
		if _, err := os.Stat(full); err == nil {
			return full
		}
	}
	return filepath.Join(m.Dir, p)
}

// member is the path as a package has it: clean, relative to the root.
func member(dst string) string { return strings.TrimPrefix(path.Clean("/"+dst), "/") }

// regular completes an item for the file src. A link stays a link, as with nfpm,
// but not as a configuration file: an upgrade would put it in the place of the
// administrator's.
func (m *Manifest) regular(c Content, i item, src string) ([]item, error) {
	link, err := os.Readlink(src)
	if err == nil && !i.config && !i.follow {
		i.link = manTarget(link)
		return []item{i}, nil
	}
	info, err := os.Stat(src)
	if err != nil {
		return nil, m.at(c.at+".src", "", "%q: %v", src, cause(err))
	}
	if !info.Mode().IsRegular() && link != "" {
		return nil, m.at(c.at+".src", "take it out of the configuration files, and give it an item of type symlink",
			"%q is a link to %q, which is not a regular file", src, link)
	}
	if !info.Mode().IsRegular() {
		return nil, m.at(c.at+".src", "", "%q is no regular file", src)
	}
	i.src = src
	if i.mode == 0 {
		i.mode = m.ownMode(info.Mode())
	}
	return []item{i}, nil
}

// ownMode is the mode of a file or directory that the manifest gives none: its
// own, without what umask takes from others; root can always read it. The
// script does it with chmod as symbolic says.
func (m *Manifest) ownMode(mode fs.FileMode) fs.FileMode {
	own := mode.Perm() | 0o400
	if mode.IsDir() || own&0o111 != 0 {
		own |= 0o100
	}
	return own &^ (m.umask() & 0o077)
}

// umask is what files without a mode of their own lose; 022 as on Slackware.
func (m *Manifest) umask() fs.FileMode {
	if m.Umask == 0 {
		return 0o022
	}
	return fs.FileMode(m.Umask)
}

// directory takes the tree at src, or only the files in it: below dst, or where
// dst ends in a slash, all in it.
func (m *Manifest) directory(c Content, base item, src, dst string) ([]item, error) {
	base.follow = false
	found, err := m.walk(c, base, src, member(dst))
	if err != nil || c.isTree() {
		return found, err
	}
	found = slices.DeleteFunc(found, func(i item) bool { return i.dir })
	if strings.HasSuffix(dst, "/") {
		for n := range found {
			found[n].dst = path.Join(member(dst), path.Base(found[n].dst))
		}
	}
	return found, nil
}

// walk takes the whole tree at src.
func (m *Manifest) walk(c Content, base item, src, dst string) ([]item, error) {
	top, err := filepath.EvalSymlinks(src)
	if err != nil {
		return nil, m.at(c.at+".src", "", "%v", err)
	}
	var all []item
	err = filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, p)
		if err != nil {
			return err
		}
		i := base
		i.dst = member(path.Join(dst, filepath.ToSlash(rel)))
		if !d.IsDir() {
			found, err := m.regular(c, i, filepath.Join(src, rel))
			all = append(all, found...)
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		i.dir, i.config = true, false
		if i.mode = dirMode(base.mode); base.mode == 0 {
			i.mode = m.ownMode(info.Mode())
		}
		i.asSystem()
		if i.dst != "" { // the root is there always
			all = append(all, i)
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

// dirMode is the mode of directories where the files in them have this one: who
// may read may also enter.
func dirMode(mode fs.FileMode) fs.FileMode { return mode&0o777 | mode&0o444>>2 }

// glob resolves a pattern as nfpm does: files keep their paths below what they
// have in common, or lie in dst itself, where that ends in a slash.
func (m *Manifest) glob(c Content, base item, src, dst string) ([]item, error) {
	matches, err := match(base.base, src)
	if err != nil {
		return nil, m.at(c.at+".src", "", "pattern %q: %v", c.Source, err)
	}
	var all []item
	for _, file := range matches {
		rel, err := filepath.Rel(commonDir(matches), file)
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(dst, "/") {
			rel = filepath.Base(rel)
		}
		i := base
		i.dst = path.Join(member(dst), filepath.ToSlash(rel))
		found, err := m.regular(c, i, file)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}
