// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"compress/gzip"
	"context"
	"debug/elf"
	"encoding/binary"
	"io/fs"
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
	e := file(p, text)
	e.Mode = 0o755
	return e
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

func TestPackage(t *testing.T) {
	amd64 := elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_EXEC)
	desc := pkgtools.SlackDesc{Name: "thing", Short: "it does something", Text: []string{"More."}}.String()
	base := []pkgtools.Entry{program("usr/bin/thing", amd64), file("usr/doc/thing-1.0/README", "x\n"), file("install/slack-desc", desc)}
	desktop := "[Desktop Entry]\nType=Application\nName=X\nExec=x\nCategories=Game;\n"
	for _, test := range []struct {
		add   []pkgtools.Entry
		rules []string
	}{
		{},
		// what pkgtools finds
		{add: []pkgtools.Entry{file("usr/bin/s", "cd /tmp/SBo/package-thing/usr\n")}, rules: []string{"package-build-path"}},
		{add: []pkgtools.Entry{file("install/slack-desc", "thing: x (y)\n")}, rules: []string{"slack-desc-how-to", "slack-desc-last", "slack-desc-lines", "slack-desc-ruler", "slack-desc-title"}},
		{add: []pkgtools.Entry{file("install/doinst.sh", "if\n")}, rules: []string{"doinst-syntax"}},
		// what its files ask of doinst.sh
		{add: []pkgtools.Entry{file("usr/share/icons/hicolor/scalable/apps/x.svg", "x"), file("install/doinst.sh", "[ -x x ] && gtk-update-icon-cache\n")}},
		{add: []pkgtools.Entry{file("usr/share/icons/hicolor/scalable/apps/x.svg", "x")}, rules: []string{"doinst-icons"}},
		{add: []pkgtools.Entry{file("usr/share/applications/x.desktop", desktop)}, rules: []string{"doinst-desktop"}},
		{add: []pkgtools.Entry{file("usr/share/mime/packages/x.xml", "x")}, rules: []string{"doinst-mime"}},
		{add: []pkgtools.Entry{file("usr/share/glib-2.0/schemas/x.xml", "x")}, rules: []string{"doinst-schemas"}},
		{add: []pkgtools.Entry{file("usr/info/x.info.gz", gzipped(t, "x"))}, rules: []string{"doinst-info"}},
		{add: []pkgtools.Entry{file("lib/modules/6.1/x.ko", "x")}, rules: []string{"doinst-depmod"}},
		{add: []pkgtools.Entry{file("lib/modules/6.1/x.ko", "x"), file("install/doinst.sh", "depmod -a\n")}},
		// what is in them
		{add: []pkgtools.Entry{file("usr/share/applications/x.desktop", "Name=x\n"), file("install/doinst.sh", "[ -x x ] && update-desktop-database\n")}, rules: []string{"desktop-syntax"}},
		{add: []pkgtools.Entry{file("install/doinst.sh", "update-desktop-database\n")}, rules: []string{"doinst-guard"}},
		{add: []pkgtools.Entry{file("install/douninst.sh", "exit 0\n")}, rules: []string{"doinst-exit"}},
		{add: []pkgtools.Entry{file("install/doinst.sh", "config() { rm -f \"$1\"; }\nconfig etc/x.new\n")}, rules: []string{"doinst-config-body"}},
	} {
		t.Run(strings.Join(test.rules, " "), func(t *testing.T) {
			entries := slices.DeleteFunc(slices.Clone(base), func(e pkgtools.Entry) bool {
				return slices.ContainsFunc(test.add, func(a pkgtools.Entry) bool { return a.Path == e.Path })
			})
			entries = append(entries, test.add...)
			made := filepath.Join(t.TempDir(), "thing-1.0-x86_64-1.tgz")
			if err := pkgtools.Write(context.Background(), made, parents(entries), pkgtools.WriteOptions{}); err != nil {
				t.Fatal(err)
			}
			found, err := lintPackage(made)
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); !slices.Equal(got, test.rules) {
				t.Errorf("found %v, want %v", found, test.rules)
			}
			v, err := pkgtools.Verify(t.Context(), made, pkgtools.ReadOptions{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range v.Findings {
				if !slices.Contains(found, f) {
					t.Errorf("lint does not have what verify has: %v", f)
				}
			}
		})
	}
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
