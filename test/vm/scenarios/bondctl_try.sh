#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A change that is tried over a connection that rides on the bond: ten bad ones, after each of
# which the machine is reachable again by itself; one that is kept; a process that dies.
# On any kernel.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
# shellcheck disable=SC2016 # sed's $ is the last line, and eval expands later
. /vm/scenarios/lib.sh

conf=/etc/rc.d/rc.bond.conf
new=/tmp/new.conf

# bonds_as_they_are: what a trial must not change for good
bonds_as_they_are() {
  snapshot bond0 bond0.5 eth0 eth1
  # But what the kernel makes by itself, in its own time.
  { ip route show table all dev bond0 && ip route show table all dev bond0.5; } | grep -v -e 'proto kernel' -e fe80
}

# kill_session: the process that tries
kill_session() {
  local process
  for process in /proc/[0-9]*; do
    ! tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q '^[^ ]*bondctl try --session' || kill -KILL "${process#/proc/}"
  done
}

make_nics eth0 eth1 eth2
make_switch
unplug eth2
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="miimon 50 | updelay 100 | primary eth0"
IPADDRS[0]="10.77.0.2/24"
IP6ADDRS[0]="2001:db8::2/64"
LINKWAIT[0]=3
GATEWAY="10.77.0.1"
END
expect_status 0 bondctl start
ip link add link bond0 name bond0.5 type vlan id 5
ip link set bond0.5 up
ip address add 10.5.0.2/24 dev bond0.5
ip route add 198.51.100.0/24 via 10.5.0.1
check "the peer answers" reachable
before=$(bonds_as_they_are)
cp $conf /tmp/old.conf

# bad WHAT SED-EXPRESSION: a change after which nobody could come to mend it
bad() {
  local what=$1 began
  sed -E "$2" $conf >$new
  began=$SECONDS
  bondctl try --for 5s $new >/tmp/said 2>&1
  equal "$what: its status" 1 $?
  check "$what: the peer answers again" reachable 15
  echo "    $what: reachable again $((SECONDS - began)) s after it was tried"
  unchanged "$what: everything is as it was" "$before" "$(bonds_as_they_are)"
  check "$what: rc.bond.conf is the old one" cmp -s $conf /tmp/old.conf
  [ "$failures" -eq 0 ] || show said "$(</tmp/said)"
}

bad "another mode" '/IFOPTS/d; $aBONDMODE[0]="balance-rr"\nIFOPTS[0]="miimon 50"'
bad "LACP without a partner" '/IFOPTS/d; $aBONDMODE[0]="802.3ad"\nIFOPTS[0]="miimon 50 | min_links 2"'
bad "a member without a cable" 's/eth0 eth1/eth2/; /IFOPTS/d'
bad "members that are not there" 's/eth0 eth1/eth8 eth9/; /IFOPTS/d'
bad "another address" 's/10\.77\.0\.2/10.99.0.2/; /GATEWAY/d'
bad "no address" '/ADDRS|GATEWAY/d'
bad "a small MTU" '$aMTU[0]=1280'
bad "another MAC address" '$aHWADDR[0]="02:00:00:00:77:77"'
bad "ARP monitoring of nobody" 's/miimon 50 \| updelay 100/arp_interval 200 | arp_ip_target 10.77.0.200/'
bad "another bond" 's/bond0/bond7/'

# One that is right is kept.
sed 's/primary eth0/primary eth1/' $conf >$new
rm /tmp/said
bondctl try --for 60s $new >/tmp/said 2>&1 &
try=$!
check "it runs" wait_for 30 grep -q '^It runs\.' /tmp/said
expect_status 1 bondctl try $new
expect_err 'new\.conf is being tried'
expect_status 1 bondctl start
expect_err 'is being tried'
expect_status 0 bondctl keep
wait $try
equal "kept: its status" 0 $?
check "kept: rc.bond.conf is the new one" cmp -s $conf $new
check "kept: the old one is beside it" cmp -s $conf.bak /tmp/old.conf
equal "kept: the primary" eth1 "$(option bond0 primary)"
expect_status 1 bondctl keep
expect_err 'no change is being tried'
expect_status 0 bondctl plan
before=$(bonds_as_they_are)

# The terminal goes, and the first process with it: the other one goes back.
cp $conf /tmp/old.conf
sed 's/10\.77\.0\.2/10.99.0.2/' $conf >$new
rm /tmp/said
setsid bondctl try --for 6s $new >/tmp/said 2>&1 &
check "it runs" wait_for 30 grep -q '^It runs\.' /tmp/said
kill -KILL $!
check "first process gone: the peer answers again" reachable 30
check "first process gone: everything is as it was" wait_for 10 eval '[ "$before" = "$(bonds_as_they_are)" ]'

# The process that tries dies: the next start goes back.
rm /tmp/said
bondctl try --for 600s $new >/tmp/said 2>&1 &
check "it runs" wait_for 30 grep -q '^It runs\.' /tmp/said
kill_session
expect_status 0 bondctl start
expect_err 'died: what ran before it runs again first'
unchanged "dead: everything is as it was" "$before" "$(bonds_as_they_are)"
check "dead: the peer answers again" reachable

# As asked, at once.
rm /tmp/said
bondctl try --for 600s $new >/tmp/said 2>&1 &
check "it runs" wait_for 30 grep -q '^It runs\.' /tmp/said
expect_status 0 bondctl revert
unchanged "reverted: everything is as it was" "$before" "$(bonds_as_they_are)"
