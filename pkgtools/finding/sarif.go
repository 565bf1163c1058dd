// SPDX-License-Identifier: MIT

package finding

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
)

// The parts of a SARIF 2.1.0 log that are used
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID            string       `json:"id"`
		Short         sarifMessage `json:"shortDescription"`
		Help          sarifMessage `json:"help"`
		Configuration struct {
			Level Severity `json:"level"`
		} `json:"defaultConfiguration"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     Severity        `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region *sarifRegion `json:"region,omitempty"`
		} `json:"physicalLocation"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
)

// Tool is what made the findings, for formats that say so.
type Tool struct {
	Name, Version, URL string
	Rules              []Rule // all that it has
}

// WriteSARIF writes the findings as a SARIF log, which code hosts show beside
// the lines. Files are named as in the findings; a member of a package, which
// has no place of its own there, in the message.
func WriteSARIF(w io.Writer, list []Finding, tool Tool) error {
	driver := sarifDriver{Name: tool.Name, Version: tool.Version, InformationURI: tool.URL, Rules: []sarifRule{}}
	index := map[string]int{}
	for i, r := range tool.Rules {
		index[r.Name] = i
		described := sarifRule{ID: r.Name, Short: sarifMessage{r.Why}, Help: sarifMessage{"Fix: " + r.Fix}}
		described.Configuration.Level = r.Level
		driver.Rules = append(driver.Rules, described)
	}
	results := []sarifResult{}
	for _, f := range list {
		text := f.Text
		var place sarifLocation
		place.Physical.Artifact.URI = fileURI(f.File)
		if f.Member != "" {
			text = f.Member + ": " + text
		} else if f.Line > 0 {
			place.Physical.Region = &sarifRegion{f.Line}
		}
		results = append(results, sarifResult{f.Rule, index[f.Rule], f.Severity, sarifMessage{text}, []sarifLocation{place}})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0",
		[]sarifRun{{sarifTool{driver}, "unicodeCodePoints", results}}})
}

// fileURI is relative for a relative path.
func fileURI(file string) string {
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}
