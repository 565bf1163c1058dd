#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Where syslogd runs, details go there and the console has one line a bond; where it does
# not, they go to the console. What is wrong goes to standard error either way.
#
# On any kernel.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_dummies eth0 eth1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1 eth7"
LINKWAIT[0]="0"
END
missing='rc.bond: bond0: no such NIC: eth7; /etc/rc.d/rc.bond bond0_start adds it when it is there'

expect_status 1 rc_bond start
expect_out '^Starting bond0:  eth0 eth1 eth7 \(active-backup\)'
expect_out 'rc\.bond: bond0: up, mode active-backup, members eth0 eth1$'
equal "the missing NIC is told" "$missing" "$err"
expect_status 0 rc_bond stop

[ -x /usr/bin/logger ] || ln -s "$(command -v logger || echo /opt/busybox/logger)" /usr/bin/logger
busybox syslogd -n -O /tmp/messages &
syslogd=$!
check "syslogd runs" wait_for 10 test -S /dev/log
echo $syslogd >/run/syslogd.pid
logged() { wait_for 10 grep -qE "rc\.bond\[[0-9]+\]: $1" /tmp/messages; }

expect_status 1 rc_bond start
equal "the console has one line" "Starting bond0:  eth0 eth1 eth7 (active-backup)" "$out"
equal "the missing NIC is told" "$missing" "$err"
check "the log has that it is up" logged 'bond0: up, mode active-backup, members eth0 eth1$'
check "the log has what is missing" logged 'bond0: no such NIC: eth7'
refute "the log has no single changes" grep -q "link set" /tmp/messages
expect_status 0 rc_bond stop
echo 'DEBUG_ETH_UP="yes"' >>/etc/rc.d/rc.bond.conf
expect_status 1 rc_bond start
check "with DEBUG_ETH_UP the log has each change" logged 'link set eth1 master bond0'
kill $syslogd
rm -f /dev/log
