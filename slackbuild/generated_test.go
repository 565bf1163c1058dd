// SPDX-License-Identifier: MIT

package slackbuild_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools/finding"
	"github.com/slackbond/slackbond/slackbuild"
	"github.com/slackbond/slackbond/slackbuild/lint"
	"golang.org/x/tools/txtar"
)

// What is written for SlackBuilds.org passes the linter and shellcheck: for a
// project of each kind, and for ifenslave.
func TestGeneratedIsClean(t *testing.T) {
	for _, kind := range slackbuild.Kinds() {
		t.Run(kind, func(t *testing.T) {
			a, err := txtar.ParseFile(filepath.Join("testdata/projects", kind+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			for _, f := range a.Files {
				file := filepath.Join(dir, f.Name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			archive := filepath.Join(dir, "tiny-1.0.tar.gz")
			if err := os.WriteFile(archive, []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
			clean(t, filepath.Join(dir, "tiny.yaml"), dir)
		})
	}
	t.Run("ifenslave", func(t *testing.T) {
		m, err := slackbuild.Load("../ifenslave.yaml")
		if err != nil {
			t.Fatal(err)
		}
		sources := t.TempDir()
		archive := filepath.Join(sources, "ifenslave-"+m.FullVersion()+".tar.gz")
		if err := os.WriteFile(archive, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		clean(t, "../ifenslave.yaml", sources)
	})
}

func clean(t *testing.T, manifest, sources string) {
	t.Helper()
	m, err := slackbuild.Load(manifest)
	if err != nil {
		t.Fatal(err)
	}
	files, remarks, err := m.Files(slackbuild.Options{Sources: sources})
	if err != nil || len(remarks) > 0 {
		t.Fatal(remarks, err)
	}
	dir := filepath.Join(t.TempDir(), m.Name)
	paths, err := slackbuild.WriteDir(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	report, err := lint.Check(t.Context(), dir, lint.Options{Profile: lint.SBo})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		if f.Severity > finding.Note {
			t.Error(f)
		} else {
			t.Log(f)
		}
	}
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Log("shellcheck is not installed: the scripts were not checked with it")
		return
	}
	for _, p := range paths {
		shell := ""
		switch {
		case strings.HasSuffix(p, ".SlackBuild"):
			shell = "bash"
		case strings.HasSuffix(p, ".sh"):
			shell = "sh"
		default:
			continue
		}
		if out, err := exec.Command("shellcheck", "-s", shell, p).CombinedOutput(); err != nil {
			t.Errorf("shellcheck %s:\n%s", p, out)
		}
	}
}
