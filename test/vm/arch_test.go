// SPDX-License-Identifier: MIT

package vm

import (
	"bufio"
	"bytes"
	"cmp"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// emulators says with which of QEMU's user emulators and processors the programs
// of an architecture are tried: the least that the label promises. What is not
// here fails the test, so that a new architecture is not forgotten. Those of x86
// run on the machine itself (QEMU 7.2 mixes up the threads of 32-bit programs),
// and TestVM runs them on an emulated Pentium.
var emulators = map[string]struct {
	machine elf.Machine
	command []string
}{
	"i486":        {elf.EM_386, nil},
	"i586":        {elf.EM_386, nil},
	"i686":        {elf.EM_386, nil},
	"x86_64":      {elf.EM_X86_64, nil},
	"arm":         {elf.EM_ARM, []string{"qemu-arm", "-cpu", "arm926"}},
	"armv7hl":     {elf.EM_ARM, []string{"qemu-arm", "-cpu", "cortex-a9"}},
	"aarch64":     {elf.EM_AARCH64, []string{"qemu-aarch64", "-cpu", "cortex-a53"}},
	"riscv64":     {elf.EM_RISCV, []string{"qemu-riscv64", "-cpu", "rv64"}},
	"loongarch64": {elf.EM_LOONGARCH, []string{"qemu-loongarch64"}},
}

// TestArchitectures builds the package for each architecture and looks at its
// programs: static, free of SSE2 where there is none, and starting.
func TestArchitectures(t *testing.T) {
	if os.Getenv("VMTEST_KERNELS") == "" {
		skip(t, "nine builds, which only make vm is asked for (VMTEST_KERNELS is not set)")
	}
	packages := newPackages(t, filepath.Join("..", ".."))
	for _, arch := range slices.Sorted(maps.Keys(emulators)) {
		t.Run(arch, func(t *testing.T) {
			tree := t.TempDir()
			unpack(t, packages.get(t, arch), tree)
			programs := elfFiles(t, tree)
			for _, want := range []string{"sbin/ifenslave", "sbin/bondctl"} {
				if !slices.Contains(programs, want) {
					t.Fatalf("the package has no %s; it has %q", want, programs)
				}
			}
			for _, program := range programs {
				checkELF(t, arch, filepath.Join(tree, program))
			}
			tryPrograms(t, arch, tree)
		})
	}
}

func unpack(t *testing.T, pkg, dir string) {
	t.Helper()
	if out, err := exec.Command("tar", "-C", dir, "-xf", pkg).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
}

// elfFiles lists every ELF file below dir.
func elfFiles(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		magic := make([]byte, len(elf.ELFMAG))
		if n, _ := f.Read(magic); n == len(magic) && string(magic) == elf.ELFMAG {
			name, err := filepath.Rel(dir, path)
			found = append(found, name)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkELF: of the right machine, static, stripped, no SSE2 for 32-bit x86.
func checkELF(t *testing.T, arch, path string) {
	t.Helper()
	name := filepath.Base(path)
	file, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if want := emulators[arch].machine; file.Machine != want {
		t.Errorf("%s is for %v, want %v", name, file.Machine, want)
	}
	for _, prog := range file.Progs {
		if prog.Type == elf.PT_INTERP || prog.Type == elf.PT_DYNAMIC {
			t.Errorf("%s is not static: it has a %v", name, prog.Type)
		}
	}
	if file.Section(".symtab") != nil {
		t.Errorf("%s is not stripped", name)
	}
	if file.Machine == elf.EM_386 {
		checkNoSSE(t, path, file)
	}
}

// guarded are the functions of the Go runtime, all of them assembly for 386, that
// use SSE2 only after asking the processor for it.
var guarded = []string{
	"aeshashbody", "cmpbody", "memeqbody", "runtime.cputicks", "runtime.memclrNoHeapPointers",
	"runtime.memhash32", "runtime.memhash64", "runtime.memmove",
}

// sse matches the instructions that a Pentium II does not have: all that use an
// SSE register, and SSE2's others.
var sse = regexp.MustCompile(`%xmm|\b(mfence|lfence|sfence|clflush|movnti)\b`)

var address = regexp.MustCompile(`^ *([0-9a-f]+):\t`)

// checkNoSSE disassembles the program. The names of functions are in Go's own
// table, which stripping leaves.
func checkNoSSE(t *testing.T, path string, file *elf.File) {
	t.Helper()
	table, err := functions(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	cmd := exec.Command("objdump", "-d", "--no-show-raw-insn", path)
	out, err := cmd.Output()
	if err != nil {
		skip(t, "objdump: "+err.Error()+" (package binutils)")
	}
	found := map[string]string{}
	instructions := 0
	scanner := bufio.NewScanner(bytes.NewReader(out))
	for scanner.Scan() {
		line := scanner.Text()
		at := address.FindStringSubmatch(line)
		if at == nil {
			continue
		}
		instructions++
		if !sse.MatchString(line) {
			continue
		}
		pc, err := strconv.ParseUint(at[1], 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		name := "?"
		if f := table.PCToFunc(pc); f != nil {
			name = f.Name
		}
		if !slices.Contains(guarded, name) {
			found[name] = strings.TrimSpace(line)
		}
	}
	if instructions < 10_000 {
		t.Errorf("%s: objdump shows %d instructions only", path, instructions)
	}
	for name, line := range found {
		t.Errorf("%s: SSE in %s: %s", filepath.Base(path), name, line)
	}
}

func functions(file *elf.File) (*gosym.Table, error) {
	section, text := file.Section(".gopclntab"), file.Section(".text")
	if section == nil || text == nil {
		return nil, fmt.Errorf("no Go program: it has no .gopclntab")
	}
	data, err := section.Data()
	if err != nil {
		return nil, err
	}
	return gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
}

// tryPrograms starts the programs, other processors' under QEMU's user emulation.
func tryPrograms(t *testing.T, arch, tree string) {
	t.Helper()
	e, ok := emulators[arch]
	if !ok {
		t.Fatalf("no emulator is named for %s", arch)
	}
	if len(e.command) > 0 {
		if _, err := exec.LookPath(e.command[0]); err != nil {
			skip(t, err.Error()+" (package qemu-user)")
		}
	}
	row := table.add(arch, "this machine's", cmp.Or(strings.Join(e.command, " "), "this machine's"))
	for _, try := range []struct{ program, option, want string }{
		{"sbin/ifenslave", "-V", "ifenslave "},
		{"sbin/ifenslave", "-a", "lo"},
		{"sbin/bondctl", "--version", "bondctl "},
	} {
		t.Run(filepath.Base(try.program)+try.option, func(t *testing.T) {
			t.Cleanup(func() { row.count(t, filepath.Base(try.program)+" "+try.option) })
			command := append(slices.Clone(e.command), filepath.Join(tree, try.program), try.option)
			out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
			if errors.Is(err, unix.ENOEXEC) {
				skip(t, "this machine does not run programs for "+arch)
			}
			if err != nil || !strings.Contains(string(out), try.want) {
				t.Errorf("%q: %v, want status 0 and %q; it printed:\n%s", command, err, try.want, out)
			}
		})
	}
}
