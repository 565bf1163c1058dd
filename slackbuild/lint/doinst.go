// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// checkDoinst applies the rules for doinst.sh and douninst.sh of a directory,
// which installpkg and removepkg run in the target's root directory.
func (b *build) checkDoinst(name string) *script {
	text, ok := b.read(name)
	if !ok {
		return nil
	}
	b.checkText(b.path(name), text, textRules{crlf: "doinst-line-ends", newline: "doinst-last-line"})
	s, ok := checkInstallScript(&b.findings, b.path(name), text, "doinst-syntax", b.addsToDoinst())
	if !ok {
		return nil
	}
	b.ignored.read(b.path(name), s, false)
	return s
}

// checkInstallScript is for the file of a directory or of a package. syntax is
// the rule for what cannot be parsed; empty where the shell has read it. grows is
// set where the SlackBuild adds lines to it.
func checkInstallScript(f *findings, file, text, syntax string, grows bool) (*script, bool) {
	if strings.HasPrefix(text, "#!") {
		f.add("doinst-shebang", file, 1, "a #! line: installpkg runs the script with its own shell")
	}
	s, ok := f.parse(file, text, syntax)
	if !ok {
		return nil, false
	}
	for _, call := range s.calls {
		checkInstallCall(f, file, s, call)
	}
	if s.funcs["config"] != nil && len(s.find("config")) == 0 && !grows {
		f.add("doinst-config-unused", file, int(s.funcs["config"].Pos().Line()), "config() is defined and never called")
	}
	checkConfigFunctions(f, file, s)
	return s, true
}

func checkInstallCall(f *findings, file string, s *script, call call) {
	if background(call) {
		f.add("doinst-background", file, call.line, "%s goes on in the background, and keeps installpkg's lock", cut(call.words[0]))
	}
	if readsInput(s, call) {
		f.add("doinst-stdin", file, call.line, "%s reads the standard input, on which installpkg may give the script itself", call.name())
	}
	switch name := call.name(); name {
	case "exit":
		if endsAll(s, call) {
			f.add("doinst-exit", file, call.line, "exit: what comes after it, as links do, is not run")
		}
	case "useradd", "groupadd", "adduser", "addgroup":
		f.add("doinst-users", file, call.line, "%s: users and groups are the administrator's", name)
	case "ldconfig":
		f.add("doinst-ldconfig", file, call.line, "ldconfig: installpkg runs it itself")
	case "config", "preserve_perms":
		checkConfigTarget(f, file, call)
	default:
		if slices.Contains(caches, name) && len(s.guards(call.scope, call.pos)) == 0 {
			f.add("doinst-guard", file, call.line, "%s is called without looking whether it is there (if [ -x /usr/bin/%[1]s ])", name)
		}
	}
}

// caches are programs that update a cache, and need not be installed.
var caches = []string{"update-desktop-database", "gtk-update-icon-cache", "update-mime-database", "glib-compile-schemas",
	"update-gtk-immodules", "install-info", "fc-cache", "mkfontdir", "mkfontscale"}

func checkConfigTarget(f *findings, file string, c call) {
	if c.scope.inside(isFunction) {
		return // its argument comes from elsewhere
	}
	for _, w := range c.words[1:] {
		switch {
		case strings.HasPrefix(w, "$"), strings.Contains(w, "@"): // filled in elsewhere
		case strings.HasPrefix(w, "/"):
			f.add("doinst-config-target", file, c.line, "%s: the path is to start at the target's root: %s", w, strings.TrimLeft(w, "/"))
		case !strings.HasSuffix(w, ".new") && !strings.ContainsAny(w, "*$"):
			f.add("doinst-config-target", file, c.line, "%s does not end in .new", w)
		}
	}
}

// endsAll reports whether an exit ends the script. In a subshell it does not,
// unless that is written as a link line, ( cd DIR ; ... ), which installpkg
// takes apart.
func endsAll(s *script, c call) bool {
	for sc := c.scope; sc != nil; sc = sc.up {
		if _, ok := sc.node.(*syntax.Subshell); ok && strings.HasPrefix(s.lines[sc.node.Pos().Line()-1], "( cd ") {
			return true
		}
	}
	return !c.scope.inside(subshell)
}

func background(c call) bool {
	return c.stmt.Background || c.scope.inside(func(n syntax.Node) bool {
		stmt, ok := n.(*syntax.Stmt)
		return ok && stmt.Background
	})
}

// readsInput reports whether the command takes what it reads from the script's
// own standard input.
func readsInput(s *script, c call) bool {
	operands := 0
	for _, w := range c.words[1:] {
		if !strings.HasPrefix(w, "-") || w == "-" {
			operands++
		}
	}
	switch c.words[0] {
	case "cat", "tee", "md5sum", "sort":
		if c.words[0] != "tee" && operands > 0 {
			return false
		}
	case "read":
	default:
		return false
	}
	given := func(redirs []*syntax.Redirect) bool {
		return slices.ContainsFunc(redirs, func(r *syntax.Redirect) bool {
			return r.Op == syntax.RdrIn || r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc || r.Op == syntax.WordHdoc || r.Op == syntax.RdrInOut || r.Op == syntax.DplIn
		})
	}
	return !given(c.stmt.Redirs) && !c.scope.inside(func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.BinaryCmd:
			return (n.Op == syntax.Pipe || n.Op == syntax.PipeAll) && c.pos >= n.Y.Pos().Offset()
		case *syntax.Stmt:
			return given(n.Redirs)
		case *syntax.FuncDecl:
			return true // whoever calls it may give it input
		}
		return false
	})
}

// fits are files of a package that doinst.sh should do something about: a part
// of their path, and the program.
var fits = []struct{ path, program, rule string }{
	{"usr/share/applications", "update-desktop-database", "doinst-desktop"},
	{"usr/share/icons/hicolor/", "gtk-update-icon-cache", "doinst-icons"},
	{"usr/share/mime/packages/", "update-mime-database", "doinst-mime"},
	{"usr/share/glib-2.0/schemas/", "glib-compile-schemas", "doinst-schemas"},
	{"usr/info/", "install-info", "doinst-info"},
}

// checkDoinstFits compares the script with doinst.sh, which is nil where there
// is none.
func (b *build) checkDoinstFits(doinst *script) {
	if doinst == nil && (b.has["doinst.sh"] != nil || b.writesDoinst()) || b.addsToDoinst() {
		return // it cannot be parsed, or is made, in part at least
	}
	does := func(what string) bool { return doinst != nil && strings.Contains(doinst.text, what) }
	file := b.path(b.name + ".SlackBuild")
	told := map[string]bool{}
	for _, call := range b.script.calls {
		words := append(b.script.outputs(call.stmt), puts(call)...)
		for _, w := range words {
			for _, fit := range fits {
				if strings.Contains(w, fit.path) && !told[fit.rule] && doinst != nil && !does(fit.program) {
					told[fit.rule] = true
					b.add(fit.rule, file, call.line, "%s is installed, and doinst.sh does not call %s", cut(w), fit.program)
				}
			}
			if strings.HasPrefix(w, "$PKG/") && strings.HasSuffix(w, ".new") && !strings.Contains(w, "/doc/") && !told["new"] && !does(".new") {
				told["new"] = true
				b.add("doinst-new", file, call.line, "%s is made, and no doinst.sh puts it into place", cut(w))
			}
		}
	}
}

// puts are the arguments of a command that puts files into the package.
func puts(c call) []string {
	switch c.name() {
	case "cp", "mv", "install", "ginstall", "ln", "tee":
		if !c.has(func(w string) bool { return w == "-d" }) {
			return c.words[1:]
		}
	}
	return nil
}

// addsToDoinst reports whether the script adds lines to doinst.sh.
func (b *build) addsToDoinst() bool {
	return b.script != nil && slices.ContainsFunc(b.script.appended, func(w string) bool { return strings.HasSuffix(w, "doinst.sh") })
}

// writesDoinst reports whether the script makes a doinst.sh itself.
func (b *build) writesDoinst() bool {
	return b.script.says(func(w string) bool { return strings.Contains(w, "doinst") })
}
