// SPDX-License-Identifier: MIT

// Package cmdline makes urfave/cli behave as the programs of this project
// promise: a mistake is one line on stderr with the program's name and a
// documented exit status, help that was asked for goes to stdout, and nothing
// but main calls os.Exit.
package cmdline

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/exit"
	"github.com/urfave/cli/v2"
)

// statusError carries an exit status along with an error.
type statusError struct {
	err    error
	status int
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// silent is an exit status that needs no words: they have been said already.
type silent int

func (s silent) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// Status is an error that ends the program with the status and prints nothing:
// for a result that was already shown, as in "degraded". Status(0) is nil.
func Status(status int) error {
	if status == exit.OK {
		return nil
	}
	return silent(status)
}

// WithStatus makes err end the program with the status, after it is printed.
func WithStatus(err error, status int) error {
	if err == nil {
		return nil
	}
	return &statusError{err, status}
}

// Usagef is a usage mistake: printed with a hint at --help, status 2.
func Usagef(format string, args ...any) error {
	return &statusError{&usageError{fmt.Sprintf(format, args...)}, exit.Usage}
}

type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

// Args checks the number of operands; max < 0 means any number. Names are
// what the operands are called in the message, as in "BOND OPTION VALUE".
func Args(c *cli.Context, min, max int, names string) error {
	n := c.Args().Len()
	switch {
	case n < min && n == 0:
		return Usagef("%s: %s is missing", c.Command.HelpName, names)
	case n < min:
		return Usagef("%s: expected %s, got only %q", c.Command.HelpName, names, c.Args().Slice())
	case max >= 0 && n > max && names == "":
		return Usagef("%s: takes no operands, got %q", c.Command.HelpName, c.Args().First())
	case max >= 0 && n > max:
		return Usagef("%s: expected %s, got also %q", c.Command.HelpName, names, c.Args().Slice()[max:])
	}
	return nil
}

// Run runs app with args (args[0] is the program's name) and returns the exit
// status. The error of an action is printed once, as "NAME: text"; joined
// errors (errors.Join) one to a line. Flags must not be marked Required, since
// urfave/cli then fails with a status of its own: actions check what they need.
func Run(app *cli.App, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	app.Reader, app.Writer, app.ErrWriter = stdin, stdout, stderr
	cli.FlagStringer = flagHelp
	app.HideHelpCommand = true
	app.ExitErrHandler = func(*cli.Context, error) {}
	app.OnUsageError = onUsageError
	if app.Action == nil {
		app.Action = noCommand
	}
	tame(app.Commands)

	sorted, err := optionsFirst(app, forCompletion(args))
	if err == nil {
		err = app.Run(sorted)
	}
	if err == nil {
		return exit.OK
	}
	var s silent
	if errors.As(err, &s) {
		return int(s)
	}
	for line := range strings.SplitSeq(strings.TrimRight(err.Error(), "\n"), "\n") {
		// A command's HelpName begins with the program's name too.
		fmt.Fprintf(stderr, "%s: %s\n", app.Name, strings.TrimPrefix(line, app.Name+" "))
	}
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(stderr, "Try '%s --help'.\n", commandLine(app, args))
	}
	var withStatus *statusError
	if errors.As(err, &withStatus) {
		return withStatus.status
	}
	return exit.Failed
}

// commandLine is the program's name and those of the commands that args begin
// with: what has a --help of its own.
func commandLine(app *cli.App, args []string) string {
	line, commands := app.Name, app.Commands
	for _, arg := range args[min(1, len(args)):] {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(arg) })
		if i < 0 {
			break
		}
		line += " " + commands[i].Name
		commands = commands[i].Subcommands
	}
	return line
}

// tame sets on every command what urfave/cli does not inherit from the app,
// and takes "(default: false)" from the help of switches.
func tame(commands []*cli.Command) {
	for _, c := range commands {
		for _, f := range c.Flags {
			if b, ok := f.(*cli.BoolFlag); ok {
				b.DisableDefaultText = true
			}
		}
		c.HideHelpCommand = true
		c.OnUsageError = onUsageError
		if c.Action == nil {
			c.Action = noCommand
		}
		tame(c.Subcommands)
	}
}

// onUsageError says in the manual's words what package flag has to say.
func onUsageError(_ *cli.Context, err error, _ bool) error {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		return Usagef("there is no option %s", option(name))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return Usagef("option %s needs a value", option(name))
	}
	if value, rest, ok := strings.Cut(text, " for flag -"); ok {
		name, reason, _ := strings.Cut(rest, ": ")
		return Usagef("option %s: %s: %s", option(name), value, reason)
	}
	return Usagef("%s", text)
}

// option is an option as people write it; package flag takes one dash for all.
func option(name string) string {
	if len(name) > 1 {
		return "--" + name
	}
	return "-" + name
}

// noCommand is the action of an app or command that only has subcommands.
func noCommand(c *cli.Context) error {
	commands := c.App.Commands
	if c.Command != nil && len(c.Command.Subcommands) > 0 {
		commands = c.Command.Subcommands
	}
	var names []string
	for _, s := range commands {
		if !s.Hidden {
			names = append(names, s.Name)
		}
	}
	list := strings.Join(names, ", ")
	if !c.Args().Present() {
		return Usagef("a command is missing; there are: %s", list)
	}
	return Usagef("unknown command %q; there are: %s", c.Args().First(), list)
}
