// SPDX-License-Identifier: MIT

package bond

import (
	"bytes"
	"net/netip"
	"testing"
)

// FuzzIP compares parseIP and formatIP with net/netip.
func FuzzIP(f *testing.F) {
	for _, s := range []string{
		"192.0.2.1", "192.0.2", "192.0.2.256", "192.0.2.01", "1.2.3.4.5", "", ".", "1..2.3",
		"::", "::1", "1::", "2001:db8::1", "2001:db8:0:0:1:0:0:1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:9", "1:2:3::5:6:7:8", "1::2::3", ":::", ":1", "1:", "12345::", "g::", "+1::", "::ffff:192.0.2.1",
		"1:2:3:4:5:6:192.0.2.1", "192.0.2.1::", "::192.0.2.1:1", "fe80::1%eth0", "1:0:0:2:0:0:0:3", "0:0:1::", "::1.2.3.0x4",
		"1:2:3:4:5:6:7", "1:2", "1::2:", "_1::", "0001::00a",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := netip.ParseAddr(s)
		if err != nil || want.Zone() != "" {
			if got := parseIP(s); got != nil {
				t.Fatalf("parseIP(%q) = %v, netip: %v", s, got, err)
			}
			return
		}
		got := parseIP(s)
		if !bytes.Equal(got, want.AsSlice()) {
			t.Fatalf("parseIP(%q) = %v, netip: %v", s, got, want.AsSlice())
		}
		if want.Is4In6() { // netip shows the IPv4 part with dots, for the eye
			return
		}
		if text := formatIP(got); text != want.String() {
			t.Fatalf("formatIP(%v) = %q, netip: %q", got, text, want)
		}
	})
}
