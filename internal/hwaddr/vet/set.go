// SPDX-License-Identifier: MIT

package vet

import (
	"encoding/binary"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// set holds addresses in eight bytes each, by open addressing: a map takes
// three times that, and a table may have millions. No host's address is zero,
// so that zero is an empty slot.
type set struct {
	slots []uint64
	n     int
}

// add adds an address and reports whether it was new.
func (s *set) add(a hwaddr.Addr) bool {
	if 4*s.n >= 3*len(s.slots) {
		old := s.slots
		s.slots = make([]uint64, max(1024, 2*len(old)))
		for _, v := range old {
			if v != 0 {
				s.slots[s.slot(v)] = v
			}
		}
	}
	v := number(a)
	i := s.slot(v)
	if s.slots[i] == v {
		return false
	}
	s.slots[i] = v
	s.n++
	return true
}

// number is an address as a number of 48 bits.
func number(a hwaddr.Addr) uint64 {
	return uint64(binary.BigEndian.Uint16(a[:2]))<<32 | uint64(binary.BigEndian.Uint32(a[2:]))
}

// slot finds v, or the empty slot where it belongs. The multiplier is 2^64
// divided by the golden ratio, which spreads neighbouring addresses.
func (s *set) slot(v uint64) int {
	mask := len(s.slots) - 1
	for i := int(v*0x9e3779b97f4a7c15>>32) & mask; ; i = (i + 1) & mask {
		if s.slots[i] == v || s.slots[i] == 0 {
			return i
		}
	}
}
