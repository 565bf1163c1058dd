// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// script is a SlackBuild as the rules look at it: its commands in the order
// of the text, with quotes and braces taken off where they change nothing.
type script struct {
	text    string
	lines   []string
	file    *syntax.File
	calls   []call
	assigns []assign
	used    map[string]bool // variables that are read somewhere
	funcs   map[string]bool
}

// call is one command.
type call struct {
	words []string // normalised; words[0] is the command
	line  int
	stmt  *syntax.Stmt
	depth int // of ifs, loops, functions and subshells round it
	pos   uint
}

// assign is one assignment that stands alone or before export.
type assign struct {
	name, value string // the value normalised
	raw         string // and as it stands in the text
	line        int
	column      int
	depth       int
	pos         uint
	statement   bool // no command follows that it is for
	alone       bool // nothing else is on the line
	computed    bool // from a command or another variable
}

// parseScript parses the text of a SlackBuild or doinst.sh.
func parseScript(text string) (*script, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash), syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	s := &script{text: text, lines: strings.Split(text, "\n"), file: file, used: map[string]bool{}, funcs: map[string]bool{}}
	s.walk(file)
	return s, nil
}

// walk collects commands, assignments and uses of variables.
func (s *script) walk(root syntax.Node) {
	depth := 0
	var open []syntax.Node // the nodes round this one
	syntax.Walk(root, func(node syntax.Node) bool {
		if node == nil {
			last := open[len(open)-1]
			open = open[:len(open)-1]
			if deepens(last) {
				depth--
			}
			return true
		}
		switch n := node.(type) {
		case *syntax.Stmt:
			if c, ok := n.Cmd.(*syntax.CallExpr); ok {
				s.addCall(c, n, depth)
			}
		case *syntax.FuncDecl:
			s.funcs[n.Name.Value] = true
		case *syntax.ParamExp:
			if n.Param != nil {
				s.used[n.Param.Value] = true
			}
		case *syntax.DeclClause:
			for _, a := range n.Args {
				s.addAssign(a, depth, true)
			}
		}
		if deepens(node) {
			depth++
		}
		open = append(open, node)
		return true
	})
}

// deepens reports whether what is inside the node may run never, or not as
// part of the script itself.
func deepens(n syntax.Node) bool {
	switch n.(type) {
	case *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause, *syntax.FuncDecl, *syntax.Subshell, *syntax.CmdSubst, *syntax.Block:
		return true
	}
	return false
}

func (s *script) addCall(n *syntax.CallExpr, stmt *syntax.Stmt, depth int) {
	for _, a := range n.Assigns {
		s.addAssign(a, depth, len(n.Args) == 0)
	}
	if len(n.Args) == 0 {
		return
	}
	c := call{line: int(n.Args[0].Pos().Line()), stmt: stmt, depth: depth, pos: n.Pos().Offset()}
	for _, w := range n.Args {
		c.words = append(c.words, s.normal(w.Parts))
	}
	s.calls = append(s.calls, c)
}

func (s *script) addAssign(a *syntax.Assign, depth int, statement bool) {
	if a.Name == nil {
		return
	}
	as := assign{name: a.Name.Value, line: int(a.Pos().Line()), column: int(a.Pos().Col()), depth: depth, pos: a.Pos().Offset(), statement: statement}
	if a.Value != nil {
		as.value = s.normal(a.Value.Parts)
		as.raw = s.text[a.Value.Pos().Offset():a.Value.End().Offset()]
	}
	line := strings.TrimSpace(s.lines[as.line-1])
	if i := strings.IndexByte(line, '#'); i > 0 && strings.ContainsRune(" \t", rune(line[i-1])) {
		line = strings.TrimSpace(line[:i])
	}
	as.alone = statement && line == as.name+"="+as.raw
	as.computed = strings.Contains(as.value, "$(")
	s.assigns = append(s.assigns, as)
}

// normal writes a word without what makes no difference here: quotes, and
// braces round a plain variable. `x` becomes $(x).
func (s *script) normal(parts []syntax.WordPart) string {
	var b strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			b.WriteString(strings.ReplaceAll(p.Value, "\\\n", ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			b.WriteString(s.normal(p.Parts))
		case *syntax.ParamExp:
			b.WriteString(s.normalParam(p))
		case *syntax.CmdSubst:
			b.WriteString("$(" + s.normalStmts(p.Stmts) + ")")
		default:
			b.WriteString(s.text[p.Pos().Offset():p.End().Offset()])
		}
	}
	return b.String()
}

func (s *script) normalParam(p *syntax.ParamExp) string {
	if p.Param == nil {
		return s.text[p.Pos().Offset():p.End().Offset()]
	}
	plain := !p.Excl && !p.Length && !p.Width && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Names == 0
	switch {
	case plain && p.Exp == nil:
		return "$" + p.Param.Value
	case plain && p.Exp.Word == nil:
		return "${" + p.Param.Value + p.Exp.Op.String() + "}"
	case plain:
		return "${" + p.Param.Value + p.Exp.Op.String() + s.normal(p.Exp.Word.Parts) + "}"
	}
	return s.text[p.Pos().Offset():p.End().Offset()]
}

func (s *script) normalStmts(stmts []*syntax.Stmt) string {
	var all []string
	for _, stmt := range stmts {
		if c, ok := stmt.Cmd.(*syntax.CallExpr); ok && len(c.Assigns) == 0 && len(stmt.Redirs) == 0 {
			var words []string
			for _, w := range c.Args {
				words = append(words, s.normal(w.Parts))
			}
			all = append(all, strings.Join(words, " "))
			continue
		}
		all = append(all, strings.TrimSpace(s.text[stmt.Pos().Offset():stmt.End().Offset()]))
	}
	return strings.Join(all, "; ")
}

// first finds the first assignment of the variable.
func (s *script) first(name string) (assign, bool) {
	for _, a := range s.assigns {
		if a.name == name {
			return a, true
		}
	}
	return assign{}, false
}

// find returns the commands that are called name, or end in /name.
func (s *script) find(name string) []call {
	var found []call
	for _, c := range s.calls {
		if c.words[0] == name || strings.HasSuffix(c.words[0], "/"+name) {
			found = append(found, c)
		}
	}
	return found
}

// redirects lists what the command's output is written to.
func (s *script) redirects(c call) []string {
	var to []string
	for _, r := range c.stmt.Redirs {
		if r.Word != nil && (r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrClob) {
			to = append(to, s.normal(r.Word.Parts))
		}
	}
	return to
}

// line is the text of a command, its words with one blank between them.
func (c call) String() string { return strings.Join(c.words, " ") }

// parseLine is the line of a parse error.
func parseLine(err error) int {
	var p syntax.ParseError
	if errors.As(err, &p) {
		return int(p.Pos.Line())
	}
	return 0
}
