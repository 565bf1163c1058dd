// SPDX-License-Identifier: MIT

// Package pkgtools reads, writes, installs and removes Slackware packages, as
// makepkg, installpkg, upgradepkg and removepkg of Slackware's pkgtools do, and
// shares their package database.
//
// A package is a compressed tar archive called NAME-VERSION-ARCH-BUILD.txz (or
// .tgz, .tbz, .tlz) of what is put below the root directory. Its members below
// install/ are for the package tools: slack-desc is the description, doinst.sh
// a script that is run after extraction, and makes the symbolic links, which
// are kept out of the archive. There is no other metadata: no dependencies, no
// sums, no signature.
//
// Writing is [Walk], which lists a directory tree, and [Write], or [Encode] to
// any io.Writer. Reading is [Open], or [NewReader] from memory, which never
// trust the archive, with [Scan], [Verify], [Diff] and [Extract] on top.
// [OpenDatabase] gives the installed packages, and Install, Upgrade and Remove,
// each of which either happens as a whole or not at all and can be interrupted
// anywhere. A name is checked by [ParseName], a description by
// [CheckSlackDesc].
//
// The authority is what the shell scripts do wherever that is sane; the man
// page mkslack-pkgtools(1) lists where this package differs on purpose. Menus,
// tagfiles and package series are not handled.
package pkgtools
