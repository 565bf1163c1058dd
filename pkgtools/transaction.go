// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A transaction changes the files of a root directory as a whole or not at all.
//
// First everything new is put aside, on the file system where it will be
// needed, and the list of actions is written down and put onto the disk. Then
// the actions are done; each renames something, and what it replaces is put
// aside too. If one fails, or if the process ends and another one finds the
// list, all are undone. When they are done a mark is set, and from then on the
// transaction can only be finished: records are written, scripts run, what was
// put aside is removed. Each of these steps can be repeated.
type transaction struct {
	d      *Database
	root   *rootDirs
	t      *tree
	work   string              // directory of the lists, below the root
	aside  map[mountKey]string // directory for files put aside, by mount
	n      int                 // files put aside so far
	list   actionList
	step   func(what string) error
	script scriptIO
	dry    bool // nothing is to be put aside

	resumed  bool // another process was interrupted in it
	finished int  // steps of list.Finish that it has done
}

// scriptIO is where scripts write, and who is warned.
type scriptIO struct {
	stdout, stderr io.Writer
	warn           func(string)
}

// actionList is what is written down.
type actionList struct {
	Kind    string // install, upgrade, remove
	Package string // the new one, or the one removed
	Source  string // identifies the file of the new one
	Aside   []string
	Actions []*action
	Finish  []finishStep
	News    []newFile
	Report  *Report
}

// what names the change, for people.
func (l *actionList) what() string {
	if l.Kind == "" {
		return "the list of what was to be done was not yet written"
	}
	return l.Kind + " " + l.Package
}

// newFile is a configuration file of the package, with a second name of it among
// what was put aside.
type newFile struct{ Path, Kept string }

// action is one change that can be undone. Paths are places below the root.
type action struct {
	Do   string // put, remove, mkdir, rmdir, attributes
	Path string
	New  string    `json:",omitempty"` // what is put there
	Old  string    `json:",omitempty"` // where what was there is kept
	Had  bool      `json:",omitempty"` // something was there
	Attr *fileAttr `json:",omitempty"`
	Undo *fileAttr `json:",omitempty"`
}

// fileAttr is mode, owner and time of a directory.
type fileAttr struct {
	Mode     fs.FileMode
	UID, GID int
	Time     time.Time
	Xattrs   map[string][]byte `json:",omitempty"` // pax records
}

func (a *fileAttr) same(b *fileAttr) bool {
	return a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID
}

func (a *fileAttr) String() string {
	return fmt.Sprintf("mode %o and owner %d:%d", perm(a.Mode), a.UID, a.GID)
}

// finishStep is what comes after the mark.
type finishStep struct {
	Do   string // write, mkdir, link, delete, attributes, ldconfig, douninst, doinst
	From string `json:",omitempty"` // file in the work directory
	Path string `json:",omitempty"`
	Mode fs.FileMode
	Link string `json:",omitempty"` // for link: where it points
}

const (
	listFile  = "list.json"
	asideFile = "aside.json"
	doneMark  = "done"
	// finishedFile has the number of finishing steps that are done, as far as
	// the last script.
	finishedFile = "finished.json"
	asideName    = ".mkslack-aside-"
	workParent   = "setup/tmp"
	workName     = "mkslack"
	endedName    = "mkslack-ended"
)

func (d *Database) workDir() string { return path.Join(d.adm, workParent, workName) }

// newTransaction starts one; the database must exist, and be locked.
func (d *Database) newTransaction(root *rootDirs, kind, pkg, source string, o scriptIO, step func(string) error) (*transaction, error) {
	x := &transaction{d: d, root: root, t: newTree(root), work: d.workDir(), aside: map[mountKey]string{}, step: step, script: o,
		list: actionList{Kind: kind, Package: pkg, Source: source}}
	if err := root.Mkdir(x.work, 0o700); err != nil {
		return nil, err
	}
	return x, x.step("start")
}

// tried is a transaction of which only the plan is wanted.
func (d *Database) tried(root *rootDirs, step func(string) error) *transaction {
	return &transaction{d: d, root: root, t: newTree(root), work: d.workDir(), step: step, dry: true}
}

// asideFor is a name for a file to be put aside that belongs at place.
func (x *transaction) asideFor(place string) (string, error) {
	if x.dry {
		return "", nil
	}
	on, err := x.t.mount(place)
	if err != nil {
		return "", err
	}
	dir, ok := x.aside[on.mountKey]
	if !ok {
		if dir, err = x.makeAside(on); err != nil {
			return "", err
		}
	}
	x.n++
	return path.Join(dir, strconv.Itoa(x.n)), nil
}

// makeAside makes the directory for what is put aside on a mount. It is written
// down first, under a name that nobody else has, so that nothing but ours is
// ever removed with it.
func (x *transaction) makeAside(on mount) (string, error) {
	dir := path.Join(on.top, asideName+strings.ToLower(rand.Text()))
	if work, err := x.root.mountOf(x.work); err == nil && work == on.mountKey {
		dir = path.Join(x.work, "aside")
	}
	x.list.Aside = append(x.list.Aside, dir)
	if err := x.writeWork(asideFile, x.list.Aside); err != nil {
		return "", err
	}
	if err := x.step("aside"); err != nil {
		return "", err
	}
	if err := x.root.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	x.aside[on.mountKey] = dir
	return dir, nil
}

// writeWork writes v as a file of the work directory that is either whole or
// not there.
func (x *transaction) writeWork(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return replaceFile(x.root, path.Join(x.work, name), b, 0o600)
}

// keep saves content for a finishing step, and gives its name.
func (x *transaction) keep(content []byte) (string, error) {
	x.n++
	name := path.Join(x.work, "kept"+strconv.Itoa(x.n))
	return name, x.root.WriteFile(name, content, 0o600)
}

// replaceFile writes a file and puts it in place of the old one when it is on
// the disk, and its new name too: what is done next, maybe on another file
// system, must not come there before it.
func replaceFile(root *rootDirs, name string, content []byte, mode fs.FileMode) error {
	tmp := path.Join(path.Dir(name), ".mkslack-"+path.Base(name))
	if err := root.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(tmp, name)
	}
	if err != nil {
		return errors.Join(err, ignoreNotExist(root.Remove(tmp)))
	}
	dir, err := root.Open(path.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// ignoreNotExist drops the error that nothing is there, also for want of the
// directory.
func ignoreNotExist(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}

// sync puts all that was written onto the disk: one call for each file system
// in place of one for each file.
func (x *transaction) sync() error {
	if err := x.step("sync"); err != nil {
		return err
	}
	for _, dir := range append([]string{x.work}, x.list.Aside...) {
		f, err := x.root.Open(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		err = unix.Syncfs(int(f.Fd()))
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("writing to the disk: %w", err)
		}
	}
	return nil
}

// ballast is kept while files are put aside and given back before the steps
// that cannot be undone, so that a full disk shows before and not in them.
const ballast = "ballast"

func (x *transaction) reserve(bytesNeeded int) error {
	name := path.Join(x.work, ballast)
	return x.root.WriteFile(name, bytes.Repeat([]byte{1}, bytesNeeded), 0o600)
}

// commit does the actions, or undoes all of them.
func (x *transaction) commit() error {
	x.root.forget() // putting files aside may have taken long
	if err := x.writeWork(listFile, x.list); err != nil {
		x.list.Actions = nil // none was done
		return errors.Join(err, x.undo())
	}
	err, done := x.sync(), 0
	for i := range x.list.Actions {
		if err != nil {
			break
		}
		a := x.list.Actions[i]
		if err = x.step(a.Do); err == nil {
			done = i + 1
			if err = x.do(a); err != nil {
				err = fmt.Errorf("%q: %w", a.Path, reason(err))
			}
		}
	}
	if err == nil {
		err = x.sync()
	}
	if err == nil {
		err = x.step("mark")
	}
	mark := path.Join(x.work, doneMark)
	if err == nil {
		err = replaceFile(x.root, mark, nil, 0o600)
	}
	if err != nil {
		x.list.Actions = x.list.Actions[:done]
		// The mark may be there and not be on the disk.
		return errors.Join(err, ignoreNotExist(x.root.Remove(mark)), x.undo())
	}
	return nil
}

// do does one action. It can be killed anywhere in it.
func (x *transaction) do(a *action) error {
	root := x.root
	switch a.Do {
	case "mkdir":
		if err := root.Mkdir(a.Path, 0o700); err != nil {
			return err
		}
		return x.setAttr(a.Path, a.Attr)
	case "attributes":
		return x.setAttr(a.Path, a.Attr)
	case "put":
		if a.Had {
			err := root.Link(a.Path, a.Old)
			if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EMLINK) || errors.Is(err, unix.ENOTSUP) {
				err = root.Rename(a.Path, a.Old) // no hard links here, as on vfat
			}
			if err != nil {
				return err
			}
			if err := x.step("put over"); err != nil {
				return err
			}
		}
		return root.Rename(a.New, a.Path)
	case "remove":
		return ignoreNotExist(root.Rename(a.Path, a.Old))
	case "rmdir":
		err := root.Remove(a.Path)
		if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EBUSY) {
			x.script.warn(fmt.Sprintf("directory %q is kept: %v", a.Path, reason(err))) // since the plan was made
			return nil
		}
		return ignoreNotExist(err)
	}
	return fmt.Errorf("unknown action %q", a.Do)
}

func (x *transaction) setAttr(p string, attr *fileAttr) error {
	f, err := x.root.openNoFollow(p)
	if err != nil {
		return err
	}
	defer f.Close()
	if os.Geteuid() == 0 {
		if err := f.Chown(attr.UID, attr.GID); err != nil {
			return err
		}
	}
	if err := f.Chmod(attr.Mode); err != nil {
		return err
	}
	lost := func(name string, err error) {
		x.script.warn(fmt.Sprintf("%q does not get its extended attribute %s: %v", p, name, err))
	}
	for record, value := range attr.Xattrs {
		if err := setXattrs(f, map[string]string{record: string(value)}, lost); err != nil {
			return err
		}
	}
	t := unix.NsecToTimeval(attr.Time.UnixNano())
	return unix.Futimes(int(f.Fd()), []unix.Timeval{t, t})
}

// undo takes back what was done, whatever that is, and ends the transaction.
func (x *transaction) undo() error {
	var errs []error
	for _, a := range slices.Backward(x.list.Actions) {
		if err := x.step("undo"); err != nil {
			return err
		}
		if err := x.undoAction(a); err != nil {
			errs = append(errs, fmt.Errorf("taking back %q: %w", a.Path, reason(err)))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...) // what was put aside is still needed
	}
	// Renaming in a directory has changed its time.
	for _, a := range x.list.Actions {
		if a.Do == "attributes" {
			if err := x.setAttr(a.Path, a.Undo); err != nil {
				errs = append(errs, fmt.Errorf("taking back %q: %w", a.Path, reason(err)))
			}
		}
	}
	return errors.Join(append(errs, x.end())...)
}

// undoAction takes back one action, which may not have been done, or not wholly.
func (x *transaction) undoAction(a *action) error {
	root := x.root
	switch a.Do {
	case "mkdir":
		// What it is to replace may still be there.
		info, err := root.Lstat(a.Path)
		if err != nil || !info.IsDir() {
			return ignoreNotExist(err)
		}
		err = root.Remove(a.Path)
		if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EBUSY) {
			return nil // somebody else has put something into it
		}
		return err
	case "attributes":
		return x.setAttr(a.Path, a.Undo)
	case "put":
		if a.Had {
			return ignoreNotExist(root.Rename(a.Old, a.Path))
		}
		if _, err := root.Lstat(a.New); errors.Is(err, fs.ErrNotExist) {
			return ignoreNotExist(root.Remove(a.Path))
		}
		return nil
	case "remove":
		return ignoreNotExist(root.Rename(a.Old, a.Path))
	case "rmdir":
		// Killed between the two, it has its mode still to get.
		if err := root.Mkdir(a.Path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		return x.setAttr(a.Path, a.Undo)
	}
	return fmt.Errorf("unknown action %q", a.Do)
}

// end removes what was put aside, and then the work directory under another
// name, so that nobody takes what is left of it for a transaction.
func (x *transaction) end() error {
	if err := x.step("end"); err != nil {
		return err
	}
	for _, dir := range x.list.Aside {
		if err := x.removeAside(dir); err != nil {
			return err
		}
	}
	ended := path.Join(path.Dir(x.work), endedName)
	if err := x.root.RemoveAll(ended); err != nil {
		return err
	}
	if err := x.step("ended"); err != nil {
		return err
	}
	if err := ignoreNotExist(x.root.Rename(x.work, ended)); err != nil {
		return err
	}
	return x.root.RemoveAll(ended)
}

// removeAside removes a directory of files that were put aside. What takes time
// is to give their blocks back, the more so where the disk is told of it
// (mount -o discard): several are on their way at once.
func (x *transaction) removeAside(dir string) error {
	// On a read-only file system even what is not there cannot be removed.
	if _, err := x.root.Lstat(dir); err != nil {
		return ignoreNotExist(err)
	}
	if f, err := x.root.openNoFollow(dir); err == nil {
		defer f.Close()
		names, _ := f.Readdirnames(-1) // what fails is left to RemoveAll
		var wg sync.WaitGroup
		for some := range slices.Chunk(names, max(256, len(names)/32+1)) {
			wg.Go(func() {
				for _, name := range some {
					unix.Unlinkat(int(f.Fd()), name, 0)
				}
			})
		}
		wg.Wait()
	}
	return x.root.RemoveAll(dir)
}

// Interrupted reports whether a change was interrupted, which the next one
// finishes or takes back.
func (d *Database) Interrupted() bool {
	_, err := d.root.Lstat(d.workDir())
	return err == nil
}

// pending opens a transaction that was interrupted, or gives nil.
func (d *Database) pending(root *rootDirs, o scriptIO, step func(string) error) (x *transaction, marked bool, err error) {
	if err := root.RemoveAll(path.Join(path.Dir(d.workDir()), endedName)); err != nil {
		return nil, false, err
	}
	if _, err := root.Lstat(d.workDir()); err != nil {
		return nil, false, ignoreNotExist(err)
	}
	x = &transaction{d: d, root: root, t: newTree(root), work: d.workDir(), step: step, script: o, resumed: true}
	for name, v := range map[string]any{asideFile: &x.list.Aside, listFile: &x.list, finishedFile: &x.finished} {
		b, err := root.ReadFile(path.Join(x.work, name))
		if err == nil {
			err = json.Unmarshal(b, v)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, false, fmt.Errorf("the list of an interrupted change, %q: %w", filepath.Join(d.dir, x.work, name), err)
		}
	}
	_, err = root.Lstat(path.Join(x.work, doneMark))
	return x, err == nil, ignoreNotExist(err)
}
