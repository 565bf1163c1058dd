// SPDX-License-Identifier: MIT

// Package check finds what will go wrong when rc.bond.conf and rc.inet1.conf
// are used: see [Run]. Neither file is run.
//
// What a configuration may be is judged by package plan alone, whose findings
// come first here. This package adds advice about the machine (is this NIC
// there, has this kernel the option, is the module installed), about
// rc.inet1.conf, and about what runs rc.bond at boot. If the machine does not
// report something, nothing is reported about it.
package check

import (
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/inet1"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/shconf"
)

// Input is what Run looks at. Either configuration may be nil.
type Input struct {
	Bond  *bondconf.Config // rc.bond.conf
	Inet1 *bondconf.Config // rc.inet1.conf
	// Host is the machine that the configuration is for.
	Host Host
	// Guard is how the guard stands in rc.inet1.conf; the zero Status where
	// that is not known.
	Guard inet1.Status
	// RCDir is the folder of rc.bond, rc.inet1 and rc.local, "" where they are
	// not to be looked at.
	RCDir string
	// Kernel is the release that is asked about; "": those that run or are
	// installed.
	Kernel string
}

// checker collects findings.
type checker struct {
	Input
	plan *plan.Plan
	list []plan.Finding
}

// Run applies every rule and returns the findings in the order of files and
// lines.
func Run(in Input) []plan.Finding {
	c := newChecker(in)
	if in.Bond != nil && len(in.Bond.Bonds()) > 0 {
		for _, b := range in.Bond.Bonds() {
			c.machine(b)
		}
		c.kernels()
		c.boot()
	}
	if in.Inet1 != nil {
		c.list = append(c.list, plan.FileFindings(in.Inet1, in.Guard.Line, in.Guard.End)...)
		c.inet1()
		c.sharedWithInet1()
	}
	plan.Sort(c.list)
	return c.list
}

func newChecker(in Input) *checker {
	c := &checker{Input: in, plan: &plan.Plan{}}
	if in.Bond != nil {
		c.plan, c.list = plan.Compile(in.Bond)
	}
	return c
}

// Exasock finds what keeps the exasock driver from managing the bonds that
// have EXASOCK[i]="yes", or from working well.
func Exasock(in Input) []plan.Finding {
	c := newChecker(in)
	ours := map[string]bool{}
	for _, b := range in.Bond.Bonds() {
		ours[b.Name.Value] = b.Exasock.Yes()
	}
	var list []plan.Finding
	for _, f := range c.list {
		if f.Bond != "" && ours[f.Bond] {
			list = append(list, f)
		}
	}
	c.list = list
	for _, b := range in.Bond.Bonds() {
		if b.Exasock.Yes() {
			c.smartNICs(b)
		}
	}
	plan.Sort(c.list)
	return c.list
}

func (c *checker) fault(at shconf.Pos, f plan.Finding) {
	f.Pos, f.Severity = at, plan.Error
	c.list = append(c.list, f)
}

func (c *checker) warn(at shconf.Pos, f plan.Finding) {
	f.Pos, f.Severity = at, plan.Warning
	c.list = append(c.list, f)
}
