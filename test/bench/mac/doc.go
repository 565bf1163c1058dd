// SPDX-License-Identifier: MIT

// Package mac measures "bondctl mac" on a million addresses against grep -iF,
// which gets a copy of the same list in one notation. The ratios are what is
// to hold; the times depend on the machine:
//
//	go test ./test/bench/mac -bench . -benchtime 10x
package mac
