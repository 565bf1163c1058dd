// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

func makepkgCommand() *cli.Command {
	return &cli.Command{
		Name:      "makepkg",
		Usage:     "make a package of the current directory, as Slackware's makepkg does",
		ArgsUsage: "PATH/NAME-VERSION-ARCH-BUILD.txz",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "linkadd", Aliases: []string{"l"}, Usage: "move symbolic links to install/doinst.sh: `y|n`"},
			&cli.StringFlag{Name: "chown", Aliases: []string{"c"}, Usage: "make all directories root:root 755: `y|n`"},
			&cli.BoolFlag{Name: "prepend", Aliases: []string{"p"}, Usage: "put links before what is in doinst.sh"},
			&cli.IntFlag{Name: "threads", Usage: "compress on `N` processors; the result is the same"},
			&cli.StringFlag{Name: "compress", Usage: "`OPTIONS` of the compressor instead of -9"},
			&cli.BoolFlag{Name: "acls", Usage: "keep access control lists"},
			&cli.BoolFlag{Name: "xattrs", Usage: "keep extended attributes and file capabilities"},
			&cli.BoolFlag{Name: "remove-rpaths", Usage: "take the library search paths out of programs and libraries"},
			&cli.BoolFlag{Name: "remove-tmp-rpaths", Usage: "take those below /tmp and the current directory out"},
			&cli.BoolFlag{Name: "devices", Usage: "allow device files"},
			&cli.StringFlag{Name: "owner", Value: "auto", Usage: "owner of all files: `root|tree`; auto is tree for root, root for others"},
			&cli.StringFlag{Name: "xz", Value: "auto", Usage: "compress with the xz `program|7z|go`"},
		},
		Action: makepkgAction,
	}
}

// makepkgAnswers are the two questions of makepkg, with the environment
// variables that preset them.
type makepkgAnswers struct{ links, chown bool }

func makepkgAction(c *cli.Context) error {
	if err := cmdline.Args(c, 1, 1, "PATH/NAME-VERSION-ARCH-BUILD.txz"); err != nil {
		return err
	}
	output := c.Args().First()
	opt, walk, err := makepkgOptions(c)
	if err != nil {
		return err
	}
	warning, err := checkOutput(output)
	if err != nil {
		return err
	}

	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	w := c.App.Writer
	fmt.Fprintf(w, "\nSlackware package maker, mkslack %s.\n\n", c.App.Version)
	var warnings []string
	if warning != "" {
		warnings = append(warnings, warning)
	}
	walk.Warn = func(text string) { warnings = append(warnings, text) }
	entries, err := pkgtools.Walk(ctx, ".", walk)
	if err != nil {
		return fmt.Errorf("making %s: %w", output, err)
	}
	answers, err := ask(c, entries)
	if err != nil {
		return err
	}
	opt.Links, opt.Dirs755 = answers.links, answers.chown
	if c.Bool("remove-rpaths") || c.Bool("remove-tmp-rpaths") {
		if err := removeRpaths(c, entries); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "Creating Slackware package:  %s\n\n", output)
	opt.Warn = func(text string) { warnings = append(warnings, text) }
	bar := newProgress(c, "compressing").turning()
	opt.Progress = bar.set
	err = pkgtools.Write(ctx, output, entries, opt)
	bar.finish()
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return fmt.Errorf("making %s: interrupted; no package was written", output)
		}
		return err
	}
	for _, text := range warnings {
		fmt.Fprintf(w, "WARNING:  %s\n", text)
	}
	fmt.Fprintf(w, "\nSlackware package %s created.\n\n", output)
	return nil
}

func makepkgOptions(c *cli.Context) (opt pkgtools.WriteOptions, walk pkgtools.WalkOptions, err error) {
	opt.Prepend = c.Bool("prepend") || os.Getenv("PREPEND") == "y"
	opt.Devices = c.Bool("devices")
	opt.Compression = pkgtools.Compression{Threads: c.Int("threads"), Options: strings.Fields(c.String("compress"))}
	if opt.Compression.Threads < 0 {
		return opt, walk, cmdline.Usagef("--threads %d: not a number of processors", opt.Compression.Threads)
	}
	if opt.Compression.Engine, err = xzEngine(c); err != nil {
		return opt, walk, err
	}
	walk = pkgtools.WalkOptions{ACLs: c.Bool("acls"), Xattrs: c.Bool("xattrs")}
	switch owner := c.String("owner"); owner {
	case "auto":
		walk.RootOwned = os.Geteuid() != 0
	case "root":
		walk.RootOwned = true
	case "tree":
	default:
		return opt, walk, cmdline.Usagef("--owner %q: there are root and tree", owner)
	}
	if v := os.Getenv("SOURCE_DATE_EPOCH"); v != "" {
		if opt.Epoch, err = pkgtools.ParseEpoch(v); err != nil {
			return opt, walk, cmdline.Usagef("%v", err)
		}
	}
	return opt, walk, nil
}

// checkOutput refuses names that the package tools could not use, and a place
// inside the tree that is packaged. It warns of a name that lacks parts, which
// they take.
func checkOutput(output string) (warning string, err error) {
	full, ext := pkgtools.OutputName(output)
	if ext == "" {
		return "", cmdline.Usagef("%q: the extension is not one of .txz, .tgz, .tbz, .tlz (or .tar.xz, .tar.gz, .tar.bz2, .tar.lz, .tar.lzma)", output)
	}
	_, nameErr := pkgtools.ParseName(full)
	var few *pkgtools.PartsError
	if errors.As(nameErr, &few) {
		warning = fmt.Sprintf("%v: for upgradepkg all of it is the name, and another version another package", few)
		nameErr = few.Check()
	}
	if nameErr != nil {
		return "", cmdline.Usagef("%v", nameErr)
	}
	tree, err := os.Stat(".")
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(filepath.Dir(output))
	if err != nil {
		return "", err
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("the directory of the package: %w", err)
	}
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return "", err
		}
		if os.SameFile(info, tree) {
			return "", cmdline.Usagef("%q is inside the directory that is packaged", output)
		}
		if dir == "/" {
			return warning, nil
		}
		dir = filepath.Dir(dir)
	}
}

// ask settles makepkg's two questions: from the options, else from the
// environment, else by asking where there is a terminal. Where there is none,
// the answers are what nearly every build script gives: y for the links, n for
// the owners of directories.
func ask(c *cli.Context, entries []pkgtools.Entry) (a makepkgAnswers, err error) {
	links := 0
	for i := range entries {
		if entries[i].Mode&fs.ModeSymlink != 0 {
			links++
		}
	}
	for _, q := range []struct {
		flag, env, question string
		none                bool // where nobody can be asked
		needless            bool
		answer              *bool
	}{
		{"linkadd", "LINKADD", fmt.Sprintf("There are %d symbolic links. Put them into install/doinst.sh ([y]es, [n]o)? ", links), true, links == 0, &a.links},
		{"chown", "CHOWN", "Make all directories root:root with mode 755 ([y]es, [n]o)? ", false, false, &a.chown},
	} {
		value := os.Getenv(q.env)
		if c.IsSet(q.flag) {
			value = c.String(q.flag)
			if value != "y" && value != "n" {
				return a, cmdline.Usagef("--%s %q: there are y and n", q.flag, value)
			}
		}
		switch {
		case value == "y" || value == "n":
			*q.answer = value == "y"
		case q.needless || !cmdline.IsTerminal(c.App.Reader):
			*q.answer = q.none
		default:
			fmt.Fprint(c.App.Writer, q.question)
			line, err := readLine(c.App.Reader)
			if err != nil && line == "" {
				return a, fmt.Errorf("no answer; --%s gives it", q.flag)
			}
			*q.answer = line == "y" || line == "yes"
		}
	}
	return a, nil
}

// readLine reads one line byte by byte, so that the next question finds the
// next line.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := r.Read(b); err != nil || b[0] == '\n' {
			return strings.TrimSpace(string(line)), err
		}
		line = append(line, b[0])
	}
}

// removeRpaths takes search paths out of the content that will be packaged;
// the tree stays as it is.
func removeRpaths(c *cli.Context, entries []pkgtools.Entry) error {
	drop := func(string) bool { return true }
	if !c.Bool("remove-rpaths") {
		here, err := os.Getwd()
		if err != nil {
			return err
		}
		drop = func(dir string) bool { return within(dir, "/tmp") || within(dir, os.TempDir()) || within(dir, here) }
	}
	for i := range entries {
		old, err := pkgtools.RemoveRpaths(&entries[i], drop)
		if err != nil {
			return cmdline.WithStatus(err, exit.Failed)
		}
		if old != "" {
			fmt.Fprintf(c.App.Writer, "Removing rpath %q from %s\n", old, entries[i].Path)
		}
	}
	return nil
}

func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
