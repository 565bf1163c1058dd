// SPDX-License-Identifier: MIT

package lint

import (
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// tree looks at what is done to the unpacked sources.
func (c *scriptCheck) tree() {
	if !c.hasSource() {
		return
	}
	c.owners()
	modes := slices.ContainsFunc(c.s.calls, func(o call) bool {
		switch o.name() {
		case "chmod", "install":
			return true
		case "find", "xargs":
			return o.has(func(w string) bool { return w == "-perm" || strings.Contains(w, "chmod") })
		}
		return false
	})
	if !modes {
		c.say("script-modes", 0, "the modes of the archive's files are not set right (find . -perm ... -exec chmod)")
	}
}

// conventional reports whether the script packages $PKG, as nearly all do; of
// others it cannot be told what they package.
func (c *scriptCheck) conventional() bool {
	_, ok := c.s.first("PKG")
	return ok
}

// inPackage reports whether the word is $PKG or a place in it.
func inPackage(w string) bool { return w == "$PKG" || strings.HasPrefix(w, "$PKG/") }

// owners finds files that keep the owner they have in the archive: unpacked by
// root's tar, and moved or copied with their owners into the package, or
// unpacked there at once. Packages for Debian have root's files anyway, and zip
// archives name no owner.
func (c *scriptCheck) owners() {
	if c.s.says(func(w string) bool {
		return strings.Contains(w, "chown") || strings.HasPrefix(w, "--no-same-owner") || strings.HasPrefix(w, "--owner") || w == "fakeroot"
	}) {
		return
	}
	unpacked, there := false, false
	for _, call := range c.s.calls {
		switch name := call.name(); {
		case name == "cd" || name == "pushd":
			there = len(call.words) > 1 && inPackage(call.words[1])
		case name == "unzip" || !call.unpacks():
		case call.has(func(w string) bool { return strings.Contains(w, "data.tar") || w == "z" || w == "-" }) || call.pipedTo():
		case there && !call.has(elsewhere) || call.has(func(w string) bool { return inPackage(strings.TrimPrefix(w, "-C")) }):
			c.say("script-chown", call.line, "the archive is unpacked into the package with its owners, and there is no chown")
			return
		default:
			unpacked = true
		}
		if unpacked && call.keepsOwner() {
			c.say("script-chown", call.line, "%s takes the owner that the file has in the archive along, and there is no chown -R root:root .", call.name())
			return
		}
	}
}

// pipedTo reports whether the command reads from a pipe.
func (c call) pipedTo() bool {
	return c.scope.inside(func(n syntax.Node) bool {
		b, ok := n.(*syntax.BinaryCmd)
		return ok && (b.Op == syntax.Pipe || b.Op == syntax.PipeAll) && c.pos >= b.Y.Pos().Offset()
	})
}

// keepsOwner reports whether the command puts files into the package as they
// are in the unpacked source, with their owners.
func (c call) keepsOwner() bool {
	if len(c.words) < 3 || !inPackage(c.words[len(c.words)-1]) {
		return false
	}
	keeps := c.name() == "mv"
	from := ""
	for _, w := range c.words[1 : len(c.words)-1] {
		switch {
		case !strings.HasPrefix(w, "-"):
			from = w
		case c.name() == "cp":
			keeps = keeps || w == "--archive" || strings.HasPrefix(w, "--preserve") || !strings.HasPrefix(w, "--") && strings.ContainsAny(w, "ap")
		case c.name() == "rsync":
			keeps = keeps || !strings.HasPrefix(w, "--") && strings.ContainsAny(w, "ao")
		}
	}
	return keeps && from != "" && !strings.HasPrefix(from, "$") && !strings.HasPrefix(from, "/")
}

// install looks at what is put into $PKG.
func (c *scriptCheck) install() {
	if !c.s.says(compresses) {
		c.pages()
	}
	for _, call := range c.s.calls {
		if i := slices.IndexFunc(call.words, func(w string) bool { return manShareRE.MatchString(w) }); i >= 0 {
			c.say("script-man-share", call.line, "%s: manual pages belong in /usr/man", call.words[i])
		}
	}
	if !c.s.says(documents) {
		c.say("script-doc", 0, "no $PKG/usr/doc/$PRGNAM-$VERSION")
	}
	own := func(w string) bool {
		return strings.Contains(w, "$PRGNAM.SlackBuild") || strings.Contains(w, c.name+".SlackBuild")
	}
	if !c.s.says(own) && !c.installs("${0##*/}", "$(basename $0)", "$0", "*.SlackBuild") {
		c.say("script-doc-script", 0, "the script does not put itself into /usr/doc/$PRGNAM-$VERSION")
	}
	if !c.conventional() {
		return
	}
	if !c.installs("slack-desc", "slack-*", "slack-desc*") && !c.s.says(func(w string) bool { return strings.Contains(w, "slack-desc") }) {
		c.say("script-slack-desc", 0, "slack-desc is not put into $PKG/install")
	}
	if c.s.says(func(w string) bool { return strings.Contains(w, "/install") }) && !slices.ContainsFunc(c.s.calls, makesInstall) &&
		!slices.ContainsFunc(c.s.assigns, func(a assign) bool { return strings.HasSuffix(a.value, "/install") }) {
		c.say("script-install-dir", 0, "$PKG/install is not made")
	}
	if c.has["doinst.sh"] != nil && !c.installs("doinst.sh", "*.sh", "doinst*") {
		c.say("script-doinst", 0, "doinst.sh is not put into $PKG/install")
	}
	if c.has["douninst.sh"] != nil && !c.installs("douninst.sh", "*.sh", "dou*") {
		c.say("script-doinst", 0, "douninst.sh is not put into $PKG/install")
	}
	if c.has["slack-desc"] == nil {
		for _, call := range c.s.calls {
			if call.name() == "cat" && call.has(func(w string) bool { return w == "$CWD/slack-desc" }) {
				c.say("script-slack-desc-missing", call.line, "slack-desc is put into the package, but there is none")
				break
			}
		}
	}
	if c.has["doinst.sh"] == nil {
		for _, call := range c.s.calls {
			asked := func(cond string) bool { return strings.Contains(cond, "doinst.sh") }
			if call.has(func(w string) bool { return w == "$CWD/doinst.sh" }) && call.words[0] != "[" && call.words[0] != "test" &&
				!slices.ContainsFunc(c.s.guards(call.scope, call.pos), asked) {
				c.say("script-doinst-missing", call.line, "doinst.sh is put into the package, but there is none")
				break
			}
		}
	}
}

// pages looks for manual pages that the script itself puts into the package,
// which are not compressed.
func (c *scriptCheck) pages() {
	for _, call := range c.s.calls {
		switch call.name() {
		case "cp", "mv", "install", "ginstall", "cat":
		default:
			continue
		}
		to := c.s.outputs(call.stmt)
		if call.name() != "cat" {
			to = append(to, call.words[1:]...)
		}
		isPage := call.has(func(w string) bool { return pageRE.MatchString(w) })
		for _, w := range to {
			if strings.HasPrefix(w, "$PKG/usr/man/") && (isPage || pageRE.MatchString(w)) {
				c.say("script-man-gzip", call.line, "%s: the manual page is not compressed", cut(w))
				return
			}
		}
	}
}

var (
	pageRE     = regexp.MustCompile(`\.[1-9n][a-z]?$`)
	gzPageRE   = regexp.MustCompile(`\.[1-9ln]\w*\.gz|man.*\.gz`)
	manShareRE = regexp.MustCompile(`^--mandir=(\$\{?PREFIX\}?|/usr)/share/man`)
)

// compresses reports whether a word is about compressing manual pages.
func compresses(w string) bool {
	return strings.Contains(w, "gzip") || strings.Contains(w, "pigz") || strings.Contains(w, "GZ") || strings.Contains(w, "bzip2") ||
		strings.Contains(w, ".gz") && gzPageRE.MatchString(w)
}

// documents reports whether a word is about the documentation's directory.
func documents(w string) bool {
	return strings.Contains(w, "usr/doc") || strings.Contains(w, "doc/$") || strings.Contains(w, "usr/share/doc") || strings.Contains(w, "DOC")
}

// makesInstall reports whether the command makes $PKG/install.
func makesInstall(c call) bool {
	last := c.words[len(c.words)-1]
	switch c.words[0] {
	case "mkdir", "tar":
		return slices.ContainsFunc(c.words[1:], func(w string) bool { return strings.Contains(w, "install") })
	case "install", "ginstall":
		return slices.ContainsFunc(c.words[1:], func(w string) bool { return strings.Contains(w, "/install") })
	}
	return c.words[0] != "cat" && (strings.HasSuffix(last, "/install") || strings.HasSuffix(last, "/install/"))
}

// installs reports whether a command names one of the files, with any
// directory before it, and writes: to a file, or as a copying command.
func (c *scriptCheck) installs(names ...string) bool {
	named := func(w string) bool {
		for _, n := range names {
			if w == n || strings.HasSuffix(w, "/"+n) || strings.HasPrefix(n, "$") && strings.Contains(w, n) ||
				strings.Contains(w, "{") && strings.Contains(w, strings.TrimSuffix(n, ".sh")) {
				return true
			}
		}
		return strings.HasSuffix(w, "$CWD/*") || w == "$i" || w == "$file" || w == "$f"
	}
	for _, call := range c.s.calls {
		if slices.ContainsFunc(call.words[1:], named) || slices.ContainsFunc(c.s.outputs(call.stmt), named) {
			switch call.words[0] {
			case "cat", "cp", "install", "sed", "mv", "ln", "zcat", "tee", "awk", "envsubst", "rsync", "echo", "printf", "tar", "ginstall", "m4", "perl", "python3":
				return true
			}
		}
		for _, r := range call.stmt.Redirs {
			if r.Word != nil && named(c.s.normal(r.Word.Parts)) {
				return true
			}
		}
	}
	return slices.ContainsFunc(c.s.written, named) // by groups and loops as a whole
}

// makepkg looks at the last command.
func (c *scriptCheck) makepkg() {
	calls := c.s.find("makepkg")
	if len(calls) == 0 {
		if !strings.Contains(c.s.text, "makepkg") {
			c.say("makepkg", 0, "makepkg is not called")
		}
		return
	}
	if len(calls) > 1 {
		c.say("makepkg", calls[1].line, "makepkg is called %d times: sbopkg takes one package from a script", len(calls))
	}
	mk := calls[len(calls)-1]
	if mk.words[0] != "/sbin/makepkg" {
		c.say("makepkg-path", mk.line, "%s is not /sbin/makepkg", mk.words[0])
	}
	switch chown := option(mk, "-c", "--chown"); chown {
	case "n":
	case "":
		c.say("makepkg-chown", mk.line, "no -c n: makepkg asks a question, and nobody answers")
	default:
		c.say("makepkg-chown", mk.line, "-c %s instead of -c n", chown)
	}
	switch links := option(mk, "-l", "--linkadd"); links {
	case "y":
	case "":
		c.say("makepkg-linkadd", mk.line, "no -l y: makepkg asks a question when there is a link")
	default:
		c.say("makepkg-linkadd", mk.line, "-l %s instead of -l y", links)
	}
	last := mk.words[len(mk.words)-1]
	if !strings.HasPrefix(last, "$OUTPUT/") {
		c.say("makepkg-output", mk.line, "the package %s is not made in $OUTPUT", last)
	} else {
		c.outputText(mk)
	}
	if file, ok := strings.CutPrefix(c.resolved(last), "$OUTPUT/"); !ok || !packageFormRE.MatchString(file) {
		c.say("makepkg-form", mk.line, "%s instead of $OUTPUT/%s", last, packageForm)
	}
	c.beforeMakepkg(mk)
	for _, call := range c.s.calls {
		if call.pos > mk.pos && call.scope.level() == 0 && slices.Contains(changing, call.words[0]) {
			c.say("makepkg-last", call.line, "%s after makepkg", call.words[0])
			break
		}
	}
}

// outputText looks for what sbopkg's update check greps for: the last line that
// has the very text $OUTPUT/ is to be makepkg's.
func (c *scriptCheck) outputText(mk call) {
	line := 0
	for n, text := range c.s.lines {
		if strings.Contains(text, "$OUTPUT/") {
			line = n + 1
		}
	}
	switch end := int(mk.stmt.End().Line()); {
	case line == 0:
		c.say("makepkg-output-text", mk.line, "sbopkg looks for the very text $OUTPUT/ for its update check")
	case line > end:
		c.say("makepkg-output-text", line, "sbopkg takes this line, the last with $OUTPUT/, for makepkg's in its update check")
	}
}

// beforeMakepkg finds the cd that makepkg runs after. Later ones that come back
// (cd -, popd, relative paths) are not followed.
func (c *scriptCheck) beforeMakepkg(mk call) {
	if !c.conventional() {
		return
	}
	for _, call := range c.s.calls {
		if call.pos < mk.pos && (call.words[0] == "cd" || call.words[0] == "pushd") &&
			slices.ContainsFunc(call.words[1:], func(w string) bool { return inPackage(w) }) {
			return
		}
	}
	c.say("makepkg-cd", mk.line, "no cd $PKG before makepkg, which packages the directory it is in")
}

// option is the value of makepkg's option, or empty.
func option(c call, short, long string) string {
	for i, w := range c.words[:len(c.words)-1] {
		if w == short || w == long {
			return c.words[i+1]
		}
		if w == short+"y" || w == short+"n" {
			return w[len(short):]
		}
	}
	return ""
}

func (c *scriptCheck) forbidden() {
	for _, call := range c.s.calls {
		switch name := call.name(); name {
		case "useradd", "groupadd", "adduser", "addgroup":
			c.say("script-users", call.line, "%s: users and groups are for the README, and the administrator to make", name)
		case "installpkg", "upgradepkg", "removepkg":
			c.say("script-installpkg", call.line, "%s: a script makes a package and installs nothing", name)
		}
	}
	c.places()
	if c.info.value("DOWNLOAD") == "UNSUPPORTED" && !c.refusesArch() {
		c.say("script-unsupported", 0, ".info says UNSUPPORTED, but the script builds on any architecture")
	}
}

// refusesArch reports whether the script ends by itself on some architecture.
func (c *scriptCheck) refusesArch() bool {
	arch := func(s string) bool { return strings.Contains(s, "ARCH") || strings.Contains(s, "uname") }
	for _, call := range c.s.calls {
		if call.words[0] != "exit" || len(call.words) > 1 && call.words[1] == "0" {
			continue
		}
		for sc := call.scope; sc != nil; sc = sc.up {
			if cs, ok := sc.node.(*syntax.CaseClause); ok && arch(c.s.source(cs.Word)) {
				return true
			}
		}
		if slices.ContainsFunc(c.s.guards(call.scope, call.pos), arch) || call.scope.inside(isFunction) {
			return true
		}
	}
	return false
}

// places reports directories of the target that a package stays out of.
func (c *scriptCheck) places() {
	local, opt := 0, 0
	var in string
	for _, call := range c.s.calls {
		words := append(slices.Clone(call.words), c.s.outputs(call.stmt)...)
		for _, w := range words {
			if placeRE.MatchString(w) && local == 0 && call.name() != "sed" {
				local, in = call.line, w
			}
			if strings.HasPrefix(w, "$PKG/opt") && opt == 0 {
				opt = call.line
				c.say("script-opt", call.line, "%s: packages seldom go to /opt", w)
			}
		}
	}
	// What is moved on from there, or removed, does not stay.
	taken := slices.ContainsFunc(c.s.calls, func(o call) bool {
		switch o.name() {
		case "mv", "rm", "rmdir":
			return o.has(func(w string) bool {
				return strings.HasPrefix(w, "$PKG/usr/local") || strings.HasPrefix(w, "usr/local") || w == "local"
			})
		}
		return false
	})
	if local > 0 && !taken {
		c.say("script-usr-local", local, "%s: /usr/local is the administrator's", in)
	}
}

var placeRE = regexp.MustCompile(`^(\$PKG|--prefix=|PREFIX=|prefix=|-DCMAKE_INSTALL_PREFIX(:PATH)?=)/usr/local(/|$)`)

// copies finds cp where cat is usual: it takes mode and owner along.
func (c *scriptCheck) copies() {
	own := []string{"$CWD/slack-desc", "$CWD/doinst.sh", "$CWD/$PRGNAM.SlackBuild", "$CWD/" + c.name + ".SlackBuild"}
	for _, call := range c.s.find("cp") {
		if i := slices.IndexFunc(call.words, func(w string) bool { return slices.Contains(own, w) }); i > 0 {
			c.say("script-cp", call.line, "cp of %s: cat %[1]s > ... gives the file the usual mode and owner", call.words[i])
		}
	}
}
