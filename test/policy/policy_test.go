// SPDX-License-Identifier: MIT

// Package policy holds the rules that no compiler checks: what may import
// what, a comment on every package, a licence line in every source file.
package policy

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/slackbond/slackbond"

type goPackage struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
	Deps       []string
	Standard   bool
}

// packages lists the project's own packages, as they are built for a target.
func packages(t *testing.T) map[string]goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports,Deps,Standard", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := make(map[string]goPackage)
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p goPackage
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// Packages know only what stands below them (see doc/hacking.md), and
// ifenslave, which must be small and start at once, almost nothing.
func TestImports(t *testing.T) {
	all := packages(t)
	own := func(path string) bool { return strings.HasPrefix(path, module+"/") }
	std := func(path string) bool { return !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") }

	for _, r := range []struct {
		pkg  string
		rule string
		bad  func(dep string) bool
	}{
		{"cmd/ifenslave", "needs nothing but x/sys, and neither net nor cli", func(dep string) bool {
			return !std(dep) && !own(dep) && !strings.HasPrefix(dep, "golang.org/x/sys/") ||
				slices.Contains([]string{"net", "flag", "encoding/json", "os/exec"}, dep)
		}},
		{"pkgtools", "is a library of its own", func(dep string) bool {
			return own(dep) && !strings.HasPrefix(dep, module+"/pkgtools/")
		}},
		{"pkgtools", "knows no command line", func(dep string) bool { return strings.HasPrefix(dep, "github.com/urfave/cli") }},
		{"slackbuild", "knows no command line", func(dep string) bool { return strings.HasPrefix(dep, "github.com/urfave/cli") }},
		{"slackbuild", "knows nothing of bonding", func(dep string) bool { return dep == module+"/internal/bond" }},
		{"internal/bond", "knows nothing of packages", func(dep string) bool {
			return dep == module+"/pkgtools" || dep == module+"/slackbuild"
		}},
		{"internal/hwaddr", "knows nothing of packages", func(dep string) bool { return dep == module+"/pkgtools" }},
	} {
		p, ok := all[module+"/"+r.pkg]
		if !ok {
			t.Errorf("there is no package %s", r.pkg)
			continue
		}
		for _, dep := range p.Deps {
			if r.bad(dep) {
				t.Errorf("%s %s, but depends on %s", r.pkg, r.rule, dep)
			}
		}
	}
	for path, p := range all {
		for _, dep := range p.Imports {
			if strings.HasPrefix(dep, module+"/cmd/") {
				t.Errorf("%s imports the command %s", path, dep)
			}
		}
	}
}

func TestPackageComments(t *testing.T) {
	for path, p := range packages(t) {
		if p.Doc == "" && !strings.HasPrefix(path, module+"/test/") {
			t.Errorf("%s has no package comment", path)
		}
	}
}

// sourceFiles calls visit for every Go and shell source file of the project.
func sourceFiles(t *testing.T, visit func(path string, text string)) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == ".cache" || d.Name() == "testdata" ||
			slices.Contains([]string{"../../vendor", "../../build", "../../dist"}, path)) {
			return fs.SkipDir
		}
		if ext := filepath.Ext(path); !d.Type().IsRegular() || ext != ".go" && ext != ".sh" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		visit(path, string(text))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Fatalf("only %d source files were found", seen)
	}
}

func TestLicenceLine(t *testing.T) {
	sourceFiles(t, func(path, text string) {
		head := strings.SplitN(text, "\n", 4)
		if !slices.ContainsFunc(head[:min(3, len(head))], func(l string) bool {
			return strings.HasSuffix(l, " SPDX-License-Identifier: MIT")
		}) {
			t.Errorf("%s: no SPDX-License-Identifier in the first three lines", path)
		}
	})
}

// What is left to do belongs into the issue tracker.
func TestNothingPutOff(t *testing.T) {
	sourceFiles(t, func(path, text string) {
		if strings.HasSuffix(path, "policy_test.go") {
			return
		}
		for i, line := range strings.Split(text, "\n") {
			for _, word := range []string{"TODO", "FIXME", "XXX:"} {
				if strings.Contains(line, word) {
					t.Errorf("%s:%d: %s", path, i+1, word)
				}
			}
		}
	})
}

// unsafe is needed for the bonding ioctls and for the page of exasock; each
// package that uses it keeps it in one file.
func TestUnsafe(t *testing.T) {
	users := make(map[string][]string)
	sourceFiles(t, func(path, text string) {
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return
		}
		for _, imp := range f.Imports {
			if imp.Path.Value == `"unsafe"` {
				users[filepath.Dir(path)] = append(users[filepath.Dir(path)], filepath.Base(path))
			}
		}
	})
	for dir, files := range users {
		if len(files) > 1 {
			t.Errorf("%s: unsafe in %q; keep it in one file", dir, files)
		}
	}
}
