// SPDX-License-Identifier: MIT

package exasock

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"
)

// kernelLog is the kernel's log from the moment it was opened on.
type kernelLog struct{ fd int }

// openKernelLog may be refused (to all but root, or in a container); a log
// that is not there has nothing to say, so the caller need not care.
func openKernelLog(path string) (kernelLog, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return kernelLog{-1}, err
	}
	if _, err := unix.Seek(fd, 0, io.SeekEnd); err != nil {
		unix.Close(fd)
		return kernelLog{-1}, err
	}
	return kernelLog{fd}, nil
}

func (l kernelLog) close() {
	if l.fd >= 0 {
		unix.Close(l.fd)
	}
}

// said gives what the driver wrote into the log since it was opened.
func (l kernelLog) said() []string {
	var list []string
	// One read is one record, of 8 kB at most (CONSOLE_EXT_LOG_MAX).
	for buf := make([]byte, 8192); l.fd >= 0 && len(list) < 20; {
		n, err := unix.Read(l.fd, buf)
		if errors.Is(err, unix.EPIPE) { // records were overwritten meanwhile
			continue
		}
		if err != nil || n == 0 { // EAGAIN: that was all
			break
		}
		if text, ok := parseRecord(string(buf[:n])); ok {
			list = append(list, text)
		}
	}
	return list
}

// logPrefix is pr_fmt of the driver's bonding part.
const logPrefix = "exasock-bonding: "

// parseRecord gives the text of a record of /dev/kmsg if the driver wrote it,
// without its prefix. A record is "PRIORITY,NUMBER,TIME,FLAGS[,...];TEXT",
// then lines of properties that begin with a blank; see
// Documentation/ABI/testing/dev-kmsg of the kernel.
func parseRecord(record string) (string, bool) {
	head, text, ok := strings.Cut(record, ";")
	if !ok || strings.ContainsAny(head, " \n") {
		return "", false
	}
	text, _, _ = strings.Cut(text, "\n")
	text, ok = strings.CutPrefix(text, logPrefix)
	if !ok {
		return "", false
	}
	return strings.TrimRight(text, ". "), true
}
