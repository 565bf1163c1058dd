// SPDX-License-Identifier: MIT

package slackbuild

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// installFiles are the files of install/, which say what is to be done when the
// package comes and goes: those of the SlackBuild directory and of Package are
// the same.
func (m *Manifest) installFiles() ([]File, error) {
	items, err := m.known()
	if err != nil {
		return nil, err
	}
	doinst, err := m.doinst(items)
	if err != nil {
		return nil, err
	}
	douninst, err := m.douninst()
	if err != nil {
		return nil, err
	}
	var files []File
	for _, f := range []struct{ name, text string }{
		{"doinst.sh", doinst},
		{"douninst.sh", douninst},
		{"slack-desc", m.slackDesc()},
	} {
		if f.text != "" {
			files = append(files, File{f.name, []byte(f.text)})
		}
	}
	relations, err := m.relationTexts(items)
	return append(files, relations...), err
}

// linksFirst reports whether doinst.sh makes the package's symbolic links before
// anything else: scripts of the manifest may use them, and may end it.
func (m *Manifest) linksFirst() bool {
	return m.Scripts.PreInstall != "" || m.Scripts.PostInstall != "" || m.Slackware.Doinst != ""
}

// doinst is the text of install/doinst.sh but for the links, which makepkg adds;
// empty where the package needs none. The order: the accounts that preinstall
// makes come before the files that are given to them, and the configuration
// files before the scripts that read them.
func (m *Manifest) doinst(items []item) (string, error) {
	head, calls, err := m.scriptsText(preInstall, postInstall)
	if err != nil {
		return "", err
	}
	if head != "" {
		head += "\n" + m.event()
	}
	var configs []string
	for _, i := range items {
		if i.config {
			configs = append(configs, i.dst)
		}
	}
	return joinTexts(head, calls[0], m.giveText(items), configText(configs), cacheText(items), ownText(m.Slackware.Doinst), calls[1]), nil
}

// douninst is the text of install/douninst.sh, or empty. removepkg runs it as a
// file with the package's name, upgradepkg as one with -upgraded- and the date
// behind it (Slackware 15.0; 14.2 and older never run it).
func (m *Manifest) douninst() (string, error) {
	head, calls, err := m.scriptsText(preRemove, postRemove)
	if err != nil {
		return "", err
	}
	text := joinTexts(calls[0], ownText(m.Slackware.Douninst), calls[1])
	if text == "" {
		return "", nil
	}
	return joinTexts(head, "case $0 in\n  *-upgraded-[0-9]*) ;; # an upgrade, which removes nothing\n  *)\n"+text+"  ;;\nesac\n"), nil
}

// ownText is shell text of the manifest.
func ownText(text string) string {
	if text = strings.TrimRight(text, "\n"); text != "" {
		text += "\n"
	}
	return text
}

// joinTexts joins those that are not empty, with a blank line between.
func joinTexts(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), "\n")
}

// caches are what has to be brought up to date where files come to a directory.
var caches = []struct{ dir, program, arguments string }{
	{"usr/share/applications", "update-desktop-database", "-q usr/share/applications"},
	{"usr/share/mime/packages", "update-mime-database", "usr/share/mime"},
	{"usr/share/icons/hicolor", "gtk-update-icon-cache", "-q -f usr/share/icons/hicolor"},
	{"usr/share/glib-2.0/schemas", "glib-compile-schemas", "usr/share/glib-2.0/schemas"},
}

// cacheText is the shell text that brings them up to date.
func cacheText(items []item) string {
	var parts []string
	for _, c := range caches {
		if slices.ContainsFunc(items, func(i item) bool { return !i.dir && strings.HasPrefix(i.dst, c.dir+"/") }) {
			parts = append(parts, fmt.Sprintf("if [ -x /usr/bin/%s ]; then\n  /usr/bin/%[1]s %s > /dev/null 2>&1\nfi\n", c.program, c.arguments))
		}
	}
	return strings.Join(parts, "\n")
}

// cause is the kernel's reason, without the path that it was about.
func cause(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}
