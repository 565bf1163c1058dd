// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"os/exec"
	"strings"
	"testing"
)

// What the sandbox prints is what bash prints.
func TestSandboxAsBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("SKIPPED: no bash")
	}
	vars := "v=a.b.c; p=/usr/lib/x.tar.gz; e=; u=äöü; s='x  y'; g='*[a]?'; q='a\\b'\n"
	for _, script := range []string{
		`echo "$v" "${v}" '$v' "\$v" \$v "a\b" a\b "a\\b" "a\"b"`,
		"echo a\\\nb \"c\\\nd\"",
		`echo "${v#*.}" "${v##*.}" "${v%.*}" "${v%%.*}" "${v#b}" "${v%}" "${v#}"`,
		`echo "${p##*/}" "${p%/*}" "${p%%.*}" "${p%.tar.?z}" "${p#/usr/[kl]ib}" "${p#/usr/[!a-k]ib}" "${p#/usr/[^l]ib}"`,
		`echo "${u#?}" "${u%?}" "${#u}" "${#v}" "${u:1:1}" "${u:1}" "${v:9}" "${v:0:0}" "${v:2:9}"`,
		`echo "${v/./-}" "${v//./-}" "${v//[a-b]/x}" "${v/q/x}" "${v//?/xy}" "${v//*/z}" "${v//.}" "${u//ö/o}" "${v/.*/}"`,
		`echo "${e:-d}" "${e-d}" "${n:-d}" "${n-d}" "${e:+d}" "${e+d}" "${v:+d}" "${n+d}" "${v:-d}" "${v-d}"`,
		`echo "${n:=x}" "$n" "${m=y}" "$m" "${e=z}" "$e" "${e:=z}" "$e"`,
		`echo "${v:?bad}" "${v?bad}"`,
		`echo "${v^^}" "${v^}" "${p,,}" "${u^}" "${e^}"`,
		`echo "${n:-${v#*.}}" "${n:-"$v x"}" "${n:-$(echo "$v")}"`,
		`x=$(echo a; echo b; echo); echo "$x" "$(echo "$(echo "in $v")")"`,
		"echo \"`echo \\`echo $v\\``\"",
		`case $v in a.?.c) echo yes;; *) echo no;; esac`,
		`case "$g" in "$g") echo same;; *) echo no;; esac; case x in $g) echo no;; *) echo yes;; esac`,
		`case "$g" in \*\[a\]\?) echo yes;; esac; case a-b in "a-b") echo yes;; esac; case '^' in "^") echo yes;; esac`,
		`case abcabc in *b*bc) echo yes;; *) echo no;; esac; case "" in *) echo empty;; esac; case ab in a) echo no;; a?*) echo yes;; esac`,
		`[[ $v = a.* ]] && echo yes; [[ $v == "a.*" ]] || echo no; [[ $v != x ]] && echo ne; [[ -z $e && -n $v ]] && echo both`,
		`[ "$e" = "" ] && echo empty; [ ! -z "$v" ] && echo set; test "$v" != x && echo ne; [ "$v" ] && echo there`,
		`f() { echo "$1-$2"; return 3; }; f "$v" "$s"; f x || echo failed`,
		`f() { if [ "$1" = x ]; then echo "in"; else f x; fi; }; f "$v"`,
		`for i in 1 2 $v; do echo "$i"; done; if false; then echo no; elif true; then echo elif; else echo no; fi`,
		`! false && echo not; true && false || echo or; { echo block; }`,
		`echo "$v" | case "$v" in a*) echo piped;; esac`,
		`basename "$p"; dirname "$p"; basename "$p" .gz; x=$(basename $p .tar.gz); echo $x`,
		`echo $e $v $e; echo "${q}" "${q#a\\}" "${q#'a\'}"`,
		`set -e; false || echo survived; if false; then :; fi; echo on; false; echo off`,
		`set -u; echo "${n:-x}"; unset v; echo "${v+set}"`,
		`echo x > /dev/null; echo y >&2; echo z 2>/dev/null`,
	} {
		s, err := parseScript(vars + script + "\n")
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		sh := newSandbox(s, nil)
		status, err := sh.runAll(s.file.Stmts, false)
		if exit := exited(0); errors.As(err, &exit) {
			status, err = int(exit), nil
		}
		if err != nil {
			t.Errorf("%s: %v", script, err)
			continue
		}
		cmd := exec.Command(bash, "-c", vars+script)
		cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
		out, _ := cmd.Output()
		if got := sh.out.b.String(); got != string(out) || status != cmd.ProcessState.ExitCode() {
			t.Errorf("%s:\ngot  %d %q\nbash %d %q", script, status, got, cmd.ProcessState.ExitCode(), out)
		}
	}
}

// What the sandbox does not know ends it: it never guesses.
func TestSandboxDoesNotGuess(t *testing.T) {
	for _, script := range []string{
		`x=$'a\n'`, `echo ~`, `echo ${v@Q}`, `echo ${!v}`, `echo ${a[1]}`, `echo $((1+1))`, `cat <(echo x)`, `echo x & wait`, `x=(1 2)`,
		`echo ${v: -1}`, `echo ${v:1+1}`, `echo ${v/#a/b}`, `echo ${v/%a/b}`, `echo ${v//a/&}`, `echo ${v^^[a]}`, `echo ${v#[[:alpha:]]}`,
		`echo ${v#@(a)}`, `echo ${v#[}`, `echo ${v#[b-a]}`, `case a in [) ;; esac`, `echo ${n?}`, `set -u; echo $n`, `ls`, `printf x`, `read x`, `x=$(false)`,
		`x+=1`, `while true; do :; done`, `case a in a) ;& b) ;; esac`, `echo x >file`, `cat < file`, `cat <<< x`, "cat <<E\nE", `source x`,
		`[[ a =~ b ]]`, `[[ -f x ]]`, `[ -f x ]`, `[ a -lt b ]`, `exit x`, `X=1 echo x`, `echo -n x`, `uname -a`, `f() { f; }; f`,
		`select x in a; do :; done`, `for i in {a,b}; do :; done`, `true {1..3}`, `declare x=1`, `x=$1$2; for i in a*; do :; done`, `set -o pipefail`, `echo $(exit 1)`,
	} {
		s, err := parseScript("v=aba\n" + script + "\n")
		if err != nil {
			t.Fatalf("%s: %v", script, err)
		}
		sh := newSandbox(s, nil)
		if _, err := sh.runAll(s.file.Stmts, false); !errors.Is(err, errNotHere) {
			t.Errorf("%s: understood, %v, printed %q", script, err, sh.out.b.String())
		}
	}
}

// Values, and the steps that are taken, have bounds.
func TestSandboxBounds(t *testing.T) {
	for name, script := range map[string]string{
		"value":   "x=" + strings.Repeat("a", maxValue) + "\ny=${x}b\n",
		"output":  strings.Repeat("echo "+strings.Repeat("a", maxValue/2)+"\n", 3),
		"pattern": "x=" + strings.Repeat("a", 4000) + "\n" + strings.Repeat("y=${x##"+strings.Repeat("*a", 100)+"b}\n", 30),
		"calls":   "f() { f; f; f; }\nf\n",
		"loop":    strings.Repeat("for a in 1 2 3 4 5 6 7 8 9; do ", 9) + ":" + strings.Repeat("; done", 9) + "\n",
		"deep":    "x=" + strings.Repeat("$(", maxDepth+1) + ":" + strings.Repeat(")", maxDepth+1) + "\n",
	} {
		s, err := parseScript(script)
		if err != nil {
			t.Fatal(name, err)
		}
		sh := newSandbox(s, nil)
		if _, err := sh.runAll(s.file.Stmts, false); !errors.Is(err, errNotHere) {
			t.Errorf("%s: %v", name, err)
		}
		if sh.out.b.Len() > maxValue {
			t.Errorf("%s: %d bytes of output", name, sh.out.b.Len())
		}
	}
	if _, err := parseScript("x=" + strings.Repeat("$(", maxWords+1) + ":" + strings.Repeat(")", maxWords+1) + "\n"); !errors.Is(err, errDeep) {
		t.Errorf("a deep word: %v", err)
	}
	if _, err := parseScript(strings.Repeat("if a; then\n", maxNodes) + ":" + strings.Repeat("\nfi", maxNodes) + "\n"); !errors.Is(err, errDeep) {
		t.Errorf("deep blocks: %v", err)
	}
}

// A check that panics is a finding about its file, and the others go on.
func TestPanicIsAFinding(t *testing.T) {
	f := &findings{}
	f.guarded("misc/x/README", func() { panic("index out of range") })
	f.guarded("misc/x/other", func() { f.add("mode", "misc/x/other", 0, "mode 0755") })
	if len(f.list) != 2 || f.list[0].Rule != "dir-unread" || f.list[0].File != "misc/x/README" || !strings.Contains(f.list[0].Text, "index out of range") {
		t.Errorf("found %v", f.list)
	}
}

func TestFixOfWhatPanics(t *testing.T) {
	if got := unlessPanic("text", func(string) string { panic("no") }); got != "text" {
		t.Errorf("it became %q", got)
	}
	if got := unlessPanic("text", strings.ToUpper); got != "TEXT" {
		t.Errorf("it became %q", got)
	}
}

func FuzzSandbox(f *testing.F) {
	f.Add("x=a\ny=${x#$'\\xff'}${x@E}\n")
	f.Add("x=${y:-$(echo \"${z%%*.[a-c]?}\")}${x//a/b}${x:1:2}${#x}${x^^}\ncase $x in a*|[!b]) echo x;; esac\n")
	f.Add("exec > >(tee log) 2>&1\n")
	f.Add("f() { cat \"$1\" \"$1\" > b; mv b \"$1\"; f \"$1\"; }\nf etc/thing.conf.new\n")
	f.Fuzz(func(t *testing.T, script string) {
		s, err := parseScript(script)
		if err != nil {
			return
		}
		sh := newSandbox(s, map[string]fakeFile{"etc/thing.conf.new": theirs})
		sh.runAll(s.file.Stmts, false)
		for name, v := range sh.vars {
			if len(v) > maxValue {
				t.Errorf("%s has %d bytes", name, len(v))
			}
		}
		for name, file := range sh.files {
			if len(file.content) > maxValue {
				t.Errorf("%s has %d bytes", name, len(file.content))
			}
		}
		if sh.out.b.Len() > maxValue {
			t.Errorf("printed %d bytes", sh.out.b.Len())
		}
	})
}

// The files of the sandbox are as files are: for a link in place of the old
// file, what becomes of it and of what it leads to.
func TestConfigOnLinks(t *testing.T) {
	const own = "[ -L etc/thing.conf ] && return 0\n"
	for _, test := range []struct {
		body           string
		dangling       bool
		linked, linkOK bool // what it leads to is as before; the link is
	}{
		{body: "mv $1 ${1%.new}", linked: true},
		{body: "cat $1 > ${1%.new}; rm $1", linkOK: true},
		{body: "cp $1 ${1%.new}", linkOK: true},
		{body: "cp -a ${1%.new} $1.incoming; cat $1 > $1.incoming; mv $1.incoming $1", linkOK: true},
		{body: "cp -p ${1%.new} $1.incoming; rm $1.incoming", linkOK: true, linked: true},
		{body: "cp ${1%.new} $1.incoming; cat $1 > $1.incoming; mv $1.incoming $1", linkOK: true, linked: true},
		{body: "if [ ! -r ${1%.new} ]; then mv $1 ${1%.new}; fi", linkOK: true, linked: true},
		{body: "if [ ! -r ${1%.new} ]; then mv $1 ${1%.new}; fi", dangling: true, linked: true},
		{body: own + "mv $1 ${1%.new}", linkOK: true, linked: true},
		{body: own + "mv $1 ${1%.new}", dangling: true, linkOK: true, linked: true},
	} {
		s, err := parseScript("config() {\n" + test.body + "\n}\n")
		if err != nil {
			t.Fatal(err)
		}
		before := map[string]fakeFile{oldConf: {link: "srv/x"}, "srv/x": mine, newConf: theirs}
		if test.dangling {
			delete(before, "srv/x")
		}
		after, err := afterwards(s, s.funcs["config"], before)
		if err != nil {
			t.Errorf("%s: %v", test.body, err)
		}
		if got := after[oldConf].link == "srv/x"; got != test.linkOK {
			t.Errorf("%s: the link is there: %v", test.body, got)
		}
		if got := after["srv/x"] == before["srv/x"]; got != test.linked {
			t.Errorf("%s: what it leads to is as before: %v", test.body, got)
		}
	}
}
