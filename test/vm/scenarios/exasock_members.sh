#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bondctl exasock with SmartNICs as members, where the machine has two: the active port
# by the page and by bonding, what changes it, and that members stay put on a managed bond.

. /vm/scenarios/lib.sh
. /vm/scenarios/exasock.bash

load_exasock
mapfile -t nics < <(smart_nics)
[ ${#nics[@]} -ge 2 ] || {
  unload_exasock
  skip "needs two SmartNICs, this machine has ${#nics[@]}"
}
first=${nics[0]} second=${nics[1]}

make_bond bond0 mode=active-backup miimon=100
echo "+$first" >/sys/class/net/bond0/bonding/slaves
echo "+$second" >/sys/class/net/bond0/bonding/slaves
ip link set bond0 up
expect_status 0 bondctl exasock manage bond0
equal "without a warning" "" "$err"

# agrees NIC: the page and bonding name NIC
agrees() {
  bondctl exasock status bond0 | grep -q "active   exanic[0-9]* port [0-9]* ($1); by bonding: $1$"
}

check "the active port is the first member's" wait_for 20 agrees "$first"
expect_status 0 bondctl exasock status bond0
expect_out "member   $first  exanic  exanic[0-9]+ port [0-9]+  link up"
bondctl exasock status --watch --json >/tmp/watch.out &
watch=$!
echo "$second" >/sys/class/net/bond0/bonding/active_slave
check "after a change it is the second's" wait_for 20 agrees "$second"
check "the watcher saw it" wait_for 20 grep -q "\"nic\":\"$second\"" /tmp/watch.out
kill -INT $watch
wait $watch
equal "interrupted, the watcher ends well" 0 $?
check "each line it wrote is one object" grep -qE '^\{"time":"[^"]+","bond":"bond0","active":\{"card":[0-9]+,"port":[0-9]+\},"nic":"[^"]+"\}$' /tmp/watch.out

# On this kernel the driver cannot change members; ifenslave says what to do.
expect_status 1 ifenslave -d bond0 "$second"
expect_err "bondctl exasock release bond0"
equal "the members stay" "$first $second" "$(members bond0)"
expect_status 0 bondctl exasock release bond0
expect_status 0 ifenslave -d bond0 "$second"
expect_status 0 bondctl exasock manage bond0
check "the active port is the first member's again" wait_for 20 agrees "$first"
ip link set "$second" down
expect_status 1 ifenslave bond0 "$second"
expect_err "bondctl exasock release bond0"
equal "it did not come in" "$first" "$(members bond0)"
expect_status 0 bondctl exasock release bond0
expect_status 0 ifenslave bond0 "$second"

# The NIC whose address the bond took is not taken out of a managed bond; taken out of
# another it is told: two devices with one address.
expect_status 0 bondctl exasock manage bond0
expect_status 1 ifenslave -d bond0 "$first"
expect_err "$first: bond0 has its hardware address, and would keep it"
equal "the members stay" "$first $second" "$(members bond0)"
expect_status 0 bondctl exasock release bond0
expect_status 0 ifenslave -d bond0 "$first"
expect_status 1 bondctl exasock check bond0
expect_out "it has the MAC address $(address bond0) of $first, which is no member any more"
