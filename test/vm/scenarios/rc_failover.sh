#!/bin/bash
# SPDX-License-Identifier: MIT
#
# An active-backup bond that rc.bond made survives the loss of a cable, either one.

. /vm/scenarios/lib.sh

active_is() { [ "$(option bond0 active_slave)" = "$1" ]; }

make_nics eth0 eth1
make_switch
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="miimon 100 | primary eth0"
IPADDRS[0]="10.77.0.2/24"
END
expect_status 0 rc_bond start
equal "the default mode" active-backup "$(option bond0 mode)"
check "the peer answers" reachable
check "the primary is active" wait_for 10 active_is eth0

# One ping runs over all of it: what is lost is lost at the moments of change only.
busybox ping -i 0.1 -W 1 "$peer_address" >/tmp/ping &
pid=$!

unplug eth0
check "eth1 becomes the active one" wait_for 10 active_is eth1
check "the peer answers without eth0's cable" reachable
expect_status 1 rc_bond status
expect_out 'eth0: no link'

plug eth0
check "eth0 is active again" wait_for 10 active_is eth0
unplug eth1
check "the backup's loss is seen" wait_for 10 eval '! rc_bond status'
check "the peer answers without eth1's cable" reachable
plug eth1
check "status is well again" wait_for 10 rc_bond status

answered() { [ "$(grep -c "seq=" /tmp/ping)" -ge 10 ]; }
check "ping had time" wait_for 20 answered
kill -INT $pid
wait $pid
read -r sent received <<<"$(sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) .*/\1 \2/p' /tmp/ping)"
echo "    $received of $sent pings were answered"
check "pings were sent" test "${sent:-0}" -ge 10
check "ping went on: what was lost was lost at the changes" test $((sent - received)) -le 12

unplug eth0 eth1
check "no carrier without any cable" wait_for 10 eval '! has_carrier bond0'
refute "status is not well" rc_bond status
plug eth1
check "one cable is enough" reachable

# active_slave is for the first start: what the bond does since is its own business.
plug eth0
sed -i 's/primary eth0/active_slave eth0/' /etc/rc.d/rc.bond.conf
expect_status 0 rc_bond restart
equal "the active one that was chosen" eth0 "$(option bond0 active_slave)"
check "status is well" wait_for 10 rc_bond status
expect_status 0 ifenslave -c bond0 eth1
expect_status 0 rc_bond start
equal "a second start leaves the active one" eth1 "$(option bond0 active_slave)"
