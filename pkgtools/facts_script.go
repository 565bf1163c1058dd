// SPDX-License-Identifier: MIT

package pkgtools

import (
	"bytes"
	"path"
	"strings"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// scriptRules are about the scripts of a package and the links that they make.
var scriptRules = []packageRule{{
	Name:  "doinst-syntax",
	Level: finding.Error,
	Why:   "the shell stops there",
	Fix:   "correct what the shell cannot read",
	Package: func(v *verifier, say sayer) {
		for _, wrong := range v.unreadable {
			say(wrong.Member, "%s", wrong.Text)
		}
	},
}, {
	Name:  "doinst-file",
	Level: finding.Error,
	Why:   "installpkg and mkslack do not run what is no file of its own",
	Fix:   "make it a regular file",
	Entry: func(_ *verifier, m *member) string {
		if (m.Path == doinstPath || m.Path == douninstPath) && !m.file() {
			return "is a " + m.Kind() + ", not a file"
		}
		return ""
	},
}, {
	Name:  "doinst-line-ends",
	Level: finding.Error,
	Why:   "the shell takes a carriage return for part of the word",
	Fix:   "end lines in a newline",
	Package: eachScript(func(text []byte) string {
		if at := bytes.IndexByte(text, '\r'); at >= 0 && at+1 < len(text) && text[at+1] == '\n' {
			return "has lines that end in a carriage return"
		}
		return ""
	}),
}, {
	Name:  "doinst-last-line",
	Level: finding.Warning,
	Why:   "makepkg adds the lines of links to it",
	Fix:   "end it in a newline",
	Package: eachScript(func(text []byte) string {
		if len(text) > 0 && text[len(text)-1] != '\n' {
			return "its last line does not end"
		}
		return ""
	}),
}, {
	Name:  "package-slack-desc",
	Level: finding.Warning,
	Why:   "the package has no description",
	Fix:   "put slack-desc into install/",
	Package: func(v *verifier, say sayer) {
		if v.p.SlackDesc == nil {
			say("install/slack-desc", "is missing")
		}
	},
}, {
	Name:  "package-link",
	Level: finding.Note,
	Why:   "makepkg moves links to doinst.sh, where upgradepkg and removepkg expect them",
	Fix:   "make it with makepkg -l y",
	Entry: func(_ *verifier, m *member) string {
		if m.symlink() {
			return "is a symbolic link in the archive, not in doinst.sh"
		}
		return ""
	},
}, {
	Name:  "package-link-unfit",
	Level: finding.Error,
	Why:   "installpkg makes another link than was meant",
	Fix:   "rename the link, its directory or its target",
	Package: eachLink(func(_ *verifier, l link) (string, []any) {
		if reason := l.unfit(); reason != "" {
			return "is a link in doinst.sh that installpkg makes wrongly: %s", []any{reason}
		}
		return "", nil
	}),
}, {
	Name:  "package-link-dir",
	Level: finding.Error,
	Why:   "installing removes the directory, with all that is in it",
	Fix:   "rename the link or the directory",
	Package: eachLink(func(v *verifier, l link) (string, []any) {
		if e := v.byPath[l.path]; e != nil && e.Mode.IsDir() {
			return "is a directory of the package, which doinst.sh replaces by a link", nil
		}
		return "", nil
	}),
}, {
	Name:  "package-link-file",
	Level: finding.Warning,
	Why:   "what the archive has there is lost",
	Fix:   "rename the link or the file",
	Package: eachLink(func(v *verifier, l link) (string, []any) {
		if e := v.byPath[l.path]; e != nil && !e.Mode.IsDir() {
			return "is a %s of the package, which doinst.sh replaces by a link", []any{e.Kind()}
		}
		return "", nil
	}),
}, {
	Name:  "package-link-nodir",
	Level: finding.Warning,
	Why:   "where its directory is missing, installpkg removes that name in / instead",
	Fix:   "make the directory, or remove the line from doinst.sh",
	Package: eachLink(func(v *verifier, l link) (string, []any) {
		if dir := path.Dir(l.path); dir != "." && v.byPath[dir] == nil && v.links[dir] == "" {
			return "is a link in doinst.sh whose directory is not in the package", nil
		}
		return "", nil
	}),
}, {
	Name:  "package-link-twice",
	Level: finding.Warning,
	Why:   "the first is lost",
	Fix:   "remove one",
	Package: func(v *verifier, say sayer) {
		seen := map[string]bool{}
		for _, l := range v.made {
			if seen[l.path] {
				say(l.path, "is made twice by doinst.sh")
			}
			seen[l.path] = true
		}
	},
}, {
	Name:  "package-link-build",
	Level: finding.Error,
	Why:   "it leads to the directory of the build",
	Fix:   "make the link relative",
	Package: eachTarget(func(v *verifier, name, target string) string {
		if v.badName == nil && strings.Contains(target, "/package-"+v.name.Name) {
			return "leads to %q"
		}
		return ""
	}),
}, {
	Name:  "package-link-absolute",
	Level: finding.Note,
	Why:   "it leads out of the system where that is mounted elsewhere",
	Fix:   "make the link relative",
	Package: eachTarget(func(v *verifier, name, target string) string {
		switch {
		case !strings.HasPrefix(target, "/"), strings.Contains(target, "/package-"+v.name.Name):
			return ""
		}
		for _, dir := range []string{"/proc/", "/run/", "/dev/", "/var/", "/etc/"} {
			if strings.HasPrefix(target, dir) {
				return ""
			}
		}
		return "leads to %q"
	}),
}, {
	Name:  "package-link-broken",
	Level: finding.Note,
	Why:   "it leads nowhere, unless another package has the file",
	Fix:   "check that the name is right",
	Package: eachTarget(func(v *verifier, name, target string) string {
		if strings.HasPrefix(target, "/") || v.reaches(name, target) {
			return ""
		}
		return "leads to %q, which is not in the package"
	}),
}}

// eachScript judges doinst.sh and douninst.sh.
func eachScript(judge func(text []byte) string) func(*verifier, sayer) {
	return func(v *verifier, say sayer) {
		if text := judge(v.p.Doinst); text != "" {
			say(doinstPath, "%s", text)
		}
		if text := judge(v.p.Douninst); text != "" {
			say(douninstPath, "%s", text)
		}
	}
}

// eachLink judges the links that doinst.sh makes, in their order.
func eachLink(judge func(*verifier, link) (string, []any)) func(*verifier, sayer) {
	return func(v *verifier, say sayer) {
		for _, l := range v.made {
			if format, args := judge(v, l); format != "" {
				say(l.path, format, args...)
			}
		}
	}
}

// eachTarget judges where links lead, those in the archive too.
func eachTarget(judge func(v *verifier, name, target string) string) func(*verifier, sayer) {
	return func(v *verifier, say sayer) {
		for i := range v.p.Entries {
			if e := &v.p.Entries[i]; e.symlink() {
				if format := judge(v, e.Path, e.Link); format != "" {
					say(e.Path, format, shorten(e.Link))
				}
			}
		}
		for _, l := range v.made {
			if format := judge(v, l.path, l.target); l.target != "" && format != "" {
				say(l.path, format, shorten(l.target))
			}
		}
	}
}

// reaches reports whether the package has what the link points to, as far as
// that can be told.
func (v *verifier) reaches(name, target string) bool {
	const maxLinks = 40 // as in the kernel
	for range maxLinks {
		name = path.Join(path.Dir(name), target)
		if e := v.byPath[name]; e != nil && !e.symlink() && v.links[name] == "" {
			return true
		}
		if target = v.links[name]; target == "" {
			// A directory on the way may itself be a link.
			for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
				if v.links[dir] != "" {
					return true
				}
			}
			return false
		}
		if strings.HasPrefix(target, "/") {
			name, target = "x", strings.TrimPrefix(target, "/")
		}
	}
	return false
}
