// SPDX-License-Identifier: MIT

// Package lint judges SlackBuild directories, trees and archives of them, and
// built packages by what SlackBuilds.org, sbopkg and the package tools take.
//
// The levels come from a count over the 10,195 builds that SlackBuilds.org had
// accepted in August 2026: an error is what practically none of them does and
// what breaks a tool or gets a submission refused; what 5 % of them do is a
// note, or a warning where it is known to be unwanted. The table in rules.go is
// the one place for names, levels, reasons and cures.
//
// Scripts are parsed (shell.go), so quotes, braces and spacing make no
// difference where they make none to the shell. What is read is never run: the
// lines up to PRINT_PACKAGE_NAME, and doinst.sh's config() and
// preserve_perms(), are interpreted in a sandbox of the package's own
// (sandbox.go). Directories and packages may come from anybody: what is read,
// parsed, interpreted and reported is bounded, and no name reaches a terminal
// with its control characters.
package lint
