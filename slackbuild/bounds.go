// SPDX-License-Identifier: MIT

package slackbuild

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
)

// The bounds of a manifest. The largest of 120 real ones has 30 KB, 700 values
// and is nested 6 deep.
const (
	maxManifest = 512 << 10 // bytes
	maxNesting  = 64        // sections and lists in each other
	maxValues   = 100_000   // with those that aliases and merges repeat
)

// textOf is the text of a manifest without the mark that editors of other systems
// put before it, if it is within the bounds that can be seen without parsing.
func textOf(data []byte) ([]byte, error) {
	switch {
	case len(data) > maxManifest:
		return nil, fmt.Errorf("the manifest is larger than %d KiB, the limit", maxManifest>>10)
	case bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, errors.New("the manifest is UTF-16; save it as UTF-8")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		return nil, errors.New("the manifest is not UTF-8")
	}
	if nesting(data) > maxNesting {
		return nil, fmt.Errorf("sections and lists are nested more than %d deep, the limit", maxNesting)
	}
	return data, nil
}

// nesting is how deep the manifest may be nested at most: the parser is not
// asked, because it calls itself for each level. Brackets in text count, too,
// unless they are closed on the same line.
func nesting(data []byte) int {
	deepest, brackets := 0, 0
	for line := range bytes.Lines(data) {
		depth, words := 0, bytes.TrimRight(line, " \n\r")
		for len(words) > 0 { // - - - a: and ? ? a: nest without brackets
			rest := bytes.TrimLeft(words, " \t")
			if len(rest) == 0 || rest[0] != '-' && rest[0] != '?' || len(rest) > 1 && rest[1] != ' ' {
				break
			}
			depth, words = depth+1, rest[1:]
		}
		open := 0
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
				deepest = max(deepest, brackets+open+depth)
			case ']', '}':
				open--
			}
		}
		deepest = max(deepest, brackets+depth)
		brackets = max(0, brackets+open)
	}
	return deepest
}

// checkSize refuses a tree whose aliases and merged sections repeat more than a
// manifest can mean.
func checkSize(file *ast.File) error {
	s := sizer{anchors: map[string]int{}}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if s.size(doc.Body, 0) > maxValues {
			return misplaced(doc.Body, "", "with what aliases and merged sections repeat, the manifest has more than %d values, the limit", maxValues)
		}
	}
	return nil
}

// sizer counts the values of a tree, an alias as all that it stands for.
type sizer struct {
	anchors map[string]int
}

func (s *sizer) size(n ast.Node, depth int) int {
	if n == nil {
		return 0
	}
	if depth > 4*maxNesting {
		return maxValues + 1
	}
	total := 1
	add := func(n ast.Node) { total = min(total+s.size(n, depth+1), maxValues+1) }
	switch n := n.(type) {
	case *ast.MappingNode:
		for _, v := range n.Values {
			add(v)
		}
	case *ast.MappingValueNode:
		add(n.Key)
		add(n.Value)
	case *ast.MappingKeyNode:
		add(n.Value)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			add(v)
		}
	case *ast.AnchorNode:
		add(n.Value)
		s.anchors[n.Name.String()] = total
	case *ast.AliasNode:
		total += s.anchors[n.Value.String()]
	case *ast.TagNode:
		add(n.Value)
	}
	return min(total, maxValues+1)
}
