// SPDX-License-Identifier: MIT

// mkslack: see doc/ for its manual pages. One file per subcommand; the logic is in
// the packages that they call.
package main

import (
	"io"
	"os"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/version"
	"github.com/urfave/cli/v2"
)

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	app := &cli.App{
		Name:                   "mkslack",
		Usage:                  "make Slackware packages and SlackBuilds",
		Version:                version.Version,
		EnableBashCompletion:   true,
		UseShortOptionHandling: true,
		Commands: []*cli.Command{
			initCommand(),
			packageCommand(),
			makepkgCommand(),
			explodeCommand(),
			infoCommand(),
			listCommand(),
			verifyCommand(),
			diffCommand(),
			installCommand(),
			upgradeCommand(),
			removeCommand(),
			slackbuildCommand(),
			lintCommand(),
			repoCommand(),
		},
	}
	return cmdline.Run(app, args, stdin, stdout, stderr)
}
