// SPDX-License-Identifier: MIT

// Package engine brings bonds up, changes them and takes them down again, over
// a [Kernel] interface and with a journal (package journal) that says how to
// undo each step before it is taken.
package engine
