#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bondctl check and rc.bond agree: what check calls an error rc.bond does not start,
# or not whole, and what it finds nothing wrong with comes up.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
: >/tmp/rc.inet1.conf

# agree VERDICT WHAT: the configuration on standard input, whose first two lines are
# those of a bond of eth0 and eth1
agree() {
  local errors
  {
    echo 'IFNAME[0]="bond0"'
    echo 'BONDNICS[0]="eth0 eth1"'
    echo 'LINKWAIT[0]=1'
    cat
  } | config
  run /usr/sbin/bondctl check --json --inet1 /tmp/rc.inet1.conf
  errors=$(grep -c '"severity": "error"' <<<"$out")
  run rc_bond start
  case $1 in
  well) [ "$errors/$status" = 0/0 ] && ok "$2: check finds no error, rc.bond starts it" && return ;;
  wrong) [ "$errors" -gt 0 ] && [ "$status" -ne 0 ] && ok "$2: an error for check, not started by rc.bond" && return ;;
  esac
  fail "$2 should be $1: check finds $errors errors, rc.bond ends with $status: $out $err"
}
well() {
  agree well "$1"
  rc_bond stop >/dev/null 2>&1
}
wrong() {
  agree wrong "$1"
  rc_bond stop >/dev/null 2>&1
}

well "the smallest" </dev/null
for mode in balance-rr 802.3ad 6; do
  well "mode $mode" <<<"BONDMODE[0]=$mode"
done
well "options" <<<'IFOPTS[0]="miimon 50 | updelay 100 | downdelay 50 | primary eth1 | fail_over_mac none | num_grat_arp 2"'
well "ARP monitor" <<<'IFOPTS[0]="arp_interval 200 | arp_ip_target 10.77.0.1,10.77.0.9 | arp_validate all"'
well "LACP" <<<'BONDMODE[0]=4
IFOPTS[0]="lacp_rate fast | ad_select bandwidth | xmit_hash_policy layer3+4 | ad_actor_sys_prio 100"'
well "of members" <<<'IFOPTS[0]="queue_id eth0:1 eth1:2"'
well "addresses" <<<'IPADDRS[0]="10.77.0.2/24 10.77.0.3/24"
IP6ADDRS[0]="2001:db8::2/64"
MTU[0]=1400
HWADDR[0]=02:00:00:00:12:34
MACCHECK=off'

wrong "an unknown option" <<<'IFOPTS[0]="mimon 100"'
wrong "an unknown mode" <<<'BONDMODE[0]=active'
wrong "an option of another mode" <<<'IFOPTS[0]="lacp_rate fast"'
wrong "an ARP monitor in 802.3ad" <<<'BONDMODE[0]=4
IFOPTS[0]="arp_interval 100 | arp_ip_target 10.77.0.1"'
wrong "a bad value" <<<'IFOPTS[0]="miimon 1s"'
wrong "a word that there is not" <<<'IFOPTS[0]="fail_over_mac yes"'
wrong "primary that is no member" <<<'IFOPTS[0]="primary eth5"'
wrong "queue_id of a stranger" <<<'IFOPTS[0]="queue_id eth5:1"'
wrong "both monitors" <<<'IFOPTS[0]="miimon 100 | arp_interval 100 | arp_ip_target 10.77.0.1"'
wrong "an ARP monitor without a target" <<<'IFOPTS[0]="arp_interval 100"'
wrong "a delay without miimon" <<<'IFOPTS[0]="arp_interval 100 | arp_ip_target 10.77.0.1 | updelay 100"'
wrong "a delay that is rounded" <<<'IFOPTS[0]="miimon 100 | updelay 150"'
wrong "a mode among the options" <<<'IFOPTS[0]="mode 4"'
wrong "a MAC that would be ignored" <<<'HWADDR[0]=02:00:00:00:12:34
MACCHECK=off
IFOPTS[0]="fail_over_mac active"'
wrong "a multicast MAC" <<<'HWADDR[0]=03:00:00:00:12:34
MACCHECK=off'
wrong "an address without a prefix" <<<'IPADDRS[0]=10.77.0.2'
wrong "an MTU that is none" <<<'MTU[0]=jumbo'
wrong "LINKWAIT that is none" <<<'LINKWAIT[0]=long'
wrong "a NIC twice" <<<'BONDNICS[0]="eth0 eth0"'
wrong "a NIC in two bonds" <<<'IFNAME[1]=bond1
BONDNICS[1]="eth1"'
wrong "a bond in a bond" <<<'IFNAME[1]=bond1
BONDNICS[1]="bond0"'
wrong "a name that is too long" <<<'IFNAME[0]=a-name-of-16-byte'
wrong "no NIC there" <<<'BONDNICS[0]="eth8 eth9"'
wrong "exasock in another mode" <<<'BONDMODE[0]=4
EXASOCK[0]=yes'
wrong "DOS line ends" <<<$'BONDMODE[0]=active-backup\r'
