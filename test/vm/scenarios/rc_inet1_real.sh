#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The real rc.inet1 of each release that RC_INET1_DIR holds (rc.inet1-14.1, ...): boot, restart, stop and start again, as an administrator lives them.
#
# On any kernel.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

scripts=/vm/ref/RC_INET1_DIR
[ -d $scripts ] || skip "RC_INET1_DIR names no folder of real rc.inet1 scripts"

# What these call and this guest has elsewhere, or not at all: ipmask NETMASK ADDRESS
# prints the broadcast and the network address.
for program in cut cat grep; do
  [ -x /bin/$program ] || ln -s /bin/busybox /bin/$program
done
cat >/bin/ipmask <<'END'
#!/bin/bash
IFS=. read -r a b c d e f g h <<<"$1.$2"
echo "$((e | 255 - a)).$((f | 255 - b)).$((g | 255 - c)).$((h | 255 - d)) $((e & a)).$((f & b)).$((g & c)).$((h & d))"
END
chmod 755 /bin/ipmask
equal "ipmask" "10.77.0.255 10.77.0.0" "$(/bin/ipmask 255.255.255.0 10.77.0.2)"

# boots: what rc.M does; before 15.0 it sources rc.inet1, in bash's POSIX mode
boots() {
  case $1 in
  1[34].*)
    echo '. /etc/rc.d/rc.inet1' >/etc/rc.d/rc.M
    run bash --posix /etc/rc.d/rc.M
    ;;
  *) run bash /etc/rc.d/rc.inet1 ;;
  esac
}

# lives WHEN: the bond works, with all that rc.inet1 puts on it
lives() {
  equal "$release, $1: members" "eth1 eth2" "$(members bond0)"
  equal "$release, $1: addresses" "$addresses" "$(ip -o -4 address show | awk '/bond0/ { print $2, $4 }')"
  check "$release, $1: the default route" grep -q '^default via 10.77.0.1 dev bond0' <(ip route)
  check "$release, $1: the peer answers" reachable
  check "$release, $1: both members are up" eval 'is_up eth1 && is_up eth2'
  [ -z "$vlan" ] || check "$release, $1: the peer answers in VLAN 10" wait_for 20 ping -c 1 -W 1 10.10.0.1
  equal "$release, $1: nothing of ours runs" "" "$(ours)"
}

# ours: programs of this package that run, and who holds its lock
ours() {
  grep -alE 'rc[.]bond|[i]fenslave|[b]ondctl' /proc/[0-9]*/cmdline 2>/dev/null
  flock -n /run/rc.bond/lock true || echo "the lock is held"
}

for path in "$scripts"/rc.inet1-{14.1,14.2,15.0,current}; do
  [ -e "$path" ] || continue
  release=${path##*-}
  cp "$path" /etc/rc.d/rc.inet1
  chmod 755 /etc/rc.d/rc.inet1
  make_nics eth1 eth2
  make_switch
  printf '%s\n' "link add link switch name switch.10 type vlan id 10" "address add 10.10.0.1/24 dev switch.10" "link set switch.10 up" | in_peer
  config <<'END'
IFNAME[0]="bond0"
BONDNICS[0]="eth1 eth2"
END
  addresses="bond0 10.77.0.2/24" vlan=
  {
    echo 'IFNAME[0]="bond0"'
    case $release in
    1[34].*) printf '%s\n' 'IPADDR[0]="10.77.0.2"' 'NETMASK[0]="255.255.255.0"' 'MAXNICS=1' ;;
    *)
      printf '%s\n' 'IPADDRS[0]="10.77.0.2/24"' 'IFNAME[1]="bond0.10"' 'IPADDRS[1]="10.10.0.2/24"' 'MAXNICS=2'
      addresses+=$'\nbond0.10 10.10.0.2/24' vlan=yes
      ;;
    esac
    echo 'GATEWAY="10.77.0.1"'
  } >/etc/rc.d/rc.inet1.conf
  chmod 600 /etc/rc.d/rc.inet1.conf
  chmod 755 /etc/rc.d/rc.bond
  expect_status 0 /sbin/bondctl inet1 enable
  expect_status 0 /sbin/bondctl check

  boots "$release"
  refute "$release: rc.bond complains of nothing" grep -q rc.bond <<<"$err"
  lives boot
  run bash /etc/rc.d/rc.inet1 restart
  lives restart
  run bash /etc/rc.d/rc.inet1 bond0_restart
  wait_for 10 has_carrier bond0
  check "$release: bond0_restart: the peer answers" reachable
  run bash /etc/rc.d/rc.inet1 stop
  equal "$release: stop takes the addresses off" "" "$(ip -o -4 address show up | awk '/bond0/ { print $2, $4 }')"
  equal "$release: and leaves nothing of ours running" "" "$(ours)"
  boots "$release"
  lives "start after a stop"

  # An rc.inet1.conf that lets rc.inet1 take the members for interfaces of its own: its
  # restart and stop set them down, and rc.bond sets them up again, behind a restart and
  # at the next start.
  run bash /etc/rc.d/rc.inet1 stop
  sed -i '/MAXNICS/d' /etc/rc.d/rc.inet1.conf
  boots "$release"
  lives "boot without MAXNICS"
  run bash /etc/rc.d/rc.inet1 restart
  lives "restart without MAXNICS"
  run bash /etc/rc.d/rc.inet1 stop
  boots "$release"
  lives "stop and start without MAXNICS"

  run bash /etc/rc.d/rc.inet1 stop
  expect_status 0 rc_bond stop
  refute "$release: rc.bond stop removes the bond" exists bond0
  expect_status 0 /sbin/bondctl inet1 disable
  remove_peer
done
