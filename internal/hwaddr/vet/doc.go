// SPDX-License-Identifier: MIT

// Package vet says whether a hardware address is in use. [Check] asks all
// sources about some addresses and gives one of three verdicts; [Audit] looks
// for addresses that two have. Neither calls an address unique: what no source
// shows is "not seen", and only where every source was read.
package vet
