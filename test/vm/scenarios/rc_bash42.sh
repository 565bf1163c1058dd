#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond run by the bash of Slackware 14.1, which BASH42 names.

. /vm/scenarios/lib.sh

[ -x /vm/ref/BASH42 ] || skip "BASH42 names no bash 4.2"
version=$(/vm/ref/BASH42 --version | sed -n '1s/.*version \([^ (]*\).*/\1/p')
check "it is bash 4.2 ($version)" grep -q "^4\.2\." <<<"$version"
make_nics eth0 eth1
make_switch
ip link set eth0 up
ip address add 10.66.0.5/24 dev eth0
ip address add 2001:db8:5::1/64 dev eth0 nodad
ip route add 10.99.0.0/16 via 10.66.0.1
wait_for 10 grep -q up /sys/class/net/eth0/operstate
before=$(snapshot eth0 eth1)
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1 eth7"
IFOPTS[0]="primary eth1 | updelay 200 | arp_ip_target 10.77.0.1, 10.77.0.9 | queue_id eth0:1"
IPADDRS[0]="10.77.0.2/255.255.255.0"
IP6ADDRS[0]="2001:db8:77::2/64"
GATEWAY="10.77.0.1"
END
chmod 755 /etc/rc.d/rc.bond
mount --bind /vm/ref/BASH42 /bin/bash
for way in run sourced sh; do
  case $way in
  run) command=(/etc/rc.d/rc.bond) ;;
  sourced) command=(/vm/ref/BASH42 -c '. /etc/rc.d/rc.bond "$@"' rc.M) ;;
  sh) command=(/vm/ref/BASH42 --posix /etc/rc.d/rc.bond) ;;
  esac
  expect_status 1 "${command[@]}" start
  equal "$way: only the missing NIC is complained of" "rc.bond: bond0: no such NIC: eth7; bond0_start adds it when it is there" "$err"
  equal "$way: members" "eth0 eth1" "$(members bond0)"
  equal "$way: options" "active-backup 100 200 eth1" "$(option bond0 mode) $(option bond0 miimon) $(option bond0 updelay) $(option bond0 primary)"
  check "$way: the peer answers" reachable
  expect_status 1 "${command[@]}" start
  expect_status 1 "${command[@]}" status
  expect_out 'bond0: up, active-backup, eth0 eth1\*'
  expect_status 1 "${command[@]}" bond0_restart
  check "$way: the peer answers after a restart" reachable
  expect_status 0 "${command[@]}" stop
  # The kernel tells that eth0's carrier is there a moment after it is.
  wait_for 10 grep -q up /sys/class/net/eth0/operstate
  unchanged "$way: the NICs are as before" "$before" "$(snapshot eth0 eth1)"
  check "$way: the route is back" grep -q '10.99.0.0/16 via 10.66.0.1' <(ip route)
done
