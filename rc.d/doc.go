// SPDX-License-Identifier: MIT

// Package rcd holds the templates of /etc/rc.d/rc.bond and rc.bond.conf and
// renders them. The script's list of bonding options is that of
// [bond.Options], so that rc.bond, bondctl and the manual know the same ones.
package rcd
