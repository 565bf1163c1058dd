// SPDX-License-Identifier: MIT

package vet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// TestMany checks that one address on very many lines, and very many mistakes, are
// counted and not all kept.
func TestMany(t *testing.T) {
	asked := addr(t, "02:00:5e:10:00:07")
	for _, n := range []int{1, maxClaims, maxClaims + 1, maxClaims + 7} {
		_, sources := files(t, map[string]string{"w": strings.Repeat("02:00:5e:10:00:07\n02:00:5e:10:00\n", n)})
		r := Check([]hwaddr.Addr{asked, asked}, sources, Own{})
		if len(r.Answers) != 1 {
			t.Fatalf("%d answers for one address asked for twice", len(r.Answers))
		}
		a := r.Answers[0]
		if want := min(n, maxClaims); len(a.Claims) != want || a.More != n-want {
			t.Errorf("%d lines: %d claims and %d more", n, len(a.Claims), a.More)
		}
		if want := min(n, maxClaims); len(r.Problems) != want || r.MoreProblems != n-want {
			t.Errorf("%d mistakes: %d problems and %d more", n, len(r.Problems), r.MoreProblems)
		}
	}
	_, sources := files(t, map[string]string{"w": strings.Repeat("02:00:5e:10:00:07\n", maxEach+5) + strings.Repeat("02:00:5e:10:00\n", maxProblems+3)})
	r := Audit(sources, nil, Ignore{})
	if len(r.Findings) != 1 || len(r.Findings[0].Claims) != maxEach {
		t.Errorf("%d findings, the first with %d claims", len(r.Findings), len(r.Findings[0].Claims))
	}
	if len(r.Problems) != maxProblems || r.MoreProblems != 3 {
		t.Errorf("%d problems and %d more", len(r.Problems), r.MoreProblems)
	}
	var twice strings.Builder
	for i := range maxRepeated + 2 {
		a := hwaddr.Addr{2, 0, 1, byte(i >> 16), byte(i >> 8), byte(i)}
		fmt.Fprintf(&twice, "%s\n%s\n%s\n", a, a, a)
	}
	_, sources = files(t, map[string]string{"w": twice.String()})
	if r := Audit(sources, nil, Ignore{}); len(r.Findings) != maxRepeated || r.MoreAddresses != 4 {
		t.Errorf("%d findings, %d addresses more", len(r.Findings), r.MoreAddresses)
	}
}

// TestOrder checks that the strongest claim decides and comes first.
func TestOrder(t *testing.T) {
	claims := []source.Claim{
		{Class: source.Used, Own: true},
		{Class: source.Mentioned, Past: source.Unanswered},
		{Class: source.Comment},
		{Class: source.Mentioned, Past: source.Ended},
		{Class: source.Mentioned},
		{Class: source.Reserved},
		{Class: source.Used},
	}
	for i, c := range claims {
		if weight(c) != i {
			t.Errorf("%+v weighs %d, want %d", c, weight(c), i)
		}
		if want := i >= 4; Counts(c) != want {
			t.Errorf("%+v counts: %v", c, !want)
		}
	}
	var text strings.Builder
	text.WriteString("192.0.2.8 dev eth0 lladdr 02:00:5e:10:00:07 FAILED\n192.0.2.9 dev eth0 lladdr 02:00:5e:10:00:07 STALE\n")
	_, sources := files(t, map[string]string{"a": "see 02:00:5e:10:00:07\n", "b": text.String(), "ethers": "02:00:5e:10:00:07 x\n"})
	var got []string
	for _, c := range Check([]hwaddr.Addr{addr(t, "02:00:5e:10:00:07")}, sources, Own{}).Answers[0].Claims {
		got = append(got, string(c.Class)+string(c.Past))
	}
	if list := strings.Join(got, " "); list != "used reserved mentioned mentionedunanswered" {
		t.Errorf("claims in the order %s", list)
	}
}

func TestWorst(t *testing.T) {
	for want, verdicts := range map[Verdict][]Verdict{
		NotSeen:    {NotSeen, NotSeen},
		CannotTell: {NotSeen, CannotTell, NotSeen},
		InUse:      {CannotTell, InUse, NotSeen},
	} {
		r := Report{}
		for _, v := range verdicts {
			r.Answers = append(r.Answers, Answer{Verdict: v})
		}
		if got := r.Worst(); got != want {
			t.Errorf("worst of %v is %s", verdicts, got)
		}
	}
	if got := (&Report{}).Worst(); got != NotSeen {
		t.Errorf("of nothing: %s", got)
	}
}

func TestWarning(t *testing.T) {
	for text, want := range map[string]string{
		"02:00:5e:10:00:07": "",
		"00:16:3e:00:00:01": "its prefix is Xen's: others in the LAN draw from the same range",
		"00:00:0c:07:ac:01": "its prefix belongs to HSRP: no host may have it",
		"00:00:0c:9f:f1:01": "its prefix belongs to HSRP version 2: no host may have it",
		"00:00:0c:9f:ef:01": "",
		"02:01:c0:00:02:01": "its prefix is Microsoft NLB's: others in the LAN draw from the same range",
		"01:00:5e:00:00:01": "it is a multicast address (the first octet is odd): no host may have it",
	} {
		if got := warning(addr(t, text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestDescribe(t *testing.T) {
	for want, c := range map[string]source.Claim{
		"this host's eth0: current address":          {Source: "interfaces", Name: "eth0", Text: "eth0: current address", Class: source.Used, Note: "x"},
		"nas 192.0.2.7 on eth0, ethers:7 (reserved)": {Source: "ethers", File: "ethers", Line: 7, Name: "nas", IP: "192.0.2.7", Port: "eth0", Class: source.Reserved},
		"neighbours (used)":                          {Source: "neighbours", Class: source.Used},
		"wiki:3 (mentioned, STALE, 3 days old)":      {Source: "wiki", File: "wiki", Line: 3, Class: source.Mentioned, Note: "STALE", Time: time.Now().Add(-73 * time.Hour)},
		`a\x1bb:1 (mentioned)`:                       {Source: "x", File: "a\x1bb", Line: 1, Class: source.Mentioned},
		"on Gi1 VLAN 7 of sw1, sw1/fdb (used)":       {Source: "f", File: "sw1/fdb", Port: "Gi1", VLAN: "7", Host: "sw1", Class: source.Used},
	} {
		if got := Describe(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := Where(c); strings.Contains(got, string(c.Class)) || !strings.HasPrefix(want, strings.TrimSuffix(got, ")")[:5]) {
			t.Errorf("without its class: %q", got)
		}
	}
}

func TestFailures(t *testing.T) {
	got := failures([]source.Result{
		{Name: "interfaces", Err: errors.New("operation not permitted")}, {Name: "good", File: "good"},
		{Name: "a", File: "a", Err: errors.Join(errors.New("a:1: x"), errors.New("a:2: \x1by"))},
	})
	if want := `[interfaces: operation not permitted a:1: x a:2: \x1by]`; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestAnd(t *testing.T) {
	nine := strings.Fields("a b c d e f g h i")
	for want, names := range map[string][]string{
		"": nil, "a": nine[:1], "a and b": nine[:2], "a, b and c": nine[:3], "a, b, c, d, e, f, g and h": nine[:8], "a, b, c, d, e, f, g, h and 1 more": nine,
	} {
		if got := and(names); got != want {
			t.Errorf("and(%v) = %q, want %q", names, got, want)
		}
	}
	var claims []source.Claim
	for _, port := range []string{"10", "9", "", "9", "b", "a"} {
		claims = append(claims, source.Claim{Port: port})
	}
	if got := distinct(claims, func(c source.Claim) string { return c.Port }); fmt.Sprint(got) != "[9 10 a b]" {
		t.Errorf("distinct: %v", got)
	}
	if count(1, "source", "sources") != "1 source" || count(0, "source", "sources") != "0 sources" {
		t.Error("counted wrongly")
	}
}
