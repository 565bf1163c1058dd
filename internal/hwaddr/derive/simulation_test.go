// SPDX-License-Identifier: MIT

package derive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// What becomes of an address after something happened to its host.
const (
	kept    = "kept"
	refused = "refused" // with what to do: --adopt, or a new secret
	noted   = "noted"   // derived, and a note says that a copy would not be noticed
)

// host is a simulated machine: what its firmware says, and its NICs.
type host struct {
	uuid, board, chassis string
	nics                 []hwaddr.Addr
	container            bool
}

// word gives the same short text for the same numbers.
func word(kind string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", kind, n))
	return hex.EncodeToString(sum[:8])
}

func nicOf(n int) hwaddr.Addr {
	return hwaddr.Addr{0x00, 0x25, 0x90, byte(n >> 16), byte(n >> 8), byte(n)}
}

// newHost is the host with a number: two NICs, and a board in an enclosure for
// sixteen.
func newHost(n int) host {
	return host{uuid: word("uuid", n), board: word("board", n), chassis: word("chassis", n/16), nics: []hwaddr.Addr{nicOf(2 * n), nicOf(2*n + 1)}}
}

// traits are what this package reads of the host, by the code that reads it.
func (h host) traits() []Trait {
	files := machine{
		"sys/class/dmi/id/product_uuid":   h.uuid,
		"sys/class/dmi/id/board_serial":   h.board,
		"sys/class/dmi/id/chassis_serial": h.chassis,
	}
	if h.container {
		files["proc/1/environ"] = "container=lxc\x00"
	}
	var links []source.Link
	for _, a := range h.nics {
		links = append(links, source.Link{Name: "eth", Permanent: a})
	}
	return traits(files, links)
}

// happenings are what happens to the host n, and the verdict that is right.
var happenings = []struct {
	name   string
	born   func(h host) host // what the secret was drawn on, nil for the host itself
	happen func(n int, h host) host
	want   string
}{
	{name: "reboot", happen: func(n int, h host) host { return h }, want: kept},
	{name: "a NIC replaced", happen: func(n int, h host) host { h.nics = []hwaddr.Addr{h.nics[0], nicOf(7_000_000 + n)}; return h }, want: kept},
	{name: "all NICs replaced", happen: func(n int, h host) host { h.nics = []hwaddr.Addr{nicOf(7_000_000 + n)}; return h }, want: kept},
	{name: "drivers not loaded yet", happen: func(n int, h host) host { h.nics = nil; return h }, want: kept},
	{name: "mainboard replaced, NICs stay", happen: func(n int, h host) host {
		h.uuid, h.board = word("uuid", 1_000_000+n), word("board", 1_000_000+n)
		return h
	}, want: kept},
	{name: "mainboard with its NIC replaced, a card stays", happen: func(n int, h host) host {
		h.uuid, h.board, h.nics = word("uuid", 1_000_000+n), word("board", 1_000_000+n), []hwaddr.Addr{nicOf(7_000_000 + n), h.nics[1]}
		return h
	}, want: kept},
	{name: "firmware update that forgets the UUID", happen: func(n int, h host) host { h.uuid = "To be filled by O.E.M."; return h }, want: kept},
	{name: "virtual machine moved to another host", happen: func(n int, h host) host { h.board, h.chassis = "", ""; return h }, want: kept},
	{name: "everything replaced", happen: func(n int, h host) host { return newHost(1_000_000 + n) }, want: refused},
	{name: "disk copied to another machine", happen: func(n int, h host) host { return newHost((n + 50_000) % 100_000) }, want: refused},
	{name: "blade of the same enclosure", happen: func(n int, h host) host { return newHost(n ^ 1) }, want: refused},
	{name: "blade without a UUID of its own", happen: func(n int, h host) host {
		b := newHost(n ^ 1)
		b.uuid, b.board = "00000000-0000-0000-0000-000000000000", "None"
		return b
	}, want: refused},
	{name: "virtual machine copied, new UUID and NICs", happen: func(n int, h host) host {
		return host{uuid: word("uuid", 2_000_000+n), nics: []hwaddr.Addr{nicOf(8_000_000 + n)}}
	}, want: refused},
	{name: "container that got the machine's disk", happen: func(n int, h host) host { h.container, h.nics = true, nil; return h }, want: refused},
	{name: "container with a NIC of its own", happen: func(n int, h host) host {
		h.container, h.nics = true, []hwaddr.Addr{nicOf(9_000_000 + n)}
		return h
	}, want: refused},
	{name: "container copied to another, neither with a NIC", born: bare, happen: func(n int, h host) host { return bare(newHost(n + 1)) }, want: noted},
	// What cannot be told from a machine whose NICs were replaced; the manual says so.
	{name: "virtual machine copied with its UUID", happen: func(n int, h host) host { h.nics = []hwaddr.Addr{nicOf(8_000_000 + n)}; return h }, want: kept},
}

// bare is a container on the host that has no NIC.
func bare(h host) host {
	h.container, h.nics = true, nil
	return h
}

// TestSimulation lets each thing happen to many of 100,000 hosts that each have
// a secret of their own, and prints the table of verdicts.
func TestSimulation(t *testing.T) {
	const hosts = 100_000
	draw := func(n int) *stored {
		sum := sha256.Sum256(fmt.Appendf(nil, "secret %d", n))
		return &stored{Version: 1, Secret: hex.EncodeToString(sum[:secretSize])}
	}
	all := make([]hwaddr.Addr, hosts)
	for n := range all {
		secret, err := hex.DecodeString(draw(n).Secret)
		if err != nil {
			t.Fatal(err)
		}
		all[n] = derive(secret, "bond0", Prefix{}, 0)
	}
	slices.SortFunc(all, hwaddr.Addr.Compare)
	for i := range all[1:] {
		if all[i] == all[i+1] {
			t.Errorf("two of %d hosts have %s", hosts, all[i])
		}
	}
	each := hosts / len(happenings)
	for i, h := range happenings {
		verdicts := map[string]int{}
		for n := i * each; n < (i+1)*each; n++ {
			before := newHost(n)
			if h.born != nil {
				before = h.born(before)
			}
			state := draw(n)
			first := Store{Traits: before.traits()}
			secret, err := first.recognise(state)
			if err != nil {
				t.Fatalf("%s: the first start of host %d: %v", h.name, n, err)
			}
			then := Store{Traits: h.happen(n, before).traits()}
			again, err := then.recognise(state)
			switch {
			case errors.Is(err, ErrCopied):
				verdicts[refused]++
			case err != nil:
				t.Fatal(err)
			case derive(secret, "bond0", Prefix{}, 0) != derive(again, "bond0", Prefix{}, 0):
				verdicts["another address"]++
			case len(then.Notes) > 0:
				verdicts[noted]++
			default:
				verdicts[kept]++
			}
		}
		t.Logf("%-46s %v", h.name, verdicts)
		if len(verdicts) != 1 || verdicts[h.want] == 0 {
			t.Errorf("%s: %v, want all %s", h.name, verdicts, h.want)
		}
	}
}
