// SPDX-License-Identifier: MIT

package pkgtools

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Database is the packages installed in a root directory, as recorded in
// /var/lib/pkgtools (since Slackware 15.0) or /var/log.
type Database struct {
	dir     string // the root directory, as it was given
	root    *os.Root
	legacy  bool   // as before Slackware 15.0
	adm     string // place of packages/ and scripts/, below the root
	removed string // place of removed_packages/ and the like
	log     string // place of /var/log

	// step, where set, is asked before each step of a change: tests interrupt
	// it there.
	step func(what string) error
}

// OpenDatabase opens the package database of the root directory root. A root
// without any has no packages.
func OpenDatabase(root string) (*Database, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("opening the root directory, which has to be there: %w", err)
	}
	d := &Database{dir: root, root: r}
	dirs := newRootDirs(r)
	defer dirs.forget()
	t := newTree(dirs)
	for _, p := range []struct {
		place *string
		path  string
	}{{&d.adm, "var/lib/pkgtools"}, {&d.removed, "var/log/pkgtools"}, {&d.log, "var/log"}} {
		if *p.place, err = t.dir(p.path, 0); err != nil {
			return nil, errors.Join(fmt.Errorf("%q in %q: %w", p.path, root, err), r.Close())
		}
	}
	_, err = r.Lstat(d.adm + "/packages")
	old, oldErr := r.Lstat(d.log + "/packages")
	if errors.Is(err, fs.ErrNotExist) && oldErr == nil && old.IsDir() {
		d.legacy, d.adm, d.removed = true, d.log, d.log
	}
	return d, nil
}

// Close lets go of the root directory.
func (d *Database) Close() error { return d.root.Close() }

// Names are the full names of the installed packages, sorted.
func (d *Database) Names() ([]string, error) {
	dir, err := d.root.Open(d.adm + "/packages")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Find gives the installed packages that name means: the one of that full
// name, or those with that base name, the one installed last first.
func (d *Database) Find(name string) ([]string, error) {
	full, _ := TrimExt(name)
	names, err := d.Names()
	if err != nil || full == "" {
		return nil, err
	}
	if slices.Contains(names, full) {
		return []string{full}, nil
	}
	var found []string
	times := map[string]int64{}
	for _, n := range names {
		if recordBase(n) == full {
			info, err := d.root.Stat(d.adm + "/packages/" + n)
			if err != nil {
				return nil, err
			}
			found, times[n] = append(found, n), info.ModTime().UnixNano()
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return int(min(1, max(-1, times[b]-times[a]))) })
	return found, nil
}

// recordBase is the base name of the package that a record is of. An upgradepkg
// that was interrupted leaves FULL-upgraded-TIME.
func recordBase(name string) string {
	if i := strings.Index(name, "-upgraded-"); i > 0 {
		name = name[:i]
	}
	return BaseName(name)
}

// Record is what the database knows of an installed package.
type Record struct {
	Full             string
	CompressedSize   string // as du -h writes it: "4.0K"
	UncompressedSize string
	Location         string // the path of the file that was installed
	MD5              string
	Description      []string
	Files            []string // paths; those of directories end in a slash
	Script           []byte   // its doinst.sh
}

// Links are the symbolic links that the package's doinst.sh made.
func (r *Record) Links() map[string]string {
	links := map[string]string{}
	for _, l := range scriptLinks(r.Script) {
		links[l.path] = l.target
	}
	return links
}

// Read gives the record of the package of that full name.
func (d *Database) Read(full string) (*Record, error) {
	if full == "" || strings.Contains(full, "/") {
		return nil, fmt.Errorf("%q is no name of a package", full)
	}
	text, err := d.readFile("packages/" + full)
	if err != nil {
		return nil, err
	}
	r := parseRecord(full, text)
	if r.Script, err = d.readFile("scripts/" + full); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return r, nil
}

// maxRecord bounds what is read of the database in one piece; the record of
// the kernel's source has about 8 MB.
const maxRecord = 96 << 20

func (d *Database) readFile(p string) ([]byte, error) {
	f, err := d.root.Open(path.Join(d.adm, p))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > maxRecord:
		return nil, fmt.Errorf("%q is no file of the package database", p)
	}
	b := make([]byte, info.Size())
	n, err := f.ReadAt(b, 0)
	if n == len(b) {
		err = nil
	}
	return b[:n], err
}
