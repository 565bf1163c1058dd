// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// script is a SlackBuild or doinst.sh as the rules look at it: its commands in
// the order of the text, with quotes and braces taken off where they change
// nothing.
type script struct {
	text     string
	lines    []string
	file     *syntax.File
	calls    []call
	assigns  []assign
	words    []word
	uses     []use
	comments []comment
	hdocs    []string // here-documents
	written  []string // files that anything is redirected to, normalised
	appended []string // those that are only added to
	funcs    map[string]*syntax.FuncDecl
	conds    map[syntax.Node]string // see cond
}

// word is one word of any command but a here-document, normalised.
type word struct {
	text string
	line int
}

// use is a place where a variable is read.
type use struct {
	name string
	pos  uint
	line int
}

// comment is the text after a #.
type comment struct {
	text string
	line int
}

// scope is what a command stands in: an if, a loop, a function, a subshell.
type scope struct {
	node  syntax.Node
	up    *scope
	depth int // of what may run never, or not as part of the script itself
}

// call is one command.
type call struct {
	words []string // normalised; words[0] is the command
	line  int
	pos   uint
	stmt  *syntax.Stmt
	scope *scope
}

// assign is one assignment.
type assign struct {
	name, value string // the value normalised
	raw         string // and as it stands in the text
	line        int
	column      int
	pos         uint
	scope       *scope
	statement   bool // no command follows that it is for
	alone       bool // nothing else is on the line
	computed    bool // from a command
	exported    bool // by export or declare
}

// Bounds on what is parsed: the parser descends into itself for each bracket
// and compound command, and a stack that overflows cannot be caught. The
// largest script of SlackBuilds.org has 70 KB and 330 of them.
const (
	maxShell   = 512 << 10
	maxOpeners = 5000
	// Words are written out with the words in them, so the work grows with the
	// depth. In SlackBuilds.org words are 4 deep at most, and all nodes 34.
	maxWords = 32
	maxNodes = 1000
)

// openers are what the parser descends for.
var openers = []string{"(", "{", "[", "`", "if", "while", "until", "time", "case", "for", "else", "select", "function", "coproc"}

var errDeep = errors.New("too many brackets and compound commands to look at")

// parseShell is the syntax tree of the text.
func parseShell(text string, lang syntax.LangVariant) (*syntax.File, error) {
	if len(text) > maxShell {
		return nil, errDeep
	}
	n := 0
	for _, o := range openers {
		n += strings.Count(text, o)
	}
	if n > maxOpeners {
		return nil, errDeep
	}
	file, err := syntax.NewParser(syntax.Variant(lang), syntax.KeepComments(true)).Parse(strings.NewReader(text), "")
	if err == nil && deep(file) {
		return nil, errDeep
	}
	return file, err
}

// deep reports whether the tree is deeper than any that somebody would write.
func deep(file *syntax.File) bool {
	nodes, words, tooDeep := 0, 0, false
	var isWord []bool // for each node round this one
	syntax.Walk(file, func(node syntax.Node) bool {
		if node == nil {
			if isWord[len(isWord)-1] {
				words--
			}
			isWord = isWord[:len(isWord)-1]
			nodes--
			return true
		}
		if tooDeep {
			return false
		}
		_, is := node.(*syntax.Word)
		if isWord = append(isWord, is); is {
			words++
		}
		nodes++
		tooDeep = words > maxWords || nodes > maxNodes
		return true
	})
	return tooDeep
}

func parseScript(text string) (*script, error) {
	text = asciiFor(text)
	file, err := parseShell(text, syntax.LangBash)
	if err != nil {
		return nil, err
	}
	s := &script{text: text, lines: strings.Split(text, "\n"), file: file, funcs: map[string]*syntax.FuncDecl{}, conds: map[syntax.Node]string{}}
	s.walk(file)
	if f := s.funcs[""]; f != nil {
		return nil, syntax.ParseError{Pos: f.Pos(), Text: "a function without a name"}
	}
	return s, nil
}

// asciiFor has a ? for each byte that is not UTF-8: the shell does not mind them,
// the parser does.
func asciiFor(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	b := []byte(text)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			b[i] = '?'
		}
		i += n
	}
	return string(b)
}

// walk collects commands, assignments, words and uses of variables.
func (s *script) walk(root syntax.Node) {
	var in *scope
	var opened []bool // for each node round this one, whether it is a scope
	hdocs := map[*syntax.Word]bool{}
	syntax.Walk(root, func(node syntax.Node) bool {
		if node == nil {
			if opened[len(opened)-1] {
				in = in.up
			}
			opened = opened[:len(opened)-1]
			return true
		}
		switch n := node.(type) {
		case *syntax.Stmt:
			if c, ok := n.Cmd.(*syntax.CallExpr); ok {
				s.addCall(c, n, in)
			}
			s.written = append(s.written, s.outputs(n)...)
			for _, r := range n.Redirs {
				if r.Word != nil && r.Op == syntax.AppOut {
					s.appended = append(s.appended, s.normal(r.Word.Parts))
				}
			}
		case *syntax.FuncDecl:
			name := "" // which the parser lets pass, and bash does not
			if n.Name != nil {
				name = n.Name.Value
			}
			s.funcs[name] = n
		case *syntax.ParamExp:
			if n.Param != nil {
				s.uses = append(s.uses, use{n.Param.Value, n.Pos().Offset(), int(n.Pos().Line())})
			}
		case *syntax.DeclClause:
			for _, a := range n.Args {
				s.addAssign(a, in, true)
				if a.Name != nil {
					s.assigns[len(s.assigns)-1].exported = true
				}
			}
		case *syntax.Comment:
			s.comments = append(s.comments, comment{n.Text, int(n.Hash.Line())})
		case *syntax.Redirect:
			if n.Hdoc != nil {
				hdocs[n.Hdoc] = true
				s.hdocs = append(s.hdocs, s.source(n.Hdoc))
			}
		case *syntax.Word:
			if !hdocs[n] {
				s.words = append(s.words, word{s.normal(n.Parts), int(n.Pos().Line())})
			}
		}
		deeper, scoped := deepens(node)
		if scoped {
			in = &scope{node, in, in.level()}
			if deeper {
				in.depth++
			}
		}
		opened = append(opened, scoped)
		return true
	})
}

func (sc *scope) level() int {
	if sc == nil {
		return 0
	}
	return sc.depth
}

// deepens reports whether the node is a scope, and whether what is inside may
// run never, or not as part of the script itself.
func deepens(n syntax.Node) (deeper, scoped bool) {
	switch n := n.(type) {
	case *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause, *syntax.FuncDecl, *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst, *syntax.Block:
		return true, true
	case *syntax.CaseItem:
		return false, true
	case *syntax.BinaryCmd:
		return false, true
	case *syntax.Stmt:
		return false, n.Background || len(n.Redirs) > 0
	}
	return false, false
}

func (s *script) addCall(n *syntax.CallExpr, stmt *syntax.Stmt, in *scope) {
	for _, a := range n.Assigns {
		s.addAssign(a, in, len(n.Args) == 0)
	}
	if len(n.Args) == 0 {
		return
	}
	c := call{line: int(n.Args[0].Pos().Line()), stmt: stmt, scope: in, pos: n.Pos().Offset()}
	for _, w := range n.Args {
		c.words = append(c.words, s.normal(w.Parts))
	}
	s.calls = append(s.calls, c)
}

func (s *script) addAssign(a *syntax.Assign, in *scope, statement bool) {
	if a.Name == nil {
		return
	}
	as := assign{name: a.Name.Value, line: int(a.Pos().Line()), column: int(a.Pos().Col()), scope: in, pos: a.Pos().Offset(), statement: statement}
	if a.Value != nil {
		as.value = s.normal(a.Value.Parts)
		as.raw = s.source(a.Value)
	}
	line := s.lines[as.line-1]
	if len(line) > maxValue {
		line = "" // not one that stands alone
	}
	line = strings.TrimSpace(line)
	if i := strings.IndexByte(line, '#'); i > 0 && strings.ContainsRune(" \t", rune(line[i-1])) {
		line = strings.TrimSpace(line[:i])
	}
	as.alone = statement && line == as.name+"="+as.raw
	as.computed = strings.Contains(as.value, "$(")
	s.assigns = append(s.assigns, as)
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

// used reports whether the variable is read somewhere.
func (s *script) used(name string) bool {
	return slices.ContainsFunc(s.uses, func(u use) bool { return u.name == name })
}

// find returns the commands that are called name, or end in /name.
func (s *script) find(name string) []call {
	var found []call
	for _, c := range s.calls {
		if c.name() == name {
			found = append(found, c)
		}
	}
	return found
}

// says reports whether any word of the script, comments and here-documents
// apart, is one that is asked for.
func (s *script) says(is func(word string) bool) bool {
	return slices.ContainsFunc(s.words, func(w word) bool { return is(w.text) })
}

// name is the command without the directory it is in.
func (c call) name() string { return path.Base(c.words[0]) }

// enclosing is the innermost node that the command stands in, or nil.
func (c call) enclosing() syntax.Node {
	if c.scope == nil {
		return nil
	}
	return c.scope.node
}

// String is the command with one blank between its words.
func (c call) String() string { return strings.Join(c.words, " ") }

// has reports whether one of the arguments is one that is asked for.
func (c call) has(is func(word string) bool) bool { return slices.ContainsFunc(c.words[1:], is) }

// subcommand is the first argument that is no option.
func (c call) subcommand() string {
	for _, w := range c.words[1:] {
		if !strings.HasPrefix(w, "-") {
			return w
		}
	}
	return ""
}

// outputs lists the files that the statement writes to by redirection.
func (s *script) outputs(stmt *syntax.Stmt) []string {
	var to []string
	for _, r := range stmt.Redirs {
		if r.Word != nil && (r.Op == syntax.RdrOut || r.Op == syntax.AppOut || r.Op == syntax.RdrClob) {
			to = append(to, s.normal(r.Word.Parts))
		}
	}
	return to
}

// inside reports whether the scope is, or is in, a node of that kind.
func (sc *scope) inside(is func(syntax.Node) bool) bool {
	for ; sc != nil; sc = sc.up {
		if is(sc.node) {
			return true
		}
	}
	return false
}

// subshell reports whether the node is run in a process of its own.
func subshell(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst:
		return true
	case *syntax.BinaryCmd:
		return n.Op == syntax.Pipe || n.Op == syntax.PipeAll
	case *syntax.Stmt:
		return n.Background
	}
	return false
}

func isFunction(n syntax.Node) bool {
	_, ok := n.(*syntax.FuncDecl)
	return ok
}

// guards are the conditions that hold, or fail, where the place is reached,
// the innermost first.
func (s *script) guards(sc *scope, pos uint) []string {
	var all []string
	for ; sc != nil; sc = sc.up {
		switch n := sc.node.(type) {
		case *syntax.IfClause: // an elif or else is in the if before it
			if len(n.Cond) > 0 && len(n.Then) > 0 && pos >= n.Then[0].Pos().Offset() {
				all = append(all, s.cond(n, n.Cond))
			}
		case *syntax.BinaryCmd:
			if (n.Op == syntax.AndStmt || n.Op == syntax.OrStmt) && pos >= n.Y.Pos().Offset() {
				all = append(all, s.cond(n, []*syntax.Stmt{n.X}))
			}
		}
	}
	return all
}

// cond is a condition, written once for all commands that depend on it.
func (s *script) cond(of syntax.Node, stmts []*syntax.Stmt) string {
	text, ok := s.conds[of]
	if !ok {
		text = s.normalStmts(stmts)
		s.conds[of] = text
	}
	return text
}

// condition is what holds in the branch of the innermost if that the place is
// in; empty after else.
func (s *script) condition(sc *scope, pos uint) string {
	for ; sc != nil; sc = sc.up {
		if n, ok := sc.node.(*syntax.IfClause); ok {
			if len(n.Cond) == 0 || len(n.Then) == 0 || pos < n.Then[0].Pos().Offset() {
				return ""
			}
			return s.cond(n, n.Cond)
		}
	}
	return ""
}

// pattern is the first pattern of the case branch that the place is in.
func (s *script) pattern(sc *scope) string {
	for ; sc != nil; sc = sc.up {
		if item, ok := sc.node.(*syntax.CaseItem); ok {
			return s.normal(item.Patterns[0].Parts)
		}
	}
	return ""
}

// parseLine is the line of a parse error, and what is wrong there.
func parseLine(err error) (int, string) {
	if p := new(syntax.ParseError); errors.As(err, p) {
		return int(p.Pos.Line()), p.Text
	}
	if l := new(syntax.LangError); errors.As(err, l) {
		return int(l.Pos.Line()), fmt.Sprintf("%s is not for this shell", l.Feature)
	}
	return 0, err.Error()
}
