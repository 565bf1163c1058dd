// SPDX-License-Identifier: MIT

package shconf

import (
	"bytes"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

type parser struct {
	file *File
	text []byte
	// ended is set after a plain return, exit or exec: bash does not get to what follows.
	ended bool
	// highest is the largest index of each variable, as far as nothing was unset
	// since; unread are the variables with an assignment that is not static.
	highest map[string]int
	unread  map[string]bool
	// readonly are the variables that keep their value, whatever comes.
	readonly map[string]bool
}

// statement takes one statement of the file's top level.
func (p *parser) statement(s *syntax.Stmt) {
	plain := len(s.Redirs) == 0 && !s.Background && !s.Coprocess && !s.Negated
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		switch {
		case plain && len(c.Args) == 0:
			for _, a := range c.Assigns {
				p.assign(a, "")
			}
			return
		case plain && len(c.Assigns) == 0 && c.Args[0].Lit() == "unset" && p.unset(c.Args[1:], ""):
			return
		case plain && len(c.Args) > 0:
			if word := c.Args[0].Lit(); word == "return" || word == "exit" || word == "exec" && len(c.Args) > 1 {
				p.command(s)
				p.file.Commands[len(p.file.Commands)-1].Exits = word != "return" && !p.ended
				p.ended = true
				return
			}
		}
	case *syntax.DeclClause:
		if plain && p.declare(c, "") {
			return
		}
	case *syntax.FuncDecl:
		// Nothing happens until it is called, which is a command.
		if c.Name != nil {
			p.file.Functions = append(p.file.Functions, c.Name.Value)
		}
		return
	}
	p.command(s)
}

// command records a statement whose effect is not known, and the assignments
// inside it as not static: they may or may not happen.
func (p *parser) command(s *syntax.Stmt) {
	start, end := int(s.Pos().Offset()), int(s.End().Offset())
	text := p.text[min(start, len(p.text)):min(end, len(p.text))]
	text, _, _ = bytes.Cut(text, []byte("\n"))
	command := Command{
		Pos: p.pos(s.Pos()), EndLine: int(s.End().Line()), Text: strings.TrimRight(showBytes(string(text)), "\r"),
	}
	why := "it stands in " + kind(s)
	syntax.Walk(s, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl, *syntax.Subshell, *syntax.CmdSubst, *syntax.ProcSubst:
			return false // cannot change the file's own variables, or not yet
		case *syntax.CallExpr:
			if len(n.Args) == 0 {
				for _, a := range n.Assigns {
					p.assign(a, why)
				}
				return true
			}
			switch word := n.Args[0].Lit(); {
			case word == "unset":
				p.unset(n.Args[1:], why)
			case word == "exit", word == "return", word == "exec" && len(n.Args) > 1:
				command.Ends = true
			}
		case *syntax.DeclClause:
			p.declare(n, why)
			return false
		case *syntax.WordIter:
			p.add(Assignment{Pos: p.pos(n.Pos()), Name: n.Name.Value, Why: "it is the variable of a loop"})
		}
		return true
	})
	p.file.Commands = append(p.file.Commands, command)
}

// kind names the statement for a message.
func kind(s *syntax.Stmt) string {
	switch s.Cmd.(type) {
	case *syntax.IfClause:
		return "an if"
	case *syntax.CaseClause:
		return "a case"
	case *syntax.WhileClause, *syntax.ForClause:
		return "a loop"
	case *syntax.BinaryCmd:
		return "an && or || list or a pipe"
	}
	return "a compound command"
}

// declare takes "export NAME=x", "declare -a NAME" and the like at the top
// level; false where its options change what an assignment means.
func (p *parser) declare(c *syntax.DeclClause, why string) bool {
	switch c.Variant.Value {
	case "export", "readonly", "declare", "typeset":
	default:
		return false
	}
	readonly := c.Variant.Value == "readonly"
	for _, a := range c.Args {
		if a.Name != nil {
			continue
		}
		// -i makes the value an expression, -l, -u and -c change its case, -n
		// makes it a reference, -A makes the index a word, -f means functions.
		option := ""
		if a.Value != nil {
			option = a.Value.Lit()
		}
		readonly = readonly || strings.HasPrefix(option, "-") && strings.Contains(option, "r")
		if option == "" || strings.Trim(option, "-+axrgtp") != "" {
			if why == "" {
				why = "it is declared with " + strconv.Quote(option)
			}
		}
	}
	for _, a := range c.Args {
		if a.Name == nil {
			continue
		}
		if !a.Naked {
			p.assign(a, why)
		}
		if readonly && why == "" {
			p.readonly[a.Name.Value] = true
		}
	}
	return true
}

// unset takes the operands of an unset; false where they are not literal.
func (p *parser) unset(words []*syntax.Word, why string) bool {
	var list []Assignment
	for _, w := range words {
		text, ok := literal(w)
		if !ok {
			return false
		}
		if strings.HasPrefix(text, "-") {
			if text != "-v" {
				return false
			}
			continue
		}
		a := Assignment{Pos: p.pos(w.Pos()), Name: text, Unset: true, Static: why == "", Why: why}
		if name, rest, ok := strings.Cut(text, "["); ok {
			index, ok := parseIndex(strings.TrimSuffix(rest, "]"))
			if !ok {
				return false
			}
			a.Name, a.Index, a.Indexed = name, index, true
		} else {
			a.AnyIndex = true
		}
		if !syntax.ValidName(a.Name) {
			return false
		}
		list = append(list, a)
	}
	if !p.ended {
		for _, a := range list {
			delete(p.highest, a.Name)
			p.unread[a.Name] = p.unread[a.Name] || !a.Static
		}
		p.file.Assignments = append(p.file.Assignments, list...)
	}
	return true
}

// assign takes NAME=x, NAME[i]=x, NAME+=x and NAME=(...). why is not empty
// where it is already known that the assignment is not static.
func (p *parser) assign(a *syntax.Assign, why string) {
	if p.readonly[a.Name.Value] && why == "" && !p.ended {
		p.file.Faults = append(p.file.Faults, Fault{Pos: p.pos(a.Pos()), Text: a.Name.Value + " is readonly: it keeps the value that it has"})
		return
	}
	base := Assignment{Pos: p.pos(a.Pos()), Name: a.Name.Value, Why: why}
	if a.Array != nil {
		p.array(a, base)
		return
	}
	if a.Index != nil {
		base.Indexed = true
		var ok bool
		if base.Index, ok = p.index(a.Index, base); !ok {
			base.AnyIndex = true
			base.fail("its index is not a plain number")
		}
	}
	base.Append = a.Append
	if a.Value != nil {
		var ok bool
		if base.Value, ok = literal(a.Value); !ok {
			base.fail("its value has an expansion")
		}
	}
	if a.Append {
		old, found := p.file.Lookup(base.Name, base.Index)
		if found && !old.Static {
			base.fail("it appends to what cannot be read")
		} else if found {
			base.Value = old.Value + base.Value
		}
	}
	p.add(base)
}

// array takes NAME=(one two [5]=six).
func (p *parser) array(a *syntax.Assign, base Assignment) {
	base.Indexed = true
	base.Append = a.Append
	next := 0
	if a.Append {
		next = p.next(base.Name)
		if p.unread[base.Name] {
			base.AnyIndex = true
			base.fail("it appends to what cannot be read")
		}
	} else {
		// The whole array is new: what it held before is gone.
		gone := base
		gone.Unset, gone.AnyIndex, gone.Indexed = true, true, false
		p.add(gone)
	}
	for _, e := range a.Array.Elems {
		el := base
		el.Pos = p.pos(e.Pos())
		el.Index = next
		if e.Index != nil {
			var ok bool
			if el.Index, ok = p.index(e.Index, base); !ok {
				el.fail("its index is not a plain number")
				el.AnyIndex = true
			}
		}
		if e.Value != nil {
			var ok bool
			if el.Value, ok = literal(e.Value); !ok || e.Index == nil && hasGlob(e.Value) {
				el.fail("its value has an expansion")
				// One word can become none or many: the rest moves along.
				el.AnyIndex = el.AnyIndex || e.Index == nil
				base.AnyIndex, base.Why = el.AnyIndex, el.Why
			}
		}
		next = el.Index + 1
		p.add(el)
	}
}

// fail says why the assignment is not static; the first reason stays.
func (a *Assignment) fail(why string) {
	if a.Why == "" {
		a.Why = why
	}
}

// next is the index that NAME+=(x) begins with.
func (p *parser) next(name string) int {
	if i, ok := p.highest[name]; ok {
		return i + 1
	}
	next := 0
	if used := p.file.Indexes(name); len(used) > 0 {
		next = used[len(used)-1] + 1
	}
	return next
}

func (p *parser) add(a Assignment) {
	a.Static = a.Why == ""
	if old, ok := p.highest[a.Name]; a.Unset {
		delete(p.highest, a.Name)
	} else if !a.AnyIndex && (ok && a.Index > old || !ok && a.Index >= p.next(a.Name)) {
		p.highest[a.Name] = a.Index
	}
	p.unread[a.Name] = p.unread[a.Name] || !a.Static
	a.Value = showBytes(a.Value)
	if !a.Static {
		a.Value = ""
	}
	if !p.ended {
		p.file.Assignments = append(p.file.Assignments, a)
	}
}

func (p *parser) pos(at syntax.Pos) Pos { return Pos{p.file.Name, int(at.Line())} }
