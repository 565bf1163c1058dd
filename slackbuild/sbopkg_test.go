// SPDX-License-Identifier: MIT

package slackbuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Each kind goes through the real sbopkg, where SBOPKG names its source tree.
func TestRealSbopkg(t *testing.T) {
	realBuilds(t)
	sbopkg := os.Getenv("SBOPKG")
	if sbopkg == "" {
		t.Skip("SBOPKG is not set: it names a source tree of sbopkg")
	}
	if err := exec.Command("unshare", "-m", "true").Run(); err != nil {
		t.Skipf("unshare -m: %v: a root of its own cannot be made", err)
	}
	mkslack := filepath.Join(t.TempDir(), "mkslack")
	build := exec.Command("go", "build", "-o", mkslack, "../cmd/mkslack")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, kind := range Kinds() {
		t.Run(kind, func(t *testing.T) {
			dir := project(t, kind)
			for _, program := range needs[kind] {
				if _, err := exec.LookPath(program); err != nil {
					t.Skipf("%s is not installed", program)
				}
			}
			if kind == "autotools" {
				command(t, dir, "autoreconf", "-i")
			}
			command(t, filepath.Dir(dir), "tar", "czf", "archive", "tiny-1.0")
			if err := os.Rename(filepath.Join(filepath.Dir(dir), "archive"), filepath.Join(dir, "tiny-1.0.tar.gz")); err != nil {
				t.Fatal(err)
			}
			work, out := t.TempDir(), t.TempDir()
			cmd := exec.Command("unshare", "-m", "bash", "testdata/sbopkg.sh")
			cmd.Env = append(os.Environ(), "SBOPKG="+sbopkg, "MKSLACK="+mkslack, "PROJECT="+dir, "WORK="+work, "OUT="+out)
			said, err := cmd.CombinedOutput()
			made, _ := filepath.Glob(filepath.Join(out, "tiny-1.0-*-1_SBo.tgz"))
			if err != nil || len(made) != 1 {
				t.Fatalf("%v, made %v\n%s", err, made, tail(string(said), 40))
			}
			if !strings.Contains(string(said), "Building package "+filepath.Base(made[0])+" ... OK") {
				t.Errorf("sbopkg does not say OK:\n%s", tail(string(said), 40))
			}
			runs(t, made[0])
		})
	}
}
