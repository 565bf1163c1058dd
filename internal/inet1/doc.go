// SPDX-License-Identifier: MIT

// Package inet1 puts the guard of rc.bond into rc.inet1.conf and takes it out
// again: a marked block at the end of the file, replaced atomically, removed
// so that the old file is there byte for byte.
//
// [Guard.Status] says how things stand, [Guard.Enable] and [Guard.Disable]
// change them. The text of the guard belongs to package rcd. A file beside
// rc.inet1.conf remembers that the guard was enabled, so that its loss
// (netconfig writes rc.inet1.conf anew) can be told from never having been.
package inet1
