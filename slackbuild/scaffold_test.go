// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a source tree tells about itself.
func TestScaffold(t *testing.T) {
	t.Setenv("GIT_CONFIG_GLOBAL", "/dev/null")
	for _, test := range []struct {
		name    string
		dir     string
		files   map[string]string // a name that ends in * is a program
		tag     string
		want    []string // lines of the manifest
		unknown []string
	}{
		{"a Go module", "x", map[string]string{"go.mod": "module github.com/jo/tool/v2\n"}, "v2.1.0",
			[]string{"name: tool", `version: "2.1.0"`, "  kind: go", "  requires: [google-go-lang]",
				`    - url: "https://github.com/jo/tool/archive/v${VERSION}/tool-${VERSION}.tar.gz"`, `  # "go mod vendor", pack the tree`}, nil},
		{"a Go module with vendor", "x", map[string]string{"go.mod": "module github.com/jo/tool\n", "vendor/modules.txt": ""}, "tool-1.0",
			[]string{`version: "1.0"`, `    - url: "https://github.com/jo/tool/archive/tool-${VERSION}/tool-${VERSION}.tar.gz"`}, nil},
		{"autotools without configure", "x", map[string]string{"configure.ac": "AC_INIT([thing], [3.2.1])\n", "autogen.sh*": "", "Makefile.am": ""}, "",
			[]string{"name: thing", `version: "3.2.1"`, "  kind: autotools"}, nil},
		{"a Makefile that installs", "x", map[string]string{"Makefile": "VERSION = 1.5\nall:\ninstall: all\n"}, "", []string{`version: "1.5"`, "  kind: make"}, nil},
		{"a Makefile that does not", "My Tool", map[string]string{"Makefile": "doc:\n", "tool.sh*": "#!/bin/sh\n", "run-tests.sh*": "", "build*": ""}, "",
			[]string{"name: My-Tool", "arch: noarch", `  - {src: "tool.sh", dst: "/usr/bin/tool", file_info: {mode: 0755}}`, "  kind: shell"}, nil},
		{"nothing known", "x", map[string]string{"Cargo.toml": "description = \"A thing\"\n"}, "", []string{`  summary: "A thing"`}, []string{"slackware.kind"}},
		{"meson", "x", map[string]string{"meson.build": "project('m', 'c',\n  version : '0.9')\n", "Makefile": "install:\n"}, "", []string{"name: m", `version: "0.9"`, "  kind: meson"}, nil},
		{"cmake", "x", map[string]string{"CMakeLists.txt": "project(cm VERSION 4.5 DESCRIPTION \"Does it\")\n"}, "", []string{"name: cm", `version: "4.5"`, `  summary: "Does it"`, "  kind: cmake"}, nil},
		{"python", "x", map[string]string{"pyproject.toml": "[project]\nname = \"py\"\nversion = \"7\"\n"}, "", []string{"name: py", `version: "7"`, "  kind: python"}, nil},
		{"perl", "x", map[string]string{"Makefile.PL": ""}, "", []string{"  kind: perl"}, nil},
		{"a README with all sorts of heads", "thing", map[string]string{"README.md": "<!-- SPDX-License-Identifier: MIT\n\nmore -->\n\n# Thing\n\n[![CI](x)](y)\n\nThing is a [fast](https://x) tool &amp; more, with a very long list of things that it can do for its users.\n",
			"x*": ""}, "", []string{"  Thing is a fast tool & more, with a very long list of things that it", `  summary: "fast tool & more"`}, nil},
		{"a manual page as README", "thing", map[string]string{"README": "Z(1)   User Commands   Z(1)\n\nIt jumps to where one was most often.\n", "x*": ""}, "", []string{"  It jumps to where one was most often."}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), test.dir)
			for name, text := range test.files {
				file, mode := filepath.Join(dir, strings.TrimSuffix(name, "*")), os.FileMode(0o644)
				if strings.HasSuffix(name, "*") {
					mode = 0o755
				}
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(text), mode); err != nil {
					t.Fatal(err)
				}
			}
			if test.tag != "" {
				if _, err := exec.LookPath("git"); err != nil {
					t.Skip("git is not installed")
				}
				for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "x"}, {"tag", test.tag}} {
					command(t, dir, append([]string{"git"}, args...)...)
				}
			}
			text, unknown, err := Scaffold(context.Background(), dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains("\n"+string(text), "\n"+want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			for _, field := range test.unknown {
				if !slices.Contains(unknown, field) {
					t.Errorf("%s is not among %q", field, unknown)
				}
			}
		})
	}
}
