// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// rootDirs is a root directory in which many files are worked on. For each
// call an os.Root opens all directories of the path, one after the other, so
// that no link leads outside; of the methods here, which work on one file, most
// find its directory open. That a directory was renamed, or that a link to it
// now leads elsewhere, is known here if it was done here; after anybody else
// may have done it, forget has to be called, and at the end.
type rootDirs struct {
	*os.Root
	open map[string]*openDir
}

// openDir is a directory, for what os.Root can do and, once wanted, for what it
// cannot.
type openDir struct {
	*os.Root
	file *os.File
}

// maxOpenDirs is how many directories may be open before another call; a call
// opens those of its path, if it is no deeper than that.
const maxOpenDirs = 64

func newRootDirs(root *os.Root) *rootDirs { return &rootDirs{root, map[string]*openDir{}} }

// forget closes all directories but the root.
func (r *rootDirs) forget() {
	for dir := range r.open {
		r.close(dir)
	}
}

func (r *rootDirs) close(dir string) {
	d := r.open[dir]
	delete(r.open, dir)
	d.Root.Close()
	if d.file != nil {
		d.file.Close()
	}
}

// changed is called before name may become something else.
func (r *rootDirs) changed(name string) {
	for dir := range r.open {
		if dir == name || strings.HasPrefix(dir, name+"/") {
			r.close(dir)
		}
	}
}

// dir opens the directory of name, and gives its last part.
func (r *rootDirs) dir(name string) (d *openDir, base string, err error) {
	if len(r.open) >= maxOpenDirs {
		r.forget()
	}
	d, err = r.openDir(path.Dir(name))
	return d, path.Base(name), err
}

// openDir opens a directory, and those above it.
func (r *rootDirs) openDir(dir string) (*openDir, error) {
	if d, ok := r.open[dir]; ok {
		return d, nil
	}
	from, base := r.Root, dir
	if parent := path.Dir(dir); parent != "." && strings.Count(dir, "/") < maxOpenDirs {
		above, err := r.openDir(parent)
		if err != nil {
			return nil, err
		}
		from, base = above.Root, path.Base(dir)
	}
	// With the dot, only a directory is opened: a pipe would have us wait.
	root, err := from.OpenRoot(base + "/.")
	if err != nil && from != r.Root {
		root, err = r.OpenRoot(dir + "/.") // maybe a link to somewhere else in the root
	}
	if err != nil {
		return nil, err
	}
	r.open[dir] = &openDir{Root: root}
	return r.open[dir], nil
}

// fd is for calls that os.Root does not have.
func (d *openDir) fd() (int, error) {
	if d.file == nil {
		var err error
		if d.file, err = d.Open("."); err != nil {
			return -1, err
		}
	}
	return int(d.file.Fd()), nil
}

// named gives an error about the last part of name the whole of it.
func named(err error, name string) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		p.Path = name
	case errors.As(err, &l):
		l.New = name
	}
	return err
}

func (r *rootDirs) Lstat(name string) (fs.FileInfo, error) {
	d, base, err := r.dir(name)
	if err != nil {
		return nil, named(err, name)
	}
	info, err := d.Root.Lstat(base)
	return info, named(err, name)
}

func (r *rootDirs) Readlink(name string) (string, error) {
	d, base, err := r.dir(name)
	if err != nil {
		return "", named(err, name)
	}
	target, err := d.Root.Readlink(base)
	return target, named(err, name)
}

// OpenFile is for files, not for links to some.
func (r *rootDirs) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	d, base, err := r.dir(name)
	if err != nil {
		return nil, named(err, name)
	}
	f, err := d.Root.OpenFile(base, flag, perm)
	return f, named(err, name)
}

func (r *rootDirs) Mkdir(name string, perm fs.FileMode) error {
	d, base, err := r.dir(name)
	if err == nil {
		err = d.Root.Mkdir(base, perm)
	}
	return named(err, name)
}

// MkdirAll makes a directory and those above it, if it is not there.
func (r *rootDirs) MkdirAll(name string, perm fs.FileMode) error {
	if _, ok := r.open[name]; ok {
		return nil
	}
	return r.Root.MkdirAll(name, perm)
}

func (r *rootDirs) Symlink(target, name string) error {
	d, base, err := r.dir(name)
	if err == nil {
		err = d.Root.Symlink(target, base)
	}
	return named(err, name)
}

// openNoFollow opens a directory, and no link to one.
func (r *rootDirs) openNoFollow(name string) (*os.File, error) {
	d, base, err := r.dir(name)
	if err != nil {
		return nil, named(err, name)
	}
	above, err := d.fd()
	if err != nil {
		return nil, named(err, name)
	}
	fd, err := unix.Openat(above, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (r *rootDirs) Remove(name string) error {
	r.changed(name)
	d, base, err := r.dir(name)
	if err == nil {
		err = d.Root.Remove(base)
	}
	return named(err, name)
}

func (r *rootDirs) RemoveAll(name string) error {
	r.forget()
	return r.Root.RemoveAll(name)
}

func (r *rootDirs) Link(old, name string) error {
	return r.two("link", old, name, func(oldDir int, old string, dir int, name string) error {
		return unix.Linkat(oldDir, old, dir, name, 0)
	})
}

func (r *rootDirs) Rename(old, name string) error {
	r.changed(old)
	r.changed(name)
	return r.two("rename", old, name, unix.Renameat)
}

// two does what takes two names.
func (r *rootDirs) two(op, old, name string, do func(oldDir int, old string, dir int, name string) error) error {
	err := func() error {
		from, oldBase, err := r.dir(old)
		if err != nil {
			return err
		}
		to, err := r.openDir(path.Dir(name))
		if err != nil {
			return err
		}
		oldDir, err := from.fd()
		if err != nil {
			return err
		}
		dir, err := to.fd()
		if err != nil {
			return err
		}
		return do(oldDir, oldBase, dir, path.Base(name))
	}()
	if err != nil {
		return &os.LinkError{Op: op, Old: old, New: name, Err: reason(err)}
	}
	return nil
}

// copyFile makes a copy of a regular file with all that belongs to it.
func (r *rootDirs) copyFile(old, name string) (err error) {
	if info, err := r.Lstat(old); err != nil || !info.Mode().IsRegular() {
		return errors.Join(err, unix.EXDEV)
	}
	from, err := r.OpenFile(old, os.O_RDONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return err
	}
	to, err := r.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		if err := to.Chown(statOf(info).uid, statOf(info).gid); err != nil {
			return err
		}
	}
	if err := to.Chmod(info.Mode() &^ fs.ModeType); err != nil {
		return err
	}
	if err := copyXattrs(from, to); err != nil {
		return err
	}
	t := unix.NsecToTimeval(info.ModTime().UnixNano())
	return unix.Futimes(int(to.Fd()), []unix.Timeval{t, t})
}

// copyXattrs gives a file the extended attributes of another.
func copyXattrs(from, to *os.File) error {
	names := make([]byte, 64<<10) // all that the kernel lets them be (XATTR_LIST_MAX)
	n, err := unix.Flistxattr(int(from.Fd()), names)
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	if err != nil {
		return err
	}
	value := make([]byte, 64<<10) // XATTR_SIZE_MAX
	for name := range strings.FieldsFuncSeq(string(names[:n]), func(r rune) bool { return r == 0 }) {
		n, err := unix.Fgetxattr(int(from.Fd()), name, value)
		if err != nil {
			return err
		}
		if err := unix.Fsetxattr(int(to.Fd()), name, value[:n], 0); err != nil {
			return err
		}
	}
	return nil
}
