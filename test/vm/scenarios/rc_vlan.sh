#!/bin/bash
# SPDX-License-Identifier: MIT
#
# VLANs and bridges on a bond, as rc.inet1 makes them: stop does not take them along, restart keeps them.

# shellcheck disable=SC2154 # out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_peer_for active-backup
modprobe 8021q
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
END
expect_status 0 rc_bond start
# What rc.inet1 of Slackware 15.0 does for IFNAME bond0 and bond0.10.
ip address add 10.77.0.2/24 broadcast + dev bond0
ip address add 2001:db8:77::2/64 dev bond0 nodad
ip route add default via 10.77.0.1
ip link add link bond0 name bond0.10 type vlan id 10
ip address add 10.10.0.1/24 broadcast + dev bond0.10
ip address add 2001:db8:10::2/64 dev bond0.10 nodad
ip link set bond0.10 up
ip route add 10.97.0.0/16 via 10.10.0.9
check "the peer answers" reachable

everything() {
  snapshot bond0 bond0.10 | grep -v -e '^[0-9]*: bond0.*link/' -e link/
  ip route show | sed 's| linkdown||'
  ip -6 route show | sed '/fe80/d; s| linkdown||' | sort
  if is_up bond0.10; then echo "bond0.10 is up"; fi
}
before=$(everything)
expect_status 1 rc_bond stop
expect_err 'bond0: not stopped: bond0.10 would go with it'
unchanged "stop left all as it was" "$before" "$(everything)"

expect_status 0 rc_bond restart
unchanged "restart gave all back: addresses and routes of others, on the bond and its VLAN" "$before" "$(everything)"
check "the peer answers" reachable
expect_status 0 rc_bond bond0_restart
unchanged "bond0_restart too" "$before" "$(everything)"

# A new option comes with restart, one that is gone goes.
echo 'IFOPTS[0]="updelay 200"' >>/etc/rc.d/rc.bond.conf
expect_status 0 rc_bond restart
equal "a new option" 200 "$(option bond0 updelay)"
sed -i 's/^IFOPTS.*/BONDMODE[0]="balance-xor"/' /etc/rc.d/rc.bond.conf
expect_status 1 rc_bond start
expect_err 'it runs in mode active-backup, not balance-xor: .*bond0_restart changes that'
expect_status 0 rc_bond restart
equal "an option that is gone" 0 "$(option bond0 updelay)"
equal "another mode" balance-xor "$(option bond0 mode)"
check "the VLAN is still there" exists bond0.10

# A configuration that cannot be had keeps restart from stopping anything.
sed -i 's/balance-xor/balance-xyz/' /etc/rc.d/rc.bond.conf
now=$(snapshot)
expect_status 1 rc_bond restart
unchanged "a wrong configuration: nothing touched" "$now" "$(snapshot)"
sed -i '/BONDMODE/d' /etc/rc.d/rc.bond.conf

ip link del bond0.10
ip link add br0 type bridge
ip link set bond0 master br0
expect_status 1 rc_bond bond0_stop
expect_err 'not stopped: br0'
ip link del br0
expect_status 0 rc_bond bond0_stop
refute "the bond is gone" exists bond0
