// SPDX-License-Identifier: MIT

package lint

import (
	"path"
	"slices"
	"strings"
)

// checkDoinst applies the rules for doinst.sh and douninst.sh, which
// installpkg and removepkg run in the target's root directory.
func (b *build) checkDoinst(name, text string) {
	b.ignored.read(b.path(name), text, false)
	checkInstallScript(&b.findings, b.path(name), text)
}

// checkInstallScript is for the file of a directory or of a package.
func checkInstallScript(f *findings, file, text string) {
	f.checkText(file, text, textRules{crlf: "doinst-line-ends", newline: "doinst-line-ends"})
	if strings.HasPrefix(text, "#!") {
		f.add("doinst-shebang", file, 1, "a #! line: installpkg runs the script with its own shell")
	}
	s, err := parseScript(text)
	if err != nil {
		f.add("doinst-syntax", file, parseLine(err), "%v", err)
		return
	}
	for _, call := range s.calls {
		switch name := path.Base(call.words[0]); name {
		case "exit":
			if !insideSubshell(s, call) {
				f.add("doinst-exit", file, call.line, "exit: what comes after it, as links do, is not run")
			}
		case "useradd", "groupadd", "adduser", "addgroup":
			f.add("doinst-users", file, call.line, "%s: users and groups are the administrator's", name)
		case "config", "preserve_perms":
			checkConfigTarget(f, file, call)
		default:
			if slices.Contains(caches, name) && call.depth == 0 && !strings.Contains(text, "-x ") && !guarded(s, call) {
				f.add("doinst-guard", file, call.line, "%s is called without looking whether it is there (if [ -x /usr/bin/%s ])", name, name)
			}
		}
	}
	if s.funcs["config"] && len(s.find("config")) == 0 {
		f.add("doinst-config-unused", file, 0, "config() is defined and never called")
	}
}

// caches are programs that update a cache, and need not be installed.
var caches = []string{"update-desktop-database", "gtk-update-icon-cache", "update-mime-database", "glib-compile-schemas",
	"update-gtk-immodules", "install-info", "fc-cache", "mkfontdir", "mkfontscale"}

// guarded reports whether the command is the right side of && or ||.
func guarded(s *script, c call) bool {
	line := s.lines[c.line-1]
	return strings.Contains(line, "&&") || strings.Contains(line, "||") || strings.Contains(line, "chroot")
}

func checkConfigTarget(f *findings, file string, c call) {
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

// insideSubshell reports whether the command can end only part of the script:
// it stands in ( ), $( ) or a here-document's own shell.
func insideSubshell(s *script, c call) bool {
	before := s.text[:c.pos]
	return strings.Count(before, "(")-strings.Count(before, "()") > strings.Count(before, ")")-strings.Count(before, "()")
}

// checkDoinstFits compares the script with doinst.sh.
func (b *build) checkDoinstFits(doinst string) {
	script := b.path(b.name + ".SlackBuild")
	text := b.script.text
	for _, d := range []struct{ ship, call, rule string }{
		{".desktop", "update-desktop-database", "doinst-desktop"},
		{"icons/hicolor", "gtk-update-icon-cache", "doinst-icons"},
	} {
		if strings.Contains(text, d.ship) && !strings.Contains(doinst, d.call) {
			b.add(d.rule, script, 0, "%s is installed, and doinst.sh does not call %s", d.ship, d.call)
		}
	}
}
