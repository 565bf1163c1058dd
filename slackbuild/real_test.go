// SPDX-License-Identifier: MIT

package slackbuild

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ulikunitz/xz"
)

// realBuilds skips tests that build whole packages, unless they are asked for.
func realBuilds(t *testing.T) {
	t.Helper()
	if os.Getenv("REAL_BUILDS") == "" {
		t.Skip("REAL_BUILDS is not set: `make slackbuild` sets it")
	}
}

// members reads a package: mode, owner, size, link and, for pages, the text, by
// path.
func members(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader
	if strings.HasSuffix(file, ".tgz") {
		r, err = gzip.NewReader(f)
	} else {
		r, err = xz.NewReader(f)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for in := tar.NewReader(r); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		size := h.Size
		if strings.HasPrefix(h.Name, "usr/man/") && strings.HasSuffix(h.Name, ".gz") && h.Typeflag == tar.TypeReg {
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s: %v", h.Name, err)
			}
			if data, err = io.ReadAll(z); err != nil {
				t.Fatalf("%s: %v", h.Name, err)
			}
			size = int64(len(data)) // two compressors need not agree
		}
		all[h.Name] = fmt.Sprintf("%c %04o %s/%s %d -> %q\n%s", h.Typeflag, h.Mode, h.Uname, h.Gname, size, h.Linkname, data)
	}
}

// runScript runs a generated script as sbopkg does, with directories of its
// own and the makepkg given, and returns the package it says it made.
func runScript(t *testing.T, script string, env ...string) string {
	t.Helper()
	tmp := t.TempDir()
	cmd := exec.Command("sh", "-c", "exec bash --posix "+filepath.Base(script))
	cmd.Dir = filepath.Dir(script)
	cmd.Env = append(append(os.Environ(), "TMP="+tmp+"/tmp", "OUTPUT="+tmp+"/out"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, tail(string(out), 40))
	}
	made, err := filepath.Glob(tmp + "/out/*.t?z")
	if err != nil || len(made) != 1 {
		t.Fatalf("made %v (%v)\n%s", made, err, tail(string(out), 40))
	}
	if want := "Slackware package " + made[0] + " created."; !strings.Contains(string(out), want) {
		t.Errorf("did not print %q", want)
	}
	return made[0]
}

// comparePackages reports where two packages differ, times aside.
func comparePackages(t *testing.T, script, direct string) {
	t.Helper()
	a, b := members(t, script), members(t, direct)
	for path := range a {
		if a[path] != b[path] && b[path] != "" {
			t.Errorf("%s: the script gives %.80q, mkslack package %.80q", path, a[path], b[path])
		}
	}
	names := func(m map[string]string) map[string]bool {
		set := map[string]bool{}
		for p := range m {
			set[p] = true
		}
		return set
	}
	if d := cmp.Diff(names(a), names(b)); d != "" {
		t.Errorf("the script (-) and mkslack package (+) give other files:\n%s", d)
	}
}

// The package that the script makes and the one made without a shell are the
// same: file list, modes, owners, sizes and contents.
func TestRealSamePackage(t *testing.T) {
	realBuilds(t)
	for _, arch := range []string{"x86_64", "i586"} {
		t.Run(arch, func(t *testing.T) {
			m, err := Load("../ifenslave.yaml")
			if err != nil {
				t.Fatal(err)
			}
			a, err := ParseArch(arch)
			if err != nil {
				t.Fatal(err)
			}
			direct, err := m.Package(context.Background(), PackageOptions{Arch: a, Output: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			script, err := filepath.Abs("../ifenslave.SlackBuild")
			if err != nil {
				t.Fatal(err)
			}
			comparePackages(t, runScript(t, script, "ARCH="+arch), direct)
		})
	}
}

func sorted(lines []string) []string {
	slices.Sort(lines)
	return lines
}
