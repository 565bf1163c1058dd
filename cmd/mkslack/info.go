// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
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
	rootFlag = &cli.StringFlag{Name: "root", Usage: "the system in `DIR`; without it, in $ROOT, or this one"}
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

// packageInfo is what info --json prints, with a list of fileInfo called files
// behind it where that is asked for.
type packageInfo struct {
	File             string         `json:"file"`
	Full             string         `json:"package"`
	Parts            *pkgtools.Name `json:"parts,omitempty"`
	CompressedSize   int64          `json:"compressed_size"`
	UncompressedSize int64          `json:"uncompressed_size,omitempty"`
	Verified         bool           `json:"verified"` // the whole file was read
	Description      []string       `json:"description"`
	Odd              []string       `json:"odd,omitempty"` // of the archive, where the whole file was read
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
	Sparse   bool   `json:"sparse,omitempty"`
	// Capabilities are those that the kernel gives a program that is started
	// from the file, as cap_to_text(3) writes them.
	Capabilities string   `json:"capabilities,omitempty"`
	ACL          string   `json:"acl,omitempty"`         // as getfacl(1) writes it, with commas between
	DefaultACL   string   `json:"default_acl,omitempty"` // of a directory: for what is made in it
	Xattrs       []string `json:"xattrs,omitempty"`      // names of the other extended attributes
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
	printed := 0
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
		for _, o := range p.Odd {
			warnOdd(c, file, o)
		}
		if err := showInfo(c, p, printed); err != nil {
			return err
		}
		printed++
	}
	if c.Bool("json") {
		end := "\n]\n"
		if printed == 0 {
			end = "[]\n"
		}
		if _, err := io.WriteString(c.App.Writer, end); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// showInfo prints a package, behind others. The files go out one by one: there
// may be many.
func showInfo(c *cli.Context, p *pkgtools.Package, others int) error {
	info := describe(p, c.Bool("files"))
	var files iter.Seq[fileInfo]
	if c.Bool("files") {
		files = fileInfos(p)
	}
	if !c.Bool("json") {
		if others > 0 {
			fmt.Fprintln(c.App.Writer)
		}
		out := bufio.NewWriter(c.App.Writer)
		printInfo(out, cmdline.Colours(c.App.Writer), &info, files)
		return out.Flush()
	}
	before := ",\n"
	if others == 0 {
		before = "[\n"
	}
	if _, err := io.WriteString(c.App.Writer, before); err != nil {
		return err
	}
	return cmdline.WriteJSONList(c.App.Writer, "  ", info, "files", files)
}

// warnOdd says what is odd about an archive, unless package tools themselves
// write it so.
func warnOdd(c *cli.Context, file string, o pkgtools.Oddity) {
	if !o.Usual {
		fmt.Fprintf(c.App.ErrWriter, "%s: warning: %s: %s\n", c.App.Name, printable(file), o)
	}
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
	for _, o := range p.Odd {
		info.Odd = append(info.Odd, o.String())
	}
	return info
}

// fileInfos gives the files of a package, then the links of its doinst.sh.
func fileInfos(p *pkgtools.Package) iter.Seq[fileInfo] {
	return func(yield func(fileInfo) bool) {
		for i := range p.Entries {
			if !yield(describeFile(&p.Entries[i])) {
				return
			}
		}
		links := p.Links()
		for _, path := range sortedKeys(links) {
			if !yield(fileInfo{Path: path, Type: "link in doinst.sh", Mode: "lrwxrwxrwx", Owner: "root", Group: "root", Target: links[path]}) {
				return
			}
		}
	}
}

func describeFile(e *pkgtools.Entry) fileInfo {
	f := fileInfo{
		Path: e.Path, Type: e.Kind(), Mode: e.Mode.String(), Owner: orNumber(e.User, e.UID), Group: orNumber(e.Group, e.GID), Size: e.Size,
		ModTime: e.ModTime.UTC().Format("2006-01-02T15:04:05Z"), Target: e.Link, HardLink: e.HardLink,
		Sparse: e.Sparse, Capabilities: e.Capabilities(),
	}
	f.ACL, f.DefaultACL = e.ACLs()
	f.Xattrs = e.OtherXattrs()
	return f
}

func orNumber(name string, id int) string {
	if name == "" {
		return fmt.Sprint(id)
	}
	return name
}

func printInfo(w io.Writer, b cmdline.Palette, info *packageInfo, files iter.Seq[fileInfo]) {
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
	if files == nil {
		return
	}
	width, n := 0, 0
	for f := range files {
		width, n = max(width, len(f.Owner)+1+len(f.Group)), n+1
	}
	fmt.Fprintf(w, "Files: %d\n", n)
	for f := range files {
		name := printable(f.Path)
		if f.Target != "" {
			name += b.Dim(" -> " + printable(f.Target))
		}
		if f.HardLink != "" {
			name += b.Dim(" = " + printable(f.HardLink))
		}
		fmt.Fprintf(w, "%s %-*s %9d %s\n", f.Mode, width, f.Owner+":"+f.Group, f.Size, name)
		for _, more := range []struct{ what, text string }{
			{"capabilities", f.Capabilities}, {"acl", f.ACL}, {"default acl", f.DefaultACL}, {"attributes", strings.Join(f.Xattrs, ", ")},
		} {
			if more.text != "" {
				fmt.Fprintf(w, "%11s%s: %s\n", "", more.what, printable(more.text))
			}
		}
	}
}
