#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bondctl exasock where there is no driver: clear words, and nothing changes.

. /vm/scenarios/lib.sh

modprobe bonding max_bonds=0
make_dummies eth0
echo +bond0 >/sys/class/net/bonding_masters
echo active-backup >/sys/class/net/bond0/bonding/mode
echo +eth0 >/sys/class/net/bond0/bonding/slaves
before=$(snapshot)

expect_status 1 bondctl exasock manage bond0
expect_err '^bondctl: bond0: the exasock driver is not loaded: run "modprobe bonding" and "modprobe exasock"$'
expect_status 3 bondctl exasock status
expect_err '^bondctl: the exasock driver is not loaded: '
expect_status 1 bondctl exasock status bond0
expect_out '^bond0: not managed by exasock'
expect_out 'member   eth0  no driver  -  link up'
expect_out '! bond0: member eth0 is no SmartNIC: it has no device and no driver'
expect_status 1 bondctl exasock check bond0
expect_out '^refused: the exasock driver is not loaded'
expect_status 0 bondctl exasock release bond0
expect_out '^bond0: not managed by exasock$'
expect_status 1 bondctl exasock status --watch bond0
expect_err '^bondctl: bond0: the exasock driver is not loaded'
expect_status 1 bondctl exasock manage eth0
expect_status 2 bondctl exasock manage
unchanged "nothing was touched" "$before" "$(snapshot)"

# ifenslave needs no exasock.
ip link set bond0 up
make_dummies eth1
expect_status 0 ifenslave bond0 eth1
