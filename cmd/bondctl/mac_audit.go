// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/urfave/cli/v2"
)

func macAuditCommand() *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "find addresses that two have, on this host and in all that is read",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
			&cli.StringFlag{Name: "ignore", Usage: "leave out the addresses that `FILE` lists: what is known, and right"},
		}, macSourceFlags()...),
		Action: func(c *cli.Context) error {
			if err := cmdline.Args(c, 0, 0, ""); err != nil {
				return err
			}
			sources, err := macSources(c)
			if err != nil {
				return err
			}
			ignore, err := readIgnore(c.String("ignore"))
			if err != nil {
				return cmdline.Usagef("mac audit: --ignore %s", err)
			}
			var links []source.Link
			if !c.Bool("no-host") && c.String("root") == "/" {
				if links, err = source.Links(); err != nil {
					return err
				}
			}
			// Reading JSON leaves much behind: a million objects take 51 MB so, else 67.
			debug.SetGCPercent(50)
			done := cmdline.Waiting(c.App.ErrWriter, "reading "+plural(len(sources), "source", "sources"))
			report := vet.Audit(sources, links, ignore)
			done()
			if c.Bool("json") {
				err = cmdline.WriteJSON(c.App.Writer, macJSONAudit{report, jsonSources(report.Sources)})
			} else {
				err = writeMACAudit(c.App.Writer, report)
			}
			if err != nil {
				return err
			}
			return cmdline.Status(auditStatus(report))
		},
	}
}

func readIgnore(path string) (vet.Ignore, error) {
	if path == "" {
		return vet.Ignore{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return vet.Ignore{}, fmt.Errorf("%s: %w", path, errors.Unwrap(err))
	}
	defer f.Close()
	list, err := vet.ReadIgnore(f)
	if err != nil {
		return list, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// auditStatus tells duplicates from what was not read, and both from nothing.
func auditStatus(r *vet.AuditReport) int {
	switch {
	case len(r.Findings) > 0:
		return exit.Failed
	case len(r.Failures()) > 0 || len(r.Problems) > 0:
		return exit.CannotTell
	}
	return exit.OK
}

// macJSONAudit is the JSON of mac audit; bondctl-mac(8) documents it.
type macJSONAudit struct {
	*vet.AuditReport
	Sources []macJSONSource `json:"sources"`
}

func writeMACAudit(out io.Writer, r *vet.AuditReport) error {
	w := bufio.NewWriter(out)
	p := cmdline.Colours(out)
	switch failed := len(r.Failures()); {
	case len(r.Findings) > 0:
		fmt.Fprintln(w, p.Bad(plural(len(r.Findings), "address that two have", "addresses that two have")))
	case failed > 0 || len(r.Problems) > 0:
		var unread []string
		if failed > 0 {
			unread = append(unread, plural(failed, "place could not be read", "places could not be read"))
		}
		if n := len(r.Problems) + r.MoreProblems; n > 0 {
			unread = append(unread, plural(n, "line has no usable address", "lines have no usable address"))
		}
		fmt.Fprintln(w, p.Warn("cannot tell: ")+strings.Join(unread, ", "))
	default:
		fmt.Fprintln(w, p.Good("no address that two have")+" in what was read")
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "\n%s: %s: %s\n", p.Bold(f.Addr.String()), f.Kind, f.Text)
		for _, c := range f.Claims {
			fmt.Fprintf(w, "  %s %s\n", claimLabel(c), claimLine(c))
			if c.Text != "" && c.File != "" {
				fmt.Fprintf(w, "    %s\n", p.Dim(c.Text))
			}
		}
		fmt.Fprintf(w, "  %s %s\n", p.Good("cure:"), f.Cure)
	}
	if r.Ignored > 0 {
		fmt.Fprintf(w, "\n%s left out, as --ignore says\n", plural(r.Ignored, "finding", "findings"))
	}
	if r.MoreAddresses > 0 {
		fmt.Fprintf(w, "\n%s more come twice and were not looked at\n", plural(r.MoreAddresses, "address", "addresses"))
	}
	writeMACProblems(w, p, r.Problems, r.MoreProblems, 1000)
	writeMACSources(w, p, r.Sources, r.Failures())
	return w.Flush()
}
