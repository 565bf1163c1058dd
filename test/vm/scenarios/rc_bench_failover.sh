#!/bin/bash
# SPDX-License-Identifier: MIT
#
# How long a failover takes: pings lost at miimon 50, 100 and 200, and in a managed switch-over.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch

# counts: requests sent, those that the peer got, its replies, and those that came back, as
# the kernels of both count them; and frames that eth0 and eth1 dropped as inactive members
counts() {
  local local_icmp peer_icmp
  local_icmp=$(icmp </proc/net/snmp)
  peer_icmp=$(ip netns exec peer cat /proc/net/snmp | icmp)
  # shellcheck disable=SC2086 # numbers
  set -- $local_icmp $peer_icmp
  echo "$1 $6 $7 $4" $(($(</sys/class/net/eth0/statistics/rx_nohandler) + $(</sys/class/net/eth1/statistics/rx_nohandler)))
}
icmp() {
  awk '$1 == "Icmp:" && !n { n = split($0, name); next }
    $1 == "Icmp:" { for (i = 1; i <= n; i++) v[name[i]] = $i; print v["OutEchos"], v["InEchos"], v["OutEchoReps"], v["InEchoReps"] }'
}

# lost COMMAND...: pings that never were answered while COMMAND ran, in lost: on their way
# there and back, and of these dropped by a member as inactive; replies that came when
# ping had given up are no loss, and in late. One every 10 ms is asked for, and interval
# says how many passed.
lost() {
  local before after begin missed
  read -r -a before < <(counts)
  begin=${EPOCHREALTIME/./}
  busybox ping -q -i 0.01 -W 1 -c 200 "$peer_address" >/tmp/ping &
  sleep 1
  "$@"
  wait $!
  interval=$(((${EPOCHREALTIME/./} - begin) / 200000))
  sleep 1
  read -r -a after < <(counts)
  lost=$((after[0] - before[0] - (after[3] - before[3])))
  there=$((after[0] - before[0] - (after[1] - before[1])))
  back=$((after[2] - before[2] - (after[3] - before[3])))
  inactive=$((after[4] - before[4]))
  missed=$(sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) .*/\1 - \2/p' /tmp/ping)
  late=$((missed - lost))
}

active() { option bond0 active_slave; }
other() { if [ "$(active)" = eth0 ]; then echo eth1; else echo eth0; fi; }

table=
for miimon in 50 100 200; do
  config <<END
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="miimon $miimon"
IPADDRS[0]="10.77.0.2/24"
END
  run rc_bond restart
  check "miimon $miimon: the peer answers" reachable
  row='' worst=0 all_late=0
  for _ in {1..4}; do
    nic=$(active)
    lost unplug "$nic"
    row+=" $lost" all_late=$((all_late + late))
    [ "$lost" -le "$worst" ] || worst=$lost
    plug "$nic"
    wait_for 10 has_carrier "$nic"
    sleep 0.$((miimon / 50 + 2))
  done
  # The outage is at most one miimon; an emulated machine adds its own.
  check "miimon $miimon: $worst lost of 200 at most" test "$worst" -le $((miimon / 5 + 20))
  table+="    miimon $miimon:$row (a ping each $interval ms; $all_late late)"$'\n'
done

# switch_over TRIALS: by ifenslave -c; pings lost in each trial in row, all of them in sum
switch_over() {
  local n
  row='' sum=0 dropped=0 all_late=0
  for ((n = 0; n < $1; n++)); do
    lost ifenslave -c bond0 "$(other)"
    row+=" $lost" sum=$((sum + lost)) dropped=$((dropped + inactive)) all_late=$((all_late + late))
    [ "$lost" -eq 0 ] || echo "    switch-over $n: lost $there there, $back back; $inactive dropped by an inactive member"
  done
  table+="    ifenslave -c, $2:$row ($all_late late; $dropped frames dropped by an inactive member)"$'\n'
}
switch_over 10 "replies at once"
equal "a managed switch-over loses nothing" 0 "$sum"

# A reply that is on its way to the member that was active arrives at an inactive one, and
# the driver drops it as a duplicate, unless all_slaves_active is on.
for nic in eth0 eth1; do ip netns exec peer tc qdisc add dev peer-$nic root netem delay 5ms; done
switch_over 4 "replies after 5 ms"
check "what is lost was dropped by an inactive member ($sum of $dropped frames)" test "$sum" -le "$dropped"
echo 1 >/sys/class/net/bond0/bonding/all_slaves_active
switch_over 4 "replies after 5 ms, all_slaves_active"
equal "with all_slaves_active nothing is lost" 0 "$sum"
printf '    pings lost in each trial:\n%s' "$table"
