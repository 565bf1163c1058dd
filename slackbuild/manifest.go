// SPDX-License-Identifier: MIT

package slackbuild

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Manifest is what one package is made from. Its fields but Slackware are
// those of nfpm.yaml (https://nfpm.goreleaser.com/configuration/).
type Manifest struct {
	Name            string `yaml:"name"`
	Arch            string `yaml:"arch"`
	Platform        string `yaml:"platform"`
	Version         string `yaml:"version"`
	VersionSchema   string `yaml:"version_schema"`
	VersionMetadata string `yaml:"version_metadata"`
	Prerelease      string `yaml:"prerelease"`
	Release         string `yaml:"release"`
	Epoch           string `yaml:"epoch"`
	Section         string `yaml:"section"`
	Priority        string `yaml:"priority"`
	Maintainer      string `yaml:"maintainer"`
	Description     string `yaml:"description"`
	Vendor          string `yaml:"vendor"`
	Homepage        string `yaml:"homepage"`
	License         string `yaml:"license"`
	Changelog       string `yaml:"changelog"`
	DisableGlobbing bool   `yaml:"disable_globbing"`
	MTime           Time   `yaml:"mtime"`
	BinDir          string `yaml:"bindir"` // of nfpm's version 1, where nothing used it either

	Overridable `yaml:",inline"`
	Overrides   map[string]Overridable `yaml:"overrides"`

	Slackware Slackware `yaml:"slackware"`

	// Notes says, one line each, what the manifest asks for and Slackware has
	// no notion of.
	Notes []string `yaml:"-"`
	// Dir is the directory of the file, which relative paths start from.
	Dir string `yaml:"-"`

	file string
	home string // Dir, also where the manifest is seen from a copy of its tree
	tree *ast.File
	nfpm bool // an nfpm.yaml: there is no section slackware
}

// Overridable is what nfpm lets a manifest say for one format only.
type Overridable struct {
	Contents []Content `yaml:"contents"`

	// What nfpm had before contents, up to its version 1.
	Files        map[string]string `yaml:"files"`
	ConfigFiles  map[string]string `yaml:"config_files"`
	Symlinks     map[string]string `yaml:"symlinks"`
	EmptyFolders []string          `yaml:"empty_folders"`

	Umask      Mode     `yaml:"umask"`
	Scripts    Scripts  `yaml:"scripts"`
	Replaces   []string `yaml:"replaces"`
	Provides   []string `yaml:"provides"`
	Depends    []string `yaml:"depends"`
	Recommends []string `yaml:"recommends"`
	Suggests   []string `yaml:"suggests"`
	Conflicts  []string `yaml:"conflicts"`
	RPM        any      `yaml:"rpm"`
	Deb        any      `yaml:"deb"`
	APK        any      `yaml:"apk"`
	ArchLinux  any      `yaml:"archlinux"`
	IPK        any      `yaml:"ipk"`
	MSIX       any      `yaml:"msix"`
	SRPM       any      `yaml:"srpm"`
}

// Content is a file, several, a directory or a link of the package.
type Content struct {
	Source        string   `yaml:"src"`
	Destination   string   `yaml:"dst"`
	Type          string   `yaml:"type"`
	Packager      string   `yaml:"packager"`
	Expand        bool     `yaml:"expand"`
	FileInfo      FileInfo `yaml:"file_info"`
	DisownSubtree []string `yaml:"disown_subtree"`

	at string // its path in the YAML tree
}

// FileInfo is how a content is to be in the package. A zero Mode is that of
// the file, an empty owner or group root.
type FileInfo struct {
	Owner string `yaml:"owner"`
	Group string `yaml:"group"`
	Mode  Mode   `yaml:"mode"`
	MTime Time   `yaml:"mtime"`
	Lang  string `yaml:"lang"`
}

// Scripts are the maintainer scripts of other formats: files.
type Scripts struct {
	PreInstall  string `yaml:"preinstall"`
	PostInstall string `yaml:"postinstall"`
	PreRemove   string `yaml:"preremove"`
	PostRemove  string `yaml:"postremove"`
}

// Slackware is what nfpm.yaml lacks.
type Slackware struct {
	Category      string   `yaml:"category"`      // of SlackBuilds.org, as in network
	Tag           string   `yaml:"tag"`           // after the build number; _SBo by default
	Build         int      `yaml:"build"`         // the build number; nfpm's release or 1 by default
	Summary       string   `yaml:"summary"`       // the short text of slack-desc's first line
	SlackDesc     []string `yaml:"slack_desc"`    // the lines after it, where wrapping description will not do
	Readme        string   `yaml:"readme"`        // README for SlackBuilds.org; the description by default
	Requires      []string `yaml:"requires"`      // REQUIRES of .info
	Email         string   `yaml:"email"`         // where maintainer has none in < >
	Copyright     string   `yaml:"copyright"`     // of the script, as in "2026 Jo Doe"
	Sources       []Source `yaml:"sources"`       // what the script builds from
	Unsupported   []string `yaml:"unsupported"`   // architectures it does not build on
	Kind          string   `yaml:"kind"`          // how it is built
	Commands      []string `yaml:"commands"`      // how it is built, where the kind's own way will not do
	Docs          []string `yaml:"docs"`          // files of the source for /usr/doc
	Releases      []string `yaml:"releases"`      // of Slackware, as in "15.0"
	XZ            string   `yaml:"xz"`            // the engine that compresses a .txz: program, 7z or go
	Architectures []string `yaml:"architectures"` // what "all" means; the whole table by default
	Doinst        string   `yaml:"doinst"`        // shell text for doinst.sh
	Douninst      string   `yaml:"douninst"`      // shell text for douninst.sh
	MkSlack       string   `yaml:"mkslack"`       // the command that builds $BUILDDIR/mkslack, for a project that brings its own
	Empty         bool     `yaml:"empty"`         // a package without files is meant
	InPlace       bool     `yaml:"in_place"`      // the script of the source tree builds from the tree it lies in
}

// Source is one archive or file that the build starts from.
type Source struct {
	URL  string `yaml:"url"`
	File string `yaml:"file"` // a local copy, to take the sum of
	MD5  string `yaml:"md5"`
	Arch string `yaml:"arch"` // x86_64 for DOWNLOAD_x86_64; empty for all
}

// Mode is permission bits, written in octal with a leading 0.
type Mode uint32

// UnmarshalYAML reads an octal number. A number without the leading 0 is
// decimal in YAML: 644 would be 01204, which nobody means. What JSON writes for
// a usual mode, as 420 for 0644, is taken.
func (m *Mode) UnmarshalYAML(node ast.Node) error {
	s := node.GetToken().Value
	if v, err := strconv.ParseUint(s, 10, 32); err == nil && slices.Contains(usualModes, Mode(v)) {
		*m = Mode(v)
		return nil
	}
	if !strings.HasPrefix(s, "0") {
		return misplaced(node, "write it in octal with a leading 0, as in 0644", "mode %q is decimal", s)
	}
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "0o"), 8, 32)
	if err != nil || v > 0o7777 {
		return misplaced(node, "as in 0644", "mode %q is no octal number up to 07777", s)
	}
	*m = Mode(v)
	return nil
}

// usualModes are modes and umasks that are taken in decimal. None of them looks
// like one of them in octal that lost its 0.
var usualModes = []Mode{0o2, 0o7, 0o22, 0o27, 0o77, 0o400, 0o440, 0o444, 0o500, 0o550, 0o555, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666,
	0o700, 0o711, 0o750, 0o755, 0o770, 0o775, 0o777, 0o1777, 0o2755, 0o4711, 0o4755}

// Time is a time stamp of YAML; zero where none is given.
type Time struct{ time.Time }

// UnmarshalYAML reads RFC 3339, a date alone, or a name for an environment
// variable that has one.
func (t *Time) UnmarshalYAML(node ast.Node) error {
	s := os.ExpandEnv(node.GetToken().Value)
	if s == "" || s == "null" {
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime, time.DateOnly} {
		if v, err := time.Parse(layout, s); err == nil {
			t.Time = v
			return nil
		}
	}
	return misplaced(node, "as in 2026-01-31T12:00:00Z, or 2026-01-31", "%q is no time", s)
}

// Load reads the manifest in the file. Every error begins FILE:LINE:COLUMN.
func Load(file string) (*Manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return nil, err
	}
	return Parse(file, data)
}

// Parse is [Load] for data that has been read already. Environment variables
// are put in where nfpm does.
func Parse(file string, data []byte) (*Manifest, error) {
	data, err := textOf(data)
	if err != nil {
		return nil, &Error{file, 1, 1, err.Error(), ""}
	}
	m := &Manifest{file: file, Dir: filepath.Dir(file), home: filepath.Dir(file)}
	if err := decode(file, data, m); err != nil {
		return nil, err
	}
	m.Maintainer, m.Homepage = strings.TrimSpace(m.Maintainer), strings.TrimSpace(m.Homepage)
	m.nfpm = m.node("$.slackware") == nil
	for i := range m.Contents {
		m.Contents[i].at = fmt.Sprintf("$.contents[%d]", i)
	}
	m.Contents = append(m.Contents, m.oldContents("$.")...)
	if o, ok := m.Overrides["slackware"]; ok {
		for i := range o.Contents {
			o.Contents[i].at = fmt.Sprintf("$.overrides.slackware.contents[%d]", i)
		}
		o.Contents = append(o.Contents, o.oldContents("$.overrides.slackware.")...)
		m.override(o)
	}
	m.expand()
	if err := m.check(); err != nil {
		return nil, err
	}
	m.note()
	return m, nil
}

// oldContents are contents of what nfpm wrote up to its version 1, sorted.
func (o *Overridable) oldContents(path string) []Content {
	var all []Content
	for _, old := range []struct {
		field, kind string
		files       map[string]string
	}{{"files", "", o.Files}, {"config_files", "config", o.ConfigFiles}} {
		for _, src := range slices.Sorted(maps.Keys(old.files)) {
			all = append(all, Content{Source: src, Destination: old.files[src], Type: old.kind, at: path + old.field})
		}
	}
	for _, link := range slices.Sorted(maps.Keys(o.Symlinks)) {
		all = append(all, Content{Source: o.Symlinks[link], Destination: link, Type: "symlink", at: path + "symlinks"})
	}
	for _, dir := range o.EmptyFolders {
		all = append(all, Content{Destination: dir, Type: "dir", at: path + "empty_folders"})
	}
	return all
}

// override puts what o has in the place of what m has, as nfpm does.
func (m *Manifest) override(o Overridable) {
	if len(o.Contents) > 0 {
		m.Contents = o.Contents
	}
	if o.Umask != 0 {
		m.Umask = o.Umask
	}
	for _, p := range []struct{ to, from *[]string }{
		{&m.Depends, &o.Depends}, {&m.Recommends, &o.Recommends}, {&m.Suggests, &o.Suggests}, {&m.Conflicts, &o.Conflicts},
	} {
		if *p.from != nil {
			*p.to = *p.from
		}
	}
	for _, p := range []struct{ to, from *string }{
		{&m.Scripts.PreInstall, &o.Scripts.PreInstall},
		{&m.Scripts.PostInstall, &o.Scripts.PostInstall},
		{&m.Scripts.PreRemove, &o.Scripts.PreRemove},
		{&m.Scripts.PostRemove, &o.Scripts.PostRemove},
	} {
		if *p.from != "" {
			*p.to = *p.from
		}
	}
}

// expand puts in environment variables, in the fields where nfpm does. One that
// is not set is empty, and told where it would be in the package's name.
func (m *Manifest) expand() {
	for _, f := range []struct {
		name  string
		value *string
		named bool // in the name of the package
	}{
		{"name", &m.Name, true}, {"arch", &m.Arch, true}, {"version", &m.Version, true},
		{"prerelease", &m.Prerelease, true}, {"version_metadata", &m.VersionMetadata, true}, {"release", &m.Release, true},
		{"platform", &m.Platform, false}, {"maintainer", &m.Maintainer, false}, {"description", &m.Description, false},
		{"vendor", &m.Vendor, false}, {"homepage", &m.Homepage, false}, {"license", &m.License, false},
		{"scripts.preinstall", &m.Scripts.PreInstall, false}, {"scripts.postinstall", &m.Scripts.PostInstall, false},
		{"scripts.preremove", &m.Scripts.PreRemove, false}, {"scripts.postremove", &m.Scripts.PostRemove, false},
	} {
		*f.value = os.Expand(*f.value, func(name string) string {
			v, ok := os.LookupEnv(name)
			if !ok && f.named {
				m.say(f.name, fmt.Sprintf("the environment variable %s is not set", name))
			}
			return v
		})
	}
}

// BuildNumber is the BUILD of the package's name.
func (m *Manifest) BuildNumber() int {
	if m.Slackware.Build > 0 {
		return m.Slackware.Build
	}
	if n, err := strconv.Atoi(first("^([0-9]+)", m.Release)); err == nil && n > 0 {
		return n
	}
	return 1
}

// Tag is what follows the build number in the package's name.
func (m *Manifest) Tag() string {
	if m.Slackware.Tag == "" {
		return "_SBo"
	}
	return m.Slackware.Tag
}

// FullVersion is the version with what nfpm keeps apart folded in.
func (m *Manifest) FullVersion() string {
	v, _ := m.foldVersion() // check has seen to it
	return v
}

// foldVersion folds the version. In a semantic one prerelease and
// version_metadata replace what it has of them, as with nfpm.
func (m *Manifest) foldVersion() (string, error) {
	if m.VersionSchema == "none" {
		return joinVersion(m.Version, m.Prerelease, m.VersionMetadata)
	}
	if parts := semverRE.FindStringSubmatch(m.Version); parts != nil {
		return FoldVersion(parts[1], cmp.Or(m.Prerelease, parts[2]), cmp.Or(m.VersionMetadata, parts[3]))
	}
	return FoldVersion(m.Version, m.Prerelease, m.VersionMetadata)
}

// semverRE takes a semantic version apart, with as few numbers as nfpm takes.
var semverRE = regexp.MustCompile(`^(v?[0-9]+(?:\.[0-9]+){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$`)

// decode is the strict decoding of YAML with errors as FILE:LINE:COLUMN: TEXT.
func decode(file string, data []byte, m *Manifest) error {
	tree, err := parseYAML(data)
	if err == nil {
		m.tree = tree
		err = checkSize(tree)
	}
	if err == nil {
		// A key beside << may be one of the merged section; parseYAML has found
		// those that come twice themselves.
		err = yaml.UnmarshalWithOptions(data, m, yaml.Strict(), yaml.AllowDuplicateMapKey())
	}
	if err == nil {
		m.literal()
	}
	return yamlError(file, err)
}

// literal takes version numbers as they are written: decoded, 1.10 would be the
// number 1.1.
func (m *Manifest) literal() {
	fields := map[string]*string{"$.version": &m.Version, "$.version_metadata": &m.VersionMetadata,
		"$.prerelease": &m.Prerelease, "$.release": &m.Release, "$.epoch": &m.Epoch}
	for i := range m.Slackware.Releases {
		fields[fmt.Sprintf("$.slackware.releases[%d]", i)] = &m.Slackware.Releases[i]
	}
	for path, field := range fields {
		if node := m.node(path); node != nil && (node.Type() == ast.FloatType || node.Type() == ast.IntegerType) {
			*field = node.GetToken().Value
		}
	}
}
