// SPDX-License-Identifier: MIT

package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Folder is where the journals are: on a file system that a boot empties.
func Folder() string {
	if st, err := os.Stat("/run"); err == nil && st.IsDir() {
		return "/run/rc.bond"
	}
	return "/var/run/rc.bond"
}

// BootID is the kernel's name of this boot.
func BootID() (string, error) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// The files of the folder: a journal for each bond, one for what is the whole
// machine's, and the lock. A bond cannot be called "system" there, because of
// the prefix.
const (
	lockFile   = "lock"
	bondPrefix = "bond."
	systemFile = "system"
)

// A Dir is the folder of journals. It belongs to one process at a time where
// it was opened with [Open].
type Dir struct {
	path string
	boot string
	lock *os.File
}

// Busy is the error of [Open] where another process has the folder.
type Busy struct {
	Path   string
	Holder string // what it does, and its process; "" where it did not say yet
}

func (e *Busy) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("%s is held by %s", e.Path, holder)
}

// Open makes the folder where it is not there and takes its lock, which the
// kernel gives back whatever becomes of us. who says what we do, for those who
// wait. While another process has it, waiting is called once, and Open tries
// again until ctx ends; then the error is a *[Busy].
//
// The folder must be root's alone: whoever can write there tells us what to
// undo, and whoever can open the lock can hold it.
func Open(ctx context.Context, path, boot, who string, waiting func(*Busy)) (*Dir, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("journals: %w", err)
	}
	d := &Dir{path: path, boot: boot}
	if err := d.check(); err != nil {
		return nil, err
	}
	name := filepath.Join(path, lockFile)
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, &fs.PathError{Op: "opening", Path: name, Err: err}
	}
	d.lock = os.NewFile(uintptr(fd), name)
	if err := errors.Join(ours(d.lock, "lock"), d.take(ctx, waiting)); err != nil {
		d.lock.Close()
		return nil, err
	}
	// Whoever waits can read it; a full disk is no reason to give up.
	_ = d.lock.Truncate(0)
	_, _ = d.lock.WriteAt(fmt.Appendf(nil, "%s, process %d\n", who, os.Getpid()), 0)
	return d, nil
}

func (d *Dir) take(ctx context.Context, waiting func(*Busy)) error {
	told := false
	for {
		err := unix.Flock(int(d.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("flock", err)
		}
		busy := &Busy{Path: d.lock.Name(), Holder: d.holder()}
		if !told && waiting != nil && busy.Holder != "" {
			told = true
			waiting(busy)
		}
		select {
		case <-ctx.Done():
			return busy
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (d *Dir) holder() string {
	text := make([]byte, 256)
	n, _ := d.lock.ReadAt(text, 0)
	line, _, _ := strings.Cut(string(text[:n]), "\n")
	return line
}

// View is the folder for those who only look: without a lock, and without
// making it. What a running start writes meanwhile may be missing.
func View(path, boot string) *Dir { return &Dir{path: path, boot: boot} }

// Close gives the lock back.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	return d.lock.Close()
}

// check refuses a folder that others could write to.
func (d *Dir) check() error {
	fd, err := unix.Open(d.path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "opening", Path: d.path, Err: err}
	}
	f := os.NewFile(uintptr(fd), d.path)
	defer f.Close()
	if err := ours(f, "folder"); err != nil {
		return err
	}
	// Version 1.0.0 left it readable for all.
	return f.Chmod(0o700)
}

// ours refuses a file that is somebody else's, or that others can write to.
func ours(f *os.File, what string) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	sys, ok := unixStat(st)
	if !ok || sys != os.Geteuid() {
		return fmt.Errorf("%s: this %s belongs to user %d, not to user %d: remove it, after a look at who made it", f.Name(), what, sys, os.Geteuid())
	}
	if st.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s: others can write to this %s (mode %04o), so it is not believed: remove it, after a look at who made it",
			f.Name(), what, st.Mode().Perm())
	}
	if what == "journal" && !st.Mode().IsRegular() {
		return fmt.Errorf("%s: not a regular file: remove it", f.Name())
	}
	return nil
}

// Bond opens the journal of a bond.
func (d *Dir) Bond(name string) (*Journal, error) {
	return d.load(filepath.Join(d.path, bondPrefix+name))
}

// System opens the journal of what is the whole machine's: modules, gateways.
func (d *Dir) System() (*Journal, error) { return d.load(filepath.Join(d.path, systemFile)) }

// Names are the bonds that have a journal of this boot, in the order of their
// names. Those whose journal cannot be read are among them.
func (d *Dir) Names() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutPrefix(e.Name(), bondPrefix)
		if !ok {
			continue
		}
		if j, err := d.Bond(name); err != nil || len(j.Entries) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}
