// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/slackbuild"
	"github.com/urfave/cli/v2"
)

// makeTwice makes the packages, makes them again elsewhere, and compares: the
// second time from a copy of the source whose files were made in another order,
// with another directory for temporary files, umask, time zone, locale and
// second. What should not depend on these is in the packages that differ.
func makeTwice(c *cli.Context, m *slackbuild.Manifest, arches []slackbuild.Arch) (err error) {
	// A copy knows of no commit, so its date is handed on.
	date, err := m.SourceDate(c.Context)
	if err != nil {
		return err
	}
	if !date.IsZero() {
		if err := os.Setenv("SOURCE_DATE_EPOCH", strconv.FormatInt(date.Unix(), 10)); err != nil {
			return err
		}
	}
	dir, err := os.MkdirTemp("", "mkslack-twice-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	second := again{dir: dir, output: filepath.Join(dir, "packages"), manifest: filepath.Base(manifestFile(c)), arches: arches}
	if second.source, err = copySource(c, m, filepath.Join(dir, "copy-of-the-source")); err != nil {
		return fmt.Errorf("copying the source: %w", err)
	}
	if err := makePackages(c, m, arches); err != nil {
		return err
	}
	select {
	case <-time.After(1100 * time.Millisecond): // so that no time of a file is the same by chance
	case <-c.Context.Done():
		return c.Context.Err()
	}
	if err := second.run(c); err != nil {
		return err
	}
	return second.compare(c)
}

// again is the second time.
type again struct {
	dir, output string
	source      string // a copy of the manifest's directory
	manifest    string // in it
	arches      []slackbuild.Arch
}

// copySource copies all of the source to dir, and gives the manifest's directory
// in the copy.
func copySource(c *cli.Context, m *slackbuild.Manifest, dir string) (string, error) {
	tree, err := m.SourceTree(c.Context)
	if err != nil {
		return "", err
	}
	from, err := filepath.Abs(m.Dir)
	if err == nil {
		from, err = filepath.EvalSymlinks(from)
	}
	if err == nil {
		tree, err = filepath.EvalSymlinks(tree)
	}
	if err != nil {
		return "", err
	}
	below, err := filepath.Rel(tree, from)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, below), slackbuild.CopyReversed(c.Context, dir, tree)
}

// run makes the packages in a process of its own.
func (a *again) run(c *cli.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	tmp := filepath.Join(a.dir, "temporary-files")
	for _, d := range []string{tmp, a.output} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return err
		}
	}
	var names []string
	for _, arch := range a.arches {
		names = append(names, arch.Name)
	}
	cmd := exec.CommandContext(c.Context, program, "package", "--quiet", "--file", a.manifest, "--arch", strings.Join(names, ","),
		"--type", c.String("type"), "--xz", c.String("xz"), "--output", a.output, "--allow-empty="+strconv.FormatBool(c.Bool("allow-empty")))
	cmd.Args[0] = os.Args[0]
	cmd.Dir = a.source
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "PWD="+a.source,
		"TZ="+other(os.Getenv("TZ"), "AAA11", "BBB-13"),
		"LC_ALL="+other(cmp.Or(os.Getenv("LC_ALL"), os.Getenv("LANG")), "en_US.UTF-8", "C"))
	var said bytes.Buffer
	cmd.Stderr = &said
	old := syscall.Umask(0o077)
	if old == 0o077 {
		syscall.Umask(0o022)
	}
	err = cmd.Start()
	syscall.Umask(old)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil && c.Context.Err() != nil {
		return c.Context.Err()
	}
	if err != nil {
		return fmt.Errorf("the second time it fails (%w): %s", err, strings.TrimSpace(said.String()))
	}
	return nil
}

// other is the first of two values that is not what there is.
func other(now, first, second string) string {
	if now == first {
		return second
	}
	return first
}

// compare tells of each package whether it has the same bytes.
func (a *again) compare(c *cli.Context) error {
	files, err := os.ReadDir(a.output)
	if err != nil {
		return err
	}
	status := exit.OK
	for _, f := range files {
		first := filepath.Join(c.String("output"), f.Name())
		differs, err := slackbuild.Differences(c.Context, first, filepath.Join(a.output, f.Name()))
		if err != nil {
			return err
		}
		if len(differs) == 0 {
			if !c.Bool("quiet") {
				fmt.Fprintf(c.App.Writer, "%s: the same bytes when made again\n", printable(first))
			}
			continue
		}
		status = exit.Failed
		fmt.Fprintf(c.App.Writer, "%s: other bytes when made again\n", printable(first))
		for i, line := range differs {
			if i == maxDifferences {
				fmt.Fprintf(c.App.Writer, "  and %d more\n", len(differs)-i)
				break
			}
			fmt.Fprintln(c.App.Writer, "  "+line)
		}
	}
	return cmdline.Status(status)
}

// maxDifferences is how many are told of a package.
const maxDifferences = 20
