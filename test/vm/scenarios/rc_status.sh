#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond status tells each state by its exit status: 0 well, 1 degraded or partly down,
# 2 misuse, 3 no bond is up.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
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
expect_out 'bond0: does not exist, but should'
refute "asking makes no bond" exists bond0
refute "asking loads no module" test -d /sys/module/bonding

expect_status 0 rc_bond start
expect_status 0 rc_bond status
expect_out 'bond0 +up +active-backup '
expect_out 'eth0 +active '
expect_out 'eth1 +backup '

ip link set eth1 nomaster
expect_status 1 rc_bond status
expect_out 'bond0 eth1: is not a member, but should be; start changes that'
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
expect_out 'bond1: does not exist, but should'
expect_status 0 rc_bond bond1_start
expect_status 0 rc_bond status
equal "bond0 was left alone" "eth0 eth1" "$(members bond0)"

expect_status 0 rc_bond bond0_stop
expect_status 1 rc_bond status
expect_status 0 rc_bond start

# What runs and what was asked for, in one verdict, whoever is asked.
sed -i '/IFNAME.0/a BONDMODE[0]="balance-xor"' /etc/rc.d/rc.bond.conf
for ask in 'rc_bond status' '/sbin/bondctl status'; do
  # shellcheck disable=SC2086 # a command and its word
  expect_status 1 $ask
  expect_out 'bond0 +degraded +active-backup '
  expect_out 'bond0: mode is active-backup, asked for is balance-xor; restart changes that'
done
expect_status 1 rc_bond start
expect_err 'bond0: it runs in mode active-backup, not balance-xor: .*rc.bond bond0_restart changes that'
expect_status 0 rc_bond bond0_restart
expect_status 0 rc_bond status
ip link set eth0 nomaster
ip link set eth2 nomaster
ip link set eth2 master bond0
ip link set bond0 mtu 1400
echo 50 >/sys/class/net/bond0/bonding/miimon
expect_status 1 rc_bond status
expect_out 'bond0: miimon is 50, asked for is 100; start changes that'
expect_out 'bond0 eth0: is not a member, but should be; start changes that'
expect_out 'bond0 eth2: is a member, and not in BONDNICS; restart changes that'
rc_bond restart
expect_status 0 rc_bond status

# A fault of the file is one of the bond: check, start and status say the same.
echo 'IFOPTS[1]="mimon 5"' >>/etc/rc.d/rc.bond.conf
for ask in '/sbin/bondctl check' 'rc_bond start' 'rc_bond status'; do
  # shellcheck disable=SC2086 # a command and its word
  run $ask
  equal "$ask: it is no success" 1 "$status"
  check "$ask: the option is told" grep -q mimon <<<"$out$err"
done
sed -i '/mimon/d' /etc/rc.d/rc.bond.conf
expect_status 0 rc_bond bond0_stop
expect_status 0 rc_bond stop
expect_status 3 rc_bond status
