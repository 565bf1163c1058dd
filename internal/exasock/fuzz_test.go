// SPDX-License-Identifier: MIT

package exasock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
)

func TestParseRecord(t *testing.T) {
	for record, want := range map[string]string{
		"4,741,3234332,-;exasock-bonding: Iface b0 is not a bonding master. \n":     "Iface b0 is not a bonding master",
		"6,742,3234343,-;exasock-bonding: Now managing bond b0.\n SUBSYSTEM=net\n":  "Now managing bond b0",
		"6,742,3234343,-,caller=T1;exasock-bonding: b0: Major 10; Minor 121\n":      "b0: Major 10; Minor 121",
		"6,743,3234343,-;b0: (slave exa0): Enslaving as a backup interface\n":       "",
		"6,743,3234343,-;other: said exasock-bonding: nothing\n":                    "",
		"exasock-bonding: no record at all":                                         "",
		"":                                                                          "",
		" LINE=exasock-bonding;exasock-bonding: a property's line begins a blank\n": "",
	} {
		got, ok := parseRecord(record)
		if got != want || ok != (want != "") {
			t.Errorf("parseRecord(%q) = %q, %t; want %q", record, got, ok, want)
		}
	}
}

func TestParsePort(t *testing.T) {
	for device, card := range map[string]int{"exanic0": 0, "exanic255": 255, "exanic256": -1, "exanic": -1, "exanic-1": -1, "exanic1x": -1, "eth0": -1, "": -1} {
		p, err := parsePort(device, 3)
		if (err == nil) != (card >= 0) || err == nil && p != (Port{card, 3}) {
			t.Errorf("parsePort(%q) = %v, %v", device, p, err)
		}
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add("4,741,3234332,-;exasock-bonding: Iface b0 is not a bonding master. \n")
	f.Add("6,742,3234343,-,caller=T1;exasock-bonding: x\n SUBSYSTEM=net\n")
	f.Add(";")
	f.Fuzz(func(t *testing.T, record string) {
		text, ok := parseRecord(record)
		if !ok && text != "" || strings.Contains(text, "\n") || !strings.Contains(record, text) {
			t.Errorf("%q gives %q, %t", record, text, ok)
		}
		if ok && !strings.Contains(record, ";"+logPrefix+text) {
			t.Errorf("%q gives %q, which does not follow the prefix", record, text)
		}
	})
}

func FuzzMapsFile(f *testing.F) {
	const line = "7f0000000000-7f0000001000 r--s 00000000 00:05 96                         /dev/exabond-b0\n"
	f.Add(line, "/dev/exabond-b0")
	f.Add(strings.Replace(line, "\n", " (deleted)\n", 1), "/dev/exabond-b0")
	f.Add("7ffd0-7ffd1 rw-p 00000000 00:00 0 [stack]\n", "[stack]")
	f.Fuzz(func(t *testing.T, maps, path string) {
		found := mapsFile(maps, path)
		if found && !strings.Contains(maps, path) {
			t.Errorf("%q is found in %q", path, maps)
		}
		if path != "" && !strings.ContainsAny(path, " \t\n\v\f\r\u0085\u00a0") && strings.Fields(path) != nil &&
			!mapsFile(maps+"\n7f0-7f1 r--s 0 00:05 96 "+path+"\n", path) && len(strings.Fields(path)) == 1 {
			t.Errorf("%q is not found", path)
		}
	})
}

// FuzzStatus reads a bond whose files hold anything: no panic, and what comes
// out holds together.
func FuzzStatus(f *testing.F) {
	f.Add("bond0\n", "active-backup 1\n", "100\n", "0\n", "192.0.2.1\n", "exa0 exa1\n", "exa0\n", "6.1.0\n", uint32(wordOf(1, 0, 0)))
	f.Add("", "", "-1\n", "99999999999999999999\n", "", "../.. / \x00\n", "", "3.10", uint32(0))
	f.Add("bond0 bond0", "802.3ad 4", "0", "5", "", "bond0", "bond0", "x", ^uint32(0))
	f.Fuzz(func(t *testing.T, masters, mode, mii, arp, target, slaves, active, release string, word uint32) {
		root := t.TempDir()
		put := func(path, text string) {
			path = filepath.Join(root, path)
			if os.MkdirAll(filepath.Dir(path), 0o755) != nil || os.WriteFile(path, []byte(text), 0o644) != nil {
				t.Fatal("cannot write " + path)
			}
		}
		put("sys/class/net/exabond_masters", masters)
		put("proc/sys/kernel/osrelease", release)
		for option, value := range map[string]string{"mode": mode, "miimon": mii, "arp_interval": arp, "arp_ip_target": target, "slaves": slaves, "active_slave": active} {
			put("sys/class/net/bond0/bonding/"+option, value)
		}
		newWriter(t, makeDir(t, root, Device("bond0")), Word(word))
		h := Host{Root: root, sleep: func(time.Duration) {}}
		s, err := h.Status("bond0")
		if err != nil {
			t.Fatalf("Status: %v", err)
		}
		if managed, _ := bond.IsExasock(h.sysNet(), "bond0"); managed != s.Managed {
			t.Errorf("managed %t", s.Managed)
		}
		if _, _, ok := Word(word).Active(); s.Managed && ok != (s.Active != nil) {
			t.Errorf("word %08x, active %v", word, s.Active)
		}
		if s.Monitor.Poll < 1 || s.Monitor.Poll > defaultPoll || s.Monitor.Interval < 0 {
			t.Errorf("monitor %+v", s.Monitor)
		}
		for _, p := range s.Problems {
			if p.Bond != "bond0" || p.Text == "" || p.Cure == "" {
				t.Errorf("problem %+v", p)
			}
		}
	})
}

func makeDir(t *testing.T, root, path string) string {
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
