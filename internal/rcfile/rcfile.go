// SPDX-License-Identifier: MIT

// Package rcfile replaces a file of /etc/rc.d: atomically, with the owner,
// mode and extended attributes of the old one, and never half-written.
package rcfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/shconf"
	"golang.org/x/sys/unix"
)

// File is a file that was read and can be replaced.
type File struct {
	Path string // as given
	Real string // the file itself, where Path is a symlink
	Text []byte
	Info fs.FileInfo
}

// ReadError is why a file could not be read; Read returns no other errors.
type ReadError struct{ Err error }

func (e *ReadError) Error() string { return e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// Read reads a regular file of at most [shconf.MaxSize] bytes.
func Read(path string) (*File, error) {
	f, err := read(path)
	if err != nil {
		return nil, &ReadError{err}
	}
	return f, nil
}

func read(path string) (*File, error) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		if target, linkErr := os.Readlink(path); linkErr == nil {
			return nil, fmt.Errorf("%s is a symlink to %s, which leads nowhere: mend or remove it", path, target)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: unix.ENOENT} // not the folder above it
		}
		return nil, err
	}
	f, err := os.OpenFile(real, os.O_RDONLY|unix.O_NONBLOCK, 0) // a FIFO would keep us waiting
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", real)
	case info.Size() > shconf.MaxSize:
		return nil, fmt.Errorf("%s: more than %d MB, which no configuration has", real, shconf.MaxSize>>20)
	}
	text, err := io.ReadAll(io.LimitReader(f, shconf.MaxSize+1))
	if err != nil {
		return nil, err
	}
	return &File{path, real, text, info}, nil
}

// Replace writes the new text to a file beside the old one, gives it the old
// one's owner, mode and extended attributes, syncs it and renames it.
func (t *File) Replace(text []byte) (err error) {
	if err := t.writable(); err != nil {
		return err
	}
	dir := filepath.Dir(t.Real)
	// Private until the owner is right.
	f, err := renameio.NewPendingFile(t.Real, renameio.WithTempDir(dir), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Cleanup()) }() // does nothing after success
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := t.copyMeta(f.File); err != nil {
		return err
	}
	if err := t.unchanged(); err != nil {
		return err
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return syncDir(dir)
}

// writable says in words what rename(2) would answer with EPERM alone.
func (t *File) writable() error {
	f, err := os.Open(t.Real)
	if err != nil {
		return err
	}
	defer f.Close()
	flags, err := unix.IoctlGetUint32(int(f.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil && flags&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0 {
		return fmt.Errorf("it is immutable or append-only (%w): \"chattr -i -a %s\" first", unix.EPERM, t.Real)
	}
	return nil
}

// copyMeta gives f what the old file has besides its text.
func (t *File) copyMeta(f *os.File) error {
	if st, ok := t.Info.Sys().(*syscall.Stat_t); ok {
		if err := f.Chown(int(st.Uid), int(st.Gid)); err != nil {
			return fmt.Errorf("keeping the owner of %s: %w", t.Real, err)
		}
	}
	if err := copyXattrs(t.Real, f); err != nil {
		return fmt.Errorf("keeping the extended attributes of %s: %w", t.Real, err)
	}
	if err := f.Chmod(t.Info.Mode()); err != nil {
		return fmt.Errorf("keeping the mode of %s: %w", t.Real, err)
	}
	return nil
}

func copyXattrs(from string, to *os.File) error {
	size, err := unix.Listxattr(from, nil)
	if errors.Is(err, unix.ENOTSUP) || size == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	list := make([]byte, size)
	if size, err = unix.Listxattr(from, list); err != nil {
		return err
	}
	for name := range bytes.SplitSeq(list[:size], []byte{0}) {
		if len(name) == 0 { // what is behind the last one; overlayfs may count more than it lists
			continue
		}
		size, err := unix.Getxattr(from, string(name), nil)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		value := make([]byte, size)
		if size, err = unix.Getxattr(from, string(name), value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := unix.Fsetxattr(int(to.Fd()), string(name), value[:size], 0); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// unchanged refuses where somebody else wrote the file since it was read.
func (t *File) unchanged() error {
	now, err := os.Stat(t.Real)
	if err != nil {
		return err
	}
	if !os.SameFile(now, t.Info) || now.Size() != t.Info.Size() || !now.ModTime().Equal(t.Info.ModTime()) {
		return fmt.Errorf("%s was changed by somebody else just now; nothing was written", t.Real)
	}
	return nil
}

// syncDir makes a rename last over a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Create writes another file with this one's owner, mode and extended
// attributes; one that exists is left as it is.
func (t *File) Create(path string, text []byte) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return t.Write(path, text)
}

// Write writes another file with this one's owner, mode and extended
// attributes, in place of one that exists.
func (t *File) Write(path string, text []byte) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(0o600))
	if err != nil {
		return err
	}
	defer f.Cleanup() // a net: does nothing after success
	if _, err := f.Write(text); err != nil {
		return err
	}
	if err := t.copyMeta(f.File); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
