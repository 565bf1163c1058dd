// SPDX-License-Identifier: MIT

package exasock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/slackbond/slackbond/internal/bond"
)

// A Refusal is a request that was turned down before the driver was asked.
type Refusal struct{ Problems []Problem }

// Error has one line for each problem.
func (r *Refusal) Error() string {
	lines := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Manage puts a bond under the driver's management. What the driver would
// refuse is refused here, as a *Refusal with the reasons; what it would take
// and should not be used so comes back as warnings. Already is true where the
// bond was managed before, which is no error.
func (h Host) Manage(name string) (already bool, warnings []Problem, err error) {
	if err := bond.CheckName(name); err != nil {
		return false, nil, err
	}
	if err := h.Available(); err != nil {
		return false, nil, fmt.Errorf("%s: %w", name, err)
	}
	problems, err := h.Check(name)
	if err != nil {
		return false, nil, err
	}
	var reasons []Problem
	for _, p := range problems {
		if p.Refuse {
			reasons = append(reasons, p)
		} else {
			warnings = append(warnings, p)
		}
	}
	if len(reasons) > 0 {
		return false, nil, &Refusal{reasons}
	}
	managed, err := h.isManaged(name)
	if err != nil || managed {
		return managed, warnings, err
	}
	if err := h.command("+", name); err != nil {
		return false, warnings, err
	}
	if managed, err = h.isManaged(name); err != nil {
		return false, warnings, err
	} else if !managed {
		return false, warnings, fmt.Errorf("%s: the driver reported success, but does not list the bond in exabond_masters", name)
	}
	if !await(func() bool { _, err := os.Stat(h.device(name)); return err == nil }) {
		return false, warnings, fmt.Errorf("%s: it is managed now, but %s did not appear, which programs read: is devtmpfs mounted on /dev, or udev running?", name, h.device(name))
	}
	return false, warnings, nil
}

// Release ends the driver's management of a bond; members stay in. Already is
// true where the bond was not managed, which is no error. While a process holds
// the bond's page, release is refused, as a *Refusal that names it, unless
// forced: that process would read "no active member" for ever after, even from
// the bond managed anew.
func (h Host) Release(name string, force bool) (already bool, held []Holder, err error) {
	if err := bond.CheckName(name); err != nil {
		return false, nil, err
	}
	managed, err := h.isManaged(name)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return false, nil, err
	}
	if !managed {
		_, err := h.bond(name) // a mistyped name is one
		return err == nil, nil, err
	}
	if held, err = h.Holders(name); err != nil {
		return false, nil, err
	}
	held = slices.DeleteFunc(held, func(h Holder) bool { return h.Watches })
	if len(held) > 0 && !force {
		refusal := &Refusal{}
		for _, holder := range held {
			refusal.Problems = append(refusal.Problems, Problem{name, holder.String() + " uses " + h.device(name), "end it first, or use --force: it would see no active member from then on", true})
		}
		return false, held, refusal
	}
	if err := h.command("-", name); err != nil {
		return false, held, err
	}
	if managed, err := h.isManaged(name); err != nil {
		return false, held, err
	} else if managed {
		return false, held, fmt.Errorf("%s: the driver reported success, but still lists the bond in exabond_masters", name)
	}
	return false, held, nil
}

// command writes one command to the driver, "+" or "-" and the bond's name:
// without a newline, since the driver takes 16 bytes in all.
func (h Host) command(sign, name string) error {
	log, _ := openKernelLog(h.path("dev/kmsg"))
	defer log.close()
	write := h.write
	if write == nil {
		write = writeCommand
	}
	err := write(filepath.Join(h.sysNet(), "exabond_masters"), sign+name)
	if err == nil {
		return nil
	}
	what := "cannot be put under exasock's management"
	if sign == "-" {
		what = "cannot be released from exasock's management"
	}
	return &driverError{name + " " + what, err, log.said()}
}

func writeCommand(path, command string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(command)
	return errors.Join(err, f.Close())
}

// driverError is an error number of the driver, in words.
type driverError struct {
	what string
	err  error
	log  []string // what the driver wrote into the kernel's log
}

func (e *driverError) Unwrap() error { return e.err }

func (e *driverError) Error() string {
	s := e.what + ": " + Explain(e.err)
	if len(e.log) > 0 {
		s += "; the kernel's log says: " + strings.Join(e.log, "; ")
	}
	return s
}

// enotsupp is the kernel's own ENOTSUPP, which C libraries have no name for:
// "Unknown error 524".
const enotsupp = unix.Errno(524)

// Explain puts an error number into words as the exasock driver means it, in
// answer to a write to exabond_masters or to bonding/slaves or bonding/mode of
// a managed bond.
func Explain(err error) string {
	switch {
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return "only root may do this"
	case errors.Is(err, unix.ENOENT):
		return "the driver found no bond of that name in the first network namespace, or its mode is not active-backup, or a member is no SmartNIC (ENOENT)"
	case errors.Is(err, unix.ENODEV):
		return "the driver found no such NIC, or it is no SmartNIC (ENODEV)"
	case errors.Is(err, unix.EINVAL):
		return "a bond cannot be a member of a managed bond (EINVAL)"
	case errors.Is(err, unix.ENOMSG):
		return "the driver did not understand the command, which is + or - and a name (ENOMSG)"
	case errors.Is(err, unix.ENOSTR):
		return "the name is longer than the 15 bytes that the driver takes (ENOSTR)"
	case errors.Is(err, enotsupp):
		return "the mode of a managed bond stays active-backup: release the bond first (error 524, ENOTSUPP)"
	case errors.Is(err, unix.EOPNOTSUPP):
		return "from kernel 5.15 on the driver cannot change the members of a managed bond: release it, change them, manage it again (EOPNOTSUPP)"
	}
	return err.Error()
}

// await waits up to two seconds, as udev may take.
func await(done func() bool) bool {
	for end := time.Now().Add(2 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
