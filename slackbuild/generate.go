// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// File is one file of a SlackBuild directory; all of them have mode 0644.
type File struct {
	Name string
	Data []byte
}

// Options of the generated files.
type Options struct {
	// InPlace makes the script that lies in the project's own source tree: it
	// builds from the tree where no source archive is beside it, and packages
	// are .txz by default. SlackBuilds.org wants .tgz and the archive.
	InPlace bool
	// Sources is where the archives are whose sums go into .info; empty for the
	// places that the manifest names.
	Sources string
}

// Script is the text of NAME.SlackBuild.
func (m *Manifest) Script(o Options) ([]byte, error) {
	contents, err := m.contentLines()
	if err != nil {
		return nil, err
	}
	doinst, err := m.doinst(m.configPaths())
	if err != nil {
		return nil, err
	}
	douninst, err := m.douninst()
	if err != nil {
		return nil, err
	}
	build := m.buildText()
	pkgType := "tgz"
	if o.InPlace {
		pkgType = "txz"
	}
	var unsupported []string
	for _, a := range m.Slackware.Unsupported {
		arch, _ := ParseArch(a) // check has seen to it
		unsupported = append(unsupported, arch.Name)
	}
	data := map[string]any{
		"Name":          m.Name,
		"Version":       m.FullVersion(),
		"Build":         build,
		"BuildNumber":   m.BuildNumber(),
		"Tag":           m.Tag(),
		"PkgType":       pkgType,
		"Manifest":      filepath.Base(m.file),
		"Copyright":     m.copyright(),
		"NoArch":        m.isNoArch(),
		"NeedsBuildDir": strings.Contains(build+contents+m.Slackware.MkSlack, "$BUILDDIR"),
		"Flags":         flagsBlock(build + contents),
		"Unsupported":   strings.Join(unsupported, " | "),
		"GoEnv":         m.goEnvBlock(),
		"Unpack":        m.unpackText(o.InPlace),
		"OwnMkSlack":    m.Slackware.MkSlack,
		"InPlace":       o.InPlace,
		"Contents":      contents,
		"Strip":         m.stripText(),
		"Man":           m.hasPages(),
		"Docs":          m.docWords(),
		"Doinst":        doinst != "",
		"Douninst":      douninst != "",
	}
	t, err := template.ParseFS(templates, "templates/SlackBuild.tmpl")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return nil, err
	}
	return squeeze(out.Bytes()), nil
}

// hasPages reports whether manual pages may come that are not compressed yet,
// or to /usr/share/man.
func (m *Manifest) hasPages() bool {
	if m.kind().name != "shell" && len(m.Slackware.Commands) == 0 {
		return true
	}
	return slices.ContainsFunc(m.Contents, func(c Content) bool {
		p := member(c.Destination)
		return !c.skipped() && (isPage(p) && !strings.HasSuffix(c.Source, ".gz") || strings.HasPrefix(p, "usr/share/man/"))
	})
}

// isPage reports whether the member is in a directory of manual pages.
func isPage(p string) bool {
	return strings.HasPrefix(p, "usr/man/") || strings.HasPrefix(p, "usr/share/man/")
}

// squeeze leaves no two blank lines in a row, which optional blocks make.
func squeeze(text []byte) []byte {
	for bytes.Contains(text, []byte("\n\n\n")) {
		text = bytes.ReplaceAll(text, []byte("\n\n\n"), []byte("\n\n"))
	}
	return text
}

// Files are all files of the directory for SlackBuilds.org, sorted by name, and
// remarks about what could not be filled in.
func (m *Manifest) Files(o Options) (files []File, remarks []string, err error) {
	script, err := m.Script(o)
	if err != nil {
		return nil, nil, err
	}
	info, remarks, err := m.info(o)
	if err != nil {
		return nil, nil, err
	}
	doinst, err := m.doinst(m.configPaths())
	if err != nil {
		return nil, nil, err
	}
	douninst, err := m.douninst()
	if err != nil {
		return nil, nil, err
	}
	for _, f := range []struct{ name, text string }{
		{m.Name + ".SlackBuild", string(script)},
		{m.Name + ".info", info.String()},
		{"README", m.readme()},
		{"doinst.sh", doinst},
		{"douninst.sh", douninst},
		{"slack-desc", m.slackDesc()},
	} {
		if f.text != "" {
			files = append(files, File{f.name, []byte(f.text)})
		}
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, remarks, nil
}

// configPaths are the members that go in as .new, as far as they are known
// before the build.
func (m *Manifest) configPaths() []string {
	var paths []string
	for _, i := range m.known() {
		if i.config {
			paths = append(paths, i.dst)
		}
	}
	return paths
}

// members are the paths of the contents, as far as they are known before the
// build.
func (m *Manifest) members() []string {
	var paths []string
	for _, i := range m.known() {
		paths = append(paths, i.dst)
	}
	return paths
}

// known are the items of the contents before the build: where what they name is
// not there yet, their paths only.
func (m *Manifest) known() []item {
	known := m.names()
	var all []item
	for _, c := range m.Contents {
		if c.skipped() {
			continue
		}
		if found, err := m.resolve(c, known); err == nil {
			all = append(all, found...)
			continue
		}
		dst := c.Destination
		if strings.HasSuffix(dst, "/") {
			dst = path.Join(dst, path.Base(c.Source))
		}
		if c.Expand {
			dst = expandWith(dst, known)
		}
		all = append(all, item{dst: member(dst), config: c.isConfig()})
	}
	return all
}

// info fills in the .info file.
func (m *Manifest) info(o Options) (*Info, []string, error) {
	name, email := splitMaintainer(m.Maintainer)
	if m.Slackware.Email != "" {
		email = m.Slackware.Email
	}
	i := &Info{PrgNam: m.Name, Version: m.FullVersion(), Homepage: m.Homepage,
		Requires: m.Slackware.Requires, Maintainer: name, Email: email}
	var remarks []string
	for field, value := range map[string]string{"homepage": i.Homepage, "maintainer": name, "slackware.email": email} {
		if value == "" {
			remarks = append(remarks, fmt.Sprintf("%s: %s is missing: SlackBuilds.org wants it", m.file, field))
		}
	}
	if len(m.Slackware.Sources) == 0 {
		remarks = append(remarks, fmt.Sprintf("%s: slackware.sources is missing: SlackBuilds.org wants a URL to download from", m.file))
	}
	known := m.names()
	for n, src := range m.Slackware.Sources {
		url := expandWith(src.URL, known)
		sum := src.MD5
		if sum == "" {
			var err error
			if sum, err = m.sum(src, url, o.Sources, known); err != nil {
				if !os.IsNotExist(err) {
					return nil, nil, m.at(fmt.Sprintf("$.slackware.sources[%d]", n), "", "%v", err)
				}
				line, column := m.position(fmt.Sprintf("$.slackware.sources[%d]", n))
				remarks = append(remarks, fmt.Sprintf("%s:%d:%d: no MD5 sum for %s: give md5, or file, or --sources DIRECTORY", m.file, line, column, url))
			}
		}
		if src.Arch == "x86_64" {
			i.DownloadX8664, i.MD5SumX8664 = append(i.DownloadX8664, url), append(i.MD5SumX8664, sum)
		} else {
			i.Download, i.MD5Sum = append(i.Download, url), append(i.MD5Sum, sum)
		}
	}
	if len(i.Download) == 0 && len(i.DownloadX8664) > 0 {
		i.Download = []string{"UNSUPPORTED"}
	}
	slices.Sort(remarks)
	return i, remarks, nil
}

// sum is the MD5 sum of the local copy of a source.
func (m *Manifest) sum(src Source, url, dir string, known map[string]string) (string, error) {
	file := filepath.Join(dir, path.Base(url))
	if dir == "" {
		if src.File == "" {
			return "", os.ErrNotExist
		}
		file = m.path(expandWith(src.File, known))
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := md5.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func splitMaintainer(s string) (name, email string) {
	name, rest, found := strings.Cut(s, "<")
	if found {
		email, _, _ = strings.Cut(rest, ">")
	}
	return strings.TrimSpace(strings.ReplaceAll(name, `"`, "'")), strings.TrimSpace(email)
}

func (m *Manifest) copyright() string {
	if m.Slackware.Copyright != "" {
		return m.Slackware.Copyright
	}
	if name, _ := splitMaintainer(m.Maintainer); name != "" {
		return name
	}
	return "the authors of " + m.Name
}

func (m *Manifest) docWords() string {
	var words []string
	for _, d := range m.Slackware.Docs {
		words = append(words, m.globWord(d, false))
	}
	return strings.Join(words, " ")
}
