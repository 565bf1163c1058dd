// SPDX-License-Identifier: MIT

package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// runPrintName runs the script with PRINT_PACKAGE_NAME set, as tools do that
// want the package's name, in an interpreter that starts no program and opens
// no file. What needs more than that is left alone.
func (c *scriptCheck) runPrintName(line int) {
	version, computed := c.s.first("VERSION")
	if computed && version.computed || !c.purely() {
		return
	}
	out, status, ok := c.run()
	if !ok {
		return
	}
	arch := "x86_64"
	want := fmt.Sprintf("%s-%s-%s-", c.name, c.info.value("VERSION"), arch)
	got := strings.TrimSuffix(out, "\n")
	switch fields := strings.Split(got, "-"); {
	case status != 0:
		c.say("print-name-run", line, "with PRINT_PACKAGE_NAME set the script ends with status %d", status)
	case strings.Contains(got, "\n") || got == "":
		c.say("print-name-run", line, "with PRINT_PACKAGE_NAME set the script prints %q, not one name", got)
	case len(fields) < 4 || fields[len(fields)-2] == "" || fields[len(fields)-3] == "" || !strings.HasSuffix(got, ".tgz"):
		c.say("print-name-run", line, "with PRINT_PACKAGE_NAME set the script prints %q, which is no package's name", got)
	case !strings.HasPrefix(got, c.name+"-"):
		c.say("print-name-run", line, "with PRINT_PACKAGE_NAME set the script prints the package %s", got)
	case c.info.value("VERSION") != "" && !strings.HasPrefix(got, want) && !strings.HasPrefix(got, c.name+"-"+c.info.value("VERSION")+"-"):
		c.say("print-name-version", line, "with PRINT_PACKAGE_NAME set the script prints %s; .info says version %s", got, c.info.value("VERSION"))
	}
}

// purely reports whether only commands come before the block that the
// interpreter has itself.
func (c *scriptCheck) purely() bool {
	at := strings.Index(c.s.text, "PRINT_PACKAGE_NAME}")
	if at < 0 {
		at = strings.LastIndex(c.s.text, "$PRINT_PACKAGE_NAME")
	}
	for _, o := range c.s.calls {
		if int(o.pos) < at && !builtins[path.Base(o.words[0])] {
			return false
		}
	}
	return true
}

var builtins = map[string]bool{"cd": true, "pwd": true, "dirname": true, "uname": true, "echo": true, "printf": true, "[": true, "test": true,
	"[[": true, "set": true, "export": true, "unset": true, "true": true, "false": true, ":": true, "basename": true, "shopt": true}

// run is the result of the script up to the block's exit. ok is false where
// the interpreter could not do it.
func (c *scriptCheck) run() (out string, status int, ok bool) {
	var b bytes.Buffer
	ended := false
	runner, err := interp.New(
		interp.Env(expand.ListEnviron("PRINT_PACKAGE_NAME=y", "PATH=/bin", "HOME=/", "PWD=/")),
		interp.Dir("/"),
		interp.Params("--", c.name),
		interp.StdIO(nil, &b, io.Discard),
		interp.CallHandler(func(ctx context.Context, args []string) ([]string, error) {
			if args[0] == "cd" { // nothing is looked up on this machine
				return []string{"true"}, nil
			}
			if !builtins[args[0]] && args[0] != "exit" {
				ended = true
				return nil, fmt.Errorf("%s is not run", args[0])
			}
			return args, nil
		}),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return program }),
		interp.OpenHandler(func(context.Context, string, int, os.FileMode) (io.ReadWriteCloser, error) {
			return nil, os.ErrPermission
		}),
		interp.ReadDirHandler2(func(context.Context, string) ([]os.DirEntry, error) { return nil, os.ErrNotExist }),
		interp.StatHandler(func(_ context.Context, name string, _ bool) (os.FileInfo, error) { return nil, os.ErrNotExist }),
	)
	if err != nil {
		return "", 0, false
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err = runner.Run(ctx, upToBlock(c.s))
	if ctx.Err() != nil || ended {
		return "", 0, false
	}
	if code := interp.ExitStatus(0); errors.As(err, &code) {
		status = int(code)
	} else if err != nil {
		return "", 0, false
	}
	return b.String(), status, true
}

// upToBlock is the script's statements with the one that looks at
// PRINT_PACKAGE_NAME as the last.
func upToBlock(s *script) *syntax.File {
	at := strings.LastIndex(s.text, "PRINT_PACKAGE_NAME")
	f := &syntax.File{}
	for _, stmt := range s.file.Stmts {
		if int(stmt.Pos().Offset()) > at {
			break
		}
		f.Stmts = append(f.Stmts, stmt)
	}
	return f
}

// program stands in for the few programs that the block needs.
func program(ctx context.Context, args []string) error {
	w := interp.HandlerCtx(ctx).Stdout
	switch path.Base(args[0]) {
	case "uname":
		if len(args) > 1 && args[1] == "-r" {
			fmt.Fprintln(w, "5.15.0")
		} else {
			fmt.Fprintln(w, "x86_64")
		}
	case "dirname", "basename":
		fmt.Fprintln(w, ".")
	default:
		return interp.ExitStatus(127)
	}
	return nil
}
