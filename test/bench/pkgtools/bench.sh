#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Time mkslack's package tools and, where PKGTOOLS_DIR names them, Slackware's,
# side by side on the same trees: whole processes, one after the other.
#
# usage: bench.sh [small|files|binaries]...

set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${BENCHDIR:-/var/tmp}/mkslack-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkslack=$work/mkslack
(cd "$here/../../.." && go build -o "$mkslack" ./cmd/mkslack)
goroot=$(go env GOROOT)

# Programs and libraries of this system, up to so many kilobytes.
binaries() { # DIR KB
  local sum=0 size f
  mkdir -p "$1"
  while read -r size f; do
    [ $((sum + size)) -le "$2" ] || continue
    cp "$f" "$1/$(echo "$f" | tr / _)" && sum=$((sum + size))
  done < <(find "$goroot/pkg/tool" "$goroot/bin" /usr/bin /usr/lib -xdev -type f -size +20k \( -perm -100 -o -name '*.so*' \) \
    -printf '%k %p\n' 2>/dev/null | sort -k2)
}

tree_small() { binaries "$1/usr/bin" 9000; }

tree_binaries() { binaries "$1/usr/lib" 205000; }

# About 30,000 files and 270 MB, 5,000 of them links, 1,500 compressed pages.
tree_files() {
  local i n=0
  mkdir -p "$1/usr/src" "$1/usr/lib/links" "$1/usr/man/man3"
  for i in a b; do
    cp -r "$goroot/src" "$1/usr/src/$i"
  done
  find "$1/usr/src" -type f -size +96k -delete
  find "$1/usr/src" -type f | sort | tail -n +23501 | tr '\n' '\0' | xargs -0r rm -f
  for f in $(find "$1/usr/src/a" -name '*.go' -size -40k | sort | head -1500); do
    n=$((n + 1))
    gzip -9nc "$f" >"$1/usr/man/man3/page$n.3.gz"
  done
  for i in $(seq 5000); do ln -s "../lib$((i % 900)).so.$i" "$1/usr/lib/links/lib$i.so"; done
  binaries "$1/usr/bin" 60000
}

# Seconds that a command takes; its output goes to $work/log.
seconds() {
  local start=$EPOCHREALTIME
  "$@" >"$work/log" 2>&1 </dev/null || {
    tail -5 "$work/log" >&2
    return 1
  }
  local end=$EPOCHREALTIME
  echo "$start $end" | awk '{ printf "%.2f", $2 - $1 }'
}

# Run one of Slackware's scripts where nothing but $work can be written.
real() { # SCRIPT ARGS
  local script=$1
  shift
  mkdir -p "$work/tools" && cp "$PKGTOOLS_DIR"/*pkg "$work/tools/"
  # shellcheck disable=SC2016 # for the inner shell
  unshare -m /bin/sh -c 'mount --make-rprivate / && mount --bind "$1" "$1" && mount -t tmpfs tmpfs /tmp &&
    mount -o remount,ro,bind / && cd "$2" && shift 2 && exec "$@"' sh "$work" "$PWD" \
    env INSTLOCKDIR="$work/lock" ROOT="${ROOT:-}" "$work/tools/$script" "$@"
}

line() { # WHAT OURS REAL
  awk -v w="$1" -v o="$2" -v r="$3" 'BEGIN {
    if (r == "") printf "%-34s %8.2f s\n", w, o
    else printf "%-34s %8.2f s   real %8.2f s   ratio %.3f\n", w, o, r, o / r }'
}

[ $# -gt 0 ] || set -- small files binaries
for tree; do
  dir=$work/$tree
  mkdir "$dir" "$work/ours" "$work/real" "$work/ours/root" "$work/real/root"
  "tree_$tree" "$dir"
  mkdir "$dir/install"
  printf 'bench: bench (%s)\nbench:\n' "$tree" >"$dir/install/slack-desc"
  echo "$tree: $(find "$dir" | wc -l) files, $(find "$dir" -type l | wc -l) links, $(du -sm "$dir" | cut -f1) MB"
  pkg=bench-1-x86_64-1.txz
  have_real=
  [ -z "${PKGTOOLS_DIR:-}" ] || have_real=1
  rm='' ri='' rd=''
  cd "$dir"
  m=$(seconds "$mkslack" makepkg -l y -c n "$work/ours/$pkg")
  cd "$work"
  i=$(seconds "$mkslack" install --root "$work/ours/root" "$work/ours/$pkg")
  d=$(seconds "$mkslack" remove --root "$work/ours/root" bench)
  n=$(seconds "$mkslack" info "$work/ours/$pkg")
  cd "$dir"
  if [ -n "$have_real" ]; then
    rm=$(seconds real makepkg -l y -c n "$work/real/$pkg")
    cd "$work"
    ri=$(seconds real installpkg --root "$work/real/root" "$work/real/$pkg")
    rd=$(ROOT=$work/real/root seconds real removepkg bench)
  fi
  line "  makepkg" "$m" "$rm"
  line "  install" "$i" "$ri"
  line "  remove" "$d" "$rd"
  line "  info" "$n" ""
  size=$(stat -c %s "$work/ours/$pkg")
  if [ -n "$have_real" ]; then
    echo "$size $(stat -c %s "$work/real/$pkg")" |
      awk '{ printf "  size %d bytes, real %d, %+.2f %%\n", $1, $2, ($1 / $2 - 1) * 100 }'
  else
    echo "  size $size bytes"
  fi
  cd /
  rm -rf "$dir" "$work/ours" "$work/real"
done
