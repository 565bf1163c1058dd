// SPDX-License-Identifier: MIT

package engine

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
)

// A Comparison is one bond as it is wanted beside the one that runs.
type Comparison struct {
	Bond    string        `json:"bond"`
	Running *plan.Running `json:"-"` // nil: there is none
	// Ours is whether rc.bond made it, or took it over.
	Ours bool `json:"ours"`
	// Refused are the faults for which a start would refuse it.
	Refused     []string          `json:"refused,omitempty"`
	Differences []plan.Difference `json:"differences"`
}

// Compare says in what the bonds that are named, all of the plan where none is,
// differ from what runs. It changes nothing and takes no lock: the journals may
// be a [journal.View].
func (e *Engine) Compare(ctx context.Context, names ...string) ([]Comparison, error) {
	bonds, err := e.wanted(names)
	if err != nil {
		return nil, err
	}
	r := e.begin(ctx)
	if err := r.look(); err != nil {
		return nil, err
	}
	list := []Comparison{}
	for _, b := range bonds {
		c, err := r.compare(b)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// Differences is Compare for one bond.
func (e *Engine) Differences(ctx context.Context, b *plan.Bond) ([]plan.Difference, error) {
	r := e.begin(ctx)
	if err := r.look(); err != nil {
		return nil, err
	}
	c, err := r.compare(b)
	return c.Differences, err
}

// Leftover are bonds that were started and that the plan no longer has: a
// restart of all stops them.
func (e *Engine) Leftover() ([]string, error) {
	names, err := e.Journals.Names()
	return slices.DeleteFunc(names, func(name string) bool {
		return e.Plan.Bond(name) != nil || slices.Contains(e.Plan.Refused, name)
	}), err
}

func (r *run) compare(b *plan.Bond) (Comparison, error) {
	c := Comparison{Bond: b.Name, Differences: []plan.Difference{}}
	w := &work{want: b, names: map[string]string{}}
	j, err := r.Journals.Bond(b.Name)
	switch {
	case errors.Is(err, fs.ErrPermission): // what the last start wanted is root's to know
		j = &journal.Journal{}
	case err != nil:
		c.Refused = append(c.Refused, err.Error())
		j = &journal.Journal{}
	}
	if e := j.Last(journal.Wanted); e != nil {
		w.last = e.Bond
	}
	absent := map[string]bool{}
	for _, m := range b.Members {
		nic, _, err := r.resolve(m)
		switch {
		case err != nil:
			c.Refused = append(c.Refused, err.Error())
		case nic == nil:
			absent[m.String()] = true
		default:
			w.names[m.String()] = nic.Name
		}
	}
	link := r.links[b.Name]
	if link != nil && link.Kind != "bond" {
		c.Refused = append(c.Refused, errNotBond.Error())
		return c, nil
	}
	for _, e := range j.Entries {
		switch e.Verb {
		case journal.Made, journal.Taken, journal.Adopted:
			c.Ours = link != nil && e.Index == link.Index
			if c.Ours && e.Verb == journal.Adopted {
				w.want = given(b)
			}
		}
	}
	if c.Running, err = r.running(w); err != nil {
		return c, err
	}
	c.Differences = append(c.Differences, plan.Diff(w.want, w.last, c.Running)...)
	if c.Running == nil {
		for _, m := range b.Members {
			c.Differences = append(c.Differences, plan.Difference{Kind: plan.KindMemberMissing, Subject: m.String(), Needs: plan.Live})
		}
		c.Differences = slices.DeleteFunc(c.Differences, func(d plan.Difference) bool {
			return d.Kind == plan.KindMemberMissing && !absent[d.Subject] // it comes with the bond
		})
	}
	for i := range c.Differences {
		d := &c.Differences[i]
		if d.Kind == plan.KindMemberMissing && absent[d.Subject] {
			d.Needs = plan.Nothing
		}
	}
	return c, nil
}
