#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond stop and restart, killed at 10 points each: start comes to the same end, and stop to the beginning.

# shellcheck disable=SC2154 # out, took and others are set by lib.sh and rc_kill.bash
. /vm/scenarios/lib.sh
. /vm/scenarios/rc_kill.bash

before=$(look)
rc_bond start >/dev/null
started=$(look)
for verb in stop restart; do
  hits=0
  [ $verb = stop ] || echo 'IFOPTS[0]+=" | ad_select count"' >>/etc/rc.d/rc.bond.conf
  time_of $verb
  [ $verb = stop ] || started=$(look)
  for n in {1..20..2}; do
    rc_bond start >/dev/null
    # An option that needs the bond down makes a restart of it.
    choice=count
    ((n % 4 != 1)) || choice=bandwidth
    [ $verb = stop ] || sed -i "s/ad_select [a-z]*/ad_select $choice/" /etc/rc.d/rc.bond.conf
    killed "$n" $verb
    if ((n % 4 == 1)); then
      run rc_bond restart
      now=$(look)
      [ "$now" = "$started" ] || unchanged "$verb killed at $n, the next run converges" "$started" "$now"
    else
      run rc_bond stop
      now=$(look)
      [ "$now" = "$before" ] || unchanged "$verb killed at $n, stop leads back" "$before" "$now"
    fi
    [ "$status" -eq 0 ] || fail "$verb killed at $n: the next run ends with $status: $err"
  done
  ok "$verb was killed at 10 points of $((took / 10)) ms"
  check "some of them while it worked ($hits)" test "$hits" -ge 3
  rc_bond restart >/dev/null
  now=$(look)
  unchanged "after all of $verb: started" "$started" "$now"
done
