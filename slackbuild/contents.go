// SPDX-License-Identifier: MIT

package slackbuild

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// item is one member of the package, resolved from the manifest's contents.
type item struct {
	dst     string // without a leading slash
	src     string // of a regular file
	base    string // the directory that the content's src starts from
	at      string // the content's place in the manifest
	link    string // target of a symbolic link
	dir     bool
	implied bool        // a directory that no content names
	mode    fs.FileMode // permission bits and setuid, setgid, sticky
	owner   string      // empty: root
	group   string
	mtime   time.Time // zero: the file's
	config  bool      // goes in as dst.new
	tree    bool      // of a tree, which may replace what came before it
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
	return c.Packager != "" && c.Packager != "slackware" || c.Type == "ghost" || c.Type == "debian changelog"
}

func (c *Content) isConfig() bool { return strings.HasPrefix(c.Type, "config") }

func (c *Content) isTree() bool { return strings.HasSuffix(c.Type, "tree") }

func (m *Manifest) resolve(c Content, known map[string]string) ([]item, error) {
	src, dst := c.Source, c.Destination
	if c.Expand {
		src, dst = expandWith(src, known), expandWith(dst, known)
	}
	base := item{
		at:     c.at,
		mode:   fs.FileMode(c.FileInfo.Mode),
		owner:  c.FileInfo.Owner,
		group:  c.FileInfo.Group,
		mtime:  c.FileInfo.MTime.Time,
		config: c.isConfig(),
		tree:   c.isTree(),
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
	}
	found, err := m.find(c, base, src, dst)
	if err != nil {
		return nil, err
	}
	return append(m.ownedParents(found), found...), nil
}

// find resolves a content that takes files from the source tree.
func (m *Manifest) find(c Content, base item, src, dst string) ([]item, error) {
	for _, base.base = range m.bases(src) {
		full := filepath.Join(base.base, src)
		if filepath.IsAbs(src) {
			full = filepath.Clean(src)
		}
		info, err := os.Stat(full)
		switch {
		case err == nil && (info.IsDir() || c.isTree()):
			return m.directory(c, base, full, dst)
		case err == nil:
			base.dst = member(dst)
			if strings.HasSuffix(dst, "/") {
				base.dst = path.Join(base.dst, filepath.Base(full))
			}
			return m.regular(c, base, full)
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
	if err == nil && !i.config {
		i.link = link
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
		i.mode = info.Mode().Perm()&^m.umask() | 0o400
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

// directory takes the tree at src, or only the files in it: below dst, or where
// dst ends in a slash, all in it.
func (m *Manifest) directory(c Content, base item, src, dst string) ([]item, error) {
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
			i.mode = info.Mode().Perm()&^m.umask() | 0o500
		}
		if standardDirs[i.dst] {
			i.mode, i.owner, i.group = 0o755, "", ""
		}
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
func dirMode(mode fs.FileMode) fs.FileMode { return mode | mode&0o444>>2 }

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

// standardDirs are those that no package may change: they are every system's.
var standardDirs = func() map[string]bool {
	all := map[string]bool{"": true}
	for _, dir := range strings.Fields("bin boot dev etc etc/rc.d home lib lib64 mnt opt root run sbin srv sys proc tmp " +
		"usr usr/bin usr/doc usr/include usr/lib usr/lib64 usr/libexec usr/local usr/local/bin usr/man usr/sbin usr/share usr/src " +
		"usr/share/applications usr/share/doc usr/share/icons usr/share/man usr/share/pixmaps " +
		"var var/cache var/lib var/lock var/log var/run var/spool var/tmp etc/logrotate.d etc/profile.d etc/cron.d etc/default") {
		all[dir] = true
	}
	return all
}()

// ownedParents are the directories that the items lie in: nfpm gives them the
// owner of the file, but for the standard ones.
func (m *Manifest) ownedParents(items []item) []item {
	var parents []item
	seen := map[string]bool{}
	for _, i := range items {
		if orRoot(i.owner) == "root" && orRoot(i.group) == "root" {
			continue
		}
		for dir := path.Dir(i.dst); !standardDirs[dir] && dir != "." && !seen[dir]; dir = path.Dir(dir) {
			seen[dir] = true
			parents = append(parents, item{dst: dir, dir: true, at: i.at, implied: true, mode: 0o755, owner: i.owner, group: i.group})
		}
	}
	return parents
}

// unique refuses two contents for one path, and contents below one that is no
// directory. Directories may repeat, the later one counts, and so does a tree
// that comes after other contents; a directory that is only implied counts where
// nothing else names it.
func (m *Manifest) unique(items []item) ([]item, error) {
	at := map[string]int{}
	var kept []item
	for _, i := range items {
		n, ok := at[i.dst]
		switch {
		case !ok:
			at[i.dst] = len(kept)
			kept = append(kept, i)
		case i.implied && kept[n].dir:
		case i.dir && kept[n].dir || i.tree && i.dir == kept[n].dir:
			kept[n] = i
		default:
			return nil, m.at(i.at, "", "/%s comes twice, from %q and %q", i.dst, kept[n].from(), i.from())
		}
	}
	for _, i := range kept {
		for dir := path.Dir(i.dst); dir != "."; dir = path.Dir(dir) {
			if n, ok := at[dir]; ok && !kept[n].dir {
				return nil, m.at(i.at, "", "/%s lies below /%s, which is no directory but %q", i.dst, dir, kept[n].from())
			}
		}
	}
	return kept, nil
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
