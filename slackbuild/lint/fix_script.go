// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// mendSlackBuild mends a script where the syntax tree tells that nothing else
// becomes of it.
func mendSlackBuild(text string) string {
	text = unixLines(text)
	for _, mend := range []struct {
		change func(*script) string
		same   func(before, after *script) bool
	}{
		{trimScript, sameTree},
		{plainOutput, sameCommands},
		{dropUnused, sameCommands},
		{dropUnused, sameCommands}, // what only the first ones used
	} {
		before, err := parseScript(text)
		if err != nil {
			return text
		}
		mended := mend.change(before)
		if mended == text {
			continue
		}
		if after, err := parseScript(mended); err == nil && mend.same(before, after) {
			text = mended
		}
	}
	return text
}

// sameTree reports whether the scripts differ in comments and blanks only.
func sameTree(a, b *script) bool { return bytes.Equal(printed(a), printed(b)) }

func printed(s *script) []byte {
	file, err := parseShell(s.text, syntax.LangBash)
	if err != nil {
		return []byte(err.Error())
	}
	var b bytes.Buffer
	if err := syntax.NewPrinter(syntax.Minify(true)).Print(&b, file); err != nil {
		return []byte(err.Error())
	}
	return b.Bytes()
}

// sameCommands reports whether the scripts run the same commands with the same
// words, and write to the same files. Tests do not count.
func sameCommands(a, b *script) bool {
	commands := func(s *script) []call {
		return slices.DeleteFunc(slices.Clone(s.calls), func(c call) bool { return c.words[0] == "[" })
	}
	return slices.EqualFunc(commands(a), commands(b), func(x, y call) bool { return slices.Equal(x.words, y.words) }) &&
		slices.Equal(a.written, b.written) && len(a.funcs) == len(b.funcs)
}

// trimScript takes blanks from the ends of lines that are not part of a
// here-document, a quoted string, or a word.
func trimScript(s *script) string {
	keep := map[int]bool{}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.SglQuoted, *syntax.DblQuoted, *syntax.ArithmExp, *syntax.ArithmCmd:
			for line := n.Pos().Line(); line < n.End().Line(); line++ {
				keep[int(line)] = true
			}
		case *syntax.Redirect:
			if n.Hdoc != nil {
				for line := n.Hdoc.Pos().Line(); line <= n.Hdoc.End().Line(); line++ {
					keep[int(line)] = true
				}
			}
		}
		return true
	})
	lines := slices.Clone(s.lines)
	for i, line := range lines {
		if trimmed := strings.TrimRight(line, " \t"); !keep[i+1] && !strings.HasSuffix(trimmed, `\`) && !strings.HasSuffix(trimmed, "\r") {
			lines[i] = trimmed
		}
	}
	return strings.Join(lines, "\n")
}

// plainOutput takes the braces off ${OUTPUT} in makepkg's line, where sbopkg
// looks for the text.
func plainOutput(s *script) string {
	calls := s.find("makepkg")
	if len(calls) != 1 || strings.Contains(s.text, "$OUTPUT/") {
		return s.text
	}
	text := s.text
	syntax.Walk(calls[0].stmt, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && s.source(p) == "${OUTPUT}" && strings.HasPrefix(s.text[p.End().Offset():], "/") {
			text = s.text[:p.Pos().Offset()] + "$OUTPUT" + s.text[p.End().Offset():]
		}
		return true
	})
	return text
}

// dropUnused takes out assignments of SLKCFLAGS and LIBDIRSUFFIX where nothing
// reads them, and the ifs that have nothing else.
func dropUnused(s *script) string {
	unused := map[string]bool{}
	for _, name := range flagVariables {
		if _, set := s.first(name); set && !s.used(name) && !s.usedElsewhere(name) {
			unused[name] = true
		}
	}
	if len(unused) == 0 {
		return s.text
	}
	drop := map[int]bool{} // lines
	for _, stmt := range s.file.Stmts {
		lines, _ := s.unusedLines(stmt, unused)
		for _, n := range lines {
			drop[n] = true
		}
	}
	var kept []string
	for i, line := range s.lines {
		above := len(kept) > 0 && kept[len(kept)-1] == "" && drop[i]
		if drop[i+1] || line == "" && above {
			continue // one blank line is enough where something was
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

// unusedLines are the lines of a statement that can go; whole is set where
// that is all of it. Nothing can go where a branch would be left empty.
func (s *script) unusedLines(stmt *syntax.Stmt, unused map[string]bool) (lines []int, whole bool) {
	first, last := int(stmt.Pos().Line()), int(stmt.End().Line())
	before := s.text[:stmt.Pos().Offset()]
	if strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:]) != "" || !s.endsLine(stmt) || len(stmt.Redirs) > 0 {
		return nil, false // not alone on its lines
	}
	switch c := stmt.Cmd.(type) {
	case *syntax.CallExpr:
		whole = len(c.Args) == 0 && !slices.ContainsFunc(c.Assigns, func(a *syntax.Assign) bool {
			return a.Name == nil || !unused[a.Name.Value] || a.Value != nil && strings.Contains(s.source(a.Value), "$(")
		})
	case *syntax.IfClause:
		whole = true
		for i := c; i != nil; i = i.Else {
			empty := true
			for _, in := range i.Then {
				some, all := s.unusedLines(in, unused)
				lines = append(lines, some...)
				empty = empty && all
			}
			whole = whole && empty && onlyTests(i.Cond)
		}
		if !whole && s.leavesEmpty(c, lines) {
			return nil, false
		}
	}
	if whole {
		lines = nil
		for n := first; n <= last; n++ {
			lines = append(lines, n)
		}
	}
	return lines, whole
}

// onlyTests reports whether the conditions do nothing but look: [ ... ].
func onlyTests(conditions []*syntax.Stmt) bool {
	only := true
	for _, cond := range conditions {
		syntax.Walk(cond, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.CallExpr:
				only = only && len(n.Args) > 0 && n.Args[0].Lit() == "["
			case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.Redirect:
				only = false
			}
			return only
		})
	}
	return only
}

// leavesEmpty reports whether a branch would have no statement without the lines.
func (s *script) leavesEmpty(c *syntax.IfClause, lines []int) bool {
	for ; c != nil; c = c.Else {
		if !slices.ContainsFunc(c.Then, func(in *syntax.Stmt) bool { return !slices.Contains(lines, int(in.Pos().Line())) }) {
			return true
		}
	}
	return false
}

// endsLine reports whether nothing but a comment follows the statement.
func (s *script) endsLine(stmt *syntax.Stmt) bool {
	rest, _, _ := strings.Cut(s.text[stmt.End().Offset():], "\n")
	rest = strings.TrimSpace(rest)
	return rest == "" || rest[0] == '#'
}
