// SPDX-License-Identifier: MIT

package rtnl

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Watcher tells when links or addresses of this network namespace change. It
// needs no privilege. What happens between two calls of Wait is not missed.
type Watcher struct {
	fd, wake int // wake is an eventfd
}

// Watch starts to watch: what happens from now on wakes Wait. The groups are
// RTNLGRP_* numbers.
func Watch(groups ...int) (*Watcher, error) {
	fd, err := openSocket(unix.SOCK_NONBLOCK)
	if err != nil {
		return nil, err
	}
	// Without a number of its own a socket is taken for the kernel's own, which
	// sent the news.
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("watching for changes by rtnetlink", err)
	}
	for _, group := range groups {
		if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, group); err != nil {
			unix.Close(fd)
			return nil, os.NewSyscallError("watching for changes by rtnetlink", err)
		}
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	return &Watcher{fd: fd, wake: wake}, nil
}

// Close ends watching.
func (w *Watcher) Close() error {
	unix.Close(w.wake)
	return unix.Close(w.fd)
}

// Wait returns nil after something changed: perhaps something of no interest,
// perhaps much at once. It returns ctx's error where that ends first, and
// context.DeadlineExceeded after the time d, unless d is negative.
func (w *Watcher) Wait(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		_, _ = unix.Write(w.wake, []byte{1, 1, 1, 1, 1, 1, 1, 1}) // a number that is not 0
		close(woken)
	})
	defer func() {
		if !stop() { // take back what it wrote
			<-woken
			_, _ = unix.Read(w.wake, make([]byte, 8))
		}
	}()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		timeout := -1
		if d >= 0 {
			left := time.Until(end)
			if left < 0 {
				return context.DeadlineExceeded
			}
			timeout = int(left.Milliseconds()) + 1
		}
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}, {Fd: int32(w.wake), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, timeout); err != nil && err != unix.EINTR {
			return os.NewSyscallError("waiting for changes by rtnetlink", err)
		}
		if fds[0].Revents == 0 {
			continue
		}
		changed, err := w.drain()
		if changed || err != nil {
			return err
		}
	}
}

// drain takes all that is queued: it has the same cause, and one look answers it.
func (w *Watcher) drain() (changed bool, err error) {
	buf := make([]byte, 1<<12) // nothing of a message is read
	for {
		_, from, err := unix.Recvfrom(w.fd, buf, 0)
		switch {
		case err == unix.EINTR:
		case errors.Is(err, unix.ENOBUFS):
			changed = true // more than the socket holds: so there was something
		case err == unix.EAGAIN:
			return changed, nil
		case err != nil:
			return changed, os.NewSyscallError("waiting for changes by rtnetlink", err)
		default:
			addr, ok := from.(*unix.SockaddrNetlink)
			changed = changed || ok && addr.Pid == 0
		}
	}
}
