// SPDX-License-Identifier: MIT

package bondconf

import (
	"strings"
	"testing"
)

// FuzzFromBash: whatever a stream holds, it is read or refused, and a value is
// never one that the stream does not have.
func FuzzFromBash(f *testing.F) {
	for _, s := range []string{
		"", "hello\n\n" + Marker + "\n", Marker + "\ndeclare -a IFNAME=([0]=\"bond0\" [3]=$'b\\nc')\ndeclare -f bond_up\n",
		Marker + "\ndeclare -a IFNAME='([0]=\"bond0\")'\n", Marker + "\ndeclare -- GATEWAY=\"a\\\"b\n c\"\n", "/c: line 3: x\n",
		Marker + "\ndeclare -A IFNAME=([a]=\"1\")\n", Marker + "\ndeclare -x MTU=\"1", Marker + "\ndeclare -a IFNAME='([0]='\\''x'\\'')'\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := FromBash(strings.NewReader(s), "/c")
		if err != nil {
			return
		}
		for i := range c.Interfaces {
			if n := c.Interfaces[i].Name; n.Set && !strings.Contains(s, "IFNAME") {
				t.Errorf("%q: a name %q that nobody gave", s, n.Value)
			}
		}
		if !strings.Contains(s, Marker) && len(c.Faults) == 0 {
			t.Errorf("%q: its end is not missed", s)
		}
	})
}
