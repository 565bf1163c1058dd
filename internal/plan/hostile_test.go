// SPDX-License-Identifier: MIT

package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/shconf"
)

// TestHostile: no file takes long, whatever stands in it, and no finding is
// longer than a few lines.
func TestHostile(t *testing.T) {
	const size = 128 << 10
	repeat := func(s string) string { return strings.Repeat(s, size/len(s)) }
	numbered := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < size; i++ {
			b.WriteString(strings.ReplaceAll(format, "%", fmt.Sprint(i)))
		}
		return b.String()
	}
	for name, text := range map[string]string{
		"bonds":              numbered("IFNAME[%]=b%\nBONDNICS[%]=e%\n"),
		"members":            one("BONDNICS[0]=\"" + numbered("e% ") + "\""),
		"options":            one("IFOPTS[0]=\"" + numbered("miimon % | ") + "\""),
		"options of members": one("IFOPTS[0]=\"" + numbered("queue_id eth0:% ") + "\""),
		"options with =":     one("IFOPTS[0]=\"" + repeat("miimon=1=") + "\""),
		"options with ,":     one("IFOPTS[0]=\"queue_id " + repeat("eth0:1,") + "\""),
		"targets":            one("IFOPTS[0]=\"arp_ip_target " + repeat("192.0.2.1,") + "\""),
		"addresses":          one("IPADDRS[0]=\"" + numbered("10.0.0.0/% ") + "\""),
		"addresses, IPv6":    one("IP6ADDRS[0]=\"" + numbered("2001:db8::%/64 ") + "\""),
		"a long word":        one("BONDMODE[0]=" + repeat("x") + "\nIPADDRS[0]=" + repeat("1.") + "\nHWADDR[0]=" + repeat("02:")),
		"a long name":        "IFNAME[0]=" + repeat("x") + "\nBONDNICS[0]=" + repeat("a,"),
		"unread":             one(repeat("MTU[0]=$x\n")),
		"unread indexes":     numbered("IFNAME[%]=x\n") + repeat("IFNAME[$i]=x\n"),
		"commands":           one(repeat(". x\n")),
		"faults":             repeat("IFNAME[09]=x\n"),
		"appends":            repeat("IFNAME+=x\n"),
		"arrays":             repeat("IFNAME+=(x)\n"),
		"modules":            "MODULES=\"" + numbered("m% ") + "\"",
		"unused":             numbered("IPADDR[%]=x\n"),
		"slips":              numbered("IFNAM%[0]=x\n"),
		"twice":              numbered("IFNAME[0]=x%\n"),
		"strays":             numbered("MTU[%]=x\n"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			f, err := shconf.Parse(strings.NewReader(text), "c")
			if err != nil {
				t.Fatal(err)
			}
			parsed := time.Since(start)
			_, findings := Compile(bondconf.From(f))
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("%v, of which %v to read it", d, parsed)
			}
			for _, f := range findings {
				if len(f.What)+len(f.Why)+len(f.Do) > 2000 {
					t.Fatalf("a finding of %d bytes: %.100s", len(f.What)+len(f.Do), f.What)
				}
			}
		})
	}
}
