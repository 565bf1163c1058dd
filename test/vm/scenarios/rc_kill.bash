# run_verb VERB: rc.bond in the background, until bondctl runs
run_verb() {
  rc_bond "$1" >/dev/null 2>&1 &
  job=$!
  until pid=$(busybox pidof bondctl); do :; done
}
now() { echo $((${EPOCHREALTIME/./} / 100)); } # in tenths of milliseconds

# time_of VERB: how long bondctl takes for it, in tenths of milliseconds, in took
time_of() {
  local begun
  run_verb "$1"
  begun=$(now)
  wait $job
  took=$(($(now) - begun))
}

# killed N VERB: kill bondctl when N of 20 parts of the time it takes have passed. In
# hits, how often it was still at work; in lines, how long its journal was then.
hits=0
killed() {
  run_verb "$2"
  sleep "$(printf '%d.%04d' $(($1 * took / 20 / 10000)) $(($1 * took / 20 % 10000)))"
  kill -9 "$pid" 2>/dev/null
  wait $job
  [ $? -ne 137 ] || hits=$((hits + 1))
  lines+=" $(grep -c . /run/rc.bond/bond.bond0 2>/dev/null)"
}
