// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WriteOptions say how a package is made from entries. The zero value keeps
// symbolic links in the archive.
type WriteOptions struct {
	Links   bool // move symbolic links to install/doinst.sh, as all packages of Slackware have it
	Prepend bool // put the links before what is in doinst.sh, not after it
	Dirs755 bool // make all directories root:root 755
	Devices bool // allow block and character devices

	Compression Compression
	// Epoch is the latest time that a file of the package has; later ones
	// become it. The zero time changes nothing.
	Epoch time.Time
	// Warn, where set, is told after writing what may be a mistake in the
	// tree, or lost by Slackware's package tools.
	Warn func(string)
	// Progress, where set, is told how much of the archive is written.
	Progress func(done, total int64)
}

// ParseEpoch reads a value of SOURCE_DATE_EPOCH: seconds since 1970
// (https://reproducible-builds.org/specs/source-date-epoch/).
func ParseEpoch(value string) (time.Time, error) {
	n, err := strconv.ParseUint(value, 10, 63)
	if err != nil || n > 1<<33-1 { // what eleven octal digits hold
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH=%q is not a number of seconds since 1970", value)
	}
	return time.Unix(int64(n), 0), nil
}

// Write makes the package file name of entries, compressed as its extension
// says: see Encode. The file appears under its name when it is whole and on the
// disk; until then, and after any error, what was there before stays.
func Write(ctx context.Context, name string, entries []Entry, opt WriteOptions) error {
	members, warnings, err := plan(entries, opt)
	if err != nil {
		return err
	}
	file, err := createOutput(name)
	if err != nil {
		return err
	}
	defer file.abandon()
	_, ext := OutputName(name)
	notes, err := encode(ctx, file.File, ext, members, opt)
	if err == nil {
		err = file.finish()
	}
	if err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	opt.tell(notes, warnings, contentWarnings(members))
	return nil
}

// Encode writes a package of entries to w. The compressor follows from ext,
// which is one of Extensions, or .tar.gz, .tar.bz2, .tar.lz, .tar.lzma or
// .tar.xz. The same entries and options give the same bytes. A file that cannot
// be packaged is an *EntryError.
func Encode(ctx context.Context, w io.Writer, ext string, entries []Entry, opt WriteOptions) error {
	members, warnings, err := plan(entries, opt)
	if err != nil {
		return err
	}
	notes, err := encode(ctx, w, ext, members, opt)
	if err != nil {
		return err
	}
	opt.tell(notes, warnings, contentWarnings(members))
	return nil
}

// encode writes the archive. notes are warnings of the compressor.
func encode(ctx context.Context, w io.Writer, ext string, members []Entry, opt WriteOptions) (notes []string, err error) {
	total := archiveSize(members)
	z, notes, err := newCompressor(ctx, w, ext, total, opt.Compression)
	if err != nil {
		return nil, err
	}
	err = writeTar(ctx, &countingWriter{w: z, total: total, progress: opt.Progress}, members)
	if closeErr := z.Close(); closeErr != nil {
		err = errors.Join(closeErr, ignoreEPIPE(err))
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx) // and not that the compressor was ended by it
	}
	return notes, err
}

func (opt *WriteOptions) tell(warnings ...[]string) {
	if opt.Warn == nil {
		return
	}
	for _, text := range slices.Concat(warnings...) {
		opt.Warn(text)
	}
}

// ignoreEPIPE drops the error that only says that the compressor has ended: the
// compressor's own words say why.
func ignoreEPIPE(err error) error {
	if errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed) || err != nil && strings.Contains(err.Error(), "broken pipe") {
		return nil
	}
	return err
}

// tarBlock is the unit of a tar archive, tarRecord that of its whole length.
const (
	tarBlock  = 512
	tarRecord = 20 * tarBlock
)

// archiveSize is the length of the archive of members, nearly: headers of long
// names and pax records are not counted.
func archiveSize(members []Entry) int64 {
	total := int64(2 * tarBlock)
	for i := range members {
		total += tarBlock
		if members[i].file() {
			total += (members[i].Size + tarBlock - 1) / tarBlock * tarBlock
		}
	}
	return (total + tarRecord - 1) / tarRecord * tarRecord
}

// writeTar writes the archive: GNU format, or pax where an entry has extended
// attributes, padded to whole records as GNU tar does.
func writeTar(ctx context.Context, out *countingWriter, members []Entry) error {
	format := tar.FormatGNU
	for i := range members {
		if len(members[i].Xattrs) > 0 {
			format = tar.FormatPAX
		}
	}
	tw := tar.NewWriter(out)
	buf := make([]byte, 256<<10)
	for i := range members {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if err := writeMember(tw, &members[i], format, buf); err != nil {
			return err
		}
	}
	if err := tw.Close(); err != nil {
		return err
	}
	_, err := out.Write(make([]byte, (tarRecord-out.n%tarRecord)%tarRecord))
	return err
}

func writeMember(tw *tar.Writer, e *Entry, format tar.Format, buf []byte) error {
	h := &tar.Header{
		Format: format, Name: e.member(), Mode: perm(e.Mode), ModTime: e.ModTime,
		Uid: e.UID, Gid: e.GID, Uname: e.User, Gname: e.Group,
	}
	switch {
	case e.HardLink != "":
		h.Typeflag, h.Linkname = tar.TypeLink, e.HardLink
	case e.Mode.IsDir():
		h.Typeflag = tar.TypeDir
	case e.symlink():
		h.Typeflag, h.Linkname = tar.TypeSymlink, e.Link
		h.Mode = 0o777
	case e.Mode&fs.ModeCharDevice != 0:
		h.Typeflag, h.Devmajor, h.Devminor = tar.TypeChar, e.Major, e.Minor
	case e.device():
		h.Typeflag, h.Devmajor, h.Devminor = tar.TypeBlock, e.Major, e.Minor
	case e.Mode&fs.ModeNamedPipe != 0:
		h.Typeflag = tar.TypeFifo
	default:
		h.Typeflag, h.Size = tar.TypeReg, e.Size
	}
	if len(e.Xattrs) > 0 {
		h.PAXRecords = e.Xattrs
	}
	if err := tw.WriteHeader(h); err != nil {
		return fmt.Errorf("%q: %w", e.Path, err)
	}
	if !e.file() || e.Size == 0 {
		return nil
	}
	r, err := e.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	n, err := io.CopyBuffer(onlyWriter{tw}, onlyReader{io.LimitReader(r, e.Size+1)}, buf)
	if errors.Is(err, tar.ErrWriteTooLong) || err == nil && n != e.Size {
		return &EntryError{e.Path, "has changed while it was packaged"}
	}
	return err
}

// onlyReader and onlyWriter hide ReadFrom and WriteTo, so that the buffer that
// is already there is used.
type (
	onlyReader struct{ io.Reader }
	onlyWriter struct{ io.Writer }
)

// countingWriter counts what is written, and tells of it.
type countingWriter struct {
	w        io.Writer
	n, total int64
	progress func(done, total int64)
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.n += int64(n)
	if w.progress != nil {
		w.progress(min(w.n, w.total), w.total)
	}
	return n, err
}
