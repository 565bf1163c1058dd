// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Entry is one file of a package, to be written or as it was read.
type Entry struct {
	// Path is relative to the package's root, without "./" in front or "/" at
	// the end; the root itself is ".".
	Path string
	// Mode is the type (directory, symbolic link, named pipe, device, regular
	// file) with the permissions and the setuid, setgid and sticky bits.
	Mode fs.FileMode
	// UID and GID count where User and Group are empty or unknown.
	UID, GID    int
	User, Group string
	ModTime     time.Time // whole seconds
	Size        int64     // of a regular file
	Sparse      bool      // the archive has no blocks of zeros of it; a Writer ignores this
	Link        string    // where a symbolic link points
	// HardLink is the path of an earlier regular file that this is another
	// name of. Size and Open do not count then.
	HardLink     string
	Major, Minor int64 // of a device
	// Xattrs are pax records: SCHILY.xattr.NAME, SCHILY.acl.access and
	// SCHILY.acl.default. A package that holds any is in pax format.
	Xattrs map[string]string
	// Open gives the content of a regular file: just Size bytes. It is nil
	// where the entry comes from a Reader, and for empty files may be so.
	Open func() (io.ReadCloser, error) `json:"-"`
}

// Bytes is an Open function for content that is in memory.
func Bytes(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// file reports whether e has content of its own.
func (e *Entry) file() bool { return e.Mode.IsRegular() && e.HardLink == "" }

// symlink reports whether e is a symbolic link.
func (e *Entry) symlink() bool { return e.Mode&fs.ModeSymlink != 0 }

// device reports whether e is a block or character device.
func (e *Entry) device() bool { return e.Mode&fs.ModeDevice != 0 }

// Kind names the type of e, as in "symbolic link".
func (e *Entry) Kind() string {
	switch {
	case e.HardLink != "":
		return "hard link"
	case e.Mode.IsRegular():
		return "file"
	case e.Mode.IsDir():
		return "directory"
	case e.symlink():
		return "symbolic link"
	case e.Mode&fs.ModeCharDevice != 0:
		return "character device"
	case e.Mode&fs.ModeDevice != 0:
		return "block device"
	case e.Mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case e.Mode&fs.ModeSocket != 0:
		return "socket"
	}
	return "file of unknown type"
}

// member is the name of e in an archive made by makepkg.
func (e *Entry) member() string {
	switch {
	case e.Path == ".":
		return "./"
	case e.Mode.IsDir():
		return e.Path + "/"
	}
	return e.Path
}

// checkPath refuses paths that could mean a place outside the package's root,
// or that are not written in the one way that this package expects.
func checkPath(p string) error {
	switch {
	case p == "":
		return fmt.Errorf("a path is empty")
	case strings.IndexByte(p, 0) >= 0:
		return fmt.Errorf("path %q holds a NUL", p)
	case strings.HasPrefix(p, "/"):
		return fmt.Errorf("path %q is absolute", p)
	case path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../"):
		return fmt.Errorf("path %q leaves the package, or is not in its shortest form", p)
	}
	return nil
}

// perm is the permission bits of mode as tar and chmod count them.
func perm(mode fs.FileMode) int64 {
	bits := int64(mode.Perm())
	if mode&fs.ModeSetuid != 0 {
		bits |= 0o4000
	}
	if mode&fs.ModeSetgid != 0 {
		bits |= 0o2000
	}
	if mode&fs.ModeSticky != 0 {
		bits |= 0o1000
	}
	return bits
}

// fileMode is the opposite of perm.
func fileMode(bits int64) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	if bits&0o4000 != 0 {
		mode |= fs.ModeSetuid
	}
	if bits&0o2000 != 0 {
		mode |= fs.ModeSetgid
	}
	if bits&0o1000 != 0 {
		mode |= fs.ModeSticky
	}
	return mode
}
