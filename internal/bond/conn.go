// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Conn is the way to the kernel: a socket for ioctls, one for rtnetlink, and
// the place of sysfs. It works in the network namespace it was opened in.
type Conn struct {
	ioctls  int
	netlink int
	sysfs   string
}

// Open opens the two sockets. It needs no privilege; changes do.
func Open() (*Conn, error) {
	c := &Conn{ioctls: -1, netlink: -1, sysfs: SysNet}
	var err error
	if c.ioctls, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if c.netlink, err = openNetlink(); err != nil {
		unix.Close(c.ioctls)
		return nil, os.NewSyscallError("netlink socket", err)
	}
	return c, nil
}

// Close closes the sockets.
func (c *Conn) Close() error {
	unix.Close(c.netlink)
	return unix.Close(c.ioctls)
}

// ifreq is struct ifreq of include/uapi/linux/if.h: the name of an interface
// and a union, here with the member T. The kernel copies 32 or 40 bytes
// whatever the member; the padding keeps them ours.
type ifreq[T any] struct {
	name  [unix.IFNAMSIZ]byte
	union T
	_     [24]byte
}

// ioctl makes a request about the interface called name; *data goes in and
// what the kernel made of it comes out. what is the request's name, for the
// error.
func ioctl[T any](c *Conn, request uintptr, what, name string, data *T) error {
	if err := CheckName(name); err != nil {
		return err // or it would be cut to another interface's name
	}
	ifr := ifreq[T]{union: *data}
	copy(ifr.name[:], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(c.ioctls), request, uintptr(unsafe.Pointer(&ifr))); errno != 0 {
		return os.NewSyscallError(what, errno)
	}
	*data = ifr.union
	return nil
}

// ioctlAt is ioctl for requests whose union is a pointer to *data.
func ioctlAt[T any](c *Conn, request uintptr, what, name string, data *T) error {
	p := unsafe.Pointer(data)
	return ioctl(c, request, what, name, &p)
}

// SetFlags sets the IFF_ flags of an interface, IFF_UP among them.
func (c *Conn) SetFlags(name string, flags uint16) error {
	return ioctl(c, unix.SIOCSIFFLAGS, "SIOCSIFFLAGS", name, &flags)
}

// SetMTU sets the MTU of an interface in bytes.
func (c *Conn) SetMTU(name string, mtu int) error {
	n := int32(mtu)
	return ioctl(c, unix.SIOCSIFMTU, "SIOCSIFMTU", name, &n)
}

// SetHardwareAddr sets the MAC address of an interface of the hardware type
// (ARPHRD_ETHER and its like; it must be the interface's own).
func (c *Conn) SetHardwareAddr(name string, hwtype uint16, addr []byte) error {
	sa := struct { // struct sockaddr, whose bytes are signed on some architectures
		family uint16
		data   [14]byte
	}{family: hwtype}
	copy(sa.data[:], addr)
	return ioctl(c, unix.SIOCSIFHWADDR, "SIOCSIFHWADDR", name, &sa)
}

// Driver tells the driver of an interface and, of the bonding driver, the
// version of its ABI (BOND_ABI_VERSION, handed over as the firmware version).
// An interface without ethtool has driver "" and ABI 0.
func (c *Conn) Driver(name string) (driver string, abi int, err error) {
	info := unix.EthtoolDrvinfo{Cmd: unix.ETHTOOL_GDRVINFO}
	if err := ioctlAt(c, unix.SIOCETHTOOL, "SIOCETHTOOL", name, &info); err != nil {
		if errors.Is(err, unix.EOPNOTSUPP) {
			return "", 0, nil
		}
		return "", 0, err
	}
	abi, _ = strconv.Atoi(cString(info.Fw_version[:])) // of another driver: anything
	return cString(info.Driver[:]), abi, nil
}

// BondIoctl makes one of the requests that name a bond and a NIC,
// SIOCBONDENSLAVE and its like.
func (c *Conn) BondIoctl(request uintptr, what, bond, nic string) error {
	var slave [unix.IFNAMSIZ]byte
	if err := CheckName(nic); err != nil {
		return err
	}
	copy(slave[:], nic)
	return ioctl(c, request, what, bond, &slave)
}

// cString is the text before the first NUL byte.
func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}
