// SPDX-License-Identifier: MIT

package rcbond

import (
	"context"
	"slices"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/kernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// Differences tells in what a bond of this machine is not as it is wanted.
func Differences(ctx context.Context, want *plan.Bond) ([]plan.Difference, error) {
	k, err := kernel.Open()
	if err != nil {
		return nil, err
	}
	defer k.Close()
	boot, _ := journal.BootID() // without it the last start is not known
	e := &engine.Engine{Kernel: k, Plan: &plan.Plan{}, Journals: journal.View(journal.Folder(), boot)}
	return e.Differences(ctx, want)
}

// Compare is Differences for a machine of which no more is known than what the
// bonding driver reports: options and addresses are left out.
func Compare(want *plan.Bond, s *bond.Status) []plan.Difference {
	have := &plan.Running{Name: s.Name, Up: s.Up, Carrier: s.Carrier, MTU: s.MTU, MAC: s.MAC, Mode: s.Mode, Options: map[string]string{}}
	for _, m := range s.Members {
		member := plan.RunningMember{
			Name: m.Name, Up: m.Up, Carrier: m.Carrier, MTU: m.MTU, MAC: m.MAC, Permanent: m.Permanent, Options: map[string]string{},
		}
		if m.Permanent != "" {
			member.Words = append(member.Words, plan.Member{MAC: m.Permanent}.String())
		}
		have.Members = append(have.Members, member)
	}
	known := []plan.Kind{plan.KindMode, plan.KindMTU, plan.KindMAC, plan.KindMemberMissing, plan.KindMemberExtra}
	return slices.DeleteFunc(plan.Diff(want, nil, have), func(d plan.Difference) bool { return !slices.Contains(known, d.Kind) })
}
