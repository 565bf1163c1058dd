#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond status tells each state by its exit status: 0 well, 1 degraded or partly down,
# 2 misuse, 3 no bond is up.

. /vm/scenarios/lib.sh

expect_status 2 rc_bond nosuchword
expect_status 2 rc_bond

: | config
expect_status 3 rc_bond status
make_dummies eth0 eth1 eth2 eth3
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
END
expect_status 3 rc_bond status
expect_out 'bond0: is not there'
refute "asking makes no bond" exists bond0
refute "asking loads no module" test -d /sys/module/bonding

expect_status 0 rc_bond start
expect_status 0 rc_bond status
expect_out '^bond0: up, active-backup, eth0\* eth1$'

ip link set eth1 nomaster
expect_status 1 rc_bond status
expect_out 'eth1 is not a member'
expect_status 0 rc_bond start
expect_status 0 rc_bond status

ip link set bond0 down
expect_status 3 rc_bond status
ip link set bond0 up
check "well again" wait_for 10 rc_bond status

cat >>/etc/rc.d/rc.bond.conf <<'END'
IFNAME[1]="bond1"
BONDNICS[1]="eth2 eth3"
END
expect_status 1 rc_bond status
expect_out 'bond1: is not there'
expect_status 0 rc_bond bond1_start
expect_status 0 rc_bond status
equal "bond0 was left alone" "eth0 eth1" "$(members bond0)"

expect_status 0 rc_bond bond0_stop
expect_status 1 rc_bond status
expect_status 0 rc_bond stop
expect_status 3 rc_bond status
