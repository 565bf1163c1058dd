// SPDX-License-Identifier: MIT

package lint

import (
	"slices"
	"strings"
	"testing"
)

const configHead = "config() {\n  NEW=\"$1\"\n  OLD=\"$(dirname $NEW)/$(basename $NEW .new)\"\n  if [ -L $OLD ]; then\n    return 0\n  fi\n  if [ ! -r $OLD ]; then\n    mv $NEW $OLD\n  elif [ \"$(cat $OLD | md5sum)\" = \"$(cat $NEW | md5sum)\" ]; then\n    rm $NEW\n  fi\n}\n"

// What looks like a break of the rule and is none: quotes, braces, here-documents,
// other ways to write the same. In file, old becomes new.
var nearMisses = []struct{ rule, file, old, new string }{
	{"script-doinst", sb, "cat $CWD/doinst.sh > $PKG/install/doinst.sh", `cat "${CWD}"/doinst.sh > "${PKG}"/install/doinst.sh`},
	{"script-doinst", sb, "cat $CWD/doinst.sh > $PKG/install/doinst.sh", "{ cat $CWD/doinst.sh; echo true; } > $PKG/install/doinst.sh"},
	{"script-doinst", sb, "cat $CWD/doinst.sh > $PKG/install/doinst.sh", "sed -e s/a/b/ \"$CWD\"/doinst.sh \\\n  > $PKG/install/doinst.sh"},
	{"script-slack-desc", sb, "cat $CWD/slack-desc > $PKG/install/slack-desc", `cat "$CWD/slack-desc" > "$PKG/install/slack-desc"`},
	{"script-slack-desc", sb, "cat $CWD/slack-desc > $PKG/install/slack-desc", "cat $CWD/slack-desc | cat > ${PKG}/install/slack-desc"},
	{"script-doc-script", sb, "cat $CWD/$PRGNAM.SlackBuild >", `cat "$CWD/${PRGNAM}.SlackBuild" >`},
	{"script-doc-script", sb, "cat $CWD/$PRGNAM.SlackBuild >", "cat $CWD/thing.SlackBuild >"},
	{"script-cd", sb, "cd $(dirname $0) ; CWD=$(pwd)", "cd \"$(dirname \"${0}\")\" || exit 1\nCWD=\"$PWD\""},
	{"script-cd", sb, "cd $(dirname $0) ; CWD=$(pwd)", "cd `dirname $0` ; CWD=`pwd`"},
	{"script-prgnam", sb, "PRGNAM=thing", `PRGNAM="thing"`},
	{"script-version", sb, "${VERSION:-1.0}", `"${VERSION:-"1.0"}"`},
	{"script-build", sb, "BUILD=${BUILD:-1}", "BUILD=${BUILD:-1} # again"},
	{"script-column", sb, "BUILD=${BUILD:-1}", "BUILD=${BUILD:-1} # again"},
	{"script-set-e", sb, "set -e\n", "set -eu\n"},
	{"script-set-e", sb, "set -e\n", "set -o errexit\n"},
	{"script-wipe", sb, "rm -rf $PKG", "rm -rf $TMP"},
	{"script-wipe", sb, "rm -rf $PKG", `rm -rf "${PKG}/"`},
	{"script-mkdir", sb, "mkdir -p $TMP $PKG $OUTPUT", "mkdir -p \"$TMP\" ${OUTPUT}\nmkdir -p $PKG/usr"},
	{"script-cd-tmp", sb, "cd $TMP\n", "cd $TMP/build\n"},
	{"script-cd-tmp", sb, "cd $TMP\n", "WORK=$TMP/work\nmkdir $WORK\ncd $WORK\n"},
	{"script-cd-tmp", sb, "cd $TMP\n", "DIR=$(tar tf $CWD/x.tar.gz | head -1)\ntar cf x.tar x\nunzip -l x.zip\ncd $TMP\n"},
	{"script-cd-tmp", sb, "cd $TMP\n", "unpack() { tar xf $CWD/x.tar.gz; }\ntar xf $CWD/y.tar.gz -C $TMP\ncd $TMP\nunpack\n"},
	{"script-cd-tmp", sb, "cd $TMP\n", "tar xOf $CWD/x.tar.gz version | read -r v\ncd $TMP\n"},
	{"script-licence", sb, "# Copyright 2026 Jo. Redistribution and use is permitted.", "# Released under the WTFPL"},
	{"script-licence", sb, "# Copyright 2026 Jo. Redistribution and use is permitted.", "# Anyone can freely modify and/or distribute this script without restrictions"},
	{"script-chown", sb, "chown -R root:root .\n", "install -o root -g root -m644 README $PKG/usr/doc/\ncp README $PKG/usr/doc\n"},
	{"script-chown", sb, "tar xvf $CWD/$PRGNAM-$VERSION.tar.gz\ncd $PRGNAM-$VERSION\nchown -R root:root .\n", "unzip $CWD/x.zip\nmv data $PKG/usr/share\n"},
	{"script-chown", sb, "chown -R root:root .\n", "mv $PKG/usr/a $PKG/usr/b\ncp -a $CWD/x $PKG/usr\n"},
	{"doinst-new", sb, "make\n", "make\ncat x > $PKG/usr/doc/thing-1.0/thing.conf.new\n"},
	{"script-network", sb, "make\n", "make\nyarn build\nyarn install --offline\nnpm install -g $CWD/thing-1.0.tgz\npip3 install dist/x-1.tar.gz\n"},
	{"script-network", sb, "make\n", "make\nif [ -r $CWD/vendor.tar.xz ]; then tar xf $CWD/vendor.tar.xz\nelse go mod vendor; fi\n"},
	{"script-users", sb, "set -e\n", "set -e\ncat << END\nuseradd thing\nEND\n"},
	{"script-users", sb, "set -e\n", "set -e\necho 'run useradd thing' # groupadd x\n"},
	{"script-network", sb, "set -e\n", "set -e\necho wget it # curl\n"},
	{"script-network", sb, "make\n", "make\ngit submodule status\ncargo install --path . --offline\npip3 install --no-deps .\n"},
	{"script-go-vendor", sb, "make\n", "make\ngo build -mod=vendor ./cmd/thing\n"},
	{"script-installpkg", sb, "set -e\n", "set -e\n: installpkg # upgradepkg\n"},
	{"script-usr-local", sb, "make\n", "make\nrm -rf $PKG/usr/local\n"},
	{"script-usr-local", sb, "make\n", "make\nmkdir -p $PKG/usr/local/bin\nmv $PKG/usr/local/* $PKG/usr\nrmdir $PKG/usr/local\n"},
	{"script-unused-slkcflags", sb, `CFLAGS="$SLKCFLAGS" `, "cat << 'END' > flags\n$SLKCFLAGS\nEND\n"},
	{"script-unused-slkcflags", sb, `CFLAGS="$SLKCFLAGS" `, "sh -c 'CFLAGS=$SLKCFLAGS make'\n"},
	{"script-unused-libdirsuffix", sb, "--libdir=/usr/lib${LIBDIRSUFFIX} ", "--libdir=/usr/lib${LIBDIRSUFFIX:-} "},
	{"script-chown", sb, "chown -R root:root .\n", "find . -exec chown root:root {} +\n"},
	{"script-modes", sb, "find -L . -perm 777 -exec chmod 755 {} \\;\n", "chmod -R u+w,go-w .\n"},
	{"script-man-gzip", sb, "find $PKG/usr/man -type f -exec gzip -9 {} \\;", "gzip -9 $PKG/usr/man/man?/*"},
	{"script-man-share", sb, "--mandir=/usr/man", "--mandir=/usr/man --with-x=/usr/share/man"},
	{"script-sh", sb, "set -e\n", "set -e\nmake_it() { :; }\n"},
	{"script-syntax", sb, "Jo", "J\xff\xfeo"},
	{"script-posix", sb, "set -e\n", "set -e\nA=\"$(echo $((1 + 2)))\"\n"},
	{"print-name-test", sb, `[ ! -z "${PRINT_PACKAGE_NAME}" ]`, `[ -n "$PRINT_PACKAGE_NAME" ]`},
	{"print-name-late", sb, "TMP=${TMP", "rm -f /tmp/x\nTMP=${TMP"},
	{"print-name-form", sb, `echo "$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE"`, "echo ${PRGNAM}-${VERSION}-$ARCH-\"$BUILD$TAG\".$PKGTYPE"},
	{"print-name-run", sb, `echo "$PRGNAM-$VERSION`, `echo "$PRGNAM-${VERSION//-/_}`},
	{"print-name-run", sb, "*) ARCH=$( uname -m ) ;;", "*) echo \"not for this machine\" ; exit 1 ;;"},
	{"print-name-run", sb, "TMP=${TMP", "exit 1\nTMP=${TMP"},
	{"makepkg-output", sb, "$OUTPUT/$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE\nEND", "\"$OUTPUT/$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE\"\n"},
	{"makepkg-form", sb, "$OUTPUT/$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE\nEND", "\"$OUTPUT/${PRGNAM}-${VERSION}-$ARCH-$BUILD\"$TAG.$PKGTYPE\n"},
	{"makepkg-form", sb, "$OUTPUT/$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE\nEND", "$OUTPUT/$PRGNAM-${VERSION}_$(uname -r | tr - _)-$PKGARCH-$BUILD$TAG.$PKGTYPE\n"},
	{"print-name-form", sb, `echo "$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE"`, "PKGVER=${VERSION}_x\necho \"$PRGNAM-$PKGVER-noarch-$BUILD$TAG.$PKGTYPE\""},
	{"print-name-same", sb, "$PRGNAM-$VERSION-$ARCH-$BUILD$TAG.$PKGTYPE\nEND", "$PRGNAM-$VERSION-x86_64-$BUILD$TAG.tgz\n"},
	{"script-mkdir", sb, "mkdir -p $TMP $PKG $OUTPUT", "mkdir -p $PKG/usr $OUTPUT"},
	{"script-man-gzip", sb, "find $PKG/usr/man -type f -exec gzip -9 {} \\;", "rm -rf $PKG/usr/man/\nmkdir -p $PKG/usr/man/man1\nmv $PKG/usr/share/man $PKG/usr/man"},
	{"script-doc", sb, "ALL:/usr/doc/", "/usr/{lib,doc/$PRGNAM-$VERSION}/"},
	{"script-doc-script", sb, "cat $CWD/$PRGNAM.SlackBuild > $PKG/usr/doc/$PRGNAM-$VERSION/$PRGNAM.SlackBuild\n", "DOCS=\"README $CWD/$PRGNAM.SlackBuild\"\ncp -a $DOCS $PKG/usr/doc\n"},
	{"script-doc-script", sb, "cat $CWD/$PRGNAM.SlackBuild > $PKG/usr/doc/$PRGNAM-$VERSION/$PRGNAM.SlackBuild\n", "for i in README $PRGNAM.SlackBuild; do cp $CWD/$i $PKG/usr/doc; done\n"},
	{"script-header", sb, "# Slackware build script for thing", "# SlackBuild for thing"},
	{"info-url-version", info, "thing-1.0.tar.gz", "thing-v1_0.tar.gz"},
	{"readme-homepage", "README", "all.", "all: https://example.org/thing/download/x https://example.org/thing.html"},
	{"doinst-config-body", "doinst.sh", "[ ! -r $OLD ]", "some-program $OLD"},
	{"desktop-required", desk, "Type=Application", "Type=MimeType"},
	{"makepkg-chown", sb, "-l y -c n", "--linkadd y --prepend --chown n"},
	{"makepkg-last", sb, "$TAG.$PKGTYPE\nEND", "$TAG.$PKGTYPE\n\nif [ \"$CLEAN\" = yes ]; then\n  rm -rf $PKG\nfi\n"},
	{"doinst-exit", "doinst.sh", "config etc", "( chroot . true || exit 1 )\necho $(exit 1) | exit 2\nconfig etc"},
	{"doinst-guard", "doinst.sh", "config etc", "[ -x /usr/bin/fc-cache ] && /usr/bin/fc-cache -f\ncommand -v mkfontdir > /dev/null && mkfontdir usr/share/fonts\nconfig etc"},
	{"doinst-guard", "doinst.sh", "config etc", "chroot . /usr/bin/fc-cache\nconfig etc"},
	{"doinst-stdin", "doinst.sh", "config etc", "cat etc/a > etc/b\necho a | cat > etc/b\ncat << END > etc/b\nx\nEND\nwhile read -r l; do :; done < etc/b\n( cat ) < etc/b\nconfig etc"},
	{"doinst-background", "doinst.sh", "config etc", "true && true\nconfig etc"},
	{"doinst-ldconfig", "doinst.sh", "config etc", "# ldconfig\necho ldconfig > /dev/null\nconfig etc"},
	{"doinst-config-target", "doinst.sh", "config etc", "for f in a b; do config etc/$f.new; done\nfor f in etc/x/*.new; do config $f; done\nconfig etc"},
	{"doinst-config-body", "doinst.sh", "$(dirname $NEW)/$(basename $NEW .new)", "`dirname $NEW`/`basename $NEW .new`"},
	{"doinst-config-body", "doinst.sh", "$(dirname $NEW)/$(basename $NEW .new)", "${NEW%.new}"},
	{"doinst-config-body", "doinst.sh", configHead, "config() {\n  for infile in $1; do\n    NEW=$infile\n    OLD=${NEW%%.new}\n    if [[ ! -e $OLD ]]; then mv $NEW $OLD\n    elif cmp -s $OLD $NEW; then rm -f $NEW; fi\n  done\n}\n"},
	{"doinst-config-body", "doinst.sh", configHead, "config () { [ -f \"$1\" ] || return\n  local OLD=\"${1%.new}\"\n  if ! test -r \"$OLD\"; then mv \"$1\" \"$OLD\"; return; fi\n  [ \"$(md5sum < $OLD)\" != \"$(md5sum < $1)\" ] || rm \"$1\"\n}\n"},
	{"doinst-config-loses", "doinst.sh", "[ ! -r $OLD ]", "[ ! -s $OLD ]"},
	{"doinst-config-links", "doinst.sh", configHead, "config() {\n  OLD=${1%.new}\n  if [ ! -e $OLD ] && [ ! -h $OLD ]; then mv $1 $OLD; elif cmp -s $OLD $1; then rm $1; fi\n}\n"},
	{"doinst-preserve-perms", "doinst.sh", "cp -a $OLD ${NEW}.incoming", "cp -p \"$OLD\" \"${NEW}.incoming\""},
	{"info-url-prefix", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz https://example.com/thing-1.0.zip\""},
	{"info-url-prefix", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz https://example.com/thing-1.0.tar.gz.sig\""},
	{"info-shell", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz \\\n          https://example.org/b-1.0.tgz\""},
	{"info-url-same", info, `thing-1.0.tar.gz"`, "thing-1.0.tar.gz https://example.com/thing-1.0%2E1.tar.gz\""},
	{"info-url-extension", info, "https://example.org/thing-1.0.tar.gz", "https://example.org/thing-1.0.tar.gz/download"},
	{"info-url-extension", info, "https://example.org/thing-1.0.tar.gz", "https://example.org/?f=thing-1.0.tar.gz&x=y"},
	{"info-github-archive", info, "https://example.org/", "https://github.com/jo/thing/archive/refs/tags/v1.0/"},
	{"info-email", info, "jo@example.org", "jo+sbo@mail.example.org"},
	{"info-requires", info, `REQUIRES=""`, `REQUIRES="%README% gtk+3 lib.c_d"`},
	{"info-version", info, `VERSION="1.0"`, `VERSION="1.0_rc1+git~2"`},
	{"readme-width", "README", "all.", "all " + strings.Repeat("ä", 41)},
	{"readme-network", "README", "all.", "all. It needs the network."},
	{"slack-desc-width", "slack-desc", "It does nothing at all.", strings.Repeat("x", 70)},
	{"slack-desc-ascii", "slack-desc", "does", "~!{}does"},
	{"desktop-key", desk, "Terminal=false", "X-KDE-Something=1\nName[pt_BR@latin]=Coisa\nTerminal=false"},
	{"desktop-value", desk, "%F", "100%%"},
	{"desktop-value", desk, "Icon=thing", "Icon=/usr/share/pixmaps/thing.png"},
	{"desktop-required", desk, "Exec=thing --what \"a b\" %F", "DBusActivatable=true"},
	{"desktop-category", desk, "Categories=GTK;AudioVideo;Audio;X-Things;", "NoDisplay=true"},
	{"desktop-value", desk, "Exec=thing --what \"a b\" %F", "Exec=%bindir%/thing"},
}

// A script may look whether there is a doinst.sh.
func TestNoDoinst(t *testing.T) {
	for _, test := range []string{
		"if [ -f $CWD/doinst.sh ]; then\n  cat $CWD/doinst.sh > $PKG/install/doinst.sh\nfi",
		"[ -r $CWD/doinst.sh ] && cat $CWD/doinst.sh > $PKG/install/doinst.sh",
		"test -f $CWD/doinst.sh || true",
	} {
		files := good(t)
		delete(files, "doinst.sh")
		files[sb] = strings.Replace(files[sb], "cat $CWD/doinst.sh > $PKG/install/doinst.sh", test, 1)
		found, err := lintSBo(write(t, "thing", files))
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(rulesOf(found), "script-doinst-missing") {
			t.Errorf("%s: found %v", test, found)
		}
	}
}

// config() may be called by another function, whose variables it uses, or by
// lines that the SlackBuild adds.
func TestConfigFromElsewhere(t *testing.T) {
	const helps = "config() {\n  if [ ! -r $OLD ]; then mv $NEW $OLD; elif cmp -s $OLD $NEW; then rm $NEW; fi\n}\n" +
		"f() { NEW=$1; OLD=${NEW%.new}; config; }\nf etc/thing.conf.new\n"
	for name, test := range map[string]struct{ doinst, script string }{
		"by a function":  {helps, "cat $CWD/doinst.sh > $PKG/install/doinst.sh"},
		"by added lines": {configHead, "cat $CWD/doinst.sh > $PKG/install/doinst.sh\nfor i in a b; do\n  echo config etc/$i.new >> $PKG/install/doinst.sh\ndone"},
	} {
		files := good(t)
		files["doinst.sh"] = test.doinst
		files[sb] = strings.Replace(files[sb], "cat $CWD/doinst.sh > $PKG/install/doinst.sh", test.script, 1)
		found, err := lintSBo(write(t, "thing", files))
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []string{"doinst-config-body", "doinst-config-unused", "doinst-config-loses"} {
			if slices.Contains(rulesOf(found), rule) {
				t.Errorf("%s: found %v", name, found)
			}
		}
	}
}

func TestNearMisses(t *testing.T) {
	for _, n := range nearMisses {
		t.Run(n.rule, func(t *testing.T) {
			files := good(t)
			if n.rule == "script-network" || n.rule == "readme-network" {
				files["README"] += "\nIt fetches things.\n"
			}
			if all, ok := strings.CutPrefix(n.old, "ALL:"); ok {
				files[n.file] = strings.ReplaceAll(files[n.file], all, n.new)
				n.old, n.new = "", ""
			}
			old := strings.TrimSuffix(n.old, "END")
			at := strings.Index(files[n.file], old)
			if old != n.old {
				at = strings.LastIndex(files[n.file], old)
			}
			if at < 0 {
				t.Fatalf("%s does not have %q", n.file, old)
			}
			files[n.file] = files[n.file][:at] + n.new + files[n.file][at+len(old):]
			found, err := lintSBo(write(t, "thing", files))
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(rulesOf(found), n.rule) {
				t.Errorf("found %v", found)
			}
		})
	}
}

func TestHasVersion(t *testing.T) {
	for _, test := range []struct {
		url, version string
		want         bool
	}{
		{"https://e.org/x-1.0.tar.gz", "1.0", true},
		{"https://e.org/x-v1_0-rc1.tar.gz", "1.0rc1", true},
		{"https://e.org/archive/2499ff2a8c5e.tar.gz", "20221201_2499ff2", true},
		{"https://e.org/x-20221201.tar.gz", "1.0+git20221201", false},
		{"https://e.org/x-20221201.tar.gz", "1.0_20221201", true},
		{"https://e.org/x.tar.gz", "1.0", false},
		{"https://e.org/x-1.1.tar.gz", "1.0", false},
	} {
		if got := hasVersion(test.url, test.version); got != test.want {
			t.Errorf("%s has %s: %v", test.url, test.version, got)
		}
	}
}
