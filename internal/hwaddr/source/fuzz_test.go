// SPDX-License-Identifier: MIT

package source

import (
	"strings"
	"testing"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// check is a Sink that fails on claims that cannot be.
type check struct {
	t      *testing.T
	wanted int
	claims int
}

func (c *check) Want(_ hwaddr.Addr, sure bool) bool {
	if sure {
		c.wanted++
	} else {
		c.claims-- // claimed, and not counted
	}
	return true
}

func (c *check) Claim(x Claim) {
	c.claims++
	if x.Class == "" || len([]rune(x.Text)) > maxText || strings.ContainsAny(x.Text+x.Name+x.IP+x.Port+x.VLAN+x.Note, "\n\r\x00\x1b\u009b") {
		c.t.Errorf("claim %+v", x)
	}
}

func (c *check) WantProblem() bool { return true }

func (c *check) Problem(p Problem) {
	if p.Why == "" || strings.ContainsAny(p.Text, "\n\r\x00\x1b") {
		c.t.Errorf("problem %+v", p)
	}
}

// fuzzFormat feeds one format's reader. Each address is asked for once and, as
// all are wanted, claimed once; an error is fine, a panic or a loop is not.
func fuzzFormat(f *testing.F, name string) {
	seeds := 0
	for _, s := range samples {
		if s.format == name {
			f.Add([]byte(s.text))
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatalf("no sample of %s", name)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &check{t: t}
		r := readFrom(strings.NewReader(string(text)), "fuzz", "fuzz", formatNamed(name), "", now(), c)
		if r.Err == nil && (r.Count != c.wanted || r.Count != c.claims) {
			t.Errorf("counted %d addresses, asked for %d, claimed %d", r.Count, c.wanted, c.claims)
		}
	})
}

func FuzzDHCPcd(f *testing.F)        { fuzzFormat(f, "dhcpcd") }
func FuzzJSON(f *testing.F)          { fuzzFormat(f, "json") }
func FuzzLibvirt(f *testing.F)       { fuzzFormat(f, "libvirt") }
func FuzzRCConf(f *testing.F)        { fuzzFormat(f, "rc.conf") }
func FuzzDHCPD(f *testing.F)         { fuzzFormat(f, "dhcpd") }
func FuzzDnsmasqLeases(f *testing.F) { fuzzFormat(f, "dnsmasq.leases") }
func FuzzSNMP(f *testing.F)          { fuzzFormat(f, "snmp") }
func FuzzNetplan(f *testing.F)       { fuzzFormat(f, "netplan") }
func FuzzQEMU(f *testing.F)          { fuzzFormat(f, "qemu") }
func FuzzCSV(f *testing.F)           { fuzzFormat(f, "csv") }

// FuzzLines covers the formats that are lines and three expressions.
func FuzzLines(f *testing.F) {
	for _, s := range samples {
		if formatNamed(s.format).read == nil {
			f.Add(s.format, []byte(s.text))
		}
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if fm := formatNamed(name); fm == nil || fm.read != nil {
			return
		}
		c := &check{t: t}
		r := readFrom(strings.NewReader(string(text)), "fuzz", "fuzz", formatNamed(name), "", now(), c)
		if r.Err == nil && (r.Count != c.wanted || r.Count != c.claims) {
			t.Errorf("counted %d addresses, asked for %d, claimed %d", r.Count, c.wanted, c.claims)
		}
	})
}

// FuzzRecognise covers the choice of the format and the decoding before it.
func FuzzRecognise(f *testing.F) {
	for _, s := range samples {
		f.Add(s.path, []byte(s.text))
	}
	f.Fuzz(func(t *testing.T, path string, text []byte) {
		r := readFrom(strings.NewReader(string(text)), path, "fuzz", nil, "", now(), &check{t: t})
		if (r.Format == "") != (r.Err != nil) && r.Format == "" {
			t.Errorf("neither a format nor an error: %+v", r)
		}
	})
}

func FuzzTable(f *testing.F) { fuzzFormat(f, "table") }
