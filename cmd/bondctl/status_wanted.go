// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rcbond"
)

// wanted is what rc.bond.conf asks for, and what is wrong with it.
type wanted struct {
	conf     *bondconf.Config
	plan     *plan.Plan
	findings []plan.Finding
}

// wanted reads the configuration; nil where there is none, or where it may not
// be read: it is root's own, and status works for anybody.
func (v *viewer) wanted() *wanted {
	if v.bash != nil {
		return v.bash
	}
	conf, err := rcbond.Read(v.conf, v.values)
	if err != nil {
		if !v.warned && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) {
			v.warned = true
			fmt.Fprintf(v.stderr, "bondctl: not compared with the configuration: %v\n", err)
		}
		return nil
	}
	w := &wanted{conf: conf}
	w.plan, w.findings = plan.Compile(conf)
	if v.values != nil {
		v.bash = w // standard input comes once
	}
	return w
}

// differences are those between a bond and what is wanted of it.
func (v *viewer) differences(w *wanted, s *bond.Status) []bond.Problem {
	if w == nil {
		return nil
	}
	var list []bond.Problem
	want := w.plan.Bond(s.Name)
	if want == nil {
		for _, f := range w.findings {
			if f.Bond == s.Name && f.Severity == plan.Error {
				list = append(list, bond.Problem{Bond: s.Name, Text: "rc.bond.conf is wrong about it: " + f.What})
			}
		}
		return list
	}
	find := rcbond.Differences
	if !v.live {
		find = func(_ context.Context, want *plan.Bond) ([]plan.Difference, error) {
			return rcbond.Compare(want, s), nil
		}
	}
	differences, err := find(context.Background(), want)
	if err != nil {
		return []bond.Problem{{Bond: s.Name, Text: "cannot be compared with rc.bond.conf: " + err.Error()}}
	}
	for _, d := range differences {
		member, text := d.Words()
		list = append(list, bond.Problem{Bond: s.Name, Member: member, Text: text})
	}
	return list
}

// missing lists the bonds that are configured or were asked for, and do not exist.
func (v *viewer) missing(w *wanted, all []bond.Status) []bond.Problem {
	exists := func(name string) bool {
		return slices.ContainsFunc(all, func(s bond.Status) bool { return s.Name == name })
	}
	var list []bond.Problem
	if w != nil {
		for _, b := range w.conf.Bonds() {
			if name := b.Name.Value; name != "" && v.asked(name) && !exists(name) {
				list = append(list, bond.Problem{Bond: name, Text: "does not exist, but should by " + b.NICs.String()})
			}
		}
	}
	for _, name := range v.only {
		if !exists(name) && !slices.ContainsFunc(list, func(p bond.Problem) bool { return p.Bond == name }) {
			list = append(list, bond.Problem{Bond: name, Text: "there is no such bond"})
		}
	}
	return list
}
