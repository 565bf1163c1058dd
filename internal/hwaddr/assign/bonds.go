// SPDX-License-Identifier: MIT

package assign

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/hwaddr"
	"github.com/slackbond/slackbond/internal/hwaddr/derive"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/hwaddr/vet"
	"github.com/slackbond/slackbond/internal/plan"
)

// Own is what belongs to a bond of the host whose root directory is root: by
// its interfaces where that is this host ("/"), by the configuration there, and
// by the history. Members and ips are further ones that are known to be its.
func Own(bond, root string, history History, members, ips []string) (vet.Own, error) {
	in := vet.OwnInput{Bond: bond, Members: members, IPs: ips}
	if filepath.Clean(root) == "/" {
		var err error
		if in.Links, err = source.Links(); err != nil {
			return vet.Own{}, err
		}
		in.Had = history.Had(bond)
	}
	for _, path := range []string{bondconf.DefaultPath, bondconf.Inet1Path} {
		// One that cannot be read is reported as a source.
		if conf, err := bondconf.Read(filepath.Join(root, path)); err == nil {
			in.Configs = append(in.Configs, conf)
		}
	}
	in.Host, _ = os.Hostname() // without it one thing less is recognised as own
	return vet.OwnOf(in), nil
}

// Bonds finds and vets the addresses of bonds that are started.
type Bonds struct {
	Sources func() []source.Source // what is read, as [source.Host]
	Secret  string                 // the file of the secret that addresses are derived from
	Traits  func() []derive.Trait  // of this machine, as [derive.Machine]
	History History
	// Changed is told where a bond gets another address than the one that is
	// derived first, and why.
	Changed func(bond, text string)
	// own replaces Own in tests.
	own func(b *plan.Bond, members []string) (vet.Own, error)
}

func (s *Bonds) vetter(b *plan.Bond, members []string) (*Vetter, error) {
	find := s.own
	if find == nil {
		find = func(b *plan.Bond, members []string) (vet.Own, error) {
			var ips []string
			for _, p := range b.Addrs {
				ips = append(ips, p.Addr().String())
			}
			return Own(b.Name, "/", s.History, members, ips)
		}
	}
	own, err := find(b, members)
	if err != nil {
		return nil, err
	}
	return &Vetter{Sources: s.Sources(), Own: own}, nil
}

// Derive gives the address of HWADDR="auto", the same after every boot as long
// as nobody else has it. note is what the administrator should know about it.
func (s *Bonds) Derive(ctx context.Context, b *plan.Bond) (addr net.HardwareAddr, note string, err error) {
	var members []string
	for _, m := range b.Members {
		members = append(members, m.Name)
	}
	v, err := s.vetter(b, members)
	if err != nil {
		return nil, "", err
	}
	var taken []string
	c := Candidates{Vetter: v, Taken: func(a hwaddr.Addr, why string) { taken = append(taken, fmt.Sprintf("%s (%s)", a, why)) }}
	store := derive.Store{Path: s.Secret, Traits: s.Traits()}
	list, err := store.Address(b.Name, derive.Prefix{}, 1, func(a hwaddr.Addr) bool { return c.Accept(ctx, a) })
	if err = errors.Join(err, c.Err); err != nil {
		return nil, "", err
	}
	if len(taken) > 0 && s.Changed != nil {
		s.Changed(b.Name, fmt.Sprintf("HWADDR[%d]=auto: from now on its address is %s, for others use %s",
			b.Index, list[0], strings.Join(taken, ", ")))
	}
	notes := store.Notes
	if c.Doubt != "" {
		notes = append(notes, "whether it is in use cannot be told: "+c.Doubt)
	}
	return slices.Clone(list[0][:]), strings.Join(notes, "; "), nil
}

// Check looks whether somebody else has an address. own are the interfaces that
// are the bond itself and its members. The lines say who has it, or why that
// cannot be told; log is for the log alone.
func (s *Bonds) Check(ctx context.Context, b *plan.Bond, addr net.HardwareAddr, own []string) (inUse bool, lines, log []string) {
	doubt := func(err any) (bool, []string, []string) {
		return false, nil, []string{fmt.Sprintf("HWADDR[%d]: cannot tell whether %s is in use: %v", b.Index, addr, err)}
	}
	v, err := s.vetter(b, own)
	if err != nil {
		return doubt(err)
	}
	if len(addr) != len(hwaddr.Addr{}) {
		return doubt("it does not have six octets")
	}
	report, err := v.Check(ctx, hwaddr.Addr(addr))
	if err != nil {
		return doubt(err)
	}
	answer := report.Answers[0]
	switch answer.Verdict {
	case vet.InUse:
		for _, c := range answer.Claims {
			if vet.Counts(c) {
				lines = append(lines, fmt.Sprintf("%s is %s: %s", addr, c.Class, vet.Where(c)))
			}
		}
		return true, lines, nil
	case vet.CannotTell:
		return doubt(answer.Why)
	}
	return false, nil, []string{fmt.Sprintf("HWADDR[%d]: %s is not seen %s", b.Index, addr, answer.Why)}
}
