// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"image/png"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
)

// content looks into a file of the package.
func (p *built) content(e *pkgtools.Entry, data []byte) {
	if bytes.Contains(data, []byte("/tmp/SBo/package-")) {
		p.add("package-build-path", p.in(e.Path), 0, "names the directory it was built in, /tmp/SBo/package-...")
	}
	switch {
	case bytes.HasPrefix(data, []byte(elf.ELFMAG)):
		p.program(e, data)
	case strings.HasSuffix(e.Path, ".gz") && (strings.HasPrefix(e.Path, "usr/man/") || strings.HasPrefix(e.Path, "usr/info/")):
		p.gzipped(e, data)
	case strings.HasPrefix(e.Path, "usr/share/applications/") && strings.HasSuffix(e.Path, ".desktop") && len(data) <= maxText:
		checkDesktop(&p.findings, p.in(e.Path), string(data))
	}
	p.icon(e, data)
}

// gzipped looks whether a page is what its name says, and holds anything.
func (p *built) gzipped(e *pkgtools.Entry, data []byte) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		p.add("package-gzip", p.in(e.Path), 0, "not compressed with gzip: %v", err)
		return
	}
	if n, _ := r.Read(make([]byte, 1)); n == 0 {
		p.add("package-gzip", p.in(e.Path), 0, "a compressed file with nothing in it")
	}
}

var iconRE = regexp.MustCompile(`^usr/share/icons/[^/]+/([0-9]+)x([0-9]+)/[^/]+/[^/]+\.png$`)

// icon compares a picture's size with its directory's name.
func (p *built) icon(e *pkgtools.Entry, data []byte) {
	m := iconRE.FindStringSubmatch(e.Path)
	if m == nil {
		return
	}
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		p.add("package-icon-size", p.in(e.Path), 0, "no PNG picture: %v", err)
	} else if got := []string{strconv.Itoa(c.Width), strconv.Itoa(c.Height)}; !slices.Equal(got, m[1:]) {
		p.add("package-icon-size", p.in(e.Path), 0, "%sx%s pixels", got[0], got[1])
	}
}

var libRE = regexp.MustCompile(`^(usr/)?lib(64)?/[^/]+\.so`)

// program looks at an ELF file.
func (p *built) program(e *pkgtools.Entry, data []byte) {
	p.elf = true
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil || p.badName != nil || strings.HasPrefix(e.Path, "lib/firmware/") || strings.HasPrefix(e.Path, "usr/share/qemu") {
		return // broken, or for another processor
	}
	arch := p.name.Arch
	machines, known := pkgtools.ELFMachines(arch)
	isLib, in64 := libRE.MatchString(e.Path), strings.Contains(path.Dir(e.Path)+"/", "lib64/")
	switch {
	case arch == "noarch":
		p.add("package-noarch-elf", p.in(e.Path), 0, "a program for %s in a noarch package", f.Machine)
	case known && !slices.Contains(machines, f.Machine):
		p.add("package-elf-arch", p.in(e.Path), 0, "a program for %s in a package for %s", f.Machine, arch)
	case isLib && f.Type == elf.ET_DYN && !in64 && f.Class == elf.ELFCLASS64 && f.Machine == elf.EM_X86_64:
		p.add("package-lib64", p.in(e.Path), 0, "a 64-bit library in %s", path.Dir(e.Path))
	case isLib && in64 && f.Class == elf.ELFCLASS32:
		p.add("package-lib64", p.in(e.Path), 0, "a 32-bit library in %s", path.Dir(e.Path))
	}
	if strings.HasPrefix(e.Path, "usr/share/") {
		p.add("package-share-elf", p.in(e.Path), 0, "a program in /usr/share, which may be shared between architectures")
	}
	if (f.Type == elf.ET_EXEC || f.Type == elf.ET_DYN) && e.Mode.Perm()&0o111 == 0 {
		p.add("package-elf-mode", p.in(e.Path), 0, "a program or library with mode %#o", e.Mode.Perm())
	}
	if f.Type != elf.ET_REL && f.Section(".symtab") != nil {
		p.add("package-unstripped", p.in(e.Path), 0, "not stripped")
	}
}
