#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond start, killed before each of its changes: the next start comes to the same end, and stop to the beginning.

# shellcheck disable=SC2154 # out and err are set by run of lib.sh
. /vm/scenarios/lib.sh
. /vm/scenarios/rc_kill.bash

before=$(look)
killed 0 start
started=$(look)
points=$(</tmp/changes)
check "a start makes many changes ($points)" test "$points" -ge 15
rc_bond stop >/dev/null
unchanged "without a kill, stop leads back" "$before" "$(look)"

for ((n = 1; n <= points; n++)); do
  killed $n start
  if ((n % 2)); then
    run rc_bond start
    now=$(look)
    [ "$now" = "$started" ] || unchanged "killed at $n, start converges" "$started" "$now"
    [ "$status" -eq 0 ] || fail "killed at $n: start ends with $status: $err"
  fi
  run rc_bond stop
  [ "$status" -eq 0 ] || fail "killed at $n: stop ends with $status: $err"
  now=$(look)
  [ "$now" = "$before" ] || unchanged "killed at $n, stop leads back" "$before" "$now"
done
ok "start was killed at $points points"
