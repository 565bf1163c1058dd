// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// needs are the programs that a kind's commands call.
var needs = map[string][]string{
	"make": {"make", "cc"}, "autotools": {"make", "cc", "autoreconf"}, "cmake": {"cmake", "make", "cc"},
	"meson": {"meson", "ninja", "cc"}, "python": {"python3"}, "perl": {"perl", "make"}, "go": {"go"},
}

// project unpacks testdata/projects/KIND.txtar into a new directory.
func project(t *testing.T, kind string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata/projects", kind+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tiny-1.0")
	for _, f := range a.Files {
		file := filepath.Join(dir, f.Name)
		mode := os.FileMode(0o644)
		if bytes.HasPrefix(f.Data, []byte("#!")) {
			mode = 0o755
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// command runs a program in dir.
func command(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// makepkg is a script for /sbin/makepkg's place that runs this project's own.
func makepkg(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	command(t, "..", "go", "build", "-o", dir+"/mkslack", "./cmd/mkslack")
	file := filepath.Join(dir, "makepkg")
	if err := os.WriteFile(file, []byte("#!/bin/sh\nexec "+dir+"/mkslack makepkg \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}

// For each kind a tiny project is built by the generated script, as sbopkg runs
// it, and by Package; both give the same files.
func TestRealKinds(t *testing.T) {
	realBuilds(t)
	if os.Getuid() != 0 {
		t.Skip("not root: the scripts for SlackBuilds.org change owners")
	}
	mine := makepkg(t)
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			for _, program := range needs[kind] {
				if _, err := exec.LookPath(program); err != nil {
					t.Skipf("%s is not installed", program)
				}
			}
			dir := project(t, kind)
			if kind == "autotools" {
				command(t, dir, "autoreconf", "-i")
			}
			archive := filepath.Join(dir, "tiny-1.0.tar.gz")
			command(t, filepath.Dir(dir), "tar", "czf", "archive", "tiny-1.0")
			if err := os.Rename(filepath.Join(filepath.Dir(dir), "archive"), archive); err != nil {
				t.Fatal(err)
			}

			m, err := Load(filepath.Join(dir, "tiny.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			files, remarks, err := m.Files(Options{})
			if err != nil || len(remarks) > 0 {
				t.Fatal(err, remarks)
			}
			sbo := filepath.Join(t.TempDir(), "tiny")
			if err := os.Mkdir(sbo, 0o755); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range append(files, File{"tiny-1.0.tar.gz", data}) {
				if f.Name == "tiny.info" && !bytes.Contains(f.Data, fmt.Appendf(nil, "MD5SUM=\"%x\"\n", md5.Sum(data))) {
					t.Errorf("tiny.info has not the sum of the archive:\n%s", f.Data)
				}
				if f.Name == "tiny.SlackBuild" {
					f.Data = bytes.ReplaceAll(f.Data, []byte("/sbin/makepkg "), []byte(mine+" "))
				}
				if err := os.WriteFile(filepath.Join(sbo, f.Name), f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			made := runScript(t, filepath.Join(sbo, "tiny.SlackBuild"))
			if err := os.Remove(archive); err != nil {
				t.Fatal(err)
			}
			direct, err := m.Package(context.Background(), PackageOptions{Output: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			compareLists(t, made, direct)
			runs(t, made)
		})
	}
}

// compareLists is comparePackages without sizes and contents, which compilers
// and build directories change.
func compareLists(t *testing.T, script, direct string) {
	t.Helper()
	list := func(file string) string {
		var lines []string
		for p, m := range members(t, file) {
			fields := strings.Fields(m)
			lines = append(lines, strings.Join(append(fields[:3:3], p), " "))
		}
		return strings.Join(sorted(lines), "\n")
	}
	if a, b := list(script), list(direct); a != b {
		t.Errorf("the script gives\n%s\nmkslack package\n%s", a, b)
	}
}

// runs extracts the package and starts the program in it.
func runs(t *testing.T, file string) {
	t.Helper()
	root := t.TempDir()
	command(t, root, "tar", "xf", file)
	program := filepath.Join(root, "usr/bin/tiny")
	if _, err := os.Stat(program); err != nil {
		program = filepath.Join(root, "usr/local/bin/tiny") // Debian's python turns /usr into it
	}
	cmd := exec.Command(program)
	cmd.Env = os.Environ()
	for _, pattern := range []string{"usr/lib/python*/site-packages", "usr/local/lib/python*/dist-packages", "usr/lib/python*/dist-packages"} {
		found, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, d := range found {
			cmd.Env = append(cmd.Env, "PYTHONPATH="+d)
		}
	}
	filepath.WalkDir(root, func(p string, _ os.DirEntry, _ error) error {
		if filepath.Base(p) == "Tiny.pm" {
			cmd.Env = append(cmd.Env, "PERL5LIB="+filepath.Dir(p))
		}
		return nil
	})
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "tiny 1.0") {
		t.Errorf("usr/bin/tiny: %v: %s", err, out)
	}
}
