// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
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
	file = filepath.Join(o.Output, name.String()+"."+o.Type)
	return file, pkgtools.Write(ctx, file, entries, pkgtools.WriteOptions{
		Links: true, Epoch: epoch, Compression: o.Compression, Progress: o.Progress,
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
	items = append(items, m.docItems(w)...)
	if items, err = m.unique(items); err != nil {
		return nil, err
	}
	var configs []string
	for _, i := range items {
		e, err := i.entry()
		if err != nil {
			return nil, err
		}
		if i.config {
			configs = append(configs, i.dst)
		}
		all[e.Path] = e
	}
	if err := m.addInstall(all, w, configs); err != nil {
		return nil, err
	}
	return finish(all)
}

// withSource is the manifest as seen from the directory that was built in.
func (m *Manifest) withSource(w *workspace) *Manifest {
	other := *m
	other.Dir = w.source
	return &other
}

// docItems are the kind's documentation files, as the script copies them.
func (m *Manifest) docItems(w *workspace) []item {
	var items []item
	for _, d := range m.Slackware.Docs {
		found, err := match(w.source, d)
		if err != nil {
			continue
		}
		for _, src := range found {
			i := item{dst: path.Join("usr/doc", m.Name+"-"+m.FullVersion(), filepath.Base(src)), src: src, mode: 0o644}
			if link, err := os.Readlink(src); err == nil {
				i.src, i.link = "", link
			}
			items = append(items, i)
		}
	}
	return items
}

// addInstall adds install/ and the script's copy among the documentation.
func (m *Manifest) addInstall(all map[string]pkgtools.Entry, w *workspace, configs []string) error {
	doinst, err := m.doinst(configs)
	if err != nil {
		return err
	}
	douninst, err := m.douninst()
	if err != nil {
		return err
	}
	script, err := m.Script(Options{})
	if err != nil {
		return err
	}
	now := time.Now()
	for _, f := range []struct{ path, text string }{
		{"install/slack-desc", m.slackDesc()},
		{"install/doinst.sh", doinst},
		{"install/douninst.sh", douninst},
		{path.Join("usr/doc", m.Name+"-"+m.FullVersion(), m.Name+".SlackBuild"), string(script)},
	} {
		if _, given := all[f.path]; f.text == "" || given && !strings.HasSuffix(f.path, "doinst.sh") {
			continue
		}
		if old, given := all[f.path]; given { // the contents have one, too: theirs comes first
			data, err := readEntry(old)
			if err != nil {
				return err
			}
			f.text = strings.TrimRight(string(data), "\n") + "\n\n" + f.text
		}
		all[f.path] = textEntry(f.path, f.text, now)
	}
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
	e := pkgtools.Entry{Path: i.dst, User: orRoot(i.owner), Group: orRoot(i.group), ModTime: i.mtime, Mode: modeBits(i.mode)}
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
		if i.config {
			e.Path += ".new"
		}
	}
	if e.ModTime.IsZero() {
		e.ModTime = time.Now()
	}
	return e, nil
}

// modeBits turns octal permission bits, as chmod has them, into Go's.
func modeBits(m fs.FileMode) fs.FileMode {
	out := m & 0o777
	for octal, bit := range map[fs.FileMode]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&octal != 0 {
			out |= bit
		}
	}
	return out
}

var manRE = regexp.MustCompile(`^usr/man/([^/]+/)*man[0-9a-z]+/[^/]+$`)

// finish puts manual pages where Slackware has them, compresses them, adds the
// directories that members lie in, and sorts.
func finish(all map[string]pkgtools.Entry) ([]pkgtools.Entry, error) {
	done := map[string]pkgtools.Entry{}
	for _, e := range all {
		if rest, ok := strings.CutPrefix(e.Path, "usr/share/man"); ok && (rest == "" || rest[0] == '/') {
			e.Path = "usr/man" + rest
		}
		if manRE.MatchString(e.Path) && !strings.HasSuffix(e.Path, ".gz") && !e.Mode.IsDir() {
			var err error
			if e, err = compressPage(e); err != nil {
				return nil, err
			}
		}
		done[e.Path] = e
	}
	now := time.Now()
	for p := range all {
		if rest, ok := strings.CutPrefix(p, "usr/share/man"); ok && (rest == "" || rest[0] == '/') {
			p = "usr/man" + rest
		}
		for dir := path.Dir(p); ; dir = path.Dir(dir) {
			if _, ok := done[dir]; !ok {
				done[dir] = pkgtools.Entry{Path: dir, Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: now}
			}
			if dir == "." {
				break
			}
		}
	}
	// The staging directory may have held nothing else than the pages.
	if e, ok := done["usr/share"]; ok && e.Mode.IsDir() && !hasBelow(done, "usr/share/") {
		delete(done, "usr/share")
	}
	entries := make([]pkgtools.Entry, 0, len(done))
	for _, e := range done {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b pkgtools.Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries, nil
}

func hasBelow(all map[string]pkgtools.Entry, prefix string) bool {
	for p := range all {
		if strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

// compressPage is the page with .gz after its name, and after its target's
// where it is a link.
func compressPage(e pkgtools.Entry) (pkgtools.Entry, error) {
	e.Path += ".gz"
	if e.Mode&fs.ModeSymlink != 0 {
		e.Link += ".gz"
		return e, nil
	}
	if e.HardLink != "" {
		e.HardLink += ".gz"
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
