// SPDX-License-Identifier: MIT

// Package bond is the kernel's bonding driver as a program sees it: modes and
// options, membership through ioctls and through sysfs, and what the driver
// reports about itself.
//
// [Options] is the one table of options that every part of the project goes
// by (those that only netlink knows are listed here and set by
// internal/bondlink). To change members, [Open] a Conn, have its
// [Conn.Bond] look at the bond, and call Enslave, Release or Activate of what
// it gives. Status, for people, is read from /proc and sysfs alone.
//
// The authority is the kernel: Documentation/networking/bonding.rst,
// include/uapi/linux/if_bonding.h and drivers/net/bonding/bond_options.c; what
// is stated about states and orders was measured on kernels 5.10 to 7.2, and
// test/vm compares the table with each.
//
// /sbin/ifenslave links this package, so it imports only what is small.
package bond
