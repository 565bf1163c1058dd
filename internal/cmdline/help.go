// SPDX-License-Identifier: MIT

package cmdline

import (
	"strings"

	"github.com/urfave/cli/v2"
)

const (
	// helpWidth is what the text of an option takes at most: a terminal has 80
	// columns. urfave/cli indents by three more than helpIndent.
	helpWidth  = 66
	helpIndent = "\n      "
)

// flagHelp is an option in --help: its names as the manual has them, and below
// what it does, as urfave/cli's table gets too wide for any terminal.
func flagHelp(f cli.Flag) string {
	flag, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	usage, value := flag.GetUsage(), ""
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		var after string
		value, after, _ = strings.Cut(rest, "`")
		usage = before + value + after
		value = " " + value
	}
	if b, ok := f.(*cli.BoolFlag); (!ok || !b.DisableDefaultText) && flag.GetDefaultText() != "" {
		usage += " (default: " + flag.GetDefaultText() + ")"
	}
	var short, long []string
	for _, name := range flag.Names() {
		if len(name) == 1 {
			short = append(short, option(name))
		} else {
			long = append(long, option(name))
		}
	}
	return strings.Join(append(short, long...), ", ") + value + helpIndent + Wrap(usage, helpWidth, helpIndent)
}

// Wrap joins the words of a text with blanks, and with newline where a line
// would have more than width columns.
func Wrap(text string, width int, newline string) string {
	var out strings.Builder
	column := 0
	for word := range strings.FieldsSeq(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			out.WriteString(newline)
			column = 0
		default:
			out.WriteByte(' ')
			column++
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}
