#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A start whose last step fails puts everything back, stop too: up or down, addresses, routes, MAC, MTU, VLANs.

# shellcheck disable=SC2154 # out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1 eth2
make_peer_for active-backup
modprobe 8021q
ip link set eth0 up mtu 1400
ip address add 10.77.0.5/24 dev eth0
ip address add 10.77.0.6/24 dev eth0 label eth0:1
ip address add 10.66.0.1 peer 10.66.0.2/32 dev eth0
ip address add 2001:db8:5::1/64 dev eth0 nodad
ip route add 10.99.0.0/16 via 10.77.0.1 metric 5
ip route add default via 10.77.0.1
ip route add 10.96.0.1 dev eth0
ip route add 10.95.0.0/16 via 10.96.0.1
ip route add 10.98.0.0/16 dev eth0 table 100
ip -6 route add 2001:db8:99::/48 via 2001:db8:5::9
ip link set eth1 address 02:aa:00:00:00:01
ip address add 10.55.0.1/24 dev eth1
for tag in 10 20; do
  ip link add link eth0 name eth0.$tag type vlan id $tag
  ip address add 10.$tag.0.1/24 dev eth0.$tag
done
ip link set eth0.10 up
ip address add 2001:db8:10::1/64 dev eth0.10 nodad
ip route add 10.97.0.0/16 via 10.10.0.9
ip link set eth2 up
ip address add 2001:db8:2::1/64 dev eth2 nodad
sleep 2

# Everything that is to be as before. Ports know the bond they were in by nothing.
everything() {
  snapshot | sed 's/<[^>]*>/<>/'
  ip route show table all | grep -v -e ^broadcast -e ^local -e linkdown -e fe80 | sort
  ip -6 route show table all | grep -v -e fe80 -e ^multicast -e ^local -e ^anycast | sort
  for nic in eth0 eth1 eth2 eth0.10 eth0.20; do
    if is_up $nic; then echo "$nic is up"; else echo "$nic is down"; fi
  done
}
before=$(everything)

# IPv6 is off for new interfaces, so the bond's IPv6 address, its last step, fails.
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1 eth2"
MTU[0]="1300"
IPADDRS[0]="10.77.0.2/24"
IP6ADDRS[0]="2001:db8:77::2/64"
END
expect_status 1 rc_bond start
# 7.2 says that it is disabled, older ones "Permission denied".
expect_err 'bond0: adding 2001:db8:77::2/64: .*([Pp]ermission denied|IPv6 is disabled)'
expect_err 'bond0: not started; everything is back as it was'
unchanged "a failed start leaves all as it was" "$before" "$(everything)"

# A member that cannot be one: the kernel takes no tun device... one in use by a VLAN can.
sysctl -qw net.ipv6.conf.default.disable_ipv6=0
expect_status 0 rc_bond start
equal "members" "eth0 eth1 eth2" "$(members bond0)"
equal "MTU" 1300 "$(mtu bond0)"
check "a VLAN on a member keeps its addresses" grep -q 'eth0.10 .*2001:db8:10::1/64' <(ip -o address show)
check "and its routes" grep -q '^10.97.0.0/16' <(ip route)
check "a VLAN that was down stays down" eval '! is_up eth0.20'
check "the peer answers" reachable
expect_status 0 rc_bond stop
unchanged "stop leaves all as it was" "$before" "$(everything)"
