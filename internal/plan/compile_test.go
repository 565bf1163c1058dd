// SPDX-License-Identifier: MIT

package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
)

func parse(t *testing.T, text string) *bondconf.Config {
	t.Helper()
	f, err := shconf.Parse(strings.NewReader(text), "b")
	if err != nil {
		t.Fatal(err)
	}
	return bondconf.From(f)
}

// rules are the findings as "LINE RULE", with "!" behind an error; each of them
// must say all that it is to say.
func rules(t *testing.T, findings []Finding) string {
	t.Helper()
	var list []string
	for _, f := range findings {
		if f.What == "" || f.Why == "" || f.Do == "" || f.File == "" || f.Severity == "" {
			t.Errorf("incomplete: %+v", f)
		}
		mark := ""
		if f.Severity == Error {
			mark = "!"
		}
		list = append(list, fmt.Sprintf("%d %s%s", f.Line, f.Rule, mark))
	}
	return strings.Join(list, ", ")
}

// one is a bond with two members, and in line 3 and after what a test is about.
func one(lines string) string {
	return "IFNAME[0]=bond0\nBONDNICS[0]=\"eth0 eth1\"\n" + lines
}

func TestRules(t *testing.T) {
	for _, tt := range []struct{ name, conf, want string }{
		{"nothing", "", ""},
		{"well", one("BONDMODE[0]=active-backup\nIFOPTS[0]=\"miimon 100 | primary eth0 | updelay 200 | queue_id eth0:1 eth1:2\"\nMTU[0]=9000\nLINKWAIT[0]=10\nIPADDRS[0]=192.0.2.2/24\nIP6ADDRS[0]=2001:db8::2/64\nGATEWAY=192.0.2.1\nGATEWAY6=2001:db8::1\nMACCHECK=warn\nHWADDR[0]=auto"), ""},
		{"two faults in one bond", one("BONDMODE[0]=lacp\nIFOPTS[0]='mimon 100 | updelay 150 | xmit_hash_policy 2+3'"), "3 bad-mode!, 4 unknown-option!, 4 option-value!, 4 delay-multiple!"},
		{"bad gateway", one("GATEWAY=router"), "3 bad-gateway!"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, findings := Compile(parse(t, tt.conf))
			if got := rules(t, findings); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
				for _, f := range findings {
					t.Logf("%s: %s; %s; do: %s", f.Pos, f.What, f.Why, f.Do)
				}
			}
		})
	}
}
