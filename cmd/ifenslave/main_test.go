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
		line := "\n  -" + string(o.letter) + ", --" + o.name + " "
		if strings.Count(help, line) != 1 {
			t.Errorf("--help has no line %q", line)
		}
		if item := "\n.BR -" + string(o.letter) + " \", \" --" + o.name + "\n"; !strings.Contains(manual, item) {
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

// TestDifferences holds the table of the differential test (test/vm) and the
// manual's list of differences together: what differs is documented, under the
// name that the table gives.
func TestDifferences(t *testing.T) {
	page, err := os.ReadFile("../../doc/ifenslave.8")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../test/vm/scenarios/ifenslave_differential.sh")
	if err != nil {
		t.Fatal(err)
	}
	_, manual, _ := strings.Cut(string(page), ".SH DIFFERENCES FROM THE ORIGINAL\n")
	manual, _, _ = strings.Cut(manual, "\n.SH ")
	rows := 0
	for line := range strings.Lines(string(script)) {
		columns := strings.Split(line, "|")
		if len(columns) != 5 || line[0] == '#' {
			continue
		}
		rows++
		statuses := strings.Fields(columns[2])
		if len(statuses) != 2 {
			t.Errorf("not two statuses: %s", line)
			continue
		}
		differs := statuses[0] != statuses[1] || strings.TrimSpace(columns[3]) == "differs"
		item := strings.TrimSpace(columns[4])
		switch {
		case differs && item == "":
			t.Errorf("a difference without an item: %s", line)
		case !differs && item != "":
			t.Errorf("an item without a difference: %s", line)
		case item != "" && !strings.Contains(manual, "\n.TP\n"+item+"\n"):
			t.Errorf("the manual has no item %q: %s", item, line)
		}
	}
	if rows < 40 {
		t.Errorf("the table has %d rows, want 40 at least", rows)
	}
}
