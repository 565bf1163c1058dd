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

# Before the command number $KILL_AT of those that change something, bash kills itself.
cat >/tmp/killer <<'END'
set -T
changes=0
trap 'case $BASH_COMMAND in
  "printf "*"\"\$2\"" | "printf "*bond* | "mv "* | ": > \"\$run"* | "\"\$@\" 2> "* | "\"\$ip\" -force"* | "look \"\${c"*)
    changes=$((changes + 1))
    echo $changes >/tmp/changes
    [ $changes -ne ${KILL_AT:-0} ] || kill -9 $$ ;;
esac' DEBUG
END
killed() { KILL_AT=$1 BASH_ENV=/tmp/killer rc_bond "$2" >/dev/null 2>&1; }
