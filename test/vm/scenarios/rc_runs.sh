#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Two runs at once: the second waits and says for whom; drivers of NICs are loaded and unloaded.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_dummies eth0 eth1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
END
# Three runs at once come to one good end.
rc_bond start >/tmp/1 2>&1 &
rc_bond start >/tmp/2 2>&1 &
rc_bond bond0_start >/tmp/3 2>&1 &
wait
equal "one bond with both members" "eth0 eth1" "$(members bond0)"
refute "none failed" grep -q 'not started' /tmp/1 /tmp/2 /tmp/3
expect_status 0 rc_bond start

# The lock goes with its holder, whatever became of that.
(
  exec 9>/run/rc.bond/lock
  flock 9
  echo "restart, pid $BASHPID" >/run/rc.bond/lock
  kill -9 $BASHPID
)
expect_status 0 rc_bond start
refute "a dead holder is no holder" grep -q waiting <<<"$err"
(
  exec 9<>/run/rc.bond/lock
  flock 9
  echo "restart, pid 4711" >/run/rc.bond/lock
  sleep 3
) &
wait_for 5 grep -q 4711 /run/rc.bond/lock
expect_status 0 rc_bond stop
expect_err 'waiting for another run of rc.bond: restart, pid 4711'
wait

# MODULES: loaded before anything looks for the NICs, by us or not at all.
rmmod dummy
echo "options dummy numdummies=2" >/etc/modprobe.d/dummy.conf
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="dummy0 dummy1"
MODULES="dummy tun"
END
modprobe tun
expect_status 0 rc_bond start
equal "its NICs are members" "dummy0 dummy1" "$(members bond0)"
expect_status 0 rc_bond stop
refute "a driver that rc.bond loaded is unloaded" test -d /sys/module/dummy
check "one that was there is not" test -d /sys/module/tun
refute "bonding is unloaded" test -d /sys/module/bonding
modprobe bonding max_bonds=0
expect_status 0 rc_bond start
expect_status 0 rc_bond stop
check "bonding that was there stays" test -d /sys/module/bonding
sed -i 's/MODULES=.*/MODULES="dummy nosuchdriver"/' /etc/rc.d/rc.bond.conf
expect_status 1 rc_bond start
expect_err 'loading nosuchdriver'
equal "the others are in" "dummy0 dummy1" "$(members bond0)"
