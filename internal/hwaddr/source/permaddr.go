// SPDX-License-Identifier: MIT

package source

import (
	"unsafe"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"golang.org/x/sys/unix"
)

// ethtoolPermAddr is struct ethtool_perm_addr of linux/ethtool.h, with room for
// the longest address.
type ethtoolPermAddr struct {
	cmd, size uint32
	data      [32]byte
}

// ifreqPointer is struct ifreq of linux/if.h with ifr_data.
type ifreqPointer struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// permanentAddress asks the driver for the burned-in address: for kernels
// before 5.6, which do not tell it with the link. Zero where there is none.
func permanentAddress(name string) (a hwaddr.Addr) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return a
	}
	defer unix.Close(fd)
	perm := ethtoolPermAddr{cmd: unix.ETHTOOL_GPERMADDR, size: 32}
	req := ifreqPointer{data: unsafe.Pointer(&perm)}
	copy(req.name[:unix.IFNAMSIZ-1], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&req))); errno != 0 || perm.size != uint32(len(a)) {
		return a
	}
	copy(a[:], perm.data[:])
	return a
}
