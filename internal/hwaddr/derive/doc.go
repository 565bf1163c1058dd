// SPDX-License-Identifier: MIT

// Package derive makes hardware addresses for bonds. [Store.Address] derives
// one that is the same after every boot and NIC swap, differs from host to host
// and from bond to bond, and is refused on a copied disk; [Random] draws one.
//
// The address is the beginning of SHA-256 over a secret of 128 random bits, the
// bond's name and a counter. The secret is kept, readable by root only, with
// fingerprints of the machine it was made on: its product UUID, board serial
// and the permanent addresses of its NICs; in a container of the NICs alone. As long as one of them is still
// there it is the same machine. Where none is, the disk is a copy, or all of
// the hardware was changed: only a person can tell.
package derive
