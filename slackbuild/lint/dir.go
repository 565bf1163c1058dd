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

// result is what is known of a build when it has been looked at.
type result struct {
	dir   string // as the findings are to name it
	Name  string
	Found []finding.Finding // whose files are relative to the directory
	// ForSBo is set where it is meant for SlackBuilds.org.
	ForSBo bool
	// Requires are the builds that it needs, as line Line of its .info says.
	Requires []string
	Line     int
	// Off are the rules about whole trees that comments disable.
	Off []string
}

// loadDir looks at a directory.
func loadDir(dir string) (*result, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return nil, err
	}
	b := &build{dir: dir, name: filepath.Base(abs), source: directory(abs)}
	if err := b.check(); err != nil {
		return nil, err
	}
	return b.result(), nil
}

// result sums up what was found.
func (b *build) result() *result {
	r := &result{dir: b.dir, Name: b.name, ForSBo: b.forSBo(), Found: b.sorted(), Line: b.info.line("REQUIRES")}
	for i := range r.Found {
		if rel, err := filepath.Rel(b.dir, r.Found[i].File); err == nil {
			r.Found[i].File = rel
		}
	}
	for name := range strings.FieldsSeq(b.info.value("REQUIRES")) {
		if name != "%README%" && packageNameRE.MatchString(name) {
			r.Requires = append(r.Requires, name)
		}
	}
	for _, d := range b.ignored.list {
		if strings.HasPrefix(d.rule, "tree-") {
			r.Off = append(r.Off, d.rule)
		}
	}
	return r
}

// forSBo tells builds for SlackBuilds.org from others by the tag that they give
// to packages: people choose one of their own.
func (b *build) forSBo() bool {
	if b.script != nil {
		if tag, ok := b.script.first("TAG"); ok {
			return strings.Contains(tag.value, "_SBo")
		}
	}
	return b.has[b.name+".info"] != nil
}

// add notes a finding of a rule about whole trees.
func (r *result) add(rule, file string, line int, format string, args ...any) {
	if !slices.Contains(r.Off, rule) {
		r.Found = append(r.Found, finding.Finding{Rule: rule, File: file, Line: line, Text: fmt.Sprintf(format, args...)})
	}
}

// check applies the rules that look at the build alone.
func (b *build) check() (err error) {
	b.ignored = newIgnored()
	if b.has, err = b.source.list(); err != nil {
		return err
	}
	b.findMain()
	b.guarded(b.dir, b.checkFiles)
	for _, f := range []struct {
		name  string
		check func(text string)
	}{{b.name + ".info", b.checkInfo}, {"README", b.checkReadme}, {b.name + ".SlackBuild", b.checkScript}, {"slack-desc", b.checkSlackDesc}} {
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

// findMain finds out which script is the build's, where none is called as the
// directory is.
func (b *build) findMain() {
	if b.has[b.name+".SlackBuild"] != nil {
		return
	}
	var scripts []string
	for name := range b.has {
		if base, ok := strings.CutSuffix(name, ".SlackBuild"); ok && !strings.Contains(name, "/") {
			scripts = append(scripts, base)
		}
	}
	if len(scripts) == 1 && packageNameRE.MatchString(scripts[0]) {
		b.add("dir-files", b.path(b.name+".SlackBuild"), 0, "the script is called %s.SlackBuild, not as its directory", scripts[0])
		b.name = scripts[0]
	}
}

// packageName is what the script calls its package, as far as slack-desc agrees:
// PRGNAM, PKGNAM as in Slackware's own scripts, or as the script is called.
func (b *build) packageName(desc string) string {
	names := []string{b.name}
	if b.script != nil {
		for _, a := range b.script.assigns {
			if (a.name == "PRGNAM" || a.name == "PKGNAM") && packageNameRE.MatchString(a.value) {
				names = append(names, a.value)
			}
		}
	}
	for _, name := range names {
		if strings.HasPrefix(desc, name+":") || strings.Contains(desc, "\n"+name+":") {
			return name
		}
	}
	return b.name
}

// checkSlackDesc applies the rules that packages are judged by to slack-desc.
func (b *build) checkSlackDesc(text string) {
	for _, f := range pkgtools.CheckSlackDesc([]byte(text), b.packageName(text)) {
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
		switch {
		case e.IsDir() && slices.Contains(repositories, e.Name()):
			return filepath.SkipDir
		case e.IsDir(), leftByTools.MatchString(rel), leftByEditors.MatchString(e.Name()):
			return nil
		case e.Type()&fs.ModeSymlink != 0 && !slices.Contains(mainFiles(filepath.Base(string(d))), rel):
			return nil // as sbopkg leaves them, to sources
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

// repositories are the directories of version control systems.
var repositories = []string{".git", ".svn", ".hg", ".bzr", "CVS"}

var (
	// leftByEditors are files that are there while somebody works, and what version
	// control and this package read. In an archive they are in the way.
	leftByEditors = regexp.MustCompile(`^(.*~|#.*#|\.#.*|\..*\.sw[a-p]|4913|\.git(ignore|attributes|modules|keep)?|\.hgignore|\.editorconfig|\.DS_Store)$|^` +
		regexp.QuoteMeta(ConfigFile) + `$`)
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
