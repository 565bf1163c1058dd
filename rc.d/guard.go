// SPDX-License-Identifier: MIT

package rcd

import (
	_ "embed"
	"strings"
)

//go:embed guard.sh
var guardFile string

// Guard is what "bondctl inet1 enable" puts at the end of rc.inet1.conf, so
// that rc.bond runs before rc.inet1 starts the network: guard.sh below its
// first empty line.
var Guard = guardText(guardFile)

func guardText(file string) string {
	_, text, _ := strings.Cut(file, "\n\n")
	return text
}
