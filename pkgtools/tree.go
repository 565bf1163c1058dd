// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// tree finds the places of files in a root directory as the system that is
// installed there would: a symbolic link to /opt means ROOT/opt.
type tree struct {
	root *rootDirs
	dirs map[string]string // places of directories that were looked up
	// planned are the places where something will be that is not there yet: a
	// directory (true), or nothing that counts as one (false).
	planned map[string]bool
	links   map[string]string // the same for symbolic links, with their targets
	// followed are the places of the links that led to some place, trail the same
	// in their order.
	followed map[string]bool
	trail    []string
	mounts   map[string]mount // of directories that were looked at
}

func newTree(root *rootDirs) *tree {
	return &tree{root: root, dirs: map[string]string{".": "."}, planned: map[string]bool{}, links: map[string]string{}, followed: map[string]bool{}, mounts: map[string]mount{}}
}

// place is where the file p is: the directories before its last part are
// followed, wherever they lead inside the root.
func (t *tree) place(p string) (string, error) {
	dir, err := t.dir(path.Dir(p), 0)
	if err != nil {
		return "", fmt.Errorf("%q: %w", p, err)
	}
	return path.Join(dir, path.Base(p)), nil
}

// maxLinks is how many symbolic links the kernel follows (MAXSYMLINKS).
const maxLinks = 40

// dir is the place of the directory p, which need not exist.
func (t *tree) dir(p string, depth int) (string, error) {
	if place, ok := t.dirs[p]; ok {
		return place, nil
	}
	if depth > maxLinks {
		return "", unix.ELOOP
	}
	parent, err := t.dir(path.Dir(p), depth)
	if err != nil {
		return "", err
	}
	place := path.Join(parent, path.Base(p))
	target, link := t.links[place]
	if _, ok := t.planned[place]; link || !ok {
		var err error
		if !link {
			target, err = t.root.Readlink(place)
		}
		if err == nil {
			if !t.followed[place] {
				t.followed[place] = true
				t.trail = append(t.trail, place)
			}
			if strings.HasPrefix(target, "/") {
				place = path.Clean(target)
			} else {
				place = path.Join("/", parent, target)
			}
			// What is left may be links again.
			if place, err = t.dir(path.Join(".", place), depth+1); err != nil {
				return "", err
			}
		} else if !errors.Is(err, unix.EINVAL) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
			return "", err
		}
	}
	t.dirs[p] = place
	return place, nil
}

// leadsToDir reports whether the link p leads to a directory, and where. A link that
// does not is not followed.
func (t *tree) leadsToDir(p string) (place string, ok bool) {
	before := len(t.trail)
	place, err := t.dir(p, 0)
	if err == nil && t.isDir(place) {
		return place, true
	}
	for _, l := range t.trail[before:] {
		delete(t.followed, l)
	}
	t.trail = t.trail[:before]
	t.dirs = map[string]string{".": "."}
	return "", false
}

// plan says what will be at place.
func (t *tree) plan(place string, dir bool) {
	t.planned[place] = dir
	t.dirs = map[string]string{".": "."}
}

// isDir reports whether there is a directory at place, or will be.
func (t *tree) isDir(place string) bool {
	if dir, ok := t.planned[place]; ok {
		return dir
	}
	info, err := t.root.Lstat(place)
	return err == nil && info.IsDir()
}
