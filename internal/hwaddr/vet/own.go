// SPDX-License-Identifier: MIT

package vet

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
)

// Own is what belongs to a bond: itself, its members (those it has and those
// it is configured to have), and the VLANs and bridges on it, which all share
// its address rightly. The zero Own is of no bond.
type Own struct {
	Bond  string
	names []string
	// What tables that remember call this host: the IP addresses of the bond,
	// and the host's name.
	ips  []string
	host string
	// had are the addresses that the bond has or had, and until when.
	had map[hwaddr.Addr]time.Time
	// guests are ports behind which no frame of this host itself comes in.
	guests map[string]bool
}

// OwnInput is what [OwnOf] goes by. All but Bond may be missing.
type OwnInput struct {
	Bond    string
	Host    string                    // this host's name
	Links   []source.Link             // the interfaces of this host
	Members []string                  // NICs that are the bond's, besides those that Links and Configs tell
	IPs     []string                  // IP addresses of the bond, besides those that Configs tell
	Configs []*bondconf.Config        // configurations of this host
	Had     map[hwaddr.Addr]time.Time // addresses that the bond had, and until when
}

// OwnOf finds what belongs to the bond.
func OwnOf(in OwnInput) Own {
	bond, links := in.Bond, in.Links
	own := Own{Bond: bond, names: append([]string{bond}, in.Members...), ips: slices.Clone(in.IPs), host: in.Host, had: map[hwaddr.Addr]time.Time{}, guests: map[string]bool{}}
	maps.Copy(own.had, in.Had)
	for _, c := range in.Configs {
		if c == nil {
			continue
		}
		if b := c.Bond(bond); b != nil && b.NICs.Known {
			own.names = append(own.names, b.NICs.Words()...)
		}
		for _, i := range c.Interfaces {
			if i.Name.Value == bond {
				own.ips = append(own.ips, addresses(i.IPAddrs)...)
				own.ips = append(own.ips, addresses(i.IP6Addrs)...)
			}
		}
	}
	byName := map[string]source.Link{}
	byIndex := map[int]source.Link{}
	for _, l := range links {
		byName[l.Name], byIndex[l.Index] = l, l
	}
	if b, ok := byName[bond]; ok {
		if b.Addr != (hwaddr.Addr{}) {
			own.had[b.Addr] = time.Now().Add(time.Hour) // it has it now
		}
		for _, l := range links {
			if l.Master == b.Index {
				own.names = append(own.names, l.Name)
			}
		}
	}
	// A VLAN follows its parent, a bridge takes the address of a port.
	for again := true; again; {
		again = false
		for _, l := range links {
			if own.has(l.Name) {
				if m, ok := byIndex[l.Master]; ok && m.Kind == "bridge" && !own.has(m.Name) {
					own.names, again = append(own.names, m.Name), true
				}
				continue
			}
			if p, ok := byIndex[l.Parent]; ok && l.Kind == "vlan" && own.has(p.Name) {
				own.names, again = append(own.names, l.Name), true
			}
		}
	}
	for _, l := range links {
		own.guests[l.Name] = !own.has(l.Name) && !leadsOut(l)
	}
	return own
}

// leadsOut reports whether frames that come in at an interface come from outside
// of this host: they may be its own, back from the LAN. What comes from a guest or
// container is never.
func leadsOut(l source.Link) bool {
	return l.Kind == "" || slices.Contains([]string{"vlan", "bond", "team"}, l.Kind)
}

// IPs are the IP addresses that the bond is configured to have.
func (o Own) IPs() []string { return o.ips }

// addresses are those of IPADDRS without their prefix lengths.
func addresses(t bondconf.Text) []string {
	list := t.Words()
	for i := range list {
		list[i], _, _ = strings.Cut(list[i], "/")
	}
	return list
}

func (o Own) has(name string) bool { return o.Bond != "" && slices.Contains(o.names, name) }

// owns reports whether a claim is of the bond itself.
func (o Own) owns(c source.Claim) bool {
	if o.Bond == "" || c.Host != "" {
		return false
	}
	switch c.Source {
	case "interfaces":
		return o.has(c.Name)
	case "rc.bond.conf", "rc.inet1.conf", "boot scripts", "udev rules":
		return o.has(c.Name)
	case "bonding":
		return o.has(c.Name) || filepath.Base(c.File) == o.Bond && c.Note != "Partner Mac Address"
	case "bridges", "neighbours":
		// The bond itself, seen through another port of this host on its LAN: not
		// after it gave the address up, give or take what the tables' clock is off.
		until, ok := o.had[c.Addr]
		return ok && !c.Time.After(until.Add(2*time.Second)) && !o.guests[c.Port]
	case "arpwatch", "dhcpd leases", "dnsmasq leases":
		// They remember the bond itself from before the last boot.
		return slices.Contains(o.ips, c.IP) || o.host != "" && hostname(c.Name) == hostname(o.host)
	}
	return false
}

// hostname is a name without its domain, in lower case.
func hostname(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	return name
}
