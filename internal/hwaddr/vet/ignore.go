// SPDX-License-Identifier: MIT

package vet

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
)

// Ignore are addresses that two may have: what is known, and right.
type Ignore struct {
	addrs  map[hwaddr.Addr]bool
	ranges []ignoredRange
}

// ignoredRange are the addresses that begin with the first bits of one.
type ignoredRange struct {
	addr hwaddr.Addr
	bits int
}

// ReadIgnore reads a list of addresses, one a line in any notation, each alone or
// with the length of a prefix (02:00:5e:00:00:00/24), and behind it, if anything,
// a reason. Empty lines and what follows "#" do not count.
func ReadIgnore(r io.Reader) (Ignore, error) {
	list := Ignore{addrs: map[hwaddr.Addr]bool{}}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		text, length, isRange := strings.Cut(words[0], "/")
		a, err := hwaddr.Parse(text)
		if err != nil {
			return Ignore{}, fmt.Errorf("line %d: %w", n, err)
		}
		if !isRange {
			list.addrs[a] = true
			continue
		}
		bits, err := strconv.Atoi(length)
		if err != nil || bits < 8 || bits > 48 {
			return Ignore{}, fmt.Errorf("line %d: %q: expected the length of a prefix, from 8 to 48 bits", n, words[0])
		}
		list.ranges = append(list.ranges, ignoredRange{a, bits})
	}
	if err := lines.Err(); err != nil {
		return Ignore{}, err
	}
	return list, nil
}

// has reports whether an address is to be ignored.
func (i Ignore) has(a hwaddr.Addr) bool {
	if i.addrs[a] {
		return true
	}
	for _, r := range i.ranges {
		if number(a)>>(48-r.bits) == number(r.addr)>>(48-r.bits) {
			return true
		}
	}
	return false
}
