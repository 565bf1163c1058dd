// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockName is the file by which processes of ours keep each other from changing
// the same root. It is made in a directory that only root can enter, and cannot
// be opened by anybody else: so nobody else can hold it.
const lockName = "mkslack.lock"

// lock waits until no other process changes the same root. A change that is only
// tried waits only where it can.
func (d *Database) lock(ctx context.Context, dry bool, warn func(string)) (unlock func(), err error) {
	name := path.Join(d.adm, workParent, lockName)
	flags := os.O_RDWR | unix.O_NOFOLLOW
	if !dry {
		flags |= os.O_CREATE
	}
	for {
		f, err := d.root.OpenFile(name, flags, 0o600)
		if err != nil {
			if dry {
				return func() {}, nil // nobody changes anything, or we cannot see it
			}
			return nil, fmt.Errorf("locking the package database in %q: %w", d.dir, err)
		}
		if err := waitForLock(ctx, f, fmt.Sprintf("changing the packages in %q", d.dir), warn); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		// Whoever had the lock has removed the file; another may have made it anew.
		same, err := isStill(d.root, name, f)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if same {
			return func() {
				if !dry {
					d.root.Remove(name) // the next one makes it again
				}
				f.Close()
			}, nil
		}
		f.Close()
	}
}

// isStill reports whether the open file has that name.
func isStill(root *os.Root, name string, f *os.File) (bool, error) {
	open, err := f.Stat()
	if err != nil {
		return false, err
	}
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(open, info), err
}

// waitForLock locks the file. From the first second of waiting on it is said for
// whom.
func waitForLock(ctx context.Context, f *os.File, what string, warn func(string)) error {
	said := time.After(time.Second)
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("locking %q: %w", f.Name(), err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is %s: %w", lockHolder(f), what, context.Cause(ctx))
		case <-said:
			warn(fmt.Sprintf("waiting for %s, which is %s", lockHolder(f), what))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// lockHolder describes the process that has locked the file, from /proc/locks:
// "1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF".
func lockHolder(f *os.File) string {
	const unknown = "another process"
	info, err := f.Stat()
	if err != nil {
		return unknown
	}
	st := statOf(info)
	wanted := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.dev), unix.Minor(st.dev), st.ino)
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return unknown
	}
	defer locks.Close()
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || fields[1] != "FLOCK" || fields[5] != wanted {
			continue
		}
		pid, err := strconv.Atoi(fields[4])
		if err != nil || pid <= 0 {
			return unknown // of another PID namespace
		}
		command, _ := os.ReadFile(filepath.Join("/proc", fields[4], "cmdline"))
		words := strings.Join(strings.Split(strings.TrimRight(string(command), "\x00"), "\x00"), " ")
		if len(words) > 80 {
			words = words[:80] + "..."
		}
		if words == "" {
			return fmt.Sprintf("process %d", pid)
		}
		return fmt.Sprintf("process %d (%s)", pid, printable(words))
	}
	return unknown
}

// scriptLock is the lock under which installpkg runs scripts on the running
// system, in a directory where others may have put anything. The file is never
// followed elsewhere, and no script inherits it. Only root can open it, once it
// was here.
func scriptLock(ctx context.Context, dir string, warn func(string)) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "doinst.sh.lock"), os.O_WRONLY|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = f.Chmod(0o600) // installpkg makes it for all to open
	if err == nil {
		err = waitForLock(ctx, f, "running the script of a package", warn)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}
