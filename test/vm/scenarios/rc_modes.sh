#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Each of the seven modes, from NICs that are up and have addresses.

# shellcheck disable=SC2154 # err is set by run of lib.sh
. /vm/scenarios/lib.sh

# wanted_options MODE: an option besides miimon that the mode has, and its value
wanted_options() {
  case $1 in
  balance-rr) echo "packets_per_slave 3" ;;
  active-backup) echo "primary eth1" ;;
  balance-xor) echo "xmit_hash_policy layer3+4" ;;
  broadcast) echo "resend_igmp 2" ;;
  802.3ad) echo "lacp_rate fast" ;;
  balance-tlb) echo "tlb_dynamic_lb 0" ;;
  balance-alb) echo "updelay 200" ;;
  esac
}

for mode in balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb; do
  make_nics eth0 eth1
  make_peer_for $mode
  ip link set eth0 up mtu 1400
  ip link set eth1 up
  ip address add 10.77.0.5/24 dev eth0
  ip address add 10.88.0.5/24 dev eth1
  ip address add 2001:db8:5::1/64 dev eth1
  read -r name value <<<"$(wanted_options $mode)"
  config <<END
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="$mode"
IFOPTS[0]="$name $value | miimon 50"
IPADDRS[0]="10.77.0.2/24"
LINKWAIT[0]="30"
GATEWAY="10.77.0.1"
END
  expect_status 0 rc_bond start
  equal "$mode: nothing on standard error" "" "$err"
  equal "$mode: both are members" "eth0 eth1" "$(members bond0)"
  equal "$mode: it is the mode" $mode "$(option bond0 mode)"
  equal "$mode: $name is read back" "$value" "$(option bond0 "$name")"
  equal "$mode: miimon is read back" 50 "$(option bond0 miimon)"
  equal "$mode: members gave up their addresses" "" "$(ip -o address show dev eth0)$(ip -o address show dev eth1)"
  check "$mode: the peer answers" reachable
  equal "$mode: the default route" "default via 10.77.0.1 dev bond0 " "$(ip route show default)"

  # Somebody else's, and gone if the bond is set down for a moment.
  ip address add 2001:db8:77::9/64 dev bond0 nodad
  ip route add 10.66.0.0/16 via "$peer_address"
  before=$(snapshot && ip route show)
  expect_status 0 rc_bond start
  unchanged "$mode: a second start changes nothing" "$before" "$(snapshot && ip route show)"
  check "$mode: status is 0" rc_bond status

  expect_status 0 rc_bond stop
  refute "$mode: the bond is gone" exists bond0
  equal "$mode: eth0 has its address back" 00:16:3e:00:00:01 "$(address eth0)"
  equal "$mode: eth1 has its address back" 00:16:3e:00:00:02 "$(address eth1)"
  equal "$mode: eth0 has its MTU back" 1400 "$(mtu eth0)"
  check "$mode: eth0 is up again" is_up eth0
  check "$mode: eth1 is up again" is_up eth1
  expect_status 0 rc_bond stop
  remove_peer
done
