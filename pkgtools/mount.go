// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// mountKey tells mounts apart: files can be renamed and linked only inside one.
// The number of the mount matters where one file system is mounted twice.
type mountKey struct {
	dev   uint64
	mount uint64 // 0 before Linux 3.15
}

// mount is a mount and the highest directory below the root that is on it.
type mount struct {
	mountKey
	top      string
	readOnly bool
}

// mountOf tells on which mount a file is; of a link, the link itself.
func (r *rootDirs) mountOf(name string) (mountKey, error) {
	d, base, err := r.dir(name)
	if err != nil {
		return mountKey{}, named(err, name)
	}
	fd, err := d.fd()
	if err != nil {
		return mountKey{}, named(err, name)
	}
	var stx unix.Statx_t
	err = unix.Statx(fd, base, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_BASIC_STATS|unix.STATX_MNT_ID, &stx)
	if err == nil && stx.Mask&unix.STATX_MNT_ID != 0 { // since Linux 5.8
		return mountKey{unix.Mkdev(stx.Dev_major, stx.Dev_minor), stx.Mnt_id}, nil
	}
	var st unix.Stat_t
	if err := unix.Fstatat(fd, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return mountKey{}, &os.PathError{Op: "stat", Path: name, Err: err}
	}
	file, err := unix.Openat(fd, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return mountKey{}, &os.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(file)
	return mountKey{uint64(st.Dev), fdMount(file)}, nil
}

// fdMount is the number of the mount of an open file, from proc(5).
func fdMount(fd int) uint64 {
	text, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			n, _ := strconv.ParseUint(strings.TrimSpace(id), 10, 64)
			return n
		}
	}
	return 0
}

// mount is that of the nearest directory above place that exists.
func (t *tree) mount(place string) (mount, error) {
	dir := path.Dir(place)
	if m, ok := t.mounts[dir]; ok {
		return m, nil
	}
	var above mount
	if dir != "." {
		var err error
		if above, err = t.mount(dir); err != nil {
			return mount{}, err
		}
		if t.planned[dir] {
			t.mounts[dir] = above
			return above, nil
		}
	}
	key, err := t.root.mountOf(dir)
	switch {
	case dir != "." && (errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR)):
		t.mounts[dir] = above
	case err != nil:
		return mount{}, err
	case dir != "." && key == above.mountKey:
		t.mounts[dir] = above
	default:
		m := mount{mountKey: key, top: dir}
		if m.readOnly, err = t.root.readOnly(dir); err != nil {
			return mount{}, err
		}
		t.mounts[dir] = m
	}
	return t.mounts[dir], nil
}

func (r *rootDirs) readOnly(dir string) (bool, error) {
	d, err := r.openDir(dir)
	if err != nil {
		return false, named(err, dir)
	}
	fd, err := d.fd()
	if err != nil {
		return false, named(err, dir)
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return false, &os.PathError{Op: "look at the file system of", Path: dir, Err: err}
	}
	return st.Flags&unix.ST_RDONLY != 0, nil
}

// writable refuses to change what is at place where its file system is mounted
// read-only.
func (t *tree) writable(place string) error {
	m, err := t.mount(place)
	if err != nil {
		return err
	}
	if m.readOnly {
		return fmt.Errorf("cannot be changed: the file system mounted at %q is read-only", path.Join("/", m.top))
	}
	return nil
}

// isMountPoint reports whether something is mounted over what is at place.
func (t *tree) isMountPoint(place string) (bool, error) {
	if place == "." {
		return true, nil
	}
	above, err := t.mount(place)
	if err != nil {
		return false, err
	}
	key, err := t.root.mountOf(place)
	return err == nil && key != above.mountKey, ignoreNotExist(err)
}
