// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/version"
	"github.com/slackbond/slackbond/slackbuild/lint"
	"github.com/urfave/cli/v2"
)

func lintCommand() *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "check SlackBuild directories, trees of them, and packages",
		ArgsUsage: "DIRECTORY|TREE|PACKAGE...",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "level", Value: "note", Usage: "leave out what is below `LEVEL`: note, warning, error"},
			&cli.StringSliceFlag{Name: "disable", Usage: "leave out `RULE`; may be given again"},
			&cli.BoolFlag{Name: "fix", Usage: "mend what can be mended without harm, and report the rest"},
			&cli.BoolFlag{Name: "json", Usage: "write the findings as JSON"},
			&cli.BoolFlag{Name: "sarif", Usage: "write the findings as SARIF 2.1.0"},
			&cli.BoolFlag{Name: "rules", Usage: "list all rules"},
		},
		Action: lintAction,
	}
}

func lintAction(c *cli.Context) error {
	if c.Bool("rules") {
		return listRules(c)
	}
	if err := cmdline.Args(c, 1, -1, "DIRECTORY|TREE|PACKAGE"); err != nil {
		return err
	}
	level, err := lint.ParseLevel(c.String("level"))
	if err != nil {
		return cmdline.Usagef("--level: %v", err)
	}
	for _, id := range c.StringSlice("disable") {
		if _, ok := lint.FindRule(id); !ok {
			return cmdline.Usagef("--disable: no rule is called %q; mkslack lint --rules lists them", id)
		}
	}
	var all []lint.Finding
	for _, arg := range c.Args().Slice() {
		found, err := lintOne(c, arg)
		if err != nil {
			return cmdline.WithStatus(err, exit.Usage)
		}
		all = append(all, found...)
	}
	all = slices.DeleteFunc(all, func(f lint.Finding) bool {
		return f.Level < level || slices.Contains(c.StringSlice("disable"), f.Rule)
	})
	switch {
	case c.Bool("sarif"):
		err = lint.WriteSARIF(c.App.Writer, all, version.Version)
	case c.Bool("json"):
		if all == nil {
			all = []lint.Finding{}
		}
		err = cmdline.WriteJSON(c.App.Writer, all)
	default:
		writeFindings(c.App.Writer, all)
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(f lint.Finding) bool { return f.Level > lint.Note }) {
		return cmdline.Status(exit.Failed)
	}
	return nil
}

func lintOne(c *cli.Context, arg string) ([]lint.Finding, error) {
	info, err := os.Stat(arg)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return lint.Package(arg)
	}
	one, err := lint.IsDir(arg)
	if err != nil {
		return nil, err
	}
	if c.Bool("fix") {
		fixed, err := lint.Fix(arg)
		for _, f := range fixed {
			fmt.Fprintf(c.App.ErrWriter, "mended %s\n", f)
		}
		if err != nil {
			return nil, err
		}
	}
	if one {
		return lint.Dir(arg)
	}
	bar := counter(c.App.ErrWriter, "linting")
	return lint.Tree(c.Context, arg, bar)
}

// counter shows how far a long job is, on a terminal only.
func counter(w io.Writer, what string) func(done, all int) {
	if !cmdline.IsTerminal(w) {
		return func(int, int) {}
	}
	bar := progressbar.NewOptions(-1, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	return func(done, all int) {
		bar.ChangeMax(all)
		bar.Set(done)
	}
}

func writeFindings(w io.Writer, all []lint.Finding) {
	colour := cmdline.Colours(w)
	counts := map[lint.Level]int{}
	var broken []string
	for _, f := range all {
		line := f.String()
		word := f.Level.String() + ":"
		marked := colour.Dim(word)
		switch f.Level {
		case lint.Error:
			marked = colour.Bad(word)
		case lint.Warning:
			marked = colour.Warn(word)
		}
		fmt.Fprintln(w, strings.Replace(line, word, marked, 1))
		counts[f.Level]++
		if !slices.Contains(broken, f.Rule) {
			broken = append(broken, f.Rule)
		}
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "nothing found")
		return
	}
	fmt.Fprintln(w)
	slices.Sort(broken)
	for _, id := range broken {
		r, _ := lint.FindRule(id)
		fmt.Fprintf(w, "%s: %s. To mend it: %s\n", colour.Bold(id), r.Why, r.Mend)
	}
	fmt.Fprintf(w, "\n%d errors, %d warnings, %d notes\n", counts[lint.Error], counts[lint.Warning], counts[lint.Note])
}

func listRules(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	if c.Bool("json") {
		return cmdline.WriteJSON(c.App.Writer, lint.Rules())
	}
	var errs []error
	for _, r := range lint.Rules() {
		fixed := ""
		if r.Fixed {
			fixed = " (--fix does it)"
		}
		_, err := fmt.Fprintf(c.App.Writer, "%-28s %-8s %s. To mend it: %s%s\n", r.ID, r.Level, r.Why, r.Mend, fixed)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
