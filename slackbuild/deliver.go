// SPDX-License-Identifier: MIT

package slackbuild

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// Queue is the text of a sbopkg queue file that builds what the manifest
// requires, in the order given, and then the package itself.
func (m *Manifest) Queue() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# sbopkg queue for %s\n", m.Name)
	for _, r := range m.requires() {
		if r == "%README%" {
			b.WriteString("# The README of " + m.Name + " names more that it can use.\n")
			continue
		}
		fmt.Fprintln(&b, r)
	}
	fmt.Fprintln(&b, m.Name)
	return b.Bytes()
}

// Category is the category of SlackBuilds.org, or misc where the manifest
// names none.
func (m *Manifest) Category() string {
	if m.Slackware.Category == "" {
		return "misc"
	}
	return m.Slackware.Category
}

// Tarball is the archive to submit to SlackBuilds.org: one directory with the
// package's name. The same files and time give the same bytes.
func (m *Manifest) Tarball(files []File, t time.Time) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	w := tar.NewWriter(z)
	header := func(name string, kind byte, mode, size int64) error {
		return w.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Mode: mode, Size: size,
			Uname: "root", Gname: "root", ModTime: t, Format: tar.FormatGNU})
	}
	if err := header(m.Name+"/", tar.TypeDir, 0o755, 0); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := header(m.Name+"/"+f.Name, tar.TypeReg, 0o644, int64(len(f.Data))); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// WriteDir writes the files to dir, which is made if need be, and returns their
// paths. Each file is replaced as a whole.
func WriteDir(dir string, files []File) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var paths []string
	for _, f := range files {
		file := filepath.Join(dir, f.Name)
		if err := renameio.WriteFile(file, f.Data, 0o644); err != nil {
			return paths, err
		}
		paths = append(paths, file)
	}
	return paths, nil
}

// WriteRepo writes the files to a local repository as sbopkg reads it,
// ROOT/REPO/BRANCH/CATEGORY/NAME, and the line for /etc/sbopkg/repos.d that
// declares it to ROOT/REPO.repo. BRANCH is a link to the directory it lies in:
// sbopkg before 0.38 left that level out for local repositories.
func (m *Manifest) WriteRepo(root, repo, branch string, files []File) ([]string, error) {
	dir := filepath.Join(root, repo)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	link := filepath.Join(dir, branch)
	if target, err := os.Readlink(link); err != nil || target != "." {
		if err := os.Symlink(".", link); err != nil {
			return nil, fmt.Errorf("the branch of the repository: %w", err)
		}
	}
	declaration := fmt.Sprintf("%s %s \"Local builds in %s\" %s \"\" \"\" \"\"\n", repo, branch, repo, m.Tag())
	if err := renameio.WriteFile(filepath.Join(root, repo+".repo"), []byte(declaration), 0o644); err != nil {
		return nil, err
	}
	return WriteDir(filepath.Join(dir, m.Category(), m.Name), files)
}
