#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What may be wrong with a machine or odd in a file: each is said, and nothing is left half done.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

make_dummies eth0 eth1
ip link set eth0 up
ip address add 10.77.0.5/24 dev eth0
conf='IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IPADDRS[0]="10.77.0.2/24"'
config <<<"$conf"
refused() {
  local before
  before=$(snapshot)
  expect_status "$1" rc_bond start
  check "one line says: $2" test "$(grep -cE "^rc.bond: .*$2" <<<"$err")/$(wc -l <<<"$err")" = 1/1
  unchanged "$2: nothing touched" "$before" "$(snapshot)"
}

# --- /run cannot be written, is full, or is full a moment later.
mount -t tmpfs -o ro tmpfs /run
refused 1 '/run/rc.bond: read-only file system'
umount /run
before=$(snapshot)
mkdir -m 700 /run/rc.bond
mount -t tmpfs -o mode=700,size=4k tmpfs /run/rc.bond
dd if=/dev/zero of=/run/rc.bond/filler bs=4k count=1 2>/dev/null
expect_status 1 rc_bond start
expect_err 'cannot write .*no space left on device'
unchanged "no journal, no change" "$before" "$(snapshot)"
rm /run/rc.bond/filler
mount -o remount,size=64k /run/rc.bond
expect_status 0 rc_bond start
ip address add 10.66.0.9/24 dev bond0
dd if=/dev/zero of=/run/rc.bond/filler bs=4k count=16 2>/dev/null
now=$(snapshot)
sed -i 's/^IPADDRS/BONDMODE[0]="balance-xor"\n&/' /etc/rc.d/rc.bond.conf # a restart that takes it down
expect_status 1 rc_bond restart
expect_err 'no space left on device'
expect_err 'not restarted, nothing touched'
unchanged "no restart that would forget an address" "$now" "$(snapshot)"
expect_status 0 rc_bond stop
unchanged "a full disk does not keep stop from leading back" "$before" "$(snapshot)"
umount /run/rc.bond
config <<<"$conf"

# --- The journal is root's alone: who can write there says what root undoes.
(umask 0 && expect_status 0 rc_bond start)
equal "whatever the caller's umask" "700 600 600" "$(stat -c %a /run/rc.bond /run/rc.bond/bond.bond0 /run/rc.bond/lock | tr '\n' ' ' | sed 's/ $//')"
expect_status 0 rc_bond stop
chmod 777 /run/rc.bond
refused 1 'others can write to this folder'
rm -r /run/rc.bond
busybox adduser -D -H somebody 2>/dev/null || echo 'somebody:x:1000:1000::/:/bin/bash' >>/etc/passwd
expect_status 1 busybox su somebody -s /bin/bash -c '/etc/rc.d/rc.bond start'
expect_err 'only root can start bonds'

# --- Programs that are missing: none is needed but bash and bondctl. No /dev/fd either.
nothing() { # ... of iproute2, net-tools, ifenslave, flock, logger
  local file
  for file in /sbin/ifenslave /sbin/ip /sbin/ifconfig /sbin/route /usr/bin/flock /usr/bin/logger; do
    [ ! -e "$file" ] || "$@" "$(readlink -f "$file")"
  done
}
: >/tmp/nothing
mkdir -p /usr/local/sbin
cp "$(readlink -f /sbin/ip)" /usr/local/sbin/ip # for this scenario's own use
hash -r
ip route add 10.99.0.0/16 via 10.77.0.1
before=$(snapshot && ip route)
nothing mount --bind /tmp/nothing
mv /dev/fd /dev/no-fd
refute "there is no ip" /sbin/ip link
expect_status 0 rc_bond start
equal "members without any program" "eth0 eth1" "$(members bond0)"
equal "address without any program" 10.77.0.2/24 "$(ip -o -4 address show dev bond0 | awk '{ print $4 }')"
expect_status 0 rc_bond restart
expect_status 0 rc_bond stop
mv /dev/no-fd /dev/fd
unchanged "and addresses and routes are back" "$before" "$(snapshot && ip route)"
nothing umount
ip route del 10.99.0.0/16
before=$(snapshot)

# bondctl is what it takes.
mount --bind /tmp/nothing /sbin/bondctl
chmod 644 /tmp/nothing
refused 1 '/sbin/bondctl is not there, or not executable; install the package ifenslave again'
umount /sbin/bondctl

# --- Files of other systems, and lists in more than one line.
config <<<"${conf//$'\n'/$'\r\n'}"
expect_status 2 rc_bond start
expect_err 'DOS line ends'
expect_err 'nothing is done until /etc/rc.d/rc.bond.conf is right'
unchanged "line ends of DOS: nothing touched" "$before" "$(snapshot)"
config <<<"${conf/'"eth0 eth1"'/eth0 eth1}"
expect_status 2 rc_bond start
expect_err 'rc.bond.conf:2: .*eth1.*'
expect_err 'nothing is done until /etc/rc.d/rc.bond.conf is right'
unchanged "a list without quotes: nothing touched" "$before" "$(snapshot)"
config <<<"${conf/eth0 eth1/$'\n\teth0\t\n  eth1 \t\n'}"
expect_status 0 rc_bond start
equal "blanks, tabs and line ends between NICs" "eth0 eth1" "$(members bond0)"
ip link set eth1 down
expect_status 0 rc_bond start
check "a member that was set down is up again" is_up eth1
expect_status 0 rc_bond stop
unchanged "and stop leads back" "$before" "$(snapshot)"

# --- Names that a shell's echo would take for options.
ip link add name n type dummy
ip link add name ne type dummy
config <<'END'
IFNAME[0]="e"
BONDNICS[0]="n ne"
IFOPTS[0]="primary ne"
END
expect_status 0 rc_bond start
equal "a bond e of n and ne" "n ne, ne" "$(members e), $(option e primary)"
expect_status 0 rc_bond stop
refute "is gone again" exists e
ip link del dev n
ip link del dev ne

# --- A route by a NIC that has no address of its own.
config <<<"$conf"
ip link set eth1 up
ip route add 10.99.0.0/16 dev eth1
with_routes() {
  snapshot
  ip route
}
before=$(with_routes)
expect_status 0 rc_bond start
refute "it goes with the NIC" grep -q 10.99 <(ip route)
expect_status 0 rc_bond stop
unchanged "and comes back" "$before" "$(with_routes)"
ip route del 10.99.0.0/16
ip link set eth1 down
before=$(snapshot)

# --- An MTU that a NIC cannot have.
modprobe 8021q
ip link add link eth1 name low type vlan id 7
config <<<"${conf/eth1/low}"$'\nMTU[0]="9000"'
before=$(snapshot)
expect_status 1 rc_bond start
expect_err 'bond0: low cannot be used: .*MTU is 9000'
equal "the bond does without it" "eth0, 9000" "$(members bond0), $(mtu bond0)"
expect_status 0 rc_bond stop
unchanged "MTU: all as before" "$before" "$(snapshot)"
ip link del low
config <<<"$conf"
before=$(snapshot)

# --- IPv6 that is off.
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
expect_status 0 rc_bond start
equal "IPv4 without IPv6" 10.77.0.2/24 "$(ip -o -4 address show dev bond0 | awk '{ print $4 }')"
expect_status 0 rc_bond stop
config <<<"$conf"$'\nIP6ADDRS[0]="2001:db8::2/64"'
expect_status 1 rc_bond start
expect_err 'bond0: adding 2001:db8::2/64: '
unchanged "an IPv6 address without IPv6: all as before" "$before" "$(snapshot)"
sysctl -qw net.ipv6.conf.default.disable_ipv6=0

# --- Of several bonds, one whose address the kernel refuses: the others stay.
make_dummies eth2 eth3
config <<'END'
IFNAME[0]="bond0" BONDNICS[0]="eth0" IPADDRS[0]="10.77.0.2/24"
IFNAME[1]="bond1" BONDNICS[1]="eth2" IPADDRS[1]="10.78.0.2/24 0.0.0.0/8" IP6ADDRS[1]="2001:db8:1::2/64"
IFNAME[2]="bond2" BONDNICS[2]="eth3" IPADDRS[2]="10.79.0.2/24" IP6ADDRS[2]="2001:db8:2::2/64"
END
sysctl -qw net.ipv6.conf.default.accept_dad=0
sysctl -qw net.ipv6.conf.all.disable_ipv6=0
expect_status 1 rc_bond start
expect_err 'bond1: .*0.0.0.0/8'
equal "the others stay" "bond0 bond2" "$(</sys/class/net/bonding_masters)"
equal "with their addresses" "10.77.0.2/24 10.79.0.2/24" "$(ip -o -4 address show | awk '/bond/ { print $4 }' | tr '\n' ' ' | sed 's/ $//')"
