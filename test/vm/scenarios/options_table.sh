#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The table of options (internal/bond, as test/vm/options.go writes it) against this
# kernel: every option is there or known to be younger, is taken in just the modes and
# states that the table gives, has these words under these numbers, and these limits;
# and the kernel has none that the table lacks.

. /vm/scenarios/lib.sh

# shellcheck disable=SC1091 # written by options.go
. /vm/options
# shellcheck disable=SC2154 # both are set there
check "the table was found" test "${#option[@]}" -gt 20 -a "${#modes[@]}" -eq 7

modprobe bonding max_bonds=0
make_dummies eth0
echo +bond0 >/sys/class/net/bonding_masters
sys=/sys/class/net/bond0/bonding
younger=" arp_missed_max lacp_active " # than the oldest kernel here, 5.10

# put OPTION VALUE: write it; what the kernel says is of no interest
put() { { echo "$2" >"$sys/$1"; } 2>/dev/null; }

# get OPTION: read it back, as "word number" where it has words
get() { read -r got <"$sys/$1"; }

# sample KIND WORDS...: sets value, one that is taken in any mode that has the option
sample() {
  case $1 in
  number) value=$(($3 < 100 ? $3 : 100)) ;;
  flag) value=1 ;;
  word) value=$2 ;;
  mac) value=02:00:00:00:00:01 ;;
  nic) value=eth0 ;;
  ipv4s) value=+192.0.2.1 ;;
  *) value='' ;;
  esac
}

known=" slaves num_unsol_na "
for name in "${!option[@]}"; do
  read -r numbers state whose where kind <<<"${option[$name]}"
  read -ra kind <<<"$kind"
  known+="$name "
  [ "$where" = sysfs ] || continue
  if [ ! -e "$sys/$name" ]; then
    case $younger in
    *" $name "*) ok "$name: this kernel has none" ;;
    *) fail "$name: this kernel has none" ;;
    esac
    continue
  fi
  if [ "$name" = mode ] || [ "$whose" != bond ] || [ "$state" = members ]; then continue; fi
  sample "${kind[@]}"
  check "$name: a value for ${kind[0]}" test -n "$value"

  # the modes that have it, and the state: down and empty serves all
  taken=''
  for mode in 0 1 2 3 4 5 6; do
    put mode $mode || fail "mode $mode"
    put miimon 100
    if put "$name" "$value"; then taken+=$mode; fi
    put arp_ip_target -192.0.2.1
  done
  equal "$name: taken in the modes" "$numbers" "$taken"

  # its words and limits, in the first mode that has it
  put mode "${numbers:0:1}"
  put miimon 100
  case ${kind[0]} in
  word)
    for ((i = 1; i < ${#kind[@]}; i++)); do
      word=${kind[i]}
      if put "$name" "$word"; then
        get "$name"
        equal "$name: $word" "$word $((i - 1))" "$got"
      elif [ $((i + 1)) -lt ${#kind[@]} ]; then
        fail "$name: $word is refused"
      else
        ok "$name: $word is refused, the youngest word"
      fi
    done
    refute "$name: no word after the last" put "$name" ${#kind[@]}
    put "$name" 0
    ;;
  flag)
    refute "$name: only 0 and 1" put "$name" 2
    put "$name" 0
    ;;
  number)
    if [ "${kind[1]}" -gt 0 ]; then refute "$name: not $((kind[1] - 1))" put "$name" $((kind[1] - 1)); fi
    if [ "${kind[2]}" -lt 2147483647 ]; then
      check "$name: ${kind[2]}" put "$name" "${kind[2]}"
      # 5.10 has no limit to peer_notif_delay yet
      [ "$name" = peer_notif_delay ] || refute "$name: not $((kind[2] + 1))" put "$name" $((kind[2] + 1))
    fi
    put "$name" "${kind[1]}"
    ;;
  esac

  # the state
  sample "${kind[@]}"
  ip link set bond0 up
  if put "$name" "$value"; then got=yes; else got=no; fi
  ip link set bond0 down
  case $state in
  down) equal "$name: taken while up" no "$got" ;;
  *) equal "$name: taken while up" yes "$got" ;;
  esac
  if [ "$state" = empty ]; then
    put slaves +eth0
    refute "$name: not with members" put "$name" "$value"
    put slaves -eth0
  fi
  put primary ''
done

# what needs members, on a bond without a history
for mode in 0 1 2 3 4 5 6; do
  echo -bond0 >/sys/class/net/bonding_masters
  echo +bond0 >/sys/class/net/bonding_masters
  put mode $mode
  put miimon 100
  put slaves +eth0
  ip link set bond0 up
  wait_for 10 has_carrier bond0
  if put active_slave eth0; then taken=yes; else taken=no; fi
  case $mode in
  1 | 5 | 6) equal "active_slave: taken in mode $mode" yes $taken ;;
  *) equal "active_slave: taken in mode $mode" no $taken ;;
  esac
  check "queue_id: taken in mode $mode" put queue_id eth0:1
done

for file in "$sys"/*; do
  case $(stat -c %A "$file") in
  ?rw*) check "${file##*/} is in the table" test "${known/ ${file##*/} /}" != "$known" ;;
  esac
done
