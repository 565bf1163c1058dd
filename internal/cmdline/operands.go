// SPDX-License-Identifier: MIT

package cmdline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
)

// optionsFirst puts the options of a command line before its operands, where
// urfave/cli looks for them: an option counts wherever it stands, as with
// getopt_long, and after "--" nothing is one. Options of a command may not
// stand before the command's name.
func optionsFirst(app *cli.App, args []string) ([]string, error) {
	if len(args) == 0 || args[len(args)-1] == completionFlag {
		return args, nil
	}
	level := flagNames{app.Flags, app.UseShortOptionHandling}.with(cli.HelpFlag)
	if app.Version != "" {
		level = level.with(cli.VersionFlag)
	}
	sorted, rest, commands := args[:1:1], args[1:], app.Commands
	for len(commands) > 0 {
		i, err := level.firstOperand(rest)
		if err != nil {
			return nil, err
		}
		sorted = append(sorted, rest[:i]...)
		if rest = rest[i:]; len(rest) == 0 {
			return sorted, nil
		}
		k := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if k < 0 {
			return append(sorted, rest...), nil // an unknown command, or "--"
		}
		sorted, rest = append(sorted, rest[0]), rest[1:]
		level = flagNames{commands[k].Flags, app.UseShortOptionHandling}.with(cli.HelpFlag)
		commands = commands[k].Subcommands
	}
	path := slices.Clip(sorted)
	var operands []string
	for len(rest) > 0 {
		i, err := level.firstOperand(rest)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(rest[:i], asksHelp) {
			return append(path, "--help"), nil // whatever else is there
		}
		sorted = append(sorted, rest[:i]...)
		if rest = rest[i:]; len(rest) == 0 {
			break
		}
		if rest[0] == "--" {
			operands = append(operands, rest[1:]...)
			break
		}
		operands, rest = append(operands, rest[0]), rest[1:]
	}
	if len(operands) > 0 {
		sorted = append(append(sorted, "--"), operands...)
	}
	return sorted, nil
}

func asksHelp(word string) bool { return word == "--help" || word == "-help" || word == "-h" }

// flagNames are the options that a command has.
type flagNames struct {
	flags []cli.Flag
	short bool // -ab is -a -b
}

func (f flagNames) with(flag cli.Flag) flagNames {
	f.flags = append(slices.Clip(f.flags), flag)
	return f
}

// find looks up an option by its name without dashes.
func (f flagNames) find(name string) (known, takesValue bool) {
	for _, flag := range f.flags {
		if slices.Contains(flag.Names(), name) {
			doc, ok := flag.(cli.DocGenerationFlag)
			return true, ok && doc.TakesValue()
		}
	}
	return false, false
}

// option reports whether word is an option of the command. If the next word is
// its value, taker is the option that takes it, as in "-r" of "-nr".
func (f flagNames) option(word string) (known bool, taker string) {
	name := strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
	if name, _, ok := strings.Cut(name, "="); ok {
		known, _ = f.find(name)
		return known, ""
	}
	known, takes := f.find(name)
	if !known && f.short && !strings.HasPrefix(word, "--") {
		for _, letter := range name {
			word = "-" + string(letter)
			if known, takes = f.find(string(letter)); !known {
				return false, ""
			}
		}
	}
	if takes {
		taker = word
	}
	return known, taker
}

// firstOperand is the number of words that are options and their values.
func (f flagNames) firstOperand(words []string) (int, error) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if len(word) < 2 || word[0] != '-' || word == "--" {
			return i, nil
		}
		known, taker := f.option(word)
		if !known {
			if _, err := strconv.ParseFloat(word, 64); err == nil {
				return i, nil // a negative number
			}
			continue // urfave/cli finds the words for it
		}
		if taker == "" {
			continue
		}
		if i++; i == len(words) {
			return 0, Usagef("option %s needs a value", taker)
		}
		// "--root --dry-run": rather a value forgotten than one that looks so.
		if next := words[i]; next == "--" || len(next) > 1 && next[0] == '-' && f.has(next) {
			return 0, Usagef("option %s needs a value, and %s is an option; if it is the value, write %s=%s",
				taker, next, taker, next)
		}
	}
	return len(words), nil
}

func (f flagNames) has(word string) bool {
	known, _ := f.option(word)
	return known
}
