// SPDX-License-Identifier: MIT

package bondlink

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/rtnl"
	"golang.org/x/sys/unix"
)

// ownNamespace moves the test into a network namespace of its own, which has
// nothing but lo. The bonding driver itself is met in test/vm.
func ownNamespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	err := unix.Unshare(unix.CLONE_NEWNET)
	if errors.Is(err, unix.EPERM) {
		t.Skip("a network namespace takes root")
	}
	if err != nil {
		t.Fatal(os.NewSyscallError("unshare", err))
	}
}

func dial(t *testing.T) *Conn {
	t.Helper()
	c, err := Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestEvents(t *testing.T) {
	ownNamespace(t)
	events, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()

	// Nothing happens: it sleeps until its time is up, again and again.
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if err := events.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("without an event: %v", err)
		}
		cancel()
	}

	c := dial(t)
	const lo = 1
	if err := c.rt.Change(unix.RTM_NEWLINK, 0, rtnl.LinkMessage(lo, unix.IFF_UP, unix.IFF_UP)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := events.Wait(ctx); err != nil {
		t.Errorf("after lo was set up: %v", err)
	}
}

func TestWaitAfterEnd(t *testing.T) {
	events, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := events.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// What is no bond is refused before the kernel is asked to change it.
func TestRefusals(t *testing.T) {
	ownNamespace(t)
	c := dial(t)
	for _, tt := range []struct{ name, option, value, want string }{
		{"lo", "miimon", "100", "lo is no bond"},
		{"lo", "prio", "1", "lo is no member of a bond"},
		{"none", "miimon", "100", "none: there is no such interface"},
		{"lo", "miimon", "often", `miimon: "often" is not a number`},
		{"lo", "primary", "none", `primary "none": `},
	} {
		err := c.Set(tt.name, bond.Lookup(tt.option), tt.value)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s %s %s: %v, want %q", tt.name, tt.option, tt.value, err, tt.want)
		}
	}
	if _, err := c.PartnerMAC("lo"); err == nil {
		t.Error("lo has an LACP partner")
	}
}
