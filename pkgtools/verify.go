// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"debug/elf"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
	"golang.org/x/sys/unix"
)

// Verification is the result of Verify.
type Verification struct {
	Package  *Package
	MD5      string
	SHA256   string
	Static   int // programs that need no libraries
	Dynamic  int // programs that do, and libraries
	Findings []finding.Finding
}

// Verify reads the whole package file name and judges it by PackageRules:
// whatever a stock installpkg or removepkg would do badly with it, names,
// description, scripts, modes, owners, and programs for another architecture
// than the package's. A package that cannot be read to its end is an error.
//
// visit, where not nil, is called for each member with its content, or the
// first 64 MiB of it, which is valid during the call only.
func Verify(ctx context.Context, name string, opt ReadOptions, visit func(e *Entry, content []byte) error) (*Verification, error) {
	v := newVerifier(name)
	p, err := Scan(ctx, name, opt, func(e *Entry, content io.Reader) error {
		if err := v.entry(e, content); err != nil || visit == nil {
			return err
		}
		return visit(e, v.m.data)
	})
	if err != nil {
		return nil, err
	}
	if v.unreadable, err = unreadableScripts(ctx, p); err != nil {
		return nil, err
	}
	result := &Verification{Package: p}
	if result.MD5, result.SHA256, err = v.sums(ctx, name); err != nil {
		return nil, err
	}
	v.whole(p)
	result.Findings, result.Static, result.Dynamic = v.findings, v.static, v.dynamic
	return result, nil
}

// verifier judges one package.
type verifier struct {
	name     Name
	badName  error
	findings []finding.Finding
	count    map[string]int // of findings, by rule
	m        member         // that is looked at; its buffer is used again
	elves    int            // ELF files of any kind
	archives int            // static libraries
	static   int
	dynamic  int

	// What there is when the package has been read:
	p          *Package
	byPath     map[string]*Entry
	made       []link            // by doinst.sh
	links      map[string]string // what links point to, in doinst.sh and the archive
	unreadable []finding.Finding // scripts that the shell cannot read
	wrongSums  []string
}

func newVerifier(file string) *verifier {
	v := &verifier{count: map[string]int{}}
	v.name, v.badName = ParseName(file)
	return v
}

// maxAlike is how many findings of a rule are kept: what comes more often is one
// mistake, or written to fill the memory.
const maxAlike = 100

// add reports that rule is broken.
func (v *verifier) add(rule *packageRule, file, member, text string) {
	v.count[rule.Name]++
	switch n := v.count[rule.Name]; {
	case n > maxAlike:
		return
	case n == maxAlike:
		text += " (more of these are not shown)"
	}
	v.findings = append(v.findings, finding.Finding{Rule: rule.Name, Severity: rule.Level, File: file, Member: member, Text: text})
}

// member is a member of the package with what was found out about its content.
type member struct {
	*Entry
	data   []byte    // the beginning of its content
	elf    *elf.File // where it is a program or library
	elfErr error     // where it only starts like one
}

// maxContent is how much of a member is looked at.
const maxContent = 64 << 20

// top reports whether the member lies in / itself.
func (m *member) top() bool { return !strings.Contains(m.Path, "/") }

// cut reports whether there is more content than was looked at.
func (m *member) cut() bool { return m.Size > int64(len(m.data)) }

// runs reports whether the loader loads the ELF file.
func (m *member) runs() bool { return m.elf.Type == elf.ET_EXEC || m.elf.Type == elf.ET_DYN }

// read takes up the member's content.
func (m *member) read(e *Entry, content io.Reader) error {
	m.Entry, m.data, m.elf, m.elfErr = e, m.data[:0], nil, nil
	if !e.file() {
		return nil
	}
	size := int(min(e.Size, maxContent))
	m.data = slices.Grow(m.data, size)[:size]
	if _, err := io.ReadFull(content, m.data); err != nil {
		return err
	}
	if bytes.HasPrefix(m.data, []byte(elf.ELFMAG)) {
		m.elf, m.elfErr = parseELF(m.data)
	}
	return nil
}

// entry judges a member while the package is read.
func (v *verifier) entry(e *Entry, content io.Reader) error {
	if err := v.m.read(e, content); err != nil {
		return err
	}
	v.countPrograms(&v.m)
	for i := range packageRules {
		if r := &packageRules[i]; r.Entry != nil {
			if text := r.Entry(v, &v.m); text != "" {
				v.add(r, "", e.Path, text)
			}
		}
	}
	return nil
}

// whole judges the package when it has been read.
func (v *verifier) whole(p *Package) {
	v.p = p
	v.byPath = make(map[string]*Entry, len(p.Entries))
	v.links = map[string]string{}
	for i := range p.Entries {
		e := &p.Entries[i]
		v.byPath[e.Path] = e
		if e.symlink() {
			v.links[e.Path] = e.Link
		}
	}
	v.made = scriptLinks(p.Doinst)
	for _, l := range v.made {
		v.links[l.path] = l.target
	}
	for i := range packageRules {
		if r := &packageRules[i]; r.Package != nil {
			r.Package(v, func(path, format string, args ...any) { v.add(r, "", path, fmt.Sprintf(format, args...)) })
		}
	}
	if p.SlackDesc != nil {
		for _, f := range CheckSlackDesc(p.SlackDesc, BaseName(p.Full)) {
			f.Member = "install/slack-desc"
			v.findings = append(v.findings, f)
		}
	}
	for i := range v.findings {
		v.findings[i].File = p.File
	}
	slices.SortStableFunc(v.findings, finding.Compare)
}

// unreadableScripts asks the shell whether it can read the package's scripts.
func unreadableScripts(ctx context.Context, p *Package) ([]finding.Finding, error) {
	var wrong []finding.Finding
	for _, s := range []struct {
		name string
		text []byte
	}{{doinstPath, p.Doinst}, {douninstPath, p.Douninst}} {
		if err := checkScript(ctx, "it", s.text); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			wrong = append(wrong, finding.Finding{Member: s.name, Text: err.Error()})
		}
	}
	return wrong, nil
}

// sums are those of the file. Where FILE.md5 or FILE.sha256 is beside it, as
// on the mirrors of Slackware, they are compared.
func (v *verifier) sums(ctx context.Context, name string) (md5sum, sha256sum string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	m, s := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(m, s), &contextReader{ctx, f}); err != nil {
		return "", "", err
	}
	hex := func(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)) }
	for _, known := range []struct{ ext, sum string }{{".md5", hex(m)}, {".sha256", hex(s)}} {
		ext, sum := known.ext, known.sum
		text, err := readHead(name+ext, 4096)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", "", err
		}
		if fields := bytes.Fields(text); len(fields) == 0 || string(fields[0]) != sum {
			v.wrongSums = append(v.wrongSums, fmt.Sprintf("its sum is %s, which is not that of %q", sum, name+ext))
		}
	}
	return hex(m), hex(s), nil
}

// readHead is the first n bytes of a file, or all of it; what is no file, as a
// pipe that nobody writes to, is an error.
func readHead(name string, n int64) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errors.New("is not a file")}
	}
	return io.ReadAll(io.LimitReader(f, n))
}
