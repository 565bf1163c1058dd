// SPDX-License-Identifier: MIT

// bondctl: see doc/ for its manual pages. One file per subcommand; the logic is in
// the packages that they call.
package main

import (
	"io"
	"os"
	"slices"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/version"
	"github.com/urfave/cli/v2"
)

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:                      "bondctl",
		Usage:                     "look after channel bonding on Slackware",
		Version:                   version.Version,
		EnableBashCompletion:      true,
		UseShortOptionHandling:    true,
		DisableSliceFlagSeparator: true,
		Commands: slices.Concat(runCommands(), trialCommands(), []*cli.Command{
			planCommand(),
			statusCommand(),
			checkCommand(),
			inet1Command(),
			importCommand(),
			setCommand(),
			exasockCommand(),
			macCommand(),
		}),
	}
	return cmdline.Run(app, args, stdin, stdout, stderr)
}
