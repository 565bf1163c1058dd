#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ifenslave against the C original (IFENSLAVE_C), over the same command lines from the
# same beginnings: exit status, and state left behind (flags, MTU, hardware address,
# master, active member, addresses). Where they differ, the last column names the item of
# DIFFERENCES FROM THE ORIGINAL in ifenslave(8) that says so.

. /vm/scenarios/lib.sh

original=/vm/ref/IFENSLAVE_C
[ -e $original ] || skip "IFENSLAVE_C names no build of the original"
$original -V >/dev/null 2>&1 || skip "the original given does not run on this machine"
modprobe bonding max_bonds=0

# The beginnings. eth0 is up with an address, eth1 down, eth2 up with a jumbo MTU and two
# addresses, eth3 a member of a bridge, eth4 something that bonding cannot have.
begin() {
  local mode=active-backup mtu=1500 up='link set bond0 up' joined=''
  case $1 in
  empty) ;;
  down) up='' ;;
  members) joined="eth0 eth1" ;;
  round-robin) mode=balance-rr joined="eth0 eth1" ;;
  jumbo) mtu=9000 joined="eth1 eth2" ;;
  esac
  {
    for name in eth0 eth1 eth2 eth3 eth4; do
      echo "link add $name address $(nic_address $name) type dummy"
    done
    echo "link set eth2 mtu 9000
      address add 10.2.0.1/24 dev eth2
      address add 10.3.0.1/24 dev eth2
      address add 10.4.0.1/24 dev eth4
      link add br0 type bridge
      link set eth3 master br0 up
      link add mv0 link eth4 type macvlan
      link set eth4 up
      link add bond0 mtu $mtu type bond mode $mode miimon 100"
    for name in $joined; do echo "link set $name master bond0"; done
    case $joined in
    *eth0*) echo "link set eth2 up" ;;
    *eth2*) echo "link set eth0 up" ;;
    *) printf 'link set %s up\n' eth0 eth2 && echo "address add 10.1.0.1/24 dev eth0" ;;
    esac
    echo "$up"
  } | ip -batch - || fail "cannot make the beginning $1"
}

end() { printf 'link del %s\n' bond0 br0 mv0 eth0 eth1 eth2 eth3 eth4 | ip -batch - || fail "cannot clean up"; }

# state: all there is to compare; an address that the kernel invented is "invented". Of
# programs it starts only two, since that is slow on an emulated machine.
state() {
  local name flags mtu address master index bond bridge
  read -r bond </sys/class/net/bond0/ifindex
  read -r bridge </sys/class/net/br0/ifindex
  for name in lo eth0 eth1 eth2 eth3 eth4 bond0; do
    read -r flags <"/sys/class/net/$name/flags"
    read -r mtu <"/sys/class/net/$name/mtu"
    read -r address <"/sys/class/net/$name/address"
    case $address in 00:*) ;; *) address=invented ;; esac
    index=0
    [ ! -e "/sys/class/net/$name/master" ] || read -r index <"/sys/class/net/$name/master/ifindex"
    case $index in 0) master=none ;; "$bond") master=bond0 ;; "$bridge") master=br0 ;; *) master=$index ;; esac
    echo "$name: flags $flags, mtu $mtu, address $address, master $master"
  done
  echo "active: $(</sys/class/net/bond0/bonding/active_slave)"
  while read -r _ name _ address _; do
    echo "$name: $address"
  done < <(ip -4 -o address show | sort -k 2,4) # the kernel's order depends on their numbers
}

# try PROGRAM BEGINNING ARGUMENTS: sets status, and after. What a run left untouched
# serves as the beginning of the next.
current='' fresh=''
try() {
  local words
  if [ "$current" != "$2" ]; then
    [ -z "$current" ] || end
    begin "$2"
    current=$2
    fresh=$(state)
  fi
  read -ra words <<<"$3"
  if [ "${words[0]}" = POSIXLY_CORRECT ]; then
    run env POSIXLY_CORRECT=1 "$1" "${words[@]:1}"
  else
    run "$1" "${words[@]}"
  fi
  after=$(state)
  [ "$after" = "$fresh" ] || { end && current=''; }
}

# beginning | arguments | status of the original, ours | state, compared | item
# "0/1": kernels differ; from 6.12 on, the loopback interface can be a first member.
# shellcheck disable=SC2154 # run sets status
while IFS='|' read -r beginning args statuses states item; do
  read -r beginning <<<"$beginning"
  read -r args <<<"$args"
  read -r statuses <<<"$statuses"
  read -r states <<<"$states"
  try $original "$beginning" "$args"
  got="$status" after_original=$after
  try /sbin/ifenslave "$beginning" "$args"
  read -r wanted ours <<<"$statuses"
  case /$wanted/ in */$got/*) wanted=$got ;; esac
  equal "$beginning: ifenslave $args: statuses" "$wanted $ours" "$got $status"
  if [ "$after" = "$after_original" ]; then found=same; else found=differs; fi
  equal "$beginning: ifenslave $args: state left behind${item:+ ($item )}" "$states" "$found"
  if [ "$found" != "$states" ]; then diff <(echo "$after_original") <(echo "$after"); fi
done <<'TABLE'
empty |                          | 2 2 | same |
empty | -V                       | 0 0 | same |
empty | --version                | 0 0 | same |
empty | -u                       | 0 0 | same |
empty | -h                       | 0 0 | same |
empty | -vV                      | 0 0 | same |
empty | -hV                      | 2 2 | same |
empty | -x                       | 2 2 | same |
empty | --nope                   | 2 2 | same |
empty | --ver                    | 2 2 | same |
empty | --detach=1 bond0 eth0    | 2 2 | same |
empty | -dc bond0 eth0           | 2 2 | same |
empty | -dd bond0 eth0           | 2 2 | same |
empty | -v                       | 2 2 | same |
empty | -a                       | 0 0 | same |
empty | -a bond0                 | 2 2 | same |
empty | bond0                    | 0 0 | same |
empty | -f bond0                 | 0 0 | same |
empty | bond9                    | 1 1 | same |
empty | lo                       | 0 0 | same |
empty | eth1                     | 0 0 | same |
empty | br0                      | 1 0 | same | \-a, and BOND alone
empty | -c bond0                 | 2 2 | same |
empty | -d bond0                 | 2 2 | same |
empty | -d                       | 2 2 | same |
empty | bond0 eth0               | 0 0 | same |
empty | bond0 eth0 eth1          | 0 0 | same |
empty | bond0 eth1 eth0          | 0 0 | same |
empty | bond0 eth2               | 0 0 | differs | IP addresses of a NIC that joins
empty | -v bond0 eth1            | 0 0 | same |
empty | bond0 -v eth1            | 0 0 | same |
empty | bond0 eth1 --verbose     | 0 0 | same |
empty | -- bond0 eth1            | 0 0 | same |
empty | --verb bond0 eth1        | 0 0 | same |
empty | -f bond0 eth1            | 0 0 | same |
empty | --force bond0 eth1       | 0 0 | same |
empty | -fv bond0 eth0           | 0 0 | same |
empty | bond0 eth9               | 19 1 | same | exit status
empty | bond0 eth9 eth1          | 19 1 | same | exit status
empty | bond0 eth1 eth9 eth0     | 19 1 | same | exit status
empty | bond0 eth1 eth1          | 1 1 | same |
empty | eth1 eth0                | 1 1 | same |
empty | -f eth1 eth0             | 1 1 | same |
empty | bond9 eth0               | 1 1 | same |
empty | -d bond0 eth0            | 1 1 | same |
empty | -d bond0 eth9            | 255 1 | same | exit status
empty | -c bond0 eth0            | 1 1 | same |
empty | -c bond0 eth9            | 255 1 | same | exit status
empty | bond0 bond0              | 1 1 | differs | a bond as its own member, the loopback interface, a member of a bridge
empty | bond0 lo                 | 0/1 1 | differs | a bond as its own member, the loopback interface, a member of a bridge
empty | bond0 eth3               | 1 1 | differs | a bond as its own member, the loopback interface, a member of a bridge
empty | bond0 eth4               | 1 1 | differs | a NIC that cannot join
empty | bond0 sixteenbyteslong   | 19 2 | same | long names
empty | bond0 eth1 sixteenbyteslong | 19 2 | differs | long names
empty | POSIXLY_CORRECT bond0 -v eth1 | 19 1 | same | exit status
empty | POSIXLY_CORRECT -v bond0 eth1 | 0 0 | same |
down  | bond0 eth0               | 1 1 | same |
down  | -d bond0 eth0            | 1 1 | same |
down  | -c bond0 eth0            | 1 1 | same |
down  | bond0                    | 0 0 | same |
members | bond0                  | 0 0 | same |
members | bond0 eth0             | 1 1 | same |
members | bond0 eth0 eth2        | 1 1 | differs | IP addresses of a NIC that joins
members | -c bond0 eth1          | 0 0 | same |
members | --change bond0 eth1    | 0 0 | same |
members | -vc bond0 eth1         | 0 0 | same |
members | -c bond0 eth0          | 0 0 | same |
members | -c bond0 eth2          | 1 1 | same |
members | -c bond0 eth1 eth0     | 0 2 | differs | more than one NIC after \-c
members | -d bond0 eth0          | 0 0 | same |
members | -d bond0 eth1          | 0 0 | same |
members | -d bond0 eth0 eth1     | 0 0 | same |
members | --det bond0 eth1       | 0 0 | same |
members | bond0 eth1 -d          | 0 0 | same |
members | -d bond0 eth9 eth1     | 255 1 | same | exit status
members | -d bond0 eth2          | 1 1 | same |
members | -d bond0 eth2 eth1     | 1 1 | same |
members | -d bond0 eth0 eth0     | 1 1 | same |
jumbo | -d bond0 eth2            | 0 0 | differs | MTU after \-d
jumbo | -d bond0 eth1            | 0 0 | same |
jumbo | bond0 eth0               | 0 0 | same |
round-robin | -c bond0 eth1      | 1 1 | same |
round-robin | -d bond0 eth0      | 0 0 | same |
TABLE
