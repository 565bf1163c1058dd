// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// maxDictionary bounds the memory of a decompressor: xz -9 needs 64 MiB, and
// installpkg's xz has to cope with what is read.
const maxDictionary = 128 * mib

// source is a compressed file.
type source struct {
	io.ReaderAt
	size int64
}

// stream is the file from its beginning. The buffer matters: the decoders ask
// for single bytes. So does the context: they may read a lot before they give
// anything.
func (s *source) stream(ctx context.Context) *bufio.Reader {
	return bufio.NewReaderSize(&contextReader{ctx, io.NewSectionReader(s, 0, s.size)}, 256<<10)
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}

// formats by the bytes with which a file starts.
var formats = []struct {
	magic, ext string
	open       func(ctx context.Context, s *source) (io.ReadCloser, error) // nil for xz
}{
	{"\xfd7zXZ\x00", ".txz", nil},
	{"\x1f\x8b", ".tgz", func(ctx context.Context, s *source) (io.ReadCloser, error) {
		return gzip.NewReader(s.stream(ctx))
	}},
	{"BZh", ".tbz", func(ctx context.Context, s *source) (io.ReadCloser, error) {
		return io.NopCloser(bzip2.NewReader(s.stream(ctx))), nil
	}},
	{"LZIP", ".tlz", func(ctx context.Context, s *source) (io.ReadCloser, error) {
		return io.NopCloser(newLzipReader(ctx, s.stream(ctx), maxDicts(s.size))), nil
	}},
	// A .tlz before Slackware 15.0 is raw LZMA.
	{"\x5d\x00\x00", ".tlz", func(ctx context.Context, s *source) (io.ReadCloser, error) {
		in := s.stream(ctx)
		r, err := lzma.ReaderConfig{DictCap: maxDictionary}.NewReader(in)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(&wholeReader{r, in}), nil
	}},
}

// wholeReader refuses data behind the end of what r reads of in.
type wholeReader struct {
	r  io.Reader
	in *bufio.Reader
}

func (w *wholeReader) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err == io.EOF {
		if _, peekErr := w.in.Peek(1); peekErr != io.EOF {
			err = errors.New("there is data after its end")
		}
	}
	return n, err
}

// decompress reads the file, whatever it is compressed with. Only when it has
// given io.EOF have all sums in the file been checked.
func (s *source) decompress(ctx context.Context, engine string, threads int) (r io.ReadCloser, ext string, err error) {
	magic := make([]byte, 6)
	n, err := s.ReadAt(magic, 0)
	if err != nil && err != io.EOF {
		return nil, "", err
	}
	for _, format := range formats {
		if !strings.HasPrefix(string(magic[:n]), format.magic) {
			continue
		}
		if format.open == nil {
			r, err = s.xz(ctx, engine, threads)
		} else {
			r, err = format.open(ctx, s)
		}
		return r, format.ext, err
	}
	return nil, "", errors.New("is not compressed with xz, gzip, bzip2 or lzip")
}

func (s *source) xz(ctx context.Context, engine string, threads int) (io.ReadCloser, error) {
	if engine != Go && xzUtils() > 0 {
		if threads <= 0 {
			threads = runtime.NumCPU()
		}
		return startReader(ctx, io.NewSectionReader(s, 0, s.size), "xz", "-dc", "--threads="+strconv.Itoa(threads),
			"--memlimit-decompress="+strconv.Itoa(2*maxDictionary))
	}
	if engine == Program {
		return nil, errNoXz
	}
	if err := checkXz(ctx, s); err != nil {
		return nil, err
	}
	r, err := xz.ReaderConfig{DictCap: 8 * mib}.NewReader(s.stream(ctx))
	if err != nil {
		return nil, err
	}
	return io.NopCloser(r), nil
}

// claimedSize is the uncompressed size that the file gives itself, 0 where its
// format has none.
func (s *source) claimedSize(ext string) (int64, error) {
	switch ext {
	case ".txz":
		return xzSize(s)
	case ".tgz": // modulo 4 GiB: RFC 1952
		var b [4]byte
		_, err := s.ReadAt(b[:], s.size-4)
		return int64(binary.LittleEndian.Uint32(b[:])), err
	}
	return 0, nil
}

// programReader reads the output of a decompressor program. At the end it
// gives io.EOF only if the program was content with the whole file.
type programReader struct {
	cmd    *exec.Cmd
	out    io.ReadCloser
	stderr bytes.Buffer
	ended  bool
	cancel context.CancelFunc
}

func startReader(ctx context.Context, in io.Reader, args ...string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &programReader{cmd: exec.CommandContext(ctx, args[0], args[1:]...), cancel: cancel}
	p.cmd.Stdin, p.cmd.Stderr = in, &p.stderr
	p.cmd.Env = append(os.Environ(), "XZ_OPT=", "XZ_DEFAULTS=", "LC_ALL=C")
	var err error
	if p.out, err = p.cmd.StdoutPipe(); err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	return p, nil
}

func (p *programReader) Read(b []byte) (int, error) {
	n, err := p.out.Read(b)
	if err == nil || n > 0 {
		return n, nil
	}
	if err == io.EOF && !p.ended {
		p.ended = true
		if waitErr := p.cmd.Wait(); waitErr != nil {
			said := strings.TrimPrefix(firstLine(strings.TrimSpace(p.stderr.String())), "xz: (stdin): ")
			if said == "" {
				said = waitErr.Error()
			}
			return 0, fmt.Errorf("xz: %s", said)
		}
	}
	return 0, err
}

// Close ends a program that is still running: nobody wants the rest.
func (p *programReader) Close() error {
	p.cancel()
	if !p.ended {
		p.ended = true
		p.cmd.Wait() // it was killed, and says so
	}
	return nil
}
