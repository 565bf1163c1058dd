#!/bin/bash
# SPDX-License-Identifier: MIT
#
# enslave.sh - runs in a guest as a scenario does (test/vm) and prints how long a NIC
# takes to join a bond: "us PROGRAM MICROSECONDS", best and median of the runs.

# shellcheck disable=SC1091 # it is there in the guest
. /vm/scenarios/lib.sh

runs=40
modprobe bonding max_bonds=0
make_dummies eth0
ip link add bond0 type bond mode active-backup miimon 100
ip link set bond0 up

by_ifenslave() { ifenslave bond0 eth0; }
by_original() { /vm/ref/IFENSLAVE_C bond0 eth0; }
# What ifenslave does takes two of these: a NIC that is up is not taken.
by_ip() { ip link set eth0 down && ip link set eth0 master bond0; }

programs="ifenslave ip"
if /vm/ref/IFENSLAVE_C -V >/dev/null 2>&1; then programs+=" original"; fi
for ((i = 0; i < runs; i++)); do
  for program in $programs; do
    ip link set eth0 nomaster up
    start=${EPOCHREALTIME/[.,]/}
    "by_$program"
    end=${EPOCHREALTIME/[.,]/}
    [ "$(members bond0)" = eth0 ] || fail "by_$program did not join"
    echo $((end - start)) >>"/tmp/$program"
  done
done
for program in $programs; do
  sort -n "/tmp/$program" | {
    mapfile -t times
    echo "us $program ${times[0]} ${times[runs / 2]}"
  }
done
ok "measured"
