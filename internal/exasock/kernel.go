// SPDX-License-Identifier: MIT

package exasock

import (
	"bytes"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What needs unsafe: a word of a mapping, and an ioctl that x/sys does not have.

// firstWord is the word at the beginning of a mapping, which is page aligned.
func firstWord(mem []byte) *uint32 { return (*uint32)(unsafe.Pointer(&mem[0])) }

// interfaceInfo is struct exaioc_ifinfo of the driver's libs/exanic/ioctl.h.
type interfaceInfo struct {
	device   [16]byte // "exanic0"
	port     uint16
	reserved [14]byte
}

// ifreqData is struct ifreq of linux/if.h with its pointer.
type ifreqData struct {
	name [unix.IFNAMSIZ]byte
	data unsafe.Pointer
	_    [24 - unsafe.Sizeof(uintptr(0))]byte
}

// siocDevPrivate is SIOCDEVPRIVATE of linux/sockios.h, which this driver calls
// EXAIOCGIFINFO. It means something else to every driver, so it must be asked
// of an interface of the driver exanic only.
const siocDevPrivate = 0x89F0

// portOf asks the driver exanic which card and port an interface of it is.
func portOf(nic string) (Port, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return Port{}, err
	}
	defer unix.Close(fd)
	var info interfaceInfo
	request := ifreqData{data: unsafe.Pointer(&info)}
	if len(nic) >= len(request.name) {
		return Port{}, unix.ENAMETOOLONG
	}
	copy(request.name[:], nic)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), siocDevPrivate, uintptr(unsafe.Pointer(&request)))
	runtime.KeepAlive(&info)
	if errno != 0 {
		return Port{}, errno
	}
	device, _, _ := bytes.Cut(info.device[:], []byte{0})
	return parsePort(string(device), int(info.port))
}

// parsePort reads a card's device name, as "exanic0".
func parsePort(device string, port int) (Port, error) {
	p := Port{Number: port}
	var rest string
	if n, _ := fmt.Sscanf(device, "exanic%d%s", &p.Card, &rest); n != 1 || p.Card < 0 || p.Card > 255 {
		return Port{}, fmt.Errorf("%q is no name of a card like exanic0", device)
	}
	return p, nil
}
