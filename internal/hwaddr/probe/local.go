// SPDX-License-Identifier: MIT

package probe

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"golang.org/x/sys/unix"
)

// local is what the probe has to know about the interface and this host.
type local struct {
	ifi  *net.Interface
	link source.Link
	// networks are the IPv4 networks of the interface (and of the bond or bridge
	// it is in) with this host's address in each.
	networks []netip.Prefix
	linkIP   netip.Addr          // IPv6 link-local, if there is one
	mine     map[netip.Addr]bool // all IP addresses of this host
	// same are the addresses of interfaces that are in one stack with this one:
	// frames from there may come back.
	same       map[hwaddr.Addr]bool
	neighbours []source.Neighbour
	gateway    netip.Addr
}

// lookup reads the state of the interface. The error is about the name; doubt
// says why probing there is no use.
func lookup(name string) (l *local, doubt string, err error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, "", fmt.Errorf("there is no interface %q", name)
	}
	links, err := source.Links()
	if err != nil {
		return nil, "", err
	}
	l = &local{ifi: ifi, mine: map[netip.Addr]bool{}, same: map[hwaddr.Addr]bool{}}
	byIndex := map[int]source.Link{}
	for _, link := range links {
		byIndex[link.Index] = link
	}
	var ok bool
	if l.link, ok = byIndex[ifi.Index]; !ok {
		return nil, "", fmt.Errorf("%s is no Ethernet interface", name)
	}
	switch {
	case !l.link.Up:
		return l, name + " is down", nil
	case !l.link.Carrier:
		return l, name + " has no carrier", nil
	}
	for _, sys := range []string{"wireless", "phy80211"} {
		if _, err := os.Stat(filepath.Join("/sys/class/net", name, sys)); err == nil {
			return l, name + " is wireless: an access point passes on only frames to addresses that it knows", nil
		}
	}
	// A member's networks are those of its bond or bridge.
	stack := map[int]bool{ifi.Index: true}
	for at := l.link; at.Master != 0 && !stack[at.Master]; at = byIndex[at.Master] {
		stack[at.Master] = true
	}
	for _, link := range links {
		if stack[link.Index] || stack[link.Master] {
			l.same[link.Addr] = true
		}
	}
	l.same[l.link.Addr] = true
	if err := l.readAddresses(stack); err != nil {
		return nil, "", err
	}
	if l.neighbours, err = source.Neighbours(); err != nil {
		return nil, "", err
	}
	names := map[string]bool{}
	for index := range stack {
		names[byIndex[index].Name] = true
	}
	n := 0
	for _, neighbour := range l.neighbours {
		if names[neighbour.Link] && neighbour.IP.IsValid() && neighbour.State&(unix.NUD_FAILED|unix.NUD_INCOMPLETE) == 0 {
			l.neighbours[n] = neighbour
			n++
		}
	}
	l.neighbours = l.neighbours[:n]
	if f, err := os.Open("/proc/net/route"); err == nil {
		defer f.Close()
		l.gateway = gateway(bufio.NewScanner(f), names)
	}
	return l, "", nil
}

func (l *local) readAddresses(stack map[int]bool) error {
	all, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("interfaces: %w", err)
	}
	for _, ifi := range all {
		addrs, err := ifi.Addrs()
		if err != nil {
			continue // it has just gone
		}
		for _, a := range addrs {
			prefix, err := netip.ParsePrefix(a.String())
			if err != nil {
				continue
			}
			ip := prefix.Addr().Unmap()
			l.mine[ip] = true
			switch {
			case !stack[ifi.Index]:
			case ip.Is4():
				l.networks = append(l.networks, netip.PrefixFrom(ip, prefix.Bits()))
			case ip.IsLinkLocalUnicast():
				l.linkIP = ip
			}
		}
	}
	return nil
}

// gateway finds the default router in /proc/net/route.
func gateway(lines *bufio.Scanner, names map[string]bool) netip.Addr {
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 3 || !names[f[0]] || f[1] != "00000000" {
			continue
		}
		raw, err := hex.DecodeString(f[2])
		if err != nil || len(raw) != 4 {
			continue
		}
		var ip [4]byte // the file has the number in the host's byte order
		binary.NativeEndian.PutUint32(ip[:], binary.BigEndian.Uint32(raw))
		return netip.AddrFrom4(ip)
	}
	return netip.Addr{}
}

// source is the address to send from: the permanent one, so that a switch
// learns nothing new, else the current one; never a candidate.
func (l *local) source(candidates []hwaddr.Addr) (hwaddr.Addr, bool) {
	for _, a := range []hwaddr.Addr{l.link.Permanent, l.link.Addr} {
		if a.Unusable() != "" {
			continue
		}
		candidate := false
		for _, c := range candidates {
			candidate = candidate || c == a
		}
		if !candidate {
			return a, true
		}
	}
	return hwaddr.Addr{}, false
}

// control chooses neighbours that are known to be alive, the best one first:
// the gateway, then those confirmed last.
func (l *local) control(candidates []hwaddr.Addr) []source.Neighbour {
	var list []source.Neighbour
	taken := map[hwaddr.Addr]bool{}
	for _, c := range candidates {
		taken[c] = true
	}
	add := func(match func(source.Neighbour) bool) {
		for _, n := range l.neighbours {
			if match(n) && !taken[n.Addr] && len(list) < maxControls {
				taken[n.Addr] = true
				list = append(list, n)
			}
		}
	}
	add(func(n source.Neighbour) bool { return n.IP == l.gateway })
	add(func(n source.Neighbour) bool {
		return n.State&(unix.NUD_REACHABLE|unix.NUD_DELAY|unix.NUD_PROBE) != 0
	})
	add(func(n source.Neighbour) bool { return true })
	return list
}

// maxControls is how many neighbours are asked for control.
const maxControls = 3
