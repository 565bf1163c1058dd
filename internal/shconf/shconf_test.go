// SPDX-License-Identifier: MIT

package shconf

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// show is "NAME[i]=value", with "?" and the reason for what is not static.
func show(a Assignment) string {
	index := fmt.Sprint(a.Index)
	if a.AnyIndex {
		index = "*"
	}
	switch {
	case !a.Static:
		return fmt.Sprintf("%d %s[%s]? %s", a.Line, a.Name, index, a.Why)
	case a.Unset:
		return fmt.Sprintf("%d unset %s[%s]", a.Line, a.Name, index)
	}
	return fmt.Sprintf("%d %s[%s]=%s", a.Line, a.Name, index, a.Value)
}

var parseTests = []struct {
	name, text string
	want       []string // assignments
	commands   []string
}{
	{"plain", "IFNAME[0]=bond0\nGATEWAY=192.0.2.1", []string{"1 IFNAME[0]=bond0", "2 GATEWAY[0]=192.0.2.1"}, nil},
	{"quotes", `A="x y"; B='$z\n'; C="\$a\q"; D=a\ b"c"'d'; E=`, []string{"1 A[0]=x y", `1 B[0]=$z\n`, `1 C[0]=$a\q`, "1 D[0]=a bcd", "1 E[0]="}, nil},
	{"continued", "BONDNICS[0]=\"eth0 \\\neth1\"", []string{"1 BONDNICS[0]=eth0 eth1"}, nil},
	{"indexes", "A[0x10]=a\nA[010]=b\nA[08]=c\nA[$i]=d\nA[i]=e\nA[1+1]=f", []string{
		"1 A[16]=a", "2 A[8]=b", "3 A[*]? its index is not a plain number", "4 A[*]? its index is not a plain number",
		"5 A[*]? its index is not a plain number", "6 A[*]? its index is not a plain number",
	}, nil},
	{"array", "IFNAME=(bond0 bond1\n[5]=bond5 \"bond6\")", []string{
		"1 unset IFNAME[*]", "1 IFNAME[0]=bond0", "1 IFNAME[1]=bond1", "2 IFNAME[5]=bond5", "2 IFNAME[6]=bond6",
	}, nil},
	{"array with a word that can be many", "A=(a $b c)", []string{
		"1 unset A[*]", "1 A[0]=a", "1 A[*]? its value has an expansion", "1 A[*]? its value has an expansion",
	}, nil},
	{"array with a glob", "A=(eth*)", []string{"1 unset A[*]", "1 A[*]? its value has an expansion"}, nil},
	{"expansions", "A=$B\nC=`id`\nD=$(id)\nE=~/x\nF=$'a\\u20ac'\nG=\"$((1+1))\"", []string{
		"1 A[0]? its value has an expansion", "2 C[0]? its value has an expansion", "3 D[0]? its value has an expansion",
		"4 E[0]? its value has an expansion", "5 F[0]? its value has an expansion", "6 G[0]? its value has an expansion",
	}, nil},
	{"ANSI quoting", `A=$'a\tb\x41\101\'\\' B=$'\303\244' C=$'\400' D=$'\q'`, []string{
		"1 A[0]=a\tbAA'\\", "1 B[0]=ä", "1 C[0]? its value has an expansion", "1 D[0]? its value has an expansion",
	}, nil},
	{"after return", "A=1\nreturn\nA=2\nunset A", []string{"1 A[0]=1"}, []string{"2-2 return"}},
	{"after exit", "A=1\nexit 0\nA=2", []string{"1 A[0]=1"}, []string{"2-2 exit 0"}},
	{"append", "A=x\nA+=y\nB+=z\nC=$q\nC+=r", []string{"1 A[0]=x", "2 A[0]=xy", "3 B[0]=z", "4 C[0]? its value has an expansion", "5 C[0]? it appends to what cannot be read"}, nil},
	{"append to array", "A=(a)\nA+=(b)", []string{"1 unset A[*]", "1 A[0]=a", "2 A[1]=b"}, nil},
	{"declarations", "export A=1\ndeclare -a B\ndeclare -r C=2\ndeclare -i D=1+1\ndeclare -u E=x", []string{
		"1 A[0]=1", "3 C[0]=2", `4 D[0]? it is declared with "-i"`, `5 E[0]? it is declared with "-u"`,
	}, nil},
	{"unset", "A[1]=x\nunset A[1]\nunset B\nunset -f c", []string{"1 A[1]=x", "2 unset A[1]", "3 unset B[*]"}, []string{"4-4 unset -f c"}},
	{"if", "if true; then\n  A=1\nfi\n", []string{"2 A[0]? it stands in an if"}, []string{"1-3 if true; then"}},
	{"and list", "[ -e x ] && A=1", []string{"1 A[0]? it stands in an && or || list or a pipe"}, []string{"1-1 [ -e x ] && A=1"}},
	{"loop", "for i in 1 2; do A[$i]=1; done", []string{"1 i[0]? it is the variable of a loop", "1 A[*]? it stands in a loop"}, []string{"1-1 for i in 1 2; do A[$i]=1; done"}},
	{"command", ". /etc/other\nX=1 id", nil, []string{"1-1 . /etc/other", "2-2 X=1 id"}},
	{"subshell keeps its own", "(A=1)\nf() { B=1; }\n", nil, []string{"1-1 (A=1)"}},
	{"CRLF", "A=\"x\"\r\nB=y\r\n", []string{"1 A[0]=x", "2 B[0]=y"}, nil},
	{"comment", "# IFNAME[0]=no\nA=1 # two", []string{"2 A[0]=1"}, nil},
	{"Latin-1", "# gr\xfc\xdfe\nA=\"\xe4\"", []string{"2 A[0]=\xe4"}, nil},
	{"UTF-8", "A=\"\u00e4\"", []string{"1 A[0]=\u00e4"}, nil},
	{"empty", "", nil, nil},
}

func TestParse(t *testing.T) {
	for _, tt := range parseTests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Parse(strings.NewReader(tt.text), "conf")
			if err != nil {
				t.Fatal(err)
			}
			var got, commands []string
			for _, a := range f.Assignments {
				got = append(got, show(a))
			}
			for _, c := range f.Commands {
				commands = append(commands, fmt.Sprintf("%d-%d %s", c.Line, c.EndLine, c.Text))
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("assignments:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			if strings.Join(commands, "\n") != strings.Join(tt.commands, "\n") {
				t.Errorf("commands:\n%s\nwant:\n%s", strings.Join(commands, "\n"), strings.Join(tt.commands, "\n"))
			}
		})
	}
}

// What is called static must be what bash has after it ran the file.
func TestAsBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	for _, tt := range parseTests {
		if strings.Contains(tt.text, "\r") || strings.Contains(tt.text, "08") {
			continue // the two that bash takes otherwise, on purpose
		}
		f, err := Parse(strings.NewReader(tt.text), "conf")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "conf")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, a := range f.Assignments {
			last, held := f.Lookup(a.Name, a.Index)
			if !last.Static {
				continue
			}
			script := fmt.Sprintf(`trap 'printf "%%s" "${%s[%d]-(unset)}"' EXIT; . "$0"`, a.Name, a.Index)
			out, _ := exec.Command(bash, "-c", script, path).Output()
			want := "(unset)"
			if held {
				want = last.Value
			}
			if got := string(out); !strings.HasSuffix(got, want) {
				t.Errorf("%s: bash has %s[%d]=%q, here it is %q", tt.name, a.Name, a.Index, got, want)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	f, err := Parse(strings.NewReader("A[0]=a\nA[2]=c\nA[0]=b\nunset A[2]\nB=1\nB[$i]=2\nC=(1 2 3)\nC=(4)\n"), "conf")
	if err != nil {
		t.Fatal(err)
	}
	if a, ok := f.Lookup("A", 0); !ok || a.Value != "b" || a.String() != "conf:3" {
		t.Errorf("A[0] = %q at %s, %v", a.Value, a, ok)
	}
	for _, none := range []struct {
		name  string
		index int
	}{{"A", 1}, {"A", 2}, {"C", 1}, {"Z", 0}} {
		if a, ok := f.Lookup(none.name, none.index); ok {
			t.Errorf("%s[%d] = %q, want none", none.name, none.index, a.Value)
		}
	}
	if b, ok := f.Lookup("B", 0); !ok || b.Static {
		t.Errorf("B may have changed, got %+v", b)
	}
	if got := fmt.Sprint(f.Indexes("A"), f.Indexes("C")); got != "[0] [0]" {
		t.Errorf("indexes %s", got)
	}
	if got := len(f.Unread("A", "B")); got != 1 {
		t.Errorf("%d unread, want 1", got)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"A=1\nif true\n", "conf:2:1: "},
		{"A=\"x\n", "conf:1:3: "},
		{"A=\x00", "conf:1:1: a NUL byte"},
		{"A[0]=x y\n", "conf:1:1: a value with blanks needs quotes"},
		{"A[0] = x\n", "conf:1:1: an assignment has no blanks around its ="},
	} {
		_, err := Parse(strings.NewReader(tt.text), "conf")
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want a SyntaxError %q", tt.text, err, tt.want)
		}
	}
	if _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a directory was read")
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFile(fifo); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a FIFO: %v", err)
	}
	if _, err := Parse(strings.NewReader(strings.Repeat("#", MaxSize+1)), "big"); err == nil {
		t.Error("no limit to the size")
	}
	path := filepath.Join(t.TempDir(), "rc.conf")
	if err := os.WriteFile(path, []byte("A=1\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err := ReadFile(path); err != nil || len(f.CR) != 1 || f.Assignments[0].Value != "1" {
		t.Errorf("CRLF: %+v, %v", f, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range parseTests {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse(strings.NewReader(text), "conf")
		if err != nil {
			return
		}
		lines := 1 + strings.Count(text, "\n")
		for _, a := range file.Assignments {
			if a.Line < 1 || a.Line > lines || a.Static == (a.Why != "") || a.Name == "" {
				t.Errorf("%+v in %d lines", a, lines)
			}
			file.Lookup(a.Name, a.Index)
		}
	})
}
