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
	// Written are files, also those that were there, and directories that are
	// made, with a slash at the end; Removed likewise.
	Written []string `json:"written,omitempty"`
	Links   []string `json:"links,omitempty"` // made by doinst.sh
	Removed []string `json:"removed,omitempty"`
	Kept    []string `json:"kept,omitempty"` // other packages have them too
	// Changed are directories that get another mode or owner; KeptDirs those that
	// do not, though the package would have it otherwise.
	Changed  []string `json:"changed,omitempty"`
	KeptDirs []string `json:"kept_directories,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	DryRun   bool     `json:"dry_run,omitempty"`
	// Finished and Undone are what an earlier, interrupted change was, as in
	// "upgrade app-2-noarch-1", that is finished now, or taken back.
	Finished string `json:"finished,omitempty"`
	Undone   string `json:"undone,omitempty"`
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
	start  time.Time

	pkg    *Package
	olds   []*Record
	others *owned // what other packages have
	before *tree  // the files as they are before the change

	// By places below the root, what there will be:
	mine    map[string]*action   // files of the new package
	newDirs map[string]bool      // its directories
	made    map[string]*fileAttr // those of them that are made
	removed map[string]bool      // what goes
	added   map[string]int       // names that come, by the directory
}

func (d *Database) change(ctx context.Context, kind, name string, olds []string, opt ChangeOptions) (*Report, error) {
	c := &changer{
		d: d, opt: opt, start: time.Now(), step: d.step,
		mine: map[string]*action{}, newDirs: map[string]bool{}, made: map[string]*fileAttr{},
		removed: map[string]bool{}, added: map[string]int{},
		report: &Report{Action: kind, DryRun: opt.DryRun},
	}
	if c.step == nil {
		c.step = func(string) error { return nil }
	}
	source := ""
	if name != "" {
		info, err := checkFile(name)
		if err != nil {
			return nil, err
		}
		c.report.Package, _ = TrimExt(name)
		source = fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
	}
	if !opt.DryRun {
		if err := d.init(); err != nil {
			return nil, fmt.Errorf("the package database in %q: %w", d.dir, err)
		}
	}
	unlock, err := d.lock(ctx, opt.DryRun, c.warn)
	if err != nil {
		return nil, err
	}
	defer unlock()
	c.root = newRootDirs(d.root)
	defer c.root.forget()
	c.before = newTree(c.root)
	if same, err := c.recover(ctx, kind, name, olds, source); err != nil || same {
		return c.report, err
	}
	if err := c.find(kind, name, olds); err != nil || c.report.Action == "none" {
		return c.report, err
	}
	return c.report, c.make(ctx, kind, name, source)
}

// checkFile looks at the name of a package file, and whether it is there.
func checkFile(name string) (fs.FileInfo, error) {
	full, ext := TrimExt(name)
	if ext == "" || full == "" {
		return nil, &PackageError{name, errors.New("the name of a package ends in .txz, .tgz, .tbz or .tlz")}
	}
	if err := checkRecordName(full); err != nil {
		return nil, &PackageError{name, err}
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, &PackageError{name, err}
	}
	return info, nil
}

// CheckPackage reads the whole package file name, and tells why it could not be
// installed whatever the system is like: its name, its content, its scripts.
func CheckPackage(ctx context.Context, name string, opt ReadOptions) error {
	if _, err := checkFile(name); err != nil {
		return err
	}
	p, err := Scan(ctx, name, opt, func(e *Entry, _ io.Reader) error { return checkInstallDir(e) })
	if err != nil {
		return err
	}
	return p.checkScripts(ctx)
}

// CheckUpgrade tells whether there is anything that an upgrade with the package
// file name, and of the packages old, would replace.
func (d *Database) CheckUpgrade(name string, old []string) error {
	found, err := d.replaced(name, old)
	if err == nil && len(found) == 0 {
		err = notInstalled(name, old)
	}
	return err
}

// replaced are the installed packages that an upgrade replaces.
func (d *Database) replaced(name string, old []string) ([]string, error) {
	names, err := d.Names()
	if err != nil {
		return nil, err
	}
	var bases, found []string
	for _, n := range append([]string{name}, old...) {
		full, _ := TrimExt(n)
		bases = append(bases, BaseName(full))
	}
	for _, n := range names {
		if slices.Contains(bases, recordBase(n)) {
			found = append(found, n)
		}
	}
	return found, nil
}

func notInstalled(name string, old []string) error {
	full, _ := TrimExt(append([]string{name}, old...)[len(old)])
	return fmt.Errorf("package %q: %s %w (--install-new installs it)", name, BaseName(full), ErrNotInstalled)
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

// recover finishes or undoes a change that was interrupted. It reports whether
// that was just the one that is asked for, and is finished now.
func (c *changer) recover(ctx context.Context, kind, name string, olds []string, source string) (same bool, err error) {
	if c.opt.DryRun {
		if c.d.Interrupted() {
			c.warn("another change is under way, or was interrupted and is finished or taken back first; this is of the files as they are now")
		}
		return false, nil
	}
	x, marked, err := c.d.pending(c.root, c.scriptIO(), c.step)
	if err != nil || x == nil {
		return false, err
	}
	if !marked {
		if err := x.undo(); err != nil {
			return false, fmt.Errorf("an interrupted change (%s) cannot be taken back, which has to come first: %w", x.list.what(), err)
		}
		c.report.Undone = x.list.what()
		return false, nil
	}
	failed, err := x.finish(ctx)
	if err != nil {
		return false, err
	}
	if x.list.Kind == kind {
		if kind == "remove" {
			full, _ := TrimExt(olds[0])
			same = x.list.Package == full || BaseName(x.list.Package) == full
		} else {
			full, _ := TrimExt(name)
			same = x.list.Package == full && x.list.Source == source
		}
	}
	if same && x.list.Report != nil {
		warnings := c.report.Warnings
		*c.report = *x.list.Report
		c.report.Warnings = append(c.report.Warnings, warnings...)
	}
	c.report.Finished = x.list.what()
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
		var err error
		if found, err = c.d.replaced(name, olds); err != nil {
			return err
		}
		switch {
		case len(found) == 0 && !c.opt.InstallNew:
			return notInstalled(name, olds)
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
		// The plan is made by the same code, but nothing is put aside.
		c.x = c.d.tried(c.root, c.step)
		if err := c.planFiles(ctx, name); err != nil || c.pkg == nil {
			return err
		}
		return c.predictLinks()
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

// planFiles lists the actions of the change.
func (c *changer) planFiles(ctx context.Context, name string) error {
	if name == "" {
		return c.planRemovals()
	}
	s, err := c.stage(ctx, name)
	if err != nil {
		return err
	}
	if err := c.planRemovals(); err != nil {
		return err
	}
	return s.planLate()
}

// plan lists the actions of the change, puts everything aside that they need,
// and lists what comes after them.
func (c *changer) plan(ctx context.Context, name string) error {
	if err := c.planFiles(ctx, name); err != nil {
		return err
	}
	var record *Record
	links := 0
	if c.pkg != nil {
		var err error
		if record, err = c.newRecord(name); err != nil {
			return err
		}
		links = len(scriptLinks(c.pkg.Doinst))
	}
	if err := c.planFinish(record); err != nil {
		return err
	}
	c.x.list.Report = c.report
	// Each link may take a block, and each record a few.
	if err := c.x.reserve(256<<10 + 4096*min(links, 1<<14) + 3*c.recordsSize(record)); err != nil {
		return err
	}
	return c.step("planned")
}

func (c *changer) recordsSize(record *Record) int {
	n := 0
	if record != nil {
		n += len(record.format()) + len(c.pkg.Doinst)
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
