// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Status is what the kernel says of one bond. The JSON names are documented
// in bondctl(8) and do not change their meaning.
type Status struct {
	Name    string `json:"name"`
	Mode    string `json:"mode"`
	Up      bool   `json:"up"`      // set up (IFF_UP)
	Carrier bool   `json:"carrier"` // traffic can pass
	// Speed is the kernel's own sum for the bond, in Mbit/s; 0 is unknown.
	Speed       int            `json:"speed"`
	MTU         int            `json:"mtu"`
	MAC         string         `json:"mac"`
	Active      string         `json:"active,omitempty"`  // the active member, in modes that have one
	Primary     string         `json:"primary,omitempty"` // as the kernel reads back: only where it is a member
	MIIMon      int            `json:"miimon"`            // ms; 0 is off
	ARPInterval int            `json:"arp_interval"`      // ms; 0 is off
	LACP        *LACPStatus    `json:"lacp,omitempty"`    // of 802.3ad only
	Members     []MemberStatus `json:"members"`
}

// LACPStatus is the part of a Status that only mode 802.3ad has.
type LACPStatus struct {
	Rate       string `json:"rate"`
	MinLinks   int    `json:"min_links"`
	Aggregator int    `json:"aggregator"` // the active one; 0 where there is none
	Ports      int    `json:"ports"`      // in the active aggregator
	// PartnerMAC is the switch's. It is empty where the kernel does not say:
	// /proc/net/bonding keeps it from all but root.
	PartnerMAC string `json:"partner_mac,omitempty"`
}

// A MemberStatus is one NIC of a bond.
type MemberStatus struct {
	Name   string `json:"name"`
	Active bool   `json:"active"`
	// MII is the bonding driver's view of the link: "up", "down", "going
	// down" or "going back" (a delay is running).
	MII       string `json:"mii"`
	Up        bool   `json:"up"`
	Carrier   bool   `json:"carrier"`
	Speed     int    `json:"speed"` // Mbit/s; 0 is unknown
	Duplex    string `json:"duplex,omitempty"`
	Failures  int    `json:"failures"` // link losses since it joined
	MAC       string `json:"mac"`
	Permanent string `json:"permanent_mac"`
	QueueID   int    `json:"queue_id"`
	MTU       int    `json:"mtu"`
	LACP      *Port  `json:"lacp,omitempty"`
}

// A Port is a member's side of LACP.
type Port struct {
	Aggregator int `json:"aggregator"`
	// Actor and Partner are the two state bytes, -1 where the kernel does not
	// say; see the Port constants.
	Actor      int    `json:"actor_state"`
	Partner    int    `json:"partner_state"`
	PartnerMAC string `json:"partner_mac,omitempty"` // root only
}

// The bits of a port's state, IEEE 802.1AX 6.4.2.3.
const (
	PortActive       = 1 << iota // sends LACPDUs by itself
	PortFast                     // wants one each second
	PortAggregatable             // may be one of several
	PortSynchronized             // is in the right aggregator
	PortCollecting               // takes traffic in
	PortDistributing             // sends traffic out
	PortDefaulted                // no partner heard: uses invented data
	PortExpired                  // the partner fell silent
)

const unknownPort = -1 // a Port's state where the kernel does not say

// A Reader finds bonds below two directories; the zero Reader reads the
// kernel's own.
type Reader struct {
	Sysfs string // "" is /sys/class/net
	Proc  string // "" is /proc/net/bonding
}

func (r Reader) sysfs(elem ...string) string {
	root := r.Sysfs
	if root == "" {
		root = "/sys/class/net"
	}
	return filepath.Join(append([]string{root}, elem...)...)
}

func (r Reader) proc(name string) string {
	if r.Proc == "" {
		return filepath.Join("/proc/net/bonding", name)
	}
	return filepath.Join(r.Proc, name)
}

// Loaded reports whether the bonding driver is there at all.
func (r Reader) Loaded() bool {
	_, err := os.Stat(r.sysfs("bonding_masters"))
	return err == nil
}

// Names lists the bonds that exist, in the order of their names (bond2 before
// bond10). None, without an error, where the bonding driver is not loaded.
func (r Reader) Names() ([]string, error) {
	text, err := os.ReadFile(r.sysfs("bonding_masters"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	names := strings.Fields(string(text))
	slices.SortFunc(names, compareNames)
	return names, nil
}

// compareNames orders runs of digits by their number.
func compareNames(a, b string) int {
	x, n := cutNumber(a)
	y, m := cutNumber(b)
	if x == y && n != m {
		return n - m
	}
	return strings.Compare(a, b)
}

func cutNumber(s string) (string, int) {
	stem := strings.TrimRight(s, "0123456789")
	n, _ := strconv.Atoi(s[len(stem):])
	return stem, n
}

// All reads every bond. A bond that goes away meanwhile is left out.
func (r Reader) All() ([]Status, error) {
	names, err := r.Names()
	if err != nil {
		return nil, err
	}
	all := make([]Status, 0, len(names))
	for _, name := range names {
		s, err := r.Status(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// Status reads one bond: sysfs first, and /proc/net/bonding for what only that
// has on old kernels (3.10 has no bonding_slave directory) or at all. The
// error is fs.ErrNotExist where there is no such bond.
func (r Reader) Status(name string) (Status, error) {
	mode, err := os.ReadFile(r.sysfs(name, "bonding", "mode"))
	if err != nil {
		return Status{}, err
	}
	proc, err := os.ReadFile(r.proc(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Status{}, err
	}
	p := parseProc(string(proc))
	option := func(file string) string { return firstWord(r.read(name, "bonding", file)) }
	s := Status{
		Name: name, Mode: firstWord(string(mode)),
		Up: r.flags(name)&iffUp != 0, Carrier: r.read(name, "carrier") == "1",
		Speed: r.speed(name), MTU: r.number(name, "mtu"), MAC: r.read(name, "address"),
		Active: option("active_slave"), Primary: option("primary"),
		MIIMon: atoi(option("miimon")), ARPInterval: atoi(option("arp_interval")),
		Members: []MemberStatus{},
	}
	if s.Mode == modeNames[LACP] {
		s.LACP = &LACPStatus{
			Rate: option("lacp_rate"), MinLinks: atoi(option("min_links")),
			Aggregator: atoi(option("ad_aggregator")), Ports: atoi(option("ad_num_ports")),
			PartnerMAC: option("ad_partner_mac"),
		}
		if s.LACP.PartnerMAC == "" {
			s.LACP.PartnerMAC = p.partnerMAC
		}
	}
	for _, nic := range strings.Fields(r.read(name, "bonding", "slaves")) {
		s.Members = append(s.Members, r.member(nic, &s, p.members[nic]))
	}
	return s, nil
}

const iffUp = 1 // IFF_UP of include/uapi/linux/if.h

func (r Reader) member(nic string, s *Status, p procMember) MemberStatus {
	slave := func(file string) string { return r.read(nic, "bonding_slave", file) }
	m := MemberStatus{
		Name: nic, Active: nic == s.Active, MII: p.mii, Up: r.flags(nic)&iffUp != 0,
		Carrier: r.read(nic, "carrier") == "1", Speed: r.speed(nic), Duplex: r.read(nic, "duplex"),
		Failures: p.failures, MAC: r.read(nic, "address"), Permanent: p.permanent, QueueID: p.queueID, MTU: r.number(nic, "mtu"),
	}
	if m.Duplex == "unknown" {
		m.Duplex = ""
	}
	if v := slave("mii_status"); v != "" {
		m.MII = v
	}
	if v := slave("perm_hwaddr"); v != "" {
		m.Permanent = v
	}
	if v := slave("link_failure_count"); v != "" {
		m.Failures = atoi(v)
	}
	if s.LACP == nil {
		return m
	}
	m.LACP = &Port{Aggregator: p.aggregator, Actor: p.actor, Partner: p.partner, PartnerMAC: p.partnerMAC}
	for file, field := range map[string]*int{
		"ad_aggregator_id": &m.LACP.Aggregator, "ad_actor_oper_port_state": &m.LACP.Actor, "ad_partner_oper_port_state": &m.LACP.Partner,
	} {
		if n, err := strconv.Atoi(slave(file)); err == nil {
			*field = n
		}
	}
	return m
}

// read gives a file of sysfs without white space around it, "" where it
// cannot be read: "carrier" of an interface that is down gives EINVAL.
func (r Reader) read(elem ...string) string {
	text, err := os.ReadFile(r.sysfs(elem...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func (r Reader) number(nic, file string) int { return atoi(r.read(nic, file)) }

// speed is 0 where the kernel says unknown: -1, or 4294967295 on old ones.
func (r Reader) speed(nic string) int {
	n := r.number(nic, "speed")
	if n < 0 || n >= 1<<31-1 {
		return 0
	}
	return n
}

func (r Reader) flags(nic string) uint64 {
	n, _ := strconv.ParseUint(r.read(nic, "flags"), 0, 32)
	return n
}

// firstWord of "active-backup 1" is the name.
func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
