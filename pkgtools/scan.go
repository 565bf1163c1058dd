// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// Package is what a package file holds.
type Package struct {
	File           string // its path, as it was given
	Full           string // its name, without directory and extension
	Ext            string // of its compression, which is not always that of its name
	CompressedSize int64
	Size           int64 // of the archive
	Entries        []Entry
	SlackDesc      []byte // install/slack-desc; nil if there is none
	Doinst         []byte // install/doinst.sh
	Douninst       []byte // install/douninst.sh
	// Dotted is set where the names of the members start with "./", as plain
	// tar makes them: installpkg then finds neither doinst.sh nor slack-desc.
	Dotted bool
	// Odd is what was unusual about the archive; see Reader.Odd.
	Odd []Oddity
}

// Description is the lines that installpkg records for the package, with the
// name and colon in front.
func (p *Package) Description() []string {
	base := BaseName(p.Full)
	lines := descriptionLines(p.SlackDesc, base)
	if base != p.Full {
		lines = append(lines, descriptionLines(p.SlackDesc, p.Full)...)
	}
	return lines
}

// Links are the symbolic links that doinst.sh makes, by their path.
func (p *Package) Links() map[string]string {
	links := map[string]string{}
	for _, l := range scriptLinks(p.Doinst) {
		links[l.path] = l.target
	}
	return links
}

// Scan reads the whole package file name, once, and checks all of it. visit,
// where not nil, is called for each entry and may read its content.
func Scan(ctx context.Context, name string, opt ReadOptions, visit func(e *Entry, content io.Reader) error) (*Package, error) {
	return scan(ctx, name, opt, visit, func(*Package) bool { return false })
}

// Describe reads the package file name as far as its description, which comes
// early in packages made by makepkg. Size is what the file claims, Entries has
// only what was read; what follows was not checked.
func Describe(ctx context.Context, name string, opt ReadOptions) (*Package, error) {
	opt.Threads = 1 // others would decompress what is not wanted
	return scan(ctx, name, opt, nil, func(p *Package) bool { return p.SlackDesc != nil })
}

func scan(ctx context.Context, name string, opt ReadOptions, visit func(*Entry, io.Reader) error, enough func(*Package) bool) (_ *Package, err error) {
	r, err := Open(ctx, name, opt)
	if err != nil {
		return nil, err
	}
	defer r.Close() // reading it to its end has told all that there is to tell
	p := &Package{File: name, Ext: r.ext, CompressedSize: r.in.compressed}
	p.Full, _ = TrimExt(filepath.Base(name))
	for !enough(p) {
		e, err := r.Next()
		if err == io.EOF {
			p.Size, p.Dotted, p.Odd = r.Size(), r.dotted > 0, r.Odd()
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		if err := p.add(e, r, visit); err != nil {
			var named *PackageError
			if errors.As(err, &named) {
				return nil, err
			}
			return nil, fmt.Errorf("%q: %w", name, err)
		}
	}
	p.Dotted = r.dotted > 0
	if p.Size, err = r.src.claimedSize(r.ext); err != nil {
		return nil, r.because(err)
	}
	return p, nil
}

func (p *Package) add(e *Entry, content io.Reader, visit func(*Entry, io.Reader) error) error {
	p.Entries = append(p.Entries, *e)
	var keep *[]byte
	switch e.Path {
	case "install/slack-desc":
		keep = &p.SlackDesc
	case doinstPath:
		keep = &p.Doinst
	case douninstPath:
		keep = &p.Douninst
	}
	if keep != nil && e.file() {
		if e.Size > maxScript {
			return &PackageError{p.File, &LimitError{fmt.Sprintf("the size of %q", e.Path), maxScript}}
		}
		*keep = make([]byte, e.Size)
		if _, err := io.ReadFull(content, *keep); err != nil {
			return err
		}
		content = bytes.NewReader(*keep)
	}
	if visit == nil {
		return nil
	}
	return visit(e, content)
}
