// SPDX-License-Identifier: MIT

package source

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/slackbond/slackbond/internal/hwaddr"
)

// The tests below read tables that were collected by others and are not part
// of this repository. NTC_TEMPLATES names the folder tests of a checkout of
// github.com/networktocode/ntc-templates: tables of some 40 vendors, each beside
// what its parser reads from it; JC_FIXTURES the folder tests/fixtures of one of
// github.com/kellyjonbrazil/jc: what programs of many systems print.

// hostTables are the commands whose output says where hosts are.
var hostTables = regexp.MustCompile(`(?i)arp|mac-?_?addr|mac_all|lanmac|fdb|bridge_host|bridge_address|ipv6_neigh|lldp|dhcp.*(bind|lease)|source_binding|device_tracking|lanhosts|neighbor_print|static_dhcp`)

// The fields of a parser's record, by what they hold.
var (
	truthMAC  = []string{"mac_address", "destination_address", "mac", "hardware_address", "chassis_id", "client_mac", "neighbor_chassis_id"}
	truthPort = []string{"interface", "port", "local_interface", "destination_port", "destination_ports", "local_intf", "intf", "circuit", "exit_interface", "learned_from", "learned", "source_port"}
	truthIP   = []string{"ip_address", "address", "protocol_address", "ip", "ipv4_address", "ipv6_address", "mgmt_address", "management_ip", "target", "management_address"}
	truthVLAN = []string{"vlan", "vlan_id", "vid"}
)

// values are the texts of a record's fields, lists unfolded.
func values(record map[string]any, names []string) (list []string) {
	for _, name := range names {
		switch v := record[name].(type) {
		case nil:
		case []any:
			for _, x := range v {
				list = append(list, fmt.Sprint(x))
			}
		default:
			list = append(list, fmt.Sprint(v))
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return strings.Trim(s, "- ") == "" })
}

// publicScore counts the records of the truth that have an address.
type publicScore struct {
	files, records, addresses, found, placed, withPlace, vlan, withVLAN, whole int
	misses                                                                     []string
}

func TestPublicTables(t *testing.T) {
	root := os.Getenv("NTC_TEMPLATES")
	if root == "" {
		t.Skip("NTC_TEMPLATES names no folder of tables")
	}
	var s publicScore
	var weak, total int
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".raw" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var got collect
		r := readFrom(strings.NewReader(string(raw)), path, path, nil, "", now(), &got)
		if r.Err != nil {
			t.Logf("not read whole: %v", r.Err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(path, ".raw") + ".yml")
		if err != nil {
			return nil
		}
		for _, c := range got.claims {
			if c.Note == unsureNote {
				continue
			}
			total++
			if bare := strings.ReplaceAll(c.Addr.String(), ":", ""); !strings.Contains(strings.ToLower(string(text)), bare) && spelt(string(raw), bare) && !strings.Contains(strings.ToLower(c.Text), "mac") {
				weak++
				t.Logf("false: %s:%d: %s as %s in %q", strings.TrimPrefix(path, root), c.Line, c.Addr, r.Format, c.Text)
			}
		}
		if hostTables.MatchString(filepath.Base(filepath.Dir(path))) {
			s.score(t, strings.TrimPrefix(path, root), text, r.Format, got.claims)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.records == 0 {
		t.Fatalf("%s holds no tables with addresses", root)
	}
	t.Logf("%d files, %d records with an address, %d addresses: %d found; port or IP %d of %d; VLAN %d of %d; whole %d (%.1f %%)",
		s.files, s.records, s.addresses, s.found, s.placed, s.withPlace, s.vlan, s.withVLAN, s.whole, 100*float64(s.whole)/float64(s.records))
	t.Logf("%d claims in all files, %d of them numbers that are no address", total, weak)
	for _, m := range s.misses {
		t.Log(m)
	}
	if s.found < s.addresses {
		t.Errorf("%d addresses were not found", s.addresses-s.found)
	}
	if 100*s.whole < 90*s.records {
		t.Errorf("only %d of %d records have their port or IP and their VLAN", s.whole, s.records)
	}
	if weak > 0 {
		t.Errorf("%d numbers were taken for addresses", weak)
	}
}

// spelt reports whether the twelve digits stand together in a text, as no
// notation of an address but one does.
func spelt(text, bare string) bool { return strings.Contains(strings.ToLower(text), bare) }

func (s *publicScore) score(t *testing.T, path string, text []byte, format string, claims []Claim) {
	var truth struct {
		Sample []map[string]any `yaml:"parsed_sample"`
	}
	if err := yaml.Unmarshal(text, &truth); err != nil {
		t.Logf("%s: %v", path, err)
		return
	}
	counted, missed := false, false
	note := func(what, want string, record map[string]any) {
		if !missed {
			missed = true
			s.misses = append(s.misses, fmt.Sprintf("miss %-10s %s (%s): %s in %v", what, path, format, want, record))
		}
	}
	for _, record := range truth.Sample {
		for _, m := range values(record, truthMAC) {
			a, err := hwaddr.Parse(m)
			if err != nil || a.Unusable() != "" {
				continue
			}
			counted = true
			s.records++
			s.addresses++
			var mine []Claim
			for _, c := range claims {
				if c.Addr == a {
					mine = append(mine, c)
				}
			}
			if len(mine) == 0 {
				note("address", m, record)
				continue
			}
			s.found++
			ports, ips := values(record, truthPort), values(record, truthIP)
			ips = slices.DeleteFunc(ips, func(ip string) bool { return !isIP(ip) })
			vlans := slices.DeleteFunc(values(record, truthVLAN), func(v string) bool { return strings.EqualFold(v, "all") || strings.Trim(v, "-/NA0") == "" })
			placed := func(c Claim) bool {
				return len(ports)+len(ips) == 0 || slices.Contains(ips, c.IP) || slices.ContainsFunc(ports, func(p string) bool { return samePort(p, c.Port) })
			}
			inVLAN := func(c Claim) bool {
				return len(vlans) == 0 || slices.ContainsFunc(vlans, func(v string) bool { return v == c.VLAN || strings.HasPrefix(v, c.VLAN+"/") })
			}
			ok := true
			if len(ports)+len(ips) > 0 {
				s.withPlace++
				if slices.ContainsFunc(mine, placed) {
					s.placed++
				} else {
					ok = false
					note("place", fmt.Sprint(ports, ips), record)
				}
			}
			if len(vlans) > 0 {
				s.withVLAN++
				if slices.ContainsFunc(mine, func(c Claim) bool { return placed(c) && inVLAN(c) }) {
					s.vlan++
				} else {
					ok = false
					note("vlan", fmt.Sprint(vlans), record)
				}
			}
			if ok {
				s.whole++
			}
		}
	}
	if counted {
		s.files++
	}
}

// samePort compares names of ports as a person would: "Te 0/22" and "Te0/22".
func samePort(want, got string) bool {
	plain := strings.NewReplacer(" ", "", ",", "", `"`, "").Replace
	want, got = plain(want), plain(got)
	return got != "" && (want == got || strings.HasPrefix(got, want) || strings.HasPrefix(want, got))
}

// jcAddr are the fields for an address in what jc reads, jcWhere those that say whose
// it is.
var (
	jcAddr  = []string{"hwaddress", "mac_addr", "physical_address", "hwaddr", "hw_address"}
	jcWhere = []string{"iface", "name", "name_long", "device", "address", "ipv4_addr", "ip_address"}
)

// TestPublicFixtures counts the addresses of objects in jc's fixtures that are found
// with an interface, name or IP address that the object has.
func TestPublicFixtures(t *testing.T) {
	root := os.Getenv("JC_FIXTURES")
	if root == "" {
		t.Skip("JC_FIXTURES names no folder of programs' output")
	}
	objects, found, placed, files := 0, 0, 0, 0
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		var raw []byte
		for _, name := range []string{strings.TrimSuffix(path, ".json") + ".out", strings.TrimSuffix(path, ".json")} {
			if raw, err = os.ReadFile(name); err == nil {
				break
			}
		}
		text, readErr := os.ReadFile(path)
		var tree any
		if err != nil || readErr != nil || json.Unmarshal(text, &tree) != nil {
			return nil
		}
		var got collect
		readFrom(strings.NewReader(string(raw)), strings.TrimSuffix(path, ".json"), path, nil, "", now(), &got)
		before := objects
		var walk func(any)
		walk = func(x any) {
			switch x := x.(type) {
			case []any:
				for _, y := range x {
					walk(y)
				}
			case map[string]any:
				for _, y := range x {
					walk(y)
				}
				for _, m := range values(x, jcAddr) {
					a, err := hwaddr.Parse(m)
					if err != nil || a.Unusable() != "" {
						continue
					}
					objects++
					where := values(x, jcWhere)
					is := func(c Claim) bool { return c.Addr == a }
					in := func(c Claim) bool {
						return is(c) && (slices.Contains(where, c.Port) || slices.Contains(where, c.Name) || slices.Contains(where, c.IP))
					}
					switch {
					case slices.ContainsFunc(got.claims, in):
						found, placed = found+1, placed+1
					case slices.ContainsFunc(got.claims, is):
						found++
						t.Logf("no place: %s: %s, want one of %v", strings.TrimPrefix(path, root), a, where)
					default:
						t.Errorf("%s: %s is not found", path, a)
					}
				}
			}
		}
		walk(tree)
		if objects > before {
			files++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d objects with an address: %d found, %d with whose it is", files, objects, found, placed)
	if objects == 0 || 100*placed < 90*objects {
		t.Errorf("%d of %d objects are found with whose they are", placed, objects)
	}
}
