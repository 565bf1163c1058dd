// SPDX-License-Identifier: MIT

package check

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// Host is the machine that the configuration is for; the zero Host is one of
// which nothing is known.
type Host struct {
	// Sysfs is its /sys/class/net, "" where the machine is another one.
	Sysfs string
}

func (h Host) known() bool { return h.Sysfs != "" }

func (h Host) read(elem ...string) string {
	if !h.known() {
		return ""
	}
	text, err := os.ReadFile(filepath.Join(append([]string{h.Sysfs}, elem...)...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func (h Host) exists(nic string) bool {
	if !h.known() || bond.CheckName(nic) != nil {
		return false
	}
	_, err := os.Stat(filepath.Join(h.Sysfs, nic))
	return err == nil
}

// up reports whether a NIC is set up now and belongs to no bond.
func (h Host) up(nic string) bool {
	flags, _ := strconv.ParseUint(h.read(nic, "flags"), 0, 32)
	return flags&1 != 0 && h.master(nic) == "" // IFF_UP
}

// master is what a NIC is a member of, "" for nothing.
func (h Host) master(nic string) string {
	if !h.exists(nic) {
		return ""
	}
	target, err := os.Readlink(filepath.Join(h.Sysfs, nic, "master"))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// over reports whether a NIC lies upon another, as a VLAN or a bridge does upon
// its bond: it has the other's address by design.
func (h Host) over(nic, lower string) bool {
	_, err := os.Stat(filepath.Join(h.Sysfs, nic, "lower_"+lower))
	return err == nil
}

func (h Host) isBond(nic string) bool { return h.read(nic, "bonding", "mode") != "" }

// lacks reports whether a bond exists here whose kernel has no such option. No
// bond, no answer: the files are those of a bond.
func (h Host) lacks(o *bond.Option) bool {
	if !h.known() || o.NetlinkOnly {
		return false
	}
	for name := range strings.FieldsSeq(h.read("bonding_masters")) {
		if h.isBond(name) {
			for _, file := range append([]string{o.Name}, o.Aliases...) {
				if _, err := os.Stat(filepath.Join(h.Sysfs, name, "bonding", file)); err == nil {
					return false
				}
			}
			return true
		}
	}
	return false
}

// owners lists the NICs that have the address now, as their own or for a bond.
func (h Host) owners(mac string) []string {
	if !h.known() {
		return nil
	}
	entries, err := os.ReadDir(h.Sysfs)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		perm := h.read(e.Name(), "bonding_slave", "perm_hwaddr")
		if perm == "" {
			perm = h.read(e.Name(), "address")
		}
		if strings.EqualFold(perm, mac) {
			list = append(list, e.Name())
		}
	}
	return list
}
