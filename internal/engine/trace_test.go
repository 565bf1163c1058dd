// SPDX-License-Identifier: MIT

package engine_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"

	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
)

// TestTraced: every change is told, a look is not, and each reaches the kernel.
func TestTraced(t *testing.T) {
	k := fakekernel.New(fakekernel.Profile{})
	k.AddNIC(fakekernel.NIC{Name: "eth0", Driver: "exanic"})
	k.Up("lo")
	address := k.AddrMessage("lo", netip.MustParsePrefix("192.0.2.1/24"), 0)
	var got []string
	traced := engine.Traced(k, func(line string) { got = append(got, line) })
	_, _ = traced.Links()
	for _, change := range []func() error{
		func() error { return traced.LoadModule("bonding", "max_bonds=0") },
		func() error { return traced.LoadModule("exasock") },
		func() error { _, err := traced.CreateBond("bond0", [][2]string{{"mode", "active-backup"}}); return err },
		func() error { return traced.SetMAC("bond0", []byte{2, 0, 0, 0, 0, 1}) },
		func() error { return traced.SetMTU("bond0", 9000) },
		func() error { return traced.SetOption("bond0", "", "miimon", "50") },
		func() error { return traced.SetUp("bond0", true) },
		func() error { return traced.Enslave("bond0", "eth0") },
		func() error { return traced.SetOption("bond0", "eth0", "queue_id", "2") },
		func() error { return traced.ExasockManage("bond0") },
		func() error { return traced.ExasockRelease("bond0") },
		func() error { return traced.StartDHCP(context.Background(), "bond0", "-t", "10") },
		func() error { return traced.StopDHCP("bond0") },
		func() error { return traced.Release("bond0", "eth0") },
		func() error { return traced.SetUp("bond0", false) },
		func() error { return traced.Add(address) },
		func() error { return traced.Delete(address) },
		func() error { return traced.DeleteBonds("bond0") },
		func() error { return traced.UnloadModule("exasock") },
	} {
		before := len(k.Log)
		if err := change(); err != nil || len(k.Log) != before+1 {
			t.Fatalf("after %q: %v; the kernel's log has %v", got, err, k.Log[before:])
		}
	}
	want := []string{
		"modprobe bonding max_bonds=0", "modprobe exasock",
		"link add bond0 type bond mode active-backup",
		"link set bond0 address 02:00:00:00:00:01", "link set bond0 mtu 9000", "link set bond0 type bond miimon 50", "link set bond0 up",
		"link set eth0 master bond0", "link set bond0 type bond queue_id eth0:2",
		"exasock manages bond0", "exasock releases bond0",
		"dhcpcd -t 10 bond0", "dhcpcd -k bond0",
		"link set eth0 nomaster (bond0)", "link set bond0 down",
		"add 192.0.2.1/24", "delete 192.0.2.1/24",
		"link delete bond0", "rmmod exasock",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q,\nwant %q", got, want)
	}
}
