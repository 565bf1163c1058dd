#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the other scenarios stand on: NICs, cables, the peer, and a kernel with bonding.
#
# On any kernel.

. /vm/scenarios/lib.sh

equal "only the loopback interface" lo "$(ls /sys/class/net)"
refute "no bonding driver" test -d /sys/module/bonding

make_nics eth0 eth1
equal "a NIC has the address of its number" 00:16:3e:00:00:02 "$(address eth1)"
make_switch
ip link set eth0 up
ip address add 10.77.0.2/24 dev eth0
check "a cable carries traffic" reachable
check "a NIC has carrier" has_carrier eth0
unplug eth0
check "a pulled cable takes carrier away" wait_for 10 eval '! has_carrier eth0'
refute "a pulled cable carries nothing" ping_peer
plug eth0
check "a cable put back gives carrier" wait_for 10 has_carrier eth0

before=$(snapshot)
unchanged "a snapshot does not depend on time" "$before" "$(sleep 1 && snapshot)"
ip link set eth1 mtu 1400
refute "a snapshot sees a change" test "$before" = "$(snapshot)"

modprobe bonding max_bonds=0
check "bonding is there" test -e /sys/class/net/bonding_masters
echo +bond9 >/sys/class/net/bonding_masters
echo active-backup >/sys/class/net/bond9/bonding/mode
make_dummies eth2
ip link set eth2 master bond9
equal "members are told" eth2 "$(members bond9)"
equal "options are told" active-backup "$(option bond9 mode)"

expect_status 3 bash -c 'echo out; echo err >&2; exit 3'
expect_out '^out$'
expect_err '^err$'
