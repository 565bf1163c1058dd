// SPDX-License-Identifier: MIT

package plan

import (
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
)

// FuzzCompile: each bond of the file is planned or refused, a bond that is planned
// has what start needs, and what is refused without a finding is unread.
func FuzzCompile(f *testing.F) {
	for _, tt := range ruleTests {
		f.Add(tt.conf)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := shconf.Parse(strings.NewReader(text), "c")
		if err != nil {
			return
		}
		conf := bondconf.From(file)
		p, findings := Compile(conf)
		if len(p.Refused) > 0 && len(findings) == 0 {
			t.Errorf("%q: %q are refused without a word", text, p.Refused)
		}
		seen := map[string]bool{}
		for _, b := range p.Bonds {
			if checkName(b.Name) != nil || len(b.Members) == 0 || seen[b.Name] {
				t.Errorf("%q: %+v", text, b)
			}
			seen[b.Name] = true
			for _, s := range b.Options {
				if o := s.Spec(); o == nil || !o.Modes.Has(b.Mode) || o.PerMember != (s.Member != "") {
					t.Errorf("%q: %+v", text, s)
				} else if v, err := o.Canonical(s.Value); o.Name != "primary" && o.Name != "active_slave" && (err != nil || v != s.Value) {
					t.Errorf("%q: %+v is not canonical: %q, %v", text, s, v, err)
				}
			}
			if d := Diff(&b, &b, asWanted(&b)); len(d) > 0 && b.DHCP == nil {
				t.Errorf("%q: runs as it is wanted, and differs: %q", text, lines(d))
			}
		}
		for _, finding := range findings {
			if finding.What == "" || finding.Why == "" || finding.Do == "" {
				t.Errorf("%q: %+v", text, finding)
			}
		}
	})
}
