#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bondctl status on real bonds: the tree, the exit statuses, LACP with and
# without a partner, as anybody; and --watch, which sleeps until something
# changes and tells what.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

# shows REGEX: a line of the last run's output
shows() { check "shows $1" grep -qE -- "$1" <<<"$out"; }

bondctl=/sbin/bondctl
export LC_ALL=en_US.UTF-8

expect_status 3 $bondctl status
shows '^no bond: the bonding driver is not loaded$'

make_nics eth0 eth1
make_switch
modprobe bonding max_bonds=0
bond() { # MODE OPTION VALUE...
  [ ! -e /sys/class/net/bond0 ] || ip link del bond0
  ip link add bond0 type bond mode "$@"
  for nic in eth0 eth1; do
    ip link set $nic down
    ip link set $nic master bond0
  done
  ip link set bond0 up
}
bond active-backup miimon 100
check "carrier" wait_for 5 has_carrier bond0
check "both links are seen" wait_for 5 $bondctl status
expect_status 0 $bondctl status
shows '^bond0 +up +active-backup +(up|[0-9]+) '
shows '^├─eth0 +active +(up|[0-9]+) .*00:16:3e:00:00:01'
shows '^└─eth1 +backup +(up|[0-9]+) .*00:16:3e:00:00:02'
expect_status 0 $bondctl status --json
shows '"permanent_mac": "00:16:3e:00:00:02"'

# --watch: no work between events, each change told.
$bondctl status --watch bond0 >/tmp/watch &
watcher=$!
check "watch shows the tree first" wait_for 5 grep -q '└─eth1' /tmp/watch
switches() { awk '/ctxt_switches/ {n += $2} END {print n}' /proc/$watcher/status; }
before=$(switches)
sleep 3
woken=$(($(switches) - before))
check "watch sleeps while nothing happens (woken $woken times in 3 s)" test $woken -lt 10
unplug eth0
check "watch tells of the lost link" wait_for 5 grep -q ' bond0 eth0: link up -> ' /tmp/watch
check "watch tells of the failover" wait_for 5 grep -q ' bond0: active eth0 -> eth1$' /tmp/watch
check "watch tells of the state" wait_for 5 grep -q ' bond0: state up -> degraded$' /tmp/watch
expect_status 1 $bondctl status
shows '^! bond0 eth0: no link, lost once so far$'
plug eth0
check "watch tells of the link's return" wait_for 5 grep -q ' bond0 eth0: link .*-> up$' /tmp/watch
ip link set eth1 nomaster
check "watch tells who left" wait_for 5 grep -q ' bond0 eth1: left$' /tmp/watch
kill -INT $watcher
wait $watcher
equal "its status is that of the last look" 0 $?
refute "each transition has its time" grep -Evq '^(NAME|bond0|(├|└)─|$|!|[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} bond0)' /tmp/watch

# On a terminal the tree stays, up to date, above the last changes; with --json
# each line is an object.
bond active-backup miimon 100
wait_for 5 has_carrier bond0
if command -v script >/dev/null; then
  TERM=linux script -qfc "stty rows 25 cols 110; $bondctl status --watch" /tmp/terminal </dev/null >/dev/null 2>&1 &
  check "the tree is drawn" wait_for 5 grep -q '└─eth1' /tmp/terminal
  unplug eth0
  check "it is drawn again" wait_for 5 grep -qz $'\x1b\\[H\x1b\\[2J.*\x1b\\[H\x1b\\[2J.*eth1.*active' /tmp/terminal
  check "the change stands below" wait_for 5 grep -q ' bond0: active eth0 -> eth1' /tmp/terminal
  plug eth0
fi
$bondctl status --watch --json >/tmp/json &
watcher=$!
check "the first object is the state" wait_for 5 grep -q '^{"state":".*"bonds":\[{"name":"bond0"' /tmp/json
ip link set eth1 nomaster
check "a change is one" wait_for 5 grep -qE '^\{"time":"20.*","bond":"bond0","member":"eth1","what":"left","from":"","to":""\}$' /tmp/json
kill $watcher

check "it ends with whoever reads from its pipe" timeout 20 bash -c "$bondctl status --watch | head -n 1"

# A NIC that was released and set up with the bond's MAC.
bond active-backup miimon 100
wait_for 5 has_carrier bond0
ip link set eth0 nomaster
ip link set eth0 up
expect_status 1 $bondctl status
shows "^! bond0 eth0: is no member but is up with the bond's MAC 00:16:3e:00:00:01"
ip link set eth0 down

# Down, empty, no monitor.
bond active-backup miimon 100
ip link set bond0 down
expect_status 3 $bondctl status
shows '^! bond0: is set down'
bond balance-rr
wait_for 5 has_carrier bond0
expect_status 1 $bondctl status
shows 'neither miimon nor arp_interval'
ip link add bond1 type bond
expect_status 3 $bondctl status bond1
shows '^! bond1: has no member'
ip link del bond1

# LACP without a partner: carrier is on, and the diagnosis says what is wrong.
bond 802.3ad miimon 100 lacp_rate fast
wait_for 5 has_carrier bond0
expect_status 1 $bondctl status
shows '^! bond0 eth0: no LACPDU received'
shows '^! bond0 eth1: is in aggregator [12], others in [12]'
ip link del bond0
remove_peer

# LACP with one, as root and as anybody.
make_nics eth0 eth1
make_peer_bond 802.3ad lacp_rate fast
bond 802.3ad miimon 100 lacp_rate fast
check "LACP agrees" wait_for 15 $bondctl status
expect_status 0 $bondctl status
shows '^bond0 +up +802.3ad .* [12] \(ports 2\) +[0-9a-f:]{17}$'
setpriv --reuid 65534 --regid 65534 --clear-groups $bondctl status >/tmp/anybody 2>&1
equal "as anybody: the same status" 0 $?
check "as anybody: the partner is seen" grep -qE '^bond0 .* \(ports 2\) +[0-9a-f:]{17}$' /tmp/anybody
refute "as anybody: what only root may read is left out" grep -qE '^..eth. .*[0-9a-f:]{17} .*[0-9a-f:]{17} .*[0-9a-f:]{17}$' /tmp/anybody
