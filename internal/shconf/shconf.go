// SPDX-License-Identifier: MIT

package shconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"syscall"

	"mvdan.cc/sh/v3/syntax"
)

// MaxSize is the size of the largest file that is read: far above any
// configuration, far below what would hurt.
const MaxSize = 16 << 20

// Pos is a place in a file; Line counts from 1, and is 0 where it is not known.
type Pos struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// String gives "file:line", which editors understand.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Assignment is one assignment to a variable, or to one element of an array.
type Assignment struct {
	Pos
	Name string
	// Index of the array element. NAME=x is NAME[0]=x in bash, and here.
	Index int
	// Indexed is whether the index was written, or came from NAME=(...).
	Indexed bool
	// Value is what the variable has afterwards, quotes removed. It means
	// something only where Static is set.
	Value string
	// Static is whether Index and Value are known without running the file.
	Static bool
	// Why says what stands in the way where Static is not set, as in
	// "its value has an expansion" or "it stands in an if".
	Why string
	// AnyIndex is set where it is the index that is not known: the assignment
	// can be to any element of Name.
	AnyIndex bool
	// Unset is set for "unset NAME" and "unset NAME[i]".
	Unset bool
	// Append is set for NAME+=x: Value has what was there before as well.
	Append bool
}

// Command is a statement that is no assignment: what it does is not known.
type Command struct {
	Pos
	EndLine int
	Text    string // its first line, as written
	// Ends is whether an exit, return or exec stands in it, which ends the file
	// where it is reached.
	Ends bool
	// Exits is set for a plain exit or exec: whoever sources the file ends there.
	Exits bool
}

// Fault is what bash complains about when it runs the file.
type Fault struct {
	Pos
	Text string
	Do   string // the cure, "" where there is only the obvious one
}

// File is what one file says.
type File struct {
	Name string
	// Assignments in the order of the file.
	Assignments []Assignment
	// Commands are the other statements, each outermost one once. Statements
	// that only hold assignments are among them too, since whether they run is
	// not known.
	Commands []Command
	// Functions are the names that the file defines functions for.
	Functions []string
	// Faults are what bash certainly complains about, though it is no syntax error.
	Faults []Fault
	// CR lists the lines that end with a carriage return: bash keeps it as a
	// part of the value, the values here are without.
	CR []int
}

// SyntaxError is a file that bash could not read either.
type SyntaxError struct {
	Pos
	Column int
	Text   string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
}

// ReadFile reads the file at path.
func ReadFile(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a FIFO would keep us waiting
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	return Parse(f, path)
}

// Parse reads a file from r; name is what positions and errors call it. The
// error is a *SyntaxError where the text is no shell.
func Parse(r io.Reader, name string) (*File, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s: more than %d MB, which no configuration has", name, MaxSize>>20)
	}
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return nil, &SyntaxError{Pos{name, 1 + bytes.Count(text[:i], []byte("\n"))}, 1, "a NUL byte: this is no text file"}
	}
	if line := tooDeep(text); line > 0 {
		return nil, &SyntaxError{Pos{name, line}, 1, fmt.Sprintf("brackets or compound commands are nested more than %d deep", maxDepth)}
	}
	text = hideBytes(text)
	tree, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(text), name)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	p := &parser{file: &File{Name: name}, text: text, readonly: map[string]bool{}, highest: map[string]int{}, unread: map[string]bool{}}
	for i, line := range bytes.SplitAfter(text, []byte("\n")) {
		if bytes.HasSuffix(line, []byte("\r\n")) {
			p.file.CR = append(p.file.CR, i+1)
		}
	}
	for _, stmt := range tree.Stmts {
		p.statement(stmt)
	}
	return p.file, nil
}

// maxDepth is how deep a file may be nested: the parser calls itself at each
// level, and looks at what follows again.
const maxDepth = 500

// tooDeep gives the line where a file may be nested too deep, 0 where none is.
// It counts what opens and closes, in comments and strings too.
func tooDeep(text []byte) int {
	line, depth, word := 1, 0, 0 // word: where the last one begins
	for i, c := range text {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' {
			continue
		}
		switch string(text[word:i]) {
		case "if", "while", "until", "for", "select", "case":
			depth++
		case "fi", "done", "esac":
			depth = max(depth-1, 0)
		}
		word = i + 1
		switch c {
		case '(', '{', '[':
			depth++
		case ')', '}', ']':
			depth = max(depth-1, 0)
		case '\n':
			line++
		}
		if depth > maxDepth {
			return line
		}
	}
	return 0
}

// What the parser says of the two commonest mistakes in an assignment, and what
// helps instead. Bash would run a program of the name that comes of it.
var assignmentMistakes = map[string]string{
	"`a[b]` must be followed by `=`":    `an assignment has no blanks around its =: NAME[0]="value"`,
	"inline variables cannot be arrays": `a value with blanks needs quotes: NAME[0]="one two"`,
}

func syntaxError(name string, err error) error {
	var parse syntax.ParseError
	if errors.As(err, &parse) {
		text := parse.Text
		if cure := assignmentMistakes[text]; cure != "" {
			text = cure
		}
		return &SyntaxError{Pos{name, int(parse.Pos.Line())}, int(parse.Pos.Col()), text}
	}
	var lang syntax.LangError
	if errors.As(err, &lang) {
		return &SyntaxError{Pos{name, int(lang.Pos.Line())}, int(lang.Pos.Col()), fmt.Sprintf("%s is not bash", lang.Feature)}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Lookup gives the last assignment to NAME[index] (index 0 for a plain
// variable), and whether there is one that still holds. Where a later one may
// have changed it (an assignment to an element that is not known, or under a
// condition), that one is returned: its Static is not set.
func (f *File) Lookup(name string, index int) (Assignment, bool) {
	for i := len(f.Assignments) - 1; i >= 0; i-- {
		a := f.Assignments[i]
		if a.Name != name || !a.AnyIndex && a.Index != index {
			continue
		}
		return a, !a.Unset || !a.Static
	}
	return Assignment{}, false
}

// Values gives for each element of NAME what Lookup gives for it.
func (f *File) Values(name string) map[int]Assignment {
	last := map[int]int{} // of each element, the last assignment to it
	toAny := -1           // the last one that may be to any
	for i, a := range f.Assignments {
		switch {
		case a.Name != name:
		case a.Unset && a.Static && a.AnyIndex:
			clear(last)
		case a.Unset && a.Static:
			delete(last, a.Index)
		case a.AnyIndex:
			toAny = i
		default:
			last[a.Index] = i
		}
	}
	values := map[int]Assignment{}
	for index, i := range last {
		values[index] = f.Assignments[max(i, toAny)]
	}
	return values
}

// Indexes lists the elements of NAME that have an assignment which still
// holds, in rising order. Those whose index is not known are not among them.
func (f *File) Indexes(name string) []int {
	return slices.Sorted(maps.Keys(f.Values(name)))
}

// Unread lists the assignments that have no known value, for those of the
// variables that names gives; all of them where it is empty.
func (f *File) Unread(names ...string) []Assignment {
	var list []Assignment
	for _, a := range f.Assignments {
		if !a.Static && (len(names) == 0 || slices.Contains(names, a.Name)) {
			list = append(list, a)
		}
	}
	return list
}
