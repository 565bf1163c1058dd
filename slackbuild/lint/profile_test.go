// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// ownWay is a script for nobody but its author, which works.
const ownWay = `#!/bin/sh
CWD=$(pwd)
PKGNAM=thing
VERSION=1.0
ARCH=x86_64
BUILD=1jo
PKG=/tmp/package-$PKGNAM
set -e
rm -rf $PKG
mkdir -p $PKG/install
cd /tmp
tar xf $CWD/$PKGNAM-$VERSION.tar.gz
cd $PKGNAM-$VERSION
make
make install DESTDIR=$PKG
cat $CWD/slack-desc > $PKG/install/slack-desc
cd $PKG
makepkg -l y -c n /root/packages/$PKGNAM-$VERSION-$ARCH-$BUILD.txz
`

func check(t *testing.T, path string, opt Options) *Report {
	t.Helper()
	r, err := Check(t.Context(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A build of one's own is not measured by SlackBuilds.org's customs.
func TestProfiles(t *testing.T) {
	own := map[string]string{sb: ownWay, "slack-desc": "thing: thing (x)\nthing: Text.\n", "old.patch~": "x"}
	dir := write(t, "thing", own)
	r := check(t, dir, Options{})
	if r.Profile != Private || r.Kind != KindDirectory || r.Builds != 1 || len(r.Findings) > 0 {
		t.Errorf("%+v", r)
	}
	if r := check(t, dir, Options{Profile: SBo}); len(r.Findings) < 20 {
		t.Errorf("as SlackBuilds.org: %v", r.Findings)
	}
	if r := check(t, dir, Options{Profile: Slackware}); r.Profile != Slackware || !slices.Contains(rulesOf(r.Findings), "slack-desc-lines") || slices.Contains(rulesOf(r.Findings), "script-tag") {
		t.Errorf("as Slackware: %v", r.Findings)
	}
	// What does not work is found all the same.
	for rule, change := range map[string][2]string{
		"script-syntax":             {"set -e\n", "if true\n"},
		"script-install-dir":        {"mkdir -p $PKG/install\n", "mkdir -p $PKG\n"},
		"script-wipe":               {"rm -rf $PKG\n", ""},
		"makepkg-cd":                {"cd $PKG\n", ""},
		"script-line-ends":          {"make\n", "make\r\n"},
		"script-slack-desc-missing": {"cat $CWD/slack-desc", "cat $CWD/slack-desc"},
	} {
		files := map[string]string{sb: strings.Replace(ownWay, change[0], change[1], 1), "slack-desc": own["slack-desc"]}
		if rule == "script-slack-desc-missing" {
			delete(files, "slack-desc")
		}
		if r := check(t, write(t, "thing", files), Options{}); !slices.Contains(rulesOf(r.Findings), rule) {
			t.Errorf("%s: found %v", rule, r.Findings)
		}
	}
	// A script that does not package $PKG is not asked about it, nor about a name.
	files := map[string]string{"other.SlackBuild": "cd src\nmake install DESTDIR=/tmp/x\ncd /tmp/x\nset -e\nmakepkg -l y -c n ../x.txz\n"}
	if r := check(t, write(t, "thing", files), Options{}); len(r.Findings) > 0 {
		t.Errorf("found %v", r.Findings)
	}
}

func TestAutoProfile(t *testing.T) {
	for tag, want := range map[string]Profile{"TAG=${TAG:-_SBo}": SBo, "TAG=${TAG:-_jo}": Private, "TAG=jo": Private, "": SBo} {
		files := good(t)
		files[sb] = strings.Replace(files[sb], "TAG=${TAG:-_SBo}", tag, 1)
		if r := check(t, write(t, "thing", files), Options{}); r.Profile != want {
			t.Errorf("%q: profile %v, want %v", tag, r.Profile, want)
		}
	}
	root := tree(t, "misc/one", "misc/two", "misc/three")
	if r := check(t, root, Options{}); r.Profile != SBo || r.Kind != KindTree || r.Builds != 3 {
		t.Errorf("%+v", r)
	}
	for _, name := range []string{"one", "two"} {
		file := filepath.Join(root, "misc", name, name+".SlackBuild")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), "_SBo}", "_jo}", 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if r := check(t, root, Options{}); r.Profile != Private {
		t.Errorf("most builds have another tag: %v", r.Profile)
	}
	for p := Auto; p <= Private; p++ {
		if got, err := ParseProfile(p.String()); err != nil || got != p {
			t.Errorf("%v became %v, %v", p, got, err)
		}
	}
	if _, err := ParseProfile("mine"); err == nil {
		t.Error("mine is a profile")
	}
}

// The rows of the table: what is fatal is so everywhere, and names are found.
func TestRules(t *testing.T) {
	for _, p := range []Profile{SBo, Slackware, Private} {
		list := Rules(p)
		if !slices.IsSortedFunc(list, func(a, b finding.Rule) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("%v: not sorted", p)
		}
		for _, r := range list {
			if got, known, counts := FindRule(r.Name, p); got != r || !known || !counts {
				t.Errorf("%v: %+v is %+v", p, r, got)
			}
		}
	}
	if len(Rules(Private)) >= len(Rules(Slackware)) || len(Rules(Slackware)) >= len(Rules(SBo)) || len(Rules(Auto)) != len(rules) {
		t.Error("not fewer rules")
	}
	if _, known, _ := FindRule("nosuch", SBo); known {
		t.Error("nosuch is known")
	}
	for name, want := range map[string]string{"info-url": "there are: info-url, info-url-directory", "nosuch": "--rules lists them", "slack-desc-lines-x": "there are: slack-desc-lines"} {
		if err := UnknownRule(name); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfig(t *testing.T) {
	put := func(dir, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, ConfigFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root := tree(t, "misc/one", "misc/two", "old/three")
	for _, name := range []string{"misc/one", "old/three"} {
		if err := os.WriteFile(filepath.Join(root, name, "README"), []byte("x \n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := rulesOf(check(t, root, Options{}).Findings); !slices.Equal(got, []string{"readme-blanks"}) {
		t.Fatalf("found %v", got)
	}
	put(root, "# what we want\nlevels:\n  readme-blanks: error\nignore: [old/]\n")
	r := check(t, root, Options{})
	if r.Builds != 2 || len(r.Findings) != 1 || r.Findings[0].Severity != finding.Error || r.Config == "" {
		t.Errorf("%+v", r)
	}
	// It counts for a part of the tree, and a nearer one alone where there is one.
	if r := check(t, filepath.Join(root, "misc/one"), Options{}); len(r.Findings) != 1 || r.Findings[0].Severity != finding.Error {
		t.Errorf("one build: %+v", r)
	}
	put(filepath.Join(root, "misc"), "disable: [readme-blanks]\n")
	if r := check(t, filepath.Join(root, "misc/one"), Options{}); len(r.Findings) > 0 {
		t.Errorf("disabled: %v", r.Findings)
	}
	if r := check(t, filepath.Join(root, "misc/one"), Options{NoConfig: true}); len(r.Findings) != 1 || r.Config != "" {
		t.Errorf("without it: %+v", r)
	}
	put(filepath.Join(root, "misc"), "level: warning\nprofile: slackware\n")
	if r := check(t, filepath.Join(root, "misc/one"), Options{}); len(r.Findings) > 0 || r.Profile != Slackware {
		t.Errorf("with a level: %+v", r)
	}
	if r := check(t, filepath.Join(root, "misc/one"), Options{Profile: SBo}); r.Profile != SBo {
		t.Errorf("a profile that is asked for: %v", r.Profile)
	}
	// It ends at the top of a repository, and where anybody may write.
	if err := os.Remove(filepath.Join(root, "misc", ConfigFile)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "misc/.git"), 0o755); err != nil {
		t.Fatal(err)
	}
	if r := check(t, filepath.Join(root, "misc/one"), Options{}); r.Config != "" {
		t.Errorf("from above the repository: %v", r.Config)
	}
	if err := errors.Join(os.Remove(filepath.Join(root, "misc/.git")), os.Chmod(root, 0o1777)); err != nil {
		t.Fatal(err)
	}
	if r := check(t, filepath.Join(root, "misc/one"), Options{}); r.Config != "" {
		t.Errorf("from where anybody may write: %v", r.Config)
	}
	for text, want := range map[string]string{
		"profil: sbo\n":                         "profil",
		"profile: mine\n":                       "unknown profile",
		"level: bad\n":                          "unknown level",
		"disable: [nosuch]\n":                   `no rule is called "nosuch"`,
		"levels: {nosuch: note}\n":              `no rule is called "nosuch"`,
		"levels: {script-tab: bad}\n":           "unknown level",
		"ignore: ['[']\n":                       "is no pattern",
		"disable: " + strings.Repeat("[", 9000): "brackets",
		strings.Repeat("# x\n", 5000):           "over 16 KiB",
		"\x00":                                  "",
		"disable: {a: b}\n":                     "",
	} {
		put(root, text)
		_, err := Check(t.Context(), root, Options{})
		if wrong := new(ConfigError); !errors.As(err, &wrong) || wrong.File != filepath.Join(root, ConfigFile) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("profile: private\nlevel: warning\ndisable: [script-tab]\nlevels:\n  mode: note\nignore: [\"*/old\"]\n")
	f.Add("a: &a [b]\nb: *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseConfig([]byte(text))
		if err == nil {
			c.ignores("/x/y")
			c.apply([]finding.Finding{{Rule: "mode"}})
		}
	})
}
