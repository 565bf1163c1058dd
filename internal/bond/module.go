// SPDX-License-Identifier: MIT

package bond

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A ModuleOption is a parameter with which modprobe loads the bonding module,
// and where it stands.
type ModuleOption struct {
	File        string
	Line        int
	Name, Value string
}

// modprobeDirs are where modprobe reads its configuration, the last counts most
// (modprobe.d(5)).
var modprobeDirs = []string{"lib/modprobe.d", "usr/lib/modprobe.d", "run/modprobe.d", "etc/modprobe.d"}

// ModuleOptions lists what modprobe is told to load bonding with, in the files
// below root.
func ModuleOptions(root string) []ModuleOption {
	var list []ModuleOption
	for _, dir := range modprobeDirs {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			continue
		}
		for _, e := range entries {
			path := filepath.Join(root, dir, e.Name())
			text, err := os.ReadFile(path)
			if err != nil || !strings.HasSuffix(e.Name(), ".conf") {
				continue
			}
			n := 0
			for line := range strings.Lines(string(text)) {
				n++
				words := strings.Fields(line)
				if len(words) < 3 || words[0] != "options" || words[1] != "bonding" {
					continue
				}
				for _, word := range words[2:] {
					name, value, _ := strings.Cut(word, "=")
					list = append(list, ModuleOption{path, n, name, value})
				}
			}
		}
	}
	return list
}

// TxQueues is how many transmit queues the module gives a bond, by the files
// below root: what it was loaded with, or will be; 0 where nothing says so,
// which means 16.
func TxQueues(root string) int {
	if text, err := os.ReadFile(filepath.Join(root, "sys/module/bonding/parameters/tx_queues")); err == nil {
		n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return n
	}
	n := 0
	for _, m := range ModuleOptions(root) {
		if m.Name == "tx_queues" {
			n, _ = strconv.Atoi(m.Value)
		}
	}
	return n
}
