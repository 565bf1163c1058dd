// SPDX-License-Identifier: MIT

// Render writes rc.bond and rc.bond.conf into a directory, for the Makefile:
//
//	go run ./rc.d/render DIR
package main

import (
	"fmt"
	"os"

	rcd "github.com/slackbond/slackbond/rc.d"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: render DIR")
		os.Exit(2)
	}
	if err := rcd.Files(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}
