// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/hwaddr/assign"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/urfave/cli/v2"
)

func macCommand() *cli.Command {
	return &cli.Command{
		Name:  "mac",
		Usage: "find out who has a hardware address, and make one for a bond",
		Subcommands: []*cli.Command{
			macCheckCommand(),
			macNewCommand(),
			macAuditCommand(),
			macFormatsCommand(),
		},
	}
}

// macSourceFlags say what is read.
func macSourceFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "from", Aliases: []string{"f"}, Usage: "read also this `[FORMAT:]FILE`, directory, or - for stdin; may be repeated"},
		&cli.BoolFlag{Name: "no-host", Usage: "read only what --from names, not this host"},
		&cli.StringFlag{Name: "root", Usage: "read the files of the host whose root directory is `DIR`, and no tables of the running kernel", Value: "/"},
	}
}

// macLiveFlags are about asking the LAN, which nothing else does.
func macLiveFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "live", Usage: "ask the LAN at `INTERFACE` as well; without this nothing is sent"},
		&cli.StringSliceFlag{Name: "sweep", Usage: "with --live: ask also the hosts of this IPv4 `NETWORK` (192.0.2.0/24)"},
		&cli.BoolFlag{Name: "tame", Usage: "with --live: leave out the frames that an intrusion detector may report"},
	}
}

// macForFlag is the bond that an address is for.
func macForFlag() cli.Flag {
	return &cli.StringFlag{Name: "for", Usage: "the address is for `BOND`: that it and its members have it is no conflict"}
}

// macSources are the sources that the flags name.
func macSources(c *cli.Context) ([]source.Source, error) {
	var list []source.Source
	switch root := c.String("root"); {
	case c.Bool("no-host"):
		if len(c.StringSlice("from")) == 0 {
			return nil, cmdline.Usagef("%s: with --no-host there has to be a --from", c.Command.HelpName)
		}
	case root == "/":
		list = source.Host()
	default:
		if info, err := os.Stat(root); err != nil || !info.IsDir() {
			return nil, cmdline.Usagef("%s: --root %s: there is no such directory", c.Command.HelpName, root)
		}
		list = source.HostFiles(root)
	}
	for _, spec := range c.StringSlice("from") {
		more, err := source.From(spec, c.App.Reader)
		if err != nil {
			return nil, cmdline.Usagef("%s: %s", c.Command.HelpName, err)
		}
		list = append(list, more...)
	}
	return list, nil
}

// macOwn is what belongs to the bond of --for.
func macOwn(c *cli.Context) (vet.Own, error) {
	if c.String("for") == "" {
		return vet.Own{}, nil
	}
	return assign.Own(c.String("for"), c.String("root"), macHistory(), nil, nil)
}

// macHistory is what starts of bonds left about their addresses.
func macHistory() assign.History {
	boot, _ := journal.BootID() // without it nothing is remembered
	return assign.History{Path: filepath.Join(journal.Folder(), "addresses"), Boot: boot}
}

func macFormatsCommand() *cli.Command {
	return &cli.Command{
		Name:  "formats",
		Usage: "list the formats that --from reads",
		Action: func(c *cli.Context) error {
			if err := cmdline.Args(c, 0, 0, ""); err != nil {
				return err
			}
			return writeFormats(c.App.Writer)
		},
	}
}
