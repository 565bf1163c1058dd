#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The peers of make_peer_for: a bond of each mode, made by hand, reaches its own.

. /vm/scenarios/lib.sh

modprobe bonding max_bonds=0
for mode in balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb; do
  make_nics eth0 eth1
  make_peer_for $mode
  ip link add bond0 type bond mode $mode miimon 100
  ip link set eth0 master bond0
  ip link set eth1 master bond0
  ip address add 10.77.0.2/24 dev bond0
  ip link set bond0 up
  check "$mode: the peer answers" reachable
  ip link del bond0
  remove_peer
  refute "$mode: the cables are gone" exists eth0
done
