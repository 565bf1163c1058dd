#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What it costs: rc.bond, the same bonds by plain ip commands, and stock rc.inet1 where RC_INET1 gives it; start and stop, time and processes.

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

# measure WAY VERB BONDS NICS: milliseconds, in ms
measure() {
  local begin=${EPOCHREALTIME/./}
  "by_$1" "$2" "$3" "$4" >/tmp/measured 2>&1 || show "$*" "$(cat /tmp/measured)"
  ms=$(((${EPOCHREALTIME/./} - begin) / 1000))
}

# forks WAY VERB BONDS NICS: processes that it started, in count; the threads of programs
# in Go are no processes
forks() {
  echo 0 >$tracing/tracing_on
  echo >$tracing/trace
  echo 1 >$tracing/tracing_on
  "by_$1" "$2" "$3" "$4" >/dev/null 2>&1
  echo 0 >$tracing/tracing_on
  count=$(grep sched_process_fork $tracing/trace | grep -v -c -e 'comm=ifenslave.*child_comm=ifenslave' -e 'comm=bondctl.*child_comm=bondctl' -e 'comm=kthreadd')
}

tracing=/sys/kernel/tracing
mount -t tracefs tracefs $tracing 2>/dev/null
if ! echo 1 >$tracing/events/sched/sched_process_fork/enable; then tracing=; fi 2>/dev/null

ways="rc_bond ip"
if [ -e /vm/ref/RC_INET1 ]; then
  cp /vm/ref/RC_INET1 /etc/rc.d/rc.inet1
  chmod 755 /etc/rc.d/rc.inet1
  ways+=" rc_inet1"
fi
chmod 755 /etc/rc.d/rc.bond
modprobe bonding max_bonds=0
declare -A best=() processes=()
# Of several runs the fastest: what else the host does only adds.
for setup in "1 2 3" "16 4 2"; do
  read -r bonds nics runs <<<"$setup"
  names=()
  for ((n = 0; n < bonds * nics; n++)); do names+=("eth$n"); done
  make_dummies "${names[@]}"
  configure "$bonds" "$nics"
  for ((run = 1; run <= runs; run++)); do
    for way in $ways; do
      for verb in start stop; do
        key=${bonds}x$nics-$verb-$way
        measure "$way" $verb "$bonds" "$nics"
        if [ "$ms" -lt "${best[$key]:-999999}" ]; then best[$key]=$ms; fi
        [ $verb = stop ] || equal "$key: members of the last bond" "$(printf '%s\n' "${names[@]: -nics}" | sort | tr '\n' ' ' | sed 's/ $//')" "$(members bond$((bonds - 1)))"
      done
    done
  done
  if [ -n "$tracing" ]; then
    for way in $ways; do
      for verb in start stop; do
        forks "$way" $verb "$bonds" "$nics"
        processes[${bonds}x$nics - $verb - $way]=$count
      done
    done
  fi
  ip link del type dummy 2>/dev/null
  rmmod dummy
done

printf '    %-14s %10s %10s %10s    milliseconds (processes)\n' "" rc.bond ip rc.inet1
for setup in 1x2-start 1x2-stop 16x4-start 16x4-stop; do
  printf '    %-14s' "$setup"
  for way in rc_bond ip rc_inet1; do
    printf ' %10s' "${best[$setup - $way]:--} (${processes[$setup - $way]:--})"
  done
  echo
done
check "16 x 4: rc.bond starts in at most half the time of the ip commands" test $((2 * ${best[16x4 - start - rc_bond]})) -le "${best[16x4 - start - ip]}"
[ -z "$tracing" ] || check "16 x 4: rc.bond runs no more processes than three a bond" test "${processes[16x4 - start - rc_bond]}" -le 48
