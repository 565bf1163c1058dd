#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A missing NIC degrades the bond, it does not deny it; a later start adds it.

. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth7 eth0 eth1"
IFOPTS[0]="primary eth7"
IPADDRS[0]="10.77.0.2/24"
LINKWAIT[0]="2"
END
expect_status 1 rc_bond start
expect_err 'eth7'
equal "the others are in" "eth0 eth1" "$(members bond0)"
equal "miimon, which nobody named" 100 "$(option bond0 miimon)"
check "the peer answers" reachable
expect_status 1 rc_bond status
expect_out 'bond0 eth7: is missing: there is no such NIC'

before=$(snapshot)
expect_status 1 rc_bond start
unchanged "a second start changes nothing" "$before" "$(snapshot)"

make_nics eth7
ip -n peer link set peer-eth7 master switch
expect_status 0 rc_bond bond0_start
equal "all are in" "eth0 eth1 eth7" "$(members bond0)"
equal "it is the primary now" eth7 "$(option bond0 primary)"
check "status is well once the link is up" wait_for 10 rc_bond status
check "the peer answers still" reachable

expect_status 0 rc_bond stop
refute "stop removes the bond" exists bond0

# Where no member is left there is nothing to degrade to: no bond, and no address on it.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth8 eth9"
IPADDRS[0]="10.77.0.2/24"
LINKWAIT[0]="1"
END
before=$(snapshot)
expect_status 1 rc_bond start
expect_err 'eth8'
unchanged "without any NIC nothing is made" "$before" "$(snapshot)"

# A NIC that exists and cannot be used is as one that is missing: a VLAN on an interface
# that is down refuses to be set up.
modprobe 8021q
make_dummies eth9 eth8
ip link set eth9 up
ip link set eth9 down
ip link add link eth8 name nic1 type vlan id 1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth9 nic1"
LINKWAIT[0]="1"
END
before=$(snapshot)
expect_status 1 rc_bond start
expect_err 'bond0: nic1 cannot be used: .*network is down'
equal "the bond is up with the rest" eth9 "$(members bond0)"
equal "and has that NIC's address" "$(address eth9)" "$(address bond0)"
# A restart does not lose a bond that works to a NIC that does not.
expect_status 1 rc_bond restart
expect_err 'nic1 cannot be used'
equal "still with the rest" eth9 "$(members bond0)"
ip link set eth8 up
expect_status 0 rc_bond start
equal "it joins as soon as it can be used" "eth9 nic1" "$(members bond0)"
rc_bond stop
ip link set eth8 down
unchanged "stop leads back" "$before" "$(snapshot)"

# Where none can be used there is no bond.
sed -i 's/eth9 nic1/nic1/' /etc/rc.d/rc.bond.conf
expect_status 1 rc_bond start
expect_err 'none of its members could join it'
expect_err 'everything is back as it was'
refute "no bond is left" exists bond0
unchanged "nothing is changed" "$before" "$(snapshot)"

# A member that lost the bond's address or MTU is told, and start mends it: else the network
# would be dead after the next failover.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth8 eth9"
LINKWAIT[0]="1"
END
expect_status 0 rc_bond start
ip link set eth9 address 02:00:00:00:00:99
ip link set eth9 mtu 1400
expect_status 1 rc_bond status
expect_out 'bond0 eth9: has the MAC address 02:00:00:00:00:99, not the bond.s'
expect_out 'bond0 eth9: its MTU is 1400, asked for is 1500'
expect_status 0 rc_bond start
equal "the address again" "$(address bond0)" "$(address eth9)"
equal "the MTU again" 1500 "$(mtu eth9)"
expect_status 0 rc_bond status
