// SPDX-License-Identifier: MIT

package lint

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
)

// submissionRE is how the archives are called that are sent to SlackBuilds.org.
// Packages have other names.
var submissionRE = regexp.MustCompile(`\.tar(\.(gz|bz2|xz|lz))?$`)

// IsArchive reports whether the file's name is that of an archive of a
// SlackBuild directory rather than of a package.
func IsArchive(file string) bool { return submissionRE.MatchString(file) }

// checkArchive looks at the archive of a SlackBuild directory.
func checkArchive(ctx context.Context, file string) ([]finding.Finding, error) {
	base := path.Base(file)
	name := submissionRE.ReplaceAllString(base, "")
	b := &build{findings: findings{holder: file}, dir: mergedPath(file, name), name: name}
	a := &archive{dir: name, files: map[string]fs.FileInfo{}, data: map[string][]byte{}}
	if err := a.read(ctx, file); err != nil {
		return nil, err
	}
	b.source = a
	if err := b.check(); err != nil {
		return nil, err
	}
	for _, other := range a.outside {
		b.add("archive-layout", mergedPath(file, other), 0, "beside the directory %s/", name)
	}
	return b.sorted(), nil
}

// archive is a source: the files below the directory dir.
type archive struct {
	dir     string
	files   map[string]fs.FileInfo
	data    map[string][]byte
	outside []string // the first names that are not in it
}

// Bounds on what is kept of an archive; submissions have a few hundred KiB.
const (
	maxArchive = 64 << 20
	maxOutside = 20
)

func (a *archive) list() (map[string]fs.FileInfo, error) { return a.files, nil }

func (a *archive) open(name string) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(a.data[name])), nil
}

func (a *archive) read(ctx context.Context, file string) error {
	if strings.HasSuffix(file, ".tar") {
		return a.readPlain(file)
	}
	opt := pkgtools.ReadOptions{Limits: pkgtools.Limits{Size: maxArchive}}
	_, err := pkgtools.Scan(ctx, file, opt, func(e *pkgtools.Entry, content io.Reader) error {
		return a.add(e.Path, fileInfo{path.Base(e.Path), e.Size, e.Mode}, content)
	})
	return err
}

// readPlain reads an archive that is not compressed.
func (a *archive) readPlain(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r := tar.NewReader(io.LimitReader(f, maxArchive))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = a.add(path.Clean(h.Name), h.FileInfo(), r)
		}
		if err != nil {
			return fmt.Errorf("%q: %w", file, err)
		}
	}
}

// add keeps a member of the archive.
func (a *archive) add(name string, info fs.FileInfo, content io.Reader) error {
	rel, inside := strings.CutPrefix(name, a.dir+"/")
	switch {
	case !inside && (name == a.dir || name == "."):
		return nil
	case !inside || !fs.ValidPath(rel):
		if len(a.outside) < maxOutside {
			a.outside = append(a.outside, name)
		}
		return nil
	case info.IsDir():
		return nil
	}
	data, err := io.ReadAll(io.LimitReader(content, maxText+1))
	a.files[rel], a.data[rel] = info, data
	return err
}

// fileInfo is the fs.FileInfo of a member.
type fileInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }
