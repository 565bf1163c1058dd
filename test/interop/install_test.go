// SPDX-License-Identifier: MIT

package interop

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var upgradeTime = regexp.MustCompile(`-upgraded-[0-9-]+,[0-9:]+`)

// rootList is all that is in a root: type, mode, owner, time of files, content.
func rootList(t *testing.T, root string) []string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		what := ""
		switch {
		case info.Mode().IsRegular():
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			what = fmt.Sprintf("%q", b)
			if !strings.Contains(p, "/var/") {
				what += fmt.Sprint(" ", info.ModTime().Unix(), " links ", st.Nlink)
			}
		case info.Mode()&fs.ModeSymlink != 0:
			if what, err = os.Readlink(p); err != nil {
				return err
			}
		}
		rel := strings.TrimPrefix(p, root)
		lines = append(lines, upgradeTime.ReplaceAllString(fmt.Sprintf("%q %v %d:%d %s", rel, info.Mode(), st.Uid, st.Gid, what), "-upgraded-TIME"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(lines)
	return lines
}

// pair is a root for the real tools and one for ours, which shall be the same.
type pair struct {
	r          *real
	dir        string
	real, ours string
}

func newPair(t *testing.T, r *real, name string) *pair {
	t.Helper()
	dir := filepath.Join(r.work, name)
	p := &pair{r, dir, filepath.Join(dir, "real-root"), filepath.Join(dir, "our-root")}
	for _, d := range []string{p.real, p.ours} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *pair) compare(t *testing.T, after string) {
	t.Helper()
	if diff := cmp.Diff(rootList(t, p.real), rootList(t, p.ours)); diff != "" {
		t.Errorf("after %s (-real +ours):\n%s", after, diff)
	}
}

// pack makes a package of a tree with makepkg: ours, or the real one.
func (p *pair) pack(t *testing.T, realOne bool, full string, tr tree) string {
	t.Helper()
	dir, out := filepath.Join(p.dir, "tree-"+full+fmt.Sprint(realOne)), filepath.Join(p.dir, "out"+fmt.Sprint(realOne))
	for _, d := range []string{dir, out} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tr.make(t, dir)
	name := filepath.Join(out, full+".txz")
	if realOne {
		p.r.run(t, dir, nil, "makepkg", "-l", "y", "-c", "n", name)
	} else {
		ours(t, dir, "makepkg", "-l", "y", "-c", "n", name)
	}
	return name
}

const configScript = `config() {
  NEW="$1"
  OLD="$(dirname $NEW)/$(basename $NEW .new)"
  if [ ! -r $OLD ]; then
    mv $NEW $OLD
  elif [ "$(cat $OLD | md5sum)" = "$(cat $NEW | md5sum)" ]; then
    rm $NEW
  fi
}
config etc/app.conf.new
`

const slackDesc = "app: app (an application)\napp:\napp: Text.\napp:\n"

var app1 = tree{name: "app 1", files: map[string]string{
	"usr/bin/app": "one", "usr/bin/old-tool": "x", "usr/lib/libapp.so.1": "lib1", "usr/lib/libapp.so": "-> libapp.so.1",
	"usr/doc/app-1/README": "x", "etc/app.conf.new": "default 1\n", "usr/man/man1/app.1": "page", "usr/share/moved": "-> bin",
	"install/doinst.sh": configScript, "install/slack-desc": slackDesc, "shared/file": "app's",
}}

var app2 = tree{name: "app 2", files: map[string]string{
	"usr/bin/app": "two", "usr/bin/new-tool": "y", "usr/lib/libapp.so.2": "lib2", "usr/lib/libapp.so": "-> libapp.so.2",
	"usr/doc/app-2/README": "y", "etc/app.conf.new": "default 2\n", "usr/man/man1/app.1": "page 2",
	"install/doinst.sh": configScript, "install/slack-desc": slackDesc, "install/douninst.sh": removalScript, "shared/file": "app's",
}}

// removalScript does nothing in an upgrade, in which mkslack does not run it.
const removalScript = `case $0 in
*-upgraded-[0-9]*) ;;
*) echo "$# $LC_ALL $(umask) ${0##*/}" >> var/uninstalled ;;
esac
`

var other = tree{name: "other", files: map[string]string{"shared/file": "other's", "usr/bin/other": "o", "usr/lib/libapp.so": "-> libapp.so.1"}}

// The whole life of a package, with its packages made by either makepkg: after
// each step the roots are the same, records byte for byte.
func TestLifeOfAPackage(t *testing.T) {
	r := newReal(t)
	for _, made := range []struct {
		name          string
		first, second bool // by the real makepkg
	}{{"ours", false, false}, {"real", true, true}, {"ours over real", true, false}, {"real over ours", false, true}} {
		t.Run(made.name, func(t *testing.T) {
			p := newPair(t, r, strings.ReplaceAll(made.name, " ", "-"))
			v1, v2, o := p.pack(t, made.first, "app-1-noarch-1", app1), p.pack(t, made.second, "app-2-noarch-1", app2), p.pack(t, made.first, "other-1-noarch-1", other)
			env := []string{"ROOT=" + p.real}
			for _, step := range []struct {
				name string
				real func()
				ours []string
			}{
				{"install other", func() { r.run(t, p.dir, nil, "installpkg", "--root", p.real, o) }, []string{"install", "--root", p.ours, o}},
				{"install 1", func() { r.run(t, p.dir, nil, "installpkg", "--root", p.real, "--md5sum", v1) }, []string{"install", "--root", p.ours, "--md5sum", v1}},
				{"install 1 again", func() { r.run(t, p.dir, nil, "installpkg", "--root", p.real, v1) }, []string{"install", "--root", p.ours, v1}},
				{"upgrade to 2", func() { r.run(t, p.dir, env, "upgradepkg", v2) }, []string{"upgrade", "--root", p.ours, v2}},
				{"upgrade to 2 again", func() { r.run(t, p.dir, env, "upgradepkg", "--reinstall", v2) }, []string{"upgrade", "--root", p.ours, "--reinstall", v2}},
				{"remove other", func() { r.run(t, p.dir, env, "removepkg", "other") }, []string{"remove", "--root", p.ours, "other"}},
				{"remove", func() { r.run(t, p.dir, env, "removepkg", "app") }, []string{"remove", "--root", p.ours, "app"}},
			} {
				step.real()
				ours(t, p.dir, step.ours...)
				p.compare(t, step.name)
				for _, root := range []string{p.real, p.ours} { // the administrator's changes
					conf := filepath.Join(root, "etc/app.conf")
					if _, err := os.Stat(conf); err == nil && step.name == "install 1" {
						if err := os.WriteFile(conf, []byte("mine\n"), 0o644); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		})
	}
}

// Packages that ours installed are upgraded and removed by the real tools, and
// the other way round.
func TestOneAfterTheOther(t *testing.T) {
	r := newReal(t)
	p := newPair(t, r, "mixed")
	v1, v2 := p.pack(t, false, "app-1-noarch-1", app1), p.pack(t, true, "app-2-noarch-1", app2)
	for _, root := range []string{p.real, p.ours} {
		env := []string{"ROOT=" + root}
		if root == p.real {
			ours(t, p.dir, "install", "--root", root, v1)
			r.run(t, p.dir, env, "upgradepkg", v2)
			ours(t, p.dir, "remove", "--root", root, "app")
		} else {
			r.run(t, p.dir, nil, "installpkg", "--root", root, v1)
			ours(t, p.dir, "upgrade", "--root", root, v2)
			r.run(t, p.dir, env, "removepkg", "app")
		}
	}
	p.compare(t, "both ways")
}

// Every tree that both package the same is installed and removed the same.
func TestInstallOfTrees(t *testing.T) {
	r := newReal(t)
	same := 0
	for i, tr := range trees {
		if tr.differs != "" {
			continue
		}
		t.Run(tr.name, func(t *testing.T) {
			p := newPair(t, r, fmt.Sprint("tree", i))
			name := p.pack(t, false, "t-1-noarch-1", tr)
			r.run(t, p.dir, nil, "installpkg", "--root", p.real, name)
			ours(t, p.dir, "install", "--root", p.ours, name)
			p.compare(t, "install")
			r.run(t, p.dir, []string{"ROOT=" + p.real}, "removepkg", "t")
			ours(t, p.dir, "remove", "--root", p.ours, "t")
			p.compare(t, "remove")
			same++
		})
	}
	t.Logf("%d of %d trees are installed and removed the same", same, len(trees))
}

// Nothing outside the work directory can be written by the scripts.
func TestHostIsProtected(t *testing.T) {
	r := newReal(t)
	cmd := exec.Command("unshare", "-m", "/bin/sh", "-c", namespace, "sh", r.work, r.tools, "/bin/sh", "-c", "echo x > /etc/interop-test || echo protected")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "protected") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, err := os.Stat("/etc/interop-test"); err == nil {
		t.Error("/etc could be written")
	}
}
