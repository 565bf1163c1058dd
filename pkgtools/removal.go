// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// owned is what packages have: paths as in their lists, and links.
type owned struct{ paths map[string]bool }

// has reports whether a package has just this path.
func (o *owned) has(p string) bool { return o.paths[p] }

// owned reads all records but those for which except is true.
func (d *Database) owned(except func(full string) bool) (*owned, error) {
	names, err := d.Names()
	if err != nil {
		return nil, err
	}
	o := &owned{paths: map[string]bool{}}
	for _, n := range names {
		if except(n) {
			continue
		}
		r, err := d.Read(n)
		if err != nil {
			return nil, err
		}
		for _, p := range r.Files {
			o.paths[p] = true
		}
		for _, l := range scriptLinks(r.Script) {
			o.paths[l.path] = true
		}
	}
	return o, nil
}

// planRemovals plans what of the old packages goes: what neither another
// package nor the new one has.
func (c *changer) planRemovals() error {
	if len(c.olds) == 0 {
		return nil
	}
	keep := map[string]bool{}
	if c.pkg != nil {
		for i := range c.pkg.Entries {
			keep[strings.TrimPrefix(c.pkg.Entries[i].member(), "./")] = true
		}
		for _, l := range scriptLinks(c.pkg.Doinst) {
			keep[l.path] = true
		}
		if c.pkg.Douninst != nil {
			keep["var/lib/pkgtools/douninst.sh/"+c.pkg.Full] = true
		}
	}
	var files, dirs []string
	for _, r := range c.olds {
		for _, l := range scriptLinks(r.Script) {
			if !keep[l.path] && !c.others.has(l.path) {
				if err := c.remove(l.path, true); err != nil {
					return err
				}
			}
		}
		for _, p := range r.Files {
			switch {
			case p == "./" || keep[p] || p == "install/" || strings.HasPrefix(p, "install/"):
			case c.others.has(p):
				if !strings.HasSuffix(p, "/") {
					c.report.Kept = append(c.report.Kept, p)
				}
			case strings.HasSuffix(p, "/"):
				dirs = append(dirs, strings.TrimSuffix(p, "/"))
			default:
				files = append(files, p)
			}
		}
	}
	for _, p := range files {
		if err := c.remove(p, false); err != nil {
			return err
		}
		if cat := catPage(p); cat != "" && !keep[cat] && !c.others.has(cat) {
			if err := c.remove(cat, false); err != nil {
				return err
			}
		}
	}
	slices.Sort(dirs)
	slices.Reverse(dirs)
	for _, p := range slices.Compact(dirs) {
		if err := c.removeDir(p); err != nil {
			return err
		}
	}
	return nil
}

// remove plans the removal of a file, or of what still is a link.
func (c *changer) remove(p string, link bool) error {
	place, info, err := c.lstat(p)
	if err != nil || info == nil || c.mine[place] != nil || c.removed[place] || info.IsDir() {
		return err
	}
	isLink := info.Mode()&fs.ModeSymlink != 0
	if link && !isLink || isLink && c.x.t.followed[place] || c.isDatabase(place) {
		return nil
	}
	if mounted, err := c.x.t.isMountPoint(place); err != nil || mounted {
		c.warnMounted(p, mounted)
		return err
	}
	old := ""
	if err = c.x.t.writable(place); err == nil {
		old, err = c.x.asideFor(place)
	}
	if err != nil {
		return fmt.Errorf("%q: %w", p, reason(err))
	}
	c.x.list.Actions = append(c.x.list.Actions, &action{Do: "remove", Path: place, Old: old})
	c.removed[place] = true
	c.report.Removed = append(c.report.Removed, p)
	return nil
}

func (c *changer) warnMounted(p string, mounted bool) {
	if mounted {
		c.warn(fmt.Sprintf("%q is kept: something is mounted there", p))
	}
}

// removeDir plans the removal of a directory in which nothing stays.
func (c *changer) removeDir(p string) error {
	place, info, err := c.lstat(p)
	if err != nil || info == nil || c.removed[place] || !info.IsDir() || c.newDirs[place] {
		return err
	}
	if c.isDatabase(place) || place == c.d.adm || strings.HasPrefix(c.d.adm+"/", place+"/") {
		return nil
	}
	if mounted, err := c.x.t.isMountPoint(place); err != nil || mounted {
		c.warnMounted(p, mounted)
		return err
	}
	stays, err := c.staysIn(place)
	if err != nil {
		return fmt.Errorf("%q: %w", p, reason(err))
	}
	if stays != "" {
		c.warnNotEmpty(p)
		return nil
	}
	if err := c.rmdir(place); err != nil {
		return fmt.Errorf("%q: %w", p, reason(err))
	}
	return nil
}

func (c *changer) warnNotEmpty(p string) {
	c.warn(fmt.Sprintf("directory %q is kept: other files are in it", p))
}

func (c *changer) rmdir(place string) error {
	if err := c.x.t.writable(place); err != nil {
		return err
	}
	info, err := c.root.Lstat(place)
	if err != nil {
		return err
	}
	st := statOf(info)
	c.x.list.Actions = append(c.x.list.Actions, &action{Do: "rmdir", Path: place,
		Undo: &fileAttr{Mode: info.Mode() &^ fs.ModeType, UID: st.uid, GID: st.gid, Time: info.ModTime()}})
	c.removed[place] = true
	c.report.Removed = append(c.report.Removed, place+"/")
	return nil
}

// isDatabase reports whether place is a record or the like, which the steps at
// the end take care of.
func (c *changer) isDatabase(place string) bool {
	for _, dir := range []string{"packages", "scripts", workParent} {
		if strings.HasPrefix(place, path.Join(c.d.adm, dir)) {
			return true
		}
	}
	return false
}

// lstat finds p in the tree as it is now; info is nil where nothing is there.
func (c *changer) lstat(p string) (place string, info fs.FileInfo, err error) {
	if place, err = c.before.place(p); err != nil {
		return "", nil, nil // below a loop of links, say: not ours
	}
	info, err = c.root.Lstat(place)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return place, nil, nil
	}
	return place, info, err
}

// catPage is where man(1) kept the formatted page of a manual page.
func catPage(p string) string {
	dir, file := path.Split(p)
	dir = strings.TrimSuffix(dir, "/")
	parent, section := path.Split(dir)
	if len(section) != 4 || !strings.HasPrefix(section, "man") {
		return ""
	}
	return parent + "cat" + section[3:] + "/" + file
}
