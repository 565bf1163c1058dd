#!/bin/bash
# SPDX-License-Identifier: MIT
#
# 802.3ad that does not aggregate is diagnosed, by start and by status.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="802.3ad"
IFOPTS[0]="lacp_rate fast"
LINKWAIT[0]="3"
END
# The other side knows nothing of LACP.
run rc_bond start
expect_err 'bond0: .*no LACPDU received: the switch port has no LACP, or both sides are passive'
check "the bond is up all the same" has_carrier bond0
expect_status 1 rc_bond status
expect_out 'bond0 eth0: no LACPDU received'
expect_out 'bond0 eth1: no LACPDU received'
expect_out 'is in aggregator ., others in .: another switch or key, another speed, or no partner'
rc_bond stop

# Two other sides: each member finds a partner, not the same one.
sed -i 's/LINKWAIT.*/LINKWAIT[0]="20"/' /etc/rc.d/rc.bond.conf
modprobe bonding max_bonds=0
ip -n peer link del switch
for n in 0 1; do
  ip -n peer link add lag$n type bond mode 802.3ad lacp_rate fast miimon 100
  ip -n peer link set peer-eth$n down
  ip -n peer link set peer-eth$n master lag$n
  ip -n peer link set lag$n up
done
run rc_bond start
expect_err 'is in aggregator ., others in .: another switch or key'
refute "there is a partner" grep -q 'no LACPDU' <<<"$err"
rc_bond stop

# One partner for both: nothing to say. Then it goes silent, with the links still there.
ip -n peer link set peer-eth1 nomaster
ip -n peer link set peer-eth1 down
ip -n peer link set peer-eth1 master lag0
expect_status 0 rc_bond start
equal "nothing to complain of" "" "$err"
expect_status 0 rc_bond status
expect_out 'bond0 +up +802.3ad '
# What the driver reports for some seconds only, when the partner goes silent and when it comes.
port=/sys/class/net/eth1/bonding_slave/ad_actor_oper_port_state
for state in 143:'the LACP partner is silent \(expired\)' 15:'carries no traffic: LACP has not \(yet\) agreed'; do
  echo "${state%%:*}" >/tmp/state
  mount --bind /tmp/state $port
  expect_status 1 rc_bond status
  expect_out "bond0 eth1: ${state#*:}"
  umount $port
done
ip -n peer link del lag0
ip -n peer link set peer-eth0 up
ip -n peer link set peer-eth1 up
check "a partner that went silent is told" wait_for 30 eval 'rc_bond status | grep -E "silent|defaulted|no LACPDU"'
