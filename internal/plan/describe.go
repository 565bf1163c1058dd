// SPDX-License-Identifier: MIT

package plan

import "fmt"

// String says how a running bond differs, as what follows its name.
func (d Difference) String() string {
	switch d.Kind {
	case KindAbsent:
		return "there is no such bond"
	case KindMode:
		return fmt.Sprintf("its mode is %s, not %s", d.Have, d.Want)
	case KindOption, KindMemberOption:
		return fmt.Sprintf("%s is %s, not %s", d.Subject, shown(d.Have), shown(d.Want))
	case KindNoOption:
		return fmt.Sprintf("%s %s is not set: this kernel has no such option", d.Subject, d.Want)
	case KindMAC:
		return fmt.Sprintf("its MAC address is %s, not %s", d.Have, d.Want)
	case KindMTU:
		return fmt.Sprintf("its MTU is %s, not %s", d.Have, d.Want)
	case KindDown:
		return "it is set down"
	case KindMemberMissing:
		if d.Needs == Nothing {
			return d.Subject + " is missing"
		}
		return d.Subject + " is not a member"
	case KindMemberExtra:
		return d.Subject + " is a member and not in BONDNICS"
	case KindMemberDown:
		return d.Subject + " is set down"
	case KindMemberMAC:
		return fmt.Sprintf("%s has the MAC address %s, not the bond's, %s", d.Subject, d.Have, d.Want)
	case KindMemberMTU:
		return fmt.Sprintf("%s has MTU %s, not the bond's, %s", d.Subject, d.Have, d.Want)
	case KindAddrMissing:
		return "it does not have the address " + d.Subject
	case KindAddrDuplicate:
		return d.Subject + " is a duplicate: another host on this link has it"
	case KindAddrExtra:
		return "it still has the address " + d.Subject
	case KindDHCP:
		return fmt.Sprintf("DHCP: %s runs, not %s", nothing(d.Have), nothing(d.Want))
	case KindExasock:
		return fmt.Sprintf("EXASOCK was %s, and is %s", d.Have, d.Want)
	}
	return fmt.Sprintf("%s %s: %s, not %s", d.Kind, d.Subject, d.Have, d.Want)
}

// shown is a value of an option, also where it is empty.
func shown(value string) string {
	if value == "" {
		return "(none)"
	}
	return value
}

func nothing(program string) string {
	if program == "" {
		return "nothing"
	}
	return program
}

// Remedy says what mends the difference.
func (d Difference) Remedy() string {
	switch d.Needs {
	case Live:
		return "start does it, the bond keeps running"
	case Down:
		return "a restart does it: the bond is set down for a moment"
	case Empty:
		return "a restart does it: all members leave for a moment"
	case Release:
		return "a restart does it: that member leaves, the others stay"
	}
	return "nothing that start or restart could do"
}
