// SPDX-License-Identifier: MIT

package vm

import (
	"fmt"
	"os"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
)

// writeOptions writes the table of bonding options for scenarios that hold it
// against a kernel, as bash sources it: the array modes, and the associative array
// option, each row the numbers of the modes that have it, the state that it needs
// (any, down, empty, members), whose it is (bond, member), where it is set (sysfs,
// netlink), and what its values are.
func writeOptions(path string) error {
	var b strings.Builder
	b.WriteString("modes=(")
	for _, m := range bond.Modes() {
		fmt.Fprintf(&b, " %s", m)
	}
	b.WriteString(" )\ndeclare -A option=(\n")
	for i := range bond.Options {
		fmt.Fprintf(&b, "  [%s]=%q\n", bond.Options[i].Name, optionRow(&bond.Options[i]))
	}
	b.WriteString(")\n")
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

func optionRow(o *bond.Option) string {
	var modes strings.Builder
	for _, m := range bond.Modes() {
		if o.Modes.Has(m) {
			fmt.Fprint(&modes, int(m))
		}
	}
	state := "any"
	switch {
	case o.When&bond.NeedsMembers != 0:
		state = "members"
	case o.When&bond.NeedsEmpty != 0:
		state = "empty"
	case o.When&bond.NeedsDown != 0:
		state = "down"
	}
	whose, where := "bond", "sysfs"
	if o.PerMember {
		whose = "member"
	}
	if o.NetlinkOnly {
		where = "netlink"
	}
	return strings.Join([]string{modes.String(), state, whose, where, optionForm(o)}, " ")
}

func optionForm(o *bond.Option) string {
	switch o.Kind {
	case bond.Word:
		if len(o.Words) == 2 && o.Words[0] == "off" && o.Words[1] == "on" {
			return "flag"
		}
		return "word " + strings.Join(o.Words, " ")
	case bond.IPv4s:
		return "ipv4s"
	case bond.IPv6s:
		return "ipv6s"
	case bond.MAC:
		return "mac"
	case bond.NIC:
		return "nic"
	}
	return fmt.Sprintf("number %d %d", o.Min, o.Max)
}
