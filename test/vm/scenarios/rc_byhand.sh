#!/bin/bash
# SPDX-License-Identifier: MIT
#
# NICs of somebody else's, bonds made by hand, and the ways in which bonding may be loaded.

# shellcheck disable=SC2154 # out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

# --- A NIC in a bridge or in another bond is refused, by name, and stays there.
make_dummies eth0 eth1 eth2 eth3
modprobe bonding max_bonds=0
ip link add br0 type bridge
ip link set eth1 master br0
ip link add other type bond
ip link set eth2 master other
before=$(snapshot)
for why in 'eth1 belongs to br0 already' 'eth2 belongs to other already' 'lo is the loopback interface' 'other is a bond itself'; do
  config <<END
IFNAME[0]="bond0"
BONDNICS[0]="eth0 ${why%% *}"
END
  expect_status 1 rc_bond start
  expect_err "$why"
  unchanged "$why: nothing touched" "$before" "$(snapshot)"
done
expect_status 1 rc_bond bond0_start
ip link del other
# Nor is an interface taken that only has the name.
ip link add bond0 type dummy
before=$(snapshot)
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth3"
END
expect_status 1 rc_bond start
expect_err 'bond0: there is an interface of this name that is not a bond'
unchanged "a dummy of the name: nothing touched" "$before" "$(snapshot)"
ip link del bond0
ip link del br0

# --- A bond made by hand is adopted where it fits.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="balance-xor"
IFOPTS[0]="miimon 200"
IPADDRS[0]="10.77.0.2/24 10.66.0.1/24"
END
ip link add bond0 type bond mode balance-xor miimon 200 xmit_hash_policy layer3+4
ip link set eth0 down
ip link set eth0 master bond0
ip link set bond0 up
ip address add 10.66.0.1/24 dev bond0
expect_status 0 rc_bond start
expect_out 'adopted'
equal "the second member was added" "eth0 eth1" "$(members bond0)"
equal "what was not asked for stays" layer3+4 "$(option bond0 xmit_hash_policy)"
expect_status 0 rc_bond start
expect_status 0 rc_bond stop
check "it stays: rc.bond did not make it" exists bond0
equal "with its own member" eth0 "$(members bond0)"
equal "with its own address alone, whoever wants it" 10.66.0.1/24 "$(ip -o -4 address show dev bond0 | awk '{ print $4 }')"

sed -i '/IFOPTS/d' /etc/rc.d/rc.bond.conf
expect_status 0 rc_bond start
equal "a default is not asked for" 200 "$(option bond0 miimon)"
expect_status 0 rc_bond stop
sed -i '$a IFOPTS[0]="miimon 200"' /etc/rc.d/rc.bond.conf

# --- And refused, and not changed, where it does not.
before=$(snapshot)
refused() {
  expect_status 1 rc_bond start
  expect_err "$1"
  unchanged "$1: not changed" "$before" "$(snapshot)"
}
sed -i 's/balance-xor/active-backup/' /etc/rc.d/rc.bond.conf
refused 'made by other means and has mode balance-xor, not active-backup'
sed -i 's/active-backup/balance-xor/; s/miimon 200/miimon 100/' /etc/rc.d/rc.bond.conf
refused 'made by other means and has miimon 200, not 100'
sed -i 's/miimon 100/miimon 200/; $a MTU[0]="1400"' /etc/rc.d/rc.bond.conf
refused 'made by other means and has mtu 1500, not 1400'
sed -i 's/^MTU.*/HWADDR[0]="02:aa:00:00:00:01" MACCHECK="off"/' /etc/rc.d/rc.bond.conf
refused 'made by other means and has mac 00:16:3e:00:00:01, not 02:aa:00:00:00:01'
sed -i 's/^HWADDR.*//; s/eth0 eth1/eth1 eth2/' /etc/rc.d/rc.bond.conf
refused 'made by other means and has the member eth0, which is not in BONDNICS\[0\]'
expect_status 1 rc_bond stop
expect_err 'not started by rc.bond: left alone'
unchanged "stop leaves it alone" "$before" "$(snapshot)"
# A journal that a crash left says nothing about this boot's bonds.
(umask 077 && printf '%s\n' '{"rc.bond":1,"boot":"11111111-2222-3333-4444-555555555555"}' "{\"do\":\"made\",\"index\":$(</sys/class/net/bond0/ifindex)}" >/run/rc.bond/bond.bond0)
expect_status 1 rc_bond stop
unchanged "a journal of another boot is void" "$before" "$(snapshot)"
ip link del bond0
# An empty bond is somebody's, if it is up.
ip link add bond0 type bond mode broadcast
ip link set bond0 up
before=$(snapshot)
refused 'made by other means and has mode broadcast, not balance-xor'
ip link del bond0
# One that was made anew under the name of ours is not ours.
sed -i 's/eth1 eth2/eth0 eth1/' /etc/rc.d/rc.bond.conf
expect_status 0 rc_bond start
ip link del bond0
ip link add bond0 type bond mode broadcast
expect_status 0 rc_bond stop
check "a bond that was made anew stays" exists bond0
ip link del bond0

# --- bond0 of max_bonds=1 is taken, given back, and the module stays.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
MTU[0]="1400"
IFNAME[1]="bond1"
BONDNICS[1]="eth2 eth3"
END
plain() { snapshot | sed 's/link.ether [0-9a-f:]*//; s/ qdisc [a-z]*//; s/ tso_max_size [0-9]*//'; }
for max in 0 1 2; do
  rmmod bonding
  modprobe bonding max_bonds=$max
  before=$(plain)
  expect_status 0 rc_bond start
  equal "max_bonds=$max: bond0" "active-backup eth0 eth1" "$(option bond0 mode) $(members bond0)"
  equal "max_bonds=$max: bond1" "active-backup eth2 eth3" "$(option bond1 mode) $(members bond1)"
  expect_status 0 rc_bond stop
  unchanged "max_bonds=$max: all as before" "$before" "$(plain)"
  check "max_bonds=$max: the module stays" test -d /sys/module/bonding
done

# --- Not loaded: loaded without a bond of its own, and unloaded again.
rmmod bonding
echo "options bonding max_bonds=1" >/etc/modprobe.d/bonding.conf
expect_status 0 rc_bond bond1_start
refute "no bond0 of the module's own" exists bond0
expect_status 0 rc_bond bond1_stop
refute "the module is gone again" test -d /sys/module/bonding
expect_status 0 rc_bond start
ip link add mine type bond
expect_status 0 rc_bond stop
check "a module that somebody else's bond needs stays" exists mine
