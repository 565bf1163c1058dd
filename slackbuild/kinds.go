// SPDX-License-Identifier: MIT

package slackbuild

import (
	"embed"
	"slices"
	"strings"
)

//go:embed templates
var templates embed.FS

// kind is a way to build. Its commands are templates/build/NAME, shell text
// that Package and the generated script both run in the source directory, with
// PKG, ARCH, VERSION, SLKCFLAGS and LIBDIRSUFFIX set.
type kind struct {
	name   string
	marker string // a file of the source tree that tells it
	strip  bool   // it leaves programs that want stripping
}

// kinds is in the order in which init looks for the markers.
var kinds = []kind{
	{name: "go", marker: "go.mod"},
	{name: "meson", marker: "meson.build", strip: true},
	{name: "cmake", marker: "CMakeLists.txt", strip: true},
	{name: "autotools", marker: "configure", strip: true},
	{name: "autotools", marker: "configure.ac", strip: true},
	{name: "python", marker: "pyproject.toml", strip: true},
	{name: "python", marker: "setup.py", strip: true},
	{name: "perl", marker: "Makefile.PL", strip: true},
	{name: "make", marker: "Makefile", strip: true},
	{name: "shell"},
}

// Kinds returns the names of the ways to build.
func Kinds() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return slices.Compact(names)
}

// kind is how the manifest is built; files are only copied where it does not say.
func (m *Manifest) kind() kind {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == m.Slackware.Kind })
	if i < 0 {
		i = len(kinds) - 1
	}
	return kinds[i]
}

// buildText is the shell text that builds.
func (m *Manifest) buildText() string {
	if len(m.Slackware.Commands) > 0 {
		return strings.Join(m.Slackware.Commands, "\n")
	}
	if m.kind().name == "shell" {
		return ""
	}
	text, err := templates.ReadFile("templates/build/" + m.kind().name)
	if err != nil {
		panic(err) // a kind of the table without its template: a test would say so
	}
	return strings.TrimRight(string(text), "\n")
}

// isNoArch reports whether the package runs on any machine. What has no arch is
// for x86_64, as with nfpm; but for scripts.
func (m *Manifest) isNoArch() bool {
	if m.Arch == "" {
		return m.Slackware.Kind == "shell"
	}
	a, err := ParseArch(m.Arch)
	return err == nil && a.Name == NoArch
}

// stripText is the shell text that strips what a kind's own commands have
// built: SlackBuilds.org's, to the letter.
func (m *Manifest) stripText() string {
	if !m.kind().strip || len(m.Slackware.Commands) > 0 {
		return ""
	}
	return `find $PKG -print0 | xargs -0 file | grep -e "executable" -e "shared object" | grep ELF \
  | cut -f 1 -d : | xargs strip --strip-unneeded 2> /dev/null || true`
}
