#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond stop and restart, killed before each of their changes: start comes to the same end, and stop to the beginning.

# shellcheck disable=SC2154 # out and err are set by run of lib.sh
. /vm/scenarios/lib.sh
. /vm/scenarios/rc_kill.bash

before=$(look)
rc_bond start >/dev/null
started=$(look)
for verb in stop restart; do
  killed 0 $verb
  points=$(</tmp/changes)
  check "$verb makes many changes ($points)" test "$points" -ge 4
  # A restart is a stop and a start: every fourth point will do.
  step=1
  [ $verb = stop ] || step=4
  for ((n = 1; n <= points; n += step)); do
    rc_bond start >/dev/null
    killed $n $verb
    if ((n % 2)); then
      run rc_bond start
      now=$(look)
      [ "$now" = "$started" ] || unchanged "$verb killed at $n, start converges" "$started" "$now"
    else
      run rc_bond stop
      now=$(look)
      [ "$now" = "$before" ] || unchanged "$verb killed at $n, stop leads back" "$before" "$now"
    fi
    [ "$status" -eq 0 ] || fail "$verb killed at $n: the next run ends with $status: $err"
  done
  ok "$verb was killed at each of $points points, by $step"
  rc_bond start >/dev/null
  now=$(look)
  unchanged "after all of $verb: started" "$started" "$now"
done
