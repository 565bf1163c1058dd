// SPDX-License-Identifier: MIT

package vm

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	rcd "github.com/slackbond/slackbond/rc.d"
)

// TestMutants breaks what is promised, one thing at a time, and wants the scenario that
// shows the promise to fail where the mutant says. It runs where VMTEST_MUTANTS=1, on
// the first machine that TestVM would use.
func TestMutants(t *testing.T) {
	if os.Getenv("VMTEST_MUTANTS") != "1" {
		t.Skip("VMTEST_MUTANTS is not 1 (make mutants does it)")
	}
	kernels := needKernels(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	m := wantedMachines(t)[0]
	needMachine(t, kernels, m)
	b := &bench{machine: m, dir: filepath.Join(kernels, m.Kernel), here: here,
		packages: newPackages(t, filepath.Join(here, "..", "..")), mutants: t.TempDir()}
	t.Cleanup(b.close)
	scenarios := map[string]bool{}
	for _, mutant := range Mutants {
		breakFiles(t, mutant, filepath.Join(b.mutants, mutant.Name))
		scenarios[mutant.Scenario] = true
	}
	// A scenario that fails by itself tells nothing of a mutant.
	for scenario := range scenarios {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			judge(t, b.run(t, scenario, ""))
		})
	}
	for _, mutant := range Mutants {
		t.Run(mutant.Name, func(t *testing.T) {
			t.Parallel()
			r := b.run(t, mutant.Scenario, mutant.Name)
			if !mutant.isCaught(r.Output) {
				t.Errorf("%s: %s lets it live: no check %q failed\n%s", mutant.Promise, mutant.Scenario, mutant.Fails, r.Output)
				return
			}
			t.Logf("%s: %s: %s", mutant.Promise, mutant.Scenario, mutant.Fails)
		})
	}
}

// isCaught says whether a check that has the mutant's Fails in its text failed.
func (m Mutant) isCaught(output string) bool {
	return slices.ContainsFunc(strings.Split(output, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "FAIL (line ") && strings.Contains(line, m.Fails)
	})
}

// TestMutantsApply: each mutant finds its text in today's files, and is still a script.
func TestMutantsApply(t *testing.T) {
	seen := map[string]bool{}
	for _, mutant := range Mutants {
		t.Run(mutant.Name, func(t *testing.T) {
			if seen[mutant.Name] {
				t.Error("there are two of that name")
			}
			seen[mutant.Name] = true
			if _, err := os.Stat(filepath.Join("scenarios", mutant.Scenario+".sh")); err != nil {
				t.Error(err)
			}
			if mutant.Fails == "" {
				t.Error("it names no check that is to fail")
			}
			text, err := mutant.apply(original(t, mutant.file()))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(mutant.file(), ".go") {
				cmd := exec.Command("bash", "-n")
				cmd.Stdin = strings.NewReader(text)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("bash -n: %v\n%s", err, out)
				}
			}
		})
	}
}

// original is a file of the checkout; of rc.bond, what its template gives.
func original(t *testing.T, file string) string {
	t.Helper()
	if file == rcBond {
		var text strings.Builder
		if err := rcd.Script(&text); err != nil {
			t.Fatal(err)
		}
		return text.String()
	}
	text, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// apply makes the edit, whose text must stand once in the function.
func (m Mutant) apply(text string) (string, error) {
	start, end := 0, len(text)
	if m.In != "" {
		head := regexp.MustCompile(`(?m)^(func (\([^)]*\) )?)?` + regexp.QuoteMeta(m.In) + `\(.*\{$`).FindStringIndex(text)
		if head == nil {
			return "", fmt.Errorf("%s has no function %s", m.file(), m.In)
		}
		length := strings.Index(text[head[0]:], "\n}\n")
		if length < 0 {
			return "", fmt.Errorf("%s: %s has no end", m.file(), m.In)
		}
		start, end = head[0], head[0]+length
	}
	if n := strings.Count(text[start:end], m.From); n != 1 {
		return "", fmt.Errorf("%s: %q stands %d times in %q, want once", m.file(), m.From, n, m.In)
	}
	return text[:start] + strings.Replace(text[start:end], m.From, m.To, 1) + text[end:], nil
}

// breakFiles makes dir a tree of the installed files that are others with the mutant:
// rc.bond, or the two programs. And lib.sh finds there which check is to fail.
func breakFiles(t *testing.T, m Mutant, dir string) {
	t.Helper()
	text, err := m.apply(original(t, m.file()))
	if err != nil {
		t.Fatalf("%s: %v", m.Name, err)
	}
	writeFile(t, filepath.Join(dir, "vm/mutant_fails"), m.Fails, 0o644)
	if m.file() == rcBond {
		writeFile(t, filepath.Join(dir, "etc/rc.d/rc.bond"), text, 0o644)
		return
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	writeFile(t, filepath.Join(tmp, "broken"), text, 0o644)
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(top, m.file()): filepath.Join(tmp, "broken")}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(tmp, "overlay.json"), string(overlay), 0o644)
	for _, program := range []string{"bondctl", "ifenslave"} {
		cmd := exec.Command("go", "build", "-overlay", filepath.Join(tmp, "overlay.json"), "-ldflags", "-s -w",
			"-o", filepath.Join(dir, "sbin", program), "./cmd/"+program)
		cmd.Dir = top
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=amd64")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: building %s: %v\n%s", m.Name, program, err, out)
		}
	}
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}
