// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

// SourceDate is the time that no file of a package of the manifest is newer
// than: that of the environment, the manifest or the last commit; zero where
// there is none.
func (m *Manifest) SourceDate(ctx context.Context) (time.Time, error) { return m.epoch(ctx) }

// SourceTree is the directory that has all of the source: the work tree of git
// that the manifest lies in, since paths may lead upwards, else its directory.
func (m *Manifest) SourceTree(ctx context.Context) (string, error) {
	dir, err := filepath.Abs(m.Dir)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel")
	cmd.Dir = dir
	out, err := cmd.Output()
	if top := strings.TrimSuffix(string(out), "\n"); err == nil && filepath.IsAbs(top) {
		return top, nil
	}
	return dir, nil
}

// CopyReversed copies the tree src to dst, which must not exist, and makes the
// files of each directory in the opposite order: many file systems list them as
// they were made. Modes and times stay, those of directories too. The directory
// of dst, which may be in src, is left out.
func CopyReversed(ctx context.Context, dst, src string) error {
	skip, err := os.Stat(filepath.Dir(dst))
	if err != nil {
		return err
	}
	return copyReversed(ctx, dst, src, skip)
}

func copyReversed(ctx context.Context, dst, src string, skip fs.FileInfo) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	info, err := os.Stat(src)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dst, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(src)
	if err != nil {
		return err
	}
	slices.Reverse(files)
	for _, f := range files {
		from, to := filepath.Join(src, f.Name()), filepath.Join(dst, f.Name())
		var info fs.FileInfo
		if info, err = f.Info(); err != nil {
			return err
		}
		switch {
		case f.IsDir() && os.SameFile(info, skip):
		case f.IsDir():
			err = copyReversed(ctx, to, from, skip)
		case f.Type()&fs.ModeSymlink != 0:
			var target string
			if target, err = os.Readlink(from); err == nil {
				err = os.Symlink(target, to)
			}
		case f.Type().IsRegular():
			if err = copyFile(to, from, info); err == nil {
				err = os.Chmod(to, info.Mode().Perm())
			}
		} // sockets, pipes and devices are no source
		if err != nil {
			return err
		}
	}
	return errors.Join(os.Chmod(dst, info.Mode().Perm()), os.Chtimes(dst, info.ModTime(), info.ModTime()))
}

// Differences tells in what the packages a and b, which should have the same
// bytes, differ: nothing where they do not.
func Differences(ctx context.Context, a, b string) ([]string, error) {
	same, err := sameBytes(a, b)
	if err != nil || same {
		return nil, err
	}
	opt := pkgtools.ReadOptions{Limits: pkgtools.Limits{Ratio: -1}}
	changes, err := pkgtools.Diff(ctx, a, b, opt)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, c := range changes {
		what := strings.Join(c.What, ", ")
		if c.Kind != "changed" {
			what = "is in one of them only"
		}
		lines = append(lines, fmt.Sprintf("%q: %s", c.Path, what))
	}
	times, err := differentTimes(ctx, a, b, opt)
	if err != nil {
		return nil, err
	}
	for _, line := range times {
		lines = append(lines, line+"; set mtime in the manifest, or SOURCE_DATE_EPOCH")
	}
	if len(lines) == 0 {
		lines = append(lines, "the files are the same, but not how they are stored or compressed")
	}
	return lines, nil
}

func differentTimes(ctx context.Context, a, b string, opt pkgtools.ReadOptions) ([]string, error) {
	times := map[string]time.Time{}
	_, err := pkgtools.Scan(ctx, a, opt, func(e *pkgtools.Entry, _ io.Reader) error {
		times[e.Path] = e.ModTime
		return nil
	})
	if err != nil {
		return nil, err
	}
	var lines []string
	_, err = pkgtools.Scan(ctx, b, opt, func(e *pkgtools.Entry, _ io.Reader) error {
		if t, ok := times[e.Path]; ok && !t.Equal(e.ModTime) {
			lines = append(lines, fmt.Sprintf("%q: time %s to %s", e.Path, t.UTC().Format(time.RFC3339), e.ModTime.UTC().Format(time.RFC3339)))
		}
		return nil
	})
	return lines, err
}

func sameBytes(a, b string) (same bool, err error) {
	f, err := os.Open(a)
	if err != nil {
		return false, err
	}
	defer f.Close()
	g, err := os.Open(b)
	if err != nil {
		return false, err
	}
	defer g.Close()
	one, other := make([]byte, 1<<16), make([]byte, 1<<16)
	for {
		n, err1 := io.ReadFull(f, one)
		k, err2 := io.ReadFull(g, other)
		if !bytes.Equal(one[:n], other[:k]) {
			return false, nil
		}
		for _, err := range []error{err1, err2} {
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		if err1 != nil || err2 != nil {
			return true, nil // both have ended: they gave the same
		}
	}
}
