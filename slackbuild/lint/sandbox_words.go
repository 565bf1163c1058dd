// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// Words are expanded here and by no library: each step can be counted, and no
// value is ever longer than maxValue, whatever a script puts into another.

// text is a value as it grows, part by part.
type text struct {
	sh *sandbox
	b  strings.Builder
}

// add appends s, unless the value gets too long.
func (t *text) add(s string) error {
	if t.b.Len()+len(s) > maxValue || !t.sh.spend(len(s)+1) {
		return errNotHere
	}
	t.b.WriteString(s)
	return nil
}

// spend takes n steps off what is left of the script's; it is false where there
// are none.
func (sh *sandbox) spend(n int) bool {
	*sh.work -= n
	return *sh.work > 0
}

// expand is the word's value as that of one word: what is not quoted is neither
// split nor matched with file names. A ~ would ask for the machine's users.
func (sh *sandbox) expand(w *syntax.Word) (string, error) {
	if w == nil {
		return "", nil
	}
	if lit, ok := w.Parts[0].(*syntax.Lit); ok && strings.HasPrefix(lit.Value, "~") {
		return "", errNotHere
	}
	t := &text{sh: sh}
	if err := sh.parts(t, w.Parts, false, false); err != nil {
		return "", err
	}
	return t.b.String(), nil
}

// pattern is the word as a pattern, in which what is quoted means itself.
func (sh *sandbox) pattern(w *syntax.Word) (glob, error) {
	t := &text{sh: sh}
	if w != nil {
		if err := sh.parts(t, w.Parts, false, true); err != nil {
			return nil, err
		}
	}
	return parseGlob(t.b.String())
}

// parts appends the parts of a word. In a pattern what is quoted is written with
// backslashes.
func (sh *sandbox) parts(t *text, parts []syntax.WordPart, quoted, pattern bool) error {
	for _, part := range parts {
		var value string
		var err error
		meant := quoted // as it is, in a pattern
		switch p := part.(type) {
		case *syntax.Lit:
			value, meant = unescaped(p.Value, quoted, pattern), quoted
		case *syntax.SglQuoted:
			if value, meant = p.Value, true; p.Dollar && strings.Contains(value, `\`) {
				return errNotHere
			}
		case *syntax.DblQuoted:
			if err := sh.parts(t, p.Parts, true, pattern); err != nil {
				return err
			}
			continue
		case *syntax.ParamExp:
			value, err = sh.param(p)
		case *syntax.CmdSubst:
			value, err = sh.substitute(p)
		default:
			return errNotHere
		}
		if err != nil {
			return err
		}
		if pattern && meant {
			value = quoteGlob(value)
		}
		if err := t.add(value); err != nil {
			return err
		}
	}
	return nil
}

// unescaped takes the backslashes off a literal; in a pattern they stay.
func unescaped(s string, quoted, pattern bool) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch next := s[i+1]; {
		case next == '\n':
			i++
		case quoted && strings.IndexByte("$`\"\\", next) < 0:
			b.WriteByte('\\')
		case pattern && !quoted:
			b.WriteByte('\\')
			b.WriteByte(next)
			i++
		default:
			b.WriteByte(next)
			i++
		}
	}
	return b.String()
}

// substitute is the value of $( ). What set -e makes of a failure there is left
// alone.
func (sh *sandbox) substitute(c *syntax.CmdSubst) (string, error) {
	if c.TempFile || c.ReplyVar {
		return "", errNotHere
	}
	out, status, err := sh.capture(c.Stmts)
	if err != nil || status != 0 {
		return "", errNotHere
	}
	return strings.TrimRight(out, "\n"), nil
}

// param is the value of $x and of the forms of ${x...} that are understood.
func (sh *sandbox) param(p *syntax.ParamExp) (string, error) {
	if p.Param == nil || p.Excl || p.Width || p.IsSet || p.Index != nil || p.Names != 0 || p.NestedParam != nil ||
		p.Flags != nil || len(p.Modifiers) > 0 {
		return "", errNotHere
	}
	value, set := sh.vars[p.Param.Value]
	if p.Exp != nil {
		return sh.operator(p, value, set)
	}
	switch {
	case !set && sh.nounset:
		return "", errNotHere
	case p.Length:
		return strconv.Itoa(utf8.RuneCountInString(value)), nil
	case p.Slice != nil:
		return slice(value, p.Slice)
	case p.Repl != nil:
		return sh.replace(value, p.Repl)
	}
	return value, nil
}

// operator is ${x:-word} and its like.
func (sh *sandbox) operator(p *syntax.ParamExp, value string, set bool) (string, error) {
	op := p.Exp.Op
	switch op {
	case syntax.AlternateUnsetOrNull, syntax.DefaultUnsetOrNull, syntax.ErrorUnsetOrNull, syntax.AssignUnsetOrNull:
		set = value != ""
	}
	switch op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull:
		if !set {
			return "", nil
		}
		return sh.expand(p.Exp.Word)
	case syntax.DefaultUnset, syntax.DefaultUnsetOrNull:
		if set {
			return value, nil
		}
		return sh.expand(p.Exp.Word)
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if set {
			return value, nil
		}
		value, err := sh.expand(p.Exp.Word)
		if err == nil {
			sh.vars[p.Param.Value] = value
		}
		return value, err
	}
	if !set {
		if sh.nounset || op == syntax.ErrorUnset || op == syntax.ErrorUnsetOrNull {
			return "", errNotHere
		}
		value = ""
	}
	switch op {
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return value, nil
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix:
		return sh.trim(value, op, p.Exp.Word)
	case syntax.UpperAll, syntax.LowerAll:
		if p.Exp.Word != nil {
			return "", errNotHere
		}
		if op == syntax.UpperAll {
			return strings.ToUpper(value), nil
		}
		return strings.ToLower(value), nil
	case syntax.UpperFirst, syntax.LowerFirst:
		first, n := utf8.DecodeRuneInString(value)
		switch {
		case value == "":
			return "", nil
		case p.Exp.Word != nil || first == utf8.RuneError:
			return "", errNotHere
		}
		if op == syntax.UpperFirst {
			return string(unicode.ToUpper(first)) + value[n:], nil
		}
		return string(unicode.ToLower(first)) + value[n:], nil
	}
	return "", errNotHere
}

// trim is ${x#pattern}, ${x##pattern}, ${x%pattern} and ${x%%pattern}.
func (sh *sandbox) trim(value string, op syntax.ParExpOperator, w *syntax.Word) (string, error) {
	g, err := sh.pattern(w)
	if err != nil || !utf8.ValidString(value) {
		return "", errNotHere
	}
	runes := []rune(value)
	suffix := op == syntax.RemSmallSuffix || op == syntax.RemLargeSuffix
	if suffix {
		g = g.reversed()
		slices.Reverse(runes)
	}
	ends := g.ends(runes, sh.spend)
	if ends == nil {
		return "", errNotHere
	}
	n := slices.Index(ends, true)
	if op == syntax.RemLargePrefix || op == syntax.RemLargeSuffix {
		for i, match := range ends {
			if match {
				n = i
			}
		}
	}
	if runes = runes[max(n, 0):]; suffix {
		slices.Reverse(runes)
	}
	return string(runes), nil
}

// replace is ${x/pattern/word} and ${x//pattern/word}.
func (sh *sandbox) replace(value string, r *syntax.Replace) (string, error) {
	with, err := sh.expand(r.With)
	if err != nil || !utf8.ValidString(value) || strings.Contains(with, "&") {
		return "", errNotHere
	}
	if r.Orig == nil || strings.HasPrefix(sh.s.source(r.Orig), "#") || strings.HasPrefix(sh.s.source(r.Orig), "%") {
		return "", errNotHere // at the beginning or end only
	}
	g, err := sh.pattern(r.Orig)
	if err != nil || len(g) == 0 {
		return "", errNotHere
	}
	runes := []rune(value)
	t := &text{sh: sh}
	for len(runes) > 0 {
		ends := g.ends(runes, sh.spend)
		if ends == nil {
			return "", errNotHere
		}
		longest := 0
		for i, match := range ends {
			if match {
				longest = i
			}
		}
		put := with
		if longest == 0 {
			longest, put = 1, string(runes[:1])
		} else if !r.All {
			put += string(runes[longest:])
			longest = len(runes)
		}
		if err := t.add(put); err != nil {
			return "", err
		}
		runes = runes[longest:]
	}
	return t.b.String(), nil
}

// slice is ${x:offset:length} with plain numbers.
func slice(value string, s *syntax.Slice) (string, error) {
	runes := []rune(value)
	from, ok := number(s.Offset)
	if !ok || !utf8.ValidString(value) {
		return "", errNotHere
	}
	runes = runes[min(from, len(runes)):]
	if s.Length != nil {
		n, ok := number(s.Length)
		if !ok {
			return "", errNotHere
		}
		runes = runes[:min(n, len(runes))]
	}
	return string(runes), nil
}

// number is a number that is written out.
func number(x syntax.ArithmExpr) (int, bool) {
	w, ok := x.(*syntax.Word)
	if !ok || w.Lit() == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(w.Lit(), 10, 31)
	return int(n), err == nil && (w.Lit()[0] != '0' || n == 0)
}
