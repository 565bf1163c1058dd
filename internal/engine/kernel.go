// SPDX-License-Identifier: MIT

package engine

import (
	"context"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/rtnl"
)

// Kernel is all that the engine does to a machine, each call one change or one
// look. The real one is package kernel; tests have one in memory that refuses,
// or ends the process, at the call they choose.
//
// A method that names an interface takes its name; the real kernel checks
// first that the name still has the index that the last Links saw. Errors keep
// the kernel's errno (errors.Is) and its own words where it has any.
type Kernel interface {
	// Links are all interfaces.
	Links() ([]rtnl.Link, error)
	// State is every address, route, neighbour and nexthop object.
	State() (rtnl.State, error)
	// Facts is what only files of /sys and /proc tell about an interface.
	Facts(nic string) (Facts, error)
	// Option reads an option of a bond back: a word without its number, a list
	// separated by commas, "" where nothing is set. fs.ErrNotExist: this kernel
	// has no such option. member is a NIC for options that belong to a member.
	Option(bond, member, option string) (string, error)
	// ExasockBonds are the bonds that the exasock driver manages; fs.ErrNotExist
	// where the driver is not loaded.
	ExasockBonds() ([]string, error)
	// Status is what the driver reports of a bond: its link, LACP.
	Status(name string) (bond.Status, error)
	// HasBonding reports whether the bonding driver is loaded.
	HasBonding() bool
	// DHCPClient reports whether dhcpcd runs on an interface.
	DHCPClient(nic string) bool

	// CreateBond makes a bond that is down and empty, with as many of the
	// options (name and value) as this kernel takes in one go, mode the first:
	// what it did not take is to be set, and read back, one by one.
	CreateBond(name string, options [][2]string) (index int, err error)
	// DeleteBonds removes bonds with whatever members they have, together where
	// this kernel can: most of the time is waiting, for all at once. Bonds that
	// are gone already are no error.
	DeleteBonds(names ...string) error
	SetOption(bond, member, option, value string) error
	Enslave(bond, nic string) error
	Release(bond, nic string) error
	SetUp(name string, up bool) error
	SetMTU(name string, mtu int) error
	SetMAC(name string, addr []byte) error

	// Add and Delete change an address, a route, a neighbour or a nexthop
	// object. Add gives EEXIST where there is one like it; an address is replaced.
	Add(rtnl.Message) error
	Delete(rtnl.Message) error

	LoadModule(name string, args ...string) error
	UnloadModule(name string) error
	// ModuleInUse reports whether bonds, other modules, or NICs that are up need it.
	ModuleInUse(name string) bool
	HasModule(name string) bool
	StartDHCP(ctx context.Context, nic string, args ...string) error
	StopDHCP(nic string) error
	ExasockManage(bond string) error
	ExasockRelease(bond string) error

	// Uptime is CLOCK_BOOTTIME.
	Uptime() time.Duration
	// Wait waits until links or addresses may have changed, or for d.
	Wait(ctx context.Context, d time.Duration)
}

// Facts are what /sys and /proc tell about an interface.
type Facts struct {
	Driver     string // of the device that it belongs to; "" for none
	PCI        string // the device's slot, 0000:03:00.0; "" for none
	AddrAssign int    // addr_assign_type: 0 permanent, 1 random, 2 stolen, 3 set
	Wireless   bool
	// Uppers are the interfaces that stand on it, its master not among them.
	Uppers []string
}
