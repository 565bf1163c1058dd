// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
	"github.com/urfave/cli/v2"
)

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "read whole packages and tell what is wrong with them",
		ArgsUsage: "PACKAGE...",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "strict", Usage: "warnings are failures too"},
			jsonFlag,
		}, readFlags...),
		Action: verifyAction,
	}
}

// verified is what verify --json prints of a package.
type verified struct {
	File     string            `json:"file"`
	OK       bool              `json:"ok"`
	Error    string            `json:"error,omitempty"` // why it could not be read
	MD5      string            `json:"md5,omitempty"`
	SHA256   string            `json:"sha256,omitempty"`
	Static   int               `json:"static"`  // programs that need no libraries
	Dynamic  int               `json:"dynamic"` // programs that do, and libraries
	Findings []finding.Finding `json:"findings"`
}

func verifyAction(c *cli.Context) error {
	if err := cmdline.Args(c, 1, -1, "PACKAGE"); err != nil {
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
	status := exit.OK
	var unreadable []error
	all := []verified{}
	for _, file := range c.Args().Slice() {
		result, err := verifyOne(ctx, file, opt, c.Bool("strict"))
		bar.finish()
		var opening *fs.PathError
		switch {
		case ctx.Err() != nil:
			return packageError(ctx.Err())
		case errors.As(err, &opening):
			unreadable = append(unreadable, packageError(err))
		case !result.OK:
			status = exit.Failed
		}
		if all = append(all, result); !c.Bool("json") && opening == nil {
			printVerified(c, &result)
		}
	}
	if c.Bool("json") {
		if err := cmdline.WriteJSON(c.App.Writer, all); err != nil {
			return err
		}
	}
	if len(unreadable) > 0 {
		return errors.Join(unreadable...)
	}
	return cmdline.Status(status)
}

// verifyOne verifies one package. That it is damaged is a result, that there is
// none an error too.
func verifyOne(ctx context.Context, file string, opt pkgtools.ReadOptions, strict bool) (verified, error) {
	result := verified{File: file, OK: true, Findings: []finding.Finding{}}
	v, err := pkgtools.Verify(ctx, file, opt, nil)
	if err != nil {
		result.OK, result.Error = false, err.Error()
		return result, err
	}
	result.MD5, result.SHA256, result.Static, result.Dynamic = v.MD5, v.SHA256, v.Static, v.Dynamic
	result.Findings = append(result.Findings, v.Findings...)
	for _, f := range result.Findings {
		if f.Severity == finding.Error || f.Severity == finding.Warning && strict {
			result.OK = false
		}
	}
	return result, nil
}

func printVerified(c *cli.Context, v *verified) {
	w := c.App.Writer
	colour := cmdline.Colours(w)
	if v.Error != "" {
		fmt.Fprintf(w, "%s %s\n", colour.Bad("error"), v.Error)
		return
	}
	for _, f := range v.Findings {
		fmt.Fprintf(w, "%s: %s %s\n", f.Place(), coloured(colour, f.Severity), f.Message())
	}
	result := colour.Good("OK")
	if !v.OK {
		result = colour.Bad("FAILED")
	}
	programs := ""
	if n := v.Static + v.Dynamic; n > 0 {
		programs = fmt.Sprintf(", %s and libraries: %d static, %d dynamic", count(n, "program"), v.Static, v.Dynamic)
	}
	fmt.Fprintf(w, "%s: %s, sha256 %s%s\n", finding.Printable(v.File), result, v.SHA256, programs)
}
