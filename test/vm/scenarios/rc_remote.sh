#!/bin/bash
# SPDX-License-Identifier: MIT
#
# restart over a connection that rides on the bond comes back.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
END
expect_status 0 rc_bond start
# The address is rc.inet1's.
ip address add 10.77.0.2/24 dev bond0
check "the peer answers" reachable
busybox nc -l -p 7777 -e /bin/bash &
sleep 1
{
  echo 'busybox ip link show bond0; /etc/rc.d/rc.bond restart; echo "ended with $?"; exit'
  sleep 25
} | timeout 40 ip netns exec peer busybox nc 10.77.0.2 7777 >/tmp/remote 2>&1 &
check "the end of it is told over the connection" wait_for 40 grep -q 'ended with 0' /tmp/remote
show remote "$(cat /tmp/remote)"
equal "members" "eth0 eth1" "$(members bond0)"
