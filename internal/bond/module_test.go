// SPDX-License-Identifier: MIT

package bond

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestTxQueues(t *testing.T) {
	const etc, lib, loaded = "etc/modprobe.d/b.conf", "lib/modprobe.d/b.conf", "sys/module/bonding/parameters/tx_queues"
	for name, tt := range map[string]struct {
		files map[string]string
		want  int
	}{
		"nothing":           {nil, 0},
		"configured":        {map[string]string{etc: "# x\noptions bonding mode=4 tx_queues=32\n"}, 32},
		"etc counts more":   {map[string]string{etc: "options bonding tx_queues=32\n", lib: "options bonding tx_queues=8\n"}, 32},
		"loaded":            {map[string]string{etc: "options bonding tx_queues=32\n", loaded: "16\n"}, 16},
		"of another module": {map[string]string{etc: "options dummy tx_queues=32\noptions bonding\nalias bonding tx_queues=3\n"}, 0},
		"not read":          {map[string]string{etc + ".old": "options bonding tx_queues=32\n"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for path, text := range maps.All(tt.files) {
				path = filepath.Join(root, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := TxQueues(root); got != tt.want {
				t.Errorf("%d, want %d", got, tt.want)
			}
		})
	}
}

func TestParseRelease(t *testing.T) {
	for s, want := range map[string]Release{
		"6.12.117-smp": {6, 12, 117}, "6.18": {6, 18}, "5.14-rc5": {5, 14}, "3.10.17": {3, 10, 17}, "6.1.": {6, 1}, "6.1.5.7": {6, 1, 5},
	} {
		if got, ok := ParseRelease(s); got != want || !ok {
			t.Errorf("ParseRelease(%q) = %v, %v; want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "6", "6.", "x", ".1", "-1.2", "6.x", "99999999999999999999.1"} {
		if got, ok := ParseRelease(s); ok {
			t.Errorf("ParseRelease(%q) = %v", s, got)
		}
	}
	if s := (Release{6, 1, 176}).String() + " " + (Release{6, 18}).String(); s != "6.1.176 6.18" {
		t.Error(s)
	}
}

func TestTakes(t *testing.T) {
	for _, tt := range []struct {
		option, value string
		mode          Mode
		release       Release
		why           string
		whole, ok     bool
	}{
		{"miimon", "100", ActiveBackup, Release{3, 10}, "", false, true},
		{"use_carrier", "off", ActiveBackup, Release{6, 17, 9}, "", false, true},
		{"use_carrier", "off", ActiveBackup, Release{6, 18}, "kernels before 6.18 take it", false, false},
		{"use_carrier", "on", ActiveBackup, Release{6, 18}, "", false, true},
		{"lacp_active", "off", LACP, Release{5, 14, 9}, "Linux 5.15 and later have it", true, false},
		{"lacp_active", "off", LACP, Release{5, 15}, "", false, true},
		{"xmit_hash_policy", "vlan+srcmac", LACP, Release{5, 10, 223}, "Linux 5.12 and later have it", false, false},
		{"xmit_hash_policy", "layer2", LACP, Release{3, 10}, "", false, true},
		{"arp_validate", "all", ActiveBackup, Release{3, 10}, "", false, true},
		{"arp_validate", "all", BalanceXOR, Release{3, 10}, "Linux 3.15 and later have it", false, false},
		{"tlb_dynamic_lb", "off", BalanceTLB, Release{4, 18}, "", false, true},
		{"tlb_dynamic_lb", "off", BalanceALB, Release{4, 18}, "Linux 4.19 and later have it", false, false},
	} {
		why, whole, ok := Lookup(tt.option).Takes(tt.release, tt.mode, tt.value)
		if why != tt.why || whole != tt.whole || ok != tt.ok {
			t.Errorf("%s %s on %s: %q %v %v", tt.option, tt.value, tt.release, why, whole, ok)
		}
	}
	for _, l := range limits {
		o := Lookup(l.Option)
		if o == nil || l.Since == (Release{}) && l.Until == (Release{}) {
			t.Errorf("the row of %s is not complete", l.Option)
			continue
		}
		for _, word := range l.Words {
			if c, err := o.Canonical(word); err != nil || c != word {
				t.Errorf("%s has no value %q", l.Option, word)
			}
		}
	}
}
