// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
)

// Severity of a Finding.
type Severity string

const (
	Error   Severity = "error"   // the package does something else than it should
	Warning Severity = "warning" // probably a mistake
	Note    Severity = "note"    // worth knowing: setuid programs, static ones
)

// Finding is what Verify found.
type Finding struct {
	Severity Severity `json:"severity"`
	Path     string   `json:"path,omitempty"`
	Text     string   `json:"text"`
}

// Verification is the result of Verify.
type Verification struct {
	Package  *Package
	MD5      string
	SHA256   string
	Findings []Finding
}

// Verify reads the whole package file name and tells what is wrong with it:
// whatever a stock installpkg or removepkg would do badly with it, names,
// description, scripts, modes, owners, and programs for another architecture
// than the package's. A package that cannot be read to its end is an error.
func Verify(ctx context.Context, name string, opt ReadOptions) (*Verification, error) {
	v := &verifier{byPath: map[string]*Entry{}}
	if n, err := ParseName(name); err != nil {
		v.add(Error, "", "%v", err)
	} else {
		v.name = n
	}
	p, err := Scan(ctx, name, opt, v.entry)
	if err != nil {
		return nil, err
	}
	v.p = p
	for i := range p.Entries {
		v.byPath[p.Entries[i].Path] = &p.Entries[i]
	}
	v.structure()
	v.description()
	if err := v.scripts(ctx); err != nil {
		return nil, err
	}
	v.links()
	result := &Verification{Package: p}
	if result.MD5, result.SHA256, err = v.sums(name); err != nil {
		return nil, err
	}
	result.Findings = v.findings
	return result, nil
}

type verifier struct {
	p        *Package
	name     Name
	findings []Finding
	byPath   map[string]*Entry
	static   int
	dynamic  int
}

func (v *verifier) add(s Severity, p, format string, args ...any) {
	v.findings = append(v.findings, Finding{s, p, fmt.Sprintf(format, args...)})
}

// entry checks one entry while it is read.
func (v *verifier) entry(e *Entry, content io.Reader) error {
	if hasBlankEnd(e.Path) {
		v.add(Error, e.Path, "ends in a blank: removepkg does not remove it")
	}
	if top := !strings.Contains(e.Path, "/") && e.Path != "."; top && e.member() < "./" {
		v.add(Error, e.Path, "sorts before \"./\": removepkg never removes it")
	}
	if e.Mode.IsDir() && recordQuote(e.Path) != e.Path {
		v.add(Error, e.Path, "removepkg does not find a directory with such a name")
	}
	v.modes(e)
	for _, dir := range []string{"var/lib/pkgtools/packages/", "var/lib/pkgtools/scripts/", "var/log/packages/", "var/log/scripts/"} {
		if strings.HasPrefix(e.Path, dir) {
			v.add(Error, e.Path, "would change the package database")
		}
	}
	switch {
	case e.Path == "install" && !e.Mode.IsDir():
		v.add(Error, e.Path, "is a %s: installpkg leaves it as /installpkg-(random)", e.Kind())
	case e.symlink() && (e.Link == "install" || strings.HasPrefix(e.Link, "install/")):
		v.add(Error, e.Path, "is a link to %q, which installpkg changes to /installpkg-(random)", e.Link)
	case e.symlink():
		v.add(Note, e.Path, "is a symbolic link in the archive, not in doinst.sh")
	case e.device():
		v.add(Warning, e.Path, "is a %s", e.Kind())
	case e.file() && e.Size == 0 && !strings.HasPrefix(e.Path, "install/"):
		v.add(Note, e.Path, "is empty")
	}
	if e.Path == "usr/share/man" || e.Path == "usr/share/info" {
		v.add(Warning, e.Path, "belongs in /usr/%s on Slackware", path.Base(e.Path))
	}
	if rest, ok := strings.CutPrefix(e.Path, "install/"); ok && rest != "doinst.sh" && rest != "douninst.sh" && !strings.HasPrefix(rest, "slack-") {
		v.add(Warning, e.Path, "stays on the system as /installpkg-(random)/%s", rest)
	}
	if e.file() && e.Size >= 20 {
		return v.elf(e, content)
	}
	return nil
}

func (v *verifier) modes(e *Entry) {
	if e.symlink() {
		return
	}
	p := perm(e.Mode)
	switch {
	case e.Path == "." && p != 0o755:
		v.add(Error, e.Path, "has mode %o, which / would get", p)
	case e.Mode.IsDir() && p&0o022 != 0 && p&0o1000 == 0:
		v.add(Warning, e.Path, "is a directory in which others may delete (mode %o)", p)
	case e.Mode.IsRegular() && e.HardLink == "" && p&0o002 != 0:
		v.add(Warning, e.Path, "can be written by anybody (mode %o)", p)
	}
	if e.Mode.IsRegular() && p&0o6000 != 0 {
		v.add(Note, e.Path, "is setuid or setgid: %s:%s mode %o", orID(e.User, e.UID), orID(e.Group, e.GID), p)
	}
	if e.UID >= 1000 || e.GID >= 1000 {
		v.add(Warning, e.Path, "belongs to %s:%s (%d:%d), no account of Slackware's", orID(e.User, e.UID), orID(e.Group, e.GID), e.UID, e.GID)
	}
}

func orID(name string, id int) string {
	if name == "" {
		return fmt.Sprint(id)
	}
	return name
}

func (v *verifier) structure() {
	p := v.p
	if _, ext := TrimExt(p.File); ext != p.Ext {
		v.add(Error, "", "is compressed as %s, but called %q", p.Ext, ext)
	}
	if p.Dotted {
		v.add(Error, "", "its names start with \"./\": installpkg does not run doinst.sh, finds no description and leaves /install behind")
	}
	if p.Entries[0].Path != "." {
		v.add(Error, "", "does not start with \"./\": removepkg may not find the list of its files")
	}
	for i := range p.Entries {
		if dir := path.Dir(p.Entries[i].Path); dir != "." {
			if _, ok := v.byPath[dir]; !ok {
				v.add(Warning, p.Entries[i].Path, "its directory is not in the package")
			}
		}
	}
	if v.static+v.dynamic > 0 {
		v.add(Note, "", "%d programs and libraries: %d static, %d dynamic", v.static+v.dynamic, v.static, v.dynamic)
	}
}

func (v *verifier) description() {
	base := BaseName(v.p.Full)
	if v.p.SlackDesc == nil {
		v.add(Warning, "install/slack-desc", "is missing")
		return
	}
	for _, problem := range CheckSlackDesc(v.p.SlackDesc, base) {
		text := problem.Text
		if problem.Line > 0 {
			text = fmt.Sprintf("line %d: %s", problem.Line, text)
		}
		v.add(Warning, problem.Path, "%s", text)
	}
}

func (v *verifier) scripts(ctx context.Context) error {
	for name, text := range map[string][]byte{doinstPath: v.p.Doinst, "install/douninst.sh": v.p.Douninst} {
		if err := checkScript(ctx, "it", text); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v.add(Error, name, "%v", err)
		}
		if len(text) > 0 && text[len(text)-1] != '\n' {
			v.add(Warning, name, "its last line does not end: makepkg would add links to it")
		}
	}
	return nil
}

// links checks the links that doinst.sh makes.
func (v *verifier) links() {
	seen := map[string]bool{}
	for _, l := range scriptLinks(v.p.Doinst) {
		if reason := l.unfit(); reason != "" {
			v.add(Error, l.path, "is a link in doinst.sh that installpkg makes wrongly: %s", reason)
		}
		if e := v.byPath[l.path]; e != nil && e.Mode.IsDir() {
			v.add(Error, l.path, "is a directory of the package, which doinst.sh replaces by a link")
		} else if e != nil {
			v.add(Warning, l.path, "is a %s of the package, which doinst.sh replaces by a link", e.Kind())
		}
		if dir := path.Dir(l.path); dir != "." && v.byPath[dir] == nil {
			v.add(Warning, l.path, "is a link in doinst.sh whose directory is not in the package; where it is missing, installpkg removes /%s", path.Base(l.path))
		}
		if seen[l.path] {
			v.add(Warning, l.path, "is made twice by doinst.sh")
		}
		seen[l.path] = true
	}
}

// sums are those of the file. Where FILE.md5 or FILE.sha256 is beside it, as
// on the mirrors of Slackware, they are compared.
func (v *verifier) sums(name string) (md5sum, sha256sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	m, s := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(m, s), f); err != nil {
		return "", "", err
	}
	hex := func(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)) }
	for ext, sum := range map[string]string{".md5": hex(m), ".sha256": hex(s)} {
		text, err := os.ReadFile(name + ext)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", "", err
		}
		if fields := bytes.Fields(text); len(fields) == 0 || string(fields[0]) != sum {
			v.add(Error, "", "its sum is %s, which is not that of %q", sum, name+ext)
		}
	}
	return hex(m), hex(s), nil
}
