// SPDX-License-Identifier: MIT

package lint

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slackbond/slackbond/pkgtools"
	"github.com/slackbond/slackbond/pkgtools/finding"
	"golang.org/x/tools/txtar"
)

// good is a directory in which nothing is found.
func good(t testing.TB) map[string]string {
	t.Helper()
	a, err := txtar.ParseFile("testdata/good.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	return files
}

// write makes the directory category/name and returns its path.
func write(t *testing.T, name string, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	for file, text := range files {
		file = filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// lintSBo lints a directory, tree or archive as SlackBuilds.org would.
func lintSBo(path string) ([]finding.Finding, error) {
	return lintAs(path, SBo)
}

// lintPackage lints a package.
func lintPackage(path string) ([]finding.Finding, error) {
	return lintAs(path, Auto)
}

func lintAs(path string, p Profile) ([]finding.Finding, error) {
	r, err := Check(context.Background(), path, Options{Profile: p, NoConfig: true})
	if r == nil {
		return nil, err
	}
	return r.Findings, err
}

func rulesOf(found []finding.Finding) []string {
	set := map[string]bool{}
	for _, f := range found {
		set[f.Rule] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func TestGood(t *testing.T) {
	found, err := lintSBo(write(t, "thing", good(t)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

const (
	info = "thing.info"
	sb   = "thing.SlackBuild"
	desk = "thing.desktop"
)

// Each rule with the change of the good directory that breaks it: in file, old
// becomes new (the first time; all times after ALL:); old "" means that the file becomes new, or goes
// where new is empty, too.
var breaks = []struct{ rule, file, old, new string }{
	{"dir-files", "README", "", ""},
	{"dir-one-script", "other.SlackBuild", "", "#!/bin/bash\n"},
	{"dir-stray", "thing.patch.orig", "", "x\n"},
	{"dir-stray", "patches/.hidden", "", "x\n"},
	{"dir-empty", "empty", "", "\x00"},
	{"dir-large", "big", "", strings.Repeat("x\n", 60<<10)},
	{"dir-archive", "source.tar.gz", "", "\x1f\x8b\x08\x00"},
	{"dir-unread", "README", "", strings.Repeat("x\n", maxText)},
	{"dir-unread", sb, "set -e", "set -e\n: " + strings.Repeat("$(", maxOpeners)},
	{"info-syntax", info, "VERSION=", "\nVERSION="},
	{"info-syntax", info, "VERSION=", "# the newest\nVERSION="},
	{"info-syntax", info, `PRGNAM="thing"`, `PRGNAM="thing`},
	{"info-syntax", info, `VERSION="1.0"`, `VERSION=1.0`},
	{"info-fields", info, "EMAIL=\"jo@example.org\"\n", ""},
	{"info-fields", info, "REQUIRES=", "DEPENDS="},
	{"info-fields", info, "REQUIRES=\"\"\n", "REQUIRES=\"\"\nREQUIRES=\"\"\n"},
	{"info-order", info, "MAINTAINER=\"Jo\"\nEMAIL=\"jo@example.org\"\n", "EMAIL=\"jo@example.org\"\nMAINTAINER=\"Jo\"\n"},
	{"info-line-ends", info, "\n", "\r\n"},
	{"info-blanks", info, "\n", " \n"},
	{"info-tab", info, "example.org/thing\"", "example.org/\tthing\""},
	{"info-utf8", info, "Jo", "J\xff"},
	{"info-continuation", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz\n          https://example.org/b-1.0.tgz\""},
	{"info-continuation-blank", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz\\\n          https://example.org/b-1.0.tgz\""},
	{"info-indent", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz \\\n https://example.org/b-1.0.tgz\""},
	{"info-prgnam", info, `"thing"`, `"other"`},
	{"info-version", info, `VERSION="1.0"`, `VERSION="1-0"`},
	{"info-version-digit", info, `VERSION="1.0"`, `VERSION="v1.0"`},
	{"info-homepage", info, "https://example.org/thing\"", "\""},
	{"info-homepage-url", info, "https://example.org/thing\"", "example.org\""},
	{"info-maintainer", info, "Jo", ""},
	{"info-email", info, "jo@example.org", "jo at example"},
	{"info-requires", info, `REQUIRES=""`, `REQUIRES="a,b"`},
	{"info-requires", info, `REQUIRES=""`, `REQUIRES="thing"`},
	{"info-requires-twice", info, `REQUIRES=""`, `REQUIRES="a a"`},
	{"info-requires-blanks", info, `REQUIRES=""`, `REQUIRES="a  b"`},
	{"info-requires-blanks", info, `REQUIRES=""`, `REQUIRES=" a"`},
	{"info-download", info, "https://example.org/thing-1.0.tar.gz", ""},
	{"info-url", info, "https://example.org/thing-1.0.tar.gz", "file:///thing-1.0.tar.gz"},
	{"info-shell", info, "https://example.org/thing-1.0.tar.gz", "https://example.org/$VERSION.tar.gz"},
	{"info-shell", info, "https://example.org/thing\"", "https://example.org/$(touch /tmp/x)\""},
	{"info-shell", info, `"Jo"`, "\"`id`\""},
	{"info-shell", info, `"Jo"`, `"J\o"`},
	{"info-shell", info, `REQUIRES=""`, `REQUIRES="$X"`},
	{"info-url-https", info, "https://example.org/thing-1.0", "http://example.org/thing-1.0"},
	{"info-url-extension", info, "https://example.org/thing-1.0.tar.gz", "https://example.org/1.0/thing"},
	{"info-url-directory", info, "thing-1.0.tar.gz", "thing-1.0/"},
	{"info-url-prefix", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz https://example.com/?f=thing-1.0.tar.gz%2Easc https://example.com/x.zip\""},
	{"info-url-fragment", info, "thing-1.0.tar.gz", "thing-1.0.tar.gz#/x.tar.gz"},
	{"info-url-same", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz https://example.com/thing-1.0.tar.gz\""},
	{"info-url-prefix", info, `"https://example.org/thing-1.0.tar.gz"`, "\"https://example.org/thing-1.0.tar.gz.asc https://example.org/thing-1.0.tar.gz\""},
	{"info-url-version", info, "thing-1.0.tar.gz", "thing.tar.gz"},
	{"info-github-archive", info, "https://example.org/thing-1.0.tar.gz", "https://github.com/jo/thing/archive/v1.0.tar.gz"},
	{"info-md5-count", info, "0123456789abcdef0123456789abcdef", ""},
	{"info-md5", info, "abcdef\"", "ABCDEF\""},
	{"readme-line-ends", "README", "\n", "\r\n"},
	{"readme-tab", "README", " ", "\t"},
	{"readme-blanks", "README", "\n", " \n"},
	{"readme-utf8", "README", "thing", "th\xffng"},
	{"readme-ascii", "README", "thing", "thïng"},
	{"readme-leading-line", "README", "thing", "\nthing"},
	{"readme-trailing-line", "README", "all.\n", "all.\n\n"},
	{"readme-width", "README", "all.", strings.Repeat("all ", 20)},
	{"readme-width-url", "README", "all.", "https://example.org/" + strings.Repeat("all", 20)},
	{"readme-homepage", "README", "all.", "https://example.org/thing"},
	{"readme-indent", "README", "thing", " thing"},
	{"readme-indent", "README", "thing", "      thing"},
	{"readme-long", "README", "all.", strings.Repeat("all.\n", 101)},
	{"readme-network", sb, "make\n", "make\nwget https://example.org/x\n"},
	{"readme-users", sb, "set -e\n", "set -e\ngetent passwd jo || exit 1\n"},
	{"slack-desc-line-ends", "slack-desc", "\n", "\r\n"},
	{"slack-desc-ascii", "slack-desc", "does", "dóes"},
	{"slack-desc-lines", "slack-desc", "thing: It does nothing at all.\n", ""},
	{"slack-desc-width", "slack-desc", "nothing", strings.Repeat("nothing ", 9)},
	{"slack-desc-blank", "slack-desc", "thing: It", "thing:It"},
	{"slack-desc-title", "slack-desc", "thing: thing (", "thing: Thing ("},
	{"slack-desc-second", "slack-desc", "something)\nthing:\n", "something)\nthing: x\n"},
	{"slack-desc-last", "slack-desc", "thing:\nEND", "thing: x\n"},
	{"slack-desc-trailing", "slack-desc", "something)\nthing:\n", "something)\nthing: \n"},
	{"slack-desc-ruler", "slack-desc", "     |", "    |"},
	{"slack-desc-how-to", "slack-desc", "# HOW TO EDIT THIS FILE:\n", ""},
	{"slack-desc-other", "slack-desc", "     |", "thingy: x\n     |"},
	{"script-shebang", sb, "#!/bin/bash", "#!/bin/sh"},
	{"script-shebang", sb, "#!/bin/bash", "#!/bin/bash -e"},
	{"script-syntax", sb, "set -e", "if true; then"},
	{"script-posix", sb, "set -e", "set -e\nA=(1 2)"},
	{"script-sh", sb, "set -e", "set -e\nmake-it() { :; }"},
	{"script-line-ends", sb, "set -e\n", "set -e\r\n"},
	{"script-utf8", sb, "Jo", "J\xff"},
	{"script-ascii", sb, "Jo", "Jö"},
	{"script-tab", sb, "set -e", "set\t-e"},
	{"script-blanks", sb, "set -e", "set -e "},
	{"script-width", sb, "set -e", "set -e # " + strings.Repeat("x", 100)},
	{"script-header", sb, "# Slackware build script for thing", "# Makes it."},
	{"script-licence", sb, "# Copyright 2026 Jo. Redistribution and use is permitted.", "# By hand."},
	{"script-template-comment", sb, "set -e", "# Automatically determine the architecture we're building on:\nset -e"},
	{"script-cd", sb, "cd $(dirname $0) ; CWD=$(pwd)", "CWD=$(pwd)"},
	{"script-cd-form", sb, "cd $(dirname $0) ; CWD=$(pwd)", "CWD=$(cd $(dirname $0) && pwd)\ncd $CWD"},
	{"script-cwd", sb, "cd $(dirname $0) ; CWD=$(pwd)", "cd $(dirname $0)\nCWD=."},
	{"script-prgnam", sb, "PRGNAM=thing", "PRGNAM=other"},
	{"script-version", sb, "VERSION=${VERSION:-1.0}", "VERSION=1.0"},
	{"script-version-info", sb, "${VERSION:-1.0}", "${VERSION:-1.1}"},
	{"script-build", sb, "${BUILD:-1}", "${BUILD:-one}"},
	{"script-tag", sb, "${TAG:-_SBo}", "_SBo"},
	{"script-pkgtype", sb, "${PKGTYPE:-tgz}", "${PKGTYPE:-txz}"},
	{"script-column", sb, "BUILD=$", "  BUILD=$"},
	{"script-order", sb, "BUILD=${BUILD:-1}\nTAG=${TAG:-_SBo}\n", "TAG=${TAG:-_SBo}\nBUILD=${BUILD:-1}\n"},
	{"script-arch", sb, "ALL:ARCH=", "MACHINE="},
	{"script-arch-case", sb, "ARCH=i586", "ARCH=i686"},
	{"script-tmp", sb, "${TMP:-/tmp/SBo}", "/tmp/SBo"},
	{"script-pkg", sb, "PKG=$TMP/package-$PRGNAM", "PKG=$TMP/p"},
	{"script-output", sb, "${OUTPUT:-/tmp}", "/tmp"},
	{"script-set-e", sb, "set -e\n", ""},
	{"script-exit-each", sb, "set -e\n", "make a || exit 1\nmake b || exit 1\n"},
	{"script-set-e-late", sb, "set -e\n\nrm -rf $PKG", "rm -rf $PKG\nset -e"},
	{"script-wipe", sb, "rm -rf $PKG\n", ""},
	{"script-mkdir", sb, "mkdir -p $TMP $PKG $OUTPUT", "mkdir -p $TMP $PKG"},
	{"script-cd-tmp", sb, "cd $TMP\n", ""},
	{"script-cd-tmp", sb, "cd $TMP\n", "cd $CWD\n"},
	{"script-network", sb, "make\n", "make\nyarn install\n"},
	{"script-network", sb, "make\n", "make\nif [ -n \"$X\" ]; then go mod vendor; fi\n"},
	{"script-unused-slkcflags", sb, `CFLAGS="$SLKCFLAGS" `, ""},
	{"script-unused-libdirsuffix", sb, "--libdir=/usr/lib${LIBDIRSUFFIX} ", ""},
	{"script-libdirsuffix", sb, `LIBDIRSUFFIX="64"`, `LIBDIRSUFFIX=""`},
	{"script-chown", sb, "chown -R root:root .\n", "cp -a README $PKG/usr/doc/\n"},
	{"script-chown", sb, "chown -R root:root .\n", "mv data $PKG/usr/share\n"},
	{"script-chown", sb, "chown -R root:root .\n", "tar -xf $CWD/more.tar.gz -C $PKG/usr\n"},
	{"script-chown", sb, "chown -R root:root .\n", "cd $PKG\ntar xf $CWD/more.tar.gz\n"},
	{"script-modes", sb, "find -L . -perm 777 -exec chmod 755 {} \\;\n", ""},
	{"script-man-gzip", sb, "find $PKG/usr/man -type f -exec gzip -9 {} \\;", "cp thing.1 $PKG/usr/man/man1"},
	{"script-man-share", sb, "--mandir=/usr/man", "--mandir=/usr/share/man"},
	{"script-doc", sb, "ALL:/usr/doc/", "/usr/notes/"},
	{"script-doc-script", sb, "cat $CWD/$PRGNAM.SlackBuild > $PKG/usr/doc/$PRGNAM-$VERSION/$PRGNAM.SlackBuild\n", ""},
	{"script-slack-desc", sb, "cat $CWD/slack-desc > $PKG/install/slack-desc\n", ""},
	{"script-install-dir", sb, "mkdir -p $PKG/install\n", ""},
	{"script-doinst", sb, "cat $CWD/doinst.sh > $PKG/install/doinst.sh\n", ""},
	{"script-doinst-missing", "doinst.sh", "", ""},
	{"script-slack-desc-missing", "slack-desc", "", ""},
	{"script-cp", sb, "cat $CWD/slack-desc > $PKG/install/slack-desc", "cp \"$CWD\"/slack-desc $PKG/install"},
	{"script-go-vendor", sb, "make\n", "make\ngo build ./cmd/thing\n"},
	{"script-users", sb, "make\n", "make\nuseradd jo\n"},
	{"script-installpkg", sb, "make\n", "make\ninstallpkg x\n"},
	{"script-usr-local", sb, "make\n", "make\nmkdir $PKG/usr/local\n"},
	{"script-usr-local", sb, "make\n", "make prefix=/usr/local\n"},
	{"script-opt", sb, "make\n", "make\nmkdir $PKG/opt\n"},
	{"script-network", sb, "make\n", "make\ngit clone https://example.org/x\n"},
	{"script-unsupported", info, "DOWNLOAD=\"https://example.org/thing-1.0.tar.gz\"\nMD5SUM=\"0123456789abcdef0123456789abcdef\"", "DOWNLOAD=\"UNSUPPORTED\"\nMD5SUM=\"\""},
	{"print-name", sb, `"${PRINT_PACKAGE_NAME}"`, `"$X"`},
	{"print-name-late", sb, "if [ ! -z \"${PRINT", "rm -rf /tmp/x\nif [ ! -z \"${PRINT"},
	{"print-name-test", sb, `[ ! -z "${PRINT_PACKAGE_NAME}" ]`, `[ "${PRINT_PACKAGE_NAME:-n}" = y ]`},
	{"print-name-test", sb, `[ ! -z "${PRINT_PACKAGE_NAME}" ]`, `[ -n $PRINT_PACKAGE_NAME ]`},
	{"print-name-form", sb, "$BUILD$TAG.$PKGTYPE\"", "$BUILD$TAG.tgz\""},
	{"print-name-form", sb, "$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE\"", "$PRGNAM-$VERSION-$ARCH-$BUILD.$PKGTYPE\""},
	{"print-name-same", sb, "$BUILD$TAG.$PKGTYPE\"", "$BUILD$TAG.txz\""},
	{"print-name-run", sb, "  exit 0\n", "  exit 1\n"},
	{"print-name-run", sb, "echo \"$PRGNAM-", "echo \"$PRG-"},
	{"print-name-version", sb, "echo \"$PRGNAM-$VERSION", "echo \"$PRGNAM-${VERSION}x"},
	{"makepkg", sb, "/sbin/makepkg -l y -c n $OUTPUT/$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE", "true"},
	{"makepkg-path", sb, "/sbin/makepkg", "makepkg"},
	{"makepkg-chown", sb, "-c n", "-c y"},
	{"makepkg-linkadd", sb, "-l y ", ""},
	{"makepkg-output", sb, "-c n $OUTPUT/", "-c n /tmp/"},
	{"makepkg-output-text", sb, "-c n $OUTPUT/", "-c n ${OUTPUT}/"},
	{"makepkg-output-text", sb, "$TAG.$PKGTYPE\nEND", "$TAG.$PKGTYPE\necho made $OUTPUT/it\n"},
	{"makepkg-form", sb, "-c n $OUTPUT/$PRGNAM-", "-c n $OUTPUT/${PRGNAM}x-"},
	{"makepkg-cd", sb, "cd $PKG\n", ""},
	{"makepkg-last", sb, "$TAG.$PKGTYPE\nEND", "$TAG.$PKGTYPE\nrm -rf $PKG\n"},
	{"doinst-line-ends", "doinst.sh", "\n", "\r\n"},
	{"doinst-shebang", "doinst.sh", "config() {", "#!/bin/sh\nconfig() {"},
	{"doinst-syntax", "doinst.sh", "fi\n", ""},
	{"doinst-exit", "doinst.sh", "config etc", "exit 0\nconfig etc"},
	{"doinst-exit", "doinst.sh", "config etc", "( cd etc ; exit 0 )\nconfig etc"},
	{"doinst-users", "doinst.sh", "config etc", "useradd x\nconfig etc"},
	{"doinst-ldconfig", "doinst.sh", "config etc", "/sbin/ldconfig\nconfig etc"},
	{"doinst-background", "doinst.sh", "config etc", "thingd &\nconfig etc"},
	{"doinst-stdin", "doinst.sh", "config etc", "cat > etc/x\nconfig etc"},
	{"doinst-config-target", "doinst.sh", "config etc", "config /etc"},
	{"doinst-config-target", "doinst.sh", "thing.conf.new", "thing.conf"},
	{"doinst-config-unused", "doinst.sh", "", "config() {\n  mv $1 ${1%.new}\n}\n# etc/thing.conf.new\n"},
	{"doinst-config-body", "doinst.sh", "    rm $NEW", "    mv $NEW $NEW.same"},
	{"doinst-config-body", "doinst.sh", "OLD=\"$(dirname $NEW)/$(basename $NEW .new)\"\n  if [ -L", "if [ -L"},
	{"doinst-config-links", "doinst.sh", "  if [ -L $OLD ]; then\n    return 0\n  fi\n  if [ ! -r", "  if [ ! -r"},
	{"doinst-config-links", "doinst.sh", "  if [ -L $OLD ]; then\n    return 0\n  fi\n  if [ -e", "  if [ -e"},
	{"doinst-config-loses", "doinst.sh", "[ ! -r $OLD ]", "[ -e $NEW ]"},
	{"doinst-preserve-perms", "doinst.sh", "  config $NEW", "  mv $NEW $OLD"},
	{"print-name-run", sb, "$BUILD$TAG.$PKGTYPE\"", "$BUILD.$PKGTYPE\""},
	{"print-name-run", sb, "$BUILD$TAG.$PKGTYPE\"", "$BUILD$TAG.txz\""},
	{"print-name-run", sb, "$BUILD$TAG.$PKGTYPE\"", "$BUILD$TAG.tar.gz\""},
	{"doinst-preserve-perms", "doinst.sh", "cp -a $OLD ${NEW}.incoming", "touch ${NEW}.incoming ${NEW}.incoming"},
	{"doinst-preserve-perms", "doinst.sh", "  config $NEW\n", ""},
	{"doinst-new", "doinst.sh", "", "cd /\n"},
	{"doinst-guard", "doinst.sh", "config etc", "fc-cache\nconfig etc"},
	{"doinst-desktop", "doinst.sh", "ALL:update-desktop-database", "true"},
	{"doinst-icons", "doinst.sh", "ALL:gtk-update-icon-cache", "true"},
	{"doinst-mime", "doinst.sh", "ALL:update-mime-database", "true"},
	{"doinst-schemas", "doinst.sh", "ALL:glib-compile-schemas", "true"},
	{"doinst-info", sb, "make\n", "make\ncp x.info $PKG/usr/info/x.info\n"},
	{"desktop-syntax", desk, "[Desktop Entry]", "[Entry]"},
	{"desktop-syntax", desk, "Terminal=false", "Terminal"},
	{"desktop-syntax", desk, "Terminal=false", "Terminal=false\nTerminal=true"},
	{"desktop-syntax", desk, "# what", "Name=x\n# what"},
	{"desktop-syntax", desk, "Thing", "Th\xffng"},
	{"desktop-required", desk, "Type=Application", "Type=App"},
	{"desktop-required", desk, "Name=Thing\n", ""},
	{"desktop-required", desk, "Exec=thing --what", "X-Exec=thing --what"},
	{"desktop-key", desk, "StartupNotify", "Startup"},
	{"desktop-value", desk, "Terminal=false", "Terminal=0"},
	{"desktop-value", desk, "%F", "%z"},
	{"desktop-value", desk, "text/plain", "text"},
	{"desktop-value", desk, "Icon=thing", "Icon=apps/thing"},
	{"desktop-list", desk, "X-Things;", "X-Things"},
	{"desktop-category", desk, "X-Things;", "Things;"},
	{"desktop-category", desk, "AudioVideo;", ""},
	{"desktop-category", desk, "AudioVideo;Audio;", ""},
	{"desktop-category", desk, "Categories=", "X-Categories="},
	{"desktop-icon", desk, "Icon=thing", "Icon=thing.png"},
	{"desktop-version", desk, "Version=1.5", "Version=2026"},
	{"desktop-deprecated", desk, "Version=1.5", "Encoding=UTF-8"},
	{"disable-unknown", sb, "set -e", "set -e # mkslack: disable=no-such-rule"},
	{"disable-unused", sb, "set -e", "set -e # mkslack: disable=script-set-e"},
}

func TestBreaks(t *testing.T) {
	tested := map[string]bool{}
	for _, b := range breaks {
		tested[b.rule] = true
		t.Run(b.rule, func(t *testing.T) {
			files := good(t)
			switch {
			case b.old == "" && b.new == "":
				delete(files, b.file)
			case b.old == "" && b.new == "\x00":
				files[b.file] = ""
			case b.old == "":
				files[b.file] = b.new
			case strings.HasPrefix(b.old, "ALL:"):
				files[b.file] = strings.ReplaceAll(files[b.file], b.old[4:], b.new)
			default:
				old := strings.TrimSuffix(b.old, "END")
				text := files[b.file]
				at := strings.Index(text, old)
				if old != b.old {
					at = strings.LastIndex(text, old)
				}
				if at < 0 {
					t.Fatalf("%s does not have %q", b.file, old)
				}
				files[b.file] = text[:at] + b.new + text[at+len(old):]
			}
			found, err := lintSBo(write(t, "thing", files))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(rulesOf(found), b.rule) {
				t.Errorf("not found; found: %v", found)
			}
		})
	}
	// What takes more than a changed file is tested elsewhere.
	for _, id := range []string{"dir-name", "dir-name-case", "dir-special", "mode", "mode-main", "mode-umask", "archive-layout", "tree-name", "tree-requires", "doinst-depmod"} {
		tested[id] = true
	}
	facts := pkgtools.PackageRules() // which are tested there
	for _, r := range rules {
		if !tested[r.Name] && !slices.ContainsFunc(facts, func(f finding.Rule) bool { return f.Name == r.Name }) {
			t.Errorf("rule %s has no test", r.Name)
		}
		if r.Why == "" || r.Fix == "" {
			t.Errorf("rule %s does not say why, or how to fix it", r.Name)
		}
	}
}
