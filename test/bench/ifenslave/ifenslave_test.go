// SPDX-License-Identifier: MIT

// Package ifenslave measures ifenslave beside the C original (IFENSLAVE_C names
// a build of it) and ip:
//
//	go test -bench . ./test/bench/ifenslave
//
// Compare the ratios, not the times. Joining a bond is measured in an emulated
// machine, where VMTEST_KERNELS names the folder of kernels (test/vm).
package ifenslave

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slackbond/slackbond/test/vm"
)

const top = "../../.."

// build makes ifenslave as the package holds it.
func build(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "ifenslave")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, "./cmd/ifenslave")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return path
}

// BenchmarkStart measures how long "ifenslave -V" and "ifenslave -a" run, and
// the most memory they have.
func BenchmarkStart(b *testing.B) {
	programs := []string{build(b)}
	names := []string{"ifenslave"}
	if original := os.Getenv("IFENSLAVE_C"); original != "" {
		programs, names = append(programs, original), append(names, "original")
	}
	for _, arg := range []string{"-V", "-a"} {
		b.Run(arg, func(b *testing.B) {
			times := make([][]time.Duration, len(programs))
			for b.Loop() {
				for i, program := range programs {
					start := time.Now()
					if err := exec.Command(program, arg).Run(); err != nil {
						b.Fatal(err)
					}
					times[i] = append(times[i], time.Since(start))
				}
			}
			b.ReportMetric(0, "ns/op") // of all programs together: no use
			for i, name := range names {
				b.ReportMetric(float64(median(times[i]).Microseconds())/1000, "ms-"+name)
				b.ReportMetric(peak(b, programs[i], arg), "MB-"+name)
			}
			if len(programs) > 1 {
				b.ReportMetric(float64(median(times[0]))/float64(median(times[1])), "times-the-original")
			}
		})
	}
	info, err := os.Stat(programs[0])
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("ifenslave is %d bytes, stripped", info.Size())
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// peak is the most memory that the program had at once, in MB (10^6 bytes).
// What wait4 tells counts the memory of the parent before exec as well; so the
// program is traced and stopped when it is about to end.
func peak(b *testing.B, program, arg string) float64 {
	runtime.LockOSThread() // only the thread that started it may trace it
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program, arg)
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	pid := cmd.Process.Pid
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
		b.Fatal(err)
	}
	if err := syscall.PtraceSetOptions(pid, syscall.PTRACE_O_TRACEEXIT); err != nil {
		b.Fatal(err)
	}
	for signal := 0; ; signal = int(status.StopSignal()) {
		if err := syscall.PtraceCont(pid, signal); err != nil {
			b.Fatal(err)
		}
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
			b.Fatal(err)
		}
		if !status.Stopped() {
			b.Fatalf("%s ended before it could be looked at", program)
		}
		if status.TrapCause() == syscall.PTRACE_EVENT_EXIT {
			break
		}
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	if err := syscall.PtraceDetach(pid); err != nil {
		b.Fatal(err)
	}
	cmd.Wait()
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); fields[0] == "VmHWM:" {
			kib, err := strconv.Atoi(fields[1])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) * 1024 / 1e6
		}
	}
	b.Fatal("no VmHWM in /proc/PID/status")
	return 0
}

// BenchmarkEnslave measures how long a NIC takes to join a bond: ifenslave,
// the original, and two runs of ip.
func BenchmarkEnslave(b *testing.B) {
	kernels := os.Getenv("VMTEST_KERNELS")
	if kernels == "" {
		b.Skip("VMTEST_KERNELS names no folder of kernels")
	}
	dir := b.TempDir()
	machine := vm.Machines[0]
	initrd := filepath.Join(dir, "initrd")
	if err := vm.WriteInitrd(initrd, filepath.Join(kernels, machine.Kernel), layout(b, dir), pack(b, dir), "", ""); err != nil {
		b.Fatal(err)
	}
	guest, err := vm.Boot(machine, filepath.Join(kernels, machine.Kernel, "vmlinuz"), initrd)
	if err != nil {
		b.Fatal(err)
	}
	defer guest.Close()
	result, err := guest.Run("enslave", "")
	if err != nil || result.Status != 0 {
		b.Fatalf("status %d, %v\n%s", result.Status, err, result.Output)
	}
	medians := map[string]float64{}
	for line := range strings.Lines(result.Output) {
		var name string
		var least, middle float64
		if n, _ := fmt.Sscanf(line, "us %s %f %f", &name, &least, &middle); n == 3 {
			medians[name] = middle
			b.ReportMetric(middle/1000, "ms-"+name)
		}
	}
	b.ReportMetric(0, "ns/op")
	for name, middle := range medians {
		if name != "ifenslave" {
			b.ReportMetric(medians["ifenslave"]/middle, "times-"+name)
		}
	}
}

// layout is a folder as WriteInitrd wants it: the guest's scripts of test/vm,
// and enslave.sh as the one scenario.
func layout(b *testing.B, dir string) string {
	here := filepath.Join(dir, "here")
	scenarios := filepath.Join(here, "scenarios")
	guest, err := filepath.Abs(filepath.Join(top, "test/vm/guest"))
	if err != nil {
		b.Fatal(err)
	}
	if err := os.MkdirAll(scenarios, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.Symlink(guest, filepath.Join(here, "guest")); err != nil {
		b.Fatal(err)
	}
	for _, file := range []string{"enslave.sh", filepath.Join(top, "test/vm/scenarios/lib.sh")} {
		text, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(scenarios, filepath.Base(file)), text, 0o755); err != nil {
			b.Fatal(err)
		}
	}
	return here
}

// pack makes a package of ifenslave alone.
func pack(b *testing.B, dir string) string {
	tree := filepath.Join(dir, "tree")
	if err := os.MkdirAll(filepath.Join(tree, "sbin"), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(build(b), filepath.Join(tree, "sbin/ifenslave")); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(dir, "ifenslave.tgz")
	if out, err := exec.Command("tar", "-C", tree, "-czf", path, "sbin").CombinedOutput(); err != nil {
		b.Fatalf("tar: %v: %s", err, out)
	}
	return path
}
