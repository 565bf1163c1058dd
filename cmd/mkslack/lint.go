// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/version"
	"github.com/slackbond/slackbond/pkgtools/finding"
	"github.com/slackbond/slackbond/slackbuild/lint"
	"github.com/urfave/cli/v2"
)

func lintCommand() *cli.Command {
	return &cli.Command{
		Name:      "lint",
		Usage:     "check SlackBuild directories, trees and archives of them, and packages",
		ArgsUsage: "DIRECTORY|TREE|ARCHIVE|PACKAGE...",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "profile", Value: "auto", Usage: "judge by `PROFILE`: sbo, slackware, private, or auto: sbo for what is tagged _SBo, private for others"},
			&cli.StringFlag{Name: "level", Value: "note", Usage: "leave out what is below `LEVEL`: note, warning, error"},
			&cli.StringSliceFlag{Name: "disable", Usage: "leave out `RULE`; may be given again"},
			&cli.BoolFlag{Name: "fix", Usage: "fix what can be fixed without harm, and report the rest"},
			&cli.StringFlag{Name: "format", Value: "text", Usage: "write the findings as `FORMAT`: text, gcc, checkstyle, json, sarif"},
			&cli.BoolFlag{Name: "json", Usage: "the same as --format json"},
			&cli.BoolFlag{Name: "sarif", Usage: "the same as --format sarif"},
			&cli.BoolFlag{Name: "no-config", Usage: "do not read " + lint.ConfigFile},
			&cli.BoolFlag{Name: "no-cache", Usage: "look at every build of a tree again"},
			&cli.BoolFlag{Name: "rules", Usage: "list all rules, or those of --profile"},
			&cli.StringSliceFlag{Name: "explain", Usage: "say what `RULE` is about and what to do; may be given again"},
		},
		Action: lintAction,
	}
}

// formats write findings.
var formats = map[string]func(w io.Writer, list []finding.Finding, profile lint.Profile) error{
	"text": writeFindings,
	"gcc": func(w io.Writer, list []finding.Finding, _ lint.Profile) error {
		return finding.WriteGCC(w, list)
	},
	"checkstyle": func(w io.Writer, list []finding.Finding, _ lint.Profile) error {
		return finding.WriteCheckstyle(w, list, linter)
	},
	"json": func(w io.Writer, list []finding.Finding, profile lint.Profile) error {
		return cmdline.WriteJSON(w, explained(list, profile))
	},
	"sarif": func(w io.Writer, list []finding.Finding, _ lint.Profile) error {
		return finding.WriteSARIF(w, list, linter)
	},
}

// linter is what the formats say that the findings are from.
var linter = finding.Tool{Name: "mkslack lint", Version: version.Version, URL: "https://github.com/slackbond/slackbond", Rules: lint.Rules(lint.Auto)}

// format is the format that is asked for.
func format(c *cli.Context) (string, error) {
	name := c.String("format")
	for _, short := range []string{"json", "sarif"} {
		if c.Bool(short) {
			if c.IsSet("format") && name != short || name != "text" && name != short {
				return "", cmdline.Usagef("--%s, and another format", short)
			}
			name = short
		}
	}
	if formats[name] == nil {
		return "", cmdline.Usagef("--format: unknown format %q; there are: text, gcc, checkstyle, json, sarif", name)
	}
	return name, nil
}

func lintAction(c *cli.Context) error {
	profile, err := lint.ParseProfile(c.String("profile"))
	if err != nil {
		return cmdline.Usagef("--profile: %v", err)
	}
	as, err := format(c)
	switch {
	case err != nil:
		return err
	case c.Bool("rules"):
		return listRules(c, profile)
	case c.IsSet("explain"):
		return explainRules(c)
	}
	if err := cmdline.Args(c, 1, -1, "DIRECTORY|TREE|ARCHIVE|PACKAGE"); err != nil {
		return err
	}
	level, err := finding.ParseSeverity(c.String("level"))
	if err != nil {
		return cmdline.Usagef("--level: %v", err)
	}
	for _, name := range c.StringSlice("disable") {
		if _, known, _ := lint.FindRule(name, profile); !known {
			return cmdline.Usagef("--disable: %v", lint.UnknownRule(name))
		}
	}
	opt := lint.Options{Profile: profile, NoConfig: c.Bool("no-config"), Progress: counter(c.App.ErrWriter, "linting")}
	if !c.Bool("no-cache") {
		if dir, err := os.UserCacheDir(); err == nil {
			opt.Cache = filepath.Join(dir, "mkslack", "lint")
		}
	}
	var all []finding.Finding
	var unread []error
	for _, arg := range c.Args().Slice() {
		report, err := lintOne(c, arg, opt)
		if report != nil {
			all = append(all, report.Findings...)
			profile = report.Profile
		}
		if err != nil {
			unread = append(unread, cmdline.WithStatus(err, exit.Usage))
		}
	}
	all = lint.Without(all, level, c.StringSlice("disable"))
	if as != "text" || len(all) > 0 || len(unread) == 0 {
		err = formats[as](c.App.Writer, all, profile)
	}
	if err != nil || len(unread) > 0 {
		return errors.Join(append(unread, err)...)
	}
	if slices.ContainsFunc(all, func(f finding.Finding) bool { return f.Severity > finding.Note }) {
		return cmdline.Status(exit.Failed)
	}
	return nil
}

func lintOne(c *cli.Context, arg string, opt lint.Options) (*lint.Report, error) {
	if c.Bool("fix") {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("%q: --fix works on directories, not on packages and archives", arg)
		}
		fixed, err := lint.Fix(arg)
		for _, f := range fixed {
			fmt.Fprintf(c.App.ErrWriter, "fixed %s\n", finding.Printable(f))
		}
		if err != nil {
			return nil, err
		}
	}
	// Syntax trees die young: fewer collections save a fifth of the time, for 280 MB
	// instead of 130 with all of SlackBuilds.org.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	return lint.Check(c.Context, arg, opt)
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

// explainedFinding is what a finding is in JSON.
type explainedFinding struct {
	finding.Finding
	Why string `json:"why"`
	Fix string `json:"fix"`
}

func explained(all []finding.Finding, profile lint.Profile) []explainedFinding {
	list := []explainedFinding{}
	for _, f := range all {
		r, _, _ := lint.FindRule(f.Rule, profile)
		list = append(list, explainedFinding{f, r.Why, r.Fix})
	}
	return list
}

// writeFindings writes the findings for people: a line each, and, where a rule
// comes for the first time, why it is one and what to do, below that.
func writeFindings(w io.Writer, all []finding.Finding, profile lint.Profile) error {
	colour := cmdline.Colours(w)
	out := bufio.NewWriter(w)
	told := map[string]bool{}
	for _, f := range all {
		fmt.Fprintln(out, f.Place()+":", coloured(colour, f.Severity), f.Message())
		if r, _, _ := lint.FindRule(f.Rule, profile); !told[f.Rule] {
			told[f.Rule] = true
			fmt.Fprintln(out, colour.Dim("    "+cmdline.Wrap(r.Why+". Fix: "+r.Fix, columns(w)-4, "\n    ")))
		}
	}
	if len(all) == 0 {
		fmt.Fprintln(out, "nothing found")
		return out.Flush()
	}
	n := lint.Levels(all)
	fmt.Fprintf(out, "\n%s, %s, %s (profile %s)\n", count(n[finding.Error], "error"), count(n[finding.Warning], "warning"),
		count(n[finding.Note], "note"), profile)
	return out.Flush()
}

// columns is how wide text for w may be.
func columns(w io.Writer) int {
	const usual = 80
	wide, _ := cmdline.Size(w)
	return max(cmp.Or(wide, usual), 40)
}

// coloured is the severity and a colon.
func coloured(colour cmdline.Palette, s finding.Severity) string {
	word := s.String() + ":"
	switch s {
	case finding.Error:
		return colour.Bad(word)
	case finding.Warning:
		return colour.Warn(word)
	}
	return colour.Dim(word)
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func listRules(c *cli.Context, profile lint.Profile) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	if c.Bool("json") || c.String("format") == "json" {
		return cmdline.WriteJSON(c.App.Writer, lint.Rules(profile))
	}
	out := bufio.NewWriter(c.App.Writer)
	for _, r := range lint.Rules(profile) {
		fixed := ""
		if r.Fixable {
			fixed = " (--fix does it)"
		}
		fmt.Fprintf(out, "%-28s %-8s %s. Fix: %s%s\n", r.Name, r.Level, r.Why, r.Fix, fixed)
	}
	return out.Flush()
}

// explainRules says all about the rules that are named.
func explainRules(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	out := bufio.NewWriter(c.App.Writer)
	wide := columns(c.App.Writer)
	for i, name := range c.StringSlice("explain") {
		var levels []string
		var rule finding.Rule
		for _, p := range []lint.Profile{lint.SBo, lint.Slackware, lint.Private} {
			r, known, counts := lint.FindRule(name, p)
			if !known {
				return cmdline.Usagef("--explain: %v", lint.UnknownRule(name))
			}
			rule = r
			if counts {
				levels = append(levels, fmt.Sprintf("%s: %s", p, r.Level))
			}
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		paragraph := func(head, text string) {
			fmt.Fprintf(out, "%-9s%s\n", head, cmdline.Wrap(text, wide-9, "\n         "))
		}
		fmt.Fprintln(out, cmdline.Colours(c.App.Writer).Bold(rule.Name))
		paragraph("Why:", rule.Why+".")
		paragraph("Fix:", rule.Fix)
		if rule.Fixable {
			paragraph("", "mkslack lint --fix does it.")
		}
		paragraph("Levels:", strings.Join(levels, ", "))
		paragraph("Off:", fmt.Sprintf("a comment \"# mkslack: disable=%s\" in the script, --disable %s, or disable: [%s] in %s",
			rule.Name, rule.Name, rule.Name, lint.ConfigFile))
	}
	return out.Flush()
}
