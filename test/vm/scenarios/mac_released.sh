#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A NIC that leaves the bond which took its address has that address again, and
# so has the bond: bondctl mac audit finds it, names the NIC, and its cure cures.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

bondctl=/sbin/bondctl
make_dummies eth0 eth1 eth2
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
END
expect_status 0 rc_bond start
taken=$(address bond0)
equal "the bond took eth0's address" 00:16:3e:00:00:01 "$taken"

# Members that share it are right.
expect_status 0 $bondctl mac audit
expect_status 0 $bondctl mac check --for bond0 "$taken"
expect_status 1 $bondctl mac check "$taken"
expect_out "$taken: in use: this host's "

# Released and up again, as an administrator uses it for something else.
check "release eth0" /sbin/ifenslave -d bond0 eth0
ip link set eth0 up
equal "eth0 has its address" "$taken" "$(address eth0)"
equal "the bond has it still" "$taken" "$(address bond0)"
expect_status 1 $bondctl mac audit
expect_out "$taken: released NIC: bond0 uses the address of eth0, which is not its member"
expect_out "cure: give bond0 an address of its own: ip link set bond0 address "
expect_out "ip link set eth0 down"
expect_status 1 $bondctl mac audit --json
expect_out '"kind": "released NIC"'

# The cure, as it says.
expect_status 0 $bondctl mac new --for bond0
own=$out
check "bond0 gets an address of its own" ip link set bond0 address "$own"
equal "bond0 has it" "$own" "$(address bond0)"
expect_status 0 $bondctl mac audit
expect_status 0 $bondctl mac check --for bond0 "$own"

# It is the same the next time, and any NIC may be released.
expect_status 0 $bondctl mac new --for bond0
equal "the same address again" "$own" "$out"
equal "the secret is root's alone" "600 0:0" "$(stat -c '%a %u:%g' /etc/bondctl/mac-secret.json)"

# A dummy shows its permanent address only as a member, so this machine is another one now.
rc_bond stop
expect_status 0 $bondctl mac new --adopt --for bond0
equal "and again" "$own" "$out"

# A bond with an address of its own from the start, by HWADDR[i]="auto".
ip link set eth0 down
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
HWADDR[0]="auto"
END
expect_status 0 rc_bond start
equal "auto is what mac new says" "$own" "$(address bond0)"
check "release eth0" /sbin/ifenslave -d bond0 eth0
ip link set eth0 up
expect_status 0 $bondctl mac audit
