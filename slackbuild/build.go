// SPDX-License-Identifier: MIT

package slackbuild

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// workspace is where one package is built: nothing else is written to.
type workspace struct {
	dir      string            // all of it
	source   string            // where the commands run
	buildDir string            // $BUILDDIR
	pkg      string            // $PKG
	symbols  map[string]string // for contents
}

func (m *Manifest) newWorkspace(arch Arch) (*workspace, error) {
	dir, err := os.MkdirTemp("", "mkslack-"+m.Name+"-"+arch.Name+"-")
	if err != nil {
		return nil, err
	}
	w := &workspace{dir: dir, source: m.Dir, buildDir: filepath.Join(dir, "build"), pkg: filepath.Join(dir, "package")}
	for _, d := range []string{w.buildDir, w.pkg} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return nil, errors.Join(err, w.remove())
		}
	}
	w.symbols = m.unset(map[string]string{"BUILDDIR": w.buildDir, "PKG": w.pkg, "ARCH": arch.Name})
	maps.Copy(w.symbols, m.names())
	return w, nil
}

// remove takes the workspace away; go makes its module cache read-only.
func (w *workspace) remove() error {
	filepath.WalkDir(w.dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			os.Chmod(p, 0o700) // what cannot be removed, RemoveAll will say
		}
		return nil
	})
	return os.RemoveAll(w.dir)
}

// build runs the manifest's commands. No shell program is needed: they are
// interpreted here. A kind's own commands, which may write anywhere in the
// source tree, run in a copy of it.
func (m *Manifest) build(ctx context.Context, w *workspace, arch Arch, epoch time.Time, log io.Writer) error {
	text := m.buildText()
	if text == "" {
		return nil
	}
	if len(m.Slackware.Commands) == 0 {
		w.source = filepath.Join(w.dir, "source")
		if err := copyTree(w.source, m.Dir); err != nil {
			return err
		}
	}
	script, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text+"\n"+m.stripText()), "")
	if err != nil {
		return m.at("$.slackware.commands", "", "line %v", err)
	}
	source, err := filepath.Abs(w.source)
	if err != nil {
		return err
	}
	runner, err := interp.New(
		interp.Dir(source),
		interp.Env(expand.ListEnviron(append(os.Environ(), m.environment(w, arch, epoch)...)...)),
		interp.Params("-e"),
		interp.StdIO(nil, log, log),
	)
	if err != nil {
		return err
	}
	if err := runner.Run(ctx, script); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("building %s for %s: %w", m.Name, arch.Name, err)
	}
	return nil
}

// environment is what the commands find set, as in the generated script.
func (m *Manifest) environment(w *workspace, arch Arch, epoch time.Time) []string {
	env := []string{
		"PRGNAM=" + m.Name,
		"VERSION=" + m.FullVersion(),
		"BUILD=" + strconv.Itoa(m.BuildNumber()),
		"TAG=" + m.Tag(),
		"ARCH=" + arch.Name,
		"TMP=" + w.dir,
		"PKG=" + w.pkg,
		"BUILDDIR=" + w.buildDir,
		"SLKCFLAGS=" + arch.Flags,
		"LIBDIRSUFFIX=" + arch.Lib,
	}
	if !epoch.IsZero() {
		env = append(env, "SOURCE_DATE_EPOCH="+strconv.FormatInt(epoch.Unix(), 10))
	}
	if m.kind().name == "go" && arch.Name != NoArch {
		env = append(append(env, "GOOS=linux"), arch.Env...)
		if _, err := os.Stat(m.path("vendor/modules.txt")); err == nil { // as the script does; go alone does so for new go.mod only
			env = append(env, "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -mod=vendor"))
		}
	}
	return env
}

// notSource is what a copy of a source tree leaves out.
var notSource = []string{".git", ".hg", ".svn"}

// copyTree copies the source tree src to dst, which must not exist.
func copyTree(dst, src string) error {
	return filepath.WalkDir(src, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, p)
		if err != nil {
			return err
		}
		target := filepath.Join(dst, rel)
		info, err := d.Info()
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(notSource, d.Name()):
			return filepath.SkipDir
		case d.IsDir():
			return os.Mkdir(target, info.Mode().Perm()|0o700)
		case d.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(p)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case !d.Type().IsRegular():
			return nil
		}
		return copyFile(target, p, info)
	})
}

func copyFile(dst, src string, info fs.FileInfo) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm()|0o200)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close(), os.Chmod(dst, info.Mode().Perm()|0o200)); err != nil {
		return err
	}
	return os.Chtimes(dst, info.ModTime(), info.ModTime())
}

// gitTime is the time of the last commit of the tree at dir in seconds, or
// empty where there is none.
func gitTime(ctx context.Context, dir string) string {
	cmd := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
