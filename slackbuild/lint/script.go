// SPDX-License-Identifier: MIT

package lint

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// checkScript applies the rules for NAME.SlackBuild.
func (b *build) checkScript(text string) {
	file := b.path(b.name + ".SlackBuild")
	b.checkText(file, text, textRules{crlf: "script-line-ends", newline: "script-line-ends", utf8: "script-utf8",
		ascii: "script-ascii", tab: "script-tab", blanks: "script-blanks"})
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case first == "#!/bin/bash":
	case strings.HasPrefix(first, "#!/bin/bash -"):
		b.add("script-shebang", file, 1, "%q: sbopkg runs the script with sh, which drops the option", first)
	default:
		b.add("script-shebang", file, 1, "the first line is %q, not #!/bin/bash", cut(first))
	}
	s, ok := b.parse(file, text, "script-syntax")
	if !ok {
		return
	}
	b.script = s
	b.ignored.read(file, s, true)
	if _, err := parseShell(s.text, syntax.LangPOSIX); err != nil {
		line, what := parseLine(err)
		b.add("script-posix", file, line, "not for a POSIX shell: %s", what)
	}
	for n, line := range s.lines {
		if width := utf8.RuneCountInString(line); width > 100 {
			b.add("script-width", file, n+1, "%d columns", width)
			break
		}
	}
	c := &scriptCheck{b, s, file}
	c.header()
	c.posixMode()
	c.start()
	c.variables()
	c.arch()
	c.printName()
	c.directories()
	c.flags()
	c.tree()
	c.install()
	c.copies()
	c.makepkg()
	c.forbidden()
	c.network()
	c.users()
}

// parse is the script, or a finding of the rule, if there is one.
func (f *findings) parse(file, text, rule string) (*script, bool) {
	s, err := parseScript(text)
	switch {
	case errors.Is(err, errDeep):
		f.add("dir-unread", file, 0, "%v", err)
	case err != nil && rule != "":
		line, what := parseLine(err)
		f.add(rule, file, line, "%s", what)
	}
	return s, err == nil
}

// posixMode finds what bash in POSIX mode, in which sbopkg runs scripts, does
// not read.
func (c *scriptCheck) posixMode() {
	for name, f := range c.s.funcs {
		if !nameRE.MatchString(name) {
			c.say("script-sh", int(f.Pos().Line()), "a function may not be called %q in POSIX mode", name)
		}
	}
}

// nameRE is a name of a variable; functions have no other in POSIX mode.
var nameRE = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// scriptCheck holds what the rules of a script have in common.
type scriptCheck struct {
	*build
	s    *script
	file string
}

func (c *scriptCheck) say(rule string, line int, format string, args ...any) {
	c.add(rule, c.file, line, format, args...)
}

var (
	headerRE  = regexp.MustCompile(`(?i)#.*(slackbuild|build ?script|(slackware|package).*(build|script))`)
	licenceRE = regexp.MustCompile(`(?i)(copyright|\(c\)|licen[cs]e|public[- ]domain|copyleft|warrant(y|ies)|SPDX)|` +
		`\b(re)?distribut(e|ion)\b|\b[AL]?GPL|\bBSD\b|\bMIT\b|\bISC\b|\bCC0\b|\bWTFPL\b|do what the f|freely (copy|use|modify|distribute)`)
)

// templateComments are instructions of SlackBuilds.org's template that are to
// be taken out.
var templateComments = []string{
	"Automatically determine the architecture we're building on",
	"you may need to edit",
	"This next block of code",
	"<appname>",
	"# Copyright <year> <you>",
}

func (c *scriptCheck) header() {
	head := strings.Join(c.s.lines[:min(len(c.s.lines), 60)], "\n")
	if !headerRE.MatchString(head) && !strings.Contains(strings.ToLower(head), "slackware") {
		c.say("script-header", 0, "no comment says \"Slackware build script for %s\"", c.name)
	}
	if !licenceRE.MatchString(c.s.text) {
		c.say("script-licence", 0, "no licence")
	}
	for n, line := range c.s.lines {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, t := range templateComments {
			if strings.Contains(line, t) {
				c.say("script-template-comment", n+1, "a comment of the template that is to go")
			}
		}
	}
}

// start looks at the first command: into the script's own directory.
func (c *scriptCheck) start() {
	for _, call := range c.s.calls {
		if call.scope.level() == 0 && call.words[0] == "cd" && len(call.words) == 2 && strings.Contains(call.words[1], "0") && ownDirectory(call.words[1]) {
			if call.line > 1 && c.effectBefore(call.pos) {
				c.say("script-cd", call.line, "other commands come before cd $(dirname $0)")
			}
			if cwd, ok := c.s.first("CWD"); !ok || cwd.value != "$(pwd)" && cwd.value != "$PWD" {
				c.say("script-cwd", call.line, "CWD=$(pwd) does not follow cd $(dirname $0)")
			}
			return
		}
	}
	// An absolute CWD does as well.
	if cwd, ok := c.s.first("CWD"); ok && strings.Contains(cwd.value, "dirname $0") {
		c.say("script-cd-form", cwd.line, "not in the form cd $(dirname $0) ; CWD=$(pwd)")
		return
	}
	c.say("script-cd", 0, "the script does not go to its own directory: cd $(dirname $0) ; CWD=$(pwd)")
}

// effectBefore reports whether a command before pos changes anything, whatever
// is asked for.
func (c *scriptCheck) effectBefore(pos uint) bool {
	return slices.ContainsFunc(c.s.calls, func(o call) bool {
		return o.pos < pos && o.scope.level() == 0 && slices.Contains(changing, o.name()) && !slices.Contains(o.words, "-version")
	})
}

// changing are commands that may not come before PRINT_PACKAGE_NAME.
var changing = []string{"rm", "mkdir", "rmdir", "cp", "mv", "touch", "install", "chmod", "chown", "make", "wget", "curl",
	"ln", "useradd", "groupadd", "tee", "makepkg", "installpkg", "patch", "dd"}

func (c *scriptCheck) variables() {
	prg, ok := c.s.first("PRGNAM")
	switch {
	case !ok:
		c.say("script-prgnam", 0, "PRGNAM is not set")
	case prg.value != c.name:
		c.say("script-prgnam", prg.line, "PRGNAM is %q, the directory %q", prg.value, c.name)
	}
	want := []struct {
		name, rule, form string
		re               *regexp.Regexp
	}{
		{"VERSION", "script-version", "VERSION=${VERSION:-1.0}", regexp.MustCompile(`^\$\{VERSION:?-([^}]+)\}$`)},
		{"BUILD", "script-build", "BUILD=${BUILD:-1}", regexp.MustCompile(`^\$\{BUILD:?-([0-9]+)\}$`)},
		{"TAG", "script-tag", "TAG=${TAG:-_SBo}", regexp.MustCompile(`^\$\{TAG:?-(_SBo)\}$`)},
		{"PKGTYPE", "script-pkgtype", "PKGTYPE=${PKGTYPE:-tgz}", regexp.MustCompile(`^\$\{PKGTYPE:?-(tgz)\}$`)},
	}
	lines := []int{prg.line}
	for _, w := range want {
		a, ok := c.s.first(w.name)
		if !ok {
			c.say(w.rule, 0, "%s is not set: %s", w.name, w.form)
			continue
		}
		lines = append(lines, a.line)
		switch m := w.re.FindStringSubmatch(a.value); {
		case m == nil && !(w.name == "VERSION" && a.computed):
			c.say(w.rule, a.line, "%s=%s is not in the form %s", w.name, a.raw, w.form)
		case m != nil && w.name == "VERSION" && !a.computed:
			c.versionFits(a, m[1])
		}
		if a.column != 1 || !a.alone {
			c.say("script-column", a.line, "%s= is not a line of its own: tools look for ^%s=", w.name, w.name)
		}
	}
	if ok && (prg.column != 1 || !prg.alone) {
		c.say("script-column", prg.line, "PRGNAM= is not a line of its own: tools look for ^PRGNAM=")
	}
	if !slices.IsSorted(lines) && len(lines) == 5 {
		c.say("script-order", lines[0], "PRGNAM, VERSION, BUILD, TAG, PKGTYPE are not in this order")
	}
}

// versionFits compares the script's version with the one in .info.
func (c *scriptCheck) versionFits(a assign, version string) {
	if strings.Contains(version, "$") {
		return
	}
	if info := c.info.value("VERSION"); info != "" && info != version {
		c.say("script-version-info", a.line, "the version is %s here and %s in %s.info", version, info, c.name)
	}
}

var archRE = regexp.MustCompile(`^(noarch|fw|i[3-6]86|x86_64|arm|aarch64|armv7hl|\$\{ARCH:?-[^}]+\}|.*\$\(.*|.*\$.*)$`)

func (c *scriptCheck) arch() {
	var values []string
	for _, a := range c.s.assigns {
		if a.name != "ARCH" || !a.statement || a.value == "" {
			continue
		}
		values = append(values, a.value)
		if a.scope.level() == 0 && !archRE.MatchString(a.value) {
			c.say("script-arch", a.line, "ARCH=%s: an architecture that Slackware does not have", a.value)
		}
		if pattern := c.s.pattern(a.scope); pattern != "" {
			switch {
			case pattern == "i?86" && a.value != "i586" && a.value != "i486":
				c.say("script-arch-case", a.line, "i?86 is usually called i586 here, not %s", a.value)
			case pattern == "arm*" && a.value != "arm":
				c.say("script-arch-case", a.line, "arm* is usually called arm here, not %s", a.value)
			}
		}
	}
	if len(values) == 0 && !strings.Contains(c.s.text, "${ARCH:=") {
		c.say("script-arch", 0, "ARCH is neither found out with uname -m nor set")
	}
}

// printName looks at the block that other tools ask for the package's name.
func (c *scriptCheck) printName() {
	at := slices.IndexFunc(c.s.uses, func(u use) bool { return u.name == "PRINT_PACKAGE_NAME" })
	if at < 0 {
		c.say("print-name", 0, "PRINT_PACKAGE_NAME is not looked at")
		return
	}
	first := c.s.uses[at]
	if c.effectBefore(first.pos) {
		c.say("print-name-late", first.line, "commands that change something come before this")
	}
	if !c.usualTest(first.pos) {
		c.say("print-name-test", first.line, "the test is not in the form if [ ! -z \"${PRINT_PACKAGE_NAME}\" ]")
	}
	var echo string
	for _, call := range c.s.calls {
		if call.pos > first.pos && (call.words[0] == "echo" || call.words[0] == "printf") {
			echo = call.String()
			break
		}
	}
	if !packageFormRE.MatchString(strings.TrimPrefix(echo, "echo ")) {
		c.say("print-name-form", first.line, "what is printed is not in the form %s", packageForm)
	}
	c.checkPrintedName(first)
}

// packageForm is how a package is called. What is between the name and BUILD
// may be composed of other variables: kernel modules have the kernel's release
// in the version, and some scripts a variable of their own for the architecture.
const packageForm = "$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE"

var packageFormRE = regexp.MustCompile(`^\$PRGNAM(_\$[A-Z_]+)?-.*-\$BUILD\$TAG\.\$PKGTYPE$`)

// resolved puts the values of the script's own variables into a name, where
// each is set once and to nothing but other variables.
func (c *scriptCheck) resolved(name string) string {
	if len(name) > maxValue {
		return name
	}
	for _, a := range c.s.assigns {
		if strings.Contains(name, "$"+a.name) && aliasRE.MatchString(a.value) && c.setOnce(a.name) {
			name = strings.ReplaceAll(name, "$"+a.name, a.value)
		}
	}
	return name
}

var aliasRE = regexp.MustCompile(`^\$[A-Z]+(-\$[A-Z]+)*$`)

func (c *scriptCheck) setOnce(name string) bool {
	n := 0
	for _, a := range c.s.assigns {
		if a.name == name {
			n++
		}
	}
	return n == 1
}

// usualTest reports whether the place is in the condition of an if that looks
// whether PRINT_PACKAGE_NAME is empty, and in nothing more.
func (c *scriptCheck) usualTest(pos uint) bool {
	usual := false
	for _, stmt := range c.s.file.Stmts {
		i, ok := stmt.Cmd.(*syntax.IfClause)
		if !ok || len(i.Then) == 0 || pos < i.Pos().Offset() || pos > i.Then[0].Pos().Offset() {
			continue
		}
		cond := c.s.normalStmts(i.Cond)
		quoted := strings.Contains(c.s.text[i.Pos().Offset():i.Then[0].Pos().Offset()], "\"$")
		usual = cond == "[ ! -z $PRINT_PACKAGE_NAME ]" || cond == "! [ -z $PRINT_PACKAGE_NAME ]" || cond == "[ -n $PRINT_PACKAGE_NAME ]" && quoted
	}
	return usual
}

func (c *scriptCheck) directories() {
	for _, w := range []struct{ name, rule, want string }{
		{"TMP", "script-tmp", "${TMP:-/tmp/SBo}"},
		{"PKG", "script-pkg", "$TMP/package-$PRGNAM"},
		{"OUTPUT", "script-output", "${OUTPUT:-/tmp}"},
	} {
		a, ok := c.s.first(w.name)
		value := strings.Replace(a.value, "-/tmp/SBo/", "-/tmp/SBo", 1)
		switch {
		case !ok:
			c.say(w.rule, 0, "%s is not set: %s=%s", w.name, w.name, w.want)
		case w.name == "PKG" && (value == "$TMP/package-"+c.name || strings.HasPrefix(value, "${PKG:-$TMP/package-")):
		case value != w.want:
			c.say(w.rule, a.line, "%s=%s instead of %s=%s", w.name, a.raw, w.name, w.want)
		}
	}
	set, wipe := c.setE(), c.wipes()
	switch {
	case set == nil && c.guardsEach():
		c.say("script-exit-each", 0, "no set -e, only || exit after some commands: the failure of any other goes unseen")
	case set == nil:
		c.say("script-set-e", 0, "no set -e: after a failed command the script goes on, and packages what there is")
	case wipe != nil && set.pos > wipe.pos:
		c.say("script-set-e-late", set.line, "set -e comes after rm -rf $PKG")
	}
	if wipe == nil && c.conventional() {
		c.say("script-wipe", 0, "no rm -rf $PKG: files of an earlier run get into the package")
	}
	made := map[string]bool{}
	for _, call := range slices.Concat(c.s.find("mkdir"), c.s.find("install")) {
		for _, w := range call.words[1:] {
			top, _, _ := strings.Cut(w, "/")
			made[top] = true
		}
	}
	if pkg, ok := c.s.first("PKG"); ok && made["$PKG"] && strings.HasPrefix(pkg.value, "$TMP/") {
		made["$TMP"] = true
	}
	for _, dir := range []string{"$TMP", "$PKG", "$OUTPUT"} {
		if !made[dir] {
			c.say("script-mkdir", 0, "no mkdir -p %s", dir)
		}
	}
	if c.unpacksHere() {
		c.say("script-cd-tmp", 0, "no cd $TMP: sources are unpacked somewhere else")
	}
}

// unpacksHere reports whether sources are unpacked while the script is still in
// its own directory.
func (c *scriptCheck) unpacksHere() bool {
	for _, call := range c.s.calls {
		if call.scope.inside(isFunction) {
			continue // which may be called from anywhere
		}
		switch call.name() {
		case "cd", "pushd", "popd":
			if len(call.words) < 2 || !ownDirectory(call.words[1]) {
				return false
			}
		default:
			if call.unpacks() && !call.has(elsewhere) {
				return true
			}
		}
	}
	return false
}

// ownDirectory reports whether the word is the script's own directory.
func ownDirectory(w string) bool {
	switch w {
	case "$(dirname $0)", "${0%/*}", "$(dirname $(readlink -f $0))", "$CWD", ".":
		return true
	}
	return false
}

// unpacks reports whether the command unpacks an archive, rather than make or
// list one.
func (c call) unpacks() bool {
	switch c.name() {
	case "tar", "bsdtar":
		if len(c.words) < 2 {
			return false
		}
		first := strings.TrimPrefix(c.words[1], "-")
		short := !strings.HasPrefix(first, "-") && strings.ContainsRune(first, 'x') && !strings.ContainsAny(first, "=./$")
		return (short || c.has(func(w string) bool {
			return w == "--extract" || w == "--get" || w == "-x" || strings.HasPrefix(w, "-x")
		})) &&
			!c.has(func(w string) bool { return w == "-O" || w == "--to-stdout" }) && !(short && strings.ContainsRune(first, 'O'))
	case "unzip":
		return !c.has(func(w string) bool {
			return strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.ContainsAny(w, "lptvzZc")
		})
	}
	return false
}

// elsewhere reports whether an argument of tar or unzip names a directory to
// unpack to.
func elsewhere(w string) bool {
	return strings.HasPrefix(w, "-C") || strings.HasPrefix(w, "--directory") || strings.HasPrefix(w, "--one-top-level") ||
		w == "-d" || strings.HasPrefix(w, "-d$")
}

// hasSource reports whether the script unpacks more than documentation.
func (c *scriptCheck) hasSource() bool {
	return slices.ContainsFunc(slices.Concat(c.s.find("tar"), c.s.find("unzip")), func(o call) bool {
		return !o.has(func(w string) bool { return strings.HasPrefix(w, "$PKG/usr/doc/") || w == "-O" })
	})
}

// setE finds set -e, also among other options.
func (c *scriptCheck) setE() *call {
	for _, call := range c.s.find("set") {
		for i, w := range call.words[1:] {
			if strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.Contains(w, "e") || w == "errexit" && call.words[i] == "-o" {
				return &call
			}
		}
	}
	return nil
}

// guardsEach reports whether failures are caught one by one: COMMAND || exit.
func (c *scriptCheck) guardsEach() bool {
	guarded := 0
	for _, call := range c.s.find("exit") {
		if b, ok := call.enclosing().(*syntax.BinaryCmd); ok && b.Op == syntax.OrStmt && call.pos >= b.Y.Pos().Offset() {
			guarded++
		}
	}
	return guarded > 1
}

// wipes finds the command that removes $PKG, or a directory that it is in.
func (c *scriptCheck) wipes() *call {
	pkg, _ := c.s.first("PKG")
	for _, call := range c.s.find("rm") {
		if call.has(func(w string) bool {
			w = strings.TrimSuffix(w, "/")
			return w == "$PKG" || strings.HasPrefix(w, "$") && strings.HasPrefix(pkg.value, w+"/")
		}) {
			return &call
		}
	}
	return nil
}

func (c *scriptCheck) flags() {
	for _, name := range flagVariables {
		a, ok := c.s.first(name)
		if ok && !c.s.used(name) && !c.s.usedElsewhere(name) {
			c.say("script-unused-"+strings.ToLower(name), a.line, "%s is set and never used", name)
		}
	}
	for _, a := range c.s.assigns {
		if a.name != "LIBDIRSUFFIX" || !a.statement || a.computed {
			continue
		}
		arch, ok := strings.CutPrefix(c.s.condition(a.scope, a.pos), "[ $ARCH = ")
		if !ok {
			continue
		}
		arch = strings.TrimSuffix(arch, " ]")
		if wide, known := libSuffix[arch]; known && a.value != wide {
			c.say("script-libdirsuffix", a.line, "LIBDIRSUFFIX is %q for %s, whose libraries are in /usr/lib%s", a.value, arch, wide)
		}
	}
}

// libSuffix is what comes after /usr/lib on an architecture.
var libSuffix = map[string]string{"i486": "", "i586": "", "i686": "", "arm": "", "x86_64": "64", "aarch64": "64"}

// flagVariables are those that the template sets by ARCH.
var flagVariables = []string{"SLKCFLAGS", "LIBDIRSUFFIX"}

// usedElsewhere reports uses that the parser does not see: in here-documents
// with a quoted delimiter, words in single quotes, or by programs that get the
// variable exported.
func (s *script) usedElsewhere(name string) bool {
	named := func(text string) bool {
		return strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name) || strings.Contains(text, "@"+name+"@") ||
			strings.Contains(text, fmt.Sprintf("ENVIRON[%q]", name))
	}
	return s.says(named) || slices.ContainsFunc(s.hdocs, named) ||
		slices.ContainsFunc(s.assigns, func(a assign) bool { return a.name == name && (!a.statement || a.exported) })
}
