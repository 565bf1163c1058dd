// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// WalkOptions say what Walk takes along.
type WalkOptions struct {
	ACLs   bool // POSIX access control lists
	Xattrs bool // extended attributes, file capabilities among them
	// RootOwned makes root the owner of everything, whoever has built the tree.
	RootOwned bool
	// Warn, where set, is told what is left out of the list.
	Warn func(string)
}

// Walk lists what is in the directory tree dir, the root first and then in the
// order in which a package holds it. Content is read when the entries are
// written, and must not change until then. Walk changes nothing in the tree.
//
// Sockets are left out, as makepkg does. A file that cannot be read is an
// error now rather than later.
func Walk(ctx context.Context, dir string, opt WalkOptions) ([]Entry, error) {
	w := walker{ctx: ctx, dir: dir, opt: opt, users: map[uint32]string{}, groups: map[uint32]string{}, seen: map[inode]string{}}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%q is not a directory", dir)
	}
	if err := filepath.WalkDir(dir, w.visit); err != nil {
		return nil, err
	}
	sortEntries(w.entries)
	// Only now is it known which name of a hard linked file comes first.
	for i := range w.entries {
		e := &w.entries[i]
		id, ok := w.linked[e.Path]
		if !ok {
			continue
		}
		if first, ok := w.seen[id]; ok {
			e.HardLink, e.Open, e.Size = first, nil, 0
		} else {
			w.seen[id] = e.Path
		}
	}
	return w.entries, nil
}

type inode struct{ dev, ino uint64 }

type walker struct {
	ctx           context.Context
	dir           string
	opt           WalkOptions
	entries       []Entry
	users, groups map[uint32]string
	linked        map[string]inode // files with more than one name
	seen          map[inode]string
}

func (w *walker) warn(path, format string, args ...any) {
	if w.opt.Warn != nil {
		w.opt.Warn(strconv.Quote(path) + ": " + fmt.Sprintf(format, args...))
	}
}

func (w *walker) visit(name string, d fs.DirEntry, err error) error {
	if err == nil {
		err = context.Cause(w.ctx)
	}
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(w.dir, name)
	if err != nil {
		return err
	}
	info, err := d.Info()
	if rel == "." {
		info, err = os.Stat(name) // dir itself may be a link to a directory
	}
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%q: the file system gives no owner", name)
	}
	e := Entry{
		Path: rel, Mode: info.Mode(),
		UID: int(st.Uid), GID: int(st.Gid),
		User: w.user(st.Uid), Group: w.group(st.Gid),
		ModTime: time.Unix(info.ModTime().Unix(), 0),
	}
	if w.opt.RootOwned {
		e.UID, e.GID, e.User, e.Group = 0, 0, "root", "root"
	}
	switch {
	case e.Mode.IsRegular():
		e.Size = info.Size()
		if st.Nlink > 1 {
			if w.linked == nil {
				w.linked = map[string]inode{}
			}
			w.linked[rel] = inode{uint64(st.Dev), uint64(st.Ino)}
		}
		if err := unix.Access(name, unix.R_OK); err != nil {
			return &fs.PathError{Op: "read", Path: name, Err: err}
		}
		e.Open = func() (io.ReadCloser, error) {
			return os.OpenFile(name, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
		}
	case e.symlink():
		if e.Link, err = os.Readlink(name); err != nil {
			return err
		}
	case e.device():
		e.Major, e.Minor = int64(unix.Major(uint64(st.Rdev))), int64(unix.Minor(uint64(st.Rdev)))
	case e.Mode&fs.ModeSocket != 0:
		w.warn(rel, "is a socket, and is left out")
		return nil
	}
	if err := w.xattrs(name, &e); err != nil {
		return err
	}
	w.entries = append(w.entries, e)
	return nil
}

// The kernel's names of access control lists, and the pax records for them
// that GNU tar writes.
var aclRecords = map[string]string{
	"system.posix_acl_access":  aclAccess,
	"system.posix_acl_default": aclDefault,
}

// xattrs reads the extended attributes of the file, as far as they are wanted,
// and warns of those that get lost.
func (w *walker) xattrs(name string, e *Entry) error {
	if e.symlink() || !e.Mode.IsRegular() && !e.Mode.IsDir() {
		return nil
	}
	names, err := listXattrs(name)
	if err != nil {
		return &fs.PathError{Op: "list the extended attributes of", Path: name, Err: err}
	}
	for _, attr := range names {
		record, isACL := aclRecords[attr]
		switch {
		case isACL && w.opt.ACLs:
			text, err := readACL(name, attr)
			if err != nil {
				return err
			}
			e.setXattr(record, text)
		case isACL:
			w.warn(e.Path, "has an access control list, which is left out (--acls keeps it)")
		case strings.HasPrefix(attr, "user.") || attr == "security.capability":
			if !w.opt.Xattrs {
				w.warn(e.Path, "has the extended attribute %s, which is left out (--xattrs keeps it)", attr)
				continue
			}
			value, err := getXattr(name, attr)
			if err != nil {
				return &fs.PathError{Op: "read the extended attribute " + attr + " of", Path: name, Err: err}
			}
			e.setXattr(paxXattr+attr, string(value))
		}
	}
	return nil
}

func (e *Entry) setXattr(record, value string) {
	if e.Xattrs == nil {
		e.Xattrs = map[string]string{}
	}
	e.Xattrs[record] = value
}

// user is the name of the account, or empty where it has none.
func (w *walker) user(id uint32) string {
	name, ok := w.users[id]
	if !ok {
		if u, err := user.LookupId(strconv.FormatUint(uint64(id), 10)); err == nil {
			name = u.Username
		}
		w.users[id] = name
	}
	return name
}

func (w *walker) group(id uint32) string {
	name, ok := w.groups[id]
	if !ok {
		if g, err := user.LookupGroupId(strconv.FormatUint(uint64(id), 10)); err == nil {
			name = g.Name
		}
		w.groups[id] = name
	}
	return name
}
