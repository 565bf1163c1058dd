// SPDX-License-Identifier: MIT

package inet1

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/shconf"
	rcd "github.com/slackbond/slackbond/rc.d"
	"golang.org/x/sys/unix"
)

var (
	guard = New(rcd.Guard)
	now   = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
)

// file writes an rc.inet1.conf and gives its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rc.inet1.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func state(t *testing.T, path string) Status {
	t.Helper()
	s, err := guard.Status(path)
	if err != nil {
		t.Fatalf("Status: %v", err)
	}
	return s
}

func mustEnable(t *testing.T, path string) *Change {
	t.Helper()
	c, err := guard.Enable(path, Options{Now: now})
	if err != nil {
		t.Fatalf("Enable: %v", err)
	}
	return c
}

// Any file that bash can read: enable, enable again, disable, and the old
// bytes are back.
func TestRoundTrip(t *testing.T) {
	for name, text := range map[string]string{
		"empty":            "",
		"usual":            "IFNAME[0]=\"eth0\"\nUSE_DHCP[0]=\"yes\"\n",
		"no newline":       "IFNAME[0]=\"eth0\"",
		"only a newline":   "\n",
		"blank lines last": "A=1\n\n\n",
		"CRLF":             "IFNAME[0]=\"eth0\"\r\nA=1\r\n",
		"CRLF, none last":  "IFNAME[0]=\"eth0\"\r\nA=1",
		"comment last":     "A=1\n# no newline",
		"two backslashes":  "A=1 # \\\\",
		"not UTF-8":        "A=\"\xe4\xff\"\n",
		"one megabyte":     strings.Repeat("# a comment of some forty bytes, and more\n", 25000) + "A=1\n",
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, text)
			if s := state(t, path); s.State != Off {
				t.Fatalf("before: %+v", s)
			}
			c := mustEnable(t, path)
			if got := content(t, path); got != string(c.Text) || !strings.HasPrefix(got, text) || !strings.Contains(got, rcd.Guard) {
				t.Fatalf("enabled:\n%.300s", got)
			}
			if s := state(t, path); s.State != On || s.Line != c.Line {
				t.Errorf("after enable: %+v, want on at line %d", s, c.Line)
			}
			if content(t, path+backupSuffix) != text || c.Backup == "" {
				t.Error("the backup is not the old file")
			}
			if c := mustEnable(t, path); c.Text != nil || c.Backup != "" {
				t.Errorf("a second enable changed something: %+v", c)
			}
			if _, err := guard.Disable(path, Options{}); err != nil {
				t.Fatal(err)
			}
			if got := content(t, path); got != text {
				t.Errorf("after disable: %q..., want the old bytes", got[:min(len(got), 60)])
			}
			if s := state(t, path); s.State != Off {
				t.Errorf("after disable: %+v", s)
			}
			if c, err := guard.Disable(path, Options{}); err != nil || c.Text != nil {
				t.Errorf("a second disable: %+v, %v", c, err)
			}
		})
	}
}

// What the administrator wrote around the block stays.
func TestEditedAround(t *testing.T) {
	path := file(t, "A=1") // no newline
	mustEnable(t, path)
	text := strings.Replace(content(t, path), "A=1", "A=2", 1) + "B=3\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := state(t, path); s.State != On {
		t.Errorf("%+v", s)
	}
	if _, err := guard.Disable(path, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "A=2\nB=3\n" {
		t.Errorf("%q", got)
	}
	if got := content(t, path+backupSuffix); got != "A=1" {
		t.Errorf("the backup was written twice: %q", got)
	}
}

func TestStates(t *testing.T) {
	enabled := "A=1\n" + guard.block(false)
	old := New("(\n  : an older guard\n)\n")
	for _, tt := range []struct {
		name, text string
		state      State
		why        string
		enable     string // error of enable without --force; "" where it works
		disable    string
	}{
		{"on", enabled, On, "", "", ""},
		{"off", "A=1\n", Off, "", "", ""},
		{"stale", "A=1\n" + old.block(false) + "B=2\n", Stale, "another version", "", ""},
		{"stale, no newline", "A=1\n" + old.block(true), Stale, "another version", "", ""},
		{"edited", strings.Replace(enabled, "rc.bond start", "rc.bond stop", 1), Broken, "edited by hand", ":2: the guard was edited by hand", ":2: the guard was edited by hand"},
		{"CRLF", strings.ReplaceAll(enabled, "\n", "\r\n"), Broken, "carriage return", "edited by hand", "edited by hand"},
		{"no end", strings.Replace(enabled, endMark, "", 1), Broken, "begins at line 2 and ends at line none", "not one pair", "not one pair"},
		{"no begin", "A=1\n(:)\n" + endMark + "\n", Broken, "begins at line none and ends at line 3", "not one pair", "not one pair"},
		{"twice", enabled + guard.block(false), Broken, "not one pair", "not one pair", "not one pair"},
		{"return before", "A=1\nreturn 0\n" + guard.block(false), Broken, "line 2 ends the file before it: return 0", "line 2 ends the file", ""},
		{"exit, and off", "A=1\nexit\n", Off, "", "the guard would not run: line 2 ends the file", ""},
		{"exec before", "exec /bin/true\n" + guard.block(false), Broken, "line 1 ends the file before it: exec /bin/true; take that line out", "line 1 ends the file", ""},
		{"exec of a descriptor, functions and subshells that exit", "exec 2>&1\nf() { exit 1; }\n(exit 5)\nA=$(exit 1)\n", Off, "", "", ""},
		{"here-document without end", "cat <<X\nA=1\n", Off, "", "unclosed here-document", ""},
		{"backslash last", "A=1 \\", Off, "", "ends in a backslash", ""},
		{"list without end", "true &&\n" + guard.block(false), Broken, "a part of the statement above", "a part of the statement above", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := file(t, tt.text)
			s, err := guard.Status(path)
			if err != nil {
				t.Fatal(err)
			}
			if s.State != tt.state || !strings.Contains(s.Why, tt.why) {
				t.Errorf("status %s %q, want %s %q", s.State, s.Why, tt.state, tt.why)
			}
			check := func(what string, err error, want string) {
				switch {
				case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
					t.Errorf("%s: %v, want %q", what, err, want)
				case want != "" && content(t, path) != tt.text:
					t.Errorf("%s failed, and changed the file", what)
				}
			}
			_, err = guard.Disable(path, Options{DryRun: true})
			check("disable", err, tt.disable)
			_, err = guard.Enable(path, Options{Now: now})
			check("enable", err, tt.enable)
			if tt.enable == "" {
				if s := state(t, path); s.State != On {
					t.Errorf("after enable: %+v", s)
				}
			}
		})
	}
}

func TestForce(t *testing.T) {
	path := file(t, "A=1\n"+strings.Replace(guard.block(false), "rc.bond start", "rc.bond stop", 1)+"B=2\n")
	if _, err := guard.Enable(path, Options{Now: now, Force: true}); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "A=1\n"+guard.block(false)+"B=2\n" {
		t.Errorf("%q", got)
	}
}

func TestLost(t *testing.T) {
	path := file(t, "A=1\n")
	mustEnable(t, path)
	if err := os.WriteFile(path, []byte("A=written by netconfig\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := state(t, path); s.State != Lost {
		t.Errorf("%+v, want lost", s)
	}
	mustEnable(t, path)
	if s := state(t, path); s.State != On {
		t.Errorf("%+v, want on", s)
	}
	if content(t, path+backupSuffix) != "A=1\n" {
		t.Error("the first backup was overwritten")
	}
}

func TestDryRun(t *testing.T) {
	path := file(t, "A=1\n")
	c, err := guard.Enable(path, Options{Now: now, DryRun: true})
	if err != nil || c.Text == nil || c.Line != 2 || c.Guard == "" {
		t.Errorf("%+v, %v", c, err)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	if content(t, path) != "A=1\n" || len(entries) != 1 {
		t.Errorf("a dry run left %v", entries)
	}
}

func TestSymlink(t *testing.T) {
	path := file(t, "A=1\n")
	link := filepath.Join(t.TempDir(), "rc.inet1.conf")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	c := mustEnable(t, link)
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the symlink was replaced")
	}
	if c.File != path || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "is a symlink") || state(t, path).State != On {
		t.Errorf("%+v", c)
	}
}

// What may keep bash from the guard, or from the whole file, is a warning.
func TestNotes(t *testing.T) {
	for text, want := range map[string]string{
		"A=1\n[ -r /x ] || return\n":       "line 2 can end the file before the guard: [ -r /x ] || return",
		"if [ -r /x ]; then\n  exit\nfi\n": "line 1 can end the file before the guard: if [ -r /x ]; then",
		"\xef\xbb\xbfA=1\n":                "it begins with a byte order mark",
		"A=1\r\n":                          "line 1 ends with a carriage return",
	} {
		path := file(t, text)
		c := mustEnable(t, path)
		s := state(t, path)
		for _, notes := range [][]string{c.Notes, s.Notes} {
			if len(notes) != 1 || !strings.HasPrefix(notes[0], want) {
				t.Errorf("%q: notes %q, want %q", text, notes, want)
			}
		}
		if s.State != On {
			t.Errorf("%q: %+v, want on", text, s)
		}
	}
}

// Mode, owner and extended attributes are the old file's.
func TestKeepsMeta(t *testing.T) {
	path := file(t, "A=1\n")
	if err := os.Chmod(path, 0o440); err != nil { // a read-only file, too
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(path, 12, 34); err != nil {
			t.Fatal(err)
		}
	}
	const attr = "user.bondctl"
	err := unix.Setxattr(path, attr, []byte("kept"), 0)
	if err != nil && !errors.Is(err, unix.ENOTSUP) && os.Getuid() == 0 {
		t.Fatal(err)
	}
	hasAttr := err == nil
	mustEnable(t, path)
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	if st.Mode&0o7777 != 0o440 {
		t.Errorf("mode %o", st.Mode)
	}
	if os.Getuid() == 0 && (st.Uid != 12 || st.Gid != 34) {
		t.Errorf("owner %d:%d", st.Uid, st.Gid)
	}
	value := make([]byte, 10)
	if n, err := unix.Getxattr(path, attr, value); hasAttr && (err != nil || string(value[:n]) != "kept") {
		t.Errorf("attribute %q, %v", value[:max(n, 0)], err)
	}
}

func TestRefusals(t *testing.T) {
	broken := file(t, "IFNAME[0]=\"eth0\nA=1\n")
	var syntax *shconf.SyntaxError
	if _, err := guard.Enable(broken, Options{Now: now}); !errors.As(err, &syntax) || syntax.Line != 1 {
		t.Errorf("a file with a syntax error: %v", err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(broken)); len(entries) != 1 {
		t.Errorf("a refusal left %v", entries)
	}
	if _, err := guard.Enable(t.TempDir(), Options{Now: now}); err == nil {
		t.Error("a directory was written")
	}
	dir := t.TempDir()
	fifo, dangling, loop := filepath.Join(dir, "fifo"), filepath.Join(dir, "dangling"), filepath.Join(dir, "loop")
	if err := errors.Join(unix.Mkfifo(fifo, 0o600), os.Symlink("nowhere", dangling), os.Symlink("loop", loop)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		fifo:     "fifo is not a regular file",
		dangling: "dangling is a symlink to nowhere, which leads nowhere",
		loop:     "loop is a symlink to loop, which leads nowhere",
	} {
		if _, err := guard.Enable(path, Options{Now: now}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if _, err := guard.Status(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	big := file(t, strings.Repeat("#\n", shconf.MaxSize/2+1))
	if _, err := guard.Enable(big, Options{Now: now}); err == nil {
		t.Error("no limit to the size")
	}
}

func TestImmutable(t *testing.T) {
	path := file(t, "A=1\n")
	if out, err := exec.Command("chattr", "+i", path).CombinedOutput(); err != nil {
		t.Skipf("chattr +i cannot be had here: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("chattr", "-i", path).Run() })
	if _, err := guard.Enable(path, Options{Now: now}); !errors.Is(err, unix.EPERM) || !strings.Contains(err.Error(), "chattr -i") {
		t.Errorf("%v", err)
	}
	if state(t, path).State != Off {
		t.Error("it is on")
	}
}

func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"", "A=1", "A=1\n", "A=1\r\n", beginMark + "\n", endMark, "(\n", "cat <<X\n", "\\"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := guard.find(text)
		if err != nil || b != nil {
			return
		}
		with := guard.insert(text)
		b, err = guard.find(with)
		if err != nil || b == nil || !b.current || b.edited {
			t.Fatalf("%q: %+v, %v", text, b, err)
		}
		if got := remove(with, b); !bytes.Equal(got, text) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
