// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// parse reads a manifest that has a name and version already.
func parse(t *testing.T, text string) (*Manifest, error) {
	t.Helper()
	return Parse(filepath.Join(t.TempDir(), "x.yaml"), []byte("name: x\nversion: 1\n"+text))
}

func TestFoldVersion(t *testing.T) {
	for _, test := range []struct{ version, pre, meta, want string }{
		{"1.2.0", "", "", "1.2.0"},
		{"v1.2.0", "rc-1", "git3", "1.2.0_rc_1+git3"},
		{"1.2.0-beta1", "", "", "1.2.0_beta1"},
		{"v", "", "", "v"},
		{"vega1", "", "", "vega1"},
		{"", "", "", ""},
		{"1 2", "", "", ""},
		{"1/2", "", "", ""},
		{".", "", "", ""},
	} {
		got, err := FoldVersion(test.version, test.pre, test.meta)
		if got != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%v: %q, %v", test, got, err)
		}
	}
}

func TestManifestMistakes(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"contets: []", `:3:1: unknown field "contets" (did you mean "contents"?)`},
		{"contents: [{src: a}]", `:3:12: content without dst`},
		{"contents: [{dst: /a}]", `:3:12: content without src`},
		{"contents: [{src: a, dst: /a, type: fifo}]", `unknown type "fifo"`},
		{"contents: [{src: a, dst: ../a}]", `dst "../a" has ..`},
		{"contents: [{src: a, dst: /a, file_info: {mode: 644}}]", `mode "644" is decimal`},
		{"contents: [{src: a, dst: /a, file_info: {mode: 0999}}]", `is no octal number`},
		{"contents: [{src: a, dst: /a, file_info: {mtime: soon}}]", `"soon" is no time`},
		{"arch: vax", `:3:7: unknown architecture "vax"`},
		{"platform: darwin", `platform "darwin"`},
		{"version_schema: semvar", `unknown schema "semvar"`},
		{"slackware: {kind: scons}", `unknown kind "scons"`},
		{"slackware: {tag: a-b}", `bad tag "a-b"`},
		{"slackware: {requires: ['a b']}", `bad name "a b"`},
		{"slackware: {sources: [{url: 'file:///x'}]}", `bad url "file:///x"`},
		{"slackware: {sources: [{url: 'https://x/y', md5: A}]}", `bad md5 "A"`},
		{"slackware: {architectures: [x]}", `unknown architecture "x"`},
		{"slackware: {releases: [new]}", `unknown release "new"`},
		{"contents: {src: a}", ":3:11: a section where a list belongs (begin each item"},
		{"slackware: {build: one}", ":3:20: what stands here is no whole number"},
		{"disable_globbing: maybe", ":3:19: what stands here is neither true nor false"},
		{"homepage: [a]", ":3:11: what stands here is no text"},
		{"scripts: {postinst: a}", `unknown field "postinst" (did you mean "postinstall"?)`},
		{"name: y", "already defined"},
		{"- x", ""},
		{"\t: [", ""},
	} {
		if _, err := parse(t, test.text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.text, err, test.want)
		}
	}
	for _, text := range []string{"", "name: x", "version: 1", "name: -x\nversion: 1", "name: x\nversion: 1/2"} {
		if _, err := Parse("x.yaml", []byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

// Version numbers are text, also where YAML sees numbers.
func TestLiteral(t *testing.T) {
	m, err := Parse("x.yaml", []byte("name: x\nversion: 1.10\nrelease: 2\nslackware: {releases: [15.0, 14.2]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m.FullVersion() != "1.10" || m.BuildNumber() != 2 || !cmp.Equal(m.Slackware.Releases, []string{"15.0", "14.2"}) {
		t.Errorf("%s, %d, %q", m.FullVersion(), m.BuildNumber(), m.Slackware.Releases)
	}
}

// Anchors and merged sections are YAML's, and nfpm takes them.
func TestMergedSection(t *testing.T) {
	m, err := parse(t, "contents:\n- {src: a, dst: /a, file_info: &fi {mode: 0600, owner: bin}}\n- src: a\n  dst: /b\n  file_info:\n    <<: *fi\n    mode: 0640\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Contents[1].FileInfo; got.Mode != 0o640 || got.Owner != "bin" {
		t.Errorf("%+v", got)
	}
	if _, err := parse(t, "contents:\n- {src: a, src: b, dst: /a}\n"); err == nil {
		t.Error("a key twice is no error")
	}
}

// Nothing is dropped in silence.
func TestNotes(t *testing.T) {
	m, err := parse(t, `release: beta
epoch: 1
section: net
priority: extra
depends: [a]
recommends: [a]
suggests: [a]
conflicts: [a]
replaces: [a]
provides: [a]
changelog: c.yaml
vendor: v
license: MIT
bindir: /usr/bin
rpm: {group: x}
deb: {triggers: {interest: [x]}}
apk: {}
archlinux: {}
ipk: {}
overrides: {rpm: {depends: [b]}}
contents: [{dst: /var/log/x, type: ghost}, {src: a, dst: /t, type: tree, disown_subtree: [/t], file_info: {lang: en}}, {src: a, dst: /a, packager: deb}, {src: a, dst: /usr/lib/systemd/system/x.service}]
scripts: {preinstall: a, preremove: b}
`)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(m.Notes, "\n")
	for _, want := range []string{"release:", "epoch:", "section:", "priority:", "depends:", "replaces:",
		"provides:", "changelog:", "rpm:", "deb:", "apk:", "archlinux:", "ipk:", "overrides.rpm:", "contents[0]: /var/log/x", "contents[2]: /a",
		"contents[1].disown_subtree", "contents[1].file_info.lang", "vendor:", "license:", "bindir:", "no systemd", "scripts.preinstall:", "scripts.preremove:"} {
		if !strings.Contains(all, want) {
			t.Errorf("no note about %s in\n%s", want, all)
		}
	}
	for _, n := range m.Notes {
		if !strings.Contains(n, "x.yaml:") || strings.Contains(n, "\n") {
			t.Errorf("note %q is not one line with its place", n)
		}
	}
}

func TestOverrides(t *testing.T) {
	m, err := parse(t, "contents: [{src: a, dst: /a}]\noverrides: {slackware: {contents: [{src: b, dst: /b}], scripts: {postinstall: p}}}\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Contents) != 1 || m.Contents[0].Destination != "/b" || m.Scripts.PostInstall != "p" {
		t.Errorf("%+v %+v", m.Contents, m.Scripts)
	}
}

// What nfpm's documentation says of contents, file by file.
func TestContents(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"one.conf", "sub/two.conf", "sub/deep/three.conf", "sub/deep/four.txt", "solo/x-1.bin"} {
		file := filepath.Join(dir, f)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("two.conf", filepath.Join(dir, "sub/link")); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"to-deep": "sub/deep", "links/deep": "../sub/deep"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		content string
		want    string // members, with modes; empty for an error
	}{
		{"{src: one.conf, dst: /etc/one.conf}", "etc/one.conf 0640"},
		{"{src: one.conf, dst: /etc/}", "etc/one.conf 0640"},
		{"{src: one.conf, dst: etc/x, file_info: {mode: 04755}}", "etc/x 04755"},
		{"{src: 'sub/*.conf', dst: /etc/two}", "etc/two/two.conf 0640"},
		{"{src: 'sub/*.conf', dst: /etc/}", "etc/two.conf 0640"},
		{"{src: 'sub/**.conf', dst: /etc}", "etc/deep/three.conf 0640,etc/two.conf 0640"},
		{"{src: 'sub/**/*.conf', dst: /etc}", "etc/three.conf 0640"},
		{"{src: 'sub/**.conf', dst: /etc/}", "etc/three.conf 0640,etc/two.conf 0640"},
		{"{src: 'sub/[!x]*/[t]*', dst: /etc}", "etc/three.conf 0640"},
		{"{src: 'sub/lin?', dst: /etc}", "etc/link -> two.conf"},
		{"{src: sub/link, dst: /etc/two}", "etc/two -> two.conf"},
		{"{src: '{one.conf,sub/two.conf}', dst: /etc}", "etc/one.conf 0640,etc/sub/two.conf 0640"},
		{"{src: 'solo/x-*', dst: /usr/bin/x}", "usr/bin/x/x-1.bin 0640"},
		{"{src: sub/deep, dst: /d}", "d/four.txt 0640,d/three.conf 0640"},
		{"{src: sub/deep, dst: /d/}", "d/four.txt 0640,d/three.conf 0640"},
		{"{src: sub, dst: /d/}", "d/four.txt 0640,d/link -> two.conf,d/three.conf 0640,d/two.conf 0640"},
		{"{src: to-deep, dst: /d}", "d/four.txt 0640,d/three.conf 0640"},
		{"{src: 'sub/d*', dst: /d}", "d/four.txt 0640,d/three.conf 0640"},
		{"{src: sub, dst: /d, type: tree}", "d dir 0755,d/deep dir 0755,d/deep/four.txt 0640,d/deep/three.conf 0640,d/link -> two.conf,d/two.conf 0640"},
		{"{src: sub, dst: /, type: tree}", "deep dir 0755,deep/four.txt 0640,deep/three.conf 0640,link -> two.conf,two.conf 0640"},
		{"{src: sub/deep, dst: /d, type: tree, file_info: {mode: 0640}}", "d dir 0750,d/four.txt 0640,d/three.conf 0640"},
		{"{src: sub/deep, dst: /etc, type: 'config|noreplace|tree'}", "etc dir 0755,etc/four.txt 0640 config,etc/three.conf 0640 config"},
		{"{src: sub/link, dst: /etc/two, type: config}", "etc/two 0640 config"},
		{"{src: 'sub/lin?', dst: /etc/, type: config}", "etc/link 0640 config"},
		{"{src: sub, dst: /etc, type: 'config|tree'}", "etc dir 0755,etc/deep dir 0755,etc/deep/four.txt 0640 config," +
			"etc/deep/three.conf 0640 config,etc/link 0640 config,etc/two.conf 0640 config"},
		{"{src: links, dst: /etc, type: 'config|tree'}", ""}, // one is to a directory
		{"{src: one.conf, dst: /var/lib/a/b/c, file_info: {owner: app}}", "var/lib/a dir 0755 app,var/lib/a/b dir 0755 app,var/lib/a/b/c 0640 app"},
		{"{src: sub/deep, dst: /usr, type: tree, file_info: {owner: app}}", "usr dir 0755,usr/four.txt 0640 app,usr/three.conf 0640 app"},
		{"{src: one.conf, dst: /x, file_info: {mode: 420}}", "x 0644"},
		{"{src: /x/y, dst: /l, type: symlink}", "l -> /x/y"},
		{"{dst: /var/x, type: dir, file_info: {mode: 0700}}", "var/x dir 0700"},
		{"{dst: /var/x, type: ghost}", "none"},
		{"{src: nothing, dst: /x, packager: rpm}", "none"},
		{"{src: '${VERSION}.conf', dst: '/etc/${NAME}', expand: true}", ""},
		{"{src: nothing, dst: /x}", ""},
		{"{src: '*.none', dst: /x}", ""},
	} {
		m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: one\ncontents: ["+test.content+"]\n"))
		if err != nil {
			t.Errorf("%s: %v", test.content, err)
			continue
		}
		if strings.Contains(test.content, "${VERSION}") {
			test.want = "etc/x 0640"
		}
		items, err := m.items(m.names())
		if err != nil {
			if test.want != "" {
				t.Errorf("%s: %v", test.content, err)
			}
			continue
		}
		var got []string
		for _, i := range append(items, implied(items)...) {
			if i.implied && orRoot(i.owner) == "root" && i.mode == 0o755 {
				continue
			}
			text := i.dst + " " + octal(i.mode)
			switch {
			case i.dir:
				text = i.dst + " dir " + octal(i.mode)
			case i.link != "":
				text = i.dst + " -> " + i.link
			}
			if i.config {
				text += " config"
			}
			if orRoot(i.owner) != "root" {
				text += " " + i.owner
			}
			got = append(got, text)
		}
		if text := strings.Join(sorted(got), ","); text != test.want && !(text == "" && test.want == "none") {
			t.Errorf("%s: %s, want %s", test.content, text, test.want)
		}
	}
}

func octal(m fs.FileMode) string {
	text := "0"
	for shift := 9; shift >= 0; shift -= 3 {
		if d := m >> shift & 7; d != 0 || len(text) > 1 || shift < 9 {
			text += string(rune('0' + d))
		}
	}
	return text
}

// An nfpm.yaml is read as nfpm reads it: from the current directory, with the
// environment's variables only.
func TestNfpm(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("ARCH", "amd64")
	t.Setenv("VERSION", "v1.2.3-rc.1+git")
	for _, f := range []string{"dist/tool_amd64_v1.2.3-rc.1+git", "packaging/post.sh", "packaging/near"} {
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, []byte("echo "+f+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text := `name: tool${UNSET_SUFFIX}
arch: ${UNSET_ARCH}
version: ${VERSION}
prerelease: beta
release: 3.el9
scripts: {postinstall: ./packaging/post.sh}
contents:
  - {src: 'dist/tool_${ARCH}_${VERSION}', dst: /usr/bin/tool, expand: true}
  - {src: near, dst: /etc/near}
`
	if err := os.WriteFile("packaging/nfpm.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := Load("packaging/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file, err := m.Package(context.Background(), PackageOptions{Output: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := filepath.Base(file); got != "tool-1.2.3_beta+git-x86_64-3_SBo.txz" {
		t.Error(got)
	}
	for _, want := range []string{"UNSET_SUFFIX is not set", "UNSET_ARCH is not set", `release: "3.el9" is no whole number over 0: the build number is 3`} {
		if !strings.Contains(strings.Join(m.Notes, "\n"), want) {
			t.Errorf("no note %q in %q", want, m.Notes)
		}
	}
	got := members(t, file)
	for _, want := range []string{"usr/bin/tool", "etc/near"} {
		if got[want] == "" {
			t.Errorf("no %s", want)
		}
	}
	if !strings.Contains(got["install/doinst.sh"], "echo packaging/post.sh") {
		t.Errorf("doinst.sh: %s", got["install/doinst.sh"])
	}
}

func TestVersionSchema(t *testing.T) {
	for _, test := range []struct{ fields, want string }{
		{"version: v1.2.3-rc1", "1.2.3_rc1"},
		{"version: v1.2.3-rc1\nversion_schema: none", "v1.2.3_rc1"},
		{"version: 1.2.3-rc1+git\nprerelease: beta\nversion_metadata: a.1", "1.2.3_beta+a.1"},
		{"version: 1.2.3-rc1\nprerelease: beta\nversion_schema: none", "1.2.3_rc1_beta"},
		{"version: '1.2'", "1.2"},
		{"version: 2024.01.02.3-x\nprerelease: y", "2024.01.02.3_x_y"},
	} {
		m, err := Parse("x.yaml", []byte("name: x\n"+test.fields+"\n"))
		if err != nil {
			t.Errorf("%s: %v", test.fields, err)
			continue
		}
		if got := m.FullVersion(); got != test.want {
			t.Errorf("%s: %s, want %s", test.fields, got, test.want)
		}
	}
}

// A tree may replace what came before it, as with nfpm; all else is a mistake.
func TestCollisions(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "tree/x", "tree/sub/y"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ contents, want string }{
		{"{src: a, dst: /x}, {src: a, dst: /x}", "x.yaml:3:31: /x comes twice"},
		{"{src: a, dst: /o/x}, {src: tree, dst: /o, type: tree}", ""},
		{"{src: tree, dst: /o, type: tree}, {src: a, dst: /o/x}", "x.yaml:3:46: /o/x comes twice"},
		{"{dst: /o, type: dir, file_info: {mode: 0700}}, {src: tree, dst: /o, type: tree}", ""},
		{"{src: a, dst: /o}, {src: a, dst: /o/x}", "/o/x lies below /o, which is not a directory but"},
		{"{src: a, dst: /v/x, file_info: {owner: u}}, {dst: /v, type: dir}", ""},
	} {
		m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: 1\ncontents: ["+test.contents+"]\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.Package(context.Background(), PackageOptions{Output: t.TempDir()})
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.contents, err, test.want)
		}
	}
}

// Caches that a package's files are to be found in are brought up to date.
func TestCaches(t *testing.T) {
	m, err := parse(t, "contents: [{src: /dev/null, dst: /usr/share/applications/x.desktop, type: config}]\n")
	if err != nil {
		t.Fatal(err)
	}
	text, err := m.doinst([]item{{dst: "usr/share/applications/x.desktop"}, {dst: "usr/share/icons/hicolor/48x48/apps/x.png"},
		{dst: "usr/share/applications-not/y"}, {dst: "usr/share/mime/packages", dir: true}})
	if err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]bool{"update-desktop-database": true, "gtk-update-icon-cache": true, "update-mime-database": false, "glib-compile-schemas": false} {
		if strings.Contains(text, program) != want {
			t.Errorf("%s: want %v in\n%s", program, want, text)
		}
	}
}

func TestArches(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", "i486 i586 i686 x86_64 arm armv7hl aarch64 riscv64 loongarch64"},
		{"slackware: {releases: ['14.2', current]}", "i586 i686 x86_64 arm armv7hl aarch64 riscv64 loongarch64"},
		{"slackware: {releases: ['14.1', current]}", "i486 i586 i686 x86_64 arm armv7hl aarch64 riscv64 loongarch64"},
		{"slackware: {unsupported: [386, i486, i686]}", "x86_64 arm armv7hl aarch64 riscv64 loongarch64"},
		{"slackware: {architectures: [amd64, arm64]}", "x86_64 aarch64"},
		{"arch: all", "noarch"},
	} {
		m, err := parse(t, test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		var names []string
		for _, a := range m.Arches() {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); got != test.want {
			t.Errorf("%s: %s", test.text, got)
		}
	}
}

// A parser of files from elsewhere neither panics nor believes what it cannot
// write again.
func FuzzParseInfo(f *testing.F) {
	f.Add((&Info{PrgNam: "x", Version: "1", Download: []string{"https://a/b", "https://a/c"}}).String())
	f.Add("PRGNAM=\"x\"\nPRGNAM=\"x\"\n")
	f.Add("A=\"\\\n\"")
	f.Fuzz(func(t *testing.T, text string) {
		info, err := ParseInfo(text)
		if err != nil {
			return
		}
		again, err := ParseInfo(info.String())
		if err != nil {
			t.Fatalf("%q becomes %q: %v", text, info.String(), err)
		}
		if d := cmp.Diff(info, again); d != "" {
			t.Errorf("%q: %s", text, d)
		}
	})
}

// Patterns and words from manifests neither panic nor change on their way
// through the shell's syntax.
func FuzzPatterns(f *testing.F) {
	for _, seed := range []string{"a/**/*.conf", "{a,b{c,d}}/[!x]?", `\[x\]`, "${NAME}/$VERSION", "a b'c\"d", "{", "[", "*{a", "a\nb"} {
		f.Add(seed)
	}
	dir := f.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b"), 0o755); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a/b/c.conf"), nil, 0o644); err != nil {
		f.Fatal(err)
	}
	m := &Manifest{Name: "x", Version: "1", Dir: dir}
	f.Fuzz(func(t *testing.T, src string) {
		if strings.ContainsRune(src, 0) || filepath.IsAbs(src) || strings.Contains(src, "..") {
			return // no path, or one that leads out of the directory
		}
		found, err := match(dir, src)
		for _, p := range found {
			if err != nil || !strings.HasPrefix(p, dir+"/") {
				t.Errorf("%q: %q, %v", src, p, err)
			}
		}
		m.globWord(src, true)
		file, err := syntax.NewParser().Parse(strings.NewReader("x "+quote(src)), "")
		if err != nil || len(file.Stmts) != 1 {
			t.Fatalf("%q is quoted as %s: %v", src, quote(src), err)
		}
		args := file.Stmts[0].Cmd.(*syntax.CallExpr).Args
		if got, err := expand.Literal(nil, args[len(args)-1]); err != nil || got != src && utf8.ValidString(src) {
			t.Errorf("%q is quoted as %s, which is %q, %v", src, quote(src), got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("name: x\nversion: 1\ncontents: [{src: a, dst: /b, file_info: {mode: 0644}}]\n")
	f.Add("name: x\nversion: 1.10\nslackware: {releases: [15.0], sources: [{url: 'https://x/y'}]}\n")
	f.Add("name: [x\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse("x.yaml", []byte(text))
		if err == nil && (m.Name == "" || m.FullVersion() == "") {
			t.Errorf("%q: accepted without a name or version", text)
		}
	})
}
