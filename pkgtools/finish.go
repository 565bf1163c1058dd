// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// finish does what comes after the mark. It can be interrupted and repeated: a
// script that was interrupted then runs again, as it does when a package is
// installed again.
func (x *transaction) finish(ctx context.Context) (failedLinks []string, err error) {
	if err := ignoreNotExist(x.root.Remove(path.Join(x.work, ballast))); err != nil {
		return nil, err
	}
	s := &scriptRun{
		dir: x.d.dir, root: x.root, work: filepath.Join(x.d.dir, x.work),
		stdout: x.script.stdout, stderr: x.script.stderr, warn: x.script.warn, step: x.step,
	}
	if s.work, err = filepath.Abs(s.work); err != nil {
		return nil, err
	}
	for i, f := range x.list.Finish {
		if i < x.finished {
			continue
		}
		if err := x.step(f.Do); err != nil {
			return nil, err
		}
		err := x.finishStep(ctx, s, f)
		if err == nil && (f.Do == "doinst" || f.Do == "douninst") {
			err = x.writeWork(finishedFile, i+1)
		}
		if err != nil {
			return nil, fmt.Errorf("the change is made, but not finished; what is missing is done when a package is installed or removed the next time: %w", err)
		}
	}
	return s.failed, x.end()
}

func (x *transaction) finishStep(ctx context.Context, s *scriptRun, f finishStep) error {
	root := x.root
	var content []byte
	if f.From != "" {
		var err error
		if content, err = root.ReadFile(f.From); err != nil {
			return err
		}
	}
	switch f.Do {
	case "write":
		if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
			return err
		}
		return replaceFile(root, f.Path, content, f.Mode)
	case "mkdir":
		return root.MkdirAll(f.Path, 0o755)
	case "delete":
		return ignoreNotExist(root.Remove(f.Path))
	case "link":
		if _, err := root.Lstat(f.Path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return root.Symlink(f.Link, f.Path)
	case "doinst":
		unlock, err := x.lockScript(ctx, strings.Contains(string(content), "NOLOCK"))
		if err != nil {
			return err
		}
		defer unlock()
		root.forget()
		defer root.forget() // the script may change anything
		if x.resumed {
			if err := x.restoreNews(); err != nil {
				return err
			}
		}
		return s.doinst(ctx, content)
	case "douninst":
		root.forget()
		defer root.forget()
		return s.douninst(ctx, content, f.Path)
	case "ldconfig":
		return x.ldconfig(ctx)
	case "attributes":
		// Of directories, once no more files come.
		for i := range x.list.Actions {
			if a := x.list.Actions[i]; a.Attr != nil {
				if err := x.setAttr(a.Path, a.Attr); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
			}
		}
		return nil
	}
	return fmt.Errorf("unknown step %q", f.Do)
}

// restoreNews puts the configuration files back that a doinst.sh which was
// interrupted has moved or removed: it runs again.
func (x *transaction) restoreNews() error {
	for _, n := range x.list.News {
		_, err := x.root.Lstat(n.Path)
		if errors.Is(err, fs.ErrNotExist) {
			err = x.restoreNew(n)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", n.Path, reason(err))
		}
	}
	return nil
}

// restoreNew makes a copy: another name of what doinst.sh has moved would not be
// moved by mv(1) again.
func (x *transaction) restoreNew(n newFile) error {
	copied := n.Kept + ".copy"
	if err := ignoreNotExist(x.root.Remove(copied)); err != nil {
		return err
	}
	if err := x.root.copyFile(n.Kept, copied); err != nil {
		return err
	}
	if err := x.step("restore"); err != nil {
		return err
	}
	return ignoreNotExist(x.root.Rename(copied, n.Path)) // its directory may be gone
}

// onSystem reports whether the root is that of the running system.
func (d *Database) onSystem() bool {
	here, err := d.root.Stat(".")
	if err != nil {
		return false
	}
	root, err := os.Stat("/")
	return err == nil && os.SameFile(here, root)
}

func (x *transaction) ldconfig(ctx context.Context) error {
	if !x.d.onSystem() || unix.Access("/sbin/ldconfig", unix.X_OK) != nil {
		return nil
	}
	if err := exec.CommandContext(ctx, "/sbin/ldconfig").Run(); err != nil {
		x.script.warn(fmt.Sprintf("/sbin/ldconfig: %v", err))
	}
	return nil
}

// lockScript takes the lock of scripts on the running system.
func (x *transaction) lockScript(ctx context.Context, none bool) (unlock func(), err error) {
	if none || !x.d.onSystem() {
		return func() {}, nil
	}
	return scriptLock(ctx, "/run/lock/pkgtools", x.script.warn)
}
