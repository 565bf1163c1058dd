// SPDX-License-Identifier: MIT

package engine

import (
	"context"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
)

// Differences tells in what a running bond is not as the plan wants it, for
// those who only look: it takes [journal.View], and changes nothing. Where the
// journal may not be read, it is not known what the last start wanted.
func (e *Engine) Differences(ctx context.Context, b *plan.Bond) ([]plan.Difference, error) {
	r := e.begin(ctx)
	if err := r.look(); err != nil {
		return nil, err
	}
	w := &work{want: b, names: map[string]string{}}
	if j, err := e.Journals.Bond(b.Name); err == nil {
		if last := j.Last(journal.Wanted); last != nil {
			w.last = last.Bond
		}
	}
	there := map[string]bool{}
	for _, m := range b.Members {
		// A word that means several NICs is told by a start.
		if nic, _, err := r.resolve(m); err == nil && nic != nil {
			w.names[m.String()], there[m.String()] = nic.Name, true
		}
	}
	if link := r.links[b.Name]; link != nil && link.Kind != "bond" {
		return nil, errNotBond
	}
	running, err := r.running(w)
	if err != nil {
		return nil, err
	}
	list := plan.Diff(b, w.last, running)
	for i := range list {
		if d := &list[i]; d.Kind == plan.KindMemberMissing && !there[d.Subject] {
			d.Needs = plan.Nothing
		}
	}
	return list, nil
}
