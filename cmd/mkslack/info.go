// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/urfave/cli/v2"
)

var (
	jsonFlag = &cli.BoolFlag{Name: "json", Usage: "print JSON"}
	rootFlag = &cli.StringFlag{Name: "root", Value: "/", Usage: "the system in `DIR`"}
	// readFlags bound what reading a package may cost.
	readFlags = []cli.Flag{
		&cli.Int64Flag{Name: "max-size", Usage: "refuse packages that expand to more than `BYTES`; -1: any"},
		&cli.Int64Flag{Name: "max-ratio", Usage: "refuse those that expand to more than `N` times their size; -1: any"},
		&cli.Int64Flag{Name: "max-files", Usage: "refuse those with more than `N` files; -1: any"},
		&cli.StringFlag{Name: "xz", Value: "auto", Usage: "decompress with the xz `program|go`"},
	}
)

func readOptions(c *cli.Context) (opt pkgtools.ReadOptions, err error) {
	opt.Limits = pkgtools.Limits{Size: c.Int64("max-size"), Ratio: c.Int64("max-ratio"), Entries: c.Int64("max-files")}
	switch engine := c.String("xz"); engine {
	case "auto", "":
	case pkgtools.Program, pkgtools.Go:
		opt.Engine = engine
	default:
		return opt, cmdline.Usagef("--xz %q: there are program and go", engine)
	}
	return opt, nil
}

// packageError gives the exit status of a package that cannot be read to the
// error that says so, whatever was to be done with it.
func packageError(err error) error {
	var unreadable *pkgtools.PackageError
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted: %w", err)
	case errors.As(err, &unreadable):
		return cmdline.WithStatus(err, exit.Usage)
	}
	return err
}

// interruptible is a context that ends with the signals that end a program.
func interruptible(c *cli.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}

func infoCommand() *cli.Command {
	return &cli.Command{
		Name:      "info",
		Usage:     "tell what a package file is",
		ArgsUsage: "PACKAGE...",
		Flags:     append([]cli.Flag{&cli.BoolFlag{Name: "files", Aliases: []string{"f"}, Usage: "list the files; reads and checks the whole package"}, jsonFlag}, readFlags...),
		Action:    infoAction,
	}
}

// packageInfo is what info --json prints.
type packageInfo struct {
	File             string         `json:"file"`
	Full             string         `json:"package"`
	Parts            *pkgtools.Name `json:"parts,omitempty"`
	CompressedSize   int64          `json:"compressed_size"`
	UncompressedSize int64          `json:"uncompressed_size,omitempty"`
	Verified         bool           `json:"verified"` // the whole file was read
	Description      []string       `json:"description"`
	Files            []fileInfo     `json:"files,omitempty"`
}

type fileInfo struct {
	Path     string `json:"path"`
	Type     string `json:"type"`
	Mode     string `json:"mode"`
	Owner    string `json:"owner"`
	Group    string `json:"group"`
	Size     int64  `json:"size"`
	ModTime  string `json:"mtime"`
	Target   string `json:"target,omitempty"`
	HardLink string `json:"hard_link,omitempty"`
}

func infoAction(c *cli.Context) error {
	if err := cmdline.Args(c, 1, -1, "PACKAGE"); err != nil {
		return err
	}
	opt, err := readOptions(c)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(c)
	defer stop()
	bar := newProgress(c, "reading")
	opt.Progress = bar.set
	all := []packageInfo{}
	var errs []error
	for _, file := range c.Args().Slice() {
		read := pkgtools.Describe
		if c.Bool("files") {
			read = func(ctx context.Context, name string, opt pkgtools.ReadOptions) (*pkgtools.Package, error) {
				return pkgtools.Scan(ctx, name, opt, nil)
			}
		}
		p, err := read(ctx, file, opt)
		bar.finish()
		if err != nil {
			if errs = append(errs, packageError(err)); ctx.Err() != nil {
				break
			}
			continue
		}
		info := describe(p, c.Bool("files"))
		if all = append(all, info); c.Bool("json") {
			continue
		}
		if len(all) > 1 {
			fmt.Fprintln(c.App.Writer)
		}
		printInfo(c.App.Writer, &info)
	}
	if c.Bool("json") {
		if err := cmdline.WriteJSON(c.App.Writer, all); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

func describe(p *pkgtools.Package, files bool) packageInfo {
	info := packageInfo{File: p.File, Full: p.Full, CompressedSize: p.CompressedSize, UncompressedSize: p.Size, Verified: files, Description: []string{}}
	if name, err := pkgtools.ParseName(p.Full); err == nil {
		info.Parts = &name
	}
	for _, line := range p.Description() {
		_, text, _ := strings.Cut(line, ":")
		info.Description = append(info.Description, strings.TrimPrefix(text, " "))
	}
	if !files {
		return info
	}
	for i := range p.Entries {
		info.Files = append(info.Files, describeFile(&p.Entries[i]))
	}
	links := p.Links()
	for _, path := range sortedKeys(links) {
		info.Files = append(info.Files, fileInfo{Path: path, Type: "link in doinst.sh", Mode: "lrwxrwxrwx", Owner: "root", Group: "root", Target: links[path]})
	}
	return info
}

func describeFile(e *pkgtools.Entry) fileInfo {
	return fileInfo{
		Path: e.Path, Type: e.Kind(), Mode: e.Mode.String(), Owner: orNumber(e.User, e.UID), Group: orNumber(e.Group, e.GID), Size: e.Size,
		ModTime: e.ModTime.UTC().Format("2006-01-02T15:04:05Z"), Target: e.Link, HardLink: e.HardLink,
	}
}

func orNumber(name string, id int) string {
	if name == "" {
		return fmt.Sprint(id)
	}
	return name
}

func printInfo(w io.Writer, info *packageInfo) {
	b := cmdline.Colours(w)
	row := func(label, value string) { fmt.Fprintf(w, "%-14s %s\n", label+":", value) }
	row("Package", b.Bold(printable(info.Full)))
	if p := info.Parts; p != nil {
		row("Name", p.Name)
		row("Version", p.Version)
		row("Architecture", p.Arch)
		row("Build", p.Build)
	}
	row("File", printable(filepath.Clean(info.File)))
	row("Compressed", size(info.CompressedSize))
	if info.UncompressedSize > 0 {
		row("Uncompressed", size(info.UncompressedSize))
	}
	fmt.Fprintln(w, "Description:")
	for _, line := range info.Description {
		fmt.Fprintln(w, strings.TrimRight("    "+printable(line), " "))
	}
	if len(info.Files) > 0 {
		fmt.Fprintf(w, "Files: %d\n", len(info.Files))
	}
	width := 0
	for _, f := range info.Files {
		width = max(width, len(f.Owner)+1+len(f.Group))
	}
	for _, f := range info.Files {
		name := printable(f.Path)
		if f.Target != "" {
			name += b.Dim(" -> " + printable(f.Target))
		}
		if f.HardLink != "" {
			name += b.Dim(" = " + printable(f.HardLink))
		}
		fmt.Fprintf(w, "%s %-*s %9d %s\n", f.Mode, width, f.Owner+":"+f.Group, f.Size, name)
	}
}
