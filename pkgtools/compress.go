// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
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
	"sync"
)

// The engines that Compression.Engine can name.
const (
	Auto     = ""        // xz of XZ Utils where there is one, else Go
	Program  = "program" // xz of XZ Utils, an error where it is missing
	SevenZip = "7z"      // 7-Zip, an error where it is missing; it cannot read
	Go       = "go"      // this process: no program is needed
)

// Compression says how an archive is compressed. The zero value is level 9, and
// all processors. The bytes depend on the version of the program that is used,
// but on no other program being there or not: bzip2 and lzip are used also where
// lbzip2 and plzip are installed, which write others.
type Compression struct {
	// Engine is for xz.
	Engine string
	// Options are given to the compressor program in place of -9.
	Options []string
	// Threads is how many processors may be used; 0 means all. The result is
	// the same for any number, with the same programs.
	Threads int
}

// compressors by the extension of the file.
var compressors = []struct {
	exts []string
	open func(c *compression) (io.WriteCloser, error)
}{
	{[]string{".txz", ".tar.xz"}, (*compression).xz},
	{[]string{".tgz", ".tar.gz"}, (*compression).gzip},
	{[]string{".tbz", ".tar.bz2"}, (*compression).bzip2},
	{[]string{".tlz", ".tar.lz"}, (*compression).lzip},
	{[]string{".tar.lzma"}, (*compression).lzma},
}

// OutputName cuts a name for Write into the name of the package and the
// extension, which is empty where Write knows no compressor for it.
func OutputName(path string) (full, ext string) {
	full = path[strings.LastIndexByte(path, '/')+1:]
	for _, c := range compressors {
		for _, e := range c.exts {
			if s, ok := strings.CutSuffix(full, e); ok {
				return s, e
			}
		}
	}
	return full, ""
}

// compression is one compressor being set up.
type compression struct {
	Compression
	ctx   context.Context
	out   io.Writer
	total int64 // bytes to come, nearly
	notes []string
}

// newCompressor gives a compressor that writes to out. Its Close returns when
// everything is written, and reports what went wrong. notes are warnings.
func newCompressor(ctx context.Context, out io.Writer, ext string, total int64, opt Compression) (io.WriteCloser, []string, error) {
	c := &compression{Compression: opt, ctx: ctx, out: out, total: total}
	if c.Threads <= 0 {
		c.Threads = runtime.NumCPU()
	}
	for _, z := range compressors {
		for _, e := range z.exts {
			if e == ext {
				w, err := z.open(c)
				return w, c.notes, err
			}
		}
	}
	return nil, nil, fmt.Errorf("the extension %q is none of a package: .txz, .tgz, .tbz, .tlz", ext)
}

// options are the caller's, or those given here.
func (c *compression) options(preset ...string) []string {
	if len(c.Options) > 0 {
		return c.Options
	}
	return preset
}

func (c *compression) gzip() (io.WriteCloser, error) {
	level := gzip.BestCompression
	switch len(c.Options) {
	case 0:
	case 1:
		n, err := strconv.Atoi(strings.TrimPrefix(c.Options[0], "-"))
		if err == nil && 1 <= n && n <= 9 {
			level = n
			break
		}
		fallthrough
	default:
		return c.program(append([]string{"gzip", "-cn"}, c.Options...)...)
	}
	z, err := gzip.NewWriterLevel(c.out, level)
	if err == nil {
		z.OS = 3 // Unix, as gzip(1) writes (RFC 1952)
	}
	return z, err
}

func (c *compression) bzip2() (io.WriteCloser, error) {
	return c.program(append([]string{"bzip2", "-c"}, c.options("-9")...)...)
}

func (c *compression) lzip() (io.WriteCloser, error) {
	return c.program(append([]string{"lzip", "-c"}, c.options("-9")...)...)
}

func (c *compression) lzma() (io.WriteCloser, error) {
	if xzUtils() == 0 {
		return nil, fmt.Errorf("%w, which is needed for this kind of package", errNoXz)
	}
	return c.program(append([]string{"xz", "--format=lzma", "-c"}, c.options("-9")...)...)
}

// program starts a compressor program.
func (c *compression) program(args ...string) (io.WriteCloser, error) {
	if _, err := exec.LookPath(args[0]); err != nil {
		return nil, fmt.Errorf("%s is needed for this kind of package: %w", args[0], err)
	}
	p := &compressorProgram{cmd: exec.CommandContext(c.ctx, args[0], args[1:]...)}
	p.cmd.Stdout, p.cmd.Stderr = c.out, &p.stderr
	// Its environment could change what it does.
	p.cmd.Env = append(os.Environ(), "XZ_OPT=", "XZ_DEFAULTS=", "GZIP=", "BZIP=", "BZIP2=", "LC_ALL=C")
	var err error
	if p.WriteCloser, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

type compressorProgram struct {
	io.WriteCloser
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

func (p *compressorProgram) Close() error {
	err := p.WriteCloser.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil // the program has ended; Wait tells why
	}
	if waitErr := p.cmd.Wait(); waitErr != nil {
		if said := strings.Join(strings.Fields(p.stderr.String()), " "); said != "" {
			return fmt.Errorf("%.300s: %w", said, waitErr)
		}
		return fmt.Errorf("%s: %w", p.cmd.Args[0], waitErr)
	}
	return err
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// parallel compresses blocks of what is written to it with compress, as many
// at a time as there are threads, and writes the results in order.
type parallel struct {
	out      io.Writer
	block    int
	compress func([]byte) ([]byte, error)
	buf      []byte
	queue    chan chan result // results to come, in order
	written  chan error
	once     sync.Once
	failed   chan struct{} // closed when nothing more can be written
}

type result struct {
	data []byte
	err  error
}

func newParallel(out io.Writer, threads, block int, compress func([]byte) ([]byte, error)) *parallel {
	p := &parallel{out: out, block: block, compress: compress, queue: make(chan chan result, threads-1),
		written: make(chan error, 1), failed: make(chan struct{})}
	go func() {
		var err error
		for c := range p.queue {
			r := <-c
			if err == nil {
				err = r.err
			}
			if err == nil {
				_, err = p.out.Write(r.data)
			}
			if err != nil {
				p.once.Do(func() { close(p.failed) })
			}
		}
		p.written <- err
	}()
	return p
}

func (p *parallel) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		k := min(len(b), p.block-len(p.buf))
		p.buf = append(p.buf, b[:k]...)
		b = b[k:]
		if len(p.buf) == p.block {
			select {
			case <-p.failed:
				return 0, io.ErrClosedPipe
			default:
			}
			p.flush()
		}
	}
	return n, nil
}

func (p *parallel) flush() {
	c, buf := make(chan result, 1), p.buf
	p.buf = make([]byte, 0, p.block)
	p.queue <- c
	go func() {
		data, err := p.compress(buf)
		c <- result{data, err}
	}()
}

func (p *parallel) Close() error {
	if len(p.buf) > 0 {
		p.flush()
	}
	close(p.queue)
	return <-p.written
}
