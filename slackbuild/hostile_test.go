// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Values that a shell would run are refused, or do not run: in the script, in
// doinst.sh, in the .info file that shells read.
func TestValuesDoNotRun(t *testing.T) {
	dir := t.TempDir()
	touched := filepath.Join(dir, "touched")
	evil := "$(touch " + touched + ")"
	quoted := strings.ReplaceAll(evil, "/", "\\/")
	for _, name := range []string{"file", "sub/file", "[a$(touch x)]", "`touch x`.conf", "-rf"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ fields, want string }{
		{"contents: [{src: file, dst: /x, file_info: {owner: '" + evil + "'}}]", "cannot be the name of a user"},
		{"contents: [{src: file, dst: /x, file_info: {group: 'a b'}}]", "cannot be the name of a group"},
		{"contents: [{src: file, dst: /x, file_info: {owner: '-R'}}]", "cannot be the name of a user"},
		{"contents: [{src: file, dst: \"/x\\ny\"}]", "control character"},
		{"contents: [{src: \"file\\n\", dst: /x}]", "control character"},
		{"contents: [{src: \"-x\", dst: /x, type: symlink}]", "option of ln"},
		{"maintainer: '" + evil + " <a@b>'", "maintainer"},
		{"maintainer: \"Jo\\nrm -rf x <a@b>\"", "maintainer"},
		{"maintainer: 'Jo <`touch x`@b>'", "maintainer"},
		{"homepage: 'https://e.org/" + evil + "'", "homepage"},
		{"homepage: 'https://e.org/\\'", "homepage"},
		{"homepage: 'https://e.org/\"'", "homepage"},
		{"slackware: {email: '" + evil + "'}", "slackware.email"},
		{"slackware: {copyright: \"x\\ntouch x\"}", "slackware.copyright"},
		{"slackware: {summary: \"x\\ny\"}", "slackware.summary"},
		{"slackware: {category: ../../x}", "bad category"},
		{"slackware: {docs: [../x]}", "not in the source tree"},
		{"slackware: {docs: [\"x\\ny\"]}", "cannot be the name of a file"},
		{"slackware: {sources: [{url: 'https://e.org/`touch x`'}]}", "bad url"},
		{"slackware: {sources: [{url: 'https://e.org/\\'}]}", "bad url"},
		{"slackware: {doinst: 'if'}", "not shell text"},
		{"slackware: {douninst: '('}", "not shell text"},
		// These do not run.
		{"description: '" + evil + "'", ""},
		{"slackware: {summary: '" + evil + "', readme: '" + evil + "'}", ""},
		{"slackware: {copyright: '" + evil + "'}", ""},
		{"contents: [{src: '" + evil + "/../file', dst: '/x/" + evil + "'}]", ""},
		{"contents: [{src: '[a$(touch x)]', dst: /x}]", ""},
		{"contents: [{src: '*[$(touch " + quoted + ")]', dst: /x/}]", ""},
		{"contents: [{src: '`touch x`.conf', dst: '/etc/`touch x`.conf', type: config}]", ""},
		{"contents: [{src: '" + evil + "', dst: '/x/" + evil + "', type: symlink}]", ""},
		{"contents: [{dst: '/x/" + evil + "', type: dir, file_info: {owner: tinyuser}}]", ""},
		{"contents: [{src: -rf, dst: /x}, {src: '-*', dst: /y/}]", ""},
		{"slackware: {docs: ['[a$(touch x)]', '[$(touch x)', '-rf', '-*']}", ""},
		{"slackware: {sources: [{url: 'https://e.org/$(touch+x);touch+x'}]}", "bad url"},
	} {
		m, err := Parse(filepath.Join(dir, "x.yaml"), []byte("name: x\nversion: 1\n"+test.fields+"\n"))
		if test.want != "" {
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.fields, err, test.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.fields, err)
			continue
		}
		m.Slackware.Empty = true
		files, _, err := m.Files(Options{})
		if err != nil {
			continue // what is not there is refused
		}
		sbo := t.TempDir()
		if _, err := WriteDir(sbo, files); err != nil {
			t.Fatal(err)
		}
		// The script runs as far as it gets, in the tree itself.
		text := "cd() { command cd " + quote(dir) + "; }\nrm() { :; }\ntar() { :; }\nfind() { :; }\nchown() { :; }\nset +e\n"
		for _, f := range files {
			switch {
			case strings.HasSuffix(f.Name, ".SlackBuild"):
				text += strings.NewReplacer("set -e\n", "", "exit 1", ":", "/sbin/makepkg", ":").Replace(string(f.Data))
			case f.Name == "x.info" || strings.HasPrefix(f.Name, "do"):
				if err := os.WriteFile(filepath.Join(sbo, "source-it"), f.Data, 0o644); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command("bash", "-c", ". ./source-it")
				cmd.Dir = sbo
				cmd.CombinedOutput()
			}
		}
		cmd := exec.Command("bash", "-c", text)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "TMP="+t.TempDir(), "OUTPUT="+t.TempDir())
		cmd.CombinedOutput() // how it ends does not matter
		for _, file := range []string{touched, filepath.Join(dir, "x"), filepath.Join(sbo, "x")} {
			if _, err := os.Lstat(file); err == nil {
				t.Errorf("%s: something ran, and made %s", test.fields, file)
				os.Remove(file)
			}
		}
	}
}

// What a small manifest could cost is bounded, and the bound is named.
func TestManifestLimits(t *testing.T) {
	var merges, aliases strings.Builder
	merges.WriteString("rpm:\n  - &a0 {k: v}\n")
	aliases.WriteString("rpm:\n  - &a0 [x, x]\n")
	for n := 1; n < 40; n++ {
		p, q := "a"+strings.Repeat("i", n-1), "a"+strings.Repeat("i", n)
		if n == 1 {
			p = "a0"
		}
		merges.WriteString("  - &" + q + " {<<: [*" + p + ", *" + p + "], k" + q + ": v}\n")
		aliases.WriteString("  - &" + q + " [*" + p + ", *" + p + "]\n")
	}
	var steps strings.Builder
	steps.WriteString("rpm:\n")
	for n := range 1200 {
		steps.WriteString(strings.Repeat(" ", n+1) + "a:\n")
	}
	for _, test := range []struct{ name, text, want string }{
		{"merge bomb", merges.String(), "values, the limit"},
		{"alias bomb", aliases.String(), "values, the limit"},
		{"brackets", "rpm: " + strings.Repeat("[", 100_000), "nested more than"},
		{"brackets over lines", "rpm: " + strings.Repeat("[\n", 100_000), "nested more than"},
		{"braces", "rpm: " + strings.Repeat("{a: ", 100_000), "nested more than"},
		{"hyphens", "rpm:\n  " + strings.Repeat("- ", 100_000), "nested more than"},
		{"question marks", "rpm:\n  " + strings.Repeat("? ", 100_000), "nested more than"},
		{"steps", steps.String(), "limit"},
		{"comments", strings.Repeat("# nothing\n", 8<<20), "larger than 512 KiB"},
		{"itself", "rpm: &a [*a]\n", ""},
		{"alternatives", "contents: [{src: '" + strings.Repeat("{a,b,c,d,e,f,g,h}", 10) + "', dst: /x/}]\n", ""},
		{"many values", "rpm: [" + strings.Repeat("a,", 250_000) + "]\n", "limit"},
		{"many contents", "contents:\n" + strings.Repeat("- {dst: /x, type: ghost}\n", 18_000), ""},
		{"UTF-16", "\xff\xfen\x00", "UTF-16"},
		{"not UTF-8", "description: \xff\n", "not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			text := "name: x\nversion: 1\n" + test.text
			if strings.HasPrefix(test.text, "\xff") {
				text = test.text
			}
			m, err := Parse(filepath.Join(t.TempDir(), "x.yaml"), []byte(text))
			if err == nil {
				_, _, err = m.Files(Options{})
				_, _ = m.Package(context.Background(), PackageOptions{Output: t.TempDir()})
			}
			runtime.ReadMemStats(&after)
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("it took %v", d)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 300<<20 {
				t.Errorf("%d MiB were allocated", used>>20)
			}
		})
	}
}

// A mark that editors of other systems put before the text is not part of it.
func TestByteOrderMark(t *testing.T) {
	m, err := Parse("x.yaml", []byte("\xef\xbb\xbfname: x\nversion: 1\n"))
	if err != nil || m.Name != "x" {
		t.Errorf("%v", err)
	}
}
