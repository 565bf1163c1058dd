// SPDX-License-Identifier: MIT

package slackbuild

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Error is a mistake in a manifest, with its place.
type Error struct {
	File         string
	Line, Column int
	Text         string
	Hint         string // how to mend it, or empty
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

func parseYAML(data []byte) (*ast.File, error) { return parser.ParseBytes(data, 0) }

// misplaced is a mistake at the node; decode fills the file in.
func misplaced(node ast.Node, hint, format string, args ...any) error {
	p := node.GetToken().Position
	return &Error{"", p.Line, p.Column, fmt.Sprintf(format, args...), hint}
}

// yamlError gives an error of the YAML library this package's form.
func yamlError(file string, err error) error {
	if own := new(Error); errors.As(err, &own) {
		own.File = file
		return own
	}
	var e yaml.Error
	if !errors.As(err, &e) {
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		return nil
	}
	text, _, _ := strings.Cut(e.GetMessage(), "\n")
	out := &Error{File: file, Line: 1, Column: 1, Text: text}
	if t := e.GetToken(); t != nil && t.Position != nil {
		out.Line, out.Column = t.Position.Line, t.Position.Column
		if unknown := new(yaml.UnknownFieldError); errors.As(err, &unknown) {
			out.Text = fmt.Sprintf("unknown field %q", t.Value)
			out.Hint = suggest(t.Value)
		}
	}
	if kind := new(yaml.UnexpectedNodeTypeError); errors.As(err, &kind) {
		out.Text = fmt.Sprintf("%s where %s belongs", nodeWord(kind.Actual), nodeWord(kind.Expected))
		switch kind.Expected {
		case ast.SequenceType:
			out.Hint = "begin each item with \"- \", or write [a, b]"
		case ast.MappingType:
			out.Hint = "write NAME: VALUE"
		}
	}
	if kind := new(yaml.TypeError); errors.As(err, &kind) && kind.DstType != nil {
		out.Text = "what stands here is " + typeWord(kind.DstType)
	}
	return out
}

// nodeWord is what people call the kind.
func nodeWord(t ast.NodeType) string {
	switch t {
	case ast.MappingType, ast.MappingValueType:
		return "a section"
	case ast.SequenceType:
		return "a list"
	case ast.StringType, ast.LiteralType:
		return "text"
	case ast.IntegerType, ast.FloatType:
		return "a number"
	case ast.BoolType:
		return "true or false"
	}
	return "a " + strings.ToLower(t.String())
}

// typeWord says what a value is not that should have been of the type.
func typeWord(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "no whole number"
	case reflect.Bool:
		return "neither true nor false"
	case reflect.Slice:
		return "no list"
	case reflect.Struct, reflect.Map:
		return "no section with fields"
	}
	return "no text"
}

// at is a mistake at the YAML path, as in $.contents[0].src.
func (m *Manifest) at(path, hint, format string, args ...any) error {
	line, column := m.position(path)
	return &Error{m.file, line, column, fmt.Sprintf(format, args...), hint}
}

// node is what stands at the YAML path, or nil.
func (m *Manifest) node(path string) ast.Node {
	if m.tree == nil || len(m.tree.Docs) == 0 || m.tree.Docs[0].Body == nil {
		return nil
	}
	p, err := yaml.PathString(path)
	if err != nil {
		return nil
	}
	node, err := p.FilterFile(m.tree)
	if err != nil || node == nil || node.GetToken() == nil {
		return nil
	}
	return node
}

// position finds the place of the path, or of the nearest one above it.
func (m *Manifest) position(path string) (line, column int) {
	for path != "" && path != "$" {
		if node := m.node(path); node != nil {
			pos := node.GetToken().Position
			return pos.Line, pos.Column
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1, 1
}

// suggest names the field of a manifest that was probably meant.
func suggest(word string) string {
	best, distance := "", 3
	for _, name := range fieldNames(reflect.TypeFor[Manifest](), nil) {
		d := editDistance(word, name)
		if len(word) > 3 && (strings.HasPrefix(name, word) || strings.HasPrefix(word, name)) {
			d = min(d, 2)
		}
		if d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return "mkslack.yaml(5) lists the fields"
	}
	return fmt.Sprintf("did you mean %q?", best)
}

func fieldNames(t reflect.Type, names []string) []string {
	switch t.Kind() {
	case reflect.Slice, reflect.Map:
		return fieldNames(t.Elem(), names)
	case reflect.Struct:
		for f := range t.Fields() {
			tag := f.Tag.Get("yaml")
			if tag == "" || tag == "-" {
				continue
			}
			if name, _, _ := strings.Cut(tag, ","); name != "" {
				names = append(names, name)
			}
			names = fieldNames(f.Type, names)
		}
	}
	return names
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
