// SPDX-License-Identifier: MIT

package exasock

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
)

// A Host is the machine whose bonds are looked after. The zero Host is this
// one; a test has a tree of its own below Root.
type Host struct {
	Root string

	// What a tree of files cannot stand in for; nil on a real machine.
	write func(path, command string) error
	port  func(nic string) (Port, error)
	sleep func(time.Duration)
}

func (h Host) path(elem ...string) string {
	root := h.Root
	if root == "" {
		root = "/"
	}
	return filepath.Join(append([]string{root}, elem...)...)
}

func (h Host) sysNet() string { return h.path(bond.SysNet) }
func (h Host) bonds() bond.Reader {
	return bond.Reader{Sysfs: h.sysNet(), Proc: h.path("/proc/net/bonding")}
}
func (h Host) device(b string) string { return h.path(Device(b)) }

// Managed lists the bonds that the driver manages, in the order in which they
// came. The error says why there can be none, see [Host.Available].
func (h Host) Managed() ([]string, error) {
	list, err := bond.ExasockManaged(h.sysNet())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, h.Available()
	}
	return list, err
}

// Available says in words why no bond can be managed on this machine, with
// what to do about it; nil where the driver is ready.
func (h Host) Available() error {
	if _, err := os.Stat(filepath.Join(h.sysNet(), "exabond_masters")); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	release := h.read("proc/sys/kernel/osrelease")
	_, err := os.Stat(h.path("sys/module/exasock"))
	switch loaded := err == nil; {
	case olderThan(release, 3, 19):
		// A vendor's kernel may have bonding.h all the same: then the file exists.
		return fmt.Errorf("this kernel (%s) is older than 3.19, so the exasock driver was built without bonding; use a newer kernel", release)
	case !loaded:
		return errors.New("the exasock driver is not loaded: run \"modprobe bonding\" and \"modprobe exasock\"")
	case h.otherNamespace():
		return errors.New("this is not the first network namespace, and exasock manages bonds only there: run this outside (nsenter -t 1 -n -m)")
	}
	return errors.New("the exasock driver is loaded but offers no bonding here: this is a container, or the driver was built without the kernel's net/bonding.h (its build says \"Exasock-bonding is not supported\")")
}

// otherNamespace reports whether this process is for sure in another network
// namespace than the first process.
func (h Host) otherNamespace() bool {
	own, err := os.Readlink(h.path("proc/self/ns/net"))
	if err != nil {
		return false
	}
	first, err := os.Readlink(h.path("proc/1/ns/net"))
	return err == nil && own != first
}

// olderThan compares a kernel's release ("3.10.17-smp"); one that cannot be
// read is not older.
func olderThan(release string, major, minor int) bool {
	var x, y int
	if n, _ := fmt.Sscanf(release, "%d.%d", &x, &y); n != 2 {
		return false
	}
	return x < major || x == major && y < minor
}

// read gives a file without white space around it, "" where it cannot be read.
func (h Host) read(elem ...string) string {
	text, err := os.ReadFile(h.path(elem...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// fixed reports whether the kernel is one on which no member of a managed bond
// can be changed: since 5.15 bonding has no ndo_do_ioctl, through which the
// driver would do it.
func (h Host) fixed() bool {
	release := h.read("proc/sys/kernel/osrelease")
	return release != "" && !olderThan(release, 5, 15)
}

// isManaged reports whether the driver manages the bond now.
func (h Host) isManaged(name string) (bool, error) {
	list, err := bond.ExasockManaged(h.sysNet())
	return slices.Contains(list, name), err
}
