// SPDX-License-Identifier: MIT

package repo

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
)

// locationRE is what slapt-get takes as the path of a package.
var locationRE = regexp.MustCompile(`^[A-Za-z0-9/._+-]+$`)

// find lists the package files below dir, relative to it, sorted, and the
// directories that cannot be read.
func find(dir string) (found []string, bad []Bad, err error) {
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil && p != dir {
			rel, _ := filepath.Rel(dir, p) // p is below dir
			bad = append(bad, Bad{filepath.ToSlash(rel), err})
			return fs.SkipDir
		}
		if err != nil {
			return err
		}
		if p != dir && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if _, ext := pkgtools.TrimExt(d.Name()); ext == "" || !fileExists(p) { // a link to a package is one
			return nil
		}
		rel, err := filepath.Rel(dir, p)
		found = append(found, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(found)
	return found, bad, err
}

// maxRelations bounds slack-required and its like. slapt-get reads lines of a
// few kilobytes.
const maxRelations = 64 << 10

// read takes a package apart for its record.
func read(ctx context.Context, dir, name string) (*record, error) {
	file := filepath.Join(dir, name)
	if _, err := pkgtools.ParseName(name); err != nil {
		return nil, err
	}
	if !locationRE.MatchString(name) {
		return nil, fmt.Errorf("%q: slapt-get takes only letters, digits and / . _ + - in a path", name)
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	r := &record{Bytes: info.Size(), ModTime: info.ModTime()}
	if err := r.sums(file); err != nil {
		return nil, err
	}
	p, err := pkgtools.Scan(ctx, file, pkgtools.ReadOptions{}, func(e *pkgtools.Entry, content io.Reader) error {
		var list *[]string
		switch e.Path {
		case "install/slack-required":
			list = &r.Required
		case "install/slack-conflicts":
			list = &r.Conflicts
		case "install/slack-suggests":
			list = &r.Suggests
		default:
			return nil
		}
		data, err := io.ReadAll(io.LimitReader(content, maxRelations+1))
		if err == nil && len(data) > maxRelations {
			err = fmt.Errorf("%q is larger than %d bytes", e.Path, maxRelations)
		}
		*list = entriesOf(string(data))
		return err
	})
	if err != nil {
		return nil, err
	}
	r.Uncompressed = p.Size
	r.Description = p.Description()
	r.Members = membersOf(func(yield func(string) bool) {
		for i := range p.Entries {
			if !yield(listing(&p.Entries[i])) {
				return
			}
		}
	})
	return r, nil
}

func (r *record) sums(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	m, s := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(m, s), f); err != nil {
		return err
	}
	r.MD5, r.SHA256 = hex.EncodeToString(m.Sum(nil)), hex.EncodeToString(s.Sum(nil))
	return nil
}

// entriesOf reads slack-required and its like: one entry a line.
func entriesOf(text string) []string {
	var all []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// listing is the entry as `tar -tvv` shows it, which is what MANIFEST has.
func listing(e *pkgtools.Entry) string {
	name := e.Path
	switch {
	case name == ".":
		name = "./"
	case e.Mode.IsDir():
		name += "/"
	}
	switch {
	case e.HardLink != "":
		name += " link to " + e.HardLink
	case e.Link != "":
		name += " -> " + e.Link
	}
	size := fmt.Sprint(e.Size)
	if e.Mode&fs.ModeDevice != 0 {
		size = fmt.Sprintf("%d,%d", e.Major, e.Minor)
	}
	owner := orNumber(e.User, e.UID) + "/" + orNumber(e.Group, e.GID)
	return fmt.Sprintf("%s %s %*s %s %s", modeString(e), owner, max(18-len(owner), 1), size, e.ModTime.UTC().Format("2006-01-02 15:04"), quoteName(name))
}

func orNumber(name string, id int) string {
	if name == "" {
		return fmt.Sprint(id)
	}
	return name
}

// quoteName keeps line ends out of the list, as tar does.
func quoteName(s string) string {
	return strings.NewReplacer("\\", `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s)
}

// modeString is the ten characters that ls and tar show.
func modeString(e *pkgtools.Entry) string {
	b := []byte("-rwxrwxrwx")
	switch m := e.Mode; {
	case e.HardLink != "":
		b[0] = 'h'
	case m.IsDir():
		b[0] = 'd'
	case m&fs.ModeSymlink != 0:
		b[0] = 'l'
	case m&fs.ModeCharDevice != 0:
		b[0] = 'c'
	case m&fs.ModeDevice != 0:
		b[0] = 'b'
	case m&fs.ModeNamedPipe != 0:
		b[0] = 'p'
	}
	for i := range 9 {
		if e.Mode&(1<<(8-i)) == 0 {
			b[i+1] = '-'
		}
	}
	for _, s := range []struct {
		bit  fs.FileMode
		at   int
		on   byte
		only byte
	}{{fs.ModeSetuid, 3, 's', 'S'}, {fs.ModeSetgid, 6, 's', 'S'}, {fs.ModeSticky, 9, 't', 'T'}} {
		if e.Mode&s.bit == 0 {
			continue
		}
		if b[s.at] == 'x' {
			b[s.at] = s.on
		} else {
			b[s.at] = s.only
		}
	}
	return string(b)
}
