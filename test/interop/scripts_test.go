// SPDX-License-Identifier: MIT

package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// scripts is a manifest whose maintainer scripts write down what they are given
// and see. Its preinstall makes the user that files belong to, as many real ones
// do; its removal scripts delete whatever they are told, as some do.
const scripts = `name: app
version: "%s"
arch: noarch
description: An application.
contents:
  - {src: app.conf, dst: /etc/app/app.conf, type: config, file_info: {group: app, mode: 0640}}
  - {src: helper, dst: /usr/lib/app/helper, file_info: {owner: app, group: app, mode: 04755}}
  - {src: helper, dst: /var/lib/app/state, file_info: {owner: app, group: app}}
  - {src: helper-%[1]s, dst: /usr/lib/app/current, type: symlink}
scripts: {preinstall: preinstall, postinstall: postinstall, preremove: preremove, postremove: postremove}
slackware: {kind: shell, douninst: "echo own >> log"}
`

var scriptFiles = map[string]string{
	"app.conf": "default\n", "helper": "#!/bin/sh\n",
	"preinstall": "#!/bin/sh -e\necho \"$0($#): $*\" >> /log\nread -r line || :\necho \"read: $line\" >> /log\n" +
		"grep -q ^app: /etc/passwd || { echo app:x:1234:1234::/: >> /etc/passwd; echo app:x:1234: >> /etc/group; }\nfalse\necho not reached >> /log\n",
	"postinstall": "echo \"$0($#): $*\" >> /log\nreadlink /usr/lib/app/current >> /log\nls -n /var/lib/app/state | { read -r a b c d e; echo \"$c:$d\" >> /log; }\nexit 3\n",
	"preremove":   "#!/bin/bash\necho \"$0($#): $*\" >> /log\n",
	"postremove":  "echo \"$0($#): $*\" >> /log\nrm -rf /etc/app /var/lib/app\n( cd etc ; rm -rf spare )\n",
}

// scriptEvent is what is done with the package, and what the scripts are then
// to write down.
type scriptEvent struct {
	name string
	ours []string // with P1 and P2 for the packages
	real []string
	want string
}

const (
	scriptsFirst = "preinstall(1): install|read: |postinstall(2): configure |helper-1.0|1234:1234"
	scriptsAgain = "preinstall(2): upgrade 1.0|read: |postinstall(2): configure 1.0|helper-1.0|1234:1234"
	scriptsNew   = "preinstall(2): upgrade 1.0|read: |postinstall(2): configure 1.0|helper-2.0|1234:1234"
	scriptsGone  = "preremove(1): remove|own|postremove(1): remove"
)

var scriptEvents = []scriptEvent{
	{"first install", []string{"install", "P1"}, []string{"installpkg", "P1"}, scriptsFirst},
	{"install again", []string{"install", "P1"}, []string{"installpkg", "P1"}, scriptsAgain},
	{"reinstall", []string{"upgrade", "--reinstall", "P1"}, []string{"upgradepkg", "--reinstall", "P1"}, scriptsAgain},
	{"upgrade", []string{"upgrade", "P2"}, []string{"upgradepkg", "P2"}, scriptsNew},
	{"removal", []string{"remove", "app"}, []string{"removepkg", "app"}, scriptsGone},
	{"install after removal", []string{"install", "P1"}, []string{"installpkg", "P1"}, scriptsFirst},
}

// Each cell of the table in mkslack.yaml(5), with our tools and with the real
// ones: what maintainer scripts are given, that links and owners are there, that
// an upgrade removes nothing, and that no script reads another's text.
func TestMaintainerScripts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: scripts run in another root directory")
	}
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("busybox is not installed: the other root directory needs a shell")
	}
	t.Run("ours", func(t *testing.T) {
		root := scriptRoot(t, filepath.Join(t.TempDir(), "root"), busybox)
		lifeOfScripts(t, root, t.TempDir(), func(e scriptEvent, args []string) {
			ours(t, root, append([]string{args[0], "--root", root}, args[1:]...)...)
		}, func(e scriptEvent) []string { return e.ours })
	})
	t.Run("real", func(t *testing.T) {
		r := newReal(t)
		root := scriptRoot(t, filepath.Join(r.work, "root"), busybox)
		lifeOfScripts(t, root, r.work, func(e scriptEvent, args []string) {
			r.run(t, root, []string{"ROOT=" + root}, args[0], args[1:]...)
		}, func(e scriptEvent) []string { return e.real })
	})
}

// scriptRoot is a root directory in which scripts find a shell.
func scriptRoot(t *testing.T, root, busybox string) string {
	t.Helper()
	for _, d := range []string{"bin", "etc", "etc/app", "var/lib/app"} {
		if err := os.MkdirAll(filepath.Join(root, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "bin/busybox"), data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"sh", "ls", "chown", "chmod", "grep", "readlink", "rm"} {
		if err := os.Symlink("busybox", filepath.Join(root, "bin", program)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "bin/bash"), []byte("#!/bin/sh\nexec /bin/sh \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"etc/passwd": "root:x:0:0::/:\n", "etc/group": "root:x:0:\n", "etc/spare": "",
		"etc/app/settings": "mine\n", "var/lib/app/data": "mine\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func lifeOfScripts(t *testing.T, root, work string, do func(e scriptEvent, args []string), argsOf func(scriptEvent) []string) {
	packages := map[string]string{}
	for n, version := range []string{"1.0", "2.0"} {
		dir := filepath.Join(t.TempDir(), "app")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"mkslack.yaml": fmt.Sprintf(scripts, version)}
		for name, text := range scriptFiles {
			files[name] = text
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ours(t, dir, "package", "-q", "-o", work)
		packages[fmt.Sprintf("P%d", n+1)] = filepath.Join(work, "app-"+version+"-noarch-1_SBo.txz")
	}
	for _, e := range scriptEvents {
		args := slices.Clone(argsOf(e))
		for i, a := range args {
			if p := packages[a]; p != "" {
				args[i] = p
			}
		}
		do(e, args)
		log, err := os.ReadFile(filepath.Join(root, "log"))
		if err != nil {
			t.Fatalf("%s: no script has run: %v", e.name, err)
		}
		if got := strings.ReplaceAll(strings.TrimSuffix(string(log), "\n"), "\n", "|"); got != e.want {
			t.Errorf("%s: %s\nwant %s", e.name, got, e.want)
		}
		os.Remove(filepath.Join(root, "log"))
		if e.name == "removal" {
			for _, d := range []string{"etc/app/settings", "var/lib/app/data"} {
				if _, err := os.Stat(filepath.Join(root, d)); err == nil {
					t.Errorf("%s is there after the postremove script that deletes it", d)
				}
			}
			continue
		}
		for file, want := range map[string]string{"usr/lib/app/helper": "-rwsr-xr-x 1234:1234", "etc/app/app.conf": "-rw-r----- 0:1234", "var/lib/app": "drwxr-xr-x 1234:1234"} {
			info, err := os.Stat(filepath.Join(root, file))
			if err != nil {
				t.Fatalf("%s: %v", e.name, err)
			}
			st := info.Sys().(*syscall.Stat_t)
			mode := strings.Replace(info.Mode().String(), "urwx", "-rws", 1)
			if got := fmt.Sprintf("%s %d:%d", mode, st.Uid, st.Gid); got != want {
				t.Errorf("%s: %s is %s, want %s", e.name, file, got, want)
			}
		}
		if e.name != "install after removal" {
			if _, err := os.Stat(filepath.Join(root, "etc/app/settings")); err != nil {
				t.Errorf("%s: the administrator's file is gone: %v", e.name, err)
			}
		}
	}
}
