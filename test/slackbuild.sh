#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Runs ifenslave.SlackBuild as its users do, on copies of the work tree in
# empty directories, and looks at what it makes. `make slackbuild` calls this.
#
# "A && B || fail": fail is right whichever of the two went wrong.
# shellcheck disable=SC2015

set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1

work=$(mktemp -d) || exit 1
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
chmod 755 "$work"
version=$(sed -n 's/^version: *//p' ifenslave.yaml)
package=ifenslave-$version-x86_64-1_SBo.txz
failures=0

fail() {
  echo "FAIL: $*"
  failures=$((failures + 1))
}

# copy DIR: the work tree as a clone would have it, with a history of one commit.
copy() {
  # shellcheck disable=SC2016 # it is the inner shell that expands
  mkdir -p "$1" &&
    git ls-files -z --cached --others --exclude-standard |
    xargs -0 sh -c 'for f; do [ ! -e "$f" ] || printf "%s\0" "$f"; done' sh |
      tar --null -T - -cf - | tar -xf - -C "$1" &&
    git -C "$1" init -q && git -C "$1" add -A &&
    GIT_AUTHOR_DATE='2026-01-02T03:04:05Z' GIT_COMMITTER_DATE='2026-01-02T03:04:05Z' \
      git -C "$1" -c user.name=test -c user.email=test@localhost commit -q -m copy
}

# build DIR NAME [VAR=VALUE...]: run the script of DIR with a TMP and OUTPUT of its own.
# Only the first build compiles everything: the others find its results in the cache.
export GOCACHE=$work/cache
build() {
  local dir=$1 name=$2
  shift 2
  mkdir -p "$work/$name.out"
  (cd "$dir" && env TMP="$work/$name.tmp" OUTPUT="$work/$name.out" ARCH=x86_64 "$@")
}

copy "$work/a" && copy "$work/b/a-longer/path" || exit 1

echo "== ./ifenslave.SlackBuild in a fresh clone"
start=$(date +%s%N)
build "$work/a" one ./ifenslave.SlackBuild >"$work/one.log" 2>&1 || {
  cat "$work/one.log"
  fail "the SlackBuild ended with an error"
}
end=$(date +%s%N)
made=$work/one.out/$package
[ -f "$made" ] || {
  fail "no $package"
  exit 1
}
grep . "$work/one.log" | tail -n 1 | grep -qx "Slackware package $made created." || fail "last line is not makepkg's"
size=$(stat -c %s "$made")
echo "NOTE: $package: $size bytes, built in $(((end - start) / 1000000)) ms"
[ "$size" -lt 4000000 ] || fail "the package has $size bytes, not under 4 MB"
[ -z "$(git -C "$work/a" status --porcelain --ignored)" ] || fail "the build left files in the checkout: $(git -C "$work/a" status --porcelain --ignored)"

echo "== what the package holds"
tar -tvf "$made" >"$work/list" || fail "tar cannot list the package"
awk '$2 != "root/root"' "$work/list" | grep . && fail "not everything belongs to root"
while read -r mode path; do
  awk -v m="$mode" -v p="$path" '$6 == p && $1 == m { found = 1 } END { exit !found }' "$work/list" ||
    fail "no $path with mode $mode"
done <<EOF
drwxr-xr-x ./
-rwxr-xr-x sbin/ifenslave
-rwxr-xr-x sbin/bondctl
-rw-r--r-- etc/rc.d/rc.bond.new
-rw------- etc/rc.d/rc.bond.conf.new
-rw-r--r-- usr/man/man8/ifenslave.8.gz
-rw-r--r-- usr/man/man8/bondctl.8.gz
-rw-r--r-- usr/man/man8/rc.bond.8.gz
-rw-r--r-- usr/man/man5/rc.bond.conf.5.gz
-rw-r--r-- usr/doc/ifenslave-$version/README.md
-rw-r--r-- usr/doc/ifenslave-$version/ifenslave.SlackBuild
-rw-r--r-- install/slack-desc
-rw-r--r-- install/doinst.sh
EOF
mkdir "$work/root" && tar -xf "$made" -C "$work/root" || fail "tar cannot extract the package"
for program in sbin/ifenslave sbin/bondctl; do
  readelf -lW "$work/root/$program" | grep -q INTERP && fail "$program is not static"
  readelf -SW "$work/root/$program" | grep -q ' \.symtab ' && fail "$program is not stripped"
  "$work/root/$program" --version | grep -qF "$version" || fail "$program does not say version $version"
done
gzip -t "$work/root"/usr/man/man?/*.gz || fail "a manual page is no gzip file"
bash -n "$work/root/install/doinst.sh" || fail "doinst.sh is no shell script"

echo "== again elsewhere, as sbopkg runs it, and as an ordinary user: the same bytes"
sum=$(sha256sum <"$made")
build "$work/b/a-longer/path" two sh ifenslave.SlackBuild >"$work/two.log" 2>&1 || {
  cat "$work/two.log"
  fail "sh ifenslave.SlackBuild ended with an error"
}
[ "$(sha256sum <"$work/two.out/$package")" = "$sum" ] || fail "two directories gave different packages"
bash=$(command -v bash)
build "$work/a" posix "${BASH42:-$bash}" --posix ifenslave.SlackBuild >"$work/posix.log" 2>&1 &&
  [ "$(sha256sum <"$work/posix.out/$package")" = "$sum" ] || {
  tail "$work/posix.log"
  fail "bash --posix ifenslave.SlackBuild"
}
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  mkdir "$work/user" && cp -a "$work/a" "$work/user/a" && cp -a "$(go env GOMODCACHE)" "$work/user/mod" &&
    chown -R 65534:65534 "$work/user" "$work/cache"
  (cd "$work/user/a" && setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$work/user" TMP="$work/user/tmp" \
    OUTPUT="$work/user/out" ARCH=x86_64 GOMODCACHE="$work/user/mod" GOFLAGS=-buildvcs=false \
    ./ifenslave.SlackBuild) >"$work/user.log" 2>&1 &&
    [ "$(sha256sum <"$work/user/out/$package")" = "$sum" ] || {
    tail "$work/user.log"
    fail "an ordinary user's package"
  }
else
  echo "SKIPPED: the SlackBuild as an ordinary user: not root now, so it has just been one"
fi

echo "== the variables that SlackBuilds honour"
got=$(cd "$work/a" && PRINT_PACKAGE_NAME=1 ARCH=i586 BUILD=7 TAG=_me PKGTYPE=tgz ./ifenslave.SlackBuild)
[ "$got" = "ifenslave-$version-i586-7_me.tgz" ] || fail "PRINT_PACKAGE_NAME printed $got"
build "$work/a" tgz ARCH=i586 BUILD=7 TAG=_me PKGTYPE=tgz ./ifenslave.SlackBuild >"$work/tgz.log" 2>&1 &&
  gzip -t "$work/tgz.out/$got" || {
  tail "$work/tgz.log"
  fail "PKGTYPE=tgz ARCH=i586"
}
(cd "$work/a" && ARCH=vax TMP=$work/vax OUTPUT=$work/vax ./ifenslave.SlackBuild) >"$work/vax.log" 2>&1 &&
  fail "ARCH=vax made something"
grep -q vax "$work/vax.log" || fail "ARCH=vax: the error does not name it"

echo "== from the source archive, as at SlackBuilds.org, without a network"
(cd "$work/a" && make --no-print-directory dist) >"$work/dist.log" 2>&1 || {
  tail "$work/dist.log"
  fail "make dist"
}
mkdir "$work/sbo" && (cd "$work/a" && go run ./cmd/mkslack slackbuild --quiet --no-sums --file ifenslave.yaml --output "$work/sbo") &&
  cp "$work/a/dist/ifenslave-$version.tar.gz" "$work/sbo/ifenslave/" || fail "mkslack slackbuild"
offline=()
unshare -n true 2>/dev/null && offline=(unshare -n)
# The script sets a cache of its own below TMP: the standard library need not be compiled again.
mkdir -p "$work/sbo.home" "$work/sbo.tmp" && cp -al "$work/cache" "$work/sbo.tmp/go-cache"
build "$work/sbo/ifenslave" sbo HOME="$work/sbo.home" GOPROXY=off GOFLAGS= PKGTYPE=txz GOMODCACHE="$work/sbo.home/mod" \
  "${offline[@]}" sh ifenslave.SlackBuild >"$work/sbo.log" 2>&1 || {
  tail "$work/sbo.log"
  fail "the SlackBuild from the source archive"
}
# Sizes are not compared: a program built from vendor/ knows no sums of modules.
if [ -f "$work/sbo.out/$package" ]; then
  tar -tvf "$work/sbo.out/$package" | awk '{ print $1, $2, $6 }' >"$work/list.sbo"
  awk '{ print $1, $2, $6 }' "$work/list" | diff - "$work/list.sbo" || fail "archive and checkout give different files"
fi

[ $failures = 0 ] && echo "the SlackBuild is well"
[ $failures = 0 ]
