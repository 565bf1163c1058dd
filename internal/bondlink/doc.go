// SPDX-License-Identifier: MIT

// Package bondlink speaks rtnetlink with the bonding driver: it sets options,
// reads them back, and waits for changes.
//
// Netlink has options that sysfs lacks (ns_ip6_target, a member's prio and
// others), but answers "done" to attributes that a kernel does not know: what
// [Conn.Set] set counts only because it was read back. See package bond for
// the table of options, and include/uapi/linux/if_link.h for the attributes.
package bondlink
