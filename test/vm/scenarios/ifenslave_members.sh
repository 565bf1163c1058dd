#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ifenslave in detail: what it shows, what it refuses, that a failure stops neither the
# next NIC nor leaves anything behind, and what a released NIC has.

. /vm/scenarios/lib.sh

# out_line REGEX, err_line REGEX: a whole line of what the last run printed
# shellcheck disable=SC2154 # run sets out and err
out_line() { check "stdout has the line $1" grep -Exe "$1" <<<"$out" || show stdout "$out"; }
# shellcheck disable=SC2154
err_line() { check "stderr has the line $1" grep -Exe "$1" <<<"$err" || show stderr "$err"; }

modprobe bonding max_bonds=0
make_dummies eth0 eth1 eth2 eth3
ip link add bond0 type bond mode active-backup miimon 100

echo "--- refusals, that touch nothing"
ip address add 10.1.0.1/24 dev eth0
ip link set eth0 up
before=$(snapshot)
expect_status 1 ifenslave bond0 eth0
err_line 'ifenslave: bond0: the bond is not up: .ip link set bond0 up. first'
expect_status 1 ifenslave bond9 eth0
err_line 'ifenslave: bond9: .*no such device.*'
expect_status 1 ifenslave eth1 eth0
err_line 'ifenslave: eth1: not a bond'
expect_status 1 ifenslave -f eth1 eth0
expect_status 2 ifenslave bond0 eth0 sixteenbyteslong
expect_err 'longer than 15 bytes'
expect_status 2 ifenslave -dc bond0 eth0
unchanged "nothing was touched" "$before" "$(snapshot)"
ip link set bond0 up
before=$(snapshot)
expect_status 1 ifenslave bond0 bond0
err_line 'ifenslave: bond0: a bond cannot be a member of itself'
expect_status 1 ifenslave bond0 lo
err_line 'ifenslave: lo: the loopback interface.*'
expect_status 1 ifenslave -d bond0 eth0
err_line 'ifenslave: eth0: is not a member of bond0'
expect_status 1 ifenslave -c bond0 eth0
err_line 'ifenslave: eth0: is not a member of bond0'
expect_status 1 ifenslave -d bond0 eth9
err_line 'ifenslave: eth9: .*no such device.*'
unchanged "nothing was touched" "$before" "$(snapshot)"

echo "--- a failure does not stop the next"
ip link set eth0 mtu 9000
expect_status 1 ifenslave -v bond0 eth0 eth9 eth1
err_line 'bond0: driver bonding, ABI version 2'
err_line 'eth0: set down'
err_line 'eth0: address 10.1.0.1/24 taken away'
err_line 'eth0: member of bond0, hardware address 00:16:3e:00:00:01'
err_line 'eth0: MTU changed from 9000 to 1500 by the driver'
err_line 'ifenslave: eth9: .*no such device.*'
err_line 'eth1: member of bond0, hardware address 00:16:3e:00:00:01'
equal "the others are in" "eth0 eth1" "$(members bond0)"
equal "the NIC has the bond's MTU" 1500 "$(mtu eth0)"
expect_status 1 ifenslave bond0 eth0 eth2
err_line 'ifenslave: eth0: is already a member of bond0'
equal "the third is in" "eth0 eth1 eth2" "$(members bond0)"

echo "--- showing"
ip address add 10.77.0.2/24 dev bond0
ip address add 10.77.0.3/24 dev bond0 label bond0:1
wait_for 10 has_carrier bond0
expect_status 0 ifenslave -c bond0 eth1
expect_status 0 ifenslave bond0
out_line 'bond0: <UP,BROADCAST,RUNNING,MASTER,MULTICAST,LOWER_UP> mtu 1500'
out_line '  hardware address 00:16:3e:00:00:01'
out_line '  inet 10.77.0.2/24'
out_line '  inet 10.77.0.3/24 bond0:1'
out_line '  bond active-backup, miimon 100 ms, 3 members'
out_line '  member eth0: link up, 0 failures, backup'
out_line '  member eth1: link up, 0 failures, active'
expect_status 0 ifenslave eth1
out_line 'eth1: <.*SLAVE.*> mtu 1500'
out_line '  member of bond0'
out_line '  not a bond'
expect_status 0 ifenslave -a
for name in lo eth0 eth1 eth2 eth3 bond0; do
  out_line "$name: <.*"
done

echo "--- an ordinary user"
user() { setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"; }
expect_status 0 user ifenslave bond0
out_line '  member eth1: link up, 0 failures, active'
expect_status 0 user ifenslave -a
ip link set eth3 up
ip link set eth3 down # it has a queue from now on
before=$(snapshot)
expect_status 1 user ifenslave bond0 eth3
err_line 'ifenslave: eth3: cannot join bond0: SIOCBONDENSLAVE: operation not permitted: needs root \(CAP_NET_ADMIN\)'
ip link set eth3 up
expect_status 1 user ifenslave bond0 eth3
err_line 'ifenslave: eth3: cannot be set down: SIOCSIFFLAGS: operation not permitted: needs root \(CAP_NET_ADMIN\)'
ip link set eth3 down
expect_status 1 user ifenslave -d bond0 eth0
err_line 'ifenslave: eth0: cannot be released from bond0: .*needs root \(CAP_NET_ADMIN\)'
expect_status 1 user ifenslave -c bond0 eth0
err_line '.*needs root \(CAP_NET_ADMIN\)'
unchanged "nothing was touched" "$before" "$(snapshot)"

echo "--- released: its own MTU and address, and a warning where the bond keeps the address"
expect_status 0 ifenslave -d bond0 eth1
expect_silence
expect_status 0 ifenslave -d bond0 eth0
err_line 'ifenslave: warning: eth0: bond0 keeps the hardware address 00:16:3e:00:00:01.*'
equal "a jumbo MTU survives" 9000 "$(mtu eth0)"
equal "its own address" 00:16:3e:00:00:01 "$(address eth0)"
refute "it is left down" is_up eth0
equal "and a cure" "ip link set bond0 address 00:16:3e:00:00:03" "${err##*: }"
# shellcheck disable=SC2086 # it is a command
check "which works" ${err##*: }
equal "the bond has a member's address" 00:16:3e:00:00:03 "$(address bond0)"
expect_status 1 ifenslave -d bond0 eth0
expect_err 'is not a member of bond0'
expect_status 0 ifenslave bond0 eth0
expect_status 0 ifenslave -d bond0 eth0 eth2
expect_status 0 ifenslave bond0
out_line '  bond active-backup, miimon 100 ms, 0 members'

echo "--- a NIC that the driver does not take gets everything back"
ip link add mv0 link eth1 type macvlan # holds the place in eth1 that bonding wants
ip link set eth1 mtu 4000
ip address add 10.2.0.1/24 brd + dev eth1
ip address add 10.2.0.2/24 dev eth1 label eth1:1
ip address add 10.3.0.1 peer 10.3.0.2/32 dev eth1
ip -6 address add 2001:db8::1/64 dev eth1 nodad
ip link set eth1 up
ip route add default via 10.2.0.254
ip -6 route add 2001:db8:1::/48 via 2001:db8::ff
state() { snapshot eth1 && ip -4 route show table all && ip -6 route show; }
before=$(state)
expect_status 1 ifenslave -v bond0 eth1 eth3
err_line 'ifenslave: eth1: cannot join bond0: SIOCBONDENSLAVE: device or resource busy: something else uses it.*'
err_line 'eth1: set down'
err_line 'eth1: as it was before'
equal "the other one is in" eth3 "$(members bond0)"
expect_status 0 ifenslave -d bond0 eth3
as_before() { [ "$(state)" = "$before" ]; }
wait_for 5 as_before
unchanged "it has MTU, addresses, routes as before" "$before" "$(state)"
ip link del mv0

echo "--- members of something else are left alone"
ip link add br0 type bridge
ip link set eth2 master br0
ip address add 10.4.0.1/24 dev eth2
ip link set eth2 up
before=$(snapshot)
expect_status 1 ifenslave bond0 eth2
err_line 'ifenslave: eth2: is a member of br0: take it out there first'
expect_status 1 ifenslave -d bond0 eth2
err_line 'ifenslave: eth2: is not a member of bond0, but of br0'
unchanged "nothing was touched" "$before" "$(snapshot)"

echo "--- the active one can be chosen only where there is one, and among those that work"
ip link set bond0 down
echo balance-rr >/sys/class/net/bond0/bonding/mode
ip link set bond0 up
expect_status 0 ifenslave bond0 eth0 eth1
expect_status 1 ifenslave -c bond0 eth1
err_line 'ifenslave: eth1: mode balance-rr of bond0 has no active member; these have: active-backup, balance-tlb, balance-alb'
expect_status 0 ifenslave bond0
out_line '  member eth0: link up, 0 failures'
ip link del bond0
make_nics eth7 eth8
ip link add bond0 type bond mode balance-tlb miimon 100
ip link set bond0 up
expect_status 0 ifenslave bond0 eth7 eth8
expect_status 0 ifenslave -c bond0 eth8
expect_status 0 ifenslave bond0
out_line '  member eth8: link up, 0 failures, active'
unplug eth7
wait_for 10 eval "grep -q down /sys/class/net/eth7/bonding_slave/mii_status"
expect_status 1 ifenslave -c bond0 eth7
err_line 'ifenslave: eth7: cannot be made the active member of bond0: .*: it must be up and have a link'

echo "--- under exasock, members are changed through sysfs (exasock_* have the real driver)"
plug eth7
mkdir -p /tmp/net/eth7/device
ln -s /sys/bus/pci/drivers/exanic /tmp/net/eth7/device/driver # a SmartNIC, by its driver's name
for name in bond0 eth8; do ln -s "$(readlink -f /sys/class/net/$name)" /tmp/net/; done
echo "other bond0 another" >/tmp/net/exabond_masters
mount --bind /tmp/net /sys/class/net
ip link set bond0 address 00:16:3e:00:00:99 # nobody's: else eth7 could not be released
expect_status 0 ifenslave -vd bond0 eth7
err_line 'bond0: managed by exasock: members are changed through sysfs'
equal "released" eth8 "$(members bond0)"
expect_status 0 ifenslave bond0 eth7
equal "a member again" "eth7 eth8" "$(members bond0)"
expect_status 0 ifenslave -c bond0 eth7
equal "active" eth7 "$(option bond0 active_slave)"
expect_status 1 user ifenslave -c bond0 eth8
err_line '.*needs root \(CAP_NET_ADMIN\)'
ifenslave -d bond0 eth8
expect_status 1 ifenslave bond0 eth8
err_line 'ifenslave: bond0: is managed by exasock: eth8 is no SmartNIC: .*'
