// SPDX-License-Identifier: MIT

package bond

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

// The files that the bonding driver has in /sys/class/net, and the exasock
// driver's (github.com/cisco/exanic-software).
const (
	fileExabonds = "exabond_masters"
	dirBonding   = "bonding"
)

// WriteOption writes an option through sysfs. The kernel's refusal comes back
// as the error of the write.
func (c *Conn) WriteOption(bond, option, value string) error {
	if err := CheckName(bond); err != nil {
		return err
	}
	return writeFile(c.sysfs+"/"+bond+"/"+dirBonding+"/"+option, value)
}

// writeFile makes one write(2) to a file that must exist: each is a command to
// the driver. (Files are used without os here because that would make
// ifenslave a tenth larger.)
func writeFile(path, value string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, []byte(value)); err != nil {
		return &fs.PathError{Op: "write to", Path: path, Err: err}
	}
	return nil
}

// readFile reads a file of sysfs, which is at most a page.
func readFile(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	page := make([]byte, unix.Getpagesize())
	n, err := unix.Read(fd, page)
	if err != nil {
		return "", &fs.PathError{Op: "read", Path: path, Err: err}
	}
	return string(page[:n]), nil
}

// ManagedByExasock is [IsExasock].
func (c *Conn) ManagedByExasock(bond string) (bool, error) { return IsExasock(c.sysfs, bond) }

// CheckSmartNIC is [CheckSmartNIC].
func (c *Conn) CheckSmartNIC(nic string) error { return CheckSmartNIC(c.sysfs, nic) }
