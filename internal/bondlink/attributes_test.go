// SPDX-License-Identifier: MIT

package bondlink

import (
	"errors"
	"strconv"
	"testing"

	"github.com/slackbond/slackbond/internal/bond"
)

// lo is the only interface of these tests.
func loIndex(name string) (int, error) {
	if name != "lo" {
		return 0, errors.New("there is no such interface")
	}
	return 1, nil
}

func loName(index int) string {
	if index != 1 {
		return "interface " + strconv.Itoa(index)
	}
	return "lo"
}

// Each option has an attribute, no two the same, wide enough for its values.
func TestAttributes(t *testing.T) {
	type key struct {
		member bool
		id     uint16
	}
	seen := map[key]string{}
	for i := range bond.Options {
		o := &bond.Options[i]
		a, ok := attributes[o.Name]
		if !ok {
			t.Errorf("%s has no attribute", o.Name)
			continue
		}
		k := key{o.PerMember, a.id}
		if seen[k] != "" {
			t.Errorf("%s and %s have one attribute", o.Name, seen[k])
		}
		seen[k] = o.Name
		switch o.Kind {
		case bond.Word:
			if a.width != u8 && a.width != u32 {
				t.Errorf("%s: a word of width %d", o.Name, a.width)
			}
		case bond.MAC, bond.NIC, bond.IPv4s, bond.IPv6s:
			want := map[bond.Kind]width{bond.MAC: hwaddr, bond.NIC: ifindex, bond.IPv4s: ipv4s, bond.IPv6s: ipv6s}[o.Kind]
			if a.width != want {
				t.Errorf("%s: width %d, want %d", o.Name, a.width, want)
			}
		}
	}
	if len(seen) != len(attributes) {
		t.Errorf("%d attributes for %d options", len(attributes), len(seen))
	}
}

// What is encoded decodes to the same value, in the words of the option table.
func TestEncodeDecode(t *testing.T) {
	for _, tt := range []struct{ option, value, want string }{
		{"mode", "4", "802.3ad"},
		{"mode", "balance-alb", "balance-alb"},
		{"miimon", "100", "100"},
		{"lacp_active", "0", "off"},
		{"arp_validate", "filter_backup", "filter_backup"},
		{"num_unsol_na", "7", "7"},
		{"ad_actor_sys_prio", "65535", "65535"},
		{"ad_actor_system", "02:00:00:00:00:0A", "02:00:00:00:00:0a"},
		{"arp_ip_target", "192.0.2.1,192.0.2.2", "192.0.2.1,192.0.2.2"},
		{"ns_ip6_target", "2001:db8:0::1,2001:db8::2", "2001:db8::1,2001:db8::2"},
		{"prio", "-5", "-5"},
		{"queue_id", "3", "3"},
		{"coupled_control", "off", "off"},
		{"lacp_strict", "on", "on"},
		{"active_slave", "lo", "lo"},
		{"active_slave", "", ""},
		{"ns_ip6_target", "", ""},
	} {
		o := bond.Lookup(tt.option)
		data, err := Encode(o, tt.value, loIndex)
		if err != nil {
			t.Errorf("%s %s: %v", tt.option, tt.value, err)
			continue
		}
		got, found, err := Decode(o, data, loName)
		if err != nil || !found || got != tt.want {
			t.Errorf("%s %s: read back %q, %v, %v; want %q", tt.option, tt.value, got, found, err, tt.want)
		}
		if !same(o, got, tt.value) {
			t.Errorf("%s: %q and %q are not the same", tt.option, got, tt.value)
		}
	}
	miimon := bond.Lookup("miimon")
	if same(miimon, "100", "200") || same(bond.Lookup("primary"), "", "eth0") || same(bond.Lookup("arp_ip_target"), "192.0.2.1", "192.0.2.2") {
		t.Error("different values are the same")
	}
	if data, err := Encode(bond.Lookup("updelay"), "100", loIndex); err != nil {
		t.Error(err)
	} else if _, found, _ := Decode(miimon, data, loName); found {
		t.Error("miimon found where there is only updelay")
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, tt := range []struct{ option, value string }{
		{"num_grat_arp", "256"}, {"miimon", "-1"}, {"miimon", "x"}, {"queue_id", "65536"}, {"prio", "2147483648"},
		{"primary", "no-such-nic"}, {"ad_actor_system", "02:00"}, {"arp_ip_target", "192.0.2"},
	} {
		if _, err := Encode(bond.Lookup(tt.option), tt.value, loIndex); err == nil {
			t.Errorf("%s %s was encoded", tt.option, tt.value)
		}
	}
}

// The kernel is trusted to be right, not to be brief: no answer may panic.
func FuzzDecode(f *testing.F) {
	for i := range bond.Options {
		f.Add(i, []byte{8, 0, byte(attributes[bond.Options[i].Name].id), 0, 1, 2, 3, 4})
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		o := &bond.Options[uint(i)%uint(len(bond.Options))]
		if value, found, err := Decode(o, data, loName); err == nil && !found && value != "" {
			t.Errorf("%s: %q, but not found", o.Name, value)
		}
	})
}
