# SPDX-License-Identifier: MIT
# The guard that "bondctl inet1 enable" puts at the end of rc.inet1.conf: what
# stands below the empty line. Its rules are in doc/bondctl.8, its tests in
# internal/inet1.
# shellcheck shell=bash source=/dev/null

# Before rc.inet1 starts the network, rc.bond makes the bonds of rc.bond.conf,
# so that rc.inet1 finds them and can give them their addresses. This file is
# read for every verb, and not by rc.inet1 alone: so look who reads it, and why.
# In a subshell: nothing that rc.inet1 goes by is changed, not even $?.
(
  status=$?
  trap 'exit $status' EXIT
  case "${BASH_VERSION:+${BASH_SOURCE[1]-}}" in
  rc.inet1 | */rc.inet1) [ -x /etc/rc.d/rc.bond ] || exit ;;
  *) exit ;;
  esac
  case "${1-}" in
  stop | down | *_stop | *_down) ;;
  *_start | *_up | *_restart) # one interface: is it one of our bonds, or a member?
    unset IFNAME BONDNICS
    . /etc/rc.d/rc.bond.conf >/dev/null 2>&1
    case " ${IFNAME[*]-} ${BONDNICS[*]-} " in
    *" ${1%_*} "* | *" mac="* | *" pci="*) /etc/rc.d/rc.bond "${1%_*}_start" >/dev/null ;;
    esac
    ;;
  *) /etc/rc.d/rc.bond start >/dev/null ;; # as rc.inet1: any other word starts all
  esac
)
# A restart sets down what it takes for interfaces of its own, members of bonds with
# them, and only bonds up again: rc.bond does that for the members, at the end.
case "${1-}:$0" in
restart:rc.inet1 | restart:*/rc.inet1)
  eval "trap '[ ! -x /etc/rc.d/rc.bond ] || /etc/rc.d/rc.bond start > /dev/null' EXIT; (exit $?)"
  ;;
*) (exit $?) ;;
esac
