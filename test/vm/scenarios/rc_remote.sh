#!/bin/bash
# SPDX-License-Identifier: MIT
#
# restart over a connection that rides on the bond comes back, also where that breaks.

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

# Nor does it matter that nobody hears it any more, or that its terminal hangs up.
/etc/rc.d/rc.bond restart 2>/dev/null | :
equal "unheard: its status" 0 "${PIPESTATUS[0]}"
equal "unheard: members" "eth0 eth1" "$(members bond0)"
/etc/rc.d/rc.bond restart >/tmp/said 2>&1 &
check "it has begun" wait_for 20 grep -q Stopping /tmp/said
kill -HUP $!
wait $!
equal "hung up: its status" 0 $?
equal "hung up: members" "eth0 eth1" "$(members bond0)"
check "the peer answers" reachable
