// SPDX-License-Identifier: MIT

package lint

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/pkgtools"
)

// elfHeader is the header of an ELF file, of a shared library if so.
func elfHeader(machine elf.Machine, class elf.Class, kind elf.Type) string {
	b := make([]byte, 64)
	copy(b, elf.ELFMAG)
	b[4], b[5], b[6] = byte(class), byte(elf.ELFDATA2LSB), 1
	binary.LittleEndian.PutUint16(b[16:], uint16(kind))
	binary.LittleEndian.PutUint16(b[18:], uint16(machine))
	binary.LittleEndian.PutUint32(b[20:], 1)
	if class == elf.ELFCLASS64 {
		binary.LittleEndian.PutUint16(b[52:], 64)
	} else {
		binary.LittleEndian.PutUint16(b[40:], 52)
	}
	return string(b)
}

func file(p, text string) pkgtools.Entry {
	return pkgtools.Entry{Path: p, Mode: 0o644, User: "root", Group: "root", ModTime: time.Unix(1e9, 0), Size: int64(len(text)), Open: pkgtools.Bytes([]byte(text))}
}

// program is a file with the x bit.
func program(p, text string) pkgtools.Entry {
	return with(file(p, text), func(e *pkgtools.Entry) { e.Mode = 0o755 })
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func picture(t *testing.T, size int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, size, size))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// with changes an entry.
func with(e pkgtools.Entry, change func(*pkgtools.Entry)) pkgtools.Entry {
	change(&e)
	return e
}

func TestPackage(t *testing.T) {
	amd64 := elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_EXEC)
	desc := pkgtools.SlackDesc{Name: "thing", Short: "it does something", Text: []string{"More."}}.String()
	gz := gzipped(t, "page")
	base := []pkgtools.Entry{program("usr/bin/thing", amd64), file("usr/doc/thing-1.0/README", "x\n"), file("install/slack-desc", desc)}
	link := func(dir, target, name string) pkgtools.Entry {
		return file("install/doinst.sh", fmt.Sprintf("( cd %[1]s ; rm -rf %[2]s )\n( cd %[1]s ; ln -sf %[3]s %[2]s )\n", dir, name, target))
	}
	desktop := "[Desktop Entry]\nType=Application\nName=X\nExec=x\nCategories=Game;\n"
	config := "config() {\n  NEW=\"$1\"\n  OLD=\"${NEW%.new}\"\n  [ -r \"$OLD\" ] || mv \"$NEW\" \"$OLD\"\n  if cmp -s \"$NEW\" \"$OLD\"; then rm \"$NEW\"; fi\n}\nconfig etc/thing.conf.new\n"
	tested := map[string]bool{"package-suffix": true, "package-name": true, "package-dotted": true, "package-root": true, "package-unstripped": true}
	for _, test := range []struct {
		name  string // of the package; thing-1.0-x86_64-1 if empty
		add   []pkgtools.Entry
		drop  string
		rules []string
	}{
		{},
		{drop: "install/slack-desc", rules: []string{"package-slack-desc"}},
		{drop: "usr/doc/thing-1.0/README", rules: []string{"package-doc"}},
		{drop: "usr/bin/thing", rules: []string{"package-could-be-noarch"}},
		{name: "thing-1.0-noarch-1", rules: []string{"package-noarch-elf"}},
		{name: "thing-1.0-aarch64-1", rules: []string{"package-elf-arch"}},
		{add: []pkgtools.Entry{program("usr/lib/libx.so.1", elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_DYN))}, rules: []string{"package-lib64"}},
		{add: []pkgtools.Entry{program("usr/share/thing/x", amd64)}, rules: []string{"package-share-elf"}},
		{add: []pkgtools.Entry{file("usr/bin/s", "cd /tmp/SBo/package-thing/usr\n")}, rules: []string{"package-build-path"}},
		{add: []pkgtools.Entry{file("stuff/x", "x")}, rules: []string{"package-top"}},
		{add: []pkgtools.Entry{file("usr/local/x", "x")}, rules: []string{"package-usr-local"}},
		{add: []pkgtools.Entry{file("usr/share/man/man1/x.1.gz", gz)}, rules: []string{"package-share-man"}},
		{add: []pkgtools.Entry{file("usr/man/man1/x.1", "x")}, rules: []string{"package-man-gzip"}},
		{add: []pkgtools.Entry{file("usr/man/man1/x.8.gz", gz)}, rules: []string{"package-man-section"}},
		{add: []pkgtools.Entry{file("usr/info/x.info", "x")}, rules: []string{"doinst-info", "package-man-gzip"}},
		{add: []pkgtools.Entry{file("usr/info/dir", "x")}, rules: []string{"doinst-info", "package-system-file"}},
		{add: []pkgtools.Entry{file("usr/man/man1/x.1.gz", gz), file("usr/man/de/man3/x.3pm.gz", gz)}},
		{name: "thing-1.0-x86_64-SBo1", rules: []string{"package-name-build"}},
		{name: "thing-1.0~rc-x86_64-1", rules: []string{"package-name-chars"}},
		{add: []pkgtools.Entry{program("usr/lib64/libx.so.1", elfHeader(elf.EM_386, elf.ELFCLASS32, elf.ET_DYN))}, rules: []string{"package-lib64"}},
		{name: "thing-1.0-i586-1", drop: "usr/bin/thing", add: []pkgtools.Entry{program("usr/lib64/libx.so.1", elfHeader(elf.EM_386, elf.ELFCLASS32, elf.ET_DYN))}, rules: []string{"package-lib64"}},
		{add: []pkgtools.Entry{file("usr/lib64/libx.so.1", elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_DYN))}, rules: []string{"package-elf-mode"}},
		{add: []pkgtools.Entry{file("run/x", "x")}, rules: []string{"package-volatile"}},
		{add: []pkgtools.Entry{file("var/run/x", "x")}, rules: []string{"package-volatile"}},
		{add: []pkgtools.Entry{file("var/lib/pkgtools/packages/other-1-x-1", "x")}, rules: []string{"package-database"}},
		{add: []pkgtools.Entry{file("install/notes", "x")}, rules: []string{"package-install-files"}},
		{add: []pkgtools.Entry{file("install/slack-required", "a\nb >= 1.0\nc | d\n")}},
		{add: []pkgtools.Entry{file("install/slack-required", "a, b\n")}, rules: []string{"package-required"}},
		{add: []pkgtools.Entry{file("usr/share/a b/ö", "x")}},
		{add: []pkgtools.Entry{file("srv", "x")}, rules: []string{"package-top"}},
		{add: []pkgtools.Entry{file("usr/share/x", "")}, rules: []string{"package-empty"}},
		{add: []pkgtools.Entry{file("usr/lib64/python3.9/site-packages/x/__init__.py", "")}},
		{add: []pkgtools.Entry{file("usr/man/man1/x.1.gz", "not")}, rules: []string{"package-gzip"}},
		{add: []pkgtools.Entry{file("usr/man/man1/x.1.gz", gzipped(t, ""))}, rules: []string{"package-gzip"}},
		{add: []pkgtools.Entry{file("usr/share/perl5/site_perl/X.pm", "x")}, rules: []string{"package-site-perl"}},
		{add: []pkgtools.Entry{link("usr/bin", "thing", "other")}},
		{add: []pkgtools.Entry{link("usr", "../usr/bin/thing", "other")}},
		{add: []pkgtools.Entry{link("usr/bin", "/usr/bin/thing", "other")}, rules: []string{"package-link-absolute"}},
		{add: []pkgtools.Entry{link("usr/bin", "nothing", "other")}, rules: []string{"package-link-broken"}},
		{add: []pkgtools.Entry{link("usr/bin", "other", "other")}, rules: []string{"package-link-broken"}},
		{add: []pkgtools.Entry{link("usr/bin", "/tmp/SBo/package-thing/x", "other")}, rules: []string{"package-link-build"}},
		{add: []pkgtools.Entry{link("usr", "share", "bin")}, rules: []string{"package-link-broken", "package-link-dir"}},
		{add: []pkgtools.Entry{link("usr/sbin", "../bin/thing", "other")}, rules: []string{"package-link-nodir"}},
		{add: []pkgtools.Entry{file("usr/share/icons/hicolor/16x16/apps/x.png", picture(t, 16)), file("install/doinst.sh", "[ -x x ] && gtk-update-icon-cache\n")}},
		{add: []pkgtools.Entry{file("usr/share/icons/hicolor/32x32/apps/x.png", picture(t, 16)), file("install/doinst.sh", "[ -x x ] && gtk-update-icon-cache\n")}, rules: []string{"package-icon-size"}},
		{add: []pkgtools.Entry{file("usr/share/icons/hicolor/16x16/apps/x.png", picture(t, 16))}, rules: []string{"doinst-icons"}},
		{add: []pkgtools.Entry{file("usr/share/applications/x.desktop", desktop)}, rules: []string{"doinst-desktop"}},
		{add: []pkgtools.Entry{file("usr/share/applications/x.desktop", "Name=x\n"), file("install/doinst.sh", "[ -x x ] && update-desktop-database\n")}, rules: []string{"desktop-syntax"}},
		{add: []pkgtools.Entry{file("usr/share/mime/packages/x.xml", "x")}, rules: []string{"doinst-mime"}},
		{add: []pkgtools.Entry{file("usr/share/glib-2.0/schemas/x.xml", "x")}, rules: []string{"doinst-schemas"}},
		{add: []pkgtools.Entry{file("lib/modules/6.1/x.ko", "x")}, rules: []string{"doinst-depmod"}},
		{add: []pkgtools.Entry{file("usr/lib64/libx.la", "x")}, rules: []string{"package-la"}},
		{add: []pkgtools.Entry{file("usr/lib64/libx.a", "x")}, rules: []string{"package-static"}},
		{add: []pkgtools.Entry{file("usr/lib64/python3.9/site-packages/UNKNOWN-0.0.egg-info", "x")}, rules: []string{"package-python-unknown"}},
		{add: []pkgtools.Entry{{Path: "usr/bin/l", Mode: fs.ModeSymlink | 0o777, Link: "thing"}}, rules: []string{"package-link"}},
		{add: []pkgtools.Entry{with(file("usr/x", "x"), func(e *pkgtools.Entry) { e.UID, e.User = 1000, "jo" })}, rules: []string{"package-owner"}},
		{add: []pkgtools.Entry{with(file("usr/x", "x"), func(e *pkgtools.Entry) { e.Mode = 0o666 })}, rules: []string{"package-writable"}},
		{add: []pkgtools.Entry{with(file("usr/x", "x"), func(e *pkgtools.Entry) { e.Mode = 0o755 | fs.ModeSetuid })}, rules: []string{"package-setuid"}},
		{add: []pkgtools.Entry{{Path: "var/x", Mode: fs.ModeDir | 0o044}}, rules: []string{"package-dir-mode"}},
		{add: []pkgtools.Entry{file("etc/thing.conf", "x")}, rules: []string{"package-config"}},
		{add: []pkgtools.Entry{file("etc/thing.conf.new", "x")}, rules: []string{"package-new-unhandled"}},
		{add: []pkgtools.Entry{file("etc/thing.conf.new", "x"), file("install/doinst.sh", config)}},
		{add: []pkgtools.Entry{file("install/doinst.sh", "if\n")}, rules: []string{"doinst-syntax"}},
	} {
		name := test.name
		if name == "" {
			name = "thing-1.0-x86_64-1"
		}
		t.Run(strings.Join(append([]string{name}, test.rules...), " "), func(t *testing.T) {
			entries := slices.DeleteFunc(slices.Clone(base), func(e pkgtools.Entry) bool { return e.Path == test.drop })
			entries = append(entries, test.add...)
			made := filepath.Join(t.TempDir(), name+".tgz")
			if err := pkgtools.Write(context.Background(), made, parents(entries), pkgtools.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
			found, err := Package(made)
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); !slices.Equal(got, test.rules) {
				t.Errorf("found %v, want %v", found, test.rules)
			}
		})
		for _, id := range test.rules {
			tested[id] = true
		}
	}
	for id := range testForeign(t) {
		tested[id] = true
	}
	for _, r := range rules {
		if strings.HasPrefix(r.ID, "package-") && !tested[r.ID] {
			t.Errorf("rule %s has no test", r.ID)
		}
	}
}

// testForeign lints archives that this package's own writer refuses to make, and
// says which rules were looked for.
func testForeign(t *testing.T) map[string]bool {
	tested := map[string]bool{}
	for _, test := range []struct {
		member tar.Header
		rule   string
	}{
		{tar.Header{Name: "usr/share/a\tb"}, "package-member-name"},
		{tar.Header{Name: "usr/share/a\nb"}, "package-member-name"},
		{tar.Header{Name: `usr/share/a\b`}, "package-member-name"},
		{tar.Header{Name: "usr/share/a "}, "package-member-name"},
		{tar.Header{Name: "-x"}, "package-member-name"},
		{tar.Header{Name: "+top/x"}, "package-member-name"},
		{tar.Header{Name: "usr/share/\x1b"}, "package-member-name"},
		{tar.Header{Name: "usr/share/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}, "package-device"},
		{tar.Header{Name: "usr/share/fifo", Typeflag: tar.TypeFifo}, "package-device"},
		{tar.Header{Name: "usr/share/ö x"}, ""},
	} {
		t.Run("foreign "+test.member.Name, func(t *testing.T) {
			made := filepath.Join(t.TempDir(), "thing-1.0-noarch-1.tgz")
			f, err := os.Create(made)
			if err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(f)
			w := tar.NewWriter(z)
			test.member.Mode = 0o644
			for _, h := range []*tar.Header{{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755}, &test.member} {
				if err := w.WriteHeader(h); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []io.Closer{w, z, f} {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
			}
			found, err := Package(made)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range []string{"package-member-name", "package-device"} {
				if slices.Contains(rulesOf(found), rule) != (rule == test.rule) {
					t.Errorf("wanted %q, found %v", test.rule, found)
				}
			}
		})
		tested[test.rule] = true
	}
	return tested
}

// parents adds the directories that entries lie in.
func parents(entries []pkgtools.Entry) []pkgtools.Entry {
	have := map[string]bool{}
	for _, e := range entries {
		have[e.Path] = true
	}
	for _, e := range slices.Clone(entries) {
		for dir := filepath.Dir(e.Path); !have[dir]; dir = filepath.Dir(dir) {
			have[dir] = true
			entries = append(entries, pkgtools.Entry{Path: dir, Mode: fs.ModeDir | 0o755, User: "root", Group: "root", ModTime: time.Unix(1e9, 0)})
		}
	}
	return entries
}

// What plain tar makes is no package that installpkg takes whole.
func TestPlainTar(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(root+"/in/install", 0o700); err != nil {
		t.Fatal(err)
	}
	made := root + "/thing_1.0-x86_64-1.txz"
	cmd := exec.Command("tar", "-C", root+"/in", "-czf", made, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	found, err := Package(made)
	if err != nil {
		t.Fatal(err)
	}
	got := rulesOf(found)
	for _, want := range []string{"package-dotted", "package-name", "package-root", "package-suffix"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s not found; found %v", want, found)
		}
	}
}

// This test's own program has a table of symbols.
func TestUnstripped(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), "thing-1.0-x86_64-1.tgz")
	entries := parents([]pkgtools.Entry{file("usr/bin/thing", string(data))})
	if err := pkgtools.Write(context.Background(), made, entries, pkgtools.WriteOptions{}); err != nil {
		t.Fatal(err)
	}
	found, err := Package(made)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if has := slices.Contains(rulesOf(found), "package-unstripped"); has != (f.Section(".symtab") != nil) {
		t.Errorf("found %v", found)
	}
}
