// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/pkgtools"
	"mvdan.cc/sh/v3/syntax"
)

// checkPrintedName works out what the script prints with PRINT_PACKAGE_NAME set,
// as tools do that want the package's name.
func (c *scriptCheck) checkPrintedName(at use) {
	line := at.line
	sh, status, err := printedName(c.s, c.name, "x86_64")
	if err == nil && status != 0 {
		// Some builds are for 32-bit machines only, and refuse others at once.
		sh, status, err = printedName(c.s, c.name, "i686")
	}
	if err != nil {
		return // it takes a real shell and machine to tell
	}
	version := c.info.value("VERSION")
	name := strings.TrimSuffix(sh.out.b.String(), "\n")
	full, ext := pkgtools.TrimExt(name)
	fields := strings.Split(full, "-")
	pkgtype, tag := sh.vars["PKGTYPE"], sh.vars["TAG"]
	say := func(rule, format string, args ...any) {
		c.say(rule, line, "with PRINT_PACKAGE_NAME set the script "+format, args...)
	}
	switch {
	case status != 0:
		say("print-name-run", "ends with status %d", status)
	case name == "" || strings.Contains(name, "\n"):
		say("print-name-run", "prints %q, not one name", name)
	case len(fields) < 4 || slices.Contains(fields[len(fields)-3:], "") || ext == "":
		say("print-name-run", "prints %q, which is no package's name", name)
	case pkgtype != "" && ext != "."+pkgtype:
		say("print-name-run", "prints %q, and PKGTYPE is %s", name, pkgtype)
	case !strings.HasSuffix(full, tag):
		say("print-name-run", "prints %q, and TAG is %s", name, tag)
	case !strings.HasPrefix(name, c.name+"-"):
		say("print-name-run", "prints %q, another package", name)
	case version != "" && !strings.HasPrefix(name, c.name+"-"+version+"-"):
		say("print-name-version", "prints %s; .info says version %s", name, version)
	}
	if made, ok := c.madeName(sh, at.pos); ok && status == 0 && made != name {
		c.say("print-name-same", line, "prints %s, and makepkg makes %s", cut(name), cut(made))
	}
}

// madeName is the name of the file that makepkg makes, as far as variables tell
// that are set where the name is printed, and never again.
func (c *scriptCheck) madeName(sh *sandbox, pos uint) (string, bool) {
	calls := c.s.find("makepkg")
	if len(calls) != 1 || calls[0].scope.level() > 0 {
		return "", false
	}
	word := calls[0].stmt.Cmd.(*syntax.CallExpr).Args[len(calls[0].words)-1]
	known := true
	syntax.Walk(word, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && p.Param.Value != "OUTPUT" {
			_, set := sh.vars[p.Param.Value]
			again := slices.ContainsFunc(c.s.assigns, func(a assign) bool { return a.name == p.Param.Value && a.pos > pos })
			known = known && set && !again
		}
		return true
	})
	if !known {
		return "", false
	}
	sh.vars["OUTPUT"] = "/tmp"
	made, err := sh.expand(word)
	return strings.TrimPrefix(made, "/tmp/"), err == nil
}

// printedName works out what the script prints when PRINT_PACKAGE_NAME is
// set on such a machine.
func printedName(s *script, name, machine string) (sh *sandbox, status int, err error) {
	last := uint(0)
	for _, u := range s.uses {
		if u.name == "PRINT_PACKAGE_NAME" {
			last = max(last, u.pos)
		}
	}
	sh = newSandbox(s, nil)
	sh.machine = machine
	sh.vars["PRINT_PACKAGE_NAME"] = "y"
	sh.vars["0"] = name + ".SlackBuild"
	end := slices.IndexFunc(s.file.Stmts, func(stmt *syntax.Stmt) bool { return stmt.Pos().Offset() > last })
	if end < 0 {
		end = len(s.file.Stmts)
	}
	status, err = sh.runAll(s.file.Stmts[:end], false)
	if exit := exited(0); errors.As(err, &exit) {
		status, err = int(exit), nil
	}
	return sh, status, err
}
