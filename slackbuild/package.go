// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

// PackageOptions say how a package is made. The zero value makes a .txz in the
// current directory.
type PackageOptions struct {
	Arch        Arch                 // zero: the manifest's
	Output      string               // directory of the package
	Type        string               // txz (default), tgz, tbz or tlz
	Empty       bool                 // a package without files is what is wanted
	Compression pkgtools.Compression // of the package
	Log         io.Writer            // what the commands print; nil: it is told only when they fail
	Progress    func(done, total int64)
}

// Package builds and writes the package for one architecture and returns its
// path. All is done in a temporary directory; the package appears whole, or
// not at all.
func (m *Manifest) Package(ctx context.Context, o PackageOptions) (file string, err error) {
	if o.Arch.Name == "" {
		if o.Arch, err = m.DefaultArch(); err != nil {
			return "", err
		}
	}
	name := pkgtools.Name{Name: m.Name, Version: m.FullVersion(), Arch: o.Arch.Name, Build: strconv.Itoa(m.BuildNumber()) + m.Tag()}
	if err := name.Check(); err != nil {
		return "", err
	}
	if o.Type == "" {
		o.Type = "txz"
	}
	o.Compression.Engine = cmp.Or(o.Compression.Engine, m.Slackware.XZ)
	epoch, err := m.epoch(ctx)
	if err != nil {
		return "", err
	}
	w, err := m.newWorkspace(o.Arch)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, w.remove()) }()

	var captured bytes.Buffer
	log := o.Log
	if log == nil {
		log = &captured
	}
	if _, err := m.installFiles(); err != nil {
		return "", err
	}
	if err := m.build(ctx, w, o.Arch, epoch, log); err != nil {
		if captured.Len() > 0 {
			err = fmt.Errorf("%w; the end of what was printed:\n%s", err, tail(captured.String(), 20))
		}
		return "", err
	}
	entries, err := m.entries(ctx, w)
	if err != nil {
		return "", err
	}
	if err := m.checkEntries(entries, o); err != nil {
		return "", err
	}
	file = filepath.Join(o.Output, name.String()+"."+o.Type)
	return file, pkgtools.Write(ctx, file, entries, pkgtools.WriteOptions{
		Links: true, Prepend: m.linksFirst(), Epoch: epoch, Compression: o.Compression, Progress: o.Progress,
	})
}

// DefaultArch is the architecture that the manifest names: nfpm's default,
// amd64, where it names none.
func (m *Manifest) DefaultArch() (Arch, error) {
	switch {
	case m.isNoArch():
		return ParseArch(NoArch)
	case m.Arch == "":
		return ParseArch("x86_64")
	}
	return ParseArch(m.Arch)
}

// Arches are the architectures that "all" means for the manifest: those it
// names, or all that one of its releases is made for and it does not exclude.
func (m *Manifest) Arches() []Arch {
	if m.isNoArch() {
		a, _ := ParseArch(NoArch)
		return []Arch{a}
	}
	if names := m.Slackware.Architectures; len(names) > 0 {
		var all []Arch
		for _, n := range names {
			a, _ := ParseArch(n) // check has seen to it
			all = append(all, a)
		}
		return all
	}
	old := len(m.Slackware.Releases) == 0 || slices.ContainsFunc(m.Slackware.Releases, func(r string) bool {
		v, err := strconv.ParseFloat(r, 64)
		return err == nil && v < 14.2
	})
	return slices.DeleteFunc(Arches(), func(a Arch) bool {
		return a.Old && !old || slices.ContainsFunc(m.Slackware.Unsupported, func(n string) bool {
			u, _ := ParseArch(n)
			return u.Name == a.Name
		})
	})
}

// epoch is the time that no file of the package is newer than: that of the
// environment, the manifest or the last commit; zero where there is none.
func (m *Manifest) epoch(ctx context.Context) (time.Time, error) {
	if v, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok {
		return pkgtools.ParseEpoch(v)
	}
	if !m.MTime.IsZero() {
		return m.MTime.Time, nil
	}
	if v := gitTime(ctx, m.Dir); v != "" {
		return pkgtools.ParseEpoch(v)
	}
	return time.Time{}, nil
}

// checkEntries refuses a package that is empty, and one with programs for
// another architecture than its name says.
func (m *Manifest) checkEntries(entries []pkgtools.Entry, o PackageOptions) error {
	script := path.Join(m.docDir(), m.Name+".SlackBuild")
	full := func(e pkgtools.Entry) bool {
		return !e.Mode.IsDir() && e.Path != script && !strings.HasPrefix(e.Path, "install/")
	}
	named := func(c Content) bool { return !c.skipped() && c.Type == "dir" }
	if !o.Empty && !m.Slackware.Empty && !slices.ContainsFunc(entries, full) && !slices.ContainsFunc(m.Contents, named) {
		return m.empty()
	}
	machines, known := pkgtools.ELFMachines(o.Arch.Name)
	if !known || o.Arch.Name == NoArch {
		return nil
	}
	for _, e := range entries {
		if !programDir(e.Path) || !e.Mode.IsRegular() || e.HardLink != "" || e.Open == nil {
			continue
		}
		machine, err := elfMachine(e)
		if err != nil {
			return err
		}
		if machine != elf.EM_NONE && !slices.Contains(machines, machine) {
			return fmt.Errorf("/%s is a program for %s, and the package is for %s: "+
				"its build has to be for that architecture, or be done on such a machine", e.Path, machine, o.Arch.Name)
		}
	}
	return nil
}

// empty is the mistake that a manifest gives no files.
func (m *Manifest) empty() error {
	return m.at("$.contents", "if that is meant, as for a package that only has dependencies, say slackware.empty: true, or --allow-empty",
		"the package would be empty: nothing is built, and contents has no file for Slackware")
}

// programDir reports whether programs and libraries that the system runs are
// there; elsewhere, as in /lib/firmware, there may be any.
func programDir(p string) bool {
	dir, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(p, "usr/"), "local/"), "/")
	return slices.Contains([]string{"bin", "sbin", "lib", "lib64", "libexec", "games"}, dir) && !strings.Contains(p, "/firmware/")
}

// elfMachine is the machine that an ELF file is for, or EM_NONE. The field is at
// the same place in files of 32 and 64 bits (elf(5)).
func elfMachine(e pkgtools.Entry) (elf.Machine, error) {
	r, err := e.Open()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	head := make([]byte, 20)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:4]) != elf.ELFMAG {
		return elf.EM_NONE, nil
	}
	order := binary.ByteOrder(binary.LittleEndian)
	if elf.Data(head[elf.EI_DATA]) == elf.ELFDATA2MSB {
		order = binary.BigEndian
	}
	return elf.Machine(order.Uint16(head[18:])), nil
}

// tail is the last n lines of s.
func tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}

// entries are all members of the package: what the commands put into $PKG, the
// contents, and what install/ holds.
func (m *Manifest) entries(ctx context.Context, w *workspace) ([]pkgtools.Entry, error) {
	staged, err := pkgtools.Walk(ctx, w.pkg, pkgtools.WalkOptions{RootOwned: true})
	if err != nil {
		return nil, err
	}
	all := map[string]pkgtools.Entry{}
	for _, e := range staged {
		all[e.Path] = e
	}
	items, err := m.withSource(w).items(w.symbols)
	if err != nil {
		return nil, err
	}
	docs, err := m.withSource(w).docs(true)
	if err != nil {
		return nil, err
	}
	if items, err = m.layout(append(items, docs...)); err != nil {
		return nil, err
	}
	for _, i := range items {
		if err := m.stage(all, i); err != nil {
			return nil, err
		}
	}
	if err := m.addInstall(all); err != nil {
		return nil, err
	}
	return finish(all)
}

// stage puts the item among the members, which the build may have put there
// already.
func (m *Manifest) stage(all map[string]pkgtools.Entry, i item) error {
	e, err := i.entry()
	if err != nil {
		return err
	}
	old, there := all[e.Path]
	switch {
	case there && i.implied && old.Mode.IsDir():
		return nil
	case there && old.Mode.IsDir() != i.dir:
		return m.at(i.at, "", "/%s is a %s that the build has made, and a %s here", e.Path, old.Kind(), e.Kind())
	}
	if i.config { // the build's own file is the one that goes in as .new
		delete(all, i.dst)
	}
	all[e.Path] = e
	return nil
}

// withSource is the manifest as seen from the directory that was built in.
func (m *Manifest) withSource(w *workspace) *Manifest {
	other := *m
	other.Dir = w.source
	return &other
}

// docs are the documentation files that slackware.docs names, as `cp -a` puts
// them into /usr/doc: whole directories, links as they are, and modes as a source
// archive should have them.
func (m *Manifest) docs(built bool) ([]item, error) {
	var items []item
	for n, pattern := range m.Slackware.Docs {
		at := fmt.Sprintf("$.slackware.docs[%d]", n)
		found, err := m.docFiles(pattern)
		if err != nil {
			return nil, m.at(at, "", "pattern %q: %v", pattern, err)
		}
		if len(found) == 0 && (built || !m.builds()) {
			return nil, m.at(at, m.pathHint("paths"), "%q: no such file", pattern)
		}
		for _, top := range found {
			err := filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := d.Info()
				if err != nil {
					return err
				}
				rel, err := filepath.Rel(filepath.Dir(top), p)
				if err != nil {
					return err
				}
				i := item{dst: path.Join(m.docDir(), filepath.ToSlash(rel)), at: at, src: p, mode: plainMode(info.Mode()), tree: true}
				switch {
				case info.IsDir():
					i.dir, i.src = true, ""
				case info.Mode()&fs.ModeSymlink != 0:
					i.src = ""
					if i.link, err = os.Readlink(p); err != nil {
						return err
					}
				}
				items = append(items, i)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return items, nil
}

// docFiles are the files and directories that the pattern matches, as the shell
// finds them.
func (m *Manifest) docFiles(pattern string) ([]string, error) {
	if !isPattern(pattern) {
		file := m.path(pattern)
		if _, err := os.Lstat(file); err != nil {
			return nil, nil
		}
		return []string{file}, nil
	}
	return matchAll(m.Dir, pattern)
}

// docDir is the directory of the package's documentation.
func (m *Manifest) docDir() string { return path.Join("usr/doc", m.Name+"-"+m.FullVersion()) }

// plainMode is the mode that SlackBuilds.org's template gives to the files of a
// source tree: 0755 where somebody may run it, else 0644.
func plainMode(mode fs.FileMode) fs.FileMode {
	if mode.IsDir() || mode&0o111 != 0 {
		return 0o755
	}
	return 0o644
}

// addInstall adds install/ and the script's copy among the documentation, in
// the place of what the build has put there.
func (m *Manifest) addInstall(all map[string]pkgtools.Entry) error {
	files, err := m.installFiles()
	if err != nil {
		return err
	}
	script, err := m.Script(Options{})
	if err != nil {
		return err
	}
	now := time.Now()
	for _, f := range files {
		p := path.Join("install", f.Name)
		all[p] = textEntry(p, string(f.Data), now)
	}
	p := path.Join(m.docDir(), m.Name+".SlackBuild")
	all[p] = textEntry(p, string(script), now)
	return nil
}

func textEntry(p, text string, t time.Time) pkgtools.Entry {
	return pkgtools.Entry{Path: p, Mode: 0o644, User: "root", Group: "root", ModTime: t, Size: int64(len(text)), Open: pkgtools.Bytes([]byte(text))}
}

func readEntry(e pkgtools.Entry) ([]byte, error) {
	r, err := e.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// entry is the item as a package has it.
func (i item) entry() (pkgtools.Entry, error) {
	owner, group, mode := i.inArchive()
	e := pkgtools.Entry{Path: i.path(), User: owner, Group: group, UID: systemUsers[owner], GID: systemGroups[group],
		ModTime: i.mtime, Mode: modeBits(mode)}
	switch {
	case i.dir:
		e.Mode |= fs.ModeDir
	case i.link != "":
		e.Mode, e.Link = fs.ModeSymlink|0o777, i.link
	default:
		info, err := os.Stat(i.src)
		if err != nil {
			return e, err
		}
		src := i.src
		e.Size = info.Size()
		e.Open = func() (io.ReadCloser, error) { return os.Open(src) }
		if e.ModTime.IsZero() {
			e.ModTime = info.ModTime()
		}
	}
	if e.ModTime.IsZero() {
		e.ModTime = time.Now()
	}
	return e, nil
}

// finish puts manual pages where Slackware has them, compresses them, adds the
// directories that members lie in, and sorts.
func finish(all map[string]pkgtools.Entry) ([]pkgtools.Entry, error) {
	done := map[string]pkgtools.Entry{}
	for _, p := range slices.Sorted(maps.Keys(all)) {
		e := all[p]
		e.Path = manPath(p)
		if old, there := done[e.Path]; there && !(old.Mode.IsDir() && e.Mode.IsDir()) {
			return nil, fmt.Errorf("/%s and /%s would be one file: manual pages go to /usr/man", e.Path, p)
		}
		if e.HardLink != "" {
			e.HardLink = manPath(e.HardLink)
		}
		done[e.Path] = e
	}
	if err := compressPages(done); err != nil {
		return nil, err
	}
	now := time.Now()
	for _, p := range slices.Collect(maps.Keys(done)) {
		for dir := path.Dir(p); ; dir = path.Dir(dir) {
			if _, ok := done[dir]; !ok {
				i := item{dst: dir, dir: true, mode: 0o755}
				i.asSystem()
				e, err := i.entry()
				if err != nil {
					return nil, err
				}
				e.ModTime = now
				done[dir] = e
			}
			if dir == "." {
				break
			}
		}
	}
	// The staging directory may have held nothing else than the pages.
	if e, ok := done["usr/share"]; ok && e.Mode.IsDir() && !hasBelow(done, "usr/share/") && hasBelow(all, "usr/share/man") {
		delete(done, "usr/share")
	}
	entries := make([]pkgtools.Entry, 0, len(done))
	for _, e := range done {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b pkgtools.Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries, nil
}

// manPath is where Slackware has what others have in /usr/share/man.
func manPath(p string) string {
	if rest, ok := strings.CutPrefix(p, "usr/share/man"); ok && (rest == "" || rest[0] == '/') {
		return "usr/man" + rest
	}
	return p
}

// manTarget is the target of a symbolic link, which may lead to a manual page.
func manTarget(target string) string {
	if p, absolute := strings.CutPrefix(target, "/"); absolute {
		return "/" + manPath(p)
	}
	return target
}

func hasBelow(all map[string]pkgtools.Entry, prefix string) bool {
	for p := range all {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

// compressPages compresses all below /usr/man: files, and the names in links to
// them. Hard links become files of their own, as gzip makes them.
func compressPages(all map[string]pkgtools.Entry) error {
	for _, p := range slices.Sorted(maps.Keys(all)) {
		e := all[p]
		if !strings.HasPrefix(p, "usr/man/") || strings.HasSuffix(p, ".gz") || e.Mode.IsDir() {
			continue
		}
		if e.Mode&fs.ModeSymlink != 0 {
			if target, ok := all[path.Join(path.Dir(p), e.Link)]; ok && target.Mode.IsDir() {
				continue
			}
		}
		if e.HardLink != "" {
			first, ok := all[e.HardLink]
			if !ok {
				first, ok = all[e.HardLink+".gz"] // it comes before this one
			}
			if !ok {
				return fmt.Errorf("/%s is a hard link to /%s, which is not there", p, e.HardLink)
			}
			e.HardLink, e.Size, e.Open = "", first.Size, first.Open
			if strings.HasSuffix(first.Path, ".gz") {
				delete(all, p)
				e.Path += ".gz"
				all[e.Path] = e
				continue
			}
		}
		z, err := compressPage(e)
		if err != nil {
			return err
		}
		if _, there := all[z.Path]; there {
			return fmt.Errorf("/%s and /%s would be one file: manual pages are compressed", z.Path, p)
		}
		delete(all, p)
		all[z.Path] = z
	}
	return nil
}

// compressPage is the page with .gz after its name, and after its target's
// where it is a link.
func compressPage(e pkgtools.Entry) (pkgtools.Entry, error) {
	e.Path += ".gz"
	if e.Mode&fs.ModeSymlink != 0 {
		e.Link += ".gz"
		return e, nil
	}
	data, err := readEntry(e)
	if err != nil {
		return e, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return e, err
	}
	if _, err := z.Write(data); err != nil {
		return e, err
	}
	if err := z.Close(); err != nil {
		return e, err
	}
	e.Size, e.Open = int64(b.Len()), pkgtools.Bytes(b.Bytes())
	return e, nil
}
