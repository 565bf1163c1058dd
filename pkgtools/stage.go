// SPDX-License-Identifier: MIT

package pkgtools

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// stager plans what the files of a package do to the tree, which is not
// touched. Unless the change is only tried, it puts the files aside on the file
// systems where they belong, with everything but their name.
type stager struct {
	*changer
	files   *extractor
	staged  map[string]string // where hard links find the file, by its path
	oldLink map[string]bool   // what may be a link that goes; see oldLinks
	own     map[string]bool   // directories of the package as it was before
	late    []*action         // files that need a directory to go first
	// keeps are directories that stay as they are, though the package would have
	// them otherwise, with what there is to say of them.
	keeps    []string
	keepText map[string]string
}

// stage reads the package, checking all of it.
func (c *changer) stage(ctx context.Context, name string) (*stager, error) {
	ids, err := ownersIn(c.before)
	if err != nil {
		return nil, err
	}
	s := &stager{changer: c, staged: map[string]string{}, oldLink: c.oldLinks(), keepText: map[string]string{},
		files: &extractor{root: c.root, owners: os.Geteuid() == 0, ids: ids}}
	if s.own, err = c.ownDirs(); err != nil {
		return nil, err
	}
	c.pkg, err = Scan(ctx, name, c.opt.ReadOptions, func(e *Entry, content io.Reader) error {
		if err := c.step("stage"); err != nil {
			return err
		}
		return s.entry(e, content)
	})
	if err != nil {
		return nil, err
	}
	for _, o := range slices.Concat(c.pkg.Odd, s.files.odd.list()) {
		if !o.Usual {
			c.warn(o.String())
		}
	}
	for place := range s.x.t.followed {
		if c.mine[place] != nil || c.removed[place] {
			return nil, fmt.Errorf("%q: the package has %q, which is a symbolic link through which others of its files would go", name, place)
		}
	}
	if err := c.pkg.checkScripts(ctx); err != nil {
		return nil, err
	}
	for _, l := range scriptLinks(c.pkg.Doinst) {
		c.report.Links = append(c.report.Links, l.path)
	}
	s.sayKept()
	if s.files.owners {
		for _, text := range ids.missing() {
			c.warn(text)
		}
	}
	return s, nil
}

// oldLinks are the paths that the versions which are replaced have, and no other
// package: where one is a symbolic link, it goes.
func (c *changer) oldLinks() map[string]bool {
	links := map[string]bool{}
	add := func(p string) {
		if !c.others.has(p) {
			links[p] = true
		}
	}
	for _, r := range c.olds {
		for _, p := range r.Files {
			if !strings.HasSuffix(p, "/") {
				add(p)
			}
		}
		for _, l := range scriptLinks(r.Script) {
			add(l.path)
		}
	}
	return links
}

// ownDirs are the directories of the version that is there, as far as no other
// package has them.
func (c *changer) ownDirs() (map[string]bool, error) {
	records := c.olds
	if len(records) == 0 { // installed again
		r, err := c.d.Read(c.report.Package)
		if err != nil {
			return nil, ignoreNotExist(err)
		}
		records = []*Record{r}
	}
	own := map[string]bool{}
	for _, r := range records {
		for _, p := range r.Files {
			if dir, ok := strings.CutSuffix(p, "/"); ok && !c.others.has(p) {
				own[dir] = true
			}
		}
	}
	return own, nil
}

// checkInstallDir refuses what is not as it should be among the members for the
// package tools.
func checkInstallDir(e *Entry) error {
	switch {
	case e.Path == "install" && !e.Mode.IsDir():
		return &EntryError{e.Path, "is a " + e.Kind() + ", where the package's own directory should be"}
	case (e.Path == doinstPath || e.Path == douninstPath) && !e.file():
		return &EntryError{e.Path, "is a " + e.Kind() + ", not a file of its own, so it cannot be run; make the package anew"}
	}
	return nil
}

// checkScripts asks a shell whether it can read the scripts.
func (p *Package) checkScripts(ctx context.Context) error {
	for script, text := range map[string][]byte{doinstPath: p.Doinst, douninstPath: p.Douninst} {
		if err := checkScript(ctx, script, text); err != nil {
			return fmt.Errorf("%q: %w", p.File, err)
		}
	}
	return nil
}

func (s *stager) entry(e *Entry, content io.Reader) error {
	if err := checkInstallDir(e); err != nil || e.Path == "install" || strings.HasPrefix(e.Path, "install/") {
		return err
	}
	if strings.HasPrefix(e.HardLink, "install/") {
		return &EntryError{e.Path, fmt.Sprintf("is a hard link to %q, which is not installed", e.HardLink)}
	}
	place := "."
	if e.Path != "." {
		var err error
		if place, err = s.x.t.place(e.Path); err != nil {
			return err
		}
	}
	if err := s.checkPlace(e, place); err != nil {
		return err
	}
	err := error(nil)
	if e.Mode.IsDir() {
		err = s.dir(e, place)
	} else {
		err = s.file(e, place, content)
	}
	var entry *EntryError
	if err == nil || errors.As(err, &entry) {
		return err
	}
	return fmt.Errorf("%q: %w", e.Path, reason(err))
}

// checkPlace refuses files of a package that would change the database.
func (c *changer) checkPlace(e *Entry, place string) error {
	if e.Mode.IsDir() {
		return nil
	}
	for _, dir := range []string{
		"var/lib/pkgtools/packages", "var/lib/pkgtools/scripts", "var/lib/pkgtools/" + workParent,
		"var/log/packages", "var/log/scripts", "var/log/pkgtools", c.x.work,
		"var/log/removed_packages", "var/log/removed_scripts",
	} {
		for _, p := range []string{e.Path, place} {
			if p == dir || strings.HasPrefix(p, dir+"/") {
				return &EntryError{e.Path, "would change the package database"}
			}
		}
	}
	// A package may bring the script for its own removal; makepkg's way for it
	// is install/douninst.sh.
	scripts := path.Join(c.d.adm, "douninst.sh")
	if own := path.Join(scripts, c.report.Package); strings.HasPrefix(place, scripts+"/") && place != own {
		return &EntryError{e.Path, "is the script for another package's removal"}
	}
	return nil
}

// now is what is at place once the actions so far are done: nil for nothing.
func (c *changer) now(place string) (fs.FileInfo, error) {
	if c.underPlanned(place) || c.removed[place] {
		return nil, nil
	}
	info, err := c.root.Lstat(place)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return info, err
}

// underPlanned reports whether a directory above place is only planned: then
// nothing is in it, whatever a link says that has its name as yet.
func (c *changer) underPlanned(place string) bool {
	for dir := path.Dir(place); dir != "."; dir = path.Dir(dir) {
		if c.x.t.planned[dir] {
			return true
		}
	}
	return false
}

// file plans a file, link or device of the package.
func (s *stager) file(e *Entry, place string, content io.Reader) error {
	c := s.changer
	if c.newDirs[place] {
		return &EntryError{e.Path, "is in the package as a directory too, through a symbolic link of the system"}
	}
	old, err := c.now(place)
	if err != nil {
		return err
	}
	if err := c.x.t.writable(place); err != nil {
		return err
	}
	if old != nil {
		if mounted, err := c.x.t.isMountPoint(place); err != nil || mounted {
			return errors.Join(err, errors.New("cannot be replaced: something is mounted over it"))
		}
	}
	if err := s.parents(place); err != nil {
		return err
	}
	aside, err := c.x.asideFor(place)
	if err != nil {
		return err
	}
	if err := s.create(e, aside, content); err != nil {
		return err
	}
	c.report.Written = append(c.report.Written, e.Path)
	if before := c.mine[place]; before != nil {
		c.warn(fmt.Sprintf("%q is, through a symbolic link of the system, the same as an earlier file of the package, and replaces it", e.Path))
		before.New = aside
		return nil
	}
	a := &action{Do: "put", Path: place, New: aside}
	c.mine[place] = a
	switch {
	case old == nil:
		c.added[path.Dir(place)]++
	case old.IsDir():
		// An old version may have it; then its files go first.
		c.x.t.plan(place, false)
		s.late = append(s.late, a)
		return nil
	default:
		if old.Mode()&fs.ModeSymlink != 0 {
			c.x.t.plan(place, false) // nothing is found through it from now on
		}
		a.Had = true
		if a.Old, err = c.x.asideFor(place); err != nil {
			return err
		}
	}
	c.x.list.Actions = append(c.x.list.Actions, a)
	return nil
}

// create puts the file aside.
func (s *stager) create(e *Entry, aside string, content io.Reader) error {
	if s.x.dry {
		if s.files.owners && e.HardLink == "" {
			s.files.ids.of(e) // for the accounts that are missing
		}
		return nil
	}
	if e.HardLink != "" {
		from := s.staged[e.HardLink]
		err := s.root.Link(from, aside)
		if errors.Is(err, unix.EXDEV) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EMLINK) {
			err = s.root.copyFile(from, aside) // two file systems, or one without hard links
		}
		if err != nil {
			return err
		}
	} else if err := s.files.create(e, aside, content); err != nil {
		return err
	}
	s.staged[e.Path] = aside
	if e.file() && strings.HasSuffix(e.Path, ".new") {
		return s.keepNew(e, aside)
	}
	return nil
}

// keepNew keeps a second name of a configuration file that doinst.sh will move:
// if it is interrupted and runs again, it finds the file again, as when the
// package is installed again.
func (s *stager) keepNew(e *Entry, aside string) error {
	place, err := s.x.t.place(e.Path)
	if err != nil {
		return err
	}
	kept := aside + ".new"
	if err := s.root.Link(aside, kept); err != nil {
		return nil // no hard links there
	}
	s.x.list.News = append(s.x.list.News, newFile{Path: place, Kept: kept})
	return nil
}

// dir plans a directory of the package: made, or given the mode and owner that
// it has in the package, or left as it is.
func (s *stager) dir(e *Entry, place string) error {
	c := s.changer
	theirs := s.wanted(e)
	attr := s.toMake(e, theirs)
	if planned := c.made[place]; planned != nil { // a file below it came first
		*planned = *attr
		return nil
	}
	if c.mine[place] != nil {
		return &EntryError{e.Path, "is in the package as a file too, through a symbolic link of the system"}
	}
	info, err := c.now(place)
	switch {
	case err != nil:
		return err
	case info == nil:
		if !attr.same(theirs) {
			s.keep(e.Path, fmt.Sprintf("%q is made with %s; the package has %s", e.Path, attr, theirs))
		}
		return s.mkdir(place, attr)
	case info.IsDir():
		c.newDirs[place] = true
		return s.existing(e, place, info, theirs)
	case info.Mode()&fs.ModeSymlink != 0 && !s.oldLink[e.Path]:
		if target, ok := c.x.t.leadsToDir(e.Path); ok {
			c.newDirs[target] = true
			return nil // a link to a directory stays, as with installpkg
		}
	}
	// Something else has the name, or a link of the old version, which goes.
	if err := s.displace(e.Path, place); err != nil {
		return err
	}
	return s.mkdir(place, attr)
}

// displace plans the removal of what is not a directory, in favour of one.
func (s *stager) displace(p, place string) error {
	if err := s.x.t.writable(place); err != nil {
		return err
	}
	if mounted, err := s.x.t.isMountPoint(place); err != nil || mounted {
		return errors.Join(err, errors.New("cannot be replaced by a directory: something is mounted over it"))
	}
	old, err := s.x.asideFor(place)
	if err != nil {
		return err
	}
	s.x.list.Actions = append(s.x.list.Actions, &action{Do: "remove", Path: place, Old: old})
	s.removed[place] = true
	s.report.Removed = append(s.report.Removed, p)
	return nil
}

// wanted is what the package says of a directory.
func (s *stager) wanted(e *Entry) *fileAttr {
	attr := &fileAttr{Mode: e.Mode &^ fs.ModeType, UID: os.Geteuid(), GID: os.Getegid(), Time: e.ModTime}
	if s.files.owners {
		attr.UID, attr.GID, _ = s.files.ids.of(e)
	}
	for record, value := range e.Xattrs {
		if attr.Xattrs == nil {
			attr.Xattrs = map[string][]byte{}
		}
		attr.Xattrs[record] = []byte(value)
	}
	return attr
}

// toMake is what a directory gets if it is made: what the package says, unless
// it is one of the system's.
func (s *stager) toMake(e *Entry, theirs *fileAttr) *fileAttr {
	d, ok := SystemDirectory(e.Path)
	if !ok || d.OwnedBy(s.base()) || d.Differs(e) == "" {
		return theirs
	}
	attr := *theirs
	s.asSystem(&attr, d)
	return &attr
}

// asSystem gives attr what Slackware's directory d has.
func (s *stager) asSystem(attr *fileAttr, d SystemDir) {
	attr.Mode = d.Mode
	if s.files.owners {
		attr.UID, _ = s.files.ids.users.id(d.User, 0)
		attr.GID, _ = s.files.ids.groups.id(d.Group, 0)
	}
}

func (c *changer) base() string { return BaseName(c.report.Package) }

// existing plans what becomes of a directory that is there. Its mode and owner
// are the package's to set only where the directory is its own: where it brought
// it before and no other package has it, or where it is the package of Slackware
// that decides about it.
func (s *stager) existing(e *Entry, place string, info fs.FileInfo, theirs *fileAttr) error {
	st := statOf(info)
	is := &fileAttr{Mode: info.Mode() &^ fs.ModeType, UID: st.uid, GID: st.gid, Time: info.ModTime()}
	d, system := SystemDirectory(e.Path)
	if own := s.own[e.Path] && !system || system && d.OwnedBy(s.base()); !own {
		if !is.same(theirs) {
			s.keep(e.Path, fmt.Sprintf("%q keeps %s; the package has %s", e.Path, is, theirs))
		}
		return nil
	}
	if err := s.x.t.writable(place); err != nil {
		if is.same(theirs) {
			return nil
		}
		return err
	}
	if !is.same(theirs) {
		s.report.Changed = append(s.report.Changed, e.Path+"/")
		s.warn(fmt.Sprintf("directory %q gets %s; it had %s", e.Path, theirs, is))
	}
	s.x.list.Actions = append(s.x.list.Actions, &action{Do: "attributes", Path: place, Attr: theirs, Undo: is})
	return nil
}

// keep notes a directory that stays; of two entries for one the later one counts.
func (s *stager) keep(p, text string) {
	if _, ok := s.keepText[p]; !ok {
		s.keeps = append(s.keeps, p)
	}
	s.keepText[p] = text
}

// maxKeptSaid is how many directories are named that keep their mode and owner;
// all are in the report.
const maxKeptSaid = 8

// sayKept tells which directories stay as they are.
func (s *stager) sayKept() {
	for i, p := range s.keeps {
		s.report.KeptDirs = append(s.report.KeptDirs, p+"/")
		if i < maxKeptSaid {
			s.warn("directory " + s.keepText[p])
		}
	}
	if n := len(s.keeps) - maxKeptSaid; n > 0 {
		s.warn(fmt.Sprintf("%d more directories keep their mode and owner", n))
	}
}

func (s *stager) mkdir(place string, attr *fileAttr) error {
	if err := s.x.t.writable(place); err != nil {
		return err
	}
	if err := s.parents(place); err != nil {
		return err
	}
	s.x.list.Actions = append(s.x.list.Actions, &action{Do: "mkdir", Path: place, Attr: attr})
	s.x.t.plan(place, true)
	s.made[place], s.newDirs[place] = attr, true
	s.added[path.Dir(place)]++
	s.report.Written = append(s.report.Written, place+"/")
	return nil
}

// parents plans the directories above place that the archive lacks.
func (s *stager) parents(place string) error {
	dir := path.Dir(place)
	if dir == "." || s.x.t.isDir(dir) {
		return nil
	}
	if info, err := s.now(dir); err != nil || info != nil {
		return errors.Join(err, fmt.Errorf("%q is in the way, which is not a directory", dir))
	}
	attr := &fileAttr{Mode: 0o755, UID: os.Geteuid(), GID: os.Getegid(), Time: s.changer.start}
	if d, ok := SystemDirectory(dir); ok {
		s.asSystem(attr, d)
	}
	return s.mkdir(dir, attr)
}

// planLate moves the files that take the place of a directory behind the
// removals, if the directory then is empty.
func (s *stager) planLate() error {
	for _, a := range s.late {
		if !s.removed[a.Path] {
			if mounted, err := s.x.t.isMountPoint(a.Path); err != nil || mounted {
				return errors.Join(err, fmt.Errorf("%q: cannot be replaced by a file: something is mounted on it", a.Path))
			}
			stays, err := s.staysIn(a.Path)
			if err != nil {
				return err
			}
			if stays != "" {
				return fmt.Errorf("%q: a directory is in the way, and %q in it stays", a.Path, stays)
			}
			if err := s.rmdir(a.Path); err != nil {
				return err
			}
		}
		s.added[path.Dir(a.Path)]++
		s.x.list.Actions = append(s.x.list.Actions, a)
	}
	return nil
}

// staysIn names something that will be in the directory at place when the
// actions are done; it is empty where nothing will.
func (c *changer) staysIn(place string) (string, error) {
	dir, err := c.root.openNoFollow(place)
	if err != nil {
		return "", err
	}
	names, err := dir.Readdirnames(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return "", err
	}
	slices.Sort(names)
	for _, name := range names {
		if p := path.Join(place, name); !c.removed[p] {
			return p, nil
		}
	}
	if c.added[place] > 0 {
		return "a file of the package", nil
	}
	return "", nil
}
