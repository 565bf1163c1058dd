// SPDX-License-Identifier: MIT

package repo

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/pkgtools"
)

// Options say how a repository is kept. The zero value does not sign.
type Options struct {
	Key      string // whose signatures gpg makes; empty for none
	Title    string // of the pages; the directory's name by default
	Time     time.Time
	Progress func(done, all int)
}

// Report says what was done.
type Report struct {
	Packages int
	Read     int // of these, those that were new or changed
	Changes  []string
	Remarks  []string
}

type repository struct {
	dir      string
	title    string
	updated  time.Time
	packages []*entry
	written  map[string]bool // files of this run, relative to dir
}

// entry is one package.
type entry struct {
	*record
	name string // path relative to the repository
}

// Update brings the lists and pages of the repository in dir up to date. Each
// file is replaced as a whole, CHECKSUMS.md5 last: a reader that comes in
// between finds the old sums.
func Update(ctx context.Context, dir string, o Options) (*Report, error) {
	names, err := find(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no package there or below", dir)
	}
	old, err := readState(dir)
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	r := &repository{dir: dir, title: cmp.Or(o.Title, filepath.Base(abs)), written: map[string]bool{}}
	report := &Report{Packages: len(names)}
	if report.Read, err = r.readAll(ctx, names, old, o.Progress); err != nil {
		return nil, err
	}
	list := changes(old.Packages, r.packages)
	r.updated = old.Updated
	if len(list) > 0 || r.updated.IsZero() {
		r.updated = cmp.Or(o.Time, time.Now()).UTC().Truncate(time.Second)
	}
	for _, c := range list {
		report.Changes = append(report.Changes, c.name+": "+c.what)
	}
	for _, p := range r.packages {
		if !strings.Contains(p.name, "/") {
			report.Remarks = append(report.Remarks, fmt.Sprintf("%s: lies in the top directory, where slackpkg without slackpkg+ cannot read it; put it in a directory of its own", p.name))
		}
		if len(p.Description) == 0 {
			report.Remarks = append(report.Remarks, fmt.Sprintf("%s: has no description", p.name))
		}
	}
	if err := r.write(ctx, o, list, report); err != nil {
		return nil, err
	}
	now := &state{Format: stateFormat, Updated: r.updated, Packages: map[string]*record{}}
	for _, p := range r.packages {
		now.Packages[p.name] = p.record
	}
	return report, now.write(dir)
}

// readAll reads the packages that are new or changed, several at once.
func (r *repository) readAll(ctx context.Context, names []string, old *state, progress func(done, all int)) (int, error) {
	r.packages = make([]*entry, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	var mu sync.Mutex
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	fresh, done := 0, 0
	for i, name := range names {
		info, err := os.Stat(r.path(name))
		if err != nil {
			return 0, err
		}
		if known, ok := old.Packages[name]; ok && known.Bytes == info.Size() && known.ModTime.Equal(info.ModTime()) {
			r.packages[i] = &entry{known, name}
			continue
		}
		fresh++
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			rec, err := read(ctx, r.dir, name)
			r.packages[i], errs[i] = &entry{rec, name}, err
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(names))
			}
		})
	}
	wg.Wait()
	return fresh, errors.Join(errs...)
}

func (r *repository) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// put writes a file unless it is so already.
func (r *repository) put(name string, data []byte) error {
	r.written[name] = true
	if old, err := os.ReadFile(r.path(name)); err == nil && bytes.Equal(old, data) {
		return nil
	}
	return renameio.WriteFile(r.path(name), data, 0o644)
}

func (r *repository) write(ctx context.Context, o Options, list []change, report *Report) error {
	var errs []error
	keep := func(err error) { errs = append(errs, err) }
	for _, p := range r.packages {
		full, _ := pkgtools.TrimExt(p.name)
		base := path.Join(path.Dir(p.name), full)
		keep(r.put(base+".txt", []byte(strings.Join(append(slices.Clone(p.Description), ""), "\n"))))
		keep(r.put(p.name+".md5", []byte(p.MD5+"  "+path.Base(p.name)+"\n")))
	}
	packages := r.packagesTxt()
	keep(r.put("PACKAGES.TXT", packages))
	keep(r.put("PACKAGES.TXT.gz", gz(packages)))
	if data, err := compressBzip2(ctx, r.manifest()); errors.Is(err, exec.ErrNotFound) {
		report.Remarks = append(report.Remarks, "MANIFEST.bz2: not written: the program bzip2 is missing; searching for files will not work")
	} else {
		keep(err)
		keep(r.put("MANIFEST.bz2", data))
	}
	log, err := r.changeLog(list)
	keep(err)
	keep(r.put("ChangeLog.txt", log))
	keep(r.pages())
	keep(r.tidy())
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if o.Key != "" {
		if err := r.signPackages(ctx, o.Key); err != nil {
			return err
		}
	}
	return r.writeSums(ctx, o.Key)
}

// writeSums lists all that the repository holds, and the sums last.
func (r *repository) writeSums(ctx context.Context, key string) error {
	files, err := r.files()
	if err != nil {
		return err
	}
	if err := r.put("FILELIST.TXT", r.fileList(files)); err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(checksumsHead)
	md5s := map[string]string{}
	for _, p := range r.packages {
		md5s[p.name] = p.MD5
	}
	names := []string{"FILELIST.TXT"}
	for _, f := range files {
		if !f.dir {
			names = append(names, strings.TrimPrefix(f.path, "./"))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if md5s[name] == "" {
			data, err := os.ReadFile(r.path(name))
			if err != nil {
				return err
			}
			md5s[name] = fmt.Sprintf("%x", md5.Sum(data))
		}
		fmt.Fprintf(&b, "%s  ./%s\n", md5s[name], name)
	}
	if err := errors.Join(r.put("CHECKSUMS.md5.gz", gz(b.Bytes())), r.put("CHECKSUMS.md5", b.Bytes())); err != nil || key == "" {
		return err
	}
	return errors.Join(r.sign(ctx, key, "CHECKSUMS.md5"), r.sign(ctx, key, "CHECKSUMS.md5.gz"))
}

// files lists the repository, sorted, but for hidden files and the lists of files.
func (r *repository) files() ([]listed, error) {
	var all []listed
	err := filepath.WalkDir(r.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(r.dir, p)
		if err != nil || rel == "." {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if rel == "FILELIST.TXT" || strings.HasPrefix(rel, "CHECKSUMS.md5") {
			return nil // they list the others
		}
		info, err := d.Info()
		if err == nil && (d.IsDir() || d.Type().IsRegular()) {
			all = append(all, listed{"./" + filepath.ToSlash(rel), d.IsDir(), info.Size(), info.ModTime()})
		}
		return err
	})
	return all, err
}

// tidy removes what belonged to packages that are gone.
func (r *repository) tidy() error {
	files, err := r.files()
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		name := strings.TrimPrefix(f.path, "./")
		if f.dir || r.written[name] {
			continue
		}
		owner := ""
		for _, ext := range []string{".md5", ".asc"} {
			if rest, ok := strings.CutSuffix(name, ext); ok {
				if _, e := pkgtools.TrimExt(rest); e != "" {
					owner = rest
				}
			}
		}
		if owner == "" {
			continue
		}
		if _, err := os.Stat(r.path(owner)); errors.Is(err, fs.ErrNotExist) {
			full, _ := pkgtools.TrimExt(owner)
			base := r.path(path.Join(path.Dir(owner), full))
			for _, gone := range []string{r.path(name), base + ".txt", base + ".html"} {
				if err := os.Remove(gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
					errs = append(errs, err)
				}
			}
		}
	}
	return errors.Join(errs...)
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	z.Write(data)                                         // a buffer takes all
	z.Close()
	return b.Bytes()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
