// SPDX-License-Identifier: MIT

// Package exit names the exit statuses that every program of this project
// uses. The man pages and tests refer to these and to nothing else.
package exit

const (
	OK         = 0 // done, or already so
	Failed     = 1 // failed, found something, or degraded
	Usage      = 2 // wrong usage, or input that cannot be read
	CannotTell = 3 // bondctl mac check: cannot tell; status: no bond is up
)
