// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"fmt"
	"path"
	"strings"
	"text/tabwriter"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name:      "list",
		Usage:     "list the installed packages, or those whose name fits a pattern",
		ArgsUsage: "[PATTERN...]",
		Flags: []cli.Flag{
			rootFlag, jsonFlag,
			&cli.BoolFlag{Name: "files", Aliases: []string{"f"}, Usage: "list their files, and links"},
		},
		Action: listAction,
	}
}

// installed is what list --json prints of a package.
type installed struct {
	Full             string            `json:"package"`
	Parts            *pkgtools.Name    `json:"parts,omitempty"`
	CompressedSize   string            `json:"compressed_size"`
	UncompressedSize string            `json:"uncompressed_size"`
	Location         string            `json:"location"`
	Short            string            `json:"short"`
	Files            []string          `json:"files,omitempty"`
	Links            map[string]string `json:"links,omitempty"`
}

func listAction(c *cli.Context) error {
	for _, pattern := range c.Args().Slice() {
		if _, err := path.Match(pattern, ""); err != nil {
			return cmdline.Usagef("pattern %q: %v", pattern, err)
		}
	}
	root, err := rootDir(c)
	if err != nil {
		return err
	}
	db, err := pkgtools.OpenDatabase(cmp.Or(root, "/"))
	if err != nil {
		return cmdline.WithStatus(err, exit.Usage)
	}
	defer db.Close()
	names, err := db.Names()
	if err != nil {
		return cmdline.WithStatus(err, exit.Usage)
	}
	all := []installed{}
	for _, full := range names {
		if !fits(full, c.Args().Slice()) {
			continue
		}
		r, err := db.Read(full)
		if err != nil {
			return cmdline.WithStatus(err, exit.Usage)
		}
		p := installed{Full: full, CompressedSize: r.CompressedSize, UncompressedSize: r.UncompressedSize, Location: r.Location, Short: short(r)}
		if name, err := pkgtools.ParseName(full); err == nil {
			p.Parts = &name
		}
		if c.Bool("files") {
			p.Files, p.Links = r.Files, r.Links()
		}
		all = append(all, p)
	}
	switch {
	case c.Bool("json"):
		err = cmdline.WriteJSON(c.App.Writer, all)
	default:
		err = printList(c, all)
	}
	if err == nil && len(all) == 0 && c.Args().Present() {
		return cmdline.Status(exit.Failed)
	}
	return err
}

// fits reports whether a package is meant: by a pattern for its full name, or
// its base name.
func fits(full string, patterns []string) bool {
	if len(patterns) == 0 {
		return true
	}
	for _, pattern := range patterns {
		for _, name := range []string{full, pkgtools.BaseName(full)} {
			if ok, err := path.Match(pattern, name); ok && err == nil {
				return true
			}
		}
	}
	return false
}

// short is the first line of the description, without what repeats the name.
func short(r *pkgtools.Record) string {
	if len(r.Description) == 0 {
		return ""
	}
	base := pkgtools.BaseName(r.Full)
	_, text, _ := strings.Cut(r.Description[0], ":")
	text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), base))
	return strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
}

func printList(c *cli.Context, all []installed) error {
	if c.Bool("files") {
		for _, p := range all {
			fmt.Fprintln(c.App.Writer, cmdline.Colours(c.App.Writer).Bold(printable(p.Full)))
			for _, f := range p.Files {
				fmt.Fprintln(c.App.Writer, "    "+printable(f))
			}
			for _, l := range sortedKeys(p.Links) {
				fmt.Fprintln(c.App.Writer, "    "+printable(l)+" -> "+printable(p.Links[l]))
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, p := range all {
		name, version, arch, build := p.Full, "", "", ""
		if p.Parts != nil {
			name, version, arch, build = p.Parts.Name, p.Parts.Version, p.Parts.Arch, p.Parts.Build
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(name), printable(version), arch, build, p.UncompressedSize, printable(p.Short))
	}
	return w.Flush()
}
