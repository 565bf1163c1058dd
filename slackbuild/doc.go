// SPDX-License-Identifier: MIT

// Package slackbuild turns a manifest (see mkslack.yaml(5); any nfpm.yaml is
// one) into Slackware packages and into the directory that SlackBuilds.org and
// sbopkg take: NAME.SlackBuild, NAME.info, README, slack-desc and doinst.sh.
//
// Both ways give the same package: [Manifest.Package] without a shell, and the
// generated script with one. The forms of the generated files are those that
// all accepted builds of SlackBuilds.org share; package lint in the directory
// lint says which they are.
//
// Building is left to the commands of the manifest, and the format of packages
// to package pkgtools.
package slackbuild
