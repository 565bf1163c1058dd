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
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/pkgtools"
	"golang.org/x/sys/unix"
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
	Bad      []Bad // what could not be read, and is not listed
}

// Bad is a package, or a directory, that could not be read.
type Bad struct {
	Name string // path relative to the repository
	Err  error
}

type repository struct {
	dir      string
	title    string
	key      string // the fingerprint of the key that signs, or empty
	updated  time.Time
	now      time.Time // what the files that are replaced get
	packages []*entry
	pending  map[string][]byte // files to be replaced, by their path relative to dir
	kept     map[string]bool   // files of this run that are so already
	gone     map[string]bool   // files to be removed
	report   *Report
}

// entry is one package.
type entry struct {
	*record
	name  string // path relative to the repository
	fresh bool   // read in this run
}

// Update brings the lists and pages of the repository in dir up to date. All of
// it is made ready first; then file by file is replaced, CHECKSUMS.md5 last. A
// run that fails or is killed before that leaves the old lists whole.
//
// A package that cannot be read is left out of the lists, and is in the report's
// Bad; where none can be, that is the error.
func Update(ctx context.Context, dir string, o Options) (*Report, error) {
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	names, bad, err := find(dir)
	if err != nil {
		return nil, err
	}
	if len(names)+len(bad) == 0 {
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
	r := &repository{dir: dir, title: cmp.Or(o.Title, filepath.Base(abs)), now: time.Now().Truncate(time.Second), pending: map[string][]byte{},
		kept: map[string]bool{}, gone: map[string]bool{}, report: &Report{Bad: bad}}
	if o.Key != "" {
		if err := r.publishKey(ctx, o.Key); err != nil {
			return nil, err
		}
	}
	if err := r.readAll(ctx, names, old, o.Progress); err != nil {
		return nil, err
	}
	if len(r.packages) == 0 {
		var errs []error
		for _, b := range r.report.Bad {
			errs = append(errs, b)
		}
		return nil, errors.Join(errs...)
	}
	list := changes(old.Packages, r.packages)
	r.updated = old.Updated
	if len(list) > 0 || r.updated.IsZero() {
		r.updated = cmp.Or(o.Time, time.Now()).UTC().Truncate(time.Second)
	}
	for _, c := range list {
		r.report.Changes = append(r.report.Changes, c.name+": "+c.what)
	}
	for _, p := range r.packages {
		if !p.fresh {
			continue // it was told before
		}
		if !strings.Contains(p.name, "/") {
			r.remark("%s: lies in the top directory, where slackpkg without slackpkg+ cannot read it; put it in a directory of its own", p.name)
		}
		if len(p.Description) == 0 {
			r.remark("%s: has no description", p.name)
		}
	}
	if err := r.prepare(ctx, list); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := r.commit(); err != nil {
		return nil, err
	}
	now := &state{Format: stateFormat, Updated: r.updated, Packages: map[string]*record{}}
	for _, p := range r.packages {
		now.Packages[p.name] = p.record
	}
	return r.report, now.write(dir)
}

// lock keeps a second run out while the first one is at work.
func lock(dir string) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		d.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s: another mkslack repo is at work there; wait for its end", dir)
		}
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	return func() { d.Close() }, nil
}

func (r *repository) remark(format string, args ...any) {
	r.report.Remarks = append(r.report.Remarks, fmt.Sprintf(format, args...))
}

func (b Bad) Error() string {
	var unreadable *pkgtools.PackageError
	if errors.As(b.Err, &unreadable) {
		return b.Err.Error() // it names the file
	}
	return fmt.Sprintf("%q: %v", b.Name, b.Err)
}

func (b Bad) Unwrap() error { return b.Err }

// readAll reads the packages that are new or changed, several at once. One that
// cannot be read keeps none of the others from being listed.
func (r *repository) readAll(ctx context.Context, names []string, old *state, progress func(done, all int)) error {
	packages := make([]*entry, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	var mu sync.Mutex
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	done := 0
	for i, name := range names {
		info, err := os.Stat(r.path(name))
		if err != nil {
			errs[i] = err
			continue
		}
		if known, ok := old.Packages[name]; ok && known.Bytes == info.Size() && known.ModTime.Equal(info.ModTime()) {
			packages[i] = &entry{known, name, false}
			continue
		}
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			rec, err := read(ctx, r.dir, name)
			packages[i], errs[i] = &entry{rec, name, true}, err
			mu.Lock()
			defer mu.Unlock()
			if done++; progress != nil {
				progress(done, len(names))
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i, name := range names {
		if errs[i] != nil {
			r.bad(name, errs[i])
			if _, listed := old.Packages[name]; listed {
				r.disown(name)
			}
			continue
		}
		r.packages = append(r.packages, packages[i])
		if packages[i].fresh {
			r.report.Read++
		}
	}
	r.report.Packages = len(r.packages)
	return nil
}

// bad notes that a file could not be read.
func (r *repository) bad(name string, err error) {
	if !slices.ContainsFunc(r.report.Bad, func(b Bad) bool { return b.Name == name }) {
		r.report.Bad = append(r.report.Bad, Bad{name, err})
	}
}

// disown marks for removal what was made for a package that is not listed any
// more.
func (r *repository) disown(name string) {
	full, _ := pkgtools.TrimExt(name)
	base := path.Join(path.Dir(name), full)
	for _, made := range []string{name + ".md5", name + ".asc", base + ".txt", base + ".html"} {
		r.remove(made)
	}
}

func (r *repository) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// put makes ready that a file is replaced, unless it is so already.
func (r *repository) put(name string, data []byte) {
	info, err := os.Stat(r.path(name))
	if err == nil && info.Size() == int64(len(data)) {
		if old, err := os.ReadFile(r.path(name)); err == nil && bytes.Equal(old, data) {
			r.kept[name] = true
			return
		}
	}
	r.pending[name] = data
}

// prepare makes all files ready.
func (r *repository) prepare(ctx context.Context, list []change) error {
	for _, p := range r.packages {
		full, _ := pkgtools.TrimExt(p.name)
		base := path.Join(path.Dir(p.name), full)
		r.put(base+".txt", []byte(strings.Join(append(slices.Clone(p.Description), ""), "\n")))
		r.put(p.name+".md5", []byte(p.MD5+"  "+path.Base(p.name)+"\n"))
	}
	packages := r.packagesTxt()
	r.put("PACKAGES.TXT", packages)
	r.put("PACKAGES.TXT.gz", gz(packages))
	data, err := compressBzip2(ctx, r.manifest)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		r.remark("MANIFEST.bz2: not written: the program bzip2 is missing; searching for files will not work")
		r.remove("MANIFEST.bz2") // an old one would be wrong
	case err != nil:
		return err
	default:
		r.put("MANIFEST.bz2", data)
	}
	log, err := r.changeLog(list)
	if err != nil {
		return err
	}
	r.put("ChangeLog.txt", log)
	if err := r.pages(); err != nil {
		return err
	}
	if err := r.signPackages(ctx); err != nil {
		return err
	}
	if err := r.tidy(); err != nil {
		return err
	}
	return r.sums(ctx)
}

// sums lists all that the repository will hold.
func (r *repository) sums(ctx context.Context) error {
	files, err := r.files()
	if err != nil {
		return err
	}
	md5s := map[string]string{}
	for _, p := range r.packages {
		md5s[p.name] = p.MD5
	}
	files = slices.DeleteFunc(files, func(f listed) bool {
		name := strings.TrimPrefix(f.path, "./")
		if f.dir || md5s[name] != "" || err != nil {
			return false
		}
		sum, sumErr := r.md5(ctx, name)
		switch {
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case sumErr != nil:
			r.bad(name, sumErr)
			return true
		}
		md5s[name] = sum
		return false
	})
	if err != nil {
		return err
	}
	fileList := r.fileList(files)
	r.put("FILELIST.TXT", fileList)
	md5s["FILELIST.TXT"] = fmt.Sprintf("%x", md5.Sum(fileList))
	b := bytes.NewBufferString(checksumsHead)
	for _, name := range sortedKeys(md5s) {
		fmt.Fprintf(b, "%s  ./%s\n", md5s[name], name)
	}
	r.put("CHECKSUMS.md5.gz", gz(b.Bytes()))
	r.put("CHECKSUMS.md5", b.Bytes())
	return errors.Join(r.signSums(ctx, "CHECKSUMS.md5.gz", gz(b.Bytes())), r.signSums(ctx, "CHECKSUMS.md5", b.Bytes()))
}

// md5 is the sum of a file as it will be; it may be of any size.
func (r *repository) md5(ctx context.Context, name string) (string, error) {
	if data, ok := r.pending[name]; ok {
		return fmt.Sprintf("%x", md5.Sum(data)), nil
	}
	f, err := os.Open(r.path(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := md5.New()
	for {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if _, err := io.CopyN(h, f, 8<<20); err == io.EOF {
			return fmt.Sprintf("%x", h.Sum(nil)), nil
		} else if err != nil {
			return "", err
		}
	}
}

// files lists what the repository will hold, sorted, but for hidden files and
// the lists of files.
func (r *repository) files() ([]listed, error) {
	found := map[string]listed{}
	err := filepath.WalkDir(r.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil && p != r.dir {
			return fs.SkipDir // find has named it
		}
		if err != nil {
			return err
		}
		if leftBehind.MatchString(d.Name()) {
			return os.Remove(p)
		}
		name, err := filepath.Rel(r.dir, p)
		if err != nil || name == "." {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		info, err := os.Stat(p) // links count as what they lead to
		if err == nil && (d.IsDir() || info.Mode().IsRegular()) {
			f := listed{"./" + name, d.IsDir(), info.Size(), info.ModTime()}
			if f.dir {
				f.size, f.time = 0, time.Time{}
			}
			found[name] = f
		}
		return nil
	})
	for name, data := range r.pending {
		found[name] = listed{"./" + name, false, int64(len(data)), r.now}
	}
	for name, f := range found { // writing into a directory changes its own time
		for dir := path.Dir(name); !f.dir && dir != "."; dir = path.Dir(dir) {
			if d := found[dir]; f.time.After(d.time) {
				d.time = f.time
				found[dir] = d
			}
		}
	}
	var all []listed
	for _, name := range sortedKeys(found) {
		list := name == "FILELIST.TXT" || strings.HasPrefix(name, "CHECKSUMS.md5") // they list the others
		if empty := found[name].time.IsZero(); !list && !empty && !r.gone[name] {
			all = append(all, found[name])
		}
	}
	return all, err
}

// leftBehind are files that a killed run had made ready. The lock says that no
// other run is at work.
var leftBehind = regexp.MustCompile(`^\.(.+\.(TXT|txt|gz|bz2|md5|asc|html|json)|GPG-KEY)[0-9]+$`)

// tidy marks what belonged to packages that are gone.
func (r *repository) tidy() error {
	files, err := r.files()
	if err != nil {
		return err
	}
	for _, f := range files {
		name := strings.TrimPrefix(f.path, "./")
		for _, ext := range []string{".md5", ".asc"} {
			owner, ok := strings.CutSuffix(name, ext)
			_, kind := pkgtools.TrimExt(owner)
			if !ok || f.dir || kind == "" {
				continue
			}
			if _, err := os.Stat(r.path(owner)); errors.Is(err, fs.ErrNotExist) {
				r.disown(owner)
			}
		}
	}
	return nil
}

// remove marks a file for removal, unless this run makes it.
func (r *repository) remove(name string) {
	if _, made := r.pending[name]; !made && !r.kept[name] {
		r.gone[name] = true
	}
}

// last are the lists in the order in which they are replaced, after all else:
// who reads in between finds the old sums, and the signature with its sums.
var last = []string{"PACKAGES.TXT.gz", "PACKAGES.TXT", "FILELIST.TXT", "CHECKSUMS.md5.gz", "CHECKSUMS.md5.gz.asc", "CHECKSUMS.md5", "CHECKSUMS.md5.asc"}

// commit replaces the files, and removes those that are gone.
func (r *repository) commit() error {
	ready := map[string]*renameio.PendingFile{}
	defer func() {
		for _, f := range ready {
			f.Cleanup()
		}
	}()
	for name, data := range r.pending {
		f, err := renameio.NewPendingFile(r.path(name), renameio.WithStaticPermissions(0o644))
		if err != nil {
			return err
		}
		ready[name] = f
		if _, err := f.Write(data); err != nil {
			return err
		}
		if err := errors.Join(os.Chtimes(f.Name(), r.now, r.now), f.Sync()); err != nil { // the time is FILELIST.TXT's
			return err
		}
	}
	names := slices.DeleteFunc(sortedKeys(ready), func(name string) bool { return slices.Contains(last, name) })
	for _, name := range append(names, last...) {
		if f, ok := ready[name]; ok {
			if err := f.CloseAtomicallyReplace(); err != nil {
				return err
			}
		}
	}
	for name := range r.gone {
		if err := os.Remove(r.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func gz(data []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid one
	z.Write(data)                                         // a buffer takes all
	z.Close()
	return b.Bytes()
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
