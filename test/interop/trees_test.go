// SPDX-License-Identifier: MIT

package interop

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// tree is a directory to be packaged.
type tree struct {
	name string
	// files by path: content, "-> target" for links, "= path" for hard links,
	// "|" for pipes; a path with a slash at its end is a directory.
	files map[string]string
	modes map[string]os.FileMode // with the Unix bits, as in 04755
	// differs says why our package is not the real one's, which loses files or
	// breaks something.
	differs string
}

// long is a part of a path.
func long(c string) string { return strings.Repeat(c, 90) }

var gz = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabP\x02\x00\xb2'\xd7\x95\x02\x00\x00\x00" // not a whole one

// trees are awkward, each in its own way.
var trees = []tree{
	{name: "one file", files: map[string]string{"f": "x"}},
	{name: "nothing but a directory", files: map[string]string{"empty/": ""}},
	{name: "empty directories", files: map[string]string{"a/b/c/": "", "a/d/": ""}},
	{name: "sorting around the slash", files: map[string]string{"usr/f": "1", "usr-x/f": "2", "usr/-d/g": "3", "usr/a.c": "4", "usr/a/q": "5", "usr0": "6"}},
	{name: "capitals and digits", files: map[string]string{"Z": "1", "a": "2", "0": "3", "_": "4", "~x": "5", "A/b": "6"}},
	{name: "one link", files: map[string]string{"l": "-> x"}},
	{name: "links of many kinds", files: map[string]string{"usr/lib/a.so.1": "x", "usr/lib/a.so": "-> a.so.1", "abs": "-> /etc/passwd", "up/l": "-> ../usr", "self": "-> self", "dir/": "", "todir": "-> dir"}},
	{name: "a link above what it sorts before", files: map[string]string{"a": "-> b", "a.x": "1", "b/f": "2"}},
	{name: "blanks in names", files: map[string]string{"a dir/a file": "x", "a dir/a link": "-> a file", " first": "y"}, differs: "a name that sorts before ./ is refused: removepkg never removes it"},
	{name: "blanks inside names", files: map[string]string{"a dir/a file": "x", "a dir/a link": "-> a file", "a dir/other": "-> ../some where"}},
	{name: "all that a shell eats, in names of links", files: map[string]string{"d/a\"#$&'()*;<>?[\\`{|~z": "-> t", "d/!%+,.:=@]^_}": "-> u"}, differs: ""},
	{name: "the same in targets", files: map[string]string{"d/l": "-> a\"#$&'()*;<>?[\\`{|~z", "d/m": "-> !%+,.:=@]^_} x"}},
	{name: "the same in files", files: map[string]string{"d/a\"#$&'()*;<>?[`{|~z": "x"}},
	{name: "the same in directories", files: map[string]string{"d\"#$&'()*<>?[`{|~z/l": "-> t"}},
	{name: "UTF-8", files: map[string]string{"usr/café/naïve": "x", "usr/café/löve": "-> naïve"}},
	{name: "Latin 1", files: map[string]string{"usr/caf\xe9": "x", "usr/l\xf6": "-> caf\xe9"}},
	{name: "control bytes", files: map[string]string{"usr/a\x01b": "x", "usr/l\x02": "-> a\x01b"}},
	{name: "tab and newline", files: map[string]string{"usr/a\tb": "x", "usr/c\nd": "y"}, differs: "a file with a newline is missing from the real one's"},
	{name: "backslashes", files: map[string]string{`usr/w\name`: "x", `usr/o\101z`: "y"}, differs: "files with backslashes are missing from the real one's"},
	{name: "names of 99, 100 and 101 bytes", files: map[string]string{"d/" + strings.Repeat("a", 97): "1", "d/" + strings.Repeat("b", 98): "2", "d/" + strings.Repeat("c", 99): "3"}},
	{name: "directories of 99, 100 and 101 bytes", files: map[string]string{strings.Repeat("a", 98) + "/": "", strings.Repeat("b", 99) + "/": "", strings.Repeat("c", 100) + "/": ""}},
	{name: "long paths and targets", files: map[string]string{long("a") + "/" + long("b") + "/" + long("c") + "/f": "x", "l": "-> " + long("d") + "/" + long("e")}},
	{name: "hard links", files: map[string]string{"usr/b": "content", "usr/a": "= usr/b", "z/c": "= usr/b"}},
	{name: "hard links of long names", files: map[string]string{long("a") + "/" + long("b"): "content", "z": "= " + long("a") + "/" + long("b")}},
	{name: "setuid, setgid, sticky", files: map[string]string{"bin/su": "x", "bin/wall": "y", "tmp/": ""}, modes: map[string]os.FileMode{"bin/su": 0o4711, "bin/wall": 0o2755, "tmp": 0o1777}},
	{name: "no permissions", files: map[string]string{"etc/shadow": "x", "etc/none": "y", "secret/": ""}, modes: map[string]os.FileMode{"etc/shadow": 0o640, "etc/none": 0, "secret": 0o700}},
	{name: "named pipe", files: map[string]string{"run/fifo": "|"}},
	{name: "empty files", files: map[string]string{"a": "", "b/c": "", "d": "x"}},
	{name: "sizes around a block", files: map[string]string{"a": strings.Repeat("x", 511), "b": strings.Repeat("x", 512), "c": strings.Repeat("x", 513), "d": strings.Repeat("x", 10240)}},
	{name: "doinst.sh without links", files: map[string]string{"install/doinst.sh": "true\n", "install/slack-desc": "t: t (t)\n", "f": "x"}},
	{name: "doinst.sh and links", files: map[string]string{"install/doinst.sh": "true\n", "f": "x", "l": "-> f", "usr/l": "-> ../f"}},
	{name: "doinst.sh without line end", files: map[string]string{"install/doinst.sh": "true", "f": "x", "l": "-> f"}, differs: "the first link's line is glued to the last command by the real one"},
	{name: "top-level doinst.sh", files: map[string]string{"doinst.sh": "x", "f": "y"}, differs: "the real one deletes it, from the tree too"},
	{name: "manual pages", files: map[string]string{"usr/man/man1/p.1.gz": gz, "usr/share/man/man1/q.1": "x", "usr/share/info/i": "y", "usr/lib/perl5/site_perl/m": "z"}},
	{name: "gzip files with blanks", files: map[string]string{"usr/a b.gz": gz}},
	{name: "dots", files: map[string]string{".hidden": "x", "usr/..x": "y", "usr/.../z": "1", ".config/f": "2"}},
	{name: "root directory of another mode", files: map[string]string{"f": "x"}, modes: map[string]os.FileMode{".": 0o750}},
	{name: "many files", files: manyFiles()},
}

func manyFiles() map[string]string {
	files := map[string]string{}
	for _, d := range []string{"bin", "lib", "share/doc"} {
		for c := 'a'; c <= 'z'; c++ {
			files["usr/"+d+"/"+string(c)] = strings.Repeat(string(c), int(c))
			files["usr/"+d+"/link-"+string(c)] = "-> " + string(c)
		}
	}
	return files
}

// make makes the tree in dir. All times are whole seconds, long ago.
func (tr *tree) make(t *testing.T, dir string) {
	t.Helper()
	var hard [][2]string
	for p, content := range tr.files {
		name := filepath.Join(dir, p)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		target, isLink := strings.CutPrefix(content, "-> ")
		var err error
		switch {
		case strings.HasSuffix(p, "/"):
			err = os.MkdirAll(name, 0o755)
		case isLink:
			err = os.Symlink(target, name)
		case strings.HasPrefix(content, "= "):
			hard = append(hard, [2]string{filepath.Join(dir, content[2:]), name})
		case content == "|":
			err = unix.Mkfifo(name, 0o644)
		default:
			err = os.WriteFile(name, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range hard {
		if err := os.Link(h[0], h[1]); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		old := unix.NsecToTimeval(1600000000e9)
		return unix.Lutimes(p, []unix.Timeval{old, old})
	})
	if err != nil {
		t.Fatal(err)
	}
	for p, mode := range tr.modes {
		if err := unix.Chmod(filepath.Join(dir, p), uint32(mode)); err != nil {
			t.Fatal(err)
		}
	}
}
