// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// fakeSysNet makes a tree with a SmartNIC (exa0), another NIC (eth0), a VLAN,
// a dummy and a bond.
func fakeSysNet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for nic, driver := range map[string]string{"exa0": "exanic", "eth0": "e1000e", "exa0.5": "", "dummy0": "", "bond0": ""} {
		if err := os.MkdirAll(filepath.Join(dir, nic), 0o755); err != nil {
			t.Fatal(err)
		}
		if driver != "" {
			must(t, os.Mkdir(filepath.Join(dir, nic, "device"), 0o755))
			must(t, os.Symlink("../../../../bus/pci/drivers/"+driver, filepath.Join(dir, nic, "device/driver")))
		}
	}
	must(t, os.WriteFile(filepath.Join(dir, "exa0.5/uevent"), []byte("DEVTYPE=vlan\nINTERFACE=exa0.5\nIFINDEX=7\n"), 0o644))
	must(t, os.Mkdir(filepath.Join(dir, "bond0/bonding"), 0o755))
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestIsExasock(t *testing.T) {
	dir := fakeSysNet(t)
	if managed, err := IsExasock(dir, "bond0"); managed || err != nil {
		t.Errorf("without the driver: %t, %v", managed, err)
	}
	if _, err := ExasockManaged(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ExasockManaged without the driver: %v", err)
	}
	for _, test := range []struct {
		masters string
		list    []string
		bond0   bool
	}{
		{"", nil, false},
		{"bond0\n", []string{"bond0"}, true},
		{"bond1 bond0\n", []string{"bond1", "bond0"}, true},
		{"bond00 xbond0\n", []string{"bond00", "xbond0"}, false},
	} {
		must(t, os.WriteFile(filepath.Join(dir, "exabond_masters"), []byte(test.masters), 0o644))
		list, err := ExasockManaged(dir)
		if err != nil || len(list)+len(test.list) > 0 && !reflect.DeepEqual(list, test.list) {
			t.Errorf("%q: %q, %v", test.masters, list, err)
		}
		if managed, err := IsExasock(dir, "bond0"); managed != test.bond0 || err != nil {
			t.Errorf("%q: %t, %v", test.masters, managed, err)
		}
	}
}

func TestCheckSmartNIC(t *testing.T) {
	dir := fakeSysNet(t)
	for nic, want := range map[string]string{
		"exa0":   "",
		"eth0":   `eth0 is no SmartNIC: its driver is "e1000e"; exasock takes only NICs of the driver exanic`,
		"dummy0": "dummy0 is no SmartNIC: it has no device and no driver; exasock takes only NICs of the driver exanic",
		"exa0.5": "exa0.5 is a VLAN, and exasock takes only the SmartNICs themselves; make the VLAN on the bond instead",
		"bond0":  "bond0 is a bond itself, and exasock takes no bond in a bond; take its SmartNICs instead",
		"nosuch": "nosuch: there is no such network interface",
		"../etc": `"../etc" is not a name for a network interface`,
	} {
		got := ""
		if err := CheckSmartNIC(dir, nic); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("CheckSmartNIC(%q) = %q, want %q", nic, got, want)
		}
	}
}
