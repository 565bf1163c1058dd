// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
	"golang.org/x/sys/unix"
)

// build is one SlackBuild directory.
type build struct {
	findings
	dir    string // as the findings name it
	name   string // of the package: the directory's
	source source
	info   infoFile
	script *script // nil where there is none that can be parsed
	has    map[string]fs.FileInfo
}

// source is where the files of a build come from: a directory, or the archive
// that is submitted.
type source interface {
	// list gives the files by their path, what sbopkg leaves beside them
	// excepted.
	list() (map[string]fs.FileInfo, error)
	open(name string) (io.ReadCloser, error)
}

// Dir lints one SlackBuild directory.
func Dir(dir string) ([]finding.Finding, error) {
	b, err := loadDir(dir)
	if err != nil {
		return nil, err
	}
	return b.sorted(), nil
}

// loadDir reads the directory and checks all that needs nothing else.
func loadDir(dir string) (*build, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, err
	}
	b := &build{findings: findings{levels: inDirectory}, dir: dir, name: filepath.Base(abs), source: directory(abs)}
	return b, b.check()
}

// check applies the rules that look at the build alone.
func (b *build) check() (err error) {
	b.ignored = newIgnored()
	if b.has, err = b.source.list(); err != nil {
		return err
	}
	b.guarded(b.dir, b.checkFiles)
	for _, f := range []struct {
		name  string
		check func(text string)
	}{{b.name + ".info", b.checkInfo}, {"README", b.checkReadme}, {"slack-desc", b.checkSlackDesc}, {b.name + ".SlackBuild", b.checkScript}} {
		if text, ok := b.read(f.name); ok {
			b.guarded(b.path(f.name), func() { f.check(text) })
		}
	}
	var doinst *script
	b.guarded(b.path("doinst.sh"), func() { doinst = b.checkDoinst("doinst.sh") })
	b.guarded(b.path("douninst.sh"), func() { b.checkDoinst("douninst.sh") })
	if b.script != nil {
		b.guarded(b.path(b.name+".SlackBuild"), func() { b.checkDoinstFits(doinst) })
	}
	for name := range b.has {
		if strings.HasSuffix(name, ".desktop") {
			if text, ok := b.read(name); ok {
				b.guarded(b.path(name), func() { checkDesktop(&b.findings, b.path(name), text) })
			}
		}
	}
	return nil
}

// checkSlackDesc applies the rules that packages are judged by to slack-desc.
func (b *build) checkSlackDesc(text string) {
	for _, f := range pkgtools.CheckSlackDesc([]byte(text), b.name) {
		b.add(f.Rule, b.path("slack-desc"), f.Line, "%s", f.Text)
	}
}

func (b *build) path(name string) string { return filepath.Join(b.dir, name) }

// directory is a source.
type directory string

func (d directory) list() (map[string]fs.FileInfo, error) {
	has := map[string]fs.FileInfo{}
	err := filepath.WalkDir(string(d), func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(string(d), p)
		if err != nil {
			return err
		}
		// sbopkg leaves links to sources, and copies, in the directory.
		if e.IsDir() || e.Type()&fs.ModeSymlink != 0 && !slices.Contains(mainFiles(filepath.Base(string(d))), rel) || leftByTools.MatchString(rel) {
			return nil
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just gone
		}
		if err == nil {
			has[filepath.ToSlash(rel)] = info
		}
		return err
	})
	return has, err
}

// open does not follow a link, and waits for nobody at a pipe's other end.
func (d directory) open(name string) (io.ReadCloser, error) {
	return os.OpenFile(filepath.Join(string(d), filepath.FromSlash(name)), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
}

var (
	leftByTools   = regexp.MustCompile(`(^options\.build|\.(build|original|sbopkg))$`)
	backupRE      = regexp.MustCompile(`(^|/)(\.[^/]*|[^/]*(~|\.bak|\.orig|\.rej|\.swp|\.BAK))$`)
	archiveRE     = regexp.MustCompile(`(?i)\.(tar(\.[a-z0-9]+)?|tgz|tbz2?|txz|tlz|zip|rpm|deb|gem|whl|jar|xpi|7z|rar)$`)
	packageNameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
)

// mainFiles are what every build has.
func mainFiles(name string) []string {
	return []string{name + ".SlackBuild", name + ".info", "README", "slack-desc"}
}

// checkFiles applies the rules about which files there are.
func (b *build) checkFiles() {
	if !packageNameRE.MatchString(b.name) {
		b.add("dir-name", b.dir, 0, "the directory's name %q is no package name", b.name)
	} else if strings.ToLower(b.name) != b.name {
		b.add("dir-name-case", b.dir, 0, "%q has upper-case letters", b.name)
	}
	for _, name := range mainFiles(b.name) {
		if b.has[name] == nil {
			b.add("dir-files", b.path(name), 0, "the file is missing")
		}
	}
	var other []string // files with other modes than 0644
	for name, info := range b.has {
		file := b.path(name)
		if !info.Mode().IsRegular() {
			b.add("dir-special", file, 0, "%s, not a file", kind(info.Mode()))
			continue
		}
		if strings.HasSuffix(name, ".SlackBuild") && !strings.Contains(name, "/") && name != b.name+".SlackBuild" {
			b.add("dir-one-script", file, 0, "a second script beside %s.SlackBuild", b.name)
		}
		if backupRE.MatchString(name) {
			b.add("dir-stray", file, 0, "a hidden, backup or editor's file")
		}
		if info.Size() == 0 {
			b.add("dir-empty", file, 0, "the file is empty")
		}
		if info.Size() > 100<<10 {
			b.add("dir-large", file, 0, "%d KiB; over 100 are for a download", info.Size()>>10)
		}
		if archiveRE.MatchString(name) && b.isBinary(name) {
			b.add("dir-archive", file, 0, "an archive in the directory")
		}
		switch perm := info.Mode().Perm(); {
		case perm == 0o644:
		case slices.Contains(mainFiles(b.name), name) && perm&0o111 != 0:
			b.add("mode-main", file, 0, "mode %#o, not 0644", perm)
		case perm&0o111 != 0:
			b.add("mode", file, 0, "mode %#o, not 0644", perm)
		default:
			other = append(other, name)
		}
	}
	if len(other) > 0 {
		slices.Sort(other)
		b.add("mode-umask", b.path(other[0]), 0, "mode %#o, not 0644, as that of %d files here in all", b.has[other[0]].Mode().Perm(), len(other))
	}
}

// kind is what a file is that is none.
func kind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}

// isBinary reports whether a NUL is near the file's beginning.
func (b *build) isBinary(name string) bool {
	f, err := b.source.open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(f, head)
	return slices.Contains(head[:n], 0)
}

// maxText is how large a file may be to be looked into; the largest .info of
// SlackBuilds.org has 80 KB.
const maxText = 1 << 20

// read returns a file of the build; one that is not there is nothing new.
func (b *build) read(name string) (string, bool) {
	info := b.has[name]
	if info == nil || !info.Mode().IsRegular() {
		return "", false
	}
	data, err := readText(b.source, name)
	switch {
	case err != nil:
		b.add("dir-unread", b.path(name), 0, "%v", cause(err))
		return "", false
	case len(data) > maxText:
		b.add("dir-unread", b.path(name), 0, "over %d KiB, too large to look into", maxText>>10)
		return "", false
	}
	return string(data), true
}

// readText reads a file as far as one byte over what is looked into.
func readText(s source, name string) ([]byte, error) {
	f, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	_, err = data.ReadFrom(io.LimitReader(f, maxText+1))
	return data.Bytes(), err
}

// cause is the error without the file's name, which a finding has already.
func cause(err error) error {
	if p := new(fs.PathError); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// mergedPath names a file in an archive or package where a finding is added.
func mergedPath(file, member string) string { return file + ":" + path.Clean(member) }

// whole is what the finding was added for.
func whole(f finding.Finding) string {
	if f.Member == "" {
		return f.File
	}
	return mergedPath(f.File, f.Member)
}

// cut shortens a text from the input for a message.
func cut(s string) string {
	const longest = 120
	if len(s) <= longest {
		return s
	}
	return fmt.Sprintf("%s... (%d bytes)", s[:longest], len(s))
}
