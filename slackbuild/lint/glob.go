// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// glob is a pattern of the shell, as case, [[ ]] and ${x#...} take it.
type glob []globPart

// globPart matches one rune, or, a star, any number of them.
type globPart struct {
	star bool
	any  bool
	set  []runeRange // of a bracket expression, or of one rune
	not  bool
}

type runeRange struct{ from, to rune }

// parseGlob reads a pattern in which a backslash takes the meaning off the next
// rune. What it does not know, as [[:alpha:]] and @(a|b), is not understood.
func parseGlob(pattern string) (glob, error) {
	if !utf8.ValidString(pattern) {
		return nil, errNotHere
	}
	runes := []rune(pattern)
	var g glob
	for i := 0; i < len(runes); i++ {
		switch c := runes[i]; c {
		case '\\':
			if i++; i == len(runes) {
				return nil, errNotHere
			}
			g = append(g, globPart{set: []runeRange{{runes[i], runes[i]}}})
		case '?', '*', '+', '@', '!':
			if i+1 < len(runes) && runes[i+1] == '(' {
				return nil, errNotHere
			}
			switch {
			case c == '?':
				g = append(g, globPart{any: true})
			case c != '*':
				g = append(g, globPart{set: []runeRange{{c, c}}})
			case len(g) == 0 || !g[len(g)-1].star:
				g = append(g, globPart{star: true})
			}
		case '[':
			part, end, err := parseBracket(runes, i)
			if err != nil {
				return nil, err
			}
			g = append(g, part)
			i = end
		default:
			g = append(g, globPart{set: []runeRange{{c, c}}})
		}
	}
	return g, nil
}

// parseBracket reads the bracket expression that begins at i and gives where it
// ends.
func parseBracket(runes []rune, i int) (part globPart, end int, err error) {
	i++
	if i < len(runes) && (runes[i] == '!' || runes[i] == '^') {
		part.not = true
		i++
	}
	for first := true; i < len(runes); first = false {
		c := runes[i]
		switch {
		case c == ']' && !first:
			return part, i, nil
		case c == '[' || c == '\\' || c == '/':
			return part, 0, errNotHere
		}
		to := c
		if i+2 < len(runes) && runes[i+1] == '-' && runes[i+2] != ']' {
			if to = runes[i+2]; to == '[' || to == '\\' || to < c {
				return part, 0, errNotHere
			}
			i += 2
		}
		part.set = append(part.set, runeRange{c, to})
		i++
	}
	return part, 0, errNotHere // a bracket alone means itself, or what is quoted
}

func (p globPart) matches(r rune) bool {
	return p.any || p.not != slices.ContainsFunc(p.set, func(s runeRange) bool { return s.from <= r && r <= s.to })
}

// ends tells for each prefix of the text whether the pattern matches it: that of
// ends[n] has n runes. It gives up, and is nil, where spend is at its end; the
// steps are at most those of the text times those of the pattern.
func (g glob) ends(text []rune, spend func(int) bool) []bool {
	ends := make([]bool, len(text)+1)
	at := make([]bool, len(g)+1) // which parts come next
	next := make([]bool, len(g)+1)
	at[0] = true
	for n := 0; ; n++ {
		for i, part := range g {
			if at[i] && part.star {
				at[i+1] = true
			}
		}
		ends[n] = at[len(g)]
		if !spend(len(g) + 1) {
			return nil
		}
		if n == len(text) || !slices.Contains(at, true) {
			return ends
		}
		clear(next)
		for i, part := range g {
			switch {
			case !at[i]:
			case part.star:
				next[i] = true
			case part.matches(text[n]):
				next[i+1] = true
			}
		}
		at, next = next, at
	}
}

// reversed matches the same texts read backwards.
func (g glob) reversed() glob {
	r := slices.Clone(g)
	slices.Reverse(r)
	return r
}

// quoteGlob writes a text so that a pattern means it and nothing else.
func quoteGlob(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(`\*?[]+@!(^-`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
