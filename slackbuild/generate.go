// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"cmp"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
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
	// Empty is set where a package without files is what is wanted.
	Empty bool
}

// Script is the text of NAME.SlackBuild.
func (m *Manifest) Script(o Options) ([]byte, error) {
	contents, err := m.contentLines()
	if err != nil {
		return nil, err
	}
	install, err := m.installFiles()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range install {
		names = append(names, f.Name)
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
		"Manifest":      quote(filepath.Base(m.file)),
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
		"DocModes":      m.docModes(o.InPlace),
		"Install":       names,
		"LinksFirst":    m.linksFirst(),
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
	if strings.Contains(m.buildText(), "PKG") {
		return true
	}
	return slices.ContainsFunc(m.Contents, func(c Content) bool {
		p := member(c.Destination)
		if p == "usr/man" || p == "usr/share/man" {
			p += "/"
		}
		return !c.skipped() && (isPage(p) && !strings.HasSuffix(c.Source, ".gz") || strings.HasPrefix(p, "usr/share/man/") ||
			c.Type != "dir" && slices.Contains([]string{"", "usr", "usr/share"}, p))
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
	if items, err := m.known(); err != nil || len(items) == 0 && !m.builds() && !o.Empty && !m.Slackware.Empty {
		return nil, nil, cmp.Or(err, m.empty())
	}
	info, remarks, err := m.info(o)
	if err != nil {
		return nil, nil, err
	}
	files, err = m.installFiles()
	if err != nil {
		return nil, nil, err
	}
	files = append(files, File{m.Name + ".SlackBuild", script}, File{m.Name + ".info", []byte(info.String())},
		File{"README", []byte(m.readme())})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files, remarks, nil
}

// info fills in the .info file.
func (m *Manifest) info(o Options) (*Info, []string, error) {
	name, email := splitMaintainer(m.Maintainer)
	if m.Slackware.Email != "" {
		email = m.Slackware.Email
	}
	i := &Info{PrgNam: m.Name, Version: m.FullVersion(), Homepage: m.Homepage,
		Requires: m.requires(), Maintainer: name, Email: email}
	var remarks []string
	for field, value := range map[string]string{"homepage": i.Homepage, "maintainer": name, "slackware.email": email} {
		if value == "" {
			remarks = append(remarks, fmt.Sprintf("%s: %s is missing: SlackBuilds.org wants it", m.file, field))
		}
	}
	if len(m.Slackware.Sources) == 0 {
		remarks = append(remarks, fmt.Sprintf("%s: slackware.sources is missing: SlackBuilds.org wants a URL to download from", m.file))
	}
	known := m.urlNames()
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
	if text := strings.TrimSpace(m.Slackware.Copyright); text != "" {
		return text
	}
	if name, _ := splitMaintainer(m.Maintainer); name != "" {
		return name
	}
	return "the authors of " + m.Name
}

// docWords are slackware.docs as words of the script.
func (m *Manifest) docWords() string {
	var words []string
	for _, d := range m.Slackware.Docs {
		words = append(words, m.globWord(d, false))
	}
	return strings.Join(words, " ")
}

// docModes are the copies of slackware.docs whose modes are not those that
// unpacking the archive gives to all: of files that the build makes, or where
// nothing is unpacked.
func (m *Manifest) docModes(inPlace bool) string {
	var words []string
	for _, d := range m.Slackware.Docs {
		found, err := m.docFiles(d)
		odd := err != nil || len(found) == 0 || inPlace
		for _, top := range found {
			err := filepath.WalkDir(top, func(_ string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := d.Info()
				odd = odd || err == nil && info.Mode()&fs.ModeSymlink == 0 && !slices.Contains(fixedModes, info.Mode().Perm())
				return err
			})
			odd = odd || err != nil
		}
		if odd {
			words = append(words, "$PKG/usr/doc/$PRGNAM-$VERSION/"+m.globWord(path.Base(d), false))
		}
	}
	return strings.Join(words, " ")
}

// fixedModes are the modes that fixPermissions makes 755 or 644, and these.
var fixedModes = []fs.FileMode{0o777, 0o775, 0o750, 0o711, 0o555, 0o511, 0o755, 0o666, 0o664, 0o640, 0o600, 0o444, 0o440, 0o400, 0o644}
