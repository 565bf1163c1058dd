#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Sixteen bonds of four NICs, under names with dots, dashes and underscores.

# shellcheck disable=SC2154 # out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

names=(bond0 lan.1 my-bond a_b 0zero b.c-d_e bond15chars.abc bond7 bond8 bond9 bond10 bond11 bond12 bond13 bond14 bond15)
for i in "${!names[@]}"; do
  nics=
  for n in 0 1 2 3; do nics+=" eth$((i * 4 + n))"; done
  # shellcheck disable=SC2086 # four words
  make_dummies $nics
  echo "IFNAME[$i]=\"${names[i]}\" BONDNICS[$i]=\"$nics\" IPADDRS[$i]=\"10.1.$i.1/24\""
done >/tmp/conf
config </tmp/conf
expect_status 0 rc_bond start
equal "nothing on standard error" "" "$err"
equal "sixteen bonds" 16 "$(wc -w </sys/class/net/bonding_masters)"
for i in "${!names[@]}"; do
  equal "${names[i]}" "eth$((i * 4)) eth$((i * 4 + 1)) eth$((i * 4 + 2)) eth$((i * 4 + 3))" "$(members "${names[i]}" | tr ' ' '\n' | sort -V | tr '\n' ' ' | sed 's/ $//')"
done
equal "sixteen addresses" 16 "$(ip -o -4 address show | grep -c '10\.1\.')"
before=$(snapshot bond0 a_b lan.1)
expect_status 0 rc_bond start
unchanged "a second start changes nothing" "$before" "$(snapshot bond0 a_b lan.1)"
for name in my-bond a_b lan.1; do
  expect_status 0 rc_bond "${name}_stop"
  refute "$name is gone" exists "$name"
done
expect_status 1 rc_bond status
expect_status 0 rc_bond a_b_start
expect_status 0 rc_bond a_b_restart
check "a_b is back" exists a_b
refute "my-bond is not" exists my-bond
expect_status 0 rc_bond stop
equal "none is left" "lo" "$(basename -a /sys/class/net/* | grep -v -e eth -e bonding_masters)"
