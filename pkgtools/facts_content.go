// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"image/png"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// contentRules are about what is in the files.
var contentRules = []packageRule{{
	Name:  "package-elf-arch",
	Level: finding.Error,
	Why:   "it does not run on that architecture",
	Fix:   "build it for the package's architecture, or name the one it is for",
	Entry: func(v *verifier, m *member) string {
		fits, known := elfArch[v.name.Arch]
		if m.elf == nil || !m.runs() || !known || slices.Contains(fits, m.elf.Machine) || emulated(m.Path) {
			return ""
		}
		return fmt.Sprintf("is a program for %s in a package for %s", m.elf.Machine, v.name.Arch)
	},
}, {
	Name:  "package-elf-broken",
	Level: finding.Note,
	Why:   "it cannot be run",
	Fix:   "check that it was built and copied whole",
	Entry: func(_ *verifier, m *member) string {
		if m.elfErr != nil {
			return fmt.Sprintf("starts like an ELF file, but is none: %v", m.elfErr)
		}
		return ""
	},
}, {
	Name:  "package-elf-mode",
	Level: finding.Warning,
	Why:   "a program without the x bit is not run, and strip and ldd pass it by",
	Fix:   "chmod 755",
	Entry: func(_ *verifier, m *member) string {
		if m.elf == nil || !m.runs() || m.Mode.Perm()&0o111 != 0 || emulated(m.Path) {
			return ""
		}
		return fmt.Sprintf("is a program or library with mode %o", perm(m.Mode))
	},
}, {
	Name:  "package-lib64",
	Level: finding.Error,
	Why:   "the loader does not look there for libraries of that kind",
	Fix:   "64-bit libraries in lib64, 32-bit ones in lib",
	Entry: func(_ *verifier, m *member) string {
		if m.elf == nil || m.elf.Type != elf.ET_DYN || !libRE.MatchString(m.Path) {
			return ""
		}
		wide := strings.Contains(path.Dir(m.Path), "lib64")
		switch {
		case !wide && m.elf.Class == elf.ELFCLASS64 && m.elf.Machine == elf.EM_X86_64:
			return "is a 64-bit library in " + path.Dir(m.Path)
		case wide && m.elf.Class == elf.ELFCLASS32:
			return "is a 32-bit library in " + path.Dir(m.Path)
		}
		return ""
	},
}, {
	Name:  "package-rpath",
	Level: finding.Warning,
	Why:   "whoever makes the directory there has the program load his library",
	Fix:   "build without a run path, or makepkg --remove-tmp-rpaths",
	Entry: func(_ *verifier, m *member) string {
		if m.elf == nil || !m.runs() {
			return ""
		}
		below := func(dir string) bool { return dir == "/tmp" || strings.HasPrefix(dir, "/tmp/") }
		if old, err := cutRpath(m.data, below); err == nil && old != "" {
			return fmt.Sprintf("looks for libraries below /tmp: %q", shorten(old))
		}
		return ""
	},
}, {
	Name:  "package-share-elf",
	Level: finding.Warning,
	Why:   "/usr/share is for what all architectures can use",
	Fix:   "put it into /usr/lib or /usr/libexec",
	Entry: func(_ *verifier, m *member) string {
		if m.elf != nil && m.runs() && strings.HasPrefix(m.Path, "usr/share/") && !emulated(m.Path) {
			return "is a program in /usr/share"
		}
		return ""
	},
}, {
	Name:  "package-unstripped",
	Level: finding.Note,
	Why:   "symbols make packages large",
	Fix:   "strip --strip-unneeded",
	Entry: func(_ *verifier, m *member) string {
		if m.elf != nil && m.runs() && m.elf.Section(".symtab") != nil {
			return "is not stripped"
		}
		return ""
	},
}, {
	Name:  "package-could-be-noarch",
	Level: finding.Note,
	Why:   "one package would do for all architectures",
	Fix:   "ARCH=noarch",
	Package: func(v *verifier, say sayer) {
		if machines := elfArch[v.name.Arch]; len(machines) > 0 && v.elves == 0 && v.archives == 0 {
			say("", "nothing in it is for %s alone", v.name.Arch)
		}
	},
}, {
	Name:  "package-build-path",
	Level: finding.Warning,
	Why:   "the program looks for its files where they are not",
	Fix:   "build with DESTDIR instead of a prefix in $PKG",
	Entry: func(_ *verifier, m *member) string {
		if !strings.HasPrefix(m.Path, "install/") && bytes.Contains(m.data, []byte("/tmp/SBo/package-")) {
			return "names the directory it was built in, /tmp/SBo/package-..."
		}
		return ""
	},
}, {
	Name:  "package-empty",
	Level: finding.Note,
	Why:   "makepkg warns of it: mostly something went wrong",
	Fix:   "check that it should be empty",
	Entry: func(_ *verifier, m *member) string {
		if m.file() && m.Size == 0 && !strings.HasPrefix(m.Path, "install/") && !slices.Contains(emptyByRight, path.Base(m.Path)) {
			return "is empty"
		}
		return ""
	},
}, {
	Name:  "package-gzip",
	Level: finding.Error,
	Why:   "man, info and zcat fail on it",
	Fix:   "compress it with gzip -9",
	Entry: func(_ *verifier, m *member) string {
		if !m.file() || !strings.HasSuffix(m.Path, ".gz") || !pageRE.MatchString(m.Path) {
			return ""
		}
		z, err := gzip.NewReader(bytes.NewReader(m.data))
		if err != nil {
			return fmt.Sprintf("is not compressed with gzip: %v", err)
		}
		switch n, err := io.CopyN(io.Discard, z, maxPage); {
		case err != nil && err != io.EOF && !m.cut():
			return fmt.Sprintf("is damaged: %v", err)
		case n == 0:
			return "is a compressed file with nothing in it"
		}
		return ""
	},
}, {
	Name:  "package-man-gzip",
	Level: finding.Warning,
	Why:   "Slackware's pages are compressed",
	Fix:   "gzip -9",
	Entry: func(_ *verifier, m *member) string {
		if m.Mode.IsDir() || !pageRE.MatchString(m.Path) || strings.HasSuffix(m.Path, ".gz") || m.Path == "usr/info/dir" {
			return ""
		}
		return "is a page that is not compressed"
	},
}, {
	Name:  "package-man-section",
	Level: finding.Warning,
	Why:   "man does not find it",
	Fix:   "move it to the directory of its section",
	Entry: func(_ *verifier, m *member) string {
		found := manRE.FindStringSubmatch(m.Path)
		if m.Mode.IsDir() || found == nil {
			return ""
		}
		ext := strings.TrimPrefix(path.Ext(strings.TrimSuffix(found[2], ".gz")), ".")
		if ext == "" || ext[0] != found[1][0] {
			return fmt.Sprintf("is in section %s by its directory, in %q by its name", found[1], ext)
		}
		return ""
	},
}, {
	Name:  "package-icon-size",
	Level: finding.Note,
	Why:   "it is drawn too large or too small",
	Fix:   "move it to the directory of its size",
	Entry: func(_ *verifier, m *member) string {
		found := iconRE.FindStringSubmatch(m.Path)
		if found == nil || !m.file() {
			return ""
		}
		c, err := png.DecodeConfig(bytes.NewReader(m.data))
		if err != nil {
			return fmt.Sprintf("is no PNG picture: %v", err)
		}
		if got := []string{strconv.Itoa(c.Width), strconv.Itoa(c.Height)}; !slices.Equal(got, found[1:]) {
			return fmt.Sprintf("has %sx%s pixels", got[0], got[1])
		}
		return ""
	},
}, {
	Name:  "package-la",
	Level: finding.Note,
	Why:   "Slackware's packages have no libtool archives since 15.0",
	Fix:   "remove it",
	Entry: func(_ *verifier, m *member) string {
		if m.file() && libDirRE.MatchString(m.Path) && strings.HasSuffix(m.Path, ".la") {
			return "is a libtool archive"
		}
		return ""
	},
}, {
	Name:  "package-static",
	Level: finding.Note,
	Why:   "few programs need it",
	Fix:   "build with --disable-static",
	Entry: func(_ *verifier, m *member) string {
		if m.file() && libDirRE.MatchString(m.Path) && strings.HasSuffix(m.Path, ".a") {
			return "is a static library"
		}
		return ""
	},
}, {
	Name:  "package-python-unknown",
	Level: finding.Warning,
	Why:   "setuptools did not find the project's name",
	Fix:   "give setup.py or pyproject.toml the name",
	Package: func(v *verifier, say sayer) {
		for i := range v.p.Entries {
			if strings.Contains(v.p.Entries[i].Path, "site-packages/UNKNOWN") {
				say(v.p.Entries[i].Path, "is a Python module without a name")
				return
			}
		}
	},
}, {
	Name:  "package-site-perl",
	Level: finding.Warning,
	Why:   "site_perl is for what the administrator installs",
	Fix:   "perl Makefile.PL INSTALLDIRS=vendor",
	Package: func(v *verifier, say sayer) {
		for i := range v.p.Entries {
			if e := &v.p.Entries[i]; e.file() && strings.Contains(e.Path, "/site_perl/") {
				say(e.Path, "lies below site_perl")
				return
			}
		}
	},
}}

var (
	libRE    = regexp.MustCompile(`^(usr/)?lib(64)?/[^/]+\.so`)
	libDirRE = regexp.MustCompile(`^(usr/)?lib(64)?/`)
	manRE    = regexp.MustCompile(`^usr/man/(?:[^/]+/)?man([0-9a-z]+)/([^/]+)$`)
	pageRE   = regexp.MustCompile(`^usr/(man/(?:[^/]+/)?man[0-9a-z]+|info)/[^/]+$`)
	iconRE   = regexp.MustCompile(`^usr/share/icons/[^/]+/([0-9]+)x([0-9]+)/[^/]+/[^/]+\.png$`)
	// emptyByRight are files that say something by being there.
	emptyByRight = []string{"__init__.py", "py.typed", "REQUESTED", ".keep", ".gitkeep", "not-zip-safe", "zip-safe",
		"dependency_links.txt"}
)

// maxPage is how far a compressed page is read.
const maxPage = 16 << 20

// emulated reports whether programs there are for other machines: firmware, and
// what emulators give to their guests.
func emulated(p string) bool {
	return strings.HasPrefix(p, "lib/firmware/") || strings.HasPrefix(p, "usr/share/qemu")
}
