// SPDX-License-Identifier: MIT

package rcbond

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/plan"
)

// Changes are what start and restart would do. Their JSON is documented in
// bondctl(8).
type Changes struct {
	Bonds []Change `json:"bonds"`
	// Stopped are bonds that were started and are no longer asked for: a restart
	// of all stops them.
	Stopped []string `json:"stopped"`
	// Faults are what is wrong with the configuration.
	Faults []plan.Finding `json:"faults"`
}

// A Change is one bond.
type Change struct {
	Bond        string       `json:"bond"`
	Exists      bool         `json:"exists"`
	Ours        bool         `json:"ours"` // made by rc.bond, or taken over
	Refused     []string     `json:"refused"`
	Differences []Difference `json:"differences"`
}

// A Difference is one of a bond's, and what mends it.
type Difference struct {
	plan.Difference
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
}

// Nothing reports whether nothing is to be done.
func (c *Changes) Nothing() bool {
	return len(c.Stopped) == 0 && !slices.ContainsFunc(c.Bonds, func(b Change) bool { return len(b.Refused)+len(b.Differences) > 0 })
}

// Lines are the changes as text, one a line.
func (c *Changes) Lines() (lines []string) {
	for _, b := range c.Bonds {
		for _, why := range b.Refused {
			lines = append(lines, fmt.Sprintf("%s: would be refused: %s", b.Bond, why))
		}
		for _, d := range b.Differences {
			lines = append(lines, fmt.Sprintf("%s: %s (%s)", b.Bond, d.Text, d.Remedy))
		}
	}
	for _, name := range c.Stopped {
		lines = append(lines, name+": was started and is not asked for (a restart of all stops it)")
	}
	return lines
}

// changesOf compares the bonds that are named, all of the plan where none is,
// with what runs.
func changesOf(ctx context.Context, e *engine.Engine, p *plan.Plan, names ...string) (*Changes, error) {
	c := &Changes{Bonds: []Change{}, Stopped: []string{}, Faults: []plan.Finding{}}
	list, err := e.Compare(ctx, names...)
	if err != nil {
		return nil, err
	}
	for _, b := range list {
		change := Change{
			Bond: b.Bond, Exists: b.Running != nil, Ours: b.Ours,
			Refused: append([]string{}, b.Refused...), Differences: []Difference{},
		}
		for _, d := range b.Differences {
			change.Differences = append(change.Differences, Difference{d, d.String(), d.Remedy()})
		}
		c.Bonds = append(c.Bonds, change)
	}
	if len(names) > 0 {
		return c, nil
	}
	leftover, err := e.Leftover()
	if err != nil && !errors.Is(err, fs.ErrPermission) { // the journals are root's to read
		return nil, err
	}
	c.Stopped = append(c.Stopped, leftover...)
	return c, nil
}

// Plan tells what start and restart would do, and changes nothing. The error is
// of a configuration that cannot be read.
func (r *Run) Plan(ctx context.Context, names ...string) (*Changes, error) {
	conf, err := Read(r.Conf, r.Values)
	if err != nil {
		return nil, &ConfError{err}
	}
	p, findings := plan.Compile(conf)
	for _, name := range names {
		if p.Bond(name) == nil && !slices.Contains(p.Refused, name) {
			return nil, &ConfError{fmt.Errorf("%s is not in %s", name, r.Conf)}
		}
	}
	s, err := r.open(p)
	if err != nil {
		return nil, err
	}
	defer s.close()
	wanted := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(p.Refused, name) })
	c := &Changes{Bonds: []Change{}, Stopped: []string{}}
	if len(names) == 0 || len(wanted) > 0 {
		if c, err = changesOf(ctx, s.engine, p, wanted...); err != nil {
			return nil, err
		}
	}
	c.Faults = []plan.Finding{}
	for _, f := range findings {
		if f.Severity == plan.Error && (len(names) == 0 || f.Bond == "" || slices.Contains(names, f.Bond)) {
			c.Faults = append(c.Faults, f)
		}
	}
	return c, nil
}

// A ConfError is a configuration that cannot be read, or does not have what is
// asked for.
type ConfError struct{ Err error }

func (e *ConfError) Error() string { return e.Err.Error() }
func (e *ConfError) Unwrap() error { return e.Err }
