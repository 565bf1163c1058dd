// SPDX-License-Identifier: MIT

package rcbond

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2"

	"github.com/slackbond/slackbond/internal/engine"
	"github.com/slackbond/slackbond/internal/exit"
	"github.com/slackbond/slackbond/internal/journal"
	"github.com/slackbond/slackbond/internal/plan"
	"github.com/slackbond/slackbond/internal/rcfile"
)

// trial is a change that is tried, as it is kept beside the journals.
type trial struct {
	ID     string         `json:"id"`
	State  trialState     `json:"state"`
	Before *engine.Before `json:"before"`
	Conf   string         `json:"conf"` // the file that is replaced when it is kept
	File   string         `json:"file"` // the file that is tried
	Text   []byte         `json:"text"` // what it said
	PID    int            `json:"pid"`
	// Began is when the process that tries it began, in clock ticks after the
	// boot (field 22 of /proc/PID/stat): its number may be another's by now.
	Began string        `json:"began"`
	Until time.Duration `json:"until"` // CLOCK_BOOTTIME
}

// A trialState is how far a trial came.
type trialState string

const (
	running trialState = "running"
	kept    trialState = "kept"
	gone    trialState = "gone back"
)

// logFile is where a trial that runs writes what it has to say.
const logFile = "trial.log"

// Times of a trial.
const (
	// applying is how long a change may take to be applied before the next run of
	// rc.bond takes its process for dead.
	applying = 5 * time.Minute
	// glance is how often a trial looks whether it was ended.
	glance = 100 * time.Millisecond
)

// Trial are the flags of a trial.
type Trial struct {
	File string        // that is tried; "" or Run.Conf: as it was edited in place
	For  time.Duration // how long it runs until it is kept
	// Command starts the process that tries, with its output in a file; nil: this
	// program, with the arguments after its name.
	Command func(output *os.File) (wait func() error, err error)
	Args    []string
}

func (r *Run) tried(t Trial) string {
	if t.File == "" {
		return r.Conf
	}
	return t.File
}

// Try shows what a file would change, and starts a process of its own session
// that applies it and goes back to what ran before unless [Run.Keep] comes in
// time. It follows that process to its end; should it end before (a terminal
// that is lost), the other one goes on.
func (r *Run) Try(ctx context.Context, t Trial) int {
	p, _, status := r.trialPlan(t)
	if p == nil {
		return status
	}
	s, err := r.open(p)
	if err != nil {
		return r.failed(err)
	}
	defer s.close()
	if other, err := loadTrial(s.engine.Journals); err != nil || other != nil && other.State == running && other.alive() {
		if err == nil {
			err = other.busy()
		}
		return r.failed(err)
	}
	changes, err := changesOf(ctx, s.engine, p)
	if err != nil {
		return r.failed(err)
	}
	if changes.Nothing() {
		r.Report.Console("Nothing to try: what runs is what " + r.tried(t) + " asks for.")
		return exit.OK
	}
	for _, line := range changes.Lines() {
		r.Report.Console(line)
	}
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return r.failed(err)
	}
	output, err := os.OpenFile(filepath.Join(s.folder, logFile), os.O_RDWR|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return r.failed(err)
	}
	defer output.Close()
	command := t.Command
	if command == nil {
		command = func(output *os.File) (func() error, error) { return startSession(t.Args, output) }
	}
	wait, err := command(output)
	if err != nil {
		return r.failed(fmt.Errorf("starting the process that tries it: %w", err))
	}
	return r.follow(ctx, output.Name(), wait)
}

// startSession runs this program in a session of its own, which no terminal and
// no connection that is lost can end.
func startSession(args []string, output *os.File) (func() error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, args...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return cmd.Wait, nil
}

// follow prints what the process that tries says, until it ends.
func (r *Run) follow(ctx context.Context, log string, wait func() error) int {
	in, err := os.Open(log)
	if err != nil {
		return r.failed(err)
	}
	defer in.Close()
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	for {
		select {
		case err := <-ended:
			_, _ = io.Copy(r.Report.Stdout, in)
			var status *exec.ExitError
			switch {
			case errors.As(err, &status) && status.ExitCode() >= 0:
				return status.ExitCode()
			case err != nil:
				r.Report.Complain("the process that tried it ended: " + err.Error() + "; \"bondctl revert\" goes back")
				return exit.Failed
			}
			return exit.OK
		case <-ctx.Done():
			_, _ = io.Copy(r.Report.Stdout, in)
			r.Report.Console("It goes on in the background: \"bondctl keep\" keeps it, \"bondctl revert\" goes back at once.")
			return exit.Failed
		case <-time.After(glance):
			_, _ = io.Copy(r.Report.Stdout, in)
		}
	}
}

// trialPlan reads what is tried. There is no plan where it cannot be relied on.
func (r *Run) trialPlan(t Trial) (*plan.Plan, []byte, int) {
	if !r.root() {
		r.Report.Complain("only root can try a change")
		return nil, nil, exit.Failed
	}
	file := r.tried(t)
	text, err := os.ReadFile(file)
	if err != nil {
		r.Report.Complain("cannot read what is to be tried: " + err.Error())
		return nil, nil, exit.Usage
	}
	conf, err := Read(file, nil)
	if err != nil {
		r.Report.Complain(err.Error())
		return nil, nil, exit.Usage
	}
	for _, a := range conf.Unread {
		r.Report.Complain(fmt.Sprintf("%s: %s cannot be read without running the file (%s), so it cannot be tried: write the value itself", a.Pos, a.Name, a.Why))
	}
	p, findings := plan.Compile(conf)
	bad := len(conf.Unread) > 0
	for _, f := range findings {
		if f.Severity == plan.Error {
			bad = true
			r.Report.Complain(describe(f))
		}
	}
	if bad {
		r.Report.Complain("nothing is tried until " + file + " is right")
		return nil, nil, exit.Usage
	}
	return p, text, exit.OK
}

// RunTrial is the process that tries: it applies the change, waits for it to be
// kept, and goes back where it is not.
func (r *Run) RunTrial(ctx context.Context, t Trial) int {
	p, text, status := r.trialPlan(t)
	if p == nil {
		return status
	}
	r.hooks = r.tried(t)
	s, err := r.open(p)
	if err != nil {
		return r.failed(err)
	}
	defer s.close()
	record := &trial{
		ID: rand.Text(), State: running, Conf: r.Conf, File: r.tried(t), Text: text,
		PID: os.Getpid(), Began: began(os.Getpid()), Until: s.engine.Kernel.Uptime() + applying,
	}
	if err := r.apply(ctx, s, record, t.For); err != nil {
		return r.failed(err)
	}
	return r.await(ctx, s, record)
}

// apply makes the change, under the lock.
func (r *Run) apply(ctx context.Context, s *session, record *trial, d time.Duration) error {
	journals, err := r.lock(ctx, s.folder, s.boot, "try "+record.File)
	if err != nil {
		return err
	}
	defer journals.Close()
	e := *s.engine
	e.Journals = journals
	if err := r.endTrial(ctx, &e, Start, nil); err != nil {
		return err
	}
	if record.Before, err = e.Remember(ctx); err != nil {
		return err
	}
	if err := journals.SaveTrial(record); err != nil {
		return err
	}
	if _, err := e.Restart(ctx); err != nil {
		return err
	}
	record.Until = e.Kernel.Uptime() + d
	if err := journals.SaveTrial(record); err != nil {
		r.Report.Complain(err.Error())
	}
	r.Report.Console(fmt.Sprintf("It runs. \"bondctl keep\" keeps it; else, in %s, what ran before runs again (\"bondctl revert\": at once).", d))
	return nil
}

// await waits until the trial is ended, by somebody or by its time.
func (r *Run) await(ctx context.Context, s *session, record *trial) int {
	for {
		now, err := loadTrial(journal.View(s.folder, s.boot))
		switch {
		case err != nil:
			r.Report.Complain(err.Error())
		case now == nil || now.ID != record.ID || now.State == gone:
			r.Report.Console("What ran before runs again.")
			return exit.Failed
		case now.State == kept:
			r.Report.Console("Kept.")
			return exit.OK
		}
		if s.engine.Kernel.Uptime() >= record.Until || ctx.Err() != nil {
			break
		}
		s.engine.Kernel.Wait(ctx, glance)
	}
	return r.end(context.WithoutCancel(ctx), s, record.ID, "The time is over.")
}

// Revert goes back from the change that is tried to what ran before.
func (r *Run) Revert(ctx context.Context) int {
	s, status := r.openForTrial("go back")
	if s == nil {
		return status
	}
	defer s.close()
	return r.end(ctx, s, "", "As asked.")
}

// end goes back, where the trial of that number ("": any) still runs.
func (r *Run) end(ctx context.Context, s *session, id, why string) int {
	journals, err := r.lock(ctx, s.folder, s.boot, "going back")
	if err != nil {
		return r.failed(err)
	}
	defer journals.Close()
	record, err := loadTrial(journals)
	switch {
	case err != nil:
		return r.failed(err)
	case record != nil && id == record.ID && record.State == kept:
		r.Report.Console("Kept.")
		return exit.OK
	case record == nil || record.State != running || id != "" && id != record.ID:
		r.Report.Complain("no change is being tried")
		return exit.Failed
	}
	e := *s.engine
	e.Journals = journals
	if err := r.goBack(ctx, &e, record); err != nil {
		return r.failed(err)
	}
	r.Report.Console(why + " What ran before runs again.")
	if id == "" {
		return exit.OK
	}
	return exit.Failed
}

func (r *Run) goBack(ctx context.Context, e *engine.Engine, record *trial) error {
	outcome, err := e.GoBack(ctx, record.Before)
	if err != nil {
		return err
	}
	record.State, record.Text, record.Before = gone, nil, nil
	if err := e.Journals.SaveTrial(record); err != nil {
		return err
	}
	if outcome != engine.Done {
		return errors.New("not everything is as it was before the change; what differs was said")
	}
	return nil
}

// Keep ends the trial: its file takes the place of rc.bond.conf, and the old one
// is kept beside it as .bak.
func (r *Run) Keep(ctx context.Context) int {
	s, status := r.openForTrial("keep a change")
	if s == nil {
		return status
	}
	defer s.close()
	journals, err := r.lock(ctx, s.folder, s.boot, "keeping a change")
	if err != nil {
		return r.failed(err)
	}
	defer journals.Close()
	record, err := loadTrial(journals)
	if err == nil && (record == nil || record.State != running) {
		err = errors.New("no change is being tried: it was kept, or its time was over and what ran before runs again")
	}
	if err == nil && filepath.Clean(record.File) != filepath.Clean(record.Conf) {
		err = install(record.Conf, record.Text)
	}
	if err != nil {
		return r.failed(err)
	}
	conf, file := record.Conf, record.File
	record.State, record.Text, record.Before = kept, nil, nil
	if err := journals.SaveTrial(record); err != nil {
		return r.failed(err)
	}
	if file == conf {
		r.Report.Console("Kept: " + conf + " is what runs.")
	} else {
		r.Report.Console(fmt.Sprintf("Kept: %s is now what %s says; the old one is %s.bak.", conf, file, conf))
	}
	return exit.OK
}

// install gives rc.bond.conf another text, and keeps the old one.
func install(conf string, text []byte) error {
	old, err := rcfile.Read(conf)
	if errors.Is(err, fs.ErrNotExist) {
		return renameio.WriteFile(conf, text, 0o600)
	}
	if err != nil {
		return err
	}
	if err := old.Write(old.Real+".bak", old.Text); err != nil {
		return fmt.Errorf("keeping the old %s: %w", conf, err)
	}
	return old.Replace(text)
}

// endTrial has a run of rc.bond meet a trial: one whose process died goes back
// first; one that runs is left alone, but for a stop of everything, which ends
// it.
func (r *Run) endTrial(ctx context.Context, e *engine.Engine, verb Verb, names []string) error {
	record, err := loadTrial(e.Journals)
	if err != nil || record == nil || record.State != running {
		return err
	}
	switch {
	case verb == Stop && len(names) == 0:
		record.State = gone
		return e.Journals.SaveTrial(record)
	case record.alive():
		return record.busy()
	}
	r.Report.Complain("the process that tried " + record.File + " died: what ran before it runs again first")
	return r.goBack(ctx, e, record)
}

// alive reports whether the process that tries is still there.
func (t *trial) alive() bool { return t.Began != "" && began(t.PID) == t.Began }

func (t *trial) busy() error {
	return fmt.Errorf("%s is being tried: \"bondctl keep\" or \"bondctl revert\" first", t.File)
}

func loadTrial(d *journal.Dir) (*trial, error) {
	var t trial
	there, err := d.LoadTrial(&t)
	if err != nil || !there {
		return nil, err
	}
	return &t, nil
}

// began is when a process began, "" where there is none.
func began(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The name, in parentheses, may have anything in it.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 || slices.Contains([]string{"Z", "X"}, fields[0]) {
		return ""
	}
	return fields[19]
}

func (r *Run) openForTrial(what string) (*session, int) {
	if !r.root() {
		r.Report.Complain("only root can " + what)
		return nil, exit.Failed
	}
	s, err := r.open(&plan.Plan{})
	if err != nil {
		return nil, r.failed(err)
	}
	return s, exit.OK
}

func (r *Run) failed(err error) int {
	r.Report.Complain(err.Error())
	return exit.Failed
}
