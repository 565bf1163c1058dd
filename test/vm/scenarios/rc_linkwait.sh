#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A start waits for carrier, LINKWAIT seconds at most, and gives DHCP no dead link.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
unplug eth0 eth1
# What would be Slackware's dhcpcd: notes how it was called, and leaves a pid file.
cat >/sbin/dhcpcd <<'END'
#!/bin/bash
echo "carrier $(cat /sys/class/net/bond0/carrier): dhcpcd $*" >>/tmp/dhcpcd.log
[ "$1" != -k ] || exec rm -f "/run/dhcpcd-$2.pid"
sleep 1000 &
echo $! >"/run/dhcpcd-${*: -1}.pid"
END
chmod 755 /sbin/dhcpcd
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
LINKWAIT[0]="60"
USE_DHCP[0]="yes"
END
(
  wait_for 60 grep -q eth1 /sys/class/net/bond0/bonding/slaves
  sleep 4
  plug eth1
) &
begun=$SECONDS
expect_status 0 rc_bond start
check "it waited for the link" test $((SECONDS - begun)) -ge 3
check "and no longer" test $((SECONDS - begun)) -lt 50
equal "the cable that is out is told, and is no failure" "rc.bond: bond0: eth0: no link" "$err"
equal "DHCP came after carrier" "carrier 1: dhcpcd -t 15 bond0" "$(cat /tmp/dhcpcd.log)"
check "no daemon has the lock" flock -n /run/rc.bond/lock true
expect_status 0 rc_bond start
equal "a second start starts no second client" 1 "$(wc -l </tmp/dhcpcd.log)"
expect_status 0 rc_bond stop
equal "stop ends it" "dhcpcd -k bond0" "$(tail -n 1 /tmp/dhcpcd.log | sed 's/.*: //')"
wait
unplug eth1
rm /tmp/dhcpcd.log
sed -i 's/60/2/' /etc/rc.d/rc.bond.conf
run rc_bond start
expect_err 'bond0: no carrier after 2 s'
check "the bond is there all the same" exists bond0
equal "DHCP waits in the background" "carrier 0: dhcpcd -t 15 -b bond0" "$(cat /tmp/dhcpcd.log)"
rc_bond stop

# A client on a NIC is stopped when the NIC becomes a member, and is back after stop.
: >/tmp/dhcpcd.log
/sbin/dhcpcd eth0
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
LINKWAIT[0]="0"
END
expect_status 0 rc_bond start
check "the NIC's client was stopped" grep -q 'dhcpcd -k eth0' /tmp/dhcpcd.log
expect_status 0 rc_bond stop
check "and started again" grep -q 'dhcpcd -b eth0' /tmp/dhcpcd.log
