// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/slackbond/slackbond/internal/clitest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ifenslave": main})
}

func TestScript(t *testing.T) { clitest.Run(t, nil) }

// TestPackages holds the program to being small: what it imports, and what
// that imports, is listed here. fmt, net and reflect would make it a third
// larger and slower to start.
func TestPackages(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("go list: %v", err)
	}
	allowed := " github.com/slackbond/slackbond/cmd/ifenslave github.com/slackbond/slackbond/internal/bond" +
		" github.com/slackbond/slackbond/internal/exit github.com/slackbond/slackbond/internal/version golang.org/x/sys/unix "
	heavy := " fmt net net/netip os/exec os/signal encoding/json text/tabwriter regexp log flag context runtime/debug maps "
	for pkg := range strings.FieldsSeq(string(out)) {
		if strings.Contains(pkg, ".") && !strings.Contains(allowed, " "+pkg+" ") {
			t.Errorf("ifenslave depends on %s", pkg)
		}
		if strings.Contains(heavy, " "+pkg+" ") {
			t.Errorf("ifenslave depends on %s, which makes it too large", pkg)
		}
	}
}

// TestHelp compares the options of --help with the parser's and the manual's.
func TestHelp(t *testing.T) {
	page, err := os.ReadFile("../../doc/ifenslave.8")
	if err != nil {
		t.Fatal(err)
	}
	manual := strings.NewReplacer(`\-`, "-", `\fB`, "", `\fR`, "").Replace(string(page))
	for _, o := range longNames {
		line := "\n  -" + string(rune(o.letter)) + ", --" + o.name + " "
		if strings.Count(help, line) != 1 {
			t.Errorf("--help has no line %q", line)
		}
		if item := "\n.BR -" + string(rune(o.letter)) + " \", \" --" + o.name + "\n"; !strings.Contains(manual, item) {
			t.Errorf("the manual has no item %q", item)
		}
	}
	if got, want := strings.Count(help, "\n  -"), len(longNames); got != want {
		t.Errorf("--help lists %d options, there are %d", got, want)
	}
	if got, want := strings.Count(manual, "\n.BR -"), len(longNames); got != want {
		t.Errorf("the manual lists %d options, there are %d", got, want)
	}
	if !strings.Contains(help, "0 all done, 1 something failed") || !strings.Contains(help, "2 wrong usage") {
		t.Error("--help does not tell the exit statuses")
	}
}

// full is a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"-V"}, {"-h"}, {"-a"}} {
		var stderr strings.Builder
		if status := run(args, false, full{}, &stderr); status != 1 || stderr.String() != "ifenslave: no space left on device\n" {
			t.Errorf("%q: status %d, %q", args, status, stderr.String())
		}
	}
}
