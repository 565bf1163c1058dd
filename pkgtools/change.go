// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ChangeOptions say how packages are installed, upgraded and removed.
type ChangeOptions struct {
	ReadOptions
	DryRun     bool // only report what would be done
	MD5        bool // record the sum of the package file
	InstallNew bool // upgrade: install a package of which no version is there
	Reinstall  bool // upgrade: also to the version that is there
	// Stdout and Stderr are for what scripts write; nil is nowhere.
	Stdout, Stderr io.Writer
	// Warn, where set, is told at once what is in the report's Warnings too.
	Warn func(string)
}

// Report is what was done, or would be. Files are paths below the root.
type Report struct {
	Action   string   `json:"action"`  // install, upgrade, remove, none
	Package  string   `json:"package"` // the one that was installed, or removed
	Replaced []string `json:"replaced,omitempty"`
	Written  []string `json:"written,omitempty"` // files, also those that were there
	Links    []string `json:"links,omitempty"`   // made by doinst.sh
	Removed  []string `json:"removed,omitempty"`
	Kept     []string `json:"kept,omitempty"` // other packages have them too
	Warnings []string `json:"warnings,omitempty"`
	DryRun   bool     `json:"dry_run,omitempty"`
	// Finished is what an earlier, interrupted change was, which is finished
	// now; Undone is set where it was taken back instead.
	Finished string `json:"finished,omitempty"`
	Undone   bool   `json:"undone,omitempty"`
}

// ErrNotInstalled is why there is nothing to upgrade or remove.
var ErrNotInstalled = errors.New("is not installed")

// ErrLinks says that all was done but some symbolic links of a doinst.sh, which
// are in the report's warnings.
var ErrLinks = errors.New("some symbolic links could not be made")

// Install installs the package file name, like installpkg. Files that are
// there are replaced; another version of the package stays.
func (d *Database) Install(ctx context.Context, name string, opt ChangeOptions) (*Report, error) {
	return d.change(ctx, "install", name, nil, opt)
}

// Upgrade installs the package file name in place of all installed versions of
// it, and of the packages old, like upgradepkg.
func (d *Database) Upgrade(ctx context.Context, name string, old []string, opt ChangeOptions) (*Report, error) {
	return d.change(ctx, "upgrade", name, old, opt)
}

// Remove removes the installed package name: its full name, or its base name
// for the version installed last. Like removepkg, it keeps files that other
// packages have too, and directories that are not empty.
func (d *Database) Remove(ctx context.Context, name string, opt ChangeOptions) (*Report, error) {
	return d.change(ctx, "remove", "", []string{name}, opt)
}

// changer plans and makes one change.
type changer struct {
	d      *Database
	root   *rootDirs // while there is the lock
	opt    ChangeOptions
	report *Report
	x      *transaction
	step   func(string) error // what tests use to interrupt
	now    time.Time

	pkg     *Package
	record  *Record
	olds    []*Record
	others  *owned          // what other packages have
	before  *tree           // the files as they are before the change
	mine    map[string]bool // places of what the new package has
	removed map[string]bool // places of what goes
	late    []int           // entries that need a directory to go first
	mkdirs  map[string]int  // actions that make directories, by their places
}

// testStep interrupts changes in tests.
var testStep func(what string) error

func (d *Database) change(ctx context.Context, kind, name string, olds []string, opt ChangeOptions) (*Report, error) {
	c := &changer{d: d, opt: opt, now: time.Now(), mine: map[string]bool{}, removed: map[string]bool{}, mkdirs: map[string]int{},
		report: &Report{Action: kind, DryRun: opt.DryRun}}
	c.step = func(what string) error {
		if testStep != nil {
			return testStep(what)
		}
		return nil
	}
	source := ""
	if name != "" {
		full, ext := TrimExt(name)
		if ext == "" || full == "" {
			return nil, &PackageError{name, errors.New("the name of a package ends in .txz, .tgz, .tbz or .tlz")}
		}
		if err := checkRecordName(full); err != nil {
			return nil, &PackageError{name, err}
		}
		c.report.Package = full
		info, err := os.Stat(name)
		if err != nil {
			return nil, &PackageError{name, err}
		}
		source = fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
	}
	if !opt.DryRun {
		if err := d.init(); err != nil {
			return nil, fmt.Errorf("the package database in %q: %w", d.dir, err)
		}
	}
	unlock, err := d.lock(ctx, opt.DryRun)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c.root = newRootDirs(d.root)
	defer c.root.forget()
	c.before = newTree(c.root)
	if !opt.DryRun {
		same, err := c.recover(ctx, kind, name, olds, source)
		if err != nil || same {
			return c.report, err
		}
	}
	if err := c.find(kind, name, olds); err != nil || c.report.Action == "none" {
		return c.report, err
	}
	return c.report, c.make(ctx, kind, name, source)
}

// checkRecordName refuses names that the database cannot hold.
func checkRecordName(full string) error {
	if strings.ContainsAny(full, " \t\n\r%*?[\\/") || full[0] == '-' || full[0] == '.' || BaseName(full) == "" || len(full) > 200 {
		return fmt.Errorf("%q is no name for a package: blanks, %%, *, ?, [ and \\ are trouble to removepkg", full)
	}
	return nil
}

func (c *changer) warn(text string) {
	c.report.Warnings = append(c.report.Warnings, text)
	if c.opt.Warn != nil {
		c.opt.Warn(text)
	}
}

// init makes the directories of a database, and the links in /var/log to where
// they were before Slackware 15.0.
func (d *Database) init() error {
	dirs := []string{"packages", "scripts", "setup"}
	if !d.legacy {
		dirs = append(dirs, "douninst.sh")
	}
	for _, dir := range dirs {
		if err := d.root.MkdirAll(path.Join(d.adm, dir), 0o755); err != nil {
			return err
		}
	}
	if err := d.root.Mkdir(path.Join(d.adm, workParent), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, dir := range []string{"removed_packages", "removed_scripts"} {
		if err := d.root.MkdirAll(path.Join(d.removed, dir), 0o755); err != nil {
			return err
		}
	}
	if d.legacy {
		return nil
	}
	for _, name := range []string{"packages", "scripts", "setup"} {
		if _, err := d.root.Lstat(path.Join(d.log, name)); errors.Is(err, fs.ErrNotExist) {
			if err := d.root.Symlink("../lib/pkgtools/"+name, path.Join(d.log, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// lock keeps other processes of ours from changing the same root: it waits for
// them.
func (d *Database) lock(ctx context.Context, dry bool) (unlock func(), err error) {
	f, err := d.root.Open(path.Join(d.adm, "packages"))
	if err != nil {
		if dry && errors.Is(err, fs.ErrNotExist) {
			return func() {}, nil
		}
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("locking the package database: %w", err), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("another process is changing the packages in %q: %w", d.dir, context.Cause(ctx)), f.Close())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// recover finishes or undoes a change that was interrupted. It reports whether
// that was just the one that is asked for, and is finished now.
func (c *changer) recover(ctx context.Context, kind, name string, olds []string, source string) (same bool, err error) {
	x, marked, err := c.d.pending(c.root, c.scriptIO(), c.step)
	if err != nil || x == nil {
		return false, err
	}
	if !marked {
		c.report.Undone = x.list.Kind != ""
		return false, x.undo()
	}
	failed, err := x.finish(ctx)
	if err != nil {
		return false, err
	}
	c.report.Finished = x.list.Kind + " " + x.list.Package
	if x.list.Kind != kind {
		return false, nil
	}
	if kind == "remove" {
		full, _ := TrimExt(olds[0])
		same = x.list.Package == full || BaseName(x.list.Package) == full
		c.report.Package = x.list.Package
	} else {
		full, _ := TrimExt(name)
		same = x.list.Package == full && x.list.Source == source
	}
	if same && len(failed) > 0 {
		err = ErrLinks
	}
	return same, err
}

func (c *changer) scriptIO() scriptIO {
	return scriptIO{stdout: c.opt.Stdout, stderr: c.opt.Stderr, warn: c.warn}
}

// find settles which installed packages are replaced.
func (c *changer) find(kind, name string, olds []string) error {
	var found []string
	switch kind {
	case "remove":
		names, err := c.d.Find(olds[0])
		if err != nil {
			return err
		}
		if len(names) == 0 {
			return fmt.Errorf("package %q %w", olds[0], ErrNotInstalled)
		}
		found = names[:1]
		c.report.Package = found[0]
	case "upgrade":
		names, err := c.d.Names()
		if err != nil {
			return err
		}
		bases := []string{BaseName(c.report.Package)}
		for _, old := range olds {
			full, _ := TrimExt(old)
			bases = append(bases, BaseName(full))
		}
		for _, n := range names {
			if slices.Contains(bases, recordBase(n)) {
				found = append(found, n)
			}
		}
		switch {
		case len(found) == 0 && !c.opt.InstallNew:
			return fmt.Errorf("package %q: %s %w (--install-new installs it)", name, bases[len(bases)-1], ErrNotInstalled)
		case len(found) == 0:
			c.report.Action = "install"
		case slices.Equal(found, []string{c.report.Package}) && !c.opt.Reinstall:
			c.report.Action = "none"
			return nil
		}
		c.report.Replaced = found
	}
	for _, n := range found {
		r, err := c.d.Read(n)
		if err != nil {
			return err
		}
		c.olds = append(c.olds, r)
	}
	return nil
}

// make makes the change, or a report of it.
func (c *changer) make(ctx context.Context, kind, name, source string) error {
	var err error
	if c.others, err = c.d.owned(func(full string) bool {
		return full == c.report.Package && name != "" || slices.ContainsFunc(c.olds, func(r *Record) bool { return r.Full == full })
	}); err != nil {
		return err
	}
	if c.opt.DryRun {
		return c.dryRun(ctx, name)
	}
	if c.x, err = c.d.newTransaction(c.root, kind, c.report.Package, source, c.scriptIO(), c.step); err == nil {
		err = c.plan(ctx, name)
	}
	if err != nil {
		if c.x != nil {
			c.x.list.Actions = nil // none was done
			err = errors.Join(err, c.x.undo())
		}
		return err
	}
	if err := c.x.commit(); err != nil {
		return err
	}
	failed, err := c.x.finish(ctx)
	if err == nil && len(failed) > 0 {
		err = ErrLinks
	}
	return err
}

// plan puts everything aside that the change needs, and lists its actions.
func (c *changer) plan(ctx context.Context, name string) error {
	if name != "" {
		if err := c.stage(ctx, name); err != nil {
			return err
		}
	}
	if err := c.planRemovals(); err != nil {
		return err
	}
	if err := c.planLate(); err != nil {
		return err
	}
	if err := c.planFinish(name != ""); err != nil {
		return err
	}
	links := 0
	if c.pkg != nil {
		links = len(scriptLinks(c.pkg.Doinst))
	}
	// Each link may take a block, and each record a few.
	if err := c.x.reserve(256<<10 + 4096*min(links, 1<<14) + 3*c.recordsSize()); err != nil {
		return err
	}
	return c.step("planned")
}

func (c *changer) recordsSize() int {
	n := 0
	if c.record != nil {
		n += len(c.record.format()) + len(c.pkg.Doinst)
	}
	for _, r := range c.olds {
		n += len(r.Script)
		for _, f := range r.Files {
			n += len(f) + 1
		}
	}
	return n
}

// newRecord is the record of the package that is installed.
func (c *changer) newRecord(name string) (*Record, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	r := &Record{
		Full:             c.pkg.Full,
		CompressedSize:   humanSize(statOf(info).blocks * 512),
		UncompressedSize: humanSize(c.pkg.Size),
		Location:         name,
		Description:      c.pkg.Description(),
		Files:            recordList(c.pkg.Entries),
	}
	if c.pkg.Douninst != nil {
		r.Files = append(r.Files, "var/lib/pkgtools/douninst.sh/"+c.pkg.Full)
	}
	if c.opt.MD5 {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		sum := md5.New()
		if _, err := io.Copy(sum, f); err != nil {
			return nil, err
		}
		r.MD5 = fmt.Sprintf("%x", sum.Sum(nil))
	}
	return r, nil
}

func (c *changer) douninstPath(full string) string { return path.Join(c.d.adm, "douninst.sh", full) }

// planFinish lists what comes after the files.
func (c *changer) planFinish(install bool) error {
	x := c.x
	write := func(p string, content []byte, mode fs.FileMode) error {
		from, err := x.keep(content)
		x.list.Finish = append(x.list.Finish, finishStep{Do: "write", From: from, Path: p, Mode: mode})
		return err
	}
	script := func(do string, content []byte) error {
		from, err := x.keep(content)
		x.list.Finish = append(x.list.Finish, finishStep{Do: do, From: from})
		return err
	}
	stamp := ""
	if install {
		stamp = "-upgraded-" + c.now.Format("2006-01-02,15:04:05")
	}
	var uninstall [][]byte
	for _, r := range c.olds {
		text, err := c.d.readFile("packages/" + r.Full)
		if err != nil {
			return err
		}
		to := r.Full
		if !strings.Contains(to, "-upgraded-") {
			to += stamp
		}
		if err := write(path.Join(c.d.removed, "removed_packages", to), text, 0o644); err != nil {
			return err
		}
		if r.Script != nil {
			if err := write(path.Join(c.d.removed, "removed_scripts", to), r.Script, 0o755); err != nil {
				return err
			}
		}
		if un, err := c.d.readFile("douninst.sh/" + r.Full); err == nil {
			uninstall = append(uninstall, un)
			if err := write(path.Join(c.d.removed, "removed_uninstall_scripts", to), un, 0o755); err != nil {
				return err
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if !install || r.Full != c.pkg.Full {
			x.list.Finish = append(x.list.Finish,
				finishStep{Do: "delete", Path: path.Join(c.d.adm, "packages", r.Full)},
				finishStep{Do: "delete", Path: path.Join(c.d.adm, "scripts", r.Full)})
		}
	}
	if !c.d.legacy && len(c.olds) > 0 {
		for _, l := range []string{"removed_packages", "removed_scripts", "removed_uninstall_scripts"} {
			x.list.Finish = append(x.list.Finish, finishStep{Do: "mkdir", Path: path.Join(c.d.removed, l)}, finishStep{Do: "link", Path: path.Join(c.d.log, l), Link: "pkgtools/" + l})
		}
	}
	if install {
		if err := write(path.Join(c.d.adm, "packages", c.pkg.Full), c.record.format(), 0o644); err != nil {
			return err
		}
		if c.pkg.Douninst != nil {
			if err := write(c.douninstPath(c.pkg.Full), c.pkg.Douninst, 0o755); err != nil {
				return err
			}
		}
	}
	x.list.Finish = append(x.list.Finish, finishStep{Do: "attributes"}, finishStep{Do: "ldconfig"})
	for _, un := range uninstall {
		if err := script("douninst", un); err != nil {
			return err
		}
	}
	if !install {
		return nil
	}
	if c.pkg.Doinst == nil {
		x.list.Finish = append(x.list.Finish, finishStep{Do: "delete", Path: path.Join(c.d.adm, "scripts", c.pkg.Full)})
		return nil
	}
	if err := script("doinst", c.pkg.Doinst); err != nil {
		return err
	}
	return write(path.Join(c.d.adm, "scripts", c.pkg.Full), c.pkg.Doinst, 0o755)
}
