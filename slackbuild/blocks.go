// SPDX-License-Identifier: MIT

package slackbuild

import (
	"fmt"
	"path"
	"strings"
)

// flagsBlock sets SLKCFLAGS and LIBDIRSUFFIX as far as text uses them: what is
// set and never used is a warning of SlackBuilds.org's linter.
func flagsBlock(text string) string {
	flags, lib := strings.Contains(text, "SLKCFLAGS"), strings.Contains(text, "LIBDIRSUFFIX")
	if !flags && !lib {
		return ""
	}
	var b strings.Builder
	set := func(f, l string) {
		if flags {
			fmt.Fprintf(&b, "  SLKCFLAGS=%q\n", f)
		}
		if lib {
			fmt.Fprintf(&b, "  LIBDIRSUFFIX=%q\n", l)
		}
	}
	word := "if"
	for _, a := range arches {
		if a.Flags == "-O2" && a.Lib == "" || !flags && a.Lib == "" {
			continue // as in the last branch
		}
		fmt.Fprintf(&b, "%s [ \"$ARCH\" = \"%s\" ]; then\n", word, a.Name)
		set(a.Flags, a.Lib)
		word = "elif"
	}
	b.WriteString("else\n")
	set("-O2", "")
	b.WriteString("fi")
	return b.String()
}

// goEnvBlock makes go build for $ARCH, whatever machine this is.
func (m *Manifest) goEnvBlock() string {
	if m.kind().name != "go" || m.isNoArch() {
		return ""
	}
	var b strings.Builder
	b.WriteString("# Go builds for any machine on any other.\nexport GOOS=linux\ncase \"$ARCH\" in\n")
	for _, g := range groupArches(sameEnv) {
		fmt.Fprintf(&b, "  %s) export %s ;;\n", g.Names, g.Env)
	}
	b.WriteString("  *) echo \"$PRGNAM.SlackBuild: unknown architecture $ARCH\" >&2 ; exit 1 ;;\nesac")
	return b.String()
}

// offlineGo keeps go away from the network, and its caches in $TMP unless the
// user has one to share.
const offlineGo = `export GOFLAGS=-mod=vendor GOTOOLCHAIN=local GOPROXY=off
export GOCACHE=${GOCACHE:-$TMP/go-cache} GOMODCACHE=$TMP/go-mod`

// fixPermissions is SlackBuilds.org's way to make a source tree sane, in the form
// that does not follow links: those of a source may go round in circles.
const fixPermissions = `find . ! -type l \
 \( -perm 777 -o -perm 775 -o -perm 750 -o -perm 711 -o -perm 555 \
  -o -perm 511 \) -exec chmod 755 {} \; -o ! -type l \
 \( -perm 666 -o -perm 664 -o -perm 640 -o -perm 600 -o -perm 444 \
  -o -perm 440 -o -perm 400 \) -exec chmod 644 {} \;`

// unpackText brings the script into the source directory.
func (m *Manifest) unpackText(inPlace bool) string {
	archive := "$PRGNAM-$VERSION.tar.gz"
	if len(m.Slackware.Sources) > 0 {
		url := m.Slackware.Sources[0].URL
		if m.upstreamVersion() != m.FullVersion() {
			url = expandWith(url, m.urlNames()) // $VERSION has no hyphens
		}
		archive = m.shellWord(path.Base(url), true)
		// The version in a file name follows VERSION, for whoever sets that.
		archive = strings.ReplaceAll(archive, m.Name+"-"+m.FullVersion(), "$PRGNAM-$VERSION")
		archive = strings.Replace(archive, m.Name+"-$VERSION", "$PRGNAM-$VERSION", 1)
	}
	chown := "chown -R root:root ."
	if m.Slackware.MkSlack != "" { // then an ordinary user may build, too
		chown = "[ \"$(id -u)\" -ne 0 ] || " + chown
	}
	lines := []string{
		"rm -rf $PRGNAM-$VERSION",
		"mkdir -p $PRGNAM-$VERSION",
		"cd $PRGNAM-$VERSION",
		"tar xvf $CWD/" + archive + " --strip-components=1", // whatever its directory is called
	}
	if strings.HasSuffix(archive, ".zip") {
		lines = []string{"rm -rf $PRGNAM-$VERSION", "unzip $CWD/" + archive, "cd $PRGNAM-$VERSION"}
	}
	lines = append(lines, chown, fixPermissions)
	if m.kind().name == "go" {
		lines = append(lines, "", "# The archive has all sources: nothing is fetched.", offlineGo)
	}
	text := strings.Join(lines, "\n")
	if !inPlace {
		return text + "\n"
	}
	return "if [ -e $CWD/" + archive + " ]; then\n" + indent(text) + "\nelse\n  cd $CWD\nfi\n"
}

func indent(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n")
}
