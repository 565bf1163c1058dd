#!/bin/bash
# SPDX-License-Identifier: MIT
#
# bondctl exasock against the real driver, on bonds without members, which need no card:
# manage, status, check, every refusal, release while the page is held, unload.

. /vm/scenarios/lib.sh
. /vm/scenarios/exasock.bash

load_exasock
masters=/sys/class/net/exabond_masters

# What the driver answers, raw. bondctl's sentences go by these.
# answers WANTED TEXT FILE: a write of TEXT to FILE fails with the words WANTED
answers() {
  local said
  said=$( (printf %s "$2" >"$3") 2>&1)
  equal "the driver answers \"$1\" to $2 in ${3##*/}" "$1" "${said##*write error: }"
}

make_bond bond0 mode=active-backup miimon=100
make_bond bond1 mode=balance-rr
make_dummies eth0

# Refused before the driver is asked: its log stays empty.
dmesg -C
expect_status 1 bondctl exasock manage bond1
expect_err '^bondctl: bond1: its mode is balance-rr, and exasock manages only active-backup; set BONDMODE'
expect_status 1 bondctl exasock manage bond7
expect_err '^bondctl: there is no bond bond7 here; there are: bond0, bond1$'
expect_status 1 bondctl exasock manage eth0
expect_err '^bondctl: eth0 is no bond'
echo active-backup >/sys/class/net/bond1/bonding/mode
echo +eth0 >/sys/class/net/bond1/bonding/slaves
expect_status 1 bondctl exasock manage bond1
expect_err '^bondctl: bond1: member eth0 is no SmartNIC: it has no device and no driver'
equal "the driver was not asked" "" "$(dmesg | grep exasock-bonding)"
equal "nothing is managed" "" "$(cat $masters)"
expect_status 3 bondctl exasock status
expect_err '^bondctl: exasock manages no bond'

# What the checks cannot see, the driver refuses; its reason is quoted. (Its view of the
# bond's mode differs from ours here because a file hides the kernel's.)
make_bond bond2 mode=balance-xor miimon=100
echo 'active-backup 1' >/tmp/mode
mount --bind /tmp/mode /sys/class/net/bond2/bonding/mode
expect_status 1 bondctl exasock manage bond2
expect_err '^bondctl: bond2 cannot be put under exasock.s management: the driver found no bond of that name .*\(ENOENT\); the kernel.s log says: bond2: Please set the bond.s mode to .active-backup.'
umount /sys/class/net/bond2/bonding/mode
echo active-backup >/sys/class/net/bond2/bonding/mode

expect_status 0 bondctl exasock manage bond0
equal "one line says so" "bond0: managed by exasock: /dev/exabond-bond0" "$out"
expect_err 'warning: bond0: it has no member, and a program that uses it with libexasock needs one'
equal "the driver lists it" bond0 "$(cat $masters)"
check "its page is there" test -c /dev/exabond-bond0
expect_status 0 bondctl exasock manage bond0
equal "a second time changes nothing" "bond0: already managed by exasock" "$out"

answers "No such file or directory" +bond9 $masters
answers "No message of desired type" =bond9 $masters
answers "Device not a stream" +0123456789abcdefg $masters
answers "No such device" +eth0 /sys/class/net/bond0/bonding/slaves
answers "Invalid argument" +bond1 /sys/class/net/bond0/bonding/slaves
answers "Unknown error 524" balance-rr /sys/class/net/bond0/bonding/mode

# ifenslave asks first.
echo -eth0 >/sys/class/net/bond1/bonding/slaves
ip link set bond0 up
dmesg -C
expect_status 1 ifenslave bond0 eth0
expect_err '^ifenslave: bond0: is managed by exasock: eth0 is no SmartNIC: it has no device and no driver'
equal "the driver was not asked" "" "$(dmesg | grep exasock-bonding)"
equal "no member came in" "" "$(members bond0)"

expect_status 1 bondctl exasock status
expect_out '^bond0: managed by exasock, /dev/exabond-bond0'
expect_out 'monitor  100 ms \(miimon 100 ms, arp_interval off\); the driver looks every 100 ms'
expect_out 'active   none; by bonding: none'
expect_out '! bond0: it has no member'
echo 0 >/sys/class/net/bond0/bonding/miimon
expect_status 1 bondctl exasock check bond0
expect_out '^warning: bond0: neither miimon nor arp_interval is set: a lost link can be missed for ever'
echo 100 >/sys/class/net/bond0/bonding/miimon
expect_status 1 bondctl exasock status --json
expect_out '"managed": true'
expect_out '"active": null'

# An ordinary user
expect_status 1 setpriv --reuid 1000 --clear-groups bondctl exasock release bond0
expect_err '^bondctl: bond0 cannot be released from exasock.s management: only root may do this'
expect_status 1 setpriv --reuid 1000 --clear-groups bondctl exasock status bond0
expect_out '/dev/exabond-bond0 can be read by root only'

# Another network namespace
expect_status 1 unshare --net --mount bash -c 'mount -t sysfs sysfs /sys; bondctl exasock manage bond0'
expect_err '^bondctl: bond0: this is not the first network namespace'

# Release while the page is held: open by this script, mapped by another program.
exec 9</dev/exabond-bond0
cp "$(command -v bondctl)" /tmp/reader
/tmp/reader exasock status --watch bond0 >/tmp/reader.out 2>&1 &
reader=$!
check "a reader reads" wait_for 20 grep -q 'bond0: none' /tmp/reader.out
refute "the module is in use" rmmod exasock
expect_status 1 bondctl exasock release bond0
expect_err "process $$ \(\"[^\"]*\"\) uses /dev/exabond-bond0; end it first"
expect_err "process $reader \(\"reader\"\) uses /dev/exabond-bond0"
equal "it is still managed" bond0 "$(cat $masters)"
exec 9<&-
bondctl exasock status --watch bond0 >/tmp/watch.out 2>&1 &
check "bondctl watches" wait_for 20 grep -q 'bond0: none' /tmp/watch.out
expect_status 1 bondctl exasock release bond0
refute "its own watcher does not count" grep -q '"bondctl"' <<<"$err"
expect_status 0 bondctl exasock release --force bond0
expect_out '^bond0: released by exasock$'
expect_err "process $reader .* sees no active member from now on"
equal "nothing is managed" "" "$(cat $masters)"
refute "the page is gone" test -e /dev/exabond-bond0
check "readers notice" wait_for 20 grep -q "bond0: the bond was released from exasock's management" /tmp/watch.out /tmp/reader.out
wait
expect_status 0 bondctl exasock release bond0
equal "a second time changes nothing" "bond0: not managed by exasock" "$out"

# A managed bond that is deleted hangs in the kernel until it is released.
expect_status 0 bondctl exasock manage bond2 bond0
echo -bond0 >/sys/class/net/bonding_masters &
deleting=$!
refute "deleting a managed bond does not end" wait_for 3 refute_alive $deleting
expect_status 0 bondctl exasock release bond0
check "released, it goes" wait_for 20 refute_alive $deleting

expect_status 0 bondctl exasock release bond2
check "the driver can be unloaded" rmmod exasock exanic
expect_status 1 bondctl exasock manage bond2
expect_err '^bondctl: bond2: the exasock driver is not loaded: run "modprobe bonding" and "modprobe exasock"$'
expect_status 0 bondctl exasock release bond2
