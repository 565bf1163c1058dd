// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"strconv"
	"strings"
)

// A Mode is the way in which a bond uses its members, BOND_MODE_* of
// include/uapi/linux/if_bonding.h.
type Mode uint8

const (
	BalanceRR Mode = iota
	ActiveBackup
	BalanceXOR
	Broadcast
	LACP // 802.3ad
	BalanceTLB
	BalanceALB
	modes // how many there are
)

var modeNames = [modes]string{
	BalanceRR:    "balance-rr",
	ActiveBackup: "active-backup",
	BalanceXOR:   "balance-xor",
	Broadcast:    "broadcast",
	LACP:         "802.3ad",
	BalanceTLB:   "balance-tlb",
	BalanceALB:   "balance-alb",
}

// String is the kernel's name of the mode, "mode 9" for one it does not have.
func (m Mode) String() string {
	if m < modes {
		return modeNames[m]
	}
	return "mode " + strconv.Itoa(int(m))
}

// ParseMode reads a mode's name or number, as the kernel does.
func ParseMode(s string) (Mode, error) {
	for m, name := range modeNames {
		if s == name || s == strconv.Itoa(m) {
			return Mode(m), nil
		}
	}
	return 0, errors.New("unknown bonding mode " + strconv.Quote(s) + "; there are: " + strings.Join(modeNames[:], ", ") + ", or 0 to 6")
}

// Modes are all modes in the order of their numbers.
func Modes() []Mode {
	list := make([]Mode, modes)
	for m := range list {
		list[m] = Mode(m)
	}
	return list
}

// A ModeSet is a set of modes, one bit each.
type ModeSet uint8

// AnyMode is the set of all modes.
const AnyMode ModeSet = 1<<modes - 1

// Has reports whether the set holds m.
func (s ModeSet) Has(m Mode) bool { return s>>m&1 == 1 }

// String lists the names of the modes, separated by commas.
func (s ModeSet) String() string {
	var names []string
	for m, name := range modeNames {
		if s.Has(Mode(m)) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// HasActive reports whether in this mode one member is the active one, which
// can be chosen: bond_uses_primary in the kernel's include/net/bonding.h.
func (m Mode) HasActive() bool { return withActive.Has(m) }
