// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// convert makes an Entry of a header, and checks it. It is nil for a member
// that is no file.
func (r *Reader) convert(h *tar.Header) (*Entry, error) {
	switch h.Typeflag {
	case tar.TypeXGlobalHeader: // git archive begins with one: the commit
		return nil, r.setGlobal(h.PAXRecords)
	case 'V': // GNU tar's name of the volume
		return nil, nil
	}
	if err := r.applyGlobal(h); err != nil {
		return nil, err
	}
	p, err := r.memberPath(h.Name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(h.Name, "./") && p != "." {
		r.dotted++
	}
	e := &Entry{
		Path: p, Mode: fileMode(h.Mode), UID: h.Uid, GID: h.Gid, User: r.text(h.Uname), Group: r.text(h.Gname),
		ModTime: fileTime(h.ModTime), Size: h.Size,
	}
	if !validID(e.UID) || !validID(e.GID) {
		return nil, fmt.Errorf("%q belongs to %d:%d; ids are at least 0 and less than %d", p, e.UID, e.GID, uint32(math.MaxUint32))
	}
	if err := r.setKind(e, h); err != nil {
		return nil, err
	}
	for key, value := range h.PAXRecords {
		attr, isXattr := strings.CutPrefix(key, paxXattr)
		switch {
		case isXattr && !onLinux(attr): // macOS writes com.apple.quarantine and the like
			r.odd.add(p, "has extended attributes of another system, which are left out: %s", attr)
		case isXattr || strings.HasPrefix(key, paxACL):
			e.setXattr(key, value)
		}
	}
	return e, r.remember(e)
}

// setKind gives e its type, and what belongs to it.
func (r *Reader) setKind(e *Entry, h *tar.Header) (err error) {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		if strings.HasSuffix(h.Name, "/") { // a directory before there was a type for them
			e.Mode |= fs.ModeDir
			break
		}
		e.Sparse = h.Typeflag == tar.TypeGNUSparse || h.PAXRecords["GNU.sparse.major"] != "" || h.PAXRecords["GNU.sparse.map"] != ""
	case tar.TypeLink:
		if e.HardLink, err = r.memberPath(h.Linkname); err != nil {
			return fmt.Errorf("hard link %q: %w", e.Path, err)
		}
		if mode, ok := r.seen[e.HardLink]; !ok || mode.IsDir() || e.HardLink == e.Path {
			return fmt.Errorf("hard link %q: no file %q stands before it", e.Path, e.HardLink)
		}
	case tar.TypeSymlink:
		e.Mode, e.Link = fs.ModeSymlink|0o777, h.Linkname
		if e.Link == "" || strings.IndexByte(e.Link, 0) >= 0 || len(e.Link) >= maxPath {
			return fmt.Errorf("symbolic link %q: impossible target %.200q", e.Path, e.Link)
		}
	case tar.TypeDir, 'D': // D: with a list of what is in it, by GNU tar --incremental
		e.Mode |= fs.ModeDir
	case tar.TypeFifo:
		e.Mode |= fs.ModeNamedPipe
	case tar.TypeChar, tar.TypeBlock:
		e.Mode |= fs.ModeDevice
		if h.Typeflag == tar.TypeChar {
			e.Mode |= fs.ModeCharDevice
		}
		e.Major, e.Minor = h.Devmajor, h.Devminor
		if e.Major < 0 || e.Major >= 1<<12 || e.Minor < 0 || e.Minor >= 1<<20 { // the kernel's MINORBITS
			return fmt.Errorf("%q is a device %d,%d, which no kernel has", e.Path, e.Major, e.Minor)
		}
	default:
		return fmt.Errorf("%q has the unknown type %q", e.Path, h.Typeflag)
	}
	if !e.file() {
		e.Size = 0
	}
	return nil
}

// Pax records of extended attributes, as star and GNU tar name them.
const (
	paxXattr = "SCHILY.xattr."
	paxACL   = "SCHILY.acl."
)

// setGlobal keeps the records of a global pax header, which count for all
// members that follow unless these have their own (POSIX.1-2001, pax).
func (r *Reader) setGlobal(records map[string]string) error {
	if records == nil { // so package tar has it where a value is none
		return errors.New("a global header cannot be read")
	}
	for key, value := range records {
		switch key {
		case "path", "linkpath", "size":
			return fmt.Errorf("a global header gives all files the same %s", key)
		case "uid", "gid", "uname", "gname", "mtime":
			if r.global == nil {
				r.global = map[string]string{}
			}
			r.global[key] = value // empty: no longer
		}
	}
	return nil
}

// applyGlobal gives h what the global headers say and h itself does not.
func (r *Reader) applyGlobal(h *tar.Header) (err error) {
	for key, value := range r.global {
		if _, own := h.PAXRecords[key]; own || value == "" {
			continue
		}
		switch key {
		case "uid":
			h.Uid, err = strconv.Atoi(value)
		case "gid":
			h.Gid, err = strconv.Atoi(value)
		case "uname":
			h.Uname = value
		case "gname":
			h.Gname = value
		case "mtime":
			var seconds float64
			seconds, err = strconv.ParseFloat(value, 64)
			h.ModTime = time.Unix(int64(max(min(seconds, maxTime), -maxTime)), 0)
		}
		if err != nil {
			return fmt.Errorf("a global header gives all files the %s %.40q", key, value)
		}
	}
	return nil
}

// validID reports whether id can be that of a user or group: the last one
// means that the owner stays as it is (chown(2)).
func validID(id int) bool { return 0 <= id && int64(id) < math.MaxUint32 }

// maxTime bounds times, in seconds from 1970 either way, to what can be counted
// in nanoseconds: until the year 2255. File systems hold less.
const maxTime = 9e9

// fileTime is t in whole seconds.
func fileTime(t time.Time) time.Time {
	return time.Unix(max(min(t.Unix(), maxTime), -maxTime), 0)
}

// text is s, kept once however many members have it.
func (r *Reader) text(s string) string {
	if t, ok := r.texts[s]; ok {
		return t
	}
	r.texts[s] = s
	r.names += int64(len(s))
	return s
}

// maxPath is the kernel's PATH_MAX.
const maxPath = 4096

// remember refuses what cannot be a second entry of the same path, and an entry
// below something that is no directory.
func (r *Reader) remember(e *Entry) error {
	mode := e.Mode
	if e.HardLink != "" {
		mode = r.seen[e.HardLink]
	}
	if old, ok := r.seen[e.Path]; ok {
		if old.IsDir() != mode.IsDir() {
			return fmt.Errorf("%q is in the archive twice, once as a directory", e.Path)
		}
		if !mode.IsDir() {
			r.odd.add(e.Path, "is in the archive twice, and what comes later counts")
		}
	}
	for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
		if mode, ok := r.seen[dir]; ok {
			if !mode.IsDir() {
				return fmt.Errorf("%q is below %q, which is no directory", e.Path, dir)
			}
			break
		}
	}
	r.seen[e.Path] = mode
	return nil
}

// memberPath is the path of a member: in its shortest form, and below the
// package's root as tar has it. Only what leads upwards is refused.
func (r *Reader) memberPath(name string) (string, error) {
	switch {
	case name == "":
		return "", errors.New("a path is empty")
	case len(name) >= 2*maxPath:
		return "", fmt.Errorf("a path of %d bytes is longer than any file system takes", len(name))
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "", fmt.Errorf("path %q leaves the package", name)
	}
	p := strings.TrimPrefix(path.Clean("/"+name), "/")
	if p == "" {
		p = "."
	}
	plain := name
	for strings.HasPrefix(plain, "./") {
		plain = plain[2:]
	}
	switch plain = strings.TrimSuffix(plain, "/"); {
	case strings.HasPrefix(name, "/"):
		r.odd.add(p, "has the absolute name %q in the archive", name)
	case plain != p && plain != "":
		r.odd.add(p, "has the name %q in the archive", name)
	}
	if len(p) >= maxPath {
		return "", fmt.Errorf("a path of %d bytes is longer than any file system takes", len(p))
	}
	return p, checkPath(p)
}

// Oddity is something unusual about an archive that tar, and Slackware's package
// tools with it, take all the same.
type Oddity struct {
	Path string // of the first member that has it; empty where it is the archive's
	Text string
	// Usual is set where versions of the package tools write it themselves.
	Usual bool
}

func (o Oddity) String() string {
	if o.Path == "" {
		return o.Text
	}
	return fmt.Sprintf("%q %s", o.Path, o.Text)
}

// oddities are those of one archive. Of each kind the first is kept, and the
// others are counted: there may be as many as members.
type oddities struct {
	first []Oddity
	kinds map[string]int // index in first
	more  []int
}

// add takes format for the kind.
func (o *oddities) add(p, format string, args ...any) {
	if i, ok := o.kinds[format]; ok {
		o.more[i]++
		return
	}
	if o.kinds == nil {
		o.kinds = map[string]int{}
	}
	o.kinds[format] = len(o.first)
	o.first = append(o.first, Oddity{Path: p, Text: fmt.Sprintf(format, args...)})
	o.more = append(o.more, 0)
}

func (o *oddities) list() []Oddity {
	all := slices.Clone(o.first)
	for i, n := range o.more {
		if n > 0 {
			all[i].Text += fmt.Sprintf(" (and %d more)", n)
		}
	}
	return all
}
