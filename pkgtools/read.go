// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// Limits bound what reading a package may cost. A field that is 0 has the value
// of DefaultLimits, one that is negative sets no limit.
type Limits struct {
	Size    int64 // of the archive, uncompressed, and of what it expands to
	Ratio   int64 // of either of these to the size of the file, above RatioFrom bytes
	Entries int64
}

// DefaultLimits are far above any package of Slackware.
var DefaultLimits = Limits{Size: 32 << 30, Ratio: 250, Entries: 1 << 20}

// RatioFrom is the uncompressed size below which Limits.Ratio does not count:
// what is that small does no harm.
const RatioFrom = 64 * mib

func (l Limits) orDefault() Limits {
	for _, f := range []struct{ value, def *int64 }{
		{&l.Size, &DefaultLimits.Size}, {&l.Ratio, &DefaultLimits.Ratio}, {&l.Entries, &DefaultLimits.Entries},
	} {
		switch {
		case *f.value == 0:
			*f.value = *f.def
		case *f.value < 0:
			*f.value = 1<<63 - 1
		}
	}
	return l
}

// maxNames bounds the memory for what is known of all entries together: their
// paths, targets, owners and extended attributes. The kernel's source, with the
// most and longest names in Slackware, has 7 MB of them.
const maxNames = 256 * mib

// A PackageError is why a package file cannot be read: it is missing, damaged
// or hostile, or passes a limit, which then is a *LimitError.
type PackageError struct {
	File string
	Err  error
}

func (e *PackageError) Error() string {
	var opening *fs.PathError
	if e.File == "" || errors.As(e.Err, &opening) && opening.Path == e.File {
		return e.Err.Error()
	}
	return fmt.Sprintf("%q: %v", e.File, e.Err)
}

func (e *PackageError) Unwrap() error { return e.Err }

// A LimitError says which of the Limits a package has passed.
type LimitError struct {
	What  string
	Limit int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s is over the limit of %d", e.What, e.Limit)
}

// ReadOptions say how a package is read.
type ReadOptions struct {
	Engine  string // for xz: Auto, Program or Go
	Threads int    // for decompressing; 0 means all
	Limits  Limits
	// Progress, where set, is told how much of the archive was read, of what
	// the file claims to hold; that is 0 where it does not tell.
	Progress func(done, total int64)
}

// Reader reads the entries of a package one after the other. It trusts
// nothing: paths and types are checked, and Next gives io.EOF only when the
// whole file was there, with right sums and a proper end, so nothing that was
// read should be relied on before.
type Reader struct {
	name    string    // of the file; empty where Open has not opened it
	file    io.Closer // what Open has opened
	src     *source
	z       io.ReadCloser
	in      *meteredReader
	tr      *tar.Reader
	entry   *Entry
	ext     string
	limits  Limits
	seen    map[string]fs.FileMode
	total   int64 // of what the files expand to
	names   int64 // of what is kept of the entries
	dotted  int   // members whose names start with ./
	members int
	err     error
}

// Open opens the package file name. Its errors, and those of the Reader, are
// *PackageError, but for those of ctx.
func Open(ctx context.Context, name string, opt ReadOptions) (*Reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &PackageError{name, err}
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("is not a file")}
	}
	if err != nil {
		f.Close()
		return nil, &PackageError{name, err}
	}
	r := &Reader{name: name, file: f}
	if err := r.open(ctx, f, info.Size(), opt); err != nil {
		f.Close()
		return nil, err
	}
	return r, nil
}

// NewReader reads a package that is not in a file of its own: size bytes of
// data. The Reader has to be closed all the same.
func NewReader(ctx context.Context, data io.ReaderAt, size int64, opt ReadOptions) (*Reader, error) {
	r := &Reader{}
	if err := r.open(ctx, data, size, opt); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) open(ctx context.Context, data io.ReaderAt, size int64, opt ReadOptions) (err error) {
	r.src = &source{data, size}
	if r.z, r.ext, err = r.src.decompress(ctx, opt.Engine, opt.Threads); err != nil {
		return r.because(err)
	}
	r.start(ctx, r.z, size, opt)
	if opt.Progress != nil {
		// A claim that is wrong shows when the stream is read.
		r.in.claimed, _ = r.src.claimedSize(r.ext)
	}
	return nil
}

func (r *Reader) start(ctx context.Context, stream io.Reader, compressed int64, opt ReadOptions) {
	r.limits, r.seen = opt.Limits.orDefault(), map[string]fs.FileMode{}
	// tar asks for single blocks.
	stream = bufio.NewReaderSize(stream, 256<<10)
	r.in = &meteredReader{ctx: ctx, r: stream, limits: r.limits, compressed: compressed, progress: opt.Progress}
	r.tr = tar.NewReader(r.in)
}

// Close ends the reading, also before the end.
func (r *Reader) Close() error {
	err := r.z.Close()
	if r.file != nil {
		err = errors.Join(err, r.file.Close())
	}
	return err
}

// because makes err say which package cannot be read, unless it is that the
// reading was interrupted.
func (r *Reader) because(err error) error {
	switch {
	case err == io.EOF:
		return err
	case r.in != nil && r.in.ctx.Err() != nil:
		return context.Cause(r.in.ctx)
	}
	return &PackageError{r.name, err}
}

// Size is how much of the uncompressed archive has been read.
func (r *Reader) Size() int64 { return r.in.n }

// Next goes to the next entry. Its content is read with Read.
func (r *Reader) Next() (*Entry, error) {
	if r.err == nil {
		if r.entry, r.err = r.next(); r.err != nil {
			r.err = r.because(r.err)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return r.entry, nil
}

// Read reads the content of the entry that Next gave last.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.tr.Read(p)
	if err != nil && err != io.EOF {
		err = r.because(r.cause(err)) // never io.EOF: that would be the end of the content
	}
	return n, err
}

func (r *Reader) next() (*Entry, error) {
	// What of the last entry was not read is read now, so that the place where
	// the next one must begin is known.
	if r.entry != nil {
		if _, err := io.Copy(io.Discard, r.tr); err != nil {
			return nil, r.cause(err)
		}
	}
	end := (r.in.n + tarBlock - 1) / tarBlock * tarBlock
	h, err := r.tr.Next()
	if err == io.EOF {
		return nil, r.finish(end)
	}
	if err != nil {
		return nil, r.cause(err)
	}
	if r.members++; int64(r.members) > r.limits.Entries {
		return nil, &LimitError{"the number of files", r.limits.Entries}
	}
	e, err := r.convert(h)
	if err != nil {
		return nil, err
	}
	return e, r.count(e)
}

// count adds e to what the package holds. Sparse files are larger than what is
// in the archive of them, so both are held against the limits.
func (r *Reader) count(e *Entry) error {
	r.total += e.Size
	r.names += int64(len(e.Path) + len(e.Link) + len(e.HardLink) + len(e.User) + len(e.Group))
	for key, value := range e.Xattrs {
		r.names += int64(len(key) + len(value))
	}
	switch {
	case r.total > r.limits.Size || r.total < 0:
		return &LimitError{"the size of the files", r.limits.Size}
	case r.total > RatioFrom && r.total/r.limits.Ratio > r.in.compressed:
		return &LimitError{"the ratio of the files' size to the package's", r.limits.Ratio}
	case r.names > maxNames:
		return &LimitError{"the length of all names", maxNames}
	}
	return nil
}

// cause prefers the reason why the stream ended to what tar makes of it.
func (r *Reader) cause(err error) error {
	if r.in.err != nil && r.in.err != io.EOF {
		return r.in.err
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the archive is cut off")
	}
	return fmt.Errorf("the archive is damaged: %w", err)
}

// finish reads the stream to its end, which checks its sums. end is where the
// last entry ended: two blocks of zeros have to follow.
func (r *Reader) finish(end int64) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := r.in.Read(buf)
		if len(bytes.Trim(buf[:n], "\x00")) > 0 {
			return errors.New("there is data after the end of the archive")
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	switch {
	case r.members == 0:
		return errors.New("the archive is empty")
	case r.in.n < end+2*tarBlock:
		return errors.New("the archive is cut off: its end mark is missing")
	}
	return io.EOF
}

// convert makes an Entry of a header, and checks it.
func (r *Reader) convert(h *tar.Header) (*Entry, error) {
	p, err := memberPath(h.Name)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(h.Name, "./") && p != "." {
		r.dotted++
	}
	e := &Entry{
		Path: p, Mode: fileMode(h.Mode), UID: h.Uid, GID: h.Gid, User: h.Uname, Group: h.Gname,
		ModTime: time.Unix(h.ModTime.Unix(), 0), Size: h.Size,
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
	case tar.TypeLink:
		if e.HardLink, err = memberPath(h.Linkname); err != nil {
			return nil, fmt.Errorf("hard link %q: %w", p, err)
		}
		if mode, ok := r.seen[e.HardLink]; !ok || !mode.IsRegular() {
			return nil, fmt.Errorf("hard link %q: no file %q stands before it", p, e.HardLink)
		}
		e.Size = 0
	case tar.TypeSymlink:
		e.Mode, e.Link = fs.ModeSymlink|0o777, h.Linkname
		if e.Link == "" || strings.IndexByte(e.Link, 0) >= 0 || len(e.Link) >= maxPath {
			return nil, fmt.Errorf("symbolic link %q: impossible target %q", p, e.Link)
		}
	case tar.TypeDir:
		e.Mode |= fs.ModeDir
	case tar.TypeFifo:
		e.Mode |= fs.ModeNamedPipe
	case tar.TypeChar:
		e.Mode |= fs.ModeDevice | fs.ModeCharDevice
		e.Major, e.Minor = h.Devmajor, h.Devminor
	case tar.TypeBlock:
		e.Mode |= fs.ModeDevice
		e.Major, e.Minor = h.Devmajor, h.Devminor
	default:
		return nil, fmt.Errorf("%q has the unknown type %q", p, h.Typeflag)
	}
	if !e.Mode.IsRegular() {
		e.Size = 0
	}
	for key, value := range h.PAXRecords {
		if strings.HasPrefix(key, "SCHILY.xattr.") || strings.HasPrefix(key, "SCHILY.acl.") {
			e.setXattr(key, value)
		}
	}
	return e, r.remember(e)
}

// maxPath is the kernel's PATH_MAX.
const maxPath = 4096

// remember refuses a second entry of the same path, and one below something
// that is no directory.
func (r *Reader) remember(e *Entry) error {
	if _, ok := r.seen[e.Path]; ok {
		return fmt.Errorf("%q is in the archive twice", e.Path)
	}
	for dir := path.Dir(e.Path); dir != "."; dir = path.Dir(dir) {
		if mode, ok := r.seen[dir]; ok {
			if !mode.IsDir() {
				return fmt.Errorf("%q is below %q, which is no directory", e.Path, dir)
			}
			break
		}
	}
	mode := e.Mode
	if e.HardLink != "" {
		mode = 0 // a regular file
	}
	r.seen[e.Path] = mode
	return nil
}

// memberPath is the path of a member: names may start with "./".
func memberPath(name string) (string, error) {
	p := name
	for strings.HasPrefix(p, "./") {
		p = strings.TrimLeft(p[2:], "/")
	}
	if p = strings.TrimSuffix(p, "/"); p == "" && name != "" && name[0] == '.' {
		p = "."
	}
	if len(p) >= maxPath {
		return "", fmt.Errorf("a path of %d bytes is longer than any file system takes", len(p))
	}
	return p, checkPath(p)
}

// meteredReader counts the uncompressed bytes and stops at the limits.
type meteredReader struct {
	ctx        context.Context
	r          io.Reader
	n          int64
	compressed int64
	claimed    int64
	limits     Limits
	progress   func(done, total int64)
	err        error
}

func (m *meteredReader) Read(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if m.ctx.Err() != nil {
		m.err = context.Cause(m.ctx)
		return 0, m.err
	}
	n, err := m.r.Read(p)
	m.n += int64(n)
	if m.progress != nil {
		m.progress(m.n, m.claimed)
	}
	switch {
	case m.n > m.limits.Size:
		err = &LimitError{"the size of the archive", m.limits.Size}
	case m.n > RatioFrom && m.n/m.limits.Ratio > m.compressed:
		err = &LimitError{"the ratio of the archive's size to the file's", m.limits.Ratio}
	case err == io.ErrUnexpectedEOF:
		err = errors.New("the file is cut off")
	}
	if err != nil {
		m.err = err
	}
	return n, err
}
