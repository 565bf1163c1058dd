// SPDX-License-Identifier: MIT

package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestVM runs every scenario on each machine that VMTEST_MACHINES names, by its name or
// by its kernel's; where it is empty, on all whose kernel is there.
func TestVM(t *testing.T) {
	kernels := os.Getenv("VMTEST_KERNELS")
	if kernels == "" {
		skip(t, "VMTEST_KERNELS names no folder of kernels (make kernels makes one, make vm uses it)")
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	scenarios, err := scenarioNames(filepath.Join(here, "scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	if len(scenarios) == 0 {
		t.Fatal("scenarios/ holds no scenario")
	}
	wanted := strings.Fields(os.Getenv("VMTEST_MACHINES"))
	for i, name := range wanted {
		if !slices.ContainsFunc(Machines, func(m Machine) bool { return m.isOneOf(wanted[i : i+1]) }) {
			t.Errorf("VMTEST_MACHINES: there is no machine %q", name)
		}
	}
	packages := newPackages(t, filepath.Join(here, "..", ".."))
	for _, m := range Machines {
		if len(wanted) > 0 && !m.isOneOf(wanted) {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(kernels, m.Kernel)
			if _, err := os.Stat(filepath.Join(dir, "base.cpio")); err != nil {
				if len(wanted) == 0 {
					t.Skipf("no kernel: %v (make kernels KERNELS=%s)", err, m.Kernel)
				}
				skip(t, "no kernel: "+err.Error()+" (make kernels KERNELS="+m.Kernel+")")
			}
			if _, err := exec.LookPath(m.QEMU); err != nil {
				skip(t, err.Error()+" (package qemu-system-x86)")
			}
			row := table.add(m.Arch, kernelVersion(dir), m.CPU)
			b := &bench{machine: m, dir: dir, here: here, packages: packages}
			t.Cleanup(b.close)
			for _, name := range scenarios {
				t.Run(name, func(t *testing.T) {
					t.Cleanup(func() { row.count(t, name) })
					b.run(t, name)
				})
			}
		})
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

// scenarioNames lists the scenarios: every .sh file but the library, and but
// measurements, which take long and prove nothing, unless VMTEST_BENCH is 1.
func scenarioNames(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.sh"))
	var names []string
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sh")
		if name == "lib" || strings.Contains(name, "_bench_") && os.Getenv("VMTEST_BENCH") != "1" {
			continue
		}
		names = append(names, name)
	}
	return names, err
}

// A bench keeps one machine booted for scenario after scenario. It boots again after a
// crash, so that one scenario's crash fails that one only.
type bench struct {
	machine   Machine
	dir, here string
	packages  *packages
	initrd    string
	guest     *Guest
}

func (b *bench) run(t *testing.T, scenario string) {
	if b.guest == nil {
		b.boot(t)
	}
	result, err := b.guest.Run(scenario)
	if err != nil {
		b.close()
		t.Fatalf("%v\n%s", err, result.Output)
	}
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

func (b *bench) boot(t *testing.T) {
	if b.initrd == "" {
		initrd := filepath.Join(b.packages.dir, b.machine.Name+".cpio")
		if err := WriteInitrd(initrd, b.dir, b.here, b.packages.get(t, b.machine.Arch)); err != nil {
			t.Fatalf("initrd: %v", err)
		}
		b.initrd = initrd
	}
	guest, err := Boot(b.machine, filepath.Join(b.dir, "vmlinuz"), b.initrd)
	if err != nil {
		t.Fatal(err)
	}
	b.guest = guest
}

func (b *bench) close() {
	if b.guest != nil {
		b.guest.Close()
		b.guest = nil
	}
}
