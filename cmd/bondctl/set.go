// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondlink"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/urfave/cli/v2"
)

func setCommand() *cli.Command {
	return &cli.Command{
		Name:      "set",
		Usage:     "set an option of a bond or of a member, and read it back",
		ArgsUsage: "BOND OPTION VALUE | BOND OPTION MEMBER:VALUE",
		Description: "Through netlink, which has options that /sys lacks: " + netlinkOnly() + ".\n" +
			"A member's option (" + perMember() + ") takes MEMBER:VALUE, as in \"bondctl set bond0 prio eth0:10\".",
		BashComplete: cmdline.Complete(completeSet),
		Action: func(c *cli.Context) error {
			if err := cmdline.Args(c, 3, 3, "BOND OPTION VALUE"); err != nil {
				return err
			}
			return setOption(c, c.Args().Get(0), c.Args().Get(1), c.Args().Get(2))
		},
	}
}

// completeSet offers bonds, then options, then the words of the option.
func completeSet(operands []string) []string {
	switch len(operands) {
	case 0:
		names, _ := bond.Reader{}.Names()
		return names
	case 1:
		return strings.Split(optionsWith(func(*bond.Option) bool { return true }), ", ")
	case 2:
		if o := bond.Lookup(operands[1]); o != nil {
			return o.Words
		}
	}
	return nil
}

func optionsWith(keep func(*bond.Option) bool) string {
	var names []string
	for i := range bond.Options {
		if o := &bond.Options[i]; keep(o) {
			names = append(names, o.Name)
		}
	}
	return strings.Join(names, ", ")
}

func netlinkOnly() string {
	return optionsWith(func(o *bond.Option) bool { return o.NetlinkOnly })
}

func perMember() string {
	return optionsWith(func(o *bond.Option) bool { return o.PerMember })
}

func setOption(c *cli.Context, bondName, name, value string) error {
	o := bond.Lookup(name)
	if o == nil {
		return cmdline.WithStatus(fmt.Errorf("the bonding driver has no option %q; there are: %s", name,
			optionsWith(func(*bond.Option) bool { return true })), exit.Usage)
	}
	target := bondName
	if o.PerMember {
		nic, v, ok := strings.Cut(value, ":")
		if !ok {
			return cmdline.WithStatus(fmt.Errorf("%s is an option of a member: its value is MEMBER:VALUE, not %q", o.Name, value), exit.Usage)
		}
		target, value = nic, v
	}
	if err := o.Check(value); err != nil {
		return cmdline.WithStatus(err, exit.Usage)
	}
	for _, nic := range []string{bondName, target} {
		if err := bond.CheckName(nic); err != nil {
			return cmdline.WithStatus(err, exit.Usage)
		}
	}
	if err := managed(bondName, o, value); err != nil {
		return err
	}
	conn, err := bondlink.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	if o.PerMember {
		if err := isMember(target, bondName); err != nil {
			return err
		}
	}
	err = conn.Set(target, o, value)
	var back *bondlink.ReadBackError
	if errors.As(err, &back) && o.Name == "primary" && back.Got == "" && isMember(value, bondName) != nil {
		fmt.Fprintf(c.App.ErrWriter, "bondctl: %s: primary %s counts from when %s is a member\n", bondName, value, value)
		return nil
	}
	if back != nil {
		return fmt.Errorf("%s: %w", target, err)
	}
	return err
}

// managed refuses a mode that the exasock driver would not have: its own check
// does not see netlink.
func managed(bondName string, o *bond.Option, value string) error {
	if o.Name != "mode" {
		return nil
	}
	if is, err := bond.IsExasock(bond.SysNet, bondName); err != nil || !is {
		return err
	}
	if mode, err := bond.ParseMode(value); err != nil || mode != bond.ActiveBackup {
		return fmt.Errorf("%s is managed by exasock, which works in mode active-backup alone; \"bondctl exasock release %s\" first", bondName, bondName)
	}
	return nil
}

// isMember tells why a NIC is not a member of the bond.
func isMember(nic, bondName string) error {
	if _, err := net.InterfaceByName(nic); err != nil {
		return fmt.Errorf("%s: there is no such interface", nic)
	}
	s, err := bond.Reader{}.Status(bondName)
	if err != nil {
		return fmt.Errorf("%s is no bond", bondName)
	}
	if !slices.ContainsFunc(s.Members, func(m bond.MemberStatus) bool { return m.Name == nic }) {
		return fmt.Errorf("%s is no member of %s", nic, bondName)
	}
	return nil
}
