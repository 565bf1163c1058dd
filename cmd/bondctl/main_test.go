// SPDX-License-Identifier: MIT

package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/slackbond/slackbond/internal/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bondctl": main})
}

func TestScript(t *testing.T) { clitest.Run(t, unpackMachine) }
