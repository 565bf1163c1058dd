// SPDX-License-Identifier: MIT

package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"golang.org/x/sys/unix"
)

// programDirs is where the programs are that are run: rc.inet1 may be started
// with any PATH.
var programDirs = []string{"/sbin", "/usr/sbin", "/bin", "/usr/bin"}

// run runs a program and gives the last line that it complained in, where it
// failed.
func run(ctx context.Context, program string, args ...string) error {
	var path string
	for _, dir := range programDirs {
		if p := filepath.Join(dir, program); unix.Access(p, unix.X_OK) == nil {
			path = p
			break
		}
	}
	if path == "" {
		return fmt.Errorf("there is no program %s in %s", program, strings.Join(programDirs, ", "))
	}
	cmd := exec.CommandContext(ctx, path, args...)
	// A file and not a pipe: who stays in the background, as dhcpcd does, would
	// keep a pipe open, and be killed by it later.
	complaints, err := os.CreateTemp("", "bondctl")
	if err == nil {
		defer complaints.Close()
		os.Remove(complaints.Name())
		cmd.Stderr = complaints
	}
	err = cmd.Run()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if line := lastLine(complaints); line != "" {
		return fmt.Errorf("%s: %w: %s", program, err, line)
	}
	return fmt.Errorf("%s: %w", program, err)
}

// lastLine is the last line of a file that is not blank.
func lastLine(f *os.File) string {
	if f == nil {
		return ""
	}
	const enough = 4096
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return ""
	}
	b := make([]byte, min(end, enough))
	n, _ := f.ReadAt(b, end-int64(len(b)))
	lines := strings.Split(strings.TrimSpace(string(b[:n])), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// moduleDir is where a module that is loaded, or built in, shows itself.
func moduleDir(name string) string {
	return path("/sys/module", strings.ReplaceAll(name, "-", "_"))
}

// HasModule reports whether a module is loaded or built in.
func (k *Kernel) HasModule(name string) bool { return exists(moduleDir(name)) }

// LoadModule loads a module, and what it needs, with modprobe.
func (k *Kernel) LoadModule(name string, args ...string) error {
	return run(context.Background(), "modprobe", append([]string{name}, args...)...)
}

// UnloadModule unloads a module that nothing uses; those that it needed stay.
func (k *Kernel) UnloadModule(name string) error {
	return run(context.Background(), "rmmod", name)
}

// ModuleInUse reports whether bonds, other modules, or NICs that are up need a
// module; also where it is not known, as for one that is built in.
func (k *Kernel) ModuleInUse(name string) bool {
	for module, file := range map[string]string{"bonding": masters, "exasock": "exabond_masters"} {
		if text, _ := readFile(bond.SysNet, file); module == name && text != "" {
			return true
		}
	}
	if count, err := readFile(moduleDir(name), "refcnt"); err != nil || count != "0" {
		return true
	}
	links, err := k.nl.Links()
	if err != nil {
		return true
	}
	module, err := os.Stat(moduleDir(name))
	if err != nil {
		return true
	}
	for _, l := range links {
		used, err := os.Stat(path(bond.SysNet, l.Name, "device/driver/module"))
		if err == nil && os.SameFile(used, module) && l.Flags&unix.IFF_UP != 0 {
			return true
		}
	}
	return false
}

// pidFiles are where dhcpcd 5 to 10 note that they run.
var pidFiles = []string{"/run/dhcpcd-*.pid", "/run/dhcpcd/*.pid", "/var/run/dhcpcd-*.pid", "/var/run/dhcpcd/*.pid"}

// DHCPClient reports whether dhcpcd runs on an interface.
func (k *Kernel) DHCPClient(nic string) bool {
	for _, pattern := range pidFiles {
		files, _ := filepath.Glob(pattern) // the patterns are right
		for _, file := range files {
			if pidFileOf(file) == nic && runs(file) {
				return true
			}
		}
	}
	return false
}

// pidFileOf is the interface that a pid file is about: dhcpcd-eth0.pid,
// eth0.pid, eth0-4.pid (for IPv4 alone).
func pidFileOf(file string) string {
	name := strings.TrimSuffix(filepath.Base(file), ".pid")
	name = strings.TrimPrefix(name, "dhcpcd-")
	for _, family := range []string{"-4", "-6"} {
		name = strings.TrimSuffix(name, family)
	}
	return name
}

// runs reports whether the process of a pid file is there.
func runs(file string) bool {
	pid, err := readFile(file)
	if err != nil || pid == "" || strings.Trim(pid, "0123456789") != "" {
		return false
	}
	return exists("/proc", pid)
}

// StartDHCP runs dhcpcd, which ends, or goes on in the background, when it has
// a lease or gives up.
func (k *Kernel) StartDHCP(ctx context.Context, nic string, args ...string) error {
	return run(ctx, "dhcpcd", append(args[:len(args):len(args)], nic)...)
}

// StopDHCP has the dhcpcd of an interface give up its lease and end.
func (k *Kernel) StopDHCP(nic string) error {
	if !k.DHCPClient(nic) {
		return errors.New("no dhcpcd runs on it")
	}
	return run(context.Background(), "dhcpcd", "-k", nic)
}
