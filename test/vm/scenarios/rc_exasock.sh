#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond and bonds with EXASOCK: managed after a start, released by a stop, and never
# left half-way. The parts with members need two SmartNICs.

. /vm/scenarios/lib.sh
. /vm/scenarios/exasock.bash

masters=/sys/class/net/exabond_masters

# Without the driver, and with a NIC that is none of its: nothing is touched.
make_dummies eth0 eth1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
EXASOCK[0]="yes"
END
before=$(snapshot)
expect_status 1 rc_bond start
expect_err 'eth0 is no SmartNIC'
unchanged "nothing was touched" "$before" "$(snapshot)"
expect_status 1 bondctl exasock check
expect_out 'bond0: /etc/rc.d/rc.bond.conf:2: eth0 is no SmartNIC'

load_exasock
expect_status 1 rc_bond start
unchanged "nothing was touched with the driver loaded" "$before" "$(snapshot eth0 eth1 lo)"
mapfile -t nics < <(smart_nics)
[ ${#nics[@]} -ge 2 ] || {
  echo "NOTE: this machine has no two SmartNICs: no bond was started"
  exit 0
}

first=${nics[0]} second=${nics[1]}
before=$(snapshot "$first" "$second")
config <<END
IFNAME[0]="bond0"
BONDNICS[0]="$first $second"
IFOPTS[0]="miimon 100"
IPADDRS[0]="10.77.0.2/24"
EXASOCK[0]="yes"
END
expect_status 0 rc_bond start
equal "both are members" "$first $second" "$(members bond0)"
equal "the driver manages it" bond0 "$(cat $masters)"
check "the page names an active port" wait_for 20 bash -c 'bondctl exasock status | grep -q "active   exanic"'
expect_status 0 bondctl exasock status
expect_status 0 rc_bond status
there=$(snapshot)
expect_status 0 rc_bond start
unchanged "a second start changes nothing" "$there" "$(snapshot)"
equal "it is still managed" bond0 "$(cat $masters)"
expect_status 0 rc_bond restart
equal "managed after a restart" bond0 "$(cat $masters)"
equal "with both members" "$first $second" "$(members bond0)"

# A program that reads the page keeps the bond: stop says which, and leaves it whole.
exec 9</dev/exabond-bond0
there=$(snapshot)
expect_status 1 rc_bond stop
expect_err "process $$ .* uses /dev/exabond-bond0"
unchanged "the bond is as it was" "$there" "$(snapshot)"
equal "it is still managed" bond0 "$(cat $masters)"
exec 9<&-
expect_status 0 rc_bond stop
equal "nothing is managed" "" "$(cat $masters)"
refute "the bond is gone" exists bond0
unchanged "the NICs are as they were" "$before" "$(snapshot "$first" "$second")"

# A NIC that comes later goes in past the driver's inability.
config <<END
IFNAME[0]="bond0"
BONDNICS[0]="$first"
EXASOCK[0]="yes"
END
expect_status 0 rc_bond start
config <<END
IFNAME[0]="bond0"
BONDNICS[0]="$first $second"
EXASOCK[0]="yes"
END
expect_status 0 rc_bond bond0_start
equal "it is in" "$first $second" "$(members bond0)"
equal "and the bond managed" bond0 "$(cat $masters)"
expect_status 0 rc_bond stop

# No driver: the start fails whole, and says what to do.
rmmod exasock
expect_status 1 rc_bond start
expect_err 'the exasock driver is not loaded'
refute "no bond is left" exists bond0
unchanged "the NICs are as they were" "$before" "$(snapshot "$first" "$second")"
