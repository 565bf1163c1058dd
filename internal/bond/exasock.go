// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// SysNet is where the kernel shows its network interfaces. What reads below it
// takes it as an argument, so that a test can have a tree of its own.
const SysNet = "/sys/class/net"

// exanicDriver is the name of the driver of a Cisco Nexus SmartNIC (formerly
// ExaNIC); the exasock driver takes a NIC for one by this name alone.
const exanicDriver = "exanic"

// ExasockManaged lists the bonds that the exasock driver manages. The error is
// fs.ErrNotExist where that driver is not loaded.
//
// Members of such a bond must go in and out through sysfs: since kernel 5.15
// the driver's checks do not see the ioctls of bonding.
func ExasockManaged(sysNet string) ([]string, error) {
	text, err := readFile(sysNet + "/" + fileExabonds)
	return strings.Fields(text), err
}

// IsExasock reports whether the exasock driver manages the bond. Without the
// driver it manages none, which is no error.
func IsExasock(sysNet, bond string) (bool, error) {
	managed, err := ExasockManaged(sysNet)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return slices.Contains(managed, bond), err
}

// Driver is the name of the driver of a NIC, empty where there is none, as for
// a VLAN, a bridge or a bond, which are no devices.
func Driver(sysNet, nic string) string {
	var link [unix.PathMax]byte
	n, err := unix.Readlink(sysNet+"/"+nic+"/device/driver", link[:])
	if err != nil {
		return ""
	}
	name := string(link[:n])
	return name[strings.LastIndexByte(name, '/')+1:]
}

// IsBond reports whether an interface of that name is a bond.
func IsBond(sysNet, name string) bool {
	return unix.Access(sysNet+"/"+name+"/"+dirBonding, unix.F_OK) == nil
}

// CheckSmartNIC says why the exasock driver would refuse the interface as a
// member of a bond that it manages; nil where it is a SmartNIC.
func CheckSmartNIC(sysNet, nic string) error {
	if err := CheckName(nic); err != nil {
		return err
	}
	if unix.Access(sysNet+"/"+nic, unix.F_OK) != nil {
		return errors.New(nic + ": there is no such network interface")
	}
	uevent, _ := readFile(sysNet + "/" + nic + "/uevent")
	driver := Driver(sysNet, nic)
	switch {
	case IsBond(sysNet, nic):
		return errors.New(nic + " is a bond itself, and exasock takes no bond in a bond; take its SmartNICs instead")
	case strings.Contains("\n"+uevent, "\nDEVTYPE=vlan\n"):
		return errors.New(nic + " is a VLAN, and exasock takes only the SmartNICs themselves; make the VLAN on the bond instead")
	case driver == "":
		return errors.New(nic + " is no SmartNIC: it has no device and no driver; exasock takes only NICs of the driver " + exanicDriver)
	case driver != exanicDriver:
		return errors.New(nic + " is no SmartNIC: its driver is " + strconv.Quote(driver) + "; exasock takes only NICs of the driver " + exanicDriver)
	}
	return nil
}
