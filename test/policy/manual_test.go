// SPDX-License-Identifier: MIT

package policy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var longOption = regexp.MustCompile(`(^|[^-\w])(--[a-z][a-z0-9-]+)`)

func longOptions(text string) []string {
	var found []string
	for _, m := range longOption.FindAllStringSubmatch(text, -1) {
		found = append(found, m[2])
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// commands lists a program's command lines, as "mkslack makepkg", by asking
// its --help for the subcommands of each, and calls visit with the help text.
func commands(t *testing.T, program string, line []string, visit func(line []string, help string)) {
	t.Helper()
	out, err := exec.Command(program, append(slices.Clone(line), "--help")...).Output()
	if err != nil {
		t.Errorf("%s %v --help: %v", filepath.Base(program), line, err)
		return
	}
	visit(line, string(out))
	_, list, ok := strings.Cut(string(out), "\nCOMMANDS:\n")
	if !ok {
		return
	}
	for row := range strings.SplitSeq(list, "\n") {
		if row == "" {
			break
		}
		if name, ok := strings.CutPrefix(row, "   "); ok && name[0] != ' ' {
			name, _, _ = strings.Cut(strings.Fields(name)[0], ",")
			commands(t, program, append(slices.Clone(line), name), visit)
		}
	}
}

// Every option of a program stands in its manual pages, and no other does.
func TestManualOptions(t *testing.T) {
	dir := t.TempDir()
	for _, program := range []string{"bondctl", "mkslack"} {
		t.Run(program, func(t *testing.T) {
			binary := filepath.Join(dir, program)
			build := exec.Command("go", "build", "-o", binary, "../../cmd/"+program)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("go build: %v\n%s", err, out)
			}
			var manual strings.Builder
			pages, err := filepath.Glob("../../doc/" + program + "*.[158]")
			if err != nil || len(pages) == 0 {
				t.Fatalf("doc has no manual page of %s (%v)", program, err)
			}
			for _, page := range pages {
				text, err := os.ReadFile(page)
				if err != nil {
					t.Fatal(err)
				}
				// Options of other programs are quoted in .EX blocks or
				// marked by a comment: .\" foreign: --option
				manual.WriteString(strings.ReplaceAll(string(text), `\-`, "-"))
			}
			documented := longOptions(manual.String())
			known := []string{"--help", "--version", "--generate-bash-completion"}
			commands(t, binary, nil, func(line []string, help string) {
				for _, option := range longOptions(help) {
					known = append(known, option)
					if option != "--help" && option != "--version" && !slices.Contains(documented, option) {
						t.Errorf("%s %s %s is in no manual page", program, strings.Join(line, " "), option)
					}
				}
				if name := strings.Join(line, " "); name != "" && !strings.Contains(manual.String(), line[len(line)-1]) {
					t.Errorf("%s %s is in no manual page", program, name)
				}
			})
			for _, foreign := range regexp.MustCompile(`(?m)^\.\\" foreign: (.*)$`).FindAllStringSubmatch(manual.String(), -1) {
				known = append(known, strings.Fields(foreign[1])...)
			}
			for _, option := range documented {
				if !slices.Contains(known, option) {
					t.Errorf("a manual page of %s speaks of %s, which no command of it has", program, option)
				}
			}
		})
	}
}
