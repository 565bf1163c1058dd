// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/slackbond/slackbond/internal/cmdline"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/slackbuild"
	"github.com/urfave/cli/v2"
)

var manifestFlag = &cli.StringFlag{
	Name: "file", Aliases: []string{"f"}, Usage: "read the manifest from `FILE` (default: mkslack.yaml, else nfpm.yaml)",
}

var quietFlag = &cli.BoolFlag{
	Name: "quiet", Aliases: []string{"q"}, Usage: "do not say what is left out of the manifest or made",
}

var allowEmptyFlag = &cli.BoolFlag{Name: "allow-empty", Usage: "make a package without files"}

func slackbuildCommand() *cli.Command {
	return &cli.Command{
		Name:  "slackbuild",
		Usage: "write the directory for SlackBuilds.org from a manifest",
		Flags: []cli.Flag{
			manifestFlag,
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Value: ".", Usage: "write NAME/ below `DIR`"},
			&cli.StringFlag{Name: "sources", Usage: "take the sums of the source archives in `DIR`"},
			&cli.BoolFlag{Name: "queue", Usage: "write the sbopkg queue NAME.sqf, too"},
			&cli.BoolFlag{Name: "tarball", Usage: "write the archive to submit, NAME.tar.gz, too"},
			&cli.StringFlag{Name: "repo", Usage: "write to the local sbopkg repository `DIR`/REPO/BRANCH instead"},
			&cli.StringFlag{Name: "repo-name", Value: "local/main", Usage: "call the repository of --repo `REPO/BRANCH`"},
			&cli.StringFlag{Name: "in-place", Usage: "write only the script of the source tree, to `FILE`; - is stdout"},
			&cli.BoolFlag{Name: "no-sums", Usage: "leave the sums of archives empty that are not at hand"},
			allowEmptyFlag,
			quietFlag,
		},
		Action: slackbuildAction,
	}
}

func slackbuildAction(c *cli.Context) error {
	if err := cmdline.Args(c, 0, 0, ""); err != nil {
		return err
	}
	repo, branch, ok := strings.Cut(c.String("repo-name"), "/")
	if !ok || repo == "" || branch == "" || strings.ContainsAny(c.String("repo-name"), " \t\\\"'") || strings.Contains(branch, "/") {
		return cmdline.Usagef("--repo-name: %q is not REPO/BRANCH", c.String("repo-name"))
	}
	m, err := loadManifest(c)
	if err != nil {
		return err
	}
	if file := c.String("in-place"); file != "" {
		return writeInPlace(c, m, file)
	}
	files, remarks, err := m.Files(slackbuild.Options{Sources: c.String("sources"), Empty: c.Bool("allow-empty")})
	if err != nil {
		return manifestMistake(err)
	}
	say(c, remarks)
	var made []string
	if root := c.String("repo"); root != "" {
		made, err = m.WriteRepo(root, repo, branch, files)
	} else {
		made, err = slackbuild.WriteDir(filepath.Join(c.String("output"), m.Name), files)
	}
	if err != nil {
		return err
	}
	extra, err := extraFiles(c, m, files)
	if err != nil {
		return err
	}
	more, err := slackbuild.WriteDir(c.String("output"), extra)
	if err != nil {
		return err
	}
	if !c.Bool("quiet") {
		for _, f := range append(made, more...) {
			fmt.Fprintln(c.App.Writer, f)
		}
	}
	if !c.Bool("no-sums") {
		return missingSums(m, files)
	}
	return nil
}

// missingSums tells that the .info file, which is written, is not fit for use.
func missingSums(m *slackbuild.Manifest, files []slackbuild.File) error {
	for _, f := range files {
		if f.Name != m.Name+".info" {
			continue
		}
		info, err := slackbuild.ParseInfo(string(f.Data))
		if err != nil {
			return err
		}
		missing := len(info.DownloadX8664) - len(info.MD5SumX8664)
		if len(info.Download) != 1 || strings.Contains(info.Download[0], "://") {
			missing += len(info.Download) - len(info.MD5Sum)
		}
		if missing > 0 {
			return fmt.Errorf("%s is not complete: it has no MD5 sum for %d of its sources; --no-sums accepts that", f.Name, missing)
		}
	}
	return nil
}

// extraFiles are what --queue and --tarball ask for.
func extraFiles(c *cli.Context, m *slackbuild.Manifest, files []slackbuild.File) ([]slackbuild.File, error) {
	var extra []slackbuild.File
	if c.Bool("queue") {
		extra = append(extra, slackbuild.File{Name: m.Name + ".sqf", Data: m.Queue()})
	}
	if !c.Bool("tarball") {
		return extra, nil
	}
	now, err := epochOrNow()
	if err != nil {
		return nil, err
	}
	data, err := m.Tarball(files, now.Truncate(time.Second))
	return append(extra, slackbuild.File{Name: m.Name + ".tar.gz", Data: data}), err
}

func writeInPlace(c *cli.Context, m *slackbuild.Manifest, file string) error {
	if !m.Slackware.InPlace {
		return cmdline.Usagef("%s has no %s", manifestFile(c), strconv.Quote("in_place: true"))
	}
	script, err := m.Script(slackbuild.Options{InPlace: true})
	if err != nil {
		return manifestMistake(err)
	}
	if file == "-" {
		_, err = c.App.Writer.Write(script)
		return err
	}
	return renameio.WriteFile(file, script, 0o755)
}

// epochOrNow is SOURCE_DATE_EPOCH, or the time it is.
func epochOrNow() (time.Time, error) {
	v, ok := os.LookupEnv("SOURCE_DATE_EPOCH")
	if !ok {
		return time.Now(), nil
	}
	t, err := pkgtools.ParseEpoch(v)
	return t, cmdline.WithStatus(err, exit.Usage)
}

// manifestMistake gives an error the status of input that cannot be read where
// it is the manifest's.
func manifestMistake(err error) error {
	if m := new(slackbuild.Error); errors.As(err, &m) {
		return cmdline.WithStatus(err, exit.Usage)
	}
	return err
}

// manifestFile is --file, or the file that is there.
func manifestFile(c *cli.Context) string {
	if f := c.String("file"); f != "" {
		return f
	}
	if _, err := os.Stat("mkslack.yaml"); err != nil {
		if _, err := os.Stat("nfpm.yaml"); err == nil {
			return "nfpm.yaml"
		}
	}
	return "mkslack.yaml"
}

// loadManifest reads the manifest and says what it leaves out.
func loadManifest(c *cli.Context) (*slackbuild.Manifest, error) {
	file := manifestFile(c)
	m, err := slackbuild.Load(file)
	if missing := (*fs.PathError)(nil); errors.As(err, &missing) && missing.Path == file && errors.Is(missing, fs.ErrNotExist) {
		err = fmt.Errorf("%w; \"mkslack init\" writes a manifest", err)
	}
	if err != nil {
		return nil, cmdline.WithStatus(err, exit.Usage)
	}
	say(c, m.Notes)
	return m, nil
}

// say prints remarks, unless --quiet.
func say(c *cli.Context, remarks []string) {
	if c.Bool("quiet") {
		return
	}
	for _, r := range remarks {
		fmt.Fprintln(c.App.ErrWriter, r)
	}
}
