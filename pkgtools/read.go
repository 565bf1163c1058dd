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

	"golang.org/x/sys/unix"
)

// Limits bound what reading a package may cost. A field that is 0 has the value
// of DefaultLimits, one that is negative sets no limit.
type Limits struct {
	Size    int64 // of the archive, uncompressed, and of what it expands to
	Ratio   int64 // of either of these to the size of the file, above RatioFrom bytes
	Entries int64
}

// DefaultLimits are far above any package of Slackware: the kernel's source has
// 90,000 files. With them, what is kept of a package takes some 100 MB at most.
var DefaultLimits = Limits{Size: 32 << 30, Ratio: 250, Entries: 1 << 18}

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
const maxNames = 64 * mib

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
	buf     *bufio.Reader // the archive: what in reads
	in      *meteredReader
	tr      *tar.Reader
	entry   *Entry
	ext     string
	limits  Limits
	seen    map[string]fs.FileMode
	texts   map[string]string // names of accounts, which are the same all over
	global  map[string]string // pax records for all members that follow
	odd     oddities
	total   int64 // of what the files expand to
	names   int64 // of what is kept of the entries
	dotted  int   // members whose names start with ./
	members int   // of any type
	entries int   // of these, those that Next gave
	err     error
}

// Open opens the package file name. Its errors, and those of the Reader, are
// *PackageError, but for those of ctx.
func Open(ctx context.Context, name string, opt ReadOptions) (*Reader, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe would have us wait
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
	r.limits, r.seen, r.texts = opt.Limits.orDefault(), map[string]fs.FileMode{}, map[string]string{}
	r.buf = bufio.NewReaderSize(stream, 256<<10) // tar asks for single blocks
	r.in = &meteredReader{ctx: ctx, r: r.buf, limits: r.limits, compressed: compressed, progress: opt.Progress}
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
	var named *PackageError
	switch {
	case err == io.EOF || errors.As(err, &named):
		return err
	case r.in != nil && r.in.ctx.Err() != nil:
		return context.Cause(r.in.ctx)
	}
	return &PackageError{r.name, err}
}

// Size is how much of the uncompressed archive has been read.
func (r *Reader) Size() int64 { return r.in.n }

// Odd is what was unusual about the archive as far as it was read.
func (r *Reader) Odd() []Oddity { return r.odd.list() }

// Next goes to the next entry. Its content is read with Read.
func (r *Reader) Next() (*Entry, error) {
	if r.err == nil {
		r.entry, r.err = r.next()
	}
	if r.err != nil {
		r.err = r.because(r.err)
		return nil, r.err
	}
	return r.entry, nil
}

// Read reads the content of the entry that Next gave last.
func (r *Reader) Read(p []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, r.because(panicked(v))
			r.err = err
		}
	}()
	if r.err != nil {
		return 0, r.err
	}
	n, err = r.tr.Read(p)
	if err != nil && err != io.EOF {
		err = r.because(r.cause(err)) // never io.EOF: that would be the end of the content
	}
	return n, err
}

// panicked is the error for a library that failed on what it was given.
func panicked(v any) error {
	return fmt.Errorf("is damaged in a way that no reader is prepared for (%.200v)", v)
}

func (r *Reader) next() (e *Entry, err error) {
	defer func() {
		if v := recover(); v != nil {
			e, err = nil, panicked(v)
		}
	}()
	for e == nil {
		if err := r.skip(); err != nil {
			return nil, err
		}
		h, err := r.tr.Next()
		if err == io.EOF { // in the middle of a member's headers
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, r.cause(err)
		}
		if r.members++; int64(r.members) > r.limits.Entries {
			return nil, &LimitError{"the number of files", r.limits.Entries}
		}
		if e, err = r.convert(h); err != nil {
			return nil, err
		}
	}
	r.entries++
	return e, r.count(e)
}

// skip reads what was not read of the last member, and finds out whether that
// was the last one: then it reads the stream to its end and gives io.EOF. One
// block of zeros is the end, as it is for tar: makepkg up to Slackware 14.2
// wrote no second one where the first filled the last record of the archive.
func (r *Reader) skip() error {
	if r.members > 0 {
		if _, err := io.Copy(io.Discard, r.tr); err != nil {
			return r.cause(err)
		}
	}
	pad := int(-r.in.n & (tarBlock - 1)) // up to the next block, which tar has not read yet
	b, err := r.buf.Peek(pad + tarBlock)
	switch {
	case err != nil && err != io.EOF:
		r.in.err = cutOff(err)
		return r.in.err
	case err == io.EOF && r.members == 0 && len(b) == 0:
		return errors.New("the archive is empty")
	case err == io.EOF && len(b) != pad:
		return errors.New("the archive is cut off")
	case err == io.EOF:
		return errors.New("the archive is cut off: its end mark is missing")
	case !zeros(b[pad:]):
		return nil
	case r.entries == 0:
		return errors.New("the archive is empty")
	}
	return r.finish(pad)
}

// finish reads the stream to its end, which checks its sums. What stands
// behind the end of the archive is no part of it.
func (r *Reader) finish(pad int) error {
	buf := make([]byte, 64<<10)
	zeros, other := int64(-pad), int64(0)
	for {
		n, err := r.in.Read(buf)
		if other == 0 {
			k := len(buf[:n]) - len(bytes.TrimLeft(buf[:n], "\x00"))
			zeros += int64(k)
			other += int64(n - k)
		} else {
			other += int64(n)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	switch {
	case other > 0:
		r.odd.add("", "there is more behind the end of the archive, which tar does not read")
	case zeros < 2*tarBlock:
		r.odd.add("", "the archive ends in one block of zeros, not two, as makepkg up to Slackware 14.2 may write it")
		r.odd.first[len(r.odd.first)-1].Usual = true
	}
	return io.EOF
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
	default:
		err = cutOff(err)
	}
	if err != nil {
		m.err = err
	}
	return n, err
}

// cutOff says what a decompressor means by io.ErrUnexpectedEOF.
func cutOff(err error) error {
	if err == io.ErrUnexpectedEOF {
		return errors.New("the file is cut off")
	}
	return err
}
