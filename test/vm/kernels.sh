#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kernels.sh DIR NAME... - prepare kernels for the tests of this directory.
#
# Each NAME (see the table below) becomes DIR/NAME/vmlinuz and DIR/NAME/base.cpio: a
# Debian kernel, its modules for networks, and a small userland of Debian programs for
# the same processor. Nothing is installed on this machine: packages are fetched with
# apt-get into DIR and only unpacked, so root is not needed. A NAME that is there
# already is left alone unless this script is newer.
#
# MIRROR names the Debian mirror; without it the one of this machine's own apt sources
# is taken, and where that is no Debian, deb.debian.org.

set -euo pipefail
shopt -s inherit_errexit

# name: suite, Debian architecture, package that depends on the newest kernel
table() {
  case $1 in
  5.10) echo bullseye amd64 linux-image-cloud-amd64 ;;
  6.1) echo bookworm amd64 linux-image-cloud-amd64 ;;
  6.12) echo trixie amd64 linux-image-cloud-amd64 ;;
  7.2) echo sid amd64 linux-image-cloud-amd64 ;;
  6.1-686) echo bookworm i386 linux-image-686 ;;
  *) return 1 ;;
  esac
}

# The programs in the guest, whatever its kernel, come from this suite.
userland_suite=bookworm
userland=(bash mount coreutils sed grep mawk diffutils util-linux bsdutils kmod iproute2 net-tools busybox-static)

# What a scenario may load, and with it what these need.
modules=(overlay bonding dummy veth bridge 8021q macvlan macvtap ipvlan tun sch_netem sch_ingress act_mirred cls_matchall ipv6 af_packet)

die() {
  echo "kernels.sh: $*" >&2
  exit 1
}

mirror() {
  local uri
  uri=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
    sed 's/#.*//' | grep -oE 'https?://[^] ]+/debian/?( |$)' | head -n 1) || true
  uri=${uri%% *}
  echo "${MIRROR:-${uri:-http://deb.debian.org/debian}}"
}

# suite SUITE ARCH: an apt of its own for that suite; sets apt, its options.
suite() {
  local at=$dir/apt/$1-$2
  mkdir -p "$at"/{lists,cache/archives}/partial "$at"/{debs,none}
  : >"$at/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $1 main" >"$at/sources.list"
  apt=(-q -o "Dir::Etc::sourcelist=$at/sources.list" -o "Dir::Etc::sourceparts=$at/none"
    -o "Dir::Etc::preferencesparts=$at/none" -o "Dir::State::Lists=$at/lists" -o "Dir::State::status=$at/status"
    -o "Dir::State::extended_states=$at/extended_states" -o "Dir::Cache=$at/cache"
    -o "APT::Architecture=$2" -o "APT::Architectures=$2" -o "APT::Sandbox::User="
    -o "Acquire::Languages=none" -o "Acquire::Retries=3" -o "Debug::NoLocking=1")
  if [ ! -e "$at/updated" ] || [ -n "$(find "$at/updated" -mmin +720)" ]; then
    apt-get "${apt[@]}" update >"$at/update.log" 2>&1 || die "apt-get update for $1 ($2) failed: $(<"$at/update.log")"
    touch "$at/updated"
  fi
  debs=$at/debs
}

# kernel_packages PACKAGE: PACKAGE and what it needs that is part of a kernel
kernel_packages() {
  local todo=("$1") seen=' ' p
  while [ ${#todo[@]} -gt 0 ]; do
    p=${todo[0]}
    todo=("${todo[@]:1}")
    [[ $seen != *" $p "* ]] || continue
    seen+="$p "
    echo "$p"
    mapfile -t -O ${#todo[@]} todo < <(apt-cache "${apt[@]}" depends -i --no-recommends --no-suggests "$p" |
      sed -nE 's/^ *\|?(Pre)?Depends: (linux-(image|binary|modules|base)-.*)/\2/p')
  done
}

# unpack DIR PACKAGE...: fetch the packages and unpack them in DIR
unpack() {
  local to=$1 p missing=()
  shift
  mkdir -p "$to"
  for p in "$@"; do
    compgen -G "$debs/${p}_*.deb" >/dev/null || missing+=("$p")
  done
  [ ${#missing[@]} -eq 0 ] || (cd "$debs" && apt-get "${apt[@]}" download "${missing[@]}" >/dev/null)
  for p in "$@"; do
    dpkg-deb -x "$(echo "$debs/${p}"_*.deb)" "$to"
  done
}

# make_userland ARCH: $dir/userland-ARCH, programs for the guest
make_userland() {
  local to=$dir/userland-$1 names
  [ ! "$to" -nt "$script" ] || return 0
  suite "$userland_suite" "$1"
  # The set that apt would install where nothing is installed, but for what only
  # installing needs.
  mapfile -t names < <(apt-get "${apt[@]}" install --simulate --no-install-recommends "${userland[@]}" |
    awk '$1 == "Inst" { print $2 }' | grep -vE '^(debconf|perl-base|dpkg|debianutils|.*-base|gcc-.*|libdebconf.*|tar)$')
  [ ${#names[@]} -ge ${#userland[@]} ] || die "apt-get names no programs for $1"
  rm -rf "$to.new"
  unpack "$to.new" "${names[@]}"
  rm -rf "$to.new"/usr/share "$to.new"/usr/lib/*/perl* "$to.new"/usr/lib/*/gconv "$to.new"/usr/lib/tc "$to.new"/var "$to.new"/usr/include
  rm -rf "$to"
  mv "$to.new" "$to"
  touch "$to"
}

# make_kernel NAME: $dir/NAME
make_kernel() {
  local name=$1 suite arch package version to=$dir/$1.new tree=$dir/$1.tree m file names
  read -r suite arch package < <(table "$name")
  echo "kernels.sh: $name: $package of $suite ($arch)"
  make_userland "$arch"
  suite "$suite" "$arch"
  rm -rf "$to" "$tree"
  mkdir -p "$to"
  mapfile -t names < <(kernel_packages "$package")
  [ ${#names[@]} -ge 2 ] || die "$package of $suite needs no kernel package"
  unpack "$tree" "${names[@]}"
  # merged /usr came with trixie
  if [ -d "$tree/usr/lib/modules" ]; then
    mkdir -p "$tree/lib"
    mv "$tree/usr/lib/modules" "$tree/lib/"
  fi
  version=$(ls "$tree/lib/modules")
  file=$(find "$tree" -name "vmlinuz*" -type f | head -n 1)
  [ -n "$file" ] || die "$name: no vmlinuz in ${names[*]}"
  cp "$file" "$to/vmlinuz"

  # 6.12 and later compress modules, and the kernel loads only what is plain.
  depmod -b "$tree" "$version"
  mkdir -p "$to/root"
  cp -a "$dir/userland-$arch/." "$to/root"
  for m in "${modules[@]}"; do
    modprobe -d "$tree" -S "$version" --show-depends "$m" 2>/dev/null || true
  done | sed -n 's/^insmod //p' | sort -u | while read -r file _; do
    m=${file#"$tree"}
    mkdir -p "$to/root${m%/*}"
    case $m in
    *.xz) xz -dc "$file" >"$to/root${m%.xz}" ;;
    *) cp "$file" "$to/root$m" ;;
    esac
  done
  [ -n "$(find "$to/root/lib/modules" -name 'bonding.ko')" ] || die "$name: no bonding driver in ${names[*]}"
  cp "$tree/lib/modules/$version"/modules.{builtin,builtin.modinfo,order} "$to/root/lib/modules/$version/"
  depmod -b "$to/root" "$version"
  (cd "$to/root" && find . -print0 | sort -z | cpio --quiet -0 -o -H newc -R 0:0) >"$to/base.cpio"
  echo "$version" >"$to/version"
  rm -rf "$to/root" "$tree"
  rm -rf "${dir:?}/$name"
  mv "$to" "$dir/$name"
}

PATH=$PATH:/sbin:/usr/sbin
for program in apt-get dpkg-deb depmod modprobe cpio xz; do
  command -v "$program" >/dev/null || die "needs $program (packages apt dpkg kmod cpio xz-utils)"
done
[ $# -ge 2 ] || die "usage: kernels.sh DIR NAME..."
mkdir -p "$1"
dir=$(cd "$1" && pwd)
script=$(realpath "$0")
exec {lock}>"$dir/lock"
flock "$lock"
shift
for name in "$@"; do
  table "$name" >/dev/null || die "no kernel $name; there are 5.10 6.1 6.12 7.2 6.1-686"
  [ "$dir/$name/base.cpio" -nt "$script" ] || make_kernel "$name"
done
