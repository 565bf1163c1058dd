// SPDX-License-Identifier: MIT

package lint

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// source is the node's own text.
func (s *script) source(n syntax.Node) string { return s.text[n.Pos().Offset():n.End().Offset()] }

// normal writes a word without what makes no difference here: quotes, and
// braces round a plain variable. `x` becomes $(x).
func (s *script) normal(parts []syntax.WordPart) string {
	if len(parts) == 1 { // most words
		if l, ok := parts[0].(*syntax.Lit); ok && strings.IndexByte(l.Value, '\\') < 0 {
			return l.Value
		}
	}
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
			b.WriteString(s.source(p))
		}
	}
	return b.String()
}

func (s *script) normalParam(p *syntax.ParamExp) string {
	plain := p.Param != nil && !p.Excl && !p.Length && !p.Width && p.Index == nil && p.Slice == nil && p.Repl == nil && p.Names == 0
	switch {
	case !plain:
		return s.source(p)
	case p.Exp == nil:
		return "$" + p.Param.Value
	case p.Exp.Word == nil:
		return "${" + p.Param.Value + p.Exp.Op.String() + "}"
	}
	return "${" + p.Param.Value + p.Exp.Op.String() + s.normal(p.Exp.Word.Parts) + "}"
}

func (s *script) normalStmts(stmts []*syntax.Stmt) string {
	var all []string
	for _, stmt := range stmts {
		all = append(all, s.normalStmt(stmt))
	}
	return strings.Join(all, "; ")
}

// normalStmt writes a statement in one line.
func (s *script) normalStmt(stmt *syntax.Stmt) string {
	var b strings.Builder
	if stmt.Negated {
		b.WriteString("! ")
	}
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		for i, a := range c.Assigns {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(s.normalAssign(a))
		}
		for i, w := range c.Args {
			if i > 0 || len(c.Assigns) > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(s.normal(w.Parts))
		}
	case *syntax.BinaryCmd:
		fmt.Fprintf(&b, "%s %s %s", s.normalStmt(c.X), c.Op, s.normalStmt(c.Y))
	case *syntax.IfClause:
		s.normalIf(&b, c)
	case *syntax.Block:
		b.WriteString("{ " + s.normalStmts(c.Stmts) + "; }")
	case *syntax.Subshell:
		b.WriteString("( " + s.normalStmts(c.Stmts) + " )")
	case *syntax.DeclClause:
		b.WriteString(c.Variant.Value)
		for _, a := range c.Args {
			b.WriteString(" " + s.normalAssign(a))
		}
	case nil:
	default:
		return strings.Join(strings.Fields(s.source(stmt)), " ")
	}
	for _, r := range stmt.Redirs {
		b.WriteString(" " + r.Op.String())
		if r.Word != nil {
			b.WriteString(" " + s.normal(r.Word.Parts))
		}
	}
	return b.String()
}

func (s *script) normalAssign(a *syntax.Assign) string {
	if a.Name == nil || a.Value == nil || a.Append || a.Index != nil {
		return s.source(a)
	}
	return a.Name.Value + "=" + s.normal(a.Value.Parts)
}

func (s *script) normalIf(b *strings.Builder, c *syntax.IfClause) {
	for word := "if "; c != nil; c, word = c.Else, "; elif " {
		if len(c.Cond) == 0 { // else
			b.WriteString("; else " + s.normalStmts(c.Then))
			continue
		}
		b.WriteString(word + s.normalStmts(c.Cond) + "; then " + s.normalStmts(c.Then))
	}
	b.WriteString("; fi")
}
