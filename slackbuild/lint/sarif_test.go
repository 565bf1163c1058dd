// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"encoding/json"
	"net/url"
	"testing"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

func TestSARIF(t *testing.T) {
	list := []finding.Finding{
		{Rule: "dir-files", Severity: finding.Error, File: "misc/thing/README", Text: "the file is missing"},
		{Rule: "script-tab", Severity: finding.Note, File: "misc/a b:\x1b%/x", Line: 7, Text: "a tab"},
		{Rule: "package-gzip", Severity: finding.Error, File: "/tmp/thing-1-noarch-1.txz", Member: "usr/man/man1/x.1.gz", Line: 3, Text: "bad \xff"},
	}
	var out bytes.Buffer
	if err := WriteSARIF(&out, list, "1.0"); err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	dec := json.NewDecoder(&out)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %q, %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	if got, want := len(run.Tool.Driver.Rules), len(Rules()); got != want {
		t.Errorf("%d rules, want %d", got, want)
	}
	for _, r := range run.Tool.Driver.Rules {
		if r.ID == "" || r.Short.Text == "" || r.Help.Text == "" {
			t.Errorf("a rule without name or text: %+v", r)
		}
	}
	if len(run.Results) != len(list) {
		t.Fatalf("%d results", len(run.Results))
	}
	places := []struct {
		uri  string
		line int
	}{{"misc/thing/README", 0}, {"misc/a%20b:%1B%25/x", 7}, {"file:///tmp/thing-1-noarch-1.txz", 0}}
	for i, r := range run.Results {
		if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID || got != list[i].Rule {
			t.Errorf("result %d: rule %q at index %d is %q", i, r.RuleID, r.RuleIndex, got)
		}
		where := r.Locations[0].Physical
		if _, err := url.Parse(where.Artifact.URI); err != nil || where.Artifact.URI != places[i].uri {
			t.Errorf("result %d: uri %q (%v), want %q", i, where.Artifact.URI, err, places[i].uri)
		}
		line := 0
		if where.Region != nil {
			line = where.Region.StartLine
		}
		if line != places[i].line {
			t.Errorf("result %d: line %d, want %d", i, line, places[i].line)
		}
	}
	if got := run.Results[2].Message.Text; got != "usr/man/man1/x.1.gz: bad \ufffd" {
		t.Errorf("message %q", got)
	}
}
