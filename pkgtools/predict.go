// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"io/fs"
	"path"

	"golang.org/x/sys/unix"
)

// predictLinks tells which of the links of doinst.sh could not be made, from
// what the tree will be when the actions of the plan are done.
func (c *changer) predictLinks() error {
	t := c.x.t
	for place := range c.removed {
		if !c.newDirs[place] {
			t.planned[place] = false
		}
	}
	for i := range c.pkg.Entries {
		e := &c.pkg.Entries[i]
		if !e.symlink() {
			continue
		}
		if place, err := t.place(e.Path); err == nil {
			t.planned[place], t.links[place] = false, e.Link
		}
	}
	t.dirs = map[string]string{".": "."}
	failed := false
	_, runs := rewrite(c.pkg.Doinst)
	for _, run := range runs {
		for _, l := range run {
			if err := c.predictLink(l); err != nil {
				failed = true
				c.warn(l.notMade(err))
			}
		}
	}
	if failed {
		return ErrLinks
	}
	return nil
}

// predictLink is what scriptRun.link would say, and notes that the link is made.
func (c *changer) predictLink(l link) error {
	t := c.x.t
	place, err := t.place(l.path)
	if err != nil {
		return reason(err)
	}
	if t.links[place] == l.target {
		return nil
	}
	switch is, err := c.willBe(path.Dir(place)); {
	case err != nil:
		return reason(err)
	case is == nothing:
		return unix.ENOENT
	case is == notDir:
		return unix.ENOTDIR
	}
	is, err := c.willBe(place)
	if err != nil {
		return reason(err)
	}
	if _, planned := t.planned[place]; !planned && is == notDir {
		if target, err := c.root.Readlink(place); err == nil && target == l.target {
			return nil
		}
	}
	if t.writable(place) != nil {
		return unix.EROFS
	}
	if is == isDir && !c.newDirs[place] || is == notDir && c.mine[place] == nil {
		if mounted, err := t.isMountPoint(place); err != nil || mounted {
			return errors.Join(reason(err), unix.EBUSY)
		}
	}
	if is == isDir {
		stays, err := "", error(nil)
		if c.made[place] == nil {
			stays, err = c.staysIn(place)
		} else if c.added[place] > 0 {
			stays = place
		}
		if err != nil {
			return reason(err)
		}
		if stays != "" {
			return errDirHasFiles
		}
	}
	if is == nothing {
		c.added[path.Dir(place)]++
	}
	delete(c.made, place)
	delete(c.newDirs, place)
	t.planned[place], t.links[place] = false, l.target
	t.dirs = map[string]string{".": "."}
	return nil
}

// kindAfter is what will be at a place.
type kindAfter int

const (
	nothing kindAfter = iota
	isDir
	notDir
)

// willBe is what will be at place when the plan is done, with the links that were
// predicted so far.
func (c *changer) willBe(place string) (kindAfter, error) {
	_, link := c.x.t.links[place]
	switch {
	case link || c.mine[place] != nil:
		return notDir, nil
	case c.made[place] != nil || place == ".":
		return isDir, nil
	case c.removed[place]:
		return nothing, nil
	}
	if above, err := c.willBe(path.Dir(place)); above != isDir || err != nil {
		return nothing, err
	}
	if c.made[path.Dir(place)] != nil {
		return nothing, nil
	}
	info, err := c.root.Lstat(place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nothing, nil
	case err != nil:
		return nothing, err
	case info.IsDir():
		return isDir, nil
	}
	return notDir, nil
}
