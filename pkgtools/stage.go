// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// stage reads the package, checking all of it, and puts its files aside on the
// file systems where they belong, with everything but their name. The tree is
// not touched.
func (c *changer) stage(ctx context.Context, name string) error {
	files := &extractor{root: c.root, owners: os.Geteuid() == 0, ids: ownerCache{}}
	staged := map[string]string{} // where hard links find the file
	var err error
	c.pkg, err = Scan(ctx, name, c.opt.ReadOptions, func(e *Entry, content io.Reader) error {
		if err := c.step("stage"); err != nil {
			return err
		}
		return c.stageEntry(e, content, files, staged)
	})
	if err != nil {
		return err
	}
	for _, o := range c.pkg.Odd {
		if !o.Usual {
			c.warn(o.String())
		}
	}
	for script, text := range map[string][]byte{doinstPath: c.pkg.Doinst, "install/douninst.sh": c.pkg.Douninst} {
		if err := checkScript(ctx, script, text); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	c.record, err = c.newRecord(name)
	for _, l := range scriptLinks(c.pkg.Doinst) {
		c.report.Links = append(c.report.Links, l.path)
	}
	return err
}

func (c *changer) stageEntry(e *Entry, content io.Reader, files *extractor, staged map[string]string) error {
	if e.Path == "install" && !e.Mode.IsDir() {
		return &EntryError{e.Path, "is a " + e.Kind() + ", where the package's own directory should be"}
	}
	if (e.Path == doinstPath || e.Path == douninstPath) && !e.file() {
		return &EntryError{e.Path, "is a " + e.Kind() + ", not a file of its own, so it cannot be run; make the package anew"}
	}
	if e.Path == "install" || strings.HasPrefix(e.Path, "install/") {
		return nil
	}
	if strings.HasPrefix(e.HardLink, "install/") {
		return &EntryError{e.Path, fmt.Sprintf("is a hard link to %q, which is not installed", e.HardLink)}
	}
	place := "."
	if e.Path != "." {
		var err error
		if place, err = c.x.t.place(e.Path); err != nil {
			return err
		}
	}
	if err := c.checkPlace(e, place); err != nil {
		return err
	}
	c.mine[place] = true
	if e.Mode.IsDir() {
		return c.planDir(e, place, files)
	}
	c.report.Written = append(c.report.Written, e.Path)
	aside, err := c.x.asideFor(place)
	if err != nil {
		return err
	}
	if e.HardLink != "" {
		if err := c.root.Link(staged[e.HardLink], aside); err != nil {
			return err
		}
	} else if err := files.create(e, aside, content); err != nil {
		return err
	}
	staged[e.Path] = aside
	a := action{Do: "put", Path: place, New: aside}
	old, err := c.root.Lstat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil && !c.underPlanned(place):
		return err
	case err == nil && old.IsDir():
		// An old version may have it; then its files go first.
		c.x.t.plan(place, false)
		c.late = append(c.late, len(c.x.list.Actions))
	case err == nil:
		a.Had = true
		if a.Old, err = c.x.asideFor(place); err != nil {
			return err
		}
	}
	if err := c.planParents(place); err != nil {
		return err
	}
	c.x.list.Actions = append(c.x.list.Actions, a)
	return nil
}

// underPlanned reports whether a directory above place is only planned.
func (c *changer) underPlanned(place string) bool {
	for dir := path.Dir(place); dir != "."; dir = path.Dir(dir) {
		if c.x.t.planned[dir] {
			return true
		}
	}
	return false
}

// checkPlace refuses files of a package that would change the database.
func (c *changer) checkPlace(e *Entry, place string) error {
	if e.Mode.IsDir() {
		return nil
	}
	for _, dir := range []string{
		"var/lib/pkgtools/packages", "var/lib/pkgtools/scripts", "var/lib/pkgtools/" + workParent,
		"var/log/packages", "var/log/scripts", "var/log/pkgtools", c.x.work,
		"var/log/removed_packages", "var/log/removed_scripts",
	} {
		for _, p := range []string{e.Path, place} {
			if p == dir || strings.HasPrefix(p, dir+"/") {
				return &EntryError{e.Path, "would change the package database"}
			}
		}
	}
	// A package may bring the script for its own removal; makepkg's way for it
	// is install/douninst.sh.
	scripts := path.Join(c.d.adm, "douninst.sh")
	if own := path.Join(scripts, c.report.Package); strings.HasPrefix(place, scripts+"/") && place != own {
		return &EntryError{e.Path, "is the script for another package's removal"}
	}
	return nil
}

// planDir plans a directory of the package: made, or given the mode and owner
// that it has in the package.
func (c *changer) planDir(e *Entry, place string, files *extractor) error {
	uid, gid := os.Geteuid(), os.Getegid()
	if uid == 0 {
		uid, gid = files.ids.of(e)
	}
	attr := &fileAttr{Mode: e.Mode &^ fs.ModeType, UID: uid, GID: gid, Time: e.ModTime}
	info, err := c.root.Lstat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err != nil && c.underPlanned(place):
		return c.planMkdir(place, attr)
	case err != nil:
		return err
	case info.IsDir():
		st := statOf(info)
		c.x.list.Actions = append(c.x.list.Actions, action{Do: "attributes", Path: place, Attr: attr,
			Undo: &fileAttr{info.Mode() &^ fs.ModeType, st.uid, st.gid, info.ModTime()}})
		return nil
	case info.Mode()&fs.ModeSymlink != 0 && !c.oldLink(e.Path):
		if target, err := c.x.t.dir(e.Path, 0); err == nil && c.x.t.isDir(target) {
			return nil // a link to a directory stays, as with installpkg
		}
	}
	// Something else has the name, or a link of the old version, which goes.
	old, err := c.x.asideFor(place)
	if err != nil {
		return err
	}
	c.x.list.Actions = append(c.x.list.Actions, action{Do: "remove", Path: place, Old: old})
	c.removed[place] = true
	return c.planMkdir(place, attr)
}

func (c *changer) planMkdir(place string, attr *fileAttr) error {
	if i, ok := c.mkdirs[place]; ok { // it comes after its contents, or twice
		c.x.list.Actions[i].Attr = attr
		return nil
	}
	if err := c.planParents(place); err != nil {
		return err
	}
	c.mkdirs[place] = len(c.x.list.Actions)
	c.x.list.Actions = append(c.x.list.Actions, action{Do: "mkdir", Path: place, Attr: attr})
	c.x.t.plan(place, true)
	return nil
}

// planParents plans the directories above place that the archive lacks.
func (c *changer) planParents(place string) error {
	dir := path.Dir(place)
	if dir == "." || c.x.t.isDir(dir) {
		return nil
	}
	if _, err := c.root.Lstat(dir); err == nil {
		return fmt.Errorf("%q: %q is in the way, which is no directory", place, dir)
	}
	attr := &fileAttr{Mode: 0o755, UID: os.Geteuid(), GID: os.Getegid(), Time: c.now}
	return c.planMkdir(dir, attr)
}

// oldLink reports whether p is a symbolic link of a version that is replaced,
// and of no other package.
func (c *changer) oldLink(p string) bool {
	if c.others.has(p) {
		return false
	}
	return slices.ContainsFunc(c.olds, func(r *Record) bool {
		_, inScript := r.Links()[p]
		return inScript || slices.Contains(r.Files, p)
	})
}

// planLate moves the files that take the place of a directory behind the
// removals, if the directory then is empty.
func (c *changer) planLate() error {
	var late []action
	for k := len(c.late) - 1; k >= 0; k-- {
		i := c.late[k]
		a := c.x.list.Actions[i]
		if err := c.emptied(a.Path); err != nil {
			return err
		}
		c.x.list.Actions = slices.Delete(c.x.list.Actions, i, i+1)
		late = append(late, a)
	}
	c.x.list.Actions = append(c.x.list.Actions, late...)
	return nil
}

// emptied checks that everything in the directory goes, and the directory too.
func (c *changer) emptied(dir string) error {
	return fs.WalkDir(c.root.FS(), dir, func(p string, _ fs.DirEntry, err error) error {
		if err == nil && !c.removed[p] {
			return fmt.Errorf("%q: a directory is in the way, and %q in it stays", dir, p)
		}
		return err
	})
}
