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

	"golang.org/x/sys/unix"
)

// ExtractOptions say how a package is unpacked.
type ExtractOptions struct {
	ReadOptions
	// Owners gives the files their owners; without it they are the caller's,
	// and lose their setuid and setgid bits.
	Owners bool
	// Devices makes device files, which only root can; without it a package
	// that has any is refused.
	Devices bool
	// Each, where set, is called for each entry before it is made.
	Each func(*Entry)
	// Warn, where set, is told beforehand what is odd about the archive, and
	// afterwards what of it could not be had here: attributes that the file
	// system does not know.
	Warn func(Oddity)
}

// Extract unpacks the package file name into the directory dir, without
// install/doinst.sh being run. The whole package is checked before anything is
// written. No path leaves dir, whatever the package or symbolic links that are
// in dir already say: that is an error.
func Extract(ctx context.Context, name, dir string, opt ExtractOptions) error {
	p, err := Scan(ctx, name, opt.ReadOptions, func(e *Entry, _ io.Reader) error {
		if e.device() && !opt.Devices {
			return fmt.Errorf("%q is a %s, which would not be made", e.Path, e.Kind())
		}
		return nil
	})
	if err != nil {
		return err
	}
	opt.warn(p.Odd)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	open := newRootDirs(root)
	defer open.forget()
	x := &extractor{root: open, owners: opt.Owners, ids: hostOwners()}
	var dirs []Entry
	_, err = Scan(ctx, name, opt.ReadOptions, func(e *Entry, content io.Reader) error {
		if opt.Each != nil {
			opt.Each(e)
		}
		if e.Mode.IsDir() {
			dirs = append(dirs, *e)
			return x.mkdir(e.Path)
		}
		if err := x.makeWay(e.Path); err != nil {
			return err
		}
		return x.create(e, e.Path, content)
	})
	if err != nil {
		return err
	}
	// A directory's own time last, and its mode: it may shut out what is below.
	// Of two entries for one directory the later one counts.
	slices.SortStableFunc(dirs, func(a, b Entry) int { return strings.Compare(fromRoot(b.Path), fromRoot(a.Path)) })
	for i := range dirs {
		if err := x.setDir(&dirs[i], dirs[i].Path); err != nil {
			return err
		}
	}
	opt.warn(x.odd.list())
	return nil
}

func (opt *ExtractOptions) warn(odd []Oddity) {
	if opt.Warn == nil {
		return
	}
	for _, o := range odd {
		opt.Warn(o)
	}
}

// fromRoot is the path p, where the root comes before all that is in it.
func fromRoot(p string) string { return strings.TrimPrefix(path.Join("/", p), "/") }

// extractor makes files below a directory that it cannot leave.
type extractor struct {
	root   *rootDirs
	owners bool
	ids    *owners
	odd    oddities // what could not be done as the archive says
}

// mkdir makes a directory that can be written to until setDir; one that is
// there, or a link to one, stays.
func (x *extractor) mkdir(p string) error {
	if p == "." {
		return nil
	}
	err := x.root.MkdirAll(path.Dir(p), 0o755)
	if err == nil {
		err = x.root.Mkdir(p, 0o700)
	}
	if errors.Is(err, fs.ErrExist) {
		if info, statErr := x.root.Stat(p); statErr == nil && info.IsDir() {
			return nil
		}
	}
	return err
}

// makeWay makes the directory of p, and removes what has the name of p.
func (x *extractor) makeWay(p string) error {
	if err := x.root.MkdirAll(path.Dir(p), 0o755); err != nil {
		return err
	}
	info, err := x.root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%q: a directory is in the way", p)
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		x.root.forget() // other links may have led through it
	}
	return x.root.Remove(p)
}

// create makes what e says under the name p, where nothing is.
func (x *extractor) create(e *Entry, p string, content io.Reader) error {
	switch {
	case e.HardLink != "":
		return x.root.Link(e.HardLink, p)
	case e.symlink():
		if err := x.root.Symlink(e.Link, p); err != nil {
			return err
		}
		if x.owners {
			uid, gid, _ := x.ids.of(e)
			return x.root.Lchown(p, uid, gid)
		}
		return nil
	case e.Mode.IsRegular():
		return x.file(e, p, content)
	}
	if err := x.mknod(e, p); err != nil {
		return err
	}
	mode := e.Mode
	if x.owners {
		var uid, gid int
		uid, gid, mode = x.ids.of(e)
		if err := x.root.Lchown(p, uid, gid); err != nil {
			return err
		}
	}
	if err := x.root.Chmod(p, mode&^fs.ModeType); err != nil {
		return err
	}
	return x.root.Chtimes(p, e.ModTime, e.ModTime)
}

func (x *extractor) mknod(e *Entry, p string) error {
	dir, base, err := x.root.dir(p)
	if err != nil {
		return err
	}
	fd, err := dir.fd()
	if err != nil {
		return err
	}
	mode, dev := uint32(unix.S_IFIFO), uint64(0)
	if e.device() {
		mode, dev = unix.S_IFBLK, unix.Mkdev(uint32(e.Major), uint32(e.Minor))
		if e.Mode&fs.ModeCharDevice != 0 {
			mode = unix.S_IFCHR
		}
	}
	if err := unix.Mknodat(fd, base, mode|0o600, int(dev)); err != nil {
		return &fs.PathError{Op: "make the " + e.Kind(), Path: p, Err: err}
	}
	return nil
}

func (x *extractor) file(e *Entry, p string, content io.Reader) (err error) {
	f, err := x.root.OpenFile(p, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var to io.Writer = f
	if e.Sparse {
		to = &holes{File: f}
	}
	if n, err := io.Copy(to, content); err != nil {
		return err
	} else if n != e.Size {
		return io.ErrUnexpectedEOF
	}
	if e.Sparse {
		if err := f.Truncate(e.Size); err != nil { // a hole at its end
			return err
		}
	}
	return x.attributes(f, e)
}

// attributes gives an open file its owner, extended attributes, mode and time:
// in this order, since each takes away or changes something of a later one.
func (x *extractor) attributes(f *os.File, e *Entry) error {
	mode := e.Mode
	if x.owners {
		var uid, gid int
		uid, gid, mode = x.ids.of(e)
		if err := f.Chown(uid, gid); err != nil {
			return err
		}
	} else {
		mode &^= fs.ModeSetuid | fs.ModeSetgid
	}
	if err := f.Chmod(mode &^ fs.ModeType); err != nil {
		return err
	}
	lost := func(attr string, err error) {
		x.odd.add(e.Path, "does not get its extended attribute %s: %v", attr, err)
	}
	if err := setXattrs(f, e.Xattrs, lost); err != nil {
		return err
	}
	t := unix.NsecToTimeval(e.ModTime.UnixNano()) // fileTime has seen to its range
	if err := unix.Futimes(int(f.Fd()), []unix.Timeval{t, t}); err != nil {
		return &fs.PathError{Op: "set the time of", Path: f.Name(), Err: err}
	}
	return nil
}

func (x *extractor) setDir(e *Entry, p string) error {
	f, err := x.root.Open(p)
	if err != nil {
		return err
	}
	return errors.Join(x.attributes(f, e), f.Close())
}
