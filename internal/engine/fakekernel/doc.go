// SPDX-License-Identifier: MIT

// Package fakekernel is a machine in memory for the tests of package engine.
// It behaves as Linux does where that matters for bonding: what an interface
// loses when it is set down, who changes whose MAC address and MTU, in which
// state an option can be written, which messages of a dump the kernel refuses
// to take back, and how long duplicate address detection takes. Time is
// virtual: only [Kernel.Wait] and [Kernel.Sleep] let it pass.
//
// [New] makes an empty machine, the Add methods put things on it, [Random]
// makes one at random. [Kernel.Snapshot] says in words how it is, as an
// administrator would compare it before and after. [Kernel.Fault] chooses a
// call that fails, or at which the process dies ([Dies]).
package fakekernel
