// SPDX-License-Identifier: MIT

package slackbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// script is one maintainer script for doinst.sh or douninst.sh.
type script struct {
	name, file, argument string
}

// doinst is the text of install/doinst.sh but for the links, which makepkg
// adds; empty where the package needs none. configs are paths without .new.
func (m *Manifest) doinst(configs []string) (string, error) {
	// The argument is what dpkg gives the script: most of them are written for it.
	text, err := m.scripts(m.Slackware.Doinst,
		script{"preinstall", m.Scripts.PreInstall, "install"},
		script{"postinstall", m.Scripts.PostInstall, "configure"})
	if err != nil {
		return "", err
	}
	var parts []string
	if text := configText(configs); text != "" {
		parts = append(parts, text)
	}
	if caches := m.cacheText(); caches != "" {
		parts = append(parts, caches)
	}
	if text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n"), nil
}

// caches are what has to be brought up to date where files come to a directory.
var caches = []struct{ dir, program, arguments string }{
	{"usr/share/applications", "update-desktop-database", "-q usr/share/applications"},
	{"usr/share/mime/packages", "update-mime-database", "usr/share/mime"},
	{"usr/share/icons/hicolor", "gtk-update-icon-cache", "-q -f usr/share/icons/hicolor"},
	{"usr/share/glib-2.0/schemas", "glib-compile-schemas", "usr/share/glib-2.0/schemas"},
}

// cacheText is the shell text that brings them up to date.
func (m *Manifest) cacheText() string {
	var parts []string
	members := m.members()
	for _, c := range caches {
		if slices.ContainsFunc(members, func(p string) bool { return strings.HasPrefix(p, c.dir+"/") }) {
			parts = append(parts, fmt.Sprintf("if [ -x /usr/bin/%s ]; then\n  /usr/bin/%s %s > /dev/null 2>&1\nfi\n", c.program, c.program, c.arguments))
		}
	}
	return strings.Join(parts, "\n")
}

// douninst is the text of install/douninst.sh, or empty.
func (m *Manifest) douninst() (string, error) {
	return m.scripts(m.Slackware.Douninst,
		script{"preremove", m.Scripts.PreRemove, "remove"},
		script{"postremove", m.Scripts.PostRemove, "remove"})
}

func (m *Manifest) scripts(own string, scripts ...script) (string, error) {
	var parts []string
	if own != "" {
		parts = append(parts, strings.TrimRight(own, "\n")+"\n")
	}
	for _, s := range scripts {
		if s.file == "" {
			continue
		}
		data, err := os.ReadFile(m.path(s.file))
		if err != nil {
			return "", m.at("$.scripts."+s.name, m.pathHint("paths"), "%q: %v", s.file, cause(err))
		}
		shell, err := interpreter(string(data))
		if err != nil {
			return "", m.at("$.scripts."+s.name, "", "%s: %v", s.file, err)
		}
		parts = append(parts, hereDocument(s, shell, string(data)))
	}
	return strings.Join(parts, "\n"), nil
}

// cause is the kernel's reason, without the path that it was about.
func cause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// interpreter is the shell that the script's first line asks for.
func interpreter(text string) (string, error) {
	first, _, _ := strings.Cut(text, "\n")
	words := strings.Fields(strings.TrimPrefix(first, "#!"))
	if !strings.HasPrefix(first, "#!") || len(words) == 0 {
		return "/bin/sh", nil
	}
	name := words[0][strings.LastIndexByte(words[0], '/')+1:]
	if name == "env" && len(words) > 1 {
		name, words = words[1], words[1:]
	}
	options := ""
	if len(words) > 1 {
		options = " " + quote(words[1])
	}
	switch name {
	case "sh", "dash", "ash":
		return "/bin/sh" + options, nil
	case "bash":
		return "/bin/bash" + options, nil
	}
	return "", fmt.Errorf("doinst.sh can hold shell scripts only, not one for %q", name)
}

// hereDocument is a here-document that runs the script where it takes the system's
// root to be: installpkg runs doinst.sh in the target's root directory, which
// need not be /. Its failure is no failure of the package.
func hereDocument(s script, shell, text string) string {
	end := "END_OF_" + strings.ToUpper(s.name)
	for slices.Contains(strings.Split(text, "\n"), end) {
		end += "_"
	}
	return fmt.Sprintf("# The package's %s script, which expects the system at /.\nchroot . %s -s %s <<'%s'\n%s\n%s\n",
		s.name, shell, s.argument, end, strings.TrimRight(text, "\n"), end)
}
