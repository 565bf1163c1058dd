// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/derive"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/urfave/cli/v2"
)

// maxNew bounds -n: each address is vetted on its own.
const maxNew = 256

func macNewCommand() *cli.Command {
	return &cli.Command{
		Name:  "new",
		Usage: "print an address for a bond: the same after every boot, vetted as by check",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "for", Usage: "the `BOND` that the address is for", Value: "bond0"},
			&cli.StringFlag{Name: "prefix", Usage: "begin with `PREFIX`: octets such as 00:16:3e, xen (the same), or local (44 free bits)", Value: "local"},
			&cli.BoolFlag{Name: "random", Usage: "draw it, and keep nothing"},
			&cli.IntFlag{Name: "n", Usage: "print `N` addresses", Value: 1},
			&cli.BoolFlag{Name: "adopt", Usage: "accept that all hardware was replaced"},
			&cli.StringFlag{Name: "secret", Usage: "keep the secret in `FILE`", Value: derive.DefaultPath},
		}, append(macSourceFlags(), macLiveFlags()...)...),
		Action: macNew,
	}
}

func macNew(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	prefix, err := derive.ParsePrefix(c.String("prefix"))
	if err != nil {
		return cmdline.Usagef("mac new: %s", err)
	}
	n := c.Int("n")
	switch {
	case n < 1 || n > maxNew:
		return cmdline.Usagef("mac new: -n %d: expected 1 to %d", n, maxNew)
	case c.String("for") == "":
		return cmdline.Usagef("mac new: --for needs the name of a bond")
	case c.Bool("random") && c.Bool("adopt"):
		return cmdline.Usagef("mac new: --adopt is about the stored secret, which --random does not use")
	}

	vetter, err := newMACVetter(c)
	if err != nil {
		return err
	}
	v := candidates{macVetter: vetter}
	var list []hwaddr.Addr
	if c.Bool("random") {
		for tries := 0; len(list) < n && v.err == nil; tries++ {
			if tries > n+derive.MaxTries {
				return fmt.Errorf("%d candidates with prefix %s are all in use", tries, prefix)
			}
			if a := derive.Random(prefix); !slices.Contains(list, a) && v.accept(a) {
				list = append(list, a)
			}
		}
	} else {
		store := derive.Store{Path: c.String("secret"), Traits: derive.Machine(), Adopt: c.Bool("adopt")}
		list, err = store.Address(c.String("for"), prefix, n, v.accept)
		if errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("%w; only root can read the secret that addresses are derived from (--random needs none)", err)
		}
		for _, note := range store.Notes {
			fmt.Fprintf(c.App.ErrWriter, "bondctl: note: %s\n", note)
		}
	}
	if v.err != nil {
		return v.err
	}
	if err != nil {
		return err
	}
	for _, a := range list {
		fmt.Fprintln(c.App.Writer, a)
	}
	if v.doubt != "" {
		return cmdline.WithStatus(fmt.Errorf("whether it is in use cannot be told: %s", v.doubt), exit.CannotTell)
	}
	return nil
}

// candidates vets addresses one by one.
type candidates struct {
	*macVetter
	doubt string // why a verdict was "cannot tell"
	err   error  // ends the search
}

// accept refuses an address that others have, were it only in a comment: there
// are enough.
func (v *candidates) accept(a hwaddr.Addr) bool {
	if v.err != nil {
		return true
	}
	report, err := v.check(a)
	if err != nil {
		v.err = err
		return true
	}
	answer := report.Answers[0]
	for _, c := range answer.Claims {
		if !c.Own {
			answer.Verdict = vet.InUse
		}
	}
	switch answer.Verdict {
	case vet.InUse:
		fmt.Fprintf(v.stderr, "bondctl: note: %s is taken, trying the next one: %s\n", a, answer.Why)
		return false
	case vet.CannotTell:
		v.doubt = answer.Why
	}
	return true
}
