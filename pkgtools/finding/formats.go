// SPDX-License-Identifier: MIT

package finding

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
)

// WriteGCC writes a line for each finding as compilers do, FILE:LINE:COLUMN:
// SEVERITY: TEXT [RULE], which editors jump to. A finding about a whole file is
// at its first line, and a member of a package is named in the text.
func WriteGCC(w io.Writer, list []Finding) error {
	out := bufio.NewWriter(w)
	for _, f := range list {
		text := f.Message()
		if f.Member != "" {
			text = Printable(f.Member) + ": " + text
		}
		fmt.Fprintf(out, "%s:%d:1: %s: %s\n", Printable(f.File), max(f.Line, 1), f.Severity, text)
	}
	return out.Flush()
}

// The parts of Checkstyle's report that other tools write and read too
// (https://checkstyle.org/).
type (
	checkstyleReport struct {
		XMLName xml.Name         `xml:"checkstyle"`
		Version string           `xml:"version,attr"`
		Files   []checkstyleFile `xml:"file"`
	}
	checkstyleFile struct {
		Name   string            `xml:"name,attr"`
		Errors []checkstyleError `xml:"error"`
	}
	checkstyleError struct {
		Line     int    `xml:"line,attr"`
		Severity string `xml:"severity,attr"`
		Message  string `xml:"message,attr"`
		Source   string `xml:"source,attr"`
	}
)

// WriteCheckstyle writes the findings, sorted by file, as Checkstyle's XML, where
// a note is an "info" and the rule is the source.
func WriteCheckstyle(w io.Writer, list []Finding, tool Tool) error {
	report := checkstyleReport{Version: "4.3"}
	for _, f := range list {
		name := Printable(f.File)
		if n := len(report.Files); n == 0 || report.Files[n-1].Name != name {
			report.Files = append(report.Files, checkstyleFile{Name: name})
		}
		severity, text := f.Severity.String(), Printable(f.Text)
		if f.Severity == Note {
			severity = "info"
		}
		if f.Member != "" {
			text = Printable(f.Member) + ": " + text
		}
		file := &report.Files[len(report.Files)-1]
		file.Errors = append(file.Errors, checkstyleError{max(f.Line, 1), severity, text, tool.Name + "." + f.Rule})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(report); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
