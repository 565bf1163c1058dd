// SPDX-License-Identifier: MIT

package policy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/inet1"
	rcd "github.com/slackbond/slackbond/rc.d"
	"github.com/slackbond/slackbond/slackbuild"
)

// The removal script of the package takes the guard out as "bondctl inet1
// disable" does, to the byte; bondctl is gone when it runs. It follows the
// administrator's link inside the root, and does nothing in an upgrade.
func TestRemovalTakesTheGuardOut(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: the script runs in another root directory")
	}
	busybox, err := os.ReadFile("/usr/bin/busybox")
	if err != nil {
		t.Skip("busybox is not installed")
	}
	m, err := slackbuild.Load("../../ifenslave.yaml")
	if err != nil {
		t.Fatal(err)
	}
	files, _, err := m.Files(slackbuild.Options{})
	if err != nil {
		t.Fatal(err)
	}
	script := ""
	for _, f := range files {
		if f.Name == "douninst.sh" {
			script = string(f.Data)
		}
	}
	guard := inet1.New(rcd.Guard)
	for _, test := range []struct{ name, text, behind string }{
		{"usual", "IFNAME[0]=eth0\n# the end\n", ""},
		{"no newline at the end", "IFNAME[0]=eth0", ""},
		{"no newline, and something behind", "IFNAME[0]=eth0", "\n\nIFNAME[1]=eth1"},
		{"something behind", "IFNAME[0]=eth0\n", "IFNAME[1]=eth1\n"},
		{"empty", "", ""},
		{"carriage returns", "IFNAME[0]=eth0\r\n", "# x\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			conf := filepath.Join(root, "etc/rc.d/rc.inet1.conf")
			real := filepath.Join(root, "srv/rc.inet1.conf")
			for _, d := range []string{"etc/rc.d", "srv", "bin"} {
				if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for file, data := range map[string]string{real: test.text, filepath.Join(root, "bin/busybox"): string(busybox), filepath.Join(root, "script"): script,
				filepath.Join(root, "OLD-upgraded-2026-01-01,00:00:00"): script} {
				if err := os.WriteFile(file, []byte(data), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink("busybox", filepath.Join(root, "bin/readlink")); err != nil {
				t.Fatal(err)
			}
			if _, err := guard.Enable(real, inet1.Options{}); err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(real, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteString(test.behind); err != nil {
				t.Fatal(err)
			}
			f.Close()
			if err := os.Chmod(real, 0o640); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("/srv/rc.inet1.conf", conf); err != nil {
				t.Fatal(err)
			}
			guarded, err := os.ReadFile(real)
			if err != nil {
				t.Fatal(err)
			}
			expect := filepath.Join(t.TempDir(), "rc.inet1.conf")
			if err := os.WriteFile(expect, guarded, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := guard.Disable(expect, inet1.Options{}); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(expect)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range []struct{ script, want string }{{"OLD-upgraded-2026-01-01,00:00:00", string(guarded)}, {"script", string(want)}, {"script", string(want)}} {
				cmd := exec.Command("/bin/sh", filepath.Join(root, run.script))
				cmd.Dir = root
				if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
					t.Errorf("%s: %v\n%s", run.script, err, out)
				}
				got, err := os.ReadFile(real)
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != run.want {
					t.Errorf("after %s: %q, want %q", run.script, got, run.want)
				}
			}
			info, err := os.Stat(real)
			if err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("%v, %v", info.Mode(), err)
			}
			left, err := filepath.Glob(filepath.Join(root, "*", "*.unguarded*"))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
	if !strings.Contains(script, "*-upgraded-[0-9]*)") {
		t.Error("the script does not look whether it is an upgrade")
	}
}
