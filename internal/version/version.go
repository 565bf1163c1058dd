// SPDX-License-Identifier: MIT

// Package version knows the version of the project's programs.
package version

// Version is set at link time from ifenslave.yaml (see the Makefile):
//
//	-ldflags "-X github.com/slackbond/slackbond/internal/version.Version=1.0.0"
var Version = "devel"
