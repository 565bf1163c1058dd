// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"errors"
	"fmt"
	"io"
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
				if err := c.planRemoval(l.path, true); err != nil {
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
		if err := c.planRemoval(p, false); err != nil {
			return err
		}
		if cat := catPage(p); cat != "" && !keep[cat] && !c.others.has(cat) {
			if err := c.planRemoval(cat, false); err != nil {
				return err
			}
		}
	}
	slices.Sort(dirs)
	slices.Reverse(dirs)
	for _, p := range slices.Compact(dirs) {
		if err := c.planRmdir(p); err != nil {
			return err
		}
	}
	return nil
}

// planRemoval plans the removal of a file, or of what still is a link.
func (c *changer) planRemoval(p string, link bool) error {
	place, info, err := c.lstat(p)
	if err != nil || info == nil || c.mine[place] || c.removed[place] || info.IsDir() || link && info.Mode()&fs.ModeSymlink == 0 {
		return err
	}
	if c.isDatabase(place) {
		return nil
	}
	old, err := c.x.asideFor(place)
	if err != nil {
		return err
	}
	c.x.list.Actions = append(c.x.list.Actions, action{Do: "remove", Path: place, Old: old})
	c.removed[place] = true
	c.report.Removed = append(c.report.Removed, p)
	return nil
}

func (c *changer) planRmdir(p string) error {
	place, info, err := c.lstat(p)
	if err != nil || info == nil || c.removed[place] || !info.IsDir() {
		return err
	}
	if stays, planned := c.x.t.planned[place]; c.mine[place] && (stays || !planned) {
		return nil
	}
	if c.isDatabase(place) || place == c.d.adm || strings.HasPrefix(c.d.adm+"/", place+"/") {
		return nil
	}
	st := statOf(info)
	c.x.list.Actions = append(c.x.list.Actions, action{Do: "rmdir", Path: place,
		Undo: &fileAttr{info.Mode() &^ fs.ModeType, st.uid, st.gid, info.ModTime()}})
	c.removed[place] = true
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

// dryRun reports what a change would do, from the lists alone.
func (c *changer) dryRun(ctx context.Context, name string) error {
	// The plan is made by the same code, but nothing is put aside.
	c.x = &transaction{d: c.d, root: c.root, t: newTree(c.root), work: c.d.workDir(), aside: map[uint64]string{}, step: c.step, script: c.scriptIO()}
	if name != "" {
		var err error
		c.pkg, err = Scan(ctx, name, c.opt.ReadOptions, func(e *Entry, _ io.Reader) error {
			place, err := c.x.t.place(e.Path)
			if err != nil {
				return err
			}
			if err := c.checkPlace(e, place); err != nil {
				return err
			}
			if !e.Mode.IsDir() && !strings.HasPrefix(e.Path, "install/") {
				c.report.Written = append(c.report.Written, e.Path)
			}
			c.mine[place] = true
			return nil
		})
		if err != nil {
			return err
		}
		if err := checkScript(ctx, doinstPath, c.pkg.Doinst); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		for _, l := range scriptLinks(c.pkg.Doinst) {
			c.report.Links = append(c.report.Links, l.path)
		}
	}
	c.x.dry = true
	return c.planRemovals()
}
