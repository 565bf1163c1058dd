// SPDX-License-Identifier: MIT

package check

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// Host is the machine that the configuration is for; the zero Host is one of
// which nothing is known.
type Host struct {
	// Root is the folder that has its etc, lib and sys: / or a copy of another
	// machine's.
	Root string
	// Running is the release of the kernel that runs, "" where that is not known.
	Running string
}

func (h Host) path(elem ...string) string {
	return filepath.Join(append([]string{h.Root}, elem...)...)
}

func (h Host) sysNet() string { return h.path(bond.SysNet) }

// known is whether there are NICs to look at: a copy may have etc alone.
func (h Host) known() bool {
	if h.Root == "" {
		return false
	}
	info, err := os.Stat(h.sysNet())
	return err == nil && info.IsDir()
}

// read gives a file of a NIC in /sys/class/net, "" where it is not there.
func (h Host) read(elem ...string) string {
	if h.Root == "" {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(append([]string{h.sysNet()}, elem...)...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func (h Host) has(elem ...string) bool {
	if h.Root == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(append([]string{h.sysNet()}, elem...)...))
	return err == nil
}

func (h Host) exists(nic string) bool { return bond.CheckName(nic) == nil && h.has(nic) }

// nics are all interfaces.
func (h Host) nics() []string { return h.entries("") }

// resolve gives the NICs that a word of BONDNICS means: a name, mac= or pci=.
func (h Host) resolve(word string) []string {
	var list []string
	mac, byMAC := strings.CutPrefix(strings.ToLower(word), "mac=")
	slot, byPCI := strings.CutPrefix(strings.ToLower(word), "pci=")
	switch {
	case byPCI && strings.Count(slot, ":") == 1:
		slot = "0000:" + slot
	case !byMAC && !byPCI:
		if h.exists(word) {
			list = append(list, word)
		}
		return list
	}
	for _, nic := range h.nics() {
		// What stands on a NIC has its address, and a bond its members'.
		if len(h.lowers(nic)) > 0 || h.isBond(nic) {
			continue
		}
		if byMAC && h.permanent(nic) == mac || byPCI && h.slot(nic) == slot {
			list = append(list, nic)
		}
	}
	return list
}

// permanent is the address that a NIC has outside a bond.
func (h Host) permanent(nic string) string {
	mac := h.read(nic, "bonding_slave", "perm_hwaddr")
	if mac == "" {
		mac = h.read(nic, "address")
	}
	return strings.ToLower(mac)
}

// slot is the place of a NIC's device on the PCI bus, "" where it has none.
func (h Host) slot(nic string) string {
	if target, err := os.Readlink(h.path(bond.SysNet, nic, "device", "subsystem")); err != nil || filepath.Base(target) != "pci" {
		return ""
	}
	target, err := os.Readlink(h.path(bond.SysNet, nic, "device"))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// flagUp reports whether an interface is set up (IFF_UP).
func (h Host) flagUp(nic string) bool {
	flags, _ := strconv.ParseUint(h.read(nic, "flags"), 0, 32)
	return flags&1 != 0
}

// up reports whether a NIC is set up now and belongs to no bond.
func (h Host) up(nic string) bool { return h.flagUp(nic) && h.master(nic) == "" }

// master is what a NIC is a member of, "" for nothing.
func (h Host) master(nic string) string {
	if !h.exists(nic) {
		return ""
	}
	target, err := os.Readlink(h.path(bond.SysNet, nic, "master"))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// lowers are what an interface stands on, as a VLAN does.
func (h Host) lowers(nic string) []string { return h.entries("lower_", nic) }

// entries are the names in a folder below a NIC that begin so, without that.
func (h Host) entries(prefix string, elem ...string) []string {
	if h.Root == "" {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(append([]string{h.sysNet()}, elem...)...))
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if rest, ok := strings.CutPrefix(e.Name(), prefix); ok {
			list = append(list, rest)
		}
	}
	return list
}

// over reports whether a NIC stands on another, as a VLAN or a bridge does on
// its bond: it has the other's address by design.
func (h Host) over(nic, lower string) bool { return slices.Contains(h.lowers(nic), lower) }

func (h Host) isBond(nic string) bool { return h.read(nic, "bonding", "mode") != "" }

func (h Host) wireless(nic string) bool { return h.has(nic, "wireless") || h.has(nic, "phy80211") }

// blocked reports whether rfkill keeps a wireless NIC from being set up.
func (h Host) blocked(nic string) bool {
	for _, n := range h.entries("rfkill", nic, "phy80211") {
		for _, kind := range []string{"soft", "hard"} {
			if h.read(nic, "phy80211", "rfkill"+n, kind) == "1" {
				return true
			}
		}
	}
	return false
}

// probed tells whether the running kernel has an option, by the files of a bond;
// known is false where there is no bond to look at, or no kernel has a file.
func (h Host) probed(o *bond.Option) (has, known bool) {
	if o.NetlinkOnly {
		return false, false
	}
	for name := range strings.FieldsSeq(h.read("bonding_masters")) {
		if !h.isBond(name) {
			continue
		}
		for _, file := range append([]string{o.Name}, o.Aliases...) {
			if h.has(name, "bonding", file) {
				return true, true
			}
		}
		return false, true
	}
	return false, false
}

// owners lists the NICs that have the address now, as their own or for a bond.
func (h Host) owners(mac string) []string {
	var list []string
	for _, nic := range h.nics() {
		if h.permanent(nic) == mac {
			list = append(list, nic)
		}
	}
	return list
}
