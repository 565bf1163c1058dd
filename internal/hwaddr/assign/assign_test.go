// SPDX-License-Identifier: MIT

package assign

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/derive"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/slackbond/slackbond/internal/plan"
)

func addr(t *testing.T, s string) hwaddr.Addr {
	t.Helper()
	a, err := hwaddr.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestHistory: what a bond had, until when, and only of this boot.
func TestHistory(t *testing.T) {
	clock := 100 * time.Second
	h := History{Path: filepath.Join(t.TempDir(), "addresses"), Boot: "one", Now: func() time.Duration { return clock }}
	first, second := addr(t, "02:00:00:00:00:01"), addr(t, "02:00:00:00:00:02")
	look := func(links ...source.Link) {
		t.Helper()
		if err := h.Remember(links); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.Had("bond0"); len(got) != 0 {
		t.Errorf("nothing is remembered yet: %v", got)
	}
	look(source.Link{Name: "bond0", Kind: "bond", Addr: first}, source.Link{Name: "eth0", Addr: second}, source.Link{Name: "bond1", Kind: "bond", Addr: second})
	clock += 10 * time.Second
	look(source.Link{Name: "bond0", Kind: "bond", Addr: second})
	clock += 20 * time.Second
	look()
	clock += 30 * time.Second
	ago := func(bond string, a hwaddr.Addr) time.Duration {
		until, ok := h.Had(bond)[a]
		if !ok {
			return -1
		}
		return time.Since(until).Round(time.Second)
	}
	if a, b := ago("bond0", first), ago("bond0", second); a != 50*time.Second || b != 30*time.Second {
		t.Errorf("bond0 gave them up %s and %s ago", a, b)
	}
	if got := h.Had("eth0"); len(got) != 0 {
		t.Errorf("eth0 is not a bond: %v", got)
	}
	for i := range maxHad + 5 {
		look(source.Link{Name: "bond0", Kind: "bond", Addr: hwaddr.Addr{2, 1, 0, 0, 0, byte(i)}})
	}
	if got := h.Had("bond0"); len(got) != maxHad {
		t.Errorf("%d are remembered", len(got))
	}
	if !h.Begun() {
		t.Error("something was remembered")
	}
	h.Boot = "two"
	if h.Begun() {
		t.Error("not in this boot")
	}
	if got := h.Had("bond1"); len(got) != 0 {
		t.Errorf("it is of another boot: %v", got)
	}
	if err := os.WriteFile(h.Path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	look(source.Link{Name: "bond0", Kind: "bond", Addr: first})
	if ago("bond0", first) > time.Second {
		t.Error("a broken file is replaced")
	}
	if info, err := os.Stat(h.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// bonds reads one file of claims; what belongs to the bond is eth0.
func bonds(t *testing.T, text string) *Bonds {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "ethers")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sources, err := source.From(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Bonds{
		Sources: func() []source.Source { return sources }, Secret: filepath.Join(dir, "secret", "mac.json"),
		Traits: func() []derive.Trait { return []derive.Trait{{Kind: "NIC", Value: "x"}} },
		own: func(b *plan.Bond, members []string) (vet.Own, error) {
			return vet.OwnOf(vet.OwnInput{Bond: b.Name, Members: members}), nil
		},
	}
}

var bond0 = &plan.Bond{Name: "bond0", Index: 3, Members: []plan.Member{{Name: "eth0"}}, Addrs: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/24")}}

func TestCheck(t *testing.T) {
	asked := net.HardwareAddr{2, 0, 0x5e, 0x10, 0, 7}
	for name, tt := range map[string]struct {
		text  string
		addr  net.HardwareAddr
		inUse bool
		lines []string
		log   string
	}{
		"used":       {"02:00:5e:10:00:07 web7\n", asked, true, []string{"02:00:5e:10:00:07 is reserved: web7"}, ""},
		"not seen":   {"02:00:5e:10:00:08 web8\n", asked, false, nil, "HWADDR[3]: 02:00:5e:10:00:07 is not seen among 1 address"},
		"unread":     {"\x1f\x8b\x08\x00", asked, false, nil, "HWADDR[3]: cannot tell whether 02:00:5e:10:00:07 is in use: could not read"},
		"InfiniBand": {"", make(net.HardwareAddr, 20), false, nil, "it does not have six octets"},
	} {
		t.Run(name, func(t *testing.T) {
			inUse, lines, log := bonds(t, tt.text).Check(context.Background(), bond0, tt.addr, []string{"bond0", "eth0"})
			for i := range lines {
				lines[i], _, _ = strings.Cut(lines[i], ",")
			}
			if inUse != tt.inUse || !slices.Equal(lines, tt.lines) || !strings.Contains(strings.Join(log, "\n"), tt.log) {
				t.Errorf("%t, %q, %q", inUse, lines, log)
			}
		})
	}
}

// TestDerive: the same address each time; another one only where somebody else
// has it, and that is said.
func TestDerive(t *testing.T) {
	b := bonds(t, "")
	var said []string
	b.Changed = func(bond, text string) { said = append(said, bond+": "+text) }
	derived := func() net.HardwareAddr {
		t.Helper()
		a, _, err := b.Derive(context.Background(), bond0)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := derived()
	if again := derived(); !slices.Equal(again, first) || len(said) > 0 {
		t.Errorf("%s, then %s; %q", first, again, said)
	}
	file := b.Sources()[0].File
	if err := os.WriteFile(file, []byte(first.String()+" web7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := derived()
	if slices.Equal(second, first) || len(said) != 1 || !strings.Contains(said[0], "bond0: HWADDR[3]=auto: from now on its address is "+second.String()) ||
		!strings.Contains(said[0], first.String()+" (web7") {
		t.Errorf("%s, then %s; %q", first, second, said)
	}
	if third := derived(); !slices.Equal(third, second) || len(said) != 1 {
		t.Errorf("%s, then %s; %q", second, third, said)
	}
	if err := os.WriteFile(file, []byte("\x1f\x8b\x08\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, note, err := b.Derive(context.Background(), bond0); err != nil || !slices.Equal(a, second) || !strings.Contains(note, "whether it is in use cannot be told: could not read") {
		t.Errorf("%s, %q, %v", a, note, err)
	}
	b.Traits = func() []derive.Trait { return []derive.Trait{{Kind: "NIC", Value: "y"}} }
	if _, _, err := b.Derive(context.Background(), bond0); err == nil {
		t.Error("a copied disk gets no address")
	}
}
