// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"context"
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

// formats by the bytes with which a file starts.
var formats = []struct {
	magic, ext string
	open       func(ctx context.Context, f *os.File, engine string, threads int) (io.ReadCloser, error)
}{
	{"\xfd7zXZ\x00", ".txz", openXz},
	{"\x1f\x8b", ".tgz", func(_ context.Context, f *os.File, _ string, _ int) (io.ReadCloser, error) {
		return gzip.NewReader(buffered(f))
	}},
	{"BZh", ".tbz", func(_ context.Context, f *os.File, _ string, _ int) (io.ReadCloser, error) {
		return io.NopCloser(bzip2.NewReader(buffered(f))), nil
	}},
	{"LZIP", ".tlz", func(_ context.Context, f *os.File, _ string, _ int) (io.ReadCloser, error) {
		return io.NopCloser(newLzipReader(buffered(f))), nil
	}},
	// A .tlz before Slackware 15.0 is raw LZMA.
	{"\x5d\x00\x00", ".tlz", func(_ context.Context, f *os.File, _ string, _ int) (io.ReadCloser, error) {
		r, err := lzma.ReaderConfig{DictCap: maxDictionary}.NewReader(buffered(f))
		if err != nil {
			return nil, err
		}
		return io.NopCloser(r), nil
	}},
}

// buffered matters: the decoders ask for single bytes.
func buffered(r io.Reader) *bufio.Reader { return bufio.NewReaderSize(r, mib) }

// decompressor reads f, whatever it is compressed with. Only when it has given
// io.EOF have all sums in the file been checked.
func decompressor(ctx context.Context, f *os.File, engine string, threads int) (r io.ReadCloser, ext string, err error) {
	magic := make([]byte, 6)
	n, err := f.ReadAt(magic, 0)
	if err != nil && err != io.EOF {
		return nil, "", err
	}
	for _, format := range formats {
		if strings.HasPrefix(string(magic[:n]), format.magic) {
			r, err = format.open(ctx, f, engine, threads)
			return r, format.ext, err
		}
	}
	return nil, "", errors.New("is not compressed with xz, gzip, bzip2 or lzip")
}

func openXz(ctx context.Context, f *os.File, engine string, threads int) (io.ReadCloser, error) {
	if engine != Go && haveXz() {
		if threads <= 0 {
			threads = runtime.NumCPU()
		}
		return startReader(ctx, f, "xz", "-dc", "--threads="+strconv.Itoa(threads),
			"--memlimit-decompress="+strconv.Itoa(2*maxDictionary))
	}
	if engine == Program {
		return nil, errors.New("there is no xz program")
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkXz(f, info.Size()); err != nil {
		return nil, err
	}
	r, err := xz.ReaderConfig{DictCap: 8 * mib}.NewReader(buffered(f))
	if err != nil {
		return nil, err
	}
	return io.NopCloser(r), nil
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

func startReader(ctx context.Context, f *os.File, args ...string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &programReader{cmd: exec.CommandContext(ctx, args[0], args[1:]...), cancel: cancel}
	p.cmd.Stdin, p.cmd.Stderr = f, &p.stderr
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
