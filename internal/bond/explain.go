// SPDX-License-Identifier: MIT

package bond

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// fail says which interface an error is about.
func fail(name string, err error) error {
	return &interfaceError{name, err}
}

type interfaceError struct {
	name string
	err  error
}

func (e *interfaceError) Error() string {
	if _, explained := e.err.(*explained); !explained && errors.Is(e.err, unix.ENODEV) {
		return e.name + ": no such device: 'ifenslave -a' lists what there is"
	}
	return e.name + ": " + reason(e.err)
}
func (e *interfaceError) Unwrap() error { return e.err }

// explained is an error with what could not be done and what to do about it.
type explained struct {
	what   string
	err    error
	advice string
}

func (e *explained) Error() string {
	s := e.what + ": " + reason(e.err)
	if e.advice != "" {
		s += ": " + e.advice
	}
	return s
}
func (e *explained) Unwrap() error { return e.err }

func explainAs(what string, err error) error {
	return &explained{what, err, ""}
}

// explain adds to the kernel's refusal of a change what it mostly means. The
// driver's own words are in the kernel's log.
func (b *Bond) explain(c change, err error) error {
	what := c.failed + b.name
	errno, ok := errors.AsType[unix.Errno](err)
	if !ok || !privileged() && denied(errno) {
		return explainAs(what, err)
	}
	advice := "the kernel's log (dmesg) may say more"
	switch {
	case b.exasock && errno == unix.EOPNOTSUPP && c != activate:
		advice = "from kernel 5.15 on exasock cannot change the members of a bond that it manages: 'bondctl exasock release " + b.name + "', do this again, 'bondctl exasock manage " + b.name + "'"
	case c == activate && errno == unix.EINVAL:
		advice = "it must be up and have a link"
	case c != join:
	case errno == unix.EBUSY:
		advice = "something else uses it (a bridge, a team, macvlan): take it out there first"
	case errno == unix.EINVAL:
		advice = "its kind does not go with the bond (Ethernet and others do not mix), or it is a bond itself"
	case errno == unix.EOPNOTSUPP:
		advice = "its driver cannot change its hardware address: set fail_over_mac to active while the bond is empty"
	case errno == unix.EFAULT:
		advice = "another member has the same hardware address"
	case errno == unix.ENODEV:
		advice = "it is no SmartNIC, and " + b.name + " is managed by exasock"
	case errno == enotsupp:
		advice = b.name + " is managed by exasock, which does not allow this"
	}
	return &explained{what, err, advice}
}

// enotsupp is the kernel's own ENOTSUPP (include/linux/errno.h), which C
// libraries have no name for. The exasock driver lets it out.
const enotsupp = unix.Errno(524)

// reason is the text of an error, with what the kernel leaves unsaid.
func reason(err error) string {
	if _, done := errors.AsType[*explained](err); done {
		return err.Error()
	}
	errno, ok := errors.AsType[unix.Errno](err)
	switch {
	case !ok:
	case denied(errno) && !privileged():
		return err.Error() + ": needs root (CAP_NET_ADMIN)"
	case errno == enotsupp:
		return "operation not supported (error " + strconv.Itoa(int(errno)) + ")"
	}
	return err.Error()
}

func denied(errno unix.Errno) bool { return errno == unix.EPERM || errno == unix.EACCES }

// privileged reports whether this process has CAP_NET_ADMIN.
func privileged() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return unix.Geteuid() == 0
	}
	return data[0].Effective&(1<<unix.CAP_NET_ADMIN) != 0
}
