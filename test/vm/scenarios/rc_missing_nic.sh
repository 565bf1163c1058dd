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
expect_out 'eth7 is missing'

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

# Nor where the last one goes at that very moment: here an ifenslave that removes it.
make_dummies eth9
ifenslave=$(readlink -f /sbin/ifenslave)
cp "$ifenslave" /tmp/ifenslave
printf '#!/bin/bash\nip link del eth9\nexec /tmp/ifenslave "$@"\n' >/tmp/unplugged
chmod 755 /tmp/unplugged
mount --bind /tmp/unplugged "$ifenslave"
expect_status 1 rc_bond start
expect_err 'no such NIC any more: eth9.*it has no members'
refute "no bond is left" exists bond0
