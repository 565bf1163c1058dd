// SPDX-License-Identifier: MIT

// Package exasock looks after bonds that the exasock driver of Cisco Nexus
// SmartNICs (formerly ExaNIC) manages.
//
// That driver wraps itself around the kernel's bonding driver, takes only
// bonds in mode active-backup whose members are all SmartNICs, and tells user
// space through one page of memory, /dev/exabond-BOND, which card and port is
// the active one. [Open] maps that page and [Page.Active] reads it in a few
// nanoseconds. [Host] puts bonds under management and out of it, shows them,
// and says beforehand what the driver would refuse with a bare error number.
//
// The authority is the driver's source (github.com/cisco/exanic-software:
// modules/exasock/exasock-bonding-*.c, libs/exasock/kernel/exasock-bonding.h),
// read and run in version 2.7.6. Three things that are not in its manual:
//
//   - Since kernel 5.15 no member of a managed bond can be added or removed:
//     EOPNOTSUPP. Members go in first, management comes last.
//   - Deleting a managed bond waits in the kernel until it is released.
//   - Who has the page mapped when a bond is released reads "no active member"
//     from it for ever, even if the bond is managed again.
//
// Accelerated TCP (ATE), which the driver does not support on bonds, is a
// matter of each socket and cannot be seen here.
package exasock
