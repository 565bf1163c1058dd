// SPDX-License-Identifier: MIT

package cmdline

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// completionFlag ends the command line on which a shell asks what may come
// next; what stands before it is not finished, and need not be right.
const completionFlag = "--generate-bash-completion"

// forCompletion leaves out the options of such a command line: urfave/cli
// panics at one that it does not know, and the options do not change what may
// come next. Of an option that is being typed, "-" stays.
func forCompletion(args []string) []string {
	last := len(args) - 1
	if last < 1 || args[last] != completionFlag {
		return args
	}
	kept := args[:1:1]
	for _, arg := range args[1:last] {
		if !strings.HasPrefix(arg, "-") {
			kept = append(kept, arg)
		}
	}
	if last > 1 && strings.HasPrefix(args[last-1], "-") {
		kept = append(kept, "-")
	}
	return append(kept, completionFlag)
}

// Complete is a command's BashComplete that offers words for its operands: of
// those typed so far, words gives what may be the next one. Options are
// completed as ever.
func Complete(words func(operands []string) []string) cli.BashCompleteFunc {
	return func(c *cli.Context) {
		if len(os.Args) > 2 && strings.HasPrefix(os.Args[len(os.Args)-2], "-") {
			cli.DefaultCompleteWithFlags(c.Command)(c)
			return
		}
		for _, word := range words(c.Args().Slice()) {
			fmt.Fprintln(c.App.Writer, word)
		}
	}
}
