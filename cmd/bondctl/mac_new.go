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
	"github.com/slackbond/slackbond/internal/hwaddr/assign"
	"github.com/slackbond/slackbond/internal/hwaddr/derive"
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
	v := assign.Candidates{Vetter: vetter, Taken: func(a hwaddr.Addr, why string) {
		fmt.Fprintf(c.App.ErrWriter, "bondctl: note: %s is taken, trying the next one: %s\n", a, why)
	}}
	accept := func(a hwaddr.Addr) bool { return v.Accept(c.Context, a) }
	var list []hwaddr.Addr
	if c.Bool("random") {
		for tries := 0; len(list) < n && v.Err == nil; tries++ {
			if tries > n+derive.MaxTries {
				return fmt.Errorf("%d candidates with prefix %s are all in use", tries, prefix)
			}
			if a := derive.Random(prefix); !slices.Contains(list, a) && accept(a) {
				list = append(list, a)
			}
		}
	} else {
		store := derive.Store{Path: c.String("secret"), Traits: derive.Machine(), Adopt: c.Bool("adopt")}
		list, err = store.Address(c.String("for"), prefix, n, accept)
		if errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("%w; only root can read the secret that addresses are derived from (--random needs none)", err)
		}
		for _, note := range store.Notes {
			fmt.Fprintf(c.App.ErrWriter, "bondctl: note: %s\n", note)
		}
	}
	if v.Err != nil {
		return cmdline.Usagef("mac: --live %s: %s", vetter.Live.Interface, v.Err)
	}
	if err != nil {
		return err
	}
	for _, a := range list {
		fmt.Fprintln(c.App.Writer, a)
	}
	if v.Doubt != "" {
		return cmdline.WithStatus(fmt.Errorf("whether it is in use cannot be told: %s", v.Doubt), exit.CannotTell)
	}
	return nil
}
