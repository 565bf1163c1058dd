// SPDX-License-Identifier: MIT

package finding

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestSARIF(t *testing.T) {
	list := []Finding{
		{Rule: "dir-files", Severity: Error, File: "misc/thing/README", Text: "the file is missing"},
		{Rule: "script-tab", Severity: Note, File: "misc/a b:\x1b%/x", Line: 7, Text: "a <b> tab"},
		{Rule: "package-gzip", Severity: Error, File: "/tmp/thing-1-noarch-1.txz", Member: "usr/man/man1/x.1.gz", Line: 3, Text: "bad \xff"},
	}
	tool := Tool{"a tool", "1.0", "https://example.org/", []Rule{
		{Name: "other", Why: "w", Fix: "f"}, {Name: "script-tab", Why: "w", Fix: "f"}, {Name: "dir-files", Why: "w", Fix: "f"}, {Name: "package-gzip", Why: "w", Fix: "f"},
	}}
	var out bytes.Buffer
	if err := WriteSARIF(&out, list, tool); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\n      \"tool\": {") || !strings.Contains(out.String(), "a <b>") {
		t.Errorf("not for people to read:\n%s", out.String())
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
	if got, want := len(run.Tool.Driver.Rules), len(tool.Rules); got != want {
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
		if (where.Region != nil) != (places[i].line > 0) {
			t.Errorf("result %d: region %+v", i, where.Region)
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

func TestGCC(t *testing.T) {
	var out bytes.Buffer
	if err := WriteGCC(&out, []Finding{
		{Rule: "a-b", Severity: Error, File: "misc/x/x.info", Line: 3, Text: "bad\x1b"},
		{Rule: "c", Severity: Warning, File: "misc/x", Text: "odd"},
		{Rule: "d", Severity: Note, File: "x.txz", Member: "usr/m\n", Text: "small"},
	}); err != nil {
		t.Fatal(err)
	}
	want := "misc/x/x.info:3:1: error: bad\\x1b [a-b]\nmisc/x:1:1: warning: odd [c]\nx.txz:1:1: note: usr/m\\n: small [d]\n"
	if got := out.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestCheckstyle(t *testing.T) {
	var out bytes.Buffer
	list := []Finding{
		{Rule: "a-b", Severity: Error, File: "misc/x/x.info", Line: 3, Text: `bad <"&\'>` + "\x00"},
		{Rule: "c", Severity: Warning, File: "misc/x/x.info", Text: "odd"},
		{Rule: "d", Severity: Note, File: "x.txz", Member: "usr/m", Text: "small"},
	}
	if err := WriteCheckstyle(&out, list, Tool{Name: "lint"}); err != nil {
		t.Fatal(err)
	}
	var back checkstyleReport
	if err := xml.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	want := []checkstyleFile{
		{"misc/x/x.info", []checkstyleError{{3, "error", `bad <"&\'>\x00`, "lint.a-b"}, {1, "warning", "odd", "lint.c"}}},
		{"x.txz", []checkstyleError{{1, "info", "usr/m: small", "lint.d"}}},
	}
	if !reflect.DeepEqual(back.Files, want) {
		t.Errorf("got  %+v\nwant %+v", back.Files, want)
	}
	if !strings.HasSuffix(out.String(), "\n  <file name=\"x.txz\">\n    <error line=\"1\" severity=\"info\" message=\"usr/m: small\" source=\"lint.d\"></error>\n  </file>\n</checkstyle>\n") {
		t.Errorf("written as\n%s", out.String())
	}
	if err := WriteCheckstyle(badWriter{}, list, Tool{}); err == nil {
		t.Error("a full disk is no error")
	}
	out.Reset()
	if err := WriteCheckstyle(&out, nil, Tool{}); err != nil || !strings.Contains(out.String(), `<checkstyle version="4.3"></checkstyle>`) {
		t.Errorf("nothing found: %s, %v", out.String(), err)
	}
}

// badWriter takes the first line and no more.
type badWriter struct{}

func (badWriter) Write(p []byte) (int, error) {
	if bytes.HasPrefix(p, []byte("<?xml")) {
		return len(p), nil
	}
	return 0, errors.New("no space left on device")
}
