#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ifenslave in each of the seven modes: NICs that are up and hold addresses join, carry
# traffic, change places where the mode has an active member, and are released.

. /vm/scenarios/lib.sh

modprobe bonding max_bonds=0
for mode in balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb; do
  echo "--- $mode"
  make_nics eth0 eth1
  make_peer_for $mode
  ip link set eth0 up
  ip link set eth1 up mtu 1400
  ip address add 10.1.0.1/24 dev eth0
  ip address add 10.2.0.1/24 dev eth1
  ip link add bond0 type bond mode $mode miimon 100
  ip link set bond0 up

  expect_status 0 ifenslave bond0 eth0 eth1
  equal "both are members" "eth0 eth1" "$(members bond0)"
  equal "the mode is what it was" $mode "$(option bond0 mode)"
  equal "the NICs' IPv4 addresses are gone" "" "$(ip -4 -o address show dev eth0)$(ip -4 -o address show dev eth1)"
  equal "the bond has the first one's address" "$(nic_address eth0)" "$(address bond0)"
  equal "the second one has the bond's MTU" 1500 "$(mtu eth1)"
  ip address add 10.77.0.2/24 dev bond0
  check "the peer answers" reachable

  case $mode in
  active-backup | balance-tlb | balance-alb)
    expect_status 0 ifenslave -c bond0 eth1
    equal "eth1 is the active one" eth1 "$(option bond0 active_slave)"
    check "the peer answers through it" reachable
    ;;
  *) expect_status 1 ifenslave -c bond0 eth1 ;;
  esac

  expect_status 0 ifenslave -d bond0 eth1
  equal "eth1 is released" eth0 "$(members bond0)"
  equal "with its own address" "$(nic_address eth1)" "$(address eth1)"
  equal "with its own MTU" 1400 "$(mtu eth1)"
  case $mode in
  # A peer's bond goes on sending to the released one's port.
  balance-rr | balance-xor | broadcast | 802.3ad) unplug eth1 ;;
  esac
  check "the peer answers through the other" reachable
  expect_status 0 ifenslave -d bond0 eth0
  equal "no member is left" "" "$(members bond0)"
  ip link del bond0
  remove_peer
done
