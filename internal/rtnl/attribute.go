// SPDX-License-Identifier: MIT

package rtnl

import (
	"bytes"
	"encoding/binary"
	"iter"

	"golang.org/x/sys/unix"
)

// attributeType takes the flags away that stand in an attribute's type
// (NLA_TYPE_MASK).
const attributeType = ^uint16(unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)

// align rounds a length up to the boundary of the next message or attribute.
func align(n int) int { return (n + 3) &^ 3 }

// attributes goes over netlink attributes; what does not add up ends it.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= unix.SizeofNlAttr {
			length := int(binary.NativeEndian.Uint16(b))
			if length < unix.SizeofNlAttr || length > len(b) {
				return
			}
			kind := binary.NativeEndian.Uint16(b[2:]) & attributeType
			if !yield(kind, b[unix.SizeofNlAttr:length:length]) {
				return
			}
			b = b[min(align(length), len(b)):]
		}
	}
}

// Append adds an attribute to a message under construction.
func Append(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofNlAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, align(len(value))-len(value))...)
}

// AppendUint32 adds an attribute that is a number of 32 bits.
func AppendUint32(b []byte, kind uint16, n uint32) []byte {
	return Append(b, kind, binary.NativeEndian.AppendUint32(nil, n))
}

// AppendString adds an attribute that is a text, with the NUL byte that ends it.
func AppendString(b []byte, kind uint16, s string) []byte {
	return Append(b, kind, append([]byte(s), 0))
}

// number reads an attribute that is a number; one of another size is 0.
func number(b []byte) int {
	switch len(b) {
	case 1:
		return int(b[0])
	case 2:
		return int(binary.NativeEndian.Uint16(b))
	case 4:
		return int(int32(binary.NativeEndian.Uint32(b)))
	}
	return 0
}

// text reads an attribute that is a text.
func text(b []byte) string {
	s, _, _ := bytes.Cut(b, []byte{0})
	return string(s)
}
