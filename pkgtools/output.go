// SPDX-License-Identifier: MIT

package pkgtools

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// output is a file that gets its name when it is whole and on the disk.
type output struct {
	*os.File
	name string
	tmp  string // what it is called until then; empty while it has no name
}

// createOutput creates the file that is to be called name. Where the file
// system can do that it has no name at first, so that nothing is left of it
// when the process is killed.
func createOutput(name string) (*output, error) {
	o := &output{name: name}
	dir := filepath.Dir(name)
	var err error
	if _, err = os.Stat("/proc/self/fd"); err == nil { // finish needs it
		o.File, err = os.OpenFile(dir, os.O_WRONLY|unix.O_TMPFILE, 0o600)
	}
	if err != nil {
		if o.File, err = os.CreateTemp(dir, "."+filepath.Base(name)+".*.tmp"); err == nil {
			o.tmp = o.File.Name()
		}
	}
	if cause := (*fs.PathError)(nil); errors.As(err, &cause) {
		return nil, &fs.PathError{Op: "create", Path: name, Err: cause.Err}
	}
	return o, err
}

// finish puts the file onto the disk and gives it its name.
func (o *output) finish() error {
	if err := o.Chmod(0o666 &^ umask()); err != nil {
		return err
	}
	if err := o.Sync(); err != nil {
		return err
	}
	if o.tmp == "" {
		// A link cannot replace a file; renaming can.
		tmp := filepath.Join(filepath.Dir(o.name), "."+filepath.Base(o.name)+"."+rand.Text()+".tmp")
		fd := fmt.Sprintf("/proc/self/fd/%d", o.Fd())
		if err := unix.Linkat(unix.AT_FDCWD, fd, unix.AT_FDCWD, tmp, unix.AT_SYMLINK_FOLLOW); err != nil {
			return &os.LinkError{Op: "link", Old: fd, New: tmp, Err: err}
		}
		o.tmp = tmp
	}
	if err := os.Rename(o.tmp, o.name); err != nil {
		return err
	}
	o.tmp = ""
	return errors.Join(o.Close(), syncDir(filepath.Dir(o.name)))
}

// abandon removes a file that was not finished; it can always be deferred.
func (o *output) abandon() {
	o.Close() // after finish it is closed already, before it nobody reads the file
	if o.tmp != "" {
		os.Remove(o.tmp)
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
