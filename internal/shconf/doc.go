// SPDX-License-Identifier: MIT

// Package shconf reads what a shell configuration file says without running
// it: rc.bond.conf, rc.inet1.conf and their like, which bash sources as root.
//
//	f, err := shconf.ReadFile("/etc/rc.d/rc.inet1.conf")
//	v, ok := f.Lookup("IFNAME", 0) // v.Value "bond0", v.Line 12
//
// Only literal assignments have a value here: NAME=text, NAME[3]="text",
// NAME=(one two), with any quoting that does not depend on anything else.
// Whatever else the file does is returned as such and never guessed at: an
// assignment whose value or index needs an expansion, one that stands in an if
// or a loop (Assignment.Static is false, Why tells), and every other statement
// (File.Commands). The grammar is bash's, from mvdan.cc/sh.
package shconf
