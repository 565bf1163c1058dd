#!/bin/bash
# SPDX-License-Identifier: MIT
#
# rc.bond start, killed at 20 points: the next start comes to the same end, and stop to the beginning.

# shellcheck disable=SC2154 # out, took and others are set by lib.sh and rc_kill.bash
. /vm/scenarios/lib.sh
. /vm/scenarios/rc_kill.bash

before=$(look)
time_of start
started=$(look)
rc_bond stop >/dev/null
unchanged "without a kill, stop leads back" "$before" "$(look)"

for n in {1..20}; do
  killed "$n" start
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
ok "start was killed at 20 points of $((took / 10)) ms"
check "many of them while it worked ($hits)" test "$hits" -ge 6
