#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Options that only netlink has, and addresses: found, checked, derived; what this kernel lacks is named.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_dummies eth0 eth1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="updelay 200 | ns_ip6_target 2001:db8::1,2001:db8::2 | prio eth1:5 | queue_id eth0:1 eth1:2"
HWADDR[0]="auto"
LINKWAIT[0]="0"
END
run rc_bond start
show stderr "$err"
equal "the others are set" 200 "$(option bond0 updelay)"
equal "queue_id" "eth0:1 eth1:2" "$(tr -d '\n' </sys/class/net/bond0/bonding/queue_id)"
# The kernel says what it took, to whoever asks by netlink, as bondctl did.
if [ "$status" -eq 0 ]; then
  ok "this kernel has them all"
  expect_status 0 bondctl set bond0 prio eth1:5
else
  expect_err '(ns_ip6_target|prio) .* is not set: '
fi
expect_status 0 rc_bond bond0_stop

# An address that is derived is the same each time, and nobody's NIC's.
expect_silent_start() { rc_bond start >/dev/null 2>&1; }
expect_silent_start
first=$(address bond0)
check "derived: local, unicast ($first)" grep -q '^.[26ae]:' <<<"$first"
refute "it is no NIC's own" grep -q "$first" <(ip -o link show type dummy | grep -v master)
rc_bond stop >/dev/null 2>&1
expect_silent_start
equal "the same again" "$first" "$(address bond0)"
rc_bond stop >/dev/null 2>&1

# An address that somebody has is refused, before anything is touched.
make_dummies eth7
sed -i "s/^IFOPTS.*/IFOPTS[0]=\"\"/; s/^HWADDR.*/HWADDR[0]=\"$(address eth7)\"/" /etc/rc.d/rc.bond.conf
before=$(snapshot)
expect_status 1 rc_bond start
expect_err "HWADDR\[0\]: $(address eth7) is in use"
unchanged "refused: nothing touched" "$before" "$(snapshot)"
echo 'MACCHECK="warn"' >>/etc/rc.d/rc.bond.conf
expect_status 1 rc_bond start
expect_err 'is in use, and taken all the same'
equal "warned, and taken" "$(address eth7)" "$(address bond0)"
