// SPDX-License-Identifier: MIT

package fakekernel

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/rtnl"
)

var _ engine.Kernel = (*Kernel)(nil)

// A Profile is what kernels differ in.
type Profile struct {
	// NoOption are the options that this kernel does not have.
	NoOption []string
	// Refused are values that it does not take any more: EINVAL.
	Refused [][2]string
	// Ignored are options that it accepts without taking them.
	Ignored []string
	// OneByOne: CreateBond takes no option but mode (before 3.14).
	OneByOne bool
	// NoNexthops: it has no nexthop objects (before 5.3).
	NoNexthops bool
	// TakesLoopback: lo can become a member (from 6.12 on).
	TakesLoopback bool
	// NoIPv6: IPv6 is off.
	NoIPv6 bool
}

// Profiles are kernels of today and of the past, by name.
var Profiles = map[string]Profile{
	"3.10": {
		NoOption: []string{
			"arp_missed_max", "ns_ip6_target", "peer_notif_delay", "lp_interval", "packets_per_slave", "tlb_dynamic_lb", "lacp_active",
			"ad_actor_sys_prio", "ad_actor_system", "ad_user_port_key", "coupled_control", "broadcast_neighbor", "lacp_strict", "prio",
			"actor_port_prio", "arp_all_targets",
		},
		Refused:  [][2]string{{"xmit_hash_policy", "vlan+srcmac"}, {"ad_select", "actor_port_prio"}},
		OneByOne: true, NoNexthops: true,
	},
	"5.10": {
		NoOption: []string{"arp_missed_max", "ns_ip6_target", "lacp_active", "coupled_control", "broadcast_neighbor", "lacp_strict", "prio", "actor_port_prio"},
		Refused:  [][2]string{{"xmit_hash_policy", "vlan+srcmac"}, {"ad_select", "actor_port_prio"}},
	},
	"6.1": {
		NoOption: []string{"broadcast_neighbor", "lacp_strict"},
		Refused:  [][2]string{{"ad_select", "actor_port_prio"}},
	},
	"7.2": {Refused: [][2]string{{"use_carrier", "off"}}, TakesLoopback: true},
}

// A Kernel is a machine. Its exported fields may be changed between calls.
type Kernel struct {
	Profile
	// Fault is asked at each call.
	Fault func(Call) Fault
	// Log is every call so far, those that were refused too.
	Log []Call
	// Duplicates are IPv6 addresses that somebody else on the LAN has.
	Duplicates map[string]bool
	// DHCPServer is whether a DHCP client with carrier gets a lease.
	DHCPServer bool
	// Violations are what nothing may ever do to a machine.
	Violations []string

	links     []*link // in the order of their indexes
	nextIndex int
	addrs     []*address
	routes    []*route
	neighs    []*neigh
	nexthops  []*nexthop
	modules   map[string]bool // that are loaded
	drivers   map[string][]NIC
	missing   map[string]bool // modules that there are not
	clients   map[string][]string
	exasock   []string
	now       time.Duration
	rand      *rand.Rand
	calls     int
	changes   int
	seen      map[string]int // what the last Links told
}

// A link is a network interface.
type link struct {
	NIC
	index  int
	kind   string // "" for hardware
	up     bool
	mtu    int
	mac    []byte
	assign int   // addr_assign_type
	master *link // bond or bridge
	lower  *link
	upAt   time.Duration
	// carrierAt is since when there is carrier; negative: there is none.
	carrierAt time.Duration
	ownMTU    bool // of a bridge: set by hand
	// As a member: what it gets back when it is released.
	oldMTU int
	oldMAC []byte
	queue  int
	prio   int
	adPrio int
	bond   *bonding
}

// bonding is what a bond has more.
type bonding struct {
	mode    bond.Mode
	options map[string]string // with defaults; delays in multiples of miimon
	members []*link           // in the order of joining
	active  *link
}

// New makes a machine with lo and nothing else.
func New(p Profile) *Kernel {
	k := &Kernel{
		Profile: p, Duplicates: map[string]bool{}, DHCPServer: true, nextIndex: 1, now: 100 * time.Second,
		modules: map[string]bool{}, drivers: map[string][]NIC{}, missing: map[string]bool{}, clients: map[string][]string{},
		rand: rand.New(rand.NewPCG(1, 2)),
	}
	lo := k.add(NIC{Name: "lo", MaxMTU: -1}, "")
	lo.mac, lo.Permanent, lo.mtu, lo.up, lo.carrierAt = make([]byte, 6), make([]byte, 6), 65536, true, 0
	return k
}

func (k *Kernel) add(n NIC, kind string) *link {
	if k.find(n.Name) != nil {
		panic("fakekernel: there is a " + n.Name + " already")
	}
	l := &link{NIC: n, index: k.nextIndex, kind: kind, mtu: 1500, carrierAt: -1}
	k.nextIndex++
	k.links = append(k.links, l)
	return l
}

func (k *Kernel) find(name string) *link {
	for _, l := range k.links {
		if l.Name == name {
			return l
		}
	}
	return nil
}

func (k *Kernel) byIndex(index int) *link {
	for _, l := range k.links {
		if l.index == index {
			return l
		}
	}
	return nil
}

// named finds an interface for a change. As the real kernel package does, it
// refuses one that took the name of another since Links was asked.
func (k *Kernel) named(name string) (*link, error) {
	l := k.find(name)
	if l == nil {
		return nil, unix.ENODEV
	}
	if index, ok := k.seen[name]; ok && index != l.index {
		return nil, fmt.Errorf("%s is another interface than a moment ago: %w", name, unix.ENODEV)
	}
	return l, nil
}

func (k *Kernel) randomMAC() []byte {
	mac := make([]byte, 6)
	for i := range mac {
		mac[i] = byte(k.rand.Uint32())
	}
	mac[0] = mac[0]&^1 | 2
	return mac
}

func (l *link) hasCarrier(now time.Duration) bool {
	switch {
	case !l.up:
		return false
	case l.bond != nil:
		return slices.ContainsFunc(l.bond.members, func(m *link) bool { return m.hasCarrier(now) })
	case l.kind == "bridge":
		return l.lower == nil // ports are not looked at
	case l.lower != nil:
		return l.lower.hasCarrier(now)
	case l.Name == "lo":
		return true
	}
	return !l.Unplugged && now >= l.upAt+l.LinkDelay
}

// settle lets happen what time brings: carrier, the choice of an active member,
// the end of duplicate address detection, of lifetimes.
func (k *Kernel) settle() {
	for _, l := range k.links {
		if b := l.bond; b != nil {
			k.chooseActive(l)
		}
	}
	for _, l := range k.links {
		if !l.hasCarrier(k.now) {
			l.carrierAt = -1
		} else if l.carrierAt < 0 {
			l.carrierAt = max(k.now, 0)
		}
	}
	k.settleAddrs()
}

// Links are all interfaces.
func (k *Kernel) Links() ([]rtnl.Link, error) {
	if err := k.look("Links"); err != nil {
		return nil, err
	}
	k.seen = map[string]int{}
	var list []rtnl.Link
	for _, l := range k.links {
		k.seen[l.Name] = l.index
		x := rtnl.Link{
			Index: l.index, Name: l.Name, Type: unix.ARPHRD_ETHER, Flags: unix.IFF_BROADCAST | unix.IFF_MULTICAST,
			Carrier: l.hasCarrier(k.now), MTU: l.mtu, MinMTU: max(l.MinMTU, 0), MaxMTU: max(l.MaxMTU, 0),
			Addr: slices.Clone(l.mac), Permanent: slices.Clone(l.Permanent), Kind: l.kind,
		}
		if l.Name == "lo" {
			x.Type, x.Flags = unix.ARPHRD_LOOPBACK, unix.IFF_LOOPBACK
		}
		if l.up {
			x.Flags |= unix.IFF_UP
			if x.Carrier {
				x.Flags |= unix.IFF_RUNNING | unix.IFF_LOWER_UP
			}
		}
		if l.bond != nil {
			x.Flags |= unix.IFF_MASTER
		}
		if l.lower != nil {
			x.Lower = l.lower.index
		}
		if l.master != nil {
			x.Master, x.MemberKind = l.master.index, l.master.kind
			if l.master.bond != nil {
				x.Flags |= unix.IFF_SLAVE
			}
		}
		if k.NoIPv6 {
			x.AddrGenMode = -1
		}
		list = append(list, x)
	}
	return list, nil
}

// Facts is what only files of /sys and /proc tell about an interface.
func (k *Kernel) Facts(nic string) (engine.Facts, error) {
	if err := k.look("Facts", nic); err != nil {
		return engine.Facts{}, err
	}
	l := k.find(nic)
	if l == nil {
		return engine.Facts{}, &fs.PathError{Op: "open", Path: "/sys/class/net/" + nic, Err: unix.ENOENT}
	}
	f := engine.Facts{Driver: l.Driver, PCI: l.PCI, AddrAssign: l.assign, Wireless: l.Wireless}
	for _, u := range k.links {
		if u.lower == l {
			f.Uppers = append(f.Uppers, u.Name)
		}
	}
	return f, nil
}

// HasBonding reports whether the bonding driver is loaded.
func (k *Kernel) HasBonding() bool { return k.modules["bonding"] }

// SetUp sets an interface up or down.
func (k *Kernel) SetUp(name string, up bool) error {
	done, err := k.change("SetUp", name, up)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.named(name)
	if err != nil {
		return err
	}
	if !up {
		k.setDown(l)
		return nil
	}
	return k.setUp(l)
}

func (k *Kernel) setUp(l *link) error {
	switch {
	case l.up:
		return nil
	case l.Dead != nil:
		return l.Dead
	case l.kind == "vlan" && !l.lower.up:
		return unix.ENETDOWN
	}
	l.up, l.upAt = true, k.now
	k.revive(l)
	if l.master == nil || l.master.bond == nil {
		k.addLinkLocal(l)
	}
	for _, u := range k.links {
		if u.kind == "vlan" && u.lower == l {
			_ = k.setUp(u) // vlan_device_event ignores it too
		}
	}
	k.settle()
	return nil
}

func (k *Kernel) setDown(l *link) {
	if !l.up {
		return
	}
	l.up = false
	k.loseAtDown(l)
	for _, u := range k.links {
		if u.kind == "vlan" && u.lower == l {
			k.setDown(u)
		}
	}
	k.settle()
}

// SetMTU sets an interface's MTU, and what follows it.
func (k *Kernel) SetMTU(name string, mtu int) error {
	done, err := k.change("SetMTU", name, mtu)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.named(name)
	if err != nil {
		return err
	}
	if l.kind == "bridge" {
		l.ownMTU = true
	}
	return k.setMTU(l, mtu)
}

func (k *Kernel) setMTU(l *link, mtu int) error {
	switch {
	case mtu < max(l.MinMTU, 68), l.MaxMTU > 0 && mtu > l.MaxMTU, mtu > 65536:
		return unix.EINVAL
	case l.kind == "vlan" && mtu > l.lower.mtu:
		return unix.ERANGE
	}
	if l.bond != nil {
		old := l.mtu
		for i, m := range l.bond.members {
			if err := k.setMTU(m, mtu); err != nil {
				for _, done := range l.bond.members[:i] {
					_ = k.setMTU(done, old)
				}
				return err
			}
		}
	}
	l.mtu = mtu
	for _, u := range k.links {
		if u.lower == l && u.mtu > mtu {
			_ = k.setMTU(u, mtu) // it never grows again by itself
		}
	}
	if b := l.master; b != nil && b.kind == "bridge" {
		k.followPorts(b)
	}
	return nil
}

// followPorts: a bridge without an MTU of its own has the least of its ports.
func (k *Kernel) followPorts(b *link) {
	if b.ownMTU {
		return
	}
	least := 0
	for _, p := range k.links {
		if p.master == b && (least == 0 || p.mtu < least) {
			least = p.mtu
		}
	}
	if least == 0 {
		least = 1500
	}
	if least != b.mtu {
		_ = k.setMTU(b, least)
	}
}

// SetMAC sets an interface's hardware address.
func (k *Kernel) SetMAC(name string, addr []byte) error {
	done, err := k.change("SetMAC", name, fmt.Sprintf("%x", addr))
	if err != nil {
		return err
	}
	defer done()
	l, err := k.named(name)
	switch {
	case err != nil:
		return err
	case len(addr) != 6 || addr[0]&1 == 1 || bytes.Equal(addr, make([]byte, 6)):
		return unix.EADDRNOTAVAIL
	case l.MACWhileDown && l.up:
		return unix.EBUSY
	}
	l.assign = 3
	if b := l.bond; b != nil && b.followsActive() && len(b.members) > 0 {
		return nil // accepted, and not taken
	}
	if b := l.bond; b != nil {
		for i, m := range b.members {
			if i == 0 || !b.ownMACs() {
				k.setMAC(m, addr)
			}
		}
	}
	k.setMAC(l, addr)
	return nil
}

func (k *Kernel) setMAC(l *link, addr []byte) {
	l.mac = slices.Clone(addr)
	for _, u := range k.links {
		if u.kind == "vlan" && u.lower == l && u.assign == 2 {
			k.setMAC(u, addr)
		}
	}
}

// LoadModule loads a driver, and its NICs appear.
func (k *Kernel) LoadModule(name string, args ...string) error {
	done, err := k.change("LoadModule", append([]any{name}, anys(args)...)...)
	if err != nil {
		return err
	}
	defer done()
	if k.missing[name] {
		return unix.ENOENT
	}
	if k.modules[name] {
		return nil
	}
	k.modules[name] = true
	for _, n := range k.drivers[name] {
		k.AddNIC(n)
	}
	if name == "bonding" && !slices.Contains(args, "max_bonds=0") {
		k.makeBond("bond0")
	}
	return nil
}

// UnloadModule unloads a driver, and its NICs are gone.
func (k *Kernel) UnloadModule(name string) error {
	done, err := k.change("UnloadModule", name)
	if err != nil {
		return err
	}
	defer done()
	if !k.modules[name] {
		return unix.ENOENT
	}
	if name == "exasock" && len(k.exasock) > 0 {
		return unix.EBUSY
	}
	for _, l := range slices.Clone(k.links) {
		if l.Driver == name && l.Driver != "" || name == "bonding" && l.bond != nil {
			k.remove(l)
		}
	}
	delete(k.modules, name)
	return nil
}

// ModuleInUse reports whether bonds, other modules, or NICs that are up need it.
func (k *Kernel) ModuleInUse(name string) bool {
	return name == "exasock" && len(k.exasock) > 0 ||
		slices.ContainsFunc(k.links, func(l *link) bool {
			return name == "bonding" && l.bond != nil || l.Driver != "" && l.Driver == name && l.up
		})
}

// HasModule reports whether a module is loaded.
func (k *Kernel) HasModule(name string) bool { return k.modules[name] }

// DHCPClient reports whether dhcpcd runs on an interface.
func (k *Kernel) DHCPClient(nic string) bool {
	_, ok := k.clients[nic]
	return ok
}

// StartDHCP starts a client. With -b it goes to the background at once, else it
// waits up to ten seconds for a lease.
func (k *Kernel) StartDHCP(_ context.Context, nic string, args ...string) error {
	done, err := k.change("StartDHCP", append([]any{nic}, anys(args)...)...)
	if err != nil {
		return err
	}
	defer done()
	l, err := k.named(nic)
	if err != nil {
		return err
	}
	background := slices.Contains(args, "-b")
	if !background {
		for end := k.now + 10*time.Second; !l.hasCarrier(k.now) && k.now < end; {
			k.pass(time.Second)
		}
		if !l.hasCarrier(k.now) || !k.DHCPServer {
			return fmt.Errorf("dhcpcd: timed out")
		}
	}
	k.clients[nic] = slices.Clone(args)
	if l.hasCarrier(k.now) && k.DHCPServer {
		lease := netip.AddrFrom4([4]byte{198, 51, 100, byte(l.index)})
		a := &address{link: l, family: unix.AF_INET, bits: 24, local: lease, peer: lease, lease: true, since: -1}
		if k.findAddr(a) < 0 {
			k.addrs = append(k.addrs, a)
		}
	}
	return nil
}

// StopDHCP ends a client, whose lease goes with it.
func (k *Kernel) StopDHCP(nic string) error {
	done, err := k.change("StopDHCP", nic)
	if err != nil {
		return err
	}
	defer done()
	if _, ok := k.clients[nic]; !ok {
		return fmt.Errorf("dhcpcd: not running")
	}
	delete(k.clients, nic)
	k.dropLease(nic)
	return nil
}

// Uptime is the virtual clock.
func (k *Kernel) Uptime() time.Duration { return k.now }

// Wait lets time pass until something changes, or for d.
func (k *Kernel) Wait(ctx context.Context, d time.Duration) {
	if ctx.Err() != nil {
		return
	}
	k.settle()
	next := k.now + d
	for _, t := range k.events() {
		if t > k.now && t < next {
			next = t
		}
	}
	k.pass(next - k.now)
}

// Sleep lets time pass.
func (k *Kernel) Sleep(d time.Duration) {
	for end := k.now + d; k.now < end; {
		k.Wait(context.Background(), end-k.now)
	}
}

func (k *Kernel) pass(d time.Duration) {
	k.now += d
	k.settle()
}

// events are the moments at which something will happen by itself.
func (k *Kernel) events() []time.Duration {
	var list []time.Duration
	for _, l := range k.links {
		if l.up && !l.Unplugged && l.kind == "" {
			list = append(list, l.upAt+l.LinkDelay)
		}
	}
	for _, a := range k.addrs {
		list = append(list, a.events()...)
	}
	for _, r := range k.routes {
		if r.expires > 0 {
			list = append(list, r.expires)
		}
	}
	return list
}

// Clone is another machine that is the same, without calls or faults.
func (k *Kernel) Clone() *Kernel {
	c := *k
	c.Fault, c.Log, c.calls, c.changes, c.seen = nil, nil, 0, 0, nil
	c.Violations, c.Duplicates = slices.Clone(k.Violations), maps.Clone(k.Duplicates)
	c.modules, c.missing, c.clients = maps.Clone(k.modules), maps.Clone(k.missing), maps.Clone(k.clients)
	c.drivers, c.exasock = maps.Clone(k.drivers), slices.Clone(k.exasock)
	c.rand = rand.New(rand.NewPCG(1, uint64(len(k.links))))
	twin := map[*link]*link{}
	c.links = nil
	for _, l := range k.links {
		x := *l
		x.mac, x.oldMAC = slices.Clone(l.mac), slices.Clone(l.oldMAC)
		twin[l] = &x
		c.links = append(c.links, &x)
	}
	for _, x := range c.links {
		x.master, x.lower = twin[x.master], twin[x.lower]
		if x.bond == nil {
			continue
		}
		b := &bonding{mode: x.bond.mode, options: maps.Clone(x.bond.options), active: twin[x.bond.active]}
		for _, m := range x.bond.members {
			b.members = append(b.members, twin[m])
		}
		x.bond = b
	}
	c.addrs, c.routes, c.neighs, c.nexthops = copies(k.addrs), copies(k.routes), copies(k.neighs), copies(k.nexthops)
	for _, a := range c.addrs {
		a.link = twin[a.link]
	}
	return &c
}

func copies[T any](list []*T) []*T {
	var out []*T
	for _, p := range list {
		x := *p
		out = append(out, &x)
	}
	return out
}

func anys(words []string) []any {
	list := make([]any, len(words))
	for i, w := range words {
		list[i] = w
	}
	return list
}
