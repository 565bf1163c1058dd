// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools"
)

// tree writes files into a new directory: a name with a slash at its end is a
// directory, a text that begins with -> a link.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		target, link := strings.CutPrefix(text, "-> ")
		switch {
		case err != nil:
		case strings.HasSuffix(name, "/"):
			err = os.MkdirAll(file, 0o755)
		case link:
			err = os.Symlink(target, file)
		default:
			err = os.WriteFile(file, []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// made makes the package of a manifest in dir, and gives its members.
func made(t *testing.T, dir, text string) (map[string]string, error) {
	t.Helper()
	m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: 1\n"+text))
	if err != nil {
		return nil, err
	}
	file, err := m.Package(context.Background(), PackageOptions{Output: t.TempDir()})
	if err != nil {
		return nil, err
	}
	return members(t, file), nil
}

// A configuration file and what else may have its name, or that of its .new file.
func TestConfigCollisions(t *testing.T) {
	dir := tree(t, map[string]string{"a": "config\n", "b": "other\n", "t/c.conf": "t\n"})
	build := "slackware: {commands: ['mkdir -p $PKG/etc', 'echo built > $PKG/etc/c.conf']}\n"
	for _, test := range []struct{ text, want string }{
		{"contents: [{src: a, dst: /etc/c.conf, type: config}]\n" + build, ""},
		{"contents: [{src: a, dst: /etc/c.conf, type: config}, {src: b, dst: /etc/c.conf.new}]\n", "comes twice, and once as a configuration file"},
		{"contents: [{src: b, dst: /etc/c.conf.new}, {src: a, dst: /etc/c.conf, type: config}]\n", "comes twice, and once as a configuration file"},
		{"contents: [{src: a, dst: /etc/c.conf, type: config}, {src: t, dst: /etc, type: tree}]\n", "comes twice, and once as a configuration file"},
		{"contents: [{src: a, dst: /etc/c.conf, type: config}, {src: a, dst: /etc/c.conf, type: config}]\n", "comes twice"},
		{"contents: [{src: \"${PKG}/etc/c.conf\", dst: /etc/c.conf, type: config, expand: true}]\n" + build, ""},
		{"contents: [{src: a, dst: /install/doinst.sh}]\n", "/install/doinst.sh is written by mkslack"},
	} {
		got, err := made(t, dir, test.text)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.text, err, test.want)
		}
		if err == nil && (got["etc/c.conf"] != "" || got["etc/c.conf.new"] == "") {
			t.Errorf("%s: both, or neither: %q, %q", test.text, got["etc/c.conf"], got["etc/c.conf.new"])
		}
	}
}

// A package without files is refused, unless that is asked for.
func TestEmptyPackage(t *testing.T) {
	for _, test := range []struct {
		text  string
		empty bool
	}{
		{"slackware: {kind: shell}\n", true},
		{"overrides: {deb: {contents: [{src: a, dst: /a}]}}\n", true},
		{"contents: [{src: a, dst: /a, packager: deb}]\n", true},
		{"slackware: {commands: ['true']}\n", true},
		{"slackware: {empty: true}\n", false},
		{"contents: [{dst: /var/lib/x, type: dir}]\n", false},
		{"contents: [{src: /x, dst: /y, type: symlink}]\n", false},
	} {
		_, err := made(t, t.TempDir(), test.text)
		if (err != nil && strings.Contains(err.Error(), "would be empty")) != test.empty || err != nil && !test.empty {
			t.Errorf("%s: %v", test.text, err)
		}
	}
	m, err := parse(t, "slackware: {kind: shell}\n")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.Files(Options{}); err == nil || !strings.Contains(err.Error(), "would be empty") {
		t.Errorf("the script: %v", err)
	}
	for _, o := range []Options{{Empty: true}} {
		if _, _, err := m.Files(o); err != nil {
			t.Errorf("asked for: %v", err)
		}
	}
	if _, err := m.Package(context.Background(), PackageOptions{Output: t.TempDir(), Empty: true}); err != nil {
		t.Errorf("asked for: %v", err)
	}
}

// Links in contents, as mkslack.yaml(5) says.
func TestLinksInContents(t *testing.T) {
	dir := tree(t, map[string]string{"real/one": "1", "real/sub/two": "2", "to": "-> real", "dangling": "-> nowhere", "page": "-> /usr/share/man/man1/x.1",
		"pages/x.1": "page\n", "pages/y.1": "-> x.1", "pages/fr": "-> de", "pages/de/": ""})
	for _, test := range []struct{ text, path, want string }{
		{"contents: [{src: dangling, dst: /d}]\n", "( cd . ; ln -sf nowhere d )", ""},
		{"contents: [{src: page, dst: /d}]\n", "( cd . ; ln -sf /usr/man/man1/x.1 d )", ""},
		{"contents: [{src: /usr/share/man/man1/x.1, dst: /usr/share/man/man1/z.1, type: symlink}]\n", "( cd usr/man/man1 ; ln -sf /usr/man/man1/x.1.gz z.1.gz )", ""},
		{"contents: [{src: 'to/*', dst: /d/}]\n", "d/one", "d/two"},
		{"contents: [{src: 'to/**', dst: /d}]\n", "d/sub/two", ""},
		{"contents: [{src: to, dst: /d, type: tree}]\n", "d/sub/two", ""},
		{"contents: [{src: pages, dst: /usr/share/man/man1, type: tree}]\n", "( cd usr/man/man1 ; ln -sf x.1.gz y.1.gz )", "( cd usr/man/man1 ; ln -sf de fr )"},
	} {
		got, err := made(t, dir, test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		for _, want := range []string{test.path, test.want} {
			if strings.HasPrefix(want, "(") && !strings.Contains(got["install/doinst.sh"], want) || !strings.HasPrefix(want, "(") && want != "" && got[want] == "" {
				t.Errorf("%s: no %q in %q", test.text, want, got)
			}
		}
	}
}

// A source beside the archive is found by its name, through a link, and the
// script takes it from where it lies itself.
func TestSourceInContents(t *testing.T) {
	dir := tree(t, map[string]string{"downloads/x-1.conf": "source\n", "x-1.conf": "-> downloads/x-1.conf", "extra/y.png": "png\n"})
	text := "contents: [{src: x-1.conf, dst: /etc/x.conf}, {src: y.png, dst: /usr/share/x/, file_info: {mode: 0600}}]\nslackware:\n  kind: shell\n  sources:\n" +
		"    - {url: 'https://e.org/x-1.tar.gz', md5: 0123456789abcdef0123456789abcdef}\n    - {url: 'https://e.org/x-${VERSION}.conf'}\n" +
		"    - {url: 'https://e.org/y.png', file: extra/y.png}\n"
	got, err := made(t, dir, text)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got["etc/x.conf"], "0 0644") || !strings.HasPrefix(got["usr/share/x/y.png"], "0 0600") {
		t.Errorf("%q", got)
	}
	for _, want := range []string{"install -m 0644 $CWD/x-1.conf $PKG/etc/x.conf\n", "install -m 0600 $CWD/y.png $PKG/usr/share/x/y.png\n"} {
		if script := got["usr/doc/x-1/x.SlackBuild"]; !strings.Contains(script, want) {
			t.Errorf("no %q in the script", want)
		}
	}
}

// The version has no hyphens in a package's name, and has them where upstream
// does.
func TestUpstreamVersion(t *testing.T) {
	m, err := Parse("x.yaml", []byte("name: x\nversion: v2.0\nprerelease: rc-1\ncontents: [{dst: /x, type: dir}]\nslackware: {sources: [{url: 'https://e.org/v${VERSION}/x-${VERSION}.tar.gz'}]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := m.Files(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for name, want := range map[string]string{"x.info": `DOWNLOAD="https://e.org/v2.0-rc-1/x-2.0-rc-1.tar.gz"`, "x.SlackBuild": "tar xvf $CWD/x-2.0-rc-1.tar.gz"} {
			if f.Name == name && !strings.Contains(string(f.Data), want) {
				t.Errorf("%s has no %q", name, want)
			}
		}
	}
	if m.FullVersion() != "2.0_rc_1" {
		t.Error(m.FullVersion())
	}
}

// A program for another architecture than the package's is refused.
func TestOtherArchitecture(t *testing.T) {
	elf := func(machine byte) string {
		return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + "\x02\x00" + string([]byte{machine}) + "\x00" + strings.Repeat("\x00", 44)
	}
	dir := tree(t, map[string]string{"x86": elf(62), "arm64": elf(183), "i386": elf(3)})
	for _, test := range []struct{ arch, src, dst, want string }{
		{"amd64", "x86", "/usr/bin/x", ""},
		{"amd64", "i386", "/usr/lib/x.so", ""},
		{"arm64", "x86", "/usr/bin/x", "/usr/bin/x is a program for EM_X86_64, and the package is for aarch64"},
		{"arm64", "arm64", "/sbin/x", ""},
		{"amd64", "arm64", "/usr/libexec/y/x", "is a program for EM_AARCH64"},
		{"amd64", "arm64", "/lib/firmware/x", ""},
		{"amd64", "arm64", "/usr/share/qemu/x", ""},
	} {
		_, err := made(t, dir, "arch: "+test.arch+"\ncontents: [{src: "+test.src+", dst: "+test.dst+"}]\n")
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v", test, err)
		}
	}
}

// A directory that nobody names is Slackware's own where it has it, and has
// another owner only where all in it does.
func TestImpliedDirectories(t *testing.T) {
	daemon := "file_info: {owner: daemon, group: daemon}"
	dir := tree(t, map[string]string{"a": "a", "t/tmp/x": "", "t/root/y": ""})
	for _, test := range []struct {
		contents string
		want     map[string]string
	}{
		{"{src: a, dst: /etc/cron.daily/x, " + daemon + "}", map[string]string{"etc/cron.daily/": "0755 root/root", "etc/": "0755 root/root"}},
		{"{src: a, dst: /root/x}, {src: a, dst: /tmp/x, " + daemon + "}", map[string]string{"root/": "0710 root/root", "tmp/": "1777 root/root"}},
		{"{src: a, dst: /var/spool/cron/crontabs/x}", map[string]string{"var/spool/cron/crontabs/": "0750 root/root", "var/spool/cron/": "0751 root/root"}},
		{"{src: a, dst: /etc/sudoers.d/x}", map[string]string{"etc/sudoers.d/": "0750 root/root"}},
		{"{src: a, dst: /var/www/htdocs/x, " + daemon + "}", map[string]string{"var/www/htdocs/": "0755 root/root"}},
		{"{src: a, dst: /var/lib/x/y/a, " + daemon + "}", map[string]string{"var/lib/x/": "0755 daemon/daemon", "var/lib/x/y/": "0755 daemon/daemon", "var/lib/": "0755 root/root"}},
		{"{src: a, dst: /var/lib/x/y/a, " + daemon + "}, {src: a, dst: /var/lib/x/b}", map[string]string{"var/lib/x/": "0755 root/root", "var/lib/x/y/": "0755 daemon/daemon"}},
		{"{src: a, dst: /var/lib/x/a, file_info: {owner: tinyuser}}", map[string]string{"var/lib/x/": "0755 root/root"}},
		{"{dst: /var/lib/x, type: dir, " + daemon + "}, {src: a, dst: /var/lib/x/b}", map[string]string{"var/lib/x/": "0755 daemon/daemon"}},
		{"{src: t, dst: /, type: tree, " + daemon + "}", map[string]string{"tmp/": "1777 root/root", "root/": "0710 root/root", "tmp/x": "0644 daemon/daemon"}},
	} {
		got, err := made(t, dir, "contents: ["+test.contents+"]\n")
		if err != nil {
			t.Errorf("%s: %v", test.contents, err)
			continue
		}
		for p, want := range test.want {
			if !strings.HasPrefix(got[p][min(2, len(got[p])):], want) {
				t.Errorf("%s: %s is %.40q, want %s", test.contents, p, got[p], want)
			}
		}
	}
}

// Files of a user that Slackware does not have are never setuid in the archive,
// where the number for the name is root's.
func TestUnknownOwners(t *testing.T) {
	dir := tree(t, map[string]string{"a": "a"})
	m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: 1\ncontents: [{src: a, dst: /usr/bin/own, file_info: {owner: tinyuser, mode: 04755}}, "+
		"{src: a, dst: /usr/bin/group, file_info: {group: '1234', mode: 02755}}, {src: a, dst: /usr/bin/mail, file_info: {owner: mail, mode: 04755}}, "+
		"{src: a, dst: /usr/bin/zero, file_info: {owner: '0', mode: 04711}}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := m.Package(context.Background(), PackageOptions{Output: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := pkgtools.Scan(context.Background(), file, pkgtools.ReadOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	special := fs.ModeSetuid | fs.ModeSetgid
	for _, e := range p.Entries {
		switch e.Path {
		case "usr/bin/own", "usr/bin/group":
			if e.Mode&special != 0 || e.User != "root" || e.Group != "root" {
				t.Errorf("%s: %v %s:%s", e.Path, e.Mode, e.User, e.Group)
			}
		case "usr/bin/mail":
			if e.Mode&fs.ModeSetuid == 0 || e.User != "mail" || e.UID != 8 {
				t.Errorf("%s: %v %s (%d)", e.Path, e.Mode, e.User, e.UID)
			}
		case "usr/bin/zero":
			if e.Mode&fs.ModeSetuid == 0 || e.User != "root" {
				t.Errorf("%s: %v %s", e.Path, e.Mode, e.User)
			}
		}
	}
	for _, want := range []string{"give tinyuser:root 04755 << 'EOF'\n|usr/bin/own\n", "give root:1234 02755 << 'EOF'\n|usr/bin/group\n"} {
		if !strings.Contains(string(p.Doinst), want) {
			t.Errorf("no %q in\n%s", want, p.Doinst)
		}
	}
}

// What a package depends on stands where slapt-get and repositories look for it,
// in the package and beside the script.
func TestRelations(t *testing.T) {
	text := `contents: [{dst: /x, type: dir}]
depends: [zlib, "libc6:amd64 (>= 2.3)", "a | b>=1", "c (<< 4)", zlib]
recommends: [d]
suggests: ["e = 5"]
conflicts: [f]
overrides: {slackware: {conflicts: [g]}}
slackware: {kind: shell}
`
	want := map[string]string{
		"slack-required":  "zlib\nlibc6 >= 2.3\na | b >= 1\nc < 4\n",
		"slack-suggests":  "d\ne = 5\n",
		"slack-conflicts": "g\n",
	}
	got, err := made(t, t.TempDir(), text)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parse(t, text)
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := m.Files(Options{})
	if err != nil {
		t.Fatal(err)
	}
	script := map[string]string{}
	for _, f := range files {
		script[f.Name] = string(f.Data)
	}
	for name, lines := range want {
		if _, member, _ := strings.Cut(got["install/"+name], "\n"); member != lines || script[name] != lines {
			t.Errorf("%s: %q and %q, want %q", name, member, script[name], lines)
		}
		if !strings.Contains(script["x.SlackBuild"], "cat $CWD/"+name+" > $PKG/install/"+name) {
			t.Errorf("the script does not take %s", name)
		}
	}
	if !strings.Contains(script["x.info"], `REQUIRES="zlib libc6 a c"`) {
		t.Error(script["x.info"])
	}
	for _, bad := range []string{"a b", "$(touch x)", "a,b", "a (>= )", "", "a |"} {
		if _, err := parse(t, "depends: ['"+bad+"']\n"); err == nil || !strings.Contains(err.Error(), "x.yaml:3:") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// What scripts of other systems do, and should be looked at, is noted with its
// line; what they do with care is not.
func TestScriptHabits(t *testing.T) {
	for _, test := range []struct{ field, script, want string }{
		{"postremove", "#!/bin/sh\nset -e\nrm -rf /etc/app\n", "line 3: deletes whole directories"},
		{"preremove", "rm -f -r /var/lib/app\n", "line 1: deletes whole directories"},
		{"postinstall", "rm -rf /var/cache/app\n", ""},
		{"postremove", "# rm -rf /etc/app\nrm -f /etc/app.conf\n", ""},
		{"postremove", "if true; then\n  userdel app\nfi\n", "line 2: deletes accounts"},
		{"postinstall", "systemctl daemon-reload\n", "line 1: calls systemctl"},
		{"postinstall", "if command -v systemctl > /dev/null; then\n  systemctl daemon-reload\nfi\n", ""},
		{"postinstall", "[ -d /run/systemd/system ] && systemctl daemon-reload\n", ""},
		{"preinstall", ". /etc/os-release\n", "line 1: decides by os-release"},
	} {
		dir := tree(t, map[string]string{"s": test.script})
		m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: 1\nscripts: {"+test.field+": s}\nslackware: {kind: shell}\n"))
		if err != nil {
			t.Fatal(err)
		}
		var found string
		for _, n := range m.Notes {
			if strings.Contains(n, ", line ") {
				found += n
			}
		}
		if (found == "") != (test.want == "") || !strings.Contains(found, test.want) || found != "" && !strings.Contains(found, "x.yaml:3:") {
			t.Errorf("%s %q: %q, want %q", test.field, test.script, found, test.want)
		}
	}
}
