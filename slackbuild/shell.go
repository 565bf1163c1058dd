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
	word := func(p string) string { return "$PKG" + strings.TrimSuffix(shellWord(p, c.Expand), "/") }
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
		fmt.Fprintf(b, "ln -s %s %s\n", shellWord(c.Source, c.Expand), target)
		return nil
	}

	info, err := os.Stat(m.path(c.Source))
	if c.Type == "tree" || err == nil && info.IsDir() {
		mkdir(target)
		fmt.Fprintf(b, "cp -R %s/. %s/\nchmod -R u+rwX,%s %s\n", shellWord(c.Source, c.Expand), target, symbolic(m.umask()), target)
		c.after(b, target, "-R ")
		if c.FileInfo.Mode != 0 {
			fmt.Fprintf(b, "find %s -type f -exec chmod %#o {} \\;\n", target, c.FileInfo.Mode)
		}
		if c.isConfig() {
			fmt.Fprintf(b, "find %s -type f -exec mv {} {}.new \\;\n", target)
		}
		return nil
	}

	isGlob := err != nil && !m.DisableGlobbing && isPattern(c.Source)
	var found []item
	if !c.Expand || !strings.Contains(c.Source, "$") {
		// What is there now says modes, and where the files go.
		if found, err = m.resolve(c, m.names()); err != nil && m.Slackware.Commands == nil && m.Slackware.Kind == "" {
			return err
		}
	}
	mode := c.mode(found)
	switch {
	case isGlob && strings.HasSuffix(c.Destination, "/") && !strings.Contains(c.Source, "**") && !c.isConfig():
		var words []string
		for _, p := range braces(c.Source) {
			words = append(words, globWord(p, c.Expand))
		}
		mkdir(target)
		if plainFiles(found) {
			fmt.Fprintf(b, "install -m %#o %s %s/\n", mode, strings.Join(words, " "), target)
		} else {
			fmt.Fprintf(b, "cp -R %s %s/\nchmod -R u+rwX,%s %s\n", strings.Join(words, " "), target, symbolic(m.umask()), target)
		}
		c.after(b, target+"/*", "")
	case isGlob && len(found) == 0:
		return m.at(c.at+".src", "end dst with a slash, and use no **", "a script cannot tell what %q matches before the build", c.Source)
	case isGlob:
		for _, i := range found {
			rel, err := filepath.Rel(m.Dir, i.src)
			if err != nil {
				return err
			}
			m.installOne(b, c, quote(filepath.ToSlash(rel)), "/"+i.dst, i.mode, mkdir)
		}
	default:
		if strings.HasSuffix(c.Destination, "/") {
			dst = path.Join(dst, path.Base(c.Source))
		}
		m.installOne(b, c, shellWord(c.Source, c.Expand), dst, mode, mkdir)
	}
	return nil
}

// plainFiles reports whether all items are files of one directory and mode.
func plainFiles(items []item) bool {
	return !slices.ContainsFunc(items, func(i item) bool {
		return i.link != "" || path.Dir(i.dst) != path.Dir(items[0].dst) || i.mode != items[0].mode
	})
}

// installOne writes the command for one file.
func (m *Manifest) installOne(b *strings.Builder, c Content, src, dst string, mode fs.FileMode, mkdir func(string)) {
	target := "$PKG" + shellWord(dst, c.Expand)
	if c.isConfig() {
		target += ".new"
	}
	mkdir("$PKG" + strings.TrimSuffix(shellWord(path.Dir(dst), c.Expand), "/"))
	fmt.Fprintf(b, "install -m %#o %s %s\n", mode, src, target)
	c.after(b, target, "")
}

// after sets owner and time, which install does not.
func (c *Content) after(b *strings.Builder, target, recursive string) {
	f := c.FileInfo
	if f.Owner+f.Group != "" && f.Owner+f.Group != "rootroot" {
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
	for _, who := range []struct {
		name  string
		shift uint
	}{{"g", 3}, {"o", 0}} {
		bits := umask >> who.shift & 7
		var s string
		for _, p := range []struct {
			bit  fs.FileMode
			name string
		}{{4, "r"}, {2, "w"}, {1, "x"}} {
			if bits&p.bit != 0 {
				s += p.name
			}
		}
		if s != "" {
			parts = append(parts, who.name+"-"+s)
		}
	}
	if len(parts) == 0 {
		return "u+r"
	}
	return strings.Join(parts, ",")
}

// globWord is shellWord for a pattern: * ? and [ ] stay what they are.
func globWord(p string, expand bool) string {
	var b strings.Builder
	for p != "" {
		i := strings.IndexAny(p, "*?[")
		if i < 0 {
			b.WriteString(shellWord(p, expand))
			break
		}
		if i > 0 {
			b.WriteString(shellWord(p[:i], expand))
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
