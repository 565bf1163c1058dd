#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Time mkslack's package tools and, where PKGTOOLS_DIR names them, Slackware's,
# side by side on the same trees: whole processes, one after the other. makepkg is
# timed against xz -9 alone, too, on the same archive with the same blocks and
# threads. What takes less than two seconds is run five times, and the least counts.
#
# usage: bench.sh [tiny|small|files|binaries]...

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

# A few scripts and a page, as many packages are.
tree_tiny() {
  mkdir -p "$1/usr/bin" "$1/usr/doc/bench"
  cp "$here/bench.sh" "$1/usr/bin/bench"
  find "$goroot/src/fmt" -name '*.go' -exec cp {} "$1/usr/doc/bench" \;
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
  echo "$start $end" | awk '{ printf "%.3f", $2 - $1 }'
}

# The least of five, for a command that changes nothing when it is repeated.
least() {
  local best next
  best=$(seconds "$@") || return 1
  for _ in 2 3 4 5; do
    awk -v b="$best" 'BEGIN { exit b < 2 }' && break
    next=$(seconds "$@") || return 1
    best=$(echo "$best $next" | awk '{ print ($2 < $1) ? $2 : $1 }')
  done
  echo "$best"
}

# xz -9 alone on the archive of a package, with the package's blocks.
xz_alone() { # PACKAGE
  local block
  xz -dc "$1" >"$work/archive"
  block=$(xz --robot -lvv "$1" | awk '$1 == "block" { print $8; exit }')
  # shellcheck disable=SC2016 # for the inner shell
  least sh -c 'exec xz -9 -c --check=crc64 --block-size="$1" --threads="$2" "$3" >/dev/null' sh "$block" "$(nproc)" "$work/archive"
  rm "$work/archive"
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

line() { # WHAT OURS PEER NAME-OF-PEER
  awk -v w="$1" -v o="$2" -v r="$3" -v p="${4:-real}" 'BEGIN {
    if (r == "") printf "%-20s %8.3f s\n", w, o
    else printf "%-20s %8.3f s   %-8s %8.3f s   ratio %.3f\n", w, o, p, r, o / r }'
}

[ $# -gt 0 ] || set -- tiny small files binaries
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
  m=$(least "$mkslack" makepkg -l y -c n "$work/ours/$pkg")
  cd "$work"
  i=$(seconds "$mkslack" install --root "$work/ours/root" "$work/ours/$pkg")
  d=$(seconds "$mkslack" remove --root "$work/ours/root" bench)
  n=$(least "$mkslack" info "$work/ours/$pkg")
  x=$(xz_alone "$work/ours/$pkg")
  cd "$dir"
  if [ -n "$have_real" ]; then
    rm=$(seconds real makepkg -l y -c n "$work/real/$pkg")
    cd "$work"
    ri=$(seconds real installpkg --root "$work/real/root" "$work/real/$pkg")
    rd=$(ROOT=$work/real/root seconds real removepkg bench)
  fi
  line "  makepkg" "$m" "$rm"
  line "  makepkg" "$m" "$x" "xz alone"
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
