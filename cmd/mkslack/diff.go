// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

func diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "tell in what two packages differ; status 1 if they do",
		ArgsUsage: "A B",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "brief", Usage: "no differences of texts"},
			jsonFlag,
		}, readFlags...),
		Action: diffAction,
	}
}

// difference is what diff --json prints of a file.
type difference struct {
	pkgtools.Change
	Diff string `json:"diff,omitempty"`
}

func diffAction(c *cli.Context) error {
	if err := cmdline.Args(c, 2, 2, "A B"); err != nil {
		return err
	}
	opt, err := readOptions(c)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c)
	defer stop()
	bar := newProgress(c, "reading")
	opt.Progress = bar.set
	changes, err := pkgtools.Diff(ctx, c.Args().Get(0), c.Args().Get(1), opt)
	bar.finish()
	if err != nil {
		return packageError(err)
	}
	all := []difference{}
	for _, change := range changes {
		d := difference{Change: change}
		if !c.Bool("brief") && (change.Old != nil || change.New != nil) {
			d.Diff = string(diff.Diff("a/"+change.Path, change.Old, "b/"+change.Path, change.New))
		}
		all = append(all, d)
	}
	if c.Bool("json") {
		err = cmdline.WriteJSON(c.App.Writer, all)
	} else {
		printDifferences(c, all)
	}
	if err == nil && len(all) > 0 {
		err = cmdline.Status(exit.Failed)
	}
	return err
}

func printDifferences(c *cli.Context, all []difference) {
	w := c.App.Writer
	colour := cmdline.Colours(w)
	for _, d := range all {
		word := map[string]string{"added": colour.Good("+"), "removed": colour.Bad("-"), "changed": colour.Warn("~")}[d.Kind]
		fmt.Fprintf(w, "%s %s: %s\n", word, printable(d.Path), strings.Join(d.What, ", "))
		for line := range strings.Lines(d.Diff) {
			text := strings.TrimSuffix(line, "\n")
			switch {
			case strings.HasPrefix(text, "diff "):
				continue
			case strings.HasPrefix(text, "+"):
				text = colour.Good(visible(text))
			case strings.HasPrefix(text, "-"):
				text = colour.Bad(visible(text))
			default:
				text = visible(text)
			}
			fmt.Fprintln(w, "    "+text)
		}
	}
}

// visible is a line of a text from a package, without what a terminal obeys.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
			return '?'
		}
		return r
	}, s)
}
