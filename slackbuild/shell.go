// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// contentLines are the commands of a SlackBuild that put the contents into
// $PKG, as items does for Package. Only what coreutils 8.21 (Slackware 14.1)
// can do is used.
func (m *Manifest) contentLines() (string, error) {
	var b strings.Builder
	made := map[string]bool{}
	mkdir := func(dir string) {
		if !made[dir] && dir != "$PKG" {
			made[dir] = true
			fmt.Fprintf(&b, "mkdir -p %s\n", dir)
		}
	}
	for _, c := range m.Contents {
		if c.skipped() {
			continue
		}
		if err := m.contentLine(&b, c, mkdir); err != nil {
			return "", err
		}
	}
	return strings.TrimRight(b.String(), "\n"), nil
}

func (m *Manifest) contentLine(b *strings.Builder, c Content, mkdir func(string)) error {
	dst := "/" + member(c.Destination)
	word := func(p string) string { return "$PKG" + strings.TrimSuffix(m.shellWord(p, c.Expand), "/") }
	target := word(dst)
	switch c.Type {
	case "dir":
		mode := c.FileInfo.Mode
		if mode == 0 {
			mode = 0o755
		}
		mkdir(word(path.Dir(dst)))
		fmt.Fprintf(b, "install -d -m %#o %s\n", mode, target)
		c.after(b, target, "")
		return nil
	case "symlink":
		mkdir(word(path.Dir(dst)))
		fmt.Fprintf(b, "ln -s %s %s\n", m.shellWord(c.Source, c.Expand), target)
		return nil
	}

	info, err := os.Stat(m.path(c.Source))
	flat := strings.HasSuffix(c.Destination, "/")
	if c.isTree() || err == nil && info.IsDir() && !flat {
		m.treeLines(b, c, target, mkdir)
		return nil
	}

	isGlob := err == nil && info.IsDir() || err != nil && !m.DisableGlobbing && isPattern(c.Source)
	var found []item
	if !c.Expand || !strings.Contains(c.Source, "$") {
		// What is there now says modes, and where the files go.
		if found, err = m.resolve(c, m.names()); err != nil && m.Slackware.Commands == nil && m.Slackware.Kind == "" {
			return err
		}
		found = slices.DeleteFunc(found, func(i item) bool { return i.implied })
	}
	mode := c.mode(found)
	switch {
	case isGlob && flat && isPattern(c.Source) && sameInShell(c.Source) && !c.isConfig() && plainFiles(found):
		var words []string
		for _, p := range braces(c.Source) {
			words = append(words, m.globWord(p, c.Expand))
		}
		mkdir(target)
		fmt.Fprintf(b, "install -m %#o %s %s/\n", mode, strings.Join(words, " "), target)
		c.after(b, target+"/*", "")
		c.parents(b, target)
	case isGlob && len(found) == 0:
		return m.at(c.at+".src", "end dst with a slash, and use no **", "a script cannot tell what %q matches before the build", c.Source)
	case isGlob:
		for _, i := range found {
			if err := m.installItem(b, c, i, mkdir); err != nil {
				return err
			}
		}
	case len(found) == 1 && found[0].link != "":
		return m.installItem(b, c, found[0], mkdir)
	default:
		if flat {
			dst = path.Join(dst, path.Base(c.Source))
		}
		m.installOne(b, c, m.shellWord(c.Source, c.Expand), dst, mode, mkdir)
	}
	return nil
}

// sameInShell reports whether the shell takes the pattern as nfpm does.
func sameInShell(p string) bool {
	return !strings.Contains(p, "**") && !strings.Contains(p, "[^") && !strings.ContainsRune(p, '\\')
}

// treeLines writes the commands for a directory. Where more than copying is to
// be done, that is done to a copy: other contents may lie below the target.
func (m *Manifest) treeLines(b *strings.Builder, c Content, target string, mkdir func(string)) {
	mkdir(target)
	src := m.shellWord(c.Source, c.Expand)
	f := c.FileInfo
	if f == (FileInfo{}) && !c.isConfig() {
		fmt.Fprintf(b, "cp -R %s/. %s/\nchmod -R %s %s\n", src, target, symbolic(m.umask()), target)
		return
	}
	const copied = "$TMP/tree-$PRGNAM"
	fmt.Fprintf(b, "rm -rf %s\ncp -R %s %s\nchmod -R %s %s\n", copied, src, copied, symbolic(m.umask()), copied)
	if f.Mode != 0 {
		fmt.Fprintf(b, "find %s -type f -exec chmod %#o {} \\;\n", copied, f.Mode)
		if c.isTree() {
			fmt.Fprintf(b, "find %s -type d -exec chmod %#o {} \\;\n", copied, dirMode(fs.FileMode(f.Mode)))
		}
	}
	c.after(b, copied, "-R ")
	if c.isConfig() {
		fmt.Fprintf(b, "find %s -type f -exec mv {} {}.new \\;\n", copied)
	}
	fmt.Fprintf(b, "cp -a %s/. %s/\nrm -rf %s\n", copied, target, copied)
	c.parents(b, path.Dir(target))
}

// plainFiles reports whether all items are files of one directory and mode.
func plainFiles(items []item) bool {
	return !slices.ContainsFunc(items, func(i item) bool {
		return i.link != "" || path.Dir(i.src) != path.Dir(items[0].src) || i.mode != items[0].mode
	})
}

// installItem writes the command for one file or link that is there already.
func (m *Manifest) installItem(b *strings.Builder, c Content, i item, mkdir func(string)) error {
	if i.link != "" {
		target := "$PKG" + quote("/"+i.dst)
		mkdir(path.Dir(target))
		fmt.Fprintf(b, "ln -s %s %s\n", quote(i.link), target)
		return nil
	}
	src := i.src
	if !filepath.IsAbs(c.Source) {
		var err error
		if src, err = filepath.Rel(i.base, i.src); err != nil {
			return err
		}
	}
	m.installOne(b, c, quote(src), "/"+i.dst, i.mode, mkdir)
	return nil
}

// installOne writes the command for one file.
func (m *Manifest) installOne(b *strings.Builder, c Content, src, dst string, mode fs.FileMode, mkdir func(string)) {
	target := "$PKG" + m.shellWord(dst, c.Expand)
	if c.isConfig() {
		target += ".new"
	}
	dir := "$PKG" + strings.TrimSuffix(m.shellWord(path.Dir(dst), c.Expand), "/")
	mkdir(dir)
	fmt.Fprintf(b, "install -m %#o %s %s\n", mode, src, target)
	c.after(b, target, "")
	c.parents(b, dir)
}

// parents gives the directories that the content lies in its owner, as
// ownedParents does.
func (c *Content) parents(b *strings.Builder, dir string) {
	if !c.owned() {
		return
	}
	var dirs []string
	for ; dir != "$PKG" && !standardDirs[strings.TrimPrefix(dir, "$PKG/")]; dir = path.Dir(dir) {
		dirs = append(dirs, dir)
	}
	if len(dirs) > 0 {
		fmt.Fprintf(b, "[ \"$(id -u)\" -ne 0 ] || chown %s:%s %s\n", orRoot(c.FileInfo.Owner), orRoot(c.FileInfo.Group), strings.Join(dirs, " "))
	}
}

// owned reports whether the content belongs to somebody else than root.
func (c *Content) owned() bool {
	return orRoot(c.FileInfo.Owner) != "root" || orRoot(c.FileInfo.Group) != "root"
}

// after sets owner and time, which install does not.
func (c *Content) after(b *strings.Builder, target, recursive string) {
	f := c.FileInfo
	if c.owned() {
		fmt.Fprintf(b, "[ \"$(id -u)\" -ne 0 ] || chown %s%s:%s %s\n", recursive, orRoot(f.Owner), orRoot(f.Group), target)
		if f.Mode&0o7000 != 0 { // chown clears these bits
			fmt.Fprintf(b, "chmod %#o %s\n", f.Mode, target)
		}
	}
	if !f.MTime.IsZero() {
		fmt.Fprintf(b, "touch -h -d %s %s\n", f.MTime.UTC().Format(time.RFC3339), target)
	}
}

func orRoot(name string) string {
	if name == "" {
		return "root"
	}
	return name
}

// mode is what the manifest says, or what the files that are there have, or
// what is usual where they go.
func (c *Content) mode(found []item) fs.FileMode {
	switch dir := path.Dir(path.Clean(c.Destination)); {
	case c.FileInfo.Mode != 0:
		return fs.FileMode(c.FileInfo.Mode)
	case len(found) > 0:
		return found[0].mode
	case strings.HasSuffix(dir, "bin") || strings.HasSuffix(c.Destination, "bin/") || strings.HasPrefix(dir, "/usr/libexec"):
		return 0o755
	}
	return 0o644
}

// symbolic writes a umask as an argument for chmod: 022 is go-w.
func symbolic(umask fs.FileMode) string {
	var parts []string
	for _, p := range []struct {
		bit  fs.FileMode
		name string
	}{{4, "r"}, {2, "w"}, {1, "x"}} {
		who := ""
		if umask>>3&p.bit != 0 {
			who = "g"
		}
		if umask&p.bit != 0 {
			who += "o"
		}
		if who != "" {
			parts = append(parts, who+"-"+p.name)
		}
	}
	return strings.Join(append([]string{"u+rX"}, parts...), ",")
}

// globWord is shellWord for a pattern: * ? and [ ] stay what they are.
func (m *Manifest) globWord(p string, expand bool) string {
	var b strings.Builder
	for p != "" {
		i := strings.IndexAny(p, "*?[")
		if i < 0 {
			b.WriteString(m.shellWord(p, expand))
			break
		}
		if i > 0 {
			b.WriteString(m.shellWord(p[:i], expand))
		}
		end := i + 1
		if j := strings.IndexByte(p[i:], ']'); p[i] == '[' && j > 0 {
			end = i + j + 1
		}
		b.WriteString(p[i:end])
		p = p[end:]
	}
	return b.String()
}
