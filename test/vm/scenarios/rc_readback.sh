#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the kernel accepted and did not take is a failure that is said, and what it lacks
# is named while the rest is set.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_dummies eth0 eth1
modprobe bonding max_bonds=1

# refused ERROR: start fails with it, and all is as before
refused() {
  local before
  before=$(all_but_mac)
  expect_status 1 rc_bond start
  expect_err "$1"
  expect_err 'bond0: not started; everything is back as it was'
  unchanged "all is back" "$before" "$(all_but_mac)"
}
# A bond that lost its last member gets another random address from the kernel.
all_but_mac() { snapshot | sed '/: bond0:/{n;s,link/ether [0-9a-f:]*,,}'; }

# --- An option: the driver's file is one that takes everything and keeps nothing.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="updelay 200"
END
mount --bind /dev/null /sys/class/net/bond0/bonding/updelay
before=$(all_but_mac)
expect_status 1 rc_bond start
expect_err 'bond0: setting updelay 200: the kernel accepted it and has ""'
equal "the bond is up with the rest" "eth0 eth1, 100" "$(members bond0), $(option bond0 miimon)"
expect_status 0 rc_bond stop
umount /sys/class/net/bond0/bonding/updelay
unchanged "all is back" "$before" "$(all_but_mac)"

# --- An address of the bond: with fail_over_mac the kernel says yes, and ignores it.
echo active-backup >/sys/class/net/bond0/bonding/mode
echo active >/sys/class/net/bond0/bonding/fail_over_mac
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
HWADDR[0]="02:aa:00:00:00:01"
MACCHECK="off"
END
refused "setting address 02:aa:00:00:00:01: the kernel accepted it and has $(address bond0)"

# --- An IPv6 address that somebody else on the link has: the kernel takes it, and it is no good.
rmmod bonding
make_nics eth2
make_switch
ip -n peer address add 2001:db8:77::2/64 dev switch nodad
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth2"
IP6ADDRS[0]="2001:db8:77::2/64 2001:db8:77::3/64"
END
expect_status 1 rc_bond start
expect_err 'bond0: .*2001:db8:77::2/64'
refute "start waited until it was known" grep 'scope global tentative' <(ip -6 address show dev bond0 | grep -v dadfailed)
check "the other address can be used" grep -q '2001:db8:77::3/64 scope global *$' <(ip -6 address show dev bond0 | sed 's/noprefixroute//')
expect_status 1 rc_bond status
expect_out 'somebody else on the link has its address 2001:db8:77::2/64'
expect_status 0 rc_bond stop
modprobe bonding max_bonds=1

# --- An option that only netlink has, and this kernel does not: old kernels accept what
# --- they do not know.
echo +other >/sys/class/net/bonding_masters
echo 802.3ad >/sys/class/net/other/bonding/mode
if bondctl set other lacp_strict on >/dev/null 2>&1; then
  echo "NOTE: this kernel has lacp_strict"
  exit 0
fi
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="802.3ad"
IFOPTS[0]="lacp_strict on | lacp_rate fast"
LINKWAIT[0]="0"
END
echo none >/sys/class/net/bond0/bonding/fail_over_mac
expect_status 1 rc_bond start
expect_err 'lacp_strict (on|1) is not set: '
refute "it is up all the same" grep -q 'not started' <<<"$err"
equal "the other option is set" fast "$(option bond0 lacp_rate)"
equal "members" "eth0 eth1" "$(members bond0)"
expect_status 0 rc_bond stop
