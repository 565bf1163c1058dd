#!/bin/bash
# SPDX-License-Identifier: MIT
#
# How long a failover takes: pings lost at miimon 50, 100 and 200, and in a managed switch-over.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch

# lost COMMAND...: pings lost while COMMAND runs, in lost; one every 10 ms is asked for,
# and interval says how many ms passed from one to the next
lost() {
  local sent received begin
  begin=${EPOCHREALTIME/./}
  busybox ping -q -i 0.01 -W 1 -c 200 "$peer_address" >/tmp/ping &
  sleep 1
  "$@"
  wait $!
  interval=$(((${EPOCHREALTIME/./} - begin) / 200000))
  read -r sent received <<<"$(sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) .*/\1 \2/p' /tmp/ping)"
  lost=$((sent - received))
}

active() { option bond0 active_slave; }
other() { if [ "$(active)" = eth0 ]; then echo eth1; else echo eth0; fi; }

table=
for miimon in 50 100 200; do
  config <<END
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="miimon $miimon"
IPADDRS[0]="10.77.0.2/24"
END
  run rc_bond restart
  check "miimon $miimon: the peer answers" reachable
  row=
  for _ in 1 2; do
    nic=$(active)
    lost unplug "$nic"
    row+=" $lost"
    # The outage is at most one miimon; an emulated machine adds its own.
    check "miimon $miimon: $lost lost of 200" test "$lost" -le $((miimon / 5 + 20))
    plug "$nic"
    wait_for 10 has_carrier "$nic"
    sleep 1
  done
  table+="    miimon $miimon:$row (a ping each $interval ms)"$'\n'
done
# An emulated machine on a busy host may lose a ping on its own account.
row='' none=0
for _ in 1 2 3; do
  lost ifenslave -c bond0 "$(other)"
  row+=" $lost"
  if [ "$lost" -eq 0 ]; then none=$((none + 1)); fi
done
check "a managed switch-over loses nothing ($none of 3)" test $none -ge 2
printf '    pings lost in each trial:\n%s    ifenslave -c:%s\n' "$table" "$row"
