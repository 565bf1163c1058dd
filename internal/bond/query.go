// SPDX-License-Identifier: MIT

package bond

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Info is what the bonding ioctls tell about a bond, without privilege, on
// every kernel.
type Info struct {
	Mode    Mode
	Miimon  int // ms between looks at the members' links, 0 for never
	Members []Member
}

// A Member is a NIC in a bond.
type Member struct {
	Name     string
	Link     LinkState
	Backup   bool // waits for the active one to fail (active-backup), or for its aggregator (802.3ad)
	Failures int  // how often its link was lost
}

// LinkState is BOND_LINK_* of include/uapi/linux/if_bonding.h.
type LinkState int8

// String is the state in words.
func (s LinkState) String() string {
	switch s {
	case 0:
		return "up"
	case 1:
		return "going down" // within downdelay
	case 2:
		return "down"
	case 3:
		return "coming up" // within updelay
	}
	return "unknown"
}

// ifbond and ifslave are the structures of include/uapi/linux/if_bonding.h.
type ifbond struct {
	mode      int32
	numSlaves int32
	miimon    int32
}

type ifslave struct {
	id       int32
	name     [unix.IFNAMSIZ]byte
	link     int8
	state    int8
	failures uint32
}

// Info asks the driver about a bond. Members that come or go meanwhile may be
// missing.
func (c *Conn) Info(bond string) (Info, error) {
	var b ifbond
	if err := ioctlAt(c, unix.SIOCBONDINFOQUERY, "SIOCBONDINFOQUERY", bond, &b); err != nil {
		return Info{}, err
	}
	info := Info{Mode: Mode(b.mode), Miimon: int(b.miimon)}
	for id := range b.numSlaves {
		s := ifslave{id: id}
		if err := ioctlAt(c, unix.SIOCBONDSLAVEINFOQUERY, "SIOCBONDSLAVEINFOQUERY", bond, &s); err != nil {
			if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
				break // it left
			}
			return info, err
		}
		info.Members = append(info.Members, Member{cString(s.name[:]), LinkState(s.link), s.state != 0, int(s.failures)})
	}
	return info, nil
}
