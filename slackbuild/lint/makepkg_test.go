// SPDX-License-Identifier: MIT

package lint

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/slackbond/slackbond/pkgtools"
)

// Packages that Slackware's own makepkg has made of trees with one oddity each.
// PKGTOOLS_DIR names the directory it is in.
func TestRealMakepkg(t *testing.T) {
	tools := os.Getenv("PKGTOOLS_DIR")
	if tools == "" {
		t.Skip("Slackware's makepkg: PKGTOOLS_DIR does not name its directory")
	}
	program := elfHeader(elf.EM_X86_64, elf.ELFCLASS64, elf.ET_EXEC)
	desc := pkgtools.SlackDesc{Name: "thing", Short: "it does something", Text: []string{"More."}}.String()
	for _, test := range []struct {
		name  string
		files map[string]string // by path; "-> x" is a link, "DIR" a directory
		modes map[string]os.FileMode
		args  []string
		want  []string
		not   []string
	}{
		{name: "well", not: []string{"package-link", "package-root", "package-dotted", "package-member-name", "package-link-broken", "package-link-nodir"},
			files: map[string]string{"usr/bin/other": "-> thing", "usr/share/thing/x": "-> ../../bin/thing"}},
		{name: "links kept", args: []string{"-l", "n"}, files: map[string]string{"usr/bin/other": "-> thing"}, want: []string{"package-link"}},
		{name: "a link with an absolute target", files: map[string]string{"usr/bin/other": "-> /usr/bin/thing"}, want: []string{"package-link-absolute"}, not: []string{"package-link"}},
		{name: "a link to the build", files: map[string]string{"usr/bin/other": "-> /tmp/SBo/package-thing/usr/bin/thing"}, want: []string{"package-link-build"}},
		{name: "a link to nothing", files: map[string]string{"usr/bin/other": "-> gone"}, want: []string{"package-link-broken"}},
		{name: "setuid", modes: map[string]os.FileMode{"usr/bin/thing": 0o4755}, want: []string{"package-setuid"}},
		{name: "writable", modes: map[string]os.FileMode{"usr/bin/thing": 0o777}, want: []string{"package-writable"}},
		{name: "no x bit", modes: map[string]os.FileMode{"usr/bin/thing": 0o644}, want: []string{"package-elf-mode"}},
		{name: "places", files: map[string]string{"usr/local/bin/x": "x", "usr/share/man/man1/x.1": "x", "var/run/x": "x", "extra/x": "x"},
			want: []string{"package-usr-local", "package-share-man", "package-volatile", "package-top"}},
		{name: "a page", files: map[string]string{"usr/man/man1/x.1": "x"}, want: []string{"package-man-gzip"}},
		{name: "no page", files: map[string]string{"usr/man/man1/x.1.gz": "x"}, want: []string{"package-gzip"}},
		{name: "a configuration file", files: map[string]string{"etc/thing.conf": "x"}, want: []string{"package-config"}},
		{name: "a new one, forgotten", files: map[string]string{"etc/thing.conf.new": "x"}, want: []string{"package-new-unhandled"}},
		{name: "an empty file", files: map[string]string{"usr/share/thing/x": ""}, want: []string{"package-empty"}},
		{name: "names", files: map[string]string{"+top/x": "x", "usr/share/tab\tbed": "x", "usr/share/blank ": "x"}, want: []string{"package-member-name"}},
		{name: "a glued doinst.sh", files: map[string]string{"install/doinst.sh": "true", "usr/bin/other": "-> thing"}, want: []string{"doinst-syntax"}},
		{name: "exit before the links", files: map[string]string{"install/doinst.sh": "exit 0\n", "usr/bin/other": "-> thing"}, want: []string{"doinst-exit"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root, out := t.TempDir(), t.TempDir()
			files := map[string]string{"usr/bin/thing": program, "usr/doc/thing-1.0/README": "x\n", "install/slack-desc": desc}
			for name, text := range test.files {
				files[name] = text
			}
			for name, text := range files {
				plant(t, filepath.Join(root, name), text)
			}
			for name, mode := range test.modes {
				if err := exec.Command("chmod", modeWord(mode), filepath.Join(root, name)).Run(); err != nil {
					t.Fatal(err)
				}
			}
			made := filepath.Join(out, "thing-1.0-x86_64-1_SBo.txz")
			args := test.args
			if args == nil {
				args = []string{"-l", "y"}
			}
			cmd := exec.Command(filepath.Join(tools, "makepkg"), append(args, "-c", "n", "--compress", "-1", made)...)
			cmd.Dir = root
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("makepkg: %v\n%s", err, text)
			}
			found, err := lintPackage(made)
			if err != nil {
				t.Fatal(err)
			}
			got := rulesOf(found)
			for _, rule := range test.want {
				if !slices.Contains(got, rule) {
					t.Errorf("%s not found; found %v", rule, found)
				}
			}
			for _, rule := range test.not {
				if slices.Contains(got, rule) {
					t.Errorf("%s found: %v", rule, found)
				}
			}
		})
	}
}

func modeWord(mode os.FileMode) string {
	const octal = "01234567"
	return string([]byte{octal[mode>>9&7], octal[mode>>6&7], octal[mode>>3&7], octal[mode&7]})
}

// plant makes a file, or a link where the text is "-> TARGET".
func plant(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	var err error
	if len(text) > 3 && text[:3] == "-> " {
		err = os.Symlink(text[3:], name)
	} else {
		err = os.WriteFile(name, []byte(text), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}
