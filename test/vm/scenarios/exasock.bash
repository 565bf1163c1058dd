# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the exasock scenarios share. EXASOCK_KO on the host names a folder with exanic.ko
# and exasock.ko, built for one of the kernels; this project does not have them.

ko=/vm/ref/EXASOCK_KO

# load_exasock: the driver, or leave the scenario
load_exasock() {
  local built
  if [ ! -f $ko/exasock.ko ] || [ ! -f $ko/exanic.ko ]; then
    skip "EXASOCK_KO names no folder with exanic.ko and exasock.ko"
  fi
  built=$(modinfo -F vermagic $ko/exasock.ko)
  [ "${built%% *}" = "$(uname -r)" ] || skip "exasock.ko was built for ${built%% *}, this is $(uname -r)"
  modprobe bonding max_bonds=0
  check "the drivers load" insmod_all $ko/exanic.ko $ko/exasock.ko
  trap 'unload_exasock; summary' EXIT
}

insmod_all() {
  local file
  for file; do insmod "$file" || return; done
}

# unload_exasock: what holds a reference to a bond must be gone before the network is clean
unload_exasock() {
  local status=$? bonds
  if read -ra bonds 2>/dev/null </sys/class/net/exabond_masters; then
    bondctl exasock release --force "${bonds[@]}" >/dev/null
  fi
  rmmod exasock exanic 2>/dev/null
  return $status
}

# make_bond NAME OPTION=VALUE...
make_bond() {
  local name=$1 option
  shift
  echo "+$name" >/sys/class/net/bonding_masters
  for option; do
    echo "${option#*=}" >"/sys/class/net/$name/bonding/${option%%=*}"
  done
}

# refute_alive PID: true when the process is no more
refute_alive() { ! kill -0 "$1" 2>/dev/null; }

# smart_nics: the SmartNICs of this machine
smart_nics() {
  local driver
  for driver in /sys/class/net/*/device/driver; do
    [ "$(basename "$(readlink "$driver")")" = exanic ] && basename "${driver%/device/driver}"
  done
}
