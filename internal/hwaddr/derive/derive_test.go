// SPDX-License-Identifier: MIT

package derive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

var (
	uuid = Trait{"product UUID", "4c4c4544-0043-5410-8053-b4c04f563333"}
	nic0 = Trait{"NIC", "02:00:5e:10:00:07"}
	nic1 = Trait{"NIC", "02:00:5e:10:00:08"}
	nic2 = Trait{"NIC", "02:00:5e:10:00:09"}
)

func anything(hwaddr.Addr) bool { return true }

func address(t *testing.T, path, bond string, traits ...Trait) hwaddr.Addr {
	t.Helper()
	s := Store{Path: path, Traits: traits}
	list, err := s.Address(bond, Prefix{}, 1, anything)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// TestSame covers what the scheme is for: the same address after a reboot and
// after a NIC was replaced, one NIC after the other; another for another bond
// and another host.
func TestSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bondctl", "secret")
	first := address(t, path, "bond0", nic0, nic1)
	if first.Unusable() != "" || !first.IsLocal() {
		t.Errorf("%s is no local address of one host", first)
	}
	for _, traits := range [][]Trait{{nic0, nic1}, {nic1}, {nic1, nic2}, {nic2}, {nic2, uuid}, {uuid}} {
		if a := address(t, path, "bond0", traits...); a != first {
			t.Errorf("with %v: %s, before %s", traits, a, first)
		}
	}
	if a := address(t, path, "bond1", uuid); a == first {
		t.Errorf("bond1 has bond0's %s", a)
	}
	if a := address(t, filepath.Join(t.TempDir(), "secret"), "bond0", nic0); a == first {
		t.Errorf("another host has %s too", a)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want mode 600", info.Mode(), err)
	}
	if info, _ := os.Stat(filepath.Dir(path)); info.Mode().Perm() != 0o700 {
		t.Errorf("the directory has mode %v", info.Mode())
	}
}

func TestCopiedDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first := address(t, path, "bond0", uuid, nic0, nic1)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied := Store{Path: path, Traits: []Trait{nic2}}
	_, err = copied.Address("bond0", Prefix{}, 1, anything)
	if !errors.Is(err, ErrCopied) {
		t.Fatalf("error %v, want ErrCopied", err)
	}
	for _, word := range []string{"product UUID, 2 NICs", "--adopt", path} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the refusal changed the file")
	}
	copied.Adopt = true
	list, err := copied.Address("bond0", Prefix{}, 1, anything)
	if err != nil || list[0] != first {
		t.Errorf("adopted: %v, %v; want %s", list, err, first)
	}
	if a := address(t, path, "bond0", nic2); a != first {
		t.Errorf("after adopting: %s, want %s", a, first)
	}
	// The old hardware is forgotten.
	old := Store{Path: path, Traits: []Trait{uuid}}
	if _, err := old.Address("bond0", Prefix{}, 1, anything); !errors.Is(err, ErrCopied) {
		t.Errorf("the old machine: %v, want ErrCopied", err)
	}
}

// TestInUse checks that the next candidate is taken, and kept.
func TestInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first := address(t, path, "bond0", nic0)
	s := Store{Path: path, Traits: []Trait{nic0}}
	list, err := s.Address("bond0", Prefix{}, 1, func(a hwaddr.Addr) bool { return a != first })
	if err != nil || list[0] == first {
		t.Fatalf("%v, %v", list, err)
	}
	if a := address(t, path, "bond0", nic0); a != list[0] {
		t.Errorf("next time %s, want %s", a, list[0])
	}
	if _, err := s.Address("bond0", Prefix{}, 1, func(hwaddr.Addr) bool { return false }); err == nil {
		t.Error("no error where all candidates are in use")
	}
	several, err := s.Address("bond0", Prefix{}, 5, anything)
	if err != nil || len(several) != 5 || several[0] != list[0] {
		t.Errorf("%v, %v: want five, the first %s", several, err, list[0])
	}
}

func TestNothingToRecognise(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	s := Store{Path: path}
	if _, err := s.Address("bond0", Prefix{}, 1, anything); err != nil || len(s.Notes) != 1 {
		t.Errorf("%v, notes %q", err, s.Notes)
	}
}

func TestBadFile(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no JSON": "secret", "short": `{"version":1,"secret":"00"}`, "version": `{"version":2,"secret":"00000000000000000000000000000000"}`,
	} {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := Store{Path: path, Traits: []Trait{nic0}}
		if _, err := s.Address("bond0", Prefix{}, 1, anything); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that names the file", name, err)
		}
		if after, _ := os.ReadFile(path); string(after) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// TestFile covers where the secret is kept.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "secret")
	first := address(t, path, "bond0", nic0)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if address(t, path, "bond0", nic0); !sameFile(t, path, info) {
		t.Error("a start that learned nothing wrote the file again")
	}
	if address(t, path, "bond0", nic0, nic1); sameFile(t, path, info) {
		t.Error("a new NIC was not written down")
	}
	// It was readable by others: said, and its content is taken all the same.
	for mode, notes := range map[os.FileMode]int{0o600: 0, 0o400: 0, 0o640: 1, 0o604: 1, 0o601: 1} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		s := Store{Path: path, Traits: []Trait{nic0}}
		if list, err := s.Address("bond0", Prefix{}, 1, anything); err != nil || list[0] != first || len(s.Notes) != notes {
			t.Errorf("mode %o: %v, %v, notes %q", mode, list, err, s.Notes)
		}
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	s := Store{Path: link, Traits: []Trait{nic0}}
	if _, err := s.Address("bond0", Prefix{}, 1, anything); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Errorf("a link: %v", err)
	}
	s = Store{Path: filepath.Join(path, "below", "secret")}
	if _, err := s.Address("bond0", Prefix{}, 1, anything); err == nil || !strings.Contains(err.Error(), "the secret has no place") {
		t.Errorf("below a file: %v", err)
	}
}

func sameFile(t *testing.T, path string, before os.FileInfo) bool {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return os.SameFile(before, info)
}

// TestManyNICs checks that what is known of a machine does not grow for ever, and
// that the oldest goes first.
func TestManyNICs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	nic := func(i int) Trait { return Trait{"NIC", fmt.Sprintf("02:00:5e:00:00:%02x", i)} }
	var traits []Trait
	for i := range maxTraits + 1 {
		traits = append(traits, nic(i), nic(i)) // each twice, as two members of a team
	}
	first := address(t, path, "bond0", traits...)
	s := Store{Path: path}
	state, err := s.load()
	if err != nil || len(state.Machine) != maxTraits {
		t.Fatalf("%d traits are kept, %v", len(state.Machine), err)
	}
	if a := address(t, path, "bond0", nic(1)); a != first {
		t.Errorf("with the second NIC: %s", a)
	}
	s = Store{Path: path, Traits: []Trait{nic(0)}}
	if _, err := s.Address("bond0", Prefix{}, 1, anything); !errors.Is(err, ErrCopied) || !strings.Contains(err.Error(), "none of its 64 NICs.") {
		t.Errorf("with the first NIC, forgotten by now: %v", err)
	}
}

// TestCandidates checks how many are asked for, and what is remembered of them.
func TestCandidates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	s := Store{Path: path, Traits: []Trait{nic0}}
	for _, n := range []int{1, 5} {
		asked := 0
		_, err := s.Address("bond0", Prefix{}, n, func(hwaddr.Addr) bool { asked++; return false })
		if want := MaxTries + n; err == nil || asked > want || asked < want-2 {
			t.Errorf("%d candidates for %d, want about %d; %v", asked, n, want, err)
		}
	}
	five, err := s.Address("bond0", Prefix{}, 5, anything)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range five {
		if slices.Index(five, a) != i {
			t.Errorf("%s comes twice", a)
		}
	}
	if a := address(t, path, "bond0", nic0); a != five[0] {
		t.Errorf("after five: %s, want the first, %s", a, five[0])
	}
	list, err := s.Address("bond0", Prefix{}, 2, func(a hwaddr.Addr) bool { return a != five[0] && a != five[2] })
	if err != nil || list[0] != five[1] || list[1] != five[3] {
		t.Errorf("two without the first and third: %v, %v", list, err)
	}
	state, err := s.load()
	if err != nil || len(state.Counters) != 1 || state.Counters["bond0 local"] != 1 {
		t.Errorf("counters %v, %v; want one, for the first", state.Counters, err)
	}
	xen, err := ParsePrefix("xen")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := s.Address("bond0", xen, 1, anything); err != nil || !strings.HasPrefix(list[0].String(), "00:16:3e:") {
		t.Errorf("%v, %v", list, err)
	}
	if len(state.Machine) != 1 {
		t.Errorf("%d traits", len(state.Machine))
	}
	// A prefix of five octets has 256 addresses.
	small, err := ParsePrefix("02:00:5e:10:00")
	if err != nil {
		t.Fatal(err)
	}
	if many, err := s.Address("bond0", small, 40, anything); err != nil || len(many) != 40 {
		t.Errorf("%d addresses, %v", len(many), err)
	}
}

// TestReserved checks what is drawn again.
func TestReserved(t *testing.T) {
	xen, err := ParsePrefix("xen")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		prefix Prefix
		addr   hwaddr.Addr
		want   bool
	}{
		{Prefix{}, hwaddr.Addr{0x02, 0x42, 1, 2, 3, 4}, true},
		{Prefix{}, hwaddr.Addr{0x02, 0x20, 1, 2, 3, 4}, true},
		{Prefix{}, hwaddr.Addr{0x02, 0x21, 1, 2, 3, 4}, false},
		{xen, hwaddr.Addr{0x00, 0x16, 0x3e, 2, 3, 4}, false},
		{xen, hwaddr.Addr{0x01, 0x16, 0x3e, 2, 3, 4}, true},
	} {
		if got := c.prefix.reserved(c.addr); got != c.want {
			t.Errorf("%s of %s is reserved: %v", c.addr, c.prefix, got)
		}
	}
	// What is hashed is a list: moving a letter from one part to the next changes it.
	if derive([]byte("secretb"), "ond0", Prefix{}, 0) == derive([]byte("secret"), "bond0", Prefix{}, 0) {
		t.Error("two lists give one address")
	}
}

func TestPrefix(t *testing.T) {
	for text, bits := range map[string]int{"local": 44, "": 44, "xen": 24, "Xen": 24, "00:16:3e": 24, "00-16-3E": 24, "02": 40, "02:00:00:00:01": 8} {
		p, err := ParsePrefix(text)
		if err != nil || p.Bits() != bits {
			t.Errorf("ParsePrefix(%q) has %d bits, %v; want %d", text, p.Bits(), err, bits)
		}
		back, err := ParsePrefix(p.String())
		if err != nil || back.String() != p.String() {
			t.Errorf("%q does not round trip: %q", text, back)
		}
		for range 50 {
			a := Random(p)
			if a.Unusable() != "" || !strings.HasPrefix(a.String(), strings.TrimPrefix(p.String(), "local")) {
				t.Errorf("with prefix %s: %s", p, a)
			}
			if p.String() == "local" && a[0]&15 != 2 {
				t.Errorf("%s does not lie in the administrators' quadrant: its second digit is not 2", a)
			}
		}
	}
	for _, text := range []string{"xenon", "qemu", "01:00:5e", "00:16:3e:1:2:3", "0", "00:00:5e:00", "02:bf"} {
		if p, err := ParsePrefix(text); err == nil {
			t.Errorf("ParsePrefix(%q) = %s, want an error", text, p)
		}
	}
}

// TestFixed pins the scheme: an address must not change with a new version of
// the program.
func TestFixed(t *testing.T) {
	secret := []byte("0123456789abcdef")
	xen, err := ParsePrefix("00:16:3e")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		bond    string
		prefix  Prefix
		counter uint32
		want    string
	}{
		{"bond0", Prefix{}, 0, "d2:98:2c:5b:9a:46"},
		{"bond0", Prefix{}, 1, "f2:36:8c:a2:67:c4"},
		{"bond1", Prefix{}, 0, "a2:4a:67:0e:24:ac"},
		{"bond0", xen, 0, "00:16:3e:c0:47:63"},
	} {
		if got := derive(secret, c.bond, c.prefix, c.counter).String(); got != c.want {
			t.Errorf("derive(%s, %s, %d) = %s, want %s", c.bond, c.prefix, c.counter, got, c.want)
		}
	}
}

// machine holds the files by which derive knows a machine, and the links in /ns/.
type machine map[string]string

func (m machine) ReadFile(name string) ([]byte, error) {
	if text, ok := m[name]; ok {
		return []byte(text), nil
	}
	return nil, fs.ErrNotExist
}

func (m machine) Stat(name string) (fs.FileInfo, error) {
	_, err := m.ReadFile(name)
	return nil, err
}

func (m machine) ReadLink(name string) (string, error) {
	text, err := m.ReadFile(name)
	return string(text), err
}

func (m machine) Lstat(name string) (fs.FileInfo, error) { return m.Stat(name) }
func (m machine) Open(string) (fs.File, error)           { return nil, fs.ErrNotExist }

func TestTraits(t *testing.T) {
	const dmi = "sys/class/dmi/id/"
	nic := source.Link{Name: "eth0", Permanent: hwaddr.Addr{2, 0, 0x5e, 0x10, 0, 7}}
	board := Trait{"board serial", "cn7016"}
	for name, c := range map[string]struct {
		files machine
		want  []Trait
	}{
		"nothing":               {nil, []Trait{nic0}},
		"firmware":              {machine{dmi + "product_uuid": uuid.Value + "\n", dmi + "board_serial": "CN7016\n"}, []Trait{uuid, board, nic0}},
		"placeholders":          {machine{dmi + "product_uuid": uuid.Value, dmi + "board_serial": "To be filled by O.E.M.\n"}, []Trait{uuid, nic0}},
		"enclosure":             {machine{dmi + "chassis_serial": "CZ3030X\n"}, []Trait{nic0}},
		"device tree":           {machine{"proc/device-tree/serial-number": "10000000A1B2\x00"}, []Trait{{"board serial", "10000000a1b2"}, nic0}},
		"device tree, zeros":    {machine{"proc/device-tree/serial-number": "0000000000\x00"}, []Trait{nic0}},
		"first namespaces":      {machine{dmi + "product_uuid": uuid.Value, "proc/self/ns/pid": "pid:[4026531836]", "proc/self/ns/user": "user:[4026531837]", "proc/1/environ": "HOME=/\x00TERM=linux\x00mycontainer=x\x00"}, []Trait{uuid, nic0}},
		"PID namespace":         {machine{dmi + "product_uuid": uuid.Value, "proc/self/ns/pid": "pid:[4026532201]"}, []Trait{nic0}},
		"user namespace":        {machine{dmi + "product_uuid": uuid.Value, "proc/self/ns/user": "user:[4026532200]"}, []Trait{nic0}},
		"docker":                {machine{dmi + "product_uuid": uuid.Value, ".dockerenv": ""}, []Trait{nic0}},
		"podman":                {machine{dmi + "product_uuid": uuid.Value, "run/.containerenv": ""}, []Trait{nic0}},
		"nspawn":                {machine{dmi + "product_uuid": uuid.Value, "run/systemd/container": "systemd-nspawn"}, []Trait{nic0}},
		"lxc":                   {machine{dmi + "product_uuid": uuid.Value, "proc/1/environ": "TERM=linux\x00container=lxc\x00"}, []Trait{nic0}},
		"container on a board":  {machine{"proc/device-tree/serial-number": "10000000a1b2", "proc/1/environ": "container=lxc\x00"}, []Trait{nic0}},
		"container, first word": {machine{dmi + "board_serial": "CN7016", "proc/1/environ": "container="}, []Trait{nic0}},
	} {
		got := traits(c.files, []source.Link{nic, {Name: "bond0"}, {Name: "eth1", Permanent: hwaddr.Broadcast}})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	for v, want := range map[string]bool{
		"": true, "0": true, "00000000-0000-0000-0000-000000000000": true, "ffffffff-ffff-ffff-ffff-ffffffffffff": true,
		"03000200-0400-0500-0006-000700080009": true, "default string": true, "none": true, "not specified": true,
		"1234567890": true, "abc": true, "xxxx": true, "x.x-x": true, "cn7016": false, "abcd": false, uuid.Value: false,
	} {
		if placeholder(v) != want {
			t.Errorf("placeholder(%q) = %v", v, !want)
		}
	}
}
