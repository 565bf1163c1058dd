#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whatever addresses, routes, neighbours and nexthop objects a NIC can have, it has them
# again after it was in a bond: the tests of internal/rtnl, each in a namespace of its own.

. /vm/scenarios/lib.sh

modprobe dummy numdummies=0
modprobe bonding max_bonds=0
run_tests rtnl 'TestPutBack'
