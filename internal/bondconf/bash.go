// SPDX-License-Identifier: MIT

package bondconf

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/shconf"
)

// Marker is the line that stands between what rc.bond.conf printed and the
// values that bash had after it. The number is that of the form of what
// follows, which an rc.bond of any age must be able to give.
const Marker = "=== rc.bond.conf, values 1 ==="

const (
	maxPrinted = 100 // lines of what the file printed that are kept
	maxLine    = 500 // bytes of one
)

// complaint is what bash says about a file that it sources.
var complaint = regexp.MustCompile(`^(.*): line ([0-9]+): (.*)$`)

// FromBash reads what rc.bond hands over: everything that bash printed, on
// standard output or error, while it sourced the file at path; the line
// [Marker], missing where the file ended bash; the output of "declare -p" and
// of "declare -F", of bash 4.2 or later.
//
// The error is about the stream, and about a stream of more than
// [shconf.MaxSize] bytes. What is wrong with the file is in [Config.Faults].
func FromBash(r io.Reader, path string) (*Config, error) {
	text, err := io.ReadAll(io.LimitReader(r, shconf.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the values of %s: %w", path, err)
	}
	if len(text) > shconf.MaxSize {
		return nil, fmt.Errorf("the values of %s: more than %d MB, which no configuration has", path, shconf.MaxSize>>20)
	}
	printed, values, whole := cutMarker(text)
	c := &Config{File: &shconf.File{Name: path}}
	c.hear(string(printed), path)
	if !whole {
		c.Faults = append(c.Faults, shconf.Fault{
			Pos:  shconf.Pos{File: path},
			Text: "it ends rc.bond, which reads it (exit, exec, or set -e)",
			Do:   "take that out, or return in its place",
		})
		c.fill()
		return c, nil
	}
	if err := c.declared(string(values), path); err != nil {
		return nil, err
	}
	c.fill()
	return c, nil
}

func cutMarker(text []byte) (before, after []byte, found bool) {
	if rest, ok := bytes.CutPrefix(text, []byte(Marker+"\n")); ok {
		return nil, rest, true
	}
	return bytes.Cut(text, []byte("\n"+Marker+"\n"))
}

// hear takes what was printed: complaints of bash about the file, and the rest.
func (c *Config) hear(text, path string) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if m := complaint.FindStringSubmatch(line); m != nil && m[1] == path {
			n, _ := strconv.Atoi(m[2])
			// The second line about a syntax error only shows the text.
			if !strings.HasPrefix(m[3], "`") && len(c.Faults) < maxPrinted {
				c.Faults = append(c.Faults, shconf.Fault{Pos: shconf.Pos{File: path, Line: n}, Text: "bash: " + cut(m[3])})
			}
			continue
		}
		if line != "" && len(c.Printed) < maxPrinted {
			c.Printed = append(c.Printed, cut(line))
		}
	}
}

func cut(line string) string {
	if len(line) > maxLine {
		return line[:maxLine] + "..."
	}
	return line
}

// declaration is one of "declare -p", or a name of "declare -F".
var declaration = regexp.MustCompile(`(?s)^declare (-[-A-Za-z]+) ([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$`)

// declared takes the output of declare -p and declare -F.
func (c *Config) declared(text, path string) error {
	var ours strings.Builder
	var functions []string
	known := slices.Concat(Indexed, Global, Inet1Only)
	for statement := range statements(text) {
		m := declaration.FindStringSubmatch(statement)
		if m == nil {
			continue // the name of a function with a strange name, or a variable without a value
		}
		flags, name, value := m[1], m[2], m[3]
		ourName := slices.Contains(known, name)
		exported := strings.Contains(flags, "x")
		switch {
		case strings.Contains(flags, "f"):
			functions = append(functions, name)
			continue
		case value == "", exported && (!ourName || slices.Contains(Inet1Only, name)):
			// What is exported comes from outside, but for what rc.bond unset before.
			continue
		case ourName && strings.ContainsAny(flags, "An"):
			c.Faults = append(c.Faults, shconf.Fault{
				Pos:  shconf.Pos{File: path},
				Text: fmt.Sprintf("%s is declared with %s, and must be an ordinary variable or array", name, flags),
			})
			continue
		}
		if strings.Contains(flags, "a") && !strings.HasPrefix(value, "(") {
			// Bash before 4.4 has quotes around the whole: declare -a A='([0]="x")'.
			var err error
			if value, err = unquote(value); err != nil {
				return fmt.Errorf("the values of %s: %s: %w", path, name, err)
			}
		}
		ours.WriteString(name + "=" + value + "\n")
	}
	f, err := shconf.Parse(strings.NewReader(ours.String()), path)
	if err != nil {
		return fmt.Errorf("the values of %s: %w", path, err)
	}
	f.Functions = functions
	for i := range f.Assignments {
		a := &f.Assignments[i]
		a.Line = 0
		if !a.Static && slices.Contains(known, a.Name) {
			return fmt.Errorf("the values of %s: %s: %s", path, a.Name, a.Why)
		}
		if value := strings.TrimRight(strings.ReplaceAll(a.Value, "\r\n", "\n"), "\r"); value != a.Value && slices.Contains(known, a.Name) {
			c.DOS, a.Value = true, value
		}
	}
	c.File = f
	return nil
}

func unquote(word string) (string, error) {
	f, err := shconf.Parse(strings.NewReader("A="+word), "")
	if err != nil {
		return "", err
	}
	if len(f.Assignments) != 1 || !f.Assignments[0].Static {
		return "", fmt.Errorf("%.80q is no quoted array", word)
	}
	return f.Assignments[0].Value, nil
}

// statements cuts the output of declare at the line ends that are not quoted.
func statements(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start, quote := 0, byte(0)
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case quote == 0 && c == '\n':
				if !yield(text[start:i]) {
					return
				}
				start = i + 1
			case c == '\\' && quote != '\'':
				i++
			case quote == 0 && c == '\'' && i > 0 && text[i-1] == '$':
				quote = '$' // as ', where a backslash counts
			case quote == 0 && (c == '\'' || c == '"'):
				quote = c
			case quote == c && quote != '$', quote == '$' && c == '\'':
				quote = 0
			}
		}
		if start < len(text) {
			yield(text[start:])
		}
	}
}
