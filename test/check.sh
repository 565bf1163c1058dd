#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run every check of the project, one step after the other, and say at the end
# what passed, what failed and what could not be run here. `make check` calls
# this; a step is a make target. Its whole output goes to .cache/check/STEP.log,
# and is shown where the step fails. A step that cannot do all of its work says
# "SKIPPED: what: why" in a line of its own for each thing left out.
#
# usage: test/check.sh STEP...

cd "$(dirname "$0")/.." || exit 1
logs=.cache/check
rm -rf "$logs"
mkdir -p "$logs" || exit 1

passed=0 failed=0
for step; do
  log=$logs/$step.log
  SECONDS=0
  [ -t 1 ] && printf '%-16s ...' "$step"
  make --no-print-directory "$step" >"$log" 2>&1 </dev/null
  status=$?
  [ -t 1 ] && printf '\r'
  if [ $status = 0 ]; then
    passed=$((passed + 1))
    printf '%-16s ok      %4d s\n' "$step" $SECONDS
    # What a step wants to be read even when all is well.
    sed -n 's/^NOTE: /                 /p' "$log"
  else
    failed=$((failed + 1))
    printf '%-16s FAILED  %4d s  (whole output: %s)\n' "$step" $SECONDS "$log"
    tail -n 150 "$log"
  fi
done

skipped=$(cat "$logs"/*.log | grep -c '^SKIPPED: ')
if [ "$skipped" -gt 0 ]; then
  printf '\nNot run here:\n'
  grep -h '^SKIPPED: ' "$logs"/*.log | sort | uniq -c
fi
printf '\n%d passed, %d failed, %d skipped\n' $passed $failed "$skipped"
[ $failed = 0 ]
