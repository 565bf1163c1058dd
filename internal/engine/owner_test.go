// SPDX-License-Identifier: MIT

package engine_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/engine/fakekernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// TestBondsOf: the bond of a NIC, whatever BONDNICS calls it.
func TestBondsOf(t *testing.T) {
	k := fakekernel.New(fakekernel.Profile{})
	mac := net.HardwareAddr{0, 0x16, 0x3e, 0, 0, 0x77}
	k.AddNICs("eth0", "eth1")
	k.AddNIC(fakekernel.NIC{Name: "usb0", Permanent: mac})
	k.AddNIC(fakekernel.NIC{Name: "slot0", PCI: "0000:03:00.0"})
	k.AddBridge("br0")
	e := &engine.Engine{Kernel: k, Plan: &plan.Plan{Bonds: []plan.Bond{
		{Name: "bond0", Members: []plan.Member{{Name: "eth0"}, {Name: "eth7"}, {MAC: mac.String()}}},
		{Name: "bond1", Members: []plan.Member{{PCI: "0000:03:00.0"}, {PCI: "0000:04:00.0"}}},
	}}}
	for _, tt := range []struct {
		nic    string
		want   []string
		exists bool
	}{
		{"eth0", []string{"bond0"}, true},
		{"usb0", []string{"bond0"}, true},
		{"slot0", []string{"bond1"}, true},
		{"eth1", nil, true},
		{"eth7", []string{"bond0"}, false},
		{"eth8", nil, false},
		{"br0", nil, false},
	} {
		got, exists, err := e.BondsOf(context.Background(), tt.nic)
		if err != nil || !slices.Equal(got, tt.want) || exists != tt.exists {
			t.Errorf("%s: %v, %t, %v", tt.nic, got, exists, err)
		}
	}
	refused := errors.New("refused")
	k.Fault = func(fakekernel.Call) fakekernel.Fault { return fakekernel.Fault{Err: refused} }
	if _, _, err := e.BondsOf(context.Background(), "eth0"); !errors.Is(err, refused) {
		t.Errorf("%v", err)
	}
}
