// SPDX-License-Identifier: MIT

// mkslack: see doc/ for its manual pages. One file per subcommand; the logic is in
// the packages that they call.
package main

import (
	"io"
	"os"
	"runtime/debug"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/version"
	"github.com/urfave/cli/v2"
)

// softLimit is where memory is collected more often: packages are read in large
// pieces, which would otherwise lie about until there are twice as many.
const softLimit = 320 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(softLimit)
	}
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
