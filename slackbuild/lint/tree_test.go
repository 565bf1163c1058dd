// SPDX-License-Identifier: MIT

package lint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// tree makes CATEGORY/NAME directories, each a copy of the good one under its
// own name.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range names {
		base := filepath.Base(name)
		for file, text := range good(t) {
			file = filepath.Join(root, name, strings.ReplaceAll(file, "thing", base))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(text, "     |-", strings.Repeat(" ", len(base))+"|-")
			if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "thing", base)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

func TestTree(t *testing.T) {
	eleven := []string{"misc/one"}
	for i := range 9 {
		eleven = append(eleven, fmt.Sprintf("network/n%d", i))
	}
	for _, test := range []struct {
		name  string
		dirs  []string
		edit  string // REQUIRES of misc/one
		rules []string
	}{
		{"well", []string{"misc/one", "network/two"}, "two", nil},
		{"README is no build", []string{"misc/one", "network/two"}, "%README%", nil},
		{"same name", []string{"misc/one", "network/one"}, "", []string{"tree-name"}},
		{"unknown name", eleven, "n0 n1 n2 n3 n4 n5 n6 n7 n8 n9", []string{"tree-requires"}},
		{"part of a tree", []string{"one", "two"}, "three", nil},
		{"beside another tree", []string{"misc/one", "network/two"}, "three", nil},
		{"upper case", []string{"misc/One"}, "", []string{"dir-name-case"}},
		{"bad name", []string{"misc/one,two"}, "", []string{"desktop-value", "dir-name"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := tree(t, test.dirs...)
			base := filepath.Base(test.dirs[0])
			file := filepath.Join(root, test.dirs[0], base+".info")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(string(data), `REQUIRES=""`, `REQUIRES="`+test.edit+`"`, 1)
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			found, err := lintSBo(root)
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); !slices.Equal(got, test.rules) {
				t.Errorf("found %v, want %v", found, test.rules)
			}
		})
	}
	if _, err := lintSBo(t.TempDir()); err == nil {
		t.Error("an empty tree is no error")
	}
}

func TestModes(t *testing.T) {
	dir := write(t, "thing", good(t))
	for file, mode := range map[string]os.FileMode{"thing.SlackBuild": 0o755, "doinst.sh": 0o755, "README": 0o664, "slack-desc": 0o600} {
		if err := os.Chmod(filepath.Join(dir, file), mode); err != nil {
			t.Fatal(err)
		}
	}
	found, err := lintSBo(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := rulesOf(found); !slices.Equal(got, []string{"mode", "mode-main", "mode-umask"}) {
		t.Errorf("found %v", found)
	}
	if n := len(found); n != 3 {
		t.Errorf("%d findings, not 3: %v", n, found)
	}
}

// What sbopkg leaves beside the files is not looked at.
func TestLeftovers(t *testing.T) {
	files := good(t)
	for _, name := range []string{"thing.info.build", "thing.SlackBuild.original", "thing.SlackBuild.sbopkg", "options.build"} {
		files[name] = ""
	}
	for _, name := range []string{".git/config", ".svn/entries", "README~", "#README#", ".README.swp", ".gitignore", ConfigFile, "patches/x.patch~"} {
		files[name] = "\x00"
	}
	dir := write(t, "thing", files)
	if err := os.Symlink("/nowhere/thing-1.0.tar.gz", filepath.Join(dir, "thing-1.0.tar.gz")); err != nil {
		t.Fatal(err)
	}
	if found, err := lintSBo(dir); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
}

// Names from strangers do not reach the terminal as they are.
func TestHostileName(t *testing.T) {
	files := good(t)
	files["\x1b[31mred\n~"] = "x"
	found, err := lintSBo(write(t, "thing", files))
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	if s := found[0].String(); strings.ContainsAny(s, "\x1b\n") || !strings.Contains(s, `\x1b[31mred\n~`) {
		t.Errorf("%q", s)
	}
}

func TestDisable(t *testing.T) {
	for _, test := range []struct {
		name, file, old, new string
		left                 []string
	}{
		{"the line", "thing.SlackBuild", "/sbin/makepkg -l y -c n", "/sbin/makepkg -l n -c n", []string{"makepkg-linkadd"}},
		{"the line, disabled", "thing.SlackBuild", "cd $PKG\n/sbin/makepkg -l y", "cd $PKG\n# mkslack: disable=makepkg-linkadd\n/sbin/makepkg -l n", nil},
		{"another rule", "thing.SlackBuild", "cd $PKG\n/sbin/makepkg -l y", "cd $PKG\n# mkslack: disable=makepkg-form\n/sbin/makepkg -l n", []string{"disable-unused", "makepkg-linkadd"}},
		{"no such rule", "thing.SlackBuild", "cd $PKG\n/sbin/makepkg -l y", "cd $PKG\n# mkslack: disable=makepkg-links\n/sbin/makepkg -l n", []string{"disable-unknown", "makepkg-linkadd"}},
		{"below other comments", "thing.SlackBuild", "cd $PKG\n/sbin/makepkg -l y", "cd $PKG\n# mkslack: disable=makepkg-linkadd\n# because\n/sbin/makepkg -l n", nil},
		{"two comments", "thing.SlackBuild", "cd $PKG\n/sbin/makepkg -l y -c n", "cd $PKG\n# mkslack: disable=makepkg-linkadd (why)\n# mkslack: disable=makepkg-chown\n/sbin/makepkg -l n -c y", nil},
		{"no comment", "thing.SlackBuild", "cd $PKG\n/sbin/makepkg -l y", "cd $PKG\necho ' # mkslack: disable=makepkg-linkadd'\n/sbin/makepkg -l n", []string{"makepkg-linkadd"}},
		{"the note itself", "thing.SlackBuild", "set -e\n", "# mkslack: disable-file=script-set-e,disable-unused\nset -e\n", nil},
		{"the same line", "thing.SlackBuild", "BUILD=${BUILD:-1}", "BUILD=1 # mkslack: disable=script-build", nil},
		{"the directory", "thing.SlackBuild", "set -e\n", "# mkslack: disable-file=script-set-e,readme-ascii\n", []string{"disable-unused"}},
		{"the file", "doinst.sh", "config etc", "# mkslack: disable-file=doinst-config-target\nconfig /etc", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := good(t)
			if !strings.Contains(files[test.file], test.old) {
				t.Fatalf("no %q", test.old)
			}
			files[test.file] = strings.Replace(files[test.file], test.old, test.new, 1)
			found, err := lintSBo(write(t, "thing", files))
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); !slices.Equal(got, test.left) {
				t.Errorf("found %v, want %v", found, test.left)
			}
		})
	}
}

// Fix mends every rule that says so, and nothing is left to mend.
func TestFix(t *testing.T) {
	for _, b := range breaks {
		if r, _, _ := FindRule(b.rule, SBo); !r.Fixable || b.old == "" || strings.Contains(b.new, "echo made") {
			continue // what has to be looked at
		}
		t.Run(b.rule, func(t *testing.T) {
			files := good(t)
			files[b.file] = strings.Replace(files[b.file], b.old, b.new, 1)
			dir := write(t, "thing", files)
			if b.rule == "readme-line-ends" {
				if err := os.WriteFile(filepath.Join(dir, "README"), []byte("thing\r\nis"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			changed, err := Fix(dir)
			if err != nil || len(changed) != 1 {
				t.Fatal(changed, err)
			}
			found, err := lintSBo(dir)
			found = slices.DeleteFunc(found, func(f finding.Finding) bool { return f.Rule == "info-md5-count" }) // of the second URL
			if err != nil || len(found) > 0 {
				t.Error(found, err)
			}
			if changed, err := Fix(dir); err != nil || len(changed) > 0 {
				t.Errorf("a second time: %v %v", changed, err)
			}
		})
	}
}

func TestFixLeavesGoodAlone(t *testing.T) {
	dir := write(t, "thing", good(t))
	if changed, err := Fix(dir); err != nil || len(changed) > 0 {
		t.Error(changed, err)
	}
}

// SBO_TREE names a copy of SlackBuilds.org's tree. What it accepted is hardly
// ever an error, and all of it takes seconds.
func TestAcceptedBuilds(t *testing.T) {
	root := os.Getenv("SBO_TREE")
	if root == "" {
		t.Skip("SBO_TREE is not set")
	}
	start := time.Now()
	found, err := lintSBo(root)
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	broken := map[string]map[string]bool{}
	for _, f := range found {
		if broken[f.Rule] == nil {
			broken[f.Rule] = map[string]bool{}
		}
		rel, err := filepath.Rel(root, f.File)
		if err != nil {
			t.Fatal(err)
		}
		broken[f.Rule][strings.Join(strings.SplitN(rel, "/", 3)[:2], "/")] = true
	}
	dirs, err := buildDirs(root, &config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d builds in %s", len(dirs), took.Round(time.Millisecond))
	for _, r := range Rules(SBo) {
		share := 100 * float64(len(broken[r.Name])) / float64(len(dirs))
		t.Logf("%-28s %-8s %5d builds %6.2f %%", r.Name, r.Level, len(broken[r.Name]), share)
		if r.Level == finding.Error && share >= 1 {
			t.Errorf("%s is an error, but %.1f %% of the accepted builds break it", r.Name, share)
		}
	}
}
