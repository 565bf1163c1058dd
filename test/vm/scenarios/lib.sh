# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# lib.sh - what scenarios are written with; README.md shows how. Each scenario begins
# with ". /vm/scenarios/lib.sh" and runs as root in a booted guest that has nothing but
# the loopback interface, the package just installed, and the tools of its userland.

checks=0
failures=0
# The text of the check that a mutant of the package has to fail: after that there is
# nothing more to see.
mutant_fails=
[ ! -e /vm/mutant_fails ] || mutant_fails=$(</vm/mutant_fails)

# --- Saying what was found. A scenario fails if a check failed, if it made none, or if
# --- it ended with a status of its own.

ok() {
  checks=$((checks + 1))
  echo "ok: $*"
}

fail() {
  checks=$((checks + 1))
  failures=$((failures + 1))
  echo "FAIL (line ${BASH_LINENO[${#BASH_LINENO[@]} - 2]}): $*"
  [ -z "$mutant_fails" ] || [[ $* != *"$mutant_fails"* ]] || exit 1
}

# skip WHY: leave; the scenario cannot be run here
skip() {
  echo "SKIPPED: $*"
  trap - EXIT
  exit 77
}

summary() {
  local status=$?
  if [ $status -ne 0 ]; then
    echo "FAIL: the scenario ended with status $status"
    failures=$((failures + 1))
  elif [ $checks -eq 0 ]; then
    echo "FAIL: the scenario checked nothing"
    failures=$((failures + 1))
  fi
  echo "$checks checks, $failures failed"
  [ $failures -eq 0 ] || exit 1
  exit 0
}
trap summary EXIT

# check WHAT COMMAND...: WHAT holds if COMMAND succeeds
check() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    ok "$what"
  else
    fail "$what"
    show "$*" "$said"
  fi
}

# refute WHAT COMMAND...: WHAT holds if COMMAND fails
refute() {
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    fail "$what"
    show "$*" "$said"
  else
    ok "$what"
  fi
}

# equal WHAT WANTED GOT
equal() {
  if [ "$2" = "$3" ]; then
    ok "$1"
  else
    fail "$1"
    diff -u <(echo "wanted: $2") <(echo "got: $3") | tail -n +3 | sed 's/^/    /'
  fi
}

# show TITLE TEXT: something a failure is understood by
show() {
  [ -z "$2" ] || printf '    %s: %s\n' "$1" "${2//$'\n'/$'\n'    }"
}

# --- Running programs

# run COMMAND...: sets status, out and err
run() {
  out=$("$@" 2>/tmp/err)
  status=$?
  err=$(</tmp/err)
}

# expect_status STATUS COMMAND...: run COMMAND, which is to end with STATUS
expect_status() {
  local wanted=$1
  shift
  run "$@"
  if [ "$status" -eq "$wanted" ]; then
    ok "status $status: $*"
  else
    fail "status $status, wanted $wanted: $*"
    show stdout "$out"
    show stderr "$err"
  fi
}

# expect_out REGEX, expect_err REGEX: what the last run printed on stdout, on stderr
expect_out() { expect_text stdout "$1" "$out"; }
expect_err() { expect_text stderr "$1" "$err"; }
expect_text() {
  if [[ $3 =~ $2 ]]; then
    ok "$1 has \"$2\""
  else
    fail "$1 has no \"$2\""
    show "$1" "$3"
  fi
}

# expect_silence: the last run printed nothing
expect_silence() {
  equal "nothing printed" "" "$out$err"
}

# wait_for SECONDS COMMAND...: try until it succeeds; false if it does not in time. An
# emulated machine is slow: be generous, since waiting ends at success.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.1
  done
}

# --- Network interfaces. Each start of ip costs an emulated machine 80 ms: hence the batches.

# make_dummies NAME...: NICs that are good for membership, with a carrier that stays
make_dummies() {
  local name
  [ -d /sys/module/dummy ] || modprobe dummy numdummies=0
  for name; do
    echo "link add $name address $(nic_address "$name") type dummy"
  done | ip -batch - || fail "cannot make $*"
}

# make_nics NAME...: NICs with a cable: each is one end of a veth pair, whose other end
# peer-NAME is in the namespace "peer". make_switch or make_peer_bond connects these.
make_nics() {
  local name
  [ -e /run/netns/peer ] || ip netns add peer
  for name; do
    echo "link add $name address $(nic_address "$name") type veth peer name peer-$name netns peer"
  done | ip -batch - || fail "cannot make $*"
  printf 'link set %s up\n' lo "${@/#/peer-}" | in_peer
}

# nic_address NAME: the hardware address that make_dummies and make_nics give NAME; its
# last byte is the number at the name's end plus one
nic_address() {
  local number=${1##*[!0-9]}
  printf '00:16:3e:00:00:%02x' $((10#${number:-0} + 1))
}

# peer_address: where the other end of the cables is reached
peer_address=10.77.0.1

# make_switch: all peers' ends of cables in one bridge, which has peer_address/24
make_switch() {
  local ports
  ports=$(peer_ports)
  {
    # An address of its own: else it takes the lowest of its ports, and a port that
    # comes later changes what its hosts have in their ARP tables.
    echo "link add switch address 02:00:00:00:55:00 type bridge forward_delay 0"
    # shellcheck disable=SC2086 # names of interfaces
    printf 'link set %s master switch\n' $ports
    echo "address add $peer_address/24 dev switch"
    echo "link set switch up"
  } | in_peer
}

# make_peer_bond MODE [OPTION VALUE...]: all peers' ends in one bond, which has
# peer_address/24
make_peer_bond() {
  local ports
  ports=$(peer_ports)
  modprobe bonding max_bonds=0
  {
    echo "link add lag type bond mode $* miimon 100"
    # shellcheck disable=SC2086 # names of interfaces
    printf 'link set %s down\n' $ports
    # shellcheck disable=SC2086
    printf 'link set %s master lag\n' $ports
    echo "address add $peer_address/24 dev lag"
    echo "link set lag up"
  } | in_peer
}

# make_peer_for MODE: the other end that a bond of that mode needs
make_peer_for() {
  case $1 in
  802.3ad | 4) make_peer_bond 802.3ad lacp_rate fast ;;
  balance-rr | balance-xor | broadcast | 0 | 2 | 3) make_peer_bond balance-xor ;;
  *) make_switch ;;
  esac
}

# remove_peer: the cables, their NICs and what they led to
remove_peer() {
  local ports
  ports=$(peer_ports)
  # shellcheck disable=SC2086 # names of interfaces
  printf 'link del %s\n' $ports | in_peer
  ip netns del peer
}

peer_ports() {
  ip -n peer -o link show type veth | sed -nE 's/^[0-9]+: ([^@:]+).*/\1/p'
}

# in_peer: run ip's commands of standard input in the peer's namespace
in_peer() {
  local commands
  commands=$(cat)
  ip -n peer -batch - <<<"$commands" || fail "the peer refused one of: $commands"
}

# unplug NAME..., plug NAME...: pull the cable of a NIC of make_nics, and put it back
unplug() { cable down "$@"; }
plug() { cable up "$@"; }
cable() {
  local state=$1 name
  shift
  for name; do
    ip -n peer link set "peer-$name" "$state" || fail "cannot set the cable of $name $state"
  done
}

# ping_peer [COUNT]: true if the peer answers at least once
ping_peer() {
  busybox ping -c "${1:-1}" -i 0.2 -W 1 $peer_address
}

# reachable [SECONDS]: true as soon as the peer answers
reachable() { wait_for "${1:-20}" ping_peer; }

# --- Looking at the state

# snapshot [NAME...]: links and addresses as text, all of them or those of NAME,
# without what time alone changes (timers; link-local addresses, which appear late; what the
# kernel finds out about a link and an address some time after: state, carrier, tentative) and
# what stays after a device was up once or has had members (its queue, what it could hold)
snapshot() {
  {
    ip -d -o link show
    ip -o address show
  } | awk -v names=" $* " '{ name = $2; sub(/[@:].*/, "", name) } names == "  " || index(names, " " name " ")' |
    sed -E '/ inet6 fe80:/d; s/(<|,)(NO-CARRIER|LOWER_UP|M-DOWN),?/\1/g; s/,>/>/; s/ tentative//
      s/ (state|mii_status|link_failure_count|valid_lft|preferred_lft|[a-z_]*oper_port_state[a-z_]*|[a-z_]+_timer|qdisc|[gt]s?r?o_max_[a-z]+) +[^ ]+//g' | tr "\\\\" "\n"
}

# unchanged WHAT BEFORE AFTER: two snapshots are the same
unchanged() {
  if [ "$2" = "$3" ]; then
    ok "$1"
  else
    fail "$1"
    diff -U0 <(echo "$2") <(echo "$3") | tail -n +3 | sed 's/^/    /'
  fi
}

exists() { [ -e "/sys/class/net/$1/flags" ]; }
is_up() { [ -e "/sys/class/net/$1/flags" ] && (($(<"/sys/class/net/$1/flags") & 1)); }
has_carrier() { [ "$(cat "/sys/class/net/$1/carrier" 2>/dev/null)" = 1 ]; }
address() { cat "/sys/class/net/$1/address"; }
mtu() { cat "/sys/class/net/$1/mtu"; }

# members BOND: its members in order of name, on one line
members() {
  local list
  list=$(tr ' ' '\n' <"/sys/class/net/$1/bonding/slaves" | sort | tr '\n' ' ')
  list=${list# }
  echo "${list% }"
}

# option BOND NAME: an option as the kernel reads it back, without its number
option() {
  local value number
  read -r value number <"/sys/class/net/$1/bonding/$2" || [ -n "$value" ]
  echo "$value"
}

# --- rc.bond

# config: write standard input to /etc/rc.d/rc.bond.conf
config() {
  cat >/etc/rc.d/rc.bond.conf
  chmod 600 /etc/rc.d/rc.bond.conf
}

# rc_bond WORD...: run rc.bond as rc.M would after the administrator's chmod 755
rc_bond() {
  chmod 755 /etc/rc.d/rc.bond
  /etc/rc.d/rc.bond "$@"
}

# run_tests PACKAGE REGEX: run tests of internal/PACKAGE here; each is a check
run_tests() {
  local line log=/tmp/$1.log
  # They skip what a machine does not have; what they need is here.
  REQUIRE_NETNS_TESTS=1 "/vm/tests/$1.test" -test.v -test.run "$2" >"$log" 2>&1 || {
    fail "$1: tests failed"
    grep -v '^=== ' "$log"
  }
  while read -r line; do
    case $line in
    '--- PASS: '*) ok "${line#--- PASS: }" ;;
    '--- SKIP: '*) echo "not here: ${line#--- SKIP: }" ;;
    esac
  done <"$log"
}
