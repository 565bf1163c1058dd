// SPDX-License-Identifier: MIT

package lint

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/slackbuild"
)

// build is one SlackBuild directory.
type build struct {
	findings
	dir    string // as the findings name it
	name   string // of the package: the directory's
	info   infoFile
	script *script // nil where there is none that can be parsed
	has    map[string]fs.FileInfo
}

// Dir lints one SlackBuild directory.
func Dir(dir string) ([]Finding, error) {
	b, err := loadDir(dir)
	if err != nil {
		return nil, err
	}
	return b.sorted(), nil
}

// loadDir reads the directory and checks all that needs nothing else.
func loadDir(dir string) (*build, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	b := &build{dir: dir, name: filepath.Base(abs), has: map[string]fs.FileInfo{}}
	b.ignored = newIgnored()
	if err := b.list(); err != nil {
		return nil, err
	}
	b.checkFiles()
	if text, ok := b.read(b.name + ".info"); ok {
		b.checkInfo(text)
	}
	if text, ok := b.read("README"); ok {
		b.checkReadme(text)
	}
	if text, ok := b.read("slack-desc"); ok {
		checkSlackDesc(&b.findings, b.path("slack-desc"), b.name, text)
	}
	doinst, hasDoinst := b.read("doinst.sh")
	if hasDoinst {
		b.checkDoinst("doinst.sh", doinst)
	}
	if text, ok := b.read("douninst.sh"); ok {
		b.checkDoinst("douninst.sh", text)
	}
	if text, ok := b.read(b.name + ".SlackBuild"); ok {
		b.ignored.read(b.path(b.name+".SlackBuild"), text, true)
		b.checkScript(text)
		if hasDoinst && b.script != nil {
			b.checkDoinstFits(doinst)
		}
	}
	return b, nil
}

func (b *build) path(name string) string { return filepath.Join(b.dir, name) }

// list finds the files of the directory and below. What sbopkg leaves beside
// them (links to sources, its copies) is not looked at.
func (b *build) list() error {
	return filepath.WalkDir(b.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(b.dir, p)
		if err != nil {
			return err
		}
		if d.IsDir() || d.Type()&fs.ModeSymlink != 0 || leftByTools.MatchString(rel) {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b.has[filepath.ToSlash(rel)] = info
		return nil
	})
}

var (
	leftByTools   = regexp.MustCompile(`(^options\.build|\.(build|original|sbopkg))$`)
	backupRE      = regexp.MustCompile(`(^|/)(\.[^/]*|[^/]*(~|\.bak|\.orig|\.rej|\.swp|\.BAK))$`)
	archiveRE     = regexp.MustCompile(`(?i)\.(tar(\.[a-z0-9]+)?|tgz|tbz2?|txz|tlz|zip|rpm|deb|gem|whl|jar|xpi|7z|rar)$`)
	packageNameRE = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
)

// checkFiles applies the rules about which files there are.
func (b *build) checkFiles() {
	if !packageNameRE.MatchString(b.name) {
		b.add("dir-name", b.dir, 0, "the directory's name %q is no package name", b.name)
	} else if strings.ToLower(b.name) != b.name {
		b.add("dir-name-case", b.dir, 0, "%q has upper-case letters", b.name)
	}
	for _, name := range []string{b.name + ".SlackBuild", b.name + ".info", "README", "slack-desc"} {
		if b.has[name] == nil {
			b.add("dir-files", b.path(name), 0, "the file is missing")
		}
	}
	for name, info := range b.has {
		file := b.path(name)
		if strings.HasSuffix(name, ".SlackBuild") && !strings.Contains(name, "/") && name != b.name+".SlackBuild" {
			b.add("dir-one-script", file, 0, "a second script beside %s.SlackBuild", b.name)
		}
		if backupRE.MatchString("/" + name) {
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
		case perm&0o111 != 0 && mainFile(b.name, name):
			b.add("mode-main", file, 0, "mode %#o, not 0644", perm)
		default:
			b.add("mode", file, 0, "mode %#o, not 0644", perm)
		}
	}
}

// isBinary reports whether a NUL is near the file's beginning.
func (b *build) isBinary(name string) bool {
	f, err := os.Open(b.path(name))
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 1024)
	n, _ := io.ReadFull(f, head)
	return slices.Contains(head[:n], 0)
}

func mainFile(name, file string) bool {
	return file == name+".SlackBuild" || file == name+".info" || file == "README" || file == "slack-desc"
}

// maxText is how large a file may be to be looked into; the largest script of
// SlackBuilds.org has 100 KiB.
const maxText = 8 << 20

// read returns a file of the directory; one that is not there is nothing new.
func (b *build) read(name string) (string, bool) {
	if b.has[name] == nil || b.has[name].Size() > maxText {
		return "", false
	}
	data, err := os.ReadFile(b.path(name))
	if err != nil {
		b.add("dir-files", b.path(name), 0, "%v", err)
		return "", false
	}
	return string(data), true
}

// infoFile is what other checks want of the .info file.
type infoFile struct {
	fields map[string]slackbuild.InfoField
}

func (i *infoFile) value(name string) string { return i.fields[name].Value }
func (i *infoFile) line(name string) int     { return i.fields[name].Line }
