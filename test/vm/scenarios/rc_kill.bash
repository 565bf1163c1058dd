now() { echo $((${EPOCHREALTIME/./} / 100)); } # in tenths of milliseconds

# time_of VERB: how long rc.bond takes for it, in tenths of milliseconds, in took
time_of() {
  local begun
  begun=$(now)
  rc_bond "$1" >/dev/null 2>&1
  took=$(($(now) - begun))
}

# killed N VERB: kill bondctl when N of 20 parts of the time it takes have passed. In hits,
# how often it was at work.
hits=0
killed() {
  rc_bond "$2" >/dev/null 2>&1 &
  sleep "$(printf '%d.%04d' $(($1 * took / 20 / 10000)) $(($1 * took / 20 % 10000)))"
  busybox killall -9 bondctl 2>/dev/null
  wait $!
  [ $? -ne 137 ] || hits=$((hits + 1))
}
