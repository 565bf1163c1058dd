// SPDX-License-Identifier: MIT

package plan

import (
	"fmt"
	"strings"
)

// Words says what a difference is: the member that it is about, "" where it is
// the bond's own, what runs and what was asked for, and which verb mends it.
func (d Difference) Words() (member, text string) {
	member, text = d.words()
	switch d.Needs {
	case Live:
		text += "; start changes that"
	case Down, Empty, Release:
		text += "; restart changes that"
	}
	return member, text
}

// String is the difference as what follows the bond's name.
func (d Difference) String() string {
	member, text := d.words()
	if member != "" {
		return member + ": " + text
	}
	return text
}

// Remedy says what it takes to mend the difference.
func (d Difference) Remedy() string {
	switch {
	case d.Kind == KindAbsent:
		return "start makes it"
	case d.Needs == Live:
		return "start does it while the bond runs"
	case d.Needs == Down:
		return "restart does it: the bond is down for a moment"
	case d.Needs == Empty:
		return "restart does it: all members leave for a moment"
	case d.Needs == Release:
		return "restart does it: that member leaves, the others stay"
	}
	return "neither start nor restart can do it"
}

func (d Difference) words() (member, text string) {
	asked := func(what, have, want string) string {
		if have == "" {
			have = "not set"
		}
		if want == "" {
			want = "none"
		}
		return fmt.Sprintf("%s is %s, asked for is %s", what, have, want)
	}
	switch d.Kind {
	case KindAbsent:
		text = "does not exist"
	case KindMode, KindMTU:
		text = asked(strings.ToLower(string(d.Kind)), d.Have, d.Want)
	case KindOption:
		text = asked(d.Subject, d.Have, d.Want)
	case KindNoOption:
		member, option, ok := strings.Cut(d.Subject, " ")
		if !ok {
			member, option = "", d.Subject
		}
		return member, fmt.Sprintf("this kernel has no option %s, asked for is %s", option, d.Want)
	case KindMemberOption:
		option := ""
		member, option, _ = strings.Cut(d.Subject, " ")
		text = asked(option, d.Have, d.Want)
	case KindMAC:
		text = asked("its MAC address", d.Have, d.Want)
	case KindDown:
		text = "is set down"
	case KindMemberMissing:
		if d.Needs == Nothing {
			return d.Subject, "is missing: there is no such NIC"
		}
		member, text = d.Subject, "is not a member, but should be"
	case KindMemberExtra:
		member, text = d.Subject, "is a member, and not in BONDNICS"
	case KindMemberDown:
		member, text = d.Subject, "is set down"
	case KindMemberMAC:
		member, text = d.Subject, fmt.Sprintf("has the MAC address %s, not the bond's: no traffic can pass over it", d.Have)
	case KindMemberMTU:
		member, text = d.Subject, asked("its MTU", d.Have, d.Want)
	case KindAddrMissing:
		text = "does not have the address " + d.Subject
	case KindAddrDuplicate:
		return "", "somebody else on the link has its address " + d.Subject + ": it cannot be used"
	case KindAddrExtra:
		text = "has the address " + d.Subject + ", which is no longer asked for"
	case KindDHCP, KindExasock:
		text = asked(string(d.Kind), d.Have, d.Want)
	}
	return member, text
}
