// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	doinstPath   = "install/doinst.sh"
	douninstPath = "install/douninst.sh"
)

// sortEntries puts entries into the order of a package: the root first, then
// by the bytes of the path without a slash at its end.
func sortEntries(entries []Entry) {
	slices.SortStableFunc(entries, func(a, b Entry) int {
		if a.Path == "." || b.Path == "." {
			return bools(b.Path == ".") - bools(a.Path == ".")
		}
		return strings.Compare(a.Path, b.Path)
	})
}

func bools(b bool) int {
	if b {
		return 1
	}
	return 0
}

// plan makes the list of members from the entries of a tree: sorted, checked,
// with the symbolic links moved to install/doinst.sh, owners and times as asked
// for. It returns warnings along with it.
func plan(entries []Entry, opt WriteOptions) (members []Entry, warnings []string, err error) {
	warn := func(format string, args ...any) {
		warnings = append(warnings, fmt.Sprintf(format, args...))
	}
	entries = slices.Clone(entries)
	sortEntries(entries)
	newest := time.Unix(0, 0)
	for _, e := range entries {
		if e.ModTime.After(newest) {
			newest = e.ModTime
		}
	}
	if len(entries) == 0 || entries[0].Path != "." {
		entries = slices.Insert(entries, 0, Entry{Path: ".", Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: newest})
	}

	var links []link
	script := -1
	dirs := map[string]bool{}
	for i := range entries {
		e := &entries[i]
		if i > 0 && e.Path == entries[i-1].Path {
			return nil, nil, &EntryError{e.Path, "is there twice"}
		}
		if reason := unfit(e, opt); reason != "" {
			return nil, nil, &EntryError{e.Path, reason}
		}
		if parent := path.Dir(e.Path); e.Path != "." && parent != "." && !dirs[parent] {
			return nil, nil, &EntryError{e.Path, "comes without its directory"}
		}
		if e.Mode.IsDir() {
			dirs[e.Path] = true
			if opt.Dirs755 {
				e.Mode, e.UID, e.GID, e.User, e.Group = fs.ModeDir|0o755, 0, 0, "root", "root"
			}
		}
		if e.Path == "." && perm(e.Mode) != 0o755 {
			warn("the root directory has mode %o; the package has 755", perm(e.Mode))
			e.Mode = fs.ModeDir | 0o755
		}
		if e.Path == doinstPath {
			if !e.file() {
				return nil, nil, &EntryError{e.Path, "is a " + e.Kind() + ", not a file of its own"}
			}
			script = len(members)
		}
		warnOf(e, warn)
		if e.symlink() && opt.Links {
			l := link{e.Path, e.Link}
			reason := l.unfit()
			if reason == "" {
				links = append(links, l)
				continue
			}
			warn("symbolic link %q stays in the archive: %s", e.Path, reason)
		}
		if e.symlink() && (e.Link == "install" || strings.HasPrefix(e.Link, "install/")) {
			return nil, nil, &EntryError{e.Path, fmt.Sprintf("is a symbolic link to %q, which installpkg would change; put it into doinst.sh", e.Link)}
		}
		members = append(members, *e)
	}
	if len(links) > 0 {
		if members, err = addLinks(members, script, links, opt.Prepend, newest); err != nil {
			return nil, nil, err
		}
	}
	for i := range members {
		e := &members[i]
		e.ModTime = time.Unix(e.ModTime.Unix(), 0)
		if !opt.Epoch.IsZero() && e.ModTime.After(opt.Epoch) {
			e.ModTime = opt.Epoch
		}
	}
	return members, warnings, nil
}

// EntryError is a file that cannot be put into a package.
type EntryError struct {
	Path   string
	Reason string
}

func (e *EntryError) Error() string { return fmt.Sprintf("%q %s", e.Path, e.Reason) }

// unfit tells why e cannot be in a package, or is empty.
func unfit(e *Entry, opt WriteOptions) string {
	if err := checkPath(e.Path); err != nil {
		return "cannot be packaged: " + err.Error()
	}
	top := e.Path != "." && !strings.Contains(e.Path, "/")
	switch {
	case e.Path == "." && !e.Mode.IsDir():
		return "is not a directory"
	case e.Path == "install" && !e.Mode.IsDir():
		return "is a " + e.Kind() + "; at the top this name is kept for the package's own directory"
	case top && e.Path+"/" < "./":
		return "sorts before \"./\": removepkg would never remove it"
	case hasBlankEnd(e.Path):
		return "ends in a blank: removepkg would not find it"
	case e.device() && !opt.Devices:
		return "is a " + e.Kind() + "; none are packaged unless asked for"
	case e.Mode&fs.ModeSocket != 0 || e.Mode&fs.ModeIrregular != 0:
		return "is a " + e.Kind()
	case e.symlink() && e.Link == "":
		return "is a symbolic link to nothing"
	case e.file() && e.Size > 0 && e.Open == nil:
		return "has no content"
	}
	return ""
}

// hasBlankEnd reports whether a part of the path ends in a blank.
func hasBlankEnd(p string) bool {
	return strings.HasSuffix(p, " ") || strings.HasSuffix(p, "\t")
}

// warnOf tells what the package tools of Slackware will do to e.
func warnOf(e *Entry, warn func(format string, args ...any)) {
	if e.file() && e.Size == 0 {
		warn("zero length file %s", printable(e.Path))
	}
	if rest, ok := strings.CutPrefix(e.Path, "install/"); ok && rest != "doinst.sh" && rest != "douninst.sh" && !strings.HasPrefix(rest, "slack-") {
		warn("%q: installpkg leaves it below /installpkg-(random) for ever", e.Path)
	}
	if e.Mode.IsDir() && recordQuote(e.Path) != e.Path {
		warn("%q: removepkg does not find a directory with such a name", e.Path)
	}
	if d, ok := SystemDirectory(e.Path); ok && e.Mode.IsDir() && d.Firm && len(d.Packages) == 1 {
		if differs := d.Differs(e); differs != "" {
			warn("%q is a directory of Slackware's, which installpkg would change: %s", e.Path, differs)
		}
	}
}

// printable is the path as it is, unless a terminal or a reader of lines could
// take it for something else.
func printable(p string) string {
	for _, r := range p {
		if !strconv.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(p)
		}
	}
	return p
}

// addLinks adds the lines of links to install/doinst.sh, which is
// members[script] or not there yet where script < 0.
func addLinks(members []Entry, script int, links []link, prepend bool, modTime time.Time) ([]Entry, error) {
	slices.SortFunc(links, func(a, b link) int {
		return strings.Compare("./"+a.path+"\t"+a.target, "./"+b.path+"\t"+b.target)
	})
	var lines bytes.Buffer
	for _, l := range links {
		lines.WriteString(l.lines())
	}
	root := Entry{User: "root", Group: "root", ModTime: modTime}
	if script < 0 {
		e := root
		e.Path, e.Mode = doinstPath, 0o644
		e.setContent(lines.Bytes())
		members = append(members, e)
		if !slices.ContainsFunc(members, func(e Entry) bool { return e.Path == "install" }) {
			e := root
			e.Path, e.Mode = "install", fs.ModeDir|0o755
			members = append(members, e)
		}
		sortEntries(members)
		return members, nil
	}
	e := &members[script]
	old, err := e.content(maxScript)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", e.Path, err)
	}
	if prepend {
		e.setContent(slices.Concat(lines.Bytes(), []byte("\n"), old))
		e.Mode = 0o644
		return members, nil
	}
	if len(old) > 0 && old[len(old)-1] != '\n' {
		old = append(old, '\n')
	}
	e.setContent(append(old, lines.Bytes()...))
	return members, nil
}

func (e *Entry) setContent(b []byte) { e.Size, e.Open = int64(len(b)), Bytes(b) }

// content is the whole content of e, which must not be larger than limit.
func (e *Entry) content(limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, fmt.Errorf("is larger than %d bytes", limit)
	}
	if e.Open == nil {
		return nil, nil
	}
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) != e.Size {
		err = fmt.Errorf("has changed while it was read")
	}
	return b, err
}
