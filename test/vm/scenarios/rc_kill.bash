# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# rc_kill.bash - what the scenarios that kill rc.bond share: a bond with a bit of all,
# look, to compare where two ways lead, and killed.

make_dummies eth0 eth1
ip link set eth0 up mtu 1400
ip link set eth1 up
ip address add 10.77.0.5/24 dev eth0
ip address add 2001:db8:5::1/64 dev eth1 nodad
ip route add 10.99.0.0/16 via 10.77.0.1
config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
IFOPTS[0]="primary eth1 | updelay 200 | miimon 100"
HWADDR[0]="02:aa:00:00:00:01"
MACCHECK="off"
IPADDRS[0]="10.77.0.2/24"
IP6ADDRS[0]="2001:db8:77::2/64"
GATEWAY="10.77.0.1"
END
# DAD takes its time and is not what this is about.
sysctl -qw net.ipv6.conf.default.accept_dad=0

# The state that a start or a stop is to lead to, but for numbers and for what the
# kernel chooses at random.
state() {
  ip -o link show
  ip -o address show
  ip route show
  [ ! -e /sys/class/net/bond0 ] || grep . /sys/class/net/bond0/bonding/{mode,miimon,updelay,primary,slaves,active_slave}
}
# The primary takes over when its updelay has passed, not when start ends.
settled() { [ ! -e /sys/class/net/bond0 ] || [ "$(option bond0 active_slave)" = "$(option bond0 primary)" ]; }
look() {
  wait_for 3 settled
  state | sed -E '/ inet6 fe80:/d; s/^[0-9]+: //; s/ state (UP|UNKNOWN) / /; s/,?LOWER_UP//; s/ qdisc [a-z]+//' | sort
}
now() { echo $((${EPOCHREALTIME/./} / 100)); } # in tenths of milliseconds

# time_of VERB: how long rc.bond takes for it, in tenths of milliseconds, in took
time_of() {
  local begun
  begun=$(now)
  rc_bond "$1" >/dev/null 2>&1
  took=$(($(now) - begun))
}

# killed N VERB: kill bondctl when N of 20 parts of the time it takes have passed. In hits,
# how often it was at work.
hits=0
killed() {
  rc_bond "$2" >/dev/null 2>&1 &
  sleep "$(printf '%d.%04d' $(($1 * took / 20 / 10000)) $(($1 * took / 20 % 10000)))"
  busybox killall -9 bondctl 2>/dev/null
  wait $!
  [ $? -ne 137 ] || hits=$((hits + 1))
}
