// SPDX-License-Identifier: MIT

package vm

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Machine is a kind of computer that the package must work on.
type Machine struct {
	Name   string // as in TestVM/NAME
	Kernel string // the folder of VMTEST_KERNELS that holds its kernel
	Arch   string // the architecture of the package it gets
	QEMU   string // the emulator's program
	CPU    string // for QEMU's -cpu
}

// Machines lists what the package is tested on, the default one first.
//
// QEMU 7.2 emulates the 16-byte compare-and-exchange wrongly, and Linux 6.12
// crashes by it: cx16 is off everywhere. The Pentium II and III have no SSE2.
var Machines = []Machine{
	{"6.1", "6.1", "x86_64", "qemu-system-x86_64", "qemu64,-cx16"},
	{"5.10", "5.10", "x86_64", "qemu-system-x86_64", "qemu64,-cx16"},
	{"6.12", "6.12", "x86_64", "qemu-system-x86_64", "qemu64,-cx16"},
	{"7.2", "7.2", "x86_64", "qemu-system-x86_64", "qemu64,-cx16"},
	{"6.1-pentium3", "6.1-686", "i586", "qemu-system-i386", "pentium3"},
	{"6.1-pentium2", "6.1-686", "i586", "qemu-system-i386", "pentium2"},
}

// isOneOf says whether the machine or its kernel is named.
func (m Machine) isOneOf(names []string) bool {
	return slices.Contains(names, m.Name) || slices.Contains(names, m.Kernel)
}

// How long a guest may take. An emulated machine on a busy computer is slow:
// these end what hangs, and are no measure of speed.
const (
	bootLimit     = 5 * time.Minute
	scenarioLimit = 12 * time.Minute // guest/init has a shorter one, which leaves the guest usable
	exitLimit     = 20 * time.Second
)

// A Guest is a booted machine. It runs one scenario at a time.
type Guest struct {
	stdin io.WriteCloser
	lines chan string
	kill  context.CancelFunc
	ended chan error
}

// A Result is what became of a scenario.
type Result struct {
	Status int    // of the scenario's shell: 0 well, 77 skipped, else failed
	Output string // all that it printed
}

// statusSkipped is what a scenario ends with that cannot be run on this kernel.
const statusSkipped = 77

// Boot starts a machine and waits until the package is installed in it. The
// error has the console's output.
func Boot(m Machine, kernel, initrd string) (*Guest, error) {
	ctx, cancel := context.WithCancel(context.Background())
	// no_timer_check: on a busy computer the kernel waits in vain for its first ticks, and
	// panics.
	cmd := exec.CommandContext(ctx, m.QEMU,
		"-accel", "tcg", "-cpu", m.CPU, "-smp", "2", "-m", "768",
		"-display", "none", "-monitor", "none", "-serial", "stdio", "-nic", "none", "-no-reboot",
		"-kernel", kernel, "-initrd", initrd,
		"-append", "console=ttyS0 quiet loglevel=0 panic=-1 net.ifnames=0 no_timer_check")
	// A test that is killed leaves no machine running.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	stderr := new(strings.Builder)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	g := &Guest{stdin: stdin, lines: make(chan string), kill: cancel, ended: make(chan error, 1)}
	go func() {
		scanner := bufio.NewScanner(stdout)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			g.lines <- strings.TrimRight(scanner.Text(), "\r") // the serial line's line ends
		}
		close(g.lines)
		err := cmd.Wait()
		if stderr.Len() > 0 {
			err = errors.Join(err, errors.New(strings.TrimSpace(stderr.String())))
		}
		g.ended <- err
		close(g.ended)
	}()
	r, err := g.wait("boot", bootLimit)
	if err == nil && r.Status != 0 {
		err = fmt.Errorf("installing the package in the guest failed with status %d", r.Status)
	}
	if err != nil {
		g.Close()
		return nil, fmt.Errorf("%w\n%s", err, r.Output)
	}
	return g, nil
}

// Run runs a scenario, with the files of a mutant in place of the package's where one
// is named. After an error the guest is of no more use.
func (g *Guest) Run(scenario, mutant string) (Result, error) {
	if _, err := fmt.Fprintf(g.stdin, "%s %s\n", scenario, mutant); err != nil {
		return Result{}, fmt.Errorf("the guest does not listen: %w", err)
	}
	return g.wait(scenario, scenarioLimit)
}

// wait collects output until the guest's line that ends it, "@vm end WHAT
// STATUS". The guest's word counts, never QEMU's exit status.
func (g *Guest) wait(what string, limit time.Duration) (Result, error) {
	var out strings.Builder
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		select {
		case line, ok := <-g.lines:
			if !ok {
				return Result{Output: out.String()}, fmt.Errorf("%s: the guest died (its kernel crashed, or QEMU ended: %v)", what, <-g.ended)
			}
			text, found := strings.CutPrefix(line, "@vm end "+what+" ")
			if !found {
				out.WriteString(line + "\n")
				continue
			}
			status, err := strconv.Atoi(text)
			if err != nil {
				return Result{Output: out.String()}, fmt.Errorf("%s: the guest's last line is broken: %q", what, line)
			}
			return Result{Status: status, Output: out.String()}, nil
		case <-timer.C:
			return Result{Output: out.String()}, fmt.Errorf("%s: no end after %s", what, limit)
		}
	}
}

// Close turns the guest off.
func (g *Guest) Close() {
	timer := time.AfterFunc(exitLimit, g.kill)
	defer timer.Stop()
	defer g.kill()
	if _, err := fmt.Fprintln(g.stdin, "off"); err != nil {
		g.kill()
	}
	for range g.lines {
	}
	<-g.ended
}
