// SPDX-License-Identifier: MIT

package finding

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestSeverity(t *testing.T) {
	for _, s := range []Severity{Note, Warning, Error} {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Severity
		if err := json.Unmarshal(text, &back); err != nil || back != s {
			t.Errorf("%v became %s and then %v, %v", s, text, back, err)
		}
	}
	if Note >= Warning || Warning >= Error {
		t.Error("a worse one is not greater")
	}
	if s, err := ParseSeverity("fatal"); err == nil {
		t.Errorf("fatal is %v", s)
	}
}

func TestFinding(t *testing.T) {
	for _, test := range []struct {
		f    Finding
		want string
	}{
		{Finding{Rule: "r", Severity: Error, File: "a", Text: "is bad"}, "a: error: is bad [r]"},
		{Finding{Rule: "r", Severity: Note, File: "a", Line: 3, Text: "x"}, "a:3: note: x [r]"},
		{Finding{Rule: "r", Severity: Warning, File: "p.txz", Member: "usr/x", Line: 2, Text: "x"}, "p.txz:usr/x:2: warning: x [r]"},
		{Finding{Rule: "r", File: "\x1b]0;x\a", Text: "\xffö\u202e\n"}, `\x1b]0;x\a: note: \xffö\u202e\n [r]`},
	} {
		if got := test.f.String(); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

func TestCompare(t *testing.T) {
	sorted := []Finding{{File: "a", Line: 9}, {File: "b", Member: "x", Line: 3}, {File: "b", Member: "y", Line: 1, Rule: "p"},
		{File: "b", Member: "y", Line: 1, Rule: "q"}, {File: "b", Member: "y", Line: 2, Rule: "a"}}
	if !slices.IsSortedFunc(sorted, Compare) {
		t.Error("not in this order")
	}
	for i := range sorted[1:] {
		if Compare(sorted[i+1], sorted[i]) <= 0 {
			t.Errorf("%v is not after %v", sorted[i+1], sorted[i])
		}
	}
}
