#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What it costs: rc.bond, the same bonds by "ip -batch", by plain ip commands, and stock rc.inet1 where RC_INET1 gives it; start and stop, time and processes.

# shellcheck disable=SC2154 # out, err and others are set by lib.sh
. /vm/scenarios/lib.sh

# by_ip start|stop BONDS NICS: one command for each step, options folded into the first
by_ip() {
  local b n
  for ((b = 0; b < $2; b++)); do
    if [ "$1" = stop ]; then
      ip link set bond$b down
      ip link del bond$b
      continue
    fi
    ip link add bond$b type bond mode active-backup miimon 100
    for ((n = b * $3; n < (b + 1) * $3; n++)); do
      ip link set eth$n down
      ip link set eth$n master bond$b
    done
    ip link set bond$b up
    ip address add 10.1.$b.1/24 broadcast + dev bond$b
  done
}

# by_batch start|stop BONDS NICS: the same by one run of ip
by_batch() { echo_ip "$@" | ip -batch -; }
echo_ip() {
  # shellcheck disable=SC2317 # called by by_ip
  ip() { echo "$*"; }
  by_ip "$@"
  unset -f ip
}

by_rc_bond() { /etc/rc.d/rc.bond "$1"; }

# The function call has the verb as its $1, which is what rc.inet1 looks at.
by_rc_inet1() { bash /etc/rc.d/rc.inet1 "$1"; }

# configure BONDS NICS: for rc.bond, and for rc.inet1 its own
configure() {
  local b n nics
  for ((b = 0; b < $1; b++)); do
    nics=
    for ((n = b * $2; n < (b + 1) * $2; n++)); do nics+=" eth$n"; done
    echo "IFNAME[$b]=\"bond$b\" BONDNICS[$b]=\"${nics# }\" BONDMODE[$b]=\"active-backup\" IFOPTS[$b]=\"miimon 100\" IPADDRS[$b]=\"10.1.$b.1/24\""
  done >/tmp/conf
  config </tmp/conf
  { echo "MAXNICS=$1" && cat /tmp/conf; } >/etc/rc.d/rc.inet1.conf
}

# measure WAY VERB BONDS NICS: how long it takes, in ms, and how many processes it starts,
# in count; the threads of programs in Go are no processes
measure() {
  local begin
  count=-
  [ -z "$tracing" ] || echo >$tracing/trace
  begin=${EPOCHREALTIME/./}
  "by_$1" "$2" "$3" "$4" >/tmp/measured 2>&1 || show "$*" "$(cat /tmp/measured)"
  ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
  [ -z "$tracing" ] ||
    count=$(grep sched_process_fork: $tracing/trace | grep -v -c -e 'comm=ifenslave.*child_comm=ifenslave' -e 'comm=bondctl.*child_comm=bondctl' -e 'comm=kthreadd' -e ' comm=kworker')
}

tracing=/sys/kernel/tracing
mount -t tracefs tracefs $tracing 2>/dev/null
if ! echo 1 >$tracing/events/sched/sched_process_fork/enable; then tracing=; fi 2>/dev/null

ways="rc_bond batch ip"
if [ -e /vm/ref/RC_INET1 ]; then
  cp /vm/ref/RC_INET1 /etc/rc.d/rc.inet1
  chmod 755 /etc/rc.d/rc.inet1
  ways+=" rc_inet1"
fi
chmod 755 /etc/rc.d/rc.bond
modprobe bonding max_bonds=0
declare -A best=() processes=()
# Of several runs the fastest: what else the host does only adds.
printf '    milliseconds (processes)\n'
for setup in "1 2 2" "16 4 1"; do
  read -r bonds nics runs <<<"$setup"
  names=()
  for ((n = 0; n < bonds * nics; n++)); do names+=("eth$n"); done
  make_dummies "${names[@]}"
  configure "$bonds" "$nics"
  for way in $ways; do
    for ((run = 1; run <= runs; run++)); do
      for verb in start stop; do
        key=${bonds}x$nics-$verb-$way
        measure "$way" $verb "$bonds" "$nics"
        if [ "$ms" -lt "${best[$key]:-999999}" ]; then best[$key]=$ms; fi
        processes[$key]=$count
        if [ $verb = start ]; then
          last=("${names[@]: -nics}")
          equal "$key: members of the last bond" "${last[*]}" "$(members bond$((bonds - 1)))"
        fi
      done
    done
    for verb in start stop; do
      key=${bonds}x$nics-$verb-$way
      printf '    %-24s %8s %8s\n' "$key" "${best[$key]}" "(${processes[$key]})"
    done
  done
  rmmod dummy
done

# goal SETUP VERB PERCENT: rc.bond in so many percent of what "ip -batch" takes, at most
goal() {
  local key=$1-$2 ours theirs
  ours=$key-rc_bond theirs=$key-batch
  ours=${best[$ours]} theirs=${best[$theirs]}
  check "$1: rc.bond $2 in at most $3 % of ip -batch ($ours of $theirs ms)" test $((100 * ours)) -le $(($3 * theirs))
}
goal 16x4 start 100
goal 16x4 stop 85
goal 1x2 start 250
key=16x4-start-rc_bond
[ -z "$tracing" ] || check "16 x 4: rc.bond runs no more than three processes" test "${processes[$key]}" -le 3
