// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// sandbox interprets the few lines of shell of which a rule wants to know what
// they do: the beginning of a SlackBuild up to PRINT_PACKAGE_NAME, and the
// functions of doinst.sh. It starts no program, looks at no file of the machine,
// and bounds steps and the length of values, so a hostile script gets nowhere.
// What it does not understand ends it with errNotHere: there is no guessing.
type sandbox struct {
	s       *script
	machine string // what uname -m says
	vars    map[string]string
	files   map[string]fakeFile // nil where commands on files are not understood
	stdin   string
	out     text // what is printed
	work    *int // steps that are left
	depth   int  // of function calls and $( )
	errexit bool // set -e
	nounset bool // set -u
}

// fakeFile is a file as far as doinst.sh's functions can tell, or a symbolic
// link to another.
type fakeFile struct{ content, mode, link string }

// follow is the file that a name leads to; one behind a link may not be there.
func (sh *sandbox) follow(name string) string {
	if f := sh.files[name]; f.link != "" {
		return f.link
	}
	return name
}

const (
	maxValue = 4 << 10  // bytes of a variable, a word that is expanded, a file, an output
	maxWork  = 10 << 20 // steps: characters that are put somewhere or compared, and commands
	maxDepth = 16
)

// errNotHere is for what the sandbox does not understand.
var errNotHere = errors.New("not interpreted")

// exited ends the script.
type exited int

func (e exited) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// returned ends a function.
type returned int

func (r returned) Error() string { return fmt.Sprintf("return %d", int(r)) }

func newSandbox(s *script, files map[string]fakeFile) *sandbox {
	work := maxWork
	sh := &sandbox{s: s, machine: "x86_64", files: files, work: &work,
		vars: map[string]string{"HOME": "/", "PWD": "/", "#": "0", "@": "", "*": ""}}
	sh.out.sh = sh
	return sh
}

// capture runs the statements as a subshell and returns what they print.
func (sh *sandbox) capture(stmts []*syntax.Stmt) (string, int, error) {
	if sh.depth >= maxDepth || !sh.spend(len(sh.vars)) {
		return "", 0, errNotHere
	}
	sub := &sandbox{s: sh.s, machine: sh.machine, files: sh.files, work: sh.work, depth: sh.depth + 1, stdin: sh.stdin,
		errexit: sh.errexit, nounset: sh.nounset, vars: maps.Clone(sh.vars)}
	sub.out.sh = sub
	status, err := sub.runAll(stmts, true)
	if err != nil {
		err = errNotHere // an exit or return of the subshell alone among them
	}
	return sub.out.b.String(), status, err
}

// fields expands the words of a command. A value without quotes that is empty
// is no word; one that would be split or matched with file names is not
// understood, but for what is only printed.
func (sh *sandbox) fields(words []*syntax.Word) ([]string, error) {
	var all []string
	for _, w := range words {
		v, err := sh.expand(w)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(w.Parts, braces) {
			return nil, errNotHere // {a,b} becomes two words
		}
		if !quoted(w) {
			if v == "" {
				continue
			}
			if strings.ContainsAny(v, " \t\n*?[") && (len(all) == 0 || all[0] != "echo" && all[0] != "[") {
				return nil, errNotHere
			}
		}
		all = append(all, v)
	}
	return all, nil
}

// braces reports whether the part may begin or hold a brace expansion.
func braces(part syntax.WordPart) bool {
	lit, ok := part.(*syntax.Lit)
	return ok && strings.Contains(lit.Value, "{") && lit.Value != "{"
}

// quoted reports whether the word is one word whatever is in it.
func quoted(w *syntax.Word) bool {
	for i, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		case *syntax.Lit:
			if strings.ContainsAny(p.Value, "*?[") && (i > 0 || p.Value != "[") {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (sh *sandbox) runAll(stmts []*syntax.Stmt, tested bool) (status int, err error) {
	for _, stmt := range stmts {
		if status, err = sh.run(stmt, tested); err != nil {
			return 0, err
		}
	}
	return status, nil
}

// run executes one statement; tested is set where its failure is asked for, so
// that set -e does not count.
func (sh *sandbox) run(stmt *syntax.Stmt, tested bool) (int, error) {
	const cost = 1000 // so that there are some 10,000 at most
	if !sh.spend(cost) || stmt.Background || stmt.Coprocess {
		return 0, errNotHere
	}
	before, stdin := sh.out.b.String(), sh.stdin
	to, moved, err := sh.redirect(stmt)
	if err != nil {
		return 0, err
	}
	status, err := sh.command(stmt.Cmd, tested || stmt.Negated)
	sh.stdin = stdin
	if moved {
		printed := strings.TrimPrefix(sh.out.b.String(), before)
		sh.out.b.Reset()
		sh.out.b.WriteString(before)
		if to != "" {
			to = sh.follow(to)
			sh.files[to] = fakeFile{content: printed, mode: sh.files[to].mode}
		}
	}
	if err != nil {
		return 0, err
	}
	_, list := stmt.Cmd.(*syntax.BinaryCmd)
	switch {
	case stmt.Negated:
		status = toStatus(status != 0)
	case status != 0 && sh.errexit && !tested && !list:
		return 0, exited(status)
	}
	return status, nil
}

// redirect looks at the statement's redirections: moved is set where its output
// goes elsewhere, to the file to, or nowhere.
func (sh *sandbox) redirect(stmt *syntax.Stmt) (to string, moved bool, err error) {
	for _, r := range stmt.Redirs {
		if r.Word == nil || r.Hdoc != nil {
			return "", false, errNotHere
		}
		word, err := sh.expand(r.Word)
		if err != nil {
			return "", false, err
		}
		fd := "1"
		if r.N != nil {
			fd = r.N.Value
		}
		switch {
		case r.Op == syntax.RdrIn && r.N == nil && sh.files != nil:
			f, ok := sh.files[sh.follow(word)]
			if !ok {
				return "", false, errNotHere
			}
			sh.stdin = f.content
		case r.Op != syntax.RdrOut && r.Op != syntax.AppOut && r.Op != syntax.DplOut && r.Op != syntax.RdrAll:
			return "", false, errNotHere
		case fd == "2" && (word == "/dev/null" || word == "1"):
		case word == "/dev/null" || r.Op == syntax.DplOut && word == "2":
			moved = true
		case r.Op == syntax.RdrOut && fd == "1" && sh.files != nil:
			to, moved = word, true
		default:
			return "", false, errNotHere
		}
	}
	return to, moved, nil
}

// toStatus is the exit status of a test.
func toStatus(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

func (sh *sandbox) command(cmd syntax.Command, tested bool) (int, error) {
	switch c := cmd.(type) {
	case *syntax.CallExpr:
		return sh.simple(c, tested)
	case *syntax.DeclClause:
		if v := c.Variant.Value; v != "export" && v != "local" {
			return 0, errNotHere
		}
		return 0, sh.assign(c.Args)
	case *syntax.Block:
		return sh.runAll(c.Stmts, tested)
	case *syntax.IfClause:
		return sh.branch(c, tested)
	case *syntax.CaseClause:
		return sh.choose(c, tested)
	case *syntax.ForClause:
		return sh.loop(c, tested)
	case *syntax.TestClause:
		ok, err := sh.test(c.X)
		return toStatus(ok), err
	case *syntax.FuncDecl:
		return 0, nil
	case *syntax.BinaryCmd:
		return sh.list(c, tested)
	}
	return 0, errNotHere
}

// list is X && Y, X || Y and X | Y.
func (sh *sandbox) list(c *syntax.BinaryCmd, tested bool) (int, error) {
	switch c.Op {
	case syntax.AndStmt, syntax.OrStmt:
		status, err := sh.run(c.X, true)
		if err != nil || (status == 0) != (c.Op == syntax.AndStmt) {
			return status, err
		}
		return sh.run(c.Y, tested)
	case syntax.Pipe:
		out, _, err := sh.capture([]*syntax.Stmt{c.X})
		if err != nil {
			return 0, err
		}
		stdin := sh.stdin
		sh.stdin = out
		status, err := sh.run(c.Y, tested)
		sh.stdin = stdin
		return status, err
	}
	return 0, errNotHere
}

func (sh *sandbox) assign(list []*syntax.Assign) error {
	for _, a := range list {
		if a.Name == nil || a.Array != nil || a.Index != nil || a.Append {
			return errNotHere
		}
		if a.Naked {
			continue
		}
		v, err := sh.expand(a.Value)
		if err != nil {
			return err
		}
		sh.vars[a.Name.Value] = v
	}
	return nil
}

func (sh *sandbox) branch(c *syntax.IfClause, tested bool) (int, error) {
	for ; c != nil; c = c.Else {
		status := 0
		if len(c.Cond) > 0 {
			var err error
			if status, err = sh.runAll(c.Cond, true); err != nil {
				return 0, err
			}
		}
		if status == 0 {
			return sh.runAll(c.Then, tested)
		}
	}
	return 0, nil
}

func (sh *sandbox) choose(c *syntax.CaseClause, tested bool) (int, error) {
	word, err := sh.expand(c.Word)
	if err != nil {
		return 0, err
	}
	for _, item := range c.Items {
		for _, p := range item.Patterns {
			ok, err := sh.matches(p, word)
			if err != nil {
				return 0, err
			}
			if ok && item.Op != syntax.Break {
				return 0, errNotHere
			}
			if ok {
				return sh.runAll(item.Stmts, tested)
			}
		}
	}
	return 0, nil
}

func (sh *sandbox) loop(c *syntax.ForClause, tested bool) (status int, err error) {
	iter, ok := c.Loop.(*syntax.WordIter)
	if !ok || c.Select {
		return 0, errNotHere
	}
	items, err := sh.fields(iter.Items)
	if err != nil {
		return 0, err
	}
	for _, item := range items {
		sh.vars[iter.Name.Value] = item
		if status, err = sh.runAll(c.Do, tested); err != nil {
			return 0, err
		}
	}
	return status, nil
}

// matches compares with a pattern of the shell.
func (sh *sandbox) matches(p *syntax.Word, word string) (bool, error) {
	g, err := sh.pattern(p)
	if err != nil || !utf8.ValidString(word) {
		return false, errNotHere
	}
	ends := g.ends([]rune(word), sh.spend)
	if ends == nil {
		return false, errNotHere
	}
	return ends[len(ends)-1], nil
}

// test is [[ ]].
func (sh *sandbox) test(x syntax.TestExpr) (bool, error) {
	switch x := x.(type) {
	case *syntax.ParenTest:
		return sh.test(x.X)
	case *syntax.Word:
		v, err := sh.expand(x)
		return v != "", err
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			ok, err := sh.test(x.X)
			return !ok, err
		}
		if w, ok := x.X.(*syntax.Word); ok {
			v, err := sh.expand(w)
			if err != nil {
				return false, err
			}
			return sh.unary(x.Op.String(), v)
		}
	case *syntax.BinaryTest:
		if x.Op == syntax.AndTest || x.Op == syntax.OrTest {
			ok, err := sh.test(x.X)
			if err != nil || ok != (x.Op == syntax.AndTest) {
				return ok, err
			}
			return sh.test(x.Y)
		}
		left, isWord := x.X.(*syntax.Word)
		right, isPattern := x.Y.(*syntax.Word)
		if !isWord || !isPattern || x.Op != syntax.TsMatch && x.Op != syntax.TsMatchShort && x.Op != syntax.TsNoMatch {
			return false, errNotHere
		}
		v, err := sh.expand(left)
		if err != nil {
			return false, err
		}
		ok, err := sh.matches(right, v)
		return ok != (x.Op == syntax.TsNoMatch), err
	}
	return false, errNotHere
}
