#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Two hosts (namespaces, with a switch between them) have the same copied
# rc.bond.conf with an HWADDR in it: the second one notices, from its neighbour
# table when it starts the bond, and by asking the LAN where that shows nothing.

# shellcheck disable=SC2154 # status, out and err are set by run of lib.sh
. /vm/scenarios/lib.sh

bondctl=/sbin/bondctl
copied=00:16:3e:aa:aa:aa
network=10.77.0.0/24
config <<END
IFNAME[0]="bond0"
BONDNICS[0]="eth0 eth1"
HWADDR[0]="$copied"
IPADDRS[0]="10.77.0.2/24"
END
chmod 755 /etc/rc.d/rc.bond
modprobe bonding max_bonds=0

# host NAME COMMAND...: as on that host; each has a /run of its own for what rc.bond keeps
host() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # for the other shell
  ip netns exec "$name" unshare -m bash -c 'mount --bind "$0" /run && exec "$@"' "/tmp/run-$name" "$@"
}

mkdir /tmp/run-one /tmp/run-two
{
  echo "netns add lan"
  for name in one two; do echo "netns add $name"; done
} | ip -batch -
ip -n lan -batch - <<END
link set lo up
link add switch type bridge forward_delay 0 mcast_snooping 0
address add 10.77.0.1/24 dev switch
link set switch up
END
for name in one two; do
  for nic in 0 1; do
    ip -n lan link add "$name$nic" type veth peer name eth$nic netns $name
    ip -n lan link set "$name$nic" master switch up
  done
  ip -n $name link set lo up
done

expect_status 0 host one /etc/rc.d/rc.bond start
check "the first host has the address" ip netns exec one grep -q $copied /sys/class/net/bond0/address
check "and answers" wait_for 20 ip netns exec lan ping -c1 -W1 10.77.0.2

# The second host is on the LAN through one NIC and has spoken with the first one.
ip -n two address add 10.77.0.3/24 dev eth0
ip -n two link set eth0 up
before=$(ip netns exec two cat /sys/class/net/eth0/address)
check "the second one reaches the first" wait_for 20 ip netns exec two ping -c1 -W1 10.77.0.2
expect_status 1 host two $bondctl mac check --for bond0 --brief $copied
expect_out "$copied: in use: 10.77.0.2 on eth0, neighbours"
expect_status 1 host two /etc/rc.d/rc.bond start
expect_err "$copied is in use"
refute "no bond was made" ip -n two link show bond0
equal "eth0 is as it was" "$before 10.77.0.3/24" \
  "$(ip netns exec two cat /sys/class/net/eth0/address) $(ip -n two -br address show eth0 | grep -o '10[0-9./]*')"
check "the first one still answers" ip netns exec lan ping -c1 -W5 10.77.0.2

# Before it has an address, as at boot, its tables know nobody: only the LAN does.
ip -n two address flush dev eth0
ip -n two neigh flush dev eth0
expect_status 0 host two $bondctl mac check --for bond0 $copied
expect_out "The LAN was not asked"
expect_status 1 host two $bondctl mac check --for bond0 --live eth0 --sweep $network $copied
expect_out "$copied: in use: on the LAN at eth0: "
expect_status 1 host two $bondctl mac check --for bond0 --live eth0 --sweep $network --brief $copied
expect_out "in use: on the LAN at eth0"
check "asking did the first host no harm" ip netns exec lan ping -c1 -W5 10.77.0.2

# An address that nobody has; the switch's own is the control.
expect_status 0 host two $bondctl mac check --for bond0 --live eth0 --sweep $network 02:00:5e:10:00:99
expect_out "for control .* answered"

# The first one is switched off: nothing is known of it any more.
expect_status 0 host one /etc/rc.d/rc.bond stop
ip -n lan -batch - <<END
link set one0 down
link set one1 down
END
ip -n two neigh flush dev eth0
expect_status 0 host two $bondctl mac check --for bond0 --live eth0 --sweep $network $copied
expect_out "$copied: not seen: "
expect_out "Hosts that are off"

# Both files side by side, as in a backup of all hosts.
mkdir -p /tmp/hosts/{one,two}/etc/rc.d
cp /etc/rc.d/rc.bond.conf /tmp/hosts/one/etc/rc.d
cp /etc/rc.d/rc.bond.conf /tmp/hosts/two/etc/rc.d
expect_status 1 $bondctl mac audit --no-host --from /tmp/hosts
expect_out "$copied: copied configuration: the configuration of one and two sets it"
