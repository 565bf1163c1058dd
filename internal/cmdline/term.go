// SPDX-License-Identifier: MIT

package cmdline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"golang.org/x/term"
)

// IsTerminal reports whether w is a terminal.
func IsTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Size is how many columns and lines the terminal w has; 0 and 0 where it is none, or
// does not say.
func Size(w any) (columns, lines int) {
	f, ok := w.(*os.File)
	if !ok {
		return 0, 0
	}
	columns, lines, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, lines
}

// Palette marks words for a person. Its zero value leaves them plain.
type Palette struct{ on bool }

// Colours is the palette for w: plain where w is no terminal, NO_COLOR is set
// and not empty (https://no-color.org), or TERM is "dumb".
func Colours(w io.Writer) Palette {
	return Palette{IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

func (p Palette) sgr(code, s string) string {
	if !p.on || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// Good, Warn, Bad, Bold and Dim are the five things that colour may say.
func (p Palette) Good(s string) string { return p.sgr("32", s) }
func (p Palette) Warn(s string) string { return p.sgr("33", s) }
func (p Palette) Bad(s string) string  { return p.sgr("31", s) }
func (p Palette) Bold(s string) string { return p.sgr("1", s) }
func (p Palette) Dim(s string) string  { return p.sgr("2", s) }

// WriteJSON writes v, indented, with a final newline.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// WriteJSONList writes a struct whose last field, called key, is a list, as
// WriteJSON does but without the list being in memory: head is the struct
// without it, items gives its elements; nil leaves the field out. Lines begin
// with indent, and no newline ends the last one.
func WriteJSONList[T any](w io.Writer, indent string, head any, key string, items iter.Seq[T]) error {
	encode := func(v any, prefix string) ([]byte, error) {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent(prefix, "  ")
		err := enc.Encode(v)
		return bytes.TrimSpace(b.Bytes()), err
	}
	text, err := encode(head, indent)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.WriteString(indent)
	if items == nil {
		out.Write(text)
		return out.Flush()
	}
	out.Write(bytes.TrimRight(text, "\n }"))
	fmt.Fprintf(out, ",\n%s  %q: [", indent, key)
	between := ""
	for item := range items {
		if text, err = encode(item, indent+"    "); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n%s    %s", between, indent, text)
		between = ","
	}
	if between != "" {
		fmt.Fprintf(out, "\n%s  ", indent)
	}
	fmt.Fprintf(out, "]\n%s}", indent)
	return out.Flush() // the errors of all that was written before, too
}
