#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The guard in rc.inet1.conf with the real rc.bond and a real kernel: rc.inet1
# (a stand-in that does what they all do for an interface with an address)
# finds the bond made when it starts the network, and nothing happens else.
#
# On any kernel.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

# shows REGEX: a line of the last run's output
shows() { check "shows $1" grep -qE -- "$1" <<<"$out"; }

bondctl=/sbin/bondctl
make_nics eth0 eth1
make_peer_for active-backup
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
END
cat >/etc/rc.d/rc.inet1.conf <<'END'
IFNAME[0]="bond0"
IPADDR[0]="10.77.0.2/24"
END
chmod 600 /etc/rc.d/rc.inet1.conf
cat >/etc/rc.d/rc.inet1 <<'END'
#!/bin/bash
. /etc/rc.d/rc.inet1.conf
up() {
  for i in "${!IFNAME[@]}"; do
    [ -e "/sys/class/net/${IFNAME[i]}" ] || continue
    ip address replace "${IPADDR[i]}" dev "${IFNAME[i]}" && ip link set "${IFNAME[i]}" up
  done
}
down() {
  for i in "${IFNAME[@]}" "${unnamed[@]}"; do
    [ -e "/sys/class/net/$i" ] && ip address flush dev "$i" && ip link set "$i" down
  done
}
case "$1" in
stop | down) down ;;
restart) down; up ;;
*_stop | *_down) down ;;
*_start | *_up) [ "${1%_*}" != bond0 ] || up ;;
*) up ;;
esac
END
chmod 755 /etc/rc.d/rc.inet1
cp /etc/rc.d/rc.inet1.conf /tmp/before

# Off: rc.bond is not executable yet, and enable says so.
expect_status 0 $bondctl inet1 enable
shows '^still needed: chmod 755 /etc/rc.d/rc.bond '
expect_status 0 $bondctl inet1 status
run /etc/rc.d/rc.inet1 start
refute "no bond while rc.bond is not executable" exists bond0
equal "nothing printed" "" "$out$err"
chmod 755 /etc/rc.d/rc.bond

for verb in stop eth0_start lo_start eth0_restart bond0_stop; do
  run /etc/rc.d/rc.inet1 $verb
  refute "$verb: no bond is made" exists bond0
done

# Boot: run, without a verb, as -current's rc.M does.
run /etc/rc.d/rc.inet1
equal "boot: status" 0 "$status"
equal "boot: nothing printed" "" "$out$err"
equal "the bond is there, with both" "eth0 eth1" "$(members bond0)"
check "the peer answers" reachable

# restart with the bond up, then stop: rc.inet1's own business.
run /etc/rc.d/rc.inet1 restart
equal "restart: still both" "eth0 eth1" "$(members bond0)"
check "the peer answers after restart" reachable
# Entries without an IFNAME are eth0, eth1, ... to rc.inet1, which only stop looks at.
sed -i '2i unnamed=(eth0 eth1)' /etc/rc.d/rc.inet1
run /etc/rc.d/rc.inet1 restart
equal "restart: nothing printed" "" "$out$err"
check "restart: members that rc.inet1 takes for its own are up" eval 'is_up eth0 && is_up eth1'
check "the peer answers after that" reachable
run /etc/rc.d/rc.inet1 stop
equal "stop: the bond stays" "eth0 eth1" "$(members bond0)"
rc_bond stop
refute "rc.bond stop removes it" exists bond0

# One interface, and sourced from rc.M as 14.x does.
run /etc/rc.d/rc.inet1 bond0_start
check "bond0_start makes it" exists bond0
check "the peer answers after bond0_start" reachable
rc_bond stop
bash --posix -c '. /etc/rc.d/rc.inet1' /etc/rc.d/rc.M
check "sourced from rc.M: made" exists bond0
rc_bond stop
bash --posix -c '. /etc/rc.d/rc.inet1.conf' /etc/rc.d/rc.M
refute "read by something else: nothing" exists bond0

expect_status 0 $bondctl check
expect_status 0 $bondctl inet1 disable
check "the old bytes are back" cmp /tmp/before /etc/rc.d/rc.inet1.conf
equal "mode" 600 "$(stat -c %a /etc/rc.d/rc.inet1.conf)"
