// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// randomProject is a random source tree with a random manifest.
type randomProject struct {
	r     *rand.Rand
	dir   string
	files []string // of the tree, with links
	dirs  []string
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// newRandomProject makes the tree: files of all modes, links of all kinds,
// empty directories, and names that shells and patterns take for something else.
func newRandomProject(t *testing.T, r *rand.Rand) *randomProject {
	t.Helper()
	p := &randomProject{r: r, dir: filepath.Join(t.TempDir(), "tiny-1.0"), dirs: []string{"."}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Mkdir(p.dir, 0o755))
	for n := range 3 + r.IntN(4) {
		d := path.Join(pick(r, p.dirs...), pick(r, "sub", "conf", "a b", "x.d", "bin", "man1", ".hidden", "etc")+strconv.Itoa(n))
		must(os.MkdirAll(filepath.Join(p.dir, d), 0o755))
		p.dirs = append(p.dirs, d)
	}
	for n := range 6 + r.IntN(10) {
		f := path.Join(pick(r, p.dirs...), pick(r, "file", "conf", "x y", ".dot", "it's", "tool", "page", "$v", "[q]", "-n", "ü")+strconv.Itoa(n)+
			pick(r, "", ".conf", ".1", ".txt", ".new"))
		must(os.WriteFile(filepath.Join(p.dir, f), []byte(strings.Repeat("x", r.IntN(300))), 0o600))
		must(os.Chmod(filepath.Join(p.dir, f), pick(r, os.FileMode(0o644), 0o755, 0o600, 0o640, 0o664, 0o775, 0o700, 0o750, 0o444, 0o666, 0o604, 0o711)))
		p.files = append(p.files, f)
	}
	for n := range r.IntN(4) {
		l := path.Join(pick(r, p.dirs...), "link"+strconv.Itoa(n))
		must(os.Symlink(pick(r, "nowhere", "/usr/share/man/man1/tiny.1", "/usr/share/man", path.Base(pick(r, p.files...)), "../x", "."), filepath.Join(p.dir, l)))
		p.files = append(p.files, l)
	}
	for _, d := range p.dirs[1:] {
		must(os.Chmod(filepath.Join(p.dir, d), pick(r, os.FileMode(0o755), 0o755, 0o700, 0o775, 0o750)))
	}
	return p
}

// manifest is a random one for the tree.
func (p *randomProject) manifest() string {
	r := p.r
	var b strings.Builder
	b.WriteString("name: tiny\nversion: \"1.0\"\narch: noarch\nmaintainer: Jo <jo@example.org>\nhomepage: https://example.org/\ndescription: Tiny.\n")
	if r.IntN(4) == 0 {
		fmt.Fprintf(&b, "umask: %s\n", pick(r, "0002", "0027", "0077", "0022"))
	}
	b.WriteString("contents:\n")
	for n := range 1 + r.IntN(6) {
		fmt.Fprintf(&b, "  - %s\n", p.content(n))
	}
	b.WriteString("slackware:\n  sources: [{url: \"https://example.org/tiny-${VERSION}.tar.gz\", file: tiny-1.0.tar.gz}]\n")
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, "  docs: [%q]\n", pick(r, pick(r, p.files...), pick(r, p.dirs[1:]...), "*.txt"))
	}
	switch r.IntN(3) {
	case 0:
		b.WriteString("  kind: shell\n")
	case 1: // what is installed lies in the way of contents
		b.WriteString("  commands:\n    - mkdir -p $PKG/etc/own $PKG/usr/share/man/man1 $PKG/usr/bin\n" +
			"    - echo built > $PKG/etc/own/c.conf\n    - chmod 0640 $PKG/etc/own/c.conf\n    - echo page > $PKG/usr/share/man/man1/built.1\n" +
			"    - ln $PKG/usr/share/man/man1/built.1 $PKG/usr/share/man/man1/twice.1\n    - ln -s built.1 $PKG/usr/share/man/man1/other.1\n" +
			"    - mkdir $PKG/usr/share/man/de && ln -s de $PKG/usr/share/man/de_AT\n")
	case 2:
		b.WriteString("  commands:\n    - mkdir -p $BUILDDIR/out/in/empty\n    - echo 1 > $BUILDDIR/out/one\n    - chmod 0750 $BUILDDIR/out/one\n" +
			"    - echo 2 > $BUILDDIR/out/two.so\n    - ln -s two.so $BUILDDIR/out/three.so\n    - echo 4 > $BUILDDIR/out/in/four\n    - chmod 0600 $BUILDDIR/out/in/four\n")
	}
	return b.String()
}

// content is one item of the manifest.
func (p *randomProject) content(n int) string {
	r := p.r
	src := pick(r, p.files...)
	dst := pick(r, "/usr/share/tiny/", "/etc/tiny", "/etc/own/c.conf", "/usr/share/man/man1/", "/usr/bin/", "/var/lib/tiny/a", "/opt/x y/",
		"/var/spool/cron/tiny/", "/tmp/tiny", "/usr/share/${NAME}-${VERSION}/", "/etc/tiny/s"+strconv.Itoa(n), "/usr/share/n"+strconv.Itoa(n)+"/")
	if r.IntN(4) > 0 { // most are in each other's way no more
		dst = pick(r, "/usr/share", "/etc", "/opt/x y", "/var/lib", "/usr/lib/${NAME}", "/var/spool/cron", "/root") + "/d" + strconv.Itoa(n) + pick(r, "", "/", "/c.conf")
	}
	kind := pick(r, "", "", "", "config", "tree", "config|tree", "dir", "symlink")
	switch {
	case kind == "symlink":
		src = pick(r, "../x", "/usr/share/man/man1/tiny.1", "a b", "$HOME")
		dst = strings.TrimSuffix(dst, "/") + "/l" + strconv.Itoa(n)
	case strings.HasSuffix(kind, "tree"):
		src = pick(r, p.dirs...)
		if r.IntN(3) == 0 {
			dst = "/"
		}
	case kind == "" && r.IntN(3) == 0:
		src = pick(r, "*", "*.conf", "**.txt", "**/*", "{*.conf,*.1}", "[a-f]*", "*[!0-9]", pick(r, p.dirs...), path.Join(pick(r, p.dirs...), "*"))
	case r.IntN(4) == 0: // of the build
		src = pick(r, "${BUILDDIR}/out/one", "${BUILDDIR}/out/*.so", "${BUILDDIR}/out/three.so")
	}
	if strings.HasPrefix(kind, "tree") && r.IntN(3) == 0 {
		src = "${BUILDDIR}/out"
	}
	var info []string
	if r.IntN(2) == 0 && kind != "symlink" {
		info = append(info, "mode: "+pick(r, "0644", "0755", "0600", "04755", "0640", "02750"))
	}
	if r.IntN(4) == 0 && kind != "symlink" {
		info = append(info, pick(r, "owner: daemon", "group: daemon", "owner: nobody, group: daemon", "owner: tinyuser", "group: mail"))
	}
	return fmt.Sprintf("{src: %q, dst: %q, type: %q, expand: %v, file_info: {%s}}", src, dst, kind, r.IntN(2) == 0 || strings.Contains(src, "$"),
		strings.Join(info, ", "))
}

// archive is the tree as it is published.
func archive(t *testing.T, dir, file string) {
	t.Helper()
	cmd := exec.Command("tar", "czf", file, filepath.Base(dir))
	cmd.Dir = filepath.Dir(dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// What a random manifest gives is the same, whether its SlackBuild makes it or
// mkslack package: paths, types, modes, owners, sizes, contents, doinst.sh. What
// the one refuses, the other does not make.
func TestScriptIsPackage(t *testing.T) {
	needRoot(t)
	if testing.Short() {
		t.Skip("it runs many scripts")
	}
	seeds := 12
	if v := os.Getenv("SCRIPT_SEEDS"); v != "" {
		seeds, _ = strconv.Atoi(v)
	}
	mine := makepkg(t)
	same, refused := 0, 0
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) {
			p := newRandomProject(t, rand.New(rand.NewPCG(1, uint64(seed))))
			text := p.manifest()
			t.Cleanup(func() {
				if t.Failed() {
					t.Log("\n" + text)
				}
			})
			if err := os.WriteFile(filepath.Join(p.dir, "tiny.yaml"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			tarball := filepath.Join(t.TempDir(), "tiny-1.0.tar.gz")
			archive(t, p.dir, tarball)
			m, err := Load(filepath.Join(p.dir, "tiny.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			direct, packageErr := m.Package(context.Background(), PackageOptions{Output: t.TempDir()})
			files, _, filesErr := m.Files(Options{})
			if filesErr != nil {
				if packageErr == nil {
					t.Fatalf("only the script is refused: %v", filesErr)
				}
				refused++
				return
			}
			made, scriptErr := runSlackBuild(t, mine, files, tarball)
			switch {
			case packageErr != nil && scriptErr != nil:
				refused++
			case packageErr != nil:
				if !strings.Contains(packageErr.Error(), "would be one file") {
					t.Errorf("only the package is refused: %v", packageErr)
				}
			case scriptErr != nil:
				t.Errorf("only the script fails: %v", scriptErr)
			default:
				same++
				comparePackages(t, made, direct)
			}
		})
	}
	t.Logf("%d packages were the same, %d refused", same, refused)
	if same < seeds/4 {
		t.Errorf("only %d of %d manifests gave a package", same, seeds)
	}
}

// runSlackBuild runs the script of the files with the archive beside it.
func runSlackBuild(t *testing.T, makepkg string, files []File, tarball string) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	if _, err := WriteDir(dir, files); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(tarball, filepath.Join(dir, filepath.Base(tarball))); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(dir, "tiny.SlackBuild"))
	if err != nil {
		t.Fatal(err)
	}
	// In the package it is as it was.
	text := strings.ReplaceAll(string(script), "\n/sbin/makepkg ", "\n"+makepkg+" ")
	text = strings.Replace(text, "cat $CWD/$PRGNAM.SlackBuild ", "cat $CWD/original ", 1)
	for name, data := range map[string]string{"original": string(script), "tiny.SlackBuild": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tmp := t.TempDir()
	cmd := exec.Command("bash", "--posix", "tiny.SlackBuild")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMP="+tmp+"/tmp", "OUTPUT="+tmp+"/out")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, tail(string(out), 10))
	}
	made, err := filepath.Glob(tmp + "/out/*.t?z")
	if err != nil || len(made) != 1 {
		t.Fatalf("made %v (%v)", made, err)
	}
	return made[0], nil
}
