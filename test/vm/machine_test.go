// SPDX-License-Identifier: MIT

package vm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeQEMU speaks the guest's side of the protocol, as guest/init does.
const fakeQEMU = `#!/bin/bash
printf 'installing\r\n@vm end boot %s\r\n' "${BOOT:-0}"
while read -r name _; do
  case $name in
    off) exit 0 ;;
    good) printf 'ok: a\r\n@vm end other 1\r\n@vm end good 0\r\n' ;;
    bad) printf 'FAIL: b\r\n@vm end bad 1\r\n' ;;
    broken) printf '@vm end broken x\r\n' ;;
    crash) echo 'Kernel panic'; exit 0 ;;
    silent) ;;
  esac
done
`

func bootFake(t *testing.T) (*Guest, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(path, []byte(fakeQEMU), 0o755); err != nil {
		t.Fatal(err)
	}
	g, err := Boot(Machine{QEMU: path}, "vmlinuz", "initrd")
	if err == nil {
		t.Cleanup(g.Close)
	}
	return g, err
}

func TestGuestRun(t *testing.T) {
	g, err := bootFake(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		scenario string
		want     Result
	}{
		{"good", Result{0, "ok: a\n@vm end other 1\n"}},
		{"bad", Result{1, "FAIL: b\n"}},
		{"good", Result{0, "ok: a\n@vm end other 1\n"}},
	} {
		got, err := g.Run(test.scenario, "")
		if err != nil || got != test.want {
			t.Errorf("%s: got %+v, %v, want %+v", test.scenario, got, err, test.want)
		}
	}
}

func TestGuestLost(t *testing.T) {
	for scenario, want := range map[string]string{
		"broken": `broken: the guest's last line is broken: "@vm end broken x"`,
		"crash":  "crash: the guest died",
	} {
		g, err := bootFake(t)
		if err != nil {
			t.Fatal(err)
		}
		result, err := g.Run(scenario, "mutant")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", scenario, err, want)
		}
		if scenario == "crash" && result.Output != "Kernel panic\n" {
			t.Errorf("%s: output %q is not what the guest last said", scenario, result.Output)
		}
	}
}

func TestGuestSilent(t *testing.T) {
	g, err := bootFake(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.wait("silent", time.Millisecond); err == nil || !strings.Contains(err.Error(), "no end after 1ms") {
		t.Errorf("got %v, want that there is no end", err)
	}
}

func TestBootFails(t *testing.T) {
	t.Setenv("BOOT", "3")
	_, err := bootFake(t)
	if err == nil || !strings.Contains(err.Error(), "status 3\ninstalling\n") {
		t.Errorf("got %v, want status 3 and what was said", err)
	}
	if _, err := Boot(Machine{QEMU: "/nonexistent"}, "", ""); err == nil {
		t.Error("a QEMU that is not there boots")
	}
}
