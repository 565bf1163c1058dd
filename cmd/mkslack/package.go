// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/slackbuild"
	"github.com/urfave/cli/v2"
)

func packageCommand() *cli.Command {
	return &cli.Command{
		Name:  "package",
		Usage: "make packages from a manifest",
		Flags: []cli.Flag{
			manifestFlag,
			&cli.StringFlag{Name: "arch", Aliases: []string{"a"}, Usage: "make the package for `ARCH`, for several with commas between, or for all"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: ".", Usage: "write packages to `DIR`"},
			&cli.StringFlag{Name: "type", Value: "txz", Usage: "make packages of `TYPE` txz, tgz, tbz or tlz"},
			&cli.IntFlag{Name: "jobs", Aliases: []string{"j"}, Value: runtime.NumCPU(), Usage: "make `N` packages at once"},
			&cli.StringFlag{Name: "xz", Value: "auto", Usage: "compress .txz with the xz `program|7z|go`"},
			&cli.BoolFlag{Name: "twice", Usage: "make them again in other surroundings; status 1 if the bytes are not the same"},
			allowEmptyFlag,
			&cli.BoolFlag{Name: "verbose", Usage: "show what the build commands print"},
			quietFlag,
		},
		Action: packageAction,
	}
}

func packageAction(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	switch c.String("type") {
	case "txz", "tgz", "tbz", "tlz":
	default:
		return cmdline.Usagef("--type: unknown type %q; there are: txz, tgz, tbz, tlz", c.String("type"))
	}
	if c.Int("jobs") < 1 {
		return cmdline.Usagef("--jobs: %d is no number of packages", c.Int("jobs"))
	}
	m, err := loadManifest(c)
	if err != nil {
		return err
	}
	arches, err := chosenArches(m, c.String("arch"))
	if err != nil {
		return err
	}
	if _, err := epochOrNow(); err != nil {
		return err
	}
	if err := os.MkdirAll(c.String("output"), 0o755); err != nil {
		return err
	}
	if _, err := xzEngine(c); err != nil {
		return err
	}
	ctx, stop := interruptible(c)
	defer stop()
	c.Context = ctx
	// As makepkg has it: what the commands make is not for the caller alone.
	defer syscall.Umask(syscall.Umask(0o022))
	if c.Bool("twice") {
		return makeTwice(c, m, arches)
	}
	return makePackages(c, m, arches)
}

// xzEngine is what --xz names for compressing.
func xzEngine(c *cli.Context) (string, error) {
	switch engine := c.String("xz"); engine {
	case "auto":
		return pkgtools.Auto, nil
	case pkgtools.Program, pkgtools.SevenZip, pkgtools.Go:
		return engine, nil
	default:
		return "", cmdline.Usagef("--xz %q: there are program, 7z and go", engine)
	}
}

func chosenArches(m *slackbuild.Manifest, names string) ([]slackbuild.Arch, error) {
	switch names {
	case "all":
		return m.Arches(), nil
	case "":
		a, err := m.DefaultArch()
		return []slackbuild.Arch{a}, err
	}
	var all []slackbuild.Arch
	for name := range strings.SplitSeq(names, ",") {
		a, err := slackbuild.ParseArch(name)
		if err != nil {
			return nil, cmdline.Usagef("--arch: %v, all", err)
		}
		all = append(all, a)
	}
	return all, nil
}

// makePackages makes several packages at once. One that fails keeps none of the
// others from being made.
func makePackages(c *cli.Context, m *slackbuild.Manifest, arches []slackbuild.Arch) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs = make([]error, len(arches))
		done int
		turn = make(chan struct{}, c.Int("jobs"))
		bar  = counter(c.App.ErrWriter, "packages")
	)
	slow := time.AfterFunc(time.Second, func() {
		mu.Lock()
		defer mu.Unlock()
		if done < len(arches) {
			bar(done, len(arches))
		}
	})
	defer slow.Stop()
	for i, a := range arches {
		wg.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			o := slackbuild.PackageOptions{Arch: a, Output: c.String("output"), Type: c.String("type"), Empty: c.Bool("allow-empty")}
			if c.Bool("verbose") {
				o.Log = &lockedWriter{w: c.App.ErrWriter, mu: &mu}
			}
			o.Compression.Engine, _ = xzEngine(c) // packageAction has checked it
			file, err := m.Package(c.Context, o)
			mu.Lock()
			defer mu.Unlock()
			if errs[i] = err; err == nil && !c.Bool("quiet") {
				clearLine(c.App.ErrWriter)
				fmt.Fprintln(c.App.Writer, file)
			}
			done++
			bar(done, len(arches))
		})
	}
	wg.Wait()
	return manifestMistake(errors.Join(errs...))
}

// lockedWriter lets several builds print to one place.
type lockedWriter struct {
	w  io.Writer
	mu *sync.Mutex
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
