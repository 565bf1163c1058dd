// SPDX-License-Identifier: MIT

package cmdline

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/exit"
	"github.com/urfave/cli/v2"
)

func newApp() *cli.App {
	return &cli.App{
		Name:  "prog",
		Usage: "be tested",
		Commands: []*cli.Command{
			{Name: "fail", Flags: []cli.Flag{&cli.IntFlag{Name: "n"}, &cli.StringFlag{Name: "file"}}, Action: func(*cli.Context) error { return errors.New("eth0: no such device") }},
			{Name: "two", Action: func(*cli.Context) error {
				return errors.Join(errors.New("eth0: gone"), WithStatus(errors.New("eth1: gone"), exit.CannotTell))
			}},
			{Name: "quiet", Action: func(*cli.Context) error { return Status(exit.CannotTell) }},
			{Name: "fine", Action: func(*cli.Context) error { return Status(exit.OK) }},
			{Name: "pair", Action: func(c *cli.Context) error { return Args(c, 1, 1, "BOND") }},
			{Name: "sub", Subcommands: []*cli.Command{
				{Name: "none", Action: func(c *cli.Context) error { return Args(c, 0, 0, "") }},
			}},
		},
	}
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		line   string
		status int
		stderr string // its first line
		lines  int    // on stderr
	}{
		{"prog", exit.Usage, "prog: a command is missing; there are: fail, two, quiet, fine, pair, sub", 2},
		{"prog nosuch", exit.Usage, `prog: unknown command "nosuch"; there are: fail, two, quiet, fine, pair, sub`, 2},
		{"prog --nosuch", exit.Usage, "prog: there is no option --nosuch", 2},
		{"prog fail", exit.Failed, "prog: eth0: no such device", 1},
		{"prog fail --nosuch", exit.Usage, "prog: there is no option --nosuch", 2},
		{"prog fail --n=x", exit.Usage, `prog: option -n: invalid value "x": parse error`, 2},
		{"prog fail --file", exit.Usage, "prog: option --file needs a value", 2},
		{"prog fail -x", exit.Usage, "prog: there is no option -x", 2},
		{"prog two", exit.CannotTell, "prog: eth0: gone", 2},
		{"prog quiet", exit.CannotTell, "", 0},
		{"prog fine", exit.OK, "", 0},
		{"prog pair", exit.Usage, "prog: pair: BOND is missing", 2},
		{"prog pair a b", exit.Usage, `prog: pair: expected BOND, got also ["b"]`, 2},
		{"prog pair a", exit.OK, "", 0},
		{"prog sub", exit.Usage, "prog: a command is missing; there are: none", 2},
		{"prog sub nosuch", exit.Usage, `prog: unknown command "nosuch"; there are: none`, 2},
		{"prog sub none x", exit.Usage, `prog: sub none: takes no operands, got "x"`, 2},
		{"prog sub none --nosuch", exit.Usage, "prog: there is no option --nosuch", 2},
	} {
		t.Run(test.line, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := Run(newApp(), strings.Fields(test.line), strings.NewReader(""), &stdout, &stderr)
			if status != test.status {
				t.Errorf("status = %d, want %d", status, test.status)
			}
			if first, _, _ := strings.Cut(stderr.String(), "\n"); first != test.stderr {
				t.Errorf("stderr begins %q, want %q", first, test.stderr)
			}
			if n := strings.Count(stderr.String(), "\n"); n != test.lines {
				t.Errorf("stderr has %d lines, want %d:\n%s", n, test.lines, &stderr)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout = %q, want none", &stdout)
			}
		})
	}
}

// TestHint checks that the hint at --help is at the command's own.
func TestHint(t *testing.T) {
	for line, want := range map[string]string{
		"prog": "prog", "prog nosuch": "prog", "prog --nosuch sub": "prog", "prog pair": "prog pair",
		"prog sub": "prog sub", "prog sub none x": "prog sub none", "prog fail --nosuch sub": "prog fail",
	} {
		var stderr bytes.Buffer
		Run(newApp(), strings.Fields(line), strings.NewReader(""), &bytes.Buffer{}, &stderr)
		if want := "\nTry '" + want + " --help'.\n"; !strings.HasSuffix(stderr.String(), want) {
			t.Errorf("%s: stderr %q, want it to end in %q", line, &stderr, want)
		}
	}
}

// TestOptionsAnywhere checks that an option counts wherever it stands, and what
// stays an operand.
func TestOptionsAnywhere(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"prog do a", "a"},
		{"prog do -n a", "n a"},
		{"prog do a -n", "n a"},
		{"prog do a --dry-run b", "n a b"},
		{"prog do a b --root R", "root=R a b"},
		{"prog do a --root=R b", "root=R a b"},
		{"prog do a -root R", "root=R a"},
		{"prog do a -nv b", "n v a b"},
		{"prog do a -nr R b", "n root=R a b"},
		{"prog do --root R1 a --root R2", "root=R2 a"},
		{"prog do a --from x b --from y", "from=x,y a b"},
		{"prog do a --count -1 b", "count=-1 a b"},
		{"prog do a -- -n --root b", "a -n --root b"},
		{"prog do -n -- a -- b", "n a -- b"},
		{"prog do a - b", "a - b"},
		{"prog do a -1 b", "a -1 b"},
		{"prog do a -0.5", "a -0.5"},
		{"prog do a --root=--dry-run", "root=--dry-run a"},
		{"prog do a --dry-run=false", "a"},
		{"prog do do -n", "n do"},
		{"prog sub do a -n", "n a"},
		{"prog s do a -n", "n a"},
		{"prog do a --nosuch b", "prog: there is no option --nosuch"},
		{"prog do a -nx", "prog: there is no option --nx"},
		{"prog do a b --root", "prog: option --root needs a value"},
		{"prog do a -nr", "prog: option -r needs a value"},
		{"prog do --root --dry-run a", "prog: option --root needs a value, and --dry-run is an option; if it is the value, write --root=--dry-run"},
		{"prog do -r -nv a", "prog: option -r needs a value, and -nv is an option; if it is the value, write -r=-nv"},
		{"prog do a --root -- b", "prog: option --root needs a value, and -- is an option; if it is the value, write --root=--"},
		{"prog --dry-run do a", "prog: there is no option --dry-run"},
		{"prog -- do a -n", "a -n"},
	} {
		do := &cli.Command{Name: "do", Flags: []cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}}, &cli.BoolFlag{Name: "v"},
			&cli.StringFlag{Name: "root", Aliases: []string{"r"}}, &cli.StringSliceFlag{Name: "from"}, &cli.IntFlag{Name: "count"},
		}, Action: func(c *cli.Context) error {
			var said []string
			for _, name := range []string{"n", "v"} {
				if c.Bool(name) {
					said = append(said, name)
				}
			}
			if c.IsSet("root") {
				said = append(said, "root="+c.String("root"))
			}
			if c.IsSet("from") {
				said = append(said, "from="+strings.Join(c.StringSlice("from"), ","))
			}
			if c.IsSet("count") {
				said = append(said, "count="+strconv.Itoa(c.Int("count")))
			}
			_, err := io.WriteString(c.App.Writer, strings.Join(append(said, c.Args().Slice()...), " "))
			return err
		}}
		sub := &cli.Command{Name: "sub", Aliases: []string{"s"}, Subcommands: []*cli.Command{do}}
		app := &cli.App{Name: "prog", Version: "1", UseShortOptionHandling: true, Commands: []*cli.Command{do, sub}}
		var stdout, stderr bytes.Buffer
		Run(app, strings.Fields(test.line), strings.NewReader(""), &stdout, &stderr)
		got, _, _ := strings.Cut(stdout.String()+stderr.String(), "\n")
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.line, got, test.want)
		}
	}
}

// TestHelpAnywhere checks that a question for help changes nothing.
func TestHelpAnywhere(t *testing.T) {
	for _, line := range []string{"prog pair a b --help", "prog pair a -h", "prog sub none x -h"} {
		var stdout, stderr bytes.Buffer
		status := Run(newApp(), strings.Fields(line), strings.NewReader(""), &stdout, &stderr)
		if status != exit.OK || !strings.Contains(stdout.String(), "USAGE") || stderr.Len() > 0 {
			t.Errorf("%s: status %d, stdout %q, stderr %q", line, status, &stdout, &stderr)
		}
	}
}

func TestHelpGoesToStdout(t *testing.T) {
	for _, line := range []string{"prog --help", "prog sub --help", "prog pair -h"} {
		var stdout, stderr bytes.Buffer
		if status := Run(newApp(), strings.Fields(line), strings.NewReader(""), &stdout, &stderr); status != exit.OK {
			t.Errorf("%s: status %d", line, status)
		}
		if !strings.Contains(stdout.String(), "USAGE") || stderr.Len() > 0 {
			t.Errorf("%s: stdout %q, stderr %q", line, &stdout, &stderr)
		}
	}
}

// TestHelpFits checks the form of an option in --help, and that it fits into a
// terminal of 80 columns.
func TestHelpFits(t *testing.T) {
	app := newApp()
	app.Commands[0].Flags = []cli.Flag{
		&cli.StringSliceFlag{Name: "from", Aliases: []string{"f"}, Usage: "read also this `[FORMAT:]FILE`, directory, or - for standard input; may be repeated, and all are read"},
		&cli.StringFlag{Name: "root", Usage: "below `DIR`", Value: "/"},
		&cli.BoolFlag{Name: "json", Usage: "print JSON"},
	}
	var stdout bytes.Buffer
	Run(app, []string{"prog", "fail", "--help"}, strings.NewReader(""), &stdout, &bytes.Buffer{})
	want := `
   -f, --from [FORMAT:]FILE
            read also this [FORMAT:]FILE, directory, or - for standard input;
            may be repeated, and all are read
   --root DIR
            below DIR (default: "/")
   --json
            print JSON
   -h, --help
            show help
`
	if !strings.Contains(stdout.String(), want) {
		t.Errorf("--help prints\n%s\nwant in it\n%s", &stdout, want)
	}
}

func TestColoursOnlyOnATerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if got := Colours(w).Bad("down"); got != "down" {
		t.Errorf("in a pipe: %q", got)
	}
	if got := (Palette{on: true}).Bad("down"); got != "\x1b[31mdown\x1b[0m" {
		t.Errorf("on a terminal: %q", got)
	}
}

// TestWaiting checks that something is said only where it takes long and is on
// a terminal, and that it goes away.
func TestWaiting(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	Waiting(w, "reading")()
	w.Close()
	if out, _ := io.ReadAll(r); len(out) > 0 {
		t.Errorf("in a pipe: %q", out)
	}
	var quick bytes.Buffer
	waiting(&quick, "reading", time.Hour)()
	if quick.Len() > 0 {
		t.Errorf("before its time: %q", &quick)
	}
	said := make(lines)
	done := waiting(said, "reading", time.Millisecond)
	for _, want := range []string{"\rreading: 1 s", "\rreading: 2 s"} {
		if got := <-said; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	ended := make(chan string)
	go func() {
		last := ""
		for text := range said {
			last = text
		}
		ended <- last
	}()
	done()
	done() // no harm
	close(said)
	if last := <-ended; last != "\r\x1b[K" {
		t.Errorf("at the end: %q", last)
	}
}

// lines is a terminal of which each write is read.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}

// A list that is written element by element looks as one that is written at
// once.
func TestWriteJSONList(t *testing.T) {
	type item struct {
		Name string   `json:"name"`
		Of   []string `json:"of,omitempty"`
	}
	type whole struct {
		File  string   `json:"file"`
		Text  []string `json:"text"`
		Files []item   `json:"files"`
	}
	head := struct {
		File string   `json:"file"`
		Text []string `json:"text"`
	}{"a } b\n", []string{"<x>", "}"}}
	for _, items := range [][]item{{}, {{"a", nil}}, {{"a", []string{"x", "}"}}, {"b<>&", nil}, {"c", []string{}}}} {
		var one, list strings.Builder
		if err := WriteJSON(&one, []whole{{head.File, head.Text, items}}); err != nil {
			t.Fatal(err)
		}
		list.WriteString("[\n")
		if err := WriteJSONList(&list, "  ", head, "files", slices.Values(items)); err != nil {
			t.Fatal(err)
		}
		if list.WriteString("\n]\n"); one.String() != list.String() {
			t.Errorf("at once:\n%s\none by one:\n%s", one.String(), list.String())
		}
	}
	var one, none strings.Builder
	if err := errors.Join(WriteJSON(&one, head), WriteJSONList[item](&none, "", head, "files", nil)); err != nil || one.String() != none.String()+"\n" {
		t.Errorf("without a list:\n%s\n%s%v", one.String(), none.String(), err)
	}
	if err := WriteJSONList(failingWriter{}, "", head, "files", slices.Values([]item{{}})); err == nil {
		t.Error("a full disk is no error")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("no space left") }
