// SPDX-License-Identifier: MIT

package pkgtools

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/binary"
	"image"
	"image/png"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// elfHeader is the header of an ELF file.
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

// elfWithSymbols is a program with a table of symbols.
func elfWithSymbols() string {
	const names = "\x00.symtab\x00.shstrtab\x00"
	b := []byte(elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_EXEC) + names)
	binary.LittleEndian.PutUint64(b[40:], uint64(len(b))) // where the section headers are
	binary.LittleEndian.PutUint16(b[58:], 64)             // their size
	binary.LittleEndian.PutUint16(b[60:], 3)              // their number
	binary.LittleEndian.PutUint16(b[62:], 2)              // which has the names
	for _, s := range []elf.Section64{{}, {Name: 1, Type: uint32(elf.SHT_SYMTAB), Off: 64},
		{Name: 9, Type: uint32(elf.SHT_STRTAB), Off: 64, Size: uint64(len(names))}} {
		b, _ = binary.Append(b, binary.LittleEndian, s)
	}
	return string(b)
}

// zipped is a text compressed with gzip.
func zipped(t *testing.T, text string) string {
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

// changed is an entry with something else about it.
func changed(e Entry, change func(*Entry)) Entry {
	change(&e)
	return e
}

func moded(e Entry, mode fs.FileMode) Entry {
	e.Mode = mode
	return e
}

// broken lists the rules of the findings, each once, sorted.
func broken(found []finding.Finding) []string {
	var names []string
	for _, f := range found {
		names = append(names, f.Rule)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Every rule is broken by some package here, and by none that does not name it.
func TestFacts(t *testing.T) {
	exec := func(machine elf.Machine, class elf.Class) string { return elfHeader(machine, class, elf.ET_EXEC) }
	amd64 := exec(elf.EM_X86_64, elf.ELFCLASS64)
	lib32, lib64 := elfHeader(elf.EM_386, elf.ELFCLASS32, elf.ET_DYN), elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_DYN)
	desc := SlackDesc{Name: "thing", Short: "it does something", Text: []string{"More."}}.String()
	gz := zipped(t, "page")
	program := func(p, content string) Entry { return moded(file(p, content), 0o755) }
	doinst := func(text string) Entry { return file(doinstPath, text) }
	link := func(p, target string) Entry { return doinst(link{p, target}.lines()) }
	capability := map[string]string{"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}
	tested := map[string]bool{}
	check := func(t *testing.T, name string, want []string) {
		t.Helper()
		v, err := Verify(context.Background(), name, ReadOptions{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := broken(v.Findings); !slices.Equal(got, want) {
			t.Errorf("found %v, want %v", v.Findings, want)
		}
		for _, f := range v.Findings {
			if f.File != name || f.Text == "" {
				t.Errorf("finding %+v", f)
			}
		}
		for _, rule := range want {
			tested[rule] = true
		}
	}
	for _, test := range []struct {
		name  string // of the package; thing-1.0-x86_64-1 if empty
		add   []Entry
		drop  string
		rules []string
	}{
		{},
		// the name
		{name: "thing-1.0-x86_64-SBo1", rules: []string{"package-name-build"}},
		{name: "thing-1.0~rc-x86_64-1", rules: []string{"package-name-chars"}},
		// members
		{drop: "install/slack-desc", rules: []string{"package-slack-desc"}},
		{drop: "usr/doc/thing-1.0/README", rules: []string{"package-doc"}},
		{add: []Entry{file("stuff/x", "x")}, rules: []string{"package-top"}},
		{add: []Entry{file("srv", "x")}, rules: []string{"package-top"}},
		{add: []Entry{file("usr/local/x", "x"), file("usr/local/y", "x")}, rules: []string{"package-usr-local"}},
		{add: []Entry{dir("usr/local/x"), dir("run/x")}},
		{add: []Entry{file("usr/share/man/man1/x.1.gz", gz)}, rules: []string{"package-share-man"}},
		{add: []Entry{file("run/x", "x")}, rules: []string{"package-volatile"}},
		{add: []Entry{file("var/run/x", "x")}, rules: []string{"package-volatile"}},
		{add: []Entry{file("var/lib/pkgtools/packages/other-1-x-1", "x")}, rules: []string{"package-database"}},
		{add: []Entry{file("var/log/removed_scripts/other-1-x-1", "x")}, rules: []string{"package-database"}},
		{add: []Entry{file("install/notes", "x")}, rules: []string{"package-install-files"}},
		{add: []Entry{file("install/slack-required", "a\nb >= 1.0\nc | d\n")}},
		{add: []Entry{file("install/slack-required", "a, b\n")}, rules: []string{"package-required"}},
		{add: []Entry{file("usr/share/a b/ö", "x")}},
		{add: []Entry{file("usr/info/dir", "x")}, rules: []string{"package-system-file"}},
		{add: []Entry{file("etc/thing.conf", "x")}, rules: []string{"package-config"}},
		{add: []Entry{file("etc/profile.d/thing.sh", "x")}},
		{add: []Entry{file("etc/thing.conf.new", "x")}, rules: []string{"package-new-unhandled"}},
		{add: []Entry{file("etc/thing.conf.new", "x"), doinst("config etc/thing.conf.new\n")}},
		// modes, owners, attributes
		{add: []Entry{changed(file("usr/x", "x"), func(e *Entry) { e.UID, e.User = 1000, "jo" })}, rules: []string{"package-owner"}},
		{add: []Entry{changed(file("usr/x", "x"), func(e *Entry) { e.GID, e.Group = 1000, "jo" })}, rules: []string{"package-owner"}},
		{add: []Entry{changed(file("usr/x", "x"), func(e *Entry) { e.UID, e.User = 65534, "" })}},
		{add: []Entry{moded(file("usr/x", "x"), 0o666)}, rules: []string{"package-writable"}},
		{add: []Entry{moded(dir("var/x"), fs.ModeDir|0o777)}, rules: []string{"package-writable"}},
		{add: []Entry{moded(dir("var/x"), fs.ModeDir|fs.ModeSticky|0o777)}},
		{add: []Entry{moded(dir("var/x"), fs.ModeDir|0o775)}},
		{add: []Entry{changed(dir("var/x"), func(e *Entry) { e.Mode, e.GID, e.Group = fs.ModeDir|0o775, 100, "users" })}, rules: []string{"package-writable"}},
		{add: []Entry{moded(file("usr/bin/su", "x"), 0o755|fs.ModeSetuid)}, rules: []string{"package-setuid"}},
		{add: []Entry{moded(file("usr/bin/su", "x"), 0o755|fs.ModeSetgid)}, rules: []string{"package-setuid"}},
		{add: []Entry{moded(dir("var/x"), fs.ModeDir|0o044)}, rules: []string{"package-dir-mode"}},
		{add: []Entry{changed(program("usr/bin/ping", "x"), func(e *Entry) { e.Xattrs = capability })}, rules: []string{"package-capability"}},
		{add: []Entry{changed(file("var/x", "x"), func(e *Entry) {
			e.Xattrs = map[string]string{"SCHILY.acl.access": "user::rw-\nuser:bin:r--\ngroup::r--\nmask::r--\nother::---\n"}
		})}, rules: []string{"package-acl"}},
		{add: []Entry{moded(dir("usr"), fs.ModeDir|0o777)}, rules: []string{"package-system-dir", "package-writable"}},
		{add: []Entry{changed(dir("etc/cron.daily"), func(e *Entry) { e.UID, e.User = 2, "daemon" })}, rules: []string{"package-system-dir"}},
		{add: []Entry{moded(dir("var/lib/samba/private"), fs.ModeDir|0o755)}, rules: []string{"package-system-dir"}},
		{add: []Entry{moded(dir("var/lib/mysql"), fs.ModeDir|0o755)}, rules: []string{"package-system-dir-odd"}},
		{name: "mariadb-1.0-x86_64-1", add: []Entry{moded(dir("var/lib/mysql"), fs.ModeDir|0o755), file("usr/doc/mariadb-1/x", "x"), file("install/slack-desc", strings.ReplaceAll(strings.ReplaceAll(desc, "thing", "mariadb"), "     |", "       |"))}},
		{add: []Entry{moded(dir("usr/lib/thing"), fs.ModeDir|0o700)}},
		// contents
		{drop: "usr/bin/thing", rules: []string{"package-could-be-noarch"}},
		{drop: "usr/bin/thing", add: []Entry{file("usr/lib64/libx.a", "x")}, rules: []string{"package-static"}},
		{name: "thing-1.0-noarch-1", rules: []string{"package-elf-arch"}},
		{name: "thing-1.0-aarch64-1", rules: []string{"package-elf-arch"}},
		{name: "thing-1.0-riscv128-1"}, // whose programs are not known
		{add: []Entry{program("usr/bin/x", exec(elf.EM_386, elf.ELFCLASS32))}},
		{add: []Entry{program("lib/firmware/x", exec(elf.EM_ARM, elf.ELFCLASS32))}},
		{add: []Entry{file("usr/bin/x", elf.ELFMAG+strings.Repeat("x", 60))}, rules: []string{"package-elf-broken"}},
		{add: []Entry{program("usr/lib/libx.so.1", lib64)}, rules: []string{"package-lib64"}},
		{add: []Entry{program("usr/lib64/libx.so.1", lib32)}, rules: []string{"package-lib64"}},
		{add: []Entry{program("usr/lib/libx.so.1", lib32), program("lib64/libx.so.1", lib64)}},
		{add: []Entry{file("usr/lib64/libx.so.1", lib64)}, rules: []string{"package-elf-mode"}},
		{add: []Entry{program("usr/lib64/x/p.so", string(elfWithRpath("/tmp/build")))}, rules: []string{"package-rpath"}},
		{add: []Entry{program("usr/lib64/x/p.so", string(elfWithRpath("/usr/lib/x")))}},
		{add: []Entry{program("usr/share/thing/x", amd64)}, rules: []string{"package-share-elf"}},
		{add: []Entry{program("usr/bin/x", elfWithSymbols())}, rules: []string{"package-unstripped"}},
		{add: []Entry{file("usr/bin/s", "cd /tmp/SBo/package-thing/usr\n")}, rules: []string{"package-build-path"}},
		{add: []Entry{file("usr/share/x", "")}, rules: []string{"package-empty"}},
		{add: []Entry{file("usr/lib64/python3.9/site-packages/x/__init__.py", "")}},
		{add: []Entry{file("usr/man/man1/x.1.gz", gz), file("usr/man/de/man3/x.3pm.gz", gz)}},
		{add: []Entry{file("usr/man/man1/x.1.gz", "not")}, rules: []string{"package-gzip"}},
		{add: []Entry{file("usr/man/man1/x.1.gz", zipped(t, ""))}, rules: []string{"package-gzip"}},
		{add: []Entry{file("usr/man/man1/x.1.gz", gz[:len(gz)-5])}, rules: []string{"package-gzip"}},
		{add: []Entry{file("usr/info/x.info.gz", "not")}, rules: []string{"package-gzip"}},
		{add: []Entry{file("usr/man/man1/x.1", "x")}, rules: []string{"package-man-gzip"}},
		{add: []Entry{file("usr/info/x.info", "x")}, rules: []string{"package-man-gzip"}},
		{add: []Entry{file("usr/man/man1/x.8.gz", gz)}, rules: []string{"package-man-section"}},
		{add: []Entry{file("usr/share/icons/hicolor/16x16/apps/x.png", picture(t, 16))}},
		{add: []Entry{file("usr/share/icons/hicolor/32x32/apps/x.png", picture(t, 16))}, rules: []string{"package-icon-size"}},
		{add: []Entry{file("usr/share/icons/hicolor/32x32/apps/x.png", "x")}, rules: []string{"package-icon-size"}},
		{add: []Entry{file("usr/lib64/libx.la", "x")}, rules: []string{"package-la"}},
		{add: []Entry{file("usr/share/doc/x.a", "x"), file("usr/share/x.la", "x")}},
		{add: []Entry{file("usr/lib64/python3.9/site-packages/UNKNOWN-0.0.egg-info", "x")}, rules: []string{"package-python-unknown"}},
		{add: []Entry{file("usr/share/perl5/site_perl/X.pm", "x")}, rules: []string{"package-site-perl"}},
		// scripts and links
		{add: []Entry{doinst("if\n")}, rules: []string{"doinst-syntax"}},
		{add: []Entry{file(douninstPath, "if\n")}, rules: []string{"doinst-syntax"}},
		{add: []Entry{doinst("echo x\r\n")}, rules: []string{"doinst-line-ends"}},
		{add: []Entry{doinst("echo x")}, rules: []string{"doinst-last-line"}},
		{add: []Entry{link("usr/bin/other", "thing")}},
		{add: []Entry{link("usr/other", "../usr/bin/thing")}},
		{add: []Entry{link("usr/bin/other", "/usr/bin/thing")}, rules: []string{"package-link-absolute"}},
		{add: []Entry{link("usr/bin/other", "/var/run/thing")}},
		{add: []Entry{link("usr/bin/other", "nothing")}, rules: []string{"package-link-broken"}},
		{add: []Entry{link("usr/bin/other", "other")}, rules: []string{"package-link-broken"}},
		{add: []Entry{link("usr/bin/other", "/tmp/SBo/package-thing/x")}, rules: []string{"package-link-build"}},
		{add: []Entry{link("usr/bin", "../usr/bin/thing")}, rules: []string{"package-link-dir"}},
		{add: []Entry{link("usr/bin/thing", "../bin/other"), file("usr/bin/other", "x")}, rules: []string{"package-link-file"}},
		{add: []Entry{link("usr/sbin/other", "../bin/thing")}, rules: []string{"package-link-nodir"}},
		{add: []Entry{doinst(strings.Repeat("( cd usr/bin ; rm -rf o )\n( cd usr/bin ; ln -sf thing o )\n", 2))}, rules: []string{"package-link-twice"}},
		{add: []Entry{doinst("( cd a\\;b ; rm -rf etc )\n( cd a\\;b ; ln -sf ../usr etc )\n"), dir("a;b")}, rules: []string{"package-link-unfit", "package-top"}},
	} {
		name := test.name
		if name == "" {
			name = "thing-1.0-x86_64-1"
		}
		t.Run(strings.Join(append([]string{name}, test.rules...), " "), func(t *testing.T) {
			base := []Entry{program("usr/bin/thing", amd64), file("usr/doc/thing-1.0/README", "x\n"), file("install/slack-desc", desc)}
			entries := slices.DeleteFunc(base, func(e Entry) bool {
				return e.Path == test.drop || slices.ContainsFunc(test.add, func(a Entry) bool { return a.Path == e.Path })
			})
			check(t, pack(t, name, append(entries, test.add...)...), test.rules)
		})
	}
	foreign := []string{"package-doc", "package-slack-desc"} // what archives of one member lack as well
	root := tdir("./")
	for _, test := range []struct {
		headers []tar.Header
		rules   []string
	}{
		{[]tar.Header{root, tdir("usr/"), reg("usr/a\tb")}, []string{"package-member-odd"}},
		{[]tar.Header{root, tdir("usr/"), reg("usr/a\nb")}, []string{"package-member-odd"}},
		{[]tar.Header{root, tdir("usr/"), reg(`usr/a\b`)}, []string{"package-member-odd"}},
		{[]tar.Header{root, tdir("usr/"), reg("usr/\x1b")}, []string{"package-member-odd"}},
		{[]tar.Header{root, tdir("usr/"), reg("usr/a ")}, []string{"package-member-name"}},
		{[]tar.Header{root, tdir("usr/"), tdir("usr/t\tb/")}, []string{"package-member-name", "package-member-odd"}},
		{[]tar.Header{root, reg("-x")}, []string{"package-member-name", "package-member-odd", "package-top"}},
		{[]tar.Header{root, reg("+x")}, []string{"package-member-name", "package-top"}},
		{[]tar.Header{root, reg("usr/x")}, []string{"package-no-directory"}},
		{[]tar.Header{root, tdir("usr/"), {Name: "usr/null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3}}, []string{"package-device"}},
		{[]tar.Header{root, tdir("usr/"), {Name: "usr/fifo", Typeflag: tar.TypeFifo}}, []string{"package-device"}},
		{[]tar.Header{root, tdir("usr/"), tlink("usr/l", "install/x")}, []string{"package-install", "package-link", "package-link-broken"}},
		{[]tar.Header{root, reg("install")}, []string{"package-install"}},
		{[]tar.Header{root, tdir("install/"), {Name: "install/doinst.sh", Typeflag: tar.TypeFifo}}, []string{"doinst-file", "package-device"}},
		{[]tar.Header{root, tdir("usr/"), reg("usr//x")}, []string{"package-archive"}},
		{[]tar.Header{root, tdir("usr/"), reg("/usr/x")}, []string{"package-archive"}},
		{[]tar.Header{root, tdir("usr/"), reg("usr/x"), reg("usr/x")}, []string{"package-archive"}},
		{[]tar.Header{root, tdir("usr/"), reg("usr/x"), tdir("install/"), {Name: "install/doinst.sh", Typeflag: tar.TypeLink, Linkname: "usr/x"}}, []string{"doinst-file"}},
		{[]tar.Header{root, reg("./f")}, []string{"package-dotted", "package-top"}},
		{[]tar.Header{tdir("usr/")}, []string{"package-root"}},
		{[]tar.Header{{Name: "./", Typeflag: tar.TypeDir, Mode: 0o700}}, []string{"package-system-dir"}},
		{[]tar.Header{{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755, Uid: 1000, Uname: "me"}}, []string{"package-owner", "package-system-dir"}},
	} {
		t.Run("foreign "+strings.Join(test.rules, " "), func(t *testing.T) {
			want := append(slices.Clone(foreign), test.rules...)
			slices.Sort(want)
			check(t, rawPackage(t, "thing-1.0-noarch-1", test.headers...), want)
		})
	}
	check(t, rawPackage(t, "three-1-x", root), []string{"package-name-parts", "package-slack-desc"})
	check(t, rawPackage(t, "a b-1-noarch-1", root), []string{"package-name", "package-slack-desc"})
	check(t, compressed(t, "a-1-noarch-1", append(archive(t, rawMember{root, ""}), end(1)...)), []string{"package-archive-old", "package-doc", "package-slack-desc"})
	suffix := strings.TrimSuffix(rawPackage(t, "a-1-noarch-1", root), ".tgz")
	if err := os.Rename(suffix+".tgz", suffix+".txz"); err != nil {
		t.Fatal(err)
	}
	check(t, suffix+".txz", []string{"package-doc", "package-slack-desc", "package-suffix"})
	sum := rawPackage(t, "a-1-noarch-1", root)
	if err := os.WriteFile(sum+".md5", []byte("0123  x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, sum, []string{"package-doc", "package-slack-desc", "package-sum"})
	for _, r := range packageRules {
		if !tested[r.Name] {
			t.Errorf("rule %s has no test", r.Name)
		}
		if r.Why == "" || r.Fix == "" || (r.Entry == nil) == (r.Package == nil) {
			t.Errorf("rule %+v is not whole", r)
		}
	}
}

// A package of thousands of faults of a kind is no list of thousands.
func TestFindingsAreBounded(t *testing.T) {
	var entries []Entry
	for i := range 3 * maxAlike {
		entries = append(entries, moded(file("usr/x"+strings.Repeat("y", i%200)+string(rune('a'+i/200)), "x"), 0o666))
	}
	v, err := Verify(context.Background(), pack(t, "a-1-noarch-1", entries...), ReadOptions{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range v.Findings {
		if f.Rule == "package-writable" {
			n++
		}
	}
	if n != maxAlike {
		t.Errorf("%d findings, want %d", n, maxAlike)
	}
}

func TestCheckSlackDesc(t *testing.T) {
	good := SlackDesc{Name: "app", Short: "an application", Text: []string{"One.", "", "Two."}}.String()
	edit := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	tested := map[string]bool{}
	for _, test := range []struct {
		text  string
		line  int // of the first finding
		rules []string
	}{
		{text: good},
		{edit("One.", "One.\r"), 11, []string{"slack-desc-line-ends"}},
		{strings.TrimSuffix(good, "\n"), 19, []string{"slack-desc-line-ends"}},
		{edit("One.", "O\tne"), 11, []string{"slack-desc-ascii"}},
		{edit("One.", "Öne"), 11, []string{"slack-desc-ascii"}},
		{edit("One.", "\xff"), 1, []string{"slack-desc-ascii"}},
		{edit("app: One.\n", ""), 9, []string{"slack-desc-lines"}},
		{edit("app: One.\n", "\napp: One.\n"), 11, []string{"slack-desc-lines"}},
		{"other: other (x)\n", 0, []string{"slack-desc-how-to", "slack-desc-lines", "slack-desc-other", "slack-desc-ruler"}},
		{edit("One.", strings.Repeat("x", 70)), 0, nil},
		{edit("One.", strings.Repeat("x", 71)), 11, []string{"slack-desc-width"}},
		{edit("app: One.", "app:One."), 11, []string{"slack-desc-blank"}},
		{edit("app: app (", "app:  app ("), 9, []string{"slack-desc-blank"}},
		{edit("app: app (", "app: App ("), 9, []string{"slack-desc-title"}},
		{edit("application)", "application"), 9, []string{"slack-desc-title"}},
		{edit("app:\n", "app: x\n"), 10, []string{"slack-desc-second"}},
		{edit("app:\n", "app: \n"), 10, []string{"slack-desc-trailing"}},
		{strings.TrimSuffix(good, "app:\n") + "app: x\n", 0, []string{"slack-desc-last"}},
		{edit("   |---", "  |---"), 8, []string{"slack-desc-ruler"}},
		{edit("-|\n", "--|\n"), 8, []string{"slack-desc-ruler"}},
		{edit("# HOW TO", "#"), 0, []string{"slack-desc-how-to"}},
		{strings.ReplaceAll(good, "app:", "other:"), 9, []string{"slack-desc-lines", "slack-desc-other"}},
		{edit("app: One.\n", "ap: One.\n"), 11, []string{"slack-desc-lines", "slack-desc-other"}},
	} {
		found := CheckSlackDesc([]byte(test.text), "app")
		if got := broken(found); !slices.Equal(got, test.rules) {
			t.Errorf("%q: found %v, want %v", test.text, found, test.rules)
		} else if len(found) > 0 && found[0].Line != test.line && !slices.ContainsFunc(found, func(f finding.Finding) bool { return f.Line == test.line }) {
			t.Errorf("%q: found %v, want line %d", test.text, found, test.line)
		}
		for _, rule := range test.rules {
			tested[rule] = true
		}
	}
	for _, r := range descRules {
		if !tested[r.Name] {
			t.Errorf("rule %s has no test", r.Name)
		}
	}
}
