// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
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
	later   bool        // it is not there before the build
	some    bool        // it stands for files whose names are not known before the build
	follow  bool        // of a link, what it points to is taken
	mode    fs.FileMode // permission bits and setuid, setgid, sticky, as chmod has them
	owner   string      // empty: root
	group   string
	mtime   time.Time // zero: the file's
	config  bool      // goes in as dst.new
	tree    bool      // of a tree, which may replace what came before it
}

// path is the item's member of the package.
func (i *item) path() string {
	if i.config {
		return i.dst + ".new"
	}
	return i.dst
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

// layout is all members that the contents give: each path once, with the
// directories that they lie in.
func (m *Manifest) layout(items []item) ([]item, error) {
	kept, err := m.unique(items)
	if err != nil {
		return nil, err
	}
	return append(kept, implied(kept)...), nil
}

// unique refuses two contents for one path, and contents below one that is not
// a directory. Directories may repeat, the later one counts, and so does a tree
// that comes after other contents.
func (m *Manifest) unique(items []item) ([]item, error) {
	at := map[string]int{} // by member, and by the name that a .new file is to have
	var kept []item
	for _, i := range items {
		if use := reserved[i.path()]; use != "" {
			return nil, m.at(i.at, use, "/%s is written by mkslack", i.path())
		}
		if i.some {
			kept = append(kept, i)
			continue
		}
		n, there := at[i.dst]
		if !there && i.config {
			n, there = at[i.path()]
		}
		switch {
		case !there:
			at[i.dst] = len(kept)
			if i.config {
				at[i.path()] = len(kept)
			}
			kept = append(kept, i)
		case kept[n].config != i.config || kept[n].dst != i.dst:
			return nil, m.at(i.at, "", "/%s comes twice, and once as a configuration file: from %q and %q", i.dst, kept[n].from(), i.from())
		case i.dir && kept[n].dir || i.tree && i.dir == kept[n].dir:
			kept[n] = i
		default:
			return nil, m.at(i.at, "", "/%s comes twice, from %q and %q", i.dst, kept[n].from(), i.from())
		}
	}
	for _, i := range kept {
		for dir := path.Dir(i.dst); dir != "."; dir = path.Dir(dir) {
			if n, ok := at[dir]; ok && !kept[n].dir && !kept[n].later {
				return nil, m.at(i.at, "", "/%s lies below /%s, which is not a directory but %q", i.dst, dir, kept[n].from())
			}
		}
	}
	return kept, nil
}

// reserved are members that mkslack writes itself, with what to use instead.
var reserved = map[string]string{
	"install/doinst.sh":   "its text can be given as slackware.doinst",
	"install/douninst.sh": "its text can be given as slackware.douninst",
	"install/slack-desc":  "its lines can be given as slackware.slack_desc",
}

// implied are the directories that items lie in and that none of them is. One
// of Slackware's own is as it is there. Another one belongs to root, unless all
// that is known to be in it belongs to one other account.
func implied(items []item) []item {
	there := map[string]bool{".": true}
	for _, i := range items {
		if i.dir {
			there[i.dst] = true
		}
	}
	dirs := map[string]*item{}
	for _, i := range items {
		for dir := path.Dir(i.dst); !there[dir]; dir = path.Dir(dir) {
			d, seen := dirs[dir]
			switch {
			case !seen:
				dirs[dir] = &item{dst: dir, dir: true, at: i.at, implied: true, mode: 0o755, owner: orRoot(i.owner), group: orRoot(i.group)}
			case d.owner != orRoot(i.owner) || d.group != orRoot(i.group):
				d.owner, d.group = "root", "root"
			}
		}
	}
	var all []item
	for _, d := range dirs {
		d.asSystem()
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.dst, b.dst) })
	return all
}

// asSystem gives a directory of a tree the mode and owner that Slackware's own
// has.
func (i *item) asSystem() {
	if s, ok := pkgtools.SystemDirectory(i.dst); ok {
		i.mode, i.owner, i.group = octalBits(s.Mode), "", ""
		if s.User != "root" || s.Group != "root" {
			i.owner, i.group = s.User, s.Group
		}
	}
}

// octalBits is the opposite of modeBits.
func octalBits(m fs.FileMode) fs.FileMode {
	out := m.Perm()
	for octal, bit := range specialBits {
		if m&bit != 0 {
			out |= octal
		}
	}
	return out
}

// specialBits are setuid, setgid and sticky in octal, as chmod has them, and as
// Go has them.
var specialBits = map[fs.FileMode]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky}

// modeBits turns octal permission bits into Go's.
func modeBits(m fs.FileMode) fs.FileMode {
	out := m & 0o777
	for octal, bit := range specialBits {
		if m&octal != 0 {
			out |= bit
		}
	}
	return out
}

// known are the members that the contents give, as far as they can be told
// before the build. They decide what doinst.sh does, in the SlackBuild's package
// and in that of Package.
func (m *Manifest) known() ([]item, error) {
	names := m.names()
	var all []item
	for _, c := range m.Contents {
		if c.skipped() {
			continue
		}
		found, err := m.before(c, names)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	docs, err := m.docs(false)
	if err != nil {
		return nil, err
	}
	return m.layout(append(all, docs...))
}

// before are the items of the content before the build.
func (m *Manifest) before(c Content, names map[string]string) ([]item, error) {
	var err error
	if !m.builtLater(c) {
		var found []item
		if found, err = m.resolve(c, names); err == nil {
			return found, nil
		}
		if !m.builds() {
			return nil, err
		}
	}
	dst := c.Destination
	if strings.HasSuffix(dst, "/") && !isPattern(c.Source) {
		dst = path.Join(dst, path.Base(c.Source))
	}
	if c.Expand {
		dst = expandWith(dst, names)
	}
	i := item{dst: member(dst), at: c.at, later: true, config: c.isConfig(), owner: c.FileInfo.Owner, group: c.FileInfo.Group,
		mode: fs.FileMode(c.FileInfo.Mode), src: c.Source, tree: c.isTree()}
	if c.isTree() || isPattern(c.Source) && !m.DisableGlobbing {
		if what := i.needsNames(); what != "" {
			hint := "name the files one by one"
			if err != nil {
				hint = err.Error()
			}
			return nil, m.at(c.at+".src", hint, "%q is not there before the build, and doinst.sh has to name each %s", c.Source, what)
		}
		if !strings.HasSuffix(c.Destination, "/") && !c.isTree() {
			return nil, m.at(c.at+".src", "end dst with a slash", "a script cannot tell what %q matches before the build", c.Source)
		}
		i.dst, i.some = path.Join(i.dst, "*"), true
	}
	return []item{i}, nil
}

// needsNames tells for what files of the kind doinst.sh has to have their names.
func (i *item) needsNames() string {
	switch {
	case i.config:
		return "configuration file"
	case !i.ofSystem():
		return fmt.Sprintf("file of %s:%s", orRoot(i.owner), orRoot(i.group))
	}
	return ""
}

// builds reports whether commands run, which may make what contents name.
func (m *Manifest) builds() bool { return m.buildText() != "" }

// builtLater reports whether the content's src names a variable that is known in
// the build only.
func (m *Manifest) builtLater(c Content) bool {
	if !c.Expand {
		return false
	}
	names, later := m.names(), false
	all := m.unset(maps.Clone(symbols))
	os.Expand(c.Source, func(name string) string {
		_, now := names[name]
		_, symbol := all[name]
		later = later || symbol && !now
		return ""
	})
	return later
}

func isSystemDir(dir string) bool {
	_, ok := pkgtools.SystemDirectory(dir)
	return ok
}
