// SPDX-License-Identifier: MIT

// Package rcbond is what /etc/rc.d/rc.bond does on this machine: it reads the
// configuration, takes the lock, and has package engine start, stop or restart
// bonds. [Run.Do] does all of that.
package rcbond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/slackbond/slackbond/internal/bond"
	"github.com/slackbond/slackbond/internal/bondconf"
	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/hwaddr/assign"
	"github.com/slackbond/slackbond/internal/hwaddr/derive"
	"github.com/slackbond/slackbond/internal/hwaddr/source"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/kernel"
	"github.com/slackbond/slackbond/internal/plan"
)

// A Verb is what is done to bonds.
type Verb string

const (
	Start   Verb = "start"
	Stop    Verb = "stop"
	Restart Verb = "restart"
)

// DefaultScript is where rc.bond is installed.
const DefaultScript = "/etc/rc.d/rc.bond"

// lockWait is how long another run is waited for.
const lockWait = time.Minute

// A Run is one run of rc.bond.
type Run struct {
	Conf string // the path of rc.bond.conf
	// Values are those that bash had after it sourced Conf, see
	// [bondconf.FromBash]; nil: Conf is read without running it.
	Values io.Reader
	Script string // what messages call rc.bond
	Report *Report

	// What follows is this machine's, where it is nil or empty.

	Kernel engine.Kernel
	// RootNICs tells which NICs carry the root file system; nil, with a Kernel:
	// none is looked for.
	RootNICs func() (map[string]string, error)
	Folder   string // of the journals
	Boot     string // the kernel's name of this boot
	MACs     engine.MACs
	Links    func() ([]source.Link, error)
	IsRoot   func() bool
	Timeout  time.Duration // how long another run is waited for

	hooks string // the file whose functions are run; "" is Conf
}

// Do does it to the bonds that are named, to all where none is. A name can also
// be that of a NIC, for Start: then the bond that it belongs to is meant. It
// returns an exit status; all else is reported.
func (r *Run) Do(ctx context.Context, verb Verb, names ...string) int {
	if !r.root() {
		r.Report.Complain(fmt.Sprintf("only root can %s bonds", verb))
		return exit.Failed
	}
	p, status := r.configuration(verb, names)
	if p == nil {
		return status
	}
	return max(status, r.operate(ctx, verb, p, names))
}

func (r *Run) root() bool {
	if r.IsRoot != nil {
		return r.IsRoot()
	}
	return os.Geteuid() == 0
}

// configuration reads what is wanted, and says what is wrong with it. There is
// no plan where nothing can be done.
func (r *Run) configuration(verb Verb, names []string) (*plan.Plan, int) {
	conf, err := Read(r.Conf, r.Values)
	if err != nil && verb == Stop {
		return &plan.Plan{}, exit.OK // the journals say what to undo
	}
	if err != nil {
		r.Report.Complain(err.Error())
		return nil, exit.Usage
	}
	for _, line := range conf.Printed {
		r.Report.Log("rc.bond.conf says: " + line)
	}
	conf.TxQueues = bond.TxQueues("/")
	p, findings := plan.Compile(conf)
	if verb == Stop {
		return p, exit.OK
	}
	status := exit.OK
	for _, f := range findings {
		if len(names) > 0 && f.Bond != "" && !slices.Contains(names, f.Bond) {
			continue
		}
		if f.Severity == plan.Error {
			r.Report.Complain(describe(f))
			status = exit.Failed
		} else {
			r.Report.Log(describe(f))
		}
	}
	if len(conf.Faults) > 0 || conf.DOS {
		r.Report.Complain("nothing is done until " + r.Conf + " is right")
		return nil, exit.Usage
	}
	for _, name := range p.Refused {
		if len(names) == 0 || slices.Contains(names, name) {
			r.Report.Complain(name + ": not started, nothing touched")
			status = exit.Failed
		}
	}
	return p, status
}

// Read reads the configuration at path: the values that bash had after it
// sourced the file, or (nil) the file itself, without running it.
func Read(path string, values io.Reader) (*bondconf.Config, error) {
	f, err := os.Open(path)
	if err != nil {
		var at *os.PathError
		if errors.As(err, &at) {
			err = at.Err
		}
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	f.Close()
	if values != nil {
		return bondconf.FromBash(values, path)
	}
	return bondconf.Read(path)
}

// describe is a finding in a line, as rc.bond says it.
func describe(f plan.Finding) string {
	who := cmp.Or(f.Bond, filepath.Base(f.File))
	if f.Line > 0 {
		who = f.Pos.String()
		if f.Bond != "" {
			who += ": " + f.Bond
		}
	}
	text := fmt.Sprintf("%s: %s: %s", who, f.What, f.Why)
	if f.Severity == plan.Warning {
		text = fmt.Sprintf("%s: warning: %s: %s", who, f.What, f.Why)
	}
	if f.Do != "" {
		text += "; " + f.Do
	}
	return text
}

// session is a run with the machine open.
type session struct {
	engine  *engine.Engine
	history assign.History
	folder  string
	boot    string
	close   func()
}

// open gets ready for work on this machine; nothing is locked yet.
func (r *Run) open(p *plan.Plan) (*session, error) {
	s := &session{folder: cmp.Or(r.Folder, journal.Folder()), boot: r.Boot, close: func() {}}
	if s.boot == "" {
		var err error
		if s.boot, err = journal.BootID(); err != nil {
			return nil, fmt.Errorf("reading which boot this is: %w", err)
		}
	}
	s.history = assign.History{Path: filepath.Join(s.folder, "addresses"), Boot: s.boot}
	k, rootNICs := r.Kernel, r.RootNICs
	if k == nil {
		machine, err := kernel.Open()
		if err != nil {
			return nil, err
		}
		s.close = func() { machine.Close() }
		k, rootNICs = machine, machine.RootNICs
	}
	if p.Debug {
		k = engine.Traced(k, r.Report.Log)
	}
	s.engine = &engine.Engine{
		Kernel: k, Plan: p, Report: r.Report, MACs: r.macs(s.history), Script: cmp.Or(r.Script, DefaultScript),
		Journals: journal.View(s.folder, s.boot), RootNICs: rootNICs,
		Hook: func(ctx context.Context, function, bond string) error {
			return runHook(ctx, cmp.Or(r.hooks, r.Conf), function, bond, r.Report.Stdout, r.Report.Stderr)
		},
	}
	return s, nil
}

// operate takes the lock and lets the engine work.
func (r *Run) operate(ctx context.Context, verb Verb, p *plan.Plan, names []string) int {
	s, err := r.open(p)
	if err != nil {
		return r.failed(err)
	}
	defer s.close()
	e, history := s.engine, s.history
	if verb == Start {
		bonds, idle, err := ofNIC(ctx, e, names, history)
		if err != nil {
			return r.failed(err)
		}
		if idle {
			return exit.OK
		}
		names = bonds
	}
	if verb != Stop {
		wanted := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(p.Refused, name) })
		for _, name := range wanted {
			if p.Bond(name) == nil {
				return r.unknown(name)
			}
		}
		if len(names) > 0 && len(wanted) == 0 {
			return exit.Failed // those that are named were refused
		}
		names = wanted
		if len(p.Bonds)+len(p.Refused) == 0 && verb == Start {
			r.Report.Console("rc.bond: no bond is configured in " + r.Conf)
		}
	}
	journals, err := r.lock(ctx, s.folder, s.boot, strings.Join(append([]string{string(verb)}, names...), " "))
	if err != nil {
		return r.failed(err)
	}
	defer journals.Close()
	if verb == Stop {
		for _, name := range names {
			if j, err := journals.Bond(name); p.Bond(name) == nil && err == nil && len(j.Entries) == 0 {
				return r.unknown(name)
			}
		}
	}
	e.Journals = journals
	if err := r.endTrial(ctx, e, verb, names); err != nil {
		return r.failed(err)
	}
	r.remember(history)
	defer r.remember(history)
	do := map[Verb]func(context.Context, ...string) (engine.Outcome, error){Start: e.Start, Stop: e.Stop, Restart: e.Restart}[verb]
	outcome, err := do(ctx, names...)
	if err != nil {
		return r.failed(err)
	}
	if outcome != engine.Done {
		return exit.Failed
	}
	return exit.OK
}

func (r *Run) unknown(name string) int {
	r.Report.Complain(fmt.Sprintf("%s is not in %s", name, r.Conf))
	return exit.Usage
}

// ofNIC replaces the name of a NIC by those of the bonds that it is meant for.
// That is for NICs that are plugged in. Nothing is to be done, idle, where it is
// no member of ours, or where nothing was started in this boot: then a start of
// all is still to come.
func ofNIC(ctx context.Context, e *engine.Engine, names []string, history assign.History) (bonds []string, idle bool, err error) {
	if len(names) != 1 || e.Plan.Bond(names[0]) != nil || slices.Contains(e.Plan.Refused, names[0]) {
		return names, false, nil
	}
	bonds, exists, err := e.BondsOf(ctx, names[0])
	switch {
	case err != nil:
		return nil, false, err
	case len(bonds) > 0:
		return bonds, !history.Begun(), nil
	}
	return names, exists, nil
}

// lock waits for another run, and says so.
func (r *Run) lock(ctx context.Context, folder, boot, who string) (*journal.Dir, error) {
	timeout := cmp.Or(r.Timeout, lockWait)
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	journals, err := journal.Open(waiting, folder, boot, who, func(b *journal.Busy) {
		r.Report.Complain("waiting for another run of rc.bond: " + b.Holder)
	})
	var busy *journal.Busy
	if errors.As(err, &busy) {
		return nil, fmt.Errorf("giving up after %s: %w", timeout, err)
	}
	return journals, err
}

func (r *Run) macs(history assign.History) engine.MACs {
	if r.MACs != nil {
		return r.MACs
	}
	return &assign.Bonds{
		Sources: source.Host, Secret: derive.DefaultPath, Traits: derive.Machine, History: history,
		Changed: func(bond, text string) { r.Report.Complain(bond + ": " + text) },
	}
}

// remember notes the addresses of the bonds there are.
func (r *Run) remember(history assign.History) {
	find := r.Links
	if find == nil {
		find = source.Links
	}
	links, err := find()
	if err == nil {
		err = history.Remember(links)
	}
	if err != nil {
		r.Report.Log("noting the addresses of bonds: " + err.Error())
	}
}
