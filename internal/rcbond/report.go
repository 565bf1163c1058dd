// SPDX-License-Identifier: MIT

package rcbond

import (
	"fmt"
	"io"
	"log/syslog"

	"github.com/slackbond/slackbond/pkgtools/finding"
)

// A Report says what happens, as Slackware's rc scripts do: a line for each bond
// on the console; details in syslog, and on the console where there is none;
// what is wrong on standard error and in syslog.
type Report struct {
	Stdout, Stderr io.Writer
	Program        string      // what lines outside syslog begin with
	Syslog         LineWriter  // nil: there is none
	Syslogs        []io.Closer // what Close closes
}

// A LineWriter takes a line of a log.
type LineWriter interface{ Notice(line string) error }

// OpenSyslog sends what is to be logged to syslogd, where one runs.
func (r *Report) OpenSyslog() {
	if w, err := syslog.New(syslog.LOG_NOTICE|syslog.LOG_USER, "rc.bond"); err == nil {
		r.Syslog, r.Syslogs = w, append(r.Syslogs, w)
	}
}

// Close closes the connection to syslogd.
func (r *Report) Close() {
	for _, c := range r.Syslogs {
		_ = c.Close() // nobody could be told
	}
}

// Console writes a line for the console.
func (r *Report) Console(line string) { fmt.Fprintln(r.Stdout, finding.Printable(line)) }

// Log writes a line to syslog, or to the console.
func (r *Report) Log(line string) {
	if r.Syslog != nil && r.Syslog.Notice(finding.Printable(line)) == nil {
		return
	}
	r.Console(r.Program + ": " + line)
}

// Complain writes a line to standard error, and to syslog.
func (r *Report) Complain(line string) {
	line = finding.Printable(line)
	fmt.Fprintf(r.Stderr, "%s: %s\n", r.Program, line)
	if r.Syslog != nil {
		_ = r.Syslog.Notice(line) // standard error has it
	}
}
