#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The machine as the engine sees it: bonds are made, changed and deleted, each option is
# read back as it was set: the tests of internal/kernel, each in namespaces of its own.

. /vm/scenarios/lib.sh

modprobe dummy numdummies=0
modprobe bonding max_bonds=0
run_tests kernel .
