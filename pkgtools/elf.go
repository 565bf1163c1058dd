// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"debug/elf"
	"io"
	"slices"
	"strings"
)

// elfArch are the machines of ELF files that fit the architecture in a
// package's name.
var elfArch = map[string][]elf.Machine{
	"i386": {elf.EM_386}, "i486": {elf.EM_386}, "i586": {elf.EM_386}, "i686": {elf.EM_386}, "x86": {elf.EM_386},
	"x86_64": {elf.EM_X86_64, elf.EM_386},
	"arm":    {elf.EM_ARM}, "armv7hl": {elf.EM_ARM}, "armv6hl": {elf.EM_ARM},
	"aarch64": {elf.EM_AARCH64}, "riscv64": {elf.EM_RISCV}, "loongarch64": {elf.EM_LOONGARCH},
	"ppc": {elf.EM_PPC}, "powerpc": {elf.EM_PPC}, "ppc64": {elf.EM_PPC64}, "ppc64le": {elf.EM_PPC64},
	"s390": {elf.EM_S390}, "s390x": {elf.EM_S390}, "sparc": {elf.EM_SPARC, elf.EM_SPARC32PLUS},
	"noarch": {},
}

// ELFMachines are the machines of ELF files that belong into a package whose
// name says arch: also 32-bit ones for x86_64 (multilib), none for noarch. For
// an architecture that is not known, and for firmware ("fw"), nothing is.
func ELFMachines(arch string) (machines []elf.Machine, known bool) {
	machines, known = elfArch[arch]
	return slices.Clone(machines), known
}

// maxELF is how much of a file is looked at for its program headers.
const maxELF = 1 << 20

// elf checks that a program fits the package, and counts it.
func (v *verifier) elf(e *Entry, content io.Reader) error {
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := io.ReadFull(content, magic); err != nil || string(magic) != elf.ELFMAG {
		return err
	}
	start, err := io.ReadAll(io.LimitReader(content, maxELF))
	if err != nil {
		return err
	}
	// The section headers, at the end of the file, are not needed; without
	// them a file may be cut off.
	data := append(magic, start...)
	clearSections(data)
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		v.add(Note, e.Path, "starts like an ELF file, but is none: %v", err)
		return nil
	}
	if f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN {
		return nil
	}
	if fits, known := elfArch[v.name.Arch]; known && !slices.Contains(fits, f.Machine) {
		v.add(Error, e.Path, "is a program for %s in a package for %s", f.Machine, v.name.Arch)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) || strings.Contains(e.Path, ".so") {
		v.dynamic++
	} else {
		v.static++
	}
	if old, err := cutRpath(data, func(dir string) bool { return dir == "/tmp" || strings.HasPrefix(dir, "/tmp/") }); err == nil && old != "" {
		v.add(Warning, e.Path, "looks for libraries below /tmp: %q", old)
	}
	return nil
}

// clearSections takes the section headers out of an ELF header.
func clearSections(data []byte) {
	if len(data) < 64 {
		return
	}
	if data[elf.EI_CLASS] == byte(elf.ELFCLASS64) {
		clear(data[40:48]) // e_shoff
		clear(data[58:64]) // e_shentsize, e_shnum, e_shstrndx
	} else {
		clear(data[32:36])
		clear(data[46:52])
	}
}
