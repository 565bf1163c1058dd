#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What installing the package does: files in place, nothing switched on, and the
# administrator's copies and their x bit kept.
#
# On any kernel.

. /vm/scenarios/lib.sh

mode() { stat -c '%a %U:%G' "$1"; }

# --- On the system that runs: the package was installed when it booted.
for file in '/sbin/ifenslave 755' '/sbin/bondctl 755' '/etc/rc.d/rc.bond 644' '/etc/rc.d/rc.bond.conf 600'; do
  equal "${file% *}: mode and owner" "${file#* } root:root" "$(mode "${file% *}")"
done
for page in /usr/man/man8/{ifenslave,bondctl,rc.bond}.8.gz /usr/man/man5/rc.bond.conf.5.gz; do
  check "$page is there, and compressed" gzip -t "$page"
done
doc=$(echo /usr/doc/ifenslave-*)
for file in README.md ifenslave.SlackBuild examples; do
  check "$doc has $file" test -e "$doc/$file"
done
refute "install/ is not left behind" test -e /install
equal "no .new is left where there was no file before" "" "$(ls /etc/rc.d/*.new 2>/dev/null)"

equal "no interface came" lo "$(ls /sys/class/net)"
refute "no module was loaded" test -d /sys/module/bonding
refute "rc.bond is not executable" test -x /etc/rc.d/rc.bond
equal "nothing else of the system was touched" "rc.bond rc.bond.conf" "$(cd /etc/rc.d && echo *)"
check "rc.bond.conf as shipped is good bash" bash -n /etc/rc.d/rc.bond.conf
equal "rc.bond.conf as shipped names no bond" "0 0" "$(. /etc/rc.d/rc.bond.conf && echo "${#IFNAME[@]} ${#BONDNICS[@]}")"

version=${doc##*-}
expect_status 0 ifenslave -V
expect_out "$version"
expect_status 0 bondctl --version
expect_out "$version"

# --- On a system with nothing at all: the programs are static.
mkdir -p /tmp/empty/proc
for program in /sbin/ifenslave /sbin/bondctl; do
  cp $program /tmp/empty/
  expect_status 0 chroot /tmp/empty "/${program##*/}" --version
done

# --- In another root, as installpkg does it with ROOT set.
install_again() { expect_status 0 /vm/install /tmp/root; }
rc=/tmp/root/etc/rc.d
mkdir -p $rc
install_again
equal "rc.bond comes without x bit" 644 "$(stat -c %a $rc/rc.bond)"
original=$(cat $rc/rc.bond $rc/rc.bond.conf)

install_again
equal "installed again, no .new is left" "rc.bond rc.bond.conf" "$(cd $rc && echo *)"

chmod 755 $rc/rc.bond
install_again
equal "the x bit of an unchanged rc.bond stays" 755 "$(stat -c %a $rc/rc.bond)"
refute "and there is no .new" test -e $rc/rc.bond.new

echo '# mine' >>$rc/rc.bond
printf 'IFNAME[0]=bond0\nBONDNICS[0]="eth0 eth1"\n' >$rc/rc.bond.conf
chown 12:34 $rc/rc.bond.conf
chmod 640 $rc/rc.bond.conf
mine=$(cat $rc/rc.bond $rc/rc.bond.conf)
install_again
equal "a changed rc.bond and rc.bond.conf stay" "$mine" "$(cat $rc/rc.bond $rc/rc.bond.conf)"
equal "with the x bit" 755 "$(stat -c %a $rc/rc.bond)"
equal "with mode and owner" "640 12:34" "$(stat -c '%a %u:%g' $rc/rc.bond.conf)"
equal "the package's lie beside them" "$original" "$(cat $rc/rc.bond.new $rc/rc.bond.conf.new)"
equal "rc.bond.new has the x bit, so that moving it over keeps rc.bond on" 755 "$(stat -c %a $rc/rc.bond.new)"
equal "rc.bond.conf.new has mode and owner" "640 12:34" "$(stat -c '%a %u:%g' $rc/rc.bond.conf.new)"
equal "nothing else is left" "rc.bond rc.bond.conf rc.bond.conf.new rc.bond.new" "$(cd $rc && echo *)"

chmod 644 $rc/rc.bond
install_again
equal "a rc.bond that was switched off stays off" 644 "$(stat -c %a $rc/rc.bond)"
equal "and so would its .new" 644 "$(stat -c %a $rc/rc.bond.new)"
