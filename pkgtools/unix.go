// SPDX-License-Identifier: MIT

package pkgtools

import (
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// maxScript is the most that a doinst.sh may hold; the largest known, that of
// texlive, has under 2 MB.
const maxScript = 16 << 20

// umask is the process's file mode creation mask, which can be read without
// changing it only from /proc; 022 where that is not mounted.
var umask = sync.OnceValue(func() os.FileMode {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "Umask:"); ok {
				if n, err := strconv.ParseUint(strings.TrimSpace(rest), 8, 32); err == nil {
					return os.FileMode(n) & 0o777
				}
			}
		}
	}
	return 0o022
})

// unixStat is what fs.FileInfo does not tell of a file.
type unixStat struct {
	dev, ino uint64
	uid, gid int
	blocks   int64 // of 512 bytes
	nlink    uint64
}

func statOf(info fs.FileInfo) unixStat {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return unixStat{}
	}
	return unixStat{uint64(st.Dev), uint64(st.Ino), int(st.Uid), int(st.Gid), int64(st.Blocks), uint64(st.Nlink)}
}
