// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
		{"slackware: {kind: scons}", `unknown kind "scons"`},
		{"slackware: {tag: a-b}", `bad tag "a-b"`},
		{"slackware: {requires: ['a b']}", `bad name "a b"`},
		{"slackware: {sources: [{url: 'file:///x'}]}", `bad url "file:///x"`},
		{"slackware: {sources: [{url: 'https://x/y', md5: A}]}", `bad md5 "A"`},
		{"slackware: {architectures: [x]}", `unknown architecture "x"`},
		{"slackware: {releases: [new]}", `unknown release "new"`},
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
rpm: {group: x}
deb: {triggers: {interest: [x]}}
apk: {}
archlinux: {}
ipk: {}
overrides: {rpm: {depends: [b]}}
contents: [{dst: /var/log/x, type: ghost}, {src: a, dst: /a, packager: deb}, {src: a, dst: /usr/lib/systemd/system/x.service}]
scripts: {preinstall: a, preremove: b}
`)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(m.Notes, "\n")
	for _, want := range []string{"release:", "epoch:", "section:", "priority:", "depends:", "recommends:", "suggests:", "conflicts:", "replaces:",
		"provides:", "changelog:", "rpm:", "deb:", "apk:", "archlinux:", "ipk:", "overrides.rpm:", "contents[0]: /var/log/x", "contents[1]: /a",
		"no systemd", "scripts.preinstall:", "scripts.preremove:"} {
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
	for _, test := range []struct {
		content string
		want    string // members, with modes; empty for an error
	}{
		{"{src: one.conf, dst: /etc/one.conf}", "etc/one.conf 0640"},
		{"{src: one.conf, dst: /etc/}", "etc/one.conf 0640"},
		{"{src: one.conf, dst: etc/x, file_info: {mode: 04755}}", "etc/x 04755"},
		{"{src: 'sub/*.conf', dst: /etc/two}", "etc/two 0640"},
		{"{src: 'sub/*.conf', dst: /etc/}", "etc/two.conf 0640"},
		{"{src: 'sub/**/*.conf', dst: /etc}", "etc/deep/three.conf 0640,etc/two.conf 0640"},
		{"{src: '{one.conf,sub/two.conf}', dst: /etc}", "etc/one.conf 0640,etc/sub/two.conf 0640"},
		{"{src: 'solo/x-*', dst: /usr/bin/x}", "usr/bin/x 0640"},
		{"{src: sub/deep, dst: /d}", "d/four.txt 0640,d/three.conf 0640"},
		{"{src: 'sub/d*', dst: /d}", "d/four.txt 0640,d/three.conf 0640"},
		{"{src: sub, dst: /d, type: tree}", "d dir 0755,d/deep dir 0755,d/deep/four.txt 0640,d/deep/three.conf 0640,d/link -> two.conf,d/two.conf 0640"},
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
		for _, i := range items {
			switch {
			case i.dir:
				got = append(got, i.dst+" dir "+octal(i.mode))
			case i.link != "":
				got = append(got, i.dst+" -> "+i.link)
			default:
				got = append(got, i.dst+" "+octal(i.mode))
			}
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

func TestTwiceTheSamePath(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: 1\ncontents: [{src: a, dst: /x}, {src: b, dst: /x}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Package(context.Background(), PackageOptions{Output: dir}); err == nil || !strings.Contains(err.Error(), "/x comes twice") {
		t.Errorf("%v", err)
	}
	if made, _ := filepath.Glob(dir + "/*.t?z"); len(made) > 0 {
		t.Errorf("made %v", made)
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
