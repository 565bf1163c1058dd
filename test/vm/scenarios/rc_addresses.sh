#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Addresses, routes and MTU, with ip and with nothing but ifconfig and route.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
ip -n peer address add 2001:db8:77::1/64 dev switch nodad
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
MTU[0]="1400"
HWADDR[0]="02:AA:00:00:00:01"
MACCHECK="off"
IPADDRS[0]="10.77.0.2/24 10.78.0.2/255.255.255.128 10.79.0.2"
IP6ADDRS[0]="2001:DB8:77:0::2/64 2001:db8:78::2"
GATEWAY="10.77.0.1"
GATEWAY6="2001:db8:77::1"
END
# What the NICs had.
ip link set eth0 up
ip address add 10.55.0.5/24 dev eth0
ip address add 10.56.0.5/24 dev eth0 label eth0:1
ip address add 2001:db8:55::5/64 dev eth0 nodad
ip route add 10.57.0.0/16 via 10.55.0.1

for tools in ip ifconfig; do
  if [ $tools = ifconfig ]; then
    mkdir -p /hidden/real
    hidden=$(readlink -f /sbin/ip)
    # An empty file that cannot be run takes the place of rc.bond's ip.
    : >/hidden/ip
    cp "$hidden" /hidden/real/ip
    mount --bind /hidden/ip "$hidden"
    # The rest of this scenario needs one.
    ip() { /hidden/real/ip "$@"; }
  fi
  expect_status 0 rc_bond start
  equal "$tools: nothing on standard error" "" "$err"
  equal "$tools: IPv4" "10.77.0.2/24 10.78.0.2/25 10.79.0.2/24" "$(ip -o -4 address show dev bond0 | awk '{ print $4 }' | sort | tr '\n' ' ' | sed 's/ $//')"
  equal "$tools: IPv6" "2001:db8:77::2/64 2001:db8:78::2/64" "$(ip -o -6 address show dev bond0 scope global | awk '{ print $4 }' | sort | tr '\n' ' ' | sed 's/ $//')"
  equal "$tools: MTU" 1400 "$(mtu bond0)"
  equal "$tools: address" 02:aa:00:00:00:01 "$(address bond0)"
  equal "$tools: a member has it" 02:aa:00:00:00:01 "$(address eth1)"
  check "$tools: the default route" grep -q 'default via 10.77.0.1 dev bond0' <(ip route)
  check "$tools: the IPv6 default route" grep -q 'default via 2001:db8:77::1 dev bond0' <(ip -6 route)
  refute "$tools: the NIC gave up its addresses" grep -q 'eth0 .*inet' <(ip -o address show dev eth0)
  check "$tools: the peer answers" reachable
  before=$(ip -o address show dev bond0 | awk '{ print $4 }')
  expect_status 0 rc_bond start
  equal "$tools: a second start changes nothing" "$before" "$(ip -o address show dev bond0 | awk '{ print $4 }')"
  expect_status 0 rc_bond stop
  equal "$tools: the NIC has its addresses back" "10.55.0.5/24 10.56.0.5/24 2001:db8:55::5/64" "$(ip -o address show dev eth0 scope global | awk '{ print $4 }' | sort | tr '\n' ' ' | sed 's/ $//')"
  check "$tools: and its route" grep -q '10.57.0.0/16 via 10.55.0.1' <(ip route)
done

# Another address and gateway: restart gives the bond the new ones instead of the old.
umount "$hidden"
unset -f ip
expect_status 0 rc_bond start
ip address add 10.66.0.9/24 dev bond0
sed -i 's/10.77.0.2/10.77.0.3/; s/^GATEWAY=.*/GATEWAY="10.79.0.1"/' /etc/rc.d/rc.bond.conf
expect_status 0 rc_bond restart
equal "the new address, and somebody else's" "10.66.0.9/24 10.77.0.3/24 10.78.0.2/25 10.79.0.2/24" "$(ip -o -4 address show dev bond0 | awk '{ print $4 }' | sort | tr '\n' ' ' | sed 's/ $//')"
equal "the new gateway" "default via 10.79.0.1 dev bond0 " "$(ip -4 route show default)"

# The gateway is for all of them.
make_dummies eth2
cat >>/etc/rc.d/rc.bond.conf <<'END'
IFNAME[1]="bond1"
BONDNICS[1]="eth2"
IPADDRS[1]="10.88.0.2/24"
END
expect_status 0 rc_bond start
expect_status 0 rc_bond bond1_stop
equal "the default route stays with the other bond" "default via 10.79.0.1 dev bond0 " "$(ip -4 route show default)"
