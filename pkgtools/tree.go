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
	devices map[string]device // of directories that were looked at
}

// device is a file system and the highest directory that is on it.
type device struct {
	dev uint64
	top string
}

func newTree(root *rootDirs) *tree {
	return &tree{root: root, dirs: map[string]string{".": "."}, planned: map[string]bool{}, devices: map[string]device{}}
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
	if _, ok := t.planned[place]; !ok {
		if target, err := t.root.Readlink(place); err == nil {
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

// device is that of the nearest directory above place that exists.
func (t *tree) device(place string) (device, error) {
	dir := path.Dir(place)
	if d, ok := t.devices[dir]; ok {
		return d, nil
	}
	var above device
	if dir != "." {
		var err error
		if above, err = t.device(dir); err != nil {
			return device{}, err
		}
	}
	if t.planned[dir] {
		t.devices[dir] = above
		return above, nil
	}
	dev, err := t.dev(dir)
	switch {
	case dir != "." && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)):
		t.devices[dir] = above
	case err != nil:
		return device{}, err
	case dir != "." && dev == above.dev:
		t.devices[dir] = above
	default:
		t.devices[dir] = device{dev, dir}
	}
	return t.devices[dir], nil
}

func (t *tree) dev(dir string) (uint64, error) {
	info, err := t.root.Lstat(dir)
	if err != nil {
		return 0, err
	}
	return statOf(info).dev, nil
}
