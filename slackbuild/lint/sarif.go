// SPDX-License-Identifier: MIT

package lint

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
)

// WriteSARIF writes the findings as a SARIF 2.1.0 log
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), which code hosts show
// beside the lines.
func WriteSARIF(w io.Writer, list []Finding, version string) error {
	type message struct {
		Text string `json:"text"`
	}
	type rule struct {
		ID      string         `json:"id"`
		Short   message        `json:"shortDescription"`
		Help    message        `json:"help"`
		Default map[string]any `json:"defaultConfiguration"`
	}
	all := Rules()
	index := map[string]int{}
	var described []rule
	for i, r := range all {
		index[r.ID] = i
		described = append(described, rule{r.ID, message{r.Why}, message{r.Mend}, map[string]any{"level": r.Level}})
	}
	results := []map[string]any{}
	for _, f := range list {
		place := map[string]any{"artifactLocation": map[string]any{"uri": (&url.URL{Path: filepath.ToSlash(f.File)}).String()}}
		if f.Line > 0 {
			place["region"] = map[string]any{"startLine": f.Line}
		}
		results = append(results, map[string]any{
			"ruleId":    f.Rule,
			"ruleIndex": index[f.Rule],
			"level":     f.Level,
			"message":   message{f.Text},
			"locations": []any{map[string]any{"physicalLocation": place}},
		})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": map[string]any{
				"name": "mkslack lint", "version": version,
				"informationUri": "https://github.com/slackbond/slackbond", "rules": described,
			}},
			"results": results,
		}},
	})
}
