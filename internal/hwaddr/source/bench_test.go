// SPDX-License-Identifier: MIT

package source

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// nobody is a Sink that wants nothing.
type nobody struct{}

func (nobody) Want(hwaddr.Addr, bool) bool { return false }
func (nobody) Claim(Claim)                 {}
func (nobody) WantProblem() bool           { return false }
func (nobody) Problem(Problem)             {}

func BenchmarkText(b *testing.B) {
	var text bytes.Buffer
	for i := range 100_000 {
		a := hwaddr.Addr{2, 0, byte(i >> 16), byte(i >> 8), byte(i), 7}.String()
		switch i % 3 {
		case 1:
			a = a[:2] + a[3:5] + "." + a[6:8] + a[9:11] + "." + a[12:14] + a[15:]
		case 2:
			a = a[:2] + a[3:5] + a[6:8] + a[9:11] + a[12:14] + a[15:]
		}
		fmt.Fprintf(&text, "host%d %s port %d\n", i, a, i%48)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if r := readFrom(bytes.NewReader(text.Bytes()), "bench", "bench", nil, "", now(), nobody{}); r.Count != 66_667 { // without the twelve digits
			b.Fatal(r)
		}
	}
}
