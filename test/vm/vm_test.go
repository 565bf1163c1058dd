// SPDX-License-Identifier: MIT

package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestVM runs every scenario on each machine that VMTEST_MACHINES names, by its name or
// by its kernel's; where it is empty, on all whose kernel is there.
func TestVM(t *testing.T) {
	kernels := needKernels(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	scenarios, err := listScenarios(filepath.Join(here, "scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	if len(scenarios) == 0 {
		t.Fatal("scenarios/ holds no scenario")
	}
	packages := newPackages(t, filepath.Join(here, "..", ".."))
	seen := map[string]bool{} // architectures
	for _, m := range wantedMachines(t) {
		t.Run(m.Name, func(t *testing.T) {
			needMachine(t, kernels, m)
			dir := filepath.Join(kernels, m.Kernel)
			row := table.add(m.Arch, kernelVersion(dir), m.CPU)
			b := &bench{machine: m, dir: dir, here: here, packages: packages}
			t.Cleanup(b.close)
			for _, s := range scenarios {
				if s.anyKernel && seen[m.Arch] {
					continue
				}
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					t.Cleanup(func() { row.count(t, s.name) })
					judge(t, b.run(t, s.name, ""))
				})
			}
			seen[m.Arch] = true
		})
	}
}

// needKernels is the folder of kernels that VMTEST_KERNELS names; without one the test
// is skipped.
func needKernels(t *testing.T) string {
	t.Helper()
	kernels := os.Getenv("VMTEST_KERNELS")
	if kernels == "" {
		skip(t, "VMTEST_KERNELS names no folder of kernels (make kernels makes one, make vm uses it)")
	}
	return kernels
}

// wantedMachines is what VMTEST_MACHINES names; all of them where it is empty.
func wantedMachines(t *testing.T) []Machine {
	t.Helper()
	wanted := strings.Fields(os.Getenv("VMTEST_MACHINES"))
	for i, name := range wanted {
		if !slices.ContainsFunc(Machines, func(m Machine) bool { return m.isOneOf(wanted[i : i+1]) }) {
			t.Fatalf("VMTEST_MACHINES: there is no machine %q", name)
		}
	}
	if len(wanted) == 0 {
		return Machines
	}
	return slices.DeleteFunc(slices.Clone(Machines), func(m Machine) bool { return !m.isOneOf(wanted) })
}

// needMachine skips the test where the machine's kernel or emulator is missing.
func needMachine(t *testing.T, kernels string, m Machine) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(kernels, m.Kernel, "base.cpio")); err != nil {
		why := "no kernel: " + err.Error() + " (make kernels KERNELS=" + m.Kernel + ")"
		if os.Getenv("VMTEST_MACHINES") == "" { // nobody asked for it
			t.Skip(why)
		}
		skip(t, why)
	}
	if _, err := exec.LookPath(m.QEMU); err != nil {
		skip(t, err.Error()+" (package qemu-system-x86)")
	}
}

// skip skips the test, or fails it where a skip is not wanted.
func skip(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("REQUIRE_VM_TESTS") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}

type scenario struct {
	name      string
	anyKernel bool // what it shows does not depend on the kernel: the first machine of an architecture is enough
}

// anyKernel is the line by which a scenario says so.
const anyKernel = "\n# On any kernel.\n"

// listScenarios lists every .sh file but the library, and but measurements, which
// take long and prove nothing, unless VMTEST_BENCH is 1.
func listScenarios(dir string) ([]scenario, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.sh"))
	if err != nil {
		return nil, err
	}
	var list []scenario
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sh")
		if name == "lib" || strings.Contains(name, "_bench_") && os.Getenv("VMTEST_BENCH") != "1" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		list = append(list, scenario{name, strings.Contains(string(text), anyKernel)})
	}
	return list, nil
}

// A bench keeps guests of one machine for scenario after scenario, as many as run at
// once. A guest is not used again after a crash, so that one scenario's crash fails that
// one only.
type bench struct {
	machine   Machine
	dir, here string
	packages  *packages
	mutants   string // a folder of trees of files to run scenarios with; may be empty
	mu        sync.Mutex
	initrd    string
	idle      []*Guest
}

// run runs a scenario, with a mutant of the package where one is named.
func (b *bench) run(t *testing.T, scenario, mutant string) Result {
	guest := b.take()
	if guest == nil {
		guest = b.boot(t)
	}
	result, err := guest.Run(scenario, mutant)
	if err != nil {
		guest.Close()
		t.Fatalf("%v\n%s", err, result.Output)
	}
	b.mu.Lock()
	b.idle = append(b.idle, guest)
	b.mu.Unlock()
	return result
}

// judge makes the result of a scenario that of the test.
func judge(t *testing.T, result Result) {
	t.Helper()
	switch result.Status {
	case 0:
		t.Log("\n" + result.Output)
	case statusSkipped:
		_, why, _ := strings.Cut(result.Output, "SKIPPED: ")
		t.Skip(strings.TrimSpace(why))
	default:
		t.Errorf("status %d\n%s", result.Status, result.Output)
	}
}

// take is an idle guest, or nil.
func (b *bench) take() *Guest {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.idle) == 0 {
		return nil
	}
	guest := b.idle[len(b.idle)-1]
	b.idle = b.idle[:len(b.idle)-1]
	return guest
}

func (b *bench) boot(t *testing.T) *Guest {
	guest, err := Boot(b.machine, filepath.Join(b.dir, "vmlinuz"), b.image(t))
	if err != nil {
		t.Fatal(err)
	}
	return guest
}

// image is the initial file system, made once.
func (b *bench) image(t *testing.T) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.initrd == "" {
		initrd := filepath.Join(b.packages.dir, b.machine.Name+".cpio")
		if err := WriteInitrd(initrd, b.dir, b.here, b.packages.get(t, b.machine.Arch), b.packages.tests(t, b.machine.Arch), b.mutants); err != nil {
			t.Fatalf("initrd: %v", err)
		}
		b.initrd = initrd
	}
	return b.initrd
}

func (b *bench) close() {
	for _, guest := range b.idle {
		guest.Close()
	}
}
