// SPDX-License-Identifier: MIT

package lint

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// What somebody could put into a directory to stop or mislead who looks at it.
func TestHostileFiles(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(dir string) error
		want string
	}{
		{"a pipe", func(dir string) error { return unix.Mkfifo(dir+"/README", 0o644) }, "dir-special"},
		{"a link to itself", func(dir string) error { return os.Symlink("README", dir+"/README") }, "dir-special"},
		{"a link to an endless file", func(dir string) error { return os.Symlink("/dev/zero", dir+"/README") }, "dir-special"},
		{"a directory", func(dir string) error { return os.Mkdir(dir+"/README", 0o755) }, "dir-files"},
		{"a huge file", func(dir string) error {
			f, err := os.Create(dir + "/README")
			if err != nil {
				return err
			}
			defer f.Close()
			return f.Truncate(1 << 40)
		}, "dir-unread"},
		{"a loop of directories", func(dir string) error {
			if err := os.WriteFile(dir+"/README", []byte("x\n"), 0o644); err != nil {
				return err
			}
			return os.Symlink(".", dir+"/patches")
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := good(t)
			delete(files, "README")
			dir := write(t, "thing", files)
			if err := test.make(dir); err != nil {
				t.Fatal(err)
			}
			found, err := lintSBo(dir)
			if err != nil {
				t.Fatal(err)
			}
			if got := rulesOf(found); test.want != "" && !slices.Contains(got, test.want) || test.want == "" && len(got) > 0 {
				t.Errorf("found %v, want %q", found, test.want)
			}
			if _, err := Fix(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

// Scripts that a parser, an interpreter or a rule could take for ever for.
func TestHostileScripts(t *testing.T) {
	const size = maxShell / 8 // the time grows with it
	block := "\nif [ ! -z \"${PRINT_PACKAGE_NAME}\" ]; then\n  echo \"$A\"\n  exit 0\nfi\n"
	scripts := map[string]string{
		"doubling": "A=aaaaaaaa\n" + strings.Repeat("A=$A$A$A$A\n", 1000) + block,
		"replaced": "A=aaaaaaaa\n" + strings.Repeat("A=${A//a/aaaaaaaaaaaaaaaa}\n", 100) + block,
		"loops":    strings.Repeat("for i in 1 2 3 4 5 6 7 8 9; do\n", 30) + ":" + strings.Repeat("\ndone", 30) + block,
		"calls":    "f() { f; f; }\nf" + block,
		"braces":   "echo {1..999999999}" + block,
		"printf":   "A=$(printf '%999999999d' 1)" + block,
		"pattern":  "case aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa in " + strings.Repeat("*a", 200) + "b) ;; esac" + block,
		"index":    "A=([999999999999]=x)" + block,
		"division": "A=$((1/0))$((1<<-1))$((2**99999999))" + block,
		"guards":   "if [ " + strings.Repeat("a -o ", size/20) + "a ]; then\n" + strings.Repeat("fc-cache\nexit 1\n", size/30) + "fi\n",
	}
	// A few bytes that hold a library up, or bring it down.
	for name, head := range map[string]string{
		"process":     "exec > >(tee log) 2>&1\n",
		"odd byte":    "x=a\ny=${x#$'\\xff'}\n",
		"quoted":      "x='\\0'\ny=${x@E}\nz=${y@Q}\n",
		"prompt":      "x='\\u'\ny=${x@P}\n",
		"attributes":  "x=1\ny=${x@A}${x@a}${x@K}${!x}${!x*}\n",
		"slice":       "x=abc\ny=${x: -9:9}${x:1:-9}${x:9}${x:(-1)}${x:999999999999999999999}\n",
		"arithmetic":  "x=$((1/0))\ny=$((x[0]++))\n",
		"array":       "x=(a b)\ny=${x[9]}${x[-9]}${#x[@]}${x[@]:1:1}\n",
		"pattern":     "x=a\ny=${x#[}${x%[[:no:]]}${x#[z-a]}${x/\\/}${x//}${x#*(}${x#@(a|(}\n",
		"replacement": "x=a\nx=${x//a/$x$x$x$x$x$x$x$x}\n" + strings.Repeat("x=${x//?/$x}\n", 9),
		"nested":      "x=" + strings.Repeat("a", 4000) + "\ny=${x//a/${x//a/${x//a/${x//a/$x}}}}\n",
		"suffixes":    "x=" + strings.Repeat("a", 4000) + "\ny=" + strings.Repeat("${x%%"+strings.Repeat("*a", 60)+"b}", 30) + "\n",
		"printf":      "x=$(printf '%99999999s' x)\n",
		"tilde":       "x=~nobody/~+/~-\n",
		"select":      "select x in a b; do echo $x; done\n",
		"coproc":      "coproc x { cat; }\n",
		"let":         "let x=1/0 y=9**99\n",
	} {
		scripts["library "+name] = head + "PRGNAM=thing\nVERSION=$x$y$z" + block
	}
	double := "config() {\n  cat $1 $1 > a\n" + strings.Repeat("  cat a a a a a a a a > b\n  cat b b b b b b b b > a\n", 30) + "  mv a etc/thing.conf\n}\nconfig etc/x.new\n"
	scripts["doubled files"] = double
	scripts["doubled output"] = "config() {\n  x=$(cat $1 $1)\n" + strings.Repeat("  x=$(echo $x$x; echo $x$x; echo $x$x)\n", 30) + "  md5sum $1 | cat - $1\n}\nconfig etc/x.new\n"
	scripts["200 deep"] = "x=" + strings.Repeat("$(", 200) + ":" + strings.Repeat(")", 200) + block
	scripts["800 deep"] = "x=" + strings.Repeat("$(", 800) + ":" + strings.Repeat(")", 800) + block
	scripts["800 deep quotes"] = "x=" + strings.Repeat("\"$(", 800) + ":" + strings.Repeat(")\"", 800) + block
	scripts["800 deep blocks"] = strings.Repeat("if a; then\n", 800) + ":\n" + strings.Repeat("fi\n", 800) + block
	for _, part := range []string{"$(", "( ", "{ ", "if ", "`", "$((", "${a:-", "\"$(", "a&&", "a|", "f()", "case a in a)", "a[", "<(", "time ",
		"if a;then a;elif ", "((a?", "a;", "\n", "\r", "\x00", "\\\n", "'a'", "exit 1\n", "ARCH=a\n", "makepkg x\n", "X=$X$X;", "${PRINT_PACKAGE_NAME}",
		"# mkslack: disable=a,b\n", "LIBDIRSUFFIX=\"\"\n", "a<<A\n", "cat\n", "useradd &\n"} {
		scripts["many "+part] = strings.Repeat(part, size/len(part))
	}
	for name, text := range scripts {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			found := inMemory(t, "thing", map[string]string{sb: "#!/bin/bash\n" + text, "doinst.sh": text})
			sound(t, found)
			mendSlackBuild(text)
			runtime.ReadMemStats(&after)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
				t.Errorf("%d MB in all", used>>20)
			}
		})
	}
}

// A directory that may not be read is told, and the others are done.
func TestUnreadableDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root reads everything")
	}
	root := tree(t, "misc/one", "misc/two")
	if err := os.Chmod(filepath.Join(root, "misc/two"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(root, "misc/two"), 0o755) })
	if _, err := lintSBo(root); err == nil || !strings.Contains(err.Error(), "two: permission denied") {
		t.Errorf("got %v", err)
	}
}
