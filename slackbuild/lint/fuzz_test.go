// SPDX-License-Identifier: MIT

package lint

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools/finding"
	"github.com/slackbond/slackbond/slackbuild"
)

// inMemory lints a build whose files are given.
func inMemory(t testing.TB, name string, files map[string]string) []finding.Finding {
	t.Helper()
	a := &archive{dir: name, files: map[string]fs.FileInfo{}, data: map[string][]byte{}}
	for file, text := range files {
		a.files[file], a.data[file] = fileInfo{file, int64(len(text)), 0o644}, []byte(text)
	}
	b := &build{dir: name, name: name, source: a}
	if err := b.check(); err != nil {
		t.Fatal(err)
	}
	return b.sorted()
}

// sound fails where a finding could do harm to what shows it.
func sound(t *testing.T, found []finding.Finding) {
	t.Helper()
	for _, f := range found {
		if s := f.String(); strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("control characters in %q", s)
		}
		if f.Line < 0 || f.Text == "" || len(f.Text) > 64<<10 {
			t.Errorf("odd finding: line %d, %d bytes of text", f.Line, len(f.Text))
		}
	}
}

// seeds are the good file and each that breaks a rule.
func seeds(f *testing.F, files ...string) {
	f.Helper()
	n := 0
	whole := good(f)
	for _, file := range files {
		f.Add(whole[file])
		for _, b := range breaks {
			if b.file == file && b.old != "" && !strings.HasPrefix(b.old, "ALL:") && len(b.new) < 1<<10 {
				f.Add(strings.Replace(whole[file], strings.TrimSuffix(b.old, "END"), b.new, 1))
				n++
			}
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
}

func FuzzScript(f *testing.F) {
	seeds(f, sb)
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, inMemory(t, "thing", map[string]string{sb: text, "README": "x\n"}))
	})
}

func FuzzDoinst(f *testing.F) {
	seeds(f, "doinst.sh")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, inMemory(t, "thing", map[string]string{sb: "#!/bin/bash\n", "doinst.sh": text}))
	})
}

// What is mended is mended at once, and does the same as before.
func FuzzMendScript(f *testing.F) {
	seeds(f, sb)
	f.Fuzz(func(t *testing.T, text string) {
		mended := mendSlackBuild(text)
		if again := mendSlackBuild(mended); again != mended {
			t.Errorf("mended twice:\n%q\n%q", mended, again)
		}
		before, err := parseScript(unixLines(text))
		if err != nil {
			return
		}
		after, err := parseScript(mended)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, text, mended)
		}
		if !sameCommands(before, after) {
			t.Errorf("other commands:\n%q\n%q", text, mended)
		}
	})
}

func FuzzInfoFile(f *testing.F) {
	seeds(f, info)
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, inMemory(t, "thing", map[string]string{info: text}))
		mended := mendInfo(text)
		if again := mendInfo(mended); again != mended {
			t.Errorf("mended twice:\n%q\n%q", mended, again)
		}
		before, err := slackbuild.ParseInfo(text)
		if err != nil || strings.ContainsAny(text, "\t\r") {
			return
		}
		after, err := slackbuild.ParseInfo(mended)
		if err != nil {
			t.Fatalf("%v\n%q\n%q", err, text, mended)
		}
		if before.Version != after.Version || before.PrgNam != after.PrgNam || strings.Join(before.Download, " ") != strings.Join(after.Download, " ") {
			t.Errorf("other values:\n%q\n%q", text, mended)
		}
	})
}

func FuzzSlackDesc(f *testing.F) {
	seeds(f, "slack-desc")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, inMemory(t, "thing", map[string]string{"slack-desc": text}))
		mended := mendSlackDesc("thing", text)
		if again := mendSlackDesc("thing", mended); again != mended {
			t.Errorf("mended twice:\n%q\n%q", mended, again)
		}
	})
}

func FuzzReadme(f *testing.F) {
	seeds(f, "README")
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, inMemory(t, "thing", map[string]string{"README": text}))
		mended := mendReadme(text)
		if again := mendReadme(mended); again != mended {
			t.Errorf("mended twice:\n%q\n%q", mended, again)
		}
	})
}

func FuzzDesktop(f *testing.F) {
	seeds(f, desk)
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, inMemory(t, "thing", map[string]string{desk: text}))
	})
}
