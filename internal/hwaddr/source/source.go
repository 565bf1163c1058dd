// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Source is one thing to read: a table of the kernel, a file.
type Source struct {
	Name string // what a person calls it
	File string // "" for a table of the kernel
	read func(Sink) Result
}

// Result is what came of reading a source.
type Result struct {
	Name   string `json:"name"`
	File   string `json:"file,omitempty"`
	Format string `json:"format,omitempty"`
	// Count is the number of addresses that were read, all of them looked at.
	Count int `json:"addresses"`
	// Absent is set where there is no such file here, which is no failure.
	Absent bool `json:"absent,omitempty"`
	// NotText is set for a file below a directory that is left out, as it is no
	// text: a picture, a database. Absent is set as well.
	NotText bool `json:"not_text,omitempty"`
	// Err says why the source, or a part of it, could not be read.
	Err error `json:"-"`
}

// Read reads the source; it can be read again.
func (s Source) Read(sink Sink) Result {
	r := s.read(sink)
	r.Name, r.File = s.Name, s.File
	return r
}

// MaxDirFiles bounds the files of a directory given as a source.
const MaxDirFiles = 100_000

// From finds the sources that an argument of --from names: a file, "-" for
// stdin, a directory with any number of files (of other hosts, say), and before
// it, with a colon, the name of the format where the content does not show it.
func From(spec string, stdin io.Reader) ([]Source, error) {
	var f *format
	path := spec
	if name, rest, ok := strings.Cut(spec, ":"); ok {
		if f = formatNamed(name); f != nil {
			path = rest
		} else if _, err := os.Stat(spec); err != nil && !strings.ContainsAny(name, "/.") {
			return nil, fmt.Errorf("--from %q: there is neither a format %q nor a file of that name", spec, name)
		}
	}
	if path == "" {
		return nil, fmt.Errorf("--from %q: the file is missing", spec)
	}
	if path == "-" {
		return []Source{stdinSource(f, stdin)}, nil
	}
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return dirSources(path, f)
	}
	// A file that is not there is a source that cannot be read.
	return []Source{fileSource(path, path, f, "", false)}, nil
}

// stdinSource keeps what it reads in a temporary file without a name, so that
// it can be read again.
func stdinSource(f *format, stdin io.Reader) Source {
	var kept *os.File
	var start int64
	var keepErr error
	return Source{Name: "standard input", File: "-", read: func(sink Sink) Result {
		if kept == nil && keepErr == nil {
			kept, start, keepErr = keep(stdin)
		}
		if keepErr != nil {
			return Result{Err: fmt.Errorf("standard input: %w", keepErr)}
		}
		if _, err := kept.Seek(start, io.SeekStart); err != nil {
			return Result{Err: fmt.Errorf("standard input: %w", err)}
		}
		r := readFrom(kept, "-", "standard input", f, "", now(), sink)
		if end, err := kept.Seek(0, io.SeekCurrent); r.Err == nil && err == nil && end == start {
			r.Err = errors.New("standard input: it is empty; has the command that writes it failed?")
		}
		return r
	}}
}

// keep gives a file with what r has, and where in it that begins: a file that
// stdin is already may have been read in part.
func keep(r io.Reader) (f *os.File, start int64, err error) {
	if f, ok := r.(*os.File); ok {
		if start, err := f.Seek(0, io.SeekCurrent); err == nil {
			return f, start, nil
		}
	}
	if f, err = os.CreateTemp("", "bondctl-mac-*"); err != nil {
		return nil, 0, err
	}
	os.Remove(f.Name())
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, 0, nil
}

// fileSource reads one file. Where optional is set, a file that is not there is
// absent, not a failure.
func fileSource(name, path string, f *format, host string, optional bool) Source {
	return Source{Name: name, File: path, read: func(sink Sink) Result {
		file, err := os.OpenFile(path, os.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			gone := errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR)
			if gone && optional {
				return Result{Absent: true}
			}
			return Result{Err: plain(err)}
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return Result{Err: plain(err)}
		}
		if info.IsDir() {
			return Result{Err: fmt.Errorf("%s: %w", path, unix.EISDIR)}
		}
		changed := info.ModTime()
		if strings.HasPrefix(path, "/proc/") || strings.HasPrefix(path, "/sys/") {
			changed = now()
		}
		return readFrom(file, path, name, f, host, changed, sink)
	}}
}

// plain is an error about a file without the system call: "PATH: reason".
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

func readFrom(r io.Reader, path, name string, f *format, host string, changed time.Time, sink Sink) Result {
	br, head, err := decode(r)
	if err == nil && f == nil {
		f, err = recognise(path, head)
	}
	if err != nil {
		return Result{Err: fmt.Errorf("%s: %w", path, err)}
	}
	if f.name != "dhcpcd" && f.name != "qemu" && bytes.IndexByte(head, 0) >= 0 {
		return Result{Err: fmt.Errorf("%s: %w", path, errNotText)}
	}
	in := &input{sink: sink, format: f, source: name, file: path, host: host, time: changed, r: br}
	read := f.read
	if read == nil {
		read = readLines
	}
	if err := read(in); err != nil {
		return Result{Format: f.name, Count: in.count, Err: fmt.Errorf("%s: read as %s: %w", path, f.name, err)}
	}
	return Result{Format: f.name, Count: in.count, Err: in.unreadErr()}
}

// dirSources finds the files below a directory. What is no text and nothing
// known is left out there, as pictures and databases are; a file that cannot be
// opened is not.
func dirSources(dir string, f *format) ([]Source, error) {
	var list []Source
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			// A directory that cannot be listed is a source that cannot be read.
			list = append(list, Source{Name: path, File: path, read: func(Sink) Result { return Result{Err: plain(err)} }})
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if len(list) == MaxDirFiles {
			return fmt.Errorf("--from %s: more than %d files", dir, MaxDirFiles)
		}
		s := fileSource(path, path, f, hostOf(dir, path), false)
		read := s.read
		s.read = func(sink Sink) Result {
			r := read(sink)
			if f == nil && errors.Is(r.Err, errNotText) {
				return Result{Absent: true, NotText: true}
			}
			return r
		}
		list = append(list, s)
		return nil
	})
	return list, err
}

// hostOf is the host whose file path is: the directories below dir, without
// those that every host has.
func hostOf(dir, path string) string {
	rel, err := filepath.Rel(dir, path)
	if err != nil {
		return ""
	}
	parts := strings.Split(filepath.Dir(rel), string(filepath.Separator))
	for i, p := range parts {
		switch p {
		case "etc", "proc", "sys", "var", "root", "rc.d", ".":
			parts = parts[:i]
		default:
			continue
		}
		break
	}
	if len(parts) > 0 {
		return filepath.Join(parts...)
	}
	if filepath.Dir(rel) == "." {
		return filepath.Base(rel) // one file a host
	}
	return ""
}
