// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// contentScript writes the commands of a SlackBuild that put the contents into
// $PKG, as items and layout do for Package. Only what coreutils 8.21 (Slackware
// 14.1) can do is used.
type contentScript struct {
	m     *Manifest
	b     strings.Builder
	made  map[string]bool // directories, as words
	owned bool            // some content has another owner than root
	puts  bool            // the function put is used
	own   bool            // and with - for a mode
}

// contentLines are the commands, or empty where there are no contents.
func (m *Manifest) contentLines() (string, error) {
	items, err := m.known()
	if err != nil {
		return "", err
	}
	s := &contentScript{m: m, made: map[string]bool{"$PKG": true}}
	s.owned = slices.ContainsFunc(m.Contents, func(c Content) bool { return !c.skipped() && c.base().systemOwned() })
	for _, c := range m.Contents {
		if c.skipped() {
			continue
		}
		if err := s.content(c); err != nil {
			return "", err
		}
	}
	s.directories(items)
	text := strings.TrimRight(s.b.String(), "\n")
	if s.puts {
		text = s.putFunction() + "\n" + text
	}
	return text, nil
}

// putFunction installs files that the build makes. Which they are, and whether
// some are links, is known only when it has run.
func (s *contentScript) putFunction() string {
	own, usage := "", ""
	if s.own {
		own = fmt.Sprintf(`    elif [ "$MODE" = - ]; then
      cp --preserve=mode,timestamps --remove-destination "$FILE" "$TO"
      chmod %s "$TO"
`, symbolic(s.m.umask()))
		usage = ", and with - for MODE files keep\n# their own"
	}
	return `# As install -m MODE FILE... TARGET, but links stay links` + usage + `: put MODE TARGET FILE...
put() {
  MODE=$1
  TARGET=$2
  shift 2
  for FILE in "$@"; do
    case $TARGET in
      */) TO=$TARGET${FILE##*/} ;;
      *) TO=$TARGET ;;
    esac
    if [ -L "$FILE" ]; then
      cp -d --remove-destination "$FILE" "$TO"
` + own + `    else
      install -m "$MODE" "$FILE" "$TO"
    fi
  done
}
`
}

func (s *contentScript) line(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

// mkdir makes a directory, a word, once.
func (s *contentScript) mkdir(dir string) {
	if !s.made[dir] {
		s.made[dir] = true
		s.line("mkdir -p %s", dir)
	}
}

// inPkg is a member of the package as a word.
func (s *contentScript) inPkg(p string, expand bool) string {
	return "$PKG" + strings.TrimSuffix(s.m.shellWord("/"+member(p), expand), "/")
}

func (s *contentScript) content(c Content) error {
	target, dir := s.inPkg(c.Destination, c.Expand), s.inPkg(path.Dir("/"+member(c.Destination)), c.Expand)
	switch c.Type {
	case "dir":
		i := c.base()
		if i.mode == 0 {
			i.mode = 0o755
		}
		_, _, mode := i.inArchive()
		s.mkdir(dir)
		s.line("install -d -m %#o %s", mode, target)
		s.owner(i, target, s.owned)
		s.touch(c, target)
		return nil
	case "symlink":
		s.mkdir(dir)
		s.line("ln -s%s %s %s", s.over(), s.m.shellWord(manTarget(c.Source), c.Expand), target)
		return nil
	}
	if s.m.builtLater(c) {
		return s.later(c, target)
	}
	found, err := s.m.resolve(c, s.m.names())
	if err != nil {
		if s.m.builds() { // known has not refused it
			return s.later(c, target)
		}
		return err
	}
	return s.now(c, found, target)
}

// over is the option of ln where the build may have put something there.
func (s *contentScript) over() string {
	if s.m.builds() {
		return "fn"
	}
	return ""
}

// now writes the commands for a content whose files are there already.
func (s *contentScript) now(c Content, found []item, target string) error {
	source := c.Source
	if c.Expand {
		source = expandWith(source, s.m.names())
	}
	if name, _ := s.m.sourceFile(source); name != "" {
		return s.install(c, found[0], "$CWD/"+quote(name))
	}
	flat := strings.HasSuffix(c.Destination, "/")
	info, err := os.Stat(s.m.path(source))
	switch {
	case c.isTree() || err == nil && info.IsDir() && !flat:
		s.tree(c, found, target)
		return nil
	case err == nil && !info.IsDir():
		return s.install(c, found[0], s.m.sourceWord(c.Source, c.Expand))
	case flat && len(found) > 0 && !c.isConfig() && s.m.sameInShell(source, found):
		var words []string
		for _, p := range braces(c.Source) {
			words = append(words, s.m.globWord(p, c.Expand))
		}
		_, _, mode := found[0].inArchive()
		s.mkdir(target)
		s.line("install -m %#o %s %s/", mode, strings.Join(words, " "), target)
		var files []string
		for _, i := range found {
			files = append(files, target+"/"+quote(path.Base(i.dst)))
		}
		s.owner(found[0], strings.Join(files, " "), false)
		s.touch(c, strings.Join(files, " "))
		return nil
	}
	for _, i := range found {
		word := ""
		if i.link == "" {
			src := i.src
			if !filepath.IsAbs(source) {
				if src, err = filepath.Rel(i.base, i.src); err != nil {
					return err
				}
			}
			word = s.m.sourceWord(src, false)
		}
		if err := s.install(c, i, word); err != nil {
			return err
		}
	}
	return nil
}

// later writes the commands for what the build makes.
func (s *contentScript) later(c Content, target string) error {
	i := c.base()
	_, _, bits := i.inArchive()
	mode := "-"
	if bits != 0 {
		mode = fmt.Sprintf("%#o", bits)
	}
	if c.isTree() {
		return s.laterTree(c, target)
	}
	to := target
	if flat := strings.HasSuffix(c.Destination, "/"); flat {
		s.mkdir(target)
		to += "/"
	} else {
		s.mkdir(s.inPkg(path.Dir("/"+member(c.Destination)), c.Expand))
	}
	if isPattern(c.Source) && !s.m.DisableGlobbing {
		var words []string
		for _, p := range braces(c.Source) {
			words = append(words, s.m.globWord(p, c.Expand))
		}
		s.puts, s.own = true, s.own || mode == "-"
		s.line("put %s %s %s", mode, to, strings.Join(words, " "))
		for n, p := range braces(c.Source) {
			words[n] = to + s.m.globWord(path.Base(p), c.Expand)
		}
		s.owner(i, strings.Join(words, " "), false)
		s.touch(c, strings.Join(words, " "))
		return nil
	}
	src := s.m.sourceWord(c.Source, c.Expand)
	if strings.HasSuffix(to, "/") {
		to += s.m.shellWord(path.Base(c.Source), c.Expand)
	}
	built := to
	if c.isConfig() {
		to += ".new"
	}
	if mode != "-" { // find follows a link then, too
		s.line("install -m %s %s %s", mode, src, to)
	} else {
		s.puts, s.own = true, true
		s.line("put %s %s %s", mode, to, src)
	}
	if c.isConfig() {
		s.line("rm -f %s", built)
	}
	s.owner(i, to, false)
	s.touch(c, to)
	return nil
}

// copied is where a tree is put right before it comes into the package, where
// other contents may lie already.
const copied = "$TMP/tree-$PRGNAM"

// laterTree writes the commands for a tree that the build makes.
func (s *contentScript) laterTree(c Content, target string) error {
	f := c.FileInfo
	if (f.Mode != 0 || c.base().systemOwned()) && hasSystemDirs(member(c.Destination)) {
		return s.m.at(c.at, "name the directories of the package itself",
			"a mode or owner for a tree that the build makes would reach system directories below %q", c.Destination)
	}
	s.copyTree(c, "")
	s.line("chmod -R %s %s", symbolic(s.m.umask()), copied)
	s.fixTree(c)
	s.placeTree(c, target)
	return nil
}

// hasSystemDirs reports whether the directory, or what may be in it, is the
// system's.
func hasSystemDirs(dir string) bool {
	return dir == "" || isSystemDir(dir) || slices.ContainsFunc([]string{"etc", "usr", "var"}, func(top string) bool { return dir == top })
}

// tree writes the commands for a directory that is there already.
func (s *contentScript) tree(c Content, found []item, target string) {
	option := ""
	if c.isConfig() {
		option = "L" // links have been found to lead to regular files
	}
	s.copyTree(c, option)
	s.line("chmod -R a-st,u=rwX,go=rX %s", copied)
	if !c.isTree() {
		s.line("find %s -mindepth 1 -type d -empty -delete", copied)
	}
	s.fixTree(c)
	modes := map[string][]string{}
	for _, i := range found {
		rel, err := filepath.Rel("/"+member(s.expanded(c)), "/"+i.dst)
		if err != nil {
			continue // it lies below: it was made of both
		}
		word := copied + "/" + quote(rel)
		if rel == "." {
			word = copied
		}
		if i.link != "" {
			if now, err := os.Readlink(filepath.Join(s.m.path(s.expandedSource(c)), rel)); err == nil && now != i.link {
				s.line("ln -sfn %s %s", quote(i.link), word)
			}
			continue
		}
		base := fs.FileMode(0o755)
		if !i.dir {
			info, err := os.Stat(i.src)
			if err != nil {
				continue
			}
			base = plainMode(info.Mode())
		}
		switch mode := fs.FileMode(c.FileInfo.Mode); {
		case mode != 0 && !i.dir:
			base = mode &^ 0o6000
			if i.systemOwned() || i.ofSystem() {
				base = mode
			}
		case mode != 0 && c.isTree():
			base = dirMode(mode)
		}
		if i.dir && c.base().systemOwned() && !i.systemOwned() {
			s.line("[ \"$(id -u)\" -ne 0 ] || chown root:root %s", word)
		}
		if _, _, mode := i.inArchive(); mode != base {
			modes[fmt.Sprintf("%#o", mode)] = append(modes[fmt.Sprintf("%#o", mode)], word)
		}
	}
	for _, mode := range slices.Sorted(maps.Keys(modes)) {
		s.line("chmod %s %s", mode, strings.Join(modes[mode], " "))
	}
	s.placeTree(c, target)
}

func (s *contentScript) expanded(c Content) string {
	if c.Expand {
		return expandWith(c.Destination, s.m.names())
	}
	return c.Destination
}

func (s *contentScript) expandedSource(c Content) string {
	if c.Expand {
		return expandWith(c.Source, s.m.names())
	}
	return c.Source
}

// copyTree makes the copy; with a slash and a dot, a source that is a link is
// followed.
func (s *contentScript) copyTree(c Content, option string) {
	s.line("rm -rf %s\nmkdir %[1]s\ncp -R%s --preserve=mode,timestamps %s/. %[1]s/", copied, option, s.m.sourceWord(c.Source, c.Expand))
}

// fixTree gives the copy the mode and owner of the content.
func (s *contentScript) fixTree(c Content) {
	i := c.base()
	if i.systemOwned() {
		s.line("[ \"$(id -u)\" -ne 0 ] || chown -hR %s:%s %s", orRoot(i.owner), orRoot(i.group), copied)
	}
	if i.mode != 0 {
		_, _, mode := i.inArchive()
		s.line("find %s -type f -exec chmod %#o {} +", copied, mode)
		if c.isTree() {
			s.line("find %s -type d -exec chmod %#o {} +", copied, dirMode(i.mode))
		}
	}
}

// placeTree puts the copy into the package.
func (s *contentScript) placeTree(c Content, target string) {
	if c.isConfig() {
		s.line("find %s -type f -exec mv {} {}.new \\;", copied)
	}
	if !c.FileInfo.MTime.IsZero() {
		s.line("find %s -exec touch -h -d %s {} +", copied, c.FileInfo.MTime.UTC().Format(time.RFC3339))
	}
	s.mkdir(target)
	s.line("cp -a --remove-destination %s/. %s/\nrm -rf %[1]s", copied, target)
}

// install writes the commands for one file or link.
func (s *contentScript) install(c Content, i item, src string) error {
	dir, name := path.Split("/" + i.dst)
	inDir, target := "$PKG"+strings.TrimSuffix(quote(strings.TrimSuffix(dir, "/")), "''"), ""
	if c.Expand { // as long as the name has variables, they stay
		flat := strings.HasSuffix(c.Destination, "/")
		whole := "/" + member(c.Destination)
		switch {
		case !flat && i.dst == member(s.expanded(c)):
			inDir, target = s.inPkg(path.Dir(whole), true), s.inPkg(whole, true)
		case flat && path.Dir(i.dst) == member(s.expanded(c)):
			inDir = s.inPkg(whole, true)
		}
	}
	if target == "" {
		target = inDir + "/" + quote(name)
	}
	s.mkdir(inDir)
	if i.link != "" {
		s.line("ln -s%s %s %s", s.over(), quote(i.link), target)
		return nil
	}
	built := target
	if i.config {
		target += ".new"
	}
	_, _, mode := i.inArchive()
	s.line("install -m %#o %s %s", mode, src, target)
	if i.config && s.m.builds() {
		s.line("rm -f %s", built)
	}
	s.owner(i, target, false)
	s.touch(c, target)
	return nil
}

// directories gives the directories that contents lie in the mode and owner
// that Slackware's own have, or their files.
func (s *contentScript) directories(items []item) {
	whole := slices.ContainsFunc(s.m.Contents, func(c Content) bool { return !c.skipped() && !c.isTree() && c.Type != "dir" && c.Type != "symlink" })
	for _, i := range items {
		if !i.dir || i.tree || !i.implied && !whole {
			continue
		}
		word := "$PKG" + quote("/"+i.dst)
		if i.implied {
			s.owner(i, word, false)
		}
		if _, _, mode := i.inArchive(); mode != 0o755 && (i.implied || s.copiedInto(i)) {
			s.line("chmod %#o %s", mode, word)
		}
	}
}

// copiedInto reports whether a whole directory is copied to where i is, which
// changes its mode.
func (s *contentScript) copiedInto(i item) bool {
	return slices.ContainsFunc(s.m.Contents, func(c Content) bool {
		dst := member(s.expanded(c))
		return !c.skipped() && !c.isTree() && c.Type != "dir" && c.Type != "symlink" && !strings.HasSuffix(c.Destination, "/") &&
			(dst == "" || dst == i.dst || strings.HasPrefix(i.dst, dst+"/"))
	})
}

// owner gives files to a user of Slackware's own; doinst.sh does it for others.
// Who is not root makes a package in which all is root's.
func (s *contentScript) owner(i item, words string, always bool) {
	if !i.systemOwned() && !always || !i.ofSystem() {
		return
	}
	s.line("[ \"$(id -u)\" -ne 0 ] || chown %s:%s %s", orRoot(i.owner), orRoot(i.group), words)
	if i.mode&0o7000 != 0 { // chown clears these bits
		s.line("chmod %#o %s", i.mode, words)
	}
}

// systemOwned reports whether the item belongs to a user or group of Slackware's
// own that is not root.
func (i item) systemOwned() bool {
	return i.ofSystem() && (orRoot(i.owner) != "root" || orRoot(i.group) != "root")
}

// base is what the content says of each of its files.
func (c *Content) base() item {
	return item{at: c.at, mode: fs.FileMode(c.FileInfo.Mode), owner: c.FileInfo.Owner, group: c.FileInfo.Group,
		mtime: c.FileInfo.MTime.Time, config: c.isConfig(), tree: c.isTree()}
}

// touch sets the time, which install does not.
func (s *contentScript) touch(c Content, words string) {
	if !c.FileInfo.MTime.IsZero() {
		s.line("touch -h -d %s %s", c.FileInfo.MTime.UTC().Format(time.RFC3339), words)
	}
}

// sameInShell reports whether the shell takes the pattern as nfpm does, and
// install gives all that it matches one mode: plain files, each matched once, by
// an alternative that matches something.
func (m *Manifest) sameInShell(pattern string, found []item) bool {
	if strings.Contains(pattern, "**") || strings.ContainsAny(pattern, `[\`) || filepath.IsAbs(pattern) {
		return false
	}
	count := 0
	for _, p := range braces(pattern) {
		matches, err := matchAll(m.Dir, p)
		if err != nil || len(matches) == 0 {
			return false
		}
		for _, file := range matches {
			same := func(i item) bool { return i.link == "" && i.src == file && i.mode == found[0].mode }
			if !slices.ContainsFunc(found, same) || strings.HasPrefix(path.Base(file), ".") {
				return false
			}
		}
		count += len(matches)
	}
	return count == len(found)
}

// symbolic is ownMode as an argument for chmod.
func symbolic(umask fs.FileMode) string {
	parts := []string{"a-st", "u+rX"}
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
	return strings.Join(parts, ",")
}

// sourceWord is a file of the source tree as a word that no command takes for
// an option.
func (m *Manifest) sourceWord(p string, expand bool) string {
	if strings.HasPrefix(p, "-") {
		p = "./" + p
	}
	return m.shellWord(p, expand)
}

// globWord is sourceWord for a pattern: * and ? stay what they are, and [ ] with
// what is between them quoted.
func (m *Manifest) globWord(p string, expand bool) string {
	if strings.HasPrefix(p, "-") {
		p = "./" + p
	}
	var b strings.Builder
	for p != "" {
		i := strings.IndexAny(p, `*?[\`)
		if i < 0 {
			b.WriteString(m.shellWord(p, expand))
			break
		}
		if i > 0 {
			b.WriteString(m.shellWord(p[:i], expand))
		}
		p = p[i:]
		n := 1
		switch class := classRE.FindStringSubmatch(p); {
		case class != nil:
			n = len(class[0])
			b.WriteString("[" + class[1])
			for _, r := range class[2] {
				if r > '~' || r == '-' || plainInShell[byte(r)] {
					b.WriteRune(r)
				} else {
					b.WriteString(`\` + string(r))
				}
			}
			b.WriteString("]")
		case p[0] == '[':
			b.WriteString(`\[`)
		case p[0] == '\\' && len(p) > 1:
			n = 2
			b.WriteString(quote(p[1:2]))
		default:
			b.WriteByte(p[0])
		}
		p = p[n:]
	}
	return b.String()
}
