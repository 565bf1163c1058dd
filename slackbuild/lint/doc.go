// SPDX-License-Identifier: MIT

// Package lint judges SlackBuild directories, trees of them and built
// packages by what SlackBuilds.org, sbopkg and the package tools take.
//
// The levels come from a count over the 10,195 builds that SlackBuilds.org had
// accepted in August 2026: an error is what practically none of them does and
// what breaks a tool or gets a submission refused; what 5 % of them do is a
// note. Scripts are parsed, so quotes, braces and spacing make no difference
// where they make none to the shell. Nothing of what is read is run, but for
// the lines up to PRINT_PACKAGE_NAME, in an interpreter that starts no program
// and opens no file.
package lint
