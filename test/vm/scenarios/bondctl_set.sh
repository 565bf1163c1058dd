#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bondctl set: every option that netlink has, read back by the kernel's own
# means; an option that this kernel lacks is an error, never a silent success.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
bondctl=/sbin/bondctl
modprobe bonding max_bonds=0

new_bond() { # MODE
  [ ! -e /sys/class/net/bond0 ] || ip link del bond0
  ip link add bond0 type bond mode "$1" miimon 100
}

# Options in /sys: what bondctl set writes, sysfs shows.
sysfs() { # MODE OPTION VALUE
  new_bond "$1"
  [ -e "/sys/class/net/bond0/bonding/$2" ] || {
    ok "$2: this kernel has no file for it"
    return
  }
  expect_status 0 $bondctl set bond0 "$2" "$3"
  equal "$1: $2" "$3" "$(option bond0 "$2")"
}
sysfs balance-rr mode balance-xor
sysfs balance-rr packets_per_slave 7
sysfs active-backup fail_over_mac follow
sysfs active-backup updelay 300
sysfs active-backup downdelay 200
sysfs active-backup peer_notif_delay 400
sysfs active-backup miimon 250
sysfs active-backup num_grat_arp 3
sysfs active-backup primary_reselect failure
sysfs active-backup arp_validate active
sysfs active-backup arp_all_targets all
sysfs active-backup arp_missed_max 5
sysfs active-backup arp_interval 500
sysfs active-backup resend_igmp 9
sysfs active-backup min_links 1
sysfs active-backup lp_interval 4
sysfs active-backup all_slaves_active 1
sysfs 802.3ad lacp_rate fast
sysfs 802.3ad lacp_active off
sysfs 802.3ad ad_select bandwidth
sysfs 802.3ad ad_actor_sys_prio 77
sysfs 802.3ad ad_user_port_key 5
sysfs 802.3ad ad_actor_system 02:00:00:00:00:0a
sysfs balance-xor xmit_hash_policy layer3+4
sysfs balance-tlb tlb_dynamic_lb 0

# The list of targets is replaced as a whole.
new_bond active-backup
expect_status 0 $bondctl set bond0 arp_ip_target 10.77.0.1,10.77.0.9
equal "two targets" "10.77.0.1,10.77.0.9" "$(tr ' ' , </sys/class/net/bond0/bonding/arp_ip_target)"

# What the kernel rounds or refuses is an error, with its words.
new_bond active-backup
expect_status 1 $bondctl set bond0 updelay 150
expect_err 'updelay was set to "150", but reads back "100"'
expect_status 1 $bondctl set bond0 lacp_rate fast
expect_err 'the kernel refused lacp_rate "fast"'
expect_status 1 $bondctl set eth0 miimon 100
expect_err 'eth0 is no bond'

# Options that only netlink has: taken and read back, or named as missing.
only() { # MODE OPTION VALUE
  new_bond "$1"
  run $bondctl set bond0 "$2" "$3"
  case $status in
  0) ok "$2 $3: taken and read back" ;;
  1)
    if [[ $err == *"this kernel does not have the option $2"* ]]; then
      ok "$2: this kernel ($(uname -r)) lacks it, and that is said"
    else
      fail "$2: $err"
    fi
    ;;
  *) fail "$2: status $status, $err" ;;
  esac
}
only active-backup ns_ip6_target 2001:db8::1,2001:db8::2
only 802.3ad coupled_control off
only 802.3ad lacp_strict on
only 802.3ad broadcast_neighbor on
# What is certain of kernels; the rest depends on back-ports.
for name in ns_ip6_target coupled_control lacp_strict broadcast_neighbor; do
  new_bond 802.3ad
  value=on
  [ $name != ns_ip6_target ] || value=2001:db8::1
  case $(uname -r)/$name in
  5.10.* | 6.1.*/lacp_strict | 6.12.*/lacp_strict)
    expect_status 1 $bondctl set bond0 "$name" $value
    expect_err "this kernel does not have the option $name"
    ;;
  [78].*) expect_status 0 $bondctl set bond0 "$name" $value ;;
  esac
done

# Options of a member.
new_bond active-backup
ip link set eth0 down
ip link set eth0 master bond0
ip link set eth1 down
ip link set eth1 master bond0
ip link set bond0 up
check "eth0 is active" wait_for 5 grep -q eth0 /sys/class/net/bond0/bonding/active_slave
expect_status 0 $bondctl set bond0 queue_id eth1:2
equal "queue_id of eth1" 2 "$(cat /sys/class/net/eth1/bonding_slave/queue_id)"
run $bondctl set bond0 prio eth1:10
if [ "$status" = 0 ]; then
  check "a higher prio moves the active role" wait_for 5 grep -q eth1 /sys/class/net/bond0/bonding/active_slave
else
  equal "prio is missing, and that is said" "bondctl: eth1: this kernel does not have the option prio" "$err"
fi
expect_status 0 $bondctl set bond0 active_slave eth0
expect_status 0 $bondctl set bond0 primary eth0
equal "primary" eth0 "$(option bond0 primary)"
ip link add eth9 type dummy
expect_status 0 $bondctl set bond0 primary eth9
expect_err 'primary eth9 counts from when eth9 is a member'
expect_status 1 $bondctl set bond0 prio eth9:1
expect_err 'eth9 is no member of bond0'
expect_status 1 $bondctl set bond0 mode balance-rr
expect_err 'the kernel refused mode "balance-rr"'
