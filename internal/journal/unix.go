// SPDX-License-Identifier: MIT

package journal

import (
	"io/fs"
	"syscall"
)

// unixStat is the user that a file belongs to.
func unixStat(st fs.FileInfo) (uid int, ok bool) {
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(sys.Uid), true
}
