// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"debug/elf"
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

// maxHeaders is how much of a file is looked at for its program headers.
const maxHeaders = 1 << 20

// parseELF reads the headers of a program or library. The section headers, at
// its end, are left out where they are not there, or damaged.
func parseELF(data []byte) (*elf.File, error) {
	if f, err := elf.NewFile(bytes.NewReader(data)); err == nil {
		return f, nil
	}
	start := slices.Clone(data[:min(len(data), maxHeaders)])
	clearSections(start)
	return elf.NewFile(bytes.NewReader(start))
}

// countPrograms counts what is for one architecture.
func (v *verifier) countPrograms(m *member) {
	if m.file() && strings.HasSuffix(m.Path, ".a") {
		v.archives++
	}
	if m.elf == nil {
		return
	}
	v.elves++
	switch {
	case !m.runs():
	case strings.Contains(m.Path, ".so") || slices.ContainsFunc(m.elf.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }):
		v.dynamic++
	default:
		v.static++
	}
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
