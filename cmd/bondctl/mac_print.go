// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
)

// macJSONReport is the JSON of mac check; bondctl-mac(8) documents it.
type macJSONReport struct {
	*vet.Report
	Sources []macJSONSource `json:"sources"`
}

type macJSONSource struct {
	source.Result
	Error string `json:"error,omitempty"`
}

func jsonSources(results []source.Result) []macJSONSource {
	list := []macJSONSource{}
	for _, s := range results {
		j := macJSONSource{Result: s}
		if s.Err != nil {
			j.Error = s.Err.Error()
		}
		list = append(list, j)
	}
	return list
}

func writeMACReportJSON(w io.Writer, r *vet.Report) error {
	return cmdline.WriteJSON(w, macJSONReport{r, jsonSources(r.Sources)})
}

// The hosts that neither a table nor a probe can show.
const unseen = "Hosts that are off, have no IP address, are in another VLAN or stay silent cannot be excluded."

// writeMACReport is for a person: the verdicts, then what each source said.
func writeMACReport(out io.Writer, r *vet.Report) error {
	w := bufio.NewWriter(out)
	p := cmdline.Colours(out)
	anyUnseen, anyLive := false, false
	for _, a := range r.Answers {
		verdict := string(a.Verdict)
		switch a.Verdict {
		case vet.InUse:
			verdict = p.Bad(verdict)
		case vet.NotSeen:
			verdict, anyUnseen = p.Good(verdict), true
		default:
			verdict = p.Warn(verdict)
		}
		fmt.Fprintf(w, "%s: %s: %s\n", p.Bold(a.Addr.String()), verdict, a.Why)
		if a.Warning != "" {
			fmt.Fprintf(w, "  %s %s\n", p.Warn("note:"), a.Warning)
		}
		if a.Live != nil {
			anyLive = true
			fmt.Fprintf(w, "  LAN:  %s\n", a.Live.Done)
		}
		for _, c := range a.Claims {
			fmt.Fprintf(w, "  %s %s\n", claimLabel(c), claimLine(c))
			if c.Text != "" && c.File != "" {
				fmt.Fprintf(w, "    %s\n", p.Dim(c.Text))
			}
		}
		if a.More > 0 {
			fmt.Fprintf(w, "  and %d more places\n", a.More)
		}
	}
	if anyUnseen {
		fmt.Fprintln(w, unseen)
		if !anyLive {
			fmt.Fprintln(w, "The LAN was not asked; --live INTERFACE does.")
		}
	}
	writeMACSources(w, p, r.Sources, r.Failures())
	writeMACProblems(w, p, r.Problems, r.MoreProblems, 5)
	return w.Flush()
}

// claimLabel says how much a claim means.
func claimLabel(c source.Claim) string {
	if c.Own {
		return "own:"
	}
	return string(c.Class) + ":"
}

// claimLine is a claim behind its label.
func claimLine(c source.Claim) string {
	line := vet.Where(c)
	if c.File != "" && !strings.Contains(c.File, c.Source) {
		line += ", by " + source.Visible(c.Source)
	}
	return line
}

// maxListed bounds the sources that are listed one by one.
const maxListed = 40

// maxNotText bounds the files that are named because they are no text.
const maxNotText = 5

func writeMACSources(w io.Writer, p cmdline.Palette, results []source.Result, failures []string) {
	var absent, notText []string
	here := map[string]bool{}
	for _, s := range results {
		here[s.Name] = here[s.Name] || !s.Absent
	}
	read, rest, restAddresses := 0, 0, 0
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range results {
		switch {
		case s.Err != nil:
		case s.NotText:
			notText = append(notText, source.Visible(s.File))
		case s.Absent:
			if !here[s.Name] && !slices.Contains(absent, s.Name) {
				absent = append(absent, s.Name)
			}
		default:
			if read++; read == 1 {
				fmt.Fprintln(w, "\nRead:")
			}
			if read > maxListed {
				rest, restAddresses = rest+1, restAddresses+s.Count
				continue
			}
			name, file := source.Visible(s.Name), source.Visible(s.File)
			if file == name {
				file = ""
			}
			format := s.Format
			if format == s.Name {
				format = ""
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", name, file, format, plural(s.Count, "address", "addresses"))
		}
	}
	table.Flush()
	if rest > 0 {
		fmt.Fprintf(w, "  and %d more sources with %s\n", rest, plural(restAddresses, "address", "addresses"))
	}
	if len(absent) > 0 && len(absent) <= maxListed {
		fmt.Fprintf(w, "Not here: %s\n", strings.Join(absent, ", "))
	}
	if n := len(notText); n > maxNotText {
		fmt.Fprintf(w, "No text, left out: %s and %d more\n", strings.Join(notText[:maxNotText], ", "), n-maxNotText)
	} else if n > 0 {
		fmt.Fprintf(w, "No text, left out: %s\n", strings.Join(notText, ", "))
	}
	if len(failures) > 0 {
		fmt.Fprintln(w, p.Warn("Could not be read:"))
		for _, f := range failures {
			fmt.Fprintf(w, "  %s\n", f)
		}
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// writeMACProblems lists lines that hold no usable address, max of them.
func writeMACProblems(w io.Writer, p cmdline.Palette, problems []source.Problem, more, max int) {
	if len(problems) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", p.Warn(plural(len(problems)+more, "line without a usable address:", "lines without a usable address:")))
	for i, x := range problems {
		if i == max {
			fmt.Fprintf(w, "  and %d more\n", len(problems)-max+more)
			return
		}
		fmt.Fprintf(w, "  %s:%d: %s\n    %s\n", source.Visible(x.File), x.Line, x.Why, p.Dim(x.Text))
	}
	if more > 0 {
		fmt.Fprintf(w, "  and %d more\n", more)
	}
}

// maxBrief bounds the lines about one address in a log.
const maxBrief = 5

// writeMACBrief is for a log: one line for each verdict and for each place that
// has the address.
func writeMACBrief(out io.Writer, r *vet.Report) error {
	w := bufio.NewWriter(out)
	for _, a := range r.Answers {
		fmt.Fprintf(w, "%s: %s: %s\n", a.Addr, a.Verdict, a.Why)
		if a.Warning != "" {
			fmt.Fprintf(w, "%s: note: %s\n", a.Addr, a.Warning)
		}
		listed := 0
		for i, c := range a.Claims {
			if c.Own || i == 0 && a.Verdict == vet.InUse && (a.Live == nil || a.Live.Seen == "") {
				continue // the verdict has said it
			}
			if listed++; listed > maxBrief {
				fmt.Fprintf(w, "%s: and %d more places\n", a.Addr, len(a.Claims)-i+a.More)
				break
			}
			fmt.Fprintf(w, "%s: %s: %s\n", a.Addr, c.Class, vet.Where(c))
		}
	}
	for _, f := range r.Failures() {
		fmt.Fprintf(w, "could not read %s\n", f)
	}
	return w.Flush()
}

func writeFormats(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range source.Formats() {
		fmt.Fprintf(w, "%s\t%s\n", f.Name, f.About)
	}
	return w.Flush()
}
