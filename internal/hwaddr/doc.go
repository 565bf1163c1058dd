// SPDX-License-Identifier: MIT

// Package hwaddr holds Ethernet hardware addresses: [Parse] reads one in any
// notation that switches, tools and people use, [Find] finds them in text, and
// [Addr.Unusable] says why an address can be no host's.
//
// The packages below it do the rest of "bondctl mac": source reads who has
// which address, vet turns that into a verdict, derive makes an address for a
// bond, and probe asks the LAN.
package hwaddr
