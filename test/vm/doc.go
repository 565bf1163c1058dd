// SPDX-License-Identifier: MIT

// Package vm runs the ifenslave package on real kernels: it boots them under
// QEMU's plain emulation, installs the package into the guest as installpkg
// would, and lets each of scenarios/*.sh run there from a clean network.
//
// The kernels are Debian's and come from "make kernels" (kernels.sh); README.md
// says how to write a scenario and how to run one. Where a kernel or QEMU is
// missing the tests are skipped, which REQUIRE_VM_TESTS=1 turns into a failure.
//
// KVM is never used: on many build machines /dev/kvm exists and hangs.
package vm
