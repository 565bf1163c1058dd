#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A configuration that cannot be had: a clear error, and nothing is touched.
#
# On any kernel.

. /vm/scenarios/lib.sh

make_nics eth0 eth1
make_switch
ip link set eth0 up
ip address add 10.77.0.5/24 dev eth0
check "eth0 works by itself" reachable
# The kernel tells that the carrier is there a moment after it is.
check "eth0 is said to be up" wait_for 10 grep -q up /sys/class/net/eth0/operstate
before=$(snapshot)

# refused WHAT STATUS ERROR: the configuration on standard input is not started
refused() {
  config
  expect_status "$2" rc_bond start
  expect_err "$3"
  unchanged "$1: nothing is touched" "$before" "$(snapshot)"
  refute "$1: no module was loaded" test -d /sys/module/bonding
  check "$1: eth0 works still" reachable
}

refused "wrong mode" 1 'BONDMODE\[0\].*"active-standby"' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="active-standby"
END

refused "unknown option" 1 '"mimon"' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="mimon 100"
END

refused "option of another mode" 1 'lacp_rate' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="active-backup"
IFOPTS[0]="lacp_rate fast"
END

refused "wrong value" 1 'xmit_hash_policy.*layer9' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="balance-xor"
IFOPTS[0]="xmit_hash_policy layer9"
END

refused "syntax error" 2 'rc\.bond\.conf:[23]: .*unexpected EOF' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1
END

refused "a file that ends the shell" 2 'it ends rc.bond' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
exit 0
END

refused "two options of two" 1 'nonsense(.|\n)*mimon' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
BONDMODE[0]="nonsense"
IFOPTS[0]="mimon 5"
END

refused "several primaries" 1 'primary' <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="primary eth0 eth1"
END

# What it takes to be undone is written down: stop needs no configuration that is right.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth1"
LINKWAIT[0]="1"
END
expect_status 0 rc_bond start
echo 'IFNAME[1]=(' >>/etc/rc.d/rc.bond.conf
expect_status 2 rc_bond restart
check "a restart with a broken file touches nothing" grep -q eth1 /sys/class/net/bond0/bonding/slaves
expect_status 0 rc_bond stop
refute "stop works with a broken file" exists bond0

# A bad gateway does not deny the bond.
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth1"
LINKWAIT[0]="1"
GATEWAY="192.0.2"
END
expect_status 1 rc_bond start
expect_err 'GATEWAY'
check "the bond is up" exists bond0
expect_status 0 rc_bond stop

rm /etc/rc.d/rc.bond.conf
expect_status 2 rc_bond start
expect_err 'rc\.bond\.conf'
unchanged "no file: nothing is touched" "$before" "$(snapshot)"
