// SPDX-License-Identifier: MIT

// Package source reads who has which hardware address: from this host (its
// interfaces, neighbour and bridge tables, configuration), and from files in
// any format that switches, DHCP servers, hypervisors, inventories and
// administrators leave behind ([Formats] lists them).
//
//	for _, s := range sources { result := s.Read(sink) }
//
// A [Sink] is asked for each address whether it wants to know more; only then
// is a [Claim] made, so that a million lines cost a million look-ups. Nothing
// is sent anywhere.
package source
